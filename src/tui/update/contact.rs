//! Actions on the selected contact or the marked ones.

use super::{Cmd, copy, say};
use crate::domain::ContactId;
use crate::engine::desk::{Act, Request};
use crate::tui::action::ContactAction;
use crate::tui::dialog::Want;
use crate::tui::dialog::confirm::Confirm;
use crate::tui::dialog::history::History;
use crate::tui::dialog::opt_out::OptOut;
use crate::tui::dialog::why::WhyDialog;
use crate::tui::list::List;
use crate::tui::model::Model;
use crate::tui::shared::Tone;

/// Returns whether the action applies to the selected contact rather than to the marked ones.
pub(super) fn is_on_selected(action: ContactAction, list: &List) -> bool {
    match action {
        ContactAction::Why | ContactAction::Details | ContactAction::Mark | ContactAction::Copy => {
            true
        }
        ContactAction::OptOut | ContactAction::Requeue | ContactAction::Reached => {
            list.marked.is_empty()
        }
        ContactAction::WhyNumber | ContactAction::ClearMarks => false,
    }
}

pub(super) fn perform(model: &mut Model, action: ContactAction, cmds: &mut Vec<Cmd>) {
    match action {
        ContactAction::OptOut => {
            let (dialog, ask) = OptOut::new(&model.list);
            model.dialog = Some(Box::new(dialog));
            cmds.extend(ask.map(Cmd::Request));
        }
        ContactAction::Why => why(model, cmds),
        ContactAction::WhyNumber => model.dialog = Some(Box::new(WhyDialog::typed())),
        ContactAction::Details => details(model, cmds),
        ContactAction::Mark => cmds.extend(model.list.mark().map(Cmd::Request)),
        ContactAction::ClearMarks => model.list.marked.clear(),
        ContactAction::Requeue => requeue(model),
        ContactAction::Reached => reached(model),
        ContactAction::Copy => {
            if let Some(row) = model.list.current() {
                let number = row.number.to_string();
                copy(model, number, cmds);
            }
        }
    }
}

/// Explains why the selected contact is or is not being called. Asks for a number if none is selected.
fn why(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let Some(row) = model.list.current() else {
        model.dialog = Some(Box::new(WhyDialog::typed()));
        return;
    };
    cmds.push(Cmd::Request(Request::Why(row.number.to_string())));
    model.dialog = Some(Box::new(WhyDialog::of(row.number)));
}

/// Shows the attempts of the selected contact. Asks for a number to explain if none is selected.
fn details(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let Some(row) = model.list.current().cloned() else {
        model.dialog = Some(Box::new(WhyDialog::typed()));
        return;
    };
    cmds.push(Cmd::Request(Request::Attempts(row.contact)));
    model.dialog = Some(Box::new(History::new(row)));
}

/// Asks whether to call the marked contacts again, or the selected one if none is marked.
fn requeue(model: &mut Model) {
    let lines = [
        "Each is called again as soon as every gate allows it: calling hours,",
        "caps, gaps, lists and consent apply as before.",
    ];
    confirm(model, "Call", "again", lines, "Requeue", |contacts| {
        (Act::Requeue(contacts), "requeueing")
    });
}

/// Asks whether the marked contacts were reached, or the selected one if none is marked. Only a person can
/// know that.
fn reached(model: &mut Model) {
    let lines = [
        "For contacts of unknown fate only: the carrier could not say how their last",
        "call ended, and you have found out. Each is done. To call again: requeue.",
    ];
    confirm(
        model,
        "Record",
        "as reached",
        lines,
        "Reached",
        |contacts| (Act::NoteReached(contacts), "recording"),
    );
}

fn confirm(
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
