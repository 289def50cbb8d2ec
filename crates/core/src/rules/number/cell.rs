//! The text that spreadsheets, web pages and typists add around a number, and several numbers in one cell.

use super::{MIN_BEFORE_EXTENSION, is_separator};

/// The maximum number of digits in a number (ITU-T E.164).
const LONGEST: usize = 15;

/// Quotation marks, straight and typographic, and the apostrophe with which a spreadsheet marks text.
const QUOTES: [char; 14] = [
    '\'', '"', '`', '\u{b4}', '\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}', '\u{201c}',
    '\u{201d}', '\u{201e}', '\u{ab}', '\u{bb}', '\u{2032}',
];

/// The schemes of links to numbers.
const SCHEMES: [&str; 5] = ["tel:", "sip:", "sips:", "callto:", "phone:"];

/// The zero of the decimal digits of some scripts: ASCII, full-width, Arabic, Persian, Devanagari.
const DIGITS: [u32; 5] = [0x30, 0xff10, 0x660, 0x6f0, 0x966];

/// Returns the value of a decimal digit. `None` for any other character.
pub(super) fn digit(char: char) -> Option<u8> {
    let code = u32::from(char);
    let value = DIGITS.iter().map(|zero| code.wrapping_sub(*zero));
    value
        .filter(|value| *value < 10)
        .find_map(|value| u8::try_from(value).ok())
}

fn digits(text: &str) -> usize {
    text.chars().filter(|char| digit(*char).is_some()).count()
}

/// Returns the text without quotation marks, a formula's `="…"`, a link's scheme and a spreadsheet's `.0`.
pub(super) fn bare(text: &str) -> &str {
    let outside = |char: char| char.is_whitespace() || QUOTES.contains(&char);
    let mut text = text.trim_matches(outside);
    if let Some(quoted) = text.strip_prefix('=') {
        text = quoted.trim_matches(outside);
    }
    for scheme in SCHEMES {
        let head = text.get(..scheme.len());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(scheme)) {
            let rest = &text[scheme.len()..];
            text = match scheme.strip_prefix("sip") {
                Some(_) => rest.split('@').next().unwrap_or(rest),
                None => rest,
            };
            break;
        }
    }
    whole_number(text.trim_matches(outside))
}

/// Returns the text without the decimals that a spreadsheet adds to a number that it took for an amount. A
/// separator and a zero are no digits of the number.
fn whole_number(text: &str) -> &str {
    let zeros = text.trim_end_matches('0');
    let Some(before) = zeros.strip_suffix(['.', ',']) else {
        return text;
    };
    let decimals = text.len() - zeros.len();
    // Two digits after a point may be the last pair of a number written in pairs, as 01.23.45.67.00.
    let grouped = before.contains(['.', ',', ' ', '-']);
    if decimals == 0 || (decimals > 1 && grouped) || digits(before) < MIN_BEFORE_EXTENSION {
        return text;
    }
    before
}

/// Returns whether the text is a number as `2.1255501E+09`, whose last digits are lost.
pub(super) fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let exponent = exponent.trim_start_matches(['+', '-']);
    let decimal = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, rest) = mantissa
        .trim_start_matches(['+', '-'])
        .split_once(['.', ','])
        .unwrap_or((mantissa, "0"));
    exponent.len() <= 2 && decimal(exponent) && decimal(whole) && decimal(rest)
}

