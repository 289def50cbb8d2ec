//! Kill -9 at random instants of a running deck: by the carrier's own log nothing is sent twice, and the
//! caps hold across every restart.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use dialdeck_audit as judge;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use dialdeck_testkit::deck::partition::assert_partition;
use dialdeck_testkit::deck::{Deck, text};

/// How often the engine is killed.
const KILLS: u64 = 20;

#[test]
fn a_killed_engine_never_dials_twice() {
    let deck = Deck::new();
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut killed = 0;
    while killed < KILLS {
        // The length is in log entries, not in time, so that the spread does not depend on the machine.
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        if run_for(&deck, 1 + dice % 1_500) {
            killed += 1;
        } else {
            break;
        }
    }
    assert!(killed >= KILLS, "the run was over after {killed} kills");
    let output = deck.demo(7).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    deck.ok(&["log", "verify"]);
    assert_partition(&deck.status());
    // A restart leaves slots with attempts of unknown fate, so only the promises are judged, not the pace.
    let options = judge::Options {
        any_pace: true,
        ..judge::Options::default()
    };
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &options);
}

/// Runs the demo with its log as JSON lines and kills it after that many entries. Returns `false` if it
/// ended by itself.
fn run_for(deck: &Deck, entries: u64) -> bool {
    let mut command = deck.demo(7);
    command
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child: Child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let seen = lines
        .take(usize::try_from(entries).unwrap())
        .map_while(Result::ok)
        .count();
    let running = child.try_wait().unwrap().is_none() && seen as u64 == entries;
    child.kill().unwrap();
    child.wait().unwrap();
    running
}
