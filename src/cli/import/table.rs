//! The table at the end of an import: what each column was taken for.

use std::io::Write;

use crate::cli::CliError;
use crate::cli::output::Report;
use crate::intake::{ColumnUse, Taken};

/// Writes a line for each column: its name, what it was taken for, how many rows used it.
pub(in crate::cli) fn write(columns: &[ColumnUse], out: &mut dyn Write) -> Result<(), CliError> {
    if columns.is_empty() {
        return Ok(());
    }
    let mut report = Report::new(&["column", "taken for", "rows", ""]);
    for column in columns {
        report.row([
            shown(&column.column),
            taken_for(column),
            column.rows.to_string(),
            column.note.clone().unwrap_or_default(),
        ]);
    }
    report.write(out, "")
}

/// Returns what a column was taken for, as text.
fn taken_for(column: &ColumnUse) -> String {
    let taken = match (column.taken_for, column.field) {
        (Taken::Field, Some(field)) => field.to_string(),
        (Taken::Field | Taken::Variable, _) => "variable".to_owned(),
        (Taken::Ignored, _) => "ignored".to_owned(),
    };
    if column.mapped {
        format!("{taken} (mapped)")
    } else {
        taken
    }
}

/// Returns what the columns were taken for, in one sentence.
pub(super) fn in_words(columns: &[ColumnUse]) -> String {
    let each = columns.iter();
    let words = each.map(|column| format!("{} as {}", shown(&column.column), taken_for(column)));
    format!("Columns: {}.", words.collect::<Vec<_>>().join(", "))
}

/// Returns the columns that were not recognised, and how to map them; `None` if there are none. A column with
/// a note in the table needs no mapping.
pub(super) fn unmapped(columns: &[ColumnUse], campaign: &str) -> Option<String> {
    let kept = columns.iter().filter(|column| {
        column.taken_for == Taken::Variable && !column.mapped && column.note.is_none()
    });
    let names: Vec<String> = kept.map(|column| shown(&column.column)).collect();
    let first = names.first()?;
    Some(format!(
        "Kept as variables, which bind no call: {}. If one says more, name it before the rest of such lists \
         is imported: dialdeck contacts import {campaign} FILE --map \"{first}=FIELD\"; --dry-run shows it \
         first.",
        names.join(", ")
    ))
}

/// Returns a name without control characters, because a name from a file must not steer the terminal.
fn shown(name: &str) -> String {
    name.replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::intake::Field;

    #[test]
    fn columns_that_nobody_named_are_named_with_the_command() {
        let column = |name: &str, taken_for, mapped| ColumnUse {
            column: name.to_owned(),
            taken_for,
            field: (taken_for == Taken::Field).then_some(Field::Number),
            mapped,
            rows: 1,
            note: None,
        };
        let mut columns = vec![
            column("Phone", Taken::Field, false),
            column("Plan", Taken::Variable, true),
            column("Notes", Taken::Ignored, true),
        ];
        assert_eq!(unmapped(&columns, "recall"), None);
        columns.push(ColumnUse {
            note: Some(
                "region is taken from `State`, and from here where that is empty".to_owned(),
            ),
            ..column("Other State", Taken::Variable, false)
        });
        assert_eq!(unmapped(&columns, "recall"), None);
        columns.push(column("Heim", Taken::Variable, false));
        columns.push(column("Ort\u{1b}", Taken::Variable, false));
        let said = unmapped(&columns, "recall").unwrap();
        assert!(said.contains("bind no call: Heim, Ort . "), "{said}");
        assert!(
            said.contains("contacts import recall FILE --map \"Heim=FIELD\""),
            "{said}"
        );
    }
}
