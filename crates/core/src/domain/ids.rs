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

/// The deck's random identity, or a tag of its attempt ids. Because of it, two decks on one provider account
/// never share an attempt id.
///
/// An identity has 32 bits, 8 hexadecimal digits. The tag of an engine's run has 64 bits: the identity and 32
/// bits that are drawn when the engine starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeckId(pub u64);

impl DeckId {
    /// The bits of an identity.
    const IDENTITY: u64 = 0xffff_ffff;

    /// Returns the tag of a run of this deck's engine, for which `drawn` was drawn.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::DeckId;
    ///
    /// let tag = DeckId(0x7f3a_9c21).run(0x0b1d_77e0);
    /// assert_eq!(tag.to_string(), "7f3a9c210b1d77e0");
    /// ```
    #[must_use]
    pub fn run(self, drawn: u32) -> Self {
        Self((self.0 & Self::IDENTITY) << 32 | u64::from(drawn))
    }
}

impl fmt::Display for DeckId {
    /// Formats an identity as `7f3a9c21`, and the tag of a run as `7f3a9c210b1d77e0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 <= Self::IDENTITY {
            write!(f, "{:08x}", self.0)
        } else {
            write!(f, "{:016x}", self.0)
        }
    }
}

impl FromStr for DeckId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = u64::from_str_radix(text, 16);
        id.map(Self)
            .map_err(|_| format!("`{text}` is not a deck's identity"))
    }
}

impl Serialize for DeckId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DeckId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
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
    /// The tag of the engine's run that planned the attempt; see [`Incarnations`].
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
/// A deck that went back in time may have made attempts that it no longer knows, and need not notice. So each
/// run of its engine has a tag that was drawn at its start, and no id is ever used twice. Attempts planned
/// before keep their ids.
///
/// A deck that is known to have gone back in time, or that is a copy, also gets a tag: that of another
/// incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incarnations {
    first: DeckId,
    /// In rising order of serials. The tag of a run may follow the one of an incarnation at the same serial.
    later: Vec<Tag>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tag {
    from: i64,
    deck: DeckId,
    of: Tagged,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tagged {
    Incarnation,
    Run,
}

impl Incarnations {
    /// Creates the tags of a deck with the identity `first`. Each pair holds a tag and the first serial that
    /// uses it, in rising order: those of later incarnations, and those of the engine's runs.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Incarnations};
    ///
    /// let tags = Incarnations::new(DeckId(1), &[(100, DeckId(2))], &[(150, DeckId(3))]);
    /// assert_eq!(tags.id(99).deck, DeckId(1));
    /// assert_eq!(tags.id(100).deck, DeckId(2));
    /// assert_eq!(tags.id(150).deck, DeckId(3));
    /// assert_eq!((tags.current(), tags.incarnation()), (DeckId(3), DeckId(2)));
    /// ```
    pub fn new(first: DeckId, later: &[(i64, DeckId)], runs: &[(i64, DeckId)]) -> Self {
        let tags = |of, pairs: &[(i64, DeckId)]| {
            let tag = move |&(from, deck): &(i64, DeckId)| Tag { from, deck, of };
            pairs.iter().map(tag).collect::<Vec<_>>()
        };
        let mut later = tags(Tagged::Incarnation, later);
        later.extend(tags(Tagged::Run, runs));
        // An incarnation begins at a serial that no run has, so a run at the same serial came later.
        later.sort_by_key(|tag| (tag.from, tag.of));
        Self { first, later }
    }

    /// Returns the id of the attempt with this serial.
    pub fn id(&self, serial: i64) -> AttemptId {
        let up_to = self.later.partition_point(|tag| tag.from <= serial);
        let deck = self.later[..up_to]
            .last()
            .map_or(self.first, |tag| tag.deck);
        AttemptId { deck, serial }
    }

    /// Returns whether the id can be one of this deck's.
    pub fn own(&self, attempt: AttemptId) -> bool {
        self.id(attempt.serial) == attempt
    }

    /// Returns the lowest serial that the next attempt can have.
    pub fn first_serial(&self) -> i64 {
        self.later.last().map_or(1, |tag| tag.from)
    }

    /// Returns how many incarnations the deck had before the present one.
    pub fn count(&self) -> usize {
        self.incarnations().count()
    }

    /// Returns the tag of the next attempts.
    pub fn current(&self) -> DeckId {
        self.later.last().map_or(self.first, |tag| tag.deck)
    }

    /// Returns the tag of the present incarnation, whatever its engine's runs have.
    pub fn incarnation(&self) -> DeckId {
        self.incarnations()
            .last()
            .map_or(self.first, |tag| tag.deck)
    }

    /// Adds the tag of another incarnation for the serials from `from` on.
    pub fn push(&mut self, from: i64, tag: DeckId) {
        self.later.push(Tag {
            from,
            deck: tag,
            of: Tagged::Incarnation,
        });
    }

    /// Adds the tag of a run for the serials from `from` on. It replaces the one of a run that made no attempt.
    pub fn push_run(&mut self, from: i64, tag: DeckId) {
        let of = Tagged::Run;
        self.later.retain(|tag| (tag.from, tag.of) < (from, of));
        self.later.push(Tag {
            from,
            deck: tag,
            of,
        });
    }

    fn incarnations(&self) -> impl Iterator<Item = &Tag> {
        let tags = self.later.iter();
        tags.filter(|tag| tag.of == Tagged::Incarnation)
    }
}

impl From<DeckId> for Incarnations {
    /// Returns the tags of a deck on which no engine has run.
    fn from(deck: DeckId) -> Self {
        Self::new(deck, &[], &[])
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
        let deck = deck.parse().map_err(|_| bad())?;
        let serial = serial.parse().map_err(|_| bad())?;
        Ok(Self { deck, serial })
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
        let later = [(101, DeckId(9)), (201, DeckId(3))];
        let ids = Incarnations::new(DeckId(7), &later, &[]);
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

    #[test]
    fn a_run_has_a_tag_of_its_own_in_whatever_incarnation() {
        let (first, second) = (DeckId(7).run(1), DeckId(7).run(2));
        let mut ids = Incarnations::from(DeckId(7));
        ids.push_run(1, first);
        assert_eq!(ids.id(1).to_string(), "0000000700000001-1");
        assert_eq!(ids.id(1).to_string().parse(), Ok(ids.id(1)));
        ids.push_run(1, second);
        assert_eq!(ids.id(1).deck, second, "the first run made no attempt");
        ids.push(51, DeckId(9));
        ids.push_run(51, first);
        let tags = [1, 50, 51, 5000].map(|serial| ids.id(serial).deck);
        assert_eq!(tags, [second, second, first, first]);
        assert_eq!((ids.count(), ids.incarnation()), (1, DeckId(9)));
        let read = Incarnations::new(DeckId(7), &[(51, DeckId(9))], &[(1, second), (51, first)]);
        assert_eq!(read, ids);
    }
}
