//! Slots that calls of unknown fate occupy.

use super::campaign_board::{CampaignBoard, Phase};
use dialdeck_core::domain::{Attempt, AttemptId, AttemptState, Campaign};
use dialdeck_core::policy::{Scope, Until};
use dialdeck_store::Snapshot;

/// The most calls that a text names.
const NAMED: usize = 20;

/// Calls in flight: how many there are, and which of them are of unknown fate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Slots {
    unknown: Vec<AttemptId>,
    all: usize,
}

impl Slots {
    /// Counts these calls.
    pub(super) fn of(calls: impl Iterator<Item = (AttemptId, AttemptState)>) -> Self {
        calls.fold(Self::default(), |mut slots, (attempt, state)| {
            slots.all += 1;
            if state == AttemptState::Unknown {
                slots.unknown.push(attempt);
            }
            slots
        })
    }

    /// Returns whether at least `least` calls, and at least half of all, are of unknown fate.
    pub(super) const fn are_stuck(&self, least: usize) -> bool {
        let unknown = self.unknown.len();
        unknown > 0 && unknown >= least && unknown * 2 >= self.all
    }

    /// Returns which calls wait, for what, and where an operator can check them.
    pub(super) fn message(&self) -> String {
        let named = self.unknown.iter().take(NAMED);
        let mut named: Vec<String> = named.map(AttemptId::to_string).collect();
        if self.unknown.len() > NAMED {
            named.push("…".to_owned());
        }
        format!(
            "{} of {} calls that are up are of unknown fate and keep their slots until the carrier \
             says what became of them, or until they are past their longest life; look at the \
             carrier's own console (attempts {})",
            self.unknown.len(),
            self.all,
            named.join(", ")
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
    let slots = Slots::of(calls.map(|call| (call.id, call.state)));
    if board.phase == Phase::Running && slots.are_stuck(1) {
        board.phase = Phase::Waiting;
        board.remedies.push(slots.message());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    #[test]
    fn slots_are_stuck_where_half_of_the_calls_are_of_unknown_fate() {
        let stuck = |unknown, up, least| {
            let unknown = std::iter::repeat_n(AttemptState::Unknown, unknown);
            let up = std::iter::repeat_n(AttemptState::Ringing, up);
            Slots::of(numbered(unknown.chain(up))).are_stuck(least)
        };
        assert!(!stuck(0, 0, 0));
        assert!(stuck(1, 1, 1));
        assert!(!stuck(1, 2, 1));
        assert!(!stuck(4, 0, 5));
        assert!(stuck(5, 5, 5));
    }

    #[test]
    fn the_calls_are_named() {
        let states = [AttemptState::Ringing, AttemptState::Unknown];
        let text = Slots::of(numbered(states.into_iter())).message();
        assert!(text.ends_with("(attempts 00000007-1)"), "{text}");
        let unknown = std::iter::repeat_n(AttemptState::Unknown, 21);
        let text = Slots::of(numbered(unknown)).message();
        assert!(text.ends_with("00000007-19, …)"), "{text}");
    }

    fn numbered(
        states: impl Iterator<Item = AttemptState>,
    ) -> impl Iterator<Item = (AttemptId, AttemptState)> {
        let numbered = |(serial, state)| {
            let deck = DeckId(7);
            (AttemptId { deck, serial }, state)
        };
        (0..).zip(states).map(numbered)
    }
}
