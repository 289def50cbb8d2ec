//! A trunk's circuit breaker: stops placing calls through a route that fails.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TrunkRest;
use crate::domain::outcome::TrunkFinding;
use crate::domain::{PhoneNumber, Timestamp};

/// Points within [`POINTS_WITHIN`] that open the breaker.
const POINTS: usize = 5;
/// Calls in a row after which nothing shows that the route answers open the breaker, however far apart.
const SILENT: usize = 5;
/// The span in which points are counted.
const POINTS_WITHIN: Duration = Duration::from_secs(30);
/// Results of which half being faults opens the breaker.
const LAST_RESULTS: usize = 20;
/// Configuration faults in a row, on different numbers, that rest the trunk until an operator acts.
const MISCONFIGURED: usize = 3;
/// Missing agents in a row, or lost ones, that rest the trunk.
const AGENTS: u32 = 3;
/// The first pause; doubled with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long after a rest that a limit asked for calls leave at half the rate (our own figure).
pub const SLOW: Duration = Duration::from_mins(1);
/// Why a trunk waits for an operator: it refused our credentials or what was asked of it.
const REFUSED: &str = "refused";
/// The carrier does not know it, such as a LiveKit server that lost its trunks.
const UNKNOWN: &str = "unknown_to_the_carrier";
/// How long a probe may go without a word before another is let through.
const PROBE_WAIT: Duration = Duration::from_mins(1);

/// One trunk's breaker: a state machine without a clock.
///
/// Opens on five faults within 30 s, on five calls in a row to which the route gave no answer or whose
/// fate is unknown, or on half of the last twenty results, for a minute; then one probe is let through,
/// and each that fails doubles the pause up to ten minutes. Refused credentials, and three
/// configuration faults in a row on different numbers, rest the trunk until an operator acts. Three
/// agents in a row that do not come, or that go away from their calls, open it too: a phone that rings
/// without anybody to talk is worse than none that rings. A limit rests it for as long as it asked, and
/// then slows it for [`SLOW`]; it is no fault, since who answers with a limit works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    faults: VecDeque<Timestamp>,
    /// The last results, `true` for a fault.
    results: VecDeque<bool>,
    misconfigured: BTreeSet<PhoneNumber>,
    /// Consecutive calls, by planning time, that the route did not answer or whose fate is unknown.
    silent: BTreeSet<(Timestamp, PhoneNumber)>,
    /// Planning time of the latest call that the route answered.
    answered: Option<Timestamp>,
    throttled_until: Option<Timestamp>,
    /// Agents that did not come since one last came.
    missing: u32,
    /// Planning time of the latest call whose agent came.
    came: Option<Timestamp>,
    /// Agents that went away since one last stayed to its call's end.
    lost: u32,
    /// It is open for want of agents.
    no_agents: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// No calls; from `until` on, one probe.
    Open { until: Timestamp, pause: Duration },
    /// The probe is out.
    Probing {
        number: PhoneNumber,
        since: Timestamp,
        pause: Duration,
    },
    /// Until an operator acts.
    Locked(&'static str),
}

/// What of a breaker outlives its process: an engine that starts goes on from it, and whoever only
/// reads the deck learns from it what an engine would do.
///
/// A rest that lies ahead still holds, after one that is over still a single probe is let through, and
/// refused credentials wait for an operator: that a supervisor started the program again is no act of
/// one. Faults that have not opened the breaker yet are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Until an operator acts.
    refused: bool,
    /// As `refused`, because the carrier does not know the trunk.
    #[serde(default)]
    unknown: bool,
    /// Open until then, and the pause that leads there.
    open: Option<(Timestamp, Duration)>,
    /// A limit asked for no calls until then.
    throttled_until: Option<Timestamp>,
    /// It is open for want of agents.
    #[serde(default)]
    no_agents: bool,
}

impl Kept {
    /// Why no call may be placed at `now`, and until when; `None`: calls may be placed.
    pub fn rest(self, now: Timestamp) -> Option<TrunkRest> {
        Breaker::from(self).rest(now)
    }

    /// Until when calls leave at half the rate; `None`: at the full rate.
    pub fn slow_until(self, now: Timestamp) -> Option<Timestamp> {
        Breaker::from(self).slow_until(now)
    }
}

impl From<Kept> for Breaker {
    fn from(kept: Kept) -> Self {
        let state = match kept.open {
            _ if kept.unknown => State::Locked(UNKNOWN),
            _ if kept.refused => State::Locked(REFUSED),
            Some((until, pause)) => State::Open { until, pause },
            None => State::Closed,
        };
        Self {
            state,
            throttled_until: kept.throttled_until,
            no_agents: kept.no_agents,
            ..Self::default()
        }
    }
}

