//! Cleaned text, cut to a width in terminal cells.

use ratatui::buffer::CellWidth;
use ratatui::style::Style;
use ratatui::text::Span;

use crate::domain::text::{clean, is_plain};

/// The end of a text that was cut.
pub(crate) const ELLIPSIS: &str = "…";

/// Returns the cells that a text takes on the screen, counted as ratatui draws it.
pub(crate) fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    Span::raw(text)
        .styled_graphemes(Style::new())
        .map(|grapheme| usize::from(grapheme.symbol.cell_width()))
        .sum()
}

/// Returns the text, cleaned and exactly `width` cells wide: cut with `…`, or padded on the right.
pub(crate) fn fit(text: &str, width: usize) -> String {
    fit_with(text, width, ELLIPSIS)
}

/// Returns the text as [`fit`] does, with another end for a text that was cut. The end is left out if it has
/// no room.
pub(crate) fn fit_with(text: &str, width: usize, ellipsis: &str) -> String {
    let mut fitted = cut(text, width, ellipsis);
    let taken = self::width(&fitted);
    fitted.extend(std::iter::repeat_n(' ', width.saturating_sub(taken)));
    fitted
}

/// Returns the text, cleaned and cut as by [`fit`], but padded on the left, for numbers in a column.
pub(crate) fn fit_right(text: &str, width: usize) -> String {
    let cut = cut(text, width, ELLIPSIS);
    let mut fitted = " ".repeat(width.saturating_sub(self::width(&cut)));
    fitted.push_str(&cut);
    fitted
}

/// Returns at most `limit` cells of the cleaned text, with `ellipsis` at the end if it was cut. No figure is cut:
/// see [`head`].
pub(crate) fn cut(text: &str, limit: usize, ellipsis: &str) -> String {
    let text = clean(text);
    if width(&text) <= limit {
        return text.into_owned();
    }
    let ellipsis = if width(ellipsis) <= limit {
        ellipsis
    } else {
        ""
    };
    let (kept, _) = head(&text, limit - width(ellipsis));
    kept.to_owned() + ellipsis
}

/// Returns the first of these texts that fits into `room` cells; empty if none does.
pub(crate) fn first_fitting<'a>(texts: &[&'a str], room: usize) -> &'a str {
    let mut fitting = texts.iter().filter(|text| width(text) <= room);
    fitting.next().copied().unwrap_or_default()
}

/// Returns the start of a cleaned text that fits into `width` cells, and whether it ends early because a figure
/// would be cut. A part of a figure is another figure, so a figure is shown whole or not at all.
pub(crate) fn head(text: &str, width: usize) -> (&str, bool) {
    let end = fitting(text, width);
    match figure_across(text, end) {
        Some(start) => (&text[..start], true),
        None => (&text[..end], false),
    }
}

/// Returns the number of bytes of a cleaned text that fit into `width` cells.
fn fitting(text: &str, width: usize) -> usize {
    if is_plain(text) {
        return text.len().min(width);
    }
    let (mut end, mut taken) = (0, 0);
    let span = Span::raw(text);
    for grapheme in span.styled_graphemes(Style::new()) {
        taken += usize::from(grapheme.symbol.cell_width());
        if taken > width {
            break;
        }
        end += grapheme.symbol.len();
    }
    end
}

/// Returns the start of the figure that has bytes on both sides of `at`; `None` if no figure has. Times, shares
/// and phone numbers are figures too: `14:07`, `3.0%`, `5h52`, `12 480`, `+1 212-555-0142`.
fn figure_across(text: &str, at: usize) -> Option<usize> {
    if at == 0 || at >= text.len() {
        return None;
    }
    let mut start = None;
    let mut last = ' ';
    for (place, letter) in text.char_indices() {
        let next = text[place + letter.len_utf8()..].chars().next();
        if start.is_some() && !continues(last, letter, next) {
            start = None;
        }
        if place == at {
            return start;
        }
        let begins = is_digit(letter) || letter == '+' && next.is_some_and(is_digit);
        if start.is_none() && begins {
            start = Some(place);
        }
        last = letter;
    }
    None
}

/// Returns whether a letter inside or directly behind a figure belongs to it.
fn continues(last: char, letter: char, next: Option<char>) -> bool {
    match letter {
        '%' => true,
        '.' | ',' | ':' | '/' | '-' => next.is_some_and(is_digit),
        ' ' => is_digit(last) && next.is_some_and(is_digit),
        _ => letter.is_ascii_alphanumeric() || is_digit(letter),
    }
}

/// Returns whether a letter is a digit or the sign of a hidden one.
const fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit() || letter == '·'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::buffer::Buffer;
    use ratatui::layout::Rect;

    use super::*;
    use dialdeck_testkit::text::hostile;

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
    fn a_figure_is_whole_or_left_out() {
        for (text, width, left) in [
            ("talked 12 s", 8, ("talked ", true)),
            ("talked 12 s", 9, ("talked 12", false)),
            ("due 17:42", 6, ("due ", true)),
            ("cap 3.0%", 6, ("cap ", true)),
            ("cap 3.0%.", 8, ("cap 3.0%", false)),
            ("14/20 room", 3, ("", true)),
            ("of 12 480 rows", 5, ("of ", true)),
            ("OPEN 5h52 left", 7, ("OPEN ", true)),
            ("to +1 212-555-0142", 17, ("to ", true)),
            ("to +1 212-555-01··", 17, ("to ", true)),
            ("FULL · slot in 2.1 s", 6, ("FULL ·", false)),
            ("slot in 2.1 s", 9, ("slot in ", true)),
            ("room", 2, ("ro", false)),
            ("李 12", 4, ("李 ", true)),
            ("12", 2, ("12", false)),
            ("12", 0, ("", false)),
        ] {
            assert_eq!(head(text, width), left, "{text} in {width}");
        }
        assert_eq!(cut("retry 14:41 (34m)", 15, "…"), "retry 14:41 (…");
        assert_eq!(fit("retry 14:41", 8), "retry … ");
    }

    proptest! {
        #[test]
        fn a_fitted_text_fills_its_cells(text in hostile(), cells in 0_usize..30) {
            for fitted in [fit(&text, cells), fit_right(&text, cells), fit_with(&text, cells, "..")] {
                prop_assert_eq!(width(&fitted), cells);
                prop_assert_eq!(clean(&fitted), fitted.as_str());
                let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 1));
                let (end, _) = buffer.set_stringn(0, 0, &fitted, 60, Style::new());
                prop_assert_eq!(usize::from(end), cells);
            }
        }
    }
}
