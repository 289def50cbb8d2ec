//! A small deck for the tests of the dialogs, and a screen to draw them on.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::alerts::Alerts;
use super::caps::CapsDialog;
use super::confirm::Confirm;
use super::help::Help;
use super::history::History;
use super::import::ImportDialog;
use super::opt_out::OptOut;
use super::palette::Palette;
use super::quit::Quit;
use super::why::WhyDialog;
use super::{Dialog, Response, Want};
use crate::clock::DeckClock;
use crate::domain::campaign::Pacing;
use crate::domain::event::AlertRaised;
use crate::domain::{
    Attempt, AttemptId, AttemptState, CampaignId, CampaignState, ClassId, Contact, ContactId,
    ContactState, DeckId, Outcome, PhoneNumber, Timestamp, TrunkName,
};
use crate::engine::alerts::OpenAlert;
use crate::engine::board::{Board, CallBoard, CampaignBoard, Caps, Waiting};
use crate::engine::desk::{
    Binding, CallerIdSummary, CampaignView, ContactRow, EngineOwner, ListOrder, NextClaim, Phase,
    Standing, View,
};
use crate::tui::canvas::{Canvas, Look};
use crate::tui::glyph::Glyphs;
use crate::tui::keymap::KeyMap;
use crate::tui::list::List;
use crate::tui::model::Model;
use crate::tui::shared::{Ending, Permits, Reach, Shared, Viewer};
use crate::tui::theme::Theme;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn phone(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

/// Returns a state with two campaigns and one call up, for an operator in New York.
pub(super) fn shared() -> Shared {
    let viewer = Viewer {
        actor: "maria".to_owned(),
        role: "operator",
        may: Permits {
            campaigns: Reach::Everything,
            opt_out: true,
            import: true,
        },
        zone: TimeZone::get("America/New_York").unwrap(),
    };
    let now = at("2026-04-14T18:07:32Z");
    let mut shared = Model::new(viewer, KeyMap::embedded(), (80, 24), now).shared;
    shared.view = Some(view(now));
    shared
}

fn view(now: Timestamp) -> View {
    let call = CallBoard {
        attempt: AttemptId {
            deck: DeckId(7),
            serial: 1,
        },
        campaign: "spring-reminders".to_owned(),
        number: phone("+12125550142"),
        caller_id: phone("+16465550100"),
        state: AttemptState::Connected,
        since: at("2026-04-14T18:06:50Z"),
    };
    let alert = |seq: i64, instant: &str, text: &str| OpenAlert {
        seq,
        ..OpenAlert::unwritten(AlertRaised::deck_file_changed(text), at(instant))
    };
    View {
        board: Board {
            campaigns: vec![
                board("spring-reminders", CampaignState::Running),
                board("past-due", CampaignState::Paused),
            ],
            calls: vec![call],
            alerts: vec![
                alert(
                    90,
                    "2026-04-14T18:05:00.000Z",
                    "caller id +16465550102 is full until 2026-04-14T18:22:00Z: 3 of 5 are usable, and the pace falls with them",
                ),
                alert(71, "2026-04-14T17:40:00.000Z", "the carrier refused a call"),
            ],
            ..Board::empty(now)
        },
        campaigns: vec![campaign(1), campaign(2)],
        engine: EngineOwner::Inside,
        clock: DeckClock::System,
    }
}

const PACING: Pacing = Pacing {
    calls_per_minute: 8,
    max_concurrent: 20,
    weight: 2,
};

fn board(name: &str, state: CampaignState) -> CampaignBoard {
    CampaignBoard {
        name: name.to_owned(),
        state,
        phase: if state == CampaignState::Paused {
            Phase::Paused
        } else {
            Phase::Running
        },
        next: NextClaim::Dial,
        remedies: Vec::new(),
        held_since: None,
        waiting_for_window: false,
        note: None,
        total: 2_400,
        done: 1_184,
        in_flight: 1,
        ready: 1_200,
        waiting: Waiting::default(),
        suppressed: 15,
        exhausted: 0,
        expired: 0,
        invalid: 0,
        unknown: 0,
        attempts: 2_000,
        outcomes: BTreeMap::new(),
        refusals: BTreeMap::new(),
        caps: Caps::default(),
        pacing: PACING,
        abandoned: [0, 0],
        abandoned_since_release: [0, 0],
    }
}

fn campaign(id: i64) -> CampaignView {
    CampaignView {
        id: CampaignId(id),
        zones: Vec::new(),
        next_due: None,
        next_opening: None,
        caller_ids: Vec::new(),
        caller_id_use: CallerIdSummary::default(),
        binding: Binding::Pace,
        limit: "calls leave",
        ceiling: Pacing {
            calls_per_minute: 10,
            ..PACING
        },
        law: Vec::new(),
        abandonment_limit_percent: 3,
    }
}

/// Returns a dialog of every kind.
pub(in crate::tui) fn every() -> Vec<Box<dyn Dialog>> {
    let shared = shared();
    let confirm = Confirm::new(
        "Sure?",
        vec!["x".repeat(200)],
        "Do",
        Want::End(Ending::Drain),
    );
    vec![
        Box::new(Alerts::default()),
        Box::new(CapsDialog::new(&shared).unwrap()),
        Box::new(confirm),
        Box::new(Help::new(&shared)),
        Box::new(History::new(row())),
        Box::new(ImportDialog::new(&shared).unwrap()),
        Box::new(OptOut::new(&List::default()).0),
        Box::new(Palette::new()),
        Box::new(Quit::new(&shared).unwrap()),
        Box::new(WhyDialog::of(phone("+12125550142"))),
        Box::new(WhyDialog::typed()),
    ]
}

/// Returns an attempt that was not answered.
pub(super) fn attempt(n: u32) -> Attempt {
    Attempt {
        id: AttemptId {
            deck: DeckId(7),
            serial: i64::from(n),
        },
        campaign: CampaignId(1),
        contact: ContactId(1_184),
        number: phone("+12125550142"),
        n,
        trunk: TrunkName("main".to_owned()),
        caller_id: phone("+16465550100"),
        state: AttemptState::Ended,
        reserved_at: at("2026-04-13T15:30:00Z"),
        sent_at: Some(at("2026-04-13T15:30:01Z")),
        ringing_at: Some(at("2026-04-13T15:30:03Z")),
        answered_at: None,
        ended_at: Some(at("2026-04-13T15:30:28Z")),
        callee_type: None,
        outcome: Some(Outcome::NoAnswer),
        counts: true,
        cause: Some("unreachable".to_owned()),
    }
}

pub(in crate::tui) fn row() -> ContactRow {
    let contact = Contact {
        id: ContactId(1_184),
        campaign: CampaignId(1),
        number: phone("+12125550142"),
        name: String::new(),
        state: ContactState::Ready,
        reason: None,
        priority: 0,
        due: Timestamp::MIN,
        class: ClassId(1),
        consent: None,
        expires_at: None,
        attempts: 1,
        last_outcome: None,
    };
    ContactRow {
        contact: ContactId(1_184),
        key: ListOrder::Number.key(&contact),
        number: phone("+12125550142"),
        name: "Ana\u{202e} Ruiz".to_owned(),
        standing: Standing::ToCall(NextClaim::Dial),
        zone: "NY".to_owned(),
        local: "14:07".to_owned(),
        attempts: 1,
        max_attempts: 3,
        last: None,
        caller_id: None,
        not_called_again: None,
        not_judged: None,
    }
}

pub(super) fn press(dialog: &mut dyn Dialog, code: KeyCode, shared: &Shared) -> Response {
    dialog.key(KeyEvent::new(code, KeyModifiers::NONE), shared)
}

pub(super) fn type_in(dialog: &mut dyn Dialog, text: &str, shared: &Shared) {
    for letter in text.chars() {
        press(dialog, KeyCode::Char(letter), shared);
    }
}

/// Returns the dialog drawn on a screen of the size in `shared`, without colours.
pub(in crate::tui) fn drawn(dialog: &dyn Dialog, shared: &Shared) -> Terminal<TestBackend> {
    drawn_in("mono", dialog, shared)
}

fn drawn_in(theme: &str, dialog: &dyn Dialog, shared: &Shared) -> Terminal<TestBackend> {
    let look = Look {
        theme: Theme::embedded(theme),
        glyphs: Glyphs::unicode(),
    };
    let (width, height) = shared.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let draw = |frame: &mut ratatui::Frame<'_>| {
        dialog.draw(&mut Canvas {
            buffer: frame.buffer_mut(),
            look: &look,
            shared,
        });
    };
    terminal.draw(draw).unwrap();
    terminal
}

/// Asserts that the dialog's text and styles match their snapshots, with colours and without.
pub(super) fn assert_styles(name: &str, dialog: &dyn Dialog, shared: &Shared) {
    for theme in ["dark", "mono"] {
        let terminal = drawn_in(theme, dialog, shared);
        insta::assert_debug_snapshot!(format!("{name}_{theme}"), terminal.backend().buffer());
    }
}
