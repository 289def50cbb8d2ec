//! Holding and accepting the clock, in memory.

use std::collections::BTreeSet;

use super::MemoryStore;
use crate::timing::{self, ClockAccepted, TimingVerbs};
use crate::{By, StoreError};
use dialdeck_core::domain::ClockHeld;

impl TimingVerbs for MemoryStore {
    fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError> {
        let new = self.clock_held.is_none();
        self.clock_held.get_or_insert(held);
        Ok(new)
    }

    fn accept_clock(
        &mut self,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Option<ClockAccepted>, StoreError> {
        let last = self.log.last().map(|(_, sealed)| sealed.at);
        let Some(mut what) = ClockAccepted::new(last, self.clock_held, by.at) else {
            return Ok(None);
        };
        for at in self.counts_from.values_mut().filter(|at| **at > by.at) {
            *at = by.at;
            what.sends += 1;
        }
        let later = self.attempts.values().filter(|one| one.reserved_at > by.at);
        let numbers: BTreeSet<_> = later.map(|one| one.number).collect();
        what.numbers = numbers.len() as u64;
        self.clock_held = None;
        self.note(timing::clock_accepted(&what, reason, by));
        Ok(Some(what))
    }
}
