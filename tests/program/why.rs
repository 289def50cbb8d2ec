//! `dialdeck why NUMBER` for a contact in each state: the answer as a sentence, the gate that decides, and
//! the next possible instant, as text and as JSON.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod trunk;

use std::collections::BTreeSet;

use dialdeck::domain::campaign::{AttemptRules, Schedule};
use dialdeck::domain::outcome::TrunkFinding;
use dialdeck::domain::{
    CallEnd, CallEventKind, CallReport, CampaignId, CampaignSettings, CampaignState, ContactState,
    Timestamp,
};
use dialdeck::policy::breaker::Breaker;
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, Claimed, Engine, EngineStore as _, NewContact, Reads as _};
use dialdeck_testkit::deck::Deck;
use serde_json::Value;

use dialdeck_testkit::world::*;

/// A question, and the answer that is expected.
struct Case {
    /// The place of the number.
    place: u64,
    at: &'static str,
    state: &'static str,
    decision: &'static str,
    /// The code of the first reason.
    reason: &'static str,
    words: &'static str,
    /// The gate that holds or refuses; empty if none does.
    gate: &'static str,
    next: Option<&'static str>,
}

/// One minute after everything that [`live`] does, 10:01 in New York.
const NOON: &str = "2026-12-08T15:01:00.000Z";

const CASES: [Case; 14] = [
    Case {
        place: 0,
        at: NOON,
        state: "ready",
        decision: "dial",
        reason: "",
        words: "it may be dialed now, showing +1646555010",
        gate: "",
        next: Some(NOON),
    },
    // A contact that waits for its window is ready, and its zone is shut.
    Case {
        place: 0,
        at: "2026-12-09T05:00:00.000Z",
        state: "ready",
        decision: "hold",
        reason: "window:before_open",
        words: "not now: window opens 09:15 in America/New_York. Next possible at 2026-12-09T14:15:00Z.",
        gate: "window",
        next: Some("2026-12-09T14:15:00.000Z"),
    },
    Case {
        place: 1,
        at: NOON,
        state: "in_flight",
        decision: "hold",
        reason: "number_in_flight",
        words: "not now: a call to the number is in flight, until a call ends; less than 30 min since the last attempt",
        gate: "in flight",
        next: None,
    },
    // Busy: again after 15 minutes, but never before the minimum gap of 30.
    Case {
        place: 2,
        at: NOON,
        state: "waiting_retry",
        decision: "hold",
        reason: "min_gap",
        words: "not now: less than 30 min since the last attempt, until 2026-12-08T15:30:00.000Z",
        gate: "retry",
        next: Some("2026-12-08T15:30:00.000Z"),
    },
    // No answer: again after three hours.
    Case {
        place: 3,
        at: "2026-12-08T16:00:00.000Z",
        state: "waiting_retry",
        decision: "hold",
        reason: "retry_due",
        words: "not now: not due yet, until 2026-12-08T18:00:01.000Z. Next possible at 2026-12-08T18:00:01Z.",
        gate: "retry",
        next: Some("2026-12-08T18:00:01.000Z"),
    },
    // Another campaign has called the number a moment ago.
    Case {
        place: 4,
        at: NOON,
        state: "waiting_cap",
        decision: "hold",
        reason: "min_gap",
        words: "not now: less than 30 min since the last attempt",
        gate: "gap",
        next: Some("2026-12-08T15:30:05.000Z"),
    },
    Case {
        place: 5,
        at: NOON,
        state: "done",
        decision: "refuse",
        reason: "done",
        words: "it is never dialed: the contact is done (reached). On record: human.",
        gate: "contact",
        next: None,
    },
    Case {
        place: 6,
        at: NOON,
        state: "suppressed",
        decision: "refuse",
        reason: "suppressed",
        words: "it is never dialed: the contact is suppressed (on a list, opted out or without consent). On record: suppressed:internal.",
        gate: "contact",
        next: None,
    },
    Case {
        place: 7,
        at: NOON,
        state: "exhausted",
        decision: "refuse",
        reason: "exhausted",
        words: "it is never dialed: the contact is exhausted (its attempts are used up). On record: attempts_exhausted.",
        gate: "contact",
        next: None,
    },
    Case {
        place: 8,
        at: NOON,
        state: "expired",
        decision: "refuse",
        reason: "expired",
        words: "it is never dialed: the contact is expired (its time or its campaign's is over). On record: contact_expired.",
        gate: "contact",
        next: None,
    },
    Case {
        place: 9,
        at: NOON,
        state: "invalid",
        decision: "refuse",
        reason: "invalid",
        words: "it is never dialed: the contact is invalid (its number cannot be dialed). On record: unfit:premium.",
        gate: "contact",
        next: None,
    },
    Case {
        place: 10,
        at: NOON,
        state: "unknown",
        decision: "refuse",
        reason: "unknown",
        words: "it is never dialed: the contact is unknown (nobody can tell what became of its last call; somebody has to look).",
        gate: "contact",
        next: None,
    },
    // An attempt whose fate is unknown keeps its slot and its contact in flight.
    Case {
        place: 11,
        at: NOON,
        state: "in_flight",
        decision: "hold",
        reason: "number_in_flight",
        words: "a call to the number is in flight",
        gate: "in flight",
        next: None,
    },
    // Its time is over and no sweep has run since: the answer is that of the next sweep.
    Case {
        place: 12,
        at: NOON,
        state: "ready",
        decision: "refuse",
        reason: "contact_expired",
        words: "it is never dialed: the contact's time ended 8 Dec 2026",
        gate: "contact",
        next: None,
    },
];

