//! What must survive: one trait of domain verbs, an in-memory oracle and SQLite behind it.
//!
//! Every verb is atomic. Between [`Store::begin`] and [`Store::commit`] several verbs share one
//! durable commit; a verb that is refused inside the group leaves no trace and does not harm the
//! others. One that fails because the store does may take the group with it: then its commit fails.
//! Whatever a verb returns may be acted upon only after the commit returned.
//!
//! Only the process that holds the deck's engine lock may call the engine verbs (`claim`, `record`,
//! `settle`, `mark_unknown`, `promote_due`, `expire_due`, `hung_up`). Any process may write suppressions and
//! commands: the claim re-reads both inside its own transaction.

mod entries;
mod facts;
mod listing;
pub mod memory;
mod moves;
pub mod sqlite;
pub mod writer;

use std::collections::BTreeMap;

use crate::domain::campaign::Pacing;
use crate::domain::event::{NewEvent, SealedEvent};
use crate::domain::outcome::Classification;
use crate::domain::suppression::SuppressionSource;
use crate::domain::{
    Attempt, AttemptId, CallEvent, CallReport, CallerIdState, Campaign, CampaignId,
    CampaignSettings, CampaignState, ClassId, Contact, ContactId, ContactState, DeckId, ListKind,
    Outcome, PhoneNumber, Right, Role, Suppression, SuppressionList, Timestamp, TrunkName,
    TrunkSettings, WindowClass,
};
use crate::policy::retry::Next;
use crate::policy::{Abandonment, CallerIdUse, Context, DialOrder, Facts, Hold, Load, Refusal};

pub use crate::domain::deck::DeckSettings;
pub use crate::domain::import::{ImportFigures, NewContact};
pub use listing::{ContactPage, ContactQuery, Direction, ListKey, ListOrder};

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The deck cannot be used: wrong version, damaged, no space. Nothing is dialed any more.
    #[error("the deck's store is not usable: {0}")]
    Unusable(String),
    /// Another process holds the write lock for too long.
    #[error("the deck's store is busy: {0}")]
    Busy(String),
    /// No such campaign.
    #[error("there is no campaign `{0}` in this deck")]
    NoCampaign(String),
    /// A campaign of that name exists.
    #[error("a campaign `{0}` is already in this deck")]
    CampaignExists(String),
    /// The move is not legal.
    #[error("campaign `{campaign}` is {from} and cannot become {to}")]
    IllegalMove {
        /// The campaign.
        campaign: String,
        /// Where it stands.
        from: CampaignState,
        /// Where it was to go.
        to: CampaignState,
    },
    /// A pace above the ceiling of the campaign's file.
    #[error("{0}")]
    AboveCeiling(String),
    /// Whoever opened the store may not do that.
    #[error("as {role} you may not {}", .right.as_str())]
    NotPermitted {
        /// Their role.
        role: Role,
        /// What it takes.
        right: Right,
    },
    /// A suppression that cannot be taken back.
    #[error("{0}")]
    NotReversible(String),
    /// A contact that may not be called again.
    #[error("{0}")]
    NotRequeueable(String),
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFate {
    /// Added.
    Taken(ContactId),
    /// The campaign already has the number, from this line of an import (0: not known).
    Duplicate {
        /// That line.
        of_line: u64,
    },
}

/// A ready contact, as the hopper holds it. A hint: the claim looks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The contact.
    pub contact: ContactId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its window class.
    pub class: ClassId,
    /// Higher first.
    pub priority: i32,
    /// Its place in the queue.
    pub due: Timestamp,
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The attempt is reserved: after the commit, dial.
    Dial(Box<Attempt>, Box<DialOrder>),
    /// Not now. With scope `Contact` the contact now waits until `due`.
    Held {
        /// Why.
        hold: Hold,
        /// When the contact becomes ready again, if it was set aside.
        due: Option<Timestamp>,
    },
    /// Never: the contact has reached its end.
    Refused(Refusal),
    /// The contact is no longer ready; the hint was stale.
    Stale,
}

/// What settling an attempt brought about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// How its end was read.
    pub read: Classification,
    /// What becomes of the contact; `None` when its campaign's contact was already final.
    pub next: Option<Next>,
    /// The caller ID that now rests, if its call was blocked on the way.
    pub rested: Option<PhoneNumber>,
}

/// What adding suppressions brought about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Numbers new on the list.
    pub added: u64,
    /// Numbers that were on it.
    pub already: u64,
    /// Contacts finished by it, over all campaigns it binds.
    pub finished: Vec<(CampaignId, ContactId)>,
    /// Attempts at these numbers that are in flight.
    pub live: Vec<AttemptId>,
}

/// A campaign's numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignCounts {
    /// The campaign.
    pub campaign: Campaign,
    /// Contacts by window class and state. Invalid contacts without a class stand under class 0.
    pub contacts: BTreeMap<(ClassId, ContactState), u64>,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Attempts made, those in flight included.
    pub attempts: u64,
    /// Why contacts were finished without being reached, by code.
    pub refusals: BTreeMap<String, u64>,
    /// Use of its caps.
    pub load: Load,
    /// Behind the abandonment rate.
    pub abandonment: Abandonment,
    /// When the first waiting contact becomes ready.
    pub next_due: Option<Timestamp>,
}

