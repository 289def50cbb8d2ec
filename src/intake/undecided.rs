//! Columns of which the user has to say what they are before a row is taken.
//!
//! A column that is not understood may say who is not to be called, or in which country the numbers are. Its
//! name alone does not show that, and a word list never has every wording. The shape of its values does: a yes
//! or a no under a name about calls, letters of countries other than the assumed one.

use std::collections::HashMap;

use csv::StringRecord;

use super::answer::Answer;
use super::columns::Columns;
use super::contacts::{Top, csv_reader, unreadable};
use super::file_error::{FileError, FileFault, OpenColumn};
use super::header;
use super::names;
use super::shape::Shape;
use super::text::Text;
use super::topic::{Tally, Topic};
use super::vocabulary::{NameWord, has};

/// What is not known about a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Who is not to be called: the name says so, or nearly.
    Named,
    /// Who is not to be called, if the values have the shape for it.
    Topic(Topic),
    /// The country of the numbers: the name is about places.
    Place,
    /// The country of the numbers, if all values are letters or calling codes of countries.
    Letters,
    /// The country of the numbers, if all values are calling codes.
    Dialed,
    /// The country of the numbers: the name means a state, in a language of another country.
    State,
    /// The country of the numbers, if it ends an address.
    Address,
}

/// Words for a state in languages of countries whose states are not all known.
const STATES: [&str; 5] = ["estado", "provincia", "uf", "departamento", "departement"];
/// Words for an address or a town.
const ADDRESSES: &str = "address addr city town location branch office site adresse anschrift direccion indirizzo \
    endereco adres ciudad ville stadt ort plaats";

impl Doubt {
    /// Returns what is not known about the place in a column with this name.
    pub(super) fn of_place(name: &str) -> Self {
        let words = header::folded_words(name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if words.iter().any(|word| STATES.contains(word)) {
            return Self::State;
        }
        let address = |word: &&str| ADDRESSES.split_whitespace().any(|known| known == *word);
        match (
            has(&words, NameWord::Country),
            has(&words, NameWord::NoCountry),
        ) {
            (true, _) => Self::Place,
            (false, _) if words.iter().any(address) => Self::Address,
            (false, false) => Self::Letters,
            (false, true) => Self::Dialed,
        }
    }

    const fn is_of_place(self) -> bool {
        match self {
            Self::Place | Self::Letters | Self::Dialed | Self::State | Self::Address => true,
            Self::Named | Self::Topic(_) => false,
        }
    }
}

/// The most different values that are kept for the message.
const KEPT: usize = 40;
/// The values that a message shows.
const SHOWN: usize = 6;

/// A column and its values so far.
struct Open {
    position: usize,
    doubt: Doubt,
    tally: Tally,
    /// The rows of each value.
    rows: HashMap<String, u64>,
    /// Rows of further values.
    further: u64,
    /// Whether a value names a country other than the assumed one.
    abroad: bool,
    /// Whether the column is settled, so that no more of its values need to be read.
    settled: bool,
}

impl Open {
    fn read(&mut self, cell: &str, country: Option<&str>) {
        if cell.is_empty() {
            return;
        }
        if let Some(rows) = self.rows.get_mut(cell) {
            *rows += 1;
            return;
        }
        let answer = Answer::of(cell);
        if answer == Answer::Blank {
            return;
        }
        match self.doubt {
            Doubt::Named => {}
            Doubt::Topic(topic) => {
                self.tally.add(answer, cell);
                self.settled = topic.is_settled(&self.tally);
            }
            Doubt::Place => {
                self.abroad |= place_abroad(cell, country) || ends_abroad(cell, country);
            }
            Doubt::Address => self.abroad |= ends_abroad(cell, country),
            Doubt::State => {
                self.abroad |=
                    country.is_some_and(|country| names::region(country, cell).is_none());
            }
            Doubt::Letters | Doubt::Dialed => {
                let letters = by_letters(cell).filter(|_| self.doubt == Doubt::Letters);
                if let Some(code) = letters.or_else(|| by_calling_code(cell)) {
                    self.abroad |= Some(code) != country;
                } else {
                    self.settled = true;
                    self.abroad = false;
                }
            }
        }
        if self.rows.len() < KEPT {
            self.rows.insert(cell.to_owned(), 1);
        } else {
            self.further += 1;
        }
    }

    fn needs_the_user(&self) -> bool {
        match self.doubt {
            Doubt::Named => !self.rows.is_empty(),
            Doubt::Topic(topic) => topic.is_open(&self.tally),
            Doubt::Place | Doubt::Letters | Doubt::Dialed | Doubt::State | Doubt::Address => {
                self.abroad
            }
        }
    }

