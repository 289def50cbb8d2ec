//! An engine that goes from event to event: its end is heard between any two of them, and a log that is
//! ahead of its clock is told.

use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck::clock::{Clock, ManualClock};
use dialdeck::domain::event::{EventKind, NewEvent};
use dialdeck::domain::{DeckId, Timestamp, TrunkName};
use dialdeck::engine::Command;
use dialdeck::engine::shell::{Ending, Ends, Shell};
use dialdeck::provider::simulator::Simulator;
use dialdeck::rules::Rules;
use dialdeck::store::Store as _;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;

/// The end is asked for before the engine's first turn: it is taken where nothing else is to do.
#[tokio::test]
async fn an_end_asked_for_between_two_events_is_the_end() {
    let morning = "2026-12-07T15:30:00Z".parse().unwrap();
    let store = MemoryStore::new(DeckId(7), Rules::embedded(), morning);
    let clock = Clock::Manual(ManualClock::at(morning));
    let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
    let (shell, handle) = Shell::new(store, none, clock, Rules::embedded(), Vec::new()).unwrap();
    let asking = tokio::spawn(async move { handle.ask(Command::Drain(None), "test").await });
    tokio::task::yield_now().await;
    let running = tokio::time::timeout(Duration::from_mins(2), shell.run(Ends::WhenTold));
    assert_eq!(running.await, Ok(Ending::Drained), "it waits for ever");
    asking.await.unwrap().unwrap();
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
    store
        .append(&NewEvent::new(later, EventKind::DeckClosed, "engine"))
        .unwrap();
    let clock = Clock::Manual(ManualClock::at(morning));
    let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
    let (shell, _handle) = Shell::new(store, none, clock, Rules::embedded(), Vec::new()).unwrap();
    assert_eq!(shell.run(Ends::WhenDone).await, Ending::AtRest);
    let log = open().tail(0, 100).unwrap();
    let alert = log.iter().find(|entry| entry.line.contains("clock_behind"));
    let said = "log's last entry is of 2026-12-07T16:30:00Z";
    assert!(alert.unwrap().line.contains(said), "{alert:?}");
}
