//! What can be wrong with a list: the file as a whole, or one row of it.

use std::fmt;

use csv::StringRecord;

use super::columns::Field;

/// Why a file is refused as a whole. Nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The file as it was named.
    pub file: String,
    /// Line, from 1; 0 when no single line is at fault.
    pub line: u64,
    /// The column's name as the header spells it; empty when none is concerned.
    pub column: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for FileError {
    /// `contacts.csv:1: phone: stands twice; keep one of the columns`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.column.is_empty() {
            write!(f, ": {}", self.column)?;
        }
        write!(f, ": {}", self.message)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// The column at fault, as the header spells it; empty when the whole row is.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong.
    pub reason: String,
    /// What to do.
    pub hint: String,
    /// The row's fields as read, for the file of rejects.
    pub fields: Vec<String>,
}

/// A reject of a row for what stands in one of its columns: reason and way out.
pub(super) fn reject(
    line: u64,
    record: &StringRecord,
    (column, value): (&str, &str),
    (reason, hint): (String, String),
) -> Reject {
    Reject {
        line,
        column: column.to_owned(),
        value: value.to_owned(),
        reason,
        hint,
        fields: record.iter().map(str::to_owned).collect(),
    }
}

impl fmt::Display for Reject {
    /// `line 7: time_zone: …; …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ": {}", self.column)?;
        }
        write!(f, ": {}", self.reason)?;
        if !self.hint.is_empty() {
            write!(f, "; {}", self.hint)?;
        }
        Ok(())
    }
}

/// Splits `reason; way out`. The reason may quote a cell with a semicolon, the way out has none.
pub(super) fn in_two(text: &str) -> (String, String) {
    let (reason, hint) = text.rsplit_once("; ").unwrap_or((text, ""));
    (reason.to_owned(), hint.to_owned())
}

/// A fault before it has its line and its row.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) field: Field,
    pub(super) reason: String,
    pub(super) hint: String,
}

impl Fault {
    pub(super) fn new(field: Field, reason: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            field,
            reason: reason.into(),
            hint: hint.into(),
        }
    }

    /// From a reason and a way out in one text.
    pub(super) fn from_text(field: Field, why: &str) -> Self {
        let (reason, hint) = in_two(why);
        Self::new(field, reason, hint)
    }
}
