//! The four gauges: concurrent calls, calls a minute, caller IDs, and the list. Each one shows its headroom
//! as text.

use ratatui::layout::Rect;

use super::labels::{self, cells};
use crate::engine::board::CampaignBoard;
use crate::engine::desk::{CallerIdSummary, CampaignView, HoldKind, Phase, Until};
use crate::tui::canvas::{Canvas, Span};
use crate::tui::glyph::Glyphs;
use crate::tui::shared::Shared;
use crate::tui::text;
use crate::tui::theme::Role;

/// Minutes of the sparkline.
const MINUTES: usize = 8;

/// The shortest bar that is drawn, in cells.
const SHORTEST_BAR: u16 = 3;

struct Gauge {
    title: String,
    /// The name if there is no room for a title.
    short: &'static str,
    value: (u64, u64),
    /// The value in figures.
    figures: String,
    /// The headroom as text.
    words: String,
    /// The headroom as a shorter text.
    brief: String,
    role: Role,
}

/// Draws the gauges: four in a row with frames, two by two without.
pub(super) fn draw(canvas: &mut Canvas<'_>, area: Rect, framed: bool) {
    let shared = canvas.shared;
    let Some((board, view)) = shared.campaign().zip(shared.campaign_view()) else {
        return;
    };
    let glyphs = &canvas.look.glyphs;
    let spark = glyphs.sparkline(&pace(board, shared));
    let gauges = [
        concurrent(board, glyphs),
        per_minute(board, shared, glyphs),
        caller_ids(view, shared, glyphs),
        progress(board, shared),
    ];
    if !framed {
        // The second gauge of each pair has the longer text.
        let left = area.width * 19 / 40;
        for (place, gauge) in gauges.iter().enumerate() {
            let y = area.y + cells(place / 2);
            let x = if place % 2 == 0 {
                area.x
            } else {
                area.x + left
            };
            let right = if place % 2 == 0 {
                area.x + left
            } else {
                area.right()
            };
            if y < area.bottom() {
                bare(canvas, (x + 1, y), right, gauge);
            }
        }
        return;
    }
    let width = area.width / 4;
    for (place, gauge) in gauges.iter().enumerate() {
        let x = area.x + width * cells(place);
        let width = if place == 3 { area.right() - x } else { width };
        let spark = if place == 3 { spark.as_str() } else { "" };
        framed_gauge(canvas, Rect { x, width, ..area }, gauge, spark);
    }
}

fn framed_gauge(canvas: &mut Canvas<'_>, area: Rect, gauge: &Gauge, spark: &str) {
    let room = usize::from(area.width.saturating_sub(5));
    let (bare, _) = gauge.title.split_once(" (").unwrap_or((&gauge.title, ""));
    let title = text::first_fitting(&[&gauge.title, bare, gauge.short], room);
    let inner = super::pane(canvas, area, None, &[(title, Role::Title)], &[]);
    if inner.height < 2 {
        return;
    }
    let (left, right) = (inner.x + 1, inner.right());
    let figures = cells(text::width(&gauge.figures));
    let bar = inner.width.saturating_sub(figures + 3);
    let x = canvas.bar(left, inner.y, bar, gauge.value, gauge.role);
    canvas.put(x + 1, inner.y, right, &gauge.figures, Role::Value);
    let x = canvas.put(left, inner.y + 1, right, spark, Role::BarFull);
    let x = if spark.is_empty() { x } else { x + 1 };
    let room = usize::from(right.saturating_sub(x));
    let words = text::first_fitting(&[&gauge.words, &gauge.brief], room);
    canvas.put(x, inner.y + 1, right, words, words_role(gauge));
}

/// Draws a gauge in one line: `Calls ███░░ 14/20 room for 6`.
fn bare(canvas: &mut Canvas<'_>, at: (u16, u16), right: u16, gauge: &Gauge) {
    let (x, y) = at;
    let x = canvas.put(x, y, right, gauge.short, Role::Label) + 1;
    let figures = cells(text::width(&gauge.figures));
    let room = right.saturating_sub(x);
    let after_bar = |words: &str| figures + 2 + cells(text::width(words)) + 1;
    let words = if after_bar(&gauge.words) <= room {
        &gauge.words
    } else {
        // Without the bar there is room for two more cells.
        let room = room.saturating_sub(figures + 1);
        text::first_fitting(&[&gauge.brief], usize::from(room))
    };
    let bar = room.saturating_sub(after_bar(words)).min(12);
    let x = if bar >= SHORTEST_BAR {
        canvas.bar(x, y, bar, gauge.value, gauge.role) + 1
    } else {
        x
    };
    let spans: [Span<'_>; 3] = [
        (&gauge.figures, Role::Value),
        (" ", Role::Text),
        (words, words_role(gauge)),
    ];
    canvas.spans(x, y, right, &spans);
}

fn words_role(gauge: &Gauge) -> Role {
    if gauge.role == Role::BarWarn {
        Role::Warn
    } else if gauge.role == Role::BarBad {
        Role::Bad
    } else {
        Role::Text
    }
}

