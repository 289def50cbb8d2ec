//! Proves and reads inbound requests: the server's webhooks and the agents' reports.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::report;
use super::token::{Distrust, Signer};
use super::wire::{Participant, attempt_of, field, identity_of};
use crate::inbound::{Arrived, Inbound, News, Reader, Reading, Refused, Reply};
use crate::remote::secret::Reach;
use dialdeck_core::domain::digest::sha256;
use dialdeck_core::domain::{AttemptId, CallEnd, CallReport, Incarnations, Timestamp};

/// The longest id that is accepted from a webhook; ids are UUIDs.
const LONGEST_ID: usize = 80;

/// Proves and reads inbound requests for one LiveKit trunk.
#[derive(Debug)]
pub(super) struct LiveKitReader {
    pub(super) ids: Incarnations,
    pub(super) signer: Signer,
    /// With `None` agents were given no address, so every agent's report is refused.
    pub(super) reach: Option<Reach>,
}

impl Reader for LiveKitReader {
    fn read(&self, arrived: &Arrived<'_>) -> Reading {
        match (arrived.path, &self.reach) {
            ("webhook", _) if arrived.is_post => {
                self.webhook(arrived).unwrap_or_else(Reading::Refuse)
            }
            ("agent", Some(reach)) if arrived.is_post => report::read(arrived, reach),
            _ => Reading::Refuse(Refused::NoSuchPath),
        }
    }
}

impl LiveKitReader {
    fn webhook(&self, arrived: &Arrived<'_>) -> Result<Reading, Refused> {
        self.prove(arrived)?;
        let body: Value = serde_json::from_slice(arrived.body).map_err(|_| Refused::Malformed)?;
        let event = body["event"].as_str().ok_or(Refused::Malformed)?;
        let room = body["room"]["name"].as_str();
        let Some(room) = room.or_else(|| body["job"]["room"]["name"].as_str()) else {
            // The event concerns no room: an egress or an ingress.
            return Ok(Reading::Answer(Reply::ok()));
        };
        let attempt = attempt_of(room).ok_or(Refused::NoSuchAttempt)?;
        if !self.ids.own(attempt) {
            return Err(Refused::OtherDeck);
        }
        let at = created_at(&body).unwrap_or(arrived.at);
        if arrived.is_a_day_from(at) {
            return Err(Refused::Stale);
        }
        let Some(news) = news(event, &body, attempt) else {
            return Ok(Reading::Answer(Reply::ok()));
        };
        let inbound = Inbound {
            event: event_id(&body, arrived.body),
            attempt,
            at: at.min(arrived.at),
            news,
        };
        Ok(Reading::Take(inbound, Reply::ok()))
    }

    /// Verifies the sender's token and the hash of the body in it. The sender writes the token without
    /// `Bearer`; a token with it is accepted as well.
    fn prove(&self, arrived: &Arrived<'_>) -> Result<(), Refused> {
        let token = arrived.authorization.trim();
        let token = match token.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            _ => token,
        };
        let claims = self
            .signer
            .check(token, arrived.at)
            .map_err(|why| match why {
                Distrust::Forged => Refused::Forged,
                Distrust::Stale => Refused::Stale,
            })?;
        let hash = STANDARD.encode(sha256(arrived.body));
        let value = claims["sha256"].as_str().unwrap_or_default();
        // Both hashes are signed with the secret before the comparison, so its duration reveals nothing.
        let wanted = self.signer.secret.sign(hash.as_bytes());
        if self.signer.secret.proves(value.as_bytes(), &wanted) {
            Ok(())
        } else {
            Err(Refused::Forged)
        }
    }
}

/// Returns `createdAt`, a text or a number of whole seconds of Unix time, rounded down. The end of that
/// second is used, so that no event appears to precede what the deck observed.
fn created_at(body: &Value) -> Option<Timestamp> {
    let value = field(body, "created_at", "createdAt");
    let seconds = match value {
        Value::String(text) => text.parse().ok()?,
        Value::Number(number) => number.as_i64()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Timestamp::from_millis(
        seconds.checked_mul(1000)?.checked_add(999)?,
    ))
}

fn event_id(body: &Value, bytes: &[u8]) -> String {
    match body["id"].as_str() {
        Some(id) if !id.is_empty() && id.len() <= LONGEST_ID && id.is_ascii() => {
            format!("webhook {id}")
        }
        Some(_) | None => format!("webhook {}", report::digest(bytes)),
    }
}

/// Returns what an event reports about the attempt, or `None` if nothing. `participant_joined` does not show
/// an answer, because the callee joins when dialing begins.
fn news(event: &str, body: &Value, attempt: AttemptId) -> Option<News> {
    let participant = Participant::read(&body["participant"]);
    let is_callee = participant.identity == identity_of(attempt);
    match event {
        "participant_left" if is_callee => Some(News::Ended(left(body, &participant))),
        "participant_joined" if is_callee => Some(News::Joined(participant.stay)),
        "participant_left" | "participant_connection_aborted" if participant.is_agent() => {
            Some(News::AgentLeft(participant.key().to_owned()))
        }
        "participant_left" | "participant_connection_aborted" => Some(News::Changed),
        "room_finished" => Some(News::RoomGone),
        "agent_job_ended" => Some(News::AgentLeft(agent_of(&body["job"])?)),
        "participant_joined" if participant.is_agent() || participant.is_person() => {
            Some(News::Changed)
        }
        _ => None,
    }
}

/// Returns the identity in the room of a job's agent (livekit/protocol `Job`; livekit/livekit names it after
/// the job).
fn agent_of(job: &Value) -> Option<String> {
    let state = &job["state"];
    let named = field(state, "participant_identity", "participantIdentity").as_str();
    match named.filter(|name| !name.is_empty()) {
        Some(name) => Some(name.to_owned()),
        None => job["id"].as_str().map(|id| format!("agent-{id}")),
    }
}

/// Returns what leaving the room shows about a call whose request's answer is missing. Only a normal end and
/// a callee who could not be reached are certain. Busy, declined and invalid share one reason, and a trunk
/// that failed before the answer leaves as normally as a callee who hung up.
fn left(body: &Value, callee: &Participant) -> CallReport {
    let participant = &body["participant"];
    let reason = field(participant, "disconnect_reason", "disconnectReason")
        .as_str()
        .unwrap_or_default();
    let end = match reason {
        _ if callee.was_answered() => CallEnd::Completed,
        "CLIENT_INITIATED" if callee.rang().is_none() => CallEnd::Completed,
        "USER_UNAVAILABLE" => CallEnd::RangOut,
        _ => CallEnd::Unresolved,
    };
    // An identifier of the protocol is kept for people; any other text is dropped.
    let is_word = |text: &str| {
        !text.is_empty()
            && text.len() <= 40
            && text.bytes().all(|b| b == b'_' || b.is_ascii_uppercase())
    };
    CallReport {
        end,
        reason: Some(reason.to_owned()).filter(|text| is_word(text)),
        rang: callee.rang(),
        ..CallReport::default()
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
