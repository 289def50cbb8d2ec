//! Calls of a real LiveKit, played back (`tests/cases/livekit-real`, with the results in its read-me).

use std::path::{Path, PathBuf};

use dialdeck::domain::outcome::{
    CalleeFinding, CallerIdFinding, Classification, TrunkFinding, classify,
};

use super::*;
use dialdeck_testkit::vendors::livekit::playback::{Playback, Recording};

/// What the test does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Watch,
    /// Hangs up once it rings.
    HangUpRinging,
    /// Hangs up once the agent has said who picked up.
    HangUpAnswered,
}

/// A recording, what is done meanwhile, and what must come out: outcome, cause, whether it counts.
type Row = (&'static str, Act, &'static str, &'static str, bool);

const TABLE: [Row; 34] = [
    ("busy-486", Act::Watch, "busy", "busy", true),
    ("busy-600", Act::Watch, "busy", "busy_everywhere", true),
    (
        "declined-603-after-2s-ringing",
        Act::Watch,
        "declined",
        "declined",
        true,
    ),
    (
        "declined-603-after-8s-ringing",
        Act::Watch,
        "declined",
        "declined",
        true,
    ),
    (
        "declined-603-at-once",
        Act::Watch,
        "provider_error",
        "declined_unrung",
        true,
    ),
    (
        "blocked-603-with-x-twilio-error",
        Act::Watch,
        "provider_error",
        "declined_unrung",
        true,
    ),
    (
        "blocked-603-network-blocked",
        Act::Watch,
        "provider_error",
        "network_block",
        true,
    ),
    (
        "rejected-608",
        Act::Watch,
        "provider_error",
        "analytics_block",
        true,
    ),
    ("unwanted-607", Act::Watch, "declined", "unwanted", true),
    (
        "unreachable-480",
        Act::Watch,
        "no_answer",
        "unreachable",
        true,
    ),
    (
        "no-such-number-404",
        Act::Watch,
        "invalid_number",
        "no_such_number",
        true,
    ),
    ("gone-410", Act::Watch, "invalid_number", "gone", true),
    (
        "incomplete-484",
        Act::Watch,
        "invalid_number",
        "incomplete",
        true,
    ),
    (
        "server-500",
        Act::Watch,
        "network_failure",
        "server_failure",
        false,
    ),
    (
        "server-503",
        Act::Watch,
        "network_failure",
        "server_failure",
        false,
    ),
    (
        "forbidden-403",
        Act::Watch,
        "provider_error",
        "forbidden",
        false,
    ),
    (
        "rings-until-limit",
        Act::Watch,
        "no_answer",
        "ring_timeout",
        true,
    ),
    (
        "network-silent",
        Act::Watch,
        "network_failure",
        "nothing_rang",
        false,
    ),
    (
        "dead-udp-trunk-limit-20s",
        Act::Watch,
        "network_failure",
        "nothing_rang",
        false,
    ),
    (
        "dead-udp-trunk-limit-50s",
        Act::Watch,
        "network_failure",
        "nothing_rang",
        false,
    ),
    (
        "tcp-trunk-refuses",
        Act::Watch,
        "network_failure",
        "nothing_rang",
        false,
    ),
    (
        "trunk-wants-credentials-407",
        Act::Watch,
        "provider_error",
        "trunk_credentials_refused",
        false,
    ),
    (
        "trunk-name-unresolved",
        Act::Watch,
        "provider_error",
        "misconfigured",
        false,
    ),
    (
        "answers-hangs-up-after-4s",
        Act::Watch,
        "human",
        "completed",
        true,
    ),
    (
        "answers-caller-never-sends-audio",
        Act::Watch,
        "human",
        "completed",
        true,
    ),
    (
        "hang-up-while-ringing",
        Act::HangUpRinging,
        "cancelled",
        "cancelled",
        true,
    ),
    (
        "opt-out-while-ringing",
        Act::HangUpRinging,
        "cancelled",
        "cancelled",
        true,
    ),
    (
        "hang-up-after-answer",
        Act::HangUpAnswered,
        "human",
        "completed",
        true,
    ),
    (
        "agent-removed-while-ringing",
        Act::Watch,
        "cancelled",
        "agent_lost",
        true,
    ),
    (
        "agent-removed-while-ringing-then-answered",
        Act::Watch,
        "cancelled",
        "agent_lost",
        true,
    ),
    (
        "sip-service-killed-while-ringing",
        Act::Watch,
        "unknown",
        "unresolved",
        true,
    ),
    (
        "sip-service-killed-after-answer",
        Act::Watch,
        "human",
        "completed",
        true,
    ),
    (
        "server-killed-after-answer",
        Act::Watch,
        "human",
        "completed",
        true,
    ),
    (
        "server-killed-while-ringing",
        Act::Watch,
        "no_answer",
        "ring_timeout",
        true,
    ),
];

/// The one that was recorded until the engine ended, with the call still up.
const UNFINISHED: &str = "opt-out-after-answer-engine-ended";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/livekit-real")
}

