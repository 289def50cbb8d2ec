//! A trunk's circuit breaker: stops placing calls through a route that fails.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use super::TrunkRest;
use crate::domain::outcome::TrunkFinding;
use crate::domain::{PhoneNumber, Timestamp};

/// Points within [`POINTS_WITHIN`] that open the breaker.
const POINTS: usize = 5;
/// The span in which points are counted.
const POINTS_WITHIN: Duration = Duration::from_secs(30);
/// Results of which half being faults opens the breaker.
const LAST_RESULTS: usize = 20;
/// Configuration faults in a row, on different numbers, that rest the trunk until an operator acts.
const MISCONFIGURED: usize = 3;
/// The first pause; doubled with each failed probe.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);
/// How long a probe may go without a word before another is let through.
const PROBE_WAIT: Duration = Duration::from_mins(1);

/// One trunk's breaker: a state machine without a clock.
///
/// Opens on five faults within 30 s or on half of the last twenty results, for a minute; then one
/// probe is let through, and each that fails doubles the pause up to ten minutes. Refused
/// credentials, and three configuration faults in a row on different numbers, rest the trunk until
/// an operator acts. A limit rests it for as long as it asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    faults: VecDeque<Timestamp>,
    /// The last results, `true` for a fault.
    results: VecDeque<bool>,
    misconfigured: BTreeSet<PhoneNumber>,
    throttled_until: Option<Timestamp>,
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

impl Breaker {
    /// What a call through the trunk showed. Report [`TrunkFinding::Fine`] as soon as a call rings,
    /// not only at its end, so that a long conversation does not hold a probe up.
    pub fn on_result(&mut self, finding: TrunkFinding, number: PhoneNumber, now: Timestamp) {
        match finding {
            TrunkFinding::Fine => {
                self.misconfigured.clear();
                self.note(false);
                if matches!(self.state, State::Probing { number: probe, .. } if probe == number) {
                    self.close();
                }
            }
            TrunkFinding::Faulty => self.on_fault(number, now),
            TrunkFinding::Throttled(pause) => {
                self.throttled_until = self.throttled_until.max(Some(now + pause));
                // The limit answers, so the route works; the probe may be repeated after the rest.
                if let State::Probing { pause, .. } = self.state {
                    self.state = State::Open { until: now, pause };
                }
            }
            TrunkFinding::Misconfigured => {
                self.misconfigured.insert(number);
                if self.misconfigured.len() >= MISCONFIGURED {
                    self.state = State::Locked("refused");
                } else {
                    self.reopen_if_probe(number, now);
                }
            }
            TrunkFinding::Refused => self.state = State::Locked("refused"),
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
        let open = match self.state {
            State::Closed => None,
            State::Locked(cause) => return Some(TrunkRest { until: None, cause }),
            State::Open { until, .. } => Some((until, "breaker_open")),
            State::Probing { since, .. } => Some((since + PROBE_WAIT, "breaker_open")),
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
        self.faults.clear();
        self.results.clear();
        self.misconfigured.clear();
    }

    fn note(&mut self, fault: bool) {
        if self.results.len() == LAST_RESULTS {
            self.results.pop_front();
        }
        self.results.push_back(fault);
    }
}
