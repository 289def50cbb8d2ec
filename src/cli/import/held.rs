//! Rows whose numbers are not to be called, or may not be.

use super::{TOLD, Taken};
use crate::domain::suppression::SuppressionSource;
use crate::domain::{ListKind, PhoneNumber, Suppression};
use crate::intake::NotToBeCalled;
use crate::store::By;

/// Returns the entries that the rows of a file add to the internal list.
pub(super) fn suppressions(rows: &[NotToBeCalled], file: &str, by: &By) -> Vec<Suppression> {
    let each = rows.iter().flat_map(|row| {
        let said = row.perhaps.iter().map(|text| format!("`{text}`"));
        let column = Some(row.column.clone()).filter(|column| !column.is_empty());
        let why: Vec<String> = column.into_iter().chain(said).collect();
        let note = format!("{file} line {}: {}", row.line, why.join(": "));
        let entry = move |number: &PhoneNumber| (*number, note.clone());
        row.numbers.iter().map(entry)
    });
    each.map(|(number, note)| Suppression {
        number,
        list: ListKind::Internal,
        source: SuppressionSource::Import,
        at: by.at,
        actor: by.actor.clone(),
        note: Some(note),
    })
    .collect()
}

/// Adds rows to the results. A row of which no number can be read is a warning: its number may be in another
/// row, spelled otherwise.
pub(super) fn note(rows: &[NotToBeCalled], taken: &mut Taken) {
    taken.not_to_be_called += rows.len() as u64;
    for row in rows.iter().filter(|row| row.numbers.is_empty()) {
        taken.not_held += 1;
        if taken.not_held <= TOLD as u64 {
            taken.warnings.push(format!(
                "line {}: may say that its number is not to be called, and holds none that can be read: say `dialdeck dnc add NUMBER`",
                row.line
            ));
        }
    }
}
