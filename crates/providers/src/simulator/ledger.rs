//! The carrier's state as a fold of the lines that it wrote, identical live and after a restart.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use dialdeck_core::domain::{AttemptId, CallReport, PhoneNumber, Timestamp, TrunkName};

use super::line::{Line, LineKind, Terms};

/// Calls that are up, calls that ended, and the counts that limits and scripts need.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    up: BTreeMap<AttemptId, UpCall>,
    ended: BTreeMap<AttemptId, (CallReport, Timestamp)>,
    ended_order: VecDeque<AttemptId>,
    forgot: bool,
    invites_to: BTreeMap<PhoneNumber, u32>,
    accepted: BTreeMap<TrunkName, VecDeque<Timestamp>>,
}

/// A call that has not ended.
#[derive(Clone, Debug)]
pub(super) struct UpCall {
    pub(super) to: PhoneNumber,
    pub(super) from: PhoneNumber,
    pub(super) trunk: TrunkName,
    pub(super) invited: Timestamp,
    pub(super) terms: Terms,
    /// How many invites to this number preceded this one.
    pub(super) nth: u32,
    pub(super) phase: Phase,
}

impl UpCall {
    /// Returns the line of an event of the call.
    pub(super) fn line(&self, attempt: AttemptId, event: LineKind, at: Timestamp) -> Line {
        Line {
            at,
            event,
            attempt,
            to: self.to,
            from: self.from,
            trunk: self.trunk.clone(),
            code: None,
            report: None,
            terms: None,
            merged: false,
            refused: false,
        }
    }
}

/// How far a call has progressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Invited,
    Ringing,
    Answered,
}

/// How many ended calls are kept in memory. Older ones are read from the log on demand, and a second request
/// for one of them rings again, as at a real carrier.
const ENDED_KEPT: usize = 50_000;

const MINUTE: Duration = Duration::from_mins(1);

impl Ledger {
    /// Applies a line to the state.
    pub(super) fn apply(&mut self, line: &Line) {
        if line.merged {
            return;
        }
        match (line.event, line.terms, &line.report) {
            (LineKind::Invite, Some(terms), _) => self.invited(line, terms),
            (LineKind::Ringing, ..) => self.advanced(line.attempt, Phase::Ringing),
            (LineKind::Answer, ..) => self.advanced(line.attempt, Phase::Answered),
            (LineKind::End, _, Some(report)) => self.ended(line, report),
            (LineKind::Cancel | LineKind::Invite | LineKind::End, ..) => {}
        }
    }

    /// Returns the calls that are up.
    pub(super) fn up(&self) -> &BTreeMap<AttemptId, UpCall> {
        &self.up
    }

    /// Returns how and when a call ended, or `None` if it is up, unknown or no longer in memory.
    pub(super) fn end_of(&self, attempt: AttemptId) -> Option<&(CallReport, Timestamp)> {
        self.ended.get(&attempt)
    }

    /// Returns whether memory holds every call of this log, as up or with its end.
    pub(super) fn is_complete(&self) -> bool {
        !self.forgot
    }

    /// Returns how many invites a number has had.
    pub(super) fn invites_to(&self, number: PhoneNumber) -> u32 {
        self.invites_to.get(&number).copied().unwrap_or(0)
    }

    /// Returns how many calls of a trunk are up.
    pub(super) fn up_on(&self, trunk: &TrunkName) -> usize {
        self.up.values().filter(|call| call.trunk == *trunk).count()
    }

    /// Returns how many calls a trunk accepted in the 60 seconds before `now`.
    pub(super) fn accepted_on(&self, trunk: &TrunkName, now: Timestamp) -> usize {
        self.accepted.get(trunk).map_or(0, |sends| {
            sends.iter().filter(|at| now.since(**at) < MINUTE).count()
        })
    }

    fn invited(&mut self, line: &Line, terms: Terms) {
        let count = self.invites_to.entry(line.to).or_default();
        let nth = *count;
        *count += 1;
        if !line.refused {
            let sends = self.accepted.entry(line.trunk.clone()).or_default();
            while sends.front().is_some_and(|at| line.at.since(*at) >= MINUTE) {
                sends.pop_front();
            }
            sends.push_back(line.at);
        }
        let call = UpCall {
            to: line.to,
            from: line.from,
            trunk: line.trunk.clone(),
            invited: line.at,
            terms,
            nth,
            phase: Phase::Invited,
        };
        self.up.insert(line.attempt, call);
    }

    fn advanced(&mut self, attempt: AttemptId, phase: Phase) {
        if let Some(call) = self.up.get_mut(&attempt) {
            call.phase = call.phase.max(phase);
        }
    }

    fn ended(&mut self, line: &Line, report: &CallReport) {
        if self.up.remove(&line.attempt).is_none() {
            return;
        }
        self.ended.insert(line.attempt, (report.clone(), line.at));
        self.ended_order.push_back(line.attempt);
        if self.ended_order.len() > ENDED_KEPT
            && let Some(oldest) = self.ended_order.pop_front()
        {
            self.ended.remove(&oldest);
            self.forgot = true;
        }
    }
}
