//! Instants and spans, local times of day and sets of weekdays.

use std::fmt;
use std::ops::{Add, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::parse::ParseError;

/// An instant in UTC milliseconds since 1970-01-01T00:00:00Z, the only form in which time is stored.
///
/// Serialised as RFC 3339 text with milliseconds, as the event log shows it.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use dialdeck_core::domain::Timestamp;
///
/// let at: Timestamp = "2026-12-07T10:30:00-05:00".parse()?;
/// assert_eq!(at.to_string(), "2026-12-07T15:30:00.000Z");
/// assert_eq!((at + Duration::from_secs(90)).since(at), Duration::from_secs(90));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The earliest instant the program ever compares with, 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// An instant after every one that a campaign can name (year 9999).
    pub const MAX: Self = Self(253_402_300_799_000);

    /// Returns the instant of these UTC milliseconds; values outside `MIN..=MAX` are clamped.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::MIN.0 {
            Self::MIN
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Returns UTC milliseconds since the epoch.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the time elapsed since `earlier`, zero if `earlier` is in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }

    /// Returns the instant as a jiff timestamp. Instants after jiff's last one become its last one.
    pub fn to_jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(jiff::Timestamp::MAX)
    }

    /// Returns the instant of a jiff timestamp, truncated to milliseconds and clamped to `MIN..=MAX`.
    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self::from_millis(at.as_millisecond())
    }

    /// Returns RFC 3339 text in UTC to the second, for people: `2026-12-07T15:30:00Z`.
    pub fn to_the_second(self) -> String {
        format!("{:.0}", self.to_jiff())
    }
}

/// How far the clock may be behind the last entry of the event log.
const SLACK: Duration = Duration::from_secs(2);

/// Returns the instant of the event log's last entry if the clock is behind it. Nothing may be sent until
/// then: the clock was set back, or the deck ran on a simulated one (D19). `None` if the clock is good; a
/// difference of up to two seconds is.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{Timestamp, clock_behind};
///
/// let now: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let later: Timestamp = "2026-12-07T15:30:03Z".parse()?;
/// assert_eq!(clock_behind(Some(later), now), Some(later));
/// assert_eq!(clock_behind(None, now), None);
/// # Ok::<(), String>(())
/// ```
pub fn clock_behind(last: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    last.filter(|last| *last > now + SLACK)
}

/// A jump of the machine's clock that is not accepted yet. Nothing is dialed until it is (D19).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockHeld {
    /// The clock's time when the jump was noticed.
    pub at: Timestamp,
    /// How many seconds the clock had gone forward beyond the time that passed; negative if it had gone back.
    pub seconds: i64,
}

impl fmt::Display for ClockHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.seconds < 0 { "back" } else { "forward" };
        write!(f, "{} s {way}", self.seconds.unsigned_abs())
    }
}

impl fmt::Display for Timestamp {
    /// Formats RFC 3339 in UTC with exactly three decimals: `2026-12-07T15:30:00.000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}", self.to_jiff())
    }
}

impl FromStr for Timestamp {
    type Err = ParseError;

