//! Do-not-call lists: one number a line, the FTC's registry files, or CSV with a number column.
//!
//! A list of lines is refused as a whole at the first line that is none of its forms, because what
//! stands there may be a number somebody asked not to be called at. In a CSV a bad row is a reject.

use std::io::{BufRead, BufReader, Read};

use csv::StringRecord;

use super::columns::{self, Column, Columns};
use super::contacts::{CsvReader, csv_reader, line_of, unreadable};
use super::fault::{FileError, Reject, in_two};
use super::shape::{self, Shape};
use super::text::{Origin, Text};
use crate::domain::{ImportFigures, PhoneNumber};
use crate::rules::Rules;

/// A do-not-call list that is sound as a whole.
#[derive(Clone, Debug)]
pub struct DncFile {
    text: Text,
    /// Lower-case hex.
    sha256: String,
    rows: u64,
    default_country: Option<String>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Lines,
    Csv(Box<(Shape, Columns)>),
}

/// What a line of the list came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DncRow {
    /// A number to add.
    Number {
        /// Line of the file, from 1.
        line: u64,
        /// The number.
        number: PhoneNumber,
    },
    /// A removal in a registry's change file. Skipped: an import only ever adds.
    Removal {
        /// Line of the file, from 1.
        line: u64,
        /// The number.
        number: PhoneNumber,
    },
    /// A row that was not taken.
    Reject(Box<Reject>),
}

impl DncFile {
    /// Reads the file once to the end. `default_country` (`US`) is used only for numbers without a `+`.
    ///
    /// # Errors
    /// When it is no list: most of its lines are neither a number, nor the registry's
    /// `212,5550142`, nor its changes `212,5550142,date,A` or `D`, nor empty, nor a comment after
    /// `#`. The first of them is named.
    pub fn check(
        origin: Origin,
        rules: &Rules,
        default_country: Option<&str>,
    ) -> Result<Self, FileError> {
        let text = Text::examine(origin)?;
        let mut file = Self {
            sha256: text.digest()?,
            text,
            rows: 0,
            default_country: default_country.map(str::to_owned),
            form: Form::Lines,
        };
        if let Some(header) = file.csv_header()? {
            file.check_csv(header)?;
        } else {
            file.check_lines(rules)?;
        }
        if file.rows == 0 {
            let hint = "name a file with one number a line";
            return Err(file.text.origin.refuse(0, "", "holds no numbers", hint));
        }
        Ok(file)
    }

    /// Rows, or lines that hold a number.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The header of a file of its rejects, with which they can be imported again.
    pub fn header(&self) -> Vec<String> {
        match &self.form {
            Form::Lines => vec!["number".to_owned()],
            Form::Csv(csv) => csv.1.names.clone(),
        }
    }

    /// The delimiter of such a file: the list's own.
    pub fn delimiter(&self) -> u8 {
        match &self.form {
            Form::Lines => b',',
            Form::Csv(csv) => csv.0.delimiter,
        }
    }

    /// Figures of an import that has yet to happen: name and SHA-256 are set, counts are zero.
    pub fn figures(&self) -> ImportFigures {
        ImportFigures {
            file: self.text.origin.file_name(),
            sha256: self.sha256.clone(),
            ..ImportFigures::default()
        }
    }

    /// Reads the numbers.
    ///
    /// # Errors
    /// When the file can no longer be opened.
    pub fn read<'r>(&self, rules: &'r Rules) -> Result<DncReader<'r>, FileError> {
        let source = match &self.form {
            Form::Lines => Rows::Lines(Lines::open(&self.text)?),
            Form::Csv(csv) => {
                let (shape, columns) = &**csv;
                let mut reader = csv_reader(&self.text, *shape)?;
                let mut record = StringRecord::new();
                reader
                    .read_record(&mut record)
                    .map_err(|error| unreadable(&self.text.origin, &error))?;
                Rows::Csv(Box::new(reader), columns.clone(), record)
            }
        };
        Ok(DncReader {
            rules,
            origin: self.text.origin.clone(),
            default_country: self.default_country.clone(),
            rows: source,
        })
    }

    /// The line of the header, if the first line that says something is one.
    fn csv_header(&self) -> Result<Option<u64>, FileError> {
        let mut lines = Lines::open(&self.text)?;
        let Some((line, text)) = lines.next(&self.text.origin)? else {
            return Ok(None);
        };
        let named = text
            .split([',', ';', '\t'])
            .any(|name| columns::is_number_column(name.trim().trim_matches('"')));
        Ok(named.then_some(line))
    }

    fn check_csv(&mut self, header_line: u64) -> Result<(), FileError> {
        let shape = shape::measure(&self.text, true)?;
        let mut reader = csv_reader(&self.text, shape)?;
        let mut header = StringRecord::new();
        reader
            .read_record(&mut header)
            .map_err(|error| unreadable(&self.text.origin, &error))?;
        let columns = columns::read(&self.text.origin, &header, header_line)?;
        self.rows = shape.rows;
        self.form = Form::Csv(Box::new((shape, columns)));
        Ok(())
    }

    fn check_lines(&mut self, rules: &Rules) -> Result<(), FileError> {
        let origin = &self.text.origin;
        let mut lines = Lines::open(&self.text)?;
        let (mut unread, mut first) = (0, None);
        while let Some((line, text)) = lines.next(origin)? {
            if let Err(why) = entry(rules, self.default_country.as_deref(), text) {
                let (message, hint) = in_two(&why);
                first.get_or_insert_with(|| origin.refuse(line, "", message, hint));
                unread += 1;
            }
            self.rows += 1;
        }
        match first {
            // A file of another kind; a list with a slip in it is better taken without that line.
            Some(fault) if 2 * unread > self.rows => Err(fault),
            Some(_) | None => Ok(()),
        }
    }
}

