//! Identities. Each is a separate type so that none can be passed for another.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! row_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

row_id! {
    /// A campaign's id, unique within its deck.
    CampaignId
}
row_id! {
    /// A contact's id, unique within its deck; rising in order of import.
    ContactId
}
row_id! {
    /// The id of a window class: the zones and regions that bind a set of contacts.
    ClassId
}

/// The deck's random identity. Because of it, two decks on one provider account never share an attempt id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeckId(pub u32);

impl fmt::Display for DeckId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The id of one planned attempt, and of the provider request that carries it out.
///
/// The ids of one deck are ordered as they were planned, across its incarnations.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{AttemptId, DeckId};
///
/// let id: AttemptId = "7f3a9c21-123".parse()?;
/// assert_eq!(id, AttemptId { deck: DeckId(0x7f3a_9c21), serial: 123 });
/// assert_eq!(id.to_string(), "7f3a9c21-123");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttemptId {
    /// The tag of the deck's incarnation that planned the attempt; see [`Incarnations`].
    pub deck: DeckId,
    /// The serial number within the deck, rising from 1.
    pub serial: i64,
}

impl Ord for AttemptId {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |id: &Self| (id.serial, id.deck);
        place(self).cmp(&place(other))
    }
}

impl PartialOrd for AttemptId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The tags of a deck's attempt ids, by serial.
///
/// A deck that went back in time may have made attempts that it no longer knows. It then continues under
/// another tag, so that no id is ever used twice. Attempts planned before keep their ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incarnations {
    first: DeckId,
    later: Vec<(i64, DeckId)>,
}

impl Incarnations {
    /// Creates the tags of a deck with the identity `first`. Each pair in `later` holds a tag and the first
    /// serial that uses it, in rising order.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Incarnations};
    ///
    /// let tags = Incarnations::new(DeckId(1), vec![(100, DeckId(2))]);
    /// assert_eq!(tags.id(99).deck, DeckId(1));
    /// assert_eq!(tags.id(100).deck, DeckId(2));
    /// assert_eq!(tags.current(), DeckId(2));
    /// ```
    pub const fn new(first: DeckId, later: Vec<(i64, DeckId)>) -> Self {
        Self { first, later }
    }

    /// Returns the id of the attempt with this serial.
    pub fn id(&self, serial: i64) -> AttemptId {
        let mut later = self.later.iter().rev();
        let deck = later
            .find(|(from, _)| *from <= serial)
            .map_or(self.first, |(_, tag)| *tag);
        AttemptId { deck, serial }
    }

    /// Returns whether the id can be one of this deck's.
    pub fn own(&self, attempt: AttemptId) -> bool {
        self.id(attempt.serial) == attempt
    }

    /// Returns the lowest serial that the next attempt can have.
    pub fn first_serial(&self) -> i64 {
        self.later.last().map_or(1, |(from, _)| *from)
    }

    /// Returns how often the deck has continued under another tag.
    pub fn count(&self) -> usize {
        self.later.len()
    }

    /// Returns the tag of the next attempts.
    pub fn current(&self) -> DeckId {
        self.later.last().map_or(self.first, |(_, tag)| *tag)
    }

    /// Adds a tag for the serials from `from` on.
    pub fn push(&mut self, from: i64, tag: DeckId) {
        self.later.push((from, tag));
    }
}

impl From<DeckId> for Incarnations {
    /// Returns the tags of a deck that never went back in time.
    fn from(deck: DeckId) -> Self {
        Self::new(deck, Vec::new())
    }
}

impl fmt::Display for AttemptId {
    /// Formats the id as `7f3a9c21-123`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.deck, self.serial)
    }
}

impl FromStr for AttemptId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || format!("`{text}` is not an attempt id");
        let (deck, serial) = text.split_once('-').ok_or_else(bad)?;
        let deck = u32::from_str_radix(deck, 16).map_err(|_| bad())?;
        let serial = serial.parse().map_err(|_| bad())?;
        Ok(Self {
            deck: DeckId(deck),
            serial,
        })
    }
}

impl Serialize for AttemptId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AttemptId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The name of a trunk as the deck file spells it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrunkName(pub String);

impl fmt::Display for TrunkName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_bears_the_tag_of_its_serial() {
        let later = vec![(101, DeckId(9)), (201, DeckId(3))];
        let ids = Incarnations::new(DeckId(7), later);
        let tags = [1, 100, 101, 200, 201, 5000].map(|serial| ids.id(serial).deck.0);
        assert_eq!(tags, [7, 7, 9, 9, 3, 3]);
        assert!(ids.own(ids.id(150)));
        let (deck, serial) = (DeckId(7), 150);
        assert!(!ids.own(AttemptId { deck, serial }), "of the lost part");
        assert_eq!(
            (ids.first_serial(), ids.count(), ids.current()),
            (201, 2, DeckId(3))
        );
        assert!(ids.id(100) < ids.id(101) && ids.id(200) < ids.id(201));
    }
}
