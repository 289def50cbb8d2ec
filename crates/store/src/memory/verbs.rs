//! The store's verbs in memory, each passed to the part that owns its subject.

use std::collections::{BTreeMap, BTreeSet};

use super::MemoryStore;
use crate::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use crate::verbs::Verbs;
use crate::{
    By, Candidate, Claimed, DeckSettings, HangUps, ImportFigures, ImportPlan, ImportTarget,
    NewContact, PendingEnd, Recount, Restored, Reversal, RowFate, Settled, Snapshot, StoreError,
    Suppressed, Unusable, entries, moves,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{EventKind, NewEvent, SealedEvent};
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, AttemptState, CallEvent, CallReport, CallerIdState, Campaign,
    CampaignId, CampaignSettings, CampaignState, ClassId, Contact, ContactId, ContactState,
    ListKind, PhoneNumber, Suppression, SuppressionList, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, Facts, LiveCalls};

impl Verbs for MemoryStore {
    fn begin(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.in_group, true) {
            return Err(Unusable::GroupOpen.into());
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.in_group, false) {
            return Ok(());
        }
        Err(Unusable::NoGroup.into())
    }

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError> {
        let bound = self.settings.as_ref();
        let bound = bound.is_some_and(|known| known.every_registry_binds);
        self.settings = Some(settings.clone());
        if bound && !settings.every_registry_binds {
            for list in self.loaded_lists() {
                self.wake((&list.kind, None), Timestamp::MIN);
            }
        }
        Ok(())
    }

    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError> {
        Ok(self.effective_settings())
    }

    fn add_campaign(
        &mut self,
        settings: &CampaignSettings,
        by: &By,
    ) -> Result<CampaignId, StoreError> {
        if self.campaign(&settings.name).is_ok() {
            return Err(StoreError::CampaignExists(settings.name.clone()));
        }
        let id = CampaignId(self.campaigns.keys().last().map_or(1, |last| last.0 + 1));
        let campaign = Campaign {
            id,
            state: CampaignState::Draft,
            settings: settings.clone(),
            ceiling: settings.pacing,
            running_since: None,
            pause_note: None,
        };
        self.note(entries::campaign_added(&campaign, by));
        self.campaigns.insert(id, campaign);
        Ok(id)
    }

    fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError> {
        let mut all = self.campaigns.values();
        let found = all.find(|known| known.name() == name).cloned();
        found.ok_or_else(|| StoreError::NoCampaign(name.to_owned()))
    }

    fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError> {
        Ok(self.campaigns.values().cloned().collect())
    }

    fn move_campaign(
        &mut self,
        id: CampaignId,
        to: CampaignState,
        note: &str,
        by: &By,
    ) -> Result<Campaign, StoreError> {
        let mut campaign = self.by_id(id)?;
        let event = moves::move_campaign(&mut campaign, to, note, by)?;
        Ok(self.changed_campaign(campaign, event))
    }

    fn set_pacing(
        &mut self,
        id: CampaignId,
        pacing: Pacing,
        by: &By,
    ) -> Result<Campaign, StoreError> {
        let mut campaign = self.by_id(id)?;
        moves::permit(
            self.who,
            moves::right_to_pace(campaign.settings.pacing, pacing),
        )?;
        let event = moves::set_pacing(&mut campaign, pacing, by)?;
        Ok(self.changed_campaign(campaign, event))
    }

    fn release_brake(
        &mut self,
        id: CampaignId,
        reason: &str,
        by: &By,
    ) -> Result<LiveCalls, StoreError> {
        let campaign = self.by_id(id)?;
        let counts = self.abandonment(id, by.at).brake;
        let attempts = self.attempts.values();
        let ended = attempts.filter(|one| one.campaign == id && one.outcome.is_some());
        self.forgiven.extend(ended.map(|one| one.id));
        self.note(entries::brake_released(&campaign, counts, reason, by));
        Ok(counts)
    }

    fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError> {
        Ok(self.let_trunk_try_again(trunk, by))
    }

    fn start_import(
        &mut self,
        into: &ImportTarget,
        plan: &ImportPlan,
        by: &By,
    ) -> Result<i64, StoreError> {
        self.note_import(into, plan, by)
    }

    fn import_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError> {
        self.by_id(campaign)?;
        self.add_contacts(campaign, rows, at)
    }

    fn finish_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.end_contacts_import(campaign, figures, by)
    }

    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        let mut found = self.queue(|contact| contact.number == number);
        found.sort_by_key(|contact| contact.campaign);
        Ok(found)
    }

    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.call_again(contacts, by)
    }

    fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.reached(contacts, by)
    }

    fn attempts_of(&mut self, contact: ContactId) -> Result<Vec<Attempt>, StoreError> {
        let attempts = self.attempts.values();
        Ok(attempts
            .filter(|attempt| attempt.contact == contact)
            .cloned()
            .collect())
    }

    fn examine(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
        look: &mut dyn FnMut(&Facts<'_>),
    ) -> Result<(), StoreError> {
        let found = self.contacts.get(&contact).cloned();
        let gathered = self.gather(found.ok_or_else(|| moves::no_contact(contact))?, now)?;
        look(&gathered.facts(&self.rules, context));
        Ok(())
    }

    fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError> {
        self.add_suppressions(suppressions)
    }

    fn import_suppressions(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError> {
        self.add_imported(list, numbers, by)
    }

    fn would_end(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
        self.endangered(list, numbers, at)
    }

    fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        areas: &BTreeSet<Area>,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.end_list_import(list, (as_of, areas), figures, by);
        Ok(())
    }

    fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError> {
        self.take_back(number, list, how, by)
    }

    fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError> {
        Ok(self.on_lists(|entry| entry.number == number))
    }

    fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError> {
        Ok(self.loaded_lists())
    }

    fn list_page(
        &mut self,
        list: &ListKind,
        after: Option<PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        let further = |number| after.is_none_or(|last| number > last);
        let mut page = self.on_lists(|entry| entry.list == *list && further(entry.number));
        page.truncate(limit);
        Ok(page)
    }

    fn refill(
        &mut self,
        campaign: CampaignId,
        class: ClassId,
        after: Option<Candidate>,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        let place = |one: &Candidate| (-i64::from(one.priority), one.due, one.contact);
        let ready = self.queue(|one| {
            one.campaign == campaign && one.class == class && one.state == ContactState::Ready
        });
        Ok(ready
            .iter()
            .map(moves::candidate)
            .filter(|one| after.is_none_or(|last| place(one) > place(&last)))
            .take(limit)
            .collect())
    }

    fn promote_due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Candidate>, StoreError> {
        let waits = |one: &Contact| matches!(one.state, ContactState::Waiting(_));
        let mut due = self.queue(|one| waits(one) && one.due <= now);
        due.sort_by_key(|contact| (contact.due, contact.id));
        due.truncate(limit);
        for contact in &mut due {
            contact.state = ContactState::Ready;
            contact.reason = None;
            self.contacts.insert(contact.id, contact.clone());
        }
        Ok(due.iter().map(moves::candidate).collect())
    }

    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let waiting = |contact: &&Contact| matches!(contact.state, ContactState::Waiting(_));
        Ok(self
            .contacts
            .values()
            .filter(waiting)
            .filter_map(|contact| moves::by_time(contact.due))
            .min())
    }

    fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        let mut expiring = self.expiring(now);
        expiring.truncate(limit);
        for contact in &expiring {
            let campaign = self.by_id(contact.campaign)?;
            if let Some(refusal) = moves::expiry(&campaign, contact, now) {
                let by = (entries::ENGINE, now);
                self.finish(contact.id, refusal.contact_state(), refusal.code(), by);
            }
        }
        Ok(expiring.len() as u64)
    }

    fn claim(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        self.decide_and_act(contact, context, now)
    }

    fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError> {
        self.note_event(event, now)
    }

    fn mark_unknown(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.lose(attempt, why, now)
    }

    fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError> {
        self.end_and_follow_up(attempt, report, at, now)
    }

    fn note_unclosed(
        &mut self,
        attempt: AttemptId,
        trunk: Option<&TrunkName>,
    ) -> Result<(), StoreError> {
        match trunk {
            Some(trunk) => self.unclosed.insert(attempt, trunk.clone()),
            None => self.unclosed.remove(&attempt),
        };
        Ok(())
    }

    fn keep_end(&mut self, attempt: AttemptId, end: &PendingEnd) -> Result<(), StoreError> {
        self.pending_ends.insert(attempt, end.clone());
        Ok(())
    }

    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.in_flight(|_| true))
    }

    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.in_flight(|attempt| attempt.state == AttemptState::Reserved))
    }

    fn set_caller_id_state(
        &mut self,
        number: PhoneNumber,
        state: CallerIdState,
        by: &By,
    ) -> Result<(), StoreError> {
        self.caller_id_states.insert(number, state);
        self.caller_id_rests.remove(&number);
        self.note(entries::caller_id_set(number, state, by));
        Ok(())
    }

    fn note_numbers(
        &mut self,
        trunk: &TrunkName,
        owned: &[PhoneNumber],
        by: &By,
    ) -> Result<(), StoreError> {
        self.note_ownership(trunk, owned, by);
        Ok(())
    }

    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError> {
        self.hang_ups.requested += 1;
        self.note(entries::hang_up_asked(reason, by));
        Ok(self.hang_ups.requested)
    }

    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError> {
        self.hang_ups.carried_out = self.hang_ups.carried_out.max(wish);
        Ok(())
    }

    fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError> {
        self.rest_trunk(trunk, kept);
        Ok(())
    }

    fn hang_ups(&mut self) -> Result<HangUps, StoreError> {
        Ok(self.hang_ups)
    }

    fn acknowledge(&mut self, seq: i64, _by: &By) -> Result<bool, StoreError> {
        let mut log = self.log.iter();
        let is_alert =
            log.any(|(event, sealed)| sealed.seq == seq && event.kind() == EventKind::AlertRaised);
        Ok(is_alert && self.acknowledged.insert(seq))
    }

    fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError> {
        Ok(self.snapshot_at(now))
    }

    fn page(
        &mut self,
        query: &ContactQuery,
        from: Option<&ListKey>,
        direction: Direction,
        limit: usize,
        budget: u64,
    ) -> Result<ContactPage, StoreError> {
        let filling = Filling::new(query, from, limit, budget);
        Ok(self.contact_page(query, from, direction, filling))
    }

    fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError> {
        Ok(self.counts())
    }

    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError> {
        self.note(event.clone());
        Ok(())
    }

    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        let entries = self.log.iter().map(|(_, sealed)| sealed);
        let entries = entries.filter(|sealed| sealed.seq > after);
        Ok(entries.take(limit).cloned().collect())
    }

    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        let entries = self.log.iter().rev().map(|(_, sealed)| sealed);
        let entries = entries.filter(|sealed| sealed.seq < before);
        Ok(entries.take(limit).cloned().collect())
    }
}
