//! Do-not-call lists without a header: one number per line, the FTC's forms, or cells of which some hold
//! numbers.

use std::io::{BufRead, BufReader, Read};

use super::cell::{failed, has_number};
use super::comment::{self, Held};
use super::dates;
use super::dnc::{DncRow, rejected};
use super::file_error::FileError;
use super::range::{self, RangeFault};
use super::row_error::WithHint;
use super::text::{Origin, Text};
use crate::domain::{PhoneNumber, Timestamp};
use crate::rules::{NumberError, Rules};

/// The rules, and the country in which numbers without a country code are read.
pub(super) type How<'h> = (&'h Rules, Option<&'h str>);

/// The result of reading one row of a list.
pub(super) enum Row {
    /// A comment: it begins with `#` and holds no number.
    Comment,
    /// A row without any value.
    Empty,
    /// Numbers, removals and rejects.
    Rows(Vec<DncRow>),
}

const FORMS: &str = "write one number a line as +12125550142, or the registry's 212,5550142";

/// What is wrong with a line or a row of a do-not-call list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineFault {
    #[error("a formula of the spreadsheet failed here, or its column was too narrow")]
    FailedFormula,
    #[error("`{text}`: {}", .error.reason())]
    LineNotRead { text: String, error: NumberError },
    #[error("`{text}`: {}", .error.reason())]
    CellNotRead { text: String, error: NumberError },
    #[error("{}", .0.reason())]
    NumberNotRead(NumberError),
    #[error("`{0}` may be a range of numbers, and where it begins and ends is not certain")]
    UnclearRange(String),
    #[error("`{0}` is a range of more than 100,000 numbers")]
    LongRange(String),
    #[error("`{0}` is not a date")]
    NotADate(String),
    #[error("`{0}` is not a line of a do-not-call list")]
    NotALine(String),
    #[error("`{0}` is neither A (added) nor D (deleted)")]
    NeitherAddedNorDeleted(String),
    #[error("`{npa},{local}` is not an area code and a number of seven digits")]
    NotAnAreaAndANumber { npa: String, local: String },
    #[error("`{0}` begins with # and may hold a number")]
    CommentMayHoldNumber(String),
    #[error("stands in no column")]
    InNoColumn,
    #[error("the row holds no number")]
    NoNumber,
    #[error("`{0}` and another column name two countries")]
    TwoCountries(String),
}

impl WithHint for LineFault {
    fn hint(&self) -> String {
        let hint = match self {
            Self::FailedFormula => "write the number",
            Self::LineNotRead { .. } | Self::NotALine(_) | Self::NotAnAreaAndANumber { .. } => {
                FORMS
            }
            Self::CellNotRead { error, .. } => error.hint(),
            Self::NumberNotRead(error) => match error.hint() {
                "" => "write it in full, as +12125550142",
                hint => hint,
            },
            Self::UnclearRange(_) => {
                "write its numbers one a line, or the range as 212-555-0100 - 212-555-0199"
            }
            Self::LongRange(_) => {
                "write it as shorter ranges, as 212-555-0100 - 212-555-0199; columns of single numbers are \
                 mapped: --map \"COLUMN=number\""
            }
            Self::NotADate(_) => "write it as 2026-12-01",
            Self::NeitherAddedNorDeleted(_) => {
                "the registry's change files end each line in one of them"
            }
            Self::CommentMayHoldNumber(_) => {
                "write the number without the #, or take its digits out"
            }
            Self::InNoColumn => "put text that holds the delimiter in quotation marks",
            Self::NoNumber => "write its number, or remove the row",
            Self::TwoCountries(_) => "correct one",
        };
        hint.to_owned()
    }
}

impl From<RangeFault> for LineFault {
    fn from(fault: RangeFault) -> Self {
        match fault {
            RangeFault::Unclear(text) => Self::UnclearRange(text),
            RangeFault::TooMany(text) => Self::LongRange(text),
        }
    }
}

/// Reads every number of a text, also those within a range. `unread` is the fault of a text without one.
///
/// # Errors
///
/// Errors if the text holds no number, or a range that is not certain.
pub(super) fn numbers(
    text: &str,
    how: How<'_>,
    unread: impl FnOnce(NumberError) -> LineFault,
) -> Result<Vec<PhoneNumber>, LineFault> {
    match range::of(text, how) {
        Some(range) => Ok(range?),
        None => how.0.read_listed(text, how.1).map_err(unread),
    }
}

