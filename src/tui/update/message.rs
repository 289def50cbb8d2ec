//! Applies the messages of the desk to the model.

use super::{Cmd, say};
use crate::domain::event::EventKind;
use crate::engine::desk::{
    ActError, ActId, ActSummary, EventLine, ImportError, ImportSummary, Message, View,
};
use crate::tui::model::Model;
use crate::tui::shared::{EVENTS_KEPT, Tone};

/// Takes a message of the desk, and gives the dialog what it may have asked for.
pub(super) fn on_message(model: &mut Model, message: Message, cmds: &mut Vec<Cmd>) {
    let dialog = model.dialog.as_mut();
    match message {
        Message::View(view) => on_view(model, *view, cmds),
        Message::Log(lines, skipped) => on_log(model, lines, skipped),
        Message::Page(serial, page) => cmds.extend(model.list.take(serial, page).map(Cmd::Request)),
        Message::Why(report) => {
            if let Some(dialog) = dialog {
                dialog.on_why(&report);
            }
        }
        Message::Attempts(contact, attempts) => {
            if let Some(dialog) = dialog {
                dialog.on_attempts(contact, &attempts);
            }
        }
        Message::Judged(text, judged) => {
            if let Some(dialog) = dialog {
                dialog.on_judged(&text, &judged);
            }
        }
        Message::ActDone(id, result) => {
            if let Some(dialog) = dialog {
                dialog.on_acted(id, &result);
            }
            on_acted(model, id, result);
        }
        Message::ImportProgress(rows) => {
            if let Some(dialog) = dialog {
                dialog.on_importing(rows);
            }
        }
        Message::ImportDone(result) => {
            if let Some(dialog) = dialog {
                dialog.on_imported(&result);
            }
            on_imported(model, result);
        }
        Message::Failed(error) => {
            if let Some(dialog) = dialog {
                dialog.on_failed(&error);
            }
            model.shared.failed = Some(error);
        }
    }
}

fn on_acted(model: &mut Model, id: ActId, result: Result<ActSummary, ActError>) {
    let done = model.shared.acts.remove(&id);
    match result {
        Ok(acted) => {
            if done.is_some_and(|done| done.act.is_on_contacts()) {
                // The act on the marked contacts is done. The next act applies to the selected contact.
                model.list.marked.clear();
            }
            say(model, Tone::Good, acted.text);
        }
        Err(error) => say(model, Tone::Bad, error.to_string()),
    }
}

fn on_imported(model: &mut Model, result: Result<ImportSummary, ImportError>) {
    match result {
        Ok(imported) => {
            let text = format!("import: {} contacts taken", imported.figures.taken);
            say(model, Tone::Good, text);
        }
        Err(error) => say(model, Tone::Bad, error.to_string()),
    }
}

pub(super) fn on_view(model: &mut Model, view: View, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.failed = None;
    shared.now = shared.now.max(view.board.now);
    for (board, campaign) in view.board.campaigns.iter().zip(&view.campaigns) {
        let rates = shared.rates.entry(board.name.clone()).or_default();
        rates.note_bound(view.board.now, campaign.limit);
    }
    if shared.frozen {
        shared.newer = Some(view);
        return;
    }
    let count = view.campaigns.len();
    shared.tab = shared.tab.min(count.saturating_sub(1));
    shared.view = Some(view);
    let id = shared.campaign_view().map(|view| view.id);
    let ask = model.list.follow(id).or_else(|| model.list.refresh());
    cmds.extend(ask.map(Cmd::Request));
}

fn on_log(model: &mut Model, lines: Vec<EventLine>, skipped: u64) {
    let shared = &mut model.shared;
    shared.skipped += skipped;
    for line in lines {
        let rates = line
            .campaign
            .as_ref()
            .map(|name| shared.rates.entry(name.clone()).or_default());
        if let Some(rates) = rates {
            if line.kind == Some(EventKind::AttemptSent) {
                rates.note_sent(line.at);
            } else if line.kind == Some(EventKind::ContactFinished) {
                rates.note_ended(line.at);
            }
        }
        if shared.events_back > 0 {
            shared.events_back += 1;
        }
        shared.events.push_back(line);
        if shared.events.len() > EVENTS_KEPT {
            shared.events.pop_front();
        }
    }
    shared.events_back = shared
        .events_back
        .min(shared.events.len().saturating_sub(1));
}
