//! The verbs that change nothing, in memory.

use std::collections::BTreeMap;

use super::MemoryStore;
use crate::exchange::{self, CallerIdFigures, Message, Quarantined, ResultDue};
use crate::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use crate::verbs::ReadVerbs;
use crate::{Candidate, DeckSettings, HangUps, Recount, Snapshot, StoreError, moves};
use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, Campaign, CampaignId, ClassId, Contact, ContactId,
    ContactState, Incarnations, ListKind, PhoneNumber, Recovery, Suppression, SuppressionList,
    Timestamp,
};
use dialdeck_core::policy::{Context, Facts};

impl ReadVerbs for MemoryStore {
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError> {
        Ok(self.effective_settings())
    }

    fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError> {
        let mut all = self.campaigns.values();
        let found = all.find(|known| known.name() == name).cloned();
        found.ok_or_else(|| StoreError::NoCampaign(name.to_owned()))
    }

    fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError> {
        Ok(self.campaigns.values().cloned().collect())
    }

    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        let mut found = self.queue(|contact| contact.number == number);
        found.sort_by_key(|contact| contact.campaign);
        Ok(found)
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

    fn would_end(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
        self.endangered(list, numbers, at)
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

    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let waiting = |contact: &&Contact| matches!(contact.state, ContactState::Waiting(_));
        Ok(self
            .contacts
            .values()
            .filter(waiting)
            .filter_map(|contact| moves::by_time(contact.due))
            .min())
    }

    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.in_flight(|_| true))
    }

    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError> {
        Ok(self.in_flight(|attempt| attempt.state == AttemptState::Reserved))
    }

    fn hang_ups(&mut self) -> Result<HangUps, StoreError> {
        Ok(self.hang_ups)
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

    fn messages(&mut self) -> Result<Vec<Message>, StoreError> {
        let open = |message: &&Message| {
            let attempt = self.attempts.get(&message.attempt);
            attempt.is_some_and(|attempt| attempt.state.in_flight())
        };
        Ok(self
            .exchange
            .messages
            .iter()
            .filter(open)
            .cloned()
            .collect())
    }

    fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError> {
        let ours = |message: &&Message| {
            let attempt = self.attempts.get(&message.attempt);
            attempt.is_some_and(|attempt| attempt.contact == contact)
        };
        let messages = self.exchange.messages.iter().filter(ours);
        let said = messages
            .filter_map(|message| Some((message.attempt, exchange::agent_result(&message.body)?)));
        Ok(said.collect())
    }

    fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError> {
        let all = self.exchange.quarantined.iter();
        Ok(all
            .map(|((trunk, reason), (count, last_at))| Quarantined {
                trunk: trunk.clone(),
                reason: reason.clone(),
                count: *count,
                last_at: *last_at,
            })
            .collect())
    }

    fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError> {
        let given_up = self
            .exchange
            .results
            .iter()
            .filter(|(_, owed)| owed.given_up);
        Ok(given_up.filter_map(|(seq, _)| self.result(*seq)).collect())
    }

    fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError> {
        Ok(numbers.iter().map(|id| self.figures(*id, now)).collect())
    }

    fn recovery(&mut self) -> Result<Option<Recovery>, StoreError> {
        Ok(self.recovery.clone())
    }

    fn incarnations(&mut self) -> Result<Incarnations, StoreError> {
        Ok(self.ids.clone())
    }
}