impl Breaker {
    /// What is to be kept of it.
    pub fn kept(&self) -> Kept {
        let open = match self.state {
            State::Closed | State::Locked(_) => None,
            State::Open { until, pause } => Some((until, pause)),
            // Of the probe nothing is known after a restart: it has its time, then there is another.
            State::Probing { since, pause, .. } => Some((since + PROBE_WAIT, pause)),
        };
        Kept {
            refused: self.state == State::Locked(REFUSED),
            unknown: self.state == State::Locked(UNKNOWN),
            open,
            throttled_until: self.throttled_until,
            no_agents: self.no_agents,
        }
    }

    /// The request of a call left that was planned at `planned`: its agent had come.
    pub fn on_sent(&mut self, planned: Timestamp) {
        self.missing = 0;
        self.came = self.came.max(Some(planned));
    }

    /// Returns whether an agent came for a call planned at or after `planned`. Results arrive out of order,
    /// so rows follow planning order.
    pub fn agent_came_since(&self, planned: Timestamp) -> bool {
        self.came.is_some_and(|came| planned <= came)
    }

    /// A call ended that had its agent to the end.
    pub fn on_agent_stayed(&mut self) {
        self.lost = 0;
    }

    /// What a call through the trunk showed, to this number and planned then: [`TrunkFinding::Fine`]
    /// as soon as it rings, so that a long conversation does not hold a probe up,
    /// [`TrunkFinding::Silent`] as soon as its answer is lost, else what its end was classified as.
    /// Each call is reported once per finding.
    pub fn on_result(
        &mut self,
        finding: TrunkFinding,
        (number, planned): (PhoneNumber, Timestamp),
        now: Timestamp,
    ) {
        match finding {
            TrunkFinding::Fine => {
                self.misconfigured.clear();
                self.on_answer(planned);
                self.note(false);
                if matches!(self.state, State::Probing { number: probe, .. } if probe == number) {
                    self.close();
                }
            }
            TrunkFinding::Faulty => {
                // A fault that is told comes from a route that answers.
                self.on_answer(planned);
                self.on_fault(number, now);
            }
            TrunkFinding::Dead => {
                self.on_silence((number, planned), now);
                self.on_fault(number, now);
            }
            TrunkFinding::Silent => self.on_silence((number, planned), now),
            TrunkFinding::Throttled(pause) => {
                self.on_answer(planned);
                self.throttled_until = self.throttled_until.max(Some(now + pause));
                // The limit answers, so the route works; the probe may be repeated after the rest.
                if let State::Probing { pause, .. } = self.state {
                    self.state = State::Open { until: now, pause };
                }
            }
            TrunkFinding::Misconfigured => {
                self.on_answer(planned);
                self.misconfigured.insert(number);
                if self.misconfigured.len() >= MISCONFIGURED {
                    self.state = State::Locked(REFUSED);
                } else {
                    self.reopen_if_probe(number, now);
                }
            }
            TrunkFinding::Refused => self.state = State::Locked(REFUSED),
            TrunkFinding::Unknown => self.state = State::Locked(UNKNOWN),
            TrunkFinding::AgentMissing => {
                self.missing += 1;
                self.on_agents(self.missing, number, now);
            }
            TrunkFinding::AgentLost => {
                self.lost += 1;
                self.on_agents(self.lost, number, now);
            }
        }
    }

    /// The route answered a call planned then. Results arrive out of order; rows follow planning order.
    fn on_answer(&mut self, planned: Timestamp) {
        self.answered = self.answered.max(Some(planned));
        self.silent
            .retain(|(silent, _)| Some(*silent) > self.answered);
    }

    /// Nothing shows that the route answered to this call.
    fn on_silence(&mut self, (number, planned): (PhoneNumber, Timestamp), now: Timestamp) {
        if Some(planned) > self.answered {
            self.silent.insert((planned, number));
        }
        match self.state {
            State::Closed if self.silent.len() >= SILENT => {
                self.no_agents = false;
                self.open(now, FIRST_PAUSE);
            }
            State::Probing { .. } => self.reopen_if_probe(number, now),
            State::Closed | State::Open { .. } | State::Locked(_) => {}
        }
    }

    /// So many agents in a row were not there.
    fn on_agents(&mut self, in_a_row: u32, number: PhoneNumber, now: Timestamp) {
        match self.state {
            State::Closed if in_a_row >= AGENTS => {
                (self.missing, self.lost, self.no_agents) = (0, 0, true);
                self.open(now, FIRST_PAUSE);
            }
            State::Probing { .. } => self.reopen_if_probe(number, now),
            State::Closed | State::Open { .. } | State::Locked(_) => {}
        }
    }

