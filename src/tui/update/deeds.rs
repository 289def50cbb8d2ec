//! Keys that change the deck. Stopping needs no confirmation; starting and raising do.

use super::around::look_around;
use super::{Cmd, say, send};
use crate::domain::campaign::Pacing;
use crate::domain::{CampaignState, ContactId};
use crate::engine::desk::{Act, Request};
use crate::tui::action::Action;
use crate::tui::dialog::Want;
use crate::tui::dialog::alerts::Alerts;
use crate::tui::dialog::caps::CapsDialog;
use crate::tui::dialog::confirm::Confirm;
use crate::tui::dialog::help::Help;
use crate::tui::dialog::history::History;
use crate::tui::dialog::import::ImportDialog;
use crate::tui::dialog::lines::count;
use crate::tui::dialog::opt_out::OptOut;
use crate::tui::dialog::palette::Palette;
use crate::tui::dialog::quit::Quit;
use crate::tui::dialog::why::Why;
use crate::tui::list::List;
use crate::tui::model::{Ending, Millis, Model, Tone};
use crate::tui::view;

/// The time in which a second press of the key that stops everything offers to hang up.
const AGAIN_MS: Millis = 3_000;

/// Pauses every campaign without a confirmation, from any place. A second press within [`AGAIN_MS`] offers to
/// hang up.
pub(super) fn stop_everything(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if !may_hold_back(model) {
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
                "Every campaign is paused already.".to_owned(),
            ],
            "Hang up",
            Want::Act(Act::HangUpAll, "hanging up every call".to_owned()),
        )));
        return;
    }
    send(model, Act::PauseAll, "pausing everything".to_owned(), cmds);
}

fn may_hold_back(model: &mut Model) -> bool {
    let may = model.shared.viewer.may.campaigns.holds_back();
    if !may {
        refuse(model, "change campaigns");
    }
    may
}

fn may_change_campaigns(model: &mut Model) -> bool {
    let may = model.shared.viewer.may.campaigns;
    if may.is_full() {
        return true;
    }
    if model.shared.broken.is_some() && may.holds_back() {
        let text = "a file that this needs is broken: nothing is started or raised";
        say(model, Tone::Bad, text.to_owned());
    } else {
        refuse(model, "change campaigns");
    }
    false
}

fn refuse(model: &mut Model, what: &str) {
    let text = format!("as {} you may not {what}", model.shared.viewer.role);
    say(model, Tone::Bad, text);
}

/// Returns whether the action applies to the selected contact rather than to the marked ones.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all others are done to no contact"
)]
fn is_on_selected(action: Action, list: &List) -> bool {
    match action {
        Action::Why | Action::Details | Action::Mark | Action::Copy => true,
        Action::OptOut | Action::Requeue | Action::Reached => list.marked.is_empty(),
        _ => false,
    }
}

/// Performs the action of a key or of the palette.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what does nothing to the deck only looks around"
)]
pub(super) fn perform(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    if is_on_selected(action, &model.list) && model.list.has_slipped() {
        // A person who presses a key as a call ends means the contact of that call.
        let text = "the contact you had selected has moved in the list: look, then press again";
        return say(model, Tone::Bad, text.to_owned());
    }
    match action {
        Action::StopEverything => stop_everything(model, cmds),
        Action::Pause | Action::PauseAll | Action::StopCampaign | Action::PaceDown => {
            if may_hold_back(model) {
                on_campaign(model, action, cmds);
            }
        }
        Action::Resume | Action::Start | Action::PaceUp | Action::Caps => {
            if may_change_campaigns(model) {
                on_campaign(model, action, cmds);
            }
        }
        Action::OptOut if model.shared.viewer.may.opt_out => {
            let (dialog, ask) = OptOut::new(&model.shared, &model.list);
            model.dialog = Some(Box::new(dialog));
            cmds.extend(ask.map(Cmd::Ask));
        }
        Action::OptOut => refuse(model, "mark opt-outs"),
        Action::Import if model.shared.viewer.may.import => {
            model.dialog = ImportDialog::new(&model.shared).map(|dialog| Box::new(dialog) as _);
        }
        Action::Import => refuse(model, "import lists"),
        Action::Why | Action::WhyNumber | Action::Details => look_closer(model, action, cmds),
        Action::Palette => model.dialog = Some(Box::new(Palette::new(&model.shared))),
        Action::Help => model.dialog = Some(Box::new(Help::new(&model.shared))),
        Action::Alerts => model.dialog = Some(Box::new(Alerts::default())),
        Action::Acknowledge => {
            let newest = model.shared.alerts().first().map(|alert| alert.seq);
            acknowledge(model, newest.as_slice(), cmds);
        }
        Action::Requeue => {
            if may_change_campaigns(model) {
                requeue(model);
            }
        }
        Action::Reached => {
            if may_change_campaigns(model) {
                reached(model);
            }
        }
        Action::Quit => quit(model),
        Action::Suspend if model.shared.calls_up() > 0 => {
            let text = "not now: calls are up, and stopping this program would stop the engine";
            say(model, Tone::Bad, text.to_owned());
        }
        Action::Suspend => cmds.push(Cmd::Suspend),
        Action::Redraw => cmds.push(Cmd::Redraw),
        Action::NextTheme => cmds.push(Cmd::NextTheme),
        _ => look_around(model, action, cmds),
    }
}

