//! Trunks in memory: their resets and rests, and which numbers the account owns according to their providers.

use super::MemoryStore;
use crate::{By, entries, moves};
use dialdeck_core::domain::{PhoneNumber, TrunkName};
use dialdeck_core::policy::breaker::Kept;

impl MemoryStore {
    /// Lets a trunk try again. Returns `false` if there is no such trunk.
    pub(super) fn let_trunk_try_again(&mut self, trunk: &TrunkName, by: &By) -> bool {
        let mut known = self.settings.iter().flat_map(|settings| &settings.trunks);
        if !known.any(|known| known.name == *trunk) {
            return false;
        }
        *self.trunk_resets.entry(trunk.clone()).or_default() += 1;
        self.rest_trunk(trunk, Kept::default());
        self.note(entries::trunk_reset(trunk, by));
        true
    }

    /// Replaces the kept state of a trunk's breaker.
    pub(super) fn rest_trunk(&mut self, trunk: &TrunkName, kept: Kept) {
        if kept == Kept::default() {
            self.trunk_rests.remove(trunk);
        } else {
            self.trunk_rests.insert(trunk.clone(), kept);
        }
    }

    /// Records which numbers the account owns, as the trunk's provider reports.
    pub(super) fn note_ownership(&mut self, trunk: &TrunkName, owned: &[PhoneNumber], by: &By) {
        let Some(settings) = self.effective_settings() else {
            return;
        };
        for (number, ownership, alert) in moves::ownership(&settings, trunk, owned, by) {
            self.ownership.insert((trunk.clone(), number), ownership);
            if let Some(event) = alert {
                self.note(event);
            }
        }
    }
}
