//! The numbers in the cells of one row.

use super::{Listed, Table};
use crate::domain::PhoneNumber;
use crate::intake::cell::{has_number, with_area};
use crate::intake::listed::{self, How, LineFault};
use crate::intake::names::Country;
use crate::intake::places;
use crate::intake::range;
use crate::intake::row_error::RowFault;

impl Table {
    /// Returns whether nothing is to be read in a cell of a column of numbers.
    pub(super) fn is_skipped(&self, at: usize, cells: &[&str]) -> bool {
        let filled = |at: usize| cells.get(at).is_some_and(|cell| !cell.is_empty());
        let cell = cells[at];
        // The end of a range is read with its beginning.
        let read_before = self
            .range
            .is_some_and(|(first, last)| last == at && filled(first));
        read_before || cell.is_empty() || (self.by_content[at] && !has_number(cell))
    }

    /// Returns the numbers of a cell, and those up to the end of the range that begins there.
    pub(super) fn numbers_at(
        &self,
        at: usize,
        cells: &[&str],
        how: How<'_>,
    ) -> Result<Vec<PhoneNumber>, RowFault> {
        let unmarked = |at: usize| {
            let cell = cells.get(at).copied().unwrap_or_default();
            cell.trim_start_matches(['#', ' '])
        };
        let numbers = self.numbers(unmarked(at), cells, how)?;
        let Some((first, last)) = self.range else {
            return Ok(numbers);
        };
        let alone = || LineFault::UnclearRange(listed::shortened(cells[at]));
        if last == at {
            // An end without its beginning.
            return Err(alone().into());
        }
        let end = unmarked(last);
        if first != at || end.is_empty() {
            return Ok(numbers);
        }
        let [number] = numbers[..] else {
            return Err(alone().into());
        };
        let country = self.country(cells)?.or(how.1);
        let read = range::from_to(number, end, (how.0, country));
        Ok(read.map_err(LineFault::from)?)
    }

    fn numbers(
        &self,
        cell: &str,
        cells: &[&str],
        (rules, country): How<'_>,
    ) -> Result<Vec<PhoneNumber>, RowFault> {
        let area = self.beside(cells, Listed::AreaCodes);
        let joined;
        let text = match area.filter(|area| !area.is_empty()) {
            None => cell,
            Some(area) => {
                joined = with_area(area, cell)?;
                joined.as_str()
            }
        };
        let how = (rules, self.country(cells)?.or(country));
        Ok(listed::numbers(text, how, LineFault::NumberNotRead)?)
    }

    /// Returns the country that the row states for its numbers.
    fn country(&self, cells: &[&str]) -> Result<Option<&'static str>, RowFault> {
        let holds = self.holds.iter().enumerate();
        let stated = holds.filter(|(_, holds)| **holds == Listed::Countries);
        let mut found: Option<Country> = None;
        for (at, _) in stated {
            let text = cells.get(at).copied().unwrap_or_default();
            if text.is_empty() {
                continue;
            }
            let read = places::country(text)?;
            if found.is_some_and(|other| other.calling != read.calling) {
                return Err(LineFault::TwoCountries(text.to_owned()).into());
            }
            found = found.or(Some(read));
        }
        Ok(found.map(|country| country.code))
    }

    /// Returns the row's cell in a column that completes the numbers; `None` if the table has no such column.
    pub(super) fn beside<'c>(&self, cells: &[&'c str], what: Listed) -> Option<&'c str> {
        let at = self.holds.iter().position(|holds| *holds == what)?;
        Some(cells.get(at).copied().unwrap_or_default())
    }
}
