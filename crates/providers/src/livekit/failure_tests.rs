use serde_json::json;

use super::*;
use dialdeck_core::domain::Outcome;
use dialdeck_core::domain::outcome::classify;

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

fn said(answer: Answer) -> Said {
    of_dial(&Ok(answer))
}

/// Returns a Twirp error without a SIP status and with this message.
fn message(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"code": code, "msg": format!("twirp error unknown: {message}")});
    answer(status, "application/json", &body.to_string())
}

fn not_dialed(said: &Said) -> Option<CallEnd> {
    match said {
        Said::NotDialed(report) => Some(report.end),
        Said::Answered | Said::Final(_) | Said::Over(_) | Said::Unclear(_) | Said::Lost => None,
    }
}

#[test]
fn only_the_sip_status_classifies_a_call() {
    use Outcome::{
        Busy, Declined, InvalidNumber, NetworkFailure, NoAnswer, ProviderError, Throttled,
    };
    // HTTP status, Twirp code, SIP status, as the servers of mid-2026 and newer ones combine them.
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
        let Said::Final(report) = said(twirp(status, code, Some((sip, reason)))) else {
            panic!("{code} {sip} is an end");
        };
        assert_eq!(report.sip_code, sip.parse().ok());
        let report = CallReport {
            rang: Some(true),
            ..report
        };
        assert_eq!(classify(&report).outcome, outcome, "{code} {sip} {reason}");
    }
}

#[test]
fn without_a_sip_status_the_code_says_whether_it_may_ring() {
    let refused = |end| Said::Unclear(Some(ended(end)));
    let table = [
        (408, "canceled", Said::Over(Over::Cancelled)),
        (412, "failed_precondition", Said::Over(Over::Failed)),
        // The codes of a refusal are also those of final answers of the network.
        (404, "not_found", refused(CallEnd::TrunkUnknown)),
        (404, "bad_route", refused(CallEnd::Misconfigured)),
        (400, "invalid_argument", refused(CallEnd::Misconfigured)),
        (400, "malformed", refused(CallEnd::Misconfigured)),
        (501, "unimplemented", refused(CallEnd::Misconfigured)),
        (401, "unauthenticated", refused(CallEnd::AccountRefused)),
        (403, "permission_denied", refused(CallEnd::AccountRefused)),
        (429, "resource_exhausted", refused(CallEnd::Throttled)),
        // Each of these came after an INVITE on some server, or is not documented.
        (408, "deadline_exceeded", Said::Unclear(None)),
        (500, "unknown", Said::Unclear(None)),
        (500, "internal", Said::Unclear(None)),
        (500, "dataloss", Said::Unclear(None)),
        (503, "unavailable", Said::Unclear(None)),
        (409, "aborted", Said::Unclear(None)),
        (409, "already_exists", Said::Unclear(None)),
        (500, "a word of another age", Said::Unclear(None)),
    ];
    for (status, code, wanted) in table {
        assert_eq!(said(twirp(status, code, None)), wanted, "{code}");
    }
}

/// The sentences as livekit-server 1.13.5 with livekit/sip 1.11.0 wrote them, and two from its source.
#[test]
fn some_sentences_say_what_their_codes_do_not() {
    let table = [
        (
            408,
            "canceled",
            "sip request timed out",
            Said::Over(Over::Cancelled),
        ),
        (
            408,
            "canceled",
            "transaction failed to complete (0 intermediate responses)",
            Said::Over(Over::NoReply),
        ),
        (
            408,
            "canceled",
            "service shutting down",
            Said::Over(Over::Stopped),
        ),
        (
            408,
            "canceled",
            "server is closed",
            Said::Over(Over::Stopped),
        ),
        (
            412,
            "failed_precondition",
            "transport<TCP> dial err=dial tcp :0->127.0.0.1:5081: connect: connection refused",
            Said::Over(Over::NoConnection),
        ),
        (
            412,
            "failed_precondition",
            "sip server required auth, but no username or password was provided",
            Said::Over(Over::Credentials),
        ),
        (
            412,
            "failed_precondition",
            "max auth retry attempts reached",
            Said::Over(Over::Credentials),
        ),
    ];
    for (status, code, text, wanted) in table {
        assert_eq!(said(message(status, code, text)), wanted, "{code} {text}");
    }
}

