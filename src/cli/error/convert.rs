//! The errors of other modules as errors of the command line.

use std::io;

use super::{CliError, DISPLACED, ErrorKind, Fault, Place, SUPERSEDED};
use crate::config::{ConfigError, ConfigErrors};
use crate::domain::text::one_line;
use crate::intake::FileError;
use crate::store::StoreError;

impl From<io::Error> for CliError {
    /// Creates the error of writing the output. A closed pipe ends the program quietly.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::reader_gone()
        } else {
            Self::failed(format!("writing the output: {error}")).because(error)
        }
    }
}

impl CliError {
    /// Creates the error of one fault, or of several; `message` then introduces this many.
    pub(in crate::cli) fn of_faults(
        kind: ErrorKind,
        mut faults: Vec<Fault>,
        message: impl FnOnce(usize) -> String,
    ) -> Self {
        if faults.len() == 1
            && let Some(only) = faults.pop()
        {
            return Self::from(only).of_kind(kind);
        }
        Self::several(kind, message(faults.len()), faults)
    }

    /// Creates the error of a wrong argument from a text that ends with what to do, after a semicolon.
    pub(in crate::cli) fn wrong_argument(argument: &str, text: &str) -> Self {
        let (message, hint) = reason_and_hint(text);
        let found = Self::usage(message).at(Place::argument(argument));
        match hint {
            Some(hint) => found.hint(hint),
            None => found,
        }
    }

    /// Returns each fault in one line.
    pub(in crate::cli) fn each(&self) -> Vec<String> {
        if self.faults.is_empty() {
            return vec![self.brief()];
        }
        let faults = self.faults.iter();
        faults
            .map(|fault| one_line(&fault.to_string()).into_owned())
            .collect()
    }
}

/// Returns the parts of a text that ends with what to do, after a semicolon.
pub(in crate::cli) fn reason_and_hint(text: &str) -> (&str, Option<&str>) {
    match text.split_once("; ") {
        Some((reason, hint)) => (reason, Some(hint)),
        None => (text, None),
    }
}

impl From<ConfigErrors> for CliError {
    /// Creates the error of one fault, or of all faults of a file.
    fn from(errors: ConfigErrors) -> Self {
        let faults = errors.0.into_iter().map(Fault::from).collect();
        Self::of_faults(ErrorKind::Failed, faults, |count| {
            format!("{count} faults in one file:")
        })
    }
}

impl From<Fault> for CliError {
    /// Creates the error of one fault of a file.
    fn from(fault: Fault) -> Self {
        Self {
            hint: fault.hint,
            ..Self::failed(fault.message).at(fault.place)
        }
    }
}

impl From<ConfigError> for Fault {
    fn from(error: ConfigError) -> Self {
        let number = |number: usize| u64::try_from(number).ok().filter(|number| *number > 0);
        Self {
            place: Place {
                line: number(error.line),
                column: number(error.column),
                key: named(error.key),
                ..Place::file(error.file)
            },
            message: error.message,
            hint: named(error.hint),
        }
    }
}

impl From<FileError> for CliError {
    /// Creates the error of a list that is refused as a whole.
    fn from(error: FileError) -> Self {
        let (message, hint) = (error.fault.to_string(), error.hint());
        let fault = Fault {
            place: Place {
                key: named(error.column),
                ..Place::line(error.file, error.line)
            },
            message,
            hint: named(hint),
        };
        fault.into()
    }
}

/// Returns the text; `None` if it is empty.
fn named(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        let shown = match &error {
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
            StoreError::NotPermitted { .. } => Self::not_permitted(message),
            StoreError::NotRequeueable(_) => Self::refused(message)
                .hint("`dialdeck why NUMBER` says where the contact stands"),
            StoreError::NotReversible(_) => Self::refused(message)
                .hint("registries are only replaced by newer data, and what a carrier reports as unwanted (607) stays; other entries of internal and campaign lists can be reversed"),
        };
        shown.because(error)
    }
}
