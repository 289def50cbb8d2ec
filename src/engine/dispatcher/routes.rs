//! What calls show of the trunks that they leave through.

use crate::domain::outcome::{Classification, TrunkFinding};
use crate::domain::{AttemptId, PhoneNumber, Timestamp, TrunkName};
use crate::store::Settled;

use super::super::{Effect, Job, alerts};
use super::call::Call;
use super::{Dispatcher, Trunk};

/// The call that shows something.
#[derive(Clone, Debug)]
pub(super) struct About {
    trunk: TrunkName,
    number: PhoneNumber,
    planned: Timestamp,
}

impl From<&Call> for About {
    fn from(call: &Call) -> Self {
        Self {
            trunk: call.trunk.clone(),
            number: call.number,
            planned: call.inquiry.reserved_at,
        }
    }
}

impl Dispatcher {
    /// The answer to a call's request is lost, and with it whether its carrier works.
    pub(super) fn tell_of_lost_answer(
        &mut self,
        attempt: AttemptId,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let call = self.calls.get_mut(&attempt);
        let Some(call) = call.filter(|call| !call.rang && !call.told_silent) else {
            return;
        };
        call.told_silent = true;
        let about = About::from(&*call);
        self.tell_breaker(&about, TrunkFinding::Silent, "answer_lost", now, effects);
    }

    /// Tells the trunk's breaker what the end of a call showed, where that was not told before.
    pub(super) fn tell_of_end(
        &mut self,
        call: &Call,
        settled: &Settled,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let read = &settled.read;
        let told = match read.trunk {
            TrunkFinding::Fine => call.rang,
            TrunkFinding::Silent => call.told_silent,
            TrunkFinding::Faulty
            | TrunkFinding::Dead
            | TrunkFinding::Throttled(_)
            | TrunkFinding::Misconfigured
            | TrunkFinding::Refused
            | TrunkFinding::Unknown
            | TrunkFinding::AgentMissing
            | TrunkFinding::AgentLost => false,
        };
        if !told && self.shows_the_trunk(call, read) {
            let about = About::from(call);
            self.tell_breaker(&about, read.trunk, read.cause, now, effects);
        }
    }

    /// Whether the end of a call says anything of its trunk.
    fn shows_the_trunk(&self, call: &Call, read: &Classification) -> bool {
        let planned = call.inquiry.reserved_at;
        let came = |trunk: &Trunk| trunk.breaker.agent_came_since(planned);
        let one_of_many = read.trunk == TrunkFinding::AgentMissing
            && self.trunks.get(&call.trunk).is_some_and(came);
        !one_of_many && call.shows_the_trunk(read)
    }

    /// Tells the trunk's breaker what a call showed; an alert when the trunk begins to rest.
    pub(super) fn tell_breaker(
        &mut self,
        about: &About,
        finding: TrunkFinding,
        cause: &str,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let name = &about.trunk;
        let Some(trunk) = self.trunks.get_mut(name) else {
            return;
        };
        let call = (about.number, about.planned);
        trunk.breaker.on_result(finding, call, now);
        trunk.keep(effects);
        let rest = trunk.breaker.rest(now);
        let rested_before = std::mem::replace(&mut trunk.rests, rest.is_some());
        match rest {
            Some(rest) if !rested_before => {
                let until = rest.until.map_or_else(
                    || format!("until `dialdeck trunk reset {name}`"),
                    |until| format!("until {until}"),
                );
                let text = format!(
                    "trunk {name} takes no calls {until}: {}, last cause {cause}",
                    rest.cause
                );
                let alert = alerts::trunk_rests(name, &text, now);
                effects.push(Effect::Store(Job::Log(alert)));
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