/// Sentences from before the dialing, and the same ones under codes that do not go with them.
#[test]
fn a_sentence_means_that_nothing_was_dialed_only_under_its_code() {
    let table = [
        (
            503,
            "unavailable",
            "no response from servers",
            Said::NotDialed(ended(CallEnd::ProviderFailed)),
        ),
        (
            404,
            "not_found",
            "requested sip trunk does not exist",
            Said::NotDialed(ended(CallEnd::TrunkUnknown)),
        ),
        (
            401,
            "unauthenticated",
            "permissions denied",
            Said::NotDialed(ended(CallEnd::AccountRefused)),
        ),
        // A sentence under another code means nothing.
        (
            500,
            "internal",
            "no response from servers",
            Said::Unclear(None),
        ),
        (
            500,
            "unknown",
            "sip server required auth",
            Said::Unclear(None),
        ),
        (503, "unavailable", "cpu exhausted", Said::Unclear(None)),
    ];
    for (status, code, text, wanted) in table {
        assert_eq!(said(message(status, code, text)), wanted, "{code} {text}");
    }
}

#[test]
fn an_end_waits_for_proof_of_silence_only_where_that_changes_it() {
    let asks = |code: &str, status: &str| {
        said(twirp(412, code, Some((status, "")))).asks_whether_it_rang()
    };
    for status in ["500", "503", "504", "403", "481", "488", "603", "606"] {
        assert!(asks("failed_precondition", status), "{status}");
    }
    for status in ["486", "480", "404", "600", "607", "608"] {
        assert!(!asks("failed_precondition", status), "{status}");
    }
    assert!(said(twirp(408, "canceled", None)).asks_whether_it_rang());
    assert!(!said(twirp(500, "unknown", None)).asks_whether_it_rang());
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
        let wanted = match end {
            // LiveKit's own check of the token, before anything else.
            Some(CallEnd::AccountRefused) => Said::NotDialed(ended(CallEnd::AccountRefused)),
            Some(end) => Said::Unclear(Some(ended(end))),
            None => Said::Lost,
        };
        assert_eq!(said(answer(status, "text/html", html)), wanted, "{status}");
    }
    for odd in ["", "[]", "null", "{", r#"{"code":7,"meta":"no"}"#, "\u{0}"] {
        assert_eq!(said(answer(500, "application/json", odd)), Said::Lost);
    }
}

#[test]
fn a_call_is_answered_when_the_server_names_it() {
    let good = r#"{"participant_id":"PA_x","participant_identity":"callee-1","room_name":"dd-1","sip_call_id":"SCL_x"}"#;
    let said = |body| of_dial(&Ok(answer(200, "application/json", body)));
    assert_eq!(said(good), Said::Answered);
    for broken in [
        "",
        "{\"participant_id\":\"PA",
        "{}",
        r#"{"participant_id":""}"#,
    ] {
        assert_eq!(said(broken), Said::Lost, "{broken}");
    }
}

#[test]
fn a_pause_is_passed_on() {
    let mut throttled = twirp(429, "resource_exhausted", None);
    throttled.retry_after = Some(Duration::from_secs(7));
    let Said::Unclear(Some(report)) = said(throttled.clone()) else {
        panic!("a refusal is stated");
    };
    assert_eq!(report.retry_after, Some(Duration::from_secs(7)));
    let before = before_dialing(&Failure::Refused(Refusal::read(&throttled)));
    assert_eq!(before, report);
}

#[test]
fn a_request_that_never_left_is_no_call_and_a_lost_one_may_be() {
    let not_sent = of_dial(&Err(NoAnswer::NotSent("refused".to_owned())));
    assert_eq!(not_dialed(&not_sent), Some(CallEnd::ProviderFailed));
    let lost = of_dial(&Err(NoAnswer::Lost("reset".to_owned())));
    assert_eq!(lost, Said::Lost);
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
