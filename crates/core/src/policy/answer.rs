//! The result of a decision: dial, hold or refuse, each with its reason.

use std::time::Duration;

use serde::Serialize;

use super::{Loads, WindowReason};
use crate::domain::event::UsedRegistry;
use crate::domain::{
    Area, Attestation, ClockHeld, Consent, ConsentKind, ContactState, ListKind, PhoneNumber,
    Timestamp, TrunkName,
};

/// The answer of [`super::decide()`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Dial now, with this order.
    Dial(Box<DialOrder>),
    /// Not now, for these reasons.
    Hold(Hold),
    /// Never, for this reason.
    Refuse(Refusal),
}

/// What to dial, and everything that the event log must be able to prove about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialOrder {
    /// The attempt's number in the contact's count, from 1.
    pub n: u32,
    /// The number to call.
    pub number: PhoneNumber,
    /// The trunk that carries the call.
    pub trunk: TrunkName,
    /// The number to show.
    pub caller_id: PhoneNumber,
    /// The attestation of the caller ID.
    pub attestation: Option<Attestation>,
    /// Whether the call shows a verified name.
    pub branded: bool,
    /// The zones judged, sorted, each with its local time: `("America/New_York", "Mon 10:30:00")`.
    pub local_times: Vec<(String, String)>,
    /// The regions judged, sorted.
    pub regions: Vec<String>,
    /// The consent that the call relies on; `None` if no rule requires any.
    pub consent: Option<Consent>,
    /// The registries that were needed, each with the number's area and the date of its data there.
    pub registries: Vec<UsedRegistry>,
    /// The loads before this call.
    pub load: Loads,
    /// The earliest instant at which the request may leave, so that trunk and campaign have room in their
    /// minute.
    pub not_before: Timestamp,
}

/// Not now: every temporary gate that failed, and when the last of them ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// All failing gates, in order; never empty.
    pub reasons: Vec<HoldReason>,
    /// The latest end of the reasons.
    pub until: Until,
    /// The narrowest thing that must wait. It shows whether another contact could be dialed instead.
    pub scope: Scope,
}

/// One failing temporary gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldReason {
    /// The gate that failed, with the value it read.
    pub kind: HoldKind,
    /// When the reason ends.
    pub until: Until,
}

/// When a hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// The hold ends at this instant.
    At(Timestamp),
    /// The hold ends when a call in flight ends.
    CallEnds,
    /// When an operator acts: resumes, loads a list, names a zone.
    Operator,
}

/// What a hold binds. The dispatcher tries another contact on `Contact` and `Class`, and waits on the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// This contact or its number.
    Contact,
    /// Every contact of its window class in this campaign.
    Class,
    /// Every contact of the campaign.
    Campaign,
    /// The trunk, and with it every campaign on it.
    Trunk,
    /// Every call of the deck.
    Deck,
}

/// A temporary gate that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HoldKind {
    /// Store, clock, rules or zone data are not provably good (D19).
    Unhealthy(String),
    /// The clock is behind the event log's last entry (D19).
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
    /// The last attempt at the number is less than this minimum gap ago.
    MinGap(Duration),
    /// The contact's next attempt is not due yet.
    RetryDue,
    /// A rolling cap: rule id, attempts counted, attempts allowed.
    RollingCap(String, u32, u32),
    /// The deck went back in time: attempts that it may have lost still count for this rolling cap (D6).
    CapUncertain(String),
    /// A candidate zone is shut: why, and which zone at which local time.
    Window(WindowReason, String),
    /// No zone is known.
    NoZone,
    /// The two zone databases differ on this zone.
    ZoneDataDisagree(String),
    /// The phone could still ring when the window closes.
    RingsPastClose,
    /// An operator's emergency ban on this region.
    EmergencyBan(String),
    /// The trunk is not in the deck file.
    TrunkMissing,
    /// The trunk rests for this cause.
    TrunkRests(&'static str),
    /// The campaign's abandoned calls exceed its limit: live answers, abandoned calls.
    AbandonmentBrake(u64, u64),
    /// No caller ID is owned and active at this trunk.
    NoCallerId,
    /// No caller ID has a recent enough report of the provider that the account owns it.
    CallerIdsUnproven,
    /// Every usable caller ID has reached its hourly cap or rests after a block.
    CallerIdsFull,
    /// Every caller ID that is free was blocked on its way to this callee within the day.
    CallerIdsBlocked,
    /// Calls in flight at the cap of the deck: counted, cap.
    DeckConcurrent(u32, u32),
    /// Calls in flight at the cap of the trunk: counted, cap.
    TrunkConcurrent(u32, u32),
    /// Calls in flight at the cap of the campaign: counted, cap.
    CampaignConcurrent(u32, u32),
    /// Sends in the last 60 s at the cap of the trunk: counted, cap.
    TrunkPerMinute(u32, u32),
    /// Sends in the last 60 s at the cap of the campaign: counted, cap.
    CampaignPerMinute(u32, u32),
    /// The trunk's calls are spaced at half its rate, because it has reached a limit.
    TrunkSlowed,
    /// Calls are spaced over the minute, and their pace rises slowly after an opening or a resume.
    Spacing,
}

