//! What keeps a campaign from claiming.

use std::time::Duration;

use dialdeck_core::domain::Timestamp;
use dialdeck_core::policy::{Hold, HoldKind, Scope, Until};

/// Between two claims while the store is not well.
const CHECK_AGAIN: Duration = Duration::from_secs(1);

/// What keeps a lane from claiming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) until: Until,
    /// Whose calls' ends may end it sooner: the widest of what is full.
    pub(super) full: Option<Scope>,
}

impl Block {
    /// What a hold keeps the lane from. All of its reasons count, not only the narrowest. What is not well
    /// may be so by itself at any time: the lane looks again.
    pub(super) fn of(hold: &Hold, now: Timestamp) -> Self {
        let reasons = hold.reasons.iter();
        let full = reasons
            .filter(|reason| reason.until == Until::CallEnds)
            .map(|reason| reason.kind.scope());
        let mut kinds = hold.reasons.iter().map(|reason| &reason.kind);
        let until = if kinds.any(|kind| matches!(kind, HoldKind::Unhealthy(_))) {
            Until::At(now + CHECK_AGAIN)
        } else {
            hold.until
        };
        Self {
            until,
            full: full.max(),
        }
    }
}
