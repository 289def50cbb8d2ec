//! The judge is itself judged: nothing wrong is found in a clean run, and every planted breach is found.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

#[path = "judge/fixture.rs"]
mod fixture;
mod judge;

use std::collections::BTreeSet;

use fixture::{HOUR, MINUTE, SECOND, START, Scene, call, clock, settings};
use judge::{Options, Report, assert_clean};
use serde_json::json;

fn judged(scene: &Scene) -> Report {
    judge::judge(&scene.log(), &scene.carrier(), &Options::default())
}

/// The rules that a changed scene breaks.
fn broken(change: impl FnOnce(&mut Scene)) -> BTreeSet<&'static str> {
    let mut scene = Scene::new();
    change(&mut scene);
    rules(&judged(&scene))
}

fn rules(report: &Report) -> BTreeSet<&'static str> {
    report.breaches.iter().map(|breach| breach.rule).collect()
}

/// The rules broken when a line of the clean log is edited.
fn tampered(edit: impl FnOnce(&mut Vec<String>)) -> BTreeSet<&'static str> {
    let scene = Scene::new();
    let mut lines: Vec<String> = scene.log().lines().map(str::to_owned).collect();
    edit(&mut lines);
    rules(&judge::judge(
        &lines.join("\n"),
        &scene.carrier(),
        &Options::default(),
    ))
}

/// The instant of the last call's end, and a little later.
fn later() -> i64 {
    START + 20 * MINUTE
}

#[test]
fn a_clean_run_is_clean() {
    let scene = Scene::new();
    let options = Options {
        located_by_number: true,
        ..Options::default()
    };
    let report = assert_clean(&scene.log(), &scene.carrier(), &options);
    assert_eq!(report.figures.attempts, 120);
    assert_eq!(report.figures.sends, 120);
    assert_eq!(report.figures.ended, 120);
    let pace = &report.figures.pace[0];
    assert!(pace.minutes >= 5, "{report}");
    assert!(pace.mean > 0.99, "{report}");
}

#[test]
fn without_the_carriers_log_the_event_log_is_judged() {
    let options = Options {
        without_carrier: true,
        ..Options::default()
    };
    assert_clean(&Scene::new().log(), "", &options);
}

#[test]
fn d1_a_call_outside_the_window_is_found() {
    let found = broken(|scene| scene.calls.push(call(120, START + 12 * HOUR)));
    assert_eq!(found, ["D1"].into());
}

#[test]
fn d1_a_call_outside_a_states_own_hours_is_found() {
    // 20:30 in New York, where 21:00 is the end, is too late in Florida.
    let evening = START + 10 * HOUR;
    assert_eq!(
        broken(|scene| scene.calls.push(call(120, evening))),
        [].into()
    );
    assert_eq!(
        broken(|scene| scene.calls.push(call(121, evening))),
        ["D1"].into()
    );
}

#[test]
fn d1_a_set_aside_state_rule_is_honoured() {
    let found = broken(|scene| {
        let rule = json!([{ "rule": "us-fl", "reason": "exempt seller" }]);
        scene.campaigns.get_mut("spring").unwrap()["rule_overrides"] = rule;
        scene.calls.push(call(121, START + 10 * HOUR));
    });
    assert_eq!(found, [].into());
}

#[test]
fn d1_a_send_that_slips_past_the_close_is_found() {
    // Reserved at 20:59:59 in New York, sent at 21:00.
    let found = broken(|scene| {
        let mut late = call(120, START + 10 * HOUR + 30 * MINUTE - SECOND);
        late.invite = Some(late.reserved + SECOND);
        scene.calls.push(late);
    });
    assert_eq!(found, ["D1"].into());
}

#[test]
fn d1_a_call_outside_the_campaigns_own_hours_is_found() {
    let found = broken(|scene| {
        scene.campaigns.get_mut("spring").unwrap()["schedule"]["open"] = json!("10:00");
    });
    assert_eq!(found, ["D1"].into());
}

#[test]
fn d1_a_wrong_local_time_is_found() {
    assert_eq!(
        broken(|scene| scene.calls[3].offset_hours = -5),
        ["D1"].into()
    );
}

#[test]
fn d1_a_zone_left_out_is_found_when_no_contact_states_one() {
    let mut scene = Scene::new();
    let mut split = call(121, later());
    split.number = "+18505550117".to_owned();
    scene.calls.push(split);
    let options = Options {
        located_by_number: true,
        ..Options::default()
    };
    let report = judge::judge(&scene.log(), &scene.carrier(), &options);
    assert_eq!(rules(&report), ["D1"].into());
    assert_eq!(judged(&scene).breaches, []);
}

