//! What picked up, and how an attempt ended: the words of both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Who or what picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalleeType {
    /// A person.
    Human,
    /// An answering machine or voicemail box.
    Voicemail,
    /// A fax machine.
    Fax,
    /// Answered, but not classified.
    Unknown,
}

impl CalleeType {
    /// Every callee type.
    pub const ALL: [Self; 4] = [Self::Human, Self::Voicemail, Self::Fax, Self::Unknown];

    /// The name used in the log and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Voicemail => "voicemail",
            Self::Fax => "fax",
            Self::Unknown => "unknown",
        }
    }
}

/// The final word on an attempt. Exactly one per attempt, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Picked up, by whom as far as it is known.
    Answered(CalleeType),
    /// The line was engaged.
    Busy,
    /// It rang out, or the callee could not be reached.
    NoAnswer,
    /// The callee rejected the call.
    Declined,
    /// The number does not exist or has changed.
    InvalidNumber,
    /// A network between us and the callee failed.
    NetworkFailure,
    /// The provider refused or failed, not the callee.
    ProviderError,
    /// A rate or concurrency limit of the trunk.
    Throttled,
    /// We hung up before it was answered.
    Cancelled,
    /// The provider let the request lapse before dialing.
    Expired,
    /// A person answered and no agent was there within two seconds (47 CFR 64.1200(a)(7)), or the agent
    /// went away and left the callee in silence.
    Abandoned,
    /// What happened is not known; a person has to look.
    Unknown,
}

impl Outcome {
    /// Every outcome, in the order reports use.
    pub const ALL: [Self; 15] = [
        Self::Answered(CalleeType::Human),
        Self::Answered(CalleeType::Voicemail),
        Self::Answered(CalleeType::Fax),
        Self::Answered(CalleeType::Unknown),
        Self::Busy,
        Self::NoAnswer,
        Self::Declined,
        Self::InvalidNumber,
        Self::NetworkFailure,
        Self::ProviderError,
        Self::Throttled,
        Self::Cancelled,
        Self::Expired,
        Self::Abandoned,
        Self::Unknown,
    ];

    /// The name used in the log, in files and as the key of a campaign's per-outcome rules.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered(CalleeType::Human) => "human",
            Self::Answered(CalleeType::Voicemail) => "voicemail",
            Self::Answered(CalleeType::Fax) => "fax",
            Self::Answered(CalleeType::Unknown) => "answered",
            Self::Busy => "busy",
            Self::NoAnswer => "no_answer",
            Self::Declined => "declined",
            Self::InvalidNumber => "invalid_number",
            Self::NetworkFailure => "network_failure",
            Self::ProviderError => "provider_error",
            Self::Throttled => "throttled",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Abandoned => "abandoned",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Outcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == text)
            .ok_or_else(|| {
                let known: Vec<&str> = Self::ALL.iter().map(|outcome| outcome.as_str()).collect();
                format!("`{text}` is not an outcome; known are {}", known.join(", "))
            })
    }
}

impl Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}
