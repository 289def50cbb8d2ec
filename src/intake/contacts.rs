//! The contacts file: checked as a whole, then read row by row.

use std::collections::VecDeque;
use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use super::columns::{self, ColumnMap, ColumnUse, Columns, Field};
use super::file_error::{FileError, FileFault};
use super::header::{self, Meaning};
use super::heading;
use super::reading::Reading;
use super::reject::Reject;
use super::row::Judge;
use super::shape::{self, Shape};
use super::text::{Origin, Text};
use super::undecided;
use crate::domain::{ImportFigures, NewContact, PhoneNumber};
use crate::rules::Rules;

/// A contacts file that passed the checks of the whole file.
#[derive(Clone, Debug)]
pub struct ContactFile {
    text: Text,
    shape: Shape,
    columns: Columns,
    /// Rows above the header, each a comment.
    above: u64,
}

/// The result of reading one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A contact to add. A contact that cannot be dialed is taken too, with the reason as its class.
    Contact(Box<NewContact>),
    /// A row that was not taken, with the reason.
    Reject(Box<Reject>),
}

/// A row that says, or may say, that its numbers are not to be called, whether the row was taken or rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotToBeCalled {
    /// The line of the file on which the row begins, from 1.
    pub line: u64,
    /// Every number of the row that can be read.
    pub numbers: Vec<PhoneNumber>,
    /// The column that says so, as written in the header; empty if the cells are in the wrong columns.
    pub column: String,
    /// The text of the cell, if it only may say so.
    pub perhaps: Option<String>,
}

impl ContactFile {
    /// Reads the file to its end and checks it as a whole: it is text, its quotes close, it has a number
    /// column, no column occurs twice, and it has at least one row. Takes no row.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be used as a whole; the error names the first fault.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck::intake::{ContactFile, Origin};
    ///
    /// let list = b"Phone;Name\n+12125550142;Ana\n";
    /// let file = ContactFile::check(Origin::Bytes("list.csv".to_owned(), list[..].into()))?;
    /// assert_eq!(file.header(), ["Phone", "Name"]);
    /// assert_eq!(file.delimiter(), b';');
    /// assert_eq!(file.rows(), 1);
    ///
    /// let names = b"Name\nAna\n";
    /// let error = ContactFile::check(Origin::Bytes("names.csv".to_owned(), names[..].into()));
    /// assert!(error.is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(origin: Origin) -> Result<Self, FileError> {
        Self::check_mapped(origin, &[], None)
    }

    /// Checks the file as [`check`](Self::check) does, with the user's mapping of some columns. `country` is
    /// the country in which numbers without a country code will be read; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Errors if the file cannot be used as a whole, if a mapped column does not exist, if its name or a title in
    /// it may say that it is a list of people who are not to be called, or if a column that is not mapped may say
    /// who is not to be called, or may state a country other than `country`.
    pub fn check_mapped(
        origin: Origin,
        maps: &[ColumnMap],
        country: Option<&str>,
    ) -> Result<Self, FileError> {
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
            let fault = FileFault::HeaderOnly;
            return Err(file.text.origin.refuse(top.line, "", fault));
        }
        let flags = !file.columns.wishes.is_empty();
        heading::check(&file.text, &file.shape, &top, flags)?;
        undecided::check(&file.text, &file.shape, (&file.columns, &top), country)?;
        Ok(file)
    }

    /// Returns the number of rows below and above the header, including comments.
    pub const fn rows(&self) -> u64 {
        self.shape.records.saturating_sub(1)
    }

    /// Returns the header's names as written.
    pub fn header(&self) -> &[String] {
        &self.columns.names
    }

    /// Returns the delimiter in use: `,`, `;`, `|`, a tab, or the one named by a line `sep=`.
    pub const fn delimiter(&self) -> u8 {
        self.shape.delimiter
    }

    /// Returns warnings about a file that can be read: columns whose name is near to a known one that is
    /// missing, columns that may hold a place or a date but are kept as variables, an encoding that is assumed,
    /// and characters that cannot be read.
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
            .chain(self.text.assumed())
            .chain(self.shape.replaced())
            .collect()
    }

    /// Returns the import's table: what each column was taken for. `rows` holds, by column, how many rows
    /// used it.
    pub fn columns(&self, rows: &[u64]) -> Vec<ColumnUse> {
        self.columns.table(rows)
    }

    /// Returns the figures of an import before it starts: the file's name is set, all counts are zero.
    pub fn figures(&self) -> ImportFigures {
        ImportFigures {
            file: self.text.origin.file_name(),
            ..ImportFigures::default()
        }
    }

    /// Reads the file once to its end. Returns its SHA-256 in lower-case hex.
    ///
    /// # Errors
    ///
    /// Errors if the file can no longer be read.
    pub fn digest(&self) -> Result<String, FileError> {
        self.text.digest()
    }

    /// Returns a reader of the rows.
    ///
    /// # Errors
    ///
    /// Errors if the file can no longer be opened or read.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck::domain::campaign::{CallKind, Evidence};
    /// use dialdeck::intake::{ContactFile, Origin, Reading, Row};
    /// use dialdeck::rules::Rules;
    ///
    /// let list = b"phone,name\n212 555 0142,Ana\nunknown,Ben\n";
    /// let file = ContactFile::check(Origin::Bytes("list.csv".to_owned(), list[..].into()))?;
    /// let reading = Reading {
    ///     country: Some("US".to_owned()),
    ///     evidence: Evidence::All,
    ///     calls: CallKind::LIVE,
    ///     dates: None,
    ///     own_numbers: Vec::new(),
    ///     now: "2026-12-07T15:30:00Z".parse()?,
    /// };
    /// let rows = file.read(Rules::embedded(), &reading)?.collect::<Result<Vec<_>, _>>()?;
    /// let [Row::Contact(ana), Row::Reject(ben)] = &rows[..] else {
    ///     panic!("one contact and one reject: {rows:?}");
    /// };
    /// assert_eq!(ana.name, "Ana");
    /// assert_eq!((ben.line, ben.column.as_str()), (3, "phone"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read<'r>(
        &self,
        rules: &'r Rules,
        reading: &Reading,
    ) -> Result<ContactReader<'r>, FileError> {
        let mut reader = csv_reader(&self.text, &self.shape)?;
        let judge = Judge::new(rules, self.columns.clone(), reading.clone());
        let (mut above, mut not_to_be_called) = (VecDeque::new(), Vec::new());
        let mut record = StringRecord::new();
        for row in 0..=self.above {
            reader
                .read_record(&mut record)
                .map_err(|error| unreadable(&self.text.origin, error))?;
            if row < self.above {
                let line = line_of(&reader, &record);
                if let Some(reject) = judge.above_header(line, &record) {
                    above.push_back(reject);
                    not_to_be_called.extend(judge.held_across(line, &record));
                }
            }
        }
        Ok(ContactReader {
            reader,
            record,
            origin: self.text.origin.clone(),
            judge,
            comments: self.above - above.len() as u64,
            above,
            not_to_be_called,
            without_consent: Vec::new(),
        })
    }
}

