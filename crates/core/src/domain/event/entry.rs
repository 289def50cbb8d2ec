//! An entry as it is read from a line of the log.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::{AlertRaised, EventData, EventKind};
use crate::domain::digest::{Hash, hex, unhex};
use crate::domain::ids::{AttemptId, ContactId};
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;

/// The version of the line's format. A new one would mean that a member has another meaning; members and kinds
/// can be added without it.
pub const VERSION: u32 = 1;

/// Returns what is wrong with an entry of another version.
pub(super) fn unknown_version(v: u32) -> String {
    format!("it is of version {v}, this program reads version {VERSION}")
}

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The version of the line's format, [`VERSION`]; `None` in entries from before lines had one.
    pub v: Option<u32>,
    /// The position in the log, from 1.
    pub seq: i64,
    /// When it happened, by the deck's clock.
    pub at: Timestamp,
    /// Who acted: an operator's name, `engine`, or `carrier`.
    pub actor: String,
    /// The name of the campaign, if the entry is about one.
    pub campaign: Option<String>,
    /// The contact, if the entry is about one.
    pub contact: Option<ContactId>,
    /// The attempt, if the entry is about one.
    pub attempt: Option<AttemptId>,
    /// The callee's number, if the entry is about one.
    pub number: Option<PhoneNumber>,
    /// What happened.
    pub data: EventData,
    /// The digest of the entry before it.
    pub prev: Hash,
    /// The digest of its line with the `hash` member cut out.
    pub hash: Hash,
}

/// Why a line is not an entry that this program can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryError {
    /// The entry is of a kind that this program does not know.
    UnknownKind(String),
    /// The line is not a JSON object with the members of its kind; the text says which.
    Malformed(String),
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownKind(kind) => write!(f, "`{kind}` is not a kind of log entry"),
            Self::Malformed(why) => write!(f, "it cannot be read: {why}"),
        }
    }
}

impl std::error::Error for EntryError {}

