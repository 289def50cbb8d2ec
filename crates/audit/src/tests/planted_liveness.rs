//! Planted breaches of L1: too slow a pace, an idle class, contacts that are left behind.

use serde_json::{Value, json};

use super::fixture::{HOUR, MINUTE, SECOND, START, Scene, call, clock};
use super::{broken, judged};

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
    // Five calls up, 60 s each: five a minute where ten would be allowed, and no breach.
    let found = broken(|scene| {
        let slow = scene.calls.iter().take(60).cloned().zip(0..);
        scene.calls = slow
            .map(|(made, index)| made.moved_to(START + index * 12 * SECOND).lasting(60))
            .collect();
    });
    assert_eq!(found, [].into());
}

/// When the last of the scene's calls has ended.
const QUIET: i64 = START + 13 * MINUTE;

/// Adds an import of New York contacts and of this many in Illinois, of which the scene calls thirty.
fn import(scene: &mut Scene, illinois: i64) {
    let class = |zone: &str, region: &str, taken: i64| json!({ "zones": [zone], "regions": [region], "taken": taken });
    let classes = json!([
        class("America/New_York", "US-NY", 30),
        class("America/Chicago", "US-IL", illinois),
    ]);
    let at = START - 39 * MINUTE;
    let data = json!({ "taken": 30 + illinois, "classes": classes });
    scene.entry(at, "contacts_imported", "spring", data);
}

/// Closes the deck at an instant.
fn close(scene: &mut Scene, at: i64, ending: &str) {
    scene.entry(at, "deck_closed", "", json!({ "ending": ending }));
}

/// Returns the L1 breaches of a changed scene, and asserts that there are no others.
#[track_caller]
fn said(change: impl FnOnce(&mut Scene)) -> Vec<String> {
    let mut scene = Scene::new();
    change(&mut scene);
    let report = judged(&scene);
    assert!(
        report.breaches.iter().all(|breach| breach.rule == "L1"),
        "{report}"
    );
    report
        .breaches
        .into_iter()
        .map(|breach| breach.text)
        .collect()
}

#[track_caller]
fn assert_says(said: &[String], words: &[&str]) {
    assert_eq!(said.len(), 1, "{said:?}");
    for word in words {
        assert!(said[0].contains(word), "{said:?}");
    }
}

#[test]
fn l1_a_class_that_stands_still_is_found() {
    let after = |illinois: i64, minutes: i64| {
        said(|scene| {
            import(scene, illinois);
            close(scene, QUIET + minutes * MINUTE, "drained");
        })
    };
    assert_says(&after(31, 30), &["stood still", "America/Chicago", "US-IL"]);
    assert!(after(30, 30).is_empty(), "all of them were called");
    assert!(after(31, 6).is_empty(), "a few minutes are none");
    // Calls of other classes do not excuse an idle class, as long as there is room.
    let room = said(|scene| {
        import(scene, 50);
        let of_illinois = |index: &i64| index % 4 == 3 && *index > 30;
        let others = (0..120).filter(|index| !of_illinois(index));
        scene.calls = others
            .zip(0..)
            .map(|(index, nth)| call(index, START + nth * 12 * SECOND))
            .collect();
        close(scene, START + 22 * MINUTE, "drained");
    });
    assert!(
        room.iter().any(|text| text.contains("stood still")),
        "{room:?}"
    );
}

#[test]
fn l1_contacts_that_came_to_an_end_or_may_not_be_called_do_not_wait() {
    let finished = said(|scene| {
        import(scene, 31);
        let data = json!({ "state": "suppressed", "reason": "internal", "attempts": 0 });
        scene.entry(QUIET, "contact_finished", "spring", data);
        scene.entries.last_mut().unwrap().contact = 900;
        close(scene, QUIET + HOUR, "drained");
    });
    assert!(finished.is_empty(), "{finished:?}");
    let paused = said(|scene| {
        import(scene, 31);
        scene.entry(QUIET, "campaign_paused", "spring", json!({}));
        close(scene, QUIET + HOUR, "drained");
    });
    assert!(paused.is_empty(), "{paused:?}");
    let alerted = said(|scene| {
        import(scene, 31);
        let data = json!({ "alert": "campaign_waits", "text": "it waits" });
        scene.entry(QUIET, "alert_raised", "", data);
        close(scene, QUIET + HOUR, "at_rest");
    });
    assert!(alerted.is_empty(), "{alerted:?}");
    // From 21:00 on no one in Illinois may be called: a contact that waits then waits for its window.
    let shut = said(|scene| {
        import(scene, 30);
        scene.calls[3].outcome = "busy";
        again(scene, START + 11 * HOUR + 31 * MINUTE);
        close(scene, START + 14 * HOUR, "drained");
    });
    assert!(shut.is_empty(), "{shut:?}");
}

/// Plans another call of the first contact of Illinois, not before `due`.
fn again(scene: &mut Scene, due: i64) {
    let data = json!({ "outcome": "busy", "due": clock(due) });
    scene.entry(START + 2 * MINUTE, "retry_planned", "spring", data);
    scene.entries.last_mut().expect("just added").contact = 4;
}

#[test]
fn l1_a_retry_that_is_never_made_is_found() {
    let made = |second: Option<i64>| {
        said(|scene| {
            let due = QUIET + 20 * MINUTE;
            again(scene, due);
            if let Some(late) = second {
                let mut made = call(3, due + late);
                made.attempt = "00000001-900".to_owned();
                made.n = 2;
                scene.calls.push(made);
            }
            close(scene, QUIET + 2 * HOUR, "drained");
        })
    };
    assert_says(&made(None), &["stood still", "US-IL"]);
    assert_says(&made(Some(30 * MINUTE)), &["stood still", "US-IL"]);
    assert!(made(Some(SECOND)).is_empty());
}

#[test]
fn l1_contacts_that_an_engine_left_without_a_word_are_found() {
    let left = |ending: &str, change: fn(&mut Scene)| {
        said(|scene| {
            import(scene, 50);
            change(scene);
            close(scene, QUIET, ending);
        })
    };
    assert_says(&left("at_rest", |_| {}), &["20 contacts", "US-IL", "left"]);
    assert!(left("drained", |_| {}).is_empty(), "somebody ended it");
    let done = |scene: &mut Scene| {
        let data: Value = json!({ "state": "done" });
        scene.entry(QUIET - SECOND, "campaign_changed", "spring", data);
    };
    assert!(left("at_rest", done).is_empty(), "the campaign is done");
    let later = |scene: &mut Scene| again(scene, QUIET + HOUR);
    let retry = said(|scene| {
        import(scene, 30);
        later(scene);
        close(scene, QUIET, "at_rest");
    });
    assert_says(&retry, &["1 contacts", "US-IL", "left"]);
}
