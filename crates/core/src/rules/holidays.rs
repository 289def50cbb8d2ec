//! Holidays on which calls are barred, by calendar: the days of a table, and days that a statute states as a
//! rule.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::WindowReason;
use super::tables::{self, Row, TableError};
use super::zonedb::LocalTime;
use crate::domain::Weekdays;

const COLUMNS: [&str; 5] = ["calendar", "date", "name", "kind", "confidence"];
const RULE_COLUMNS: [&str; 6] = ["calendar", "rule", "name", "from", "source", "confidence"];

/// The days of one calendar and the years it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Calendar {
    /// Sorted days since 1970-01-01.
    days: Vec<i64>,
    first: i64,
    last: i64,
    /// The weekday whose hours the working day before a holiday has; Monday is 0.
    eve_as: Option<u8>,
}

impl Calendar {
    /// Returns why calls are barred on this day. `None` if they are not.
    ///
    /// Calls are also barred outside the years that the table covers, because the program does not guess the
    /// law (fail closed).
    pub(super) fn bars(&self, day: i64) -> Option<WindowReason> {
        if day < self.first || day > self.last {
            Some(WindowReason::HolidayTableEnds)
        } else {
            let holiday = self.days.binary_search(&day).is_ok();
            holiday.then_some(WindowReason::Holiday)
        }
    }

    /// Returns the weekday whose hours hold: the day's own, unless it comes before a holiday.
    pub(super) fn weekday(&self, at: LocalTime) -> u8 {
        const SATURDAY: u8 = 5;
        match self.eve_as {
            Some(other) if at.weekday < SATURDAY && self.bars(at.day + 1).is_some() => other,
            Some(_) | None => at.weekday,
        }
    }

    /// Returns the last day that the calendar covers, in days since 1970-01-01.
    pub(super) const fn last(&self) -> i64 {
        self.last
    }
}

/// A statute's rule for a holiday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// An actual holiday on a Saturday is also kept on the following Monday.
    SaturdayOnMonday,
    /// Every year on this month and day.
    Date(i8, i8),
    /// The Monday before a date from Tuesday to Friday, the Monday after one on a weekend.
    MondayOf(i8, i8),
    /// This many days after Easter Sunday.
    Easter(i64),
    /// The working day before a holiday has the hours of this weekday.
    EveAs(u8),
}

/// A calendar that is being built.
#[derive(Default)]
struct Draft {
    /// Each day, with whether the day itself is a holiday and not only a day on which it is kept.
    days: BTreeMap<Date, bool>,
    eve_as: Option<u8>,
}

/// Reads `holidays.csv` and `holiday-rules.csv`. Actual and observed dates both count.
///
/// The rules hold over the years that the calendar's own days cover, or those of the whole table if it has
/// none.
///
/// # Errors
///
/// Errors if a field of a row cannot be used.
pub(super) fn read(
    (file, text): (&str, &str),
    (rule_file, rules): (&str, &str),
) -> Result<BTreeMap<String, Calendar>, TableError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for row in tables::read(file, text, &COLUMNS)? {
        let actual = match row.text("kind") {
            "actual" => true,
            "observed" => false,
            _ => return Err(row.error("kind", "must be `actual` or `observed`")),
        };
        let draft = drafts.entry(row.text("calendar").to_owned()).or_default();
        *draft.days.entry(row.parse("date")?).or_default() |= actual;
    }
    let years = |drafts: &BTreeMap<String, Draft>, name: Option<&str>| {
        let days = drafts
            .iter()
            .filter(|(known, _)| name.is_none_or(|name| *known == name));
        let years = days.flat_map(|(_, draft)| draft.days.keys().map(|day| day.year()));
        let (first, last) = (years.clone().min(), years.max());
        first.zip(last)
    };
    let all = years(&drafts, None).unwrap_or((1970, 1970));
    let covered: BTreeMap<String, (i16, i16)> = drafts
        .keys()
        .filter_map(|name| Some((name.clone(), years(&drafts, Some(name))?)))
        .collect();
    let of = |name: &str| covered.get(name).copied().unwrap_or(all);
    for row in tables::read(rule_file, rules, &RULE_COLUMNS)? {
        let draft = drafts.entry(row.text("calendar").to_owned()).or_default();
        apply(&row, draft, of(row.text("calendar")))?;
    }
    let calendars = drafts.into_iter().map(|(name, draft)| {
        let calendar = draft.calendar(of(&name));
        (name, calendar)
    });
    Ok(calendars.collect())
}

