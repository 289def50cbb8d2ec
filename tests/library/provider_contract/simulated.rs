//! The simulated carrier: the contract, and what only it promises: determinism, limits and faults.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use dialdeck::domain::{CallEnd, CallEventKind, CalleeType, PhoneNumber, Timestamp, TrunkName};
use dialdeck::provider::simulator::{Callee, CarrierLog, Profile, Script, Simulator};
use dialdeck::provider::{Provider, ProviderEvent, Request};
use tempfile::TempDir;

use super::{Bench, HOUR, attempt, by_call, dial, ends, exercise, names, run, start};

struct Simulated {
    log: Option<TempDir>,
}

impl Bench for Simulated {
    type Provider = Simulator;

    fn provider(&self) -> Simulator {
        let log = self.log.as_ref().map(|dir| {
            let path = dir.path().join("carrier.jsonl");
            drop(fs::remove_file(&path));
            CarrierLog::open(path, &trunk()).unwrap()
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

pub(crate) fn number(line: u64) -> PhoneNumber {
    PhoneNumber::from_digits(12_125_550_000 + line).unwrap()
}

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn person() -> Callee {
    Callee::person(seconds(5), seconds(30))
}

pub(crate) fn scripted() -> Profile {
    let lost = Callee::AnswerLost {
        after: seconds(5),
        then: Box::new(person()),
        reported: false,
    };
    Profile::default()
        .with_callee(number(100), Script::always(person()))
        .with_callee(number(101), Script::always(Callee::rejects(486)))
        .with_callee(number(102), Script::always(Callee::RingsForEver))
        .with_callee(number(103), Script::always(lost))
        .with_callee(number(104), Script::always(Callee::NotSent))
}

/// Places `count` calls, one a second, to unscripted numbers, and runs them to their ends.
pub(crate) fn traffic(
    profile: &Profile,
    chance: u64,
    count: i64,
    log: Option<&Path>,
) -> Vec<(Timestamp, ProviderEvent)> {
    let log = log.map(|path| CarrierLog::open(path, &trunk()).unwrap());
    let mut provider = Simulator::new(profile.clone(), chance, log);
    let mut seen = Vec::new();
    for serial in 1..=count {
        let at = start() + Duration::from_secs(serial.unsigned_abs());
        seen.extend(run(&mut provider, at, at));
        provider.request(Request::Place(Box::new(dial(serial, callee(serial)))), at);
        seen.extend(run(&mut provider, at, at + Duration::from_millis(999)));
    }
    let at = start() + Duration::from_secs(count.unsigned_abs() + 1);
    seen.extend(run(&mut provider, at, at + HOUR));
    seen
}

/// One of the fictional numbers 555-0100 to 555-0199 of an area code.
pub(crate) fn callee(serial: i64) -> PhoneNumber {
    let serial = serial.unsigned_abs();
    let area = 201 + serial / 100 % 19;
    PhoneNumber::from_digits(10_000_000_000 + area * 10_000_000 + 5_550_100 + serial % 100).unwrap()
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
    alone.request(Request::Place(Box::new(dial(77, callee(77)))), at);
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
        ProviderEvent::LookedUp(..)
        | ProviderEvent::Numbers(_)
        | ProviderEvent::Unclosed(_)
        | ProviderEvent::Closed(_)
        | ProviderEvent::Unlisted(_)
        | ProviderEvent::Warning(..) => false,
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
        provider.request(Request::Place(Box::new(dial(serial, number(100)))), start());
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
        provider.request(Request::Place(Box::new(dial(serial, number(101)))), now);
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
    provider.request(Request::Place(Box::new(dial(1, number(100)))), start());
    provider.request(
        Request::Place(Box::new(dial(2, number(100)))),
        start() + seconds(120),
    );
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
        provider.request(Request::Place(Box::new(dial(serial, number(110)))), at);
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
            ProviderEvent::Call(_)
            | ProviderEvent::LookedUp(..)
            | ProviderEvent::Numbers(_)
            | ProviderEvent::Unclosed(_)
            | ProviderEvent::Closed(_)
            | ProviderEvent::Unlisted(_)
            | ProviderEvent::Warning(..) => None,
        })
        .max();
    assert!(delay >= Some(seconds(7)));
}

pub(super) fn trunk() -> TrunkName {
    TrunkName("main".to_owned())
}
