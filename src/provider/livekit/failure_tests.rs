use serde_json::json;

use super::*;
use crate::domain::Outcome;
use crate::domain::outcome::classify;

fn answer(status: u16, content_type: &str, body: &str) -> Answer {
    Answer {
        status,
        retry_after: None,
        content_type: content_type.to_owned(),
        body: body.as_bytes().to_vec(),
    }
}

fn twirp(status: u16, code: &str, sip: Option<(&str, &str)>) -> Answer {
    let mut body = json!({"code": code, "msg": "for people: sip status 603, try 486"});
    if let Some((status, reason)) = sip {
        body["meta"] = json!({"sip_status_code": status, "sip_status": reason});
    }
    answer(status, "application/json", &body.to_string())
}

fn end_of(answer: Answer, cancelled: bool) -> Option<CallEnd> {
    match of_dial(&Ok(answer), cancelled) {
        Dialed::Ended(report) => Some(report.end),
        Dialed::Lost => None,
        Dialed::Answered => panic!("answered"),
    }
}

#[test]
fn only_the_sip_status_classifies_a_call() {
    use Outcome::{
        Busy, Cancelled, Declined, InvalidNumber, NetworkFailure, NoAnswer, ProviderError,
        Throttled,
    };
    // HTTP status, Twirp code, SIP status: as the servers of mid-2026 and the newer ones pair them.
    let table = [
        (429, "resource_exhausted", "486", "Busy Here", Busy),
        (412, "failed_precondition", "486", "Busy Here", Busy),
        (429, "resource_exhausted", "480", "Unavailable", NoAnswer),
        (412, "failed_precondition", "480", "Unavailable", NoAnswer),
        (429, "resource_exhausted", "600", "Busy", Busy),
        (408, "deadline_exceeded", "408", "Timeout", NoAnswer),
        (408, "deadline_exceeded", "504", "", NetworkFailure),
        (404, "not_found", "404", "Not Found", InvalidNumber),
        (404, "not_found", "410", "Gone", InvalidNumber),
        (400, "invalid_argument", "484", "", InvalidNumber),
        (400, "invalid_argument", "488", "", ProviderError),
        (403, "permission_denied", "603", "Decline", Declined),
        (403, "permission_denied", "603", "32203", ProviderError),
        (403, "permission_denied", "607", "Unwanted", Declined),
        (403, "permission_denied", "608", "Rejected", ProviderError),
        (403, "permission_denied", "403", "Forbidden", ProviderError),
        (
            403,
            "permission_denied",
            "403",
            "Channel limit exceeded",
            Throttled,
        ),
        (401, "unauthenticated", "407", "", ProviderError),
        (409, "aborted", "487", "", NoAnswer),
        (412, "failed_precondition", "500", "", NetworkFailure),
        (
            412,
            "failed_precondition",
            "503",
            "CPS limit exceeded",
            Throttled,
        ),
        (412, "failed_precondition", "503", "", NetworkFailure),
    ];
    for (status, code, sip, reason, outcome) in table {
        let Dialed::Ended(report) = of_dial(&Ok(twirp(status, code, Some((sip, reason)))), false)
        else {
            panic!("{code} {sip} is an end");
        };
        assert_eq!(report.sip_code, sip.parse().ok());
        assert_eq!(classify(&report).outcome, outcome, "{code} {sip} {reason}");
    }
    let cancelled = of_dial(&Ok(twirp(409, "aborted", Some(("487", "")))), true);
    let Dialed::Ended(report) = cancelled else {
        panic!("487 is an end");
    };
    assert_eq!(classify(&report).outcome, Cancelled);
}

#[test]
fn without_a_sip_status_the_code_says_whether_it_may_ring() {
    let table = [
        (408, "canceled", Some(CallEnd::RangOut)),
        (408, "deadline_exceeded", None),
        (404, "not_found", Some(CallEnd::Misconfigured)),
        (404, "bad_route", Some(CallEnd::Misconfigured)),
        (400, "invalid_argument", Some(CallEnd::Misconfigured)),
        (401, "unauthenticated", Some(CallEnd::AccountRefused)),
        (403, "permission_denied", Some(CallEnd::AccountRefused)),
        (429, "resource_exhausted", Some(CallEnd::Throttled)),
        (412, "failed_precondition", Some(CallEnd::Failed)),
        (500, "internal", Some(CallEnd::ProviderFailed)),
        (503, "unavailable", Some(CallEnd::ProviderFailed)),
        (409, "aborted", None),
        (409, "already_exists", None),
        (500, "a word of another age", None),
    ];
    for (status, code, end) in table {
        assert_eq!(end_of(twirp(status, code, None), false), end, "{code}");
    }
    let ours = end_of(twirp(408, "canceled", None), true);
    assert_eq!(ours, Some(CallEnd::CancelledByUs));
}

