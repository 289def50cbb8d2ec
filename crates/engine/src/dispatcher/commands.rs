//! What operators command, and when each command may be acknowledged.

use dialdeck_core::domain::{AttemptId, AttemptState, Timestamp};

use super::super::{Awaited, Command, Effect, Effected, Job, alerts};
use super::Dispatcher;
use super::call::Call;
use super::lane::Lane;
use dialdeck_providers::Request;

impl Dispatcher {
    pub(super) fn on_command(&mut self, id: u64, command: Command, effects: &mut Vec<Effect>) {
        match command {
            Command::Pause(_)
            | Command::PauseAll
            | Command::Resume(_)
            | Command::Stop(_)
            | Command::SetPacing(..)
            | Command::Suppress(_)
            | Command::Receive(_)
            | Command::Quarantine(..)
            | Command::FollowFile(_)
            | Command::TurnResults(..) => effects.push(Effect::Store(Job::Command(id, command))),
            Command::ResetTrunk(name) => {
                let result = match self.trunks.get_mut(&name) {
                    Some(trunk) => {
                        trunk.reset(effects);
                        Ok(Effected::Done)
                    }
                    None => Err(format!("there is no trunk `{name}`")),
                };
                for lane in self.lanes.values_mut() {
                    lane.blocked = None;
                }
                self.acks.push((id, Awaited::Nothing, result));
            }
            Command::HangUpAll => {
                self.hang_up_all(effects);
                self.acks.push((id, Awaited::Nothing, Ok(Effected::Done)));
            }
            Command::Drain(_) => {
                self.drain(effects);
                self.acks.push((id, Awaited::Nothing, Ok(Effected::Done)));
            }
        }
    }

    /// Starts no further calls and takes back those that have not been sent.
    fn drain(&mut self, effects: &mut Vec<Effect>) {
        self.draining = true;
        self.take_back_unsent(effects);
        self.conclude_declines(effects);
    }

    /// Stops dialing because the deck's path leads to another file. The alert goes to the files that this
    /// engine has open.
    pub(super) fn on_displaced(&mut self, why: String, now: Timestamp, effects: &mut Vec<Effect>) {
        if self.displaced.is_some() {
            return;
        }
        let text = format!("{why}: nothing more is dialed");
        effects.push(Self::alert(alerts::DISPLACED, &text, now));
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

    pub(super) fn on_commanded(
        &mut self,
        id: u64,
        result: Result<Effected, String>,
        effects: &mut Vec<Effect>,
    ) {
        let awaited = match &result {
            Ok(Effected::Campaigns(campaigns)) => Awaited::Campaigns(campaigns.clone()),
            Ok(Effected::Suppressed(suppressed)) => {
                for attempt in &suppressed.live {
                    self.hang_up_unless_connected(*attempt, effects);
                }
                Awaited::Attempts(suppressed.live.clone())
            }
            Ok(Effected::Received(_) | Effected::Results(_) | Effected::Noted) => {
                // Nothing changed that the dispatcher knows about.
                self.acks.push((id, Awaited::Nothing, result));
                return;
            }
            Ok(Effected::Done) | Err(_) => Awaited::Nothing,
        };
        self.acks.push((id, awaited, result));
        // What changed is read back, so that the dispatcher and the store cannot differ.
        effects.push(Effect::Store(Job::Refresh));
    }

    /// Acknowledges commands that hold now: no call that they concern is still about to be sent (D8 to
    /// D10).
    pub(super) fn acknowledge(&mut self, effects: &mut Vec<Effect>) {
        let calls = &self.calls;
        let pending = |awaited: &Awaited| {
            calls.iter().any(|(attempt, call)| {
                call.state == AttemptState::Reserved
                    && match awaited {
                        Awaited::Campaigns(campaigns) => campaigns.contains(&call.campaign),
                        Awaited::Attempts(attempts) => attempts.contains(attempt),
                        Awaited::Nothing => false,
                    }
            })
        };
        let (wait, done): (Vec<_>, Vec<_>) = self
            .acks
            .drain(..)
            .partition(|(_, awaited, _)| pending(awaited));
        self.acks = wait;
        effects.extend(
            done.into_iter()
                .map(|(id, _, result)| Effect::Acknowledge(id, result)),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineSnapshot, Event};
    use dialdeck_core::domain::attempt::CallEnd;
    use dialdeck_core::domain::{CallEvent, CallEventKind, CallReport, DeckId, TrunkName};
    use dialdeck_core::rules::Rules;
    use dialdeck_providers::ProviderEvent;

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
        let mut told = |event| {
            let event = Event::Provider(trunk(), event);
            let noted = dispatcher.on(event, NOW);
            (
                noted,
                dispatcher.on(Event::Command(1, Command::HangUpAll), NOW),
            )
        };
        let (noted, effects) = told(ProviderEvent::Unclosed(ATTEMPT));
        let kept = Job::NoteUnclosed(ATTEMPT, Some(trunk()));
        assert!(noted.contains(&Effect::Store(kept)), "{noted:?}");
        assert!(hung_up(&effects));
        let (noted, effects) = told(ProviderEvent::Closed(ATTEMPT));
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
            let told = Event::Provider(trunk(), ProviderEvent::Call(event));
            let found = dispatcher
                .on(told, NOW)
                .contains(&Effect::Store(job.clone()));
            assert_eq!(found, goes, "{job:?}");
        }
    }
}
