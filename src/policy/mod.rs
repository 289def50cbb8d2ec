//! May we dial, whom, from which number, and what next: every decision, with its reason.
//!
//! Pure: [`decide()`] sees [`Facts`] and the instant, nothing else. The engine, the why-not popup,
//! `dialdeck why` and the dry run all ask this one function.

pub mod abandonment;
pub mod amd;
pub mod attempts;
pub mod breaker;
pub mod caller_id;
pub mod caps;
pub mod consent;
pub mod decide;
pub mod fitness;
pub mod pacing;
pub mod retry;
pub mod standing;
pub mod suppression;
pub mod window;

use std::time::Duration;

use serde::Serialize;

use crate::domain::{
    Attestation, CallerId, Campaign, Consent, ConsentKind, Contact, ContactState, ListKind,
    Outcome, PhoneNumber, Suppression, SuppressionList, Timestamp, TrunkName, TrunkSettings,
    WindowClass,
};
use crate::rules::Rules;

pub use crate::rules::WindowReason;
pub use decide::{Check, Verdict, decide, explain, next_possible};

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
    /// Every list the number stands on that binds this campaign.
    pub suppressions: &'a [Suppression],
    /// Every list that is loaded, with its date.
    pub lists: &'a [SuppressionList],
    /// When consent for this number was last revoked.
    pub consent_revoked_at: Option<Timestamp>,
    /// Attempts at the number over all campaigns in the last 60 days, newest first.
    pub history: &'a [PastAttempt],
    /// Whether an attempt at the number is in flight, in any campaign.
    pub number_in_flight: bool,
    /// Calls in flight and recent sends of deck, trunk and campaign.
    pub load: Loads,
    /// The caller IDs the campaign may show, with their use.
    pub caller_ids: &'a [CallerIdUse],
    /// The campaign's live answers and abandoned calls of the last 30 days.
    pub abandonment: Abandonment,
    /// What only the running engine knows.
    pub context: &'a Context,
}

/// What only the running engine knows; [`Context::default`] is a healthy idle engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// Why nothing may be sent at all (D19): store, clock, rules or zone data not provably good.
    pub unhealthy: Option<String>,
    /// The trunk's breaker is open, or it asked us to slow down, until then.
    pub trunk_rests: Option<TrunkRest>,
    /// When the campaign's pace began to rise; `None`: full pace.
    pub ramp_from: Option<Timestamp>,
    /// Regions under an emergency ban by the operator, `US-LA`.
    pub emergency_bans: Vec<String>,
}

/// Why a trunk takes no calls for now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkRest {
    /// Until when; `None`: until an operator acts.
    pub until: Option<Timestamp>,
    /// `breaker_open`, `throttled` or `refused`.
    pub cause: &'static str,
}

/// One earlier attempt at a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastAttempt {
    /// When it was sent; an attempt not known to be sent counts as now.
    pub at: Timestamp,
    /// The campaign that made it.
    pub campaign: crate::domain::CampaignId,
    /// How it ended; `None` while in flight.
    pub outcome: Option<Outcome>,
    /// Whether it may have rung.
    pub counts: bool,
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
    /// The latest send or reservation.
    pub last_send: Option<Timestamp>,
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

/// Counts behind the abandonment rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Abandonment {
    /// Calls answered by a person, abandoned ones included.
    pub answered_live: u64,
    /// Of these, calls without an agent within two seconds.
    pub abandoned: u64,
}

/// The answer of [`decide()`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Dial now, like this.
    Dial(Box<DialOrder>),
    /// Not now.
    Hold(Hold),
    /// Never.
    Refuse(Refusal),
}

/// What to dial and everything the event log must be able to prove about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOrder {
    /// Its place in the contact's count, from 1.
    pub n: u32,
    /// The callee.
    pub number: PhoneNumber,
    /// The route.
    pub trunk: TrunkName,
    /// The number to show.
    pub caller_id: PhoneNumber,
    /// Its attestation.
    pub attestation: Option<Attestation>,
    /// Whether it shows a verified name.
    pub branded: bool,
    /// Zones judged, sorted, each with its local time: `("America/New_York", "Mon 10:30:00")`.
    pub local_times: Vec<(String, String)>,
    /// Regions judged.
    pub regions: Vec<String>,
    /// Consent relied on.
    pub consent: Option<Consent>,
    /// The date of the oldest registry that was required.
    pub registry_date: Option<Timestamp>,
    /// Loads before this call.
    pub load: Loads,
}

/// Not now: every temporary gate that failed, and when the last of them ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// All failing gates, in order; never empty.
    pub reasons: Vec<HoldReason>,
    /// The latest of their ends.
    pub until: Until,
    /// The narrowest thing that must wait: whether another contact could be dialed instead.
    pub scope: Scope,
}

/// One failing temporary gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldReason {
    /// Which, with the value it saw.
    pub kind: HoldKind,
    /// When it ends.
    pub until: Until,
}

