//! Recorded answers to `POST /calls`, each with what it means.

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
    use CallEnd::{
        AccountRefused, BadNumber, CallerIdRefused, Misconfigured, ProviderFailed, Throttled,
    };
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
        (404, r#"{"errors":{"to":["unknown"]}}"#, Some(Misconfigured)),
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
        (404, "<html>nginx</html>", Some(Misconfigured)),
        (
            404,
            r#"{"message":"Call not found from there to here"}"#,
            Some(Misconfigured),
        ),
        (405, "", Some(Misconfigured)),
        (429, "", Some(Throttled)),
        (429, "<html></html>", Some(Throttled)),
        (403, r#"{"error":"Rate exceeded"}"#, Some(Throttled)),
        (
            422,
            r#"{"errors":{"from":["30 calls per hour"]}}"#,
            Some(Throttled),
        ),
        (400, r#"{"message":"Call limit reached"}"#, Some(Throttled)),
        (
            400,
            r#"{"message":"Operator did not generate a reply"}"#,
            Some(Misconfigured),
        ),
        (
            503,
            r#"{"error":{"code":"carrier_down","message":"x"}}"#,
            Some(ProviderFailed),
        ),
        (
            500,
            r#"{"code":"internal","message":"x"}"#,
            Some(ProviderFailed),
        ),
        (500, r#"{"message":"Server Error"}"#, None),
        (500, r#"{"error":"boom"}"#, None),
        (500, "", None),
        (500, r#"{"error":{"co"#, None),
        (502, "<html>Bad Gateway</html>", None),
        (504, "", None),
        (408, "", None),
        (409, r#"{"message":"conflict"}"#, None),
        (302, "", None),
        (308, "", Some(Misconfigured)),
        (100, "", None),
        (999, "", None),
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
fn money_is_told_from_the_key() {
    assert!(of_money(402, ""));
    assert!(of_money(403, "Insufficient balance"));
    assert!(!of_money(401, "Unauthenticated."));
}