/// Returns the parts of a text that can each be a number, more than one if it holds several.
pub(super) fn several(text: &str) -> Vec<&str> {
    let listed = parts(text, |rest| {
        let marks = [
            ";", ",", "|", "&", "/", "\n", "\r", "\\", "+", " or ", " and ", " und ", " ou ", " y ",
        ];
        let lower = rest.get(..5).unwrap_or(rest).to_ascii_lowercase();
        let mark = marks.iter().find(|mark| lower.starts_with(**mark))?;
        // A plus begins the next number.
        Some(if *mark == "+" { 0 } else { mark.len() })
    });
    if listed.len() > 1 || !(LONGEST + 1..=2 * LONGEST).contains(&digits(text)) {
        return listed;
    }
    // The text is too long for one number: two of them, with no more than a space between.
    let halves = text.char_indices().find_map(|(at, char)| {
        let (left, right) = text.split_at(at);
        let room = MIN_BEFORE_EXTENSION..=LONGEST;
        let even = digits(left).abs_diff(digits(right)) <= 2;
        let fits = room.contains(&digits(left)) && room.contains(&digits(right));
        (char.is_whitespace() && even && fits).then_some((left, right))
    });
    halves.map_or(vec![text], |(left, right)| vec![left, right.trim_start()])
}

/// Splits a text at marks wherever both sides hold enough digits for a number; `mark` returns the length of
/// the mark that a text starts with, in bytes.
fn parts(text: &str, mark: impl Fn(&str) -> Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    // Digits since the last split, and those still to come. No mark has any.
    let (mut behind, mut ahead) = (0, digits(text));
    for (at, char) in text.char_indices() {
        let enough = behind >= MIN_BEFORE_EXTENSION && ahead >= MIN_BEFORE_EXTENSION;
        if enough && let Some(length) = mark(&text[at..]) {
            parts.push(text[start..at].trim());
            start = at + length;
            behind = 0;
        }
        if digit(char).is_some() {
            behind += 1;
            ahead -= 1;
        }
    }
    parts.push(text[start..].trim());
    parts
}

/// Returns the text before the words or the extension that follow a number. `None` if the following text may
/// also be a number, or if the text before it is none.
pub(super) fn before_words(text: &str) -> Option<&str> {
    let end = text
        .char_indices()
        .find(|(_, char)| digit(*char).is_none() && *char != '+' && !is_separator(*char))
        .map(|(at, _)| at)?;
    let (head, tail) = text.split_at(end);
    // `thru 0149` is more numbers, not a word.
    let first = tail
        .split(|char: char| !char.is_alphabetic())
        .find(|word| !word.is_empty());
    let range = first.is_some_and(|word| {
        let word = word.to_ascii_lowercase();
        matches!(
            word.as_str(),
            "thru" | "through" | "to" | "until" | "till" | "bis"
        )
    });
    if range && digits(tail) > 0 {
        return None;
    }
    let apart = digits(head) >= MIN_BEFORE_EXTENSION && digits(tail) < MIN_BEFORE_EXTENSION;
    apart.then(|| head.trim_end_matches(['(', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_separator_supplies_no_digit() {
        for (text, expected) in [
            ("2125550142.0", "2125550142"),
            ("212555014.0", "212555014"),
            ("212.555.014.0", "212.555.014"),
            ("2125550142,00", "2125550142"),
            ("01.23.45.67.00", "01.23.45.67.00"),
            ("555.0", "555.0"),
            ("=\"(312) 555-0143\"", "(312) 555-0143"),
            ("'+13055550144", "+13055550144"),
            ("\u{201c}212-555-0142\u{201d}", "212-555-0142"),
            ("sip:+12125550142@example.net;user=phone", "+12125550142"),
            ("TEL: +1-212-555-0142", "+1-212-555-0142"),
        ] {
            assert_eq!(bare(text), expected);
        }
    }

    #[test]
    fn several_numbers_are_parted_where_both_sides_are_long_enough() {
        for (text, parted) in [
            ("2125550145;2125550146", &["2125550145", "2125550146"][..]),
            (
                "212-555-0142 / 212-555-0143",
                &["212-555-0142", "212-555-0143"],
            ),
            (
                "+12125550142+12125550143",
                &["+12125550142", "+12125550143"],
            ),
            ("2125550145 2125550146", &["2125550145", "2125550146"]),
            ("2125550142 or 3125550143", &["2125550142", "3125550143"]),
            ("030/12345678", &["030/12345678"]),
            ("2125550142,,12#", &["2125550142,,12#"]),
        ] {
            assert_eq!(several(text), parted);
        }
    }
}
