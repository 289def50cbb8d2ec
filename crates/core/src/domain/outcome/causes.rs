//! The names of the causes of a call's end, and what a cause alone shows.

use super::Outcome;

/// The cause of an attempt that was taken back, or could not be sent.
pub(super) const NEVER_SENT: &str = "never_sent";

/// The cause of an attempt whose time was over before it could be dialed.
pub(super) const LAPSED: &str = "lapsed";

/// The cause of an attempt whose agent was not there in time: nothing was dialed.
pub(super) const NO_AGENT_READY: &str = "no_agent_ready";

/// The cause of a call whose agent left: cancelled while it rang, abandoned once it was answered.
pub(super) const AGENT_LOST: &str = "agent_lost";

/// The cause of a call that was over before anything rang, without a final answer of the network.
pub(super) const NOTHING_RANG: &str = "nothing_rang";

/// Returns whether an attempt with this cause had no agent, or lost it.
pub fn is_without_agent(cause: &str) -> bool {
    matches!(cause, NO_AGENT_READY | AGENT_LOST)
}

/// Returns whether the request of an attempt with this cause certainly never left, if none was seen to leave.
pub fn is_unsent(cause: &str) -> bool {
    matches!(cause, NEVER_SENT | LAPSED | NO_AGENT_READY)
}

/// The causes of calls that were blocked on their way.
const BLOCKS: [&str; 4] = [
    "network_block",
    "declined_unrung",
    "declined_in_burst",
    "analytics_block",
];

/// Returns whether a call that ended for this cause was blocked on its way to the callee.
pub fn is_block(cause: &str) -> bool {
    BLOCKS.contains(&cause)
}

/// Causes of ends that do not count but have a final answer of the network, each with a code that produces
/// it.
const FINAL_ANSWERS: [(&str, u16); 4] = [
    ("routing", 481),
    ("server_failure", 500),
    ("forbidden", 403),
    ("not_acceptable", 606),
];

/// Returns a final answer of the network that produces an end with this cause, which does not count. The call
/// is over, whether it rang or not. `None` if it ended without a final answer.
pub fn final_answer(cause: &str) -> Option<u16> {
    let known = FINAL_ANSWERS.iter().find(|(known, _)| *known == cause);
    known.map(|(_, code)| *code)
}

/// Returns whether an end with this cause, which does not count, shows that there was no call at all.
pub fn denies_a_call(cause: &str) -> bool {
    final_answer(cause).is_none() && cause != NOTHING_RANG
}

impl Outcome {
    /// Returns whether the call was picked up.
    pub const fn is_reached(self) -> bool {
        match self {
            Self::Answered(_) | Self::Abandoned => true,
            Self::Busy
            | Self::NoAnswer
            | Self::Declined
            | Self::InvalidNumber
            | Self::NetworkFailure
            | Self::ProviderError
            | Self::Throttled
            | Self::Cancelled
            | Self::Expired
            | Self::Unknown => false,
        }
    }
}

/// Returns whether a final answer declines the call on behalf of the callee: the 6xx except busy everywhere
/// (600), no such number (604), not acceptable (606) and an intermediary's block (608).
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::outcome::is_decline;
///
/// assert!(is_decline(603));
/// assert!(!is_decline(486));
/// ```
pub const fn is_decline(code: u16) -> bool {
    matches!(code, 601..=603 | 605 | 607 | 609..=699)
}
