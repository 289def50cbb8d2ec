//! Applies the reports of the desk to the model.

use super::{Cmd, respond, say};
use crate::engine::desk::{EventLine, Message, View};
use crate::tui::model::{EVENTS_KEPT, Model, Tone};
use crate::tui::view::bound;

pub(super) fn on_told(model: &mut Model, told: Message, cmds: &mut Vec<Cmd>) {
    if let Some(mut dialog) = model.dialog.take() {
        let response = dialog.told(&told, &model.shared);
        model.dialog = Some(dialog);
        respond(model, response, cmds);
    }
    match told {
        Message::View(view) => on_view(model, *view, cmds),
        Message::Log(lines, skipped) => on_story(model, lines, skipped),
        Message::Page(serial, page) => cmds.extend(model.list.take(serial, page).map(Cmd::Ask)),
        Message::ActDone(id, result) => {
            let done = model.shared.acts.remove(&id);
            match result {
                Ok(acted) => {
                    if done.is_some_and(|done| done.act.is_on_contacts()) {
                        // The act on the marked contacts is done. The next act applies to the selected
                        // contact.
                        model.list.marked.clear();
                    }
                    say(model, Tone::Good, acted.text);
                }
                Err(error) => say(model, Tone::Bad, error),
            }
        }
        Message::Failed(error) => model.shared.failed = Some(error),
        Message::ImportDone(Ok(imported)) => {
            let text = format!("import: {} contacts taken", imported.figures.taken);
            say(model, Tone::Good, text);
        }
        Message::ImportDone(Err(error)) => say(model, Tone::Bad, error),
        Message::Why(_)
        | Message::Attempts(..)
        | Message::Judged(..)
        | Message::ImportProgress(_) => {}
    }
}

pub(super) fn on_view(model: &mut Model, view: View, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.failed = None;
    shared.now = shared.now.max(view.board.now);
    for board in &view.board.campaigns {
        let rates = shared.rates.entry(board.name.clone()).or_default();
        rates.note_bound(view.board.now, bound(board, view.engine));
    }
    if shared.frozen {
        shared.newer = Some(view);
        return;
    }
    let count = view.campaigns.len();
    shared.tab = shared.tab.min(count.saturating_sub(1));
    shared.view = Some(view);
    let id = shared.campaign_view().map(|view| view.id);
    let ask = model.list.turn_to(id).or_else(|| model.list.refresh());
    cmds.extend(ask.map(Cmd::Ask));
}

fn on_story(model: &mut Model, lines: Vec<EventLine>, skipped: u64) {
    let shared = &mut model.shared;
    shared.skipped += skipped;
    for line in lines {
        let rates = line
            .campaign
            .as_ref()
            .map(|name| shared.rates.entry(name.clone()).or_default());
        match (line.kind.as_str(), rates) {
            ("attempt_sent", Some(rates)) => rates.note_sent(line.at),
            ("contact_finished", Some(rates)) => rates.note_ended(line.at),
            _ => {}
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
