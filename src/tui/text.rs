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

/// Returns at most `limit` cells of the cleaned text, with `ellipsis` at the end if it was cut.
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
