//! Dates of lists: forms that can be read in one way only, and others in the order that the user names.

use std::str::FromStr;
use std::time::Duration;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

use super::row_error::WithHint;
use crate::domain::Timestamp;

/// The first year of a plausible date. Earlier dates result from empty cells and counting errors.
const FIRST_YEAR: i16 = 1990;
/// How much earlier than in UTC a date can begin on Earth.
const EARLIEST_ZONE: Duration = Duration::from_hours(14);

/// The order of day, month and year in dates such as `5/4/2026`.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::DateOrder;
///
/// assert_eq!("mdy".parse(), Ok(DateOrder::Mdy));
/// assert_eq!("%d.%m.%Y".parse(), Ok(DateOrder::Dmy));
/// assert!("month first".parse::<DateOrder>().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year: `4/5/2026` is 4 May.
    Dmy,
    /// Month, day, year: `5/4/2026` is 4 May.
    Mdy,
    /// Year, month, day: `2026/5/4` is 4 May.
    Ymd,
}

/// The error of a text that is no order of day, month and year.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no order of day, month and year; write mdy, dmy or ymd")]
pub struct NotADateOrder(String);

impl FromStr for DateOrder {
    type Err = NotADateOrder;

    /// Parses `mdy`, `M/D/YYYY` or `%d.%m.%Y`: only the order of the letters counts.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut order = String::new();
        let date = text.trim().split([' ', 'T']).next().unwrap_or_default();
        for letter in date.to_ascii_lowercase().chars() {
            if matches!(letter, 'd' | 'm' | 'y') && !order.contains(letter) {
                order.push(letter);
            } else if letter.is_alphanumeric() && !matches!(letter, 'd' | 'm' | 'y') {
                order.push('?');
            }
        }
        match order.as_str() {
            "dmy" => Ok(Self::Dmy),
            "mdy" => Ok(Self::Mdy),
            "ymd" => Ok(Self::Ymd),
            _ => Err(NotADateOrder(text.to_owned())),
        }
    }
}

/// An instant read from a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Read {
    /// The instant. For a date alone, its first moment in UTC.
    pub(super) at: Timestamp,
    /// Whether the cell states a zone.
    zoned: bool,
}

impl Read {
    /// Returns whether the instant is later than `now` in every zone in which it may have been written.
    pub(super) fn is_future(self, now: Timestamp) -> bool {
        let slack = if self.zoned {
            Duration::ZERO
        } else {
            EARLIEST_ZONE
        };
        self.at > now + slack
    }
}

/// Reads a date with or without a time of day.
///
/// # Errors
///
/// Errors if the text is no date, can be read in two ways, or is before 1990.
pub(super) fn read(text: &str, order: Option<DateOrder>) -> Result<Read, DateFault> {
    let text = text.trim();
    let (date, rest) = split(text);
    let date = match date_of(date, order) {
        Ok(date) => date,
        Err(why) => return Err(why.of(text)),
    };
    let Some((time, offset)) = time_of(rest) else {
        return Err(Why::NoDate.of(text));
    };
    if date.year() < FIRST_YEAR {
        return Err(DateFault::Implausible(text.to_owned()));
    }
    let zone = TimeZone::fixed(offset.unwrap_or(Offset::UTC));
    let at = date
        .to_datetime(time)
        .to_zoned(zone)
        .map_err(|_| Why::NoDate.of(text))?;
    Ok(Read {
        at: Timestamp::from_jiff(at.timestamp()),
        zoned: offset.is_some(),
    })
}

/// Returns whether a text is a date, or a date and a time. Such a cell is no number.
pub(super) fn looks_like_one(text: &str) -> bool {
    let (date, rest) = split(text.trim());
    let dated = [None, Some(DateOrder::Mdy), Some(DateOrder::Dmy)]
        .into_iter()
        .any(|order| date_of(date, order).is_ok_and(|date| (1900..2100).contains(&date.year())));
    dated && time_of(rest).is_some()
}

/// What is wrong with a date.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum DateFault {
    #[error("`{0}` can be read in more than one way")]
    Ambiguous(String),
    #[error("`{0}` is a spreadsheet's count of days, not a date")]
    Serial(String),
    #[error("`{0}` is not a date")]
    NotADate(String),
    #[error("`{0}` is no plausible date: before {FIRST_YEAR}")]
    Implausible(String),
}

impl WithHint for DateFault {
    fn hint(&self) -> String {
        let hint = match self {
            Self::Ambiguous(_) => "say --date-format mdy or dmy, or write it as 2026-03-01",
            Self::Serial(_) => "format the column as a date and export it again",
            Self::NotADate(_) => "write it as 2026-03-01 or 2026-03-01T15:30:00Z",
            Self::Implausible(_) => {
                "write the true date, a spreadsheet makes 1899-12-30 of an empty cell"
            }
        };
        hint.to_owned()
    }
}

enum Why {
    Ambiguous,
    Serial,
    NoDate,
}

