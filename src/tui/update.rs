//! What a message does to the model: keys become acts and questions, news becomes what is shown.
//! Without I/O and without a clock; time comes with the message.

use crossterm::event::{Event as TermEvent, KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::action::Action;
use super::dialog::alerts::Alerts;
use super::dialog::caps::CapsDialog;
use super::dialog::confirm::Confirm;
use super::dialog::help::Help;
use super::dialog::history::History;
use super::dialog::import::ImportDialog;
use super::dialog::opt_out::OptOut;
use super::dialog::palette::Palette;
use super::dialog::quit::Quit;
use super::dialog::why::Why;
use super::dialog::{Next, Response, Want};
use super::filter::Filter;
use super::list::Motion;
use super::model::{EVENTS_KEPT, Ending, Millis, Model, Notice, Pane, Tone, Waiting};
use super::view;
use crate::domain::campaign::Pacing;
use crate::domain::{CampaignState, Timestamp};
use crate::engine::desk::{Act, Ask, EventLine, ListOrder, Told, View};

/// How long a notice stays.
const NOTICE_MS: Millis = 6_000;

/// Within this time a second press of the key that stops everything offers to hang up.
const AGAIN_MS: Millis = 3_000;

/// How long letters wait after the terminal got the focus back.
const FOCUS_MS: Millis = 300;

/// What happened.
#[derive(Debug)]
pub enum Msg {
    /// A key went down.
    Key(KeyEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize(u16, u16),
    /// The terminal got the focus back.
    Focus,
    /// The desk said something.
    Told(Told),
    /// Time has passed: the deck's instant.
    Tick(Timestamp),
    /// Part of the program has failed.
    Broken(String),
    /// The console has to end: a signal.
    End,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Cmd {
    /// Ask the desk.
    Ask(Ask),
    /// Send text to the terminal's clipboard.
    Copy(String),
    /// Stop the process until it is continued.
    Suspend,
    /// Draw every cell again.
    Redraw,
    /// Take the next theme.
    NextTheme,
}

/// Takes a message in, at this many milliseconds since the console opened.
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
        Msg::Told(told) => on_told(model, told, &mut cmds),
        Msg::Tick(now) => model.shared.now = model.shared.now.max(now),
        Msg::Broken(what) => {
            let text = format!("part of the program has failed, everything is paused: {what}");
            cmds.push(Cmd::Ask(Ask::Broken(text.clone())));
            say(model, Tone::Bad, text);
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
    if is_letter(key) && model.focused_at.is_some_and(|at| model.shared.millis < at + FOCUS_MS) {
        return;
    }
    if view::is_too_small(model.shared.size) {
        return match action {
            Some(action @ (Action::Pause | Action::PauseAll | Action::Quit)) => {
                perform(model, action, cmds);
            }
            _ => {}
        };
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
            None => say(model, Tone::Plain, "a paste is taken in text fields only".to_owned()),
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

fn respond(model: &mut Model, response: Response, cmds: &mut Vec<Cmd>) {
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
                cmds.push(Cmd::Ask(Ask::Why(typed)));
            }
            Want::SeenAlerts(seen) => model.shared.seen_alerts.extend(seen),
            Want::Copy(text) => copy(model, text, cmds),
            Want::End(ending) => model.ending = Some(ending),
        }
    }
}

/// Sends an act; until it is acknowledged the screen says what is being done.
fn send(model: &mut Model, act: Act, text: String, cmds: &mut Vec<Cmd>) -> u64 {
    let id = model.next_act;
    model.next_act += 1;
    cmds.push(Cmd::Ask(Ask::Act(id, act.clone())));
    model.shared.acts.insert(id, Waiting { act, text });
    id
}

fn copy(model: &mut Model, text: String, cmds: &mut Vec<Cmd>) {
    say(model, Tone::Plain, "sent to the terminal's clipboard".to_owned());
    cmds.push(Cmd::Copy(text));
}

fn say(model: &mut Model, tone: Tone, text: String) {
    model.shared.notice = Some(Notice {
        text,
        tone,
        until: model.shared.millis + NOTICE_MS,
    });
}

/// Stops every campaign at once, from anywhere; a second press soon after offers to hang up.
fn stop_everything(model: &mut Model, cmds: &mut Vec<Cmd>) {
    if !may_change_campaigns(model) {
        return;
    }
    let now = model.shared.millis;
    let again = model.stopped_at.is_some_and(|at| now < at + AGAIN_MS);
    model.stopped_at = Some(now);
    if again && model.shared.calls_up() > 0 {
        let up = model.shared.calls_up();
        model.dialog = Some(Box::new(Confirm::new(
            "Hang up every call",
            vec![
                format!("{up} calls are up. People in them will be cut off."),
                "Every campaign is paused already.".to_owned(),
            ],
            "Hang up",
            Want::Act(Act::HangUpAll, "hanging up every call".to_owned()),
        )));
        return;
    }
    send(model, Act::PauseAll, "pausing everything".to_owned(), cmds);
}

fn may_change_campaigns(model: &mut Model) -> bool {
    let may = model.shared.viewer.may.campaigns;
    if !may {
        refuse(model, "change campaigns");
    }
    may
}

fn refuse(model: &mut Model, what: &str) {
    let text = format!("as {} you may not {what}", model.shared.viewer.role);
    say(model, Tone::Bad, text);
}

/// Does what a key or the palette asks for.
fn perform(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    match action {
        Action::StopEverything => stop_everything(model, cmds),
        Action::Pause
        | Action::PauseAll
        | Action::Resume
        | Action::Start
        | Action::StopCampaign
        | Action::PaceDown
        | Action::PaceUp
        | Action::Caps => {
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
        Action::Acknowledge => acknowledge(model),
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

/// Acts on the campaign that is looked at. Stopping is at once; starting and raising are confirmed.
fn on_campaign(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    if action == Action::PauseAll {
        send(model, Act::PauseAll, "pausing every campaign".to_owned(), cmds);
        return;
    }
    let Some((campaign, view)) = model.shared.campaign().zip(model.shared.campaign_view()) else {
        return say(model, Tone::Plain, "there is no campaign".to_owned());
    };
    let (id, name, state, pacing) = (view.id, campaign.name.clone(), campaign.state, campaign.pacing);
    match (action, state) {
        (Action::Pause, CampaignState::Running) => {
            send(model, Act::Pause(id), format!("pausing {name}"), cmds);
        }
        (Action::Resume, CampaignState::Paused) | (Action::Start, CampaignState::Draft) => {
            let verb = if action == Action::Start { "Start" } else { "Resume" };
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
            say(model, Tone::Plain, format!("{name} is {state}"));
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
            let text = format!("{name}: slowing down to {} a minute", slower.calls_per_minute);
            send(model, Act::SetPacing(id, slower), text, cmds);
        }
        (Action::PaceUp, _) => raise(model, cmds),
        _ => model.dialog = CapsDialog::new(&model.shared).map(|dialog| Box::new(dialog) as _),
    }
}

/// A tenth slower, by one call a minute at least.
fn slower(pacing: Pacing) -> Pacing {
    let step = (pacing.calls_per_minute / 10).max(1);
    Pacing {
        calls_per_minute: pacing.calls_per_minute.saturating_sub(step).max(1),
        ..pacing
    }
}

fn raise(model: &mut Model, _cmds: &mut Vec<Cmd>) {
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
        Want::Act(Act::SetPacing(id, pacing), format!("{name}: raising to {faster} a minute")),
    )));
}

fn look_closer(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
    let row = model.list.current().cloned();
    match (action, row) {
        (Action::Details, Some(row)) => {
            cmds.push(Cmd::Ask(Ask::Attempts(row.contact)));
            model.dialog = Some(Box::new(History::new(row)));
        }
        (Action::Why, Some(row)) => {
            cmds.push(Cmd::Ask(Ask::Why(row.number.to_string())));
            model.dialog = Some(Box::new(Why::of(row.number)));
        }
        _ => model.dialog = Some(Box::new(Why::typed())),
    }
}

fn acknowledge(model: &mut Model) {
    let alerts = model.shared.alerts();
    match alerts.first() {
        Some(alert) => {
            model.shared.seen_alerts.insert(alert.seq);
        }
        None => say(model, Tone::Plain, "there is no alert".to_owned()),
    }
}

/// Leaves at once when nothing is up that leaving would touch; else asks.
fn quit(model: &mut Model) {
    match Quit::new(&model.shared) {
        Some(dialog) => model.dialog = Some(Box::new(dialog)),
        None => model.ending = Some(Ending::Drain),
    }
}

/// Moves around: what is looked at, nothing of the deck.
fn look_around(model: &mut Model, action: Action, cmds: &mut Vec<Cmd>) {
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
                turn(model, |tab, count| if place < count { place } else { tab }, cmds);
            }
        }
    }
}

