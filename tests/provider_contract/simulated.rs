//! The simulated carrier: the contract, and what only it promises — determinism, limits, faults,
//! its own log and going on after a restart.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::{CallEventKind, CalleeType, PhoneNumber, Timestamp};
use dialdeck::provider::simulator::{Callee, CarrierLog, Profile, Script, Simulator};
use dialdeck::provider::{LookUp, Provider, ProviderEvent, Request};
use tempfile::TempDir;

use super::{Bench, HOUR, attempt, by_call, dial, ends, exercise, looked_up, names, run, start};

struct Simulated {
    log: Option<TempDir>,
}

impl Bench for Simulated {
    type Provider = Simulator;

    fn provider(&self) -> Simulator {
        let log = self.log.as_ref().map(|dir| {
            let path = dir.path().join("carrier.jsonl");
            drop(fs::remove_file(&path));
            CarrierLog::open(path).unwrap()
        });
        Simulator::new(scripted(), 1, log)
    }

    fn person(&self) -> PhoneNumber {
        number(100)
    }

    fn busy(&self) -> PhoneNumber {
        number(101)
    }

    fn never_answers(&self) -> PhoneNumber {
        number(102)
    }

    fn answer_lost(&self) -> PhoneNumber {
        number(103)
    }

    fn not_sent(&self) -> PhoneNumber {
        number(104)
    }
}

