//! What a store returns: results of its verbs and the snapshot of a deck.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::outcome::Classification;
use dialdeck_core::domain::{
    Attempt, AttemptId, Briefing, CallReport, CallerId, Campaign, CampaignId, ClassId, ClockHeld,
    ContactId, ContactState, Outcome, PhoneNumber, SuppressionList, Timestamp, TrunkName,
    TrunkSettings, UnfinishedImport, WindowClass,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::caller_id;
use dialdeck_core::policy::retry::Next;
use dialdeck_core::policy::{Abandonment, CallerIdUse, DialOrder, Hold, Load, Refusal, TrunkRest};

/// What happened to an imported row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFate {
    /// Added, as this contact.
    Taken(ContactId),
    /// The campaign has the number already.
    Duplicate {
        /// The contact that has the number.
        of: ContactId,
        /// The line of the import that added that contact (0: not known).
        of_line: u64,
    },
}

/// How a call ended according to its carrier, kept while the settlement waits for something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEnd {
    /// The carrier's report of the end.
    pub report: CallReport,
    /// When the call ended.
    pub at: Timestamp,
}

/// A ready contact, as the hopper holds it. A hint: the claim checks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The contact's id.
    pub contact: ContactId,
    /// The campaign's id.
    pub campaign: CampaignId,
    /// The window class's id.
    pub class: ClassId,
    /// Higher is called first.
    pub priority: i32,
    /// Since when the contact is ready, which orders it in the queue.
    pub due: Timestamp,
}

/// The result of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// The attempt is reserved: dial after the commit.
    Dial(Box<Attempt>, Box<DialOrder>, Box<Briefing>),
    /// Not now. With scope `Contact` the contact now waits until `due`.
    Held {
        /// The hold with its reasons.
        hold: Hold,
        /// When the contact becomes ready again. `None` if it is not set aside, or waits for a registry.
        due: Option<Timestamp>,
    },
    /// Never: the contact has reached its end.
    Refused(Refusal),
    /// The contact is no longer ready: the hint was stale.
    Stale,
}

/// The result of settling an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// How the end was classified.
    pub read: Classification,
    /// What happens to the contact next. `None` if nothing was planned: the contact is no longer in flight or
    /// has a newer attempt.
    pub next: Option<Next>,
    /// The caller ID that now rests, if its calls were blocked on the way.
    pub rested: Option<PhoneNumber>,
    /// Whether this end put the callee's number on a do-not-call list, which also ends its contacts in other
    /// campaigns.
    pub listed: bool,
    /// The campaign's counts of abandoned calls, if this call was abandoned.
    pub abandonment: Option<Abandonment>,
}

impl Settled {
    /// Returns the result for an end that was classified as `read`. It has no abandonment counts.
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

/// The result of adding suppressions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suppressed {
    /// Numbers that are new on the list.
    pub added: u64,
    /// Numbers that were on the list already.
    pub already: u64,
    /// Contacts that this finished, over all campaigns that the list binds.
    pub finished: Vec<(CampaignId, ContactId)>,
    /// Attempts to these numbers that are in flight.
    pub live: Vec<AttemptId>,
}

/// How an entry of a list is reversed.
#[derive(Clone, Copy, Debug)]
pub struct Reversal<'a> {
    /// The reason, for the log.
    pub reason: &'a str,
    /// Whether to restore the contacts that the entry ended and, for an opt-out, the consent that it revoked.
    pub restore: bool,
}

/// What a reversal restored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// Contacts that may be called again.
    pub contacts: Vec<(CampaignId, ContactId)>,
    /// Contacts that the entry had ended and that stay ended because another list binds them.
    pub kept: u64,
    /// Whether the consent that the opt-out had revoked holds again.
    pub consent: bool,
}

/// The counts of one campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignCounts {
    /// The campaign's settings and state.
    pub campaign: Campaign,
    /// Contacts by window class and state. Invalid contacts without a class are counted under class 0.
    pub contacts: BTreeMap<(ClassId, ContactState), u64>,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Attempts made, including those in flight.
    pub attempts: u64,
    /// Attempts whose agent did not join or left.
    pub without_agent: u64,
    /// Contacts finished without being reached, by reason code.
    pub refusals: BTreeMap<String, u64>,
    /// Use of the campaign's caps.
    pub load: Load,
    /// The counts behind the abandonment rate.
    pub abandonment: Abandonment,
    /// When the first waiting contact becomes ready. `None` if none waits for a time.
    pub next_due: Option<Timestamp>,
}

