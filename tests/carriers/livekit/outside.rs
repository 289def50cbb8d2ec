//! What comes in from outside: webhooks and agents' reports, true and false.

use std::collections::BTreeMap;

use dialdeck::provider::inbound::Refused;
use dialdeck::provider::inbound::{Arrived, Inbound, News, Reading};

use super::*;

/// Sends a webhook to the vendor's way in and gives the answer's status.
fn send(bench: &Bench, authorization: &str, body: &str) -> u16 {
    let url = bench.double.settings().webhook.clone().unwrap();
    let (authorization, body) = (authorization.to_owned(), body.to_owned());
    let http = bench.rig.lab.http();
    let request = http.post(&url).header("authorization", authorization);
    let sending = async { http.send(request.body(body), Duration::from_mins(1)).await };
    bench.rig.run(sending).unwrap().status
}

fn left(room: &str, identity: &str, at: Timestamp) -> String {
    serde_json::json!({
        "event": "participant_left",
        "room": {"name": room},
        "participant": {"identity": identity, "kind": "SIP", "disconnectReason": "CLIENT_INITIATED"},
        "id": "EV_by_hand",
        "createdAt": (at.as_millis() / 1000).to_string(),
    })
    .to_string()
}

#[test]
fn what_is_not_to_be_believed_changes_nothing() {
    let mut bench = Setup {
        script: answering(2, 3600),
        ..Setup::default()
    }
    .start();
    bench.rig.place(bench.rig.dial(1, number(PERSON)));
    bench.wait_for(1, "answered");
    let now = bench.rig.lab.now();
    let (room, identity) = (
        format!("dd-{}", attempt(1)),
        format!("callee-{}", attempt(1)),
    );
    let good = left(&room, &identity, now);
    let token = bench.double.webhook_token(&good);
    assert_eq!(send(&bench, "", &good), 401);
    assert_eq!(send(&bench, &format!("{token}x"), &good), 401);
    assert_eq!(send(&bench, &token, &good.replace("EV_by", "EV_bx")), 401);
    let yesterday = left(&room, &identity, now - Duration::from_hours(25));
    let late = bench.double.webhook_token(&yesterday);
    assert_eq!(send(&bench, &late, &yesterday), 401);
    let others = left("dd-00000001-1", "callee-00000001-1", now);
    let of_others = bench.double.webhook_token(&others);
    assert_eq!(send(&bench, &of_others, &others), 200);
    let lobby = left("lobby", "ana", now);
    let of_lobby = bench.double.webhook_token(&lobby);
    assert_eq!(send(&bench, &of_lobby, &lobby), 200);
    let wanted = BTreeMap::from([
        (Refused::Forged, 3),
        (Refused::Stale, 1),
        (Refused::OtherDeck, 1),
        (Refused::NoSuchAttempt, 1),
    ]);
    assert_eq!(bench.rig.refused(), wanted);
    assert_eq!(names(&bench.rig.reported, 1), ["sent", "answered"]);
    // The true one ends it, once, however often it comes.
    for _ in 0..3 {
        assert_eq!(send(&bench, &token, &good), 200);
    }
    bench.rig.end_of(1);
    assert_eq!(send(&bench, &token, &good), 200);
    bench.rig.outcome(2, number(BUSY));
    assert_eq!(rig::ends(&bench.rig.reported, 1).len(), 1);
}

#[test]
fn a_webhook_of_a_call_before_this_run_ends_it() {
    let mut bench = Setup::default().start();
    let now = bench.rig.lab.now();
    let body = left(
        &format!("dd-{}", attempt(5)),
        &format!("callee-{}", attempt(5)),
        now,
    );
    let token = bench.double.webhook_token(&body);
    assert_eq!(send(&bench, &format!("Bearer {token}"), &body), 200);
    assert_eq!(bench.rig.end_of(5).end, CallEnd::Completed);
    // It is over: a later request to place it dials nothing.
    bench.rig.place(bench.rig.dial(5, number(PERSON)));
    bench.rig.outcome(6, number(BUSY));
    assert_eq!(bench.invites(5), 0);
    assert_eq!(rig::ends(&bench.rig.reported, 5).len(), 1);
}

#[test]
fn the_doubles_own_webhooks_are_all_proven() {
    let mut bench = Setup {
        faults: Faults::new(3)
            .with("hook_twice", 400)
            .with("hook_dropped", 200),
        ..Setup::default()
    }
    .start();
    for serial in 1..=6 {
        bench.rig.place(bench.rig.dial(serial, number(PERSON)));
    }
    for serial in 1..=6 {
        assert_eq!(bench.rig.end_of(serial).end, CallEnd::Completed);
        assert_eq!(
            names(&bench.rig.reported, serial),
            ["sent", "answered", "ended"]
        );
    }
    assert!(bench.double.sent().len() >= 6 * 4);
    assert_eq!(bench.rig.refused(), BTreeMap::new());
}

/// The reports that the example agent sends, as its read-me shows them.
#[test]
fn the_example_agents_reports_are_understood() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/sample-data/livekit-agent/reports.json"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let reports: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let lab = rig::lab();
    let reach = Front::open(&lab).reach;
    let account = account("https://livekit.example.com".to_owned());
    let reader = LiveKit::new(account, Some(reach.clone()), lab.http()).reader();
    let arrived_at = "2026-12-07T15:31:00Z".parse().unwrap();
    let mut understood = Vec::new();
    for report in reports {
        let token = reach.token(attempt(123));
        let body = report.to_string();
        let reading = reader.read(&Arrived {
            path: "agent",
            is_post: true,
            query: "",
            authorization: &format!("Bearer {token}"),
            content_type: "application/json",
            body: body.as_bytes(),
            at: arrived_at,
        });
        let Reading::Take(
            Inbound {
                attempt: of,
                at,
                news,
                ..
            },
            _,
        ) = reading
        else {
            panic!("not taken: {body}");
        };
        assert_eq!(of, attempt(123));
        assert!(at < arrived_at, "the report's own time is used");
        understood.push(news);
    }
    let wanted = [
        News::CalleeDetected(CalleeType::Human),
        News::CalleeDetected(CalleeType::Voicemail),
        News::CalleeDetected(CalleeType::Voicemail),
        News::CalleeDetected(CalleeType::Unknown),
        News::CalleeDetected(CalleeType::Human),
        News::GreetingEnded,
        News::Bridged,
        News::OptOut,
        News::Result("confirmed".to_owned()),
    ];
    assert_eq!(understood, wanted);
}
