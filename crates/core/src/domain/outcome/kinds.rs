//! What picked up, how an attempt ended, and the names of both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The person or machine that picked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalleeType {
    /// A person, not a machine.
    Human,
    /// An answering machine or voicemail box.
    Voicemail,
    /// A fax machine, which answers with a tone.
    Fax,
    /// Answered, but not classified.
    Unknown,
}

impl CalleeType {
    /// Every callee type, in the order reports use.
    pub const ALL: [Self; 4] = [Self::Human, Self::Voicemail, Self::Fax, Self::Unknown];

    /// Returns the name used in the event log and in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Voicemail => "voicemail",
            Self::Fax => "fax",
            Self::Unknown => "unknown",
        }
    }
}

/// How an attempt ended. An attempt gets exactly one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The call was picked up, by this callee type.
    Answered(CalleeType),
    /// The line was busy.
    Busy,
    /// The phone rang out, or the callee could not be reached.
    NoAnswer,
    /// The callee rejected the call.
    Declined,
    /// The number does not exist or has changed.
    InvalidNumber,
    /// A network between the deck and the callee failed.
    NetworkFailure,
    /// The provider refused or failed, not the callee.
    ProviderError,
    /// A rate or concurrency limit of the trunk.
    Throttled,
    /// The engine hung up before the call was answered.
    Cancelled,
    /// The provider let the request lapse before dialing.
    Expired,
    /// A person answered and no agent was there within two seconds (47 CFR 64.1200(a)(7)), or the agent left
    /// the callee in silence.
    Abandoned,
    /// It is not known what happened; a person has to find out.
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

    /// Returns the name used in the event log, in files and as the key of a campaign's per-outcome rules.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{CalleeType, Outcome};
    ///
    /// assert_eq!(Outcome::Answered(CalleeType::Voicemail).as_str(), "voicemail");
    /// assert_eq!("no_answer".parse::<Outcome>(), Ok(Outcome::NoAnswer));
    /// ```
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
