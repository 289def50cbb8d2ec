//! What the deck tells of itself: its log and its status.

use std::fs;

use serde_json::Value;

use crate::partition::assert_partition;
use crate::scratch::{Scratch, user};

#[test]
fn the_log_is_exported_and_its_chain_verified() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["log"])
        .exits(0)
        .says("campaign_added")
        .says(&user());
    let export = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
    for (index, line) in export.lines().enumerate() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["seq"], index + 1);
    }
    scratch
        .run(&["log", "verify"])
        .exits(0)
        .says("The chain holds");
    scratch
        .feed(&["log", "verify", "-"], &export)
        .exits(0)
        .says("The chain holds");
    let changed = scratch.text("changed.jsonl");
    fs::write(&changed, export.replace(&user(), "mario")).unwrap();
    scratch
        .run(&["log", "verify", &changed])
        .exits(1)
        .complains("changed.jsonl:1: the chain is broken");
}

#[test]
fn status_adds_up() {
    let scratch = Scratch::with_campaign();
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["deck"]["engine"], "none");
    let campaign = &status["campaigns"][0];
    assert_partition(&status);
    assert_eq!(campaign["total"], 3);
    for key in ["zones", "caller_ids", "alerts"] {
        assert!(status[key].is_array(), "{key}");
    }
    scratch.run(&["status"]).exits(0).says("recall");
    scratch.run(&[]).exits(2).complains("terminal");
    scratch.run(&["--json"]).exits(0).says("recall");
    scratch.run(&["numbers"]).exits(0);
    scratch.run(&["doctor"]).exits(0).says("store");
}
