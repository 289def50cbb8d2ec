//! Planted breaches of how often and how many calls are made, and of how they are logged: D3 to D6 and D13 to
//! D18.

use std::collections::BTreeSet;

use serde_json::json;

use super::fixture::{HOUR, MINUTE, SECOND, START, Scene, call, clock, digest, settings};
use super::{broken, judged, later, rules, tampered};
use crate::{Options, assert_clean};

#[test]
fn d3_too_many_calls_at_once_are_found() {
    // Six calls of a minute each, where five may be up.
    let found = broken(|scene| {
        let many = (120..126).map(|index| call(index, later() + index * SECOND).lasting(60));
        scene.calls.extend(many);
    });
    assert_eq!(found, ["D3"].into());
}

#[test]
fn d26_a_call_behind_the_brake_is_found() {
    // The clean run's calls are answered by people. Of further calls, `count` are abandoned.
    let abandoned = |count: i64, release: bool| {
        broken(|scene| {
            for index in 0..count {
                let mut lost = call(120 + index, later() + index * 30 * SECOND);
                lost.outcome = "abandoned";
                scene.calls.push(lost);
            }
            if release {
                let data = json!({ "brake": "released", "reason": "two more agents" });
                scene.entry(later() + 280 * SECOND, "campaign_changed", "spring", data);
            }
            scene.calls.push(call(140, later() + 300 * SECOND));
        })
    };
    // 3 of 123 are 2.4 %, 4 of 124 are above 3 %.
    assert!(!abandoned(3, false).contains("D26"));
    assert!(abandoned(4, false).contains("D26"));
    assert!(!abandoned(4, true).contains("D26"));
}

#[test]
fn d3_an_unknown_call_keeps_its_slot() {
    let found = broken(|scene| {
        let many = (120..126).map(|index| call(index, later() + index * SECOND).lasting(60));
        scene.calls.extend(many);
        for index in 120..125 {
            let made = scene.calls[index].clone();
            scene.entry(
                made.reserved + 5 * SECOND,
                "attempt_unknown",
                "spring",
                json!({}),
            );
            scene.entries.last_mut().unwrap().attempt = made.attempt;
        }
    });
    assert_eq!(found, ["D3"].into());
}

#[test]
fn d4_too_many_sends_in_a_minute_are_found() {
    // Eleven calls of two seconds each within 55 seconds, where ten may be sent in 60.
    let burst = |last: i64| {
        broken(|scene| {
            scene.entry(later(), "contacts_imported", "spring", json!({}));
            let mut many: Vec<_> = (120..130)
                .map(|index| call(index, later() + (index - 120) * 5 * SECOND).lasting(3))
                .collect();
            many.push(call(130, later() + last).lasting(3));
            scene.calls.extend(many);
        })
    };
    assert_eq!(burst(60 * SECOND + 1), [].into());
    assert_eq!(burst(60 * SECOND), ["D4"].into());
}

#[test]
fn d4_what_leaves_before_its_place_in_the_minute_is_found() {
    let planned_ahead = |by: i64| {
        broken(|scene| {
            let invite = scene.calls[7].invite.unwrap();
            scene.calls[7].not_before = Some(invite + by);
        })
    };
    assert_eq!(planned_ahead(0), [].into());
    assert_eq!(planned_ahead(1), ["D4"].into());
}

#[test]
fn d4_a_lowered_pace_binds_from_then_on() {
    let found = broken(|scene| {
        let pacing = json!({ "calls_per_minute": 5, "max_concurrent": 5, "weight": 1 });
        let data = json!({ "pacing": pacing });
        scene.entry(START + 5 * MINUTE, "campaign_changed", "spring", data);
    });
    assert_eq!(found, ["D4"].into());
}

#[test]
fn d5_a_caller_id_shown_too_often_is_found() {
    let found = broken(|scene| {
        for call in scene.calls.iter_mut().take(31) {
            call.caller_id = "+16465550190".to_owned();
            call.from = "+16465550190".to_owned();
        }
    });
    assert_eq!(found, ["D5"].into());
}

