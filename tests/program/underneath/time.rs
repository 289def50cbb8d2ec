//! Going back in time: stores that were restored, cut, or left without their mark.

use std::fs;

use serde_json::Value;

use crate::underneath::bench::Bench;
use crate::underneath::judged::Judged;
use dialdeck_testkit::deck::read;

const WAYS_OUT: &str = "`dialdeck restore --from BACKUP` puts a backup in its place, `dialdeck restore --accept-rollback` continues with what is left; opt-outs and pauses are taken meanwhile";
const UNMARKED: &str = "the deck's mark is missing or damaged, in its folder and in the state folder: nothing says whether the store is as the last run left it";

/// Whether a campaign that a restore paused is to dial is the user's to say.
pub(crate) const RESUME: &[&str] = &["campaign", "resume", "recall"];

/// The store's own files, as they were at some instant.
pub(crate) struct Kept(Vec<(String, Vec<u8>)>);

const STORE: [&str; 2] = ["deck.sqlite", "deck.sqlite-wal"];

impl Kept {
    pub(crate) fn of(bench: &Bench) -> Self {
        let there = STORE.iter().filter(|name| bench.file(name).exists());
        Self(
            there
                .map(|name| (name.to_string(), fs::read(bench.file(name)).unwrap()))
                .collect(),
        )
    }

    /// Writes them over the existing files, which keep their place.
    pub(crate) fn put_back(&self, bench: &Bench) {
        for name in ["deck.sqlite-wal", "deck.sqlite-shm"] {
            fs::remove_file(bench.file(name)).ok();
        }
        for (name, bytes) in &self.0 {
            fs::write(bench.file(name), bytes).unwrap();
        }
    }
}

