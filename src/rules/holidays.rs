//! Holidays on which calls are barred, by calendar.

use std::collections::BTreeMap;

use super::tables::{self, TableError};

const COLUMNS: [&str; 5] = ["calendar", "date", "name", "kind", "confidence"];

/// The days of one calendar and the years it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Sorted days since 1970-01-01.
    days: Vec<i64>,
    first: i64,
    last: i64,
}

impl Calendar {
    /// Whether calls are barred on this day. Days outside the years that the table covers count as
    /// holidays: the product does not guess the law (fail closed).
    pub(super) fn bars(&self, day: i64) -> bool {
        day < self.first || day > self.last || self.days.binary_search(&day).is_ok()
    }
}

/// Reads `holidays.csv`: actual and observed dates both count.
pub(super) fn read(file: &str, text: &str) -> Result<BTreeMap<String, Calendar>, TableError> {
    let mut calendars = BTreeMap::new();
    for row in tables::read(file, text, &COLUMNS)? {
        if !matches!(row.text("kind"), "actual" | "observed") {
            return Err(row.error("kind", "must be `actual` or `observed`"));
        }
        let date: jiff::civil::Date = row.parse("date")?;
        let day = tables::day_number(date);
        let first = tables::day_number(date.first_of_year());
        let last = tables::day_number(date.last_of_year());
        let name = row.text("calendar").to_owned();
        let calendar = calendars.entry(name).or_insert(Calendar {
            days: Vec::new(),
            first,
            last,
        });
        calendar.first = calendar.first.min(first);
        calendar.last = calendar.last.max(last);
        calendar.days.push(day);
    }
    for calendar in calendars.values_mut() {
        calendar.days.sort_unstable();
        calendar.days.dedup();
    }
    Ok(calendars)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_outside_the_covered_years_are_barred() {
        let text = "calendar,date,name,kind,confidence\nX,2026-07-04,Day,actual,high\n";
        let calendars = read("holidays.csv", text).unwrap();
        let day = |y, m, d| tables::day_number(jiff::civil::date(y, m, d));
        let calendar = &calendars["X"];
        assert!(calendar.bars(day(2026, 7, 4)));
        assert!(!calendar.bars(day(2026, 7, 5)));
        assert!(calendar.bars(day(2027, 1, 1)));
        assert!(calendar.bars(day(2025, 12, 31)));
    }
}
