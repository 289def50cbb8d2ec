//! One attempt at one number, from its reservation to its single end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::ids::{AttemptId, CampaignId, ContactId, TrunkName};
use super::outcome::{CalleeType, Outcome};
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// Where an attempt stands. Only `Ended` is final; every other state keeps its slot.
///
/// `reserved → sent → ringing → connected → ended`; any of the first four may become `unknown`
/// after a crash or a lost answer, and `unknown` becomes `ended` when it is reconciled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Durably planned; the request may leave at any moment, so it counts as sent *now*.
    Reserved,
    /// The first byte of the request has left.
    Sent,
    /// The callee's phone rings.
    Ringing,
    /// Somebody or something picked up.
    Connected,
    /// We do not know what became of it. Never redialed on a guess.
    Unknown,
    /// Over, with an outcome.
    Ended,
}

impl AttemptState {
    /// The name used in reports and stores.
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

    /// Whether the attempt may move to `next`. Everything else is a late or repeated event, which
    /// changes nothing (D18).
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

    /// Whether the attempt still holds a slot of its trunk, campaign and deck.
    pub const fn in_flight(self) -> bool {
        !matches!(self, Self::Ended)
    }
}

/// An attempt as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Its id, which is also the provider request's id.
    pub id: AttemptId,
    /// The campaign on whose behalf it is made.
    pub campaign: CampaignId,
    /// The contact it is for.
    pub contact: ContactId,
    /// The callee.
    pub number: PhoneNumber,
    /// Its place in the contact's own count, from 1.
    pub n: u32,
    /// The route.
    pub trunk: TrunkName,
    /// The number shown.
    pub caller_id: PhoneNumber,
    /// Where it stands.
    pub state: AttemptState,
    /// When it was committed.
    pub reserved_at: Timestamp,
    /// When the request left, if it did.
    pub sent_at: Option<Timestamp>,
    /// When it first rang.
    pub ringing_at: Option<Timestamp>,
    /// When it was picked up.
    pub answered_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// What picked up, once known.
    pub callee_type: Option<CalleeType>,
    /// How it ended; set exactly when `state` is `Ended`.
    pub outcome: Option<Outcome>,
    /// Whether it uses up one of the contact's attempts.
    pub counts: bool,
    /// Why it ended so, the word in `call_ended`; `None` until it ends, and for those that ended under
    /// a schema before version 3.
    pub cause: Option<String>,
}

/// The manner in which a call ended, as far as the provider could tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallEnd {
    /// It was answered and one side hung up.
    Completed,
    /// A person answered and no agent was bridged within two seconds.
    Abandoned,
    /// A final failure response; see `sip_code`.
    #[default]
    Rejected,
    /// It rang for the whole ringing timeout.
    RangOut,
    /// We hung up while it rang.
    CancelledByUs,
    /// The provider let the request lapse unsent.
    Lapsed,
    /// The request certainly never left.
    NeverSent,
    /// Past its maximum life and nobody can tell.
    Unresolved,
    /// The line was engaged, by the provider's word alone.
    Busy,
    /// It failed and the provider does not say why; it may have rung. Never the callee's fault.
    Failed,
    /// The provider refuses the callee's number as one that cannot be dialed.
    BadNumber,
    /// The provider says that the number to be shown is not ours.
    CallerIdRefused,
    /// The provider failed before anything was dialed.
    ProviderFailed,
    /// The provider refused the request as it is configured: trunk, agent, codec.
    Misconfigured,
    /// The provider refused our credentials, or the account has no credit.
    AccountRefused,
    /// The provider asked us to slow down before anything was dialed.
    Throttled,
    /// The agent that was to speak was not there in time; nothing was dialed.
    NoAgent,
    /// It ended without a final answer of the network, and nothing had rung: the trunk is dead.
    NobodyRang,
    /// It ended without a final answer of the network, and the provider showed no ringing. What it
    /// shows does not prove that nothing rang.
    RingUnseen,
    /// The provider does not know the trunk; nothing was dialed.
    TrunkUnknown,
    /// The carrier behind the trunk refused the credentials that the trunk has; nothing rang.
    CredentialsRefused,
    /// The agent that was to speak went away while the phone rang, and we cancelled.
    AgentLost,
    /// It was answered, and nobody was left to talk to the callee: we hung up.
    LeftAlone,
}

/// What a provider says about a call's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallReport {
    /// The manner.
    pub end: CallEnd,
    /// The final SIP status, where there was one.
    pub sip_code: Option<u16>,
    /// Free text of the carrier, for limits and blocks; at most 200 characters are kept.
    pub reason: Option<String>,
    /// `Retry-After`, when the trunk gave one.
    pub retry_after: Option<Duration>,
    /// What picked up, if the provider or the detector could tell.
    pub callee_type: Option<CalleeType>,
    /// Whether the callee's phone ever rang; `None`: the provider cannot tell.
    #[serde(default)]
    pub rang: Option<bool>,
    /// Whether the callee asked on the call not to be called again, as the provider heard it.
    #[serde(default)]
    pub opted_out: bool,
    /// Whether it was declined among several others within seconds, by our own count.
    #[serde(default)]
    pub in_burst: bool,
    /// Whether it was declined and the wait for other declines was cut short.
    #[serde(default)]
    pub cut_short: bool,
}

/// A sound, or the lack of it, on an answered call; times are since the answer.
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
    /// The first byte of the request has left; from here it may ring.
    Sent,
    /// The carrier shows that there is a call, whatever it had answered.
    Placed,
    /// It rings.
    Ringing,
    /// Picked up.
    Answered,
    /// A sound on the answered line, for the answering-machine detector.
    Speech(Speech),
    /// The provider's own detector decided.
    CalleeDetected(CalleeType),
    /// Over.
    Ended(CallReport),
    /// The answer to the request was lost: whether it rings is not known.
    AnswerLost,
}

impl CallEventKind {
    /// Whether it shows that there is, or was, a call.
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

/// A provider event about one attempt. May be late, doubled or out of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallEvent {
    /// The attempt.
    pub attempt: AttemptId,
    /// When it happened, by the provider's word; never later than its delivery.
    pub at: Timestamp,
    /// What.
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
