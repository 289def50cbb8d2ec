//! An engine that goes from event to event: it takes a request to end between any two of them, and reports
//! a log that is ahead of its clock.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod set_clock;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dialdeck::clock::{Boot, Clock, ClockWatch, ManualClock, ScaledClock, Timekeeper};
use dialdeck::config::{DeckConfig, read_campaign};
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::domain::{
    CallEnd, CallEvent, CallEventKind, CallReport, CalleeType, CampaignState, Capabilities,
    ClockHeld, ContactId, DeckId, Hints, PhoneNumber, Timestamp, TrunkName,
};
use dialdeck::engine::shell::{DRAIN_LIMIT, Ending, Ends, Handle, Shell};
use dialdeck::policy::Context;
use dialdeck::provider::simulator::Simulator;
use dialdeck::provider::{LookUp, Owned, Provider, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts, By, Claimed, Engine, EngineStore as _, NewContact, Reads as _};
use dialdeck_testkit::world::engine_of;
use tokio::time::Instant;

/// A request to end that arrives before the engine's first turn is taken when nothing remains to do.
#[tokio::test]
async fn an_end_asked_for_between_two_events_is_the_end() {
    let morning = "2026-12-07T15:30:00Z".parse().unwrap();
    let store = MemoryStore::new(DeckId(7), Rules::embedded(), morning).into_engine();
    let clock = Clock::Manual(ManualClock::at(morning));
    let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
    let (shell, handle) = Shell::new(store, none, clock, Rules::embedded()).unwrap();
    let asking = tokio::spawn(async move { handle.drain(None).await });
    tokio::task::yield_now().await;
    let running = tokio::time::timeout(Duration::from_mins(2), shell.run(Ends::OnRequest));
    assert_eq!(running.await, Ok(Ending::Drained), "it waits for ever");
    asking.await.unwrap();
}

/// A carrier that never reports anything about a call.
struct Silent(Capabilities);

impl Provider for Silent {
    fn capabilities(&self) -> Capabilities {
        self.0
    }

    fn request(&mut self, _: Request, _: Timestamp) {}

    fn poll(&mut self, _: Timestamp) -> Vec<ProviderEvent> {
        Vec::new()
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        None
    }

    async fn ready(&mut self) {
        std::future::pending::<()>().await;
    }
}

/// Gives a new deck one running campaign with one contact, and returns the contact.
fn with_a_contact(store: &mut impl Acts, now: Timestamp) -> ContactId {
    store.configure(&DeckConfig::embedded().settings).unwrap();
    let text = "name = \"recall\"\nseller = \"Harbor\"\npurpose = \"reminder\"\n\
        call_class = \"live\"\nagent = \"human\"\ntrunk = \"simulator\"\n\
        [consent]\nrequired = \"none\"\n[caller_id]\npool = \"local\"\n";
    let settings = read_campaign("recall.toml", text).unwrap().settings;
    let by = by(now);
    let campaign = store.add_campaign(&settings, &by).unwrap();
    let number = "+12125550142".parse().unwrap();
    let row = contact(number);
    store.import_contacts(campaign, &[row], now).unwrap();
    let running = CampaignState::Running;
    store.move_campaign(campaign, running, "", &by).unwrap();
    store.contacts_with(number).unwrap()[0].id
}

fn contact(number: PhoneNumber) -> NewContact {
    let class = Rules::embedded().locate(number, &Hints::default(), Evidence::All);
    NewContact {
        line: 1,
        number,
        name: String::new(),
        class: class.map(Arc::new).map_err(|error| error.to_string()),
        priority: 0,
        consent: None,
        expires_at: None,
        variables: String::new(),
    }
}

fn by(at: Timestamp) -> By {
    By {
        actor: "maria".to_owned(),
        at,
    }
}

/// Returns a deck with a call that is up.
fn with_a_call(now: Timestamp) -> Engine<MemoryStore> {
    let mut store = MemoryStore::new(DeckId(7), Rules::embedded(), now).into_engine();
    let contact = with_a_contact(&mut store, now);
    let claimed = store.claim(contact, &Context::default(), now).unwrap();
    assert!(matches!(claimed, Claimed::Dial(..)), "{claimed:?}");
    store
}

