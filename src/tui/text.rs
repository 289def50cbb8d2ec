//! Strangers' text made safe to draw, and cut to a width in terminal cells.
//!
//! Names and notes come from imported files. A control character in one moves the cursor, a bidi
//! control reorders the line around it, and a format character lets two names look alike.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;
use unicode_width::UnicodeWidthChar;

/// Ends a text that was cut.
pub const ELLIPSIS: &str = "…";

/// More marks than this on one letter are dropped; no script needs more, and they climb over lines.
const MARKS: usize = 3;

/// Invisible characters by range: format characters (Unicode category Cf), line separators,
/// variation selectors, invisible fillers and tags.
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

/// Whether it is printable ASCII alone: nothing to clean, and a cell a letter.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// The text without anything that could disturb the screen.
///
/// Control, bidi, format and other invisible characters go; tabs and line ends become a space; a
/// combining mark with nothing to stand on becomes `?`; no letter keeps more than three marks.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    // Marks on the present letter; `None` where there is no letter to stand on.
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

/// Cells that a text takes on the screen, counted as ratatui draws it.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    Span::raw(text)
        .styled_graphemes(Style::new())
        .map(|grapheme| usize::from(grapheme.symbol.cell_width()))
        .sum()
}

/// The text, cleaned, exactly `width` cells wide: cut with `…`, or padded on the right.
pub fn fit(text: &str, width: usize) -> String {
    fit_with(text, width, ELLIPSIS)
}

/// As [`fit`], with another end for a text that was cut; it is left out where it has no room.
pub fn fit_with(text: &str, width: usize, ellipsis: &str) -> String {
    let mut fitted = cut(text, width, ellipsis);
    let taken = self::width(&fitted);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(taken)));
    fitted
}

/// The text, cleaned and cut as by [`fit`], padded on the left: for numbers in a column.
pub fn fit_right(text: &str, width: usize) -> String {
    let cut = cut(text, width, ELLIPSIS);
    let mut fitted = " ".repeat(width.saturating_sub(self::width(&cut)));
    fitted.push_str(&cut);
    fitted
}

/// At most `limit` cells of the cleaned text.
fn cut(text: &str, limit: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if width(&text) <= limit {
        return text.into_owned();
    }
    let ellipsis = if width(ellipsis) <= limit {
        ellipsis
    } else {
        ""
    };
    let room = limit - width(ellipsis);
    let span = Span::raw(text.as_ref());
    let mut kept = String::with_capacity(limit + 4);
    let mut taken = 0;
    for grapheme in span.styled_graphemes(Style::new()) {
        taken += usize::from(grapheme.symbol.cell_width());
        if taken > room {
            break;
        }
        kept.push_str(grapheme.symbol);
    }
    kept + ellipsis
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
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

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
    fn texts_are_cut_and_padded_by_cells() {
        assert_eq!(fit("Ana", 5), "Ana  ");
        assert_eq!(fit("Ana Ruiz", 5), "Ana …");
        assert_eq!(fit("李小龍", 5), "李小…");
        assert_eq!(fit("李小龍", 4), "李… ");
        assert_eq!(fit("Ana", 0), "");
        assert_eq!(fit_with("Ana Ruiz", 6, ".."), "Ana ..");
        assert_eq!(fit_with("Ana", 1, ".."), "A");
        assert_eq!(fit_right("42", 5), "   42");
        assert_eq!(width("e\u{301}李"), 3);
    }

    #[test]
    fn the_ranges_are_sorted() {
        assert!(INVISIBLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
    }

    fn hostile() -> impl Strategy<Value = String> {
        let char = prop_oneof![
            3 => any::<char>(),
            2 => prop::sample::select(
                "\u{0}\u{1b}\u{7f}\u{9b}\u{200d}\u{200e}\u{202e}\u{2067}\u{2028}\u{301}\u{e01}\u{e33}\u{fe0f}\u{1f469}\u{1f3fd}\u{1f1eb}\u{1f1f7}\u{ff9e}\u{ff76}\u{644}\u{627}\u{1100}\u{1161}\u{915}\u{94d}\u{937}"
                    .chars()
                    .collect::<Vec<_>>()
            ),
            2 => prop::char::range(' ', '~'),
        ];
        prop::collection::vec(char, 0..40).prop_map(|chars| chars.into_iter().collect())
    }

    proptest! {
        #[test]
        fn nothing_hostile_comes_through(text in hostile()) {
            let cleaned = clean(&text);
            prop_assert!(!cleaned.chars().any(|char| is_line_end(char) || is_hostile(char)));
            prop_assert_eq!(clean(&cleaned), cleaned.as_ref());
        }

        #[test]
        fn a_fitted_text_fills_its_cells(text in hostile(), cells in 0_usize..30) {
            for fitted in [fit(&text, cells), fit_right(&text, cells), fit_with(&text, cells, "..")] {
                prop_assert_eq!(width(&fitted), cells);
                prop_assert!(!fitted.chars().any(|char| is_line_end(char) || is_hostile(char)));
                let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 1));
                let (end, _) = buffer.set_stringn(0, 0, &fitted, 60, Style::new());
                prop_assert_eq!(usize::from(end), cells);
            }
        }
    }
}
