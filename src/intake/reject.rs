//! Rows of a list that are not taken.

use std::fmt;

use csv::StringRecord;

use super::row_error::WithHint;

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

/// A cell of a row, with its column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell<'c> {
    /// The column, as written in the header; empty for the whole row.
    pub(super) column: &'c str,
    /// The value of the cell.
    pub(super) value: &'c str,
}

/// Returns a reject of a row for one of its cells.
pub(super) fn reject(
    line: u64,
    record: &StringRecord,
    cell: Cell<'_>,
    why: &impl WithHint,
) -> Reject {
    Reject {
        line,
        column: cell.column.to_owned(),
        value: cell.value.to_owned(),
        reason: why.to_string(),
        hint: why.hint(),
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