/// Returns the number of log entries and of attempts among them.
fn counts(bench: &Bench) -> (usize, usize) {
    let log = bench.ok(&["log", "export", "--jsonl"]);
    let attempts = log.matches(r#""kind":"attempt_reserved""#).count();
    (log.lines().count(), attempts)
}

/// Returns the engine's message about a store that lacks what came after `before`.
fn older(before: (usize, usize), after: (usize, usize)) -> String {
    let (entries, attempts) = (after.0 - before.0, after.1 - before.1);
    let attempts = match attempts {
        1 => "up to 1 attempt".to_owned(),
        n => format!("up to {n} attempts"),
    };
    let entries = match entries {
        1 => "1 log entry".to_owned(),
        n => format!("{n} log entries"),
    };
    format!("the store is older than the last run: {attempts} and {entries} are missing")
}

/// Asserts that the engine refuses with the message and sends nothing, that every command that writes
/// refuses, too, except those that hold back, and that after the way out an engine dials to the list's end.
fn refused_until_accepted(bench: &Bench, says: &str, name: &str) {
    let invites = bench.invites();
    let said = bench.dial("deck", &[]);
    assert_eq!(said.error(), (says, WAYS_OUT), "{name}: {said:?}");
    assert_eq!(said.code, 4, "{name}");
    for refused in [
        &["campaign", "resume", "recall"][..],
        &["trunk", "reset", "simulator"],
        &["dnc", "reverse", "+12125550100", "--reason", "a test"],
        &["campaign", "add", "other.toml"],
        &["contacts", "import", "recall", "contacts.csv"],
    ] {
        let args: Vec<String> = refused.iter().map(|arg| in_folder(bench, arg)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let said = bench.run(&args);
        assert_eq!(
            (said.code, said.error().0),
            (4, says),
            "{name}: {refused:?} {said:?}"
        );
    }
    assert_eq!(bench.invites(), invites, "{name}: dialed all the same");
    accept(bench);
    let said = bench.dial("deck", &[]);
    assert_eq!(said.code, 0, "{name}: {said:?}");
    assert!(bench.invites() > invites, "{name}: no way out");
    Judged::of(bench).assert_clean();
}

fn in_folder(bench: &Bench, arg: &str) -> String {
    let file = match arg {
        "other.toml" => "recall.toml",
        "contacts.csv" => arg,
        _ => return arg.to_owned(),
    };
    bench.beside(file).to_str().unwrap().to_owned()
}

/// Accepts the rollback, confirms that no opt-out is missing, and resumes what was paused.
fn accept(bench: &Bench) {
    bench.ok(&["restore", "--accept-rollback"]);
    bench.ok(&["restore", "--lists-complete", "a test"]);
    bench.ok(RESUME);
}

#[test]
fn a_store_that_was_put_back_is_refused_and_says_what_it_lacks() {
    let bench = Bench::dialed();
    let (kept, before) = (Kept::of(&bench), counts(&bench));
    let mut engine = bench.engine();
    engine.signal("TERM");
    engine.wait();
    let after = counts(&bench);
    kept.put_back(&bench);
    refused_until_accepted(&bench, &older(before, after), "a copy of the store");
}

#[test]
fn a_lost_write_ahead_log_is_noticed() {
    let bench = Bench::dialed();
    let mut engine = bench.engine();
    engine.signal("KILL");
    engine.wait();
    // A command that opens the deck would move the log into the store.
    let log = fs::File::options()
        .write(true)
        .open(bench.file("deck.sqlite-wal"));
    log.unwrap().set_len(0).unwrap();
    fs::remove_file(bench.file("deck.sqlite-shm")).unwrap();
    let said = bench.dial("deck", &[]);
    let found = said.error().0.to_owned();
    let counted = found.strip_prefix("the store is older than the last run: ");
    assert!(
        counted.is_some_and(|text| text.ends_with(" log entries are missing")),
        "{said:?}"
    );
    refused_until_accepted(&bench, &found, "the log was cut to nothing");
}

#[test]
fn a_mark_that_is_gone_is_refused_and_one_copy_of_it_is_enough() {
    let bench = Bench::dialed();
    let state = |bench: &Bench| {
        let files = fs::read_dir(bench.beside("state")).unwrap();
        let mut paths = files.map(|file| file.unwrap().path());
        paths.find(|path| path.is_file()).unwrap()
    };
    for copy in [bench.file("deck.mark"), state(&bench)] {
        fs::remove_file(&copy).unwrap();
        bench.ok(&["campaign", "pause", "recall"]);
        bench.ok(&["campaign", "resume", "recall"]);
        assert!(copy.exists(), "the other copy brings it back");
    }
    for done in ["removed", "damaged"] {
        let bench = Bench::dialed();
        for copy in [bench.file("deck.mark"), state(&bench)] {
            match done {
                "removed" => fs::remove_file(copy).unwrap(),
                _ => fs::write(copy, "no mark").unwrap(),
            }
        }
        refused_until_accepted(&bench, UNMARKED, done);
    }
}

#[test]
fn another_decks_store_is_not_taken_for_this_one() {
    let (bench, other) = (Bench::dialed(), Bench::dialed());
    let deck: Value = serde_json::from_str(
        &read(&bench.file("deck.mark"))
            .split(' ')
            .next()
            .unwrap()
            .replace('\n', ""),
    )
    .unwrap();
    Kept::of(&other).put_back(&bench);
    let says = format!(
        "the store is not the one of the last run, which was of deck {}",
        deck["deck"].as_str().unwrap()
    );
    let invites = bench.invites();
    let said = bench.dial("deck", &["--moved"]);
    assert_eq!(
        (said.code, said.error()),
        (4, (says.as_str(), WAYS_OUT)),
        "{said:?}"
    );
    assert_eq!(bench.invites(), invites);
    accept(&bench);
    // The other deck's last engine ran in another folder: nothing says whether it lives on.
    assert_eq!(bench.dial("deck", &[]).code, 4);
    assert_eq!(bench.invites(), invites);
    assert_eq!(bench.dial("deck", &["--moved"]).code, 0);
    assert!(bench.invites() > invites);
    Judged::of(&bench).assert_clean();
}

#[test]
fn what_holds_back_is_taken_by_a_store_that_went_back_and_changes_nothing_about_it() {
    let bench = Bench::dialed();
    let (kept, before) = (Kept::of(&bench), counts(&bench));
    let mut engine = bench.engine();
    engine.signal("TERM");
    engine.wait();
    let after = counts(&bench);
    kept.put_back(&bench);
    let number = bench.not_called().remove(0);
    bench.ok(&["dnc", "add", &number]);
    bench.ok(&["campaign", "pause", "recall"]);
    for n in 0..30 {
        bench.ok(&["dnc", "add", &format!("+1619555{:04}", 100 + n)]);
    }
    let says = older(before, after);
    let said = bench.run(&["status"]);
    assert!(said.err.contains(&says), "{said:?}");
    let said = bench.run(&["doctor"]);
    assert!(said.out.contains(&says), "{said:?}");
    accept(&bench);
    assert_eq!(bench.dial("deck", &[]).code, 0);
    let judged = Judged::of(&bench);
    assert!(judged.invites.iter().all(|(_, called)| *called != number));
    judged.assert_clean();
}

#[test]
fn a_backup_that_is_restored_waits_and_asks_for_the_opt_outs() {
    let bench = Bench::new();
    let backup = bench.beside("backup");
    let mut engine = bench.engine();
    bench.ok(&["backup", backup.to_str().unwrap()]);
    let number = bench.not_called().remove(0);
    bench.ok(&["dnc", "add", &number]);
    engine.signal("TERM");
    engine.wait();
    let list = bench.beside("list.csv");
    fs::write(&list, bench.ok(&["dnc", "export"])).unwrap();
    let list = list.to_str().unwrap();
    let said = bench.run(&["backup", backup.to_str().unwrap()]);
    assert_eq!(said.code, 2, "a backup overwrites nothing: {said:?}");

    let restored: Value =
        serde_json::from_str(&bench.ok(&["restore", "--from", backup.to_str().unwrap(), "--json"]))
            .unwrap();
    assert_eq!(
        restored["recovery"]["lists"],
        serde_json::json!(["internal", "campaign:recall"])
    );
    assert!(restored["attempts_missing"].is_u64() && restored["entries_missing"].is_u64());
    bench.ok(RESUME);
    assert!(bench.file("deck.sqlite.replaced-1").exists());
    let invites = bench.invites();
    let said = bench.dial("deck", &[]);
    assert_eq!(said.code, 3, "opt-outs are missing: {said:?}");
    assert_eq!(bench.invites(), invites);
    let status = bench.ok(&["status"]);
    assert!(status.contains("opt-outs"), "{status}");

    let said = bench.run(&["dnc", "import", list]);
    assert_eq!(
        said.code, 2,
        "the list does not say of when it is: {said:?}"
    );
    let early = bench.ok(&["dnc", "import", list, "--as-of", "2026-12-07T15:30:00Z"]);
    let needed = restored["recovery"]["last_run"].as_str().unwrap();
    let still = format!("this list is of 2026-12-07T15:30:00.000Z, and one of {needed} or later");
    assert!(early.contains(&still), "{still}: {early}");
    assert_eq!(bench.dial("deck", &[]).code, 3, "a list of before");
    assert_eq!(bench.invites(), invites);
    let last_run = restored["recovery"]["last_run"].as_str().unwrap();
    bench.ok(&["dnc", "import", list, "--as-of", last_run]);
    assert_eq!(bench.dial("deck", &[]).code, 3, "one list of two");
    assert_eq!(bench.invites(), invites);
    bench.ok(&[
        "dnc",
        "import",
        list,
        "--as-of",
        last_run,
        "--list",
        "campaign:recall",
    ]);
    let said = bench.dial("deck", &[]);
    assert_eq!(said.code, 0, "{said:?}");
    let judged = Judged::of(&bench);
    judged.assert_clean();
    let until: jiff::Timestamp = restored["recovery"]["until"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let later = &judged.invites[invites..];
    assert!(!later.is_empty());
    assert!(later.iter().all(|(at, _)| *at >= until.as_millisecond()));
    assert!(later.iter().all(|(_, called)| *called != number));
}

#[test]
fn a_deck_that_lost_its_store_is_restored_where_it_was() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    for name in STORE {
        fs::remove_file(bench.file(name)).ok();
    }
    let restored = bench.ok(&["restore", "--from", backup.to_str().unwrap()]);
    assert!(restored.contains("nothing is missing"), "{restored}");
    bench.ok(RESUME);
    let invites = bench.invites();
    assert_eq!(bench.dial("deck", &[]).code, 0);
    assert!(bench.invites() > invites);
    Judged::of(&bench).assert_clean();
}

#[test]
fn a_restore_is_refused_while_an_engine_runs_and_of_another_deck() {
    let bench = Bench::new();
    let backup = bench.beside("backup");
    let engine = bench.engine();
    bench.ok(&["backup", backup.to_str().unwrap()]);
    for args in [
        &["restore", "--from", backup.to_str().unwrap()][..],
        &["restore", "--accept-rollback"],
    ] {
        let said = bench.run(args);
        assert_eq!(said.code, 4, "{said:?}");
        assert!(
            said.error()
                .0
                .starts_with("another engine already owns the deck")
        );
    }
    drop(engine);
    let other = Bench::dialed();
    let said = other.run(&["restore", "--from", backup.to_str().unwrap()]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.error().0.starts_with("the backup is of deck "));
    assert_eq!(other.dial("deck", &[]).code, 0, "nothing was changed");
}

/// A drill leaves the deck that was backed up as it is, and dials no one before a person says what it is.
#[test]
fn a_backup_in_another_folder_asks_before_it_dials() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    let from = ["restore", "--from", backup.to_str().unwrap()];
    assert_eq!(bench.on("drill", &from).code, 0);
    let invites = bench.invites();
    let said = bench.dial("drill", &[]);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(
        said.err.contains("--moved") && said.err.contains("--copy"),
        "{said:?}"
    );
    assert_eq!(bench.invites(), invites);
    assert_eq!(bench.dial("deck", &[]).code, 0, "the deck itself dials on");
    Judged::of(&bench).assert_clean();
}

/// What a backup that moved to this machine for good needs is one word.
#[test]
fn a_backup_may_take_the_place_of_a_deck_that_is_gone() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    fs::remove_dir_all(bench.deck()).unwrap();
    let from = ["restore", "--from", backup.to_str().unwrap()];
    assert_eq!(bench.on("new", &from).code, 0);
    assert_eq!(bench.on("new", RESUME).code, 0);
    let invites = bench.invites();
    assert_eq!(bench.dial("new", &["--moved"]).code, 0);
    assert!(bench.invites() > invites);
}

