//! Routes that answer nothing: dead ones, and carriers whose answers are lost. Each rests its trunk
//! with an alert, nobody is called a second time on a guess, and what may have rung counts.

use std::time::Duration;

use dialdeck::domain::Timestamp;
use serde_json::Value;

use super::deck::{Ended, Size, Stage};
use super::{PLUM, livekit, on_bubblyphone, on_plum};
use dialdeck_testkit::vendors::faults::Faults;
use dialdeck_testkit::vendors::script::{Script, Spell};

/// Five calls whose fate is not known keep their slots, and one more is let through after a rest.
const LOST: Size = Size {
    sockets: None,
    attempts: 6,
    at_once: 5,
    failing: &[],
};

/// Five calls, one after the other, and one more after a rest.
const DEAD: Size = Size {
    sockets: None,
    attempts: 6,
    at_once: 1,
    failing: &[],
};

/// Nothing answers an INVITE.
fn dead(start: Timestamp) -> Script {
    Script::new(11).during(start, start + Duration::from_hours(6), Spell::Dead)
}

/// The trunk rested after five calls: `(cause, counts)` of each of them. `because`: what the last of the five showed.
fn ends_of_a_silent_trunk(ended: &Ended, because: &[&str]) -> Vec<(String, bool)> {
    ended.assert_clean();
    assert_eq!(ended.twice_up(), Vec::<String>::new());
    assert_eq!(ended.open_attempts(), 0);
    let log = ended.log();
    assert!(ended.alerts("trunk_rests") >= 1);
    let at = |entry: &Value| -> Timestamp { entry["at"].as_str().unwrap().parse().unwrap() };
    let rests = log
        .iter()
        .position(|entry| entry["data"]["alert"] == "trunk_rests")
        .unwrap();
    let text = log[rests]["data"]["text"].as_str().unwrap();
    assert!(because.iter().any(|cause| text.ends_with(cause)), "{text}");
    let before = log[..rests].iter();
    let before = before.filter(|entry| entry["kind"] == "attempt_reserved");
    let before: Vec<&Value> = before.map(|entry| &entry["attempt"]).collect();
    // Where the first of five at once end before the fifth is known of, others take their slots.
    let most = 4 + ended.size.at_once as usize;
    assert!((5..=most).contains(&before.len()), "{before:?}");
    let until = at(&log[rests]) + Duration::from_mins(1);
    let sent = log[rests..].iter();
    let sent = sent.filter(|entry| entry["kind"] == "attempt_reserved" && at(entry) < until);
    assert_eq!(sent.count(), 0, "it rests");
    let ends = log.iter().filter(|entry| entry["kind"] == "call_ended");
    // What is let through later is taken back or hung up at the end of the run.
    let ends = ends.filter(|entry| before.contains(&&entry["attempt"]));
    ends.map(|entry| {
        let cause = entry["data"]["cause"].as_str().unwrap().to_owned();
        (cause, entry["data"]["counts"].as_bool().unwrap())
    })
    .collect()
}

/// Each call whose request left rang one phone.
fn assert_each_invited_once(ended: &Ended, fault: &str) {
    for call in ended.calls() {
        let sent = call.cause != "never_sent";
        assert!(!sent || call.invites == 1, "{fault}: {call:?}");
    }
}

/// Without webhooks, too: a look just before the ringing ends finds the callee still dialing.
#[test]
fn a_dead_livekit_trunk_without_webhooks_rests_and_uses_nobody_up() {
    let (ended, ..) = livekit(DEAD, Faults::new(1), dead, |settings| {
        settings.webhook = None;
    });
    for end in ends_of_a_silent_trunk(&ended, &["nothing_rang"]) {
        assert_eq!(end, ("nothing_rang".to_owned(), false));
    }
}

#[test]
fn a_livekit_server_whose_answers_are_all_lost_rests_its_trunk() {
    for fault in ["gateway_after", "cut"] {
        let faults = Faults::new(1).with(fault, 1000);
        let (ended, ..) = livekit(LOST, faults, dead, |_| {});
        let ends = ends_of_a_silent_trunk(&ended, &["answer_lost"]);
        assert!(ends.iter().all(|(_, counts)| *counts), "{fault}: {ends:?}");
        assert_each_invited_once(&ended, fault);
    }
}

fn through_bubblyphone(size: Size, faults: Faults) -> Ended {
    let stage = Stage::new("kind = \"bubblyphone\"\n", size);
    let script = dead(stage.lab.now());
    on_bubblyphone(stage, script, faults)
}

/// How a call ends of which nothing shows that it rang.
const OF_SILENCE: [&str; 2] = ["ring_unseen", "failed"];

/// The vendor cannot prove that nothing rang: each counts, and none is attributed to the callee.
#[test]
fn a_dead_bubblyphone_route_rests_its_trunk() {
    let ends = ends_of_a_silent_trunk(&through_bubblyphone(DEAD, Faults::new(1)), &OF_SILENCE);
    for end in ends {
        let of_silence = OF_SILENCE.contains(&end.0.as_str());
        assert!(of_silence && end.1, "{end:?}");
    }
}

#[test]
fn a_bubblyphone_that_answers_every_call_with_an_error_rests_its_trunk() {
    for fault in ["error_after", "post_cut", "broken_json"] {
        let faults = Faults::new(1).with(fault, 1000);
        let ended = through_bubblyphone(LOST, faults);
        let ends = ends_of_a_silent_trunk(&ended, &["answer_lost"]);
        assert!(ends.iter().all(|(_, counts)| *counts), "{fault}: {ends:?}");
        assert_each_invited_once(&ended, fault);
    }
}

fn through_plum(size: Size, faults: Faults) -> Ended {
    let stage = Stage::new(PLUM, size);
    let script = dead(stage.lab.now());
    on_plum(stage, script, faults).0
}

/// `failed` says nothing of ringing.
#[test]
fn a_dead_plum_route_rests_its_trunk() {
    let faults = Faults::new(1).with("plain_failed", 1000);
    let ends = ends_of_a_silent_trunk(&through_plum(DEAD, faults), &["failed"]);
    for end in ends {
        assert_eq!(end, ("failed".to_owned(), true));
    }
}

#[test]
fn a_plum_whose_answers_are_all_lost_rests_its_trunk() {
    for fault in ["cut_after", "500_after", "broken"] {
        let faults = Faults::new(1).with(fault, 1000);
        let ended = through_plum(LOST, faults);
        let ends = ends_of_a_silent_trunk(&ended, &["answer_lost"]);
        assert!(ends.iter().all(|(_, counts)| *counts), "{fault}: {ends:?}");
    }
}
