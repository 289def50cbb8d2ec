//! What is known about one call from every source, and the end that follows from it.
//!
//! There are five sources: the answer to the request that makes a phone ring, the server's webhooks, polls,
//! the agent's reports, and the room once it is gone. Evidence that the phone rang or was answered outweighs
//! a later `dialing`, because the callee's status starts there again after a restart of the server (observed
//! with livekit-server 1.13.5 and livekit/sip 1.11.0).

use std::collections::BTreeSet;
use std::time::Duration;

use super::bridging::Bridging;
use super::failure::{Over, Said};
use super::wire::Participant;
use crate::inbound::{Inbound, News};
use dialdeck_core::domain::outcome::{DEFAULT_RETRY_AFTER, classify};
use dialdeck_core::domain::{CallEnd, CallReport, CalleeType, Timestamp};

/// What is known about a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: no two of them make a state"
)]
pub(super) struct Evidence {
    /// The callee's sessions in the room by the server's ids. A second one follows a restart of the server.
    stays: BTreeSet<String>,
    /// Whether a poll found the callee in the room.
    seen: bool,
    /// Whether the phone rang.
    rang: bool,
    /// Whether a person or a machine answered.
    pub(super) answered: bool,
    /// Whether the latest poll, just before the end of the ringing, found the call still dialing.
    silent_to_the_end: bool,
    /// How and when the callee left according to a webhook.
    left: Option<(CallReport, Timestamp)>,
    /// Whether a webhook reported that the room is gone. No webhook about it follows.
    room_gone: bool,
}

impl Evidence {
    /// Records a report. A result, or a callee type other than voicemail and fax, does not prove an answer,
    /// because an agent may report either without one.
    pub(super) fn take(&mut self, inbound: &Inbound) {
        match &inbound.news {
            News::Answered | News::OptOut | News::GreetingEnded | News::Bridged => {
                self.answered = true;
            }
            News::CalleeDetected(callee) => {
                self.answered |= matches!(callee, CalleeType::Voicemail | CalleeType::Fax);
            }
            News::Joined(stay) => {
                self.stays.insert(stay.clone());
            }
            News::Ended(report) => {
                self.answered |= report.end == CallEnd::Completed;
                self.rang |= report.rang == Some(true);
                self.left.get_or_insert((report.clone(), inbound.at));
            }
            News::RoomGone => self.room_gone = true,
            News::Changed | News::Placed | News::Ringing | News::AgentLeft(_) | News::Result(_) => {
            }
        }
    }

    /// Records a poll of the callee. `last` says that it is the last one before the ringing ends.
    pub(super) fn see(&mut self, callee: &Participant, last: bool) {
        self.seen = true;
        self.stays.insert(callee.stay.clone());
        self.rang |= callee.rings();
        self.answered |= callee.was_answered();
        self.silent_to_the_end = last && callee.is_dialing();
    }

    /// Records that a poll had no answer, so that an earlier one does not show the end.
    pub(super) const fn miss(&mut self) {
        self.silent_to_the_end = false;
    }

    /// Returns whether the phone rang, or `None` if that is not known.
    pub(super) fn rang(&self) -> Option<bool> {
        if self.rang || self.answered {
            return Some(true);
        }
        self.is_silent().then_some(false)
    }

    /// Returns whether it is certain that nothing rang up to the end.
    fn is_silent(&self) -> bool {
        let left_silent = self
            .left
            .as_ref()
            .is_some_and(|(report, _)| report.rang == Some(false));
        // A second session begins at `dialing`, regardless of the first.
        let silent = (left_silent || self.silent_to_the_end) && self.stays.len() < 2;
        silent && !self.rang && !self.answered
    }

    /// Returns whether no further webhook can change how an end is read.
    pub(super) fn is_complete(&self) -> bool {
        self.rang || self.answered || self.left.is_some() || self.room_gone
    }

    /// Returns whether the callee was ever in the room, which it enters before the INVITE leaves.
    pub(super) fn was_in_the_room(&self) -> bool {
        self.seen || self.rang || self.answered || self.left.is_some() || !self.stays.is_empty()
    }

    /// Returns when the callee left according to a webhook, or `None`.
    pub(super) fn left_at(&self) -> Option<Timestamp> {
        self.left.as_ref().map(|(_, at)| *at)
    }

    /// Returns how and when the call ended, by what is known without the answer to its request; `None` until
    /// a webhook reports that the callee left. An unresolved end of a call that was certainly answered counts
    /// as completed.
    pub(super) fn reported_end(
        &self,
        bridging: &Bridging,
        now: Timestamp,
    ) -> Option<(CallReport, Timestamp)> {
        let (report, at) = self.left.clone()?;
        let end = if report.end == CallEnd::Unresolved && self.answered {
            CallEnd::Completed
        } else if report.end == CallEnd::RangOut && self.is_silent() {
            // The server gives this reason also if the network gave a final answer before anything rang.
            CallEnd::RingUnseen
        } else {
            report.end
        };
        let report = CallReport {
            end,
            callee_type: bridging.callee.or(report.callee_type),
            rang: self.rang(),
            ..report
        };
        Some((report, at.min(now)))
    }

    /// Returns the report for an answer that ends a call, combined with everything known.
    pub(super) fn judge(&self, said: &Said, hung_up: bool) -> CallReport {
        match said {
            Said::Final(report) => {
                let ours = report.sip_code == Some(487) && hung_up;
                CallReport {
                    end: if ours {
                        CallEnd::CancelledByUs
                    } else {
                        report.end
                    },
                    rang: self.rang(),
                    ..report.clone()
                }
            }
            Said::NotDialed(report) if self.rang() != Some(true) => report.clone(),
            Said::Over(over) => self.ended(self.of_over(*over, hung_up)),
            // The answer states that nothing was dialed although the phone rang, or states no end.
            Said::NotDialed(_) | Said::Answered | Said::Unclear(_) | Said::Lost => {
                self.ended(CallEnd::Unresolved)
            }
        }
    }