/// The rows down to the header, read once.
pub(super) struct Top {
    pub(super) header: StringRecord,
    pub(super) line: u64,
    /// Rows above the header.
    pub(super) comments: u64,
}

/// The most columns that a list may have.
const COLUMNS_MAX: usize = 1_000;

impl Top {
    /// Reads down to the header: the first row that is no comment or that `is_header` accepts, because a
    /// header may begin with `#` itself.
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
                .map_err(|error| unreadable(&text.origin, error))?;
            top.line = line_of(&reader, &top.header);
            if top.header.len() > COLUMNS_MAX {
                let fault = FileFault::TooManyColumns {
                    count: top.header.len(),
                    most: COLUMNS_MAX,
                };
                return Err(text.origin.refuse(top.line, "", fault));
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

/// An iterator over the rows of a contacts file, in order. An error ends it; rows before the error remain
/// valid.
pub struct ContactReader<'r> {
    reader: CsvReader,
    record: StringRecord,
    origin: Origin,
    judge: Judge<'r>,
    /// Rows above the header that may hold a number.
    above: VecDeque<Reject>,
    comments: u64,
    not_to_be_called: Vec<NotToBeCalled>,
    /// Lines of contacts that say that there is no consent.
    without_consent: Vec<u64>,
}

impl ContactReader<'_> {
    /// Returns, by column, the rows so far that were not rejected and have a value there.
    pub fn used(&self) -> &[u64] {
        self.judge.used()
    }

    /// Returns the number of rows so far that were not rejected and say when or where consent was given, but
    /// not its kind.
    pub const fn consent_unused(&self) -> u64 {
        self.judge.consent_unused()
    }

    /// Returns the number of rows so far that are comments: they begin with `#` and hold no number.
    pub const fn comments(&self) -> u64 {
        self.comments
    }

    /// Returns the rows since the last call of this function whose numbers are not to be called, or may not be.
    pub fn not_to_be_called(&mut self) -> Vec<NotToBeCalled> {
        std::mem::take(&mut self.not_to_be_called)
    }

    /// Returns the lines, since the last call of this function, of contacts that say that there is no consent.
    pub fn without_consent(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.without_consent)
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
                Err(error) => return Some(Err(unreadable(&self.origin, error))),
            }
        }
        let line = line_of(&self.reader, &self.record);
        let judged = self.judge.row(line, &self.record);
        self.not_to_be_called.extend(judged.not_to_be_called);
        Some(Ok(match judged.row {
            Ok(contact) => {
                if self.judge.denies_consent(&self.record) {
                    self.without_consent.push(line);
                }
                Row::Contact(Box::new(contact))
            }
            Err(reject) => Row::Reject(reject),
        }))
    }
}

/// Returns a CSV reader at the beginning of the text, before the header. Rows may differ in length: the judge
/// of rows checks that.
pub(super) fn csv_reader(text: &Text, shape: &Shape) -> Result<CsvReader, FileError> {
    // The added line break ends the last row, so that its line can be counted like that of any other row.
    let reader: Box<dyn Read + Send> = Box::new(text.open()?.chain(&b"\n"[..]));
    Ok(ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(shape.delimiter)
        .buffer_capacity(1 << 16)
        .from_reader(reader))
}

/// Returns the line on which the row just read begins. The csv crate's own position is before empty lines, so
/// the line is counted back from the line break that ended the row.
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

pub(super) fn unreadable(origin: &Origin, error: csv::Error) -> FileError {
    let line = error.position().map_or(0, csv::Position::line);
    origin.refuse(line, "", FileFault::RowUnreadable(error))
}