/// One consistent picture of a deck.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All campaigns, by id.
    pub campaigns: Vec<CampaignCounts>,
    /// All window classes.
    pub classes: BTreeMap<ClassId, WindowClass>,
    /// Attempts in flight, by id.
    pub in_flight: Vec<Attempt>,
    /// Trunks with their use.
    pub trunks: Vec<(TrunkSettings, Load)>,
    /// How often each trunk was reset by an operator; one that never was is not here.
    pub trunk_resets: BTreeMap<TrunkName, u64>,
    /// Caller IDs with their use.
    pub caller_ids: Vec<CallerIdUse>,
    /// Loaded lists.
    pub lists: Vec<SuppressionList>,
    /// The last alerts that nobody has seen to, newest first, at most 20.
    pub alerts: Vec<SealedEvent>,
    /// Wishes to hang up every call, and how far the engine has seen to them.
    pub hang_ups: HangUps,
    /// Place of the last event.
    pub head: i64,
    /// The latest instant in the log; a clock behind it is not to be trusted.
    pub last_event_at: Option<Timestamp>,
}

/// Wishes to hang up every call, counted over the deck's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HangUps {
    /// The last wish.
    pub asked: u64,
    /// The last wish that an engine has carried to the carriers.
    pub taken: u64,
}

impl HangUps {
    /// Whether an engine has yet to see to a wish.
    pub const fn is_open(self) -> bool {
        self.taken < self.asked
    }
}

/// A command's author and time, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Who.
    pub actor: String,
    /// When, by the deck's clock.
    pub at: Timestamp,
}

/// What must survive. See the module's documentation for who may call what.
///
/// Every verb that writes needs a [`Right`]; without it the verb fails with
/// [`StoreError::NotPermitted`] before it does anything. Reading needs none.
pub trait Store: Send {
    /// From now on verbs beyond this role fail. A store that was just opened is a supervisor's.
    fn restrict(&mut self, role: Role);

    /// Starts a group; verbs until [`Store::commit`] become durable together.
    fn begin(&mut self) -> Result<(), StoreError>;

    /// Makes the group durable. After an error none of it happened.
    fn commit(&mut self) -> Result<(), StoreError>;

    /// The deck's identity.
    fn deck_id(&self) -> DeckId;

    /// Whether another process has committed since the last call. Cheap.
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError>;

    /// Replaces trunks, caller IDs and deck cap. Caller IDs that rest or are retired stay so.
    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError>;

    /// The settings last configured; `None` on a new deck.
    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError>;

    // ---- campaigns

    /// Adds a campaign in state `draft`, its pacing being its ceiling. Logs `campaign_added`.
    fn add_campaign(
        &mut self,
        settings: &CampaignSettings,
        by: &By,
    ) -> Result<CampaignId, StoreError>;

    /// The campaign of that name.
    fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError>;

    /// All campaigns by id.
    fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError>;

    /// Moves a campaign; the move it is already in is no error and logs nothing. `running` from
    /// `draft` or `done` logs `campaign_started` (data: `overrides`, `note`), from `paused` `campaign_resumed`.
    fn move_campaign(
        &mut self,
        id: CampaignId,
        to: CampaignState,
        note: &str,
        by: &By,
    ) -> Result<Campaign, StoreError>;

    /// Changes the live pace, never above the file's ceiling. Logs `campaign_changed`.
    fn set_pacing(
        &mut self,
        id: CampaignId,
        pacing: Pacing,
        by: &By,
    ) -> Result<Campaign, StoreError>;

    /// Restarts the counts behind a campaign's abandonment brake, so that it holds again only on new
    /// evidence; the counts it had. Logs `campaign_changed` with the reason and these counts.
    fn release_brake(
        &mut self,
        id: CampaignId,
        reason: &str,
        by: &By,
    ) -> Result<Abandonment, StoreError>;

    /// Lets a trunk whose breaker rests it try again: an engine sees it in its next picture.
    /// `false`: there is no such trunk. Logs `alert_raised`.
    fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError>;

    // ---- contacts

    /// Adds contacts, all or none. Not logged by itself, see [`Store::finish_import`].
    fn import_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError>;

    /// Logs `contacts_imported` with these figures, and moves a `done` campaign back to `running`.
    fn finish_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Contacts with this number, over all campaigns.
    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError>;

    /// Lets contacts be called again as soon as every gate allows; how many that changes. All or none.
    ///
    /// A contact that waits is due at once. One of unknown fate may be called once more, since the
    /// person who asks has looked (D15: never on a guess). One that is ready already stays as it is.
    /// All others are refused: reached or being called there is nothing to do, and what is used up,
    /// suppressed, over or unfit is so by a rule that nobody overrides. Nothing else about a contact
    /// changes: the claim asks every gate again, with all its attempts in the count (D6).
    ///
    /// A `done` campaign runs again. Logs `retry_planned` with outcome `requeued`.
    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError>;

    /// All attempts of a contact, oldest first.
    fn attempts_of(&mut self, contact: ContactId) -> Result<Vec<Attempt>, StoreError>;

