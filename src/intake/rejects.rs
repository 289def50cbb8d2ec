//! The file of rejects: the rows that were not taken, unchanged, each with its reason.
//!
//! The file has the header of its source, so that it can be corrected and imported again.

use std::io::{self, Write};

use super::columns::REJECT_REASON;
use super::reject::Reject;
use crate::domain::text::inert_cell;

/// A writer of a file of rejects, in UTF-8.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::{Reject, RejectsFile};
///
/// let mut file = RejectsFile::new(Vec::new(), &["phone".to_owned()], b',')?;
/// file.write(&Reject {
///     line: 2,
///     column: "phone".to_owned(),
///     value: "12".to_owned(),
///     reason: "too short".to_owned(),
///     hint: "write the whole number".to_owned(),
///     fields: vec!["12".to_owned()],
/// })?;
/// let text = String::from_utf8(file.finish()?)?;
/// assert_eq!(
///     text,
///     "phone,reject_reason\n12,line 2: phone: too short; write the whole number (found `12`)\n"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RejectsFile<W: Write> {
    writer: csv::Writer<W>,
    /// The position of the source's column of reasons, if it has one from an earlier import.
    reason_at: Option<usize>,
    width: usize,
}

impl<W: Write> RejectsFile<W> {
    /// Creates the writer and writes the source's header, with the column of reasons added.
    ///
    /// # Errors
    ///
    /// Errors if the header cannot be written.
    pub fn new(to: W, header: &[String], delimiter: u8) -> io::Result<Self> {
        let mut file = Self {
            writer: csv::WriterBuilder::new()
                .delimiter(delimiter)
                .flexible(true)
                .from_writer(to),
            reason_at: header.iter().position(|name| name == REJECT_REASON),
            width: header.len(),
        };
        file.row(header, REJECT_REASON)?;
        Ok(file)
    }

    /// Writes one row and its reason.
    ///
    /// # Errors
    ///
    /// Errors if the row cannot be written.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let mut reason = reject.to_string();
        if !reject.value.is_empty() {
            reason = format!("{reason} (found `{}`)", reject.value);
        }
        self.row(&reject.fields, &reason)
    }

    /// Writes the buffered rest. Returns the inner writer.
    ///
    /// # Errors
    ///
    /// Errors if the rest cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// Writes a row. Short rows are filled up so that the reason is in its column; long ones keep all fields.
    fn row(&mut self, fields: &[String], reason: &str) -> io::Result<()> {
        let mut row: Vec<&str> = fields.iter().map(String::as_str).collect();
        if row.len() < self.width {
            row.resize(self.width, "");
        }
        match self.reason_at {
            Some(at) => row[at] = reason,
            None => row.push(reason),
        }
        let cells = row.iter().map(|cell| inert_cell(cell));
        for cell in cells {
            self.writer.write_field(cell.as_bytes())?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        Ok(())
    }
}