impl Why {
    fn of(&self, text: &str) -> DateFault {
        let text = text.to_owned();
        match self {
            Self::Ambiguous => DateFault::Ambiguous(text),
            Self::Serial => DateFault::Serial(text),
            Self::NoDate => DateFault::NotADate(text),
        }
    }
}

/// Splits a text into the date and the rest.
fn split(text: &str) -> (&str, &str) {
    if let Some((date, time)) = text.split_once('T')
        && date.ends_with(|char: char| char.is_ascii_digit())
    {
        return (date, time);
    }
    // A date with the month in letters may hold spaces: the time begins at the first word with a colon.
    let words = text.match_indices(' ').map(|(at, _)| at);
    let begin = words.into_iter().find(|at| {
        let word = text[at + 1..].split(' ').next().unwrap_or_default();
        word.contains(':')
    });
    match begin {
        Some(at) => (
            text[..at].trim_end_matches([',', ' ']),
            text[at + 1..].trim(),
        ),
        None => (text, ""),
    }
}

fn date_of(text: &str, order: Option<DateOrder>) -> Result<Date, Why> {
    let parts: Vec<&str> = text
        .split(|char: char| !char.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect();
    match parts[..] {
        [whole] => compact(whole),
        [first, second, third] => of_parts([first, second, third], order),
        _ => Err(Why::NoDate),
    }
}

/// Reads `20260504`. Five digits are a spreadsheet's count of days.
fn compact(text: &str) -> Result<Date, Why> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Why::NoDate);
    }
    match text.len() {
        8 => civil(&text[..4], &text[4..6], &text[6..]),
        5 => Err(Why::Serial),
        _ => Err(Why::NoDate),
    }
}

fn of_parts(parts: [&str; 3], order: Option<DateOrder>) -> Result<Date, Why> {
    let [first, second, third] = parts;
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if year(first) {
        return match month_named(second) {
            Some(month) => civil(first, &month, third),
            None => civil(first, second, third),
        };
    }
    // With the month in letters and the year in four digits, the day is certain.
    for (month, day) in [(second, first), (first, second)] {
        if let Some(month) = month_named(month) {
            let day = day.trim_end_matches(|char: char| char.is_ascii_alphabetic());
            return if year(third) {
                civil(third, &month, day)
            } else {
                Err(Why::Ambiguous)
            };
        }
    }
    if !parts
        .iter()
        .all(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(Why::NoDate);
    }
    let [year, month, day] = match order {
        None => return Err(Why::Ambiguous),
        Some(DateOrder::Dmy) => [third, second, first],
        Some(DateOrder::Mdy) => [third, first, second],
        Some(DateOrder::Ymd) => [first, second, third],
    };
    if year.len() == 2 {
        return civil(&format!("20{year}"), month, day);
    }
    civil(year, month, day)
}

fn civil(year: &str, month: &str, day: &str) -> Result<Date, Why> {
    let small = |text: &str| {
        text.parse::<i8>()
            .ok()
            .filter(|_| (1..=2).contains(&text.len()))
    };
    let year = year.parse::<i16>().ok().filter(|_| year.len() == 4);
    let (Some(year), Some(month), Some(day)) = (year, small(month), small(day)) else {
        return Err(Why::NoDate);
    };
    Date::new(year, month, day).map_err(|_| Why::NoDate)
}

/// Returns the number of an English month, given in full or by its first three letters.
fn month_named(text: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_ascii_lowercase();
    let named = |month: &&str| {
        **month == lower || month[..3] == lower || (lower == "sept" && month.starts_with("sept"))
    };
    let at = MONTHS.iter().position(named)?;
    Some((at + 1).to_string())
}

/// Reads `15:30` or `3:30 pm`, with or without seconds, `Z`, `UTC` or an offset. An empty text is midnight.
/// Returns `None` if the text is no time.
fn time_of(text: &str) -> Option<(Time, Option<Offset>)> {
    let text = text.trim();
    if text.is_empty() {
        return Some((Time::midnight(), None));
    }
    let (clock, offset) = offset_of(text)?;
    let lower = clock.trim().to_ascii_lowercase();
    let (clock, half) = match lower
        .strip_suffix("pm")
        .or_else(|| lower.strip_suffix("p.m."))
    {
        Some(clock) => (clock, Some(12)),
        None => match lower
            .strip_suffix("am")
            .or_else(|| lower.strip_suffix("a.m."))
        {
            Some(clock) => (clock, Some(0)),
            None => (lower.as_str(), None),
        },
    };
    let mut parts = clock.trim().split(':');
    let number = |text: Option<&str>| text?.parse::<i8>().ok();
    let (hour, minute) = (number(parts.next())?, number(parts.next())?);
    let second = match parts.next() {
        None => 0,
        Some(text) => number(text.split(['.', ',']).next())?,
    };
    let hour = match half {
        None => hour,
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        Some(_) => return None,
    };
    let time = Time::new(hour, minute, second, 0).ok()?;
    parts.next().is_none().then_some((time, offset))
}

