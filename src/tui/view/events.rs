//! The latest entries of the log, newest first. The callee's number is a separate part, so that it can be
//! masked.

use ratatui::layout::Rect;

use super::labels;
use crate::domain::event::EventKind;
use crate::engine::desk::EventLine;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Pane;
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
    let (glyph, role) = sign(event.kind, &canvas.look.glyphs);
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
    let more = match event.due {
        Some(at) => &format!("due {}", labels::when(at, shared)),
        None => &event.more,
    };
    let room = usize::from(right.saturating_sub(x + 1));
    let more = canvas.look.glyphs.cut(more, room);
    canvas.put(x + 1, y, right, &more, Role::Faint);
}

fn sign(kind: Option<EventKind>, glyphs: &Glyphs) -> (&'static str, Role) {
    let Some(kind) = kind else {
        return (glyphs.separator, Role::Text);
    };
    match kind {
        EventKind::AttemptReserved => (glyphs.next, Role::Faint),
        EventKind::AttemptSent => (glyphs.sent, Role::StateRinging),
        EventKind::CallRinging => (glyphs.ringing, Role::StateRinging),
        EventKind::CallAnswered | EventKind::CalleeDetected => (glyphs.talking, Role::StateLive),
        EventKind::CallEnded | EventKind::ContactFinished => (glyphs.done, Role::Text),
        EventKind::AttemptUnknown => (glyphs.unknown, Role::Bad),
        EventKind::RetryPlanned => (glyphs.waiting, Role::StateWaiting),
        EventKind::SuppressionAdded | EventKind::ConsentRevoked => {
            (glyphs.blocked, Role::StateBlocked)
        }
        EventKind::AlertRaised => (glyphs.alert, Role::Alert),
        EventKind::CampaignPaused => (glyphs.paused, Role::Warn),
        EventKind::CampaignStarted | EventKind::CampaignResumed => (glyphs.running, Role::Good),
        EventKind::CampaignStopped => (glyphs.stopped, Role::Warn),
        EventKind::DeckOpened
        | EventKind::DeckClosed
        | EventKind::CampaignAdded
        | EventKind::CampaignChanged
        | EventKind::ImportStarted
        | EventKind::ContactsImported
        | EventKind::SuppressionReversed
        | EventKind::RegistryLoaded
        | EventKind::ConsentRecorded
        | EventKind::AttemptReconciled
        | EventKind::AttemptCorrected
        | EventKind::AttemptReopened
        | EventKind::IncarnationStarted
        | EventKind::ListsConfirmed
        | EventKind::ClockAccepted => (glyphs.separator, Role::Text),
    }
}
