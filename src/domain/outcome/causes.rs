//! The words for why a call ended, and what a word alone says.

/// The cause of an attempt that was taken back, or could not be sent.
pub(super) const NEVER_SENT: &str = "never_sent";

/// The cause of an attempt whose time was over before it could be dialed.
pub(super) const LAPSED: &str = "lapsed";

/// The cause of an attempt whose agent was not there in time: nothing was dialed.
pub(super) const NO_AGENT_READY: &str = "no_agent_ready";

/// The cause of a call whose agent went away: cancelled while it rang, abandoned once it was answered.
pub(super) const AGENT_LOST: &str = "agent_lost";

/// Whether an attempt with this cause had no agent, or lost it.
pub fn is_without_agent(cause: &str) -> bool {
    matches!(cause, NO_AGENT_READY | AGENT_LOST)
}

/// Whether the request of an attempt with this cause certainly never left, where none was seen to.
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

/// Whether a call that ended for this cause was blocked on its way to the callee.
pub fn is_block(cause: &str) -> bool {
    BLOCKS.contains(&cause)
}

/// Causes of ends that do not count although the network gave a final answer: word that the phone rang
/// before it changes nothing about them.
const FINAL_ANSWERS: [&str; 4] = ["routing", "server_failure", "forbidden", "not_acceptable"];

/// Whether an end of this cause, which does not count, rests on nothing having rung, so that late word
/// of ringing or of an answer makes it count.
pub fn rests_on_silence(cause: &str) -> bool {
    !FINAL_ANSWERS.contains(&cause)
}
