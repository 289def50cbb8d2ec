//! Arguments that do not parse: as clap shows them, or as a list of faults for `--json`.

use std::borrow::Cow;
use std::error::Error as _;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::error::{self, Fault, Place};
use super::{CliError, ExitCode};
use crate::domain::text::{clean_lines, one_line};
use crate::tui::tty;

const HELP: &str = "`dialdeck --help` shows the arguments";

/// Returns the exit code of arguments that do not parse. `--help` and `--version` succeed; every other case
/// is a wrong argument.
///
/// # Errors
///
/// Errors with every fault for `--json`, and if the text cannot be written.
pub(super) fn refuse(
    error: &clap::Error,
    typed: &[String],
    json: bool,
) -> Result<ExitCode, CliError> {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if !asked && json {
        return Err(faults(error));
    }
    let rendered = error.render().to_string();
    let text = typed
        .iter()
        .fold(rendered.clone(), |text, arg| in_one_line(text, arg));
    // The arguments as typed are a part of the message.
    if clean_lines(&text) == rendered {
        error.print()?;
    } else {
        tty::say(&text);
    }
    Ok(if asked {
        ExitCode::Done
    } else {
        ExitCode::Usage
    })
}

/// Returns the text with an argument that was typed, or its value, in one line.
fn in_one_line(text: String, arg: &str) -> String {
    let value = arg.split_once('=').map_or(arg, |(_, value)| value);
    [arg, value]
        .into_iter()
        .fold(text, |text, part| match one_line(part) {
            Cow::Owned(line) if !part.trim().is_empty() => text.replace(part, &line),
            Cow::Owned(_) | Cow::Borrowed(_) => text,
        })
}

/// Returns one fault for each argument that is wrong or missing.
fn faults(error: &clap::Error) -> CliError {
    let hint = hint(error);
    let arguments = texts(error, ContextKind::InvalidArg);
    if error.kind() == ErrorKind::MissingRequiredArgument && !arguments.is_empty() {
        let missing = arguments.iter().map(|argument| Fault {
            place: Place::argument(argument),
            message: format!("{argument} is missing"),
            hint: Some(hint.clone()),
        });
        let message = "required arguments are missing";
        return CliError::several(error::ErrorKind::Usage, message, missing.collect());
    }
    let found = CliError::usage(message(error)).hint(hint);
    match arguments.first() {
        Some(argument) => found.at(Place::argument(argument)),
        None => found,
    }
}

/// Returns what is wrong.
fn message(error: &clap::Error) -> String {
    let first = |kind| texts(error, kind).into_iter().next();
    let argument = first(ContextKind::InvalidArg).unwrap_or_else(|| "an argument".to_owned());
    let kind = error.kind();
    let is_value = [
        ErrorKind::InvalidValue,
        ErrorKind::ValueValidation,
        ErrorKind::InvalidUtf8,
    ];
    if is_value.contains(&kind) {
        let why = reason(error)
            .0
            .map_or_else(String::new, |why| format!(": {why}"));
        return match first(ContextKind::InvalidValue).filter(|value| !value.is_empty()) {
            Some(value) => format!("`{value}` is not a value of {argument}{why}"),
            None => format!("{argument} has no value"),
        };
    }
    if kind == ErrorKind::UnknownArgument {
        return format!("there is no argument `{argument}`");
    }
    if kind == ErrorKind::InvalidSubcommand {
        let command = first(ContextKind::InvalidSubcommand).unwrap_or_default();
        return format!("there is no command `{command}`");
    }
    if kind == ErrorKind::ArgumentConflict {
        let mut others = texts(error, ContextKind::PriorArg);
        others.retain(|other| *other != argument);
        return if others.is_empty() {
            format!("{argument} is given twice")
        } else {
            format!("{argument} cannot be used with {}", others.join(", "))
        };
    }
    let text = kind.as_str().unwrap_or("the arguments cannot be read");
    text.to_owned()
}

