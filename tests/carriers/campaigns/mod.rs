//! Three campaigns through each double with its faults on: more than two thousand attempts, judged by
//! the two logs.

mod deck;

use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck::provider::bubblyphone::{self, BubblyPhone};
use dialdeck::provider::livekit::{self, LiveKit};
use dialdeck::provider::plum::{self, Plum};
use dialdeck::provider::remote::secret::Secret;

use self::deck::{Ended, Stage};
use crate::vendors::faults::Faults;
use crate::vendors::script::{Fate, Part, Script, Who};
use crate::vendors::{
    bubblyphone as bubblyphone_double, livekit as livekit_double, plum as plum_double,
};

/// Attempts that a run makes at least.
const ATTEMPTS: u64 = 2_000;

/// Outcomes that tell nothing about the callee: a fault of the vendor's.
const OF_THE_VENDOR: [&str; 4] = ["provider_error", "throttled", "unknown", "cancelled"];

/// The outcomes that a callee's part may come to, as far as the vendor can tell it; whether it gave the
/// SIP status.
type Allowed = fn(&Part, bool) -> &'static [&'static str];

/// What every run has to show.
fn judge(ended: &Ended, script: &Script, allowed: Allowed) {
    ended.assert_clean();
    assert!(
        ended.attempts() >= ATTEMPTS,
        "{} attempts",
        ended.attempts()
    );
    assert_eq!(ended.open_attempts(), 0, "no slot is left behind");
    let mut invited: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    for call in ended.calls() {
        assert!(call.invites <= 1, "{call:?}");
        *outcomes.entry(call.outcome.clone()).or_default() += 1;
        if call.invites == 0 {
            // Refused, or stopped by us in the vendor's own queue.
            let mut told = OF_THE_VENDOR.iter().chain(&["expired", "no_answer"]);
            let told = told.any(|word| *word == call.outcome);
            assert!(told, "an outcome without a call: {call:?}");
            continue;
        }
        let nth = invited.entry(call.number.clone()).or_default();
        let part = script.part(&call.number, *nth);
        *nth += 1;
        let scripted = allowed(&part, call.coded).contains(&call.outcome.as_str());
        let of_the_vendor = OF_THE_VENDOR.contains(&call.outcome.as_str());
        // Rang for as long as it may, by the clock of a machine that is busy.
        let silenced = call.cancelled && call.outcome == "no_answer";
        let so = scripted || of_the_vendor || silenced;
        assert!(so, "{part:?} became {call:?}");
    }
    let unknown = outcomes.get("unknown").copied().unwrap_or(0);
    assert_eq!(unknown, ended.listed_unknown(), "each is listed");
    let known: u64 = outcomes.values().sum::<u64>() - unknown;
    assert!(known * 100 >= ended.attempts() * 85, "{outcomes:?}");
}

fn sip(part: &Part, coded: bool) -> &'static [&'static str] {
    match part.fate {
        Fate::Answered(Who::Human, _) => &["human", "answered"],
        Fate::Answered(Who::Machine, _) => &["voicemail", "answered"],
        Fate::Answered(Who::Fax, _) => &["fax", "answered"],
        Fate::RingsOut | Fate::Refused(480, _) => &["no_answer"],
        Fate::Refused(486 | 600, _) => &["busy"],
        Fate::Refused(603, _) => &["declined"],
        // Where the answer is lost, it left for the same reason as a phone that rang out.
        Fate::Refused(404, _) if !coded => &["no_answer"],
        Fate::Refused(404 | 484, _) => &["invalid_number"],
        Fate::Refused(..) => &["network_failure"],
    }
}

/// A run through LiveKit; `block`: from when to when, after the start, its carrier suspects fraud.
fn livekit_run(block: Option<(Duration, Duration)>) -> (Ended, Script) {
    let faults = Faults::new(7)
        .with("cut_after", 15)
        .with("unavailable", 10)
        .with("html_502", 10)
        .with("agent_missing", 10)
        .with("agent_silent", 20)
        .with("newer_codes", 500)
        .with("hook_twice", 100)
        .with("hook_dropped", 100);
    let stage = Stage::new(
        "kind = \"livekit\"\nurl = \"https://livekit.example.com\"\nsip_trunk = \"ST_example\"\n\
         agent = \"dialdeck\"\n",
    );
    let script = Script::new(11);
    let start = stage.clock.now();
    let defaults = livekit_double::Settings::default();
    let double = livekit_double::LiveKitDouble::start(livekit_double::Options {
        port: 0,
        clock: stage.clock.clone(),
        script: script.clone(),
        faults,
        settings: livekit_double::Settings {
            numbers: deck::numbers(),
            webhook: Some(format!("{}/webhook", stage.reach.url)),
            fraud_block: block.map(|(from, to)| (start + from, start + to)),
            ..defaults.clone()
        },
    });
    let account = livekit::Account {
        deck: stage.deck,
        url: double.url(),
        api_key: Secret::new(defaults.key),
        api_secret: Secret::new(defaults.secret),
        sip_trunk: defaults.trunk,
        agent: defaults.agent,
        agent_wait: Duration::from_secs(10),
    };
    let (reach, clock) = (stage.reach.clone(), stage.clock.clone());
    let vendor = LiveKit::new(account, Some(reach), clock).unwrap();
    let ended = stage.run(vendor, double.ledger());
    (ended, script)
}

