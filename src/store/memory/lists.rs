//! Lists and the numbers on them, in memory.

use super::MemoryStore;
use crate::domain::suppression::SuppressionSource;
use crate::domain::{
    Attempt, ContactState, ListKind, PhoneNumber, Suppression, SuppressionList, Timestamp,
};
use crate::store::{By, StoreError, Suppressed, entries, moves};

impl MemoryStore {
    pub(super) fn add_suppressions(&mut self, suppressions: &[Suppression]) -> Suppressed {
        let mut sum = Suppressed::default();
        for entry in suppressions {
            self.lists.insert(entry.list.clone(), entry.at);
            self.add_one(entry, true, &mut sum);
            if entry.source == SuppressionSource::OptOut {
                let at = self.revocations.entry(entry.number).or_insert(entry.at);
                *at = entry.at.max(*at);
                self.note(entries::consent_revoked(entry));
            }
            self.touch(entry, &mut sum);
        }
        sum
    }

    pub(super) fn add_imported(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Suppressed {
        if list.is_registry() {
            self.lists.entry(list.clone()).or_insert(Timestamp::MIN);
        } else {
            self.lists.insert(list.clone(), by.at);
        }
        let mut sum = Suppressed::default();
        for number in numbers {
            let entry = moves::imported(*number, list, by);
            self.add_one(&entry, !list.is_registry(), &mut sum);
            self.touch(&entry, &mut sum);
        }
        sum
    }

    pub(super) fn take_back(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        reason: &str,
        by: &By,
    ) -> Result<bool, StoreError> {
        moves::reversible(list)?;
        let key = (number, list.clone());
        let Some(entry) = self.suppressions.get(&key) else {
            return Ok(false);
        };
        moves::may_be_taken_back(number, list, entry.source)?;
        self.suppressions.remove(&key);
        self.lists.insert(list.clone(), by.at);
        self.note(entries::suppression_reversed(number, list, reason, by));
        Ok(true)
    }

    pub(super) fn on_lists(&self, wanted: impl Fn(&Suppression) -> bool) -> Vec<Suppression> {
        let all = self.suppressions.values();
        all.filter(|entry| wanted(entry)).cloned().collect()
    }

    pub(super) fn loaded_lists(&self) -> Vec<SuppressionList> {
        let lists = self.lists.iter();
        lists
            .map(|(kind, as_of)| SuppressionList {
                kind: kind.clone(),
                as_of: *as_of,
                count: self.on_lists(|entry| entry.list == *kind).len() as u64,
            })
            .collect()
    }

    fn add_one(&mut self, entry: &Suppression, logged: bool, sum: &mut Suppressed) {
        let key = (entry.number, entry.list.clone());
        if let Some(known) = self.suppressions.get_mut(&key) {
            sum.already += 1;
            if entry.source.is_permanent() && known.source != entry.source {
                (known.source, known.note) = (entry.source, entry.note.clone());
                self.note(entries::suppression_added(entry));
            }
            return;
        }
        self.suppressions.insert(key, entry.clone());
        sum.added += 1;
        if logged {
            self.note(entries::suppression_added(entry));
        }
    }

    /// Finishes the number's contacts and names its call in flight.
    fn touch(&mut self, entry: &Suppression, sum: &mut Suppressed) {
        let mut contacts =
            self.queue(|one| one.number == entry.number && moves::is_open(one.state));
        contacts.sort_by_key(|contact| contact.campaign);
        for contact in contacts {
            if !moves::binds(&entry.list, self.campaigns[&contact.campaign].name()) {
                continue;
            }
            let (state, code) = (
                ContactState::Suppressed,
                format!("suppressed:{}", entry.list),
            );
            self.finish(contact.id, state, code, (&entry.actor, entry.at));
            sum.finished.push((contact.campaign, contact.id));
        }
        let bound = |attempt: &Attempt| {
            attempt.number == entry.number
                && moves::binds(&entry.list, self.campaigns[&attempt.campaign].name())
        };
        let live = self.in_flight(bound);
        sum.live.extend(live.iter().map(|attempt| attempt.id));
    }
}