fn recall() -> CampaignSettings {
    CampaignSettings {
        schedule: Schedule {
            open: "09:15".parse().unwrap(),
            close: "18:45".parse().unwrap(),
            ramp: secs(0),
            ..Schedule::default()
        },
        ..settings("recall")
    }
}

fn add(
    store: &mut Engine<SqliteStore>,
    settings: &CampaignSettings,
    rows: &[NewContact],
) -> CampaignId {
    let by = by(morning());
    let id = store.add_campaign(settings, &by).unwrap();
    store.import_contacts(id, rows, morning()).unwrap();
    store
        .move_campaign(id, CampaignState::Running, "", &by)
        .unwrap();
    id
}

/// Calls the contact at this place. The call ends like this without delay.
fn call(store: &mut Engine<SqliteStore>, place: u64, end: &CallReport, now: Timestamp) {
    let contact = store.contacts_with(number(place)).unwrap()[0].id;
    let attempt = dial(store, contact, now).id;
    assert!(tell(store, attempt, CallEventKind::Sent, now));
    settle(store, attempt, end, now).unwrap();
}

/// Brings a contact into every state.
fn live(store: &mut Engine<SqliteStore>) {
    store.configure(&deck()).unwrap();
    let rows: Vec<NewContact> = (0..13)
        .map(|place| NewContact {
            class: if place == 9 {
                Err("premium".to_owned())
            } else {
                Ok(new_york().into())
            },
            expires_at: match place {
                8 => Some(morning() + secs(1)),
                12 => Some(morning() + secs(50)),
                _ => None,
            },
            ..row(place + 2, number(place))
        })
        .collect();
    let (once, often) = rows.split_at(8);
    let once = &once[7..];
    let often: Vec<NewContact> = rows[..7].iter().chain(often).cloned().collect();
    let one_attempt = CampaignSettings {
        attempts: AttemptRules {
            max: 1,
            ..AttemptRules::default()
        },
        ..CampaignSettings {
            name: "once".to_owned(),
            ..recall()
        }
    };
    add(store, &recall(), &often);
    add(store, &one_attempt, once);

    let now = morning();
    call(store, 2, &rejected(486), now);
    call(store, 3, &ended(CallEnd::RangOut), now + secs(1));
    call(store, 5, &talked(), now + secs(2));
    call(store, 7, &rejected(486), now + secs(3));
    call(store, 10, &ended(CallEnd::Unresolved), now + secs(4));
    store
        .suppress(&[opted_out(number(6), now + secs(5))])
        .unwrap();
    store.expire_due(now + secs(5), 100).unwrap();
    waits_for_another(store, now);
    let lost = store.contacts_with(number(11)).unwrap()[0].id;
    let lost = dial(store, lost, now + secs(7)).id;
    store
        .mark_unknown(lost, "the engine was killed", now + secs(7))
        .unwrap();
    let up = store.contacts_with(number(1)).unwrap()[0].id;
    let up = dial(store, up, now + secs(8)).id;
    assert!(tell(store, up, CallEventKind::Ringing, now + secs(8)));
}

/// Number 4 is called by another campaign, then claimed by its own.
fn waits_for_another(store: &mut Engine<SqliteStore>, now: Timestamp) {
    let contact = store.contacts_with(number(4)).unwrap()[0].id;
    let other = CampaignSettings {
        name: "survey".to_owned(),
        ..recall()
    };
    add(store, &other, &[row(2, number(4))]);
    let theirs = store.contacts_with(number(4)).unwrap()[1].id;
    let attempt = dial(store, theirs, now + secs(5)).id;
    settle(store, attempt, &rejected(486), now + secs(5)).unwrap();
    assert!(matches!(
        claim(store, contact, now + secs(6)),
        Claimed::Held { due: Some(_), .. }
    ));
}

fn lived() -> Deck {
    let deck = Deck::new();
    std::fs::create_dir(deck.path()).unwrap();
    let path = deck.path().join("deck.sqlite");
    let store = SqliteStore::create_or_open(&path, DECK, Rules::embedded(), morning()).unwrap();
    live(&mut engine_of(store, &deck.path()));
    deck
}

