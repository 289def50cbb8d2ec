//! Planted breaches of who may be called, when and with which caller ID: D1, D2 and D7 to D12.

use serde_json::json;

use super::fixture::{HOUR, MINUTE, SECOND, START, Scene, call, clock};
use super::{broken, judged, later, rules};
use crate::{Options, assert_clean};

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
fn d1_a_zone_left_out_is_found_unless_an_address_says_so() {
    let mut scene = Scene::new();
    let mut split = call(121, later());
    split.number = "+18505550117".to_owned();
    scene.calls.push(split);
    assert_eq!(rules(&judged(&scene)), ["D1"].into());
    scene.calls.last_mut().unwrap().zone_source = "address";
    assert_eq!(rules(&judged(&scene)), ["D1"].into(), "no reason is given");
    let settings = scene.campaigns.get_mut("spring").unwrap();
    settings["evidence"] = json!("address");
    settings["evidence_reason"] = json!("addresses confirmed in writing");
    assert_eq!(judged(&scene).breaches, []);
    let options = Options {
        located_by_number: true,
        ..Options::default()
    };
    let report = crate::judge(&scene.log(), &scene.carrier(), &options);
    assert_eq!(rules(&report), ["D1"].into());
}

/// Makes the campaign list the national registry, which was loaded for these areas.
fn registered(scene: &mut Scene, areas: &[&str], days: i64) {
    let settings = scene.campaigns.get_mut("spring").expect("there");
    settings["required_lists"] = json!(["national:us"]);
    let as_of = clock(START - days * 24 * HOUR);
    let data = json!({ "list": "national:us", "as_of": as_of, "areas": areas });
    scene.entry(START - HOUR, "registry_loaded", "", data);
}

const AREAS: [&str; 4] = ["212", "305", "404", "312"];

#[test]
fn d2_a_suppressed_number_is_found() {
    let listed = |list: &str, named: bool| {
        broken(|scene| {
            if named {
                registered(scene, &AREAS, 1);
            }
            let number = scene.calls[50].number.clone();
            let data = json!({ "list": list, "source": "import", "note": null });
            scene.about(START - MINUTE, "suppression_added", &number, data);
        })
    };
    assert_eq!(listed("internal", false), ["D2", "D8"].into());
    assert_eq!(listed("national:us", true), ["D2"].into());
    // A registry binds the campaigns that list it.
    assert_eq!(listed("national:us", false), [].into());
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
    let mut scene = Scene::new();
    registered(&mut scene, &AREAS, 1);
    for line in ["+13055550105", "3055550105", "305,5550105"] {
        let options = Options {
            registries: vec![("national:us".to_owned(), format!("number\n{line}\n"))],
            ..Options::default()
        };
        let report = crate::judge(&scene.log(), &scene.carrier(), &options);
        assert_eq!(rules(&report), ["D2"].into(), "{line}");
    }
}

#[test]
fn d2_a_registry_that_is_stale_or_not_loaded_there_is_found() {
    let aged = |areas: &[&str], days: i64| broken(|scene| registered(scene, areas, days));
    assert_eq!(aged(&AREAS, 30), [].into());
    assert_eq!(aged(&AREAS, 32), ["D2"].into());
    assert_eq!(aged(&AREAS[1..], 30), ["D2"].into());
    // A list of changes alone covers nothing.
    assert_eq!(aged(&[], 1), ["D2"].into());
}

#[test]
fn d2_sales_need_the_registry_though_the_campaign_does_not_list_it() {
    let sales = |kind: &str, waived: bool| {
        broken(|scene| {
            let settings = scene.campaigns.get_mut("spring").unwrap();
            settings["purpose"] = json!("sales");
            settings["call_class"] = json!("live");
            settings["agent"] = json!("human");
            settings["consent"] = json!("none");
            if waived {
                let rule = json!([{ "place": "US", "what": "national:us", "reason": "members" }]);
                settings["rule_overrides"] = rule;
            }
            let at = clock(START - 24 * HOUR);
            for call in &mut scene.calls {
                call.consent = json!({ "kind": kind, "source": "form 7", "at": at });
            }
        })
    };
    assert!(sales("express", false).contains("D2"));
    assert!(!sales("express", true).contains("D2"));
    assert!(!sales("ebr", false).contains("D2"));
    assert!(!sales("express_written", false).contains("D2"));
}

