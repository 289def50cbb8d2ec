//! Declined calls. Each decline waits a few seconds for other ends before it counts as a person's.
//!
//! A carrier that blocks a trunk declines every call (603 or another 6xx), and some of its calls ring
//! first. A decline that may be a person's is settled only after the ends of the next seconds are known.
//! Until then every gate counts its number as in a call, and nothing is written that would have to be taken
//! back. The store keeps the reported end: after a crash it is not known whether other calls were declined
//! with it, so it settles as `declined_unproven`. So does a decline that still waits when the engine ends.

use dialdeck_core::domain::outcome::{classify, is_decline};
use dialdeck_core::domain::{AttemptId, CallEnd, CallReport, Outcome, Timestamp, TrunkName};
use dialdeck_core::policy::breaker::{Breaker, Kept};
use dialdeck_core::policy::declines::{Declines, End, WITHIN, Way};
use dialdeck_store::PendingEnd;

use super::super::{Effect, Job};
use super::Dispatcher;
use super::call::{Call, Declined, Wake};

/// Returns the declines of a trunk at the start of an engine. A block may be the reason why the trunk rests
/// for its faults. In that case a decline does not count as a person's until calls have come through.
pub(super) fn at_start(kept: Kept, now: Timestamp) -> Declines {
    let mut declines = Declines::default();
    if Breaker::from(kept).is_open_for_faults() {
        declines.suspect(now);
    }
    declines
}

impl Dispatcher {
    /// Records how a call ended. Returns the report if it is to be settled now; `None` if it waits.
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
            way: way_of(&report),
        };
        trunk.declines.note(end);
        if end.way != Way::Declined {
            return Some(report);
        }
        let name = call.trunk.clone();
        // Only for a 603 does the absence of ringing prove that no person declined.
        let may_be_meant = call.rang || report.rang != Some(false) || report.sip_code != Some(603);
        let report = if may_be_meant && !self.draining {
            call.wake = Some(Wake::Conclude(now + WITHIN));
            let kept = PendingEnd { report, at };
            effects.push(Effect::Store(Job::KeepEnd(attempt, kept.clone())));
            call.declined = Some(Declined { end, kept });
            None
        } else {
            let in_burst = trunk.declines.in_burst(&end);
            Some(CallReport {
                in_burst,
                cut_short: may_be_meant && !in_burst,
                ..report
            })
        };
        self.rewake(attempt);
        self.conclude_bursts(&name, effects);
        report
    }

    /// Settles the trunk's waiting declines that turned out to be a burst.
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
            self.conclude_decline(attempt, false, effects);
        }
    }

    /// Settles every waiting decline by what is known now, because the engine is about to end.
    pub(super) fn conclude_declines(&mut self, effects: &mut Vec<Effect>) {
        let waiting = self
            .calls
            .iter()
            .filter(|(_, call)| call.declined.is_some());
        let waiting: Vec<AttemptId> = waiting.map(|(attempt, _)| *attempt).collect();
        for attempt in waiting {
            self.conclude_decline(attempt, true, effects);
        }
    }

    /// Settles a waiting decline. It is the network's if it came in a burst, unproven if the wait was cut
    /// short, and a person's otherwise.
    pub(super) fn conclude_decline(
        &mut self,
        attempt: AttemptId,
        cut_short: bool,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        let Some(mut pending) = call.declined.take() else {
            return;
        };
        call.wake = None;
        let trunk = self.trunks.get(&call.trunk);
        let in_burst = trunk.is_some_and(|it| it.declines.in_burst(&pending.end));
        pending.kept.report.in_burst = in_burst;
        pending.kept.report.cut_short = cut_short && !in_burst;
        let PendingEnd { report, at } = pending.kept;
        effects.push(Effect::Store(Job::Settle(attempt, report, at)));
        self.rewake(attempt);
    }

    /// Records that the callee of a call whose decline waits opted out in that call.
    pub(super) fn opt_out_of_declined(&mut self, attempt: AttemptId, effects: &mut Vec<Effect>) {
        let call = self.calls.get_mut(&attempt);
        if let Some(pending) = call.and_then(|call| call.declined.as_mut()) {
            pending.kept.report.opted_out = true;
            let kept = pending.kept.clone();
            effects.push(Effect::Store(Job::KeepEnd(attempt, kept)));
        }
    }

    /// Settles an end that was kept while it waited, after a restart.
    pub(super) fn settle_kept_end(
        &mut self,
        attempt: AttemptId,
        kept: &PendingEnd,
        effects: &mut Vec<Effect>,
    ) {
        if let Some(call) = self.calls.get_mut(&attempt) {
            call.settling = true;
            call.wake = None;
        }
        let report = CallReport {
            cut_short: true,
            ..kept.report.clone()
        };
        effects.push(Effect::Store(Job::Settle(attempt, report, kept.at)));
        self.rewake(attempt);
    }
}

/// Returns what an end shows about the way to the callee.
fn way_of(report: &CallReport) -> Way {
    let declined = report.end == CallEnd::Rejected && report.sip_code.is_some_and(is_decline);
    if declined {
        return Way::Declined;
    }
    match classify(report).outcome {
        Outcome::Answered(_) | Outcome::Abandoned | Outcome::Busy | Outcome::NoAnswer => Way::Open,
        Outcome::Declined
        | Outcome::InvalidNumber
        | Outcome::NetworkFailure
        | Outcome::ProviderError
        | Outcome::Throttled
        | Outcome::Cancelled
        | Outcome::Expired
        | Outcome::Unknown => Way::Unseen,
    }
}

/// Returns whether a call with this end was sent to its callee.
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
