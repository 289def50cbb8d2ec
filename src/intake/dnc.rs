//! Do-not-call lists: one number per line, the FTC's registry files, or a table with a header.
//!
//! In a table every column that holds numbers is taken. A row that cannot be read is a reject. If most rows
//! are rejects, the file is of another kind and is refused as a whole.

use std::collections::VecDeque;

use super::columns::{ColumnMap, ColumnUse};
use super::file_error::{FileError, FileFault};
use super::listed::{self, How, Lines, Row};
use super::registry;
use super::reject::Reject;
use super::row_error::WithHint;
use super::shape::{self, Shape};
use super::table::{Table, TableReader};
use super::text::{Origin, Text};
use crate::domain::{ImportFigures, PhoneNumber, Timestamp};
use crate::rules::Rules;

/// A do-not-call list that passed the checks of the whole file.
#[derive(Clone, Debug)]
pub struct DncFile {
    text: Text,
    /// The SHA-256 of the file in lower-case hex.
    sha256: String,
    default_country: Option<String>,
    shape: Shape,
    form: Form,
    count: Count,
}

#[derive(Clone, Debug)]
enum Form {
    Lines,
    Table(Box<Table>),
}

/// The totals of a reading of the whole file.
#[derive(Clone, Debug, Default)]
struct Count {
    rows: u64,
    rejected: u64,
    comments: u64,
    /// By column, rows that gave a number or were otherwise used.
    used: Vec<u64>,
}

/// A result of reading a line of the list. One line may give several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DncRow {
    /// A number to add.
    Number {
        /// The line of the file, from 1.
        line: u64,
        /// The number in E.164 form.
        number: PhoneNumber,
    },
    /// A number added by a registry's change file. Such a file does not cover the rest of the number's area.
    Addition {
        /// The line of the file, from 1.
        line: u64,
        /// The number in E.164 form.
        number: PhoneNumber,
    },
    /// A removal in a registry's change file. Skipped, because an import only ever adds.
    Removal {
        /// The line of the file, from 1.
        line: u64,
        /// The number in E.164 form.
        number: PhoneNumber,
    },
    /// A row that was not taken, or of which one cell was not.
    Reject(Box<Reject>),
}

