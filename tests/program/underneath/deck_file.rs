//! The deck file changes, breaks or disappears while an engine runs on it.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::underneath::bench::{Bench, NEW_YORK};

const DEFAULTS: &str = include_str!("../../../src/config/defaults.toml");

fn deck_file(bench: &Bench) -> PathBuf {
    bench.file("dialdeck.toml")
}

fn is_about_the_file(entry: &Value) -> bool {
    entry["kind"] == "alert_raised" && entry["data"]["alert"] == "deck_file_changed"
}

/// N.Y. Gen. Bus. Law 399-z: no calls during a state of disaster emergency there.
#[test]
fn a_ban_that_is_written_while_the_engine_dials_holds_and_is_said() {
    let bench = Bench::new();
    fs::write(deck_file(&bench), DEFAULTS).unwrap();
    let mut engine = bench.engine();
    let banned = DEFAULTS.replace("emergency_bans = []", "emergency_bans = [\"US-NY\"]");
    assert_ne!(banned, DEFAULTS);
    fs::write(deck_file(&bench), &banned).unwrap();
    let alert = engine.until(is_about_the_file);
    let text = alert["data"]["text"].as_str().unwrap();
    assert!(text.contains("the emergency ban on US-NY holds"), "{text}");
    // What was planned before the ban was sent or taken back. The rest of New York is not planned.
    let mut elsewhere = 0;
    while elsewhere < 20 {
        let planned = engine.until(|entry| entry["kind"] == "attempt_reserved");
        let number = planned["number"].as_str().unwrap();
        assert!(!number.starts_with(NEW_YORK), "{planned}");
        elsewhere += 1;
    }
    let status = bench.ok(&["status"]);
    assert!(
        status.contains("the emergency ban on US-NY holds"),
        "{status}"
    );
    let mut waiting = bench.not_called().into_iter();
    let number = waiting.rfind(|number| number.starts_with(NEW_YORK));
    let why = bench.ok(&["why", &number.unwrap()]);
    assert!(why.contains("US-NY"), "{why}");
    assert!(why.contains("emergency ban"), "{why}");
    let doctor = bench.run(&["doctor"]).out;
    assert!(doctor.contains("US-NY"), "{doctor}");
    // A looser setting waits for the next engine, and is reported.
    fs::write(deck_file(&bench), DEFAULTS).unwrap();
    let alert = engine.until(is_about_the_file);
    let text = alert["data"]["text"].as_str().unwrap();
    assert!(text.contains("start the engine again"), "{text}");
    assert!(
        !bench.ok(&["status"]).contains("on US-NY holds\n"),
        "the alert before is over"
    );
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
    let mut next = bench.engine();
    assert!(
        !bench.ok(&["status"]).contains("the deck file"),
        "it was read at the start"
    );
    next.signal("TERM");
    next.wait();
    bench.carrier().assert_clean();
}

#[test]
fn an_engine_ends_as_ever_whatever_has_become_of_its_deck_file() {
    let ways: [fn(&Bench); 3] = [
        |bench| fs::write(deck_file(bench), "= =").unwrap(),
        |bench| fs::remove_file(deck_file(bench)).unwrap(),
        |bench| {
            let viewer = DEFAULTS.replace("[roles]\n", "[roles]\nmaria = \"viewer\"\n");
            fs::write(deck_file(bench), viewer).unwrap();
        },
    ];
    for way in ways {
        let bench = Bench::new();
        fs::write(deck_file(&bench), DEFAULTS).unwrap();
        let mut engine = bench.engine();
        way(&bench);
        engine.signal("TERM");
        let (status, _) = engine.wait();
        let said = engine.errors();
        assert_eq!(status.code(), Some(0), "{said:?}");
        let last = bench.ok(&["log", "export"]);
        let last = last.lines().last().unwrap();
        assert!(last.contains("\"kind\":\"deck_closed\""), "{last}");
    }
}