/// When a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// At this instant.
    At(Timestamp),
    /// When a call in flight ends.
    CallEnds,
    /// When an operator acts: resumes, loads a list, names a zone.
    Operator,
}

/// What a hold binds. The dispatcher tries another contact on `Contact` and `Class`, and sleeps on the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This contact or its number.
    Contact,
    /// Every contact of its window class in this campaign.
    Class,
    /// The campaign.
    Campaign,
    /// The trunk and so every campaign on it.
    Trunk,
    /// Everything.
    Deck,
}

/// A temporary gate that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldKind {
    /// Store, clock, rules or zone data are not provably good (D19).
    Unhealthy(String),
    /// The campaign was never started.
    CampaignDraft,
    /// The campaign is paused.
    CampaignPaused,
    /// The campaign starts later.
    NotStarted,
    /// A required list was never loaded.
    ListMissing(ListKind),
    /// A required registry is older than 31 days.
    RegistryStale(ListKind, Timestamp),
    /// A call to the number is in flight.
    NumberInFlight,
    /// Too soon after the last attempt at the number.
    MinGap(Duration),
    /// The contact's own next time has not come.
    RetryDue,
    /// A rolling cap: rule id, attempts seen, attempts allowed.
    RollingCap(String, u32, u32),
    /// A candidate zone is shut: why, and which zone at which local time.
    Window(WindowReason, String),
    /// No zone is known.
    NoZone,
    /// The two zone databases differ on this zone.
    ZoneDataDisagree(String),
    /// It could still ring when the window closes.
    RingsPastClose,
    /// An operator's emergency ban on this region.
    EmergencyBan(String),
    /// The trunk is not in the deck file.
    TrunkMissing,
    /// The trunk rests: the cause.
    TrunkRests(&'static str),
    /// One more abandoned call would pass the limit: live answers, abandoned.
    AbandonmentBrake(u64, u64),
    /// No caller ID is owned and active at this trunk.
    NoCallerId,
    /// Every usable caller ID has reached its hourly cap.
    CallerIdsFull,
    /// Calls in flight at the cap of the deck: seen, cap.
    DeckConcurrent(u32, u32),
    /// Of the trunk.
    TrunkConcurrent(u32, u32),
    /// Of the campaign.
    CampaignConcurrent(u32, u32),
    /// Sends in the last 60 s at the cap of the trunk.
    TrunkPerMinute(u32, u32),
    /// Of the campaign.
    CampaignPerMinute(u32, u32),
    /// Calls are spaced over the minute, and rise slowly after an opening or a resume.
    Spacing,
}

/// Never: why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The campaign was stopped.
    CampaignStopped,
    /// The campaign's time is over.
    CampaignExpired(Timestamp),
    /// The contact's own time is over.
    ContactExpired(Timestamp),
    /// The contact already reached an end.
    Finished(ContactState),
    /// The number cannot be dialed: `unknown_npa`, `no_rules`, `non_geographic`, `premium`, `emergency`…
    Unfit(String),
    /// On a list: which, since when.
    Suppressed(ListKind, Timestamp),
    /// Consent is weaker than required: required, on record.
    NoConsent(ConsentKind, ConsentKind),
    /// Consent ran out.
    ConsentExpired(ConsentKind, Timestamp),
    /// Consent was taken back.
    ConsentRevoked(Timestamp),
    /// Attempts are used up: made, allowed.
    AttemptsExhausted(u32, u32),
}

impl Refusal {
    /// The end the contact comes to.
    pub const fn contact_state(&self) -> ContactState {
        match self {
            Self::CampaignStopped | Self::CampaignExpired(_) | Self::ContactExpired(_) => {
                ContactState::Expired
            }
            Self::Finished(state) => *state,
            Self::Unfit(_) => ContactState::Invalid,
            Self::Suppressed(..)
            | Self::NoConsent(..)
            | Self::ConsentExpired(..)
            | Self::ConsentRevoked(_) => ContactState::Suppressed,
            Self::AttemptsExhausted(..) => ContactState::Exhausted,
        }
    }

    /// A short machine-readable word, such as `suppressed:national:us` or `no_consent`.
    pub fn code(&self) -> String {
        match self {
            Self::CampaignStopped => "campaign_stopped".to_owned(),
            Self::CampaignExpired(_) => "campaign_expired".to_owned(),
            Self::ContactExpired(_) => "contact_expired".to_owned(),
            Self::Finished(state) => state.as_str().to_owned(),
            Self::Unfit(why) => format!("unfit:{why}"),
            Self::Suppressed(list, _) => format!("suppressed:{list}"),
            Self::NoConsent(..) => "no_consent".to_owned(),
            Self::ConsentExpired(..) => "consent_expired".to_owned(),
            Self::ConsentRevoked(_) => "consent_revoked".to_owned(),
            Self::AttemptsExhausted(..) => "attempts_exhausted".to_owned(),
        }
    }
}
