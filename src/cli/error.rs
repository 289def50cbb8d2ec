//! Errors as shown to the user, and the exit code of each.

mod convert;

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

pub(super) use self::convert::reason_and_hint;
use super::ExitCode;
use crate::domain::text::{escape_json, one_line};

/// The hint where a deck's files were moved, replaced or removed while a process used them.
pub(super) const DISPLACED: &str = "start again where the deck is now; end what uses a deck before its files are moved, replaced or removed";

/// The hint where a second engine has started.
pub(super) const SUPERSEDED: &str = "one engine at a time: find out what started the other one, and never remove engine.lock while an engine runs";

/// The hint where the user's role does not allow an action.
pub(super) const RIGHTS: &str =
    "ask a user who has that right; [roles] in dialdeck.toml gives rights";

/// The kind of an error, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The command failed.
    Failed,
    /// An argument is wrong, or a file that it names.
    Usage,
    /// A rule forbids the action.
    Refused,
    /// The user's role does not allow the action.
    NotPermitted,
    /// The deck is busy or not usable.
    Deck,
    /// The reader of the output has ended. This counts as success and has no message.
    ReaderGone,
}

impl ErrorKind {
    /// Returns the exit code of the program.
    pub const fn exit_code(self) -> ExitCode {
        match self {
            Self::Failed => ExitCode::Failed,
            Self::Usage => ExitCode::Usage,
            Self::Refused | Self::NotPermitted => ExitCode::Refused,
            Self::Deck => ExitCode::DeckUnusable,
            Self::ReaderGone => ExitCode::Done,
        }
    }
}

/// Where an error is: in a file, or in the arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, under the name it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The column in characters, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// The key of a settings file with its tables, or the column of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The argument of the command line, as its help names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
}

impl Place {
    /// Returns a file as a whole.
    pub fn file(file: impl fmt::Display) -> Self {
        Self {
            file: Some(file.to_string()),
            ..Self::default()
        }
    }

    /// Returns a line of a file. Line 0 is the file as a whole.
    pub fn line(file: impl fmt::Display, line: u64) -> Self {
        Self {
            line: (line > 0).then_some(line),
            ..Self::file(file)
        }
    }

    /// Returns an argument of the command line.
    pub fn argument(argument: impl fmt::Display) -> Self {
        Self {
            argument: Some(argument.to_string()),
            ..Self::default()
        }
    }
}

impl fmt::Display for Place {
    /// Writes `reminders.toml:14:3: pacing.weight: `, as far as it is known. The message follows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        }
        match &self.key {
            Some(key) => write!(f, "{key}: "),
            None => Ok(()),
        }
    }
}

/// One of several faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it is.
    pub place: Place,
    /// What is wrong, without the place.
    pub message: String,
    /// What to do instead, if that is known.
    pub hint: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// An error as shown to the user: what is wrong, where, and what to do.
#[derive(Clone, Debug)]
pub struct CliError {
    /// The kind, which decides the exit code.
    pub kind: ErrorKind,
    /// What is wrong, with key or number, without the place.
    pub message: String,
    /// What to do, if that is known.
    pub hint: Option<String>,
    /// Where it is, if it is in one file.
    pub place: Option<Box<Place>>,
    /// More lines about it.
    pub details: Box<[String]>,
    /// The faults, if there are several. The message then says how many.
    pub faults: Box<[Fault]>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

impl CliError {
    /// Creates the error of a failed command: exit code 1.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// Creates the error of a wrong argument, or of a wrong file that it names: exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Creates the error of an action that a rule forbids: exit code 3.
    pub fn refused(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Refused, message)
    }

