//! The update of the model by a message: keys become acts and questions, reports of the desk change what is
//! shown. There is no I/O and no clock; the time comes with the message.

mod campaign;
mod contact;
mod message;
mod program;
mod screen;
#[cfg(test)]
mod tests;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::action::{Action, CampaignAction, ContactAction, Need, ProgramAction};
use super::dialog::opt_out::OptOut;
use super::dialog::why::WhyDialog;
use super::dialog::{Next, Response, Want};
use super::filter::Filter;
use super::model::Model;
use super::shared::{Ending, Millis, Notice, PendingAct, Tone};
use super::view;
use crate::domain::Timestamp;
use crate::engine::desk::{Act, ActId, Message, Request};

/// How long a notice is shown.
const NOTICE_MS: Millis = 6_000;

/// How long letters are ignored after the terminal got the focus back.
const FOCUS_MS: Millis = 300;

/// An event that changes the model.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(KeyEvent),
    /// The terminal has pasted this text.
    Paste(String),
    /// The terminal has a new size, in columns and rows.
    Resize(u16, u16),
    /// The terminal got the focus back.
    Focus,
    /// The desk sent a report.
    Desk(Message),
    /// Time has passed; the present instant of the deck.
    Tick(Timestamp),
    /// A part of the program has failed, with this message.
    Broken(String),
    /// A signal asks the console to end.
    End,
}

/// A command that the update requests.
#[derive(Debug, PartialEq)]
pub enum Cmd {
    /// Sends a question to the desk.
    Request(Request),
    /// Sends a text to the terminal's clipboard.
    Copy(String),
    /// Stops the process until it is continued.
    Suspend,
    /// Draws every cell again.
    Redraw,
    /// Switches to the next theme.
    NextTheme,
}

/// Updates the model by a message that arrived `millis` milliseconds after the console opened. Returns the
/// commands to carry out, in order.
pub fn update(model: &mut Model, msg: Msg, millis: Millis) -> Vec<Cmd> {
    model.shared.millis = millis;
    let mut cmds = Vec::new();
    match msg {
        Msg::Key(key) => on_key(model, key, &mut cmds),
        Msg::Paste(text) => on_paste(model, &text, &mut cmds),
        Msg::Resize(width, height) => {
            model.shared.size = (width, height);
            cmds.push(Cmd::Redraw);
        }
        Msg::Focus => model.focused_at = Some(millis),
        Msg::Desk(message) => message::on_message(model, message, &mut cmds),
        Msg::Tick(now) => model.shared.now = model.shared.now.max(now),
        Msg::Broken(what) => {
            let failed = "part of the program has failed";
            let text = format!("{failed}, everything is paused: {what}");
            cmds.push(Cmd::Request(Request::Broken(text)));
            say(
                model,
                Tone::Bad,
                format!("{failed}, pausing everything: {what}"),
            );
        }
        Msg::End => model.ending = Some(Ending::Drain),
    }
    let notice = model.shared.notice.as_ref();
    if notice.is_some_and(|notice| notice.until <= millis) {
        model.shared.notice = None;
    }
    // A list that is not on the screen keeps its height, and so its position.
    if let Some(height) = view::list_height(model) {
        cmds.extend(model.list.resize(height).map(Cmd::Request));
    }
    cmds
}

fn on_key(model: &mut Model, key: KeyEvent, cmds: &mut Vec<Cmd>) {
    let action = model.shared.keys.action(key);
    if action == Some(Action::Campaign(CampaignAction::StopEverything)) {
        return campaign::stop_everything(model, cmds);
    }
    let ignores_letters = |at: Millis| model.shared.millis < at + FOCUS_MS;
    if is_letter(key) && model.focused_at.is_some_and(ignores_letters) {
        return;
    }
    if view::is_too_small(model.shared.size) {
        if let Some(action) = action.filter(|action| works_on_card(*action)) {
            perform(model, action, cmds);
        }
        return;
    }
    if let Some(mut dialog) = model.dialog.take() {
        if key.code == KeyCode::Esc {
            return;
        }
        let response = dialog.key(key, &model.shared);
        model.dialog = Some(dialog);
        return respond(model, response, cmds);
    }
    if model.filtering.is_some() {
        return on_filter_key(model, key, cmds);
    }
    if let Some(action) = action {
        perform(model, action, cmds);
    }
}

/// Returns whether the action works on a screen that is too small for the panes and dialogs.
fn works_on_card(action: Action) -> bool {
    const WORK: [Action; 3] = [
        Action::Campaign(CampaignAction::Pause),
        Action::Campaign(CampaignAction::PauseAll),
        Action::Program(ProgramAction::Quit),
    ];
    WORK.contains(&action)
}

/// Returns whether the action shows the contact of the row, with its name, and changes nothing. Such an action
/// is not the user's answer to a row that changed by itself.
const fn only_shows(action: ContactAction) -> bool {
    match action {
        ContactAction::Why | ContactAction::Details => true,
        ContactAction::OptOut
        | ContactAction::Mark
        | ContactAction::Requeue
        | ContactAction::Reached
        | ContactAction::Copy
        | ContactAction::ClearMarks
        | ContactAction::WhyNumber => false,
    }
}

