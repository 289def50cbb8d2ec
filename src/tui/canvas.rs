//! Drawing: text by role into a buffer, cut to its place. Text from files is cleaned here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::glyph::Glyphs;
use super::shared::Shared;
use super::text;
use super::theme::{Role, Theme};
use crate::domain::text::{clean, is_plain};

/// The theme and the glyphs that a frame is drawn with.
#[derive(Clone, Debug)]
pub struct Look {
    /// The style of each role.
    pub theme: Theme,
    /// The glyphs, Unicode or ASCII.
    pub glyphs: Glyphs,
}

/// A buffer together with all that drawing needs.
pub(crate) struct Canvas<'a> {
    /// The cells of the frame.
    pub(crate) buffer: &'a mut Buffer,
    /// The theme and the glyphs in use.
    pub(crate) look: &'a Look,
    /// The state that every pane reads.
    pub(crate) shared: &'a Shared,
}

/// A piece of a line: its text and its role.
pub(crate) type Span<'a> = (&'a str, Role);

impl Canvas<'_> {
    /// Writes text from column `x`, cut at column `right`, and returns the column after it. A figure that does
    /// not fit is left out as a whole. Control, bidi and format characters never reach the buffer.
    pub(crate) fn put(&mut self, x: u16, y: u16, right: u16, text: &str, role: Role) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= right.min(area.right()) {
            return x;
        }
        let width = usize::from(right.min(area.right()) - x);
        let style = self.look.theme.ink(role);
        let text = clean(text);
        let (shown, is_short) = text::head(&text, width);
        let mut end = x;
        if is_plain(shown) {
            // Plain text has one cell per letter and needs no split into graphemes. Most of the screen is
            // plain.
            for at in 0..shown.len() {
                let cell = &mut self.buffer[(end, y)];
                cell.set_symbol(&shown[at..=at]).set_style(style);
                end += 1;
            }
        } else {
            end = self.buffer.set_stringn(x, y, shown, width, style).0;
        }
        if is_short {
            let ellipsis = self.look.glyphs.ellipsis;
            self.buffer[(end, y)].set_symbol(ellipsis).set_style(style);
            end += 1;
        }
        end
    }

    /// Writes pieces one after another, cut at column `right`, and returns the column after the last.
    pub(crate) fn spans(&mut self, x: u16, y: u16, right: u16, spans: &[Span<'_>]) -> u16 {
        spans
            .iter()
            .fold(x, |x, (text, role)| self.put(x, y, right, text, *role))
    }

    /// Writes as many of the first pieces as fit whole between the columns, so that they end before `right`.
    /// Returns the column of the first.
    pub(crate) fn spans_right(&mut self, left: u16, y: u16, right: u16, spans: &[Span<'_>]) -> u16 {
        let room = usize::from(right.saturating_sub(left));
        let mut width = 0;
        let fit = spans.iter().take_while(|(text, _)| {
            width += text::width(text);
            width <= room
        });
        let spans = &spans[..fit.count()];
        let width: usize = spans.iter().map(|(text, _)| text::width(text)).sum();
        let x = right.saturating_sub(u16::try_from(width).unwrap_or(0));
        self.spans(x, y, right, spans);
        x
    }

    /// Writes text so that it ends before column `right`. It begins at `left` if it is too wide.
    pub(crate) fn put_right(&mut self, left: u16, y: u16, right: u16, text: &str, role: Role) {
        let clean = clean(text);
        let width = u16::try_from(text::width(&clean)).unwrap_or(u16::MAX);
        let x = right.saturating_sub(width).max(left);
        self.put(x, y, right, &clean, role);
    }

    /// Clears an area and gives every cell the style of a role. A colour that the role does not set is that of
    /// [`Role::Text`], so that no cell has one colour of the theme and one of the terminal.
    pub(crate) fn fill(&mut self, area: Rect, role: Role) {
        let theme = &self.look.theme;
        let style = theme.style(Role::Text).patch(theme.style(role));
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                // Without the reset, text below shows through where the role sets no colour.
                self.buffer[(x, y)].reset();
                self.buffer[(x, y)].set_style(style);
            }
        }
    }

    /// Applies the style of a role to an area and keeps its text.
    pub(crate) fn shade(&mut self, area: Rect, role: Role) {
        let style = self.look.theme.style(role);
        self.buffer
            .set_style(area.intersection(self.buffer.area), style);
    }

    /// Draws a bar of `width` cells, filled by the share of `value` in `cap`, and returns the column after
    /// it. A value above 0 fills at least one cell.
    pub(crate) fn bar(
        &mut self,
        x: u16,
        y: u16,
        width: u16,
        (value, cap): (u64, u64),
        role: Role,
    ) -> u16 {
        let filled = (value * u64::from(width)).checked_div(cap).unwrap_or(0);
        let mut filled = u16::try_from(filled).unwrap_or(width).min(width);
        if value > 0 && filled == 0 {
            filled = 1;
        }
        let (full, empty) = (self.look.glyphs.bar_full, self.look.glyphs.bar_empty);
        let right = x + width;
        let end = self.run(x, y, x + filled, full, role);
        self.run(end, y, right, empty, Role::BarEmpty)
    }

    /// Repeats a glyph one cell wide from column `x` up to `right`, and returns the column after it.
    pub(crate) fn run(&mut self, x: u16, y: u16, right: u16, sign: &str, role: Role) -> u16 {
        let area = self.buffer.area;
        let right = right.min(area.right());
        if y >= area.bottom() || x >= right {
            return x;
        }
        let style = self.look.theme.ink(role);
        for x in x..right {
            self.buffer[(x, y)].set_symbol(sign).set_style(style);
        }
        right
    }

    /// Draws a frame with a title on the left and a text on the right. Returns the area inside; it is empty
    /// if the frame is smaller than 2 by 2 cells.
    pub(crate) fn frame(
        &mut self,
        area: Rect,
        title: &[Span<'_>],
        right: &[Span<'_>],
        role: Role,
    ) -> Rect {
        let area = area.intersection(self.buffer.area);
        if area.width < 2 || area.height < 2 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let borders = self.look.glyphs.border();
        let across = borders.horizontal_top;
        let (left, last, bottom) = (area.x, area.right() - 1, area.bottom() - 1);
        self.run(left, area.y, left + 1, borders.top_left, role);
        self.run(left + 1, area.y, last, across, role);
        self.run(last, area.y, last + 1, borders.top_right, role);
        for y in area.y + 1..bottom {
            self.run(left, y, left + 1, borders.vertical_left, role);
            self.run(last, y, last + 1, borders.vertical_left, role);
        }
        self.run(left, bottom, left + 1, borders.bottom_left, role);
        self.run(left + 1, bottom, last, across, role);
        self.run(last, bottom, last + 1, borders.bottom_right, role);
        let mut end = left + 2;
        if !title.is_empty() {
            let x = self.put(end, area.y, last, " ", role);
            end = self.spans(x, area.y, last, title);
            self.put(end, area.y, last, " ", role);
        }
        if !right.is_empty() {
            let x = self.spans_right(end + 1, area.y, last - 1, right);
            if x < last - 1 {
                self.put(x - 1, area.y, last, " ", role);
                self.put(last - 1, area.y, last, " ", role);
            }
        }
        Rect::new(left + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::view::fixture::model;

    #[test]
    fn bars_are_full_only_at_the_limit() {
        let model = model((80, 24));
        let look = Look {
            theme: Theme::embedded("mono"),
            glyphs: Glyphs::ascii(),
        };
        let cells = |value, cap| {
            let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
            let mut canvas = Canvas {
                buffer: &mut buffer,
                look: &look,
                shared: &model.shared,
            };
            assert_eq!(canvas.bar(0, 0, 10, (value, cap), Role::BarFull), 10);
            let full = |cell: &&ratatui::buffer::Cell| cell.symbol() == look.glyphs.bar_full;
            buffer.content.iter().filter(full).count()
        };
        for (value, cap, full) in [
            (0, 20, 0),
            (1, 2_000, 1),
            (14, 20, 7),
            (1_999, 2_000, 9),
            (20, 20, 10),
            (5, 3, 10),
        ] {
            assert_eq!(cells(value, cap), full, "{value} of {cap}");
        }
    }
}