    /// Creates the error of an action that the user's role does not allow: exit code 3.
    pub fn not_permitted(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotPermitted, message).hint(RIGHTS)
    }

    /// Creates the error of a deck that is busy or not usable: exit code 4.
    pub fn deck(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Deck, message)
    }

    /// Creates the error of a file that cannot be read or written: exit code 2 if it does not exist,
    /// otherwise 1.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let missing = error.kind() == io::ErrorKind::NotFound;
        let kind = if missing {
            ErrorKind::Usage
        } else {
            ErrorKind::Failed
        };
        let message = if missing {
            "there is no such file".to_owned()
        } else {
            error.to_string()
        };
        let found = Self::new(kind, message).at(Place::file(path.display()));
        match near(path).filter(|_| missing) {
            Some(hint) => found.hint(hint),
            None => found,
        }
    }

    /// Creates the error of several faults of one kind.
    pub(super) fn several(kind: ErrorKind, message: impl fmt::Display, faults: Vec<Fault>) -> Self {
        Self {
            faults: faults.into(),
            ..Self::new(kind, message)
        }
    }

    /// Creates the error of an output whose reader has ended: it has no message and counts as success.
    pub(super) fn reader_gone() -> Self {
        Self {
            kind: ErrorKind::ReaderGone,
            message: String::new(),
            hint: None,
            place: None,
            details: Box::default(),
            faults: Box::default(),
            source: None,
        }
    }

    /// Returns the exit code of the program.
    pub const fn code(&self) -> ExitCode {
        self.kind.exit_code()
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(one_line(&hint.to_string()).into_owned());
        self
    }

    /// Sets the kind.
    #[must_use]
    pub(super) fn of_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// Sets the error that is the cause.
    #[must_use]
    pub(super) fn because(mut self, source: impl Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Adds lines about the error.
    #[must_use]
    pub(super) fn lines<T: fmt::Display>(mut self, lines: impl IntoIterator<Item = T>) -> Self {
        let known = self.details.into_iter();
        self.details = known
            .chain(lines.into_iter().map(|line| line.to_string()))
            .collect();
        self
    }

    /// Returns the error as written to standard error: lines of text, or one JSON object with a list of all
    /// faults.
    pub fn render(&self, json: bool) -> String {
        if self.kind == ErrorKind::ReaderGone {
            return String::new();
        }
        if json {
            let code = Some((self.code() as u8, self.kind));
            let object = json!({ "errors": self.objects(code) });
            return format!("{}\n", escape_json(&object.to_string()));
        }
        let mut text = format!("error: {}\n", one_line(&self.to_string()));
        let faults = self.faults.iter().map(ToString::to_string);
        for line in faults.chain(self.details.iter().cloned()) {
            text.push_str(&one_line(&line));
            text.push('\n');
        }
        let hint = self.hint.iter().map(|hint| format!("hint: {hint}\n"));
        text.extend(hint);
        text
    }

    /// Returns the error as a warning for standard error: the command continues without the thing that is at
    /// fault.
    pub fn render_warning(&self, json: bool) -> String {
        if json {
            let object = json!({ "warnings": self.objects(None) });
            return format!("{}\n", escape_json(&object.to_string()));
        }
        format!("warning: {}\n", self.brief())
    }

    /// Returns the error in one line. For several faults, the first and the number of the others.
    pub fn brief(&self) -> String {
        let text = match &*self.faults {
            [] => self.to_string(),
            [only] => only.to_string(),
            [first, others @ ..] => format!("{first} (and {} more)", others.len()),
        };
        one_line(&text).into_owned()
    }

    /// Returns the error and what to do, in one line.
    pub(super) fn with_hint(&self) -> String {
        match &self.hint {
            Some(hint) => format!("{self}; {hint}"),
            None => self.to_string(),
        }
    }

    fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self {
            kind,
            // What was typed, or a file's name, may hold a line end.
            message: one_line(&plain(message.to_string())).into_owned(),
            ..Self::reader_gone()
        }
    }

    /// Returns one object for each fault. Those of an error have an exit code and a kind.
    fn objects(&self, code: Option<(u8, ErrorKind)>) -> Vec<Object<'_>> {
        let (code, kind) = code.unzip();
        let object = |place, message, hint| Object {
            code,
            kind,
            message,
            hint,
            place,
            details: &self.details,
        };
        if self.faults.is_empty() {
            let hint = self.hint.as_deref();
            return vec![object(self.place.as_deref(), &self.message, hint)];
        }
        let faults = self.faults.iter().map(|fault| {
            let hint = fault.hint.as_ref().or(self.hint.as_ref());
            object(Some(&fault.place), &fault.message, hint.map(String::as_str))
        });
        faults.collect()
    }
}

/// An error or a warning as JSON.
#[derive(Serialize)]
struct Object<'a> {
    /// The exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<ErrorKind>,
    message: &'a str,
    hint: Option<&'a str>,
    place: Option<&'a Place>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    details: &'a [String],
}

impl fmt::Display for CliError {
    /// Writes the place and the message.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}")?;
        }
        f.write_str(&self.message)
    }
}

impl Error for CliError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()?;
        Some(source)
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
        // One edit for each four characters: more changes make another name of it.
        Some(name) if 4 * distance(&name) <= wanted.chars().count() => {
            format!("did you mean {}?", path.with_file_name(name).display())
        }
        Some(_) => format!(
            "name a file that exists; {} has none like it",
            folder.display()
        ),
        None => format!("there are no files in {}", folder.display()),
    })
}

/// Returns the text without the numbers that the operating system gives its errors.
fn plain(mut text: String) -> String {
    while let Some(start) = text.find(" (os error ") {
        let Some(end) = text[start..].find(')') else {
            return text;
        };
        text.replace_range(start..=start + end, "");
    }
    text
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
        assert_eq!(
            object["errors"],
            json!([{
                "code": 2,
                "kind": "usage",
                "message": "x.toml:3: unknown key `pacee`",
                "hint": "did you mean `pace`?",
                "place": null,
            }])
        );
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
        assert!(missing("zzz.json").ends_with("has none like it"));
        assert!(missing("none/contacts.csv").contains("there is no folder"));
    }

    #[test]
    fn a_closed_pipe_is_silent() {
        let error = CliError::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(error.code(), ExitCode::Done);
        assert_eq!(error.render(false), "");
    }
}