/// One consistent view of a deck.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// All campaigns, by id.
    pub campaigns: Vec<CampaignCounts>,
    /// All window classes, by id.
    pub classes: BTreeMap<ClassId, WindowClass>,
    /// Attempts in flight, by id.
    pub in_flight: Vec<Attempt>,
    /// Trunks of the deck file with the use of their caps.
    pub trunks: Vec<(TrunkSettings, Load)>,
    /// How often an operator reset each trunk. A trunk that was never reset is absent.
    pub trunk_resets: BTreeMap<TrunkName, u64>,
    /// The kept state of the trunks' breakers. A trunk that never rested is absent.
    pub trunk_rests: BTreeMap<TrunkName, Kept>,
    /// Calls whose end their trunk's carrier has not confirmed yet.
    pub unclosed: BTreeMap<AttemptId, TrunkName>,
    /// Ends of calls that wait to be settled.
    pub pending_ends: BTreeMap<AttemptId, PendingEnd>,
    /// Caller IDs with their use in the last hour.
    pub caller_ids: Vec<CallerIdUse>,
    /// Loaded lists with their dates.
    pub lists: Vec<SuppressionList>,
    /// Regions under an emergency ban by the operator, as last configured.
    pub emergency_bans: Vec<String>,
    /// The last alerts that are not acknowledged, newest first, at most 20.
    pub alerts: Vec<SealedEvent>,
    /// Imports that have started and not ended, by the sequence number of their first log entry. They are
    /// running or were cut off.
    pub unfinished_imports: BTreeMap<i64, UnfinishedImport>,
    /// Requests to hang up every call, and how far the engine has carried them out.
    pub hang_ups: HangUps,
    /// The sequence number of the last log entry. 0 if the log is empty.
    pub head: i64,
    /// The latest instant in the log. A clock behind it is not to be trusted.
    pub last_event_at: Option<Timestamp>,
    /// A jump of the clock that is not accepted yet.
    pub clock_held: Option<ClockHeld>,
    /// The last acceptance of the clock: its sequence number in the log, and the accepted instant.
    pub clock_accepted: Option<(i64, Timestamp)>,
}

impl Snapshot {
    /// Returns a trunk's settings. `None` if it is no longer in the deck file.
    pub fn trunk(&self, name: &TrunkName) -> Option<&TrunkSettings> {
        let mut all = self.trunks.iter().map(|(trunk, _)| trunk);
        all.find(|trunk| trunk.name == *name)
    }

    /// Returns whether the caller ID's provider has recently reported that the account owns it, if that
    /// provider can report owned numbers at all.
    pub fn is_proven(&self, id: &CallerId, now: Timestamp) -> bool {
        caller_id::is_proven(id, self.trunk(&id.trunk), now)
    }

    /// Returns why the trunk takes no calls at `now`, as far as the store knows. `None` if it takes calls.
    pub fn rest_of(&self, trunk: &TrunkName, now: Timestamp) -> Option<TrunkRest> {
        self.trunk_rests.get(trunk)?.rest(now)
    }

    /// Returns until when the trunk's calls are sent at half the rate, as far as the store knows. `None` at
    /// the full rate.
    pub fn slow_until(&self, trunk: &TrunkName, now: Timestamp) -> Option<Timestamp> {
        self.trunk_rests.get(trunk)?.slow_until(now)
    }
}

/// Requests to hang up every call, numbered over the deck's life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HangUps {
    /// The number of the last request.
    pub requested: u64,
    /// The number of the last request that an engine has passed on to the carriers.
    pub carried_out: u64,
}

impl HangUps {
    /// Returns whether a request is still to be carried out.
    pub const fn is_open(self) -> bool {
        self.carried_out < self.requested
    }
}

/// Who issued a command and when, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// The name of the actor.
    pub actor: String,
    /// The time of the command, by the deck's clock.
    pub at: Timestamp,
}

/// Counts made from the rows of one campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recount {
    /// Contacts by window class and state.
    pub contacts: BTreeMap<(ClassId, ContactState), u64>,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Attempts made, including those in flight.
    pub attempts: u64,
    /// Attempts whose agent did not join or left.
    pub without_agent: u64,
    /// Attempts in flight.
    pub in_flight: u64,
}
