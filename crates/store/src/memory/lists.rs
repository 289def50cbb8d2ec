//! Lists and the numbers on them, in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::MemoryStore;
use crate::verbs::{ActVerbs as _, ReadVerbs as _};
use crate::{By, Restored, Reversal, StoreError, Suppressed, entries, moves};
use dialdeck_core::domain::event::RetryCause;
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Area, CampaignId, CampaignState, Contact, ContactId, ContactState, ListKind, PhoneNumber,
    Suppression, SuppressionList, Timestamp,
};
use dialdeck_core::policy::Subject;

impl MemoryStore {
    pub(super) fn add_suppressions(
        &mut self,
        suppressions: &[Suppression],
    ) -> Result<Suppressed, StoreError> {
        let mut sum = Suppressed::default();
        for entry in suppressions {
            self.lists.insert(entry.list.clone(), entry.at);
            self.add_one(entry, true, &mut sum);
            if entry.source == SuppressionSource::OptOut {
                let at = self.revocations.entry(entry.number).or_insert(entry.at);
                *at = entry.at.max(*at);
                self.note(entries::consent_revoked(entry));
            }
            self.touch(entry, &mut sum)?;
        }
        Ok(sum)
    }

    pub(super) fn add_imported(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError> {
        if list.is_registry() {
            self.lists.entry(list.clone()).or_insert(Timestamp::MIN);
        } else {
            self.lists.insert(list.clone(), by.at);
        }
        let mut sum = Suppressed::default();
        for number in numbers {
            let entry = moves::imported(*number, list, by);
            self.add_one(&entry, !list.is_registry(), &mut sum);
            self.touch(&entry, &mut sum)?;
        }
        Ok(sum)
    }

    /// Returns the open contacts that these numbers on the list would end.
    pub(super) fn endangered(
        &self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
        let mut ended = Vec::new();
        for number in numbers {
            for contact in self.open_to(*number) {
                if self.is_bound(list, &contact, at)? {
                    ended.push((contact.campaign, contact.id));
                }
            }
        }
        Ok(ended)
    }

    /// Sets a list's date, for a registry in the areas that were covered, and wakes the contacts that waited
    /// for them. An older list removes nothing, so an area keeps the newer of its dates.
    pub(super) fn date(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        areas: &BTreeSet<Area>,
        at: Timestamp,
    ) {
        if !list.is_registry() {
            self.lists.insert(list.clone(), as_of);
            return;
        }
        self.lists.entry(list.clone()).or_insert(Timestamp::MIN);
        let covered = self.areas.entry(list.clone()).or_default();
        for area in areas {
            let known = covered.entry(*area).or_insert(as_of);
            *known = as_of.max(*known);
        }
        self.wake((list, Some(areas)), at);
    }

    /// Makes contacts due that wait until a registry is loaded.
    pub(super) fn wake(&mut self, loaded: (&ListKind, Option<&BTreeSet<Area>>), at: Timestamp) {
        for contact in self.contacts.values_mut() {
            if let Some(woken) = moves::woken(contact, loaded, at) {
                *contact = woken;
            }
        }
    }

    pub(super) fn take_back(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError> {
        moves::reversible(list)?;
        let key = (number, list.clone());
        let Some(entry) = self.suppressions.get(&key) else {
            return if how.restore {
                self.restore_later((number, list), how, by)
            } else {
                Ok(None)
            };
        };
        let (source, at) = (entry.source, entry.at);
        moves::may_be_taken_back(number, list, source)?;
        self.suppressions.remove(&key);
        self.lists.insert(list.clone(), by.at);
        let consent = how.restore
            && source == SuppressionSource::OptOut
            && self.revocations.get(&number) == Some(&at);
        if consent {
            self.revocations.remove(&number);
        }
        let event = entries::suppression_reversed(number, list, (how.reason, consent), by);
        self.note(event);
        let mut back = Restored {
            consent,
            ..Restored::default()
        };
        if how.restore {
            self.restore((number, list), by, &mut back)?;
        }
        Ok(Some(back))
    }

    /// Restores contacts that an entry had ended which was taken off earlier. Returns `None` if there are
    /// none. The consent that the entry revoked stays revoked, because it is no longer known whether it was
    /// the last to revoke it.
    fn restore_later(
        &mut self,
        (number, list): (PhoneNumber, &ListKind),
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError> {
        let mut ended = false;
        for contact in self.contacts_with(number)? {
            let campaign = self.by_id(contact.campaign)?;
            ended |= moves::restored(&campaign, &contact, list, by.at).is_some();
        }
        if !ended {
            return Ok(None);
        }
        let event = entries::suppression_reversed(number, list, (how.reason, false), by);
        self.note(event);
        let mut back = Restored::default();
        self.restore((number, list), by, &mut back)?;
        Ok(Some(back))
    }

    /// Lets the contacts that an entry had ended be called again, unless another list binds them.
    fn restore(
        &mut self,
        (number, list): (PhoneNumber, &ListKind),
        by: &By,
        back: &mut Restored,
    ) -> Result<(), StoreError> {
        let others = self.on_lists(|entry| entry.number == number);
        let mut done = BTreeSet::new();
        for before in self.contacts_with(number)? {
            let campaign = self.by_id(before.campaign)?;
            let Some(after) = moves::restored(&campaign, &before, list, by.at) else {
                continue;
            };
            let mut bound = false;
            for other in &others {
                bound |= self.is_bound(&other.list, &after, by.at)?;
            }
            if bound {
                back.kept += 1;
                continue;
            }
            self.unrefuse(&before);
            self.note(entries::requeued(
                &campaign,
                &after,
                RetryCause::Restored,
                by,
            ));
            back.contacts.push((after.campaign, after.id));
            self.contacts.insert(after.id, after);
            if campaign.state == CampaignState::Done {
                done.insert(campaign.id);
            }
        }
        for campaign in done {
            self.move_campaign(campaign, CampaignState::Running, moves::RESTORED, by)?;
        }
        Ok(())
    }

    pub(super) fn on_lists(&self, wanted: impl Fn(&Suppression) -> bool) -> Vec<Suppression> {
        let all = self.suppressions.values();
        all.filter(|entry| wanted(entry)).cloned().collect()
    }

    pub(super) fn loaded_lists(&self) -> Vec<SuppressionList> {
        let lists = self.lists.iter();
        lists
            .map(|(kind, as_of)| {
                let areas = self.areas.get(kind).cloned().unwrap_or_default();
                SuppressionList {
                    kind: kind.clone(),
                    as_of: if kind.is_registry() {
                        SuppressionList::oldest(&areas)
                    } else {
                        *as_of
                    },
                    count: self.on_lists(|entry| entry.list == *kind).len() as u64,
                    areas,
                }
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

    /// Ends the number's contacts and collects its attempts in flight.
    fn touch(&mut self, entry: &Suppression, sum: &mut Suppressed) -> Result<(), StoreError> {
        for contact in self.open_to(entry.number) {
            if !self.is_bound(&entry.list, &contact, entry.at)? {
                continue;
            }
            let code = format!("suppressed:{}", entry.list);
            let by = (&*entry.actor, entry.at);
            self.finish(contact.id, ContactState::Suppressed, code, by);
            sum.finished.push((contact.campaign, contact.id));
        }
        for attempt in self.in_flight(|attempt| attempt.number == entry.number) {
            let contact = self.contacts.get(&attempt.contact).cloned();
            if let Some(contact) = contact
                && self.is_bound(&entry.list, &contact, entry.at)?
            {
                sum.live.push(attempt.id);
            }
        }
        Ok(())
    }

    fn open_to(&self, number: PhoneNumber) -> Vec<Contact> {
        let mut contacts = self.queue(|one| one.number == number && moves::is_open(one.state));
        contacts.sort_by_key(|contact| contact.campaign);
        contacts
    }

    /// Returns whether an entry on the list binds the contact.
    fn is_bound(
        &self,
        list: &ListKind,
        contact: &Contact,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let campaign = self.by_id(contact.campaign)?;
        let class = self.classes.get(&contact.class).cloned();
        let class = Arc::new(class.unwrap_or_else(moves::no_class));
        let settings = self.settings.as_ref();
        let subject = Subject {
            rules: &self.rules,
            campaign: &campaign.settings,
            contact,
            class: &class,
            consent_revoked_at: self.revocations.get(&contact.number).copied(),
            every_registry_binds: settings.is_some_and(|known| known.every_registry_binds),
        };
        Ok(subject.is_bound_by(list, at))
    }
}