/// Adds `times` further attempts at the first contact, `gap` apart.
fn again(scene: &mut Scene, times: i64, gap: i64) {
    for n in 1..=times {
        let mut made = call(1, scene.calls[1].reserved + n * gap);
        made.attempt = format!("00000001-{}", 900 + n);
        made.n = n + 1;
        scene.calls.push(made);
    }
}

#[test]
fn d6_a_gap_that_is_too_short_is_found() {
    assert_eq!(broken(|scene| again(scene, 1, 30 * MINUTE)), [].into());
    assert_eq!(
        broken(|scene| again(scene, 1, 30 * MINUTE - SECOND)),
        ["D6"].into()
    );
}

#[test]
fn d6_a_call_over_the_contacts_maximum_is_found() {
    assert_eq!(broken(|scene| again(scene, 2, HOUR)), ["D6"].into());
}

#[test]
fn d6_a_fourth_sales_call_in_a_day_is_found() {
    let sales = |times: i64| {
        broken(|scene| {
            let settings = scene.campaigns.get_mut("spring").unwrap();
            settings["purpose"] = json!("sales");
            // Only the cap is tested.
            let waived = [
                ("US", "consent"),
                ("US-IL", "consent"),
                ("US", "national:us"),
            ];
            settings["rule_overrides"] =
                json!(waived.map(
                    |(place, what)| json!({ "place": place, "what": what, "reason": "members" })
                ));
            settings["attempts"]["max"] = json!(9);
            again(scene, times, HOUR);
        })
    };
    assert_eq!(sales(2), [].into());
    assert_eq!(sales(3), ["D6"].into());
}

#[test]
fn d6_a_debt_call_after_a_conversation_is_found() {
    let after = |outcome: &'static str| {
        broken(|scene| {
            scene.campaigns.get_mut("spring").unwrap()["purpose"] = json!("debt");
            scene.calls[1].outcome = outcome;
            again(scene, 1, 2 * HOUR);
        })
    };
    assert_eq!(after("no_answer"), [].into());
    assert_eq!(after("human"), ["D6"].into());
}

#[test]
fn d6_a_retry_before_its_time_is_found() {
    let found = broken(|scene| {
        let data = json!({ "outcome": "busy", "due": clock(START + 2 * HOUR) });
        scene.entry(START + MINUTE, "retry_planned", "spring", data);
        scene.entries.last_mut().unwrap().contact = 2;
        again(scene, 1, HOUR);
    });
    assert_eq!(found, ["D6"].into());
}

#[test]
fn d13_a_second_invite_is_found() {
    let found = broken(|scene| {
        let made = scene.calls[9].clone();
        scene.invites.push(json!({
            "at": clock(made.ended.unwrap() + HOUR), "event": "invite", "attempt": made.attempt,
            "to": made.number, "from": made.from,
        }));
    });
    assert!(found.contains("D13"), "{found:?}");
}

#[test]
fn d13_an_invite_without_a_reservation_is_found() {
    let found = broken(|scene| {
        scene.invites.push(json!({
            "at": clock(later()), "event": "invite", "attempt": "00000001-777",
            "to": "+12125550188", "from": "+16465550100",
        }));
    });
    assert_eq!(found, ["D13"].into());
}

#[test]
fn d13_a_send_before_its_reservation_is_found() {
    let found = broken(|scene| {
        let reserved = scene.calls[9].reserved;
        scene.calls[9].invite = Some(reserved - 1);
    });
    assert!(found.contains("D13"), "{found:?}");
}

#[test]
fn d13_an_invite_behind_the_calls_end_is_found() {
    let behind = |by: i64| {
        let mut scene = Scene::new();
        let call = scene.calls.last_mut().unwrap();
        call.ended = Some(call.reserved + 2 * SECOND);
        call.outcome = "provider_error";
        let log = scene.log();
        let call = scene.calls.last_mut().unwrap();
        (call.invite, call.ended) = (call.ended.map(|at| at + by), None);
        let options = Options {
            networked: true,
            ..Options::default()
        };
        rules(&crate::judge(&log, &scene.carrier(), &options))
    };
    assert_eq!(behind(1), ["D13"].into());
    assert_eq!(behind(-SECOND), [].into());
}