/// A recording that is played back to a vendor.
fn play(name: &str) -> (Rig, Playback, Duration) {
    let lab = rig::lab();
    let path = folder().join(format!("{name}.jsonl"));
    let recording = Recording::read(&path, attempt(1));
    let ring_timeout = recording.ring_timeout;
    let front = Front::open(&lab);
    let reach = front.reach.clone();
    let webhook = format!("{}/webhook", reach.url);
    let double = Playback::start(recording, &lab, webhook, attempt(1));
    let vendor = LiveKit::new(account(double.url()), Some(reach), lab.http());
    (front.start(vendor), double, ring_timeout)
}

fn begin(rig: &mut Rig, ring_timeout: Duration) {
    let mut dial = rig.dial(1, number(PERSON));
    dial.ring_timeout = ring_timeout;
    dial.max_call = Duration::from_mins(5);
    rig.place(dial);
}

/// Plays a recording back and reads how its call ended.
fn outcome((name, act, ..): Row) -> Classification {
    let (mut rig, _double, ring_timeout) = play(name);
    begin(&mut rig, ring_timeout);
    match act {
        Act::Watch => {}
        Act::HangUpRinging => {
            rig.wait_for_ringing(1);
            rig.ask(Ask::HangUp(attempt(1)));
        }
        Act::HangUpAnswered => {
            rig.wait("who picked up", |reported| {
                !callee_types(reported, 1).is_empty()
            });
            rig.ask(Ask::HangUp(attempt(1)));
        }
    }
    // An engine asks when an answer is lost; whatever the answer, the end comes.
    rig.wait("an end, or a lost answer", |reported| {
        names(reported, 1)
            .iter()
            .any(|name| ["ended", "lost"].contains(name))
    });
    if !names(&rig.reported, 1).contains(&"ended") {
        rig.look_up(1, number(PERSON));
    }
    let report = rig.end_of(1);
    assert_eq!(rig.refused(), std::collections::BTreeMap::new(), "{name}");
    classify(&report)
}

#[test]
fn every_recorded_call_comes_to_what_its_read_me_says() {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let played: Vec<_> = TABLE
            .iter()
            .map(|row| (row, scope.spawn(|| outcome(*row))))
            .collect();
        let judged = played.into_iter().filter_map(|(row, played)| {
            let (name, _, outcome, cause, counts) = *row;
            let read = played.join().unwrap();
            let same = read.outcome.as_str() == outcome && read.counts == counts;
            (!same || read.cause != cause).then(|| format!("{name}: {read:?}"))
        });
        judged.collect()
    });
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn what_follows_is_as_the_read_me_says() {
    let row = |name: &str| *TABLE.iter().find(|row| row.0 == name).unwrap();
    let read = |name: &str| outcome(row(name));
    std::thread::scope(|scope| {
        let unmarked = ["declined-603-at-once", "blocked-603-with-x-twilio-error"]
            .map(|name| scope.spawn(move || read(name).callee));
        let rang = [
            "declined-603-after-2s-ringing",
            "declined-603-after-8s-ringing",
        ]
        .map(|name| scope.spawn(move || read(name).callee));
        let unwanted = scope.spawn(|| read("unwanted-607").callee);
        let blocked = ["blocked-603-network-blocked", "rejected-608"]
            .map(|name| scope.spawn(move || (read(name).caller_id, name)));
        let refused = scope.spawn(|| read("trunk-wants-credentials-407").trunk);
        let dead = ["network-silent", "tcp-trunk-refuses"]
            .map(|name| scope.spawn(move || read(name).trunk));
        for callee in unmarked {
            assert_eq!(callee.join().unwrap(), CalleeFinding::None);
        }
        for callee in rang {
            assert_eq!(callee.join().unwrap(), CalleeFinding::Declined);
        }
        assert_eq!(unwanted.join().unwrap(), CalleeFinding::Unwanted);
        for one in blocked {
            let (blocked, name) = one.join().unwrap();
            assert_eq!(blocked, CallerIdFinding::Blocked, "{name}");
        }
        assert_eq!(refused.join().unwrap(), TrunkFinding::Refused);
        for trunk in dead {
            assert_eq!(trunk.join().unwrap(), TrunkFinding::Dead);
        }
    });
}

/// The call was up when its recording ended, and nothing of it says that it was over.
#[test]
fn the_unfinished_recording_leaves_its_call_up() {
    let (mut rig, _double, ring_timeout) = play(UNFINISHED);
    begin(&mut rig, ring_timeout);
    rig.wait("who picked up", |reported| {
        callee_types(reported, 1) == [CalleeType::Human]
    });
    assert_eq!(names(&rig.reported, 1), ["sent", "answered"]);
    assert_eq!(rig.look_up(1, number(PERSON)), LookUp::InProgress);
}

#[test]
fn every_recording_is_in_the_table() {
    let files = std::fs::read_dir(folder()).unwrap();
    let mut files: Vec<String> = files
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| Some(name.strip_suffix(".jsonl")?.to_owned()))
        .collect();
    files.sort();
    let mut reported: Vec<&str> = TABLE.iter().map(|row| row.0).chain([UNFINISHED]).collect();
    reported.sort_unstable();
    assert_eq!(files, reported);
}
