//! One attempt at one number, from its reservation to its single end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{AttemptId, CampaignId, ContactId, TrunkName};
use super::outcome::{CalleeType, Outcome};
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

/// How a call ended, as far as the provider could determine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// The call was answered and one side hung up.
    Completed,
    /// A person answered and no agent was bridged within two seconds.
    Abandoned,
    /// A final failure response; see `sip_code`.
    #[default]
    Rejected,
    /// The phone rang for the whole ringing timeout.
    RangOut,
    /// The engine hung up while the phone rang.
    CancelledByUs,
    /// The provider let the request lapse unsent.
    Lapsed,
    /// The request certainly never left.
    NeverSent,
    /// The attempt is past its maximum life and its end cannot be determined.
    Unresolved,
    /// The line was busy, according to the provider alone.
    Busy,
    /// The call failed and the provider does not report why. It may have rung. Never the callee's fault.
    Failed,
    /// The provider refuses the callee's number as one that cannot be dialed.
    BadNumber,
    /// The provider reports that the caller ID does not belong to the account.
    CallerIdRefused,
    /// The provider failed before anything was dialed.
    ProviderFailed,
    /// The provider refused the request as it is configured: trunk, agent, codec.
    Misconfigured,
    /// The provider refused the deck's credentials, or the account has no credit.
    AccountRefused,
    /// The provider asked for fewer requests before anything was dialed.
    Throttled,
    /// The agent that was to speak was not there in time; nothing was dialed.
    NoAgent,
    /// The call ended without a final answer of the network, and nothing had rung: the trunk is dead.
    NobodyRang,
    /// The call ended without a final answer of the network, and the provider showed no ringing. That does
    /// not prove that nothing rang.
    RingUnseen,
    /// The provider does not know the trunk; nothing was dialed.
    TrunkUnknown,
    /// The carrier behind the trunk refused the trunk's credentials; nothing rang.
    CredentialsRefused,
    /// The agent that was to speak left while the phone rang, and the engine cancelled the call.
    AgentLost,
    /// The call was answered, and no agent was left to talk to the callee: the engine hung up.
    LeftAlone,
}

/// A provider's report of the end of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReport {
    /// How the call ended.
    pub end: CallEnd,
    /// The final SIP status, if there was one.
    pub sip_code: Option<u16>,
    /// Free text of the carrier, read for limits and blocks; at most 200 characters are kept.
    pub reason: Option<String>,
    /// The value of `Retry-After`, if the trunk sent one.
    pub retry_after: Option<Duration>,
    /// What picked up, if the provider or the detector could determine it.
    pub callee_type: Option<CalleeType>,
    /// Whether the callee's phone ever rang; `None` if the provider cannot determine it.
    #[serde(default)]
    pub rang: Option<bool>,
    /// Whether the callee asked on the call not to be called again, as the provider recognised it.
    #[serde(default)]
    pub opted_out: bool,
    /// Whether the call was declined among several others within seconds, by the deck's own count.
    #[serde(default)]
    pub in_burst: bool,
    /// Whether the call was declined and the wait for other declines was cut short.
    #[serde(default)]
    pub cut_short: bool,
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
