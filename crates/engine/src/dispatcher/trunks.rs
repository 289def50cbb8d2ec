//! What calls show about their trunks.

use std::time::Duration;

use dialdeck_core::domain::event::{Alert, AlertRaised};
use dialdeck_core::domain::outcome::{Classification, TrunkFinding};
use dialdeck_core::domain::{AttemptId, PhoneNumber, Timestamp, TrunkName, TrunkSettings};
use dialdeck_core::policy::breaker::{Breaker, Kept};
use dialdeck_core::policy::declines::Declines;
use dialdeck_providers::{Request, Unlisted};
use dialdeck_store::{Settled, Snapshot};

use super::super::{Effect, Job};
use super::call::Call;
use super::{Dispatcher, declines};

/// How often a provider is asked which numbers the account owns, at least, while other events arrive.
const NUMBERS_EVERY: Duration = Duration::from_hours(6);

/// How soon the provider is asked again after it could not list the numbers.
const NUMBERS_AGAIN: Duration = Duration::from_mins(1);

/// A trunk as the dispatcher sees it.
#[derive(Debug)]
pub(super) struct Trunk {
    pub(super) settings: TrunkSettings,
    pub(super) breaker: Breaker,
    /// How the trunk's last calls ended.
    pub(super) declines: Declines,
    /// When each alert was last raised.
    pub(super) alerted: Vec<(Alert, Timestamp)>,
    /// The breaker's state that the store holds.
    pub(super) kept: Kept,
    pub(super) rests: bool,
    /// Resets by other processes that were seen so far.
    pub(super) resets: u64,
    /// When the provider was last asked which numbers the account owns.
    pub(super) numbers_asked: Option<Timestamp>,
}

impl Trunk {
    /// Lets the trunk take calls again, on an operator's command.
    fn reset(&mut self, effects: &mut Vec<Effect>) {
        self.breaker.on_operator_reset();
        self.rests = false;
        self.numbers_asked = None;
        self.keep(effects);
    }

    /// Stores what has changed of the breaker.
    pub(super) fn keep(&mut self, effects: &mut Vec<Effect>) {
        let kept = self.breaker.kept();
        if std::mem::replace(&mut self.kept, kept) != kept {
            let keep = Job::KeepRest(self.settings.name.clone(), kept);
            effects.push(Effect::Store(keep));
        }
    }
}

/// The call that an observation is about.
#[derive(Clone, Debug)]
pub(super) struct CallRef {
    trunk: TrunkName,
    number: PhoneNumber,
    planned: Timestamp,
}

impl From<&Call> for CallRef {
    fn from(call: &Call) -> Self {
        Self {
            trunk: call.trunk.clone(),
            number: call.number,
            planned: call.inquiry.reserved_at,
        }
    }
}

impl Dispatcher {
    /// Applies the trunks of a snapshot.
    pub(super) fn update_trunks(
        &mut self,
        snapshot: &Snapshot,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for (settings, _) in &snapshot.trunks {
            let resets = snapshot.trunk_resets.get(&settings.name).copied();
            let resets = resets.unwrap_or(0);
            let kept = snapshot.trunk_rests.get(&settings.name).copied();
            let kept = kept.unwrap_or_default();
            let trunk = self
                .trunks
                .entry(settings.name.clone())
                .or_insert_with(|| Trunk {
                    settings: settings.clone(),
                    breaker: Breaker::from(kept),
                    declines: declines::at_start(kept, now),
                    alerted: Vec::new(),
                    kept,
                    rests: kept.rest(now).is_some(),
                    resets,
                    numbers_asked: None,
                });
            trunk.settings = settings.clone();
            if std::mem::replace(&mut trunk.resets, resets) != resets {
                // The lanes need no update here: every snapshot updates them.
                trunk.reset(effects);
            }
        }
    }

    /// Counts for the breaker that the answer to a request was lost.
    pub(super) fn record_lost_answer(
        &mut self,
        attempt: AttemptId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let call = self.calls.get_mut(&attempt);
        let Some(call) = call.filter(|call| !call.rang && !call.counted_silent) else {
            return;
        };
        call.counted_silent = true;
        let about = CallRef::from(&*call);
        self.record_result(&about, TrunkFinding::Silent, "answer_lost", now, effects);
    }

    /// Counts for the trunk's breaker what the end of a call showed, unless it was counted before.
    pub(super) fn record_end(
        &mut self,
        call: &Call,
        settled: &Settled,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let read = &settled.read;
        let is_counted = match read.trunk {
            TrunkFinding::Fine => call.rang,
            TrunkFinding::Silent => call.counted_silent,
            TrunkFinding::Faulty
            | TrunkFinding::Dead
            | TrunkFinding::Throttled(_)
            | TrunkFinding::Misconfigured
            | TrunkFinding::Refused
            | TrunkFinding::Unknown
            | TrunkFinding::AgentMissing
            | TrunkFinding::AgentLost => false,
        };
        if !is_counted && self.shows_the_trunk(call, read) {
            let about = CallRef::from(call);
            self.record_result(&about, read.trunk, read.cause, now, effects);
        }
    }

    /// Returns whether a call's end shows anything about its trunk.
    fn shows_the_trunk(&self, call: &Call, read: &Classification) -> bool {
        let planned = call.inquiry.reserved_at;
        let came = |trunk: &Trunk| trunk.breaker.agent_came_since(planned);
        let one_of_many = read.trunk == TrunkFinding::AgentMissing
            && self.trunks.get(&call.trunk).is_some_and(came);
        !one_of_many && call.shows_the_trunk(read)
    }

