//! Three campaigns through each double with its faults on, in virtual time: more than two thousand
//! attempts, judged by the two logs.

mod deck;
mod network;
mod repeated;
mod silence;
mod sockets;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use dialdeck::domain::Timestamp;
use dialdeck::provider::bubblyphone::{self, BubblyPhone};
use dialdeck::provider::livekit::{self, LiveKit};
use dialdeck::provider::plum::{self, Plum};
use dialdeck::provider::remote::secret::Secret;

use self::deck::{Ended, Size, Stage};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::script::{Fate, Part, Script, Spell, Who};
use dialdeck_testkit::vendors::{
    bubblyphone as bubblyphone_double, livekit as livekit_double, plum as plum_double,
};

/// A run with everything in it.
const MANY: Size = Size {
    sockets: None,
    attempts: 2_000,
    at_once: 120,
    failing: &[],
};

/// A run in which seconds matter.
const FEW: Size = Size {
    sockets: None,
    attempts: 300,
    at_once: 120,
    failing: &[],
};

/// Outcomes that tell nothing about the callee: a fault of the vendor's.
const OF_THE_VENDOR: [&str; 4] = ["provider_error", "throttled", "unknown", "cancelled"];

/// The outcomes that a callee's part may come to, as far as the vendor can tell it; whether it gave the
/// SIP status.
type Allowed = fn(&Part, bool) -> &'static [&'static str];

/// What every run has to show.
fn judge(ended: &Ended, script: &Script, allowed: Allowed) {
    ended.assert_clean();
    assert!(
        ended.attempts() >= ended.size.attempts,
        "{} attempts",
        ended.attempts()
    );
    assert_eq!(ended.open_attempts(), 0, "no slot is left behind");
    assert_eq!(ended.twice_up(), Vec::<String>::new());
    let mut invited: BTreeMap<String, usize> = BTreeMap::new();
    let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
    let mut declined: BTreeSet<String> = BTreeSet::new();
    for call in ended.calls() {
        assert!(call.invites <= 1, "{call:?}");
        *outcomes.entry(call.outcome.clone()).or_default() += 1;
        if call.invites == 0 {
            // Refused, or stopped by us in the vendor's own queue.
            let mut reported = OF_THE_VENDOR.iter().chain(&["expired", "no_answer"]);
            let reported = reported.any(|word| *word == call.outcome);
            assert!(reported, "an outcome without a call: {call:?}");
            continue;
        }
        let nth = invited.entry(call.number.clone()).or_default();
        let part = script.part(&call.number, *nth);
        *nth += 1;
        let spell = call.invited.and_then(|at| script.spell(at));
        let scripted = match spell {
            Some(spell) => of_spell(spell),
            None => allowed(&part, call.coded),
        };
        let scripted = scripted.contains(&call.outcome.as_str());
        let of_the_vendor = OF_THE_VENDOR.contains(&call.outcome.as_str());
        // Rang for as long as it may, by the clock of a machine that is busy.
        let unanswered = call.outcome == "no_answer" || call.cause == "ring_unseen";
        let silenced = call.cancelled && unanswered;
        let so = scripted || of_the_vendor || silenced || call.cause == "agent_lost";
        assert!(so, "{part:?}, {spell:?} became {call:?}");
        if call.outcome == "declined" && spell.is_none() {
            declined.insert(call.number);
        }
    }
    let listed = ended.listed();
    let by_nobody: Vec<&String> = listed.difference(&declined).collect();
    assert!(by_nobody.is_empty(), "listed by a network: {by_nobody:?}");
    let unknown = outcomes.get("unknown").copied().unwrap_or(0);
    assert_eq!(unknown, ended.listed_unknown(), "each is listed");
    let known: u64 = outcomes.values().sum::<u64>() - unknown;
    assert!(known * 100 >= ended.attempts() * 85, "{outcomes:?}");
}

/// What a call comes to that the network kept from ringing.
const fn of_spell(spell: Spell) -> &'static [&'static str] {
    match spell {
        Spell::Dead => &["network_failure", "no_answer"],
        Spell::Block => &["network_failure", "no_answer", "declined"],
    }
}