    /// Reads RFC 3339 with `Z` or an offset; spaces around it are ignored.
    ///
    /// # Errors
    ///
    /// Errors if the text is not such an instant.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim()
            .parse::<jiff::Timestamp>()
            .map(Self::from_jiff)
            .map_err(|_| {
                let reason = format!("`{text}` is not an instant");
                ParseError::new(reason, "write it as 2026-12-07T15:30:00Z")
            })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self::from_millis(
            self.0
                .saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, span: Duration) -> Self {
        Self::from_millis(
            self.0
                .saturating_sub(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// A local time of day in whole minutes after midnight, `0..=1440` (`24:00` closes a day).
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::MinuteOfDay;
///
/// let open: MinuteOfDay = "09:00".parse()?;
/// assert_eq!(open.minutes(), 540);
/// assert!("9:00".parse::<MinuteOfDay>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteOfDay(u16);

impl MinuteOfDay {
    /// Midnight at the start of the day.
    pub(crate) const MIDNIGHT: Self = Self(0);
    /// Midnight at the end of the day.
    pub const END: Self = Self(1440);

    /// Returns the time of day this many minutes after midnight. `None` if that is past the end of the day.
    pub const fn new(minute: u16) -> Option<Self> {
        if minute <= 1440 {
            Some(Self(minute))
        } else {
            None
        }
    }

    /// Returns the minutes after midnight, at most 1440.
    pub const fn minutes(self) -> u16 {
        self.0
    }
}

impl fmt::Display for MinuteOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl FromStr for MinuteOfDay {
    type Err = ParseError;

    /// Reads `HH:MM`, `00:00` to `24:00`.
    ///
    /// # Errors
    ///
    /// Errors if the text has another form or is past the end of the day.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || {
            let reason = format!("`{text}` is not a time of day");
            ParseError::new(reason, "write it as 09:00")
        };
        let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
        if hour.len() != 2 || minute.len() != 2 {
            return Err(bad());
        }
        let hour: u16 = hour.parse().map_err(|_| bad())?;
        let minute: u16 = minute.parse().map_err(|_| bad())?;
        if minute > 59 {
            return Err(bad());
        }
        Self::new(hour * 60 + minute).ok_or_else(bad)
    }
}

impl Serialize for MinuteOfDay {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MinuteOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// A set of weekdays; bit 0 is Monday, bit 6 Sunday.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::Weekdays;
///
/// let days: Weekdays = "Sat-Mon,Wed".parse()?;
/// assert!(days.contains(0) && !days.contains(1));
/// assert_eq!(days.to_string(), "Mon,Wed,Sat,Sun");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

const DAY_NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Weekdays {
    /// Every day, Monday to Sunday.
    pub const ALL: Self = Self(0x7f);

    /// Returns whether the set contains the day; `monday_zero` counts from Monday = 0. No set contains a day
    /// above 6.
    pub const fn contains(self, monday_zero: u8) -> bool {
        monday_zero < 7 && self.0 & (1 << monday_zero) != 0
    }

    /// Returns whether no day is in the set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the three-letter English name of a day counted from Monday = 0; 7 is Monday again.
    pub fn name(monday_zero: u8) -> &'static str {
        DAY_NAMES[usize::from(monday_zero % 7)]
    }
}

impl FromStr for Weekdays {
    type Err = ParseError;

    /// Reads `Mon`, `Mon-Fri`, `Mon,Wed,Fri` and mixtures. A range may wrap around the week.
    ///
    /// # Errors
    ///
    /// Errors if a name is not a three-letter English weekday.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let day = |name: &str| {
            let name = name.trim();
            DAY_NAMES
                .iter()
                .position(|known| known.eq_ignore_ascii_case(name))
                .ok_or_else(|| {
                    let reason = format!("`{name}` is not a weekday");
                    ParseError::new(reason, "use Mon, Tue, Wed, Thu, Fri, Sat or Sun")
                })
        };
        let mut bits = 0u8;
        for part in text.split(',') {
            let (first, last) = match part.split_once('-') {
                Some((first, last)) => (day(first)?, day(last)?),
                None => (day(part)?, day(part)?),
            };
            let mut index = first;
            loop {
                bits |= 1 << index;
                if index == last {
                    break;
                }
                index = (index + 1) % 7;
            }
        }
        Ok(Self(bits))
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = (0..7u8)
            .filter(|day| self.contains(*day))
            .map(Self::name)
            .collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for Weekdays {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_shown_seconds() {
        let at: Timestamp = "2026-12-07T15:30:00.250Z".parse().unwrap();
        assert_eq!(at.to_the_second(), "2026-12-07T15:30:00Z");
    }

    #[test]
    fn timestamps_print_three_decimals_and_read_back() {
        let at: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
        assert_eq!(at.to_string(), "2026-12-07T15:30:00.000Z");
        assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
    }

    #[test]
    fn weekdays_wrap_around_the_week() {
        let days: Weekdays = "Sat-Mon,Wed".parse().unwrap();
        assert_eq!(days.to_string(), "Mon,Wed,Sat,Sun");
        assert!("Mo".parse::<Weekdays>().is_err());
    }

    #[test]
    fn no_week_has_an_eighth_day() {
        for day in 0..=u8::MAX {
            assert_eq!(Weekdays::ALL.contains(day), day < 7, "{day}");
        }
    }

    #[test]
    fn times_of_day_are_strict() {
        assert_eq!("24:00".parse::<MinuteOfDay>().unwrap(), MinuteOfDay::END);
        for bad in ["9:00", "24:01", "12:60", "noon", "12"] {
            assert!(bad.parse::<MinuteOfDay>().is_err(), "{bad}");
        }
    }
}