/// One step back: out of a whole-body pane, a freeze, a filter.
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
    let by = |place: &mut usize, last: usize, page: usize, down_is_more: bool| {
        let (more, less) = if down_is_more {
            (Motion::Down, Motion::Up)
        } else {
            (Motion::Up, Motion::Down)
        };
        *place = match motion {
            m if m == more => *place + 1,
            m if m == less => place.saturating_sub(1),
            Motion::PageDown if down_is_more => *place + page,
            Motion::PageUp if !down_is_more => *place + page,
            Motion::PageUp | Motion::PageDown => place.saturating_sub(page),
            Motion::Top if down_is_more => 0,
            Motion::Bottom if !down_is_more => 0,
            _ => last,
        }
        .min(last);
    };
    match shared.pane {
        Pane::List => cmds.extend(model.list.go(motion).map(Cmd::Ask)),
        Pane::Events => {
            let last = shared.events.len().saturating_sub(1);
            by(&mut shared.events_back, last, 10, false);
        }
        Pane::Zones => {
            let rows = shared.campaign_view().map_or(0, |view| view.zones.len());
            by(&mut shared.zones_from, rows.saturating_sub(1), 5, true);
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

fn freeze(model: &mut Model, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.frozen = !shared.frozen;
    if let Some(newer) = shared.newer.take() {
        on_view(model, newer, cmds);
    }
}

fn on_told(model: &mut Model, told: Told, cmds: &mut Vec<Cmd>) {
    if let Some(mut dialog) = model.dialog.take() {
        let response = dialog.told(&told, &model.shared);
        model.dialog = Some(dialog);
        respond(model, response, cmds);
    }
    match told {
        Told::View(view) => on_view(model, *view, cmds),
        Told::Story(lines, skipped) => on_story(model, lines, skipped),
        Told::Page(serial, page) => cmds.extend(model.list.take(serial, page).map(Cmd::Ask)),
        Told::Acted(id, result) => {
            model.shared.acts.remove(&id);
            match result {
                Ok(acted) => say(model, Tone::Good, acted.text),
                Err(error) => say(model, Tone::Bad, error),
            }
        }
        Told::Failed(error) => model.shared.failed = Some(error),
        Told::Imported(Ok(imported)) => {
            let text = format!("import: {} contacts taken", imported.figures.taken);
            say(model, Tone::Good, text);
        }
        Told::Imported(Err(error)) => say(model, Tone::Bad, error),
        Told::Why(_)
        | Told::Attempts(..)
        | Told::Judged(..)
        | Told::Importing(_) => {}
    }
}

fn on_view(model: &mut Model, view: View, cmds: &mut Vec<Cmd>) {
    let shared = &mut model.shared;
    shared.failed = None;
    shared.now = shared.now.max(view.board.now);
    for (board, campaign) in view.board.campaigns.iter().zip(&view.campaigns) {
        let rates = shared.rates.entry(board.name.clone()).or_default();
        rates.note_limit(view.board.now, campaign.limit);
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
    shared.events_back = shared.events_back.min(shared.events.len().saturating_sub(1));
}
