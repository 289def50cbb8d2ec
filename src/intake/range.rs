//! Ranges of numbers in a do-not-call list: `212-555-0100 - 212-555-0199`, `2125550100-0199`, `212555*`.
//!
//! A range means every number in it. One that cannot be read with certainty is a fault: its two
//! ends alone would leave out the rest.

use super::cell::has_number;
use super::dates;
use super::listed::{How, shortened};
use crate::domain::PhoneNumber;

/// The most numbers of one range.
const MOST: u64 = 100_000;

/// The most digits of the end of a range that is written without the digits that it shares with its beginning.
const SHORT: usize = 7;

/// The digits of a number of country code 1, without and with that code.
const NORTH_AMERICAN: [usize; 2] = [10, 11];

/// What is wrong with a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RangeFault {
    /// Its end comes before its beginning, or an end is no number.
    Unclear(String),
    /// It has more numbers than are read.
    TooMany(String),
}

/// Words between the beginning and the end of a range.
const TO: [&str; 16] = [
    "to", "thru", "through", "until", "till", "til", "bis", "hasta", "al", "a", "au", "fino",
    "tot", "az", "do", "jusqu",
];

/// Words behind a number that make it stand for others too.
const AND_MORE: [&str; 12] = [
    "range",
    "exchange",
    "series",
    "prefix",
    "onward",
    "onwards",
    "ff",
    "etc",
    "et seq",
    "all numbers",
    "block of",
    "and up",
];

/// What a count behind a number counts, if the number stands for others too: `2125550100 (100 numbers)`.
const COUNTED: [&str; 6] = ["numbers", "lines", "dids", "phones", "nummern", "numeros"];

/// Returns the numbers of a range. `None` if the text is none.
pub(super) fn of(text: &str, how: How<'_>) -> Option<Result<Vec<PhoneNumber>, RangeFault>> {
    // Most lines are one number.
    if text.bytes().all(|byte| byte.is_ascii_digit()) || reads(text, how).is_some() {
        return None;
    }
    if let Some(ends) = wildcard(text, how) {
        return Some(ends.and_then(|(first, last)| between(first, last, text)));
    }
    if !has_number(text) {
        return None;
    }
    let found = marks(text).find_map(|(left, right)| ends(left, right, text, how));
    let found = found.map(|ends| ends.and_then(|(first, last)| between(first, last, text)));
    found.or_else(|| and_more(text, how).then(|| Err(unclear(text))))
}

/// Returns the numbers from `first` to the number of which `last` holds the end, or all digits.
pub(super) fn from_to(
    first: PhoneNumber,
    last: &str,
    how: How<'_>,
) -> Result<Vec<PhoneNumber>, RangeFault> {
    let said = format!("{first} - {}", last.trim());
    let end = reads(last, how).or_else(|| shares(first, last));
    end.ok_or_else(|| unclear(&said))
        .and_then(|end| between(first, end, &said))
}

/// Returns the numbers from one to another, both included.
fn between(
    first: PhoneNumber,
    last: PhoneNumber,
    said: &str,
) -> Result<Vec<PhoneNumber>, RangeFault> {
    let (from, to) = (first.digits(), last.digits());
    if to < from || from.to_string().len() != to.to_string().len() {
        return Err(unclear(said));
    }
    if to - from >= MOST {
        return Err(RangeFault::TooMany(shortened(said)));
    }
    let numbers: Vec<PhoneNumber> = (from..=to).filter_map(PhoneNumber::from_digits).collect();
    let whole = numbers.len() as u64 == to - from + 1;
    whole.then_some(numbers).ok_or_else(|| unclear(said))
}

fn unclear(said: &str) -> RangeFault {
    RangeFault::Unclear(shortened(said))
}

fn reads(text: &str, how: How<'_>) -> Option<PhoneNumber> {
    let read = how.0.read_number(text, how.1);
    read.ok().map(|read| read.number)
}

fn digits(text: &str) -> usize {
    text.chars().filter(|char| char.is_numeric()).count()
}

/// Returns the parts of a text before and behind each mark that may stand in a range.
fn marks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let dash = |char: char| {
        matches!(
            char,
            '-' | ':' | '~' | '\u{ff5e}' | '\u{301c}' | '\u{2026}' | '\u{2192}' | '\u{2010}'
                ..='\u{2015}' | '\u{2212}' | '\u{ff0d}'
        )
    };
    let signs = text.char_indices().filter_map(move |(at, char)| {
        let rest = &text[at..];
        let length = match char {
            _ if rest.starts_with("->") || rest.starts_with("=>") => 2,
            '.' if rest.starts_with("..") => rest.len() - rest.trim_start_matches('.').len(),
            _ if dash(char) => char.len_utf8(),
            _ => return None,
        };
        Some((&text[..at], &rest[length..]))
    });
    words(text).chain(signs)
}