#[test]
fn d2_a_suppressed_number_is_found() {
    let found = broken(|scene| {
        let number = scene.calls[50].number.clone();
        let data = json!({ "list": "national:us", "source": "import", "note": null });
        scene.about(START - MINUTE, "suppression_added", &number, data);
    });
    assert_eq!(found, ["D2", "D8"].into());
}

#[test]
fn d2_another_campaigns_list_and_a_reversed_entry_do_not_bind() {
    let found = broken(|scene| {
        let number = scene.calls[50].number.clone();
        let other = json!({ "list": "campaign:other", "source": "import", "note": null });
        scene.about(START - MINUTE, "suppression_added", &number, other);
        let own = json!({ "list": "internal", "source": "opt_out", "note": null });
        scene.about(START - MINUTE, "suppression_added", &number, own);
        let back = json!({ "list": "internal", "reason": "misheard" });
        scene.about(START - SECOND, "suppression_reversed", &number, back);
    });
    assert_eq!(found, [].into());
}

#[test]
fn d2_a_number_of_a_registry_file_is_found() {
    let scene = Scene::new();
    for line in ["+13055550105", "3055550105", "305,5550105"] {
        let options = Options {
            registries: vec![("national:us".to_owned(), format!("number\n{line}\n"))],
            ..Options::default()
        };
        let report = judge::judge(&scene.log(), &scene.carrier(), &options);
        assert_eq!(rules(&report), ["D2"].into(), "{line}");
    }
}

#[test]
fn d2_a_stale_registry_is_found() {
    let aged = |days: i64| {
        broken(|scene| {
            let settings = scene.campaigns.get_mut("spring").unwrap();
            settings["required_lists"] = json!(["national:us"]);
            let as_of = clock(START - days * 24 * HOUR);
            scene
                .calls
                .iter_mut()
                .for_each(|call| call.registry_date = json!(as_of));
            let data = json!({ "list": "national:us", "as_of": as_of });
            scene.entry(START - HOUR, "registry_loaded", "", data);
        })
    };
    assert_eq!(aged(30), [].into());
    assert_eq!(aged(32), ["D2"].into());
}

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

/// A second and further attempts at the first contact, `gap` apart.
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
fn d7_missing_weak_old_and_future_consent_is_found() {
    let with = |consent: serde_json::Value| broken(|scene| scene.calls[7].consent = consent);
    let at = |kind: &str, days: i64| json!({ "kind": kind, "source": "form 7", "at": clock(START - days * 24 * HOUR) });
    assert_eq!(with(json!(null)), ["D7"].into());
    assert_eq!(with(at("ebr", 1)), ["D7"].into());
    assert_eq!(with(at("express", -1)), ["D7"].into());
    assert_eq!(
        with(json!({ "kind": "express", "source": "", "at": clock(0) })),
        ["D7"].into()
    );
    assert_eq!(with(at("express_written", 4000)), [].into());
    let dealings = |days: i64| {
        broken(|scene| {
            scene.campaigns.get_mut("spring").unwrap()["consent"] = json!("ebr");
            scene.calls[7].consent = at("ebr", days);
        })
    };
    assert_eq!(dealings(540), [].into());
    assert_eq!(dealings(560), ["D7"].into());
}

#[test]
fn d7_revoked_consent_is_found() {
    let found = broken(|scene| {
        let number = scene.calls[50].number.clone();
        scene.about(START - MINUTE, "consent_revoked", &number, json!({}));
    });
    assert_eq!(found, ["D7"].into());
}

#[test]
fn d8_a_send_after_an_opt_out_is_found() {
    let mut scene = Scene::new();
    let sent = scene.calls[50].invite.unwrap();
    let number = scene.calls[50].number.clone();
    let data = json!({ "list": "internal", "source": "opt_out", "note": null });
    scene.about(sent - 10, "suppression_added", &number, data);
    assert_eq!(rules(&judged(&scene)), ["D8"].into());
    let options = Options {
        acknowledged_within: 10,
        ..Options::default()
    };
    assert_clean(&scene.log(), &scene.carrier(), &options);
}

#[test]
fn d9_a_send_after_a_pause_is_found() {
    let paused = |resumed: i64| {
        broken(|scene| {
            let sent = scene.calls[119].invite.unwrap();
            scene.entry(
                sent - 10,
                "campaign_paused",
                "spring",
                json!({ "note": "" }),
            );
            scene.entry(
                sent + resumed,
                "campaign_resumed",
                "spring",
                json!({ "note": "" }),
            );
        })
    };
    assert_eq!(paused(-5), [].into());
    assert_eq!(paused(5), ["D9"].into());
}