/// The numbers of a list in order. An error ends it.
pub struct DncReader<'r> {
    rules: &'r Rules,
    origin: Origin,
    default_country: Option<String>,
    rows: Rows,
}

enum Rows {
    Lines(Lines),
    Csv(Box<CsvReader>, Columns, StringRecord),
}

impl Iterator for DncReader<'_> {
    type Item = Result<DncRow, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let country = self.default_country.as_deref();
        match &mut self.rows {
            Rows::Lines(lines) => {
                let (line, text) = match lines.next(&self.origin) {
                    Ok(found) => found?,
                    Err(error) => return Some(Err(error)),
                };
                Some(match entry(self.rules, country, text) {
                    Ok(Entry::Add(number)) => Ok(DncRow::Number { line, number }),
                    Ok(Entry::Remove(number)) => Ok(DncRow::Removal { line, number }),
                    Err(why) => {
                        let (reason, hint) = in_two(&why);
                        Ok(DncRow::Reject(Box::new(Reject {
                            line,
                            column: String::new(),
                            value: String::new(),
                            reason,
                            hint,
                            fields: vec![text.to_owned()],
                        })))
                    }
                })
            }
            Rows::Csv(reader, columns, record) => match reader.read_record(record) {
                Ok(false) => None,
                Ok(true) => Some(Ok(csv_row(
                    self.rules,
                    country,
                    columns,
                    (line_of(reader, record), record),
                ))),
                Err(error) => Some(Err(unreadable(&self.origin, &error))),
            },
        }
    }
}

fn csv_row(
    rules: &Rules,
    country: Option<&str>,
    columns: &Columns,
    (line, record): (u64, &StringRecord),
) -> DncRow {
    let position = columns.position(Column::Number).unwrap_or(0);
    let text = record.get(position).unwrap_or_default().trim();
    match rules.read_number(text, country) {
        Ok(read) => DncRow::Number {
            line,
            number: read.number,
        },
        Err(error) => {
            let (reason, hint) = in_two(&error.to_string());
            DncRow::Reject(Box::new(Reject {
                line,
                column: columns.name(Column::Number).to_owned(),
                value: text.to_owned(),
                reason,
                hint: if hint.is_empty() {
                    "write it in full, as +12125550142".to_owned()
                } else {
                    hint
                },
                fields: record.iter().map(str::to_owned).collect(),
            }))
        }
    }
}

enum Entry {
    Add(PhoneNumber),
    Remove(PhoneNumber),
}

const FORMS: &str = "write one number a line as +12125550142, or the registry's 212,5550142";

/// One line that is neither empty nor a comment.
fn entry(rules: &Rules, country: Option<&str>, text: &str) -> Result<Entry, String> {
    let parts: Vec<&str> = text.splitn(5, ',').map(str::trim).collect();
    match parts[..] {
        [number] => rules
            .read_number(number, country)
            .map(|read| Entry::Add(read.number))
            .map_err(|error| {
                let (reason, _) = in_two(&error.to_string());
                format!("`{}`: {reason}; {FORMS}", shortened(number))
            }),
        [npa, line] => registry_number(npa, line).map(Entry::Add),
        [npa, line, date, change] => {
            let number = registry_number(npa, line)?;
            if !looks_like_a_date(date) {
                return Err(format!(
                    "`{}` is not a date; write it as 2026-12-01",
                    shortened(date)
                ));
            }
            match change {
                "A" | "a" => Ok(Entry::Add(number)),
                "D" | "d" => Ok(Entry::Remove(number)),
                _ => Err(format!(
                    "`{}` is neither A (added) nor D (deleted); the registry's change files end each line in one of them",
                    shortened(change)
                )),
            }
        }
        _ => Err(format!(
            "`{}` is not a line of a do-not-call list; {FORMS}",
            shortened(text)
        )),
    }
}

/// `212`, `5550142`: the FTC's way of writing a number.
fn registry_number(npa: &str, line: &str) -> Result<PhoneNumber, String> {
    let digits = |text: &str, count: usize| {
        (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    digits(npa, 3)
        .zip(digits(line, 7))
        .filter(|(npa, line)| *npa >= 200 && *line >= 2_000_000)
        .and_then(|(npa, line)| PhoneNumber::from_digits(10_000_000_000 + npa * 10_000_000 + line))
        .ok_or_else(|| {
            format!(
                "`{},{}` is not an area code and a number of seven digits; {FORMS}",
                shortened(npa),
                shortened(line)
            )
        })
}

fn looks_like_a_date(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    (6..=8).contains(&digits)
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'/')
}

/// Enough of a text to recognise it by, without control characters.
fn shortened(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Lines that say something, with their numbers.
struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    text: String,
    line: u64,
}

impl Lines {
    fn open(text: &Text) -> Result<Self, FileError> {
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, Box::new(text.open()?)),
            buffer: Vec::new(),
            text: String::new(),
            line: 0,
        })
    }

    /// The next line without its comment; `None` at the end.
    fn next(&mut self, origin: &Origin) -> Result<Option<(u64, &str)>, FileError> {
        loop {
            self.buffer.clear();
            let read = self
                .reader
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| origin.unreadable(&error))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let text = String::from_utf8_lossy(&self.buffer);
            let text = text
                .split_once('#')
                .map_or(&*text, |(before, _)| before)
                .trim();
            if !text.is_empty() {
                text.clone_into(&mut self.text);
                return Ok(Some((self.line, &self.text)));
            }
        }
    }
}
