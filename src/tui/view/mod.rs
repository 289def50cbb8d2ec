//! The screen: one pane per file, drawn from the model alone.
//!
//! No function here changes the model or reads a clock; the time is `shared.now`. The cost of a pane depends
//! on the cells it fills, never on the length of the list.

mod alerts;
mod card;
#[cfg(test)]
mod cell_tests;
mod events;
mod filter;
#[cfg(test)]
pub(in crate::tui) mod fixture;
mod gates;
mod gauges;
mod header;
mod hints;
mod idle;
mod labels;
mod layout;
mod list;
mod outcomes;
mod start;
#[cfg(test)]
mod tests;
mod zones;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub(crate) use start::what_starts;

use super::canvas::{Canvas, Look, Span};
use super::model::Model;
use super::shared::Pane;
use super::theme::Role;

/// Draws the whole screen: the panes, the filter line while it is typed, and the dialog on top.
pub fn draw(model: &Model, look: &Look, buffer: &mut Buffer) {
    let area = buffer.area;
    let mut canvas = Canvas {
        buffer,
        look,
        shared: &model.shared,
    };
    canvas.fill(area, Role::Text);
    if is_too_small((area.width, area.height)) || is_too_small(model.shared.size) {
        return card::draw(&mut canvas);
    }
    let places = layout::places(&model.shared);
    header::draw(&mut canvas, places.title, places.tabs);
    if places.banner.height > 0 {
        header::banner(&mut canvas, places.banner);
    }
    let framed = places.framed;
    gauges::draw(&mut canvas, places.gauges, framed);
    idle::draw(&mut canvas, places.idle);
    zones::draw(&mut canvas, places.zones, framed);
    outcomes::draw(&mut canvas, places.outcomes);
    list::draw(&mut canvas, places.list, framed, &model.list);
    events::draw(&mut canvas, places.events, framed);
    gates::draw(&mut canvas, places.gates);
    alerts::draw(&mut canvas, places.alerts);
    hints::draw(&mut canvas, places.hints);
    if let Some(line) = &model.filtering {
        filter::draw(&mut canvas, places.alerts, line);
    }
    if let Some(dialog) = &model.dialog {
        dialog.draw(&mut canvas);
    }
}

/// Returns the number of rows of the call list that fit, at least 1; `None` while the list is not on the
/// screen.
pub(crate) fn list_height(model: &Model) -> Option<usize> {
    if is_too_small(model.shared.size) {
        return None;
    }
    let places = layout::places(&model.shared);
    if places.list.height == 0 {
        return None;
    }
    let rows = list::rows_in(places.list, places.framed);
    Some(usize::from(rows).max(1))
}

/// Returns whether the terminal is too small for the panes.
pub(crate) const fn is_too_small(size: (u16, u16)) -> bool {
    size.0 < layout::SMALLEST.0 || size.1 < layout::SMALLEST.1
}

/// Draws the frame of a pane and marks its title if it has the focus. Returns the area inside.
fn pane(
    canvas: &mut Canvas<'_>,
    area: Rect,
    pane: Option<Pane>,
    title: &[Span<'_>],
    right: &[Span<'_>],
) -> Rect {
    let focused = pane == Some(canvas.shared.pane);
    let role = if focused {
        Role::BorderFocus
    } else {
        Role::Border
    };
    if !focused {
        return canvas.frame(area, title, right, role);
    }
    let mut marked = vec![(canvas.look.glyphs.cursor, Role::Title)];
    marked.extend_from_slice(title);
    canvas.frame(area, &marked, right, role)
}
