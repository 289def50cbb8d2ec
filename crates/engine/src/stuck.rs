//! Slots that calls of unknown fate occupy.

use super::board::{CampaignBoard, Phase};
use dialdeck_core::domain::{Attempt, AttemptState, Campaign};
use dialdeck_core::policy::{Scope, Until};
use dialdeck_store::Snapshot;

/// Counts calls in flight and those of unknown fate among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    unknown: usize,
    all: usize,
}

impl Slots {
    /// Counts calls in these states.
    pub(super) fn of(states: impl Iterator<Item = AttemptState>) -> Self {
        states.fold(Self::default(), |slots, state| Self {
            unknown: slots.unknown + usize::from(state == AttemptState::Unknown),
            all: slots.all + 1,
        })
    }

    /// Returns whether at least `least` calls, and at least half of all, are of unknown fate.
    pub(super) const fn are_stuck(self, least: usize) -> bool {
        self.unknown > 0 && self.unknown >= least && self.unknown * 2 >= self.all
    }

    /// Returns what the calls wait for, and where an operator can check them.
    pub(super) fn message(self) -> String {
        format!(
            "{} of {} calls that are up are of unknown fate and keep their slots until the carrier \
             says what became of them, or until they are past their longest life; look at the \
             carrier's own console",
            self.unknown, self.all
        )
    }
}

/// Marks a running campaign as waiting if calls of unknown fate fill the cap that holds it, and adds the
/// reason to its remedies. A cap that other calls fill frees as they end.
pub(super) fn explain(board: &mut CampaignBoard, campaign: &Campaign, snapshot: &Snapshot) {
    let Some(reason) = board.next.principal() else {
        return;
    };
    let concerned = |call: &&Attempt| match reason.kind.scope() {
        Scope::Deck => true,
        Scope::Trunk => call.trunk == campaign.settings.trunk,
        Scope::Campaign => call.campaign == campaign.id,
        Scope::Class | Scope::Contact => false,
    };
    if reason.until != Until::CallEnds {
        return;
    }
    let calls = snapshot.in_flight.iter().filter(concerned);
    let slots = Slots::of(calls.map(|call| call.state));
    if board.phase == Phase::Running && slots.are_stuck(1) {
        board.phase = Phase::Waiting;
        board.remedies.push(slots.message());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_stuck_where_half_of_the_calls_are_of_unknown_fate() {
        let stuck = |unknown, up, least| {
            let unknown = std::iter::repeat_n(AttemptState::Unknown, unknown);
            let up = std::iter::repeat_n(AttemptState::Ringing, up);
            Slots::of(unknown.chain(up)).are_stuck(least)
        };
        assert!(!stuck(0, 0, 0));
        assert!(stuck(1, 1, 1));
        assert!(!stuck(1, 2, 1));
        assert!(!stuck(4, 0, 5));
        assert!(stuck(5, 5, 5));
    }
}
