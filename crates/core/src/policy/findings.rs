//! What the temporary gates find during a walk.

use super::{CallerIdUse, HoldKind, HoldReason, Until};

/// The findings of the temporary gates during the walk.
#[derive(Debug, Default)]
pub(super) struct Findings<'a> {
    /// Every reason to wait, in the order of the gates.
    pub(super) reasons: Vec<HoldReason>,
    /// The caller ID that would be shown.
    pub(super) caller_id: Option<&'a CallerIdUse>,
}

impl Findings<'_> {
    /// Adds a reason to wait.
    pub(super) fn hold(&mut self, kind: HoldKind, until: Until) {
        self.reasons.push(HoldReason { kind, until });
    }
}
