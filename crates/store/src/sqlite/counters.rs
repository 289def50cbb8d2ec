//! Incremental counters: changes gather in memory and reach their tables once per group.

use std::collections::BTreeMap;

use super::Work;
use super::sql::put;
use crate::StoreError;
use dialdeck_core::domain::{CampaignId, ClassId, ContactState};

/// What a counter counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Count {
    /// Contacts of a campaign by class and state.
    Contacts(CampaignId, ClassId, ContactState),
    /// `attempts`, `without_agent`, `outcome:…` or `refusal:…` of a campaign.
    Tally(CampaignId, String),
}

/// Changes that have not reached the tables.
#[derive(Default)]
pub(super) struct Pending {
    changes: BTreeMap<Count, i64>,
    /// The running verb's own changes, to undo if it fails.
    verb: Vec<(Count, i64)>,
}

impl Pending {
    /// Adds `by` to a counter.
    pub(super) fn add(&mut self, count: Count, by: i64) {
        *self.changes.entry(count.clone()).or_default() += by;
        self.verb.push((count, by));
    }

    /// Clears the changes of the previous verb.
    pub(super) fn start_verb(&mut self) {
        self.verb.clear();
    }

    /// Undoes the running verb's changes.
    pub(super) fn undo_verb(&mut self) {
        for (count, by) in self.verb.drain(..) {
            *self.changes.entry(count).or_default() -= by;
        }
    }
}

/// Writes the gathered changes to their tables.
pub(super) fn flush(work: &mut Work<'_>) -> Result<(), StoreError> {
    work.mem.counts.verb.clear();
    for (count, by) in std::mem::take(&mut work.mem.counts.changes) {
        if by == 0 {
            continue;
        }
        match count {
            Count::Contacts(campaign, class, state) => work
                .conn
                .prepare_cached(
                    "INSERT INTO counters (campaign, class, state, n) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET n = n + excluded.n",
                )?
                .execute((put(campaign), put(class), put(state), by))?,
            Count::Tally(campaign, what) => work
                .conn
                .prepare_cached(
                    "INSERT INTO tallies (campaign, what, n) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET n = n + excluded.n",
                )?
                .execute((put(campaign), what, by))?,
        };
    }
    Ok(())
}
