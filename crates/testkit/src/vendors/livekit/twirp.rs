//! Answers as the server writes them.

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::World;

/// A text field in either spelling; empty when it is missing.
pub(super) fn text<'a>(body: &'a Value, snake: &str) -> &'a str {
    let either = body[snake].as_str().or(body[camel(snake)].as_str());
    either.unwrap_or_default()
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (head, tail) = word.split_at(1);
        name + &head.to_uppercase() + tail
    })
}

/// A span as protobuf's JSON writes it.
pub(super) fn span(text: &str) -> Option<std::time::Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    std::time::Duration::try_from_secs_f64(seconds).ok()
}

pub(super) fn ok(body: &Value) -> Response {
    written(200, "application/json", body.to_string())
}

/// The token check's own answer.
pub(super) fn plain(status: u16, text: &str) -> Response {
    written(status, "text/plain; charset=utf-8", text.to_owned())
}

/// What stands in front of the server has no server to ask.
pub(super) fn bad_gateway() -> Response {
    let page = "<html>\r\n<head><title>502 Bad Gateway</title></head></html>\r\n";
    written(502, "text/html", page.to_owned())
}

/// A success whose body breaks off.
pub(super) fn broken() -> Response {
    written(
        200,
        "application/json",
        r#"{"participant_id":"PA_"#.to_owned(),
    )
}

/// A Twirp error without a word of the carrier's.
pub(super) fn error(code: &str, message: &str) -> Response {
    refused(code, &json!({"code": code, "msg": message}))
}

/// A Twirp error with the carrier's final status.
pub(super) fn sip_error(code: &str, status: u16, reason: &str) -> Response {
    let meta = json!({
        "sip_status_code": status.to_string(),
        "sip_status": reason,
        "error_details": "CAESBUJ1c3k=",
    });
    let message = format!("twirp error {code}: sip status: {status}: {reason}");
    refused(code, &json!({"code": code, "msg": message, "meta": meta}))
}

/// Too many requests.
pub(super) fn limited(world: &World) -> Response {
    let mut response = error("resource_exhausted", "too many requests");
    if let Some(seconds) = world.settings().retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

fn refused(code: &str, body: &Value) -> Response {
    let status = match code {
        "canceled" | "deadline_exceeded" => 408,
        "invalid_argument" | "malformed" | "out_of_range" => 400,
        "unauthenticated" => 401,
        "permission_denied" => 403,
        "not_found" | "bad_route" => 404,
        "already_exists" | "aborted" => 409,
        "failed_precondition" => 412,
        "resource_exhausted" => 429,
        "unimplemented" => 501,
        "unavailable" => 503,
        _ => 500,
    };
    written(status, "application/json", body.to_string())
}

pub(super) fn written(status: u16, content_type: &'static str, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap();
    (status, [("content-type", content_type)], body).into_response()
}

/// How the server tells a carrier's final status; `newer`: as since `livekit-protocol` 0.8.2.
pub(super) fn code_of(status: u16, newer: bool) -> &'static str {
    match status {
        301 | 302 | 404 | 410 | 481 | 604 => "not_found",
        401 | 402 | 403 | 433 | 603 | 607 | 608 => "permission_denied",
        407 | 428 | 436..=438 | 494 => "unauthenticated",
        408 | 504 => "deadline_exceeded",
        480 | 486 if newer => "failed_precondition",
        480 | 486 | 600 | 440 => "resource_exhausted",
        487 | 491 => "aborted",
        500..=503 | 409 | 412 | 482 | 483 => "failed_precondition",
        _ => "invalid_argument",
    }
}

/// The reason with which a participant leaves whose call failed.
pub(super) fn reason_of(status: u16, phrase: &str) -> Option<&'static str> {
    let phrase = phrase.to_lowercase();
    let limit = ["cps limit exceeded", "concurrent call limit exceeded"];
    match status {
        404 | 408 | 480 => Some("USER_UNAVAILABLE"),
        400..=499 | 600..=699 => Some("USER_REJECTED"),
        500..=599 if limit.iter().any(|text| phrase.contains(text)) => Some("USER_REJECTED"),
        _ => None,
    }
}
