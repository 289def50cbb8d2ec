//! Errors as shown to the user, and the exit code of each.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::config::{ConfigError, ConfigErrors};
use crate::domain::text::{escape_json, one_line};
use crate::store::StoreError;

/// The hint where a deck's files were moved, replaced or removed while a process used them.
pub(super) const DISPLACED: &str = "start again where the deck is now; end what uses a deck before its files are moved, replaced or removed";

/// The hint where a second engine has started.
pub(super) const SUPERSEDED: &str = "one engine at a time: find out what started the other one, and never remove engine.lock while an engine runs";

/// The hint where the user's role does not allow an action.
pub(super) const RIGHTS: &str =
    "ask a user who has that right; [roles] in dialdeck.toml gives rights";

/// The exit code of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// The command did what was asked.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The arguments are wrong, or there is no terminal.
    Usage = 2,
    /// A policy refused the action.
    Refused = 3,
    /// The deck is busy or not usable.
    DeckUnusable = 4,
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code as u8)
    }
}

/// An error as shown to the user: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// The exit code of the program.
    pub code: ExitCode,
    /// The message: what is wrong, with file, line, key or number.
    pub message: String,
    /// The hint: what to do, if that is known.
    pub hint: Option<String>,
}

impl CliError {
    /// Creates the error of a failed command: exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Failed, message)
    }

    /// Creates the error of a wrong argument, or of a wrong file that it names: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Usage, message)
    }

    /// Creates the error of an action that a rule forbids: exit code 3.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::Refused, message)
    }

    /// Creates the error of a deck that is busy or not usable: exit code 4.
    pub fn deck(message: impl fmt::Display) -> Self {
        Self::new(ExitCode::DeckUnusable, message)
    }

    /// Creates the error of a file that cannot be read or written: exit code 2 if it does not exist,
    /// otherwise 1.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let message = format!("{}: {}", path.display(), plain(error));
        if error.kind() == io::ErrorKind::NotFound {
            let missing = Self::usage(message);
            match near(path) {
                Some(hint) => missing.hint(hint),
                None => missing,
            }
        } else {
            Self::failed(message)
        }
    }

    /// Creates the error of an output whose reader has ended: it has no message and counts as success.
    pub(super) const fn reader_gone() -> Self {
        Self {
            code: ExitCode::Done,
            message: String::new(),
            hint: None,
        }
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(one_line(&hint.to_string()).into_owned());
        self
    }

    /// Adds a line for each of several faults.
    #[must_use]
    pub(super) fn lines<T: fmt::Display>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        for line in lines {
            self.message.push('\n');
            self.message.push_str(&one_line(&line.to_string()));
        }
        self
    }

    /// Returns the error as written to standard error: two lines of text, or one JSON object.
    pub fn render(&self, json: bool) -> String {
        if self.message.is_empty() {
            return String::new();
        }
        if json {
            let object = json!({"error": {
                "code": self.code as u8,
                "message": self.message,
                "hint": self.hint,
            }});
            return format!("{}\n", escape_json(&object.to_string()));
        }
        let hint = self
            .hint
            .as_ref()
            .map_or_else(String::new, |hint| format!("hint: {hint}\n"));
        format!("error: {}\n{hint}", self.message)
    }

    /// Returns the error as a warning for standard error: the command continues without the thing that is at
    /// fault.
    pub fn render_warning(&self, json: bool) -> String {
        if json {
            let object = json!({"warning": {"message": self.message, "hint": self.hint}});
            return format!("{}\n", escape_json(&object.to_string()));
        }
        format!("warning: {}\n", self.brief())
    }

    /// Returns the message in one line. For several faults, the first and the number of the others.
    pub fn brief(&self) -> String {
        let mut lines = self.message.lines();
        match (lines.next(), lines.next(), lines.count()) {
            (Some(_), Some(first), 0) => first.to_owned(),
            (Some(_), Some(first), more) => format!("{first} (and {more} more)"),
            (first, ..) => first.unwrap_or_default().to_owned(),
        }
    }

    fn new(code: ExitCode, message: impl fmt::Display) -> Self {
        Self {
            code,
            // What was typed, or a file's name, may hold a line end.
            message: one_line(&message.to_string()).into_owned(),
            hint: None,
        }
    }
}

impl From<io::Error> for CliError {
    /// Creates the error of writing the output. A closed pipe ends the program quietly.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::reader_gone()
        } else {
            Self::failed(format!("writing the output: {}", plain(&error)))
        }
    }
}

impl From<ConfigErrors> for CliError {
    /// Creates the error of one fault with its hint, or of all faults, one per line.
    fn from(errors: ConfigErrors) -> Self {
        match &errors.0[..] {
            [only] => Self::failed(place(only)).hint(&only.hint),
            all => Self::failed(format!("{} faults in one file:", all.len())).lines(all),
        }
    }
}