fn number(line: u64) -> PhoneNumber {
    PhoneNumber::from_digits(12_125_550_000 + line).unwrap()
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn person() -> Callee {
    Callee::person(seconds(5), seconds(30))
}

fn scripted() -> Profile {
    let lost = Callee::AnswerLost {
        after: seconds(5),
        then: Box::new(person()),
        told: false,
    };
    Profile::default()
        .with_callee(number(100), Script::always(person()))
        .with_callee(number(101), Script::always(Callee::rejects(486)))
        .with_callee(number(102), Script::always(Callee::RingsForEver))
        .with_callee(number(103), Script::always(lost))
        .with_callee(number(104), Script::always(Callee::NotSent))
}

/// Places `count` calls, one a second, to unscripted numbers, and runs them to their ends.
fn traffic(
    profile: &Profile,
    seed: u64,
    count: i64,
    log: Option<&Path>,
) -> Vec<(Timestamp, ProviderEvent)> {
    let log = log.map(|path| CarrierLog::open(path).unwrap());
    let mut provider = Simulator::new(profile.clone(), seed, log);
    let mut seen = Vec::new();
    for serial in 1..=count {
        let at = start() + Duration::from_secs(serial.unsigned_abs());
        seen.extend(run(&mut provider, at, at));
        provider.request(Request::Place(dial(serial, callee(serial))), at);
        seen.extend(run(&mut provider, at, at + Duration::from_millis(999)));
    }
    let at = start() + Duration::from_secs(count.unsigned_abs() + 1);
    seen.extend(run(&mut provider, at, at + HOUR));
    seen
}

/// One of the fictional numbers 555-0100 to 555-0199 of an area code.
fn callee(serial: i64) -> PhoneNumber {
    let serial = serial.unsigned_abs();
    let area = 201 + serial / 100 % 19;
    PhoneNumber::from_digits(10_000_000_000 + area * 10_000_000 + 5_550_100 + serial % 100).unwrap()
}

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
fn the_simulator_keeps_the_contract_with_a_log() {
    exercise(&Simulated {
        log: Some(TempDir::new().unwrap()),
    });
}

#[test]
fn the_simulator_keeps_the_contract_without_a_log() {
    let bench = Simulated { log: None };
    assert!(!bench.provider().capabilities().look_up);
    exercise(&bench);
}

#[test]
fn equal_seeds_give_equal_runs_and_logs() {
    let dir = TempDir::new().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let flaky = Profile::named("flaky").unwrap();
    let first = traffic(&flaky, 5, 300, Some(&one));
    assert_eq!(first, traffic(&flaky, 5, 300, Some(&two)));
    assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
    assert_ne!(first, traffic(&flaky, 6, 300, None));
}

#[test]
fn a_call_does_not_depend_on_the_calls_around_it() {
    let everyday = Profile::default();
    let many = by_call(&traffic(&everyday, 5, 120, None));
    let mut alone = Simulator::new(everyday, 5, None);
    let at = start() + seconds(77);
    alone.request(Request::Place(dial(77, callee(77))), at);
    let alone = by_call(&run(&mut alone, at, at + HOUR));
    assert_eq!(alone[&attempt(77)], many[&attempt(77)]);
}

#[test]
fn every_profile_ends_every_call_that_it_does_not_lose() {
    for name in Profile::names() {
        let seen = traffic(&Profile::named(name).unwrap(), 3, 400, None);
        let calls = by_call(&seen);
        assert_eq!(calls.len(), 400, "{name}");
        for (attempt, events) in &calls {
            let lost = events.iter().any(|e| e.kind == CallEventKind::AnswerLost);
            let distinct: BTreeSet<Timestamp> = events
                .iter()
                .filter(|event| matches!(event.kind, CallEventKind::Ended(_)))
                .map(|event| event.at)
                .collect();
            assert!(
                distinct.len() == 1 || lost && distinct.is_empty(),
                "{name} {attempt}"
            );
        }
    }
}

#[test]
fn everyday_traffic_has_every_kind_of_end() {
    let seen = traffic(&Profile::default(), 1, 1_500, None);
    let calls = by_call(&seen);
    let codes: BTreeSet<u16> = calls
        .values()
        .flat_map(|events| ends(events))
        .filter_map(|report| report.sip_code)
        .collect();
    for code in [200, 404, 408, 480, 486, 503, 603] {
        assert!(codes.contains(&code), "{code} missing in {codes:?}");
    }
    for events in calls.values() {
        assert_eq!(ends(events).len(), 1);
        assert!(events.is_sorted_by_key(|event| event.at));
    }
}

#[test]
fn a_flaky_carrier_repeats_delays_and_loses() {
    let seen = traffic(&Profile::named("flaky").unwrap(), 2, 600, None);
    let late = seen.iter().any(|(delivered, event)| match event {
        ProviderEvent::Call(event) => event.at < *delivered,
        ProviderEvent::LookedUp(..) => false,
    });
    let calls = by_call(&seen);
    let lost = calls.values().any(|events| names(events).contains(&"lost"));
    let twice = calls.values().any(|events| ends(events).len() == 2);
    let disordered = calls
        .values()
        .any(|events| !events.is_sorted_by_key(|event| event.at));
    let unsent = calls.values().flat_map(|events| ends(events));
    let unsent = unsent
        .filter(|report| report.end == CallEnd::NeverSent)
        .count();
    assert!(
        late && lost && twice && disordered,
        "{late} {lost} {twice} {disordered}"
    );
    assert!(unsent > 0);
}

#[test]
fn limits_are_answered_as_trunks_do() {
    let mut profile = scripted();
    profile.limits.concurrent = 2;
    let mut provider = Simulator::new(profile.clone(), 1, None);
    for serial in 1..=3 {
        provider.request(Request::Place(dial(serial, number(100))), start());
    }
    let calls = by_call(&run(&mut provider, start(), start()));
    let refused = &ends(&calls[&attempt(3)])[0];
    assert_eq!(
        (refused.sip_code, refused.retry_after),
        (Some(503), Some(seconds(12)))
    );
    assert!(ends(&calls[&attempt(1)]).is_empty());

    profile.limits.concurrent = 0;
    profile.limits.per_minute = 2;
    let mut provider = Simulator::new(profile, 1, None);
    for (serial, at) in [(1, 0), (2, 30), (3, 59), (4, 60), (5, 61)] {
        let now = start() + seconds(at);
        provider.request(Request::Place(dial(serial, number(101))), now);
    }
    let calls = by_call(&run(&mut provider, start() + HOUR, start() + HOUR));
    let codes: Vec<_> = calls
        .values()
        .map(|events| ends(events)[0].sip_code)
        .collect();
    let expected = [486, 486, 429, 486, 429].map(Some);
    assert_eq!(codes, expected);
}

#[test]
fn outages_refuse_or_hold_back() {
    let profile = Profile::parse(
        "[[outages]]\nfrom = '2026-12-07T15:30:00Z'\nuntil = '2026-12-07T15:31:00Z'\nmanner = 'unavailable'\n\
         [[outages]]\nfrom = '2026-12-07T15:32:00Z'\nuntil = '2026-12-07T15:33:00Z'\nmanner = 'never_sent'",
    )
    .unwrap();
    let mut provider = Simulator::new(profile, 1, None);
    provider.request(Request::Place(dial(1, number(100))), start());
    provider.request(Request::Place(dial(2, number(100))), start() + seconds(120));
    let calls = by_call(&run(&mut provider, start() + HOUR, start() + HOUR));
    assert_eq!(ends(&calls[&attempt(1)])[0].sip_code, Some(503));
    assert_eq!(names(&calls[&attempt(1)]), ["sent", "ended"]);
    assert_eq!(ends(&calls[&attempt(2)])[0].end, CallEnd::NeverSent);
}

#[test]
fn scripts_are_followed_call_by_call() {
    let absent = Callee::Answers {
        ring: seconds(2),
        talk: seconds(40),
        who: CalleeType::Human,
        speech: Some(Vec::new()),
        detected: true,
        agent_absent: true,
    };
    let late = Callee::Late {
        by: seconds(7),
        then: Box::new(Callee::rejects(486)),
    };
    let twice = Callee::Duplicates {
        then: Box::new(Callee::rejects(404)),
    };
    let script = Script::in_order([absent, late, twice, Callee::Silent]);
    let profile = Profile::default().with_callee(number(110), script);
    let mut provider = Simulator::new(profile, 1, None);
    for serial in 1..=4 {
        let at = start() + HOUR * u32::try_from(serial).unwrap();
        provider.request(Request::Place(dial(serial, number(110))), at);
    }
    let seen = run(&mut provider, start() + HOUR, start() + HOUR * 6);
    let calls = by_call(&seen);
    assert_eq!(ends(&calls[&attempt(1)])[0].end, CallEnd::Abandoned);
    assert_eq!(
        names(&calls[&attempt(3)]),
        ["sent", "ended", "sent", "ended"]
    );
    assert_eq!(names(&calls[&attempt(4)]), ["sent"]);
    let delay = seen
        .iter()
        .filter_map(|(delivered, event)| match event {
            ProviderEvent::Call(event) if event.attempt == attempt(2) => {
                Some(delivered.since(event.at))
            }
            _ => None,
        })
        .max();
    assert!(delay >= Some(seconds(7)));
}

#[test]
fn the_log_holds_what_happened_whoever_was_told() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("carrier.jsonl");
    let mut provider = Simulator::new(scripted(), 1, Some(CarrierLog::open(&path).unwrap()));
    provider.request(Request::Place(dial(1, number(103))), start());
    assert_eq!(events_of(&log_lines(&path), 1)[0], "invite");
    provider.request(Request::Place(dial(2, number(102))), start());
    provider.request(Request::Place(dial(3, number(104))), start());
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
    let mut provider = Simulator::new(scripted(), 1, Some(CarrierLog::open(&path).unwrap()));
    provider.request(Request::Place(dial(1, number(100))), start());
    provider.request(Request::Place(dial(1, number(100))), start() + seconds(7));
    let calls = by_call(&run(&mut provider, start() + seconds(7), start() + HOUR));
    let told = names(&calls[&attempt(1)]);
    assert_eq!(told, ["sent", "ringing", "answered", "sent", "ended"]);
    let invites = events_of(&log_lines(&path), 1);
    assert_eq!(invites.iter().filter(|event| *event == "invite").count(), 2);
    provider = Simulator::new(scripted(), 1, Some(CarrierLog::open(&path).unwrap()));
    provider.request(Request::LookUp(attempt(1)), start() + HOUR);
    let found = looked_up(&run(&mut provider, start() + HOUR, start() + HOUR));
    assert!(matches!(&found[..], [LookUp::Ended(report, _)] if report.end == CallEnd::Completed));
}

