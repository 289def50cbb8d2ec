//! Actions on campaigns. Holding back needs no confirmation; starting, raising and stopping for good do.

use super::{Cmd, say, send};
use crate::domain::campaign::Pacing;
use crate::domain::{CampaignId, CampaignState};
use crate::engine::desk::Act;
use crate::tui::action::{Action, CampaignAction};
use crate::tui::dialog::Want;
use crate::tui::dialog::caps::CapsDialog;
use crate::tui::dialog::confirm::Confirm;
use crate::tui::dialog::import::ImportDialog;
use crate::tui::dialog::lines::count;
use crate::tui::model::Model;
use crate::tui::shared::{Millis, Shared, Tone};
use crate::tui::view;

/// The time in which a second press of the key that stops everything offers to hang up.
const AGAIN_MS: Millis = 3_000;

/// The current campaign, as the actions need it.
struct Current {
    id: CampaignId,
    name: String,
    state: CampaignState,
    pacing: Pacing,
    ceiling: Pacing,
}

impl Current {
    fn of(shared: &Shared) -> Option<Self> {
        let (board, view) = shared.campaign().zip(shared.campaign_view())?;
        Some(Self {
            id: view.id,
            name: board.name.clone(),
            state: board.state,
            pacing: board.pacing,
            ceiling: view.ceiling,
        })
    }
}

pub(super) fn perform(model: &mut Model, action: CampaignAction, cmds: &mut Vec<Cmd>) {
    let Some(current) = Current::of(&model.shared) else {
        return without_campaign(model, action, cmds);
    };
    match action {
        CampaignAction::StopEverything => stop_everything(model, cmds),
        CampaignAction::PauseAll => pause_all(model, cmds),
        CampaignAction::Pause => pause(model, &current, cmds),
        CampaignAction::Resume => resume(model, &current),
        CampaignAction::Start => start(model, &current),
        CampaignAction::Stop => stop(model, &current),
        CampaignAction::PaceDown => slow_down(model, &current, cmds),
        CampaignAction::PaceUp => raise(model, &current),
        CampaignAction::Caps => {
            model.dialog = CapsDialog::new(&model.shared).map(|dialog| Box::new(dialog) as _);
        }
        CampaignAction::Import => {
            model.dialog = ImportDialog::new(&model.shared).map(|dialog| Box::new(dialog) as _);
        }
    }
}

/// Performs an action on a deck whose campaigns are not known or that has none.
fn without_campaign(model: &mut Model, action: CampaignAction, cmds: &mut Vec<Cmd>) {
    match action {
        CampaignAction::StopEverything => stop_everything(model, cmds),
        CampaignAction::PauseAll => pause_all(model, cmds),
        CampaignAction::Pause
        | CampaignAction::Resume
        | CampaignAction::Start
        | CampaignAction::Stop
        | CampaignAction::PaceDown
        | CampaignAction::PaceUp
        | CampaignAction::Caps
        | CampaignAction::Import => say(model, Tone::Plain, "there is no campaign".to_owned()),
    }
}

/// Pauses every campaign without a confirmation, from any place. A second press within [`AGAIN_MS`] offers to
/// hang up.
pub(super) fn stop_everything(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let action = Action::Campaign(CampaignAction::StopEverything);
    if !super::is_permitted(model, action) {
        return;
    }
    let now = model.shared.millis;
    let again = model.stopped_at.is_some_and(|at| now < at + AGAIN_MS);
    model.stopped_at = Some(now);
    let up = model.shared.calls_up();
    if again && up > 0 && view::is_too_small(model.shared.size) {
        // Short, because a screen this small cuts the rest.
        let text = format!(
            "all paused; to hang up {} enlarge the window",
            count(up, "call")
        );
        return say(model, Tone::Plain, text);
    }
    if again && up > 0 {
        model.dialog = Some(Box::new(Confirm::new(
            "Hang up every call",
            vec![
                format!("Up now: {}. People in them are cut off.", count(up, "call")),
                "Every campaign is already paused.".to_owned(),
            ],
            "Hang up",
            Want::Act(Act::HangUpAll, "hanging up every call".to_owned()),
        )));
        return;
    }
    send(model, Act::PauseAll, "pausing everything".to_owned(), cmds);
}

fn pause_all(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let text = "pausing every campaign".to_owned();
    send(model, Act::PauseAll, text, cmds);
}

