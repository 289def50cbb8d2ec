//! What comes in from outside about a trunk's calls: webhooks, results, an agent's reports.
//!
//! A vendor's [`Reader`] proves who speaks and strips what was said to an [`Inbound`]: no number, no
//! secret, nothing of the raw body is kept. The listener makes it durable before it answers and then
//! hands it to the vendor ([`super::remote::Inlet`]).

use serde::{Deserialize, Serialize};

use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

/// A request as it arrived, unproven.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// What follows the trunk's name in the path, without a leading slash.
    pub path: &'a str,
    /// Whether its method is POST; else it is GET.
    pub is_post: bool,
    /// The query, as it stands in the address.
    pub query: &'a str,
    /// The `Authorization` header.
    pub authorization: &'a str,
    /// The body's media type.
    pub content_type: &'a str,
    /// The body.
    pub body: &'a [u8],
    /// When it arrived.
    pub at: Timestamp,
}

/// What a vendor makes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Proven and understood: keep it, hand it over, then answer.
    Take(Inbound, Reply),
    /// Proven, with nothing to keep: a probe, or an event that says nothing about a call.
    Answer(Reply),
    /// Not to be trusted or not understood. Counted, noted without its content and answered with
    /// the status of [`Refused`] alone.
    Refuse(Refused),
}

/// Why a request is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// No or a wrong signature or token.
    Forged,
    /// The signature's time is over, or the event is older than a day.
    Stale,
    /// It concerns another deck's call.
    OtherDeck,
    /// It concerns no attempt at all, or one this deck has not made.
    NoSuchAttempt,
    /// It cannot be read.
    Malformed,
    /// There is no such address.
    NoSuchPath,
    /// Its body did not come in time.
    TooSlow,
    /// So many reports about one attempt are kept and no more.
    TooMany,
}

impl Refused {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::Forged,
        Self::Stale,
        Self::OtherDeck,
        Self::NoSuchAttempt,
        Self::Malformed,
        Self::NoSuchPath,
        Self::TooSlow,
        Self::TooMany,
    ];

    /// The word used in the store and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Forged => "forged",
            Self::Stale => "stale",
            Self::OtherDeck => "other_deck",
            Self::NoSuchAttempt => "no_such_attempt",
            Self::Malformed => "malformed",
            Self::NoSuchPath => "no_such_path",
            Self::TooSlow => "too_slow",
            Self::TooMany => "too_many",
        }
    }

    /// The HTTP status that answers it. What is proven but not ours is accepted, so that its sender
    /// does not send it for ever.
    pub const fn status(self) -> u16 {
        match self {
            Self::Forged | Self::Stale => 401,
            Self::OtherDeck | Self::NoSuchAttempt => 200,
            Self::Malformed => 400,
            Self::NoSuchPath => 404,
            Self::TooSlow => 408,
            Self::TooMany => 429,
        }
    }
}

/// An answer to the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The media type of `body`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

impl Reply {
    /// 200 without a body.
    pub const fn ok() -> Self {
        Self {
            status: 200,
            content_type: "text/plain",
            body: String::new(),
        }
    }
}

/// Something that was said about an attempt, proven and stripped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The sender's id of the event, unique per trunk: the same id again is a repetition.
    pub event: String,
    /// The attempt.
    pub attempt: AttemptId,
    /// When it happened by the sender's word; never later than its arrival.
    pub at: Timestamp,
    /// What.
    pub news: News,
}

/// What may be said about an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Something changed; the provider is to be asked what.
    Changed,
    /// There is, or was, a call, whatever the carrier had answered.
    Placed,
    /// It rings.
    Ringing,
    /// The callee's line is in the room, by the server's id of this stay there: it is being dialed.
    Joined(String),
    /// The room is gone, and nothing more follows.
    RoomGone,
    /// Somebody or something picked up.
    Answered,
    /// Who picked up.
    CalleeDetected(CalleeType),
    /// The callee's greeting is over: from here on the two seconds of 47 CFR 64.1200(a)(7) run.
    GreetingEnded,
    /// The callee talks to an agent.
    Bridged,
    /// The callee asked not to be called again.
    OptOut,
    /// An agent left the call's room; named by its participant's id or its identity.
    AgentLeft(String),
    /// The agent's own word on how the conversation went.
    Result(String),
    /// The call is over.
    Ended(CallReport),
}

/// Proves and reads what comes in for a trunk.
pub trait Reader: Send + Sync {
    /// Reads a request. Never panics, whatever the bytes.
    fn read(&self, arrived: &Arrived<'_>) -> Reading;
}
