//! The faults many times over one deck, judged by the carrier's own log.

use std::fs;

use crate::underneath::bench::{Bench, end_of};
use dialdeck_audit as judge;
use dialdeck_testkit::deck::read;

/// How often a lock is removed or a folder moved.
const TIMES: usize = 20;

/// Judges both logs. Any pace is right, because a restart leaves slots with calls of unknown fate.
fn judged(bench: &Bench, deck: &str) {
    let options = judge::Options {
        any_pace: true,
        unfinished: true,
        ..judge::Options::default()
    };
    let log = bench.on(deck, &["log", "export", "--jsonl"]).out;
    judge::assert_clean(&log, &read(&bench.beside("carrier.jsonl")), &options);
    bench.carrier().assert_clean();
    let verified = bench.on(deck, &["log", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn removed_locks_never_let_two_engines_dial() {
    let bench = Bench::with(100);
    let mut first = bench.engine();
    for time in 0..TIMES {
        fs::remove_file(bench.file("engine.lock")).unwrap();
        let second = bench.engine();
        let (code, message) = end_of(first);
        assert_eq!(code, Some(4), "{time}: {message}");
        first = second;
    }
    first.signal("TERM");
    assert_eq!(first.wait().0.code(), Some(0));
    judged(&bench, "deck");
}

#[test]
fn a_folder_that_moves_on_is_never_dialed_for_an_opt_out() {
    let bench = Bench::with(100);
    let mut deck = "deck".to_owned();
    let mut engine = bench.engine();
    let mut listed = Vec::new();
    for time in 0..TIMES {
        let next = format!("deck-{time}");
        fs::rename(bench.beside(&deck), bench.beside(&next)).unwrap();
        let number = bench.not_called().pop().unwrap();
        let said = bench.on(&next, &["dnc", "add", &number]);
        assert_eq!(said.code, 0, "{said:?}");
        listed.push((number, bench.invites()));
        let (code, message) = end_of(engine);
        assert_eq!(code, Some(4), "{time}: {message}");
        deck = next;
        engine = bench.engine_on(&deck, &["--moved"]);
    }
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
    let carrier = bench.carrier();
    for (number, since) in listed {
        let called = carrier.numbers_from(since);
        assert!(!called.contains(number.as_str()), "{number}");
    }
    judged(&bench, &deck);
}