/// A script with a dead network and one that suspects fraud, each for two minutes.
fn with_spells(script: Script, start: Timestamp) -> Script {
    let minute = |n| start + Duration::from_mins(n);
    script
        .during(minute(1), minute(3), Spell::Block)
        .during(minute(5), minute(7), Spell::Dead)
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

/// A run through LiveKit; gives what it left, and the double.
fn livekit(
    size: Size,
    faults: Faults,
    script: impl FnOnce(Timestamp) -> Script,
    changed: impl FnOnce(&mut livekit_double::Settings),
) -> (Ended, Script, livekit_double::LiveKitDouble) {
    let stage = Stage::new(
        "kind = \"livekit\"\nurl = \"https://livekit.example.com\"\nsip_trunk = \"ST_example\"\n\
         agent = \"dialdeck\"\n",
        size,
    );
    let script = script(stage.lab.now());
    let defaults = livekit_double::Settings::default();
    let mut settings = livekit_double::Settings {
        numbers: deck::numbers(),
        webhook: Some(format!("{}/webhook", stage.reach.url)),
        ..defaults.clone()
    };
    changed(&mut settings);
    let double = livekit_double::LiveKitDouble::start(livekit_double::Options {
        port: 0,
        lab: stage.lab.clone(),
        script: script.clone(),
        faults,
        settings,
    });
    let account = livekit::Account {
        ids: stage.deck.into(),
        url: double.url(),
        api_key: Secret::new(defaults.key),
        api_secret: Secret::new(defaults.secret),
        sip_trunk: defaults.trunk,
        agent: defaults.agent,
        agent_wait: Duration::from_secs(10),
    };
    let (reach, http) = (stage.reach.clone(), stage.lab.http());
    let vendor = LiveKit::new(account, Some(reach), http);
    let ended = stage.run(vendor, double.ledger());
    (ended, script, double)
}

#[test]
fn through_livekit() {
    let faults = Faults::new(7)
        .with("cut", 15)
        .with("unavailable", 10)
        .with("gateway_after", 10)
        .with("unknown_after", 20)
        .with("delete_fails", 50)
        .with("agent_missing", 10)
        .with("agent_silent", 20)
        .with("newer_codes", 500)
        .with("hook_twice", 100)
        .with("hook_dropped", 100);
    let script = |start| with_spells(Script::new(11), start);
    let (ended, script, _double) = livekit(MANY, faults, script, |_| {});
    judge(&ended, &script, sip);
    let calls = ended.calls().into_iter();
    let (mut dead, mut blocked) = (Vec::new(), Vec::new());
    for call in calls {
        match call.invited.and_then(|at| script.spell(at)) {
            Some(Spell::Dead) => dead.push(call),
            Some(Spell::Block) => blocked.push(call),
            None => {}
        }
    }
    let so = |calls: &[deck::Call], cause| calls.iter().filter(|call| call.cause == cause).count();
    assert!(so(&dead, "nothing_rang") >= 5, "{dead:?}");
    assert!(
        so(&blocked, "declined_in_burst") + so(&blocked, "declined_unrung") >= 5,
        "{blocked:?}"
    );
    assert!(
        !ended.listed().is_empty(),
        "somebody declined before or after"
    );
    assert!(ended.alerts("calls_blocked") >= 1);
    assert!(ended.alerts("trunk_rests") >= 1);
}

#[test]
fn through_livekit_with_agents_that_come_late_or_never_or_leave() {
    let faults = Faults::new(3)
        .with("agent_missing", 1000 / 15)
        .with("agent_leaves_ringing", 60)
        .with("agent_leaves_talking", 120)
        .with("hook_dropped", 50);
    let script = |_| Script::new(19);
    let (ended, script, double) = livekit(FEW, faults, script, |settings| {
        settings.agent_joins = (3_500, 4_500);
        settings.hook_takes = (20, 200);
    });
    judge(&ended, &script, sip);
    let deserted = double.deserted();
    assert!(deserted.len() >= 10, "{deserted:?}");
    let calls = ended.calls();
    for call in calls.iter().filter(|call| call.cause == "agent_lost") {
        assert!(deserted.contains(&call.attempt), "{call:?}");
    }
    let causes = |cause| calls.iter().filter(|call| call.cause == cause).count();
    assert!(causes("agent_lost") >= 5 && causes("no_agent_ready") >= 5);
    for (attempt, silence) in double.alone() {
        assert!(silence <= Duration::from_secs(2), "{attempt}: {silence:?}");
    }
}

/// Runs the stage's campaigns on a BubblyPhone double.
fn on_bubblyphone(stage: Stage, script: Script, faults: Faults) -> Ended {
    on_bubblyphone_that(stage, script, |settings| settings.faults = faults)
}

/// Runs the stage's campaigns on a BubblyPhone double with changed settings.
fn on_bubblyphone_that(
    stage: Stage,
    script: Script,
    change: impl FnOnce(&mut bubblyphone_double::Settings),
) -> Ended {
    let mut options = bubblyphone_double::Options::new(&stage.lab, script, &deck::numbers());
    change(&mut options.settings);
    let double = bubblyphone_double::BubblyPhoneDouble::start(options);
    let account = bubblyphone::Account {
        ids: stage.deck.into(),
        url: double.url(),
        api_key: Secret::new(bubblyphone_double::KEY),
        mode: "streaming".to_owned(),
        options: Vec::new(),
        low_balance: 5,
    };
    let (reach, http) = (stage.reach.clone(), stage.lab.http());
    let vendor = BubblyPhone::new(account, Some(reach), http).unwrap();
    stage.run(vendor, double.ledger())
}

/// A deck's trunk on Plum's DEV platform.
const PLUM: &str = "kind = \"plum\"\napi = \"dev\"\nqueue_wait = \"2m\"\n";

/// Runs the stage's campaigns on a double of Plum's DEV platform.
fn on_plum(stage: Stage, script: Script, faults: Faults) -> (Ended, plum_double::PlumDouble) {
    let options = plum_double::Options {
        script,
        faults,
        ..plum_double::Options::new(&stage.lab)
    };
    on_plum_with(stage, options)
}

/// Runs the stage's campaigns on a double of Plum's DEV platform with these options.
fn on_plum_with(stage: Stage, options: plum_double::Options) -> (Ended, plum_double::PlumDouble) {
    let double = plum_double::PlumDouble::start(options);
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
    let (reach, http) = (stage.reach.clone(), stage.lab.http());
    let vendor = Plum::new(account, Some(reach), http).unwrap();
    let ended = stage.run(vendor, double.ledger());
    (ended, double)
}

#[test]
fn through_bubblyphone() {
    fn reported(part: &Part, _coded: bool) -> &'static [&'static str] {
        match part.fate {
            Fate::Answered(..) => &["human", "voicemail", "fax", "answered"],
            // Words alone: what is not busy or unanswered has failed, and says nothing of the callee.
            Fate::Refused(..) | Fate::RingsOut => &["busy", "no_answer", "network_failure"],
        }
    }
    let stage = Stage::new("kind = \"bubblyphone\"\n", MANY);
    let script = with_spells(Script::new(17), stage.lab.now());
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
    let ended = on_bubblyphone(stage, script.clone(), faults);
    judge(&ended, &script, reported);
}

#[test]
fn through_plum() {
    fn reported(part: &Part, _coded: bool) -> &'static [&'static str] {
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
    let stage = Stage::new(PLUM, MANY);
    let script = with_spells(Script::new(13), stage.lab.now());
    let faults = Faults::new(9)
        .with("cut_after", 15)
        .with("500_before", 10)
        .with("500_after", 10)
        .with("broken", 10)
        .with("result_twice", 100)
        .with("result_late", 100);
    let (ended, double) = on_plum(stage, script.clone(), faults);
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
    judge(&ended, &script, reported);
}
