//! Faults of a list: of the file as a whole, or of one row.

use std::fmt;

use csv::StringRecord;

use super::columns::Field;

/// The reason why a file is refused as a whole. No row of the file was taken.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::{ContactFile, Origin};
///
/// let empty = Origin::Bytes("list.csv".to_owned(), [].into());
/// let error = ContactFile::check(empty).map(|file| file.rows());
/// let text = error.map_err(|error| error.to_string());
/// assert_eq!(text, Err("list.csv: is empty; name a file with rows in it".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct FileError {
    /// The file's name as the user wrote it.
    pub file: String,
    /// The line, from 1; 0 if no single line is at fault.
    pub line: u64,
    /// The column's name as written in the header; empty if no column is at fault.
    pub column: String,
    /// The reason, without the file, the line and the column.
    pub message: String,
    /// The hint: how to correct the file.
    pub hint: String,
}

impl fmt::Display for FileError {
    /// Writes `contacts.csv:1: phone: stands twice in the header; …`.
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
    /// The line of the file on which the row begins, from 1.
    pub line: u64,
    /// The column at fault, as written in the header; empty if the whole row is at fault.
    pub column: String,
    /// The value of the cell at fault.
    pub value: String,
    /// The reason, without the line and the column.
    pub reason: String,
    /// The hint: how to correct the row.
    pub hint: String,
    /// The row's fields as read, for the file of rejects.
    pub fields: Vec<String>,
}

/// Returns a reject of a row for the value in one of its columns, with reason and hint.
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
    /// Writes `line 7: time_zone: …; …`.
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

/// Splits `reason; hint`. The reason may quote a cell with a semicolon, the hint has none.
pub(super) fn in_two(text: &str) -> (String, String) {
    let (reason, hint) = text.rsplit_once("; ").unwrap_or((text, ""));
    (reason.to_owned(), hint.to_owned())
}

/// A fault whose line and row are not known yet.
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

    /// Creates a fault from a reason and a hint in one text.
    pub(super) fn from_text(field: Field, why: &str) -> Self {
        let (reason, hint) = in_two(why);
        Self::new(field, reason, hint)
    }
}
