//! The callee's local calling hours under the law and the campaign's own schedule.
use super::{HoldKind, Until};
use crate::domain::{Campaign, Timestamp, WindowClass};
use crate::rules::Rules;

/// Whether a window class may be dialed by a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowStatus {
    /// Open until this instant, from which on a new call would no longer be allowed.
    Open {
        /// The first instant of the close.
        closes_at: Timestamp,
    },
    /// Shut for this reason.
    Shut {
        /// Why.
        kind: HoldKind,
        /// Until when.
        until: Until,
    },
}

/// The status at `now`; `ring_secs` is taken off the close, so that no phone rings past it.
pub fn status(
    _rules: &Rules,
    _campaign: &Campaign,
    _class: &WindowClass,
    _ring_secs: u64,
    _now: Timestamp,
) -> WindowStatus {
    unimplemented!()
}

/// The first instant at or after `from` at which the class is open; `None` within the next 370 days.
pub fn next_open(
    _rules: &Rules,
    _campaign: &Campaign,
    _class: &WindowClass,
    _ring_secs: u64,
    _from: Timestamp,
) -> Option<Timestamp> {
    unimplemented!()
}
