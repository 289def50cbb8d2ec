//! The update of the model by a message: keys become acts and questions, reports of the desk change what is
//! shown. There is no I/O and no clock; the time comes with the message.

mod around;
mod deeds;
mod news;

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;

use self::deeds::{acknowledge, perform, stop_everything};
use super::action::Action;
use super::dialog::why::Why;
use super::dialog::{Next, Response, Want};
use super::filter::Filter;
use super::model::{Ending, Millis, Model, Notice, Tone, Waiting};
use super::view;
use crate::domain::Timestamp;
use crate::engine::desk::{Act, Message, Request};

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
    Told(Message),
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
    Ask(Request),
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
        Msg::Told(told) => news::on_told(model, told, &mut cmds),
        Msg::Tick(now) => model.shared.now = model.shared.now.max(now),
        Msg::Broken(what) => {
            let failed = "part of the program has failed";
            let text = format!("{failed}, everything is paused: {what}");
            cmds.push(Cmd::Ask(Request::Broken(text)));
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
    let height = view::list_height(model);
    cmds.extend(model.list.resize(height).map(Cmd::Ask));
    cmds
}

fn on_key(model: &mut Model, key: KeyEvent, cmds: &mut Vec<Cmd>) {
    let action = model.shared.keys.action(key);
    if action == Some(Action::StopEverything) {
        return stop_everything(model, cmds);
    }
    if is_letter(key)
        && model
            .focused_at
            .is_some_and(|at| model.shared.millis < at + FOCUS_MS)
    {
        return;
    }
    if view::is_too_small(model.shared.size) {
        if let Some(action @ (Action::Pause | Action::PauseAll | Action::Quit)) = action {
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

fn is_letter(key: KeyEvent) -> bool {
    let plain = key.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    plain && matches!(key.code, KeyCode::Char(_))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other key belongs to the text"
)]
fn on_filter_key(model: &mut Model, key: KeyEvent, cmds: &mut Vec<Cmd>) {
    let Some(input) = &mut model.filtering else {
        return;
    };
    match key.code {
        KeyCode::Esc => {
            model.filtering = None;
            if !model.list.filter.is_empty() {
                model.list.filter = Filter::default();
                cmds.extend(model.list.restart().map(Cmd::Ask));
            }
        }
        KeyCode::Enter => match Filter::parse(input.value()) {
            Ok(filter) => {
                model.filtering = None;
                model.list.filter = filter;
                cmds.extend(model.list.restart().map(Cmd::Ask));
            }
            Err(error) => say(model, Tone::Bad, error),
        },
        _ => {
            input.handle_event(&TermEvent::Key(key));
        }
    }
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
                "a paste is taken in text fields only".to_owned(),
            ),
        }
    } else if let Some(input) = &mut model.filtering {
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            input.handle(tui_input::InputRequest::InsertChar(letter));
        }
    } else {
        let text = "a paste is never run as keys; d takes pasted numbers as opt-outs".to_owned();
        say(model, Tone::Plain, text);
    }
}

pub(super) fn respond(model: &mut Model, response: Response, cmds: &mut Vec<Cmd>) {
    if response.next == Next::Close {
        model.dialog = None;
    }
    for want in response.wants {
        match want {
            Want::Ask(ask) => cmds.push(Cmd::Ask(ask)),
            Want::Act(act, text) => {
                let id = send(model, act, text, cmds);
                if let Some(dialog) = &mut model.dialog {
                    dialog.sent(id);
                }
            }
            Want::Perform(action) => perform(model, action, cmds),
            Want::Why(typed) => {
                model.dialog = Some(Box::new(Why::asked(&typed)));
                cmds.push(Cmd::Ask(Request::Why(typed)));
            }
            Want::SeenAlerts(seen) => acknowledge(model, &seen, cmds),
            Want::Copy(text) => copy(model, text, cmds),
            Want::End(ending) => model.ending = Some(ending),
        }
    }
}

/// Sends an act and returns its id. The screen shows the text until the act is acknowledged.
pub(super) fn send(model: &mut Model, act: Act, text: String, cmds: &mut Vec<Cmd>) -> u64 {
    let id = model.next_act;
    model.next_act += 1;
    cmds.push(Cmd::Ask(Request::Act(id, act.clone())));
    model.shared.acts.insert(id, Waiting { act, text });
    id
}

pub(super) fn copy(model: &mut Model, text: String, cmds: &mut Vec<Cmd>) {
    say(
        model,
        Tone::Plain,
        "sent to the terminal's clipboard".to_owned(),
    );
    cmds.push(Cmd::Copy(text));
}

pub(super) fn say(model: &mut Model, tone: Tone, text: String) {
    model.shared.notice = Some(Notice {
        text,
        tone,
        until: model.shared.millis + NOTICE_MS,
    });
}