#[test]
fn a_backup_that_was_changed_is_not_restored() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    let store = backup.join("deck.sqlite");
    let other = rusqlite::Connection::open(&store).unwrap();
    other
        .execute_batch("UPDATE contacts SET due = due - 1; PRAGMA journal_mode = DELETE;")
        .unwrap();
    drop(other);
    let from = ["restore", "--from", backup.to_str().unwrap()];
    let said = bench.run(&from);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("is not what was backed up"), "{said:?}");
    // Without its manifest the tables are still held against the log.
    fs::remove_file(backup.join("backup.json")).unwrap();
    let other = rusqlite::Connection::open(&store).unwrap();
    other
        .execute_batch("DELETE FROM attempts WHERE serial = 1")
        .unwrap();
    drop(other);
    let said = bench.run(&from);
    assert_eq!(said.code, 4, "{said:?}");
    assert!(said.err.contains("is not whole"), "{said:?}");
    assert!(!bench.file("deck.sqlite.restoring").exists());
    assert_eq!(bench.dial("deck", &[]).code, 0, "nothing was changed");
}

/// An opt-out is either in the restored deck's list or refused: none is acknowledged and forgotten.
#[test]
fn no_opt_out_is_acknowledged_that_a_restore_forgets() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    // Another process has the replaced store open, as a console has.
    let looking = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
    let entries: i64 = looking
        .query_row("SELECT count(*) FROM events", (), |row| row.get(0))
        .unwrap();
    assert!(entries > 0);
    bench.ok(&["restore", "--from", backup.to_str().unwrap()]);
    let number = bench.not_called().remove(0);
    bench.ok(&["dnc", "add", &number]);
    drop(looking);
    let listed = bench.ok(&["dnc", "export"]);
    assert!(listed.contains(&number), "{listed}");
    bench.ok(&["log", "verify"]);
}