    /// Returns the column with its most frequent values.
    fn named(&self, columns: &Columns) -> OpenColumn {
        let mut values: Vec<(String, u64)> = self
            .rows
            .iter()
            .map(|(value, rows)| {
                let value: String = value.chars().take(40).collect();
                (value.replace(char::is_control, " "), *rows)
            })
            .collect();
        values.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        let others: u64 = values.iter().skip(SHOWN).map(|(_, rows)| rows).sum();
        values.truncate(SHOWN);
        OpenColumn {
            column: columns.names[self.position].clone(),
            values,
            other_rows: others + self.further,
        }
    }
}

/// Returns the code of the country that letters name: two or three capitals.
fn by_letters(text: &str) -> Option<&'static str> {
    let letters =
        (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase());
    letters
        .then(|| names::country(text))?
        .map(|country| country.code)
}

/// Returns the code of the country that a calling code with its sign means: `+52` or `0052`.
fn by_calling_code(text: &str) -> Option<&'static str> {
    let code = text
        .strip_prefix('+')
        .or_else(|| text.strip_prefix("00"))?
        .trim();
    names::country_called(code).map(|country| country.code)
}

/// Returns whether the last part of a text with several names a country other than the assumed one. `Atlanta,
/// Georgia` is a state of it.
fn ends_abroad(text: &str, assumed: Option<&str>) -> bool {
    let mut parts = text.rsplit([',', '/', '\n', ';']);
    let last = parts.next().unwrap_or_default().trim();
    let named = names::country(last).filter(|_| parts.next().is_some() && last.len() > 1);
    let is_state = assumed.is_some_and(|country| names::region(country, last).is_some());
    named.is_some_and(|named| Some(named.code) != assumed) && !is_state
}

/// Returns whether a value, or a word of it in capitals, names a country other than the assumed one. Letters
/// behind other words are a state of the assumed country if it has one of that name: `Springfield, IL`.
fn place_abroad(text: &str, assumed: Option<&str>) -> bool {
    let whole = names::country(text).map(|country| country.code);
    let words = text.split(|char: char| !char.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let alone = words.clone().nth(1).is_none();
    let is_state = |word: &str| {
        !alone && assumed.is_some_and(|country| names::region(country, word).is_some())
    };
    let words = words.filter(|word| !is_state(word));
    let mut codes = whole.into_iter().chain(words.filter_map(by_letters));
    codes.any(|code| Some(code) != assumed)
}

/// Checks that no column needs a decision of the user. `country` is the country in which numbers without a
/// country code are read; if there is none, such numbers are rejected, and no column can contradict it.
///
/// # Errors
///
/// Errors if a column needs one; the error names each such column, the values of the first, and the options to
/// use.
pub(super) fn check(
    text: &Text,
    shape: &Shape,
    (columns, top): (&Columns, &Top),
    country: Option<&str>,
) -> Result<(), FileError> {
    let doubts = columns.doubts();
    let mut open: Vec<Open> = doubts
        .into_iter()
        .filter(|(_, doubt)| country.is_some() || !doubt.is_of_place())
        .map(|(position, doubt)| Open {
            position,
            doubt,
            tally: Tally::default(),
            rows: HashMap::new(),
            further: 0,
            abroad: false,
            settled: false,
        })
        .collect();
    let mut reader = csv_reader(text, shape)?;
    let mut record = StringRecord::new();
    let mut header = top.comments + 1;
    while open.iter().any(|column| !column.settled) {
        let more = reader
            .read_record(&mut record)
            .map_err(|error| unreadable(&text.origin, error))?;
        if !more {
            break;
        }
        if header > 0 {
            header -= 1;
            continue;
        }
        for column in open.iter_mut().filter(|column| !column.settled) {
            column.read(
                record.get(column.position).unwrap_or_default().trim(),
                country,
            );
        }
    }
    open.retain(Open::needs_the_user);
    let Some(first) = open.first() else {
        return Ok(());
    };
    let named = open.iter().map(|column| column.named(columns)).collect();
    let fault = if first.doubt.is_of_place() {
        FileFault::OpenCountry {
            columns: named,
            assumed: country.unwrap_or_default().to_owned(),
        }
    } else {
        FileFault::OpenConsent { columns: named }
    };
    let column = &columns.names[first.position];
    Err(text.origin.refuse(top.line, column, fault))
}
