//! The canonical line of an entry, and the hash chain over the lines.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::entry::{Line, VERSION, unknown_version};
use super::{EventKind, NewEvent};
use crate::domain::digest::{Hash, hex, sha256, unhex};
use crate::domain::text::escape_json;
use crate::domain::time::Timestamp;

/// The digest that the first entry names as its predecessor: 32 zero bytes.
pub const GENESIS: Hash = [0; 32];

/// An entry in its position: its canonical line and the digest that the next entry names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEvent {
    /// The position in the log, from 1, without gaps.
    pub seq: i64,
    /// When it happened, never before the previous entry; see [`seal`] for the one exception.
    pub at: Timestamp,
    /// The line as exported, without the newline.
    pub line: String,
    /// The digest of the line with its `hash` member cut out.
    pub hash: Hash,
}

/// Returns the entry at position `seq`, after the entry with digest `prev` that was written at `after`.
///
/// The log's time never goes back: if another process wrote between this entry's cause and its transaction,
/// the entry gets the later instant. Only an acceptance of the machine's clock keeps its own instant, and
/// later entries continue from it.
///
/// # Panics
///
/// Never panics, because the keys of an entry are text and strings grow.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::Timestamp;
/// use dialdeck_core::domain::event::{
///     ChainCheck, DeckClosed, DeckEnding, EventData, GENESIS, NewEvent, seal,
/// };
///
/// let at: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let closed = EventData::DeckClosed(DeckClosed { ending: DeckEnding::AtRest });
/// let event = NewEvent::new(at, "engine", closed);
/// let first = seal(&event, 1, &GENESIS, None);
/// let second = seal(&event, 2, &first.hash, Some(at));
///
/// let mut check = ChainCheck::default();
/// check.push(&first.line)?;
/// check.push(&second.line)?;
/// assert_eq!(check.entries(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn seal(event: &NewEvent, seq: i64, prev: &Hash, after: Option<Timestamp>) -> SealedEvent {
    let kind = event.kind();
    let at = match after {
        Some(after) if kind != EventKind::ClockAccepted => after.max(event.at),
        Some(_) | None => event.at,
    };
    let body = Line {
        v: Some(VERSION),
        seq,
        at,
        kind,
        actor: &event.actor,
        campaign: event.campaign.as_deref(),
        contact: event.contact,
        attempt: event.attempt,
        number: event.number,
        data: &event.data,
        prev: hex(prev),
        hash: None,
    };
    let mut line = serde_json::to_string(&body).expect("an entry has text keys only");
    // An exported log is read on terminals byte for byte, so the line is escaped.
    if let Cow::Owned(escaped) = escape_json(&line) {
        line = escaped;
    }
    let hash = sha256(line.as_bytes());
    line.pop();
    write!(line, r#","hash":"{}"}}"#, hex(&hash)).expect("strings grow");
    SealedEvent {
        seq,
        at,
        line,
        hash,
    }
}

/// A position in the log and the digest of the entry there: `SEQ:HASH`.
///
/// A log that contains this entry has neither lost nor changed anything up to it.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::event::Anchor;
///
/// let text = format!("7:{}", "ab".repeat(32));
/// let anchor: Anchor = text.parse()?;
/// assert_eq!(anchor.seq, 7);
/// assert_eq!(anchor.to_string(), text);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The entry's position; 0 is before the first entry.
    pub seq: i64,
    /// The digest of the entry.
    pub hash: Hash,
}

impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, hex(&self.hash))
    }
}

impl FromStr for Anchor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = text.trim().split_once(':').and_then(|(seq, digits)| {
            let seq = seq.parse().ok().filter(|seq| *seq >= 0)?;
            Some(Self {
                seq,
                hash: unhex(digits)?,
            })
        });
        read.ok_or_else(|| {
            "use SEQ:HASH as `dialdeck log anchor` prints it: a number, a colon and 64 hexadecimal \
             digits"
                .to_owned()
        })
    }
}

impl Serialize for Anchor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Anchor {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Checks an exported log line by line: sequence, chain and digests.
#[derive(Clone, Debug)]
pub struct ChainCheck {
    seq: i64,
    head: String,
}

impl Default for ChainCheck {
    fn default() -> Self {
        Self {
            seq: 0,
            head: hex(&GENESIS),
        }
    }
}

impl ChainCheck {
    /// Returns the number of the last entry accepted so far.
    pub const fn entries(&self) -> i64 {
        self.seq
    }

    /// Creates a check that continues after an accepted entry.
    pub fn behind(anchor: &Anchor) -> Self {
        Self {
            seq: anchor.seq,
            head: hex(&anchor.hash),
        }
    }

    /// Checks the digest of the last accepted entry, if it is the anchor's.
    ///
    /// # Errors
    ///
    /// Errors if the entry at the anchor's position has another digest.
    pub fn holds(&self, anchor: &Anchor) -> Result<(), String> {
        if self.seq == anchor.seq && self.head != hex(&anchor.hash) {
            return Err(format!(
                "entry {} is not the one that the anchor names: the log was rewritten from there \
                 or earlier",
                self.seq
            ));
        }
        Ok(())
    }

    /// Checks that the log reaches the anchor.
    ///
    /// # Errors
    ///
    /// Errors if the log ends before the anchor.
    pub fn reaches(&self, anchor: &Anchor) -> Result<(), String> {
        if self.seq < anchor.seq {
            return Err(format!(
                "the log ends at entry {}, the anchor names entry {}: its end was cut off",
                self.seq, anchor.seq
            ));
        }
        Ok(())
    }