impl Draft {
    fn calendar(self, (first, last): (i16, i16)) -> Calendar {
        let day = |year, month, day| tables::day_number(jiff::civil::date(year, month, day));
        Calendar {
            days: self.days.into_keys().map(tables::day_number).collect(),
            first: day(first, 1, 1),
            last: day(last, 12, 31),
            eve_as: self.eve_as,
        }
    }
}

fn apply(row: &Row<'_>, draft: &mut Draft, (first, last): (i16, i16)) -> Result<(), TableError> {
    let rule = rule(row)?;
    let from: Date = match row.optional("from") {
        Some(_) => row.parse("from")?,
        None => Date::MIN,
    };
    let mut found: Vec<(Date, bool)> = Vec::new();
    match rule {
        Rule::EveAs(weekday) => draft.eve_as = Some(weekday),
        Rule::SaturdayOnMonday => {
            let actual = draft.days.iter().filter(|(_, actual)| **actual);
            let saturdays = actual.filter(|(day, _)| day.weekday() == Weekday::Saturday);
            found.extend(saturdays.map(|(day, _)| (day.saturating_add(2.days()), false)));
        }
        Rule::Date(month, day) => {
            found.extend(
                (first..=last).filter_map(|year| Some((Date::new(year, month, day).ok()?, true))),
            );
        }
        Rule::MondayOf(month, day) => {
            let dates = (first..=last).filter_map(|year| Date::new(year, month, day).ok());
            found.extend(dates.map(|date| (monday_of(date), false)));
        }
        Rule::Easter(days) => {
            found.extend(
                (first..=last).map(|year| (easter(year).saturating_add(days.days()), true)),
            );
        }
    }
    for (day, actual) in found.into_iter().filter(|(day, _)| *day >= from) {
        *draft.days.entry(day).or_default() |= actual;
    }
    Ok(())
}

fn rule(row: &Row<'_>) -> Result<Rule, TableError> {
    let bad = || row.error("rule", "unknown rule");
    let text = row.text("rule");
    let (word, value) = text.split_once(':').unwrap_or((text, ""));
    let month_and_day = || {
        let (month, day) = value.split_once('-')?;
        Some((month.parse().ok()?, day.parse().ok()?))
    };
    match word {
        "saturday_on_monday" if value.is_empty() => Ok(Rule::SaturdayOnMonday),
        "date" => month_and_day()
            .map(|(month, day)| Rule::Date(month, day))
            .ok_or_else(bad),
        "monday_of" => month_and_day()
            .map(|(month, day)| Rule::MondayOf(month, day))
            .ok_or_else(bad),
        "easter" => value.parse().map(Rule::Easter).map_err(|_| bad()),
        "eve_as" => {
            let days: Weekdays = value.parse().map_err(|_| bad())?;
            (0..7)
                .find(|day| days.contains(*day))
                .map(Rule::EveAs)
                .ok_or_else(bad)
        }
        _ => Err(bad()),
    }
}

fn monday_of(date: Date) -> Date {
    let since_monday = i64::from(date.weekday().to_monday_zero_offset());
    match date.weekday() {
        Weekday::Saturday | Weekday::Sunday => date.saturating_add((7 - since_monday).days()),
        Weekday::Monday
        | Weekday::Tuesday
        | Weekday::Wednesday
        | Weekday::Thursday
        | Weekday::Friday => date.saturating_sub(since_monday.days()),
    }
}