#[test]
fn d13_a_send_that_the_carrier_never_saw_is_found() {
    let scene = Scene::new();
    let attempt = format!("\"{}\"", scene.calls[9].attempt);
    let carrier: Vec<&str> = Vec::new();
    let all = scene.carrier();
    let kept = all.lines().filter(|line| !line.contains(&attempt));
    let carrier = carrier
        .into_iter()
        .chain(kept)
        .collect::<Vec<_>>()
        .join("\n");
    let report = crate::judge(&scene.log(), &carrier, &Options::default());
    assert_eq!(rules(&report), ["D13", "D15"].into());
}

#[test]
fn d14_a_number_called_twice_at_once_is_found() {
    let found = broken(|scene| {
        scene
            .campaigns
            .insert("autumn".to_owned(), settings("autumn"));
        for (name, attempt) in [("autumn", "00000001-801"), ("spring", "00000001-802")] {
            let mut made = call(120, later() + i64::from(name == "spring") * 5 * SECOND);
            made.campaign = name.to_owned();
            made.attempt = attempt.to_owned();
            made.contact = if name == "spring" { 501 } else { 502 };
            scene.calls.push(made);
        }
    });
    assert_eq!(found, ["D14", "D6"].into());
}

#[test]
fn d15_an_attempt_without_an_end_is_found() {
    let mut scene = Scene::new();
    scene.calls[119].ended = None;
    assert_eq!(rules(&judged(&scene)), ["D15"].into());
    let options = Options {
        unfinished: true,
        ..Options::default()
    };
    assert_clean(&scene.log(), &scene.carrier(), &options);
}

