//! Drawing: text by role into a buffer, cut to its place. Whatever comes from a file is cleaned here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::glyph::Glyphs;
use super::model::Shared;
use super::text;
use super::theme::{Role, Theme};
use crate::domain::text::{clean, is_plain};

/// Theme and glyphs.
#[derive(Clone, Debug)]
pub struct Look {
    /// Styles by role.
    pub theme: Theme,
    /// The screen's signs.
    pub glyphs: Glyphs,
}

/// A buffer with everything that drawing needs.
pub struct Canvas<'a> {
    /// The cells.
    pub buffer: &'a mut Buffer,
    /// Theme and glyphs.
    pub look: &'a Look,
    /// What is shown.
    pub shared: &'a Shared,
}

/// A piece of a line.
pub type Span<'a> = (&'a str, Role);

impl Canvas<'_> {
    /// Writes text from `x` on, cut at `right`; gives the column after it. Control, bidi and format
    /// characters never reach the buffer.
    pub fn put(&mut self, x: u16, y: u16, right: u16, text: &str, role: Role) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= right.min(area.right()) {
            return x;
        }
        let width = usize::from(right.min(area.right()) - x);
        let style = self.look.theme.style(role);
        if is_plain(text) {
            // A letter a cell, as most of the screen is: nothing has to be cut into graphemes.
            let shown = &text[..text.len().min(width)];
            let mut end = x;
            for at in 0..shown.len() {
                let cell = &mut self.buffer[(end, y)];
                cell.set_symbol(&shown[at..=at]).set_style(style);
                end += 1;
            }
            return end;
        }
        let clean = clean(text);
        let (end, _) = self.buffer.set_stringn(x, y, &clean, width, style);
        end
    }

    /// Writes pieces one after another.
    pub fn spans(&mut self, x: u16, y: u16, right: u16, spans: &[Span<'_>]) -> u16 {
        spans
            .iter()
            .fold(x, |x, (text, role)| self.put(x, y, right, text, *role))
    }

    /// Writes text so that it ends before `right`.
    pub fn put_right(&mut self, left: u16, y: u16, right: u16, text: &str, role: Role) {
        let clean = clean(text);
        let width = u16::try_from(text::width(&clean)).unwrap_or(u16::MAX);
        let x = right.saturating_sub(width).max(left);
        self.put(x, y, right, &clean, role);
    }

    /// Gives every cell of an area a role's style and a space.
    pub fn fill(&mut self, area: Rect, role: Role) {
        let style = self.look.theme.style(role);
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                // What lies beneath must not shine through where the role leaves a colour open.
                self.buffer[(x, y)].reset();
                self.buffer[(x, y)].set_style(style);
            }
        }
    }

    /// Lays a role's style over what is there.
    pub fn shade(&mut self, area: Rect, role: Role) {
        let style = self.look.theme.style(role);
        self.buffer
            .set_style(area.intersection(self.buffer.area), style);
    }

    /// A bar of `width` cells of which `value` of `cap` are full; gives the column after it.
    pub fn bar(&mut self, x: u16, y: u16, width: u16, (value, cap): (u64, u64), role: Role) -> u16 {
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

    /// Writes one of the screen's own signs, a cell wide, from `x` until `right`; gives the column
    /// after it.
    pub fn run(&mut self, x: u16, y: u16, right: u16, sign: &str, role: Role) -> u16 {
        let area = self.buffer.area;
        let right = right.min(area.right());
        if y >= area.bottom() || x >= right {
            return x;
        }
        let style = self.look.theme.style(role);
        for x in x..right {
            self.buffer[(x, y)].set_symbol(sign).set_style(style);
        }
        right
    }

    /// A frame with a title; gives what is inside.
    pub fn frame(
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
        if !title.is_empty() {
            let x = self.put(left + 2, area.y, last, " ", role);
            let x = self.spans(x, area.y, last, title);
            self.put(x, area.y, last, " ", role);
        }
        if !right.is_empty() {
            let width: usize = right.iter().map(|(text, _)| text::width(text)).sum();
            let width = u16::try_from(width).unwrap_or(u16::MAX);
            let x = last.saturating_sub(width.saturating_add(2)).max(left + 2);
            let x = self.put(x, area.y, last, " ", role);
            let x = self.spans(x, area.y, last, right);
            self.put(x, area.y, last, " ", role);
        }
        Rect::new(left + 1, area.y + 1, area.width - 2, area.height - 2)
    }
}
