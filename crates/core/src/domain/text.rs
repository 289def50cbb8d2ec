//! Text from files, made safe for a terminal.
//!
//! Names and notes come from imported files. A control character in one moves the cursor, a bidi control
//! reorders the line around it, and a format character makes two different names appear equal.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::UnicodeWidthChar as _;

/// The maximum number of marks on one letter; further ones are dropped. No script needs more, and they
/// overlap the lines above.
const MARKS: usize = 3;

/// Invisible characters by range: format characters (Unicode category Cf), line separators, variation
/// selectors, invisible fillers and tags.
const INVISIBLE: &[(char, char)] = &[
    ('\u{00AD}', '\u{00AD}'),
    ('\u{034F}', '\u{034F}'),
    ('\u{0600}', '\u{0605}'),
    ('\u{061C}', '\u{061C}'),
    ('\u{06DD}', '\u{06DD}'),
    ('\u{070F}', '\u{070F}'),
    ('\u{0890}', '\u{0891}'),
    ('\u{08E2}', '\u{08E2}'),
    ('\u{115F}', '\u{1160}'),
    ('\u{17B4}', '\u{17B5}'),
    ('\u{180B}', '\u{180F}'),
    ('\u{200B}', '\u{200F}'),
    ('\u{2028}', '\u{202E}'),
    ('\u{2060}', '\u{206F}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{FE00}', '\u{FE0F}'),
    ('\u{FEFF}', '\u{FEFF}'),
    ('\u{FFA0}', '\u{FFA0}'),
    ('\u{FFF0}', '\u{FFFB}'),
    ('\u{110BD}', '\u{110BD}'),
    ('\u{110CD}', '\u{110CD}'),
    ('\u{13430}', '\u{1343F}'),
    ('\u{1BCA0}', '\u{1BCA3}'),
    ('\u{1D173}', '\u{1D17A}'),
    ('\u{E0000}', '\u{E0FFF}'),
];

/// Returns whether the text is printable ASCII only: nothing to clean, and each letter fills one cell.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// Returns the text without anything that could disturb the screen.
///
/// Control, bidi, format and other invisible characters are removed. Tabs and line ends become a space. A
/// combining mark without a letter before it becomes `?`. No letter keeps more than three marks.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::text::clean;
///
/// assert_eq!(clean("Ana\u{1b}[2J\tDoe"), "Ana[2J Doe");
/// assert_eq!(clean("Ana\u{202e}Doe"), "AnaDoe");
/// ```
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    // Marks on the current letter; `None` if there is no letter before them.
    let mut marks: Option<usize> = None;
    for char in text.chars() {
        if is_line_end(char) {
            cleaned.push(' ');
            marks = None;
            continue;
        }
        if is_hostile(char) {
            continue;
        }
        if char.width() != Some(0) {
            cleaned.push(char);
            marks = (char != ' ').then_some(0);
            continue;
        }
        let (shown, count) = match marks {
            None => (Some('?'), 0),
            Some(count) if count < MARKS => (Some(char), count + 1),
            Some(count) => (None, count),
        };
        cleaned.extend(shown);
        marks = Some(count);
    }
    Cow::Owned(cleaned)
}

/// Returns the text in one line: a line end, tab or other control character in it becomes an escape, `\n`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    let is_shown = |char: char| char.is_control() || is_line_end(char);
    if is_plain(text) || !text.contains(is_shown) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if is_shown(char) {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    Cow::Owned(line)
}

/// Returns text of several lines with each line cleaned; line feeds stay, tabs become a space.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    if text.split('\n').all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split('\n').map(clean).collect::<Vec<_>>().join("\n"))
}

/// Returns the text of a JSON document with every character that could disturb a terminal as a `\u` escape.
/// The values do not change.
///
/// JSON has such characters only inside strings, because its writers already escape those below U+0020.
///
/// # Panics
///
/// Never panics, because strings grow.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::text::escape_json;
///
/// let name = "{\"name\":\"Ana\u{202e}\"}";
/// assert_eq!(escape_json(name), r#"{"name":"Ana\u202e"}"#);
/// ```
pub fn escape_json(text: &str) -> Cow<'_, str> {
    if is_plain(text) || !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        if is_hostile(char) && char != '\n' {
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(escaped, "\\u{unit:04x}").expect("strings grow");
            }
        } else {
            escaped.push(char);
        }
    }
    Cow::Owned(escaped)
}