impl DncFile {
    /// Reads the file to the end. `default_country` (`US`) is used only for numbers without a `+`.
    ///
    /// # Errors
    ///
    /// Errors if the file is no list: no column holds numbers, or most of its rows cannot be read. The error
    /// names the first of them.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck::intake::{DncFile, DncRow, Origin};
    /// use dialdeck::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// let list = b"# asked in November\n212-555-0142\n+12125550143\n";
    /// let origin = Origin::Bytes("list.txt".to_owned(), list[..].into());
    /// let file = DncFile::check(origin, rules, Some("US"))?;
    /// assert_eq!((file.rows(), file.comments(), file.rejected()), (2, 1, 0));
    ///
    /// let mut numbers = Vec::new();
    /// for row in file.read(rules)? {
    ///     if let DncRow::Number { number, .. } = row? {
    ///         numbers.push(number.to_string());
    ///     }
    /// }
    /// assert_eq!(numbers, ["+12125550142", "+12125550143"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(
        origin: Origin,
        rules: &Rules,
        default_country: Option<&str>,
    ) -> Result<Self, FileError> {
        Self::check_mapped(origin, rules, default_country, &[])
    }

    /// Checks the file as [`check`](Self::check) does, with the user's mapping of some columns.
    ///
    /// # Errors
    ///
    /// Errors if [`check`](Self::check) does, or if a mapped column does not exist.
    pub fn check_mapped(
        origin: Origin,
        rules: &Rules,
        default_country: Option<&str>,
        maps: &[ColumnMap],
    ) -> Result<Self, FileError> {
        Self::checked(origin, (rules, default_country), maps, false)
    }

    /// Reads the list of a registry, for which only the documented forms are accepted.
    ///
    /// # Errors
    ///
    /// Errors if [`check_mapped`](Self::check_mapped) does, or if the file is not certainly a full list or a
    /// list of changes.
    pub fn check_registry(
        origin: Origin,
        rules: &Rules,
        default_country: Option<&str>,
        maps: &[ColumnMap],
    ) -> Result<Self, FileError> {
        Self::checked(origin, (rules, default_country), maps, true)
    }

    fn checked(
        origin: Origin,
        (rules, default_country): How<'_>,
        maps: &[ColumnMap],
        of_registry: bool,
    ) -> Result<Self, FileError> {
        let text = Text::examine(origin)?;
        let shape = shape::measure(&text)?;
        let table = Table::find(&text, &shape, maps)?;
        let mut file = Self {
            sha256: text.digest()?,
            text,
            default_country: default_country.map(str::to_owned),
            shape,
            form: table.map_or(Form::Lines, |table| Form::Table(Box::new(table))),
            count: Count::default(),
        };
        if let Form::Table(table) = &mut file.form {
            table.weigh(&file.text, &file.shape, (rules, default_country))?;
            table.of_registry = of_registry;
        }
        if of_registry {
            let table = match &file.form {
                Form::Lines => None,
                Form::Table(table) => Some(&**table),
            };
            registry::check(&file.text, &file.shape, table)?;
        }
        file.count(rules)?;
        Ok(file)
    }

    /// Returns the number of rows, or of lines that are neither empty nor a comment.
    pub const fn rows(&self) -> u64 {
        self.count.rows
    }

    /// Returns the number of rows of which some cell cannot be read.
    pub const fn rejected(&self) -> u64 {
        self.count.rejected
    }

    /// Returns the number of rows and lines that are comments: they begin with `#` and hold no number.
    pub const fn comments(&self) -> u64 {
        self.count.comments
    }

    /// Returns the import's table: what each column was taken for. Empty for a list of lines.
    pub fn columns(&self) -> Vec<ColumnUse> {
        match &self.form {
            Form::Lines => Vec::new(),
            Form::Table(table) => table.columns(&self.count.used),
        }
    }

    /// Returns warnings about a file that can be read: an encoding that is assumed, characters that cannot be
    /// read.
    pub fn warnings(&self) -> Vec<String> {
        let assumed = self.text.assumed().into_iter();
        assumed.chain(self.shape.replaced()).collect()
    }

    /// Returns the header for a file of this list's rejects, with which they can be imported again.
    pub fn header(&self) -> Vec<String> {
        match &self.form {
            Form::Lines => vec!["number".to_owned()],
            Form::Table(table) => table.names().to_vec(),
        }
    }

    /// Returns the delimiter for a file of this list's rejects: the delimiter of the list, or a comma for a
    /// list of lines.
    pub const fn delimiter(&self) -> u8 {
        match &self.form {
            Form::Lines => b',',
            Form::Table(_) => self.shape.delimiter,
        }
    }

    /// Returns the figures of an import before it starts: name and SHA-256 are set, all counts are zero.
    pub fn figures(&self) -> ImportFigures {
        ImportFigures {
            file: self.text.origin.file_name(),
            sha256: self.sha256.clone(),
            ..ImportFigures::default()
        }
    }

    /// Returns the date of the data as the file states it, in a comment before its first line such as
    /// `# as of 2026-12-01`. Returns `None` if there is no such comment.
    ///
    /// # Errors
    ///
    /// Errors if the file can no longer be read.
    pub fn as_of(&self) -> Result<Option<Timestamp>, FileError> {
        let mut lines = Lines::open(&self.text)?;
        while let Some((_, text)) = lines.next(&self.text.origin)? {
            let Some(comment) = text.trim_start_matches('\u{feff}').strip_prefix('#') else {
                break;
            };
            if let Some(at) = date_after_as_of(comment) {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// Returns a reader of the numbers.
    ///
    /// # Errors
    ///
    /// Errors if the file can no longer be opened.
    pub fn read<'r>(&self, rules: &'r Rules) -> Result<DncReader<'r>, FileError> {
        let source = match &self.form {
            Form::Lines => Source::Lines(Lines::open(&self.text)?),
            Form::Table(table) => Source::Table(Box::new(table.read(&self.text, &self.shape)?)),
        };
        Ok(DncReader {
            rules,
            origin: self.text.origin.clone(),
            default_country: self.default_country.clone(),
            source,
            ahead: VecDeque::new(),
            rows: 0,
            comments: 0,
        })
    }

    fn count(&mut self, rules: &Rules) -> Result<(), FileError> {
        let mut reader = self.read(rules)?;
        let (mut rejected, mut last, mut first) = (0, 0, None);
        for row in reader.by_ref() {
            if let DncRow::Reject(reject) = row? {
                rejected += u64::from(reject.line != last);
                last = reject.line;
                first.get_or_insert(reject);
            }
        }
        self.count = Count {
            rows: reader.rows,
            rejected,
            comments: reader.comments,
            used: reader.used(),
        };
        let origin = &self.text.origin;
        if self.count.rows == 0 {
            return Err(origin.refuse(0, "", FileFault::NoNumbers));
        }
        match first {
            // Most rows cannot be read: a file of another kind. With fewer faults the user decides.
            Some(reject) if 2 * rejected > self.count.rows => {
                let fault = FileFault::MostlyUnreadable {
                    reason: reject.reason,
                    hint: reject.hint,
                };
                Err(origin.refuse(reject.line, &reject.column, fault))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// An iterator over the numbers of a list, in order. An error ends it.
pub struct DncReader<'r> {
    rules: &'r Rules,
    origin: Origin,
    default_country: Option<String>,
    source: Source,
    /// Results of the row just read that have not been returned yet.
    ahead: VecDeque<DncRow>,
    rows: u64,
    comments: u64,
}

enum Source {
    Lines(Lines),
    Table(Box<TableReader>),
}

impl DncReader<'_> {
    fn used(&self) -> Vec<u64> {
        match &self.source {
            Source::Lines(_) => Vec::new(),
            Source::Table(table) => table.used().to_vec(),
        }
    }

    /// Returns the results of the next row; `None` at the end.
    fn row(&mut self) -> Result<Option<Row>, FileError> {
        let how = (self.rules, self.default_country.as_deref());
        match &mut self.source {
            Source::Table(table) => table.next(&self.origin, how),
            Source::Lines(lines) => {
                let Some((line, text)) = lines.next(&self.origin)? else {
                    return Ok(None);
                };
                Ok(Some(listed::line(line, text, how)))
            }
        }
    }
}

impl Iterator for DncReader<'_> {
    type Item = Result<DncRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.ahead.pop_front() {
                return Some(Ok(row));
            }
            match self.row() {
                Ok(Some(Row::Comment)) => self.comments += 1,
                Ok(Some(Row::Empty)) => {}
                Ok(Some(Row::Rows(rows))) => {
                    self.rows += 1;
                    self.ahead.extend(rows);
                }
                Ok(None) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Returns the instant that follows `as of` in a comment. For a date alone, its midnight in UTC.
pub(super) fn date_after_as_of(comment: &str) -> Option<Timestamp> {
    if let Some((_, rest)) = comment.split_once("as of ")
        && let Some(at) = rest
            .split_whitespace()
            .next()
            .and_then(|at| at.parse().ok())
    {
        return Some(at);
    }
    let comment = comment.to_ascii_lowercase();
    let comment = comment.replace(['-', '_', ':', '='], " ");
    let (_, rest) = comment.split_once("as of ")?;
    let mut parts = rest.split_whitespace();
    let date = [parts.next()?, parts.next()?, parts.next()?].join("-");
    format!("{date}T00:00:00Z").parse().ok()
}

/// Returns a reject of a whole line.
pub(super) fn rejected(line: u64, why: &impl WithHint, fields: Vec<String>) -> DncRow {
    DncRow::Reject(Box::new(Reject {
        line,
        column: String::new(),
        value: String::new(),
        reason: why.to_string(),
        hint: why.hint(),
        fields,
    }))
}