/// Returns why a value is wrong, as far as it says more than that, and what to write instead.
fn reason(error: &clap::Error) -> (Option<String>, Option<String>) {
    let Some(source) = error.source() else {
        return (None, None);
    };
    // The standard library's text does not say what to write.
    if source.is::<ParseIntError>() {
        return (None, Some("write a whole number".to_owned()));
    }
    let text = source.to_string();
    let (reason, hint) = error::reason_and_hint(&text);
    match hint {
        None if reason.starts_with("use ") => (None, Some(text)),
        hint => (Some(reason.to_owned()), hint.map(str::to_owned)),
    }
}

/// Returns what to do: the values or names that exist, or where the arguments are listed.
fn hint(error: &clap::Error) -> String {
    if let (_, Some(hint)) = reason(error) {
        return format!("{hint}; {HELP}");
    }
    let known = [
        (ContextKind::ValidValue, "use"),
        (ContextKind::ValidSubcommand, "use"),
        (ContextKind::SuggestedSubcommand, "did you mean"),
        (ContextKind::SuggestedArg, "did you mean"),
        (ContextKind::SuggestedValue, "did you mean"),
    ];
    let mut known = known
        .into_iter()
        .map(|(kind, verb)| (verb, texts(error, kind)));
    match known.find(|(_, names)| !names.is_empty()) {
        Some((verb, names)) => format!("{verb} {}; {HELP}", names.join(", ")),
        None => HELP.to_owned(),
    }
}

/// Returns the texts that the error gives for a kind of context.
fn texts(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    let value = error.get(kind);
    if let Some(ContextValue::Strings(texts)) = value {
        return texts.clone();
    }
    if let Some(ContextValue::String(text)) = value {
        return vec![text.clone()];
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::args::Cli;

    fn objects(line: &str) -> serde_json::Value {
        let args = std::iter::once("dialdeck").chain(line.split(' '));
        let error = Cli::try_parse_from(args).unwrap_err();
        let error = refuse(&error, &[], true).unwrap_err();
        let object: serde_json::Value = serde_json::from_str(&error.render(true)).unwrap();
        object["errors"].clone()
    }

    #[test]
    fn every_missing_argument_is_an_object() {
        let errors = objects("dnc reverse --json");
        let places: Vec<&str> = errors
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|error| error["place"]["argument"].as_str())
            .collect();
        assert_eq!(places, ["--reason <TEXT>", "<NUMBER>"]);
        for error in errors.as_array().unwrap() {
            assert_eq!(error["code"], 2);
            assert_eq!(error["kind"], "usage");
            let message = error["message"].as_str().unwrap();
            assert!(message.ends_with(" is missing"), "{message}");
            assert_eq!(error["hint"], HELP);
        }
    }

    #[test]
    fn a_wrong_argument_says_what_is_right() {
        for (line, argument, message, hint) in [
            ("frob", "", "there is no command `frob`", HELP),
            (
                "status --frob",
                "--frob",
                "there is no argument `--frob`",
                HELP,
            ),
            (
                "run --speed 0",
                "--speed",
                "`0` is not a value of --speed <N|max>",
                "use a whole number",
            ),
            (
                "run --seed x",
                "--seed",
                "`x` is not a value of --seed <N>",
                "write a whole number",
            ),
            (
                "run --start-at x",
                "--start-at",
                "is not an instant",
                "write it as 2026-12-07T15:30:00Z",
            ),
            ("run --speed", "--speed", "has no value", HELP),
            (
                "completions tcsh",
                "<SHELL>",
                "`tcsh` is not a value of <SHELL>",
                "use bash",
            ),
        ] {
            let errors = objects(line);
            let error = &errors[0];
            let place = error["place"]["argument"].as_str().unwrap_or_default();
            assert!(place.starts_with(argument), "{errors}");
            assert_eq!(place.is_empty(), argument.is_empty(), "{errors}");
            assert!(
                error["message"].as_str().unwrap().contains(message),
                "{errors}"
            );
            assert!(error["hint"].as_str().unwrap().contains(hint), "{errors}");
        }
    }
}
