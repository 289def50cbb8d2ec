//! Declined calls: each waits a few seconds for others before it is taken as a person's word.
//!
//! A carrier that blocks a trunk declines every call (603), and some of its calls ring first. So a
//! decline after ringing is settled when the others of its seconds are known; until then its number is
//! still being called for every gate, and nothing is written that would have to be taken back.

use crate::domain::attempt::CallEnd;
use crate::domain::{AttemptId, CallReport, Timestamp, TrunkName};
use crate::policy::declines::{End, WITHIN};

use super::super::{Effect, Job};
use super::Dispatcher;
use super::call::{Call, Wake};

/// A decline that waits.
#[derive(Debug)]
pub(super) struct Pending {
    end: End,
    report: CallReport,
    /// When the call ended.
    at: Timestamp,
}

impl Dispatcher {
    /// Notes how a call ended. Gives the report back, to be settled now, unless it waits.
    pub(super) fn note_end(
        &mut self,
        attempt: AttemptId,
        report: CallReport,
        at: Timestamp,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) -> Option<CallReport> {
        let Some(call) = self
            .calls
            .get_mut(&attempt)
            .filter(|_| was_dialed(report.end))
        else {
            return Some(report);
        };
        let Some(trunk) = self.trunks.get_mut(&call.trunk) else {
            return Some(report);
        };
        let end = End {
            at: now,
            number: call.number,
            caller_id: call.inquiry.from,
            declined: report.end == CallEnd::Rejected && report.sip_code == Some(603),
        };
        trunk.declines.note(end);
        if !end.declined {
            return Some(report);
        }
        let name = call.trunk.clone();
        let waits = (call.rang || report.rang != Some(false)) && !self.draining;
        let report = if waits {
            call.wake = Some(Wake::Conclude(now + WITHIN));
            call.declined = Some(Pending { end, report, at });
            None
        } else {
            Some(report)
        };
        self.rewake(attempt);
        self.conclude_bursts(&name, effects);
        report
    }

    /// Settles the trunk's declines that have turned out to be a burst.
    fn conclude_bursts(&mut self, trunk: &TrunkName, effects: &mut Vec<Effect>) {
        let Some(known) = self.trunks.get(trunk) else {
            return;
        };
        let is_in_burst = |call: &Call| {
            let pending = call.declined.as_ref().filter(|_| call.trunk == *trunk);
            pending.is_some_and(|pending| known.declines.in_burst(&pending.end))
        };
        let calls = self.calls.iter().filter(|(_, call)| is_in_burst(call));
        let found: Vec<AttemptId> = calls.map(|(attempt, _)| *attempt).collect();
        for attempt in found {
            self.conclude_decline(attempt, effects);
        }
    }

    /// Settles every decline that waits, by what is known now: the engine is about to end.
    pub(super) fn conclude_declines(&mut self, effects: &mut Vec<Effect>) {
        let waiting = self
            .calls
            .iter()
            .filter(|(_, call)| call.declined.is_some());
        let waiting: Vec<AttemptId> = waiting.map(|(attempt, _)| *attempt).collect();
        for attempt in waiting {
            self.conclude_decline(attempt, effects);
        }
    }

    /// Settles a decline: as a person's word, or as a network's when it came in a burst.
    pub(super) fn conclude_decline(&mut self, attempt: AttemptId, effects: &mut Vec<Effect>) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        let Some(mut pending) = call.declined.take() else {
            return;
        };
        call.wake = None;
        let trunk = self.trunks.get(&call.trunk);
        pending.report.in_burst = trunk.is_some_and(|it| it.declines.in_burst(&pending.end));
        effects.push(Effect::Store(Job::Settle(
            attempt,
            pending.report,
            pending.at,
        )));
        self.rewake(attempt);
    }

    /// The callee of a call whose decline waits has opted out on it.
    pub(super) fn opt_out_of_declined(&mut self, attempt: AttemptId) -> bool {
        let call = self.calls.get_mut(&attempt);
        let pending = call.and_then(|call| call.declined.as_mut());
        if let Some(pending) = pending {
            pending.report.opted_out = true;
            return true;
        }
        false
    }
}

/// Whether such an end is one of a call that left for its callee.
const fn was_dialed(end: CallEnd) -> bool {
    match end {
        CallEnd::Completed
        | CallEnd::Abandoned
        | CallEnd::Rejected
        | CallEnd::RangOut
        | CallEnd::CancelledByUs
        | CallEnd::Busy
        | CallEnd::Failed
        | CallEnd::NobodyRang
        | CallEnd::RingUnseen
        | CallEnd::AgentLost
        | CallEnd::LeftAlone => true,
        CallEnd::Lapsed
        | CallEnd::NeverSent
        | CallEnd::Unresolved
        | CallEnd::BadNumber
        | CallEnd::CallerIdRefused
        | CallEnd::ProviderFailed
        | CallEnd::Misconfigured
        | CallEnd::AccountRefused
        | CallEnd::Throttled
        | CallEnd::NoAgent
        | CallEnd::TrunkUnknown
        | CallEnd::CredentialsRefused => false,
    }
}