/// Performs the action of a key or of the palette, if the viewer's role permits it.
fn perform(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    if let Action::Contact(on_row) = action
        && !only_shows(on_row)
        && contact::is_on_selected(on_row, &model.list)
        && model.list.has_slipped()
    {
        if on_row == ContactAction::OptOut {
            // The dialog opens in any case: a number that is typed without looking must not act as keys.
            if is_permitted(model, action) {
                model.dialog = Some(Box::new(OptOut::without_row()));
            }
            return;
        }
        // A person who presses a key as a call ends means the contact of that call.
        let text = "this row changed by itself: check it, then press again";
        return say(model, Tone::Bad, text.to_owned());
    }
    if !is_permitted(model, action) {
        return;
    }
    match action {
        Action::Campaign(action) => campaign::perform(model, action, cmds),
        Action::Contact(action) => contact::perform(model, action, cmds),
        Action::View(action) => screen::perform(model, action, cmds),
        Action::Goto(slot) => screen::go_to(model, slot, cmds),
        Action::Move(action) => screen::go(model, action, cmds),
        Action::Program(action) => program::perform(model, action, cmds),
    }
}

/// Returns whether the viewer's role permits the action. Shows why if it does not.
fn is_permitted(model: &mut Model, action: Action) -> bool {
    let viewer = &model.shared.viewer;
    if viewer.may.allow(action) {
        return true;
    }
    let is_held_back = model.shared.broken.is_some() && viewer.may.campaigns.holds_back();
    let what = match action.need() {
        Need::Nothing => return true,
        Need::Campaigns if is_held_back => {
            let text = "a file that this needs is broken: nothing is started or raised";
            say(model, Tone::Bad, text.to_owned());
            return false;
        }
        Need::Campaigns | Need::HoldBack => "change campaigns",
        Need::OptOut => "record opt-outs",
        Need::Import => "import lists",
    };
    let text = format!("the role {} may not {what}", viewer.role);
    say(model, Tone::Bad, text);
    false
}

fn is_letter(key: KeyEvent) -> bool {
    let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    plain && matches!(key.code, KeyCode::Char(_))
}

fn on_filter_key(model: &mut Model, key: KeyEvent, cmds: &mut Vec<Cmd>) {
    let Some(line) = &mut model.filtering else {
        return;
    };
    if key.code == KeyCode::Esc {
        model.filtering = None;
        if !model.list.filter.is_empty() {
            set_filter(model, Filter::default(), cmds);
        }
    } else if key.code != KeyCode::Enter {
        line.key(key);
    } else if let Some(filter) = line.enter() {
        model.filtering = None;
        set_filter(model, filter, cmds);
    }
}

fn set_filter(model: &mut Model, filter: Filter, cmds: &mut Vec<Cmd>) {
    model.list.filter = filter;
    cmds.extend(model.list.restart().map(Cmd::Request));
}

fn on_paste(model: &mut Model, text: &str, cmds: &mut Vec<Cmd>) {
    if let Some(mut dialog) = model.dialog.take() {
        let response = dialog.paste(text, &model.shared);
        model.dialog = Some(dialog);
        match response {
            Some(response) => respond(model, response, cmds),
            None => say(
                model,
                Tone::Plain,
                "a paste works in text fields only".to_owned(),
            ),
        }
    } else if let Some(line) = &mut model.filtering {
        line.paste(text);
    } else {
        let text = "a paste is never run as keys; d takes pasted numbers as opt-outs".to_owned();
        say(model, Tone::Plain, text);
    }
}

fn respond(model: &mut Model, response: Response, cmds: &mut Vec<Cmd>) {
    if response.next == Next::Close {
        model.dialog = None;
    }
    for want in response.wants {
        match want {
            Want::Request(request) => cmds.push(Cmd::Request(request)),
            Want::Act(act, text) => {
                let id = send(model, act, text, cmds);
                if let Some(dialog) = &mut model.dialog {
                    dialog.sent(id);
                }
            }
            Want::Perform(action) => perform(model, action, cmds),
            Want::Why(typed) => {
                model.dialog = Some(Box::new(WhyDialog::asked(&typed)));
                cmds.push(Cmd::Request(Request::Why(typed)));
            }
            Want::Acknowledge(alerts) => screen::acknowledge(model, &alerts, cmds),
            Want::End(ending) => model.ending = Some(ending),
        }
    }
}

/// Sends an act and returns its id. The screen shows the text until the act is acknowledged.
fn send(model: &mut Model, act: Act, text: String, cmds: &mut Vec<Cmd>) -> ActId {
    let id = ActId(model.next_act);
    model.next_act += 1;
    cmds.push(Cmd::Request(Request::Act(id, act.clone())));
    model.shared.acts.insert(id, PendingAct { act, text });
    id
}

fn copy(model: &mut Model, text: String, cmds: &mut Vec<Cmd>) {
    say(
        model,
        Tone::Plain,
        "sent to the terminal's clipboard".to_owned(),
    );
    cmds.push(Cmd::Copy(text));
}

fn say(model: &mut Model, tone: Tone, text: String) {
    model.shared.notice = Some(Notice {
        text,
        tone,
        until: model.shared.millis + NOTICE_MS,
    });
}
