//! Decks that went back in time: what was lost, and what holds calls until it is recovered.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::ids::DeckId;
use super::suppression::ListKind;
use super::time::Timestamp;

/// How a deck comes to another incarnation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// A backup was put in its place.
    Restored,
    /// Its store had gone back in time, and a person accepted that.
    RollbackAccepted,
    /// It is a copy of another deck.
    Copied,
}

impl Turn {
    /// Returns the word in the log and in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::RollbackAccepted => "rollback_accepted",
            Self::Copied => "copied",
        }
    }
}

/// What is missing of the last run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Attempts; `None`: unknown.
    pub attempts: Option<u64>,
    /// Entries of the event log; `None`: unknown.
    pub entries: Option<u64>,
    /// When the last of it was written, or at the latest.
    pub last_run: Timestamp,
}

impl Lost {
    /// Whether attempts may be among it.
    pub fn has_attempts(&self) -> bool {
        self.attempts != Some(0)
    }

    /// Whether entries of the log, and so opt-outs, may be among it.
    pub fn has_entries(&self) -> bool {
        self.entries != Some(0)
    }
}

/// The start of another incarnation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncarnation {
    /// What attempt ids bear from now on.
    pub tag: DeckId,
    /// The first serial that bears it, at least; serials that the deck knows are never used again.
    pub from_serial: i64,
    /// How it came to it.
    pub how: Turn,
    /// The deck's identity from now on; `None`: as it was.
    pub identity: Option<DeckId>,
    /// What it lost; `None`: nothing.
    pub lost: Option<Lost>,
}

/// What holds back the calls of a deck that went back in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// Up to when it made attempts that it may no longer know.
    pub last_run: Timestamp,
    /// Until when no call is made: by then every such call is over, and the longest minimum gap
    /// after it.
    pub until: Timestamp,
    /// Its own lists from which opt-outs may be missing.
    pub lists: BTreeSet<ListKind>,
}

impl Recovery {
    /// Combines this with a later loss.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.last_run = self.last_run.max(later.last_run);
        self.until = self.until.max(later.until);
        self.lists.extend(later.lists);
        self
    }

    /// Notes an import of a list complete up to `as_of`; returns whether it restores what was missing.
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
