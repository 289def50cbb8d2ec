//! Durations, counts, numbers and times in the form people read.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::domain::{PhoneNumber, Timestamp};

/// Returns the length of a call: `0:42`, `12:07`, `1:02:07`.
pub(crate) fn call_time(span: Duration) -> String {
    let seconds = span.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// Returns hours and minutes, rounded down: `5h52`, `0h09`; days from 100 hours on.
pub(crate) fn hours(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    if minutes >= 6000 {
        format!("{}d", minutes / 1440)
    } else {
        format!("{}h{:02}", minutes / 60, minutes % 60)
    }
}

/// Returns a span in the unit of its size: `2.1 s`, `42 s`, `12m`, `5h52`, `9d`.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..10 => format!("{seconds}.{} s", span.subsec_millis() / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{}m", seconds / 60),
        3600.. => hours(span),
    }
}

/// Returns the time until an event, in hours and minutes: `in 0h52`.
pub(crate) fn until(span: Duration) -> String {
    format!("in {}", hours(span))
}

/// Returns a count, grouped from five digits on: `1184`, `12 480`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    if digits.len() < 5 {
        return digits;
    }
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a share in whole percent, rounded to the nearest: `34%`; `-` if `whole` is 0.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    format!("{}%", (part * 200 + whole) / (whole * 2))
}

/// Returns a share in percent with one decimal: `2.9%`. It is rounded up because it is compared with a limit.
/// Returns `0.0%` for 0 of 0.
pub(crate) fn percent_fine(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000).div_ceil(u128::from(whole.max(1)));
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Returns a number as it is written in its country: `+1 212-555-0142`, `+44 20 7946 0018`.
pub(crate) fn number(number: PhoneNumber) -> String {
    if number.npa().is_some() {
        return number.spaced();
    }
    let digits = number.digits().to_string();
    let (country, national) = digits.split_at(country_code_length(&digits));
    let mut text = format!("+{country}");
    let mut rest = national;
    for size in groups(country, national) {
        let (group, tail) = rest.split_at((*size).min(rest.len()));
        if !group.is_empty() {
            text.push(' ');
            text.push_str(group);
        }
        rest = tail;
    }
    // Digits beyond the pattern are grouped in threes. No group has one digit.
    while !rest.is_empty() {
        let size = if rest.len() <= 4 { rest.len() } else { 3 };
        let (group, tail) = rest.split_at(size);
        text.push(' ');
        text.push_str(group);
        rest = tail;
    }
    text
}

/// Returns a number as [`number`] does, with `mask` in place of the last two digits: `+1 212-555-01··`.
pub(crate) fn masked(number: PhoneNumber, mask: &str) -> String {
    let mut text = self::number(number);
    let mut hidden = 0;
    let mut tail = String::new();
    while hidden < 2 {
        match text.pop() {
            Some(char) if char.is_ascii_digit() => {
                hidden += 1;
                tail.insert_str(0, mask);
            }
            Some(char) => tail.insert(0, char),
            None => break,
        }
    }
    text + &tail
}

/// Returns the time of day in a zone: `14:07`.
pub(crate) fn clock(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone, "%H:%M")
}

/// Returns the time of day in a zone, with seconds: `14:07:32`.
pub(crate) fn clock_seconds(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone, "%H:%M:%S")
}

/// Returns the time of day with seconds and the zone's abbreviation: `14:07:32 EDT`.
pub(crate) fn clock_zone(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone, "%H:%M:%S %Z")
}

/// Returns the day in a zone: `Tue 14 Apr`.
pub(crate) fn day(at: Timestamp, zone: &TimeZone) -> String {
    local(at, zone, "%a %-d %b")
}

fn local(at: Timestamp, zone: &TimeZone, pattern: &str) -> String {
    let zoned = at.to_jiff().to_zoned(zone.clone());
    zoned.strftime(pattern).to_string()
}

