//! The alert line: the number of alerts that are not acknowledged, and the newest one.

use ratatui::layout::Rect;

use super::labels;
use crate::tui::action::{Action, ViewAction};
use crate::tui::canvas::{Canvas, Span};
use crate::tui::theme::Role;

/// Draws the line; nothing if there is no alert.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let alerts = shared.alerts();
    let Some(newest) = alerts.first() else {
        return;
    };
    let count = match alerts.len() {
        1 => "1 alert".to_owned(),
        some => format!("{some} alerts"),
    };
    let at = format!("{} ", labels::when(newest.at, shared));
    let (see, known) = (
        shared.keys.key(Action::View(ViewAction::Alerts)),
        shared.keys.key(Action::View(ViewAction::Acknowledge)),
    );
    let keys = match (see.as_str(), known.as_str()) {
        ("", "") => String::new(),
        (see, "") => format!("{see} shows"),
        ("", known) => format!("{known} acknowledges"),
        (see, known) => format!("{see} shows  {known} acknowledges"),
    };
    let right = if area.width >= 100 && !keys.is_empty() {
        area.right() - 1 - labels::cells(keys.len())
    } else {
        area.right()
    };
    let end = right.saturating_sub(1);
    let spans: [Span<'_>; 5] = [
        (canvas.look.glyphs.alert, Role::Alert),
        (" ", Role::Alert),
        (&count, Role::Alert),
        ("  ", Role::Text),
        (&at, Role::Faint),
    ];
    let x = canvas.spans(area.x + 1, area.y, end, &spans);
    let room = usize::from(end.saturating_sub(x));
    let text = canvas.look.glyphs.cut(&newest.text, room);
    canvas.put(x, area.y, end, &text, Role::Bad);
    if right < area.right() {
        canvas.put(right, area.y, area.right(), &keys, Role::Faint);
    }
}
