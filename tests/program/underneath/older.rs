//! Older stores that are put back by hand, as another file or in another folder. Where a deck is never
//! explains why its store is older: no answer about the place leads past the loss.

use std::fs;
use std::path::Path;

use crate::underneath::bench::{Bench, Said};

const OLDER: &str = "the store is older than the last run: ";
const WAYS_OUT: &str = "`dialdeck restore --from BACKUP` puts a backup in its place, `dialdeck restore --accept-rollback` continues with what is left; opt-outs and pauses are taken meanwhile";

/// Returns a deck with a backup, from which a number opted out afterwards, and that number.
fn opted_out() -> (Bench, String) {
    let bench = Bench::dialed();
    bench.ok(&["backup", bench.beside("backup").to_str().unwrap()]);
    let number = bench.not_called().remove(0);
    bench.ok(&["dnc", "add", &number]);
    (bench, number)
}

/// Puts the backup's store in the folder of the deck, as a new file.
fn put_back(bench: &Bench, deck: &Path) {
    fs::create_dir_all(deck).unwrap();
    fs::copy(bench.beside("backup/deck.sqlite"), deck.join("new.sqlite")).unwrap();
    for name in ["deck.sqlite-wal", "deck.sqlite-shm"] {
        fs::remove_file(deck.join(name)).ok();
    }
    fs::rename(deck.join("new.sqlite"), deck.join("deck.sqlite")).unwrap();
}

#[track_caller]
fn assert_older(said: &Said, name: &str) {
    assert_eq!(said.code, 4, "{name}: {said:?}");
    let (message, hint) = said.error();
    assert!(message.starts_with(OLDER), "{name}: {said:?}");
    assert_eq!(hint, WAYS_OUT, "{name}: {said:?}");
}