    /// A call was placed. While the breaker waits for a probe, this is it.
    pub fn on_dial(&mut self, number: PhoneNumber, now: Timestamp) {
        let pause = match self.state {
            State::Open { until, pause } if now >= until => pause,
            State::Probing { since, pause, .. } if now >= since + PROBE_WAIT => pause,
            State::Open { .. } | State::Probing { .. } | State::Closed | State::Locked(_) => return,
        };
        self.state = State::Probing {
            number,
            since: now,
            pause,
        };
    }

    /// Whether the next call through the trunk is the probe, so that only one may be planned.
    pub fn awaits_probe(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed | State::Locked(_) => false,
            State::Open { until, .. } => now >= until,
            State::Probing { since, .. } => now >= since + PROBE_WAIT,
        }
    }

    /// Whether it is open, or waits for its probe's end, for another reason than missing agents.
    pub fn is_open_for_faults(&self) -> bool {
        match self.state {
            State::Closed | State::Locked(_) => false,
            State::Open { .. } | State::Probing { .. } => !self.no_agents,
        }
    }

    /// A question about the trunk itself showed that no call can be placed through it: the carrier does
    /// not know it, or refuses our credentials.
    pub fn on_unusable(&mut self, is_known: bool) {
        self.state = State::Locked(if is_known { REFUSED } else { UNKNOWN });
    }

    /// Whether only an operator ends its rest.
    pub fn waits_for_operator(&self) -> bool {
        matches!(self.state, State::Locked(_))
    }

    /// An operator says that the trunk works again.
    pub fn on_operator_reset(&mut self) {
        self.close();
        self.throttled_until = None;
    }

    /// Why no call may be placed at `now`, and until when; `None`: calls may be placed.
    pub fn rest(&self, now: Timestamp) -> Option<TrunkRest> {
        let throttled = self
            .throttled_until
            .filter(|until| now < *until)
            .map(|until| (until, "throttled"));
        let opened = if self.no_agents {
            "no_agents"
        } else {
            "breaker_open"
        };
        let open = match self.state {
            State::Closed => None,
            State::Locked(cause) => return Some(TrunkRest { until: None, cause }),
            State::Open { until, .. } => Some((until, opened)),
            State::Probing { since, .. } => Some((since + PROBE_WAIT, opened)),
        }
        .filter(|(until, _)| now < *until);
        let (until, cause) = match (throttled, open) {
            (Some(limit), Some(open)) => limit.max(open),
            (limit, open) => limit.or(open)?,
        };
        Some(TrunkRest {
            until: Some(until),
            cause,
        })
    }

    /// Until when calls leave at half the rate, because a limit had been reached; `None`: at the full
    /// rate.
    pub fn slow_until(&self, now: Timestamp) -> Option<Timestamp> {
        let end = self.throttled_until? + SLOW;
        (now < end).then_some(end)
    }

    fn on_fault(&mut self, number: PhoneNumber, now: Timestamp) {
        self.misconfigured.clear();
        self.note(true);
        self.faults.push_back(now);
        while self
            .faults
            .front()
            .is_some_and(|at| *at + POINTS_WITHIN < now)
        {
            self.faults.pop_front();
        }
        match self.state {
            State::Closed => {
                let faults = self.results.iter().filter(|fault| **fault).count();
                let half = self.results.len() == LAST_RESULTS && faults * 2 >= LAST_RESULTS;
                if self.faults.len() >= POINTS || half {
                    self.no_agents = false;
                    self.open(now, FIRST_PAUSE);
                }
            }
            State::Probing { .. } => self.reopen_if_probe(number, now),
            // Calls from before the opening still come to their ends.
            State::Open { .. } | State::Locked(_) => {}
        }
    }

    fn reopen_if_probe(&mut self, number: PhoneNumber, now: Timestamp) {
        if let State::Probing {
            number: probe,
            pause,
            ..
        } = self.state
            && probe == number
        {
            self.open(now, (pause * 2).min(LONGEST_PAUSE));
        }
    }

    fn open(&mut self, now: Timestamp, pause: Duration) {
        self.state = State::Open {
            until: now + pause,
            pause,
        };
    }

    fn close(&mut self) {
        self.state = State::Closed;
        (self.missing, self.lost, self.no_agents) = (0, 0, false);
        self.faults.clear();
        self.results.clear();
        self.misconfigured.clear();
        self.silent.clear();
    }

    fn note(&mut self, fault: bool) {
        if self.results.len() == LAST_RESULTS {
            self.results.pop_front();
        }
        self.results.push_back(fault);
    }
}
