//! The agent's reports about its call, by POST with the token that it was given.

use serde_json::Value;

use super::wire::callee_type;
use crate::inbound::{Arrived, Inbound, News, Reading, Refused, Reply};
use crate::remote::secret::Reach;
use crate::remote::text::plain;
use dialdeck_core::domain::digest::{hex, sha256};
use dialdeck_core::domain::{AttemptId, Timestamp};

/// The longest id that an agent may give a report.
const LONGEST_ID: usize = 64;

/// Proves and reads a report: `{"attempt", "event", "token", "at", "id", …}`.
///
/// The token may be in the `Authorization` header as a bearer token instead. `at` (RFC 3339) and `id` are
/// optional. Without `at` the instant of arrival is used; without `id` two reports with equal bodies are one
/// report.
pub(super) fn read(arrived: &Arrived<'_>, reach: &Reach) -> Reading {
    let Ok(body) = serde_json::from_slice::<Value>(arrived.body) else {
        return Reading::Refuse(Refused::Malformed);
    };
    let attempt = body["attempt"].as_str().and_then(|text| text.parse().ok());
    let Some(attempt) = attempt else {
        return Reading::Refuse(Refused::Malformed);
    };
    let token = body["token"].as_str().or_else(|| {
        let (scheme, token) = arrived.authorization.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    if !token.is_some_and(|token| reach.proves(attempt, token)) {
        return Reading::Refuse(Refused::Forged);
    }
    let Some(news) = news(&body) else {
        return Reading::Refuse(Refused::Malformed);
    };
    let at = body["at"].as_str().and_then(|text| text.parse().ok());
    let at: Timestamp = at.unwrap_or(arrived.at);
    if arrived.is_a_day_from(at) {
        return Reading::Refuse(Refused::Stale);
    }
    let inbound = Inbound {
        event: event_id(&body, attempt, arrived.body),
        attempt,
        at: at.min(arrived.at),
        news,
    };
    Reading::Take(inbound, Reply::ok())
}

fn news(body: &Value) -> Option<News> {
    let text = |name: &str| body[name].as_str().map(str::trim);
    match text("event")? {
        "callee_type" => callee_type(text("callee_type")?).map(News::CalleeDetected),
        "greeting_ended" => Some(News::GreetingEnded),
        "bridged" => Some(News::Bridged),
        "opt_out" => Some(News::OptOut),
        "result" => {
            let result = plain(text("result")?);
            (!result.is_empty()).then_some(News::Result(result))
        }
        _ => None,
    }
}

/// Returns the event id: the report's id or its body, hashed, with the attempt.
fn event_id(body: &Value, attempt: AttemptId, bytes: &[u8]) -> String {
    match body["id"].as_str() {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID && id.is_ascii() => {
            // Hashed, so that none of its text is stored and different ids stay different.
            format!("agent {attempt} {}", digest(id.as_bytes()))
        }
        Some(_) | None => format!("agent {attempt} {}", digest(bytes)),
    }
}

/// Returns a short hash of some bytes, in hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex(&sha256(bytes)[..16])
}
