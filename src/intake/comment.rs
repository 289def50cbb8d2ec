//! Comments of lists, which begin with `#`, and numbers in them.

use super::cell::has_number;
use super::dates;
use super::listed::{self, How, LineFault, shortened};
use crate::domain::PhoneNumber;

/// The most words of one number: 15 digits (ITU-T E.164) and a plus sign, each a word.
const WORDS_MAX: usize = 16;
/// The most digits of two such numbers, which may have no space between them.
const DIGITS_MAX: usize = 30;

/// Returns the fault of a comment that may hold a number.
pub(super) fn doubt(text: &str) -> LineFault {
    LineFault::CommentMayHoldNumber(shortened(text.trim()))
}

/// What a comment holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Words and digits that are no number.
    Words,
    /// Numbers that can be read.
    Numbers(Vec<PhoneNumber>),
    /// Digits among words that may be a number.
    Doubt,
}

/// Returns what the text behind a `#`, or a cell of a row that begins with one, holds.
pub(super) fn held(text: &str, how: How<'_>) -> Held {
    let text = text.trim_start_matches(|char: char| char == '#' || char.is_whitespace());
    let text = text.trim_end();
    if !has_number(text) {
        return Held::Words;
    }
    // `20261201` is a date, and in some countries a number: one number too many does no harm.
    let compact = text.bytes().all(|byte| byte.is_ascii_digit());
    let date = dates::looks_like_one(text) && !compact;
    let read = listed::numbers(text, how, LineFault::NumberNotRead);
    match read {
        Ok(numbers) if !date => Held::Numbers(numbers),
        Err(LineFault::UnclearRange(_) | LineFault::LongRange(_)) => Held::Doubt,
        Ok(_) | Err(_) if may_be_one(text, how) => Held::Doubt,
        Ok(_) | Err(_) => Held::Words,
    }
}

/// Returns whether the text is written like a number, or some of its words can be read as one. Dates and
/// times of day do not count.
fn may_be_one(text: &str, how: How<'_>) -> bool {
    let left = without_moments(text);
    let alone = |char: char| char.is_numeric() || is_joint(char);
    if has_number(&left) && left.chars().all(alone) {
        return !dates::looks_like_one(&left);
    }
    let mut runs = left.split(|char: char| !alone(char));
    runs.any(|run| has_number(run) && reads_somewhere(run, how))
}

/// Returns whether a comment has enough digits for a number beside dates and times of day.
pub(super) fn may_hold_number(text: &str) -> bool {
    has_number(&without_moments(text))
}

fn without_moments(text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !is_moment(word));
    words.collect::<Vec<&str>>().join(" ")
}

/// Returns whether consecutive words, of digits and the signs that join them, can be read as a number.
fn reads_somewhere(run: &str, how: How<'_>) -> bool {
    let words: Vec<&str> = run.split_whitespace().collect();
    let reads = |part: &str| {
        has_number(part) && how.0.read_listed(part, how.1).is_ok() && !dates::looks_like_one(part)
    };
    (0..words.len()).any(|from| {
        let (mut part, mut digits) = (String::new(), 0);
        for word in words[from..].iter().take(WORDS_MAX) {
            digits += word.chars().filter(|char| char.is_numeric()).count();
            if !part.is_empty() && digits > DIGITS_MAX {
                return false;
            }
            part.push(' ');
            part.push_str(word);
            if reads(part.trim_start()) {
                return true;
            }
        }
        false
    })
}

const fn is_joint(char: char) -> bool {
    matches!(char, ' ' | '+' | '-' | '.' | '(' | ')' | '/')
}

/// Returns whether a word is a date, a time of day, or both, as in `20261201123456`.
fn is_moment(word: &str) -> bool {
    let word = word.trim_matches(|char: char| matches!(char, ',' | ';' | '(' | ')' | '"' | '.'));
    let digits = |part: &str| part.bytes().take_while(u8::is_ascii_digit).count();
    let mut parts = word.split(':');
    let hour = parts.next().map_or(0, digits);
    let minute = parts.next().map_or(0, digits);
    let clock =
        (1..=2).contains(&hour) && minute == 2 && word.starts_with(|c: char| c.is_ascii_digit());
    let stamp = word.len() == 14
        && word.bytes().all(|byte| byte.is_ascii_digit())
        && dates::looks_like_one(&word[..8]);
    clock || stamp || dates::looks_like_one(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    fn of(text: &str) -> Held {
        held(text, (Rules::embedded(), Some("US")))
    }

    #[test]
    fn a_number_behind_a_mark_is_a_number() {
        for text in [
            "#2125550142",
            "# 212-555-0142",
            "## (212) 555 0142",
            "#+12125550142",
            "#2125550142 Ana",
            "# tel:2125550142",
            "#\u{ff12}\u{ff11}\u{ff12}\u{ff15}\u{ff15}\u{ff15}\u{ff10}\u{ff11}\u{ff14}\u{ff12}",
        ] {
            let number = "+12125550142".parse().unwrap();
            assert_eq!(of(text), Held::Numbers(vec![number]), "{text}");
        }
        let two = of("#2125550142 / 2125550143");
        assert!(matches!(two, Held::Numbers(numbers) if numbers.len() == 2));
    }

    #[test]
    fn digits_that_may_be_a_number_are_not_passed_over() {
        for text in [
            "# call 212-555-0142 with questions",
            "# Ana 2125550142",
            "# 3 2125550142",
            "#2125550142 Ana, asked on 2026-11-30",
            "#5550142",
            "# 2026-11-30 212 555 0142",
            "# removed: +44 20 7946 0123 (Ofcom)",
        ] {
            assert_eq!(of(text), Held::Doubt, "{text}");
        }
    }

    #[test]
    fn long_comments_are_read() {
        let spaced = "# Ana + 1 2 1 2 5 5 5 0 1 4 2";
        assert_eq!(of(spaced), Held::Doubt);
        let zeros = format!("{} ", "0".repeat(31));
        for (word, times) in [(zeros.as_str(), 100_000), ("0/", 100_000), ("0 ", 1_000)] {
            let words = word.repeat(times);
            assert_eq!(of(&format!("# rows {words}")), Held::Words, "{word}");
        }
    }

    #[test]
    fn words_dates_and_counts_are_comments() {
        for text in [
            "#",
            "# as of 2026-12-01",
            "# 2026-12-01",
            "# exported 2026-12-01T12:34:56Z by list-tool 1.2.3",
            "# exported 2026-12-01 12:34:56 by Ana",
            "# 12/31/2026 23:59",
            "# stamp 20261201123456",
            "# 1,234,567 rows",
            "# total: 2981378 rows",
            "# Dec 1, 2026 12:34",
            "# page 3 of 12",
        ] {
            assert_eq!(of(text), Held::Words, "{text}");
        }
    }
}