/// Performs an action on the current campaign. Stopping needs no confirmation; starting and raising do.
fn on_campaign(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    if action == Action::PauseAll {
        send(
            model,
            Act::PauseAll,
            "pausing every campaign".to_owned(),
            cmds,
        );
        return;
    }
    let Some((campaign, view)) = model.shared.campaign().zip(model.shared.campaign_view()) else {
        return say(model, Tone::Plain, "there is no campaign".to_owned());
    };
    let (id, name, state, pacing) = (
        view.id,
        campaign.name.clone(),
        campaign.state,
        campaign.pacing,
    );
    match (action, state) {
        (Action::Pause, CampaignState::Running) => {
            send(model, Act::Pause(id), format!("pausing {name}"), cmds);
        }
        (Action::Resume, CampaignState::Paused) | (Action::Start, CampaignState::Draft) => {
            let verb = if action == Action::Start {
                "Start"
            } else {
                "Resume"
            };
            let lines = view::what_starts(&model.shared);
            model.dialog = Some(Box::new(Confirm::new(
                &format!("{verb} {name}"),
                lines,
                verb,
                Want::Act(Act::Run(id), format!("starting {name}")),
            )));
        }
        (Action::StopCampaign, CampaignState::Done | CampaignState::Stopped)
        | (Action::Pause | Action::Resume | Action::Start, _) => {
            say(model, Tone::Plain, stands(model, &name, action, state));
        }
        (Action::StopCampaign, _) => {
            model.dialog = Some(Box::new(Confirm::new(
                &format!("End {name} for good"),
                vec![
                    "It never dials again. p only pauses it.".to_owned(),
                    "Calls that are up are not cut off.".to_owned(),
                ],
                "End it",
                Want::Act(Act::Stop(id), format!("ending {name}")),
            )));
        }
        (Action::PaceDown, _) => {
            let slower = slower(pacing);
            let text = format!(
                "{name}: slowing down to {} a minute",
                slower.calls_per_minute
            );
            send(model, Act::SetPacing(id, slower), text, cmds);
        }
        (Action::PaceUp, _) => raise(model),
        _ => model.dialog = CapsDialog::new(&model.shared).map(|dialog| Box::new(dialog) as _),
    }
}

/// Returns why a campaign does not change: its state, and the key for the action that was probably meant.
fn stands(model: &Model, name: &str, action: Action, state: CampaignState) -> String {
    let meant = match (action, state) {
        (Action::Pause | Action::Resume, CampaignState::Draft) => Some((Action::Start, "starts")),
        (Action::Start, CampaignState::Paused) => Some((Action::Resume, "resumes")),
        _ => None,
    };
    match meant {
        Some((action, verb)) => {
            let key = model.shared.keys.key(action);
            format!("{name} is {state}: {key} {verb} it")
        }
        None => format!("{name} is {state}"),
    }
}

/// Returns a pacing that is slower by a tenth, by one call a minute at least. It does not fall below one call
/// a minute.
fn slower(pacing: Pacing) -> Pacing {
    let step = (pacing.calls_per_minute / 10).max(1);
    Pacing {
        calls_per_minute: pacing.calls_per_minute.saturating_sub(step).max(1),
        ..pacing
    }
}

