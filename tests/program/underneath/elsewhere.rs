//! Decks that are started at another place than their last engine's, and folders without their store.

use std::fs;

use crate::underneath::bench::{Bench, IN_NEW_YORK};
use crate::underneath::fault::{Fault, Under, check};

const ELSEWHERE: &str = "if it was moved, and nothing dials at the old place: `dialdeck run --moved`; if it is a copy, and the other deck lives on: `dialdeck run --copy`";

/// Puts a copy of the folder in its place.
fn copied(bench: &Bench) {
    bench.move_deck("deck.old");
    bench.copy("deck.old", "deck");
}

fn moved(_: &Bench) -> (&'static str, &'static [&'static str]) {
    ("deck", &["--moved"])
}

/// Gives the copy its own identity, with its campaign paused until it is resumed.
fn copy(bench: &Bench) -> (&'static str, &'static [&'static str]) {
    let said = bench.run(&["run", "--copy"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("1 campaign paused"), "{said:?}");
    let invites = bench.invites();
    bench.dial("deck", &[]);
    assert_eq!(bench.invites(), invites, "the campaign is the other deck's");
    bench.ok(&["campaign", "resume", "recall"]);
    ("deck", &[])
}

#[test]
fn a_deck_at_another_place_asks_what_became_of_it() {
    check(&[
        Fault {
            name: "restored from a copy at the same path, and it is the only one",
            under: Under::Rest,
            done: copied,
            says: "the deck is not where its last engine ran: its deck.sqlite is another file",
            hint: ELSEWHERE,
            way_out: moved,
        },
        Fault {
            name: "a copy beside a deck that lives on",
            under: Under::Rest,
            done: copied,
            says: "the deck is not where its last engine ran: its deck.sqlite is another file",
            hint: ELSEWHERE,
            way_out: copy,
        },
    ]);
}

#[test]
fn a_moved_folder_and_another_host_are_named() {
    let bench = Bench::dialed();
    let invites = bench.invites();
    bench.move_deck("moved");
    let refused = |args: &[&str], host: Option<&str>| {
        let mut command = bench.run_command("moved", "max");
        command.arg("--until-done").args(args);
        host.map(|host| command.env("DIALDECK_HOST", host));
        crate::underneath::bench::said(command)
    };
    let said = refused(&[], None);
    let (was, is) = (bench.beside("deck"), bench.beside("moved"));
    let folder = format!(
        "its folder was {}, now it is {}",
        fs::canonicalize(bench.beside(""))
            .unwrap()
            .join(was.file_name().unwrap())
            .display(),
        fs::canonicalize(&is).unwrap().display()
    );
    let moved = format!("the deck is not where its last engine ran: {folder}");
    assert_eq!(
        (said.code, said.error()),
        (4, (moved.as_str(), ELSEWHERE)),
        "{said:?}"
    );
    let said = refused(&[], Some("hall"));
    assert!(
        said.error().0.contains(", now it is hall; its folder was "),
        "{said:?}"
    );
    // Commands that hold back and commands that only read need no decision.
    let listed = bench.on("moved", &["dnc", "add", IN_NEW_YORK]);
    assert_eq!(listed.code, 0, "{listed:?}");
    for command in [
        &["status"][..],
        &["campaign", "pause", "recall"],
        &["log", "verify"],
    ] {
        let said = bench.on("moved", command);
        assert_eq!(said.code, 0, "{command:?}: {said:?}");
    }
    let doctor = bench.on("moved", &["doctor"]);
    assert_eq!(doctor.code, 1);
    assert!(
        doctor.out.contains("not where its last engine ran"),
        "{doctor:?}"
    );
    assert_eq!(bench.invites(), invites);
    bench.on("moved", &["campaign", "resume", "recall"]);
    let said = refused(&["--moved"], None);
    assert_eq!(said.code, 0, "{said:?}");
    let carrier = bench.carrier();
    assert!(carrier.invites.len() > invites);
    assert!(!carrier.numbers_from(invites).contains(IN_NEW_YORK));
    carrier.assert_clean();
    let log = bench.on("moved", &["log", "export", "--jsonl"]).out;
    assert!(
        log.contains(&format!("\"moved\":[\"{folder}\"]")),
        "not logged"
    );
    // One decision is enough.
    assert_eq!(refused(&[], None).code, 0);
}

/// A deck cannot have been moved if an engine still runs on it where it was.
#[test]
fn a_copy_beside_a_running_engine_was_not_moved() {
    const SAYS: &str = "an engine runs on this deck at its old place";
    let bench = Bench::new();
    let mut engine = bench.engine();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    fs::create_dir(bench.beside("copy")).unwrap();
    fs::copy(backup.join("deck.sqlite"), bench.beside("copy/deck.sqlite")).unwrap();
    let copy = |args: &[&str]| bench.on("copy", args);
    // Which deck is there, and who calls its contacts, is not asked of the user while it can be seen.
    let undecided = copy(&["run"]);
    assert_eq!(undecided.code, 4, "{undecided:?}");
    assert!(undecided.error().0.contains(SAYS), "{undecided:?}");
    assert!(!undecided.error().1.contains("--moved"), "{undecided:?}");
    let moved = copy(&["run", "--moved"]);
    assert_eq!(moved.code, 4, "{moved:?}");
    let (message, hint) = moved.error();
    let old = fs::canonicalize(bench.deck()).unwrap();
    let says = format!("the deck was not moved: {SAYS} {}", old.display());
    assert_eq!(message, says);
    assert_eq!(
        hint,
        "end that engine first; if this is a copy, and the other deck lives on: `dialdeck run --copy`"
    );
    let copied = copy(&["run", "--copy"]);
    assert_eq!(copied.code, 0, "{copied:?}");
    assert!(copied.err.contains(SAYS), "{copied:?}");
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
    bench.carrier().assert_clean();
}

/// Another deck's engine at the old place does not concern a deck that was moved away from there.
#[test]
fn another_deck_at_the_old_place_does_not_hold_a_moved_one() {
    let bench = Bench::dialed();
    bench.move_deck("moved");
    fs::create_dir(bench.deck()).unwrap();
    let lock = fs::File::create(bench.file("engine.lock")).unwrap();
    lock.lock().unwrap();
    let said = bench.dial("moved", &["--moved"]);
    assert_eq!(
        said.code, 4,
        "what the old place has is not known: {said:?}"
    );
    let store = rusqlite::Connection::open(bench.beside("moved").join("deck.sqlite")).unwrap();
    let other = bench.file("deck.sqlite");
    store
        .execute("VACUUM INTO ?1", [other.to_str().unwrap()])
        .unwrap();
    drop(store);
    let store = rusqlite::Connection::open(other).unwrap();
    let set = "UPDATE meta SET value = '00000007' WHERE key = 'deck_id'";
    assert_eq!(store.execute(set, []).unwrap(), 1);
    drop(store);
    let said = bench.dial("moved", &["--moved"]);
    assert_eq!(said.code, 0, "{said:?}");
    drop(lock);
}

#[test]
fn a_restore_elsewhere_says_that_the_next_start_asks() {
    let bench = Bench::dialed();
    let backup = bench.beside("backup");
    bench.ok(&["backup", backup.to_str().unwrap()]);
    let backup = backup.to_str().unwrap();
    let restored = bench.on("drill", &["restore", "--from", backup]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let old = fs::canonicalize(bench.deck()).unwrap();
    let ran = format!("The deck's last engine ran at {} on ", old.display());
    for part in [ran.as_str(), "run --moved", "run --copy"] {
        assert!(restored.out.contains(part), "{part}: {restored:?}");
    }
    let restored = bench.on("again", &["restore", "--from", backup, "--json"]);
    let restored: serde_json::Value = serde_json::from_str(&restored.out).unwrap();
    let ran = restored["last_engine_at"].as_str().unwrap();
    assert!(ran.starts_with(old.to_str().unwrap()), "{ran}");
    let here = bench.ok(&["restore", "--from", backup]);
    assert!(!here.contains("--moved"), "{here}");
}

#[test]
fn a_deck_in_its_place_is_no_copy() {
    let bench = Bench::dialed();
    let said = bench.run(&["run", "--copy"]);
    assert_eq!(said.code, 3, "{said:?}");
    assert_eq!(
        said.error().0,
        "the deck is where its last engine ran: it is not a copy"
    );
    assert_eq!(
        bench.dial("deck", &["--moved"]).code,
        0,
        "--moved does no harm"
    );
}

/// A copy dials with the other deck's account only if its own deck file says so.
#[test]
fn a_copy_has_no_credentials_by_itself() {
    const TRUNK: &str = "
[[trunk]]
name = \"bubbly\"
kind = \"bubblyphone\"
max_concurrent = 2
calls_per_minute = 2
api_key_env = \"BUBBLY_KEY\"
model = \"m\"
system_prompt = \"p\"
";
    let bench = Bench::dialed();
    copied(&bench);
    fs::write(bench.file("dialdeck.toml"), TRUNK).unwrap();
    copy_quietly(&bench);
    let said = bench.run(&["run", "--until-done"]);
    assert_eq!(said.code, 4, "{said:?}");
    let says = "trunk bubbly: the deck is a copy, and its deck file does not say whose the credentials are";
    assert_eq!(said.error().0, says, "{said:?}");
    let hint = said.error().1;
    let (_, rest) = hint.split_once("credentials_for = ").unwrap();
    let (identity, _) = rest.split_once(" into").unwrap();
    let own = format!("credentials_for = {identity}\n{TRUNK}");
    fs::write(bench.file("dialdeck.toml"), own).unwrap();
    let said = bench.run(&["run", "--until-done"]);
    assert!(!said.err.contains("the deck is a copy"), "{said:?}");
}

fn copy_quietly(bench: &Bench) {
    let said = bench.run(&["run", "--copy"]);
    assert_eq!(said.code, 0, "{said:?}");
}

/// Every attempt of a copy has another id than any attempt of the original deck.
#[test]
fn a_copy_and_the_deck_that_lives_on_share_no_attempt_id() {
    let bench = Bench::dialed();
    bench.copy("deck", "copy");
    let said = bench.on("copy", &["run", "--copy"]);
    assert_eq!(said.code, 0, "{said:?}");
    let resumed = bench.on("copy", &["campaign", "resume", "recall"]);
    assert_eq!(resumed.code, 0, "{resumed:?}");
    let calls = bench.invites();
    assert_eq!(bench.dial("deck", &[]).code, 0);
    let live = bench.invites();
    // The copy's carrier is another one, as its account is.
    fs::rename(bench.beside("carrier.jsonl"), bench.beside("first.jsonl")).unwrap();
    assert_eq!(bench.dial("copy", &[]).code, 0);
    let first = crate::underneath::carrier::Carrier::read(&dialdeck_testkit::deck::read(
        &bench.beside("first.jsonl"),
    ));
    let second = bench.carrier();
    assert!(live > calls && !second.invites.is_empty());
    for (attempt, _) in &second.invites {
        assert!(
            first.invites.iter().all(|(other, _)| other != attempt),
            "{attempt}"
        );
    }
}

const LOST: &str = "put the store back from a backup (`dialdeck restore {deck} --from BACKUP`); for a new deck name another folder with --deck DIR";

/// Keeps the store aside as a backup would, and removes it from the deck.
fn lose(bench: &Bench, empty: bool) {
    // Only one sign of the loss at a time.
    fs::remove_file(bench.file("deck.seal")).ok();
    let store = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
    store
        .execute("VACUUM INTO ?1", [bench.beside("backup").to_str().unwrap()])
        .unwrap();
    drop(store);
    for name in ["deck.sqlite", "deck.sqlite-wal", "deck.sqlite-shm"] {
        fs::remove_file(bench.file(name)).ok();
    }
    if empty {
        fs::write(bench.file("deck.sqlite"), "").unwrap();
    }
}

/// Asserts that no command creates a new deck there, and restores the store.
fn put_back(bench: &Bench) -> (&'static str, &'static [&'static str]) {
    let file = bench.beside("recall.toml");
    let file = file.to_str().unwrap();
    for command in [
        &["campaign", "add", file][..],
        &["dnc", "add", IN_NEW_YORK, "--new"],
        &["demo", "--headless", "--until-done", "--speed", "max"],
        &["status"],
        &["campaign", "pause", "recall"],
        &[],
    ] {
        let said = bench.run(command);
        assert_eq!(said.code, 4, "{command:?}: {said:?}");
        assert!(said.error().0.contains("has lost its store"), "{said:?}");
    }
    let doctor = bench.run(&["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    assert!(doctor.out.contains("has lost its store"), "{doctor:?}");
    fs::remove_file(bench.file("deck.sqlite")).ok();
    fs::copy(bench.beside("backup"), bench.file("deck.sqlite")).unwrap();
    ("deck", &["--moved"])
}

#[test]
fn a_folder_that_has_lost_its_store_is_no_place_for_a_new_deck() {
    check(&[
        Fault {
            name: "the store is missing",
            under: Under::Rest,
            done: |bench| lose(bench, false),
            says: "the deck at {deck} has lost its store: deck.sqlite is missing, but it has engine.lock, deck.mark",
            hint: LOST,
            way_out: put_back,
        },
        Fault {
            name: "the store is empty",
            under: Under::Rest,
            done: |bench| lose(bench, true),
            says: "the deck at {deck} has lost its store: deck.sqlite is empty, but it has engine.lock, deck.mark",
            hint: LOST,
            way_out: put_back,
        },
        Fault {
            name: "of the deck only a listener's key is left",
            under: Under::Rest,
            done: |bench| {
                lose(bench, false);
                fs::remove_file(bench.file("deck.mark")).unwrap();
                fs::rename(bench.file("engine.lock"), bench.file("listener.key")).unwrap();
            },
            says: "the deck at {deck} has lost its store: deck.sqlite is missing, but it has listener.key",
            hint: LOST,
            way_out: put_back,
        },
        Fault {
            name: "of the deck only its carrier's log is left",
            under: Under::Rest,
            done: |bench| {
                lose(bench, false);
                fs::remove_file(bench.file("deck.mark")).unwrap();
                fs::rename(bench.file("engine.lock"), bench.file("carrier.jsonl")).unwrap();
            },
            says: "the deck at {deck} has lost its store: deck.sqlite is missing, but it has carrier.jsonl",
            hint: LOST,
            way_out: put_back,
        },
        Fault {
            name: "of the store only its log of writes is left",
            under: Under::Rest,
            done: |bench| {
                lose(bench, false);
                fs::remove_file(bench.file("deck.mark")).unwrap();
                fs::rename(bench.file("engine.lock"), bench.file("deck.sqlite-wal")).unwrap();
            },
            says: "the deck at {deck} has lost its store: deck.sqlite is missing, but it has deck.sqlite-wal",
            hint: LOST,
            way_out: |bench| {
                fs::rename(bench.file("deck.sqlite-wal"), bench.file("engine.lock")).unwrap();
                put_back(bench)
            },
        },
        Fault {
            name: "the store is a link that leads nowhere",
            under: Under::Rest,
            done: |bench| {
                lose(bench, false);
                let nowhere = bench.beside("nowhere");
                std::os::unix::fs::symlink(nowhere, bench.file("deck.sqlite")).unwrap();
            },
            says: "the deck at {deck} has lost its store: deck.sqlite is a link that leads nowhere",
            hint: LOST,
            way_out: put_back,
        },
        Fault {
            name: "the store is a folder",
            under: Under::Rest,
            done: |bench| {
                lose(bench, false);
                fs::create_dir(bench.file("deck.sqlite")).unwrap();
            },
            says: "the deck at {deck} has lost its store: deck.sqlite is not a file",
            hint: LOST,
            way_out: |bench| {
                fs::remove_dir(bench.file("deck.sqlite")).unwrap();
                put_back(bench)
            },
        },
    ]);
}

/// A volume that is not mounted leaves an empty folder, or none.
#[test]
fn a_folder_that_is_gone_is_no_place_for_a_new_deck() {
    for is_there in [false, true] {
        let bench = Bench::dialed();
        bench.move_deck("deck.old");
        if is_there {
            fs::create_dir(bench.deck()).unwrap();
        }
        let file = bench.beside("recall.toml");
        let said = bench.run(&["campaign", "add", file.to_str().unwrap()]);
        assert_eq!(said.code, 4, "{said:?}");
        let (message, hint) = said.error();
        assert!(message.ends_with("is gone"), "{message}");
        let memory = hint.rsplit_once("remove ").unwrap().1.to_owned();
        assert_eq!(bench.run(&["dnc", "add", "+12125550199"]).code, 4);
        assert!(!bench.file("deck.sqlite").exists());
        // Its folder comes back, or moved for good.
        assert_eq!(bench.dial("deck.old", &["--moved"]).code, 0);
        assert!(!std::path::Path::new(&memory).exists());
        bench.ok(&["campaign", "add", file.to_str().unwrap()]);
    }
}
