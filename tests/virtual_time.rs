//! An engine that goes from event to event: its end is heard between any two of them.

use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck::clock::{Clock, ManualClock};
use dialdeck::domain::{DeckId, TrunkName};
use dialdeck::engine::Command;
use dialdeck::engine::shell::{Ending, Ends, Shell};
use dialdeck::provider::simulator::Simulator;
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;

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