/// The end of the drain is one of the instants at which an engine wakes. Between its questions about the
/// call, 5 and 35 seconds after the start, nothing happens.
#[tokio::test]
async fn a_drain_ends_when_it_says() {
    let morning = "2026-12-07T15:30:00Z".parse().unwrap();
    let hand = ManualClock::at(morning);
    let silent = Silent(Capabilities::default());
    let carriers = BTreeMap::from([(TrunkName("simulator".to_owned()), silent)]);
    let (clock, rules) = (Clock::Manual(hand.clone()), Rules::embedded());
    let store = with_a_call(morning);
    let (shell, handle) = Shell::new(store, carriers, clock, rules).unwrap();
    let asking = tokio::spawn(async move { handle.drain(Some(DRAIN_LIMIT)).await });
    tokio::task::yield_now().await;
    assert_eq!(shell.run(Ends::OnRequest).await, Ending::LeftUp(1));
    assert_eq!(hand.now(), morning + Duration::from_secs(30));
    asking.await.unwrap();
}

/// The machine's clock was set back under the engine: by it the end of the drain never comes.
#[tokio::test]
async fn a_drain_ends_by_the_time_that_passes_whatever_the_clock_says() {
    let morning = "2026-12-07T15:30:00Z".parse().unwrap();
    let clock = Clock::Scaled(ScaledClock {
        origin: morning,
        started: "2200-01-01T00:00:00Z".parse().unwrap(),
        factor: 3_000_000,
    });
    assert_eq!(clock.now(), morning, "it stands");
    let silent = Silent(Capabilities::default());
    let carriers = BTreeMap::from([(TrunkName("simulator".to_owned()), silent)]);
    let store = with_a_call(morning);
    let (shell, handle) = Shell::new(store, carriers, clock, Rules::embedded()).unwrap();
    let asking = tokio::spawn(async move { handle.drain(Some(DRAIN_LIMIT)).await });
    tokio::task::yield_now().await;
    assert_eq!(shell.run(Ends::OnRequest).await, Ending::LeftUp(1));
    asking.await.unwrap();
}

#[tokio::test]
async fn a_log_ahead_of_the_clock_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deck.sqlite");
    let morning: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
    let open =
        || SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), morning).unwrap();
    let mut store = open();
    let later = morning + Duration::from_hours(1);
    let ending = DeckEnding::AtRest;
    let closed = EventData::DeckClosed(DeckClosed { ending });
    store
        .append(&NewEvent::new(later, "engine", closed))
        .unwrap();
    let clock = Clock::Manual(ManualClock::at(morning));
    let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
    let store = engine_of(store, folder.path());
    let (shell, _handle) = Shell::new(store, none, clock, Rules::embedded()).unwrap();
    assert_eq!(shell.run(Ends::AtRest).await, Ending::AtRest);
    let log = open().tail(0, 100).unwrap();
    let alert = log.iter().find(|entry| entry.line.contains("clock_behind"));
    let said = "log's last entry is of 2026-12-07T16:30:00Z";
    assert!(alert.unwrap().line.contains(said), "{alert:?}");
}

/// Runs an engine whose wall clock advanced by `wall` while `boot` passed. Returns the jump that it
/// recorded, and its alerts.
async fn after_a_jump(wall: u64, boot: u64) -> (Option<ClockHeld>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deck.sqlite");
    let morning: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
    let open =
        || SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), morning).unwrap();
    let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
    let (walls, boots) = (ManualClock::at(morning), ManualClock::at(morning));
    let watch = ClockWatch::new(Clock::Manual(walls.clone()), Boot::Manual(boots.clone()));
    let clock = Clock::Manual(ManualClock::at(morning));
    let store = engine_of(open(), folder.path());
    let (shell, _handle) = Shell::new(store, none, clock, Rules::embedded()).unwrap();
    walls.advance_to(morning + Duration::from_secs(wall));
    boots.advance_to(morning + Duration::from_secs(boot));
    let shell = shell.with_clock_watch(Some(watch));
    assert_eq!(shell.run(Ends::AtRest).await, Ending::AtRest);
    let mut store = open();
    let log = store.tail(0, 100).unwrap();
    let alerts = log
        .iter()
        .filter(|entry| entry.line.contains("clock_jumped"));
    let alerts: Vec<&str> = alerts.map(|entry| &*entry.line).collect();
    assert!(alerts.len() < 2, "{alerts:?}");
    let held = store.snapshot(morning).unwrap().clock_held;
    (held, alerts.concat())
}

#[tokio::test]
async fn a_clock_that_jumps_by_more_than_a_minute_is_held() {
    for (wall, boot, seconds, says) in [
        (161, 100, 61, "jumped 61 s forward"),
        (100, 161, -61, "jumped 61 s back"),
    ] {
        let (held, said) = after_a_jump(wall, boot).await;
        assert_eq!(held.map(|held| held.seconds), Some(seconds));
        assert!(said.contains(says), "{said}");
        assert!(said.contains("dialdeck clock accept"), "{said}");
    }
    for (wall, boot) in [(159, 100), (100, 159), (86_400, 86_400)] {
        assert_eq!(after_a_jump(wall, boot).await, (None, String::new()));
    }
}