/// Returns the number of digits of the country code (ITU-T E.164 assignments): 1 and 7 have one digit, those
/// listed two, the others three.
fn country_code_length(digits: &str) -> usize {
    const TWO: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 \
        60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98";
    match &digits[..2] {
        two if two.starts_with('1') || two.starts_with('7') => 1,
        two if TWO.contains(two) => 2,
        _ => 3,
    }
}

/// Returns the sizes of the groups of a national number; empty if its country has no usual grouping.
fn groups(country: &str, national: &str) -> &'static [usize] {
    match (country, national.as_bytes().first()) {
        ("33", _) => &[1, 2, 2, 2, 2],
        ("34" | "351" | "353", _) | ("61", Some(b'4')) => &[3, 3, 3],
        ("44", Some(b'2')) | ("81", _) => &[2, 4, 4],
        ("44", _) => &[4, 6],
        ("49" | "43", _) => &[3, 4, 4],
        ("61" | "64", _) => &[1, 4, 4],
        ("91", _) => &[5, 5],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn phone(text: &str) -> PhoneNumber {
        text.parse().unwrap()
    }

    #[test]
    fn spans_read_as_people_say_them() {
        assert_eq!(
            [
                call_time(seconds(42)),
                call_time(seconds(727)),
                call_time(seconds(3727))
            ],
            ["0:42", "12:07", "1:02:07"]
        );
        assert_eq!(
            [
                hours(seconds(21_120)),
                hours(seconds(599)),
                hours(seconds(864_000))
            ],
            ["5h52", "0h09", "10d"]
        );
        assert_eq!(span(Duration::from_millis(2_190)), "2.1 s");
        assert_eq!(
            [span(seconds(42)), span(seconds(720)), span(seconds(21_120))],
            ["42 s", "12m", "5h52"]
        );
        assert_eq!(until(seconds(3120)), "in 0h52");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(
            [
                count(0),
                count(1184),
                count(12_480),
                count(100_000),
                count(10_000_000)
            ],
            ["0", "1184", "12 480", "100 000", "10 000 000"]
        );
        assert_eq!(
            [
                percent(402, 1184),
                percent(0, 5),
                percent(1, 0),
                percent(5, 5)
            ],
            ["34%", "0%", "-", "100%"]
        );
        assert_eq!(
            [
                percent_fine(0, 0),
                percent_fine(1, 34),
                percent_fine(3, 100)
            ],
            ["0.0%", "3.0%", "3.0%"]
        );
    }

    #[test]
    fn numbers_are_grouped_by_country() {
        for (plain, grouped) in [
            ("+12125550142", "+1 212-555-0142"),
            ("+442079460018", "+44 20 7946 0018"),
            ("+447700900123", "+44 7700 900123"),
            ("+33199001234", "+33 1 99 00 12 34"),
            ("+61491570006", "+61 491 570 006"),
            ("+61255501234", "+61 2 5550 1234"),
            ("+35312345678", "+353 123 456 78"),
            ("+4512345678", "+45 123 456 78"),
            ("+79005550100", "+7 900 555 0100"),
            ("+1234567", "+1 234 567"),
            ("+6831234", "+683 1234"),
        ] {
            assert_eq!(number(phone(plain)), grouped);
            let digits: String = grouped.chars().filter(char::is_ascii_digit).collect();
            assert_eq!(format!("+{digits}"), plain);
        }
        assert_eq!(masked(phone("+12125550142"), "·"), "+1 212-555-01··");
        assert_eq!(masked(phone("+33199001234"), "."), "+33 1 99 00 12 ..");
    }

    #[test]
    fn times_are_local() {
        let at: jiff::Timestamp = "2026-04-14T18:07:32Z".parse().unwrap();
        let at = Timestamp::from_jiff(at);
        let zone = TimeZone::get("America/New_York").unwrap();
        assert_eq!(clock(at, &zone), "14:07");
        assert_eq!(clock_seconds(at, &zone), "14:07:32");
        assert_eq!(clock_zone(at, &zone), "14:07:32 EDT");
        assert_eq!(day(at, &zone), "Tue 14 Apr");
        assert_eq!(clock(at, &TimeZone::UTC), "18:07");
    }
}
