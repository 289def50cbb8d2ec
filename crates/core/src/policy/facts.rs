//! What a decision may look at, gathered inside the transaction that acts on it.

use super::preconditions::Subject;
use crate::domain::{
    CallerId, Campaign, CampaignId, ClockHeld, Contact, Outcome, PhoneNumber, Recovery,
    Suppression, SuppressionList, Timestamp, TrunkSettings, WindowClass,
};
use crate::rules::Rules;

/// Everything a decision may look at. Gathered inside the transaction that acts on the decision.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The law and number tables in force.
    pub rules: &'a Rules,
    /// The campaign.
    pub campaign: &'a Campaign,
    /// The contact.
    pub contact: &'a Contact,
    /// The zones and regions that bind the contact.
    pub class: &'a WindowClass,
    /// The trunk, `None` when the deck file no longer has it.
    pub trunk: Option<&'a TrunkSettings>,
    /// Every list the number stands on, those of other campaigns left out. Which registries among
    /// them bind is the gate's to say.
    pub suppressions: &'a [Suppression],
    /// Every list that is loaded, with its date.
    pub lists: &'a [SuppressionList],
    /// Whether a loaded registry binds every campaign.
    pub every_registry_binds: bool,
    /// Regions under an emergency ban by the operator, `US-LA`.
    pub emergency_bans: &'a [String],
    /// When consent for this number was last revoked.
    pub consent_revoked_at: Option<Timestamp>,
    /// Attempts at the number over all campaigns in the last 61 days, newest first.
    pub history: &'a [PastAttempt],
    /// Whether an attempt at the number is in flight, in any campaign.
    pub number_in_flight: bool,
    /// Calls in flight and recent sends of deck, trunk and campaign.
    pub load: Loads,
    /// The caller IDs the campaign may show, with their use.
    pub caller_ids: &'a [CallerIdUse],
    /// The campaign's live answers and abandoned calls.
    pub abandonment: Abandonment,
    /// What holds back a deck that went back in time.
    pub recovery: Option<&'a Recovery>,
    /// What only the running engine knows.
    pub context: &'a Context,
}

impl<'a> Facts<'a> {
    /// What decides which registries bind the contact and what the law asks for it.
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
    /// The trunk's breaker is open, or it asked us to slow down, until then.
    pub trunk_rests: Option<TrunkRest>,
    /// The trunk asked us to slow down: until then its calls leave at half the rate; `None`: at the
    /// full rate.
    pub slow_until: Option<Timestamp>,
    /// When the campaign's pace began to rise; `None`: full pace.
    pub ramp_from: Option<Timestamp>,
}

/// Why a trunk takes no calls for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkRest {
    /// Until when; `None`: until an operator acts.
    pub until: Option<Timestamp>,
    /// `breaker_open`, `no_agents`, `throttled` or `refused`.
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
    /// Whether it may have rung.
    pub counts: bool,
    /// The number that it showed.
    pub caller_id: PhoneNumber,
    /// Whether it was blocked on its way to the callee.
    pub blocked: bool,
}

/// Use of one capped thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Calls in flight, those of unknown fate included.
    pub in_flight: u32,
    /// Calls in flight at most.
    pub max_concurrent: u32,
    /// Sends in the last 60 seconds; reserved attempts count as now.
    pub sent_last_minute: u32,
    /// Sends in any 60 seconds at most.
    pub calls_per_minute: u32,
    /// When the oldest of the last `calls_per_minute` sends leaves the window; `None` when there is room.
    pub minute_frees_at: Option<Timestamp>,
    /// When a call was last planned, whether its request has left or not.
    pub last_planned: Option<Timestamp>,
}

/// Use of deck, trunk and campaign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loads {
    /// The whole deck.
    pub deck: Load,
    /// The trunk, over all its campaigns.
    pub trunk: Load,
    /// The campaign.
    pub campaign: Load,
}

/// A caller ID and its use in the last 60 minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdUse {
    /// The number and its settings.
    pub caller_id: CallerId,
    /// Sends in the last 60 minutes; reserved attempts count as now.
    pub sent_last_hour: u32,
    /// When the next send is possible under `cap`; `None` when there is room.
    pub hour_frees_at: Option<Timestamp>,
    /// The lower of its own and the campaign's hourly cap.
    pub cap: u32,
    /// When it was last shown.
    pub last_used: Option<Timestamp>,
}

/// Counts behind the two abandonment rates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abandonment {
    /// What the law counts: the campaign while it is shorter than 30 days, else the last 30 days.
    /// Nothing restarts it.
    pub law: LiveCalls,
    /// What the brake counts: the same since its last release.
    pub brake: LiveCalls,
}

/// Calls answered by people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LiveCalls {
    /// All of them, abandoned ones included.
    pub answered: u64,
    /// Calls without an agent within two seconds.
    pub abandoned: u64,
}

impl LiveCalls {
    /// Adds others.
    pub const fn add(&mut self, others: Self) {
        self.answered += others.answered;
        self.abandoned += others.abandoned;
    }
}
