//! Tests of what the deck reports about itself: its log and its status.

use std::fs;
use std::path::Path;

use dialdeck::clock::Clock;
use dialdeck::domain::DeckId;
use dialdeck::intake::{ContactFile, Origin};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, By, ImportPlan, ImportTarget};
use serde_json::{Value, json};

use crate::cli::scratch::{Scratch, user};
use dialdeck_testkit::deck::partition::assert_partition;

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
fn an_anchor_shows_a_log_that_was_cut_or_rewritten() {
    let scratch = Scratch::with_campaign();
    let early = scratch.run(&["log", "anchor"]).exits(0).out;
    let early = early.trim();
    scratch.run(&["dnc", "add", "+12125550142"]).exits(0);
    let export = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
    let last: Value = serde_json::from_str(export.lines().last().unwrap()).unwrap();
    let late = scratch.run(&["log", "anchor", "--json"]).exits(0).json();
    let late = late["anchor"].as_str().unwrap().to_owned();
    let hash = last["hash"].as_str().unwrap();
    assert_eq!(late, format!("{}:{hash}", last["seq"]));
    // Both anchors hold in the deck and in the export. In a log that ends at the early one, only that one
    // holds.
    let both = ["--anchor", early, "--anchor", &late];
    scratch
        .run(&[&["log", "verify"], &both[..]].concat())
        .exits(0);
    scratch
        .feed(&[&["log", "verify", "-"], &both[..]].concat(), &export)
        .exits(0);
    let end = early.split(':').next().unwrap().parse().unwrap();
    let cut: String = export.split_inclusive('\n').take(end).collect();
    scratch
        .feed(&["log", "verify", "-", "--anchor", early], &cut)
        .exits(0);
    let wanted = format!(
        "the log ends at entry {end}, the anchor names entry {}",
        last["seq"]
    );
    scratch
        .feed(&["log", "verify", "-", "--anchor", &late], &cut)
        .exits(1)
        .complains(&wanted);
    // Another deck's log is a whole chain, but not this deck's.
    let other = Scratch::with_campaign();
    let written_anew = other.run(&["log", "export", "--jsonl"]).exits(0).out;
    scratch
        .feed(&["log", "verify", "-"], &written_anew)
        .exits(0);
    scratch
        .feed(&["log", "verify", "-", "--anchor", early], &written_anew)
        .exits(1)
        .complains(&format!("entry {end} is not the one that the anchor names"));
    for wrong in ["7", "x:00", "-1:00", "7:0g"] {
        let arg = format!("--anchor={wrong}");
        scratch
            .run(&["log", "verify", &arg])
            .exits(2)
            .complains("use SEQ:HASH as `dialdeck log anchor` prints it");
    }
}

#[test]
fn a_run_prints_the_anchor_at_its_end() {
    let scratch = Scratch::with_campaign();
    for json in [false, true] {
        let mut args = vec!["run", "--until-done", "--speed", "max"];
        args.extend(json.then_some("--json"));
        let said = scratch.run(&args).exits(0);
        let anchor = scratch.run(&["log", "anchor"]).exits(0).out;
        let anchor = anchor.trim();
        said.complains(&if json {
            format!("{{\"anchor\":\"{anchor}\"}}\n")
        } else {
            format!("anchor {anchor}\n")
        });
    }
}

#[test]
fn an_import_that_was_cut_off_is_shown_until_the_file_is_imported_again() {
    let scratch = Scratch::with_campaign();
    let list = scratch.text("more.csv");
    fs::write(&list, "number\n212-555-0143\n212-555-0144\n").unwrap();
    // What a process leaves that is killed after its first batch: the start and no end.
    let file = ContactFile::check(Origin::at(Path::new(&list)).unwrap()).unwrap();
    let (into, now) = (
        ImportTarget::Campaign("recall".to_owned()),
        Clock::System.now(),
    );
    let plan = ImportPlan {
        file: "more.csv".to_owned(),
        sha256: file.digest().unwrap(),
        rows: file.rows(),
    };
    let by = By {
        actor: "maria".to_owned(),
        at: now,
    };
    let path = scratch.path("deck").join("deck.sqlite");
    let mut store = SqliteStore::create_or_open(&path, DeckId(1), Rules::embedded(), now).unwrap();
    let entry = store.start_import(&into, &plan, &by).unwrap();
    drop(store);
    let said = "the import of more.csv (2 rows) into campaign recall that started at";
    scratch.run(&["status"]).exits(0).says(said);
    scratch.run(&["doctor"]).exits(0).says(said);
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    let shown = &status["unfinished_imports"][0];
    assert_eq!(shown["entry"], entry);
    assert_eq!(shown["import"]["rows"], 2);
    scratch
        .run(&["contacts", "import", "recall", &list])
        .exits(0)
        .says("2 taken");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["unfinished_imports"], json!([]));
    let log = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
    let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
    let entries: Vec<Value> = entries.collect();
    let [.., start, end] = &entries[..] else {
        panic!("{log}");
    };
    assert_eq!(
        [&start["kind"], &end["kind"]],
        ["import_started", "contacts_imported"]
    );
    assert_eq!(end["data"]["started"], start["seq"]);
    assert_eq!(start["data"]["sha256"], plan.sha256);
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
