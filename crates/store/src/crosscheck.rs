//! Checks that the log and the tables agree: a fold over the log's entries, and rows compared to it.
//!
//! Everything a verb writes into a table it logs in the same transaction. So the fold of the log equals what
//! the tables hold, and a row that was lost, changed or inserted from outside differs from it. This module is
//! pure: a store passes it lines and rows.

mod content;
mod entry;
mod fold;
mod hold;

pub(super) use content::{Content, Imported};
pub(super) use fold::Fold;
pub(super) use hold::{AttemptRow, CampaignRow, ContactRow, Held, ListRow};

/// A difference between the log and the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The sequence number of the entry that the table contradicts. `None` if no entry is about it.
    pub entry: Option<i64>,
    /// What differs, in one line of text.
    pub what: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "entry {entry}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

/// The result of a check: the first differences, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first 20 differences.
    pub first: Vec<Difference>,
    /// The number of all differences.
    pub count: u64,
}

impl Differences {
    /// Differences that are kept, at most.
    const KEPT: usize = 20;

    /// Returns whether nothing differs.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a difference.
    pub(super) fn note(&mut self, entry: Option<i64>, what: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            let what = what.into();
            self.first.push(Difference { entry, what });
        }
    }
}
