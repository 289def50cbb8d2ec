//! The first lines: the deck, the viewer, the time and the campaigns. Also the banner for serious faults.

use ratatui::layout::Rect;

use super::labels::{self, cells};
use crate::clock::DeckClock;
use crate::domain::CampaignState;
use crate::domain::event::EventKind;
use crate::domain::text::clean;
use crate::engine::board::CampaignBoard;
use crate::engine::desk::EngineOwner;
use crate::tui::canvas::{Canvas, Span};
use crate::tui::format;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// The most cells of a campaign's name in its tab.
const NAME: usize = 24;

/// Draws the title line and the line of campaigns.
pub(super) fn draw(canvas: &mut Canvas<'_>, title: Rect, tabs: Rect) {
    title_line(canvas, title);
    tab_line(canvas, tabs);
}

fn title_line(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let left = canvas.put(area.x + 1, area.y, area.right(), "dialdeck", Role::Title);
    let left = canvas.put(left + 2, area.y, area.right(), &shared.deck, Role::Text);
    let clock = simulated(shared);
    let viewer = format!("op {} ({})", shared.viewer.actor, shared.viewer.role);
    let engine = match shared.engine() {
        EngineOwner::Inside => ("engine inside", Role::Text),
        EngineOwner::Elsewhere => ("engine elsewhere", Role::Text),
        EngineOwner::Nobody if shared.view.is_none() => ("", Role::Text),
        EngineOwner::Nobody => ("NO ENGINE", Role::Bad),
    };
    let day = format::day(shared.now, &shared.viewer.zone);
    let time = format::clock_zone(shared.now, &shared.viewer.zone);
    let frozen = if shared.frozen { "FROZEN" } else { "" };
    let masked = if shared.masked { "masked" } else { "" };
    // The first parts are dropped first if there is not enough room.
    let mut parts: Vec<Span<'_>> = vec![
        (viewer.as_str(), Role::Text),
        (masked, Role::Faint),
        (day.as_str(), Role::Text),
        (clock.as_str(), Role::Warn),
        engine,
        (frozen, Role::Warn),
        (time.as_str(), Role::Text),
    ];
    parts.retain(|(text, _)| !text.is_empty());
    let width =
        |parts: &[Span<'_>]| -> usize { parts.iter().map(|(text, _)| text::width(text) + 2).sum() };
    let room = usize::from(area.right().saturating_sub(left));
    while parts.len() > 1 && width(&parts) > room {
        parts.remove(0);
    }
    // On the screen the day is directly before the time.
    if let Some(place) = parts.iter().position(|(text, _)| *text == day) {
        let last = parts.len() - 1;
        parts[place..last].rotate_left(1);
    }
    let mut x = area.right().saturating_sub(cells(width(&parts)) - 1);
    for (text, role) in parts {
        x = canvas.put(x, area.y, area.right(), text, role) + 2;
    }
}

/// Returns how the deck's clock is simulated: `x30 simulated`; empty if it is the real one.
fn simulated(shared: &Shared) -> String {
    match shared.view.as_ref().map(|view| view.clock) {
        None | Some(DeckClock::System) => String::new(),
        Some(DeckClock::Scaled(clock)) => format!("x{} simulated", clock.factor),
        Some(DeckClock::Virtual) => "simulated".to_owned(),
    }
}

