//! The idle line: while fewer calls leave than may, the one thing that binds, and how much of late it did.

use ratatui::layout::Rect;

use super::words;
use crate::domain::CampaignState;
use crate::engine::desk::Limit;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::theme::Role;

/// The line; empty while calls leave as fast as they may.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return;
    };
    let [sent, cap] = board.caps.per_minute;
    if area.height == 0 || sent >= cap {
        return;
    }
    let limit = view.limit;
    let paused = limit == Limit::State(CampaignState::Paused);
    let note = board.note.as_deref().filter(|_| paused);
    let why = note.map_or_else(
        || words::binds(limit, shared),
        |note| format!("{}: {note}", words::binds(limit, shared)),
    );
    let rates = shared.rates_of(&board.name);
    let share = rates.map_or_else(String::new, |rates| {
        let share = rates.share(limit, shared.now);
        format!("  {share}% of the last 15 min: {}", limit.word())
    });
    let spans: [Span<'_>; 3] = [
        ("below the cap: ", Role::Label),
        (&why, role(limit)),
        (&share, Role::Faint),
    ];
    canvas.spans(area.x + 1, area.y, area.right(), &spans);
}

const fn role(limit: Limit) -> Role {
    match limit {
        Limit::NoEngine
        | Limit::ClockBehind(_)
        | Limit::Abandonment
        | Limit::TrunkRests(None)
        | Limit::NoCallerId => Role::Bad,
        Limit::Spacing | Limit::NothingLeft => Role::Text,
        Limit::State(_)
        | Limit::Start(_)
        | Limit::Window(_)
        | Limit::Retry(_)
        | Limit::TrunkRests(Some(_))
        | Limit::Concurrent
        | Limit::TrunkConcurrent
        | Limit::DeckConcurrent
        | Limit::PerMinute(_)
        | Limit::TrunkPerMinute(_)
        | Limit::TrunkSlowed(_)
        | Limit::CallerIdsUnproven
        | Limit::CallerIds(_) => Role::Warn,
    }
}