    /// Passes a call's result to the trunk's breaker.
    pub(super) fn record_result(
        &mut self,
        about: &CallRef,
        finding: TrunkFinding,
        cause: &str,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(trunk) = self.trunks.get_mut(&about.trunk) {
            let call = (about.number, about.planned);
            trunk.breaker.on_result(finding, call, now);
            self.record_rest(&about.trunk, cause, now, effects);
        }
    }

    /// Asks the providers which numbers the accounts own, often enough that no answer becomes too old to be
    /// relied on.
    pub(super) fn ask_for_numbers(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for (name, trunk) in &mut self.trunks {
            let due = |asked: Timestamp| now.since(asked) >= NUMBERS_EVERY;
            // A trunk that waits for an operator is asked after its reset.
            let asks =
                trunk.settings.capabilities.lists_numbers && !trunk.breaker.waits_for_operator();
            if asks && trunk.numbers_asked.is_none_or(due) {
                trunk.numbers_asked = Some(now);
                effects.push(Effect::Provider(name.clone(), Request::ListNumbers));
            }
        }
    }

    /// Asks the provider again soon, because it could not list the numbers.
    fn ask_again_for_numbers(&mut self, trunk: &TrunkName, now: Timestamp) {
        if let Some(trunk) = self.trunks.get_mut(trunk) {
            trunk.numbers_asked = Some(now - NUMBERS_EVERY + NUMBERS_AGAIN);
        }
    }

    /// Handles a provider's failure to list the numbers. It is asked again soon, unless the failure shows
    /// that no call can be placed through the trunk: then the trunk rests.
    pub(super) fn on_unlisted(
        &mut self,
        name: &TrunkName,
        why: &Unlisted,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.ask_again_for_numbers(name, now);
        let alert = AlertRaised::numbers_unknown(name, &why.to_string());
        effects.push(Self::alert(alert, now));
        let (is_known, cause) = match why {
            Unlisted::TrunkUnknown(_) => (false, "trunk_unknown"),
            Unlisted::CredentialsRefused(_) => (true, "refused"),
            Unlisted::Failed(_) => return,
        };
        if let Some(trunk) = self.trunks.get_mut(name) {
            trunk.breaker.on_unusable(is_known);
            self.record_rest(name, cause, now, effects);
        }
    }

    /// Stores changes of a trunk's breaker, and raises an alert when the trunk begins to rest. Unblocks the
    /// trunk's campaigns when the rest ends.
    fn record_rest(
        &mut self,
        name: &TrunkName,
        cause: &str,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(trunk) = self.trunks.get_mut(name) else {
            return;
        };
        trunk.keep(effects);
        let rest = trunk.breaker.rest(now);
        let rested_before = std::mem::replace(&mut trunk.rests, rest.is_some());
        match rest {
            Some(rest) if !rested_before => {
                let alert = AlertRaised::trunk_rests(name, rest.until, rest.cause, cause);
                effects.push(Self::alert(alert, now));
            }
            None if rested_before => {
                for lane in self.lanes.values_mut() {
                    if lane.campaign.settings.trunk == *name {
                        lane.blocked = None;
                    }
                }
            }
            Some(_) | None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{EngineSnapshot, Event};
    use dialdeck_core::domain::Capabilities;
    use dialdeck_core::policy::Load;
    use dialdeck_core::rules::Rules;
    use dialdeck_providers::ProviderEvent;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn trunk() -> TrunkName {
        TrunkName("trunk".to_owned())
    }

    fn snapshot(resets: u64) -> Event {
        let mut snapshot = EngineSnapshot::default();
        let settings = TrunkSettings {
            name: trunk(),
            max_concurrent: 5,
            calls_per_minute: 60,
            ring_timeout: Duration::from_secs(30),
            max_call: Duration::from_mins(30),
            queue_wait: Duration::ZERO,
            capabilities: Capabilities::livekit(Duration::from_secs(10)),
        };
        snapshot.snapshot.trunks.push((settings, Load::default()));
        snapshot.snapshot.trunk_resets.insert(trunk(), resets);
        Event::Snapshot(Box::new(snapshot))
    }

    #[test]
    fn a_question_that_shows_the_trunk_unusable_rests_it_until_an_operator_acts() {
        for (why, cause) in [
            (
                Unlisted::TrunkUnknown("no such trunk".to_owned()),
                Some("unknown_to_the_carrier"),
            ),
            (
                Unlisted::CredentialsRefused("HTTP 401".to_owned()),
                Some("refused"),
            ),
            (Unlisted::Failed("HTTP 500".to_owned()), None),
        ] {
            let mut dispatcher = Dispatcher::new(Rules::embedded());
            let asks = Effect::Provider(trunk(), Request::ListNumbers);
            assert!(dispatcher.on(snapshot(0), NOW).contains(&asks));
            let event = ProviderEvent::Unlisted(why);
            let effects = dispatcher.on(Event::Provider(trunk(), event), NOW);
            let kept = effects.iter().find_map(|effect| match effect {
                Effect::Store(Job::KeepRest(_, kept)) => kept.rest(NOW),
                Effect::Store(_) | Effect::Provider(..) | Effect::Acknowledge(..) => None,
            });
            assert_eq!(kept.as_ref().map(|rest| rest.cause), cause);
            assert_eq!(kept.and_then(|rest| rest.until), None);
            let later = NOW + Duration::from_hours(7);
            let asked = dispatcher.on(Event::Tick, later).contains(&asks);
            assert_eq!(asked, cause.is_none(), "{cause:?}");
            // After an operator's reset it is asked immediately.
            let reset = dispatcher.on(snapshot(1), later);
            assert!(reset.contains(&asks), "{cause:?}");
        }
    }
}
