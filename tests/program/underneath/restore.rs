//! Restoring: of which deck a backup is, and the pauses and stops that it does not know.

use std::fs;

use serde_json::{Value, json};

use crate::underneath::bench::{Bench, Said};
use crate::underneath::time::Kept;

/// Backs the deck up to a folder beside it. Returns that folder's path.
fn backup(bench: &Bench) -> String {
    let folder = bench.beside("backup").to_str().unwrap().to_owned();
    bench.ok(&["backup", &folder]);
    folder
}

/// Runs the deck's engine for some more calls.
fn some_calls(bench: &Bench) {
    let mut engine = bench.engine();
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
}

/// Creates a second deck, `other`, of the same user, with this many opt-outs.
fn second_deck(bench: &Bench, opt_outs: u32) {
    let file = bench.beside("recall.toml");
    let add = ["campaign", "add", file.to_str().unwrap()];
    assert_eq!(bench.on("other", &add).code, 0);
    for n in 0..opt_outs {
        let number = format!("+1619555{:04}", 100 + n);
        assert_eq!(bench.on("other", &["dnc", "add", &number]).code, 0);
    }
}

fn remove(bench: &Bench, names: &[&str]) {
    for name in names {
        fs::remove_file(bench.beside("other").join(name)).ok();
    }
}

const STORE: [&str; 4] = [
    "deck.sqlite",
    "deck.sqlite-wal",
    "deck.sqlite-shm",
    "deck.seal",
];

/// A folder keeps its deck, whichever of the two came further and whatever is left of it.
#[test]
fn a_backup_is_not_put_in_the_folder_of_another_deck() {
    for (name, opt_outs, lost, says) in [
        ("the other's log is shorter", 2, &[][..], "deck.sqlite"),
        ("the other's log is longer", 40, &[], "deck.sqlite"),
        ("the other has no mark", 2, &["deck.mark"], "deck.sqlite"),
        ("the other has lost its store", 2, &STORE[..], "deck.mark"),
        (
            "nothing is left of the other, which the user's state folder knows",
            2,
            &[STORE[0], STORE[1], STORE[2], STORE[3], "deck.mark"],
            "this folder",
        ),
    ] {
        let bench = Bench::dialed();
        second_deck(&bench, opt_outs);
        let from = backup(&bench);
        remove(&bench, lost);
        let restore = ["restore", "--from", &from];
        let said = bench.on("other", &restore);
        assert_eq!(said.code, 4, "{name}: {said:?}");
        let (message, hint) = said.error();
        let starts = message.starts_with("the backup is of deck ");
        assert!(starts && message.contains(says), "{name}: {message}");
        assert!(
            hint.starts_with("restore it to a folder of its own"),
            "{hint}"
        );
        assert!(!bench.beside("other/deck.sqlite.restoring").exists());
        if lost.is_empty() {
            let kept = bench.on("other", &["dnc", "export"]);
            assert!(kept.out.contains("+16195550100"), "{name}: {kept:?}");
            let more = bench.on("other", &["dnc", "add", "+12125550177"]);
            assert_eq!((more.code, more.err.as_str()), (0, ""), "{name}");
        }
        // The way out.
        assert_eq!(bench.on("drill", &restore).code, 0, "{name}");
        assert_eq!(bench.dial("deck", &[]).code, 0, "{name}");
        bench.carrier().assert_clean();
    }
}

/// The mark of another deck is no mark of this one, even if it came further.
#[test]
fn a_store_in_the_folder_of_another_deck_does_not_dial() {
    let bench = Bench::dialed();
    second_deck(&bench, 2);
    let invites = bench.invites();
    let from = backup(&bench);
    remove(&bench, &STORE);
    let store = bench.beside("backup").join("deck.sqlite");
    fs::copy(store, bench.beside("other/deck.sqlite")).unwrap();
    for args in [&[][..], &["--moved"]] {
        let said = bench.dial("other", args);
        assert_eq!(said.code, 4, "{args:?}: {said:?}");
    }
    let said = bench.on("other", &["campaign", "resume", "recall"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.error().0.contains("which was of deck"), "{said:?}");
    assert_eq!(bench.invites(), invites);
    drop(from);
}

/// Gives an act after the backup, and restores. Returns what the restore says.
fn restored(bench: &Bench, act: &[&str], accepted: bool, json: bool) -> Said {
    let (from, kept) = (backup(bench), Kept::of(bench));
    some_calls(bench);
    bench.ok(act);
    let mut args = vec!["restore"];
    if accepted {
        kept.put_back(bench);
        args.push("--accept-rollback");
    } else {
        args.extend(["--from", &from]);
    }
    if json {
        args.push("--json");
    }
    let said = bench.run(&args);
    assert_eq!(said.code, 0, "{said:?}");
    said
}

/// The backup has the campaign running: what held it back since is in the lost part alone.
#[test]
fn what_runs_is_paused_by_a_restore_because_a_pause_may_be_lost() {
    for act in [
        &["campaign", "pause", "recall"][..],
        &["campaign", "stop", "recall"],
        &["campaign", "set", "recall", "--pace", "1"],
    ] {
        for accepted in [false, true] {
            let bench = Bench::dialed();
            let said = restored(&bench, act, accepted, !accepted);
            if accepted {
                assert!(said.out.contains("may be missing: recall."), "{said:?}");
                assert!(said.out.contains("campaign resume NAME"), "{said:?}");
                assert!(said.out.contains("A pace that was lowered"), "{said:?}");
            } else {
                let said: Value = serde_json::from_str(&said.out).unwrap();
                assert_eq!(said["paused"], json!(["recall"]), "{said}");
                assert_eq!(said["lower_paces_known"], json!(false), "{said}");
            }
            bench.ok(&["restore", "--lists-complete", "a test"]);
            let invites = bench.invites();
            let said = bench.dial("deck", &[]);
            assert_eq!(said.code, 3, "{act:?}, {accepted}: {said:?}");
            assert_eq!(bench.invites(), invites, "{act:?}, {accepted}");
            let log = bench.ok(&["log", "export", "--jsonl"]);
            let mut paused = log
                .lines()
                .filter(|line| line.contains(r#""kind":"campaign_paused""#));
            let paused: Value = serde_json::from_str(paused.next_back().unwrap()).unwrap();
            let note = paused["data"]["note"].as_str().unwrap();
            assert!(note.contains("pauses and stops"), "{paused}");
            assert_ne!(paused["actor"], json!("engine"), "{paused}");
            bench.ok(&["campaign", "resume", "recall"]);
            let said = bench.dial("deck", &[]);
            assert_eq!(said.code, 0, "{act:?}, {accepted}: {said:?}");
            assert!(bench.invites() > invites, "no way out");
            bench.carrier().assert_clean();
        }
    }
}

/// The note about acts in an older copy goes when a rollback is accepted: what it stands for holds.
#[test]
fn a_pause_that_only_an_older_copy_has_holds_after_the_newer_one_is_accepted() {
    let bench = Bench::dialed();
    let older = Kept::of(&bench);
    some_calls(&bench);
    let newer = Kept::of(&bench);
    older.put_back(&bench);
    bench.ok(&["campaign", "pause", "recall"]);
    newer.put_back(&bench);
    let invites = bench.invites();
    assert_eq!(bench.dial("deck", &[]).code, 4);
    bench.ok(&["restore", "--accept-rollback"]);
    bench.ok(&["restore", "--lists-complete", "a test"]);
    assert_eq!(bench.dial("deck", &[]).code, 3);
    assert_eq!(bench.invites(), invites);
    let status = bench.ok(&["status"]);
    assert!(status.contains("paused"), "{status}");
}
