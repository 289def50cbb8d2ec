//! What an unsuccessful answer states on its own. [`super::evidence`] derives the end of the call from it.
//!
//! Only the SIP status in `meta` classifies a call. The HTTP status cannot: a busy line is a 429 on one
//! server and a 412 on another (livekit/protocol `livekit_sip.go`, `livekit-protocol` 0.8.2).

use std::time::Duration;

use serde_json::Value;

use crate::remote::http::{Answer, NoAnswer};
use crate::remote::text::plain;
use dialdeck_core::domain::outcome::classify;
use dialdeck_core::domain::{CallEnd, CallReport};

/// An unsuccessful answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    /// The Twirp code. `None` if the answer came from another server or from LiveKit's token check.
    code: Option<String>,
    /// The carrier's final status and its reason phrase.
    sip: Option<(u16, String)>,
    retry_after: Option<Duration>,
    sentence: Option<Sentence>,
}

/// Why a request failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The server refused it.
    Refused(Refusal),
    /// There is no answer.
    NoAnswer(NoAnswer),
    /// The answer cannot be parsed.
    Unreadable,
}

/// What the answer to the request that makes a phone ring states on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// A person or a machine answered.
    Answered,
    /// The network's final answer.
    Final(CallReport),
    /// A refusal that is established to be given only before anything is dialed.
    NotDialed(CallReport),
    /// The call is over without a final answer of the network.
    Over(Over),
    /// The server answered without proving whether anything was dialed; holds the refusal that the answer
    /// states, if it states one. It stands only if the room shows that nothing rang.
    Unclear(Option<CallReport>),
    /// There is no answer of the server; the request may still be on its way.
    Lost,
}

impl Said {
    /// Returns whether the end, or whether it counts, depends on proof that nothing rang.
    pub(super) fn asks_whether_it_rang(&self) -> bool {
        match self {
            Self::Over(_) => true,
            Self::Final(report) => {
                let read = |rang| {
                    classify(&CallReport {
                        rang,
                        ..report.clone()
                    })
                };
                read(Some(false)) != read(None)
            }
            Self::Answered | Self::NotDialed(_) | Self::Unclear(_) | Self::Lost => false,
        }
    }
}

/// How a call ended without a final answer of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The ringing timeout passed or the deck hung up. The server's answer is identical for both.
    Cancelled,
    /// The trunk did not answer the INVITE at all (Timer B, RFC 3261 17.1.1.2).
    NoReply,
    /// The trunk accepted no connection.
    NoConnection,
    /// The trunk required credentials that the server does not have or has wrong.
    Credentials,
    /// The SIP service was stopped.
    Stopped,
    /// The call failed on the server's side after the INVITE.
    Failed,
}

/// Sentences in the server's messages that state what its codes do not, each with the code that it is read
/// under: livekit/sip `outbound.go`, `protocol.go` and `errors.go` at be5d3f5, livekit/livekit
/// `pkg/service/errors.go` at 788d4c3, livekit/psrpc. No other part of a message is read.
const SENTENCES: [(&str, &str, Sentence); 9] = [
    (
        "unavailable",
        "no response from servers",
        Sentence::NotDialed(CallEnd::ProviderFailed),
    ),
    (
        "not_found",
        "requested sip trunk does not exist",
        Sentence::NotDialed(CallEnd::TrunkUnknown),
    ),
    (
        "unauthenticated",
        "permissions denied",
        Sentence::NotDialed(CallEnd::AccountRefused),
    ),
    (
        "canceled",
        "0 intermediate responses",
        Sentence::Over(Over::NoReply),
    ),
    (
        "failed_precondition",
        "dial err=",
        Sentence::Over(Over::NoConnection),
    ),
    (
        "failed_precondition",
        "required auth",
        Sentence::Over(Over::Credentials),
    ),
    (
        "failed_precondition",
        "max auth retry",
        Sentence::Over(Over::Credentials),
    ),
    (
        "canceled",
        "service shutting down",
        Sentence::Over(Over::Stopped),
    ),
    (
        "canceled",
        "server is closed",
        Sentence::Over(Over::Stopped),
    ),
];

/// The meaning of such a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sentence {
    /// The request was refused before anything was dialed.
    NotDialed(CallEnd),
    /// The call ended in this way.
    Over(Over),
}