/// Returns a fault with its place and key, without its hint.
fn place(fault: &ConfigError) -> String {
    let bare = ConfigError {
        hint: String::new(),
        ..fault.clone()
    };
    bare.to_string()
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::Unusable(_) => {
                Self::deck(message).hint("`dialdeck doctor` says what is wrong with the deck")
            }
            StoreError::Newer { .. } => {
                Self::deck(message).hint("use that release, or a later one; nothing was changed")
            }
            StoreError::Displaced(_) => Self::deck(message).hint(DISPLACED),
            StoreError::Superseded => Self::deck(message).hint(SUPERSEDED),
            StoreError::Busy(_) => Self::deck(message)
                .hint("another process holds the write lock; try again in a moment"),
            StoreError::NoCampaign(_) => {
                Self::usage(message).hint("`dialdeck campaign list` shows the names")
            }
            StoreError::CampaignExists(_) => {
                Self::failed(message).hint("give the campaign another name in its file")
            }
            StoreError::IllegalMove { .. } => {
                Self::refused(message).hint("`dialdeck campaign list` shows where each stands")
            }
            StoreError::AboveCeiling(_) => Self::refused(message)
                .hint("the ceiling is what the campaign's file says; live changes stay below it"),
            StoreError::NotPermitted { .. } => Self::refused(message).hint(RIGHTS),
            StoreError::NotRequeueable(_) => Self::refused(message)
                .hint("`dialdeck why NUMBER` says where the contact stands"),
            StoreError::NotReversible(_) => Self::refused(message)
                .hint("registries are only replaced by newer data, and what a carrier reports as unwanted (607) stays; other entries of internal and campaign lists can be reversed"),
        }
    }
}

/// The most names of a folder that are compared with a missing one.
const NAMES_MAX: usize = 10_000;

/// Returns the hint for a file that does not exist: the file of its folder with the closest name.
fn near(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_string_lossy().to_lowercase();
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let Ok(entries) = fs::read_dir(folder) else {
        return Some(format!("there is no folder {}", folder.display()));
    };
    let entries = entries.take(NAMES_MAX).flatten();
    let files = entries.filter(|entry| entry.path().is_file());
    let names = files.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let distance = |name: &String| strsim::osa_distance(&wanted, &name.to_lowercase());
    let closest = names.min_by_key(|name| (distance(name), name.clone()));
    Some(match closest {
        Some(name) if 2 * distance(&name) <= wanted.chars().count() => {
            format!("did you mean {}?", path.with_file_name(name).display())
        }
        Some(name) => format!(
            "of the files in {} the closest name is {name}",
            folder.display()
        ),
        None => format!("there are no files in {}", folder.display()),
    })
}

/// Returns the error without the operating system's error number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_and_what_to_do() {
        let error = CliError::usage("x.toml:3: unknown key `pacee`").hint("did you mean `pace`?");
        assert_eq!(
            error.render(false),
            "error: x.toml:3: unknown key `pacee`\nhint: did you mean `pace`?\n"
        );
        let object: serde_json::Value = serde_json::from_str(&error.render(true)).unwrap();
        assert_eq!(object["error"]["code"], 2);
    }

    #[test]
    fn what_was_typed_begins_no_line_of_its_own() {
        let error = CliError::usage("no file `a\nerror: b`").hint("see `a\tb`");
        assert_eq!(
            error.render(false),
            "error: no file `a\\nerror: b`\nhint: see `a\\tb`\n"
        );
        let error = CliError::failed("2 faults:").lines(["x\ny", "z"]);
        assert_eq!(error.render(false), "error: 2 faults:\nx\\ny\nz\n");
    }

    #[test]
    fn a_file_that_is_not_there_names_the_closest() {
        let folder = tempfile::tempdir().unwrap();
        let missing = |name: &str| {
            let path = folder.path().join(name);
            let error = fs::File::open(&path).unwrap_err();
            CliError::file(&path, &error).hint.unwrap()
        };
        assert!(missing("list.csv").contains("there are no files in"));
        for name in ["contacts.csv", "contacts.toml", "opted-out.txt"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("contact.csv")).unwrap();
        assert!(missing("contact.csvv").ends_with("contacts.csv?"));
        assert!(missing("Contacts.TOML").ends_with("contacts.toml?") || cfg!(target_os = "macos"));
        assert!(missing("opted_out.txt").ends_with("opted-out.txt?"));
        assert!(missing("zzz.json").contains("the closest name is"));
        assert!(missing("none/contacts.csv").contains("there is no folder"));
    }

    #[test]
    fn a_closed_pipe_is_silent() {
        let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.code, ExitCode::Done);
        assert_eq!(error.render(false), "");
    }
}
