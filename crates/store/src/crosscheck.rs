//! The log and the tables say the same: a fold over the log's entries, and rows held against it.
//!
//! Whatever a verb writes into a table it logs in the same transaction. So what the log adds up to is
//! what the tables hold, and a row that was lost, changed or put in from outside differs from it. This
//! module is pure: a store hands it lines and rows.

mod entry;
mod fold;
mod hold;

pub(super) use fold::Fold;
pub(super) use hold::{AttemptRow, CampaignRow, ContactRow, Held, ListRow};

/// Something that the log and the tables do not agree on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The place of the entry that says otherwise than the table; `None`: no entry is about it.
    pub entry: Option<i64>,
    /// What differs.
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

/// What a check has found: the first differences, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first ones.
    pub first: Vec<Difference>,
    /// All of them.
    pub count: u64,
}

impl Differences {
    /// Differences that are kept.
    const KEPT: usize = 20;

    /// Whether nothing differs.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Notes one more.
    pub(super) fn note(&mut self, entry: Option<i64>, what: impl Into<String>) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            let what = what.into();
            self.first.push(Difference { entry, what });
        }
    }
}
