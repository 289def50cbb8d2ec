//! A console whose engine breaks: the screen stays, everything is paused, and somebody is told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;

use dialdeck::clock::{Clock, DeckClock, ScaledClock};
use dialdeck::config::read_deck;
use dialdeck::domain::{Capabilities, DeckId, Timestamp};
use dialdeck::engine::desk::service::{TOLD_QUEUE, spawn};
use dialdeck::engine::desk::{EngineSeat, Importer, Settings, Surroundings};
use dialdeck::engine::shell::{Ends, Handle, Shell};
use dialdeck::provider::{Provider, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Store as _, StoreError};
use dialdeck::tui::Console;
use dialdeck::tui::keymap::KeyMap;
use dialdeck::tui::looks::{LookChoice, Looks};
use dialdeck::tui::model::{Permits, Viewer};
use jiff::tz::TimeZone;
use rustix::process::Signal;

use crate::pty::Pty;
use crate::{ESC, WIDE, demo, events, signal, state};

/// Names the deck for [`a_console_with_a_broken_carrier`].
const DECK: &str = "DIALDECK_TEST_DECK";

/// What the carrier says of its end.
const WHY: &str = "as a test wants it";

/// The demo's pace.
const FACTOR: u32 = 30;

/// A carrier that breaks the engine with the first call it is to place.
struct Broken(&'static str);

impl Provider for Broken {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            look_up: false,
            hang_up: true,
            pci: true,
            ..Capabilities::default()
        }
    }

    fn request(&mut self, request: Request, _now: Timestamp) {
        assert!(!matches!(request, Request::Place(_)), "{}", self.0);
    }

    fn poll(&mut self, _now: Timestamp) -> Vec<ProviderEvent> {
        Vec::new()
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        None
    }

    async fn ready(&mut self) {
        std::future::pending::<()>().await;
    }
}

struct Here(Handle, DeckClock);

impl Surroundings<SqliteStore> for Here {
    fn engine(&mut self) -> EngineSeat {
        if self.0.has_ended() {
            EngineSeat::Nobody
        } else {
            EngineSeat::Inside
        }
    }

    fn clock(&mut self, _store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        Ok(self.1)
    }

    fn importer(&self) -> Importer {
        Box::new(|_, _, _| Err("nothing is imported here".to_owned()))
    }
}

fn open(deck: &Path) -> SqliteStore {
    let path = deck.join("deck.sqlite");
    let at = Clock::System.now();
    SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), at).unwrap()
}

fn console(deck: &Path, engine: Handle, clock: ScaledClock) {
    let viewer = Viewer {
        actor: "maria".to_owned(),
        role: "operator",
        may: Permits {
            campaigns: true,
            opt_out: true,
            import: true,
        },
        zone: TimeZone::UTC,
    };
    let settings = Settings {
        store: open(deck),
        rules: Rules::embedded(),
        surroundings: Box::new(Here(engine.clone(), DeckClock::Scaled(clock))),
        engine: Some(engine),
        actor: viewer.actor.clone(),
        viewer: viewer.zone.clone(),
        country: "US".to_owned(),
    };
    let (asks, inbox) = mpsc::channel();
    let (tell, told) = tokio::sync::mpsc::channel(TOLD_QUEUE);
    let thread = spawn(settings, inbox, tell).unwrap();
    Console {
        viewer,
        keys: KeyMap::embedded(),
        looks: Looks::new(LookChoice::default()).unwrap().0,
        asks,
        told,
        masked: false,
        deck: "broken".to_owned(),
    }
    .run()
    .unwrap();
    thread.join().unwrap();
}

/// What [`a_panic_in_the_engine_pauses_everything`] starts on a terminal of its own.
#[test]
#[ignore = "the other half of a test; it wants a terminal and a deck"]
fn a_console_with_a_broken_carrier() {
    let Some(deck) = std::env::var_os(DECK) else {
        return;
    };
    let deck = Path::new(&deck);
    let mut store = open(deck);
    let last = store.snapshot(Timestamp::MIN).unwrap().last_event_at;
    let clock = ScaledClock::start(last.unwrap(), FACTOR);
    let config = read_deck(
        "dialdeck.toml",
        include_str!("../../sample-data/dialdeck.toml"),
    );
    let trunks = config.unwrap().providers.into_keys();
    let carriers: BTreeMap<_, _> = trunks.map(|trunk| (trunk, Broken(WHY))).collect();
    let bans = Vec::new();
    let (engine, handle) = Shell::new(
        store,
        carriers,
        Clock::Scaled(clock),
        Rules::embedded(),
        bans,
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let engine = runtime.spawn(engine.run(Ends::WhenTold));
    console(deck, handle, clock);
    assert!(runtime.block_on(engine).unwrap_err().is_panic());
}

#[test]
fn a_panic_in_the_engine_pauses_everything() {
    let folder = tempfile::tempdir().unwrap();
    let running = demo(folder.path(), WIDE);
    signal(&running, Signal::TERM);
    running.end();
    assert_eq!(state(folder.path(), "appointment-reminders"), "running");
    let deck = folder.path().to_str().unwrap();
    let this = std::env::current_exe().unwrap();
    let name = "broken::a_console_with_a_broken_carrier";
    let args = ["--ignored", "--exact", name, "--nocapture"];
    let mut pty = Pty::run(this.to_str().unwrap(), &args, &[(DECK, deck)], WIDE);
    pty.wait_for(&["part of the program has failed, pausing everything"]);
    pty.wait_for(&["NO ENGINE", "PAUSED"]);
    pty.press("?");
    pty.wait_for(&["Esc closes"]);
    pty.press(ESC);
    pty.wait("no help", |screen| !screen.contains("Esc closes"));
    signal(&pty, Signal::TERM);
    let (code, screen) = pty.end();
    assert_eq!(code, 0, "{screen}");
    for campaign in ["appointment-reminders", "past-due", "spring-sale"] {
        assert_eq!(state(folder.path(), campaign), "paused");
    }
    let alert = |event: &serde_json::Value| {
        event["kind"] == "alert_raised" && event["data"]["alert"] == "program_failed"
    };
    let events = events(folder.path());
    let alert = events.iter().find(|event| alert(event)).unwrap();
    let text = alert["data"]["text"].as_str().unwrap();
    assert!(text.contains(WHY), "{text}");
}