fn pause(model: &mut Model, current: &Current, cmds: &mut Vec<Cmd>) {
    match current.state {
        CampaignState::Running => {
            let text = format!("pausing {}", current.name);
            send(model, Act::Pause(current.id), text, cmds);
        }
        CampaignState::Draft => unchanged(model, current, Some(CampaignAction::Start)),
        CampaignState::Paused | CampaignState::Done | CampaignState::Stopped => {
            unchanged(model, current, None);
        }
    }
}

fn resume(model: &mut Model, current: &Current) {
    match current.state {
        CampaignState::Paused => confirm_run(model, current, "Resume"),
        CampaignState::Draft => unchanged(model, current, Some(CampaignAction::Start)),
        CampaignState::Running | CampaignState::Done | CampaignState::Stopped => {
            unchanged(model, current, None);
        }
    }
}

fn start(model: &mut Model, current: &Current) {
    match current.state {
        CampaignState::Draft => confirm_run(model, current, "Start"),
        CampaignState::Paused => unchanged(model, current, Some(CampaignAction::Resume)),
        CampaignState::Running | CampaignState::Done | CampaignState::Stopped => {
            unchanged(model, current, None);
        }
    }
}

fn confirm_run(model: &mut Model, current: &Current, verb: &str) {
    let lines = view::what_starts(&model.shared);
    let name = &current.name;
    model.dialog = Some(Box::new(Confirm::new(
        &format!("{verb} {name}"),
        lines,
        verb,
        Want::Act(Act::Run(current.id), format!("starting {name}")),
    )));
}

fn stop(model: &mut Model, current: &Current) {
    match current.state {
        CampaignState::Done | CampaignState::Stopped => unchanged(model, current, None),
        CampaignState::Draft | CampaignState::Running | CampaignState::Paused => {
            let pause = Action::Campaign(CampaignAction::Pause);
            let pause = model.shared.keys.key(pause);
            let name = &current.name;
            model.dialog = Some(Box::new(Confirm::new(
                &format!("Stop {name} for good"),
                vec![
                    format!("It never dials again. {pause} only pauses it."),
                    "Calls that are up are not cut off.".to_owned(),
                ],
                "Stop it",
                Want::Act(Act::Stop(current.id), format!("stopping {name}")),
            )));
        }
    }
}

/// Shows the state of a campaign that does not change, and the key of the action that was probably meant.
fn unchanged(model: &mut Model, current: &Current, meant: Option<CampaignAction>) {
    let Current { name, state, .. } = current;
    let text = match meant {
        Some(action) => {
            let action = Action::Campaign(action);
            let key = model.shared.keys.key(action);
            format!("{name} is {state}: {key} {}s it", action.hint())
        }
        None => format!("{name} is {state}"),
    };
    say(model, Tone::Plain, text);
}

/// Lowers the pace by a tenth, by one call a minute at least. It does not fall below one call a minute.
fn slow_down(model: &mut Model, current: &Current, cmds: &mut Vec<Cmd>) {
    let now = current.pacing.calls_per_minute;
    let slower = Pacing {
        calls_per_minute: now.saturating_sub(step(now)).max(1),
        ..current.pacing
    };
    let text = format!(
        "{}: slowing down to {} a minute",
        current.name, slower.calls_per_minute
    );
    send(model, Act::SetPacing(current.id, slower), text, cmds);
}

fn raise(model: &mut Model, current: &Current) {
    let name = &current.name;
    let now = current.pacing.calls_per_minute;
    let ceiling = current.ceiling.calls_per_minute;
    let faster = (now + step(now)).min(ceiling);
    if faster <= now {
        let text = format!("{ceiling} a minute is the ceiling of the campaign's file");
        return say(model, Tone::Plain, text);
    }
    let pacing = Pacing {
        calls_per_minute: faster,
        ..current.pacing
    };
    model.dialog = Some(Box::new(Confirm::new(
        &format!("{name}: {faster} calls a minute"),
        vec![format!("Now {now}; the file allows up to {ceiling}.")],
        "Raise",
        Want::Act(
            Act::SetPacing(current.id, pacing),
            format!("{name}: raising to {faster} a minute"),
        ),
    )));
}

const fn step(calls_per_minute: u32) -> u32 {
    let tenth = calls_per_minute / 10;
    if tenth == 0 { 1 } else { tenth }
}
