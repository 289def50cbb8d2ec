//! What a decision says: dial like this, not before then, or never, each with its reason.

use std::time::Duration;

use serde::Serialize;

use super::{Loads, WindowReason};
use crate::domain::{
    Area, Attestation, ClockHeld, Consent, ConsentKind, ContactState, ListKind, PhoneNumber,
    Timestamp, TrunkName,
};

/// The answer of [`super::decide()`].
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
    /// The registries that were needed, each with the number's area and the date of its data there.
    pub registries: Vec<(ListKind, Area, Timestamp)>,
    /// Loads before this call.
    pub load: Loads,
    /// The request must not leave before: then trunk and campaign have room in their minute.
    pub not_before: Timestamp,
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

/// What a hold binds. The dispatcher tries another contact on `Contact` and `Class`, and sleeps on
/// the rest.
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
    /// The clock is behind the log's last entry (D19).
    ClockBehind,
    /// The clock jumped while the engine ran, and the jump is not accepted yet (D19).
    ClockJumped(ClockHeld),
    /// The campaign was never started.
    CampaignDraft,
    /// The campaign is paused.
    CampaignPaused,
    /// The campaign starts later.
    NotStarted,
    /// The deck went back in time: attempts of its last run may be missing (D6, D14).
    AttemptsMissing,
    /// The deck went back in time: opt-outs may be missing from this list (D8).
    OptOutsMissing(ListKind),
    /// A required list was never loaded.
    ListMissing(ListKind),
    /// A registry that is needed does not cover the number's area.
    RegistryMissing(ListKind, Area),
    /// A registry that is needed is too old for the number's area: the date of its data there.
    RegistryStale(ListKind, Area, Timestamp),
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
    /// No caller ID is known to be owned by a word of the provider that is not too old.
    CallerIdsUnproven,
    /// Every usable caller ID has reached its hourly cap or rests after a block.
    CallerIdsFull,
    /// Every caller ID that is free was blocked on its way to this callee within the day.
    CallerIdsBlocked,
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
    /// The trunk's calls are spaced at half its rate, since it has reached a limit.
    TrunkSlowed,
    /// Calls are spaced over the minute, and rise slowly after an opening or a resume.
    Spacing,
}

impl Hold {
    /// A hold of these reasons; `None` when there is none.
    pub fn of(reasons: Vec<HoldReason>) -> Option<Self> {
        let until = reasons.iter().map(|reason| reason.until).max()?;
        let scope = reasons.iter().map(|reason| reason.kind.scope()).min()?;
        Some(Self {
            reasons,
            until,
            scope,
        })
    }

    /// A hold of one reason.
    pub fn single(kind: HoldKind, until: Until) -> Self {
        let scope = kind.scope();
        Self {
            reasons: vec![HoldReason { kind, until }],
            until,
            scope,
        }
    }

    /// The reason to name where there is room for one: what an operator must end, else what keeps
    /// a call back for a cause, else what only paces calls; of the same kind the one that ends last.
    pub fn principal(&self) -> Option<&HoldReason> {
        let rank = |reason: &HoldReason| {
            let operator = reason.until == Until::Operator;
            (operator, !reason.kind.only_paces(), reason.until)
        };
        // Of equals the last one counts, which is the first in the order of the gates.
        let reasons = self.reasons.iter().rev();
        reasons.max_by_key(|reason| rank(reason))
    }

    /// What would be left of it if the campaign ran; `None`: nothing.
    pub fn once_running(&self) -> Option<Self> {
        let mut reasons = self.reasons.clone();
        reasons.retain(|reason| {
            !matches!(
                reason.kind,
                HoldKind::CampaignDraft | HoldKind::CampaignPaused
            )
        });
        Self::of(reasons)
    }

    /// Until when the contact itself is set aside: the latest end among the reasons of scope
    /// [`Scope::Contact`], `None` when it has none.
    ///
    /// A call in flight to the number gives no instant; it is looked at again a minute later unless
    /// another reason says more. A registry that is awaited gives none either: the contact waits
    /// until the registry is loaded, [`Timestamp::MAX`]. Reasons of wider scope do not matter here:
    /// they will have passed, or will hold again.
    pub fn set_aside_until(&self, now: Timestamp) -> Option<Timestamp> {
        const LOOK_AGAIN: Duration = Duration::from_mins(1);
        self.reasons
            .iter()
            .filter(|reason| reason.kind.scope() == Scope::Contact)
            .map(|reason| match reason.until {
                _ if reason.kind.registry().is_some() => Timestamp::MAX,
                Until::At(end) => end,
                Until::CallEnds | Until::Operator => now + LOOK_AGAIN,
            })
            .max()
    }
}