#[test]
fn d9_a_reservation_after_a_stop_is_found() {
    let found = broken(|scene| {
        scene.entry(later(), "campaign_stopped", "spring", json!({ "note": "" }));
        scene.calls.push(call(120, later() + MINUTE));
    });
    assert_eq!(found, ["D9"].into());
}

#[test]
fn d10_a_send_after_the_campaigns_end_is_found() {
    let found = broken(|scene| {
        let end = clock(scene.calls[119].invite.unwrap());
        scene.campaigns.get_mut("spring").unwrap()["schedule"]["expires"] = json!(end);
    });
    assert_eq!(found, ["D10"].into());
}

#[test]
fn d11_a_wrong_caller_id_is_found() {
    let found = broken(|scene| scene.calls[9].from = "+16465550199".to_owned());
    assert_eq!(found, ["D11"].into());
    let found = broken(|scene| {
        let settings = scene.campaigns.get_mut("spring").unwrap();
        settings["caller_id"]["numbers"] = json!(["+16465550199"]);
    });
    assert_eq!(found, ["D11"].into());
}

#[test]
fn d12_numbers_that_must_not_be_dialed_are_found() {
    for number in [
        "+18005550142",
        "+19005550142",
        "+12120550142",
        "+12129110142",
        "+4487155501",
    ] {
        let found = broken(|scene| scene.calls[9].number = number.to_owned());
        assert_eq!(found, ["D12"].into(), "{number}");
    }
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
    let report = judge::judge(&scene.log(), &carrier, &Options::default());
    assert_eq!(rules(&report), ["D13"].into());
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
    let told = |from: &str, to: &str| {
        let carrier = carrier.replacen(from, to, 1);
        rules(&judge::judge(&scene.log(), &carrier, &Options::default()))
    };
    assert_eq!(
        told(r#""event":"answer""#, r#""event":"ringing""#),
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
        rules(&judge::judge(&scene.log(), &scene.carrier(), &options))
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
    assert!(tampered(|lines| lines[4] = lines[4].replace("engine", "nobody")).contains("D17"));
    assert!(tampered(|lines| drop(lines.remove(2))).contains("D17"));
    assert!(tampered(|lines| lines.swap(300, 301)).contains("D17"));
    assert!(tampered(|lines| drop(lines.remove(0))).contains("D17"));
    assert!(tampered(|lines| lines[9].truncate(80)).contains("D17"));
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

#[test]
fn l1_a_dialer_that_dawdles_is_found() {
    let found = broken(|scene| {
        let slow = scene.calls.iter().take(60).cloned().zip(0..);
        scene.calls = slow
            .map(|(made, index)| made.moved_to(START + index * 12 * SECOND))
            .collect();
    });
    assert_eq!(found, ["L1"].into());
}

#[test]
fn l1_a_full_cap_of_calls_in_flight_is_full_use() {
    // Five at once, 60 s each: five a minute where ten would be allowed, and nothing to complain about.
    let found = broken(|scene| {
        let slow = scene.calls.iter().take(60).cloned().zip(0..);
        scene.calls = slow
            .map(|(made, index)| made.moved_to(START + index * 12 * SECOND).lasting(60))
            .collect();
    });
    assert_eq!(found, [].into());
}

#[test]
fn the_judges_windows_agree_with_the_vectors() {
    let mut windows = judge::window::Windows::new();
    let mut reader = csv::Reader::from_reader(&include_bytes!("../data/window-vectors.csv")[..]);
    for row in reader.deserialize::<std::collections::HashMap<String, String>>() {
        let row = row.unwrap();
        if row["region"].is_empty() {
            continue;
        }
        let zones: Vec<String> = row["candidate_zones"]
            .split(';')
            .map(str::to_owned)
            .collect();
        if row["zone_override"].is_empty() {
            assert_eq!(
                windows.tables.zones_of(&row["number"]),
                zones,
                "{}",
                row["id"]
            );
        }
        let place = windows.place(judge::window::Binding {
            zones,
            regions: vec![row["region"].clone()],
            call_class: row["call_class"].clone(),
            set_aside: Vec::new(),
            days: 0x7f,
            open: 0,
            close: 1440,
        });
        let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        let at = instant(&row["instant_utc"]).timestamp_millis();
        let shut = windows.shut(place, at);
        assert_eq!(
            shut.is_none(),
            row["verdict"] == "allow",
            "{}: {shut:?}",
            row["id"]
        );
        let next = instant(&row["next_allowed_utc"]).timestamp_millis();
        let spans = windows.open_spans(place, at, at + 9 * 24 * HOUR);
        assert_eq!(spans[0].0, next, "{}", row["id"]);
    }
}