/// What an older copy took is in no other copy.
#[test]
fn an_opt_out_that_only_an_older_copy_has_is_asked_for() {
    let bench = Bench::new();
    bench.copy("deck", "older");
    let mut engine = bench.engine();
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
    bench.exchange("older");
    let number = bench.not_called().remove(0);
    bench.ok(&["dnc", "add", &number]);
    let doctor = bench.run(&["doctor"]);
    let here =
        "in this store, which is older than the last run: `dialdeck restore --accept-rollback`";
    assert!(doctor.out.contains(here), "{doctor:?}");
    bench.exchange("older");
    let invites = bench.invites();
    let doctor = bench.run(&["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    for part in ["copies", "in an older copy of this deck's store", ".forked"] {
        assert!(doctor.out.contains(part), "{part}: {doctor:?}");
    }
    let said = bench.dial("deck", &[]);
    assert_eq!(said.code, 4, "{said:?}");
    let (message, hint) = said.error();
    assert!(
        message.contains("in an older copy of this deck's store"),
        "{message}"
    );
    assert_eq!(bench.invites(), invites);
    let memory = hint.rsplit_once("remove ").unwrap().1;
    bench.ok(&["dnc", "add", &number]);
    fs::remove_file(memory).unwrap();
    assert_eq!(bench.dial("deck", &[]).code, 0);
    let judged = Judged::of(&bench);
    judged.assert_clean();
    assert!(judged.invites.iter().all(|(_, called)| *called != number));
}
