//! What a deck keeps of its dealings with the outside: what was said to it about its calls, results
//! on their way to its owner, and how its caller IDs fare.

use std::collections::BTreeMap;
use std::time::Duration;

use super::StoreError;
use dialdeck_core::domain::{
    Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Timestamp, TrunkName,
};

/// An answered call no longer than this is a short one: carriers count them as a sign of calls that
/// nobody wants.
pub const SHORT_CALL: Duration = Duration::from_secs(6);

/// The span over which caller IDs are judged.
pub const DAY: Duration = Duration::from_hours(24);

/// Something that was said about an attempt from outside, proven, without numbers and secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The trunk it came in for.
    pub trunk: TrunkName,
    /// The sender's id of it; the same once more is a repetition.
    pub event: String,
    /// The attempt.
    pub attempt: AttemptId,
    /// What was said, as JSON.
    pub body: String,
}

/// Messages about one attempt that are kept: a call brings a dozen, and a sender that repeats itself with
/// ever new ids must not fill the store.
pub const REPORTS_MAX: u64 = 500;

/// What became of a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Kept; the attempt as it stands.
    New(Box<Attempt>),
    /// Known already; the attempt as it stands.
    Repeated(Box<Attempt>),
    /// Not kept: [`REPORTS_MAX`] about the attempt are; the attempt as it stands.
    TooMany(Box<Attempt>),
    /// The attempt is another deck's.
    OtherDeck,
    /// There is no such attempt on that trunk.
    NoSuchAttempt,
}

/// Requests from outside that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// For which trunk, as the address said.
    pub trunk: String,
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// The latest.
    pub last_at: Timestamp,
}

/// The end of a contact, to be told to its campaign's owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultDue {
    /// The place of the end in the event log; also the result's id.
    pub seq: i64,
    /// The campaign.
    pub campaign: CampaignId,
    /// The campaign's name.
    pub campaign_name: String,
    /// Where to.
    pub url: String,
    /// The contact.
    pub contact: ContactId,
    /// Its number.
    pub number: PhoneNumber,
    /// Its name, as imported.
    pub name: String,
    /// Its further columns: a JSON object.
    pub variables: String,
    /// The log's entry of the end, as it stands there.
    pub entry: String,
    /// How its last call ended, if there was one.
    pub last_outcome: Option<String>,
    /// What the agent said of the last call made for it before that end, as far as it is known now.
    pub agent_result: Option<String>,
    /// Deliveries tried so far.
    pub tries: u32,
    /// Why the last one failed.
    pub error: Option<String>,
}

/// How a delivery went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It was taken.
    Delivered,
    /// It was not, and is tried again then.
    Again(String, Timestamp),
    /// It was not, and is given up until somebody asks for it.
    GivenUp(String),
}

/// What a turn of the results brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultsTurn {
    /// To be delivered now, at most one per contact.
    pub due: Vec<ResultDue>,
    /// When the next one is due, when none is now.
    pub next_at: Option<Timestamp>,
    /// The log has not been looked through to its end: the next turn goes on.
    pub behind: bool,
}

/// How a caller ID fared in the last hour and day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerIdFigures {
    /// Calls that showed it in the last hour.
    pub last_hour: u64,
    /// In the last day.
    pub last_day: u64,
    /// Of those of the last day, answered by anybody or anything.
    pub answered: u64,
    /// Of these, over within [`SHORT_CALL`].
    pub short: u64,
    /// Calls of the last day that a network blocked for it (603 by a network, 608).
    pub blocked: u64,
}

/// The verbs. Each is atomic and takes part in a group as those of [`super::Store`] do.
pub trait Outside {
    /// Takes in what was said about an attempt, once.
    fn receive(&mut self, message: &Message, at: Timestamp) -> Result<Receipt, StoreError>;

    /// What was said about attempts that have not ended, oldest first.
    fn messages(&mut self) -> Result<Vec<Message>, StoreError>;

    /// What agents said of how each call made for a contact went; the last word, where there are more.
    fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError>;

    /// Counts a request that was not taken.
    fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError>;

    /// Requests that were not taken, by trunk and reason.
    fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError>;

    /// Notes how deliveries went, gathers the ends logged since the last turn in campaigns that want
    /// them, and gives what is due at `now`, at most `limit`: of each contact the earliest alone, so
    /// that they arrive in order.
    fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError>;

    /// Results that were given up, oldest first.
    fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError>;

    /// Makes results that were given up due at once, all of them or one; how many.
    fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError>;

    /// How each of these caller IDs fared up to `now`.
    fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError>;
}

/// The agent's own word on a call, if that is what a [`Message`] tells.
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
