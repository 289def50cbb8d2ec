//! What a store answers: outcomes of its verbs, the picture of a deck, and what can go wrong.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::outcome::Classification;
use dialdeck_core::domain::{
    Attempt, AttemptId, Briefing, CallReport, CallerId, Campaign, CampaignId, CampaignState,
    ClassId, ClockHeld, ContactId, ContactState, Outcome, PhoneNumber, Right, Role,
    SuppressionList, Timestamp, TrunkName, TrunkSettings, UnfinishedImport, WindowClass,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::caller_id;
use dialdeck_core::policy::retry::Next;
use dialdeck_core::policy::{Abandonment, CallerIdUse, DialOrder, Hold, Load, Refusal, TrunkRest};

/// What can go wrong in a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The deck cannot be used: wrong version, damaged, no space. Nothing is dialed any more.
    #[error("the deck's store is not usable: {0}")]
    Unusable(String),
    /// A newer program made it.
    #[error(
        "the deck was made by a newer dialdeck: its schema is version {found}, this program's is {known}"
    )]
    Newer {
        /// The deck's version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Its path leads elsewhere: what is written here no longer concerns who opens it now. Nothing is
    /// begun any more.
    #[error("{0}")]
    Displaced(Displaced),
    /// Another engine has started on the deck: it alone dials now.
    #[error("another engine has taken the deck over: this one sends nothing more")]
    Superseded,
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

/// A deck whose path leads to other files than those that this process holds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deck at {} is no longer the one this process opened: {found}", .folder.display())]
pub struct Displaced {
    /// The path, from the root.
    pub folder: PathBuf,
    /// What is found there.
    pub found: String,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFate {
    /// Added.
    Taken(ContactId),
    /// The campaign has the number already.
    Duplicate {
        /// Whose it is.
        of: ContactId,
        /// The line of an import that brought it (0: not known).
        of_line: u64,
    },
}

/// How a call ended by its carrier's word, while something else is waited for before it is settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEnd {
    /// What was said.
    pub report: CallReport,
    /// When it ended.
    pub at: Timestamp,
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
    Dial(Box<Attempt>, Box<DialOrder>, Box<Briefing>),
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
    /// Whether the callee's number went on a do-not-call list by it, which ends its contacts in other
    /// campaigns, too.
    pub listed: bool,
    /// The campaign's counts of abandoned calls, when this was one.
    pub abandonment: Option<Abandonment>,
}

impl Settled {
    /// What came of the end that was reported.
    pub(super) fn new(
        read: Classification,
        next: Option<Next>,
        rested: Option<PhoneNumber>,
        report: &CallReport,
    ) -> Self {
        Self {
            abandonment: None,
            listed: report.opted_out || matches!(next, Some(Next::DoNotCall(_))),
            read,
            next,
            rested,
        }
    }
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

/// How an entry of a list is taken back.
#[derive(Clone, Copy, Debug)]
pub struct Reversal<'a> {
    /// Why, for the log.
    pub reason: &'a str,
    /// Whether the contacts that the entry ended come back, and with an opt-out the consent that it
    /// revoked.
    pub restore: bool,
}

/// What came back with a reversed entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Contacts that may be called again.
    pub contacts: Vec<(CampaignId, ContactId)>,
    /// Contacts that the entry had ended and that stay ended: another list binds them.
    pub kept: u64,
    /// Whether the consent that the opt-out had revoked holds again.
    pub consent: bool,
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
    /// Of these, those whose agent did not come, or went away.
    pub without_agent: u64,
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
    /// What is kept of the trunks' breakers; one that never rested is not here.
    pub trunk_rests: BTreeMap<TrunkName, Kept>,
    /// Calls whose end their trunk's carrier has yet to confirm.
    pub unclosed: BTreeMap<AttemptId, TrunkName>,
    /// Ends of calls that wait to be settled.
    pub pending_ends: BTreeMap<AttemptId, PendingEnd>,
    /// Caller IDs with their use.
    pub caller_ids: Vec<CallerIdUse>,
    /// Loaded lists.
    pub lists: Vec<SuppressionList>,
    /// Regions under an emergency ban by the operator, as last configured.
    pub emergency_bans: Vec<String>,
    /// The last alerts that nobody has seen to, newest first, at most 20.
    pub alerts: Vec<SealedEvent>,
    /// Imports that have started and have not ended, by the place of their first entry in the log: they
    /// are under way, or were cut off.
    pub unfinished_imports: BTreeMap<i64, UnfinishedImport>,
    /// Wishes to hang up every call, and how far the engine has carried them out.
    pub hang_ups: HangUps,
    /// Place of the last event.
    pub head: i64,
    /// The latest instant in the log; a clock behind it is not to be trusted.
    pub last_event_at: Option<Timestamp>,
    /// A jump of the clock that is not accepted yet.
    pub clock_held: Option<ClockHeld>,
}

impl Snapshot {
    /// A trunk's settings; `None`: it is not in the deck file any more.
    pub fn trunk(&self, name: &TrunkName) -> Option<&TrunkSettings> {
        let mut all = self.trunks.iter().map(|(trunk, _)| trunk);
        all.find(|trunk| trunk.name == *name)
    }

    /// Whether a caller ID's provider has said lately that it is ours, where it can say so.
    pub fn is_proven(&self, id: &CallerId, now: Timestamp) -> bool {
        caller_id::is_proven(id, self.trunk(&id.trunk), now)
    }

    /// Why the trunk takes no calls at `now`, as far as the store has been told; `None`: it takes calls.
    pub fn rest_of(&self, trunk: &TrunkName, now: Timestamp) -> Option<TrunkRest> {
        self.trunk_rests.get(trunk)?.rest(now)
    }

    /// Until when the trunk's calls leave at half the rate, as far as the store has been told; `None`:
    /// at the full rate.
    pub fn slow_until(&self, trunk: &TrunkName, now: Timestamp) -> Option<Timestamp> {
        self.trunk_rests.get(trunk)?.slow_until(now)
    }
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

/// Counts made from the rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// Contacts by class and state.
    pub contacts: BTreeMap<(ClassId, ContactState), u64>,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Attempts made.
    pub attempts: u64,
    /// Of these, those whose agent did not come, or went away.
    pub without_agent: u64,
    /// Attempts in flight.
    pub in_flight: u64,
}