#[test]
fn through_livekit() {
    let (ended, script) = livekit_run(None);
    judge(&ended, &script, sip);
}

#[test]
fn through_livekit_while_its_carrier_suspects_fraud() {
    let block = (Duration::from_mins(2), Duration::from_mins(5));
    let (ended, script) = livekit_run(Some(block));
    judge(&ended, &script, sip);
    // Nobody is marked by a block: whoever declined had a phone that rang.
    let (declined, rang) = (ended.declined(), ended.rang());
    assert!(!declined.is_empty(), "somebody declined before or after it");
    assert!(declined.is_subset(&rang), "{declined:?}");
    assert!(ended.alerts("calls_blocked") >= 1);
    assert!(ended.alerts("trunk_rests") >= 1);
}

#[test]
fn through_bubblyphone() {
    fn told(part: &Part, _coded: bool) -> &'static [&'static str] {
        match part.fate {
            Fate::Answered(..) => &["human", "voicemail", "fax", "answered"],
            // Words alone: what is not busy or unanswered has failed, and says nothing of the callee.
            Fate::Refused(..) | Fate::RingsOut => &["busy", "no_answer", "network_failure"],
        }
    }
    let stage = Stage::new("kind = \"bubblyphone\"\n");
    let script = Script::new(17);
    let faults = Faults::new(5)
        .with("post_times_out", 10)
        .with("post_cut", 10)
        .with("error_after", 10)
        .with("html_after", 5)
        .with("code_after", 10)
        .with("busy_after", 5)
        .with("missing_after", 5)
        .with("moved_after", 5)
        .with("error_before", 5)
        .with("limited", 5)
        .with("broken_json", 5)
        .with("no_id", 5)
        .with("get_error", 20)
        .with("get_html", 10)
        .with("get_broken", 10)
        .with("odd_word", 50)
        .with("hook_lost", 100)
        .with("hook_twice", 100)
        .with("hook_late", 100);
    let options = bubblyphone_double::Options::new(&stage.clock, script.clone(), &deck::numbers());
    let double = bubblyphone_double::BubblyPhoneDouble::start(bubblyphone_double::Options {
        settings: bubblyphone_double::Settings {
            faults,
            ..options.settings.clone()
        },
        ..options
    });
    let account = bubblyphone::Account {
        deck: stage.deck,
        url: double.url(),
        api_key: Secret::new(bubblyphone_double::KEY),
        mode: "streaming".to_owned(),
        options: Vec::new(),
        low_balance: 5,
    };
    let (reach, clock) = (stage.reach.clone(), stage.clock.clone());
    let vendor = BubblyPhone::new(account, Some(reach), clock).unwrap();
    let ended = stage.run(vendor, double.ledger());
    judge(&ended, &script, told);
}

#[test]
fn through_plum() {
    fn told(part: &Part, _coded: bool) -> &'static [&'static str] {
        match part.fate {
            // A failed word alone says nothing about the callee.
            Fate::Refused(..) | Fate::RingsOut => &[
                "busy",
                "no_answer",
                "declined",
                "invalid_number",
                "network_failure",
            ],
            Fate::Answered(..) => &["human", "voicemail", "fax", "answered"],
        }
    }
    let stage = Stage::new("kind = \"plum\"\napi = \"dev\"\nqueue_wait = \"2m\"\n");
    let script = Script::new(13);
    let faults = Faults::new(9)
        .with("cut_after", 15)
        .with("error_before", 10)
        .with("error_after", 10)
        .with("broken", 10)
        .with("result_twice", 100)
        .with("result_late", 100);
    let double = plum_double::PlumDouble::start(plum_double::Options {
        script: script.clone(),
        faults,
        ..plum_double::Options::new(&stage.clock)
    });
    let account = plum::Account {
        url: double.url(),
        platform: plum::Platform::Dev {
            login: Secret::new(plum_double::LOGIN),
            pin: Secret::new(plum_double::PIN),
            voicexml_url: None,
        },
        pci: false,
        singles_per_second: 1,
    };
    let (reach, clock) = (stage.reach.clone(), stage.clock.clone());
    let vendor = Plum::new(account, Some(reach), clock).unwrap();
    let ended = stage.run(vendor, double.ledger());
    assert_eq!(
        double.seen().overruns,
        0,
        "the single queue is never looped"
    );
    // At more than a call a second, what waits goes out together.
    let asked = double.seen().requests.clone();
    let bulk = asked.iter().filter(|(service, _)| service == "queuecalls");
    let (bulk, attempts) = (bulk.count() as u64, ended.attempts());
    assert!(bulk > 0, "{attempts} attempts, none in bulk");
    assert!(
        (asked.len() as u64) < attempts * 9 / 10,
        "{} requests for {attempts} attempts",
        asked.len()
    );
    judge(&ended, &script, told);
}