impl Entry {
    /// Reads an entry from its line. It does not check the chain; see [`ChainCheck`](super::ChainCheck).
    ///
    /// # Errors
    ///
    /// Errors if the line is not a JSON object of the log, or of a kind that this program does not know.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::Timestamp;
    /// use dialdeck_core::domain::event::{
    ///     DeckClosed, DeckEnding, Entry, EventData, GENESIS, NewEvent, seal,
    /// };
    ///
    /// let closed = EventData::DeckClosed(DeckClosed { ending: DeckEnding::AtRest });
    /// let sealed = seal(&NewEvent::new(Timestamp::MIN, "engine", closed.clone()), 1, &GENESIS, None);
    /// let entry = Entry::read(&sealed.line)?;
    /// assert_eq!((entry.seq, entry.data), (1, closed));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(line: &str) -> Result<Self, EntryError> {
        serde_json::from_str(line).map_err(|error| match Self::kind_of(line) {
            Some(kind) if kind.parse::<EventKind>().is_err() => {
                EntryError::UnknownKind(kind.to_owned())
            }
            Some(_) | None => EntryError::Malformed(error.to_string()),
        })
    }

    /// Returns the name of the kind on a line without reading the rest; `None` if the line has no kind.
    pub fn kind_of(line: &str) -> Option<&str> {
        const KEY: &str = r#","kind":""#;
        let from = line.find(KEY)? + KEY.len();
        line.get(from..)?.split('"').next()
    }

    /// Returns the kind of the entry.
    pub const fn kind(&self) -> EventKind {
        self.data.kind()
    }

    /// Returns the alert that the entry raises; `None` if it is of another kind.
    pub const fn alert(&self) -> Option<&AlertRaised> {
        if let EventData::AlertRaised(alert) = &self.data {
            Some(alert)
        } else {
            None
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

/// The members of a line, of which the kind stands before the data.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Member {
    V,
    Seq,
    At,
    Kind,
    Actor,
    Campaign,
    Contact,
    Attempt,
    Number,
    Data,
    Prev,
    Hash,
    /// A member that a later program added.
    #[serde(other)]
    Later,
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Entry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of the event log")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut found = Found::default();
        while let Some(member) = map.next_key()? {
            match member {
                Member::V => {
                    let v = map.next_value()?;
                    found.v = Some(v);
                    if v != VERSION {
                        return Err(A::Error::custom(unknown_version(v)));
                    }
                }
                Member::Seq => found.seq = Some(map.next_value()?),
                Member::At => found.at = Some(map.next_value()?),
                Member::Kind => found.kind = Some(map.next_value()?),
                Member::Actor => found.actor = Some(map.next_value()?),
                Member::Campaign => found.campaign = map.next_value()?,
                Member::Contact => found.contact = map.next_value()?,
                Member::Attempt => found.attempt = map.next_value()?,
                Member::Number => found.number = map.next_value()?,
                Member::Data => {
                    let kind = found
                        .kind
                        .ok_or_else(|| A::Error::custom("`kind` has to stand before `data`"))?;
                    found.data = Some(map.next_value_seed(DataOf(kind))?);
                }
                Member::Prev => found.prev = Some(map.next_value()?),
                Member::Hash => found.hash = Some(map.next_value()?),
                Member::Later => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        found.whole()
    }
}

/// The data of a kind that was read before it.
struct DataOf(EventKind);

impl<'de> DeserializeSeed<'de> for DataOf {
    type Value = EventData;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EventData, D::Error> {
        EventData::read(self.0, deserializer)
    }
}

/// What was read of a line so far.
#[derive(Default)]
struct Found {
    v: Option<u32>,
    seq: Option<i64>,
    at: Option<Timestamp>,
    kind: Option<EventKind>,
    actor: Option<String>,
    campaign: Option<String>,
    contact: Option<ContactId>,
    attempt: Option<AttemptId>,
    number: Option<PhoneNumber>,
    data: Option<EventData>,
    prev: Option<Digest>,
    hash: Option<Digest>,
}

impl Found {
    /// Returns the entry. Errors if a member that every line has is missing.
    fn whole<E: serde::de::Error>(self) -> Result<Entry, E> {
        let missing = |name| move || E::missing_field(name);
        Ok(Entry {
            v: self.v,
            seq: self.seq.ok_or_else(missing("seq"))?,
            at: self.at.ok_or_else(missing("at"))?,
            actor: self.actor.ok_or_else(missing("actor"))?,
            campaign: self.campaign,
            contact: self.contact,
            attempt: self.attempt,
            number: self.number,
            data: self.data.ok_or_else(missing("data"))?,
            prev: self.prev.ok_or_else(missing("prev"))?.0,
            hash: self.hash.ok_or_else(missing("hash"))?.0,
        })
    }
}

/// A digest as the log writes it: 64 hexadecimal digits.
struct Digest(Hash);

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let hash = unhex(&text);
        hash.map(Self)
            .ok_or_else(|| D::Error::custom("a digest is 64 hexadecimal digits"))
    }
}

impl Serialize for Entry {
    /// Serialises the members in the order of the line.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let line = Line {
            v: self.v,
            seq: self.seq,
            at: self.at,
            kind: self.kind(),
            actor: &self.actor,
            campaign: self.campaign.as_deref(),
            contact: self.contact,
            attempt: self.attempt,
            number: self.number,
            data: &self.data,
            prev: hex(&self.prev),
            hash: Some(hex(&self.hash)),
        };
        line.serialize(serializer)
    }
}

/// The members of a line in their order.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) v: Option<u32>,
    pub(super) seq: i64,
    pub(super) at: Timestamp,
    pub(super) kind: EventKind,
    pub(super) actor: &'a str,
    pub(super) campaign: Option<&'a str>,
    pub(super) contact: Option<ContactId>,
    pub(super) attempt: Option<AttemptId>,
    pub(super) number: Option<PhoneNumber>,
    pub(super) data: &'a EventData,
    pub(super) prev: String,
    /// `None` while the digest of the line is still to be computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<String>,
}
