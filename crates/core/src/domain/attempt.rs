//! One attempt at one number, from its reservation to its single end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{AttemptId, CampaignId, ContactId, TrunkName};
use super::outcome::{CallReport, CalleeType, Outcome};
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// The state of an attempt.
///
/// Only `Ended` is final. An attempt in any other state keeps its slot.
///
/// `reserved → sent → ringing → connected → ended`. Each of the first four may become `unknown` after a crash
/// or a lost answer. `unknown` becomes `ended` when it is reconciled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Durably planned. The request may leave at any moment, so the attempt counts as sent from now on.
    Reserved,
    /// The first byte of the request has left.
    Sent,
    /// The callee's phone rings.
    Ringing,
    /// A person or a machine picked up.
    Connected,
    /// The fate of the call is not known. It is never redialed on a guess.
    Unknown,
    /// Over, with an outcome.
    Ended,
}

impl AttemptState {
    /// Returns the name used in reports and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Sent => "sent",
            Self::Ringing => "ringing",
            Self::Connected => "connected",
            Self::Unknown => "unknown",
            Self::Ended => "ended",
        }
    }

    /// Returns whether the attempt may move to `next`.
    ///
    /// An event that asks for any other move is late or repeated and changes nothing (D18).
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::AttemptState;
    ///
    /// assert!(AttemptState::Sent.may_become(AttemptState::Connected));
    /// assert!(!AttemptState::Ended.may_become(AttemptState::Ringing));
    /// ```
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Reserved => !matches!(next, Self::Reserved),
            Self::Sent => matches!(
                next,
                Self::Ringing | Self::Connected | Self::Unknown | Self::Ended
            ),
            Self::Ringing => matches!(next, Self::Connected | Self::Unknown | Self::Ended),
            Self::Connected => matches!(next, Self::Unknown | Self::Ended),
            Self::Unknown => matches!(next, Self::Ended),
            Self::Ended => false,
        }
    }

    /// Returns whether the attempt still holds a slot of its trunk, campaign and deck.
    pub const fn in_flight(self) -> bool {
        !matches!(self, Self::Ended)
    }
}

/// An attempt as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The attempt's id, which is also the id of the provider request.
    pub id: AttemptId,
    /// The campaign that the call is made for.
    pub campaign: CampaignId,
    /// The contact that is called.
    pub contact: ContactId,
    /// The number that is called.
    pub number: PhoneNumber,
    /// The attempt's number in the contact's own count, from 1.
    pub n: u32,
    /// The trunk that carries the call.
    pub trunk: TrunkName,
    /// The number shown to the callee.
    pub caller_id: PhoneNumber,
    /// The state of the attempt.
    pub state: AttemptState,
    /// When the attempt was reserved, UTC.
    pub reserved_at: Timestamp,
    /// When the request left; `None` if it did not.
    pub sent_at: Option<Timestamp>,
    /// When the phone first rang; `None` if no ringing was reported.
    pub ringing_at: Option<Timestamp>,
    /// When the call was picked up; `None` if it was not.
    pub answered_at: Option<Timestamp>,
    /// When the attempt ended; `None` while it is in flight.
    pub ended_at: Option<Timestamp>,
    /// What picked up; `None` while that is not known.
    pub callee_type: Option<CalleeType>,
    /// How the attempt ended; `Some` exactly when `state` is `Ended`.
    pub outcome: Option<Outcome>,
    /// Whether the attempt uses up one of the contact's attempts.
    pub counts: bool,
    /// The cause of the end, as `call_ended` in the event log names it. `None` until the attempt ends, and
    /// for attempts that ended under a schema before version 3.
    pub cause: Option<String>,
}

impl Attempt {
    /// Returns whether the callee's phone rang, by the recorded events or by the report of the end. `None` if
    /// neither shows it.
    pub fn rang(&self, report: &CallReport) -> Option<bool> {
        let noted = self.ringing_at.or(self.answered_at).is_some();
        if noted { Some(true) } else { report.rang }
    }
}

/// A sound or a pause on an answered call; times are since the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speech {
    /// Speech began.
    Started(Duration),
    /// Speech paused.
    Stopped(Duration),
    /// A beep of a recording machine.
    Beep(Duration),
    /// A fax tone (CNG/CED).
    FaxTone(Duration),
}

/// What happened to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallEventKind {
    /// The first byte of the request has left; the phone may ring from now on.
    Sent,
    /// The carrier shows that the call exists, even if it answered otherwise before.
    Placed,
    /// The callee's phone rings.
    Ringing,
    /// The call was picked up.
    Answered,
    /// A sound on the answered line, for the answering-machine detector.
    Speech(Speech),
    /// The provider's own detector classified the callee.
    CalleeDetected(CalleeType),
    /// The call is over.
    Ended(CallReport),
    /// The answer to the request was lost; it is not known whether the phone rings.
    AnswerLost,
}

impl CallEventKind {
    /// Returns whether the event shows that there is, or was, a call.
    pub const fn shows_a_call(&self) -> bool {
        match self {
            Self::Placed | Self::Ringing | Self::Answered => true,
            Self::Sent
            | Self::Speech(_)
            | Self::CalleeDetected(_)
            | Self::Ended(_)
            | Self::AnswerLost => false,
        }
    }
}

/// A provider event about one attempt. It may be late, repeated or out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEvent {
    /// The attempt that the event is about.
    pub attempt: AttemptId,
    /// When it happened, according to the provider; never later than its delivery.
    pub at: Timestamp,
    /// What happened.
    pub kind: CallEventKind,
}

#[cfg(test)]
mod tests {
    use super::AttemptState::{Connected, Ended, Reserved, Ringing, Sent, Unknown};

    #[test]
    fn an_attempt_ends_once_and_never_goes_back() {
        for next in [Reserved, Sent, Ringing, Connected, Unknown, Ended] {
            assert!(!Ended.may_become(next));
        }
        assert!(Unknown.may_become(Ended));
        assert!(!Unknown.may_become(Ringing));
        assert!(!Connected.may_become(Ringing));
        assert!(Sent.may_become(Connected));
    }
}