fn tab_line(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let Some(view) = &shared.view else {
        canvas.put(
            area.x + 1,
            area.y,
            area.right(),
            "reading the deck",
            Role::Faint,
        );
        return;
    };
    let campaigns = &view.board.campaigns;
    if campaigns.is_empty() {
        let text = "no campaign yet: dialdeck campaign add FILE";
        canvas.put(area.x + 1, area.y, area.right(), text, Role::Faint);
        return;
    }
    let count = campaigns.len();
    let count_room = format!(" {count}-{count} of {count}").len();
    let room = usize::from(area.width).saturating_sub(count_room + 2);
    let first = first_tab(canvas, room);
    let (mut x, mut last) = (area.x + 1, first);
    for (place, board) in campaigns.iter().enumerate().skip(first) {
        let label = label(canvas, place, board);
        let end = usize::from(x) + text::width(&label);
        if end > room + 1 && place != shared.tab {
            break;
        }
        let active = place == shared.tab;
        let role = if active {
            Role::TabActive
        } else {
            labels::campaign(board, &canvas.look.glyphs).role
        };
        x = canvas.put(x, area.y, cells(room) + 1, &label, role) + 1;
        last = place;
    }
    let shown = format!("{}-{} of {count}", first + 1, last + 1);
    canvas.put_right(area.x, area.y, area.right() - 1, &shown, Role::Faint);
}

/// Returns the first tab from which the current campaign still fits.
fn first_tab(canvas: &Canvas<'_>, room: usize) -> usize {
    let shared = canvas.shared;
    let campaigns = shared
        .view
        .as_ref()
        .map_or(&[][..], |view| &view.board.campaigns);
    let mut first = shared.tab.min(campaigns.len().saturating_sub(1));
    let mut taken = 0;
    for place in (0..=first).rev() {
        let Some(board) = campaigns.get(place) else {
            break;
        };
        taken += text::width(&label(canvas, place, board)) + 1;
        if taken > room && place < shared.tab {
            break;
        }
        first = place;
    }
    first
}

/// Returns the text of a tab: `[1 ● spring-reminders  RUNNING]`.
fn label(canvas: &Canvas<'_>, place: usize, board: &CampaignBoard) -> String {
    let sign = labels::campaign(board, &canvas.look.glyphs);
    let cleaned = clean(&board.name);
    let name = if text::width(&cleaned) > NAME {
        canvas.look.glyphs.fit(&cleaned, NAME)
    } else {
        cleaned.into_owned()
    };
    let since = match board.state {
        CampaignState::Paused => paused_since(canvas.shared, &board.name),
        CampaignState::Draft
        | CampaignState::Running
        | CampaignState::Done
        | CampaignState::Stopped => String::new(),
    };
    format!(
        "[{} {} {name}  {}{since}]",
        place + 1,
        sign.glyph,
        sign.word
    )
}

/// Returns ` 12m` since the pause; empty if the received log does not contain it.
fn paused_since(shared: &Shared, name: &str) -> String {
    let paused = shared.events.iter().rev().find(|event| {
        event.kind == Some(EventKind::CampaignPaused) && event.campaign.as_deref() == Some(name)
    });
    paused.map_or_else(String::new, |event| {
        format!(" {}", format::span(shared.now.since(event.at)))
    })
}

/// Draws the banner across the whole width.
pub(super) fn banner(canvas: &mut Canvas<'_>, area: Rect) {
    let shared = canvas.shared;
    let alert = canvas.look.glyphs.alert;
    canvas.fill(area, Role::Alert);
    let text = match (&shared.failed, &shared.broken) {
        (Some(error), _) => {
            let seen = shared
                .view
                .as_ref()
                .map(|view| labels::clock(view.board.now, shared));
            let seen = seen.map_or_else(String::new, |at| format!(" This is from {at}."));
            format!("{alert} THE STORE CANNOT BE READ.{seen} {error}")
        }
        (None, Some(broken)) => {
            let engine = match shared.engine() {
                EngineOwner::Nobody => "NO ENGINE RUNS, nothing is dialed. ",
                EngineOwner::Inside | EngineOwner::Elsewhere => "",
            };
            format!("{alert} {engine}BROKEN: {broken}")
        }
        (None, None) => {
            format!(
                "{alert} NO ENGINE RUNS ON THIS DECK: nothing is dialed. `dialdeck run` starts one."
            )
        }
    };
    canvas.put(area.x + 1, area.y, area.right(), &text, Role::Alert);
    canvas.shade(area, Role::Selection);
}
