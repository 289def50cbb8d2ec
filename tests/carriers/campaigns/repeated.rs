//! One seed, one log: a campaign in virtual time is the same campaign every time, through each double with
//! its faults on.

use super::{FEW, PLUM, livekit, on_bubblyphone, on_plum, with_spells};
use crate::campaigns::deck::{Ended, Stage};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::script::Script;

/// Runs a campaign twice, and fails at the first line in which the two logs differ.
fn same_log_twice(run: impl Fn() -> Ended) {
    let (first, second) = (run().lines(), run().lines());
    assert!(first.len() > 1_000, "{} entries", first.len());
    for (nth, (one, other)) in first.iter().zip(&second).enumerate() {
        assert_eq!(one, other, "entry {nth}");
    }
    assert_eq!(first.len(), second.len());
}

#[test]
fn through_livekit() {
    same_log_twice(|| {
        let faults = Faults::new(7)
            .with("cut", 15)
            .with("unknown_after", 20)
            .with("agent_missing", 10)
            .with("hook_twice", 100)
            .with("hook_dropped", 100);
        let script = |start| with_spells(Script::new(11), start);
        livekit(FEW, faults, script, |_| {}).0
    });
}

#[test]
fn through_bubblyphone() {
    same_log_twice(|| {
        let faults = Faults::new(5)
            .with("post_cut", 10)
            .with("error_after", 10)
            .with("hook_lost", 100)
            .with("hook_late", 100);
        let stage = Stage::new("kind = \"bubblyphone\"\n", FEW);
        on_bubblyphone(stage, Script::new(17), faults)
    });
}

#[test]
fn through_plum() {
    same_log_twice(|| {
        let faults = Faults::new(9)
            .with("cut_after", 15)
            .with("500_after", 10)
            .with("result_twice", 100);
        on_plum(Stage::new(PLUM, FEW), Script::new(13), faults).0
    });
}