    /// Returns the end of a call that is over without a final answer of the network.
    ///
    /// Two answers prove on their own that nothing rang: the network did not reply to the INVITE at all, and
    /// it asked for credentials instead. That a connection failed does not prove it, because the connection
    /// may have been that of a later request of the call.
    fn of_over(&self, over: Over, hung_up: bool) -> CallEnd {
        let rang = self.rang || self.answered;
        match over {
            Over::Cancelled if hung_up => CallEnd::CancelledByUs,
            _ if self.answered => CallEnd::Completed,
            Over::Credentials if !rang => CallEnd::CredentialsRefused,
            Over::NoReply if !rang => CallEnd::NobodyRang,
            Over::Cancelled | Over::Stopped | Over::Failed | Over::NoConnection
                if self.is_silent() =>
            {
                CallEnd::NobodyRang
            }
            Over::Cancelled | Over::NoReply if rang => CallEnd::RangOut,
            Over::Cancelled | Over::NoReply => CallEnd::RingUnseen,
            Over::Stopped | Over::Failed | Over::NoConnection | Over::Credentials => {
                CallEnd::Failed
            }
        }
    }

    /// Returns the report of a call whose answer does not show whether anything was dialed, once the room is
    /// certainly gone. `refusal` is what the answer states, which stands if nothing rang.
    ///
    /// A callee who was never in the room was not dialed. That is certain only if the server reported by
    /// webhook that the room is gone, because this webhook is the last one about a room. A poll does not
    /// prove it, because a phone may have rung between two polls. A refusal without that proof counts, and
    /// keeps of its meaning only the pause.
    pub(super) fn by_the_room(
        &self,
        bridging: &Bridging,
        hung_up: bool,
        refusal: Option<&CallReport>,
    ) -> CallReport {
        let entered = self.was_in_the_room();
        let never_dialed = !entered && self.room_gone;
        if let Some(refusal) = refusal
            && (never_dialed || self.is_silent())
        {
            return CallReport {
                rang: self.rang(),
                ..refusal.clone()
            };
        }
        if let Some((report, _)) = self.reported_end(bridging, Timestamp::MAX) {
            return report;
        }
        let end = match () {
            () if self.answered => CallEnd::Completed,
            () if never_dialed => CallEnd::ProviderFailed,
            () if hung_up => CallEnd::CancelledByUs,
            // The request was refused, and the room is gone: the call is over, whether it rang or not.
            () if !entered || refusal.is_some() && !self.rang => CallEnd::Failed,
            () => CallEnd::Unresolved,
        };
        CallReport {
            callee_type: bridging.callee,
            retry_after: refusal.and_then(pause_of),
            ..self.ended(end)
        }
    }

    /// Returns evidence that the reported end does not include.
    pub(super) fn correction(
        &self,
        reported: &CallReport,
        bridging: &Bridging,
        now: Timestamp,
    ) -> Option<Correction> {
        let read = classify(reported);
        let word = match () {
            () if self.answered && !read.outcome.is_reached() => Word::Answered,
            () if self.rang && !read.counts => Word::Ringing,
            () if !read.counts && denies_the_room(reported.end) && self.was_in_the_room() => {
                Word::Placed
            }
            () => return None,
        };
        if let Some((report, at)) = self.reported_end(bridging, now) {
            let report = if classify(&report).counts {
                report
            } else {
                self.ended(CallEnd::Unresolved)
            };
            return Some(Correction::Ended(report, at));
        }
        if reported.end == CallEnd::Rejected && word == Word::Ringing {
            let report = CallReport {
                rang: Some(true),
                ..reported.clone()
            };
            return Some(Correction::Ended(report, now));
        }
        Some(Correction::Open(word))
    }

    fn ended(&self, end: CallEnd) -> CallReport {
        CallReport {
            end,
            rang: self.rang(),
            ..CallReport::default()
        }
    }
}

/// Returns the pause that a refusal asks for, or `None` if it asks for none.
fn pause_of(refusal: &CallReport) -> Option<Duration> {
    let throttled = refusal.end == CallEnd::Throttled;
    refusal
        .retry_after
        .or_else(|| throttled.then_some(DEFAULT_RETRY_AFTER))
}

/// Returns whether this end states that the callee was never in the room.
const fn denies_the_room(end: CallEnd) -> bool {
    match end {
        CallEnd::ProviderFailed
        | CallEnd::AccountRefused
        | CallEnd::Throttled
        | CallEnd::TrunkUnknown
        | CallEnd::NoAgent
        | CallEnd::NeverSent
        | CallEnd::Lapsed => true,
        CallEnd::Completed
        | CallEnd::Abandoned
        | CallEnd::Rejected
        | CallEnd::RangOut
        | CallEnd::CancelledByUs
        | CallEnd::Unresolved
        | CallEnd::Busy
        | CallEnd::Failed
        | CallEnd::BadNumber
        | CallEnd::CallerIdRefused
        | CallEnd::Misconfigured
        | CallEnd::NobodyRang
        | CallEnd::RingUnseen
        | CallEnd::CredentialsRefused
        | CallEnd::AgentLost
        | CallEnd::LeftAlone => false,
    }
}

/// How late evidence changes a reported end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Correction {
    /// It ended like this instead.
    Ended(CallReport, Timestamp),
    /// It may be up; holds the evidence.
    Open(Word),
}

/// The evidence that there is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The callee is in the room.
    Placed,
    /// The callee's phone rings.
    Ringing,
    /// The call was answered.
    Answered,
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
