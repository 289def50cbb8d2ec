//! The cells of a row that belong to a field.

use csv::StringRecord;

use super::Judge;
use crate::domain::text::without_apostrophe;
use crate::intake::columns::Field;
use crate::intake::reject::Cell;

impl Judge<'_> {
    /// Returns the value of the field's nearest cell that is not empty; empty if there is none.
    pub(super) fn field<'f>(&self, record: &'f StringRecord, field: Field) -> &'f str {
        self.cell(record, field).map_or("", |(_, cell)| cell)
    }

    /// Returns the field's nearest cell that is not empty, and its column.
    fn cell<'f>(&self, record: &'f StringRecord, field: Field) -> Option<(usize, &'f str)> {
        let cells = self.columns.positions(field).map(|position| {
            let cell = record.get(position).unwrap_or_default().trim();
            (position, without_apostrophe(cell))
        });
        cells.into_iter().find(|(_, cell)| !cell.is_empty())
    }

    /// Returns the cell that a field was read from.
    pub(super) fn place<'f>(&'f self, record: &'f StringRecord, field: Field) -> Cell<'f> {
        let (column, value) = match self.cell(record, field) {
            Some((position, cell)) => (self.columns.names[position].as_str(), cell),
            None => (self.columns.name(field), ""),
        };
        Cell { column, value }
    }
}
