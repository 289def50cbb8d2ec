//! The contacts file: checked as a whole, then read row by row.

use std::collections::VecDeque;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use super::columns::{self, ColumnMap, ColumnUse, Columns, Field};
use super::fault::{FileError, Reject};
use super::header::{self, Meaning};
use super::reading::Reading;
use super::row::Judge;
use super::shape::{self, Shape};
use super::text::{Origin, Text};
use crate::domain::{ImportFigures, NewContact, PhoneNumber};
use crate::rules::Rules;

/// A contacts file that is sound as a whole.
#[derive(Clone, Debug)]
pub struct ContactFile {
    text: Text,
    shape: Shape,
    columns: Columns,
    /// Rows above the header, each a comment.
    above: u64,
}

/// What a row of the file came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A contact to add. One that cannot be dialed is taken too, with the reason as its class.
    Contact(Box<NewContact>),
    /// Not taken, and why.
    Reject(Box<Reject>),
}

/// A row by whose own word its numbers are not to be called, taken or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotToBeCalled {
    /// Line of the file on which the row begins, from 1.
    pub line: u64,
    /// Every number of the row.
    pub numbers: Vec<PhoneNumber>,
    /// The column that says so, as the header spells it.
    pub column: String,
}

impl ContactFile {
    /// Reads the file once to the end without taking anything from it: it is text, its quotes close,
    /// it has a number column, no column twice, and at least one row.
    ///
    /// # Errors
    /// The first thing that makes the file unusable as a whole.
    pub fn check(origin: Origin) -> Result<Self, FileError> {
        Self::check_mapped(origin, &[])
    }

    /// The same with what the user says of some columns.
    ///
    /// # Errors
    /// The first thing that makes the file unusable as a whole, or a mapped column that is not there.
    pub fn check_mapped(origin: Origin, maps: &[ColumnMap]) -> Result<Self, FileError> {
        let text = Text::examine(origin)?;
        let shape = shape::measure(&text)?;
        let top = Top::read(&text, &shape, |record| {
            let number =
                |name: &str| matches!(header::meaning(name), Meaning::Field(Field::Number, _));
            record.iter().any(number)
        })?;
        let columns = columns::read(&text.origin, &top.header, top.line, maps)?;
        let file = Self {
            above: top.comments,
            text,
            shape,
            columns,
        };
        if file.rows() == file.above {
            let hint = "add a row below the header";
            return Err(file
                .text
                .origin
                .refuse(top.line, "", "has a header and no rows", hint));
        }
        Ok(file)
    }

    /// Rows besides the header, comments among them.
    pub const fn rows(&self) -> u64 {
        self.shape.records.saturating_sub(1)
    }

    /// The header's names as written.
    pub fn header(&self) -> &[String] {
        &self.columns.names
    }

    /// The delimiter in use: `,`, `;`, a tab or what a line `sep=` names.
    pub const fn delimiter(&self) -> u8 {
        self.shape.delimiter
    }

    /// What looks like a slip, though the file can be read: columns named nearly like one that is
    /// understood and is not there, and characters that cannot be read.
    pub fn warnings(&self) -> Vec<String> {
        let slips = self.columns.misspelled();
        slips
            .map(|(name, meant)| {
                format!("column `{name}` is kept as a variable; did you mean `{meant}`?")
            })
            .chain(self.columns.unread_hints().map(|(name, field)| {
                format!(
                    "column `{name}` is kept as a variable and binds no call; if it says more, --map \"{name}={field}\""
                )
            }))
            .chain(self.shape.replaced())
            .collect()
    }

    /// The import's table: what each column was taken for. `rows` has by column how many rows used it.
    pub fn columns(&self, rows: &[u64]) -> Vec<ColumnUse> {
        self.columns.table(rows)
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

    /// Reads the rows.
    ///
    /// # Errors
    /// When the file can no longer be opened.
    pub fn read<'r>(
        &self,
        rules: &'r Rules,
        reading: &Reading,
    ) -> Result<ContactReader<'r>, FileError> {
        let mut reader = csv_reader(&self.text, &self.shape)?;
        let judge = Judge::new(rules, self.columns.clone(), reading.clone());
        let mut above = VecDeque::new();
        let mut record = StringRecord::new();
        for row in 0..=self.above {
            reader
                .read_record(&mut record)
                .map_err(|error| unreadable(&self.text.origin, &error))?;
            if row < self.above {
                above.extend(judge.above_header(line_of(&reader, &record), &record));
            }
        }
        Ok(ContactReader {
            reader,
            record,
            origin: self.text.origin.clone(),
            judge,
            comments: self.above - above.len() as u64,
            above,
            not_to_be_called: Vec::new(),
        })
    }
}

