//! Calls that the dispatcher does not follow yet: those of an earlier run, and those of reopened attempts.
//!
//! Events belong to an attempt that has not ended. After a restart, calls in flight are taken over first;
//! events that arrived earlier are applied afterwards. Only an end ends a call. A late event corrects an
//! ended attempt; if the call may still be up, the attempt is reopened and its call taken over.

use std::collections::BTreeMap;

use dialdeck_core::domain::outcome::TrunkFinding;
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CallEvent, CallEventKind, Timestamp, TrunkName,
};
use dialdeck_store::PendingEnd;

use super::super::{Effect, Job};
use super::Dispatcher;
use super::call::{Call, GRACE};
use super::trunks::CallRef;

impl Dispatcher {
    /// Takes over calls in flight that are not followed. Their fate is unknown until their provider has
    /// been asked, unless their end is known.
    pub(super) fn take_over(
        &mut self,
        open: &[Attempt],
        ends: &BTreeMap<AttemptId, PendingEnd>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        for attempt in open {
            if self.calls.contains_key(&attempt.id) {
                continue;
            }
            let Some(lane) = self.lanes.get_mut(&attempt.campaign) else {
                continue;
            };
            lane.calls += 1;
            let voicemail = lane.campaign.settings.voicemail;
            // A call that was just reopened may be up from now on for as long as any call.
            let sent = attempt.sent_at.filter(|_| !self.started);
            let sent = sent.unwrap_or(now);
            let mut call = match self.trunks.get(&attempt.trunk) {
                Some(trunk) => Call::new(attempt, &trunk.settings, voicemail, sent),
                None => Call::without_trunk(attempt, voicemail, sent),
            };
            if let Some(end) = ends.get(&attempt.id) {
                self.track(attempt.id, call);
                self.settle_kept_end(attempt.id, end, effects);
                continue;
            }
            if attempt.state != AttemptState::Unknown {
                effects.push(Effect::Store(Job::MarkUnknown(attempt.id, "restart")));
            }
            call.state = AttemptState::Unknown;
            // The end of a call that was taken over shows nothing about the trunk.
            call.counted_silent = true;
            call.ask_from(now);
            self.track(attempt.id, call);
        }
    }

    /// Applies unconfirmed ends and early events, after calls in flight were taken over.
    pub(super) fn begin(
        &mut self,
        unclosed: BTreeMap<AttemptId, TrunkName>,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        self.unclosed = unclosed;
        self.end_unclosed(effects);
        for (trunk, event) in std::mem::take(&mut self.early) {
            self.on_provider(trunk, event, now, effects);
        }
    }

    /// Records an event of a call of unknown fate. The event proves that the call exists.
    pub(super) fn note_unknown(
        &mut self,
        (attempt, said, at): (AttemptId, AttemptState, Timestamp),
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(call) = self.calls.get_mut(&attempt) else {
            return;
        };
        let rings = matches!(said, AttemptState::Ringing | AttemptState::Connected);
        let first_ring = rings && !std::mem::replace(&mut call.rang, true);
        let about = CallRef::from(&*call);
        let unknown = call.state == AttemptState::Unknown;
        if unknown
            && said == AttemptState::Connected
            && let Some(trunk) = self.trunks.get(&call.trunk)
        {
            let silence = trunk.settings.capabilities.news_lag + GRACE;
            let longest = at.min(now) + trunk.settings.max_call + silence;
            call.life_ends = call.life_ends.max(longest);
        }
        if first_ring {
            self.record_result(&about, TrunkFinding::Fine, "ringing", now, effects);
        }
    }

    /// Handles a late or repeated event: the attempt has ended, or its end is being written.
    pub(super) fn on_late(&mut self, event: CallEvent, now: Timestamp, effects: &mut Vec<Effect>) {
        let call = self.calls.get(&event.attempt);
        let waits = call.is_some_and(|call| call.declined.is_some());
        match event.kind {
            // The end is pending and will be written.
            CallEventKind::Ended(report) if waits => {
                if report.opted_out {
                    self.opt_out_of_declined(event.attempt, effects);
                }
            }
            CallEventKind::Ended(report) => {
                let settle = Job::Settle(event.attempt, report, event.at.min(now));
                effects.push(Effect::Store(settle));
            }
            CallEventKind::Ringing | CallEventKind::Placed if waits => {}
            CallEventKind::Placed | CallEventKind::Ringing | CallEventKind::Answered => {
                if waits {
                    self.conclude_decline(event.attempt, true, effects);
                }
                effects.push(Effect::Store(Job::Late(event)));
            }
            CallEventKind::Sent
            | CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_)
            | CallEventKind::AnswerLost => {}
        }
    }
}
