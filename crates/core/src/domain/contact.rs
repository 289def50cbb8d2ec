//! A contact: one number in one campaign's list, and what is known about it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{CampaignId, ClassId, ContactId};
use super::outcome::Outcome;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// The state of a contact, as stored.
///
/// `ready → in flight → (waiting → ready)* → done | exhausted | suppressed | expired | invalid`, plus
/// `unknown`. Whether a ready contact waits for its calling window is not stored: it follows from its window
/// class and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactState {
    /// The contact may be called as soon as its window, a slot and a caller ID allow.
    Ready,
    /// The contact becomes ready at its due instant.
    Waiting(WaitReason),
    /// An attempt holds a slot for the contact.
    InFlight,
    /// The contact was reached.
    Done,
    /// The contact's attempts are used up.
    Exhausted,
    /// The contact is on a list, opted out, or lacks the consent that the campaign requires.
    Suppressed,
    /// The contact's own time or the campaign's is over.
    Expired,
    /// The number cannot be dialed.
    Invalid,
    /// The fate of the last attempt could not be determined; a person has to decide.
    Unknown,
}

/// What a waiting contact waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// The time of its next attempt.
    Retry,
    /// A rolling cap, a minimum gap, or another call to this number.
    Cap,
}

impl ContactState {
    /// Every stored state, in the order of its code.
    pub const ALL: [Self; 10] = [
        Self::Ready,
        Self::Waiting(WaitReason::Retry),
        Self::Waiting(WaitReason::Cap),
        Self::InFlight,
        Self::Done,
        Self::Exhausted,
        Self::Suppressed,
        Self::Expired,
        Self::Invalid,
        Self::Unknown,
    ];

    /// Returns the state's small stable number, used by stores.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ready => 0,
            Self::Waiting(WaitReason::Retry) => 1,
            Self::Waiting(WaitReason::Cap) => 2,
            Self::InFlight => 3,
            Self::Done => 4,
            Self::Exhausted => 5,
            Self::Suppressed => 6,
            Self::Expired => 7,
            Self::Invalid => 8,
            Self::Unknown => 9,
        }
    }

    /// Returns the state with this code. `None` for a code without a state.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::ContactState;
    ///
    /// for state in ContactState::ALL {
    ///     assert_eq!(ContactState::from_code(state.code()), Some(state));
    /// }
    /// assert_eq!(ContactState::from_code(10), None);
    /// ```
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Returns the name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Waiting(WaitReason::Retry) => "waiting_retry",
            Self::Waiting(WaitReason::Cap) => "waiting_cap",
            Self::InFlight => "in_flight",
            Self::Done => "done",
            Self::Exhausted => "exhausted",
            Self::Suppressed => "suppressed",
            Self::Expired => "expired",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }

    /// Returns whether the contact's state no longer changes by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Ready | Self::Waiting(_) | Self::InFlight)
    }
}

impl fmt::Display for ContactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ContactState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a state of a contact"))
    }
}

impl Serialize for ContactState {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ContactState {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The kind of consent on record, weakest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// No consent is on record.
    #[default]
    None,
    /// The person asked about something; valid for 3 months (47 CFR 64.1200(f)(5)).
    Inquiry,
    /// An established business relationship; valid for 18 months (47 CFR 64.1200(f)(5)).
    Ebr,
    /// Prior express consent, oral or written.
    Express,
    /// Prior express written consent (47 CFR 64.1200(f)(9)).
    ExpressWritten,
}

impl ConsentKind {
    /// Every kind, weakest first.
    pub const ALL: [Self; 5] = [
        Self::None,
        Self::Inquiry,
        Self::Ebr,
        Self::Express,
        Self::ExpressWritten,
    ];

    /// Returns the name used in files and in the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Inquiry => "inquiry",
            Self::Ebr => "ebr",
            Self::Express => "express",
            Self::ExpressWritten => "express_written",
        }
    }
}

impl fmt::Display for ConsentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ConsentKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            format!(
                "`{text}` is not a kind of consent; use none, inquiry, ebr, express or express_written"
            )
        })
    }
}

/// Consent as recorded for a contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The kind of consent.
    pub kind: ConsentKind,
    /// Where the proof is: a page, a document or a recording id. Never empty.
    pub source: String,
    /// When the consent was given.
    pub at: Timestamp,
}

/// The place of a contact as the list states it, in addition to what the number suggests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// An IANA zone name.
    pub time_zone: Option<String>,
    /// A region, `US-FL` or `GB`.
    pub region: Option<String>,
    /// A postal code of the United States or Canada.
    pub postal_code: Option<String>,
}

/// The zones and regions that bind a set of contacts. Their calling windows open and close together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WindowClass {
    /// Candidate IANA zones, sorted; the window must be open in all of them. Empty if the zone is not known:
    /// the window is then never open.
    pub zones: Vec<String>,
    /// Regions whose rules apply, `US-NY` or `GB`, sorted.
    pub regions: Vec<String>,
    /// The evidence of the zones and regions: `number`, `all`, `address`, or `stated` by a person.
    pub zone_source: String,
}

/// A contact as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The contact's id, rising in order of import.
    pub id: ContactId,
    /// The campaign that the contact belongs to.
    pub campaign: CampaignId,
    /// The number to call.
    pub number: PhoneNumber,
    /// A name to show, as imported.
    pub name: String,
    /// The state of the contact.
    pub state: ContactState,
    /// A short reason for that state: an outcome, a list, a missing consent.
    pub reason: Option<String>,
    /// Contacts of higher priority are called first; default 0.
    pub priority: i32,
    /// The contact is not called before this instant, which is also its position in the queue.
    pub due: Timestamp,
    /// The window class that binds the contact's calls.
    pub class: ClassId,
    /// The consent on record; `None` if there is none.
    pub consent: Option<Consent>,
    /// No call at or after this instant; `None` if there is no limit.
    pub expires_at: Option<Timestamp>,
    /// The number of attempts that count, so far.
    pub attempts: u32,
    /// How the last attempt ended; `None` if there was none.
    pub last_outcome: Option<Outcome>,
}

/// What a provider receives about a contact in addition to its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Briefing {
    /// The contact's name, as imported.
    pub name: String,
    /// The list's further columns: a JSON object of texts; empty if there are none.
    pub variables: String,
    /// The instant from which the contact may not be called, if the list states one.
    pub expires_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::ContactState;

    #[test]
    fn codes_are_the_positions() {
        for (code, state) in ContactState::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(state.code()), code);
            assert_eq!(ContactState::from_code(state.code()), Some(state));
        }
    }
}
