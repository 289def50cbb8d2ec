//! Planted breaches of a deck that went back in time: D6, D8 and D13.

use serde_json::{Value, json};

use super::fixture::{HOUR, MINUTE, SECOND, START, Scene, call, clock};
use super::{broken, later};

/// Longer ago than the minimum gap.
const LAST_RUN: i64 = START - HOUR;

/// Returns an instant between the last call of the scene and the one that tests add.
fn turn() -> i64 {
    later() - 2 * MINUTE
}

fn started(scene: &mut Scene, data: &[(&str, Value)]) {
    let mut all = json!({
        "how": "restored", "tag": "0badcafe", "from_serial": 1001, "attempts_missing": 3,
        "entries_missing": 9, "last_run": clock(LAST_RUN), "until": clock(LAST_RUN), "lists": ["internal"],
    });
    for (key, value) in data {
        all[*key] = value.clone();
    }
    scene.entry(turn(), "incarnation_started", "", all);
}

fn confirmed(scene: &mut Scene) {
    let data = json!({ "lists": ["internal"], "reason": "nobody was called" });
    scene.entry(turn() + SECOND, "lists_confirmed", "", data);
}

fn called(scene: &mut Scene, attempt: &str) {
    let mut next = call(120, later());
    attempt.clone_into(&mut next.attempt);
    scene.calls.push(next);
}

#[test]
fn a_deck_that_made_its_loss_good_calls() {
    let found = broken(|scene| {
        started(scene, &[]);
        confirmed(scene);
        called(scene, "0badcafe-1001");
    });
    assert_eq!(found, [].into());
}

#[test]
fn d6_a_call_while_lost_attempts_count_for_a_cap_is_found() {
    // Seven attempts in seven days, 12 CFR 1006.14(b)(2)(i)(A).
    for (hours, rules) in [(7 * 24 - 1, ["D6"].into()), (7 * 24 + 1, [].into())] {
        let found = broken(|scene| {
            scene.campaigns.get_mut("spring").unwrap()["purpose"] = json!("debt");
            let last_run = json!(clock(later() - hours * HOUR));
            started(
                scene,
                &[("last_run", last_run.clone()), ("until", last_run)],
            );
            confirmed(scene);
            called(scene, "0badcafe-1001");
        });
        assert_eq!(found, rules, "{hours}");
    }
}

#[test]
fn d13_an_id_of_before_the_loss_is_found() {
    for attempt in ["7f3a9c21-1001", "0badcafe-1000"] {
        let found = broken(|scene| {
            started(scene, &[]);
            confirmed(scene);
            called(scene, attempt);
        });
        assert_eq!(found, ["D13"].into(), "{attempt}");
    }
}

/// Opens the deck for a run whose ids have this tag.
fn opened(scene: &mut Scene, at: i64, tag: &str) {
    scene.entry(at, "deck_opened", "", json!({ "tag": tag }));
}

#[test]
fn d13_an_id_without_the_tag_of_its_run_is_found() {
    for (attempt, rules) in [
        ("7f3a9c210000beef-1001", [].into()),
        ("7f3a9c21-1001", ["D13"].into()),
        ("7f3a9c210000cafe-1001", ["D13"].into()),
        ("7f3a9c210000bee-1001", ["D13"].into()),
    ] {
        let found = broken(|scene| {
            opened(scene, turn(), "7f3a9c210000beef");
            called(scene, attempt);
        });
        assert_eq!(found, rules, "{attempt}");
    }
}

#[test]
fn d13_a_run_whose_tag_another_one_had_before_is_found() {
    let runs = |tags: [&'static str; 3]| {
        broken(move |scene| {
            for (n, tag) in (0..).zip(tags) {
                opened(scene, turn() + n * SECOND, tag);
            }
        })
    };
    assert_eq!(runs(["1", "1", "2"]), [].into(), "a simulation goes on");
    assert_eq!(runs(["1", "2", "1"]), ["D13"].into());
}

#[test]
fn d13_the_runs_of_a_deck_that_lost_something_go_on_beyond_the_loss() {
    for (attempt, rules) in [
        ("7f3a9c210000beef-1001", [].into()),
        ("7f3a9c210000beef-1000", ["D13"].into()),
    ] {
        let found = broken(|scene| {
            started(scene, &[]);
            confirmed(scene);
            opened(scene, turn() + 2 * SECOND, "7f3a9c210000beef");
            called(scene, attempt);
        });
        assert_eq!(found, rules, "{attempt}");
    }
}

#[test]
fn d13_serials_that_begin_too_low_are_found() {
    let found = broken(|scene| {
        started(scene, &[("from_serial", json!(5))]);
        confirmed(scene);
    });
    assert_eq!(found, ["D13"].into());
}

#[test]
fn d6_a_call_within_the_gap_of_a_lost_one_is_found() {
    let found = broken(|scene| {
        started(scene, &[("last_run", json!(clock(later() - MINUTE)))]);
        confirmed(scene);
        called(scene, "0badcafe-1001");
    });
    assert_eq!(found, ["D6"].into());
    let none = [
        ("last_run", json!(clock(later() - MINUTE))),
        ("attempts_missing", json!(0)),
    ];
    let found = broken(|scene| {
        started(scene, &none);
        confirmed(scene);
        called(scene, "0badcafe-1001");
    });
    assert_eq!(found, [].into(), "no attempt is missing");
}

#[test]
fn d8_a_call_while_opt_outs_may_be_missing_is_found() {
    let found = broken(|scene| {
        started(scene, &[]);
        called(scene, "0badcafe-1001");
    });
    assert_eq!(found, ["D8"].into());
    let found = broken(|scene| started(scene, &[("lists", json!([]))]));
    assert_eq!(found, ["D8"].into(), "nobody is asked for them");
}

#[test]
fn d8_only_a_list_of_after_the_loss_is_complete() {
    for (as_of, expected) in [(LAST_RUN - SECOND, &["D8"][..]), (LAST_RUN, &[])] {
        let found = broken(|scene| {
            started(scene, &[]);
            let data = json!({ "list": "internal", "as_of": clock(as_of) });
            scene.entry(turn() + SECOND, "registry_loaded", "", data);
            called(scene, "0badcafe-1001");
        });
        assert_eq!(found, expected.iter().copied().collect());
    }
}
