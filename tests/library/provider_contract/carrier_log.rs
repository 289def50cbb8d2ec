//! The simulated carrier's own log: what it holds, and going on from it after a restart.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dialdeck::domain::{CallEnd, CallReport};
use dialdeck::provider::simulator::{Callee, CarrierLog, Profile, Script, Simulator};
use dialdeck::provider::{LookUp, Provider, Request};
use tempfile::TempDir;

use super::simulated::{callee, number, scripted, seconds, traffic};
use super::{HOUR, attempt, by_call, dial, ends, inquiry, looked_up, names, run, start};

fn log_lines(path: &Path) -> Vec<serde_json::Value> {
    fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn events_of(lines: &[serde_json::Value], serial: i64) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line["attempt"] == attempt(serial).to_string())
        .map(|line| line["event"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_log_holds_what_happened_whoever_was_told() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    let mut provider = Simulator::new(
        scripted(),
        1,
        Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
    );
    provider.request(Request::Place(Box::new(dial(1, number(103)))), start());
    assert_eq!(events_of(&log_lines(&path), 1)[0], "invite");
    provider.request(Request::Place(Box::new(dial(2, number(102)))), start());
    provider.request(Request::Place(Box::new(dial(3, number(104)))), start());
    provider.request(Request::HangUp(attempt(2)), start() + seconds(4));
    run(&mut provider, start(), start() + HOUR);
    let lines = log_lines(&path);
    assert_eq!(events_of(&lines, 1), ["invite", "ringing", "answer", "end"]);
    assert_eq!(events_of(&lines, 2), ["invite", "ringing", "cancel", "end"]);
    assert!(events_of(&lines, 3).is_empty());
    for line in &lines {
        for member in ["at", "event", "attempt", "to", "from"] {
            assert!(line[member].is_string(), "{member} in {line}");
        }
        assert_eq!(line["code"].is_u64(), line["event"] == "end");
    }
}

#[test]
fn a_second_place_is_written_down_and_disturbs_nothing() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    let mut provider = Simulator::new(
        scripted(),
        1,
        Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
    );
    provider.request(Request::Place(Box::new(dial(1, number(100)))), start());
    provider.request(
        Request::Place(Box::new(dial(1, number(100)))),
        start() + seconds(7),
    );
    let calls = by_call(&run(&mut provider, start() + seconds(7), start() + HOUR));
    let told = names(&calls[&attempt(1)]);
    assert_eq!(told, ["sent", "ringing", "answered", "sent", "ended"]);
    let invites = events_of(&log_lines(&path), 1);
    assert_eq!(invites.iter().filter(|event| *event == "invite").count(), 2);
    provider = Simulator::new(
        scripted(),
        1,
        Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
    );
    provider.request(Request::LookUp(inquiry(1)), start() + HOUR);
    let found = looked_up(&run(&mut provider, start() + HOUR, start() + HOUR));
    assert!(matches!(&found[..], [LookUp::Ended(report, _)] if report.end == CallEnd::Completed));
}

#[test]
fn an_end_that_lies_ahead_is_not_told_before_it_happened() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    let open = || Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap());
    let mut provider = Simulator::new(scripted(), 1, open());
    provider.request(Request::Place(Box::new(dial(1, number(100)))), start());
    let calls = by_call(&run(&mut provider, start(), start() + HOUR));
    let ended = calls[&attempt(1)].last().unwrap().at;
    // Killed before its deck had noted the end: the deck goes on at an earlier instant.
    let mut provider = Simulator::new(scripted(), 1, open());
    let before = ended - seconds(5);
    provider.request(Request::LookUp(inquiry(1)), before);
    let seen = run(&mut provider, before, before);
    assert_eq!(looked_up(&seen), [LookUp::InProgress]);
    let told = by_call(&run(&mut provider, before, before + HOUR));
    assert_eq!(told[&attempt(1)].last().unwrap().at, ended);
}

/// Runs traffic with the carrier killed and started again at `crash`; what was not yet told of
/// before the crash, and the calls up then, must come out as in a run without a crash.
fn restarted_at(crash: Duration, dir: &Path) -> Vec<serde_json::Value> {
    let path = dir.join(format!("crash-{}", crash.as_millis()));
    let profile = Profile::default();
    let mut provider = Simulator::new(
        profile.clone(),
        9,
        Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
    );
    for serial in 1..=40_i64 {
        let at = start() + seconds(serial.unsigned_abs());
        provider.request(Request::Place(Box::new(dial(serial, callee(serial)))), at);
    }
    let told_before = run(&mut provider, start() + seconds(40), start() + crash);
    drop(provider);
    let later = start() + crash + seconds(90);
    let mut provider = Simulator::new(
        profile,
        9,
        Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
    );
    let told_after = run(&mut provider, later, later + HOUR);
    for (attempt, events) in by_call(&told_after) {
        let before = by_call(&told_before).remove(&attempt).unwrap_or_default();
        assert_eq!(ends(&before).len() + ends(&events).len(), 1, "{attempt}");
        assert!(!names(&events).contains(&"sent"));
    }
    let mut lines = log_lines(&path);
    lines.sort_by_key(|line| (line["at"].to_string(), line["attempt"].to_string()));
    lines
}

