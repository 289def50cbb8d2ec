//! The place of each pane, by the size of the terminal.
//!
//! Below 60×16 no pane is drawn: see `card`. Below 100×30 the panes have no frames. From 160 columns on, with
//! frames, the call list takes the left two thirds and a rail on the right has the rest.

use ratatui::layout::Rect;

use super::labels::cells;
use crate::engine::desk::EngineOwner;
use crate::tui::shared::{Pane, Shared};

/// The smallest size at which panes are drawn, in columns and rows.
pub(super) const SMALLEST: (u16, u16) = (60, 16);

const FRAMED: (u16, u16) = (100, 30);
const RAIL: u16 = 160;

/// The places of the panes. A pane that is not drawn has an empty area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) framed: bool,
    pub(super) title: Rect,
    pub(super) tabs: Rect,
    pub(super) banner: Rect,
    pub(super) gauges: Rect,
    pub(super) idle: Rect,
    pub(super) zones: Rect,
    pub(super) outcomes: Rect,
    pub(super) list: Rect,
    pub(super) events: Rect,
    pub(super) gates: Rect,
    pub(super) alerts: Rect,
    pub(super) hints: Rect,
}

/// Removes lines from the top of an area, and returns them: `height` lines, or all if there are fewer.
fn take(area: &mut Rect, height: u16) -> Rect {
    let height = height.min(area.height);
    let taken = Rect { height, ..*area };
    area.y += height;
    area.height -= height;
    taken
}

/// Splits an area. The left part is `width` cells wide.
fn split(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let left = Rect { width, ..area };
    let right = Rect {
        x: area.x + width,
        width: area.width - width,
        ..area
    };
    (left, right)
}

/// Returns the places at the terminal's size.
pub(super) fn places(shared: &Shared) -> Places {
    let (width, height) = shared.size;
    let mut rest = Rect::new(0, 0, width, height);
    let framed = width >= FRAMED.0 && height >= FRAMED.1;
    let mut places = Places {
        framed,
        title: take(&mut rest, 1),
        tabs: take(&mut rest, 1),
        banner: take(&mut rest, u16::from(needs_banner(shared))),
        ..Places::default()
    };
    let foot = rest.height.saturating_sub(2);
    let mut body = take(&mut rest, foot);
    places.alerts = take(&mut rest, 1);
    places.hints = take(&mut rest, 1);
    if shared.expanded {
        match shared.pane {
            Pane::List => places.list = body,
            Pane::Zones => places.zones = body,
            Pane::Events => places.events = body,
        }
        return places;
    }
    places.gauges = take(&mut body, if framed { 4 } else { 2 });
    places.idle = take(&mut body, 1);
    let zones = cells(shared.campaign_view().map_or(0, |view| view.zones.len()));
    if !framed {
        bare(&mut places, body, zones);
    } else if width >= RAIL {
        rail(&mut places, body, zones);
    } else {
        stacked(&mut places, body, zones);
    }
    places
}

/// Returns whether a fault is serious enough for the banner: the store cannot be read, files are broken, or
/// no engine runs.
pub(super) fn needs_banner(shared: &Shared) -> bool {
    shared.failed.is_some()
        || shared.broken.is_some()
        || shared
            .view
            .as_ref()
            .is_some_and(|view| view.engine == EngineOwner::Nobody)
}

/// Places the panes without frames: zones, list and events from top to bottom.
fn bare(places: &mut Places, mut body: Rect, zones: u16) {
    let spare = body.height.saturating_sub(9);
    let wanted = (zones + 1).max(2);
    places.zones = take(&mut body, wanted.min(2 + spare * 3 / 8));
    let events = (1 + spare * 3 / 8).min(4);
    let list = body.height.saturating_sub(events);
    places.list = take(&mut body, list);
    places.events = body;
}

/// Places the panes with frames: zones and outcomes, then the list, then events and gates.
fn stacked(places: &mut Places, mut body: Rect, zones: u16) {
    let spare = body.height.saturating_sub(21);
    let height = (zones + 3).clamp(6, 9 + spare / 4);
    let top = take(&mut body, height);
    let outcomes = top.width / 4;
    (places.zones, places.outcomes) = split(top, top.width - outcomes);
    let list = body.height.saturating_sub(6);
    places.list = take(&mut body, list);
    (places.events, places.gates) = split(body, body.width / 2);
}

/// Places the list on the left and the other panes in a rail on the right.
fn rail(places: &mut Places, body: Rect, zones: u16) {
    let (list, mut rail) = split(body, body.width - body.width / 3);
    places.list = list;
    let (mut outcomes, gates, events) = (10, 6, 5);
    let left = rail.height.saturating_sub(outcomes + gates + events);
    let height = (zones + 3).min(left.max(6));
    outcomes = outcomes.min(rail.height.saturating_sub(height + gates + events));
    places.zones = take(&mut rail, height);
    if outcomes >= 4 {
        places.outcomes = take(&mut rail, outcomes);
    }
    places.gates = take(&mut rail, gates);
    places.events = rail;
}
