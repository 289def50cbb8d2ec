//! The filter line while it is typed.

use ratatui::layout::Rect;

use super::labels::cells;
use crate::tui::canvas::Canvas;
use crate::tui::dialog::lines::{draw_line, fault};
use crate::tui::filter::FilterLine;
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws the filter line in place of the alert line. Above it are the lines that say why it is no filter.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, line: &FilterLine) {
    if let Some(fault) = line.fault() {
        draw_fault(canvas, area, &fault.to_string());
    }
    let input = line.input();
    canvas.fill(area, Role::Text);
    let x = canvas.put(area.x + 1, area.y, area.right(), "filter: ", Role::Label);
    let help = "Enter applies  Esc clears  state: zone: out:";
    let help_width = cells(text::width(help)) + 2;
    let right = area
        .right()
        .saturating_sub(if area.width >= 100 { help_width } else { 1 });
    let room = usize::from(right.saturating_sub(x + 1));
    let from = input.visual_scroll(room);
    let shown: String = input.value().chars().skip(from).collect();
    canvas.fill(
        Rect {
            x,
            width: right.saturating_sub(x),
            ..area
        },
        Role::Input,
    );
    canvas.put(x, area.y, right, &shown, Role::Input);
    let cursor = x + cells(input.visual_cursor().saturating_sub(from));
    if cursor < right {
        let cell = Rect {
            x: cursor,
            width: 1,
            ..area
        };
        canvas.shade(cell, Role::Selection);
    }
    if area.width >= 100 {
        canvas.put_right(right, area.y, area.right() - 1, help, Role::Faint);
    }
}

/// Draws why the line is no filter, in as many lines above it as that takes.
fn draw_fault(canvas: &mut Canvas<'_>, area: Rect, text: &str) {
    let lines = fault(text, None, usize::from(area.width.saturating_sub(2)));
    let height = cells(lines.len()).min(area.y);
    let above = Rect {
        y: area.y - height,
        height,
        ..area
    };
    canvas.fill(above, Role::Text);
    let inner = Rect {
        x: above.x + 1,
        width: above.width.saturating_sub(1),
        ..above
    };
    for (y, line) in (above.y..).zip(&lines) {
        draw_line(canvas, inner, y, line);
    }
}
