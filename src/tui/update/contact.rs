//! Actions on the selected contact or the marked ones.

use super::{Cmd, copy, say};
use crate::domain::ContactId;
use crate::engine::desk::{Act, ContactRow, Request};
use crate::tui::action::ContactAction;
use crate::tui::dialog::Want;
use crate::tui::dialog::confirm::Confirm;
use crate::tui::dialog::history::History;
use crate::tui::dialog::lines;
use crate::tui::dialog::opt_out::OptOut;
use crate::tui::dialog::why::WhyDialog;
use crate::tui::glyph::Glyphs;
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
    let question = Question {
        title: |count| format!("Call {count} again"),
        lines,
        button: "Requeue",
        refusal: |row| row.not_called_again,
        act: |contacts| Want::Act(Act::Requeue(contacts), "requeueing".to_owned()),
    };
    confirm(model, &question);
}

/// Asks whether the marked contacts were reached, or the selected one if none is marked. Only a person can
/// know that.
fn reached(model: &mut Model) {
    let lines = [
        "For contacts of unknown fate only: the carrier could not say how their last",
        "call ended, and you have found out. Each is done. To call again: requeue.",
    ];
    let question = Question {
        title: |count| format!("Record {count} as reached"),
        lines,
        button: "Reached",
        refusal: |row| row.not_judged,
        act: |contacts| Want::Act(Act::NoteReached(contacts), "recording".to_owned()),
    };
    confirm(model, &question);
}

/// A question about an act on contacts.
struct Question {
    /// Returns the title for so many contacts.
    title: fn(String) -> String,
    lines: [&'static str; 2],
    button: &'static str,
    /// Returns why the act refuses the contact of a row; `None` if it does not.
    refusal: fn(&ContactRow) -> Option<&'static str>,
    act: fn(Vec<ContactId>) -> Want,
}

/// Asks whether to act on the marked contacts, or on the selected one if none is marked. The question names
/// their numbers. What the act would refuse is refused without a question.
fn confirm(model: &mut Model, question: &Question) {
    let mut contacts = model.list.marked.clone();
    if contacts.is_empty() {
        let current = model.list.current();
        contacts.extend(current.map(|row| (row.contact, row.number)));
    }
    if contacts.is_empty() {
        return say(model, Tone::Plain, "no contact is selected".to_owned());
    }
    let mut rows = model.list.rows.iter();
    let refused = rows.find_map(|row| {
        let meant = contacts.contains_key(&row.contact);
        let why = (question.refusal)(row).filter(|_| meant)?;
        Some((row.number, why))
    });
    if let Some((number, why)) = refused {
        let number = lines::number(number, &model.shared, &Glyphs::ascii());
        return say(model, Tone::Bad, format!("not {number}: {why}"));
    }
    let title = (question.title)(lines::count(contacts.len(), "contact"));
    let numbers = contacts.values().copied().collect();
    let want = (question.act)(contacts.into_keys().collect());
    let text = question.lines.map(str::to_owned).to_vec();
    let dialog = Confirm::new(&title, text, question.button, want).about(numbers);
    model.dialog = Some(Box::new(dialog));
}
