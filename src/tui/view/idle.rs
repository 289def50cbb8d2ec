//! The idle line. If fewer calls go out than the cap allows, it shows the principal reason and its share of
//! the last minutes.

use ratatui::layout::Rect;

use super::labels;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::text;
use crate::tui::theme::Role;

/// Draws the line; nothing if the calls of the last minute reach the cap.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return;
    };
    if area.height == 0 || board.caps.is_full_per_minute() {
        return;
    }
    let (why, role) = labels::binds(board, view, shared);
    let rates = shared.rates_of(&board.name);
    let share = rates.map_or_else(String::new, |rates| {
        let share = rates.share(view.limit, shared.now);
        match rates.seen(shared.now).as_secs() / 60 {
            // A share of less than a minute is not meaningful.
            0 => String::new(),
            1 => format!(", as in {share}% of the last minute"),
            minutes => format!(", as in {share}% of the last {minutes} minutes"),
        }
    });
    let label = "below the cap: ";
    let room = usize::from(area.width.saturating_sub(1)).saturating_sub(label.len());
    let why = canvas.look.glyphs.cut(&why, room);
    let share = text::first_fitting(&[&share], room.saturating_sub(text::width(&why)));
    let spans: [Span<'_>; 3] = [(label, Role::Label), (&why, role), (share, Role::Faint)];
    canvas.spans(area.x + 1, area.y, area.right(), &spans);
}