/// The rows down to the header.
pub(super) struct Top {
    pub(super) header: StringRecord,
    pub(super) line: u64,
    /// Rows above it.
    pub(super) comments: u64,
}

/// Columns of a list at most.
const COLUMNS_MAX: usize = 1_000;

impl Top {
    /// Reads down to the header: the first row that is no comment or that `is_header`, since a header may
    /// begin with `#` itself.
    pub(super) fn read(
        text: &Text,
        shape: &Shape,
        is_header: impl Fn(&StringRecord) -> bool,
    ) -> Result<Self, FileError> {
        let mut reader = csv_reader(text, shape)?;
        let mut top = Self {
            header: StringRecord::new(),
            line: 0,
            comments: 0,
        };
        loop {
            let more = reader
                .read_record(&mut top.header)
                .map_err(|error| unreadable(&text.origin, &error))?;
            top.line = line_of(&reader, &top.header);
            if top.header.len() > COLUMNS_MAX {
                let message = format!("has {} columns", top.header.len());
                let hint =
                    format!("export the columns that are needed; at most {COLUMNS_MAX} are read");
                return Err(text.origin.refuse(top.line, "", message, hint));
            }
            let comment = top
                .header
                .get(0)
                .is_some_and(|first| first.starts_with('#'));
            if !more || !comment || is_header(&top.header) {
                return Ok(top);
            }
            top.comments += 1;
        }
    }
}

pub(super) type CsvReader = csv::Reader<Box<dyn Read + Send>>;

/// The rows of a contacts file in order. An error ends it; rows before it stand.
pub struct ContactReader<'r> {
    reader: CsvReader,
    record: StringRecord,
    origin: Origin,
    judge: Judge<'r>,
    /// Rows above the header that may hold a number.
    above: VecDeque<Reject>,
    comments: u64,
    not_to_be_called: Vec<NotToBeCalled>,
}

impl ContactReader<'_> {
    /// By column, rows so far that were not rejected and have something there.
    pub fn used(&self) -> &[u64] {
        self.judge.used()
    }

    /// Rows so far that were not rejected and say when or where consent was given, but not its kind.
    pub const fn consent_unused(&self) -> u64 {
        self.judge.consent_unused()
    }

    /// Rows so far that are comments: they begin with `#` and hold no number.
    pub const fn comments(&self) -> u64 {
        self.comments
    }

    /// The rows since the last such call whose numbers are not to be called.
    pub fn not_to_be_called(&mut self) -> Vec<NotToBeCalled> {
        std::mem::take(&mut self.not_to_be_called)
    }
}

impl Iterator for ContactReader<'_> {
    type Item = Result<Row, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(reject) = self.above.pop_front() {
            return Some(Ok(Row::Reject(Box::new(reject))));
        }
        loop {
            match self.reader.read_record(&mut self.record) {
                Ok(false) => return None,
                Ok(true) if self.judge.is_comment(&self.record) => self.comments += 1,
                Ok(true) => break,
                Err(error) => return Some(Err(unreadable(&self.origin, &error))),
            }
        }
        let line = line_of(&self.reader, &self.record);
        let judged = self.judge.row(line, &self.record);
        if let Some((numbers, column)) = judged.not_to_be_called {
            self.not_to_be_called.push(NotToBeCalled {
                line,
                numbers,
                column,
            });
        }
        Some(Ok(match judged.row {
            Ok(contact) => Row::Contact(Box::new(contact)),
            Err(reject) => Row::Reject(reject),
        }))
    }
}

/// A reader from the beginning, header and all. Rows may differ in length: that is for the judge.
pub(super) fn csv_reader(text: &Text, shape: &Shape) -> Result<CsvReader, FileError> {
    // With a last line break every row is ended by one, by which its line is counted.
    let reader: Box<dyn Read + Send> = Box::new(text.open()?.chain(&b"\n"[..]));
    Ok(ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(shape.delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(reader))
}

/// The line on which the row just read begins. The csv crate's own position stands before empty
/// lines, so it is counted back from the line break that ended the row.
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
