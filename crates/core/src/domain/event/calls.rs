//! The data of entries about one attempt: from its reservation to its end and what follows.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::campaign::{CallClass, Purpose};
use crate::domain::contact::Consent;
use crate::domain::outcome::{CalleeType, Fault, Outcome};
use crate::domain::phone::PhoneNumber;
use crate::domain::suppression::{Area, ListKind};
use crate::domain::time::Timestamp;
use crate::domain::trunk::Attestation;

/// The use of a cap before a call, and the cap.
pub type UsedOf = [u32; 2];

/// The use of every cap before a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapsUsed {
    /// Calls in flight of the deck.
    pub deck: UsedOf,
    /// Calls in flight of the trunk.
    pub trunk: UsedOf,
    /// Calls in flight of the campaign.
    pub campaign: UsedOf,
    /// Sends of the trunk in the last 60 seconds.
    pub trunk_per_minute: UsedOf,
    /// Sends of the campaign in the last 60 seconds.
    pub campaign_per_minute: UsedOf,
    /// Sends of the caller ID in the last 60 minutes.
    pub caller_id_hour: UsedOf,
}

/// A registry that a call needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedRegistry {
    /// The registry.
    pub list: ListKind,
    /// The number's area.
    pub area: Area,
    /// The date of the registry's data for the area.
    pub as_of: Timestamp,
}

/// The data of `attempt_reserved`: everything that shows that the call was allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReserved {
    /// The number of the attempt at this contact, from 1.
    pub n: u32,
    /// The trunk that carries the call.
    pub trunk: String,
    /// The number shown to the callee.
    pub caller_id: PhoneNumber,
    /// The attestation of the caller ID, if it is known.
    pub attestation: Option<Attestation>,
    /// Whether the call shows a verified name.
    pub branded: bool,
    /// Whose voice the callee hears.
    pub call_class: CallClass,
    /// What the call is for.
    pub purpose: Purpose,
    /// The candidate zones of the callee.
    pub zones: Vec<String>,
    /// Where the zones come from: `number`, `all`, `address` or `stated`.
    #[serde(default)]
    pub zone_source: String,
    /// The regions whose rules applied.
    pub regions: Vec<String>,
    /// The local time in each zone.
    pub local_times: BTreeMap<String, String>,
    /// The digest of the rules in force.
    pub rules_digest: String,
    /// The consent on record, where a rule asks for it.
    pub consent: Option<Consent>,
    /// The oldest date among `registries`.
    pub registry_date: Option<Timestamp>,
    /// The registries that were needed.
    #[serde(default)]
    pub registries: Vec<UsedRegistry>,
    /// The use of every cap before the call.
    pub caps: CapsUsed,
    /// The earliest instant at which the request may leave, if that is later than the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// The data of `callee_detected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalleeDetected {
    /// What picked up.
    pub callee_type: Option<CalleeType>,
}

/// The data of `attempt_unknown`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptUnknown {
    /// Why the fate is unknown.
    pub why: String,
}

/// How the fate of an unknown attempt was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// The carrier never placed the call.
    NeverPlaced,
    /// The call had ended.
    Ended,
    /// It could not be found out before the attempt's longest life was over.
    Unresolved,
}

impl Found {
    /// Returns the name used in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NeverPlaced => "never_placed",
            Self::Ended => "ended",
            Self::Unresolved => "unresolved",
        }
    }
}

/// The data of `attempt_reconciled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReconciled {
    /// How it was settled.
    pub found: Found,
}

/// The data of `attempt_corrected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptCorrected {
    /// The outcome that the attempt had before.
    pub was: Option<Outcome>,
    /// The cause that the attempt had before.
    pub was_cause: Option<String>,
    /// The outcome from now on.
    pub outcome: Outcome,
    /// The cause from now on.
    pub cause: String,
    /// Whose fault the end was.
    pub fault: Fault,
    /// What picked up, if anything did.
    pub callee_type: Option<CalleeType>,
    /// Whether the attempt uses up one of the contact's attempts.
    pub counts: bool,
}

/// The late event that showed a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateNews {
    /// The call exists.
    Placed,
    /// It rings, or rang.
    Ringing,
    /// It is, or was, answered.
    Answered,
}

impl LateNews {
    /// Returns the name used in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Ringing => "ringing",
            Self::Answered => "answered",
        }
    }
}

/// The data of `attempt_reopened`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptReopened {
    /// The outcome that the attempt had.
    pub was: Option<Outcome>,
    /// The cause that the attempt had.
    pub was_cause: Option<String>,
    /// The event that showed the call.
    pub word: LateNews,
    /// Whether the attempt uses up one of the contact's attempts.
    #[serde(default)]
    pub counts: bool,
}

/// The data of `call_ended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEnded {
    /// How the attempt ended.
    pub outcome: Outcome,
    /// A short machine-readable cause, stable over releases.
    pub cause: String,
    /// Whose fault the end was.
    pub fault: Fault,
    /// The final SIP status, if there was one.
    pub sip_code: Option<u16>,
    /// Whether the callee's phone rang; `None` if that is not known.
    #[serde(default)]
    pub rang: Option<bool>,
    /// How long it rang, in milliseconds; `None` if no ringing was reported.
    pub ring_ms: Option<u64>,
    /// How long the call was connected, in milliseconds; `None` if it was not answered.
    pub talk_ms: Option<u64>,
    /// What picked up, if anything did.
    pub callee_type: Option<CalleeType>,
    /// Whether the attempt uses up one of the contact's attempts.
    pub counts: bool,
}

/// Why a contact is to be called again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryCause {
    /// Its last attempt had this outcome.
    Outcome(Outcome),
    /// A person requeued it.
    Requeued,
    /// A person took its number off a list.
    Restored,
}

impl RetryCause {
    /// Returns the name used in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Outcome(outcome) => outcome.as_str(),
            Self::Requeued => "requeued",
            Self::Restored => "restored",
        }
    }
}

impl FromStr for RetryCause {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "requeued" => Ok(Self::Requeued),
            "restored" => Ok(Self::Restored),
            outcome => outcome.parse().map(Self::Outcome),
        }
    }
}

impl Serialize for RetryCause {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RetryCause {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The data of `retry_planned`. An entry that a person caused names no attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPlanned {
    /// Why the contact is called again.
    pub outcome: RetryCause,
    /// The earliest instant of the call.
    pub due: Timestamp,
}
