//! What is known of one call from every source, and what its end comes to.
//!
//! Five sources tell: the answer to the request that makes a phone ring, the server's webhooks, our
//! own looks, the agent's reports, and the room once it is gone. Word that something rang or was
//! picked up holds against a later `dialing`: after a restart of the server the callee's status starts
//! again there (seen with livekit-server 1.13.5 and livekit/sip 1.11.0).

use std::collections::BTreeSet;

use super::bridging::Bridging;
use super::failure::{Over, Said};
use super::wire::Participant;
use crate::inbound::{Inbound, News};
use dialdeck_core::domain::attempt::CallEnd;
use dialdeck_core::domain::outcome::classify;
use dialdeck_core::domain::{CallReport, CalleeType, Timestamp};

/// What is known of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: no two of them make a state"
)]
pub(super) struct Evidence {
    /// The callee's stays in the room by the server's own ids: a second one follows a restart of it.
    stays: BTreeSet<String>,
    /// Whether a look found the callee in the room.
    seen: bool,
    /// Whether the phone rang.
    rang: bool,
    /// Whether somebody or something picked up.
    pub(super) answered: bool,
    /// Whether a look just before the ringing ended found it still dialing.
    silent_to_the_end: bool,
    /// How the callee left by a webhook's word, and when.
    left: Option<(CallReport, Timestamp)>,
    /// Whether a webhook said that the room is gone: nothing more follows.
    room_gone: bool,
}

impl Evidence {
    /// Takes in what was said. An agent may also have a result, or be uncertain who it is that
    /// speaks, when nobody picked up: neither proves that somebody did.
    pub(super) fn hear(&mut self, inbound: &Inbound) {
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

    /// Takes in a look at the callee; `last`: just before the ringing ends.
    pub(super) fn see(&mut self, callee: &Participant, last: bool) {
        self.seen = true;
        self.stays.insert(callee.stay.clone());
        self.rang |= callee.rings();
        self.answered |= callee.was_answered();
        self.silent_to_the_end = last && callee.is_dialing();
    }

    /// Whether the phone rang; `None`: nobody can tell.
    pub(super) fn rang(&self) -> Option<bool> {
        if self.rang || self.answered {
            return Some(true);
        }
        self.is_silent().then_some(false)
    }

    /// Whether it is sure that nothing rang up to the end.
    fn is_silent(&self) -> bool {
        let left_silent = self
            .left
            .as_ref()
            .is_some_and(|(report, _)| report.rang == Some(false));
        // A second stay begins at `dialing` whatever was before it.
        let silent = (left_silent || self.silent_to_the_end) && self.stays.len() < 2;
        silent && !self.rang && !self.answered
    }

    /// Whether nothing that webhooks may still say could change how an end is read.
    pub(super) fn is_complete(&self) -> bool {
        self.rang || self.answered || self.left.is_some() || self.room_gone
    }

    /// Whether the callee was ever in the room, which it enters before the INVITE leaves.
    pub(super) fn was_in_the_room(&self) -> bool {
        self.seen || self.rang || self.answered || self.left.is_some() || !self.stays.is_empty()
    }

    /// When the callee left, by a webhook's word.
    pub(super) fn left_at(&self) -> Option<Timestamp> {
        self.left.as_ref().map(|(_, at)| *at)
    }

    /// How the call ended by what is known without its request's answer: an end that was told for
    /// sure, else completed when it was surely answered, else whatever was told.
    pub(super) fn told_end(
        &self,
        bridging: &Bridging,
        now: Timestamp,
    ) -> Option<(CallReport, Timestamp)> {
        let (report, at) = self.left.clone()?;
        let end = if report.end == CallEnd::Unresolved && self.answered {
            CallEnd::Completed
        } else if report.end == CallEnd::RangOut && self.is_silent() {
            // The same is said where the network gave a final answer before anything rang.
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

    /// What an answer by which a call is over comes to with all else that is known.
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
            // Said before anything was dialed, and yet it rang; or no word of an end at all.
            Said::NotDialed(_) | Said::Answered | Said::Unclear | Said::Lost => {
                self.ended(CallEnd::Unresolved)
            }
        }
    }

    /// It is over, and the network gave no final answer.
    fn of_over(&self, over: Over, hung_up: bool) -> CallEnd {
        let rang = self.rang || self.answered;
        match over {
            Over::Cancelled if hung_up => CallEnd::CancelledByUs,
            _ if self.answered => CallEnd::Completed,
            Over::Credentials if !rang => CallEnd::CredentialsRefused,
            Over::NoReply | Over::NoConnection if !rang => CallEnd::NobodyRang,
            Over::Cancelled | Over::Stopped | Over::Failed if self.is_silent() => {
                CallEnd::NobodyRang
            }
            Over::Cancelled | Over::NoReply if rang => CallEnd::RangOut,
            Over::Cancelled | Over::NoReply => CallEnd::RingUnseen,
            Over::Stopped | Over::Failed | Over::NoConnection | Over::Credentials => {
                CallEnd::Failed
            }
        }
    }

    /// What the room says of an answer that does not say whether anything was dialed, once the room is
    /// surely gone. A callee who was never in it was not dialed; that is known only where the server has
    /// said by webhook that the room is gone, after all else that it says of it. A look alone proves
    /// nothing: a phone may have rung between two of them.
    pub(super) fn by_the_room(&self, bridging: &Bridging, hung_up: bool) -> CallReport {
        if let Some((report, _)) = self.told_end(bridging, Timestamp::MAX) {
            return report;
        }
        let entered = self.was_in_the_room();
        let end = match () {
            () if self.answered => CallEnd::Completed,
            () if !entered && self.room_gone => CallEnd::ProviderFailed,
            () if hung_up => CallEnd::CancelledByUs,
            () if !entered => CallEnd::Failed,
            () => CallEnd::Unresolved,
        };
        CallReport {
            callee_type: bridging.callee,
            ..self.ended(end)
        }
    }

    /// Returns evidence that the reported end does not include.
    pub(super) fn correction(
        &self,
        told: &CallReport,
        bridging: &Bridging,
        now: Timestamp,
    ) -> Option<Correction> {
        let read = classify(told);
        let word = match () {
            () if self.answered && !read.outcome.is_reached() => Word::Answered,
            () if self.rang && !read.counts => Word::Ringing,
            () if !read.counts && denies_the_room(told.end) && self.was_in_the_room() => {
                Word::Placed
            }
            () => return None,
        };
        if let Some((report, at)) = self.told_end(bridging, now) {
            let report = if classify(&report).counts {
                report
            } else {
                self.ended(CallEnd::Unresolved)
            };
            return Some(Correction::Ended(report, at));
        }
        if told.end == CallEnd::Rejected && word == Word::Ringing {
            let report = CallReport {
                rang: Some(true),
                ..told.clone()
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

/// Whether such an end says that the callee was never in the room.
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
    /// It may be up: this is what shows it.
    Open(Word),
}

/// What shows that there is a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The callee is in the room.
    Placed,
    /// It rings.
    Ringing,
    /// It was picked up.
    Answered,
}

#[cfg(test)]
#[path = "evidence_tests.rs"]
mod tests;
