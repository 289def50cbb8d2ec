//! The output of commands: tables for people, JSON for programs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use comfy_table::{Table, presets};
use serde::Serialize;

use super::CliError;
use crate::domain::text::{clean, one_line};
use crate::domain::{ImportTarget, UnfinishedImport};

/// A table for people: a header, then the rows, with aligned columns and no borders.
#[derive(Debug)]
pub(crate) struct Report(Table);

impl Report {
    /// Creates a table with these column heads.
    pub(crate) fn new(head: &[&str]) -> Self {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_header(head.iter().copied());
        Self(table)
    }

    /// Adds a row. Its cells are cleaned and put on one line each.
    pub(crate) fn row<I>(&mut self, cells: I)
    where
        I: IntoIterator,
        I::Item: ToString,
    {
        self.0.add_row(
            cells
                .into_iter()
                .map(|cell| clean(&cell.to_string()).into_owned()),
        );
    }

    /// Writes the table, or `when_empty` if it has no row.
    ///
    /// # Errors
    ///
    /// Errors if the output cannot be written.
    pub(crate) fn write(&self, out: &mut dyn Write, when_empty: &str) -> Result<(), CliError> {
        if self.0.row_count() == 0 {
            writeln!(out, "{when_empty}")?;
            return Ok(());
        }
        for line in self.0.lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// Writes one JSON document and a newline.
///
/// # Errors
///
/// Errors if the output cannot be written.
pub(crate) fn json(out: &mut dyn Write, value: &impl Serialize) -> Result<(), CliError> {
    let text = serde_json::to_string(value).map_err(CliError::failed)?;
    writeln!(out, "{text}")?;
    Ok(())
}

pub(crate) use crate::engine::messages::instant;

/// A path in one line, whatever it is called.
pub(crate) fn named(path: &Path) -> String {
    one_line(&path.display().to_string()).into_owned()
}

/// Returns a number and its noun: `1 number`, `2 numbers`.
pub(crate) fn count(n: u64, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}

/// Returns imports that have started and not ended, one per line.
pub(crate) fn unfinished(imports: &BTreeMap<i64, UnfinishedImport>) -> Vec<String> {
    let line = |(seq, import): (&i64, &UnfinishedImport)| {
        let into = match &import.into {
            ImportTarget::Campaign(name) => format!("campaign {name}"),
            ImportTarget::List(list) => format!("list {list}"),
        };
        format!(
            "the import of {} ({}) into {into} that started at {} (entry {seq}) has not ended: unless \
             it is under way, it was cut off, and importing the same file again completes it",
            import.plan.file,
            count(import.plan.rows, "row"),
            instant(import.at)
        )
    };
    imports.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_aligned_and_says_when_it_is_empty() {
        let mut report = Report::new(&["name", "state"]);
        let mut text = Vec::new();
        report.write(&mut text, "no campaign").unwrap();
        report.row(["spring-reminders", "draft"]);
        report.write(&mut text, "no campaign").unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("no campaign\n"), "{text}");
        assert!(text.contains("spring-reminders"), "{text}");
    }
}
