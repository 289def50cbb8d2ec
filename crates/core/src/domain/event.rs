//! The event log: what an entry of each kind holds, its canonical line, and the hash chain over the lines.
//!
//! Writers make a [`NewEvent`], whose [`EventData`] fixes its kind. Readers read an [`Entry`] from a line. Both
//! use the same types, so a member exists in one place.

mod alert;
mod alert_text;
mod calls;
mod chain;
mod data;
mod entry;
mod kind;

pub use self::alert::{Alert, AlertRaised};
pub use self::calls::{
    AttemptCorrected, AttemptReconciled, AttemptReopened, AttemptReserved, AttemptUnknown,
    CallEnded, CalleeDetected, CapsUsed, Found, LateNews, RetryCause, RetryPlanned, UsedOf,
    UsedRegistry,
};
pub use self::chain::{Anchor, ChainCheck, GENESIS, SealedEvent, seal};
pub use self::data::{
    BrakeMove, CampaignAdded, CampaignChanged, CampaignMoved, CampaignStarted, ClockAccepted,
    ClockKind, ConsentRecorded, ContactFinished, ContactsImported, DeckClosed, DeckEnding,
    DeckOpened, ImportResult, ImportStarted, ImportedClass, ImportedContent, IncarnationStarted,
    ListsConfirmed, LoggedSettings, NoData, RegistryLoaded, SuppressionAdded, SuppressionReversed,
};
pub use self::entry::{Entry, EntryError, VERSION};
pub use self::kind::{EventData, EventKind};
use super::ids::{AttemptId, ContactId};
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// An entry before it has a position in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// When it happened, by the deck's clock.
    pub at: Timestamp,
    /// Who acted: an operator's name, `engine`, or `carrier`.
    pub actor: String,
    /// The name of the campaign, if the entry is about one.
    pub campaign: Option<String>,
    /// The contact, if the entry is about one.
    pub contact: Option<ContactId>,
    /// The attempt, if the entry is about one.
    pub attempt: Option<AttemptId>,
    /// The callee's number, if the entry is about one.
    pub number: Option<PhoneNumber>,
    /// What happened: the kind of the entry and its members.
    pub data: EventData,
}

impl NewEvent {
    /// Creates an entry that is about no campaign, contact, attempt or number.
    pub fn new(at: Timestamp, actor: &str, data: EventData) -> Self {
        Self {
            at,
            actor: actor.to_owned(),
            campaign: None,
            contact: None,
            attempt: None,
            number: None,
            data,
        }
    }

    /// Returns the kind of the entry.
    pub const fn kind(&self) -> EventKind {
        self.data.kind()
    }

    /// Returns the entry with this campaign name.
    #[must_use]
    pub fn campaign(mut self, name: &str) -> Self {
        self.campaign = Some(name.to_owned());
        self
    }

    /// Returns the entry with this callee number.
    #[must_use]
    pub fn number(mut self, number: PhoneNumber) -> Self {
        self.number = Some(number);
        self
    }
}
