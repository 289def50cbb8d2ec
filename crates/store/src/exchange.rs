//! What a deck keeps of its exchange with the outside: messages about its calls, results to deliver to its
//! owner, and how its caller IDs perform.

use std::collections::BTreeMap;
use std::time::Duration;

use super::StoreError;
use super::rights::verbs;
use dialdeck_core::domain::{
    Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Right, Timestamp, TrunkName,
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

verbs! {
/// The verbs about the outside. Each is atomic and takes part in a group, and errors, as those
/// of [`super::Store`] do.
pub trait Exchange by ExchangeVerbs {
    /// Stores a message about an attempt, once. Returns what was done with it.
    [Right::Campaigns] fn receive(&mut self, message: &Message, at: Timestamp) -> Result<Receipt, StoreError>;

    /// Returns the messages about attempts that have not ended, oldest first.
    [any] fn messages(&mut self) -> Result<Vec<Message>, StoreError>;

    /// Returns what agents reported about each call made for a contact. The last report, if there are more.
    [any] fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError>;

    /// Counts a request that was rejected.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::memory::MemoryStore;
    /// use dialdeck_store::exchange::Exchange;
    ///
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
    /// store.quarantine("line", "bad signature", now)?;
    /// store.quarantine("line", "bad signature", now)?;
    /// assert_eq!(store.quarantined()?[0].count, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    [Right::Campaigns] fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Returns the rejected requests, by trunk and reason.
    [any] fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError>;

    /// Notes how deliveries went, gathers the ends logged since the last turn in campaigns with a results
    /// URL, and returns the results due at `now`, at most `limit`. Of each contact only the earliest is due,
    /// so that results arrive in order.
    [Right::Campaigns] fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError>;

    /// Returns the results that were given up, oldest first.
    [any] fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError>;

    /// Makes results that were given up due immediately, all of them or one. Returns how many.
    [Right::Campaigns] fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError>;

    /// Returns how each of these caller IDs performed up to `now`, in their order.
    [any] fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError>;
}
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
