//! Inbound requests about a trunk's calls: webhooks, results and reports of agents.
//!
//! A vendor's [`Reader`] proves the sender and reduces the request to an [`Inbound`]. No number, no secret
//! and nothing of the raw body is kept. The listener stores the [`Inbound`] durably before it answers, and
//! then passes it to the vendor ([`super::remote::Inlet`]).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

/// An HTTP request as it arrived, not yet proven.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// The path after the trunk's name, without a leading slash.
    pub path: &'a str,
    /// Whether the method is POST; otherwise it is GET.
    pub is_post: bool,
    /// The query string as written in the address, still percent-encoded.
    pub query: &'a str,
    /// The value of the `Authorization` header.
    pub authorization: &'a str,
    /// The media type of the body.
    pub content_type: &'a str,
    /// The raw bytes of the body.
    pub body: &'a [u8],
    /// When the request arrived, UTC.
    pub at: Timestamp,
}

impl Arrived<'_> {
    /// Returns whether an event of `at` happened more than a day before or after the arrival of its request.
    pub(crate) fn is_a_day_from(&self, at: Timestamp) -> bool {
        const DAY: Duration = Duration::from_hours(24);
        self.at.since(at) > DAY || at.since(self.at) > DAY
    }
}

/// The result of reading a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Proven and understood: store the [`Inbound`], pass it on, then send the [`Reply`].
    Take(Inbound, Reply),
    /// Proven, with nothing to store: a probe, or an event that reports nothing about a call.
    Answer(Reply),
    /// Not trusted or not understood. It is counted, logged without its content and answered with the status
    /// of [`Refused`] only.
    Refuse(Refused),
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// The signature or token is missing or wrong.
    Forged,
    /// The signature has expired, or the event is more than a day old.
    Stale,
    /// It concerns a call of another deck.
    OtherDeck,
    /// It concerns no attempt, or an attempt that this deck has not made.
    NoSuchAttempt,
    /// The request cannot be parsed.
    Malformed,
    /// The address does not exist.
    NoSuchPath,
    /// The body did not arrive in time.
    TooSlow,
    /// The limit of stored reports about one attempt is reached.
    TooMany,
}

impl Refused {
    /// All reasons, in the order of the variants.
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

    /// Returns the name of the reason in the store and in metrics.
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

    /// Returns the HTTP status of the answer. A request about another deck's call or an unknown attempt is
    /// answered with 200, because its sender would repeat it after an error.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_providers::inbound::Refused;
    ///
    /// assert_eq!(Refused::Forged.status(), 401);
    /// assert_eq!(Refused::OtherDeck.status(), 200);
    /// assert_eq!(Refused::TooMany.status(), 429);
    /// assert_eq!(Refused::TooMany.as_str(), "too_many");
    /// ```
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

/// An answer to the sender of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status code.
    pub status: u16,
    /// The media type of `body`.
    pub content_type: &'static str,
    /// The body as text; may be empty.
    pub body: String,
}

impl Reply {
    /// Returns a reply with status 200 and an empty body.
    pub const fn ok() -> Self {
        Self {
            status: 200,
            content_type: "text/plain",
            body: String::new(),
        }
    }
}

/// A report about an attempt, proven and reduced to what may be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The sender's id of the event, unique per trunk. A second report with this id is a repetition.
    pub event: String,
    /// The attempt that it concerns.
    pub attempt: AttemptId,
    /// When it happened according to the sender; never later than its arrival.
    pub at: Timestamp,
    /// What happened to the call.
    pub news: News,
}

/// What a report can say about an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// Something changed; the provider has to be asked what.
    Changed,
    /// There is or was a call, even if the carrier's answer said otherwise.
    Placed,
    /// The callee's phone rings.
    Ringing,
    /// The callee's participant joined the room, which happens when dialing starts. Holds the server's id of
    /// this participant session.
    Joined(String),
    /// The room is gone; no further reports follow.
    RoomGone,
    /// A person or a machine answered.
    Answered,
    /// The type of the callee that answered.
    CalleeDetected(CalleeType),
    /// The callee's greeting has ended. The two seconds of 47 CFR 64.1200(a)(7) run from here.
    GreetingEnded,
    /// The callee is connected to an agent.
    Bridged,
    /// The callee asked not to be called again.
    OptOut,
    /// An agent left the room of the call. Holds the id or the identity of its participant.
    AgentLeft(String),
    /// The agent's disposition of the conversation.
    Result(String),
    /// The call has ended.
    Ended(CallReport),
}

/// Proves and reads the inbound requests of a trunk.
pub trait Reader: Send + Sync {
    /// Reads a request. Never panics, for any input.
    fn read(&self, arrived: &Arrived<'_>) -> Reading;
}