#[test]
fn an_older_store_in_another_file_is_older_whatever_is_said_about_its_place() {
    type Removed = (&'static str, &'static [&'static str]);
    const REMOVED: [Removed; 4] = [
        ("nothing else is removed", &[]),
        ("the seal is removed", &["deck.seal"]),
        ("the folder's mark is removed", &["deck.mark"]),
        (
            "all but the store is removed",
            &["deck.seal", "deck.mark", "engine.lock"],
        ),
    ];
    for (name, removed) in REMOVED {
        let (bench, number) = opted_out();
        put_back(&bench, &bench.deck());
        for file in removed {
            fs::remove_file(bench.file(file)).ok();
        }
        let invites = bench.invites();
        for answer in [&[][..], &["--moved"], &["--copy"]] {
            let args = [&["run", "--until-done"], answer].concat();
            assert_older(&bench.run(&args), name);
        }
        let doctor = bench.run(&["doctor"]);
        assert_eq!(doctor.code, 1, "{name}: {doctor:?}");
        assert!(!doctor.out.contains("run --copy"), "{name}: {doctor:?}");
        // The hint leads to the same holds as a restore.
        bench.ok(&["restore", "--accept-rollback"]);
        bench.ok(&["campaign", "resume", "recall"]);
        for answer in [&[][..], &["--moved"]] {
            let said = bench.dial("deck", answer);
            assert_eq!(said.code, 3, "{name}: opt-outs are missing: {said:?}");
        }
        assert_eq!(bench.invites(), invites, "{name}");
        bench.ok(&["dnc", "add", &number]);
        bench.ok(&["restore", "--lists-complete", "the one number is back"]);
        assert_eq!(bench.dial("deck", &[]).code, 0, "{name}");
        let carrier = bench.carrier();
        assert!(carrier.invites.len() > invites, "{name}");
        assert!(!carrier.numbers_from(0).contains(number.as_str()), "{name}");
        carrier.assert_clean();
    }
}

#[test]
fn an_older_store_without_any_mark_is_not_made_a_copy_of() {
    let (bench, _) = opted_out();
    put_back(&bench, &bench.deck());
    fs::remove_file(bench.file("deck.mark")).unwrap();
    fs::remove_dir_all(bench.beside("state")).unwrap();
    for answer in [&[][..], &["--moved"], &["--copy"]] {
        let said = bench.run(&[&["run"], answer].concat());
        assert_eq!(said.code, 4, "{answer:?}: {said:?}");
        let (message, hint) = said.error();
        assert!(
            message.starts_with("the deck's mark is missing"),
            "{said:?}"
        );
        assert_eq!(hint, WAYS_OUT, "{answer:?}: {said:?}");
    }
}

/// A copy in another folder may be older than the deck that lives on: it becomes a deck of its own, and asks for
/// the opt-outs that the other one has.
#[test]
fn an_older_copy_elsewhere_asks_for_the_opt_outs_that_it_lacks() {
    for marked in [true, false] {
        let (bench, number) = opted_out();
        put_back(&bench, &bench.beside("copy"));
        if !marked {
            fs::rename(bench.beside("state"), bench.beside("other state")).unwrap();
        }
        let invites = bench.invites();
        let first = bench.on("copy", &["run"]);
        assert_eq!(first.code, 4, "{first:?}");
        let (message, hint) = first.error();
        let says = if marked {
            OLDER
        } else {
            "the deck's mark is missing"
        };
        assert!(message.starts_with(says), "{first:?}");
        assert!(
            message.contains("not where its last engine ran"),
            "{first:?}"
        );
        assert!(hint.contains("run --copy"), "{first:?}");
        let moved = bench.on("copy", &["run", "--moved"]);
        assert_eq!((moved.code, moved.error().1), (4, WAYS_OUT), "{moved:?}");
        let copied = bench.on("copy", &["run", "--copy"]);
        assert_eq!(copied.code, 0, "{copied:?}");
        for part in [
            "compared with the deck's last run, ",
            "from list internal",
            "from list campaign:recall",
        ] {
            assert!(copied.err.contains(part), "{part}: {copied:?}");
        }
        assert_eq!(bench.on("copy", &["campaign", "resume", "recall"]).code, 0);
        let held = bench.dial("copy", &[]);
        assert_eq!(held.code, 3, "opt-outs are missing: {held:?}");
        assert_eq!(bench.invites(), invites);
        assert_eq!(bench.on("copy", &["dnc", "add", &number]).code, 0);
        let confirmed = ["restore", "--lists-complete", "the one number is back"];
        assert_eq!(bench.on("copy", &confirmed).code, 0);
        assert_eq!(bench.dial("copy", &[]).code, 0);
        let carrier = bench.carrier();
        assert!(carrier.invites.len() > invites);
        assert!(!carrier.numbers_from(0).contains(number.as_str()));
    }
}

/// An accepted loss says nothing about whether the deck at the old place lives on.
#[test]
fn an_accepted_rollback_elsewhere_still_asks_what_became_of_the_deck() {
    let (bench, _) = opted_out();
    put_back(&bench, &bench.beside("copy"));
    let accepted = bench.on("copy", &["restore", "--accept-rollback"]);
    assert_eq!(accepted.code, 0, "{accepted:?}");
    assert!(accepted.out.contains("run --moved"), "{accepted:?}");
    let said = bench.on("copy", &["run", "--until-done"]);
    assert_eq!(said.code, 4, "{said:?}");
    let place = "the deck is not where its last engine ran: ";
    assert!(said.error().0.starts_with(place), "{said:?}");
    assert_eq!(bench.on("copy", &["run", "--copy"]).code, 0);
    assert_eq!(bench.on("copy", &["campaign", "resume", "recall"]).code, 0);
    let held = bench.dial("copy", &[]);
    assert_eq!(held.code, 3, "what was lost still holds: {held:?}");
    assert_eq!(bench.dial("deck", &[]).code, 0, "the deck itself dials on");
}

/// The newer store put back as another file lacks what only the older one took.
#[test]
fn a_newer_store_in_another_file_lacks_what_the_older_one_took() {
    let (bench, _) = opted_out();
    fs::copy(bench.file("deck.sqlite"), bench.beside("newer")).unwrap();
    let wal = bench.file("deck.sqlite-wal");
    assert!(!wal.exists() || fs::metadata(&wal).unwrap().len() == 0);
    put_back(&bench, &bench.deck());
    let number = bench.not_called().pop().unwrap();
    bench.ok(&["dnc", "add", &number]);
    for name in ["deck.sqlite", "deck.sqlite-wal", "deck.sqlite-shm"] {
        fs::remove_file(bench.file(name)).ok();
    }
    fs::rename(bench.beside("newer"), bench.file("deck.sqlite")).unwrap();
    for answer in ["--moved", "--copy"] {
        let said = bench.run(&["run", "--until-done", answer]);
        assert_eq!(said.code, 4, "{answer}: {said:?}");
        let taken = "were recorded at ";
        assert!(said.error().0.contains(taken), "{answer}: {said:?}");
    }
}

/// Returns the lines of `dnc check` for a number.
fn lists_of(bench: &Bench, number: &str) -> String {
    bench.ok(&["dnc", "check", number])
}

/// Nothing that only the replaced store has may be confirmed away.
#[test]
fn a_restore_takes_the_opt_outs_over_from_the_store_that_it_replaces() {
    let (bench, number) = opted_out();
    let other = bench.not_called().remove(1);
    bench.ok(&["dnc", "add", &other, "--list", "campaign:recall"]);
    let backup = bench.beside("backup");
    let said = bench.ok(&["restore", "--from", backup.to_str().unwrap()]);
    for line in [
        "1 number put on internal, from the store that was there.\n",
        "1 number put on campaign:recall, from the store that was there.\n",
        "Opt-outs may be missing from list internal: ",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert!(!said.contains("can be read"), "{said}");
    let note = "from the replaced store, recorded at 2026-12-07T";
    for (number, list) in [(&number, "internal"), (&other, "campaign:recall")] {
        let found = lists_of(&bench, number);
        assert!(found.contains(list) && found.contains(note), "{found}");
    }
    bench.ok(&["restore", "--lists-complete", "none"]);
    bench.ok(&["campaign", "resume", "recall"]);
    let invites = bench.invites();
    assert_eq!(bench.dial("deck", &[]).code, 0);
    let carrier = bench.carrier();
    assert!(carrier.invites.len() > invites);
    for number in [&number, &other] {
        assert!(!carrier.numbers_from(0).contains(number.as_str()));
    }
    bench.ok(&["log", "verify"]);

    // The same backup again. Callees have opted out in the calls, too.
    let internal = bench.ok(&["dnc", "export"]).lines().count() - 1;
    let args = ["restore", "--json", "--from", backup.to_str().unwrap()];
    let restored: serde_json::Value = serde_json::from_str(&bench.ok(&args)).unwrap();
    assert_eq!(
        restored["opt_outs_carried"],
        serde_json::json!({ "internal": internal, "campaign:recall": 1 })
    );
    assert_eq!(restored["opt_outs_unread"], serde_json::Value::Null);
}

#[test]
fn a_restore_says_when_it_cannot_read_the_opt_outs_of_the_store_that_it_replaces() {
    let (bench, _) = opted_out();
    for name in ["deck.sqlite-wal", "deck.sqlite-shm"] {
        fs::remove_file(bench.file(name)).ok();
    }
    fs::write(bench.file("deck.sqlite"), [0x5a; 8192]).unwrap();
    let backup = bench.beside("backup");
    let said = bench.ok(&["restore", "--from", backup.to_str().unwrap()]);
    let unread = "Not all opt-outs of the store that was there can be read: ";
    assert!(said.contains(unread), "{said}");
    assert_eq!(bench.dial("deck", &[]).code, 3, "opt-outs are missing");
}
