//! Routes and the numbers shown on them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::TrunkName;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// A configured route at a provider. Caps are absolute: they hold over all campaigns together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkSettings {
    /// Its name in the deck file.
    pub name: TrunkName,
    /// Calls in flight at most.
    pub max_concurrent: u32,
    /// Sends in any 60 seconds at most.
    pub calls_per_minute: u32,
    /// How long a call may ring before we hang up; 15 s at least (47 CFR 64.1200(a)(6)), default 30 s.
    pub ring_timeout: Duration,
    /// How long an answered call may last before we hang up; default 30 min.
    pub max_call: Duration,
    /// How long the provider may keep a request in a queue of its own before it dials; default none.
    #[serde(default)]
    pub queue_wait: Duration,
    /// What the provider can do.
    pub capabilities: Capabilities,
}

/// What a provider can do, as data; no rule asks which vendor it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a capability of its own"
)]
pub struct Capabilities {
    /// Whether it can be asked about an attempt by our id, with an authoritative answer.
    pub look_up: bool,
    /// Whether a call can be hung up.
    pub hang_up: bool,
    /// Whether calls can be marked PCI.
    pub pci: bool,
    /// Whether it tells what is heard on an answered call, for the answering-machine detector. Who
    /// picked up is else only what it says itself: silence towards us is no sign of a machine.
    #[serde(default)]
    pub tells_speech: bool,
    /// How late its news of a call may come: it prepares, asks and is asked before we know. Before
    /// that has passed, silence is no sign that a call should be over.
    #[serde(default)]
    pub news_lag: Duration,
    /// How long after its planning a call that was placed may be missing where we look it up: until
    /// then, that it is not there proves nothing.
    #[serde(default)]
    pub shows_within: Duration,
    /// How long before its place in the minute a call may be planned, because it is prepared that
    /// long before its request leaves. Else a minute's cap could not be used up: what is prepared
    /// counts as sent, and a slow preparation takes the place of calls that could leave.
    #[serde(default)]
    pub lead: Duration,
    /// Whether it says which numbers the account owns. Then a caller ID is shown only when it said so
    /// within a day.
    #[serde(default)]
    pub lists_numbers: bool,
}

impl Capabilities {
    /// The built-in simulated carrier.
    pub fn simulator(pci: bool) -> Self {
        Self {
            look_up: true,
            hang_up: true,
            pci,
            tells_speech: true,
            ..Self::default()
        }
    }

    /// LiveKit SIP, whose agent may take so long to be there; its answer to a call comes up to eight
    /// seconds after the ringing, and as much may pass until an unanswered question is given up.
    pub fn livekit(agent_wait: Duration) -> Self {
        Self {
            look_up: true,
            hang_up: true,
            lists_numbers: true,
            lead: agent_wait,
            news_lag: agent_wait + Duration::from_secs(16),
            ..Self::default()
        }
    }

    /// BubblyPhone Agents: it queues a call for a moment, shows its status late and is asked every
    /// few seconds; its listing may take minutes to show a new call.
    pub fn bubblyphone() -> Self {
        Self {
            look_up: true,
            hang_up: true,
            lists_numbers: true,
            news_lag: Duration::from_secs(30),
            shows_within: Duration::from_mins(5),
            ..Self::default()
        }
    }

    /// Plum Voice: its results come minutes late by design, and nothing can be hung up.
    pub fn plum(fuse: bool, pci: bool) -> Self {
        Self {
            look_up: fuse,
            pci,
            news_lag: Duration::from_mins(5),
            ..Self::default()
        }
    }
}

/// STIR/SHAKEN attestation of a caller ID, as its provider reports it (RFC 8588).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attestation {
    /// Full: customer and right to the number are known.
    A,
    /// Partial: the customer is known.
    B,
    /// Gateway.
    C,
}

/// Whether a caller ID may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdState {
    /// In use.
    #[default]
    Active,
    /// Set aside by an operator or the deck file, until they bring it back.
    Resting,
    /// Never again.
    Retired,
}

impl CallerIdState {
    /// The stricter of two words on one caller ID.
    #[must_use]
    pub const fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Retired, _) | (_, Self::Retired) => Self::Retired,
            (Self::Resting, _) | (_, Self::Resting) => Self::Resting,
            (Self::Active, Self::Active) => Self::Active,
        }
    }
}

/// A number we own and may show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    /// The number.
    pub number: PhoneNumber,
    /// The pool it belongs to.
    pub pool: String,
    /// The trunk that owns it; a caller ID is usable on no other (D11).
    pub trunk: TrunkName,
    /// Its region, `US-NY`, for local match; derived from the number when not stated.
    pub region: Option<String>,
    /// Attestation, if known.
    pub attestation: Option<Attestation>,
    /// Whether calls show a verified name.
    pub branded: bool,
    /// Sends in any 60 minutes at most, over all campaigns; default 30.
    pub hourly_cap: u32,
    /// Whether it may be shown.
    pub state: CallerIdState,
    /// Until when it rests because a network blocked its call; known to the store, not to the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<Timestamp>,
    /// What the trunk's provider last said about it; known to the store, not to the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
}

/// A provider's word on whether the account owns a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// Whether it does.
    pub owned: bool,
    /// When the provider said so.
    pub at: Timestamp,
}

impl CallerId {
    /// When the rest that a block gave it ends; `None` when it does not rest at `now`.
    pub fn rests(&self, now: Timestamp) -> Option<Timestamp> {
        self.rests_until.filter(|until| *until > now)
    }
}