const fn bar_role(value: u64, cap: u64) -> Role {
    if value > cap {
        Role::BarBad
    } else if value == cap {
        Role::BarWarn
    } else {
        Role::BarFull
    }
}

fn room(value: u64, cap: u64) -> String {
    match cap.checked_sub(value) {
        Some(0) => "FULL".to_owned(),
        Some(room) => format!("room for {room}"),
        None => format!("! {} ABOVE the cap", value - cap),
    }
}

fn concurrent(board: &CampaignBoard, glyphs: &Glyphs) -> Gauge {
    let [value, cap] = board.caps.concurrent.map(u64::from);
    let binds = board.next.principal().map(|reason| &reason.kind);
    let words = if value < cap && matches!(binds, Some(HoldKind::TrunkConcurrent(..))) {
        "the trunk is FULL".to_owned()
    } else if value < cap && matches!(binds, Some(HoldKind::DeckConcurrent(..))) {
        "the deck is FULL".to_owned()
    } else if value == cap {
        format!("FULL {} a call has to end", glyphs.separator)
    } else {
        room(value, cap)
    };
    Gauge {
        title: "Concurrent".to_owned(),
        short: "Calls",
        value: (value, cap),
        figures: format!("{value}/{cap}"),
        brief: room(value, cap),
        words,
        role: bar_role(value, cap),
    }
}

fn per_minute(board: &CampaignBoard, shared: &Shared, glyphs: &Glyphs) -> Gauge {
    let [value, cap] = board.caps.per_minute.map(u64::from);
    let dot = glyphs.separator;
    let room = room(value, cap);
    let slot = |what: &str, until: Until| labels::slot(what, until, shared);
    let binds = board.next.principal();
    let binds = binds.map(|reason| (&reason.kind, reason.until));
    let (words, brief) = if let Some((HoldKind::TrunkPerMinute(..), until)) = binds {
        let slot = slot("slot", until);
        (
            format!("trunk FULL {dot} {slot}"),
            format!("trunk {dot} {slot}"),
        )
    } else if let (Some((HoldKind::CampaignPerMinute(..), until)), true) = (binds, value >= cap) {
        let (next, slot) = (slot("next slot", until), slot("slot", until));
        (
            format!("{room} {dot} {next}"),
            format!("{room} {dot} {slot}"),
        )
    } else {
        (room.clone(), room)
    };
    Gauge {
        title: "Started in last 60 s".to_owned(),
        short: "60 s",
        value: (value, cap),
        figures: format!("{value}/{cap}"),
        words,
        brief,
        role: bar_role(value, cap),
    }
}

fn caller_ids(view: &CampaignView, shared: &Shared, glyphs: &Glyphs) -> Gauge {
    let CallerIdSummary {
        all,
        usable,
        calls_left,
        per_hour,
        frees_at,
        some_unproven,
    } = view.caller_id_use;
    let dot = glyphs.separator;
    let title = per_hour.map_or_else(
        || "Caller IDs".to_owned(),
        |cap| format!("Caller IDs ({cap} an hour)"),
    );
    let (words, brief) = match (usable, frees_at) {
        (0, _) if some_unproven => ("NONE proven".to_owned(), "not proven".to_owned()),
        (0, Some(at)) => {
            let at = labels::when(at, shared);
            (
                format!("NONE usable {dot} one free {at}"),
                format!("one free {at}"),
            )
        }
        (0, None) => ("NONE usable".to_owned(), "NONE".to_owned()),
        _ => (
            format!("{calls_left} calls left this hour"),
            format!("{dot} {calls_left} calls left"),
        ),
    };
    Gauge {
        title,
        short: "IDs",
        value: (usable, all),
        figures: format!("{usable}/{all} usable"),
        words,
        brief,
        role: if usable == 0 {
            Role::BarWarn
        } else {
            Role::BarFull
        },
    }
}

fn progress(board: &CampaignBoard, shared: &Shared) -> Gauge {
    let ended = board.ended();
    let rates = shared.rates_of(&board.name);
    let pace = rates.map_or(0.0, |rates| rates.sent_per_minute(shared.now));
    // The pace of the last minutes says nothing about the end of a campaign that does not dial.
    let rates = rates.filter(|_| board.phase == Phase::Running);
    let end = rates.and_then(|rates| rates.end(board.total.saturating_sub(ended), shared.now));
    let eta = end.map_or_else(String::new, |at| {
        format!(" ETA {}", labels::when(at, shared))
    });
    let words = format!("{pace:.1}/min{eta}");
    Gauge {
        title: "List".to_owned(),
        short: "List",
        value: (ended, board.total),
        figures: format!("{ended}/{}", board.total),
        brief: format!("{pace:.1}/min"),
        words,
        role: Role::BarFull,
    }
}

fn pace(board: &CampaignBoard, shared: &Shared) -> Vec<u64> {
    let rates = shared.rates_of(&board.name);
    rates.map_or_else(Vec::new, |rates| rates.by_minute(shared.now, MINUTES))
}
