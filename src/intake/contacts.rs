//! The contacts file: checked as a whole, then read row by row.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use super::columns::{self, Columns};
use super::fault::{FileError, Reject};
use super::row::Judge;
use super::shape::{self, Shape};
use super::text::{Origin, Text};
use crate::domain::campaign::Evidence;
use crate::domain::{ImportFigures, NewContact};
use crate::rules::Rules;

/// A contacts file that is sound as a whole.
#[derive(Clone, Debug)]
pub struct ContactFile {
    text: Text,
    shape: Shape,
    columns: Columns,
}

/// What a row of the file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A contact to add. One that cannot be dialed is taken too, with the reason as its class.
    Contact(Box<NewContact>),
    /// Not taken, and why.
    Reject(Box<Reject>),
}

impl ContactFile {
    /// Reads the file once to the end without taking anything from it: it is text, its quotes close,
    /// it has a number column, no column twice, and at least one row.
    ///
    /// # Errors
    /// The first thing that makes the file unusable as a whole.
    pub fn check(origin: Origin) -> Result<Self, FileError> {
        let text = Text::examine(origin)?;
        let shape = shape::measure(&text, false)?;
        let mut reader = csv_reader(&text, shape)?;
        let mut header = StringRecord::new();
        reader
            .read_record(&mut header)
            .map_err(|error| unreadable(&text.origin, &error))?;
        let line = line_of(&reader, &header);
        let columns = columns::read(&text.origin, &header, line)?;
        if shape.rows == 0 {
            let hint = "add a row below the header";
            return Err(text
                .origin
                .refuse(line, "", "has a header and no rows", hint));
        }
        Ok(Self {
            text,
            shape,
            columns,
        })
    }

    /// Rows below the header.
    pub const fn rows(&self) -> u64 {
        self.shape.rows
    }

    /// The header's names as written.
    pub fn header(&self) -> &[String] {
        &self.columns.names
    }

    /// The delimiter in use: `,`, `;` or a tab.
    pub const fn delimiter(&self) -> u8 {
        self.shape.delimiter
    }

    /// What looks like a slip, though the file can be read: columns named nearly like one that is
    /// understood and is not there.
    pub fn warnings(&self) -> Vec<String> {
        let slips = self.columns.misspelled();
        slips
            .map(|(name, meant)| {
                format!("column `{name}` is kept as a variable; did you mean `{meant}`?")
            })
            .collect()
    }

    /// Figures of an import that has yet to happen: the name is set, counts are zero.
    pub fn figures(&self) -> ImportFigures {
        ImportFigures {
            file: self.text.origin.file_name(),
            ..ImportFigures::default()
        }
    }

    /// Reads the file once to its end: its SHA-256 in lower-case hex.
    ///
    /// # Errors
    /// When the file can no longer be read.
    pub fn digest(&self) -> Result<String, FileError> {
        self.text.digest()
    }

    /// Reads the rows. `default_country` (`US`) is used only for numbers without a `+`; `None`: such
    /// numbers are rejects. `evidence` is the campaign's.
    ///
    /// # Errors
    /// When the file can no longer be opened.
    pub fn read<'r>(
        &self,
        rules: &'r Rules,
        default_country: Option<&str>,
        evidence: Evidence,
    ) -> Result<ContactReader<'r>, FileError> {
        let mut reader = csv_reader(&self.text, self.shape)?;
        let mut record = StringRecord::new();
        reader
            .read_record(&mut record)
            .map_err(|error| unreadable(&self.text.origin, &error))?;
        Ok(ContactReader {
            reader,
            record,
            origin: self.text.origin.clone(),
            judge: Judge::new(rules, self.columns.clone(), default_country, evidence),
        })
    }
}

pub(super) type CsvReader = csv::Reader<Box<dyn Read + Send>>;

/// The rows of a contacts file in order. An error ends it; rows before it stand.
pub struct ContactReader<'r> {
    reader: CsvReader,
    record: StringRecord,
    origin: Origin,
    judge: Judge<'r>,
}

impl Iterator for ContactReader<'_> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.reader.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                let line = line_of(&self.reader, &self.record);
                Some(Ok(match self.judge.row(line, &self.record) {
                    Ok(contact) => Row::Contact(Box::new(contact)),
                    Err(reject) => Row::Reject(reject),
                }))
            }
            Err(error) => Some(Err(unreadable(&self.origin, &error))),
        }
    }
}

/// A reader from the beginning, header and all. Rows may differ in length: that is for the judge.
pub(super) fn csv_reader(text: &Text, shape: Shape) -> Result<CsvReader, FileError> {
    // With a last line break every row is ended by one, and so is a comment on the last line, of
    // which the csv crate would make a row.
    let reader: Box<dyn Read + Send> = Box::new(text.open()?.chain(&b"\n"[..]));
    Ok(ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(shape.delimiter)
        .comment(shape.comments.then_some(b'#'))
        .buffer_capacity(1 << 16)
        .from_reader(reader))
}

/// The line on which the row just read begins. The csv crate's own position stands before empty
/// lines and comments, so it is counted back from the line break that ended the row.
pub(super) fn line_of(reader: &CsvReader, record: &StringRecord) -> u64 {
    let next = reader.position().line();
    let started = record.position().map_or(0, csv::Position::line);
    if next == started + 1 {
        return started;
    }
    let within = record
        .as_slice()
        .bytes()
        .filter(|byte| *byte == b'\n')
        .count() as u64;
    next.saturating_sub(1 + within)
}

pub(super) fn unreadable(origin: &Origin, error: &csv::Error) -> FileError {
    let line = error.position().map_or(0, csv::Position::line);
    let hint = "import the file again once it can be read to its end";
    origin.refuse(line, "", format!("cannot be read further: {error}"), hint)
}