#[test]
fn a_restarted_carrier_goes_on_with_the_same_calls() {
    let dir = TempDir::new().unwrap();
    let whole = restarted_at(HOUR, dir.path());
    for crash in [40, 45, 52, 61, 75, 100, 200] {
        assert_eq!(
            restarted_at(seconds(crash), dir.path()),
            whole,
            "crash at {crash} s"
        );
    }
}

#[test]
fn a_torn_last_line_is_repaired() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    traffic(&Profile::default(), 1, 3, Some(&path));
    let whole = fs::read(&path).unwrap();
    for cut in [1, 2, 30] {
        fs::write(&path, &whole[..whole.len() - cut]).unwrap();
        let mut provider = Simulator::new(
            Profile::default(),
            1,
            Some(CarrierLog::open(&path, &super::simulated::trunk()).unwrap()),
        );
        run(&mut provider, start() + HOUR, start() + HOUR);
        assert_eq!(fs::read(&path).unwrap(), whole, "cut by {cut}");
    }
    fs::write(&path, b"{\"at\":\"2026").unwrap();
    CarrierLog::open(&path, &super::simulated::trunk()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    fs::write(&path, b"not a log\nat all\n").unwrap();
    let error = CarrierLog::open(&path, &super::simulated::trunk())
        .unwrap_err()
        .to_string();
    assert!(error.contains("line 1"), "{error}");
}

#[test]
fn scripts_go_on_in_the_right_place_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    let script = Script::in_order([Callee::rejects(486), Callee::rejects(404)]);
    let profile = Profile::default().with_callee(number(110), script);
    let mut codes = Vec::new();
    for serial in 1..=2 {
        let at = start() + HOUR * u32::try_from(serial).unwrap();
        let log = CarrierLog::open(&path, &super::simulated::trunk()).unwrap();
        let mut provider = Simulator::new(profile.clone(), 1, Some(log));
        provider.request(Request::Place(Box::new(dial(serial, number(110)))), at);
        let calls = by_call(&run(&mut provider, at, at + HOUR));
        codes.extend(ends(&calls[&attempt(serial)])[0].sip_code);
    }
    assert_eq!(codes, [486, 404]);
}

#[test]
fn whatever_comes_the_log_has_one_invite_and_one_end_per_call() {
    let dir = TempDir::new().unwrap();
    for seed in 1..=6 {
        let path = dir.path().join(seed.to_string());
        let open = || {
            let log = CarrierLog::open(&path, &super::simulated::trunk()).unwrap();
            Simulator::new(Profile::named("flaky").unwrap(), seed, Some(log))
        };
        let mut provider = open();
        let mut unsent = BTreeSet::new();
        for serial in 1..=150_i64 {
            let at = start() + seconds(serial.unsigned_abs());
            provider.request(Request::Place(Box::new(dial(serial, callee(serial)))), at);
            if serial % 3 == 0 {
                provider.request(Request::HangUp(attempt(serial - 2 * (serial % 5))), at);
            }
            for events in by_call(&run(&mut provider, at, at)).values() {
                let never = |report: &CallReport| report.end == CallEnd::NeverSent;
                if ends(events).iter().any(never) {
                    unsent.insert(events[0].attempt);
                }
            }
            if serial % 37 == 0 {
                drop(provider);
                provider = open();
            }
        }
        run(&mut provider, start() + HOUR, start() + HOUR * 2);
        let lines = log_lines(&path);
        // Between two outages, in which look-ups tell nothing.
        let later = start() + HOUR * 3 + seconds(60);
        for serial in 1..=150 {
            provider.request(Request::LookUp(inquiry(serial)), later);
            let found = looked_up(&run(&mut provider, later, later));
            let events = events_of(&lines, serial);
            if unsent.contains(&attempt(serial)) {
                assert_eq!((found, events), (vec![LookUp::NeverPlaced], vec![]));
                continue;
            }
            let count = |name: &str| events.iter().filter(|event| *event == name).count();
            assert!(
                matches!(found[..], [LookUp::Ended(..)]),
                "{serial} {found:?}"
            );
            assert_eq!(
                (count("invite"), count("end")),
                (1, 1),
                "{serial} {events:?}"
            );
            assert_eq!(events.first().unwrap(), "invite");
            assert_eq!(events.last().unwrap(), "end");
            assert!(count("ringing") <= 1 && count("answer") <= 1 && count("cancel") <= 1);
        }
    }
}