/// Returns a cell of a CSV file for a spreadsheet: a cell that a spreadsheet would run as a formula gets an
/// apostrophe in front. Signed numbers are not formulas.
///
/// Source: OWASP, CSV Injection.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::text::{inert_cell, without_apostrophe};
///
/// assert_eq!(inert_cell("=1+1"), "'=1+1");
/// assert_eq!(inert_cell("+1 212-555-0142"), "+1 212-555-0142");
/// assert_eq!(without_apostrophe("'=1+1"), "=1+1");
/// ```
pub fn inert_cell(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// Returns the cell as it was before [`inert_cell`].
pub fn without_apostrophe(cell: &str) -> &str {
    cell.strip_prefix('\'')
        .filter(|rest| is_formula(rest))
        .unwrap_or(cell)
}

fn is_formula(cell: &str) -> bool {
    let Some(first) = cell.chars().next() else {
        return false;
    };
    let number = |rest: &str| {
        !rest.is_empty()
            && rest
                .chars()
                .all(|char| char.is_ascii_digit() || matches!(char, ' ' | '.' | '-' | '(' | ')'))
    };
    match first {
        '=' | '@' | '\t' | '\r' | '\n' | '\u{ff1d}' | '\u{ff20}' => true,
        '+' | '-' => !number(&cell[1..]),
        '\u{ff0b}' | '\u{ff0d}' => !number(&cell['\u{ff0b}'.len_utf8()..]),
        _ => false,
    }
}

fn is_line_end(char: char) -> bool {
    matches!(
        char,
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

fn is_hostile(char: char) -> bool {
    char.is_control()
        || INVISIBLE
            .binary_search_by(|(first, last)| {
                if *last < char {
                    std::cmp::Ordering::Less
                } else if *first > char {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
}

#[cfg(test)]
mod tests {
    use dialdeck_testkit::text::hostile;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(clean("Ana Ruiz"), Cow::Borrowed(_)));
        assert_eq!(clean("Zoë Ångström 李"), "Zoë Ångström 李");
    }

    #[test]
    fn what_disturbs_goes() {
        assert_eq!(clean("a\u{1b}[31mb"), "a[31mb");
        assert_eq!(clean("a\u{9b}2Jb\u{7f}"), "a2Jb");
        assert_eq!(
            clean("two\r\nlines\tand\u{2028}more"),
            "two  lines and more"
        );
        assert_eq!(clean("abc\u{202e}fed\u{2066}x\u{200f}"), "abcfedx");
        assert_eq!(clean("z\u{200b}\u{200d}\u{feff}w"), "zw");
        assert_eq!(clean("\u{301}x"), "?x");
        assert_eq!(clean(" \u{301}x"), " ?x");
        assert_eq!(
            clean("e\u{301}\u{301}\u{301}\u{301}\u{301}x"),
            "e\u{301}\u{301}\u{301}x"
        );
        assert_eq!(clean("a\u{e0041}\u{fe0f}"), "a");
    }

    #[test]
    fn a_line_end_inside_a_line_is_shown() {
        assert_eq!(
            one_line("a\nb\tc\u{1b}[0m\u{2028}d"),
            "a\\nb\\tc\\u{1b}[0m\\u{2028}d"
        );
        assert!(matches!(one_line("Zoë"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_ranges_are_sorted() {
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
    }

    #[test]
    fn json_keeps_its_values() {
        let text = serde_json::json!({"name": "a\u{202e}b\u{9b}c\u{e0041}\u{7f}", "plain": "Zoë"})
            .to_string();
        let escaped = escape_json(&text);
        assert!(!escaped.chars().any(is_hostile), "{escaped}");
        let (before, after): (serde_json::Value, serde_json::Value) = (
            serde_json::from_str(&text).unwrap(),
            serde_json::from_str(&escaped).unwrap(),
        );
        assert_eq!(before, after);
        assert!(matches!(escape_json("{\"a\":1}"), Cow::Borrowed(_)));
    }

    #[test]
    fn formulas_are_inert_and_numbers_stay() {
        for formula in [
            "=1+1",
            "+cmd|' /C calc'!A0",
            "-2+3+cmd|x",
            "@SUM(A1)",
            "\tx",
            "\r=1",
            "\n=1",
            "\u{ff1d}1",
        ] {
            let cell = inert_cell(formula);
            assert_eq!(cell, format!("'{formula}"));
            assert_eq!(without_apostrophe(&cell), formula);
        }
        for plain in [
            "+12125550142",
            "+1 (212) 555-0142",
            "-5",
            "",
            "Ana",
            "'tis",
            "'+1",
            "O'Neil=1",
        ] {
            assert_eq!(inert_cell(plain), plain);
            assert_eq!(without_apostrophe(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn nothing_hostile_comes_through(text in hostile()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|char| is_line_end(char) || is_hostile(char)));
            prop_assert_eq!(clean(&cleaned), cleaned.as_ref());
        }
    }
}
