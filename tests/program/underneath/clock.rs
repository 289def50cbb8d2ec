//! A deck whose log is later than the machine's clock, or whose clock jumped.

use serde_json::Value;

use dialdeck::domain::{ClockHeld, DeckId};
use dialdeck::rules::Rules;
use dialdeck::store::EngineStore as _;
use dialdeck::store::sqlite::SqliteStore;

use crate::underneath::bench::Bench;
use dialdeck_testkit::deck::engine::Engine;
use dialdeck_testkit::world::engine_of;

/// Returns the kinds of the log's entries.
fn kinds(bench: &Bench) -> Vec<String> {
    let log = bench.ok(&["log", "export"]);
    let kind = |line: &str| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["kind"].as_str().unwrap().to_owned()
    };
    log.lines().map(kind).collect()
}

/// Ends an engine once the log has an entry of this kind.
fn end_after(mut engine: Engine, kind: &str) {
    engine.count(kind, 1);
    engine.signal("TERM");
    engine.wait();
}

fn json(bench: &Bench, args: &[&str]) -> Value {
    serde_json::from_str(&bench.ok(args)).unwrap()
}

#[test]
fn a_deck_of_the_future_dials_after_the_clock_is_accepted() {
    let bench = Bench::new();
    let future = ["run", "--speed", "30", "--start-at", "2027-12-07T15:30:00Z"];
    let mut command = bench.command_on(&bench.deck(), &future);
    command
        .arg("--carrier-log")
        .arg(bench.beside("carrier.jsonl"));
    end_after(Engine::start(command), "attempt_sent");
    let invites = bench.invites();
    let mut command = bench.command_on(&bench.deck(), &["run"]);
    command
        .arg("--carrier-log")
        .arg(bench.beside("carrier.jsonl"));
    end_after(Engine::start(command), "alert_raised");
    assert_eq!(bench.invites(), invites);
    let said = json(&bench, &["clock", "--json"]);
    assert!(said["log_ahead_s"].as_u64() > Some(86_400), "{said}");
    let number = &bench.not_called()[0];
    let why = bench.ok(&["why", number]);
    assert!(why.contains("behind the log's last entry"), "{why}");
    let accept = ["clock", "accept", "--reason", "rehearsed", "--json"];
    let accepted = json(&bench, &accept);
    assert_eq!(accepted["accepted"], true, "{accepted}");
    assert!(accepted["log_until"].as_str() > Some("2027"), "{accepted}");
    assert_eq!(
        json(&bench, &accept)["accepted"],
        false,
        "it is no longer behind"
    );
    let why = bench.ok(&["why", number]);
    assert!(!why.contains("behind the log"), "{why}");
    let last = kinds(&bench).pop();
    assert_eq!(last.as_deref(), Some("clock_accepted"));
    bench.ok(&["log", "verify"]);
    bench.dial("deck", &[]);
    assert!(bench.invites() > invites);
}

#[test]
fn a_jump_holds_every_engine_until_it_is_accepted() {
    let bench = Bench::new();
    let path = bench.file("deck.sqlite");
    let now = "2026-11-30T12:00:00Z".parse().unwrap();
    let held = ClockHeld {
        at: now,
        seconds: 3_600,
    };
    let store = SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), now).unwrap();
    let mut store = engine_of(store, path.parent().unwrap());
    store.hold_clock(held).unwrap();
    drop(store);
    let said = bench.dial("deck", &[]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(bench.invites(), 0);
    let status = bench.ok(&["status"]);
    assert!(status.contains("clock jumped 3600 s forward"), "{status}");
    assert!(status.contains("dialdeck clock accept"), "{status}");
    assert!(bench.ok(&["clock"]).contains("HELD"));
    assert!(
        bench
            .ok(&["clock", "accept"])
            .contains("had jumped 3600 s forward")
    );
    bench.dial("deck", &[]);
    assert!(bench.invites() > 0);
}