#[test]
fn what_stands_in_between_may_have_passed_it_on() {
    let html = "<html><body>502 Bad Gateway</body></html>";
    let table = [
        (401, Some(CallEnd::AccountRefused)),
        (429, Some(CallEnd::Throttled)),
        (301, Some(CallEnd::Misconfigured)),
        (403, Some(CallEnd::Misconfigured)),
        (404, Some(CallEnd::Misconfigured)),
        (408, None),
        (499, None),
        (500, None),
        (502, None),
        (503, None),
        (504, None),
        (200, None),
    ];
    for (status, end) in table {
        assert_eq!(end_of(answer(status, "text/html", html), false), end);
    }
    for odd in ["", "[]", "null", "{", r#"{"code":7,"meta":"no"}"#, "\u{0}"] {
        assert_eq!(end_of(answer(500, "application/json", odd), false), None);
    }
}

#[test]
fn a_call_is_answered_when_the_server_names_it() {
    let good = r#"{"participant_id":"PA_x","participant_identity":"callee-1","room_name":"dd-1","sip_call_id":"SCL_x"}"#;
    let said = |body| of_dial(&Ok(answer(200, "application/json", body)), false);
    assert_eq!(said(good), Dialed::Answered);
    for broken in [
        "",
        "{\"participant_id\":\"PA",
        "{}",
        r#"{"participant_id":""}"#,
    ] {
        assert_eq!(said(broken), Dialed::Lost, "{broken}");
    }
}

#[test]
fn a_pause_is_passed_on() {
    let mut throttled = twirp(429, "resource_exhausted", None);
    throttled.retry_after = Some(Duration::from_secs(7));
    let Dialed::Ended(report) = of_dial(&Ok(throttled.clone()), false) else {
        panic!("a refusal is an end");
    };
    assert_eq!(report.retry_after, Some(Duration::from_secs(7)));
    let before = before_dialing(&Failure::Refused(Refusal::read(&throttled)));
    assert_eq!(before, report);
}

#[test]
fn a_request_that_never_left_is_no_call_and_a_lost_one_may_be() {
    let not_sent = of_dial(&Err(NoAnswer::NotSent("refused".to_owned())), false);
    let Dialed::Ended(report) = not_sent else {
        panic!("an end");
    };
    assert_eq!(report.end, CallEnd::ProviderFailed);
    let lost = of_dial(&Err(NoAnswer::Lost("reset".to_owned())), true);
    assert_eq!(lost, Dialed::Lost);
}

#[test]
fn before_dialing_nothing_is_in_doubt() {
    let refused = |answer: &Answer| Failure::Refused(Refusal::read(answer));
    let table = [
        (
            refused(&answer(401, "text/plain", "invalid token")),
            CallEnd::AccountRefused,
        ),
        (
            refused(&twirp(401, "unauthenticated", None)),
            CallEnd::AccountRefused,
        ),
        (
            refused(&twirp(429, "resource_exhausted", None)),
            CallEnd::Throttled,
        ),
        (
            refused(&twirp(400, "invalid_argument", None)),
            CallEnd::Misconfigured,
        ),
        (
            refused(&answer(404, "text/html", "<html>")),
            CallEnd::Misconfigured,
        ),
        (
            refused(&answer(502, "text/html", "<html>")),
            CallEnd::ProviderFailed,
        ),
        (
            refused(&twirp(503, "unavailable", None)),
            CallEnd::ProviderFailed,
        ),
        (
            Failure::NoAnswer(NoAnswer::Lost("reset".to_owned())),
            CallEnd::ProviderFailed,
        ),
        (Failure::Unreadable, CallEnd::ProviderFailed),
    ];
    for (failure, end) in table {
        assert_eq!(before_dialing(&failure).end, end, "{failure:?}");
    }
}
