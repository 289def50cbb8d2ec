//! The file of rejects: the rows that were not taken, as they were, each with its reason.
//!
//! It has the source's own header, so that it can be corrected and imported again.

use std::io::{self, Write};

use super::columns::REJECT_REASON;
use super::fault::Reject;
use crate::domain::text::inert_cell;

/// A file of rejects being written, in UTF-8.
pub struct RejectsFile<W: Write> {
    writer: csv::Writer<W>,
    /// Where the source already has a column of reasons, from an earlier round.
    reason_at: Option<usize>,
    width: usize,
}

impl<W: Write> RejectsFile<W> {
    /// Writes the source's header.
    ///
    /// # Errors
    /// When it cannot be written.
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

    /// Writes one row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&mut self, reject: &Reject) -> io::Result<()> {
        let mut reason = reject.to_string();
        if !reject.value.is_empty() {
            reason = format!("{reason} (found `{}`)", reject.value);
        }
        self.row(&reject.fields, &reason)
    }

    /// Writes what is still buffered and gives back what it wrote to.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))
    }

    /// Short rows are filled up so that the reason stands in its column; long ones keep all fields.
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