fn raise(model: &mut Model) {
    let Some((campaign, view)) = model.shared.campaign().zip(model.shared.campaign_view()) else {
        return;
    };
    let (pacing, ceiling) = (campaign.pacing, view.ceiling.calls_per_minute);
    let step = (pacing.calls_per_minute / 10).max(1);
    let faster = (pacing.calls_per_minute + step).min(ceiling);
    if faster <= pacing.calls_per_minute {
        let text = format!("{ceiling} a minute is the ceiling of the campaign's file");
        return say(model, Tone::Plain, text);
    }
    let (name, id) = (campaign.name.clone(), view.id);
    let pacing = Pacing {
        calls_per_minute: faster,
        ..pacing
    };
    model.dialog = Some(Box::new(Confirm::new(
        &format!("{name}: {faster} calls a minute"),
        vec![format!(
            "Now {}; the file allows up to {ceiling}.",
            campaign.pacing.calls_per_minute
        )],
        "Raise",
        Want::Act(
            Act::SetPacing(id, pacing),
            format!("{name}: raising to {faster} a minute"),
        ),
    )));
}

fn look_closer(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    let row = model.list.current().cloned();
    match (action, row) {
        (Action::Details, Some(row)) => {
            cmds.push(Cmd::Ask(Request::Attempts(row.contact)));
            model.dialog = Some(Box::new(History::new(row)));
        }
        (Action::Why, Some(row)) => {
            cmds.push(Cmd::Ask(Request::Why(row.number.to_string())));
            model.dialog = Some(Box::new(Why::of(row.number)));
        }
        _ => model.dialog = Some(Box::new(Why::typed())),
    }
}

/// Acknowledges alerts. They disappear from this screen without delay, and from the deck with the write. A
/// viewer who may not change the deck only clears their own screen.
pub(super) fn acknowledge(model: &mut Model, seen: &[i64], cmds: &mut Vec<Cmd>) {
    if seen.is_empty() {
        return say(model, Tone::Plain, "there is no alert".to_owned());
    }
    model.shared.seen_alerts.extend(seen);
    if model.shared.viewer.may.campaigns.is_full() {
        for seq in seen {
            send(
                model,
                Act::Acknowledge(*seq),
                "acknowledging".to_owned(),
                cmds,
            );
        }
    }
}

/// Asks whether to call the marked contacts again, or the selected one if none is marked.
fn requeue(model: &mut Model) {
    let lines = [
        "They are called again as soon as every gate allows: calling hours,",
        "caps, gaps, lists and consent hold as ever.",
    ];
    confirm_contacts(model, "Call", "again", lines, "Requeue", |contacts| {
        (Act::Requeue(contacts), "requeueing")
    });
}

/// Asks whether the marked contacts were reached, or the selected one if none is marked. Only a person can
/// know that.
fn reached(model: &mut Model) {
    let lines = [
        "For contacts of unknown fate alone: nobody could tell how their last",
        "call went, and you have found out. They are done. To call again: requeue.",
    ];
    confirm_contacts(model, "Note", "as reached", lines, "Reached", |contacts| {
        (Act::NoteReached(contacts), "noting")
    });
}

fn confirm_contacts(
    model: &mut Model,
    verb: &str,
    how: &str,
    lines: [&str; 2],
    button: &'static str,
    act: impl Fn(Vec<ContactId>) -> (Act, &'static str),
) {
    let mut contacts: Vec<ContactId> = model.list.marked.keys().copied().collect();
    if contacts.is_empty() {
        contacts.extend(model.list.current().map(|row| row.contact));
    }
    if contacts.is_empty() {
        return say(model, Tone::Plain, "no contact is selected".to_owned());
    }
    let title = match contacts.len() {
        1 => format!("{verb} 1 contact {how}"),
        count => format!("{verb} {count} contacts {how}"),
    };
    let (act, doing) = act(contacts);
    let want = Want::Act(act, doing.to_owned());
    let lines = lines.map(str::to_owned).to_vec();
    model.dialog = Some(Box::new(Confirm::new(&title, lines, button, want)));
}

/// Ends the console, or asks first if calls are up or campaigns run in an engine inside. On a screen too
/// small for the question a second press answers it.
fn quit(model: &mut Model) {
    let now = model.shared.millis;
    if view::is_too_small(model.shared.size) && Quit::new(&model.shared).is_some() {
        let again = model.quit_at.is_some_and(|at| now < at + AGAIN_MS);
        model.quit_at = Some(now);
        if again {
            model.ending = Some(Ending::Finish);
        } else {
            let text = "calls are up or campaigns run: again to finish the calls and quit";
            say(model, Tone::Plain, text.to_owned());
        }
        return;
    }
    match Quit::new(&model.shared) {
        Some(dialog) => model.dialog = Some(Box::new(dialog)),
        None => model.ending = Some(Ending::Drain),
    }
}