/// Reads one line that is not empty.
pub(super) fn line(line: u64, text: &str, how: How<'_>) -> Row {
    if failed(text) {
        let fields = vec![text.trim().to_owned()];
        return Row::Rows(vec![rejected(line, &LineFault::FailedFormula, fields)]);
    }
    let (said, behind) = match text.split_once('#') {
        Some((before, behind)) => (before.trim(), commented(line, behind, text, how)),
        None => (text.trim(), Vec::new()),
    };
    // In `Ana #2125550142` the `#` belongs to the number.
    let is_name = !behind.is_empty() && !has_number(said);
    let mut rows = if said.is_empty() || is_name {
        Vec::new()
    } else {
        let entry = entry(line, said, how);
        entry.unwrap_or_else(|why| vec![rejected(line, &why, vec![text.trim().to_owned()])])
    };
    rows.extend(behind);
    if rows.is_empty() {
        return Row::Comment;
    }
    Row::Rows(rows)
}

/// Returns the numbers of a comment, and rejects for digits that may be one. `#12,Ana,2125550142` is a row
/// whose first cell is a count, and a number behind a `#` is still a number.
fn commented(line: u64, comment: &str, text: &str, how: How<'_>) -> Vec<DncRow> {
    if let Held::Numbers(numbers) = comment::held(comment, how) {
        return added(line, numbers);
    }
    let each = cells(comment).flat_map(|cell| match comment::held(cell, how) {
        Held::Words => Vec::new(),
        Held::Numbers(numbers) => added(line, numbers),
        Held::Doubt => {
            vec![rejected(
                line,
                &comment::doubt(text),
                vec![text.trim().to_owned()],
            )]
        }
    });
    each.collect()
}

fn entry(line: u64, text: &str, how: How<'_>) -> Result<Vec<DncRow>, LineFault> {
    let parts = text.splitn(5, [',', ';', '\t']);
    let parts: Vec<&str> = parts
        .map(|part| part.trim().trim_matches('"').trim())
        .collect();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() > 1 && parts[0].len() == 3 && digits(parts[0]) && digits(parts[1]) {
        return registry(line, &parts).map(|row| vec![row]);
    }
    let unread = |error| LineFault::LineNotRead {
        text: shortened(text),
        error,
    };
    let fault = match numbers(text, how, unread) {
        Ok(numbers) => return Ok(added(line, numbers)),
        Err(fault) => fault,
    };
    let rows: Vec<DncRow> = cells(text)
        .flat_map(|cell| of_cell(line, cell, text, how))
        .collect();
    let taken = rows.iter().any(|row| matches!(row, DncRow::Number { .. }));
    // A range of which only the ends can be read is no row of two numbers.
    let ranged = matches!(fault, LineFault::UnclearRange(_) | LineFault::LongRange(_));
    if !taken || ranged {
        return Err(fault);
    }
    Ok(rows)
}

/// Returns the numbers of a cell, or a reject if it has enough digits for a number and cannot be read.
fn of_cell(line: u64, cell: &str, text: &str, how: How<'_>) -> Vec<DncRow> {
    let like_one = has_number(cell) && !dates::looks_like_one(cell);
    let unread = |error| LineFault::CellNotRead {
        text: shortened(cell),
        error,
    };
    match numbers(cell, how, unread) {
        Err(why) if like_one => vec![rejected(line, &why, vec![text.to_owned()])],
        Ok(_) | Err(_) => added(line, in_cell(cell, how)),
    }
}

/// Reads a line of the FTC's lists or of their changes.
fn registry(line: u64, parts: &[&str]) -> Result<DncRow, LineFault> {
    match *parts {
        [npa, local] => {
            let number = registry_number(npa, local)?;
            Ok(DncRow::Number { line, number })
        }
        [npa, local, date, change] => {
            let number = registry_number(npa, local)?;
            if !looks_like_a_date(date) {
                return Err(LineFault::NotADate(shortened(date)));
            }
            changed(line, number, change)
        }
        _ => Err(LineFault::NotALine(shortened(&parts.join(",")))),
    }
}

