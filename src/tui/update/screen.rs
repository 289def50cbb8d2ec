//! Actions that change what the screen shows, and nothing in the deck.

use super::{Cmd, message, say, send, set_filter};
use crate::engine::desk::{Act, ListOrder};
use crate::tui::action::{MoveAction, Slot, ViewAction};
use crate::tui::dialog::alerts::Alerts;
use crate::tui::filter::{Filter, FilterLine};
use crate::tui::list::Motion;
use crate::tui::model::Model;
use crate::tui::shared::{Pane, Tone};

pub(super) fn perform(model: &mut Model, action: ViewAction, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    match action {
        ViewAction::Filter => {
            model.filtering = Some(FilterLine::new(&model.list.filter.typed));
        }
        ViewAction::Sort => {
            model.list.order = match model.list.order {
                ListOrder::Queue => ListOrder::List,
                ListOrder::List => ListOrder::Number,
                ListOrder::Number => ListOrder::Queue,
            };
            cmds.extend(model.list.restart().map(Cmd::Request));
        }
        ViewAction::Expand => shared.expanded = !shared.expanded,
        ViewAction::Freeze => freeze(model, cmds),
        ViewAction::Mask => shared.masked = !shared.masked,
        ViewAction::Alerts => model.dialog = Some(Box::new(Alerts::default())),
        ViewAction::Acknowledge => {
            let newest = shared.alerts().first().map(|alert| alert.seq);
            acknowledge(model, newest.as_slice(), cmds);
        }
        ViewAction::NextTheme => cmds.push(Cmd::NextTheme),
    }
}

/// Moves within the pane that has the focus, to another pane or to another campaign, or one step back.
pub(super) fn go(model: &mut Model, action: MoveAction, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    match action {
        MoveAction::NextCampaign => turn(model, |tab, count| (tab + 1) % count, cmds),
        MoveAction::PreviousCampaign => turn(model, |tab, count| (tab + count - 1) % count, cmds),
        MoveAction::NextPane => shared.pane = shared.pane.next(),
        MoveAction::PreviousPane => shared.pane = shared.pane.previous(),
        MoveAction::Down => scroll(model, Motion::Down, cmds),
        MoveAction::Up => scroll(model, Motion::Up, cmds),
        MoveAction::PageDown => scroll(model, Motion::PageDown, cmds),
        MoveAction::PageUp => scroll(model, Motion::PageUp, cmds),
        MoveAction::Top => scroll(model, Motion::Top, cmds),
        MoveAction::Bottom => scroll(model, Motion::Bottom, cmds),
        MoveAction::Back => back(model, cmds),
    }
}

/// Goes to a campaign by its place; stays if there are fewer.
pub(super) fn go_to(model: &mut Model, slot: Slot, cmds: &mut Vec<Cmd>) {
    let place = slot.index();
    turn(
        model,
        |tab, count| if place < count { place } else { tab },
        cmds,
    );
}

/// Goes one step back: shrinks an expanded pane, or ends a freeze, or clears the filter.
fn back(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if model.shared.expanded {
        model.shared.expanded = false;
    } else if model.shared.frozen {
        freeze(model, cmds);
    } else if !model.list.filter.is_empty() {
        set_filter(model, Filter::default(), cmds);
    }
}

fn scroll(model: &mut Model, motion: Motion, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    match shared.pane {
        Pane::List => cmds.extend(model.list.go(motion).map(Cmd::Request)),
        Pane::Events => {
            let last = shared.events.len().saturating_sub(1);
            // The newest entry is at the top, and places are counted from it.
            shared.events_back = motion.from(shared.events_back, last, 10);
        }
        Pane::Zones => {
            let rows = shared.campaign_view().map_or(0, |view| view.zones.len());
            shared.zones_from = motion.from(shared.zones_from, rows.saturating_sub(1), 5);
        }
    }
}

fn turn(model: &mut Model, to: impl Fn(usize, usize) -> usize, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    let count = shared.view.as_ref().map_or(0, |view| view.campaigns.len());
    if count == 0 {
        return;
    }
    shared.tab = to(shared.tab, count);
    shared.zones_from = 0;
    let id = shared.campaign_view().map(|view| view.id);
    cmds.extend(model.list.turn_to(id).map(Cmd::Request));
}

fn freeze(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.frozen = !shared.frozen;
    if let Some(newer) = shared.newer.take() {
        message::on_view(model, newer, cmds);
    }
}

/// Acknowledges alerts. They disappear from this screen without delay, and from the deck with the write. A
/// viewer who may not change the deck only clears their own screen.
pub(super) fn acknowledge(model: &mut Model, alerts: &[i64], cmds: &mut Vec<Cmd>) {
    if alerts.is_empty() {
        return say(model, Tone::Plain, "there is no alert".to_owned());
    }
    model.shared.seen_alerts.extend(alerts);
    if model.shared.viewer.may.campaigns.is_full() {
        for seq in alerts {
            let text = "acknowledging".to_owned();
            send(model, Act::Acknowledge(*seq), text, cmds);
        }
    }
}
