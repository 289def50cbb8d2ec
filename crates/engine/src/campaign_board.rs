//! What the screen and the reports show of one campaign.

use std::collections::BTreeMap;

use serde::Serialize;

use super::next_claim::NextClaim;
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::{CampaignState, Outcome, Timestamp};
use dialdeck_core::policy::{Load, Scope};

/// A campaign's counts. The ten contact states add up to `total` (D16).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignBoard {
    /// The name in the campaign file.
    pub name: String,
    /// The state that the store holds.
    pub state: CampaignState,
    /// The state as an operator sees it.
    pub phase: Phase,
    /// What the next claim gets: the reason why no call leaves, if none does.
    pub next: NextClaim,
    /// What ends a hold that waits for an operator or for calls of unknown fate, a line each.
    pub remedies: Vec<String>,
    /// When the newest open alert about its hold was raised; `None` if no alert is open.
    pub held_since: Option<Timestamp>,
    /// Whether it runs, and every contact still to call waits for its window.
    pub waiting_for_window: bool,
    /// Why the campaign is paused, if it is.
    pub note: Option<String>,
    /// Contacts of every state.
    pub total: u64,
    /// Contacts that were reached.
    pub done: u64,
    /// Contacts with an attempt in flight.
    pub in_flight: u64,
    /// Contacts that may be called now.
    pub ready: u64,
    /// Waiting contacts, by what they wait for.
    pub waiting: Waiting,
    /// Contacts on a suppression list, opted out or without consent.
    pub suppressed: u64,
    /// Contacts whose attempts are used up.
    pub exhausted: u64,
    /// Contacts whose time is over.
    pub expired: u64,
    /// Contacts whose number cannot be dialed.
    pub invalid: u64,
    /// Contacts whose last attempt has an unknown fate.
    pub unknown: u64,
    /// Attempts made for all contacts.
    pub attempts: u64,
    /// Ended attempts, by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Contacts that ended without being reached, by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Use of the campaign's own caps.
    pub caps: Caps,
    /// The pace and weight in force.
    pub pacing: Pacing,
    /// Abandoned calls and live answers as the law counts them: over the campaign while it is shorter than
    /// 30 days, and over the last 30 days otherwise.
    pub abandoned: [u64; 2],
    /// Abandoned calls and live answers since the brake was last released.
    pub abandoned_since_release: [u64; 2],
}

/// A campaign's state as an operator sees it: a running campaign may have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The campaign was never started.
    Draft,
    /// Calls leave as the pace allows.
    Running,
    /// The campaign runs, and no call leaves before a known instant or the end of a call.
    Waiting,
    /// The campaign runs, and no call leaves before an operator acts.
    Held,
    /// An operator paused the campaign.
    Paused,
    /// Every contact has reached its end.
    Done,
    /// An operator ended the campaign for good.
    Stopped,
}

impl Phase {
    /// Returns the name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Held => "HELD",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    pub(super) fn of(state: CampaignState, next: &NextClaim, in_flight: u64) -> Self {
        match state {
            CampaignState::Draft => Self::Draft,
            CampaignState::Paused => Self::Paused,
            CampaignState::Done => Self::Done,
            CampaignState::Stopped => Self::Stopped,
            CampaignState::Running if next.needs_operator() => Self::Held,
            CampaignState::Running => match next.principal() {
                None => Self::Running,
                Some(reason) if reason.kind.only_paces() => Self::Running,
                // The last calls are up while the next contacts wait for their own time.
                Some(reason) if reason.kind.scope() <= Scope::Class && in_flight > 0 => {
                    Self::Running
                }
                Some(_) => Self::Waiting,
            },
        }
    }
}

/// Waiting contacts, by what they wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Contacts that wait for their calling window.
    pub window: u64,
    /// Contacts that wait for their next attempt.
    pub retry: u64,
    /// Contacts that wait for a rolling cap, a gap or a registry.
    pub cap: u64,
}

/// Use of caps, each as `[now, cap]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Caps {
    /// Calls in flight, and the cap.
    pub concurrent: [u32; 2],
    /// Sends in the last 60 s, and the cap.
    pub per_minute: [u32; 2],
}

impl From<Load> for Caps {
    fn from(load: Load) -> Self {
        Self {
            concurrent: [load.in_flight, load.max_concurrent],
            per_minute: [load.sent_last_minute, load.calls_per_minute],
        }
    }
}