/// Returns Easter Sunday of the Gregorian calendar (J.-M. Oudin's algorithm, U.S. Naval Observatory).
fn easter(year: i16) -> Date {
    let year = i64::from(year);
    let century = year / 100;
    let golden = year % 19;
    let correction = (century - 17) / 25;
    let epact = (century - century / 4 - (century - correction) / 3 + 19 * golden + 15) % 30;
    let moon =
        epact - (epact / 28) * (1 - (epact / 28) * (29 / (epact + 1)) * ((21 - golden) / 11));
    let weekday = (year + year / 4 + moon + 2 - century + century / 4) % 7;
    // Days after 28 March; negative before it.
    let days = moon - weekday;
    let start = Date::new(i16::try_from(year).unwrap_or_default(), 3, 28).unwrap_or(Date::MIN);
    start.saturating_add(days.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "calendar,rule,name,from,source,confidence\n";

    fn calendars(days: &str, rules: &str) -> BTreeMap<String, Calendar> {
        let days = format!("calendar,date,name,kind,confidence\n{days}");
        let rules = format!("{RULES}{rules}");
        read(("holidays.csv", &days), ("holiday-rules.csv", &rules)).unwrap()
    }

    fn bars(calendar: &Calendar, date: &str) -> bool {
        calendar.bars(day(date)).is_some()
    }

    fn day(date: &str) -> i64 {
        tables::day_number(date.parse().unwrap())
    }

    #[test]
    fn days_outside_the_covered_years_are_barred() {
        let calendar = &calendars("X,2026-07-04,Day,actual,high\n", "")["X"];
        assert_eq!(
            calendar.bars(day("2026-07-04")),
            Some(WindowReason::Holiday)
        );
        assert_eq!(calendar.bars(day("2026-07-05")), None);
        let ends = Some(WindowReason::HolidayTableEnds);
        assert_eq!(calendar.bars(day("2027-01-01")), ends);
        assert_eq!(calendar.bars(day("2025-12-31")), ends);
    }

    /// The dates come from almanacs, not from the algorithm.
    #[test]
    fn easter_falls_on_its_day() {
        for date in [
            "2024-03-31",
            "2025-04-20",
            "2026-04-05",
            "2027-03-28",
            "2028-04-16",
            "2029-04-01",
            "2030-04-21",
            "2038-04-25",
        ] {
            let date: Date = date.parse().unwrap();
            assert_eq!(easter(date.year()), date);
        }
    }

    #[test]
    fn rules_add_their_days() {
        let days = "X,2027-12-25,Christmas,actual,high\nX,2027-12-24,Christmas,observed,high\n";
        let found = calendars(
            days,
            "X,saturday_on_monday,,,,\nX,date:05-04,,,,\nX,monday_of:06-19,,,,\nX,easter:-2,,2027-06-01,,\n\
             Y,easter:-47,,,,\n",
        );
        let x = &found["X"];
        assert!(bars(x, "2027-12-27"), "a Saturday is kept on Monday");
        assert!(
            !bars(x, "2027-12-26"),
            "what is only observed is not kept again"
        );
        assert!(bars(x, "2027-05-04"));
        assert!(bars(x, "2027-06-21"), "19 June 2027 is a Saturday");
        assert!(!bars(x, "2027-03-26"), "before the rule's first day");
        assert!(bars(&found["Y"], "2027-02-09"));
        assert!(!bars(&found["Y"], "2027-02-10"));
        for (date, monday) in [
            ("2029-06-19", "2029-06-18"),
            ("2028-06-19", "2028-06-19"),
            ("2033-06-19", "2033-06-20"),
        ] {
            assert_eq!(monday_of(date.parse().unwrap()), monday.parse().unwrap());
        }
    }

    #[test]
    fn a_rule_that_means_nothing_is_refused() {
        for rule in [
            "sometimes",
            "date:13",
            "easter:soon",
            "eve_as:Never",
            "saturday_on_monday:2",
        ] {
            let text = format!("{RULES}X,{rule},,,,\n");
            let days = "calendar,date,name,kind,confidence\nX,2027-12-25,Christmas,actual,high\n";
            let error = read(("a.csv", days), ("b.csv", &text)).unwrap_err();
            assert_eq!(
                (error.line, error.column.as_deref()),
                (2, Some("rule")),
                "{rule}"
            );
        }
    }
}
