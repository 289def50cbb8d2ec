//! Moved, replaced, copied and removed decks, and two engines.

use std::fs;

use dialdeck::store::sqlite::lock::EngineLock;

use crate::underneath::bench::{Bench, IN_NEW_YORK, end_of};
use crate::underneath::fault::{Fault, Under, check, start_again};

const DISPLACED: &str = "start again where the deck is now; end what uses a deck before its files are moved, replaced or removed";

const STORE: [&str; 3] = ["deck.sqlite", "deck.sqlite-wal", "deck.sqlite-shm"];

/// Puts the deck back where it was, and removes what was put in its place.
fn put_back(bench: &Bench) -> (&'static str, &'static [&'static str]) {
    if bench.deck().exists() {
        fs::remove_dir_all(bench.deck()).unwrap();
    }
    fs::rename(bench.beside("deck.old"), bench.deck()).unwrap();
    ("deck", &[])
}

#[test]
fn a_deck_that_leaves_from_under_its_engine_stops_it() {
    check(&[
        Fault {
            name: "the folder is moved away",
            under: Under::Engine,
            done: |bench| bench.move_deck("deck.old"),
            says: "the deck at {deck} is no longer the one this process opened: its folder was moved or removed; nothing was dialed after that",
            hint: DISPLACED,
            way_out: put_back,
        },
        Fault {
            name: "the folder is moved away, and a copy put in its place",
            under: Under::Engine,
            done: |bench| {
                bench.copy("deck", "deck.old");
                bench.exchange("deck.old");
            },
            says: "the deck at {deck} is no longer the one this process opened: deck.sqlite is another file now; nothing was dialed after that",
            hint: DISPLACED,
            way_out: put_back,
        },
        Fault {
            name: "the folder is moved away, and a link leads to a copy of it",
            under: Under::Engine,
            done: |bench| {
                bench.copy("deck", "deck.copy");
                let copy = bench.beside("deck.copy");
                std::os::unix::fs::symlink(copy, bench.beside("deck.old")).unwrap();
                bench.exchange("deck.old");
            },
            says: "the deck at {deck} is no longer the one this process opened: deck.sqlite is another file now; nothing was dialed after that",
            hint: DISPLACED,
            way_out: |bench| {
                fs::remove_file(bench.deck()).unwrap();
                put_back(bench)
            },
        },
        Fault {
            name: "a new deck is made where the folder was",
            under: Under::Engine,
            done: |bench| {
                let file = bench.beside("recall.toml");
                let made = ["campaign", "add", file.to_str().unwrap()];
                assert_eq!(bench.on("deck.old", &made).code, 0);
                bench.exchange("deck.old");
                bench.ok(&["dnc", "add", IN_NEW_YORK]);
            },
            says: "the deck at {deck} is no longer the one this process opened: deck.sqlite is another file now; nothing was dialed after that",
            hint: DISPLACED,
            way_out: put_back,
        },
        Fault {
            name: "the store is moved away, with what belongs to it",
            under: Under::Engine,
            done: |bench| {
                for name in STORE {
                    fs::rename(bench.file(name), bench.beside(name)).unwrap();
                }
            },
            says: "the deck at {deck} is no longer the one this process opened: deck.sqlite is gone; nothing was dialed after that",
            hint: DISPLACED,
            way_out: |bench| {
                for name in STORE {
                    fs::rename(bench.beside(name), bench.file(name)).unwrap();
                }
                ("deck", &[])
            },
        },
        Fault {
            name: "the store's log of writes is moved away",
            under: Under::Engine,
            done: |bench| {
                let aside = bench.beside("deck.sqlite-wal");
                fs::rename(bench.file("deck.sqlite-wal"), aside).unwrap();
            },
            says: "the deck at {deck} is no longer the one this process opened: deck.sqlite-wal is gone; nothing was dialed after that",
            hint: DISPLACED,
            way_out: |bench| {
                let aside = bench.beside("deck.sqlite-wal");
                fs::rename(aside, bench.file("deck.sqlite-wal")).unwrap();
                ("deck", &[])
            },
        },
        Fault {
            name: "the lock is removed",
            under: Under::Engine,
            done: |bench| fs::remove_file(bench.file("engine.lock")).unwrap(),
            says: "the deck at {deck} is no longer the one this process opened: engine.lock is gone; nothing was dialed after that",
            hint: DISPLACED,
            way_out: start_again,
        },
        Fault {
            name: "the lock is replaced",
            under: Under::Engine,
            done: |bench| {
                fs::write(bench.file("new.lock"), "").unwrap();
                fs::rename(bench.file("new.lock"), bench.file("engine.lock")).unwrap();
            },
            says: "the deck at {deck} is no longer the one this process opened: engine.lock is another file now; nothing was dialed after that",
            hint: DISPLACED,
            way_out: start_again,
        },
    ]);
}

#[test]
fn a_second_engine_stops_the_first_at_once() {
    let bench = Bench::new();
    let first = bench.engine();
    fs::remove_file(bench.file("engine.lock")).unwrap();
    let mut second = bench.engine();
    let (code, message) = end_of(first);
    assert_eq!(code, Some(4));
    let superseded = "another engine has taken the deck over: this one sends nothing more";
    let gone = format!(
        "the deck at {} is no longer the one this process opened: engine.lock ",
        bench.deck().display()
    );
    assert!(
        message == superseded || message.starts_with(&gone),
        "{message}"
    );
    assert!(second.is_up());
    second.signal("TERM");
    assert_eq!(second.wait().0.code(), Some(0));
    bench.carrier().assert_clean();
}

/// An opt-out acknowledged at the deck's path holds, although the engine that dials has other files open.
#[test]
fn an_opt_out_at_the_path_holds_while_an_engine_holds_the_files_that_were_there() {
    let bench = Bench::new();
    let engine = bench.engine();
    bench.move_deck("deck.old");
    bench.copy("deck.old", "deck");
    let mut listed = Vec::new();
    for number in bench.not_called().into_iter().take(10) {
        bench.ok(&["dnc", "add", &number]);
        listed.push((number, bench.invites()));
    }
    assert_eq!(end_of(engine).0, Some(4));
    let carrier = bench.carrier();
    for (number, since) in listed {
        let called = carrier.numbers_from(since);
        assert!(!called.contains(number.as_str()), "{number}");
    }
    carrier.assert_clean();
}

fn history(bench: &Bench, change: &str) {
    // A program that writes to a deck breaks its seal.
    fs::remove_file(bench.file("deck.seal")).ok();
    let store = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
    store.execute_batch(change).unwrap();
}

#[test]
fn a_deck_of_a_newer_program_is_left_as_it_is() {
    const NEWER: &str = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
        SELECT 1000, name, applied_on, checksum FROM refinery_schema_history WHERE version = 1";
    check(&[Fault {
        name: "a newer schema",
        under: Under::Rest,
        done: |bench| history(bench, NEWER),
        says: "the deck was made by a newer dialdeck: its schema is version 1000, this program's is {schema}",
        hint: "use that release, or a later one; nothing was changed",
        way_out: |bench| {
            for command in [
                &["status"][..],
                &["dnc", "list"],
                &["--read-only", "status"],
            ] {
                let said = bench.run(command);
                assert_eq!(said.code, 4, "{said:?}");
                assert!(
                    said.error().0.contains("made by a newer dialdeck"),
                    "{said:?}"
                );
            }
            history(
                bench,
                "DELETE FROM refinery_schema_history WHERE version = 1000",
            );
            ("deck", &[])
        },
    }]);
}

/// A program that reads the store must not be the last to close it in SQLite's eyes: it would take the
/// write-ahead log away.
#[test]
fn another_program_may_read_the_store_while_the_engine_runs() {
    let bench = Bench::new();
    let engine = bench.engine();
    for round in 0..10 {
        let other = rusqlite::Connection::open(bench.file("deck.sqlite")).unwrap();
        let contacts: i64 = other
            .query_row("SELECT count(*) FROM contacts", (), |row| row.get(0))
            .unwrap();
        assert_eq!(contacts, 90, "{round}");
        drop(other);
        bench.ok(&["dnc", "add", &bench.not_called()[0]]);
    }
    engine.signal("TERM");
    let (code, message) = end_of(engine);
    assert_eq!(code, Some(0), "{message}");
    bench.ok(&["log", "verify"]);
}

/// The lock moves along with the folder: the engine that holds it was started elsewhere, and ends by itself.
#[test]
fn an_engine_whose_folder_was_moved_away_is_named_as_such() {
    let bench = Bench::dialed();
    let old = bench.deck().canonicalize().unwrap();
    bench.move_deck("elsewhere");
    let lock = EngineLock::try_acquire(&bench.beside("elsewhere")).unwrap();
    assert!(lock.is_some());
    let said = bench.on("elsewhere", &["run", "--moved"]);
    assert_eq!(said.code, 4, "{said:?}");
    let (message, hint) = said.error();
    let moved = format!(
        "it was started at {}, and the deck was moved",
        old.display()
    );
    assert!(message.contains(&moved), "{said:?}");
    assert!(hint.contains("ends once the calls"), "{said:?}");
}
