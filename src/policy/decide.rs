//! The order of the gates and the one walk through them.
use super::{Decision, Facts};
use crate::domain::Timestamp;

/// One gate as `why` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The gate's name.
    pub gate: &'static str,
    /// What it said.
    pub verdict: Verdict,
    /// The value it saw, in words.
    pub saw: String,
}

/// What a gate said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against dialing.
    Pass,
    /// Not now.
    Hold,
    /// Never.
    Refuse,
    /// An earlier gate refused.
    NotReached,
}

/// Decides whether the contact may be dialed at `now`.
pub fn decide(_facts: &Facts<'_>, _now: Timestamp) -> Decision {
    unimplemented!()
}

/// As [`decide`], with every gate in order.
pub fn explain(_facts: &Facts<'_>, _now: Timestamp) -> (Decision, Vec<Check>) {
    unimplemented!()
}

/// The earliest instant at which time alone lets the contact be dialed; `None`: never, or not by time alone.
pub fn next_possible(_facts: &Facts<'_>, _now: Timestamp) -> Option<Timestamp> {
    unimplemented!()
}
