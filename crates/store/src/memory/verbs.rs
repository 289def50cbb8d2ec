//! The verbs that change a store in memory.

use std::collections::BTreeSet;

use super::MemoryStore;
use super::exchange::Owed;
use crate::exchange::{Delivery, Message, REPORTS_MAX, Receipt, ResultsTurn};
use crate::verbs::{ActVerbs, EngineVerbs, ReadVerbs as _};
use crate::{
    By, Candidate, Claimed, ClockAccepted, DeckSettings, ImportFigures, ImportPlan, ImportTarget,
    NewContact, PendingEnd, Restored, Reversal, RowFate, Settled, StoreError, Suppressed, Unusable,
    entries, moves, recover, timing,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::{
    Area, AttemptId, CallEvent, CallReport, CallerIdState, Campaign, CampaignId, CampaignSettings,
    CampaignState, ClockHeld, Contact, ContactId, ContactState, DeckId, ListKind, NewIncarnation,
    PhoneNumber, Suppression, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, LiveCalls};

impl ActVerbs for MemoryStore {
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

    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.call_again(contacts, by)
    }

    fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.reached(contacts, by)
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

    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError> {
        self.hang_ups.requested += 1;
        self.note(entries::hang_up_asked(reason, by));
        Ok(self.hang_ups.requested)
    }

    fn acknowledge(&mut self, seq: i64, _by: &By) -> Result<bool, StoreError> {
        let mut log = self.log.iter();
        let is_alert =
            log.any(|(event, sealed)| sealed.seq == seq && event.kind() == EventKind::AlertRaised);
        Ok(is_alert && self.acknowledged.insert(seq))
    }

    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError> {
        self.note(event.clone());
        Ok(())
    }

    fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError> {
        for (seq, delivery) in done {
            let owed = self.exchange.results.get_mut(seq);
            let Some(owed) = owed.filter(|owed| owed.next_at.is_some()) else {
                continue;
            };
            owed.tries += 1;
            (owed.next_at, owed.error, owed.given_up) = match delivery {
                Delivery::Delivered => (None, None, false),
                Delivery::Again(error, at) => (Some(*at), Some(error.clone()), false),
                Delivery::GivenUp(error) => (None, Some(error.clone()), true),
            };
        }
        self.gather_results(now);
        let waits = |owed: &Owed| owed.next_at.is_some();
        let results = &self.exchange.results;
        let mut due: Vec<(Timestamp, i64)> = results
            .iter()
            .filter_map(|(seq, owed)| {
                let at = owed.next_at?;
                let earlier = results
                    .range(..seq)
                    .any(|(_, other)| other.contact == owed.contact && waits(other));
                (!earlier).then_some((at, *seq))
            })
            .collect();
        due.sort_unstable();
        let next_at = due.first().map(|(at, _)| *at);
        due.retain(|(at, _)| *at <= now);
        due.truncate(limit);
        let due = due.into_iter().filter_map(|(_, seq)| self.result(seq));
        Ok(ResultsTurn {
            due: due.collect(),
            next_at,
            behind: false,
        })
    }

    fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError> {
        let mut again = 0;
        for (known, owed) in &mut self.exchange.results {
            if owed.given_up && seq.is_none_or(|seq| seq == *known) {
                (owed.given_up, owed.tries, owed.next_at) = (false, 0, Some(now));
                again += 1;
            }
        }
        Ok(again)
    }

    fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError> {
        let from = new
            .from_serial
            .max(self.next_serial())
            .max(self.ids.first_serial() + 1);
        self.ids.push(from, new.tag);
        self.deck = new.identity.unwrap_or(self.deck);
        let settings = self.effective_settings();
        let lost = new.lost.as_ref().map(|lost| {
            let lists = self.loaded_lists().into_iter().map(|list| list.kind);
            recover::after(lost, self.campaigns.values(), settings.as_ref(), lists)
        });
        if let Some(lost) = lost.clone() {
            self.recovery = Some(match self.recovery.take() {
                Some(known) => known.and(lost),
                None => lost,
            });
        }
        self.note(recover::incarnation_started(new, from, lost.as_ref(), by));
        Ok(from)
    }

    fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError> {
        let known = self.recovery.as_mut();
        let lists = known.map(|known| std::mem::take(&mut known.lists));
        let lists = lists.unwrap_or_default();
        if !lists.is_empty() {
            self.note(recover::lists_confirmed(&lists, reason, by));
        }
        Ok(lists)
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
        let last = self.log.last();
        self.clock_accepted = last.map(|(_, sealed)| (sealed.seq, sealed.at));
        Ok(Some(what))
    }
}

impl EngineVerbs for MemoryStore {
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

    fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError> {
        self.rest_trunk(trunk, kept);
        Ok(())
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

    fn note_numbers(
        &mut self,
        trunk: &TrunkName,
        owned: &[PhoneNumber],
        by: &By,
    ) -> Result<(), StoreError> {
        self.note_ownership(trunk, owned, by);
        Ok(())
    }

    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError> {
        self.hang_ups.carried_out = self.hang_ups.carried_out.max(wish);
        Ok(())
    }

    fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError> {
        let new = self.clock_held.is_none();
        self.clock_held.get_or_insert(held);
        Ok(new)
    }

    fn tag_run(&mut self, drawn: u32) -> Result<DeckId, StoreError> {
        let tag = self.deck.run(drawn);
        self.ids.push_run(self.next_serial(), tag);
        Ok(tag)
    }

    fn receive(&mut self, message: &Message, _at: Timestamp) -> Result<Receipt, StoreError> {
        if !self.ids.own(message.attempt) {
            return Ok(Receipt::OtherDeck);
        }
        let attempt = self.attempts.get(&message.attempt);
        let Some(attempt) = attempt.filter(|known| known.trunk == message.trunk) else {
            return Ok(Receipt::NoSuchAttempt);
        };
        let mut known = self.exchange.messages.iter();
        if known.any(|known| known.trunk == message.trunk && known.event == message.event) {
            return Ok(Receipt::Repeated(Box::new(attempt.clone())));
        }
        let about = |known: &&Message| known.attempt == message.attempt;
        if self.exchange.messages.iter().filter(about).count() as u64 >= REPORTS_MAX {
            return Ok(Receipt::TooMany(Box::new(attempt.clone())));
        }
        let receipt = Receipt::New(Box::new(attempt.clone()));
        self.exchange.messages.push(message.clone());
        Ok(receipt)
    }

    fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        let key = (trunk.to_owned(), reason.to_owned());
        let entry = self.exchange.quarantined.entry(key).or_insert((0, at));
        *entry = (entry.0 + 1, entry.1.max(at));
        Ok(())
    }
}
