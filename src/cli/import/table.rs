//! The table that ends an import: what each column was taken for.

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

/// What a column was taken for, in words.
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

/// What the columns were taken for, in one sentence.
pub(super) fn in_words(columns: &[ColumnUse]) -> String {
    let each = columns.iter();
    let words = each.map(|column| format!("{} as {}", shown(&column.column), taken_for(column)));
    format!("Columns: {}.", words.collect::<Vec<_>>().join(", "))
}

/// A name from a file must not steer the terminal.
fn shown(name: &str) -> String {
    name.replace(char::is_control, " ")
}
