//! Other processes that hold what the deck needs: its mark, or its store's write lock.

use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::Value;

use crate::underneath::bench::{Bench, said};
use dialdeck_testkit::deck::engine::Engine;

/// Takes the lock of a file, as a backup program, or a command that was stopped, does.
fn hold(path: &Path) -> File {
    let file = File::options().read(true).write(true).open(path).unwrap();
    file.try_lock().unwrap();
    file
}

/// The copy of the mark in the state folder.
fn state_copy(bench: &Bench) -> PathBuf {
    let entries = std::fs::read_dir(bench.beside("state")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    paths
        .find(|path| path.extension().is_some_and(|end| end == "mark"))
        .unwrap()
}

/// The next line on standard error that says this.
fn says(engine: &mut Engine, what: &str) -> String {
    loop {
        let line = engine.error_line();
        if line.contains(what) {
            return line;
        }
    }
}

/// An engine's alert in its log.
fn alert(engine: &mut Engine, what: &str) -> String {
    let is_it = |entry: &Value| {
        let text = entry["data"]["text"].as_str().unwrap_or_default();
        entry["kind"] == "alert_raised" && text.contains(what)
    };
    let entry = engine.until(is_it);
    entry["data"]["text"].as_str().unwrap().to_owned()
}

/// Ends an engine.
fn end(mut engine: Engine) {
    engine.signal("TERM");
    let (status, _) = engine.wait();
    assert_eq!(status.code(), Some(0), "{:?}", engine.errors());
}

#[test]
fn a_mark_that_another_process_holds_hangs_no_command() {
    let bench = Bench::dialed();
    let mark = bench.file("deck.mark");
    let invites = bench.invites();
    let number = bench.not_called().pop().unwrap();
    let folder = hold(&mark);
    for copies in [1, 2] {
        let _state = (copies == 2).then(|| hold(&state_copy(&bench)));
        // What holds calls back is recorded, with a warning.
        for act in [
            &["dnc", "add", &number, "--reason", "asked"][..],
            &["campaign", "pause", "recall"],
        ] {
            let said = bench.run(act);
            assert_eq!(said.code, 0, "{act:?}: {said:?}");
            let warned = format!(
                "warning: another process holds deck.mark ({}",
                mark.display()
            );
            assert!(said.err.contains(&warned), "{act:?}: {said:?}");
        }
        assert!(bench.ok(&["dnc", "check", &number]).contains("internal"));
        // What dials does not.
        let said = bench.dial("deck", &[]);
        assert_eq!(said.code, 4, "{said:?}");
        let (error, hint) = said.error();
        assert!(
            error.contains("another process holds deck.mark"),
            "{said:?}"
        );
        assert!(format!("{error}{hint}").contains("end or continue that process"));
        assert_eq!(bench.invites(), invites);
    }
    drop(folder);
    // The store was current all the time, and is.
    bench.ok(&["campaign", "resume", "recall"]);
    assert_eq!(bench.dial("deck", &[]).code, 0);
    assert!(bench.invites() > invites);
    let carrier = bench.carrier();
    carrier.assert_clean();
    assert!(!carrier.numbers_from(0).contains(number.as_str()));
}

#[test]
fn an_engine_whose_mark_is_held_dials_nothing_and_goes_on_when_it_is_free() {
    let bench = Bench::new();
    let mut engine = bench.engine();
    let held = [hold(&bench.file("deck.mark")), hold(&state_copy(&bench))];
    let text = alert(&mut engine, "another process holds deck.mark");
    assert!(text.contains("end or continue that process"), "{text}");
    let invites = bench.invites();
    // Acts are recorded meanwhile.
    let number = bench.not_called().pop().unwrap();
    bench.ok(&["dnc", "add", &number, "--reason", "asked"]);
    engine.until(|entry| entry["kind"] == "suppression_added");
    assert_eq!(bench.invites(), invites, "dialed all the same");
    drop(held);
    engine.count("attempt_sent", 1);
    end(engine);
    assert!(!bench.carrier().numbers_from(0).contains(number.as_str()));
    bench.ok(&["log", "verify"]);
    bench.dial("deck", &[]);
    bench.carrier().assert_clean();
}

#[test]
fn a_write_lock_that_another_process_holds_is_waited_for() {
    let bench = Bench::new();
    let mut engine = bench.engine();
    let other = Connection::open(bench.file("deck.sqlite")).unwrap();
    other
        .execute_batch("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
        .unwrap();
    says(&mut engine, "another process holds the write lock");
    let invites = bench.invites();
    // Acts of other processes give up after a while, and say why.
    let said = bench.run(&["campaign", "pause", "recall"]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.error().0.contains("busy"), "{said:?}");
    assert!(engine.is_up());
    assert_eq!(bench.invites(), invites, "dialed all the same");
    other.execute_batch("ROLLBACK").unwrap();
    alert(&mut engine, "held the write lock of the deck's store");
    engine.count("attempt_sent", 1);
    end(engine);
    bench.carrier().assert_clean();
}

/// Nothing can be recorded any more, and nobody waits for ever.
#[test]
fn an_engine_told_to_end_does_not_wait_for_a_lock() {
    let bench = Bench::new();
    let mut engine = bench.engine();
    let other = Connection::open(bench.file("deck.sqlite")).unwrap();
    other
        .execute_batch("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE")
        .unwrap();
    says(&mut engine, "another process holds the write lock");
    engine.signal("TERM");
    let (status, _) = engine.wait();
    assert_eq!(status.code(), Some(4));
    let errors = engine.errors().join("\n");
    assert!(
        errors.contains("the store failed, nothing was sent after that"),
        "{errors}"
    );
    drop(other);
    assert_eq!(bench.dial("deck", &[]).code, 0);
    bench.carrier().assert_clean();
}

#[test]
fn a_state_folder_that_cannot_be_used_is_warned_of_by_the_engine() {
    let bench = Bench::new();
    std::fs::remove_dir_all(bench.beside("state")).ok();
    std::fs::write(bench.beside("state"), "no folder").unwrap();
    let mut command = bench.run_command("deck", "max");
    command.arg("--until-done");
    let said = said(command);
    assert_eq!(said.code, 0, "{said:?}");
    let warnings = said
        .err
        .lines()
        .filter(|line| line.starts_with("warning: "));
    let warnings: Vec<&str> = warnings.collect();
    assert_eq!(warnings.len(), 1, "{said:?}");
    assert!(warnings[0].contains("the mark ") && warnings[0].contains("cannot be used"));
}
