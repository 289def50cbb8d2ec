//! Many calls at once with everything going wrong.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Arc, Mutex};

use dialdeck::domain::outcome::classify;
use dialdeck::provider::Provider as _;
use dialdeck::provider::remote::Remote;

use super::*;

const CALLS: i64 = 160;

/// Calls in flight at most.
const AT_ONCE: usize = 40;

fn callee(serial: i64) -> PhoneNumber {
    // Fictional lines in several area codes: one per call, so that a part is one attempt's.
    let (area, line) = (serial / 100, serial % 100);
    format!("+1{}55501{line:02}", 212 + area).parse().unwrap()
}

/// The outcomes that an attempt may have, given its callee's part and how its answer fared.
fn wanted(fate: &Fate, lost: bool) -> Vec<&'static str> {
    let known = match fate {
        Fate::Answered(Who::Human, _) => "human",
        Fate::Answered(Who::Machine, _) => "voicemail",
        Fate::Answered(Who::Fax, _) => "fax",
        Fate::RingsOut => "no_answer",
        Fate::Refused(status, _) => match status {
            486 | 600 => "busy",
            480 => "no_answer",
            603 => "declined",
            404 | 484 => "invalid_number",
            _ => "network_failure",
        },
    };
    match fate {
        _ if !lost => vec![known],
        // Who picked up is reported by the agent, whose report may come after the end.
        Fate::Answered(..) => vec![known, "answered", "unknown"],
        Fate::Refused(..) => vec!["unknown", "no_answer"],
        Fate::RingsOut => vec!["no_answer", "unknown"],
    }
}

#[test]
fn every_attempt_rings_once_and_ends_as_scripted() {
    let faults = Faults::new(11)
        .with("cut", 60)
        .with("gateway_after", 40)
        .with("gateway_before", 30)
        .with("deadline", 40)
        .with("silence", 40)
        .with("broken_json", 40)
        .with("unavailable", 40)
        .with("limit", 30)
        .with("agent_missing", 40)
        .with("newer_codes", 500)
        .with("hook_dropped", 150)
        .with("hook_twice", 150);
    let script = Script::new(5);
    let mut bench = Setup {
        script: script.clone(),
        faults: faults.clone(),
        ..Setup::default()
    }
    .start();
    for wave in (1..=CALLS).collect::<Vec<_>>().chunks(AT_ONCE) {
        for serial in wave {
            bench.rig.place(bench.rig.dial(*serial, callee(*serial)));
        }
        bench.rig.wait("word of every attempt", |reported| {
            let spoken = |serial: &i64| {
                let names = names(reported, *serial);
                names.contains(&"ended") || names.contains(&"lost")
            };
            wave.iter().all(spoken)
        });
    }
    settle_the_lost(&mut bench);
    assert_eq!(
        bench.double.rooms(),
        Vec::<String>::new(),
        "no room is left"
    );
    let mut seen = BTreeMap::new();
    for serial in 1..=CALLS {
        let key = attempt(serial).to_string();
        let hits = |fault: &'static str| faults.hits(fault, &key);
        let lost = names(&bench.rig.reported, serial).contains(&"lost");
        assert!(bench.invites(serial) <= 1, "{serial} rang twice");
        let outcome = outcome_of(&bench, serial);
        *seen.entry(outcome).or_insert(0) += 1;
        if hits("agent_missing") || hits("unavailable") {
            assert_eq!((outcome, bench.invites(serial)), ("provider_error", 0));
        } else if hits("limit") {
            assert_eq!((outcome, bench.invites(serial)), ("throttled", 0));
        } else if hits("gateway_before") {
            assert_eq!((outcome, bench.invites(serial)), ("unknown", 0));
        } else {
            assert_eq!(bench.invites(serial), 1, "{serial}: {outcome}");
            let fate = script.part(&callee(serial).to_string(), 0).fate;
            let may_be = wanted(&fate, lost || has_trouble(&hits));
            assert!(
                may_be.contains(&outcome),
                "{serial}: {outcome}, not {may_be:?}"
            );
        }
    }
    assert!(seen.len() >= 8, "a run with everything in it: {seen:?}");
}

/// Whether a fault keeps the answer from us.
fn has_trouble(hits: &impl Fn(&'static str) -> bool) -> bool {
    ["cut", "gateway_after", "deadline", "silence", "broken_json"]
        .into_iter()
        .any(hits)
}

/// Asks for every attempt without an end until each has one, reported or looked up.
fn settle_the_lost(bench: &mut Bench) {
    for serial in 1..=CALLS {
        while outcome_of(bench, serial) == "open" {
            let found = bench.look_up_after(serial, Duration::from_mins(4));
            assert_ne!(found, LookUp::NeverPlaced);
            if let LookUp::Ended(report, at) = found {
                let event = dialdeck::domain::CallEvent {
                    attempt: attempt(serial),
                    at,
                    kind: CallEventKind::Ended(report),
                };
                bench.rig.reported.push(ProviderEvent::Call(event));
            }
        }
    }
}

fn outcome_of(bench: &Bench, serial: i64) -> &'static str {
    let ends = rig::ends(&bench.rig.reported, serial);
    ends.first().map_or("open", |report| {
        let rang = Some(true);
        let read = CallReport {
            rang,
            ..report.clone()
        };
        classify(&read).outcome.as_str()
    })
}

/// What was logged, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn no_secret_and_no_number_is_told_or_logged() {
    let log = Log::default();
    let sink = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || sink.clone())
        .finish();
    let bench = Setup {
        faults: Faults::new(4).with("limit", 200).with("cut", 100),
        // Few enough that some requests are refused, and the refusals logged.
        settings: Settings {
            per_minute: 50,
            ..Settings::default()
        },
        ..Setup::default()
    }
    .start();
    // Its tasks run on this thread, which alone has the log.
    let lab = &bench.rig.lab;
    let vendor = LiveKit::new(account(bench.double.url()), None, lab.http());
    let (mut remote, _inlet) =
        Remote::start(&Arc::new(vendor), lab.clock(), lab.runtime().handle());
    let mut reported = Vec::new();
    tracing::subscriber::with_default(subscriber, || {
        for serial in 1..=20 {
            let dial = bench.rig.dial(serial, callee(serial));
            remote.request(Ask::Place(Box::new(dial)), lab.now());
        }
        lab.run(async {
            let spoken = |reported: &[ProviderEvent], serial: i64| {
                let names = names(reported, serial);
                names.contains(&"ended") || names.contains(&"lost")
            };
            while !(1..=20).all(|serial| spoken(&reported, serial)) {
                remote.ready().await;
                reported.extend(remote.poll(lab.now()));
            }
        });
    });
    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("resource_exhausted"), "refusals are logged");
    let all = format!("{reported:?}{logged}{:?}", account(bench.double.url()));
    for entry in bench.double.ledger().entries() {
        assert!(!all.contains(&entry.to[1..]), "a number was reported");
        assert!(!all.contains(&entry.from[1..]), "a caller ID was reported");
    }
    let settings = Settings::default();
    for secret in [&*settings.secret, &*settings.key, "eyJ"] {
        assert!(!all.contains(secret), "{secret}");
    }
}
