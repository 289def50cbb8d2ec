//! A trunk's circuit breaker: stops calls through a route that fails.

#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TrunkRest;
use crate::domain::outcome::TrunkFinding;
use crate::domain::{PhoneNumber, Timestamp};

/// The points within [`POINTS_WITHIN`] that open the breaker.
const POINTS: usize = 5;
/// The calls in a row without a sign that the route answers that open the breaker, however far apart.
const SILENT: usize = 5;
/// The span in which points are counted.
const POINTS_WITHIN: Duration = Duration::from_secs(30);
/// The number of results of which half must be faults to open the breaker.
const LAST_RESULTS: usize = 20;
/// The configuration faults in a row, on different numbers, that rest the trunk until an operator acts.
const MISCONFIGURED: usize = 3;
/// The missing agents in a row, or lost ones, that rest the trunk.
const AGENTS: u32 = 3;
/// The first pause; doubled with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The longest pause between two probes.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long calls leave at half the rate after a rest that a limit asked for (a limit of dialdeck).
pub const SLOW: Duration = Duration::from_mins(1);
/// The cause of a wait for an operator: the trunk refused the credentials or the requests.
const REFUSED: &str = "refused";
/// The provider does not know the trunk, such as a LiveKit server that lost its trunks.
const UNKNOWN: &str = "unknown_to_the_carrier";
/// How long a probe may go without a report before another is let through.
const PROBE_WAIT: Duration = Duration::from_mins(1);

/// One trunk's breaker: a state machine without a clock.
///
/// It opens for a minute on five faults within 30 s, on five calls in a row to which the route gave no answer
/// or whose fate is unknown, or if half of the last twenty results are faults. Then one probe is let through.
/// Each probe that fails doubles the pause, up to ten minutes.
///
/// Refused credentials, and three configuration faults in a row on different numbers, rest the trunk until an
/// operator acts. Three agents in a row that do not come, or that leave their calls, open the breaker too,
/// because a phone that rings without an agent to talk is worse than none that rings. A limit rests the trunk
/// for as long as it asked, and then slows it for [`SLOW`]. It is no fault, because a trunk that answers with
/// a limit works.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::outcome::TrunkFinding;
/// use dialdeck_core::domain::{PhoneNumber, Timestamp};
/// use dialdeck_core::policy::breaker::Breaker;
///
/// let now: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let number: PhoneNumber = "+12125550142".parse()?;
/// let mut breaker = Breaker::default();
/// for _ in 0..5 {
///     breaker.on_result(TrunkFinding::Faulty, (number, now), now);
/// }
/// let rest = breaker.rest(now).map(|rest| (rest.cause, rest.until));
/// assert_eq!(rest, Some(("breaker_open", Some("2026-12-07T15:31:00Z".parse()?))));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    faults: VecDeque<Timestamp>,
    /// The last results, `true` for a fault.
    results: VecDeque<bool>,
    misconfigured: BTreeSet<PhoneNumber>,
    /// Consecutive calls, by reservation time, that the route did not answer or whose fate is unknown.
    silent: BTreeSet<(Timestamp, PhoneNumber)>,
    /// Reservation time of the latest call that the route answered.
    answered: Option<Timestamp>,
    throttled_until: Option<Timestamp>,
    /// Agents that did not come since one last came.
    missing: u32,
    /// Reservation time of the latest call whose agent came.
    came: Option<Timestamp>,
    /// Agents that left since one last stayed to its call's end.
    lost: u32,
    /// Whether it is open because agents were missing or lost.
    no_agents: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Closed,
    /// No calls; from `until` on, one probe.
    Open { until: Timestamp, pause: Duration },
    /// The probe is in flight.
    Probing {
        number: PhoneNumber,
        since: Timestamp,
        pause: Duration,
    },
    /// No calls until an operator acts.
    Locked(&'static str),
}

