//! The facts that a decision may read, gathered inside the transaction that acts on it.

use super::subject::Subject;
use crate::domain::{
    CallerId, Campaign, CampaignId, ClockHeld, Contact, Outcome, PhoneNumber, Recovery,
    Suppression, SuppressionList, Timestamp, TrunkSettings, WindowClass,
};
use crate::rules::Rules;

/// Everything that a decision may read, gathered inside the transaction that acts on the decision.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The law and number tables in force.
    pub rules: &'a Rules,
    /// The campaign that calls.
    pub campaign: &'a Campaign,
    /// The contact that is called.
    pub contact: &'a Contact,
    /// The zones and regions that bind the contact.
    pub class: &'a WindowClass,
    /// The trunk; `None` if the deck file no longer has one of this name.
    pub trunk: Option<&'a TrunkSettings>,
    /// Every list that the number is on, without those of other campaigns. The gate decides which registries
    /// among them bind.
    pub suppressions: &'a [Suppression],
    /// Every list that is loaded, with its date.
    pub lists: &'a [SuppressionList],
    /// Whether a loaded registry binds every campaign.
    pub every_registry_binds: bool,
    /// Regions under an emergency ban by the operator, `US-LA`.
    pub emergency_bans: &'a [String],
    /// When consent for this number was last revoked; `None` if it never was.
    pub consent_revoked_at: Option<Timestamp>,
    /// Attempts at the number over all campaigns in the last 61 days, newest first.
    pub history: &'a [PastAttempt],
    /// Whether an attempt at the number is in flight, in any campaign.
    pub number_in_flight: bool,
    /// Calls in flight and recent sends of deck, trunk and campaign.
    pub load: Loads,
    /// The caller IDs that the campaign may show, with their use.
    pub caller_ids: &'a [CallerIdUse],
    /// Every caller ID of the deck, at any trunk and in any state.
    pub deck_numbers: &'a [CallerId],
    /// The campaign's live answers and abandoned calls.
    pub abandonment: Abandonment,
    /// What holds the calls of a deck that went back in time.
    pub recovery: Option<&'a Recovery>,
    /// What only the running engine knows.
    pub context: &'a Context,
}

impl<'a> Facts<'a> {
    /// Returns the part of the facts that decides which registries bind the contact and what the law requires
    /// for it.
    pub const fn subject(&self) -> Subject<'a> {
        Subject {
            rules: self.rules,
            campaign: &self.campaign.settings,
            contact: self.contact,
            class: self.class,
            consent_revoked_at: self.consent_revoked_at,
            every_registry_binds: self.every_registry_binds,
        }
    }
}

/// What only the running engine knows; [`Context::default`] is a healthy idle engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Why nothing may be sent at all (D19): store, clock, rules or zone data not provably good.
    pub unhealthy: Option<String>,
    /// Until when the clock is behind the log (D19); see [`clock_behind`](crate::domain::clock_behind).
    pub clock_behind: Option<Timestamp>,
    /// A jump of the clock that is not accepted yet (D19).
    pub clock_held: Option<ClockHeld>,
    /// The rest of the trunk, because its breaker is open or it asked for fewer calls.
    pub trunk_rests: Option<TrunkRest>,
    /// The trunk asked for fewer calls: its calls leave at half the rate until this instant. `None` if they
    /// leave at the full rate.
    pub slow_until: Option<Timestamp>,
    /// When the campaign's pace began to rise; `None` at full pace.
    pub ramp_from: Option<Timestamp>,
}

/// Why a trunk takes no calls for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkRest {
    /// The end of the rest; `None` if only an operator ends it.
    pub until: Option<Timestamp>,
    /// `breaker_open`, `no_agents`, `throttled`, `refused` or `unknown_to_the_carrier`.
    pub cause: &'static str,
}

/// One earlier attempt at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastAttempt {
    /// When it was sent; an attempt not known to be sent counts as now.
    pub at: Timestamp,
    /// The campaign that made it.
    pub campaign: CampaignId,
    /// How it ended; `None` while in flight.
    pub outcome: Option<Outcome>,
    /// Whether it counts, because it may have rung.
    pub counts: bool,
    /// The number that it showed.
    pub caller_id: PhoneNumber,
    /// Whether it was blocked on its way to the callee.
    pub blocked: bool,
}

/// The use of one capped thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Calls in flight, those of unknown fate included.
    pub in_flight: u32,
    /// The maximum number of calls in flight.
    pub max_concurrent: u32,
    /// Sends in the last 60 seconds; reserved attempts count as now.
    pub sent_last_minute: u32,
    /// The maximum number of sends in any 60 seconds.
    pub calls_per_minute: u32,
    /// When the oldest of the last `calls_per_minute` sends leaves the window; `None` if there is room.
    pub minute_frees_at: Option<Timestamp>,
    /// When a call was last reserved, even if its request has not left.
    pub last_planned: Option<Timestamp>,
}

/// The use of deck, trunk and campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loads {
    /// The load of the whole deck.
    pub deck: Load,
    /// The load of the trunk, over all its campaigns.
    pub trunk: Load,
    /// The load of the campaign.
    pub campaign: Load,
}

/// A caller ID and its use in the last 60 minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdUse {
    /// The number and its settings.
    pub caller_id: CallerId,
    /// Sends in the last 60 minutes; reserved attempts count as now.
    pub sent_last_hour: u32,
    /// When the next send is possible under `cap`; `None` if there is room.
    pub hour_frees_at: Option<Timestamp>,
    /// The lower of its own and the campaign's hourly cap.
    pub cap: u32,
    /// When the caller ID was last shown; `None` if it never was.
    pub last_used: Option<Timestamp>,
}

/// The counts of the two abandonment rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abandonment {
    /// The counts of the law: the campaign while it is shorter than 30 days, and the last 30 days after that.
    /// Nothing restarts them.
    pub law: LiveCalls,
    /// The counts of the brake: those of the law since the brake was last released.
    pub brake: LiveCalls,
}

/// Calls answered by people.
///
/// # Examples
///
/// ```
/// use dialdeck_core::policy::LiveCalls;
///
/// let calls = LiveCalls { answered: 100, abandoned: 4 };
/// assert!(calls.is_above(3));
/// assert!(!calls.is_above(4));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCalls {
    /// All of them, abandoned ones included.
    pub answered: u64,
    /// Calls without an agent within two seconds.
    pub abandoned: u64,
}

impl LiveCalls {
    /// Adds the counts of `others`.
    pub const fn add(&mut self, others: Self) {
        self.answered += others.answered;
        self.abandoned += others.abandoned;
    }
}
