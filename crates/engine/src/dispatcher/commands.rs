//! When a command may be acknowledged, and how calls are taken back and hung up.

use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::{AttemptId, AttemptState, Timestamp};

use super::super::{CommandError, CommandId, Effect, Effected, Job};
use super::Dispatcher;
use super::call::Call;
use super::lane::Lane;
use dialdeck_providers::Request;
use dialdeck_store::StoreError;

/// A command that the store carried out, and that is acknowledged once it holds.
#[derive(Debug)]
pub(super) struct Acknowledgement {
    id: CommandId,
    /// Attempts that it stops. It does not hold while one of them is about to be sent.
    stops: Vec<AttemptId>,
    result: Result<Effected, CommandError>,
}

impl Dispatcher {
    /// Starts no further calls and takes back those that have not been sent.
    pub(super) fn drain(&mut self, effects: &mut Vec<Effect>) {
        self.draining = true;
        self.take_back_unsent(effects);
        self.conclude_declines(effects);
    }

    /// Stops dialing because the deck's path leads to another file. The alert goes to the files that this
    /// engine has open.
    pub(super) fn on_displaced(
        &mut self,
        why: StoreError,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if self.displaced.is_some() {
            return;
        }
        effects.push(Self::alert(
            AlertRaised::deck_displaced(&why.to_string()),
            now,
        ));
        self.displaced = Some(why);
        self.drain(effects);
    }

    /// Returns whether no call of any campaign may leave.
    pub(super) const fn sends_nothing(&self) -> bool {
        self.draining
            || self.unhealthy.is_some()
            || self.clock.held.is_some()
            || self.clock_behind.is_some()
    }

    /// Takes back reserved calls if nothing, or nothing of their campaign, may leave any more. Several
    /// calls can wait for their agents, and none of them may follow a pause.
    pub(super) fn take_back_unsent(&mut self, effects: &mut Vec<Effect>) {
        let runs = |call: &Call| self.lanes.get(&call.campaign).is_some_and(Lane::runs);
        let unsent = self
            .calls
            .iter()
            .filter(|(_, call)| call.state == AttemptState::Reserved)
            .filter(|(_, call)| self.sends_nothing() || !runs(call))
            .map(|(attempt, _)| *attempt);
        for attempt in unsent.collect::<Vec<_>>() {
            self.hang_up(attempt, effects);
        }
    }

    /// Takes back those of these attempts that have not been sent.
    pub(super) fn take_back(&mut self, attempts: &[AttemptId], effects: &mut Vec<Effect>) {
        for attempt in attempts {
            let call = self.calls.get(attempt);
            if call.is_some_and(|call| call.state == AttemptState::Reserved) {
                self.hang_up(*attempt, effects);
            }
        }
    }

    /// Asks the providers to end every call.
    pub(super) fn hang_up_all(&mut self, effects: &mut Vec<Effect>) {
        let calls: Vec<_> = self.calls.keys().copied().collect();
        for attempt in calls {
            self.hang_up(attempt, effects);
        }
        self.end_unclosed(effects);
    }

    /// Asks the providers to end calls that may still be up although their attempts have ended.
    pub(super) fn end_unclosed(&self, effects: &mut Vec<Effect>) {
        let ended = self.unclosed.iter();
        let ended = ended.filter(|(attempt, _)| !self.calls.contains_key(attempt));
        effects
            .extend(ended.map(|(attempt, trunk)| {
                Effect::Provider(trunk.clone(), Request::HangUp(*attempt))
            }));
    }

    /// Handles the store's answer to a command. What changed is read back, so that the dispatcher and the
    /// store cannot differ.
    pub(super) fn on_commanded(
        &mut self,
        id: CommandId,
        result: Result<Effected, CommandError>,
        effects: &mut Vec<Effect>,
    ) {
        let (stops, changed) = match &result {
            Ok(Effected::Suppressed(suppressed)) => (suppressed.live.clone(), true),
            Ok(Effected::Configured) | Err(_) => (Vec::new(), true),
            // Nothing changed that the dispatcher knows about.
            Ok(Effected::Received(_) | Effected::Results(_) | Effected::Counted) => {
                (Vec::new(), false)
            }
        };
        for attempt in &stops {
            self.hang_up_unless_connected(*attempt, effects);
        }
        self.acknowledgements
            .push(Acknowledgement { id, stops, result });
        if changed {
            effects.push(Effect::Store(Job::Refresh));
        }
    }