/// The part of a breaker that outlives its process. An engine that starts continues from it, and a process
/// that only reads the deck learns from it what an engine would do.
///
/// A rest that is not over still holds. After one that is over still a single probe is let through. Refused
/// credentials wait for an operator: a supervisor that restarts the program is not one. Faults that have not
/// opened the breaker yet are forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Whether the trunk waits until an operator acts.
    refused: bool,
    /// As `refused`, because the provider does not know the trunk.
    #[serde(default)]
    unknown: bool,
    /// The end of the open state, and the pause that leads to it.
    open: Option<(Timestamp, Duration)>,
    /// A limit asked for no calls until this instant.
    throttled_until: Option<Timestamp>,
    /// Whether it is open because agents were missing or lost.
    #[serde(default)]
    no_agents: bool,
}

impl Kept {
    /// Returns why no call may be placed at `now`, and until when. `None` if a call may be placed.
    pub fn rest(self, now: Timestamp) -> Option<TrunkRest> {
        Breaker::from(self).rest(now)
    }

    /// Returns until when calls leave at half the rate. `None` if they leave at the full rate.
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
    /// Returns the part of the breaker that is kept.
    pub fn kept(&self) -> Kept {
        let open = match self.state {
            State::Closed | State::Locked(_) => None,
            State::Open { until, pause } => Some((until, pause)),
            // A restart forgets the probe: its time passes, then there is another.
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

    /// Records that the request of a call that was reserved at `planned` left: its agent had come.
    pub fn on_sent(&mut self, planned: Timestamp) {
        self.missing = 0;
        self.came = self.came.max(Some(planned));
    }

    /// Returns whether an agent came for a call reserved at or after `planned`. Results arrive out of order,
    /// so rows follow the order of reservation.
    pub fn agent_came_since(&self, planned: Timestamp) -> bool {
        self.came.is_some_and(|came| planned <= came)
    }

    /// Records that a call ended that had its agent to the end.
    pub fn on_agent_stayed(&mut self) {
        self.lost = 0;
    }

    /// Records what a call through the trunk showed; the pair is its number and when it was reserved.
    ///
    /// Report [`TrunkFinding::Fine`] as soon as the call rings, so that a long conversation does not delay
    /// the end of a probe, and [`TrunkFinding::Silent`] as soon as its answer is lost. For any other call
    /// report the classification of its end. Report each call once per finding.
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
                // A fault that is reported comes from a route that answers.
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
                // A limit is an answer, so the route works; the probe may be repeated after the rest.
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

    /// Records that the route answered a call reserved at `planned`. Results arrive out of order, so rows
    /// follow the order of reservation.
    fn on_answer(&mut self, planned: Timestamp) {
        self.answered = self.answered.max(Some(planned));
        self.silent
            .retain(|(silent, _)| Some(*silent) > self.answered);
    }

    /// Records that nothing shows that the route answered this call.
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

    /// Records that this many agents in a row were not there.
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

    /// Records that a call was placed. While the breaker waits for a probe, this call is the probe.
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

    /// Returns whether the next call through the trunk is the probe, so that only one may be reserved.
    pub fn awaits_probe(&self, now: Timestamp) -> bool {
        match self.state {
            State::Closed | State::Locked(_) => false,
            State::Open { until, .. } => now >= until,
            State::Probing { since, .. } => now >= since + PROBE_WAIT,
        }
    }

    /// Returns whether it is open, or waits for the end of its probe, for another reason than missing agents.
    pub fn is_open_for_faults(&self) -> bool {
        match self.state {
            State::Closed | State::Locked(_) => false,
            State::Open { .. } | State::Probing { .. } => !self.no_agents,
        }
    }

    /// Records that a question about the trunk showed that no call can be placed through it. `is_known` is
    /// whether the provider knows the trunk and refuses the deck's credentials.
    pub fn on_unusable(&mut self, is_known: bool) {
        self.state = State::Locked(if is_known { REFUSED } else { UNKNOWN });
    }

    /// Returns whether only an operator ends the trunk's rest.
    pub fn waits_for_operator(&self) -> bool {
        matches!(self.state, State::Locked(_))
    }

    /// Records that an operator confirmed that the trunk works again.
    pub fn on_operator_reset(&mut self) {
        self.close();
        self.throttled_until = None;
    }

    /// Returns why no call may be placed at `now`, and until when. `None` if a call may be placed.
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

    /// Returns until when calls leave at half the rate because a limit had been reached. `None` if they leave
    /// at the full rate.
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
            // Calls from before the opening still end after it.
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