#[test]
fn d7_consent_below_the_laws_is_found() {
    let with = |purpose: &str, agent: &str, kind: &str| {
        broken(|scene| {
            let settings = scene.campaigns.get_mut("spring").unwrap();
            settings["purpose"] = json!(purpose);
            settings["call_class"] = json!("live");
            settings["agent"] = json!(agent);
            settings["consent"] = json!("none");
            let at = clock(START - 24 * HOUR);
            for call in &mut scene.calls {
                call.consent = json!({ "kind": kind, "source": "form 7", "at": at });
            }
        })
    };
    assert!(with("reminder", "automated", "ebr").contains("D7"));
    assert!(!with("reminder", "automated", "express").contains("D7"));
    assert!(!with("reminder", "human", "ebr").contains("D7"));
    assert!(with("sales", "automated", "express").contains("D7"));
    assert!(!with("sales", "automated", "express_written").contains("D7"));
}

#[test]
fn d15_a_contact_comes_back_with_a_reversed_entry_alone() {
    let again = |outcome: &str, reversed: bool| {
        broken(|scene| {
            let number = scene.calls[50].number.clone();
            let contact = scene.calls[50].contact;
            let own = json!({ "list": "internal", "source": "opt_out", "note": null });
            scene.about(START - MINUTE, "suppression_added", &number, own);
            let end =
                json!({ "state": "suppressed", "reason": "suppressed:internal", "attempts": 0 });
            scene.of_contact(START - MINUTE, "contact_finished", (contact, &number), end);
            if reversed {
                let back = json!({ "list": "internal", "reason": "misheard" });
                scene.about(START - SECOND, "suppression_reversed", &number, back);
            }
            let retry = json!({ "outcome": outcome, "due": clock(START - SECOND) });
            scene.of_contact(START - SECOND, "retry_planned", (contact, &number), retry);
        })
    };
    assert_eq!(again("restored", true), [].into());
    assert!(again("requeued", true).contains("D15"));
    assert!(again("restored", false).contains("D15"));
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
            let settings = scene.campaigns.get_mut("spring").unwrap();
            settings["consent"] = json!("ebr");
            // An automated call needs more by law, unless that is set aside.
            settings["rule_overrides"] = json!(
                ["US", "US-IL"]
                    .map(|place| json!({ "place": place, "what": "consent", "reason": "x" }))
            );
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
fn d11_a_number_shown_again_to_a_callee_whose_network_blocks_it_is_found() {
    let again = |code: i64, outcome: &'static str, pause: i64| {
        broken(|scene| {
            let first = call(120, later());
            let mut blocked = first.clone();
            (blocked.code, blocked.outcome) = (Some(code), outcome);
            let mut second = call(120, later() + pause);
            (second.attempt, second.n) = ("00000001-900".to_owned(), 2);
            scene.calls.extend([blocked, second]);
        })
    };
    assert_eq!(again(608, "provider_error", HOUR), ["D11"].into());
    assert_eq!(again(603, "provider_error", HOUR), ["D11"].into());
    assert_eq!(again(486, "busy", HOUR), [].into());
    assert_eq!(again(608, "provider_error", 24 * HOUR), [].into());
}

#[test]
fn d15_a_decline_without_any_ringing_is_found() {
    let declined = |rings: bool| {
        broken(|scene| {
            let mut made = call(120, later());
            (made.code, made.outcome, made.rings) = (Some(603), "declined", rings);
            scene.calls.push(made);
        })
    };
    assert_eq!(declined(false), ["D15"].into());
    assert_eq!(declined(true), [].into());
}

#[test]
fn d12_a_call_to_a_number_of_the_deck_is_found() {
    let found = broken(|scene| {
        let own = scene.calls[8].from.clone();
        scene.calls[9].number = own;
    });
    assert!(found.contains("D12"), "{found:?}");
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
        assert!(found.contains("D12"), "{number} {found:?}");
    }
}