impl Hold {
    /// The registry that the contact waits for; `None`: it waits for none.
    pub fn registry(&self) -> Option<&ListKind> {
        self.reasons
            .iter()
            .find_map(|reason| reason.kind.registry())
    }
}

impl HoldKind {
    /// The registry whose data for the number's area it waits for.
    pub const fn registry(&self) -> Option<&ListKind> {
        if let Self::RegistryMissing(list, _) | Self::RegistryStale(list, ..) = self {
            return Some(list);
        }
        None
    }

    /// Whether it only spreads calls over time and slots, as it does in every campaign at work.
    pub const fn only_paces(&self) -> bool {
        match self {
            Self::DeckConcurrent(..)
            | Self::TrunkConcurrent(..)
            | Self::CampaignConcurrent(..)
            | Self::TrunkPerMinute(..)
            | Self::CampaignPerMinute(..)
            | Self::TrunkSlowed
            | Self::Spacing => true,
            Self::Unhealthy(_)
            | Self::ClockBehind
            | Self::ClockJumped(_)
            | Self::CampaignDraft
            | Self::CampaignPaused
            | Self::NotStarted
            | Self::AttemptsMissing
            | Self::OptOutsMissing(_)
            | Self::ListMissing(_)
            | Self::RegistryMissing(..)
            | Self::RegistryStale(..)
            | Self::NumberInFlight
            | Self::MinGap(_)
            | Self::RetryDue
            | Self::RollingCap(..)
            | Self::Window(..)
            | Self::NoZone
            | Self::ZoneDataDisagree(_)
            | Self::RingsPastClose
            | Self::EmergencyBan(_)
            | Self::TrunkMissing
            | Self::TrunkRests(_)
            | Self::AbandonmentBrake(..)
            | Self::NoCallerId
            | Self::CallerIdsUnproven
            | Self::CallerIdsBlocked
            | Self::CallerIdsFull => false,
        }
    }

    /// The narrowest thing that this gate alone makes wait.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::NumberInFlight
            | Self::MinGap(_)
            | Self::RetryDue
            | Self::RollingCap(..)
            | Self::CallerIdsBlocked
            | Self::RegistryMissing(..)
            | Self::RegistryStale(..) => Scope::Contact,
            Self::Window(..)
            | Self::NoZone
            | Self::ZoneDataDisagree(_)
            | Self::RingsPastClose
            | Self::EmergencyBan(_) => Scope::Class,
            Self::CampaignDraft
            | Self::CampaignPaused
            | Self::NotStarted
            | Self::ListMissing(_)
            | Self::AbandonmentBrake(..)
            | Self::NoCallerId
            | Self::CallerIdsFull
            | Self::CallerIdsUnproven
            | Self::CampaignConcurrent(..)
            | Self::CampaignPerMinute(..)
            | Self::Spacing => Scope::Campaign,
            Self::TrunkMissing
            | Self::TrunkRests(_)
            | Self::TrunkConcurrent(..)
            | Self::TrunkPerMinute(..)
            | Self::TrunkSlowed => Scope::Trunk,
            Self::Unhealthy(_)
            | Self::ClockBehind
            | Self::ClockJumped(_)
            | Self::AttemptsMissing
            | Self::OptOutsMissing(_)
            | Self::DeckConcurrent(..) => Scope::Deck,
        }
    }
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
    /// The number cannot be dialed: `unknown_npa`, `no_rules`, `non_geographic`, `premium`,
    /// `emergency`…
    Unfit(String),
    /// On a list: which, since when.
    Suppressed(ListKind, Timestamp),
    /// Consent is weaker than required: required, on record.
    NoConsent(ConsentKind, ConsentKind),
    /// Consent is weaker than a row of the preconditions asks for.
    ConsentBelowLaw {
        /// The row.
        rule: String,
        /// The least it asks for.
        least: ConsentKind,
        /// What is on record.
        have: ConsentKind,
    },
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
            | Self::ConsentBelowLaw { .. }
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
            Self::ConsentBelowLaw { rule, .. } => format!("no_consent:{rule}"),
            Self::ConsentExpired(..) => "consent_expired".to_owned(),
            Self::ConsentRevoked(_) => "consent_revoked".to_owned(),
            Self::AttemptsExhausted(..) => "attempts_exhausted".to_owned(),
        }
    }
}
