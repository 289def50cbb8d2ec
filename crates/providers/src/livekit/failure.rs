//! What an answer that is no success says by itself; what it comes to is told by
//! [`super::evidence`].
//!
//! Only the SIP status in `meta` classifies a call. The HTTP status cannot: the same busy line is a
//! 429 on one server and a 412 on the next (livekit/protocol `livekit_sip.go`, `livekit-protocol`
//! 0.8.2).

use std::time::Duration;

use serde_json::Value;

use crate::remote::http::{Answer, NoAnswer};
use crate::remote::text::plain;
use dialdeck_core::domain::CallReport;
use dialdeck_core::domain::attempt::CallEnd;

/// An answer that is no success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    status: u16,
    /// The Twirp code; `None` when something that is no LiveKit server answered, or its token check.
    code: Option<String>,
    /// The carrier's final status and its reason phrase.
    sip: Option<(u16, String)>,
    retry_after: Option<Duration>,
    sentence: Option<Sentence>,
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

/// What the answer to the request that makes a phone ring says by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Somebody or something picked up.
    Answered,
    /// The network's final answer.
    Final(CallReport),
    /// Refused by an answer that is only given before anything is dialed.
    NotDialed(CallReport),
    /// It is over without a final answer of the network.
    Over(Over),
    /// The server answered, and whether anything was dialed is not in its answer.
    Unclear,
    /// No answer that is the server's: the request may still be on its way.
    Lost,
}

impl Said {
    /// Whether its reading depends on whether the phone rang.
    pub(super) fn asks_whether_it_rang(&self) -> bool {
        match self {
            Self::Over(_) => true,
            Self::Final(report) => report.sip_code == Some(603),
            Self::Answered | Self::NotDialed(_) | Self::Unclear | Self::Lost => false,
        }
    }
}

/// How a call was over without a final answer of the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The ringing timeout passed, or we hung up: the server says the same of both.
    Cancelled,
    /// The trunk answered the INVITE with nothing at all (Timer B, RFC 3261 17.1.1.2).
    NoReply,
    /// The trunk took no connection.
    NoConnection,
    /// The trunk wanted credentials that the server has not, or has wrong.
    Credentials,
    /// The SIP service was stopped.
    Stopped,
    /// It failed at the server's side after the INVITE.
    Failed,
}

/// Sentences in the server's messages that say what its codes do not: livekit/sip `outbound.go`,
/// `protocol.go` and `errors.go` at be5d3f5, livekit/psrpc; nothing else of a message is read.
const SENTENCES: [(&str, Sentence); 7] = [
    ("no response from servers", Sentence::NobodyThere),
    ("0 intermediate responses", Sentence::Over(Over::NoReply)),
    ("dial err=", Sentence::Over(Over::NoConnection)),
    ("required auth", Sentence::Over(Over::Credentials)),
    ("max auth retry", Sentence::Over(Over::Credentials)),
    ("service shutting down", Sentence::Over(Over::Stopped)),
    ("server is closed", Sentence::Over(Over::Stopped)),
];

/// What such a sentence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sentence {
    /// No SIP service took the request.
    NobodyThere,
    /// How it was over.
    Over(Over),
}

impl Refusal {
    /// Reads one. Of its message, which is made for people, no more than [`SENTENCES`].
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
        let known = SENTENCES.iter().find(|(text, _)| message.contains(text));
        Self {
            sentence: known.map(|(_, sentence)| *sentence),
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

/// What the answer to the request that makes a phone ring says by itself.
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
    let not_dialed = |end| {
        Said::NotDialed(CallReport {
            retry_after: refusal.retry_after,
            ..ended(end)
        })
    };
    match (&refusal.sip, &refusal.code) {
        (Some((status, reason)), _) => Said::Final(CallReport {
            sip_code: Some(*status),
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            retry_after: refusal.retry_after,
            ..ended(CallEnd::Rejected)
        }),
        (None, Some(code)) => match by_code(code, refusal.sentence) {
            Ok(said) => said,
            Err(end) => not_dialed(end),
        },
        (None, None) => by_http_status(refusal.status).map_or(Said::Lost, not_dialed),
    }
}

/// A LiveKit server's own refusal, without a word of the carrier's; `Err`: nothing was dialed.
fn by_code(code: &str, sentence: Option<Sentence>) -> Result<Said, CallEnd> {
    let over = |otherwise| match sentence {
        Some(Sentence::Over(over)) => Said::Over(over),
        Some(Sentence::NobodyThere) | None => Said::Over(otherwise),
    };
    match code {
        "canceled" => Ok(over(Over::Cancelled)),
        // A fault on the server's side after the INVITE is told like this so that nobody repeats it
        // (livekit/sip `afterInvite`), and what the trunk refused before it rang, too.
        "failed_precondition" => Ok(over(Over::Failed)),
        "unauthenticated" | "permission_denied" => Err(CallEnd::AccountRefused),
        "resource_exhausted" => Err(CallEnd::Throttled),
        // Were the callee meant, the carrier's 404 would stand in `meta` ("requested sip trunk does not
        // exist").
        "not_found" => Err(CallEnd::TrunkUnknown),
        "bad_route" | "unimplemented" | "invalid_argument" | "malformed" | "out_of_range" => {
            Err(CallEnd::Misconfigured)
        }
        "unavailable" if sentence == Some(Sentence::NobodyThere) => Err(CallEnd::ProviderFailed),
        // Servers of early 2026 give `unavailable`, `unknown` and `internal` after the INVITE, too;
        // of `deadline_exceeded` and of words that no page defines the same is to be feared.
        _ => Ok(Said::Unclear),
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