/// Returns the addition (`A`) or removal (`D`) of a number in a change list. Errors if `change` is neither.
pub(super) fn changed(line: u64, number: PhoneNumber, change: &str) -> Result<DncRow, LineFault> {
    match change.trim() {
        "A" | "a" => Ok(DncRow::Addition { line, number }),
        "D" | "d" => Ok(DncRow::Removal { line, number }),
        _ => Err(LineFault::NeitherAddedNorDeleted(shortened(change))),
    }
}

/// Returns the numbers as rows to add.
pub(super) fn added(line: u64, numbers: Vec<PhoneNumber>) -> Vec<DncRow> {
    let numbers = numbers.into_iter();
    numbers
        .map(|number| DncRow::Number { line, number })
        .collect()
}

/// Returns the numbers of a cell whose column says nothing about its content. Only numbers that can be dialed
/// count, so that a date or an account's digits are not taken for one.
pub(super) fn in_cell(cell: &str, how: How<'_>) -> Vec<PhoneNumber> {
    if !has_number(cell) || dates::looks_like_one(cell) {
        return Vec::new();
    }
    let numbers = numbers(cell, how, LineFault::NumberNotRead).unwrap_or_default();
    let dialable = |number: &PhoneNumber| how.0.fitness(*number, Timestamp::MAX).is_ok();
    if numbers.iter().all(dialable) {
        numbers
    } else {
        Vec::new()
    }
}

/// Returns whether a cell whose column says nothing about its content holds numbers, or a range that may not
/// be read.
pub(super) fn holds_numbers(cell: &str, how: How<'_>) -> bool {
    let ranged = || matches!(range::of(cell, how), Some(Err(_)));
    !in_cell(cell, how).is_empty() || ranged()
}

fn cells(text: &str) -> impl Iterator<Item = &str> {
    let cells = text.split([',', ';', '\t', '|']);
    cells.map(|cell| cell.trim().trim_matches('"'))
}

/// Reads `212`, `5550142`: the FTC's way of writing a number.
fn registry_number(npa: &str, line: &str) -> Result<PhoneNumber, LineFault> {
    let digits = |text: &str, count: usize| {
        (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<u64>().ok())
            .flatten()
    };
    digits(npa, 3)
        .zip(digits(line, 7))
        .filter(|(npa, line)| *npa >= 200 && *line >= 2_000_000)
        .and_then(|(npa, line)| PhoneNumber::from_digits(10_000_000_000 + npa * 10_000_000 + line))
        .ok_or_else(|| LineFault::NotAnAreaAndANumber {
            npa: shortened(npa),
            local: shortened(line),
        })
}

/// Returns whether a text is a date of a change list, with or without a time of day.
pub(super) fn looks_like_a_date(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let digits = date.bytes().filter(u8::is_ascii_digit).count();
    let plain = date
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'/');
    dates::looks_like_one(text) || (text == date && plain && (6..=8).contains(&digits))
}

/// Returns the first 40 characters of a text, without control characters.
pub(super) fn shortened(text: &str) -> String {
    let text = text.replace(char::is_control, " ");
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// The lines of a list that are not empty, with their line numbers.
pub(super) struct Lines {
    reader: BufReader<Box<dyn Read + Send>>,
    buffer: Vec<u8>,
    text: String,
    line: u64,
}

impl Lines {
    pub(super) fn open(text: &Text) -> Result<Self, FileError> {
        Ok(Self {
            reader: BufReader::with_capacity(1 << 16, Box::new(text.open()?)),
            buffer: Vec::new(),
            text: String::new(),
            line: 0,
        })
    }

    /// Returns the next line that is not empty, and its number from 1; `None` at the end.
    pub(super) fn next(&mut self, origin: &Origin) -> Result<Option<(u64, &str)>, FileError> {
        loop {
            self.buffer.clear();
            let read = self
                .reader
                .read_until(b'\n', &mut self.buffer)
                .map_err(|error| origin.unreadable(error))?;
            if read == 0 {
                return Ok(None);
            }
            self.line += 1;
            let text = String::from_utf8_lossy(&self.buffer);
            if !text.trim().is_empty() {
                text.trim().clone_into(&mut self.text);
                return Ok(Some((self.line, &self.text)));
            }
        }
    }
}