impl Refusal {
    /// Reads an unsuccessful answer. Of its message, which is written for people, only [`SENTENCES`] are
    /// read.
    pub(super) fn read(answer: &Answer) -> Self {
        let body = answer.json().unwrap_or_default();
        let meta = &body["meta"];
        let status = match &meta["sip_status_code"] {
            Value::String(text) => text.trim().parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|code| u16::try_from(code).ok()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let reason = plain(meta["sip_status"].as_str().unwrap_or_default());
        let message = body["msg"]
            .as_str()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let code = body["code"].as_str();
        let known = SENTENCES
            .iter()
            .find(|(under, text, _)| code == Some(under) && message.contains(text));
        Self {
            sentence: known.map(|(_, _, sentence)| *sentence),
            status: answer.status,
            code: code.map(str::to_owned),
            sip: status
                .filter(|status| (300..700).contains(status))
                .map(|status| (status, reason)),
            retry_after: answer.retry_after,
        }
    }

    /// Returns whether the server answers that the object does not exist.
    pub(super) fn is_not_found(&self) -> bool {
        self.code.as_deref() == Some("not_found")
    }

    /// Returns whether the account's credentials are refused.
    pub(super) fn is_unauthorised(&self) -> bool {
        self.status == 401 || self.code.as_deref() == Some("permission_denied")
    }

    /// Returns a text for people: only the status and the code.
    pub(super) fn shown(&self) -> String {
        match &self.code {
            // A code is a short identifier of the protocol; a longer text was written by another program.
            Some(code) if code.len() <= 24 => format!("HTTP {} ({code})", self.status),
            Some(_) | None => format!("HTTP {}", self.status),
        }
    }
}

impl Failure {
    /// Returns a text for people, without addresses, numbers or secrets.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.shown(),
            Self::NoAnswer(why) => why.to_string(),
            Self::Unreadable => "an answer that is not LiveKit's".to_owned(),
        }
    }
}

/// Returns the report of an attempt whose preparation failed, so that nothing was dialed.
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

/// Returns what the answer to the request that makes a phone ring states on its own.
pub(super) fn of_dial(answer: &Result<Answer, NoAnswer>) -> Said {
    let answer = match answer {
        Ok(answer) => answer,
        Err(NoAnswer::NotSent(_)) => return Said::NotDialed(ended(CallEnd::ProviderFailed)),
        Err(NoAnswer::Lost(_)) => return Said::Lost,
    };
    if answer.is_success() {
        let said = answer.json().unwrap_or_default();
        let names_call = ["sip_call_id", "participant_id", "participant_identity"]
            .iter()
            .any(|name| said[name].as_str().is_some_and(|text| !text.is_empty()));
        return if names_call {
            Said::Answered
        } else {
            Said::Lost
        };
    }
    let refusal = Refusal::read(answer);
    let refused = |end| CallReport {
        retry_after: refusal.retry_after,
        ..ended(end)
    };
    match (&refusal.sip, &refusal.code) {
        (Some((status, reason)), _) => Said::Final(CallReport {
            sip_code: Some(*status),
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            retry_after: refusal.retry_after,
            ..ended(CallEnd::Rejected)
        }),
        (None, Some(code)) => match (code.as_str(), refusal.sentence) {
            (_, Some(Sentence::NotDialed(end))) => Said::NotDialed(refused(end)),
            (_, Some(Sentence::Over(over))) => Said::Over(over),
            ("canceled", None) => Said::Over(Over::Cancelled),
            // The server uses this code for a fault on its side after the INVITE, so that clients do not
            // repeat the request (livekit/sip `afterInvite`), and for a refusal of the trunk before it.
            ("failed_precondition", None) => Said::Over(Over::Failed),
            (code, None) => Said::Unclear(by_code(code).map(refused)),
        },
        // The server checks tokens first and answers in plain text.
        (None, None) if refusal.status == 401 => Said::NotDialed(refused(CallEnd::AccountRefused)),
        (None, None) => by_http_status(refusal.status)
            .map_or(Said::Lost, |end| Said::Unclear(Some(refused(end)))),
    }
}

/// Returns the end that a LiveKit server's own refusal states by its code, or `None` if it states none.
///
/// A code alone proves nothing: the server gives the same codes for the network's final answers, and servers
/// of early 2026 also used `unavailable`, `unknown` and `internal` after the INVITE. `deadline_exceeded` and
/// undocumented codes may come after it, too.
fn by_code(code: &str) -> Option<CallEnd> {
    match code {
        "unauthenticated" | "permission_denied" => Some(CallEnd::AccountRefused),
        "resource_exhausted" => Some(CallEnd::Throttled),
        // If the callee were meant, `meta` would hold the carrier's 404.
        "not_found" => Some(CallEnd::TrunkUnknown),
        "bad_route" | "unimplemented" | "invalid_argument" | "malformed" | "out_of_range" => {
            Some(CallEnd::Misconfigured)
        }
        _ => None,
    }
}

/// Returns the end that an answer of an intermediary states, or `None` if it may have passed the request on.
fn by_http_status(status: u16) -> Option<CallEnd> {
    match status {
        407 => Some(CallEnd::AccountRefused),
        429 => Some(CallEnd::Throttled),
        // An intermediary gives these instead of passing a request on.
        300..=399 | 400 | 403 | 404 | 405 | 411 | 413 | 414 | 415 | 421 | 431 => {
            Some(CallEnd::Misconfigured)
        }
        // A gateway may have passed the request on: 408, 499 and every 5xx.
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
