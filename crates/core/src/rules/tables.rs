//! Strict reading of CSV tables: exact columns, no row left out, every error with its line.

use std::fmt;
use std::str::FromStr;

use crate::domain::MinuteOfDay;

/// A row or header of a table that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    /// The name of the file.
    pub file: String,
    /// The line, from 1; 0 if the reader gave none.
    pub line: u64,
    /// The column with the fault, if it is a single one.
    pub column: Option<String>,
    /// A description of the fault.
    pub message: String,
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(column) = &self.column {
            write!(f, "{column}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for TableError {}

/// One row, its fields in the order of the requested columns.
#[derive(Debug)]
pub(super) struct Row<'t> {
    file: &'t str,
    line: u64,
    columns: &'t [&'t str],
    fields: Vec<String>,
}

impl Row<'_> {
    /// Returns the trimmed text of a column; empty if it is not one of the requested columns.
    pub(super) fn text(&self, column: &str) -> &str {
        let index = self.columns.iter().position(|known| *known == column);
        index.map_or("", |index| self.fields[index].trim())
    }

    /// Returns the trimmed text. `None` if it is empty.
    pub(super) fn optional(&self, column: &str) -> Option<&str> {
        Some(self.text(column)).filter(|text| !text.is_empty())
    }

    /// Returns the value that the text of a column parses to.
    ///
    /// # Errors
    ///
    /// Errors if the text cannot be parsed.
    pub(super) fn parse<T>(&self, column: &str) -> Result<T, TableError>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.text(column)
            .parse()
            .map_err(|error| self.error(column, format!("`{}`: {error}", self.text(column))))
    }

    /// Returns a time of day in minutes after midnight.
    ///
    /// # Errors
    ///
    /// Errors if the text is not a time of day such as 09:00.
    pub(super) fn minute(&self, column: &str) -> Result<u16, TableError> {
        Ok(self.parse::<MinuteOfDay>(column)?.minutes())
    }

    /// Returns a date as days since 1970-01-01. `None` if the text is empty.
    ///
    /// # Errors
    ///
    /// Errors if the text is neither empty nor a date.
    pub(super) fn day(&self, column: &str) -> Result<Option<i64>, TableError> {
        if self.text(column).is_empty() {
            return Ok(None);
        }
        Ok(Some(day_number(self.parse(column)?)))
    }

    /// Returns the parts of a `;` list; empty text has none.
    pub(super) fn list(&self, column: &str) -> Vec<String> {
        let parts = self.text(column).split(';').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(ToOwned::to_owned)
            .collect()
    }

    /// Returns an error at this row and column.
    pub(super) fn error(&self, column: &str, message: impl Into<String>) -> TableError {
        TableError {
            file: self.file.to_owned(),
            line: self.line,
            column: Some(column.to_owned()),
            message: message.into(),
        }
    }
}

/// Returns the days since 1970-01-01.
pub(super) fn day_number(date: jiff::civil::Date) -> i64 {
    let epoch = jiff::civil::date(1970, 1, 1);
    date.duration_since(epoch).as_hours() / 24
}

/// Reads all rows. The header must hold exactly `columns`, in any order. Lines that start with `#` are
/// comments.
///
/// # Errors
///
/// Errors if a column is unknown, missing or repeated, or if the text is not CSV.
pub(super) fn read<'t>(
    file: &'t str,
    text: &str,
    columns: &'t [&'t str],
) -> Result<Vec<Row<'t>>, TableError> {
    let fail = |line: u64, column: Option<&str>, message: String| TableError {
        file: file.to_owned(),
        line,
        column: column.map(ToOwned::to_owned),
        message,
    };
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let line_of = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
    let header = reader
        .headers()
        .map_err(|error| fail(line_of(&error), None, error.to_string()))?
        .clone();
    let header_line = reader.position().line().saturating_sub(1).max(1);
    for name in &header {
        if !columns.contains(&name.trim()) {
            let message = format!("unknown column; the columns are {}", columns.join(", "));
            return Err(fail(header_line, Some(name), message));
        }
    }
    let mut order = Vec::with_capacity(columns.len());
    for column in columns {
        let mut places = header.iter().enumerate();
        let place = places.find(|(_, name)| name.trim() == *column);
        let Some((index, _)) = place else {
            return Err(fail(header_line, Some(column), "missing column".to_owned()));
        };
        order.push(index);
    }
    if header.len() != columns.len() {
        return Err(fail(header_line, None, "a column appears twice".to_owned()));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| fail(line_of(&error), None, error.to_string()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let fields = order.iter().map(|index| record[*index].to_owned());
        rows.push(Row {
            file,
            line,
            columns,
            fields: fields.collect(),
        });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_exact() {
        let unknown = read("t.csv", "# note\na,c\n1,2\n", &["a", "b"]).unwrap_err();
        assert_eq!(unknown.column.as_deref(), Some("c"));
        assert_eq!(unknown.line, 2);
        let missing = read("t.csv", "a\n1\n", &["a", "b"]).unwrap_err();
        assert_eq!(missing.to_string(), "t.csv:1: b: missing column");
        let short = read("t.csv", "a,b\n1,2\n3\n", &["a", "b"]).unwrap_err();
        assert_eq!(short.line, 3);
    }

    #[test]
    fn order_of_columns_is_free() {
        let rows = read("t.csv", "b,a\n x ;y,1\n", &["a", "b"]).unwrap();
        assert_eq!(rows[0].text("a"), "1");
        assert_eq!(rows[0].list("b"), ["x", "y"]);
        assert!(rows[0].minute("a").is_err());
    }
}
