//! How a call ended, as the provider reports it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::CalleeType;

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