    /// Gathers the facts about a contact as a claim would and hands them to `look`.
    fn examine(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
        look: &mut dyn FnMut(&Facts<'_>),
    ) -> Result<(), StoreError>;

    // ---- suppression

    /// Puts numbers on lists. An opt-out is also a revocation of consent. Contacts that are ready or
    /// waiting in a bound campaign end as `suppressed`; calls in flight are named for hanging up.
    /// Logs `suppression_added` per new number, `consent_revoked` on opt-outs, `contact_finished`.
    fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError>;

    /// Adds a batch of an imported list. Only ever adds. Not logged by number, see [`Store::finish_list`].
    fn import_suppressions(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError>;

    /// Sets the list's date and logs `registry_loaded`.
    fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Takes a number off a reversible list by a second record with a reason. `false`: was not on it.
    /// Logs `suppression_reversed`. Contacts finished by it stay finished; consent stays revoked.
    fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        reason: &str,
        by: &By,
    ) -> Result<bool, StoreError>;

    /// Every list a number stands on.
    fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError>;

    /// Loaded lists.
    fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError>;

    /// Numbers of a list in order, after `after`, at most `limit`.
    fn list_page(
        &mut self,
        list: &ListKind,
        after: Option<PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError>;

    // ---- the engine's verbs

    /// Ready contacts of one class in queue order (priority high to low, due, id), after `after`.
    fn refill(
        &mut self,
        campaign: CampaignId,
        class: ClassId,
        after: Option<Candidate>,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError>;

    /// Moves waiting contacts that are due to ready; at most `limit`, earliest first.
    fn promote_due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Candidate>, StoreError>;

    /// When the next waiting contact becomes due; in the past when some are due already.
    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError>;

    /// Ends contacts whose own time or whose campaign's time is over; at most `limit`.
    fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    /// Reads the facts, decides and acts: on `Dial` the attempt is reserved and `attempt_reserved`
    /// logged; on a hold of scope `Contact` the contact waits; on a refusal it is finished and
    /// `contact_finished` logged.
    fn claim(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
    ) -> Result<Claimed, StoreError>;

    /// Notes a call event that does not end the attempt: sent, ringing, answered, callee detected.
    /// `false`: late or repeated, nothing changed and nothing is logged (D18).
    fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError>;

    /// The attempt's fate is unknown; it keeps its slot. Logs `attempt_unknown`.
    fn mark_unknown(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Ends an attempt, once: classifies, plans the retry, moves the contact, counts. `None`: it had
    /// ended before. `at` is when the call ended. Logs `call_ended` (`attempt_reconciled` before it when the attempt was
    /// unknown), `retry_planned` or `contact_finished`, `suppression_added` where it applies.
    fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError>;

    /// Attempts that have not ended.
    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Attempts reserved and not known to be sent: what an acknowledgement of an opt-out or a pause
    /// made by another process has to wait for.
    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError>;

    /// Sets a caller ID's state and ends its rest.
    fn set_caller_id_state(
        &mut self,
        number: PhoneNumber,
        state: CallerIdState,
        by: &By,
    ) -> Result<(), StoreError>;

    /// Wishes that every call be hung up; the wish's number. It lasts until an engine has taken it,
    /// a later one if none runs now. Logs `alert_raised`.
    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError>;

    /// Notes that the engine has asked the carriers to hang up every call, up to this wish.
    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError>;

    /// Wishes to hang up every call.
    fn hang_ups(&mut self) -> Result<HangUps, StoreError>;

    // ---- alerts

    /// Notes that somebody has seen to the alert at this place of the log, which therefore leaves
    /// the picture. `false`: it is no alert, or somebody had. The log keeps it; it has no kind for this.
    fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError>;

    // ---- reading

    /// One consistent picture.
    fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError>;

    /// The contacts asked for that lie beyond `from`, itself excluded, or from the list's end; at
    /// most `limit`, for which at most `budget` rows are looked at. Works on a store that is only read.
    fn page(
        &mut self,
        query: &ContactQuery,
        from: Option<&ListKey>,
        direction: Direction,
        limit: usize,
        budget: u64,
    ) -> Result<ContactPage, StoreError>;

    /// The same counts made anew from the rows, for checking [`Store::snapshot`] (D16).
    fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError>;

    // ---- the event log

    /// Appends an entry.
    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError>;

    /// Entries after `after`, oldest first, at most `limit`.
    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;

    /// Entries before `before`, newest first, at most `limit`; `i64::MAX` starts at the end.
    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError>;
}

/// Counts made from the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// Contacts by class and state.
    pub contacts: BTreeMap<(ClassId, ContactState), u64>,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Attempts made.
    pub attempts: u64,
    /// Attempts in flight.
    pub in_flight: u64,
}

/// An opt-out marked by a person.
pub fn opt_out(number: PhoneNumber, note: Option<String>, by: &By) -> Suppression {
    Suppression {
        number,
        list: ListKind::Internal,
        source: SuppressionSource::OptOut,
        at: by.at,
        actor: by.actor.clone(),
        note,
    }
}
