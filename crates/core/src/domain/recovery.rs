//! Decks that went back in time: what was lost, and what holds calls until it is recovered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ids::DeckId;
use super::suppression::ListKind;
use super::time::Timestamp;

/// How a deck gets another incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// A backup was restored in its place.
    Restored,
    /// Its store had gone back in time, and a person accepted that.
    RollbackAccepted,
    /// The deck is a copy of another deck.
    Copied,
}

impl Turn {
    /// Returns the name used in the event log and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::RollbackAccepted => "rollback_accepted",
            Self::Copied => "copied",
        }
    }
}

/// What a deck lost of its last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The largest possible number of attempts; `None` if it is unknown.
    pub attempts: Option<u64>,
    /// The number of entries of the event log; `None` if it is unknown.
    pub entries: Option<u64>,
    /// When the last of it was written, or an upper bound of that time.
    pub last_run: Timestamp,
}

impl Lost {
    /// Returns whether attempts may be lost.
    pub fn has_attempts(&self) -> bool {
        self.attempts != Some(0)
    }

    /// Returns whether entries of the event log, and with them opt-outs, may be lost.
    pub fn has_entries(&self) -> bool {
        self.entries != Some(0)
    }
}

/// The start of another incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncarnation {
    /// The tag of attempt ids from now on.
    pub tag: DeckId,
    /// The lowest serial that can use the tag. Serials that the deck knows are never used again.
    pub from_serial: i64,
    /// How the deck got this incarnation.
    pub how: Turn,
    /// The deck's identity from now on; `None` if it does not change.
    pub identity: Option<DeckId>,
    /// What the deck lost; `None` if it lost nothing.
    pub lost: Option<Lost>,
}

/// What holds the calls of a deck that went back in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The latest time at which the deck may have made attempts that it no longer knows.
    pub last_run: Timestamp,
    /// The time until which no call is made. By then every such call is over, and the longest minimum gap
    /// after it has passed.
    pub until: Timestamp,
    /// The deck's own lists from which opt-outs may be missing.
    pub lists: BTreeSet<ListKind>,
}

impl Recovery {
    /// Returns this recovery combined with a later one.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.last_run = self.last_run.max(later.last_run);
        self.until = self.until.max(later.until);
        self.lists.extend(later.lists);
        self
    }

    /// Records an import of a list that is complete up to `as_of`. Returns whether it restores what was
    /// missing.
    pub fn imported(&mut self, list: &ListKind, as_of: Timestamp) -> bool {
        as_of >= self.last_run && self.lists.remove(list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_millis(minute * 60_000)
    }

    fn lost(until: i64) -> Recovery {
        Recovery {
            last_run: at(10),
            until: at(until),
            lists: [ListKind::Internal].into(),
        }
    }

    #[test]
    fn only_a_list_of_after_the_last_run_makes_good_what_is_missing() {
        let mut recovery = lost(40);
        assert!(!recovery.imported(&ListKind::Internal, at(9)));
        assert!(!recovery.imported(&ListKind::Campaign("spring".to_owned()), at(11)));
        assert!(recovery.imported(&ListKind::Internal, at(10)));
        assert_eq!(recovery.lists, BTreeSet::new());
    }

    #[test]
    fn of_two_losses_the_later_end_counts() {
        let both = lost(40).and(lost(30));
        assert_eq!(both, lost(40));
    }
}
