//! A trunk's circuit breaker: stops placing calls through a route that fails.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::TrunkRest;
use crate::domain::outcome::TrunkFinding;
use crate::domain::{PhoneNumber, Timestamp};

/// Points within [`POINTS_WITHIN`] that open the breaker.
const POINTS: usize = 5;
/// Calls in a row to which the route gave no answer at all that open the breaker, however far apart.
const DEAD: u32 = 5;
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
/// Opens on five faults within 30 s, on five calls in a row to which the route gave no answer at
/// all, or on half of the last twenty results, for a minute; then one
/// probe is let through, and each that fails doubles the pause up to ten minutes. Refused
/// credentials, and three configuration faults in a row on different numbers, rest the trunk until
/// an operator acts. Three agents in a row that do not come, or that go away from their calls, open it
/// too: a phone that rings without anybody to talk is worse than none that rings. A limit rests it for as long as it asked, and then slows it for [`SLOW`]; it is
/// no fault, since who answers with a limit works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    state: State,
    faults: VecDeque<Timestamp>,
    /// The last results, `true` for a fault.
    results: VecDeque<bool>,
    misconfigured: BTreeSet<PhoneNumber>,
    /// Calls in a row without any answer of the route.
    dead: u32,
    throttled_until: Option<Timestamp>,
    /// Agents that did not come since one last came.
    missing: u32,
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

    /// The request of a call left: its agent had come.
    pub fn on_sent(&mut self) {
        self.missing = 0;
    }

    /// A call ended that had its agent to the end.
    pub fn on_agent_stayed(&mut self) {
        self.lost = 0;
    }

    /// What a call through the trunk showed, reported once per call: [`TrunkFinding::Fine`] as
    /// soon as it rings, so that a long conversation does not hold a probe up, else what its end
    /// was classified as.
    pub fn on_result(&mut self, finding: TrunkFinding, number: PhoneNumber, now: Timestamp) {
        match finding {
            TrunkFinding::Fine => {
                self.misconfigured.clear();
                self.dead = 0;
                self.note(false);
                if matches!(self.state, State::Probing { number: probe, .. } if probe == number) {
                    self.close();
                }
            }
            TrunkFinding::Faulty => {
                // A fault that is told comes from a route that answers.
                self.dead = 0;
                self.on_fault(number, now);
            }
            TrunkFinding::Dead => {
                self.dead += 1;
                self.on_fault(number, now);
            }
            TrunkFinding::Throttled(pause) => {
                self.dead = 0;
                self.throttled_until = self.throttled_until.max(Some(now + pause));
                // The limit answers, so the route works; the probe may be repeated after the rest.
                if let State::Probing { pause, .. } = self.state {
                    self.state = State::Open { until: now, pause };
                }
            }
            TrunkFinding::Misconfigured => {
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
                if self.faults.len() >= POINTS || self.dead >= DEAD || half {
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
        self.dead = 0;
    }

    fn note(&mut self, fault: bool) {
        if self.results.len() == LAST_RESULTS {
            self.results.pop_front();
        }
        self.results.push_back(fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn callee(n: u64) -> PhoneNumber {
        PhoneNumber::from_digits(12_125_550_100 + n).unwrap()
    }

    fn second(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000) + Duration::from_secs(seconds)
    }

    fn until(breaker: &Breaker, now: u64) -> Option<Timestamp> {
        breaker.rest(second(now)).and_then(|rest| rest.until)
    }

    /// A breaker opened by five faults at second 0.
    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        for n in 0..5 {
            assert_eq!(breaker.rest(second(0)), None);
            breaker.on_result(TrunkFinding::Faulty, callee(n), second(0));
        }
        breaker
    }

    #[test]
    fn five_faults_in_half_a_minute_open_it_for_a_minute() {
        let breaker = opened();
        assert_eq!(
            breaker.rest(second(59)),
            Some(TrunkRest {
                until: Some(second(60)),
                cause: "breaker_open"
            })
        );
        assert_eq!(breaker.rest(second(60)), None);
        let mut slow = Breaker::default();
        for n in 0..9 {
            slow.on_result(TrunkFinding::Faulty, callee(n), second(n * 8));
        }
        assert_eq!(slow.rest(second(72)), None);
    }

    #[test]
    fn half_of_the_last_twenty_opens_it() {
        let mut breaker = Breaker::default();
        for n in 0..20 {
            assert_eq!(breaker.rest(second(n * 60)), None);
            let finding = if n % 2 == 0 {
                TrunkFinding::Fine
            } else {
                TrunkFinding::Faulty
            };
            breaker.on_result(finding, callee(n), second(n * 60));
        }
        assert_eq!(until(&breaker, 19 * 60), Some(second(20 * 60)));
    }

    #[test]
    fn one_probe_at_a_time_and_each_failure_doubles_the_pause() {
        let mut breaker = opened();
        let mut now = 60;
        for pause in [120, 240, 480, 600, 600] {
            assert_eq!(breaker.rest(second(now)), None);
            assert!(breaker.awaits_probe(second(now)));
            breaker.on_dial(callee(7), second(now));
            assert!(breaker.rest(second(now + 1)).is_some(), "one probe only");
            assert!(!breaker.awaits_probe(second(now + 1)));
            breaker.on_result(TrunkFinding::Faulty, callee(8), second(now + 1));
            assert_eq!(until(&breaker, now + 1), Some(second(now + 60)));
            breaker.on_result(TrunkFinding::Faulty, callee(7), second(now + 2));
            assert_eq!(until(&breaker, now + 2), Some(second(now + 2 + pause)));
            now += 2 + pause;
        }
        breaker.on_dial(callee(7), second(now));
        breaker.on_result(TrunkFinding::Fine, callee(9), second(now + 1));
        assert!(breaker.rest(second(now + 1)).is_some(), "not the probe");
        breaker.on_result(TrunkFinding::Fine, callee(7), second(now + 2));
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn a_silent_probe_gives_way_to_another() {
        let mut breaker = opened();
        breaker.on_dial(callee(7), second(60));
        assert_eq!(breaker.rest(second(120)), None);
        breaker.on_dial(callee(8), second(120));
        assert!(breaker.rest(second(121)).is_some());
    }

    #[test]
    fn a_limit_rests_the_trunk_for_as_long_as_it_asked() {
        let mut breaker = Breaker::default();
        let pause = TrunkFinding::Throttled(Duration::from_secs(7));
        breaker.on_result(pause, callee(1), second(0));
        assert_eq!(
            breaker.rest(second(6)),
            Some(TrunkRest {
                until: Some(second(7)),
                cause: "throttled"
            })
        );
        assert_eq!(breaker.rest(second(7)), None);
        assert_eq!(breaker.slow_until(second(66)), Some(second(67)));
        assert_eq!(breaker.slow_until(second(67)), None);
        assert_eq!(breaker.kept().slow_until(second(7)), Some(second(67)));
        breaker.on_operator_reset();
        assert_eq!(breaker.slow_until(second(7)), None, "an operator knows");
    }

    #[test]
    fn what_is_kept_rests_as_the_breaker_does() {
        let mut refused = Breaker::default();
        refused.on_result(TrunkFinding::Refused, callee(1), second(0));
        let mut throttled = Breaker::default();
        let limit = TrunkFinding::Throttled(Duration::from_secs(90));
        throttled.on_result(limit, callee(1), second(0));
        let mut both = opened();
        both.on_result(limit, callee(1), second(0));
        let mut probing = opened();
        probing.on_dial(callee(7), second(70));
        for breaker in [
            Breaker::default(),
            opened(),
            refused,
            throttled,
            both,
            probing,
        ] {
            let text = serde_json::to_string(&breaker.kept()).unwrap();
            let kept: Kept = serde_json::from_str(&text).unwrap();
            assert_eq!(Breaker::from(kept).kept(), breaker.kept());
            for now in (70..200).map(second) {
                assert_eq!(kept.rest(now), breaker.rest(now), "{breaker:?}");
            }
        }
    }

    #[test]
    fn a_rest_that_ended_while_nothing_ran_still_lets_one_probe_through() {
        let mut breaker = Breaker::from(opened().kept());
        assert_eq!(breaker.rest(second(500)), None);
        breaker.on_dial(callee(7), second(500));
        assert!(breaker.rest(second(501)).is_some(), "one probe only");
        breaker.on_result(TrunkFinding::Faulty, callee(7), second(502));
        assert_eq!(until(&breaker, 502), Some(second(502 + 120)), "doubled");
        breaker.on_operator_reset();
        assert_eq!(breaker.kept(), Kept::default());
    }

    #[test]
    fn five_calls_in_a_row_to_a_dead_route_open_however_far_apart() {
        let minutes = |n: u64| second(n * 60);
        let mut breaker = Breaker::default();
        for n in 0..4 {
            breaker.on_result(TrunkFinding::Dead, callee(n), minutes(n));
        }
        let mut answered = breaker.clone();
        for finding in [TrunkFinding::Fine, TrunkFinding::Dead] {
            answered.on_result(finding, callee(2), minutes(4));
        }
        assert_eq!(answered.rest(minutes(4)), None, "not in a row");
        breaker.on_result(TrunkFinding::Dead, callee(1), minutes(4));
        let opened = breaker.rest(minutes(4)).unwrap();
        assert_eq!(opened.until, Some(minutes(4) + FIRST_PAUSE));
        // The one call that is let through then rests it for longer, or brings it back.
        let probe = minutes(5);
        breaker.on_dial(callee(3), probe);
        let mut works = breaker.clone();
        breaker.on_result(TrunkFinding::Dead, callee(3), probe);
        assert_eq!(
            breaker.rest(probe).unwrap().until,
            Some(probe + FIRST_PAUSE * 2)
        );
        works.on_result(TrunkFinding::Fine, callee(3), probe);
        works.on_result(TrunkFinding::Dead, callee(4), probe);
        assert_eq!(works.rest(probe), None);
    }

    #[test]
    fn a_trunk_that_the_carrier_does_not_know_waits_for_an_operator_and_says_so() {
        let mut breaker = Breaker::default();
        breaker.on_result(TrunkFinding::Unknown, callee(1), second(0));
        let text = serde_json::to_string(&breaker.kept()).unwrap();
        let kept: Kept = serde_json::from_str(&text).unwrap();
        let (until, cause) = (None, "unknown_to_the_carrier");
        let rest = Some(TrunkRest { until, cause });
        assert_eq!(
            (breaker.rest(second(9)), kept.rest(second(9))),
            (rest.clone(), rest)
        );
        breaker.on_operator_reset();
        assert_eq!(breaker.rest(second(9)), None);
        // What was kept before the word was known.
        let old = r#"{"refused":true,"open":null,"throttled_until":null}"#;
        let old: Kept = serde_json::from_str(old).unwrap();
        assert_eq!(old.rest(second(9)).unwrap().cause, "refused");
    }

    #[test]
    fn refused_and_misconfigured_trunks_wait_for_an_operator() {
        let locked = Some(TrunkRest {
            until: None,
            cause: "refused",
        });
        let mut breaker = Breaker::default();
        breaker.on_result(TrunkFinding::Refused, callee(1), second(0));
        assert_eq!(breaker.rest(second(1_000_000)), locked);
        breaker.on_operator_reset();
        assert_eq!(breaker.rest(second(1)), None);
        for n in [1, 1, 2, 2] {
            breaker.on_result(TrunkFinding::Misconfigured, callee(n), second(2));
        }
        assert_eq!(breaker.rest(second(2)), None, "two numbers only");
        let mut other = breaker.clone();
        other.on_result(TrunkFinding::Fine, callee(4), second(2));
        other.on_result(TrunkFinding::Misconfigured, callee(3), second(2));
        assert_eq!(other.rest(second(2)), None, "not in a row");
        breaker.on_result(TrunkFinding::Misconfigured, callee(3), second(2));
        assert_eq!(breaker.rest(second(2)), locked);
    }

    #[test]
    fn three_agents_in_a_row_that_do_not_come_or_go_away_open_it() {
        for finding in [TrunkFinding::AgentMissing, TrunkFinding::AgentLost] {
            let mut breaker = Breaker::default();
            for n in 0..2 {
                breaker.on_result(finding, callee(n), second(n));
            }
            breaker.on_sent();
            breaker.on_agent_stayed();
            for n in 2..5 {
                assert_eq!(breaker.rest(second(n)), None, "{n}");
                breaker.on_result(finding, callee(n), second(n));
            }
            let rest = breaker.rest(second(5)).unwrap();
            assert_eq!((rest.cause, rest.until), ("no_agents", Some(second(64))));
            assert_eq!(breaker.kept().rest(second(5)), Some(rest));
            breaker.on_dial(callee(7), second(64));
            breaker.on_result(finding, callee(7), second(70));
            assert_eq!(until(&breaker, 70), Some(second(190)), "the probe's too");
            breaker.on_dial(callee(8), second(190));
            breaker.on_result(TrunkFinding::Fine, callee(8), second(191));
            assert_eq!(breaker.rest(second(191)), None);
        }
    }

    #[test]
    fn agents_that_now_and_then_do_not_come_are_no_faults_of_the_trunk() {
        let mut breaker = Breaker::default();
        for n in 0..200 {
            breaker.on_result(TrunkFinding::AgentMissing, callee(n % 90), second(n));
            breaker.on_sent();
            breaker.on_result(TrunkFinding::AgentLost, callee(n % 90), second(n));
            breaker.on_agent_stayed();
            assert_eq!(breaker.rest(second(n)), None);
        }
    }
}