#[test]
fn d15_an_outcome_that_the_carrier_contradicts_is_found() {
    let scene = Scene::new();
    let carrier = scene.carrier();
    let entries_of = |from: &str, to: &str| {
        let carrier = carrier.replacen(from, to, 1);
        rules(&crate::judge(&scene.log(), &carrier, &Options::default()))
    };
    assert_eq!(
        entries_of(r#""event":"answer""#, r#""event":"ringing""#),
        ["D15"].into()
    );
    let mut scene = Scene::new();
    scene.calls[3].outcome = "busy";
    let attempt = scene.calls[3].attempt.clone();
    let at = scene.calls[3].reserved + 3 * SECOND;
    scene.invites.push(json!({
        "at": clock(at), "event": "answer", "attempt": attempt, "to": "", "from": "",
    }));
    assert_eq!(rules(&judged(&scene)), ["D15"].into());
}

#[test]
fn d15_a_call_to_a_finished_contact_is_found() {
    let found = broken(|scene| {
        let data = json!({ "state": "done", "reason": null, "attempts": 1 });
        scene.entry(START + MINUTE, "contact_finished", "spring", data);
        scene.entries.last_mut().unwrap().contact = 2;
        again(scene, 1, HOUR);
    });
    assert_eq!(found, ["D15"].into());
}

#[test]
fn d15_a_redial_while_the_first_call_is_unknown_is_found() {
    let found = broken(|scene| {
        scene.calls[1].ended = Some(START + 3 * HOUR);
        let attempt = scene.calls[1].attempt.clone();
        scene.entry(
            START + MINUTE,
            "attempt_unknown",
            "spring",
            json!({ "why": "crash" }),
        );
        scene.entries.last_mut().unwrap().attempt = attempt;
        again(scene, 1, HOUR);
    });
    assert_eq!(found, ["D14", "D15"].into());
}

#[test]
fn d16_states_that_do_not_add_up_are_found() {
    let judged = |ready: i64, seen: i64| {
        let status = json!({ "campaigns": [{
            "name": "spring", "total": 200, "done": 0, "in_flight": 0, "ready": ready,
            "waiting": { "window": 5, "retry": 5, "cap": 5 }, "suppressed": 5, "exhausted": 0,
            "expired": 5, "invalid": 5, "unknown": 0, "attempts": seen,
        }] });
        let scene = Scene::new();
        let options = Options {
            status: Some(status.to_string()),
            ..Options::default()
        };
        rules(&crate::judge(&scene.log(), &scene.carrier(), &options))
    };
    assert_eq!(judged(170, 120), [].into());
    assert_eq!(judged(169, 120), ["D16"].into());
    assert_eq!(judged(170, 119), ["D16"].into());
}

#[test]
fn d16_a_gauge_that_lies_is_found() {
    let found = tampered(|lines| {
        let place = lines
            .iter()
            .rposition(|line| line.contains("attempt_reserved"))
            .unwrap();
        lines[place] = lines[place].replace(r#""trunk":["#, r#""trunk":[1"#);
    });
    assert_eq!(found, ["D16", "D17"].into());
}

#[test]
fn d17_changed_removed_reordered_and_cut_lines_are_found() {
    assert!(tampered(|lines| sealed_as(lines, r#"{"v":2,"#)).contains("D17"));
    assert!(tampered(|lines| sealed_as(lines, "{")).is_empty());
    assert!(tampered(|lines| lines[4] = lines[4].replace("engine", "nobody")).contains("D17"));
    assert!(tampered(|lines| drop(lines.remove(2))).contains("D17"));
    assert!(tampered(|lines| lines.swap(300, 301)).contains("D17"));
    assert!(tampered(|lines| drop(lines.remove(0))).contains("D17"));
    assert!(tampered(|lines| lines[9].truncate(80)).contains("D17"));
}

#[test]
fn d6_a_phone_that_rang_and_does_not_count_is_found() {
    let uncounted = |rings| {
        broken(|scene| {
            let call = &mut scene.calls[5];
            (call.outcome, call.counts) = ("network_failure", false);
            (call.code, call.rings) = (Some(503), rings);
        })
    };
    assert!(uncounted(true).contains("D6"));
    assert!(!uncounted(false).contains("D6"));
}

#[test]
fn d15_what_has_its_end_is_not_opened_again() {
    let reopened = |counts: bool, word: &str| {
        let found = broken(|scene| {
            let call = &mut scene.calls[9];
            (call.outcome, call.counts, call.rings) = ("network_failure", counts, false);
            let attempt = call.attempt.clone();
            let data = json!({ "was": "network_failure", "word": word, "counts": true });
            scene.entry(later(), "attempt_reopened", "spring", data);
            scene.entries.last_mut().unwrap().attempt = attempt;
        });
        found.contains("D15")
    };
    assert!(reopened(true, "ringing"));
    assert!(!reopened(false, "ringing"));
    assert!(!reopened(true, "answered"));
}

#[test]
fn d18_a_second_end_and_a_late_ring_are_found() {
    for kind in ["call_ended", "call_ringing", "attempt_unknown"] {
        let found = broken(|scene| {
            let data = json!({ "outcome": "busy", "counts": true });
            scene.entry(later(), kind, "spring", data);
            scene.entries.last_mut().unwrap().attempt = "00000001-10".to_owned();
        });
        let gauges: BTreeSet<_> = found.into_iter().filter(|rule| *rule != "D16").collect();
        assert_eq!(gauges, ["D18"].into(), "{kind}");
    }
}

/// Makes every line begin with this instead of its version, and closes the chain again.
fn sealed_as(lines: &mut [String], start: &str) {
    let mut prev = "0".repeat(64);
    for line in lines {
        let body = line.replacen(r#"{"v":1,"#, start, 1);
        let (body, _) = body.rsplit_once(r#","prev":"#).unwrap();
        let body = format!(r#"{body},"prev":"{prev}""#);
        prev = digest(&format!("{body}}}"));
        *line = format!(r#"{body},"hash":"{prev}"}}"#);
    }
}
