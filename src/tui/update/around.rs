//! Keys that change the view only: moving, filtering, sorting, freezing.

use tui_input::Input;

use super::{Cmd, copy, news};
use crate::engine::desk::ListOrder;
use crate::tui::action::Action;
use crate::tui::filter::Filter;
use crate::tui::list::Motion;
use crate::tui::model::{Model, Pane};

/// Performs an action that changes what is shown and nothing in the deck.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what is left goes to a campaign, or is no key of the view"
)]
pub(super) fn look_around(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    match action {
        Action::Down => motion(model, Motion::Down, cmds),
        Action::Up => motion(model, Motion::Up, cmds),
        Action::PageDown => motion(model, Motion::PageDown, cmds),
        Action::PageUp => motion(model, Motion::PageUp, cmds),
        Action::Top => motion(model, Motion::Top, cmds),
        Action::Bottom => motion(model, Motion::Bottom, cmds),
        Action::NextPane => shared.pane = shared.pane.next(),
        Action::PreviousPane => shared.pane = shared.pane.next().next(),
        Action::Expand => shared.expanded = !shared.expanded,
        Action::Mask => shared.masked = !shared.masked,
        Action::Freeze => freeze(model, cmds),
        Action::Filter => {
            model.filtering = Some(Input::new(model.list.filter.typed.clone()));
        }
        Action::Sort => {
            model.list.order = match model.list.order {
                ListOrder::Queue => ListOrder::List,
                ListOrder::List => ListOrder::Number,
                ListOrder::Number => ListOrder::Queue,
            };
            cmds.extend(model.list.restart().map(Cmd::Ask));
        }
        Action::Mark => cmds.extend(model.list.mark().map(Cmd::Ask)),
        Action::ClearMarks => model.list.marked.clear(),
        Action::Copy => {
            if let Some(row) = model.list.current() {
                let number = row.number.to_string();
                copy(model, number, cmds);
            }
        }
        Action::NextCampaign => turn(model, |tab, count| (tab + 1) % count, cmds),
        Action::PreviousCampaign => turn(model, |tab, count| (tab + count - 1) % count, cmds),
        Action::Back => back(model, cmds),
        other => {
            if let Some(place) = other.campaign_index() {
                turn(
                    model,
                    |tab, count| if place < count { place } else { tab },
                    cmds,
                );
            }
        }
    }
}

/// Goes one step back: closes an expanded pane, or ends a freeze, or clears the filter.
fn back(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if model.shared.expanded {
        model.shared.expanded = false;
    } else if model.shared.frozen {
        freeze(model, cmds);
    } else if !model.list.filter.is_empty() {
        model.list.filter = Filter::default();
        cmds.extend(model.list.restart().map(Cmd::Ask));
    }
}

fn motion(model: &mut Model, motion: Motion, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    match shared.pane {
        Pane::List => cmds.extend(model.list.go(motion).map(Cmd::Ask)),
        Pane::Events => {
            let last = shared.events.len().saturating_sub(1);
            // The newest entry is at the bottom, and places are counted from it.
            let upwards = motion.reversed();
            shared.events_back = upwards.from(shared.events_back, last, 10);
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
    cmds.extend(model.list.turn_to(id).map(Cmd::Ask));
}

pub(super) fn freeze(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.frozen = !shared.frozen;
    if let Some(newer) = shared.newer.take() {
        news::on_view(model, newer, cmds);
    }
}