    /// Returns the digest of the last accepted entry, in hexadecimal.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Checks the next line and makes it the last accepted entry.
    ///
    /// # Errors
    ///
    /// Errors if the line is not a JSON object of the log, is of another version, leaves a gap in the
    /// sequence, does not follow from the entry before it, or was changed. The text states which.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::Timestamp;
    /// use dialdeck_core::domain::event::{
    ///     ChainCheck, DeckClosed, DeckEnding, EventData, GENESIS, NewEvent, seal,
    /// };
    ///
    /// let closed = EventData::DeckClosed(DeckClosed { ending: DeckEnding::AtRest });
    /// let event = NewEvent::new(Timestamp::MIN, "engine", closed);
    /// let changed = seal(&event, 1, &GENESIS, None).line.replace("engine", "person");
    /// assert!(ChainCheck::default().push(&changed).is_err());
    /// ```
    pub fn push(&mut self, line: &str) -> Result<(), String> {
        #[derive(serde::Deserialize)]
        struct Link {
            #[serde(default)]
            v: Option<u32>,
            seq: i64,
            prev: String,
            hash: String,
        }
        let found: Link = serde_json::from_str(line)
            .map_err(|error| format!("entry after {} is not a log line: {error}", self.seq))?;
        let expected = self.seq + 1;
        if found.seq != expected {
            return Err(format!("expected entry {expected}, found {}", found.seq));
        }
        if let Some(v) = found.v.filter(|v| *v != VERSION) {
            return Err(format!("entry {expected}: {}", unknown_version(v)));
        }
        if found.prev != self.head {
            return Err(format!(
                "entry {expected} does not follow from entry {}",
                self.seq
            ));
        }
        let tail = format!(r#","hash":"{}"}}"#, found.hash);
        let body = line
            .strip_suffix(&tail)
            .ok_or_else(|| format!("entry {expected} does not end in its hash"))?;
        let digest = hex(&sha256(format!("{body}}}").as_bytes()));
        if digest != found.hash {
            return Err(format!("entry {expected} was changed after it was written"));
        }
        self.seq = expected;
        self.head = found.hash;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{ClockAccepted, DeckClosed, DeckEnding, Entry, EventData};

    fn closed(at: i64) -> NewEvent {
        let ending = DeckEnding::AtRest;
        let data = EventData::DeckClosed(DeckClosed { ending });
        NewEvent::new(Timestamp::from_millis(at), "a", data)
    }

    fn lines() -> Vec<String> {
        let mut prev = GENESIS;
        (1..=5)
            .map(|seq| {
                let sealed = seal(&closed(seq), seq, &prev, None);
                prev = sealed.hash;
                sealed.line
            })
            .collect()
    }

    #[test]
    fn time_never_goes_back() {
        let event = closed(5);
        let at = |after| seal(&event, 2, &GENESIS, Some(Timestamp::from_millis(after))).at;
        assert_eq!(at(4), event.at);
        assert_eq!(at(9), Timestamp::from_millis(9));
    }

    #[test]
    fn an_accepted_clock_alone_sets_the_time_back() {
        let accepted = EventData::ClockAccepted(ClockAccepted {
            log_until: None,
            held: None,
            sends: 0,
            numbers: 0,
            reason: None,
        });
        let event = NewEvent::new(Timestamp::from_millis(5), "a", accepted);
        let later = Some(Timestamp::from_millis(9));
        assert_eq!(seal(&event, 2, &GENESIS, later).at, event.at);
    }

    /// Returns the line as an older program wrote it: without a version.
    fn without_version(line: &str) -> String {
        let cut = line.replace(r#"{"v":1,"#, "{");
        let (body, _) = cut.rsplit_once(r#","hash":"#).unwrap();
        let hash = hex(&sha256(format!("{body}}}").as_bytes()));
        format!(r#"{body},"hash":"{hash}"}}"#)
    }

    #[test]
    fn lines_of_before_the_version_are_read_and_others_are_not() {
        let line = seal(&closed(1), 1, &GENESIS, None).line;
        assert!(line.starts_with(r#"{"v":1,"seq":1,"#), "{line}");
        let older = without_version(&line);
        assert_eq!(check(std::slice::from_ref(&older)), Ok(()));
        let read = [&line, &older].map(|line| Entry::read(line).unwrap());
        assert_eq!([read[0].v, read[1].v], [Some(1), None]);
        assert_eq!(read[0].data, read[1].data);
        assert_eq!(serde_json::to_string(&read[1]).unwrap(), older);
        let later = line.replace(r#"{"v":1,"#, r#"{"v":2,"#);
        let why = "it is of version 2, this program reads version 1";
        assert!(
            check(std::slice::from_ref(&later))
                .unwrap_err()
                .contains(why)
        );
        assert!(Entry::read(&later).unwrap_err().to_string().contains(why));
    }

    fn check(lines: &[String]) -> Result<(), String> {
        let mut chain = ChainCheck::default();
        lines.iter().try_for_each(|line| chain.push(line))
    }

    #[test]
    fn a_chain_checks_and_any_change_breaks_it() {
        let good = lines();
        assert_eq!(check(&good), Ok(()));
        let mut changed = good.clone();
        changed[2] = changed[2].replace(r#""actor":"a""#, r#""actor":"b""#);
        assert!(check(&changed).is_err());
        let mut gap = good.clone();
        gap.remove(2);
        assert!(check(&gap).is_err());
        let mut swapped = good;
        swapped.swap(1, 2);
        assert!(check(&swapped).is_err());
    }
}
