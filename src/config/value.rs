//! How single values are written: spans of time, instants, and suggestions for mistyped words.

use std::time::Duration;

use toml::value::Datetime;

use crate::domain::{MinuteOfDay, ParseError, Timestamp};

/// Reads a span of time: `90s`, `30m`, `2h`, `1d`, or a sum such as `1h30m`. Returns at most 3,660 days;
/// `0s` is a span of no length.
///
/// # Errors
/// Errors if the text is not a span of time or is too long. The error names the text and what to write.
///
/// # Examples
/// ```
/// use std::time::Duration;
///
/// use dialdeck::config::parse_duration;
///
/// assert_eq!(parse_duration("1h30m")?, Duration::from_secs(5400));
/// assert_eq!(parse_duration("0s")?, Duration::ZERO);
/// assert!(parse_duration("30").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse_duration(text: &str) -> Result<Duration, ParseError> {
    let bad = || {
        let reason = format!("`{text}` is not a span of time");
        ParseError::new(reason, "write it as 90s, 30m, 2h or 1d")
    };
    let mut seconds: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| bad())?;
        let unit = match rest.as_bytes().get(digits) {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 3600,
            Some(b'd') => 86_400,
            _ => return Err(bad()),
        };
        seconds = number
            .checked_mul(unit)
            .and_then(|part| seconds.checked_add(part))
            .filter(|sum| *sum <= 3660 * 86_400)
            .ok_or_else(bad)?;
        rest = rest[digits + 1..].trim_start();
    }
    Ok(Duration::from_secs(seconds))
}

/// Returns a span as the files write it: `1h30m`.
pub(super) fn show_duration(span: Duration) -> String {
    let mut seconds = span.as_secs();
    let mut text = String::new();
    for (unit, size) in [("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)] {
        if seconds >= size {
            text.push_str(&(seconds / size).to_string());
            text.push_str(unit);
            seconds %= size;
        }
    }
    if text.is_empty() {
        text.push_str("0s");
    }
    text
}

/// Returns an instant from a TOML date-time.
///
/// # Errors
/// Errors if it has no offset, because it is ambiguous without one.
pub(super) fn instant(value: &Datetime) -> Result<Timestamp, ParseError> {
    if value.date.is_some() && value.time.is_some() && value.offset.is_some() {
        return value.to_string().parse();
    }
    Err(ParseError::new(
        format!("`{value}` does not say at which offset from UTC"),
        "write it as 2026-12-07T15:30:00Z",
    ))
}

/// Returns a time of day from a bare TOML local time.
///
/// # Errors
/// Errors if it is not a time in whole minutes.
pub(super) fn time_of_day(value: &Datetime) -> Result<MinuteOfDay, ParseError> {
    let bad = || {
        let reason = format!("`{value}` is not a time of day in whole minutes");
        ParseError::new(reason, "write it as 09:00")
    };
    let (None, Some(time), None) = (value.date, value.time, value.offset) else {
        return Err(bad());
    };
    if time.second.unwrap_or(0) != 0 || time.nanosecond.unwrap_or(0) != 0 {
        return Err(bad());
    }
    MinuteOfDay::new(u16::from(time.hour) * 60 + u16::from(time.minute)).ok_or_else(bad)
}

/// Returns the known word that is nearest to `word`; `None` if none is within three edits, or fewer for
/// short words.
pub(super) fn near_miss<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let word = word.to_ascii_lowercase().replace('-', "_");
    let allowed = word.len().div_ceil(3).clamp(1, 3);
    known
        .iter()
        .map(|candidate| (edits(&word, &candidate.to_ascii_lowercase()), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Returns `did you mean …?` if a known word is near, and the list of known words otherwise.
pub(crate) fn suggestion(word: &str, known: &[&str]) -> String {
    match near_miss(word, known) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None if known.is_empty() => String::new(),
        None => format!("known are {}", known.join(", ")),
    }
}

/// Returns words as a choice: `a, b or c`.
pub(super) fn alternatives(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Returns the Levenshtein distance in characters; the largest number for words of more than 64 characters.
fn edits(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len() > 64 || right.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in right.iter().enumerate() {
            let change = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_and_shown_alike() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1800),
            ("2h", 7200),
            ("1d", 86_400),
            ("1h30m", 5400),
            ("0s", 0),
        ] {
            let span = parse_duration(text).unwrap();
            assert_eq!(span.as_secs(), seconds, "{text}");
            assert_eq!(parse_duration(&show_duration(span)).unwrap(), span);
        }
        for bad in [
            "",
            "30",
            "m",
            "-5m",
            "5 minutes",
            "99999999999999999999h",
            "1w",
            "5µ",
        ] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn near_misses_are_near() {
        let known = ["calls_per_minute", "max_concurrent", "weight"];
        assert_eq!(
            near_miss("calls_per_minut", &known),
            Some("calls_per_minute")
        );
        assert_eq!(near_miss("max-concurrent", &known), Some("max_concurrent"));
        assert_eq!(near_miss("colour", &known), None);
    }
}
