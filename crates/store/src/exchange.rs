//! What a deck keeps of its exchange with the outside: messages about its calls, results to deliver to its
//! owner, and how its caller IDs perform.

use std::time::Duration;

use dialdeck_core::domain::{
    Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Timestamp, TrunkName,
};

/// The longest short call: carriers count answered calls up to this length as a sign of unwanted calls.
pub const SHORT_CALL: Duration = Duration::from_secs(6);

/// The span over which caller IDs are judged.
pub const DAY: Duration = Duration::from_hours(24);

/// An authenticated message about an attempt, without numbers and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The trunk it was received for.
    pub trunk: TrunkName,
    /// The sender's id of the message. A second message with this id is a repetition.
    pub event: String,
    /// The attempt's id.
    pub attempt: AttemptId,
    /// The content, as JSON.
    pub body: String,
}

/// Messages kept about one attempt, at most: a call has a dozen, and a sender that repeats itself with ever
/// new ids must not fill the store.
pub const REPORTS_MAX: u64 = 500;

/// The result of receiving a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// The message is kept. Holds the attempt as it is now.
    New(Box<Attempt>),
    /// The message was known already. Holds the attempt as it is now.
    Repeated(Box<Attempt>),
    /// The message is not kept because [`REPORTS_MAX`] about the attempt are. Holds the attempt as it is now.
    TooMany(Box<Attempt>),
    /// The attempt belongs to another deck.
    OtherDeck,
    /// There is no such attempt on that trunk.
    NoSuchAttempt,
}

/// Requests from outside that were rejected, for one trunk and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// The trunk that the request's address named.
    pub trunk: String,
    /// Why they were rejected.
    pub reason: String,
    /// How many there were.
    pub count: u64,
    /// When the latest one was received.
    pub last_at: Timestamp,
}

/// The end of a contact, to be delivered to its campaign's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultDue {
    /// The sequence number of the end in the event log, which is also the result's id.
    pub seq: i64,
    /// The campaign's id.
    pub campaign: CampaignId,
    /// The campaign's name.
    pub campaign_name: String,
    /// The address that it is delivered to.
    pub url: String,
    /// The contact's id.
    pub contact: ContactId,
    /// The contact's number.
    pub number: PhoneNumber,
    /// The contact's name, as imported.
    pub name: String,
    /// The contact's further columns, as a JSON object.
    pub variables: String,
    /// The line of the end in the event log, unchanged.
    pub entry: String,
    /// How the contact's last call ended. `None` if it was never called.
    pub last_outcome: Option<String>,
    /// What the agent reported about the last call made before that end, as far as it is known now.
    pub agent_result: Option<String>,
    /// Deliveries tried so far.
    pub tries: u32,
    /// Why the last delivery failed.
    pub error: Option<String>,
}

/// The result of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The receiver accepted it.
    Delivered,
    /// It failed for this reason, and is tried again at this time.
    Again(String, Timestamp),
    /// It failed for this reason, and is given up until a person asks for it.
    GivenUp(String),
}

/// What a turn of the results returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultsTurn {
    /// Results to be delivered now, at most one per contact.
    pub due: Vec<ResultDue>,
    /// When the next result is due. In the past if some are due now.
    pub next_at: Option<Timestamp>,
    /// Whether the log was not read to its end. The next turn continues.
    pub behind: bool,
}

/// How a caller ID performed in the last hour and day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerIdFigures {
    /// Calls that showed it in the last hour.
    pub last_hour: u64,
    /// Calls that showed it in the last day.
    pub last_day: u64,
    /// Calls of the last day that were answered, by a person or a machine.
    pub answered: u64,
    /// Answered calls of the last day that lasted at most [`SHORT_CALL`].
    pub short: u64,
    /// Calls of the last day that a network blocked because of it (603 by a network, 608).
    pub blocked: u64,
}

/// Returns the agent's own report on a call. `None` if the message is another one.
pub(super) fn agent_result(body: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Said {
        news: News,
    }
    #[derive(serde::Deserialize)]
    struct News {
        result: String,
    }
    let said: Said = serde_json::from_str(body).ok()?;
    Some(said.news.result)
}