fn check_json(case: &Case, said: &Value) {
    let answer = &said["contacts"][0];
    assert_eq!(said["now"], case.at);
    assert_eq!(answer["state"], case.state, "{answer:#}");
    assert_eq!(answer["decision"], case.decision, "{answer:#}");
    let words = answer["answer"].as_str().unwrap();
    assert!(
        words.contains(case.words),
        "`{}` not in `{words}`",
        case.words
    );
    assert_eq!(answer["next_possible"].as_str(), case.next, "{answer:#}");
    let first = answer["reasons"][0].as_str().unwrap_or_default();
    assert_eq!(first, case.reason, "{answer:#}");
    let gates = answer["gates"].as_array().unwrap();
    assert_eq!(gates.len(), 22);
    let said_by = |gate: &Value| gate["gate"] == case.gate && gate["verdict"] == case.decision;
    if case.gate.is_empty() {
        assert!(
            gates.iter().all(|gate| gate["verdict"] == "pass"),
            "{answer:#}"
        );
    } else {
        assert!(gates.iter().any(said_by), "{answer:#}");
    }
}

#[test]
fn why_answers_for_a_contact_in_every_state() {
    let deck = lived();
    for case in &CASES {
        let number = number(case.place).to_string();
        let ask = ["why", &number, "--at", case.at];
        let text = deck.ok(&ask);
        assert!(text.contains("ANSWER: "), "{text}");
        assert!(text.contains(case.words), "`{}` not in {text}", case.words);
        assert!(text.contains(&format!("({})", case.state)), "{text}");
        let json = deck.ok(&[&ask[..], &["--json"]].concat());
        check_json(case, &json.parse().unwrap());
    }
    let asked: BTreeSet<&str> = CASES.iter().map(|case| case.state).collect();
    let all = ContactState::ALL.map(ContactState::as_str);
    assert_eq!(asked, BTreeSet::from(all), "every state there is");
}

#[test]
fn the_calls_that_were_made_are_told_with_their_causes() {
    let deck = lived();
    let ask = ["why", &number(2).to_string(), "--at", NOON];
    let text = deck.ok(&ask);
    assert!(
        text.contains("of 2026-12-08T15:00:00Z: busy (busy), counted"),
        "{text}"
    );
    let said: Value = deck.ok(&[&ask[..], &["--json"]].concat()).parse().unwrap();
    let made = said["contacts"][0]["attempts"].as_array().unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0]["outcome"], "busy");
    assert_eq!(made[0]["cause"], "busy");
    assert_eq!(made[0]["agent_result"], Value::Null);
}

#[test]
fn a_number_that_was_opted_out_names_its_list() {
    let deck = lived();
    let text = deck.ok(&["why", &number(6).to_string(), "--at", NOON]);
    assert!(
        text.contains("on internal since 2026-12-08T15:00:05Z (opt_out by maria"),
        "{text}"
    );
}

#[test]
fn a_rest_of_the_trunk_is_told_beside_the_engine() {
    let deck = lived();
    let path = deck.path().join("deck.sqlite");
    let store = SqliteStore::create_or_open(&path, DECK, Rules::embedded(), morning()).unwrap();
    let mut store = engine_of(store, &deck.path());
    let mut breaker = Breaker::default();
    breaker.on_result(
        TrunkFinding::Throttled(secs(120)),
        (number(0), morning()),
        morning(),
    );
    let trunk = dialdeck_testkit::world::deck().trunks.remove(0).name;
    store.keep_rest(&trunk, breaker.kept()).unwrap();
    let why = |at: &str| deck.ok(&["why", &number(0).to_string(), "--at", at]);
    let text = why(NOON);
    assert!(text.contains("the trunk rests: throttled"), "{text}");
    assert!(
        text.contains("carrier rests until 2026-12-08T15:02:00.000Z: throttled"),
        "{text}"
    );
    assert!(
        text.contains("Next possible at 2026-12-08T15:02:00Z"),
        "{text}"
    );
    let text = why("2026-12-08T15:02:00.000Z");
    assert!(text.contains("carrier takes calls"), "{text}");
    breaker.on_result(TrunkFinding::Refused, (number(0), morning()), morning());
    store.keep_rest(&trunk, breaker.kept()).unwrap();
    let text = why(NOON);
    assert!(text.contains("somebody has to act"), "{text}");
    assert!(
        text.contains("To do: once repaired: `dialdeck trunk reset carrier`."),
        "{text}"
    );
    let text = deck.run(&["doctor"]).stdout;
    let text = String::from_utf8(text).unwrap();
    let says =
        "trunk carrier rests until an operator acts: refused; once repaired: `dialdeck trunk reset";
    assert!(text.contains(says), "{text}");
    drop(store);
    deck.ok(&["trunk", "reset", "carrier"]);
    assert!(why(NOON).contains("carrier takes calls"));
}

#[test]
fn every_campaign_that_holds_the_number_answers() {
    let deck = lived();
    let number = number(4).to_string();
    let said: Value = deck
        .ok(&["why", &number, "--at", NOON, "--json"])
        .parse()
        .unwrap();
    let campaigns: Vec<&str> = said["contacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["campaign"].as_str().unwrap())
        .collect();
    assert_eq!(campaigns, ["recall", "survey"]);
    let only = [
        "why",
        &number,
        "--at",
        NOON,
        "--json",
        "--campaign",
        "survey",
    ];
    let said: Value = deck.ok(&only).parse().unwrap();
    assert_eq!(said["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(said["contacts"][0]["campaign"], "survey");
}
