//! Ends of an engine: signals, and a reader that disappears.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use crate::underneath::bench::Bench;

/// Returns the log's last entry.
fn last(bench: &Bench) -> Value {
    let log = bench.ok(&["log", "export", "--jsonl"]);
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

#[test]
fn every_signal_that_ends_is_a_graceful_end() {
    for signal in ["TERM", "INT", "HUP"] {
        let bench = Bench::new();
        let mut engine = bench.engine();
        engine.signal(signal);
        let (status, _) = engine.wait();
        assert_eq!(status.code(), Some(0), "{signal}: {:?}", engine.errors());
        assert_eq!(last(&bench)["kind"], "deck_closed", "{signal}");
    }
}

/// The reader of the engine's entries has gone. The engine still waits for calls that are up.
#[test]
fn an_engine_whose_reader_goes_ends_gracefully() {
    let bench = Bench::new();
    let mut command = bench.run_command("deck", "30");
    command
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut engine = command.spawn().unwrap();
    let mut lines = BufReader::new(engine.stdout.take().unwrap()).lines();
    let sent = |line: &str| line.contains("\"kind\":\"attempt_sent\"");
    assert!(lines.any(|line| sent(&line.unwrap())));
    drop(lines);
    assert_eq!(engine.wait().unwrap().code(), Some(0));
    let end = last(&bench);
    assert_eq!(end["kind"], "deck_closed", "{end}");
}