impl Hold {
    /// Creates a hold of these reasons. `None` if there are none.
    pub fn of(reasons: Vec<HoldReason>) -> Option<Self> {
        let until = reasons.iter().map(|reason| reason.until).max()?;
        let scope = reasons.iter().map(|reason| reason.kind.scope()).min()?;
        Some(Self {
            reasons,
            until,
            scope,
        })
    }

    /// Creates a hold of one reason.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::policy::{Hold, HoldKind, Scope, Until};
    ///
    /// let hold = Hold::single(HoldKind::CampaignPaused, Until::Operator);
    /// assert_eq!(hold.scope, Scope::Campaign);
    /// assert_eq!(hold.to_string(), "campaign paused, until an operator acts");
    /// ```
    pub fn single(kind: HoldKind, until: Until) -> Self {
        let scope = kind.scope();
        Self {
            reasons: vec![HoldReason { kind, until }],
            until,
            scope,
        }
    }

    /// Returns the reason to show if there is room for only one. `None` if there are no reasons.
    ///
    /// A reason that an operator must end comes first, then one that holds a call for a cause, then one that
    /// only paces calls. Among reasons of one kind the one that ends last is returned.
    pub fn principal(&self) -> Option<&HoldReason> {
        let rank = |reason: &HoldReason| {
            let operator = reason.until == Until::Operator;
            (operator, !reason.kind.only_paces(), reason.until)
        };
        // `max_by_key` returns the last of equals, which is the first in the order of the gates.
        let reasons = self.reasons.iter().rev();
        reasons.max_by_key(|reason| rank(reason))
    }

    /// Returns what would remain of the hold if the campaign ran. `None` if nothing would.
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

    /// Returns the instant until which the contact itself waits: the latest end among the reasons of scope
    /// [`Scope::Contact`]. `None` if there is no such reason.
    ///
    /// A call in flight to the number gives no instant, so the contact is checked again a minute later unless
    /// another reason ends later. A registry that is missing or too old gives none either: the contact waits
    /// until the registry is loaded, [`Timestamp::MAX`]. Reasons of wider scope do not matter here: they will
    /// have passed, or will hold again.
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
    /// Returns the registry that the contact waits for. `None` if it waits for none.
    pub fn registry(&self) -> Option<&ListKind> {
        self.reasons
            .iter()
            .find_map(|reason| reason.kind.registry())
    }
}

impl HoldKind {
    /// Returns the registry whose data for the number's area the gate waits for. `None` for any other gate.
    pub const fn registry(&self) -> Option<&ListKind> {
        if let Self::RegistryMissing(list, _) | Self::RegistryStale(list, ..) = self {
            return Some(list);
        }
        None
    }

    /// Returns whether the gate only spreads calls over time and slots, as it does in every running campaign.
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
            | Self::CapUncertain(_)
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

    /// Returns the narrowest thing that this gate alone holds.
    pub const fn scope(&self) -> Scope {
        match self {
            Self::NumberInFlight
            | Self::MinGap(_)
            | Self::RetryDue
            | Self::RollingCap(..)
            | Self::CapUncertain(_)
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

/// Why a contact is never called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The campaign was stopped.
    CampaignStopped,
    /// The campaign's time is over.
    CampaignExpired(Timestamp),
    /// The contact's own time is over.
    ContactExpired(Timestamp),
    /// The contact is already in a final state.
    Finished(ContactState),
    /// The number cannot be dialed: `unknown_npa`, `no_rules`, `non_geographic`, `premium`, `emergency`…
    Unfit(String),
    /// The number is on a list: which, since when.
    Suppressed(ListKind, Timestamp),
    /// Consent is weaker than required: required, on record.
    NoConsent(ConsentKind, ConsentKind),
    /// Consent is weaker than a row of the preconditions requires.
    ConsentBelowLaw {
        /// The id of the row.
        rule: String,
        /// The least consent that the row requires.
        least: ConsentKind,
        /// The consent on record.
        have: ConsentKind,
    },
    /// The consent on record has expired: its kind, and when.
    ConsentExpired(ConsentKind, Timestamp),
    /// The consent was revoked at this instant.
    ConsentRevoked(Timestamp),
    /// The attempts are used up: made, allowed.
    AttemptsExhausted(u32, u32),
}

impl Refusal {
    /// Returns the final state that the refusal puts the contact in.
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

    /// Returns a short machine-readable code, such as `suppressed:national:us` or `no_consent`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{ConsentKind, ContactState, ListKind, Timestamp};
    /// use dialdeck_core::policy::Refusal;
    ///
    /// let listed = Refusal::Suppressed(ListKind::Internal, Timestamp::MIN);
    /// assert_eq!(listed.code(), "suppressed:internal");
    /// assert_eq!(listed.contact_state(), ContactState::Suppressed);
    ///
    /// let without = Refusal::NoConsent(ConsentKind::Express, ConsentKind::None);
    /// assert_eq!(without.to_string(), "no consent on record, express required");
    /// ```
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
