//! Recorded answers to `POST /calls`, each with its meaning.

use super::*;

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        retry_after: None,
        content_type: if body.starts_with('<') {
            "text/html".to_owned()
        } else {
            "application/json".to_owned()
        },
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn a_call_is_one_only_with_an_id() {
    for body in [
        r#"{"id":"c1","status":"queued"}"#,
        r#"{"call_id":"c1"}"#,
        r#"{"data":{"id":"c1"}}"#,
        r#"{"call":{"call_id":"c1","status":"initiated"}}"#,
    ] {
        let Placed::Call(id, _) = placed(&answer(201, body)) else {
            panic!("{body}");
        };
        assert_eq!(id, "c1");
    }
    for body in ["", "{", "{}", "[]", "null", r#"{"id":""}"#, "<html></html>"] {
        assert_eq!(placed(&answer(200, body)), Placed::Unclear, "{body}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_refusal_is_what_it_says() {
    use CallEnd::{AccountRefused, BadNumber, CallerIdRefused, Misconfigured, Throttled};
    let table: &[(u16, &str, Option<CallEnd>)] = &[
        (
            401,
            r#"{"message":"Unauthenticated."}"#,
            Some(AccountRefused),
        ),
        (401, "", Some(AccountRefused)),
        (
            402,
            r#"{"message":"Payment required"}"#,
            Some(AccountRefused),
        ),
        (
            403,
            r#"{"error":"Insufficient balance"}"#,
            Some(AccountRefused),
        ),
        (
            422,
            r#"{"message":"Your balance is too low"}"#,
            Some(AccountRefused),
        ),
        (
            403,
            r#"{"error":{"code":"from_number_not_owned"}}"#,
            Some(CallerIdRefused),
        ),
        (
            403,
            r#"{"message":"You do not own this number"}"#,
            Some(CallerIdRefused),
        ),
        (
            404,
            r#"{"message":"No such `from` number"}"#,
            Some(CallerIdRefused),
        ),
        (
            404,
            r#"{"error":{"field":"from","message":"not found"}}"#,
            Some(CallerIdRefused),
        ),
        (
            422,
            r#"{"message":"The selected from is invalid.","errors":{"from":["The selected from is invalid."]}}"#,
            Some(CallerIdRefused),
        ),
        (
            422,
            r#"{"message":"The to field must be a valid phone number."}"#,
            Some(BadNumber),
        ),
        (
            422,
            r#"{"errors":{"to":["is not a phone number"]}}"#,
            Some(BadNumber),
        ),
        (
            400,
            r#"{"errors":[{"field":"to","message":"invalid"}]}"#,
            Some(BadNumber),
        ),
        (400, r#"{"error":"'to' is invalid"}"#, Some(BadNumber)),
        (400, "invalid destination number", Some(BadNumber)),
        (
            422,
            r#"{"errors":{"to":["Calls to this country are not enabled"]}}"#,
            Some(Misconfigured),
        ),
        (404, r#"{"errors":{"to":["unknown"]}}"#, None),
        (
            422,
            r#"{"errors":{"model":["unknown model"]}}"#,
            Some(Misconfigured),
        ),
        (
            422,
            r#"{"errors":{"system_prompt":["above the limit of 10000"]}}"#,
            Some(Misconfigured),
        ),
        (
            403,
            r#"{"error":"Calling is disabled for this account."}"#,
            Some(Misconfigured),
        ),
        (403, "<html>forbidden</html>", Some(Misconfigured)),
        (405, "", Some(Misconfigured)),
        (413, "", Some(Misconfigured)),
        (415, "<html></html>", Some(Misconfigured)),
        (429, "", Some(Throttled)),
        (429, "<html></html>", Some(Throttled)),
        (403, r#"{"error":"Rate exceeded"}"#, Some(Throttled)),
        (
            422,
            r#"{"errors":{"from":["30 calls per hour"]}}"#,
            Some(Throttled),
        ),
        (400, r#"{"message":"Call limit reached"}"#, Some(Throttled)),
    ];
    for (status, body, wanted) in table {
        let found = match placed(&answer(*status, body)) {
            Placed::Refused(end, _) => Some(end),
            Placed::Unclear => None,
            Placed::Call(..) => panic!("{status} {body} is no call"),
        };
        assert_eq!(found, *wanted, "{status} {body}");
    }
}

#[test]
fn what_no_page_defines_is_unclear() {
    // No page of the vendor states that a 5xx dialed nothing, so its body does not matter.
    let bodies = [
        "",
        r#"{"message":"Server Error"}"#,
        r#"{"error":"boom"}"#,
        r#"{"error":{"code":"internal_error"}}"#,
        r#"{"error":{"code":"carrier_down","message":"x"}}"#,
        r#"{"error":{"code":"rate_limited"}}"#,
        r#"{"error":{"field":"from","message":"does not belong to you"}}"#,
        r#"{"code":"not_dialed","message":"Nothing was dialed."}"#,
        r#"{"errors":{"to":["is not a phone number"]}}"#,
        r#"{"error":{"co"#,
        "<html>Bad Gateway</html>",
        "Insufficient balance",
    ];
    for status in 500..600 {
        for body in bodies {
            assert_eq!(
                placed(&answer(status, body)),
                Placed::Unclear,
                "{status} {body}"
            );
        }
    }
    // Redirects, timeouts, conflicts and undefined statuses, with any text.
    let others = [
        100, 199, 300, 301, 302, 303, 304, 307, 308, 406, 408, 409, 410, 412, 418, 421, 423, 424,
        425, 426, 451, 499, 600, 999,
    ];
    for status in others {
        for body in bodies {
            assert_eq!(
                placed(&answer(status, body)),
                Placed::Unclear,
                "{status} {body}"
            );
        }
    }
}

#[test]
fn a_refusal_that_shows_a_call_or_speaks_of_one_is_unclear() {
    let bodies = [
        r#"{"id":"c1","message":"The from number is not owned"}"#,
        r#"{"call_id":"c1","errors":{"to":["is not a phone number"]}}"#,
        r#"{"data":{"id":7},"error":"Rate exceeded"}"#,
        r#"{"error":{"code":"conflict","call_id":"c1"}}"#,
        r#"{"error":{"message":"x","call":{"status":"ringing"}}}"#,
        r#"{"call":{"status":"initiated"},"message":"Payment required"}"#,
        // Cut off in the middle.
        r#"{"message":"Too Many Attempts.","da"#,
    ];
    for status in [400, 401, 402, 403, 404, 405, 422, 429] {
        for body in bodies {
            assert_eq!(
                placed(&answer(status, body)),
                Placed::Unclear,
                "{status} {body}"
            );
        }
    }
    for (status, body) in [
        (400, r#"{"error":{"code":"internal_error"}}"#),
        (400, r#"{"message":"Operator did not generate a reply"}"#),
        (400, ""),
        (422, r#"{"message":"Invalid."}"#),
        (422, r#"{"errors":{"call":["could not be set up"]}}"#),
        (422, r#"{"errors":{"to":["did not answer"]}}"#),
        (403, r#"{"error":"The carrier rejected the call"}"#),
        (404, "<html>nginx</html>"),
        (404, r#"{"message":"No query results for model [Call]"}"#),
        (404, r#"{"message":"Call not found from there to here"}"#),
    ] {
        assert_eq!(
            placed(&answer(status, body)),
            Placed::Unclear,
            "{status} {body}"
        );
    }
}

#[test]
fn money_is_told_from_the_key() {
    assert!(of_money(402, ""));
    assert!(of_money(403, "Insufficient balance"));
    assert!(!of_money(401, "Unauthenticated."));
}