/// Returns the parts of a text before and behind each word that stands in a range.
fn words(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let begins = text.char_indices().filter(move |(at, char)| {
        let before = text[..*at].chars().next_back();
        char.is_alphabetic() && before.is_none_or(|before| !before.is_alphabetic())
    });
    begins.filter_map(move |(at, _)| {
        let rest = &text[at..];
        let end = rest.find(|char: char| !char.is_alphabetic());
        let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
        let word = word.to_lowercase();
        TO.contains(&word.as_str()).then_some((&text[..at], behind))
    })
}

/// Returns the ends of a range that may be parted here. `None` if the parts are no range.
fn ends(
    left: &str,
    right: &str,
    said: &str,
    how: How<'_>,
) -> Option<Result<(PhoneNumber, PhoneNumber), RangeFault>> {
    let is_digit = |char: char| char.is_numeric() || matches!(char, '+' | '(');
    let left = left.find(is_digit).map_or("", |at| &left[at..]);
    let first = reads(left, how)?;
    let joint = |char: char| {
        char.is_numeric()
            || char.is_whitespace()
            || matches!(char, '+' | '-' | '.' | '(' | ')')
            || matches!(char, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{ff0d}')
    };
    let end = right.find(|char| !joint(char)).unwrap_or(right.len());
    let (last, behind) = right.split_at(end);
    let last = last.trim();
    if digits(last) < 2 || dates::looks_like_one(right.trim()) || dates::looks_like_one(last) {
        return None;
    }
    let whole = reads(last, how);
    if digits(behind) > 0 {
        return whole.map(|_| Err(unclear(said)));
    }
    if let Some(last) = whole {
        return Some(Ok((first, last)));
    }
    if let Some(last) = shares(first, last).filter(|_| behind.trim().is_empty()) {
        return Some(Ok((first, last)));
    }
    has_number(last).then(|| Err(unclear(said)))
}

/// Returns whether a text may be the last digits of a range's end.
pub(super) fn is_end(text: &str) -> bool {
    let plain = |char: char| char.is_ascii_digit() || matches!(char, ' ' | '-' | '.');
    (2..=SHORT).contains(&digits(text)) && text.trim().chars().all(plain)
}

/// Returns the number that has these last digits and shares the others with `first`; `None` if the text is no
/// such end.
fn shares(first: PhoneNumber, last: &str) -> Option<PhoneNumber> {
    if !is_end(last) {
        return None;
    }
    let end: String = last.chars().filter(char::is_ascii_digit).collect();
    let whole = first.digits().to_string();
    let shared = whole
        .len()
        .checked_sub(end.len())
        .filter(|shared| *shared > 0)?;
    let number = format!("{}{end}", &whole[..shared]);
    number.parse().ok().and_then(PhoneNumber::from_digits)
}

/// Returns the first and the last number that a text with signs in place of its last digits stands for. `None`
/// if it has no such signs.
fn wildcard(text: &str, how: How<'_>) -> Option<Result<(PhoneNumber, PhoneNumber), RangeFault>> {
    let text = text.trim();
    let open = |char: char| matches!(char, 'x' | 'X' | '*' | '?' | '%' | '_' | '#' | 'n' | 'N');
    let gap = |char: char| matches!(char, ' ' | '-' | '.' | ')');
    let head = text.trim_end_matches(|char: char| open(char) || gap(char));
    let tail = &text[head.len()..];
    let signs = tail.chars().filter(|char| open(*char)).count();
    let plain = |char: char| char.is_numeric() || gap(char) || matches!(char, '+' | '(');
    // A complete number with a sign behind it is one number.
    if signs == 0 || !head.chars().all(plain) || digits(head) < 3 || reads(head, how).is_some() {
        return None;
    }
    let any = signs == 1 && tail.contains(['*', '%']);
    let missing = if any {
        let one = usize::from(head.trim_start().starts_with('+'));
        NORTH_AMERICAN[one].checked_sub(digits(head))?
    } else {
        signs
    };
    let filled = |digit: &str| reads(&format!("{head}{}", digit.repeat(missing)), how);
    let (first, last) = (filled("0")?, filled("9")?);
    // How many digits another country's number lacks is not known.
    Some(if any && first.npa().is_none() {
        Err(unclear(text))
    } else {
        Ok((first, last))
    })
}

/// Returns whether a number is followed by words that make it stand for others too.
fn and_more(text: &str, how: How<'_>) -> bool {
    let ends = |at: usize, char: char| {
        char.is_alphabetic()
            || matches!(char, '&' | ',')
            // The bracket of an area code is part of the number.
            || (char == '(' && has_number(&text[..at]))
    };
    let mut signs = text.char_indices();
    let Some((at, _)) = signs.find(|(at, char)| ends(*at, *char)) else {
        return false;
    };
    let (number, words) = text.split_at(at);
    let words: Vec<String> = words
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let is_count = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let counted = words
        .windows(2)
        .any(|pair| is_count(&pair[0]) && COUNTED.contains(&pair[1].as_str()));
    let said = format!(" {} ", words.join(" "));
    let more = counted
        || said.starts_with(" up ")
        || AND_MORE
            .iter()
            .any(|more| said.contains(&format!(" {more} ")));
    more && reads(number.trim_end_matches(['(', ' ', '-', ',', ':']), how).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Rules;

    /// Returns the first and the last number of a range and how many it has.
    fn read(text: &str, country: &str) -> Option<Result<(String, String, usize), RangeFault>> {
        let found = of(text, (Rules::embedded(), Some(country)))?;
        Some(found.map(|numbers| {
            let named = |number: Option<&PhoneNumber>| number.unwrap().to_string();
            (named(numbers.first()), named(numbers.last()), numbers.len())
        }))
    }

    #[test]
    fn a_range_is_all_of_its_numbers() {
        for text in [
            "212-555-0100 - 212-555-0199",
            "212-555-0100 \u{2013} 212-555-0199",
            "2125550100-2125550199",
            "2125550100..2125550199",
            "2125550100 ... 2125550199",
            "2125550100:2125550199",
            "2125550100 ~ 2125550199",
            "2125550100 -> 2125550199",
            "2125550100 to 2125550199",
            "from 2125550100 thru 2125550199",
            "2125550100 through\n2125550199",
            "Von 2125550100 bis 2125550199 (Acme)",
            "+1 212 555 0100 - +1 212 555 0199",
            "2125550100-0199",
            "2125550100-99",
            "212-555-0100-0199",
            "212-555-0100 - 0199",
            "212-555-0100 - 555-0199",
            "212-555-01XX",
            "(212) 555-01xx",
            "21255501**",
            "+1 212 555 01??",
        ] {
            let all = ("+12125550100".to_owned(), "+12125550199".to_owned(), 100);
            assert_eq!(read(text, "US"), Some(Ok(all)), "{text}");
        }
        let of_ten_thousand = ("+12125550000".to_owned(), "+12125559999".to_owned(), 10_000);
        for text in [
            "212555*",
            "212-555-*",
            "+1212555*",
            "212555xxxx",
            "212-555-XXXX",
        ] {
            assert_eq!(
                read(text, "US"),
                Some(Ok(of_ten_thousand.clone())),
                "{text}"
            );
        }
        let abroad = ("+442079460000".to_owned(), "+442079460099".to_owned(), 100);
        for text in [
            "020 7946 0000 - 020 7946 0099",
            "+442079460000-99",
            "+4420794600xx",
        ] {
            assert_eq!(read(text, "GB"), Some(Ok(abroad.clone())), "{text}");
        }
    }

    #[test]
    fn a_range_that_is_not_certain_is_a_fault() {
        for text in [
            "2125550142 - 3125550177",
            "2125550199 - 2125550100",
            "2125550142 - 12345",
            "2125550142 to 3125550177 x5",
            "212*",
            "212xxxxxxx",
            "2125550110 (all numbers of this exchange)",
            "2125550110 and up",
            "2125550110 & up",
            "(212) 555-0110 (100 numbers)",
            "(212) 555-0110, 20 lines",
            "2125550110 etc.",
            "2125550110 range",
        ] {
            assert!(matches!(read(text, "US"), Some(Err(_))), "{text}");
        }
        assert!(matches!(read("+44207946*", "GB"), None | Some(Err(_))));
    }

    #[test]
    fn what_is_no_range_is_left_alone() {
        for text in [
            "2125550142",
            "212-555-0142",
            "212.555.0142",
            "2125550142 - Ana",
            "2125550142 - 2026-11-20",
            "2125550142 2026-11-20",
            "2125550142 12:30",
            "2125550142: 3 calls",
            "2125550142 - 24 Main St",
            "2125550142 x12",
            "2125550142x",
            "2125550142*",
            "2125550142, 3125550177",
            "2125550142 / 3125550177",
            "2125550142 3125550177",
            "2125550142 asked to stop all calls",
            "2125550142 (follow up in 2 days)",
            "(212) 555-0142 (Ana)",
            "Ana 2125550142",
            "2125550142 to",
            "Ana",
            "",
            "2026-11-20 - 2026-11-30",
        ] {
            assert_eq!(read(text, "US"), None, "{text}");
        }
        // A number of another form, not a range.
        assert_eq!(read("030 1234567-10", "DE"), None);
    }
}
