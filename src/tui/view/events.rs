//! The latest entries of the log, newest first. The callee's number is a separate part, so that it can be
//! masked.

use ratatui::layout::Rect;

use super::labels;
use crate::domain::Timestamp;
use crate::engine::desk::EventLine;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::glyph::Glyphs;
use crate::tui::shared::{Pane, Shared};
use crate::tui::theme::Role;

/// Draws the pane of the events.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, framed: bool) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let shared = canvas.shared;
    let mut inner = area;
    if framed {
        let place = match shared.events_back {
            0 => "follow".to_owned(),
            back => format!("{back} back"),
        };
        let skipped = match shared.skipped {
            0 => String::new(),
            some => format!("{some} too fast to show  "),
        };
        let right: [Span<'_>; 2] = [(&skipped, Role::Warn), (&place, Role::Faint)];
        inner = super::pane(
            canvas,
            area,
            Some(Pane::Events),
            &[("Events", Role::Title)],
            &right,
        );
    } else if shared.pane == Pane::Events {
        canvas.put(
            area.x,
            area.y,
            area.right(),
            canvas.look.glyphs.cursor,
            Role::Title,
        );
    }
    let newest_first = shared.events.iter().rev().skip(shared.events_back);
    for (y, event) in (inner.y..inner.bottom()).zip(newest_first) {
        line(canvas, (inner.x + 1, y), inner.right(), event);
    }
}

fn line(canvas: &mut Canvas<'_>, at: (u16, u16), right: u16, event: &EventLine) {
    let shared = canvas.shared;
    let (x, y) = at;
    let (glyph, role) = sign(&event.kind, &canvas.look.glyphs);
    let x = canvas.put(x, y, right, &labels::clock(event.at, shared), Role::Faint);
    let x = canvas.put(x + 1, y, right, glyph, role);
    let mut x = canvas.put(x + 1, y, right, &event.text, role);
    if let Some(number) = event.number {
        x = canvas.put(
            x + 1,
            y,
            right,
            &labels::number(number, shared, &canvas.look.glyphs),
            Role::Value,
        );
    } else if let Some(campaign) = &event.campaign {
        x = canvas.put(x + 1, y, right, campaign, Role::Value);
    }
    canvas.put(x + 1, y, right, &more(event, shared), Role::Faint);
}

/// Returns the text after the number. An instant of the log becomes the viewer's time of day.
fn more(event: &EventLine, shared: &Shared) -> String {
    let due = event.more.strip_prefix("due ").map(str::parse::<Timestamp>);
    match due {
        Some(Ok(at)) => format!("due {}", labels::when(at, shared)),
        Some(Err(_)) | None => event.more.clone(),
    }
}

fn sign(kind: &str, glyphs: &Glyphs) -> (&'static str, Role) {
    match kind {
        "attempt_reserved" => (glyphs.next, Role::Faint),
        "attempt_sent" => (glyphs.sent, Role::StateRinging),
        "call_ringing" => (glyphs.ringing, Role::StateRinging),
        "call_answered" | "callee_detected" => (glyphs.talking, Role::StateLive),
        "call_ended" | "contact_finished" => (glyphs.done, Role::Text),
        "attempt_unknown" => (glyphs.unknown, Role::Bad),
        "retry_planned" => (glyphs.waiting, Role::StateWaiting),
        "suppression_added" | "consent_revoked" => (glyphs.blocked, Role::StateBlocked),
        "alert_raised" => (glyphs.alert, Role::Alert),
        "campaign_paused" => (glyphs.paused, Role::Warn),
        "campaign_started" | "campaign_resumed" => (glyphs.running, Role::Good),
        "campaign_stopped" => (glyphs.stopped, Role::Warn),
        _ => (glyphs.separator, Role::Text),
    }
}
