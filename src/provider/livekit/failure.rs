//! What an answer that is no success means: whether a phone may have rung, and how it ended.
//!
//! Only the SIP status in `meta` classifies a call. The HTTP status cannot: the same busy line is a
//! 429 on one server and a 412 on the next (livekit/protocol `livekit_sip.go`, `livekit-protocol`
//! 0.8.2).

use std::time::Duration;

use serde_json::Value;

use crate::domain::CallReport;
use crate::domain::attempt::CallEnd;
use crate::provider::remote::http::{Answer, NoAnswer};
use crate::provider::remote::text::plain;

/// An answer that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    /// The Twirp code; `None` when something that is no LiveKit server answered, or its token check.
    code: Option<String>,
    /// The carrier's final status and its reason phrase.
    sip: Option<(u16, String)>,
    retry_after: Option<Duration>,
}

/// Why a request came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It was refused.
    Refused(Refusal),
    /// There is no answer.
    NoAnswer(NoAnswer),
    /// It was answered with something that cannot be read.
    Unreadable,
}

/// What came of the request that makes a phone ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dialed {
    /// Somebody or something picked up.
    Answered,
    /// It ended like this.
    Ended(CallReport),
    /// Nobody knows: it may ring.
    Lost,
}

impl Refusal {
    /// Reads one. The message is never read: it is made for people.
    pub(super) fn read(answer: &Answer) -> Self {
        let body = answer.json().unwrap_or_default();
        let meta = &body["meta"];
        let status = match &meta["sip_status_code"] {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let reason = plain(meta["sip_status"].as_str().unwrap_or_default());
        Self {
            status: answer.status,
            code: body["code"].as_str().map(str::to_owned),
            sip: status
                .filter(|status| (300..700).contains(status))
                .map(|status| (status, reason)),
            retry_after: answer.retry_after,
        }
    }

    /// Whether the server says that what was asked for is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.code.as_deref() == Some("not_found")
    }

    /// Whether our credentials are refused.
    pub(super) fn is_unauthorised(&self) -> bool {
        self.status == 401 || self.code.as_deref() == Some("permission_denied")
    }

    /// For people: never more than the status and the code.
    pub(super) fn shown(&self) -> String {
        match &self.code {
            // A code is a word of the protocol; what is longer was written by somebody else.
            Some(code) if code.len() <= 24 => format!("HTTP {} ({code})", self.status),
            Some(_) | None => format!("HTTP {}", self.status),
        }
    }
}

impl Failure {
    /// For people: no address, no number, no secret.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.shown(),
            Self::NoAnswer(why) => why.to_string(),
            Self::Unreadable => "an answer that is not LiveKit's".to_owned(),
        }
    }
}

/// How an attempt ends whose preparation failed: nothing was dialed.
pub(super) fn before_dialing(failure: &Failure) -> CallReport {
    let Failure::Refused(refusal) = failure else {
        return ended(CallEnd::ProviderFailed);
    };
    if refusal.is_unauthorised() {
        return ended(CallEnd::AccountRefused);
    }
    let end = match refusal.status {
        429 => CallEnd::Throttled,
        300..=499 => CallEnd::Misconfigured,
        _ => CallEnd::ProviderFailed,
    };
    CallReport {
        retry_after: refusal.retry_after,
        ..ended(end)
    }
}

/// What came of the request that makes a phone ring. `cancelled`: whether we hung up meanwhile; the
/// server's answer to that is the same as to a phone that rang out.
pub(super) fn of_dial(answer: &Result<Answer, NoAnswer>, cancelled: bool) -> Dialed {
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::NotSent(_)) => return Dialed::Ended(ended(CallEnd::ProviderFailed)),
        Err(NoAnswer::Lost(_)) => return Dialed::Lost,
    };
    if answer.is_success() {
        let said = answer.json().unwrap_or_default();
        let names_call = ["sip_call_id", "participant_id", "participant_identity"]
            .iter()
            .any(|name| said[name].as_str().is_some_and(|text| !text.is_empty()));
        return if names_call {
            Dialed::Answered
        } else {
            Dialed::Lost
        };
    }
    let refusal = Refusal::read(answer);
    if let Some((status, reason)) = refusal.sip {
        return Dialed::Ended(by_sip_status(
            status,
            reason,
            refusal.retry_after,
            cancelled,
        ));
    }
    let end = match &refusal.code {
        Some(code) => by_code(code, cancelled),
        None => by_http_status(refusal.status),
    };
    end.map_or(Dialed::Lost, |end| {
        Dialed::Ended(CallReport {
            retry_after: refusal.retry_after,
            ..ended(end)
        })
    })
}

fn by_sip_status(
    status: u16,
    reason: String,
    retry_after: Option<Duration>,
    cancelled: bool,
) -> CallReport {
    let end = if status == 487 && cancelled {
        CallEnd::CancelledByUs
    } else {
        CallEnd::Rejected
    };
    CallReport {
        sip_code: Some(status),
        reason: Some(reason).filter(|reason| !reason.is_empty()),
        retry_after,
        ..ended(end)
    }
}

/// A LiveKit server's own refusal, without a word of the carrier's; `None` when it may ring.
fn by_code(code: &str, cancelled: bool) -> Option<CallEnd> {
    match code {
        "canceled" if cancelled => Some(CallEnd::CancelledByUs),
        "canceled" => Some(CallEnd::RangOut),
        "unauthenticated" | "permission_denied" => Some(CallEnd::AccountRefused),
        "resource_exhausted" => Some(CallEnd::Throttled),
        // An unknown trunk: were the callee meant, the carrier's 404 would stand in `meta`.
        "not_found" | "bad_route" | "unimplemented" | "invalid_argument" | "malformed"
        | "out_of_range" => Some(CallEnd::Misconfigured),
        // A fault on the server's side after the INVITE is told like this so that nobody repeats
        // it: over, and it may have rung (livekit/sip `afterInvite`).
        "failed_precondition" => Some(CallEnd::Failed),
        // For the same reason none of these can come after the INVITE.
        "unavailable" | "internal" | "unknown" | "dataloss" => Some(CallEnd::ProviderFailed),
        // `deadline_exceeded`: the request ran out of time, the dial goes on. Others are not known.
        _ => None,
    }
}

/// The answer of something in between; `None` when it may have passed the request on.
fn by_http_status(status: u16) -> Option<CallEnd> {
    match status {
        // The server checks tokens before anything else, and says so in plain text.
        401 | 407 => Some(CallEnd::AccountRefused),
        429 => Some(CallEnd::Throttled),
        // Refused at the door: these are given instead of passing a request on.
        300..=399 | 400 | 403 | 404 | 405 | 411 | 413 | 414 | 415 | 421 | 431 => {
            Some(CallEnd::Misconfigured)
        }
        // A gateway may well have passed it on: 408, 499 and every 5xx.
        _ => None,
    }
}

fn ended(end: CallEnd) -> CallReport {
    CallReport {
        end,
        ..CallReport::default()
    }
}

#[cfg(test)]
#[path = "failure_tests.rs"]
mod tests;
