//! A console whose engine breaks: the screen stays, every campaign is paused, and an alert is raised.
//!
//! There is no test harness: this program is the check, and it starts itself again on a terminal as the
//! console that is checked.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, mpsc};

use dialdeck::clock::{Clock, DeckClock, ScaledClock};
use dialdeck::config::read_deck;
use dialdeck::domain::{Capabilities, DeckId, Timestamp};
use dialdeck::engine::desk::protocol::MESSAGE_QUEUE;
use dialdeck::engine::desk::service::spawn;
use dialdeck::engine::desk::{EngineOwner, Importer, Settings, Surroundings};
use dialdeck::engine::shell::{Ends, Handle, Shell};
use dialdeck::provider::{Provider, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Reads as _, StoreError};
use dialdeck::tui::{Appearance, AppearanceChoice, Console, KeyMap, Permits, Reach, Viewer};
use jiff::tz::TimeZone;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use dialdeck_testkit::pty::Pty;
use dialdeck_testkit::world::engine_of;

const SIZE: (u16, u16) = (200, 50);

/// Passes the deck's path to the program that is the console.
const DECK: &str = "DIALDECK_TEST_DECK";

/// The carrier's reason for its failure.
const WHY: &str = "as a test wants it";

/// How many times faster than the machine's the demo's clock runs.
const FACTOR: u32 = 30;

/// A carrier that breaks the engine at the first call that it is to place.
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
    fn engine(&mut self) -> EngineOwner {
        if self.0.has_ended() {
            EngineOwner::Nobody
        } else {
            EngineOwner::Inside
        }
    }

    fn clock(&mut self, _store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        Ok(self.1)
    }

    fn importer(&self) -> Importer {
        Box::new(|_, _, _| panic!("nothing is imported here"))
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
            campaigns: Reach::Everything,
            opt_out: true,
            import: true,
        },
        zone: TimeZone::UTC,
    };
    let settings = Settings {
        store: open(deck),
        rules: Arc::clone(Rules::embedded()),
        surroundings: Box::new(Here(engine.clone(), DeckClock::Scaled(clock))),
        engine: Some(engine),
        actor: viewer.actor.clone(),
        viewer: viewer.zone.clone(),
        country: "US".to_owned(),
    };
    let (requests, inbox) = mpsc::channel();
    let (tell, messages) = tokio::sync::mpsc::channel(MESSAGE_QUEUE);
    let thread = spawn(settings, inbox, tell).unwrap();
    Console {
        viewer,
        keys: KeyMap::embedded(),
        appearance: Appearance::new(AppearanceChoice::default()).unwrap().0,
        requests,
        messages,
        masked: false,
        deck: "broken".to_owned(),
        broken: None,
    }
    .run()
    .unwrap();
    thread.join().unwrap();
}

fn main() {
    match std::env::var_os(DECK) {
        Some(deck) => a_console_with_a_broken_carrier(Path::new(&deck)),
        None => a_panic_in_the_engine_pauses_everything(),
    }
}

/// Runs the console that is checked.
fn a_console_with_a_broken_carrier(deck: &Path) {
    let mut store = open(deck);
    let last = store.snapshot(Timestamp::MIN).unwrap().last_event_at;
    let clock = ScaledClock::start(last.unwrap(), FACTOR);
    let config = read_deck(
        "dialdeck.toml",
        include_str!("../sample-data/dialdeck.toml"),
    );
    let trunks = config.unwrap().providers.into_keys();
    let carriers: BTreeMap<_, _> = trunks.map(|trunk| (trunk, Broken(WHY))).collect();
    let (engine, handle) = Shell::new(
        engine_of(store, deck),
        carriers,
        Clock::Scaled(clock),
        Rules::embedded(),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let engine = runtime.spawn(engine.run(Ends::OnRequest));
    console(deck, handle, clock);
    assert!(runtime.block_on(engine).unwrap_err().is_panic());
}

/// Runs the program under test. Returns what it prints.
fn run(deck: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dialdeck"));
    let output = command.arg("--deck").arg(deck).args(args).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn end(pty: Pty) -> (u32, String) {
    let id = Pid::from_raw(i32::try_from(pty.id()).unwrap()).unwrap();
    kill_process(id, Signal::TERM).unwrap();
    pty.end()
}

fn a_panic_in_the_engine_pauses_everything() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path();
    let name = deck.to_str().unwrap();
    let running = Pty::start(&["demo", "--deck", name], SIZE);
    running.wait_for(&["appointment-reminders", "RUNNING"]);
    end(running);
    assert!(run(deck, &["status", "--json"]).contains("\"state\":\"running\""));
    let this = std::env::current_exe().unwrap();
    let mut pty = Pty::run(this.to_str().unwrap(), &[], &[(DECK, name)], SIZE);
    pty.wait_for(&["part of the program has failed, pausing everything"]);
    pty.wait_for(&["NO ENGINE", "PAUSED"]);
    pty.press("?");
    pty.wait_for(&["Esc closes"]);
    pty.press("\x1b");
    pty.wait("no help", |screen| !screen.contains("Esc closes"));
    let (code, screen) = end(pty);
    assert_eq!(code, 0, "{screen}");
    let status: Value = serde_json::from_str(&run(deck, &["status", "--json"])).unwrap();
    for campaign in status["campaigns"].as_array().unwrap() {
        assert_eq!(campaign["state"], "paused", "{campaign}");
    }
    let log = run(deck, &["log", "export", "--jsonl"]);
    let alert = |event: &Value| {
        event["kind"] == "alert_raised" && event["data"]["alert"] == "program_failed"
    };
    let mut events = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let alert = events.find(alert).unwrap();
    let text = alert["data"]["text"].as_str().unwrap();
    assert!(text.contains(WHY), "{text}");
}