/// Runs traffic with the carrier killed and started again at `crash`; what was not yet told of
/// before the crash, and the calls up then, must come out as in a run without a crash.
fn restarted_at(crash: Duration, dir: &Path) -> Vec<serde_json::Value> {
    let path = dir.join(format!("crash-{}", crash.as_millis()));
    let profile = Profile::default();
    let mut provider = Simulator::new(profile.clone(), 9, Some(CarrierLog::open(&path).unwrap()));
    for serial in 1..=40_i64 {
        let at = start() + seconds(serial.unsigned_abs());
        provider.request(Request::Place(dial(serial, callee(serial))), at);
    }
    let told_before = run(&mut provider, start() + seconds(40), start() + crash);
    drop(provider);
    let later = start() + crash + seconds(90);
    let mut provider = Simulator::new(profile, 9, Some(CarrierLog::open(&path).unwrap()));
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
            Some(CarrierLog::open(&path).unwrap()),
        );
        run(&mut provider, start() + HOUR, start() + HOUR);
        assert_eq!(fs::read(&path).unwrap(), whole, "cut by {cut}");
    }
    fs::write(&path, b"{\"at\":\"2026").unwrap();
    CarrierLog::open(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    fs::write(&path, b"not a log\nat all\n").unwrap();
    let error = CarrierLog::open(&path).unwrap_err().to_string();
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
        let log = CarrierLog::open(&path).unwrap();
        let mut provider = Simulator::new(profile.clone(), 1, Some(log));
        provider.request(Request::Place(dial(serial, number(110))), at);
        let calls = by_call(&run(&mut provider, at, at + HOUR));
        codes.extend(ends(&calls[&attempt(serial)])[0].sip_code);
    }
    assert_eq!(codes, [486, 404]);
}
