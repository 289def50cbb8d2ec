//! A contact: one number in one campaign's list, and what is known about it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ids::{CampaignId, ClassId, ContactId};
use super::outcome::Outcome;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// Where a contact stands, as stored.
///
/// `ready → in flight → (waiting → ready)* → done | exhausted | suppressed | expired | invalid`,
/// plus `unknown`. That a ready contact waits for its window is not stored: it follows from its
/// window class and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactState {
    /// May be called as soon as its window, a slot and a caller ID allow.
    Ready,
    /// Becomes ready at its due instant.
    Waiting(WaitReason),
    /// An attempt holds a slot for it.
    InFlight,
    /// Reached.
    Done,
    /// Its attempts are used up.
    Exhausted,
    /// On a list, opted out, or without the consent the campaign requires.
    Suppressed,
    /// Its own or the campaign's time is over.
    Expired,
    /// The number cannot be dialed.
    Invalid,
    /// The last attempt's fate could not be told; a human has to look.
    Unknown,
}

/// What a waiting contact waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// Its next attempt's time.
    Retry,
    /// A rolling cap, a minimum gap or another call to the same number.
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

    /// Small stable number used by stores.
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

    /// The state with this code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name used in reports.
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

    /// Whether nothing more will happen to the contact by itself.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Ready | Self::Waiting(_) | Self::InFlight)
    }
}

impl fmt::Display for ContactState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of consent on record, weakest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum ConsentKind {
    /// None.
    #[default]
    None,
    /// The person asked about something; holds 3 months (47 CFR 64.1200(f)(5)).
    Inquiry,
    /// An established business relationship; holds 18 months (47 CFR 64.1200(f)(5)).
    Ebr,
    /// Prior express consent.
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

    /// The name used in files and in the log.
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
    /// Its kind.
    pub kind: ConsentKind,
    /// Where the proof is: a page, a document or recording id. Never empty.
    pub source: String,
    /// When it was given.
    pub at: Timestamp,
}

/// What the list states about where a contact is, besides what the number suggests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints {
    /// An IANA zone name.
    pub time_zone: Option<String>,
    /// A region, `US-FL` or `GB`.
    pub region: Option<String>,
    /// A postal code of the United States or Canada.
    pub postal_code: Option<String>,
}

/// The zones and regions that bind a set of contacts together: they open and close as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WindowClass {
    /// Candidate IANA zones, sorted; all must be open. Empty: never open, the zone is not known.
    pub zones: Vec<String>,
    /// Regions whose rules apply, `US-NY` or `GB`, sorted.
    pub regions: Vec<String>,
    /// Where they come from: `number`, `all`, `address`, or `stated` by a person.
    pub zone_source: String,
}

/// A contact as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its number.
    pub number: PhoneNumber,
    /// A name to show, as imported.
    pub name: String,
    /// Where it stands.
    pub state: ContactState,
    /// A word on why it is in that state: an outcome, a list, a missing consent.
    pub reason: Option<String>,
    /// Higher is called first; default 0.
    pub priority: i32,
    /// Not before this instant; also its place in the queue.
    pub due: Timestamp,
    /// What binds its window.
    pub class: ClassId,
    /// Consent on record.
    pub consent: Option<Consent>,
    /// No call from this instant on.
    pub expires_at: Option<Timestamp>,
    /// Attempts that count, so far.
    pub attempts: u32,
    /// How the last one ended.
    pub last_outcome: Option<Outcome>,
}

/// What a provider is told about a contact besides its number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Briefing {
    /// The contact's name, as imported.
    pub name: String,
    /// The list's further columns: a JSON object of texts; empty when there are none.
    pub variables: String,
    /// The contact's own last instant.
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