/// Splits off an offset from UTC. Returns the text before it, and the offset.
fn offset_of(text: &str) -> Option<(&str, Option<Offset>)> {
    for name in ["Z", "z", "UTC", "GMT", "utc"] {
        if let Some(clock) = text.strip_suffix(name) {
            return Some((clock, Some(Offset::UTC)));
        }
    }
    let Some(at) = text.rfind(['+', '-', '\u{2212}']) else {
        return Some((text, None));
    };
    let digits: String = text[at..].chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.parse::<i32>().ok()?, 0),
        4 => (
            digits[..2].parse::<i32>().ok()?,
            digits[2..].parse::<i32>().ok()?,
        ),
        _ => return None,
    };
    let seconds = (hours * 60 + minutes) * 60;
    let signed = if text[at..].starts_with('+') {
        seconds
    } else {
        -seconds
    };
    Some((&text[..at], Some(Offset::from_seconds(signed).ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str, order: Option<DateOrder>) -> String {
        match read(text, order) {
            Ok(read) => read.at.to_the_second(),
            Err(why) => why.to_string(),
        }
    }

    #[test]
    fn forms_that_can_be_read_one_way_are_read() {
        for (text, expected) in [
            ("2026-05-04", "2026-05-04T00:00:00Z"),
            ("2026-5-4", "2026-05-04T00:00:00Z"),
            ("2026/05/04", "2026-05-04T00:00:00Z"),
            ("20260504", "2026-05-04T00:00:00Z"),
            ("2026-05-04 13:22", "2026-05-04T13:22:00Z"),
            ("2026-05-04T13:22:05.250Z", "2026-05-04T13:22:05Z"),
            ("2026-05-04T13:22:05-04:00", "2026-05-04T17:22:05Z"),
            ("2026-05-04 13:22:05 UTC", "2026-05-04T13:22:05Z"),
            ("2026-05-04T13:22:05+0530", "2026-05-04T07:52:05Z"),
            ("4 May 2026", "2026-05-04T00:00:00Z"),
            ("May 4, 2026", "2026-05-04T00:00:00Z"),
            ("04-May-2026 1:22 PM", "2026-05-04T13:22:00Z"),
        ] {
            assert_eq!(utc(text, None), expected, "{text}");
        }
    }

    #[test]
    fn others_need_an_order_or_are_none() {
        for (text, why) in [
            ("5/4/2026", "more than one way"),
            ("13/4/2026", "more than one way"),
            ("05.04.2026", "more than one way"),
            ("4 May 26", "more than one way"),
            ("45678", "count of days"),
            ("1899-12-30", "no plausible date"),
            ("0000-00-00", "is not a date"),
            ("2026-02-30", "is not a date"),
            ("last spring", "is not a date"),
            ("2026-05-04 25:00", "is not a date"),
            ("04.05.", "is not a date"),
            ("2026", "is not a date"),
        ] {
            assert!(utc(text, None).contains(why), "{text}: {}", utc(text, None));
        }
        assert_eq!(
            utc("5/4/2026", Some(DateOrder::Mdy)),
            "2026-05-04T00:00:00Z"
        );
        assert_eq!(
            utc("5/4/2026 9:05", Some(DateOrder::Dmy)),
            "2026-04-05T09:05:00Z"
        );
        assert_eq!(utc("5.4.26", Some(DateOrder::Dmy)), "2026-04-05T00:00:00Z");
        assert!(utc("13/4/2026", Some(DateOrder::Mdy)).contains("is not a date"));
    }

    #[test]
    fn orders_are_read_from_usual_patterns() {
        for (text, order) in [
            ("mdy", DateOrder::Mdy),
            ("M/D/YYYY", DateOrder::Mdy),
            ("%d.%m.%Y", DateOrder::Dmy),
            ("dd/MM/yyyy hh:mm", DateOrder::Dmy),
            ("ymd", DateOrder::Ymd),
        ] {
            assert_eq!(text.parse(), Ok(order), "{text}");
        }
        assert!("us".parse::<DateOrder>().is_err());
    }

    #[test]
    fn a_day_that_has_begun_somewhere_is_not_in_the_future() {
        let now: Timestamp = "2026-11-30T12:00:00Z".parse().unwrap();
        let future = |text| read(text, None).unwrap().is_future(now);
        assert!(!future("2026-12-01"));
        assert!(future("2026-12-02"));
        assert!(future("2026-11-30T12:00:01Z"));
        assert!(!future("2026-11-30T12:00:00Z"));
    }

    #[test]
    fn dates_are_told_from_numbers() {
        for text in [
            "2026-11-02",
            "11/02/2026",
            "2026-11-02 13:22:05",
            "20261102",
            "2 Nov 2026",
        ] {
            assert!(looks_like_one(text), "{text}");
        }
        for text in [
            "2125550142",
            "212-555-0142",
            "5550142",
            "",
            "+44 20 7946 0123",
        ] {
            assert!(!looks_like_one(text), "{text}");
        }
    }
}