    /// Acknowledges commands that hold now: no call that they stop is still about to be sent (D8).
    pub(super) fn acknowledge(&mut self, effects: &mut Vec<Effect>) {
        let is_reserved = |attempt: &AttemptId| {
            let call = self.calls.get(attempt);
            call.is_some_and(|call| call.state == AttemptState::Reserved)
        };
        let holds = |one: &mut Acknowledgement| !one.stops.iter().any(is_reserved);
        let done = self.acknowledgements.extract_if(.., holds);
        effects.extend(done.map(|one| Effect::Acknowledge(one.id, one.result)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineSnapshot, Event};
    use dialdeck_core::domain::{CallEnd, CallEvent, CallEventKind, CallReport, DeckId, TrunkName};
    use dialdeck_core::rules::Rules;
    use dialdeck_providers::ProviderEvent;
    use dialdeck_store::HangUps;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    const ATTEMPT: AttemptId = AttemptId {
        deck: DeckId(1),
        serial: 7,
    };

    fn trunk() -> TrunkName {
        TrunkName("trunk".to_owned())
    }

    /// Returns a dispatcher that has started on a deck with this call, whose end is not confirmed, and the
    /// effects of its start.
    fn started(unclosed: Option<AttemptId>) -> (Dispatcher, Vec<Effect>) {
        let mut dispatcher = Dispatcher::new(Rules::embedded());
        let mut snapshot = EngineSnapshot::default();
        snapshot
            .snapshot
            .unclosed
            .extend(unclosed.map(|attempt| (attempt, trunk())));
        let effects = dispatcher.on(Event::Snapshot(Box::new(snapshot)), NOW);
        (dispatcher, effects)
    }

    /// Returns what the store shows after a person asked to hang up every call.
    fn asking(hang_ups: HangUps) -> Event {
        let mut read = EngineSnapshot::default();
        read.snapshot.hang_ups = hang_ups;
        Event::Snapshot(Box::new(read))
    }

    fn hung_up(effects: &[Effect]) -> bool {
        effects.contains(&Effect::Provider(trunk(), Request::HangUp(ATTEMPT)))
    }

    #[test]
    fn a_start_goes_on_with_ends_that_were_not_confirmed() {
        assert!(hung_up(&started(Some(ATTEMPT)).1));
        assert!(!hung_up(&started(None).1));
    }

    #[test]
    fn hanging_up_all_also_ends_calls_whose_attempt_has_ended() {
        let (mut dispatcher, _) = started(None);
        let mut wishes = HangUps::default();
        let mut reported = |event| {
            let event = Event::Provider(trunk(), event);
            let noted = dispatcher.on(event, NOW);
            wishes.requested += 1;
            (noted, dispatcher.on(asking(wishes), NOW))
        };
        let (noted, effects) = reported(ProviderEvent::Unclosed(ATTEMPT));
        let kept = Job::NoteUnclosed(ATTEMPT, Some(trunk()));
        assert!(noted.contains(&Effect::Store(kept)), "{noted:?}");
        assert!(hung_up(&effects));
        let (noted, effects) = reported(ProviderEvent::Closed(ATTEMPT));
        let kept = Job::NoteUnclosed(ATTEMPT, None);
        assert!(noted.contains(&Effect::Store(kept)), "{noted:?}");
        assert!(!hung_up(&effects));
    }

    #[test]
    fn late_word_of_a_call_goes_to_the_store() {
        let (mut dispatcher, _) = started(None);
        let over = CallReport {
            end: CallEnd::RangOut,
            ..CallReport::default()
        };
        let at = NOW;
        let attempt = ATTEMPT;
        for (kind, goes) in [
            (CallEventKind::Placed, true),
            (CallEventKind::Ringing, true),
            (CallEventKind::Answered, true),
            (CallEventKind::Ended(over.clone()), true),
            (CallEventKind::Sent, false),
            (CallEventKind::AnswerLost, false),
        ] {
            let event = CallEvent { attempt, at, kind };
            let job = match &event.kind {
                CallEventKind::Ended(_) => Job::Settle(ATTEMPT, over.clone(), NOW),
                CallEventKind::Placed
                | CallEventKind::Sent
                | CallEventKind::Ringing
                | CallEventKind::Answered
                | CallEventKind::Speech(_)
                | CallEventKind::CalleeDetected(_)
                | CallEventKind::AnswerLost => Job::Late(event.clone()),
            };
            let reported = Event::Provider(trunk(), ProviderEvent::Call(event));
            let found = dispatcher
                .on(reported, NOW)
                .contains(&Effect::Store(job.clone()));
            assert_eq!(found, goes, "{job:?}");
        }
    }
}
