//! What a trunk does to its contacts' answers.

use super::*;

/// The carrier lost the trunk, such as a LiveKit server without its store: for every contact that still
/// waits that is what stands against it, whatever else does.
#[test]
fn a_trunk_that_the_carrier_does_not_know_is_a_reason_for_every_waiting_contact() {
    let deck = lived();
    let path = deck.path().join("deck.sqlite");
    let store = SqliteStore::create_or_open(&path, DECK, Rules::embedded(), morning()).unwrap();
    let mut store = engine_of(store, &deck.path());
    let mut breaker = Breaker::default();
    let call = (number(0), morning());
    breaker.on_result(TrunkFinding::Unknown, call, morning());
    let trunk = dialdeck_testkit::world::deck().trunks.remove(0).name;
    store.keep_rest(&trunk, breaker.kept()).unwrap();
    drop(store);
    // Ready, ready and its window shut, in flight, waiting for a retry, waiting for a cap.
    for (place, at) in [
        (0, NOON),
        (0, "2026-12-09T05:00:00.000Z"),
        (1, NOON),
        (2, NOON),
        (3, NOON),
        (4, NOON),
    ] {
        let ask = ["why", &number(place).to_string(), "--at", at];
        let text = deck.ok(&ask);
        assert!(
            text.contains("the trunk rests: unknown to the carrier"),
            "{text}"
        );
        let json: Value = deck.ok(&[&ask[..], &["--json"]].concat()).parse().unwrap();
        let answer = &json["contacts"][0];
        assert_eq!(answer["decision"], "hold");
        let reasons = answer["reasons"].as_array().unwrap();
        let code = Value::from("trunk_rests:unknown_to_the_carrier");
        assert!(reasons.contains(&code), "{answer:#}");
        assert_eq!(answer["next_possible"], Value::Null, "a person has to act");
    }
}

#[test]
fn the_status_shows_how_many_calls_had_no_agent() {
    let deck = lived();
    let path = deck.path().join("deck.sqlite");
    let store = SqliteStore::create_or_open(&path, DECK, Rules::embedded(), morning()).unwrap();
    let mut store = engine_of(store, &deck.path());
    let made = deck.status()["trunks"][0]["without_agent"][1]
        .as_u64()
        .unwrap();
    assert!(made >= 5, "{made}");
    let text = deck.ok(&["status"]);
    assert!(!text.contains("without an agent"), "{text}");
    let ends = [
        CallEnd::NoAgent,
        CallEnd::AgentLost,
        CallEnd::LeftAlone,
        CallEnd::Completed,
    ];
    let other = CampaignSettings {
        name: "agents".to_owned(),
        ..recall()
    };
    let rows: Vec<NewContact> = (20..24).map(|place| row(place, number(place))).collect();
    add(&mut store, &other, &rows);
    for (place, end) in (20..24).zip(ends) {
        call(&mut store, place, &ended(end), morning() + secs(place));
    }
    drop(store);
    let all = made + 4;
    assert_eq!(
        deck.status()["trunks"][0]["without_agent"],
        serde_json::json!([3, all])
    );
    let text = deck.ok(&["status"]);
    let says = format!("3 of {all} ({}.{} %)", 300 / all, 3000 / all % 10);
    assert!(
        text.contains("without an agent") && text.contains(&says),
        "{text}"
    );
}
