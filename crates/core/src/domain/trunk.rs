//! Trunks and the caller IDs shown on them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::TrunkName;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// A configured trunk at a provider. Its caps are absolute: they hold over all campaigns together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkSettings {
    /// The trunk's name in the deck file.
    pub name: TrunkName,
    /// The maximum number of calls in flight.
    pub max_concurrent: u32,
    /// The maximum number of sends in any 60 seconds.
    pub calls_per_minute: u32,
    /// How long a call may ring before the engine hangs up; at least 15 s (47 CFR 64.1200(a)(6)), default 30
    /// s.
    pub ring_timeout: Duration,
    /// How long an answered call may last before the engine hangs up; default 30 min.
    pub max_call: Duration,
    /// How long the provider may queue a request before it dials; default none.
    #[serde(default)]
    pub queue_wait: Duration,
    /// The capabilities of the provider.
    pub capabilities: Capabilities,
}

/// The capabilities of a provider, as data. No rule asks which vendor it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a capability of its own"
)]
pub struct Capabilities {
    /// Whether the provider can be asked about an attempt by its id, with an authoritative answer.
    pub look_up: bool,
    /// Whether a call can be hung up.
    pub hang_up: bool,
    /// Whether calls can be marked PCI.
    pub pci: bool,
    /// Whether the provider reports what is heard on an answered call, for the answering-machine detector. If
    /// it does not, only its own classification shows who picked up, and silence is no sign of a machine.
    #[serde(default)]
    pub tells_speech: bool,
    /// How late the provider's report of a call may arrive: it prepares the call, polls and is polled before
    /// the engine knows. Until that time has passed, silence is no sign that a call should be over.
    #[serde(default)]
    pub news_lag: Duration,
    /// How long after its reservation a call that was placed may be missing from the provider's listing.
    /// Until then its absence proves nothing.
    #[serde(default)]
    pub shows_within: Duration,
    /// How long before its slot in the minute a call may be reserved, because its preparation takes that
    /// long. Without it a minute's cap could not be used up: a prepared call counts as sent, and a slow
    /// preparation takes the slot of a call that could leave.
    #[serde(default)]
    pub lead: Duration,
    /// Whether the provider lists the numbers that the account owns. If it does, a caller ID is shown only if
    /// the provider listed it within a day.
    #[serde(default)]
    pub lists_numbers: bool,
}

impl Capabilities {
    /// Returns the capabilities of the built-in simulated carrier.
    pub fn simulator(pci: bool) -> Self {
        Self {
            look_up: true,
            hang_up: true,
            pci,
            tells_speech: true,
            ..Self::default()
        }
    }

    /// Returns the capabilities of LiveKit SIP, whose agent may take `agent_wait` to join.
    ///
    /// Its answer to a call arrives up to eight seconds after the ringing, and another eight may pass until
    /// an unanswered question is given up.
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

    /// Returns the capabilities of BubblyPhone Agents.
    ///
    /// It queues a call for a moment, shows its status late and is polled every few seconds. Its listing may
    /// take minutes to show a new call.
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

    /// Returns the capabilities of Plum Voice; `fuse` is whether an attempt can be asked about by its id.
    ///
    /// Its results arrive minutes late by design, and no call can be hung up.
    pub fn plum(fuse: bool, pci: bool) -> Self {
        Self {
            look_up: fuse,
            pci,
            news_lag: Duration::from_mins(5),
            ..Self::default()
        }
    }
}

/// The STIR/SHAKEN attestation of a caller ID, as its provider reports it (RFC 8588).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Attestation {
    /// Full: the customer and the right to the number are known.
    A,
    /// Partial: the customer is known.
    B,
    /// Gateway: only the entry into the network is known.
    C,
}

/// Whether a caller ID may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdState {
    /// The caller ID may be shown.
    #[default]
    Active,
    /// Set aside by an operator or the deck file, until one of them reactivates it.
    Resting,
    /// The caller ID is never shown again.
    Retired,
}

impl CallerIdState {
    /// Returns the stricter of two states of one caller ID.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::CallerIdState::{Active, Resting, Retired};
    ///
    /// assert_eq!(Active.stricter(Resting), Resting);
    /// assert_eq!(Retired.stricter(Active), Retired);
    /// ```
    #[must_use]
    pub const fn stricter(self, other: Self) -> Self {
        match (self, other) {
            (Self::Retired, _) | (_, Self::Retired) => Self::Retired,
            (Self::Resting, _) | (_, Self::Resting) => Self::Resting,
            (Self::Active, Self::Active) => Self::Active,
        }
    }
}

/// A number that the account owns and a campaign may show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerId {
    /// The number shown to the callee.
    pub number: PhoneNumber,
    /// The pool that the number belongs to.
    pub pool: String,
    /// The trunk that owns the number; the caller ID is usable on no other (D11).
    pub trunk: TrunkName,
    /// The region for local match, `US-NY`; derived from the number if the deck file does not state it.
    pub region: Option<String>,
    /// The attestation of calls from this number; `None` if it is not known.
    pub attestation: Option<Attestation>,
    /// Whether calls show a verified name.
    pub branded: bool,
    /// The maximum number of sends in any 60 minutes, over all campaigns; default 30.
    pub hourly_cap: u32,
    /// Whether the number may be shown.
    pub state: CallerIdState,
    /// The end of a rest that a blocked call caused; only the store sets it, not the deck file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<Timestamp>,
    /// The provider's last report about the number; only the store sets it, not the deck file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership: Option<Ownership>,
}

/// A provider's report on whether the account owns a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// Whether the account owns it.
    pub owned: bool,
    /// When the provider reported it.
    pub at: Timestamp,
}

impl CallerId {
    /// Returns the end of the rest that a block caused. `None` if the caller ID does not rest at `now`.
    pub fn rests(&self, now: Timestamp) -> Option<Timestamp> {
        self.rests_until.filter(|until| *until > now)
    }
}
