//! Rows that say, or may say, that their numbers are not to be called.
//!
//! The same number may be in another row, or in another campaign, so that a rejected row alone is not enough:
//! every number of the row is returned, in whatever column.

use csv::StringRecord;

use super::{Fault, Judge, NotToBeCalled, Stated};
use crate::domain::{ConsentKind, PhoneNumber, Timestamp};
use crate::intake::answer::Answer;
use crate::intake::cell::{consent_kind, has_number, with_area, with_exponent};
use crate::intake::columns::Field;
use crate::intake::dates;
use crate::intake::listed::{self, How, LineFault, in_cell, shortened};
use crate::intake::wishes;

impl Judge<'_> {
    /// Returns the numbers of a row that are not to be called by the cell at this position. `perhaps` is
    /// whether the cell only may say so.
    pub(super) fn held(
        &self,
        line: u64,
        record: &StringRecord,
        (country, number): (&Result<Stated, Fault>, &Result<PhoneNumber, Fault>),
        (position, perhaps): (usize, bool),
    ) -> NotToBeCalled {
        let assumed = self.reading.country.as_deref();
        let country = match country {
            Ok(stated) => stated.reading(assumed),
            Err(_) => assumed,
        };
        let how = (self.rules, country);
        let cells = record.iter().enumerate();
        let read = cells.flat_map(|(at, cell)| self.numbers_of(at, cell, how));
        let joined = self.joined(record).into_iter();
        let joined = joined.flat_map(|text| self.rules.read_listed(&text, country));
        let numbers = read.chain(joined.flatten()).chain(number.clone().ok());
        let numbers = settled(numbers.collect());
        let value = record.get(position).unwrap_or_default().trim();
        NotToBeCalled {
            line,
            numbers,
            column: self.columns.names[position].clone(),
            perhaps: perhaps.then(|| shortened(value)),
        }
    }

    /// Returns the numbers of a row whose cells may be in the wrong columns; `None` if no cell of it asks for
    /// no calls.
    pub(in crate::intake) fn held_across(
        &self,
        line: u64,
        record: &StringRecord,
    ) -> Option<NotToBeCalled> {
        let columns = self.columns.names.len();
        let asking = record.iter().enumerate().find_map(|(at, cell)| {
            // A row with too many cells has parts of one in several, one with too few has several in one.
            let joined = record.len() < columns && parts(cell).count() > 1;
            let moved = |wish: &&(usize, wishes::Wish)| {
                wish.0 == at
                    || (record.len() > columns && wish.0 < at)
                    || cell.contains('\n')
                    || joined
            };
            let wishes = self.columns.wishes.iter().filter(moved);
            let mut parts = parts(cell).filter(|part| !part.is_empty());
            let asks = |part: &str, wish| wishes::asks_not_to_be_called(wish, part) == Ok(true);
            let flagged = parts.any(|part| wishes.clone().any(|(_, wish)| asks(part, *wish)));
            (flagged || wishes::may_ask(cell)).then_some(cell)
        })?;
        let how = (self.rules, self.reading.country.as_deref());
        let read = record.iter().flat_map(parts);
        let numbers = settled(read.flat_map(|part| in_runs(part, how)).collect());
        Some(NotToBeCalled {
            line,
            numbers,
            column: String::new(),
            perhaps: Some(shortened(asking.trim())),
        })
    }

    /// Returns the column of consent if its cell is no kind of consent and refuses.
    pub(super) fn refused_consent(&self, record: &StringRecord) -> Option<usize> {
        let text = self.field(record, Field::Consent);
        let refused = consent_kind(text).is_none()
            && matches!(
                Answer::of(text),
                Answer::Refusal | Answer::No | Answer::Zero
            );
        self.columns
            .position(Field::Consent)
            .filter(|_| refused || wishes::may_ask(text))
    }

    /// Returns whether a row says that there is no consent. An empty cell says nothing.
    pub(in crate::intake) fn denies_consent(&self, record: &StringRecord) -> bool {
        consent_kind(self.field(record, Field::Consent)) == Some(ConsentKind::None)
    }

    /// Returns the text of the area code and the number behind it; `None` if the row has no area code or they
    /// do not fit.
    fn joined(&self, record: &StringRecord) -> Option<String> {
        let area = Some(self.field(record, Field::AreaCode)).filter(|area| !area.is_empty());
        with_area(area?, self.field(record, Field::Number)).ok()
    }

    /// Returns the numbers of one cell: of a column of numbers all that can be read, of any other column the
    /// numbers that can be dialed.
    fn numbers_of(&self, at: usize, cell: &str, how: How<'_>) -> Vec<PhoneNumber> {
        if !has_number(cell) {
            return Vec::new();
        }
        let cell = unmarked(cell);
        let further = self.columns.further_numbers.contains(&at);
        if further || self.columns.position(Field::Number) == Some(at) {
            let written = with_exponent(cell);
            let cell = written.as_deref().unwrap_or(cell);
            let read = listed::numbers(cell, how, LineFault::NumberNotRead);
            return read.unwrap_or_else(|_| in_runs(cell, how));
        }
        if self.columns.holds_no_numbers(at) {
            return Vec::new();
        }
        let whole = in_cell(cell, how);
        if !whole.is_empty() {
            return whole;
        }
        let mut within = in_runs(cell, how);
        within.retain(|number| how.0.fitness(*number, Timestamp::MAX).is_ok());
        within
    }
}

/// Returns whether a cell that cannot be read with certainty says anything. An empty cell, and what stands for
/// one, only lacks an answer.
pub(super) fn says_something(record: &StringRecord, position: usize) -> bool {
    Answer::of(record.get(position).unwrap_or_default()) != Answer::Blank
}

/// Returns a cell without the signs before its number: a `#`, or the apostrophe of a spreadsheet.
fn unmarked(cell: &str) -> &str {
    cell.trim()
        .trim_start_matches(['#', '\'', '"', ' ', '\u{fffd}'])
}

/// Returns the numbers of a text that are written in digits between other letters.
fn in_runs(text: &str, (rules, country): How<'_>) -> Vec<PhoneNumber> {
    let joint = |char: char| matches!(char, ' ' | '+' | '-' | '.' | '(' | ')' | '/');
    let runs = text.split(|char: char| !char.is_numeric() && !joint(char));
    runs.filter(|run| has_number(run) && !dates::looks_like_one(run.trim()))
        .flat_map(|run| rules.read_listed(run, country).unwrap_or_default())
        .collect()
}

/// Returns the parts of a cell that may be cells of their own.
fn parts(cell: &str) -> impl Iterator<Item = &str> {
    let parts = cell.split([',', ';', '\t', '|', '\n']);
    parts.map(|part| part.trim().trim_matches('"'))
}

fn settled(mut numbers: Vec<PhoneNumber>) -> Vec<PhoneNumber> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
