//! The sample campaigns from start to end through the real program, judged by an independent reader of the
//! two logs.

use dialdeck::domain::event::Entry;
use dialdeck_audit as judge;

use dialdeck_testkit::deck::partition::assert_partition;
use dialdeck_testkit::deck::{Deck, text};

#[test]
fn the_demo_ends_clean_and_the_same_twice() {
    let first = Deck::new();
    let output = first.demo(7).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let status = first.status();
    let attempts = assert_partition(&status);
    assert!(attempts > 4_000, "only {attempts} attempts");
    first.ok(&["log", "verify"]);
    let log = first.event_log();
    let options = judge::Options {
        status: Some(status.to_string()),
        ..judge::Options::default()
    };
    judge::assert_clean(&log, &first.carrier(), &options);
    for line in log.lines() {
        let entry = Entry::read(line).unwrap();
        let written = serde_json::to_string(&entry).unwrap();
        assert_eq!(written, line, "a reader loses something");
    }

    let second = Deck::new();
    assert!(second.demo(7).output().unwrap().status.success());
    assert!(log == second.event_log(), "the same seed gave another log");
}

#[test]
fn every_seed_ends_without_a_breach() {
    for seed in [1, 2, 3] {
        let deck = Deck::new();
        let output = deck.demo(seed).output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(0),
            "seed {seed}: {}",
            text(&output.stderr)
        );
        assert_partition(&deck.status());
        judge::assert_clean(
            &deck.event_log(),
            &deck.carrier(),
            &judge::Options::default(),
        );
    }
}
