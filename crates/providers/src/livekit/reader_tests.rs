use std::time::Duration;

use serde_json::json;

use super::*;
use crate::livekit::token::Grant;
use crate::remote::secret::Secret;
use dialdeck_core::domain::{CalleeType, DeckId};

const NOW: &str = "2026-12-07T15:30:00Z";
const ROOM: &str = "dd-7f3a9c21-12";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn attempt() -> AttemptId {
    "7f3a9c21-12".parse().unwrap()
}

fn reach() -> Reach {
    Reach {
        url: "https://dialer.example.com/trunk".to_owned(),
        key: Secret::new("a key of the deck's own"),
    }
}

fn reader() -> LiveKitReader {
    LiveKitReader {
        ids: DeckId(0x7f3a_9c21).into(),
        signer: Signer {
            key: Secret::new("APIexample"),
            secret: Secret::new("a secret of thirty-two characters"),
        },
        reach: Some(reach()),
    }
}

/// Returns a webhook's token as the sender makes it: valid for five minutes, with the hash of the body.
fn token(body: &str, at: Timestamp) -> String {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let claims = json!({
        "iss": "APIexample",
        "nbf": at.as_millis() / 1000,
        "exp": at.as_millis() / 1000 + 300,
        "sha256": STANDARD.encode(sha256(body.as_bytes())),
    });
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = reader().signer.secret.sign(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn read(path: &str, authorization: &str, body: &str) -> Reading {
    reader().read(&Arrived {
        path,
        is_post: true,
        query: "",
        authorization,
        content_type: "application/webhook+json",
        body: body.as_bytes(),
        at: now(),
    })
}

fn webhook(body: &str) -> Reading {
    read("webhook", &token(body, now()), body)
}

fn taken(reading: Reading) -> Inbound {
    match reading {
        Reading::Take(inbound, reply) => {
            assert_eq!(reply, Reply::ok());
            inbound
        }
        other @ (Reading::Answer(_) | Reading::Refuse(_)) => panic!("not taken: {other:?}"),
    }
}

fn left_with(reason: &str, attributes: &str) -> String {
    format!(
        r#"{{"event":"participant_left","room":{{"sid":"RM_x","name":"{ROOM}"}},"participant":{{"sid":"PA_x","identity":"callee-7f3a9c21-12","state":"DISCONNECTED","kind":"SIP","attributes":{{{attributes}}}{reason}}},"id":"EV_1","createdAt":"1796657395"}}"#
    )
}

#[test]
fn a_callee_who_left_ended_the_call() {
    let answered = r#""sip.callStatus":"active""#;
    let table = [
        (
            r#","disconnectReason":"CLIENT_INITIATED""#,
            "",
            CallEnd::Completed,
        ),
        (
            r#","disconnect_reason":"CLIENT_INITIATED""#,
            "",
            CallEnd::Completed,
        ),
        (
            r#","disconnectReason":"USER_UNAVAILABLE""#,
            "",
            CallEnd::RangOut,
        ),
        (
            r#","disconnectReason":"USER_REJECTED""#,
            "",
            CallEnd::Unresolved,
        ),
        (
            r#","disconnectReason":"PARTICIPANT_REMOVED""#,
            "",
            CallEnd::Unresolved,
        ),
        (
            r#","disconnectReason":"ROOM_DELETED""#,
            answered,
            CallEnd::Completed,
        ),
        ("", answered, CallEnd::Completed),
        // A trunk that fails leaves as normally as a callee who hung up.
        (
            r#","disconnectReason":"CLIENT_INITIATED""#,
            r#""sip.callStatus":"dialing""#,
            CallEnd::Unresolved,
        ),
        (
            r#","disconnectReason":"CLIENT_INITIATED""#,
            r#""sip.callStatus":"ringing""#,
            CallEnd::Unresolved,
        ),
        (
            r#","disconnectReason":"CLIENT_INITIATED""#,
            r#""sip.callStatus":"hangup""#,
            CallEnd::Completed,
        ),
        ("", "", CallEnd::Unresolved),
        (r#","disconnectReason":7"#, "", CallEnd::Unresolved),
    ];
    for (reason, attributes, end) in table {
        let inbound = taken(webhook(&left_with(reason, attributes)));
        assert_eq!(inbound.attempt, attempt());
        assert_eq!(inbound.event, "webhook EV_1");
        assert_eq!(inbound.at.to_string(), "2026-12-07T15:29:55.999Z");
        let News::Ended(report) = inbound.news else {
            panic!("{reason}: {inbound:?}");
        };
        assert_eq!(report.end, end, "{reason}");
    }
}

#[test]
fn the_last_status_of_a_callee_says_whether_the_phone_rang() {
    let table = [
        ("dialing", Some(false)),
        ("ringing", Some(true)),
        ("active", Some(true)),
        ("automation", Some(true)),
        // A cancel writes it, too.
        ("hangup", None),
        ("a word of another age", None),
    ];
    for (status, rang) in table {
        let attributes = format!(r#""sip.callStatus":"{status}""#);
        let body = left_with(r#","disconnectReason":"USER_REJECTED""#, &attributes);
        let News::Ended(report) = taken(webhook(&body)).news else {
            panic!("{status}");
        };
        assert_eq!(report.rang, rang, "{status}");
    }
}

#[test]
fn other_events_say_little() {
    let about = |event: &str, participant: &str| {
        webhook(&format!(
            r#"{{"event":"{event}","room":{{"name":"{ROOM}"}},"participant":{participant},"id":"EV_2"}}"#
        ))
    };
    let callee = r#"{"identity":"callee-7f3a9c21-12","sid":"PA_1","kind":"SIP"}"#;
    let agent = r#"{"sid":"PA_1","identity":"agent-AJ_1","kind":"AGENT"}"#;
    let person = r#"{"sid":"PA_2","identity":"maria"}"#;
    for (event, who) in [
        ("participant_joined", agent),
        ("participant_left", person),
        ("participant_connection_aborted", callee),
    ] {
        assert_eq!(taken(about(event, who)).news, News::Changed, "{event}");
    }
    assert_eq!(taken(about("room_finished", "null")).news, News::RoomGone);
    let joined = taken(about("participant_joined", callee)).news;
    assert_eq!(joined, News::Joined("PA_1".to_owned()));
    for event in ["participant_left", "participant_connection_aborted"] {
        let left = News::AgentLeft("PA_1".to_owned());
        assert_eq!(taken(about(event, agent)).news, left, "{event}");
    }
    for (event, who) in [
        ("room_started", "null"),
        ("track_published", callee),
        ("agent_job_started", "null"),
        ("an event of another age", "null"),
    ] {
        assert_eq!(about(event, who), Reading::Answer(Reply::ok()), "{event}");
    }
    let egress = r#"{"event":"egress_started","egressInfo":{},"id":"EV_3"}"#;
    assert_eq!(webhook(egress), Reading::Answer(Reply::ok()));
}

/// Fields from livekit/protocol `WebhookEvent` and `Job`.
#[test]
fn a_job_that_ended_takes_its_agent_along() {
    let about = |job: &str| {
        webhook(&format!(
            r#"{{"event":"agent_job_ended","job":{job},"id":"EV_5"}}"#
        ))
    };
    let room = format!(r#""room":{{"name":"{ROOM}"}}"#);
    let named = format!(
        r#"{{"id":"AJ_7",{room},"state":{{"status":"JS_FAILED","participantIdentity":"voice-1"}}}}"#
    );
    let unnamed = format!(r#"{{"id":"AJ_7",{room},"state":{{"status":"JS_FAILED"}}}}"#);
    for (job, identity) in [(named, "voice-1"), (unnamed, "agent-AJ_7")] {
        let left = News::AgentLeft(identity.to_owned());
        assert_eq!(taken(about(&job)).news, left);
    }
    assert_eq!(
        about(r#"{"id":"AJ_7"}"#),
        Reading::Answer(Reply::ok()),
        "no room"
    );
}

#[test]
fn both_spellings_of_the_header_are_taken() {
    let body = left_with("", "");
    let plain = token(&body, now());
    for header in [
        plain.clone(),
        format!("Bearer {plain}"),
        format!("bearer  {plain} "),
    ] {
        taken(read("webhook", &header, &body));
    }
}

#[test]
fn what_is_not_the_servers_is_forged() {
    let body = left_with("", "");
    let good = token(&body, now());
    let without_hash = reader().signer.mint(Grant::Rooms, now());
    let changed = body.replace("EV_1", "EV_9");
    let forged = [
        ("", body.as_str()),
        ("Bearer ", &body),
        ("nonsense", &body),
        (&good[..good.len() - 2], &body),
        (&without_hash, &body),
        (&good, &changed),
        (&good, ""),
    ];
    for (header, body) in forged {
        assert_eq!(
            read("webhook", header, body),
            Reading::Refuse(Refused::Forged),
            "{header}"
        );
    }
}

#[test]
fn what_comes_too_late_is_stale() {
    let body = left_with("", "");
    let old = token(&body, now() - Duration::from_mins(7));
    assert_eq!(
        read("webhook", &old, &body),
        Reading::Refuse(Refused::Stale)
    );
    let yesterday = body.replace("1796657395", "1796570000");
    assert_eq!(webhook(&yesterday), Reading::Refuse(Refused::Stale));
}

#[test]
fn other_rooms_are_others_business() {
    let body = left_with("", "");
    let table = [
        (
            body.replace("dd-7f3a9c21-12", "dd-00000001-12"),
            Refused::OtherDeck,
        ),
        (
            body.replace("dd-7f3a9c21-12", "lobby"),
            Refused::NoSuchAttempt,
        ),
        ("not json".to_owned(), Refused::Malformed),
        ("[]".to_owned(), Refused::Malformed),
        (r#"{"event":7}"#.to_owned(), Refused::Malformed),
    ];
    for (body, why) in table {
        assert_eq!(webhook(&body), Reading::Refuse(why), "{body}");
    }
    let get = Arrived {
        path: "webhook",
        is_post: false,
        query: "",
        authorization: "",
        content_type: "",
        body: b"",
        at: now(),
    };
    assert_eq!(reader().read(&get), Reading::Refuse(Refused::NoSuchPath));
    assert_eq!(
        read("elsewhere", "", ""),
        Reading::Refuse(Refused::NoSuchPath)
    );
}

fn report(extra: &str) -> String {
    let token = reach().token(attempt());
    format!(r#"{{"attempt":"7f3a9c21-12","token":"{token}",{extra}}}"#)
}

#[test]
fn an_agents_reports_are_news() {
    let table = [
        (
            r#""event":"callee_type","callee_type":"human""#,
            News::CalleeDetected(CalleeType::Human),
        ),
        (
            r#""event":"callee_type","callee_type":"machine-vm""#,
            News::CalleeDetected(CalleeType::Voicemail),
        ),
        (
            r#""event":"callee_type","callee_type":"uncertain""#,
            News::CalleeDetected(CalleeType::Human),
        ),
        (r#""event":"greeting_ended""#, News::GreetingEnded),
        (r#""event":"bridged""#, News::Bridged),
        (r#""event":"opt_out""#, News::OptOut),
        (
            r#""event":"result","result":"call back on +1 212-555-0142""#,
            News::Result("call back on …".to_owned()),
        ),
    ];
    for (extra, news) in table {
        let body = report(extra);
        let first = taken(read("agent", "", &body));
        assert_eq!(first.news, news);
        assert_eq!((first.attempt, first.at), (attempt(), now()));
        assert_eq!(first.event, taken(read("agent", "", &body)).event);
    }
}

#[test]
fn a_report_has_a_time_and_an_id_of_its_own() {
    let with_own = taken(read(
        "agent",
        "",
        &report(r#""event":"bridged","id":"3","at":"2026-12-07T15:29:58.250Z""#),
    ));
    let (digits, others) = ("12125550142", "12125550143");
    let named = |id: &str| {
        let body = report(&format!(r#""event":"bridged","id":"{id}""#));
        taken(read("agent", "", &body)).event
    };
    assert_eq!(with_own.event, named("3"));
    assert_ne!(named(digits), named(others));
    assert!(!named(digits).contains(digits));
    assert_eq!(with_own.at.to_string(), "2026-12-07T15:29:58.250Z");
    let ahead = report(r#""event":"bridged","at":"2026-12-07T15:31:00Z""#);
    assert_eq!(taken(read("agent", "", &ahead)).at, now());
    let old = report(r#""event":"bridged","at":"2026-12-05T15:31:00Z""#);
    assert_eq!(read("agent", "", &old), Reading::Refuse(Refused::Stale));
}

#[test]
fn only_the_attempts_own_token_proves_a_report() {
    let token = reach().token(attempt());
    let bare = r#"{"attempt":"7f3a9c21-12","event":"opt_out"}"#;
    taken(read("agent", &format!("Bearer {token}"), bare));
    let others = bare.replace("21-12", "21-13");
    for (header, body) in [
        ("", bare),
        ("Bearer x", bare),
        (&*format!("Bearer {token}"), &*others),
        (&*token, bare),
    ] {
        assert_eq!(
            read("agent", header, body),
            Reading::Refuse(Refused::Forged)
        );
    }
    for body in [
        "",
        "[]",
        r#"{"event":"opt_out"}"#,
        &report(r#""event":"shout""#),
        &report(r#""event":"callee_type","callee_type":"martian""#),
        &report(r#""event":"result""#),
    ] {
        assert_eq!(
            read("agent", "", body),
            Reading::Refuse(Refused::Malformed),
            "{body}"
        );
    }
    let mut nowhere = reader();
    nowhere.reach = None;
    let arrived = Arrived {
        path: "agent",
        is_post: true,
        query: "",
        authorization: "",
        content_type: "application/json",
        body: bare.as_bytes(),
        at: now(),
    };
    assert_eq!(nowhere.read(&arrived), Reading::Refuse(Refused::NoSuchPath));
}
