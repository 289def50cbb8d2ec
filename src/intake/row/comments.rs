//! Rows of a contacts file that are comments, and rows that only resemble one.

use csv::StringRecord;

use super::{Judge, reject};
use crate::intake::cell::failed;
use crate::intake::columns::Field;
use crate::intake::comment::{self, Held};
use crate::intake::reject::{Cell, Reject};

impl Judge<'_> {
    /// Returns whether a row is a comment: it begins with `#`, its number is empty or is its first cell, and
    /// no cell may hold a number.
    pub(in crate::intake) fn is_comment(&self, record: &StringRecord) -> bool {
        let first = record.get(0).unwrap_or_default();
        if !first.starts_with('#') || failed(first) {
            return false;
        }
        let number = self.columns.position(Field::Number).unwrap_or(0);
        let empty = self.field(record, Field::Number).is_empty();
        let how = (self.rules, self.reading.country.as_deref());
        (empty || number == 0)
            && record
                .iter()
                .all(|cell| comment::held(cell, how) == Held::Words)
    }

    /// Returns a reject of a row above the header that may hold a number; `None` if the row is a comment.
    pub(in crate::intake) fn above_header(
        &self,
        line: u64,
        record: &StringRecord,
    ) -> Option<Reject> {
        let how = (self.rules, self.reading.country.as_deref());
        let found = record
            .iter()
            .find(|cell| comment::held(cell, how) != Held::Words)?;
        let cell = Cell {
            column: "",
            value: found.trim(),
        };
        Some(reject(line, record, cell, &comment::doubt(found)))
    }
}
