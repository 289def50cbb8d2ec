//! A deck in plain maps: the store's oracle. Nothing is cached, everything is counted anew.

mod calls;
mod listing;
mod lists;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use super::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use super::{
    By, Candidate, Claimed, DeckSettings, HangUps, ImportFigures, NewContact, Recount, RowFate,
    Settled, Snapshot, Store, StoreError, Suppressed, entries, moves,
};
use crate::domain::campaign::Pacing;
use crate::domain::event::{EventKind, GENESIS, NewEvent, SealedEvent, seal};
use crate::domain::{
    Attempt, AttemptId, AttemptState, CallEvent, CallReport, CallerIdState, Campaign, CampaignId,
    CampaignSettings, CampaignState, ClassId, Contact, ContactId, ContactState, DeckId, ListKind,
    PhoneNumber, Right, Role, Suppression, SuppressionList, Timestamp, TrunkName, WindowClass,
};
use crate::policy::{Abandonment, Context, Facts, Refusal};
use crate::rules::Rules;

/// A deck in memory. Verbs check before they change anything, so that one that fails leaves no trace.
pub struct MemoryStore {
    rules: &'static Rules,
    deck: DeckId,
    settings: Option<DeckSettings>,
    caller_id_states: BTreeMap<PhoneNumber, CallerIdState>,
    /// Ends of the rests that blocked calls brought.
    caller_id_rests: BTreeMap<PhoneNumber, Timestamp>,
    campaigns: BTreeMap<CampaignId, Campaign>,
    classes: BTreeMap<ClassId, WindowClass>,
    contacts: BTreeMap<ContactId, Contact>,
    /// The line of the import each contact comes from.
    lines: BTreeMap<ContactId, u64>,
    attempts: BTreeMap<AttemptId, Attempt>,
    /// The instants from which sends count.
    counts_from: BTreeMap<AttemptId, Timestamp>,
    /// Attempts from before a release of the abandonment brake, which does not count them any more.
    forgiven: BTreeSet<AttemptId>,
    trunk_resets: BTreeMap<TrunkName, u64>,
    /// Loaded lists and their dates.
    lists: BTreeMap<ListKind, Timestamp>,
    suppressions: BTreeMap<(PhoneNumber, ListKind), Suppression>,
    revocations: BTreeMap<PhoneNumber, Timestamp>,
    refusals: BTreeMap<(CampaignId, String), u64>,
    log: Vec<(NewEvent, SealedEvent)>,
    /// Alerts that somebody has seen to.
    acknowledged: BTreeSet<i64>,
    hang_ups: HangUps,
    /// What whoever opened it may do.
    role: Role,
    in_group: bool,
}

impl MemoryStore {
    /// A new deck.
    pub fn new(deck: DeckId, rules: &'static Rules, now: Timestamp) -> Self {
        Self {
            rules,
            deck,
            settings: None,
            caller_id_states: BTreeMap::new(),
            caller_id_rests: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            classes: BTreeMap::new(),
            contacts: BTreeMap::new(),
            lines: BTreeMap::new(),
            attempts: BTreeMap::new(),
            counts_from: BTreeMap::new(),
            forgiven: BTreeSet::new(),
            trunk_resets: BTreeMap::new(),
            lists: BTreeMap::from([(ListKind::Internal, now)]),
            suppressions: BTreeMap::new(),
            revocations: BTreeMap::new(),
            refusals: BTreeMap::new(),
            log: Vec::new(),
            acknowledged: BTreeSet::new(),
            hang_ups: HangUps::default(),
            role: Role::Supervisor,
            in_group: false,
        }
    }

    /// Refuses what whoever opened the store may not do.
    fn permit(&self, right: Right) -> Result<(), StoreError> {
        moves::permit(self.role, right)
    }

    fn by_id(&self, id: CampaignId) -> Result<Campaign, StoreError> {
        let found = self.campaigns.get(&id).cloned();
        found.ok_or_else(|| StoreError::NoCampaign(id.to_string()))
    }

    fn note(&mut self, event: NewEvent) {
        let (seq, prev, after) = match self.log.last() {
            Some((_, last)) => (last.seq + 1, last.hash, Some(last.at)),
            None => (1, GENESIS, None),
        };
        let sealed = seal(&event, seq, &prev, after);
        self.log.push((event, sealed));
    }

    /// Brings a contact to its end.
    fn finish(&mut self, id: ContactId, state: ContactState, code: String, by: (&str, Timestamp)) {
        let Some(contact) = self.contacts.get_mut(&id) else {
            return;
        };
        contact.state = state;
        contact.reason = Some(code.clone());
        let contact = contact.clone();
        if state != ContactState::Done {
            *self.refusals.entry((contact.campaign, code)).or_default() += 1;
        }
        let campaign = &self.campaigns[&contact.campaign];
        let event = entries::contact_finished(campaign, &contact, by.0, by.1);
        self.note(event);
    }

    fn class_id(&mut self, class: &WindowClass) -> ClassId {
        let known = self.classes.iter().find(|(_, known)| *known == class);
        if let Some((id, _)) = known {
            return *id;
        }
        let id = ClassId(self.classes.keys().last().map_or(1, |last| last.0 + 1));
        self.classes.insert(id, class.clone());
        id
    }

    fn add_contact(&mut self, campaign: CampaignId, row: &NewContact, at: Timestamp) -> RowFate {
        let class = row.class.as_ref().map(|class| self.class_id(class));
        let known = self
            .contacts
            .values()
            .find(|known| known.campaign == campaign && known.number == row.number);
        if let Some(known) = known {
            let of_line = self.lines[&known.id];
            return RowFate::Duplicate { of_line };
        }
        let id = ContactId(self.contacts.keys().last().map_or(1, |last| last.0 + 1));
        let (class, state, reason) = match class {
            Ok(class) => (class, ContactState::Ready, None),
            Err(why) => {
                let refusal = Refusal::Unfit(why.clone());
                *self.refusals.entry((campaign, refusal.code())).or_default() += 1;
                (ClassId(0), refusal.contact_state(), Some(refusal.code()))
            }
        };
        let contact = Contact {
            id,
            campaign,
            number: row.number,
            name: row.name.clone(),
            state,
            reason,
            priority: row.priority,
            due: at,
            class,
            consent: row.consent.clone(),
            expires_at: row.expires_at,
            attempts: 0,
            last_outcome: None,
        };
        self.contacts.insert(id, contact);
        self.lines.insert(id, row.line);
        RowFate::Taken(id)
    }

    /// Contacts of a state, in the order of the queue.
    fn queue(&self, wanted: impl Fn(&Contact) -> bool) -> Vec<Contact> {
        let mut queue: Vec<Contact> = self
            .contacts
            .values()
            .filter(|contact| wanted(contact))
            .cloned()
            .collect();
        queue.sort_by_key(|contact| (contact.class, -i64::from(contact.priority), contact.due));
        queue
    }

    fn expiring(&self, now: Timestamp) -> Vec<Contact> {
        let own = |contact: &&Contact| {
            moves::is_open(contact.state) && contact.expires_at.is_some_and(|at| at <= now)
        };
        let mut expiring: Vec<Contact> = self.contacts.values().filter(own).cloned().collect();
        expiring.sort_by_key(|contact| (contact.expires_at, contact.id));
        for campaign in self.campaigns.values() {
            if moves::campaign_expiry(campaign, now).is_none() {
                continue;
            }
            let ours = |contact: &Contact| {
                contact.campaign == campaign.id && contact.expires_at.is_none_or(|at| at > now)
            };
            expiring.extend(self.queue(|one| ours(one) && one.state == ContactState::Ready));
            let mut waiting =
                self.queue(|one| ours(one) && matches!(one.state, ContactState::Waiting(_)));
            waiting.sort_by_key(|contact| (contact.due, contact.id));
            expiring.extend(waiting);
        }
        expiring
    }

    fn changed_campaign(&mut self, campaign: Campaign, event: Option<NewEvent>) -> Campaign {
        if let Some(event) = event {
            self.campaigns.insert(campaign.id, campaign.clone());
            self.note(event);
        }
        campaign
    }
}

impl Store for MemoryStore {
    fn restrict(&mut self, role: Role) {
        self.role = role;
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.in_group, true) {
            return Err(StoreError::Unusable("a group is already open".to_owned()));
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        if std::mem::replace(&mut self.in_group, false) {
            return Ok(());
        }
        Err(StoreError::Unusable("no group is open".to_owned()))
    }

    fn deck_id(&self) -> DeckId {
        self.deck
    }

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        Ok(false)
    }

    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError> {
        self.permit(Right::Lists)?;
        self.settings = Some(settings.clone());
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
        self.permit(Right::Lists)?;
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
        self.permit(Right::Campaigns)?;
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
        self.permit(Right::Campaigns)?;
        let mut campaign = self.by_id(id)?;
        let event = moves::set_pacing(&mut campaign, pacing, by)?;
        Ok(self.changed_campaign(campaign, event))
    }

    fn release_brake(
        &mut self,
        id: CampaignId,
        reason: &str,
        by: &By,
    ) -> Result<Abandonment, StoreError> {
        self.permit(Right::Campaigns)?;
        let campaign = self.by_id(id)?;
        let counts = self.abandonment(id, by.at);
        let attempts = self.attempts.values();
        let ended = attempts.filter(|one| one.campaign == id && one.outcome.is_some());
        self.forgiven.extend(ended.map(|one| one.id));
        self.note(entries::brake_released(&campaign, counts, reason, by));
        Ok(counts)
    }

    fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError> {
        self.permit(Right::Campaigns)?;
        let mut known = self.settings.iter().flat_map(|settings| &settings.trunks);
        if !known.any(|known| known.name == *trunk) {
            return Ok(false);
        }
        *self.trunk_resets.entry(trunk.clone()).or_default() += 1;
        self.note(entries::trunk_reset(trunk, by));
        Ok(true)
    }

    fn import_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError> {
        self.permit(Right::Lists)?;
        self.by_id(campaign)?;
        let rows = rows.iter();
        Ok(rows
            .map(|row| self.add_contact(campaign, row, at))
            .collect())
    }

    fn finish_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.permit(Right::Lists)?;
        let found = self.by_id(campaign)?;
        for event in entries::contacts_imported(&found, figures, by) {
            self.note(event);
        }
        if found.state == CampaignState::Done && figures.taken > 0 {
            let to = CampaignState::Running;
            self.move_campaign(campaign, to, moves::CONTACTS_ADDED, by)?;
        }
        Ok(())
    }

    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        let mut found = self.queue(|contact| contact.number == number);
        found.sort_by_key(|contact| contact.campaign);
        Ok(found)
    }

    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.permit(Right::Campaigns)?;
        self.call_again(contacts, by)
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
        look(&gathered.facts(self.rules, context));
        Ok(())
    }

    fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError> {
        self.permit(Right::OptOut)?;
        Ok(self.add_suppressions(suppressions))
    }

    fn import_suppressions(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError> {
        self.permit(Right::Lists)?;
        Ok(self.add_imported(list, numbers, by))
    }

    fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.permit(Right::Lists)?;
        self.lists.insert(list.clone(), as_of);
        self.note(entries::registry_loaded(list, as_of, figures, by));
        Ok(())
    }

    fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        reason: &str,
        by: &By,
    ) -> Result<bool, StoreError> {
        self.permit(Right::Lists)?;
        moves::reversible(list)?;
        if self.suppressions.remove(&(number, list.clone())).is_none() {
            return Ok(false);
        }
        self.lists.insert(list.clone(), by.at);
        self.note(entries::suppression_reversed(number, list, reason, by));
        Ok(true)
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
        self.permit(Right::Campaigns)?;
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
            .map(|contact| contact.due)
            .min())
    }

    fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.permit(Right::Campaigns)?;
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
        self.permit(Right::Campaigns)?;
        self.decide_and_act(contact, context, now)
    }

    fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError> {
        self.permit(Right::Campaigns)?;
        let Some(mut attempt) = self.attempts.get(&event.attempt).cloned() else {
            return Ok(false);
        };
        let kinds = moves::apply_event(&mut attempt, event, now);
        if kinds.is_empty() {
            return Ok(false);
        }
        self.save_attempt(&attempt, now);
        let campaign = self.by_id(attempt.campaign)?;
        for kind in kinds {
            self.note(entries::call_event(kind, &campaign, &attempt, now));
        }
        Ok(true)
    }

    fn mark_unknown(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.permit(Right::Campaigns)?;
        let found = self.attempts.get(&attempt).cloned();
        let may = |known: &Attempt| known.state.may_become(AttemptState::Unknown);
        let Some(mut attempt) = found.filter(may) else {
            return Ok(false);
        };
        attempt.state = AttemptState::Unknown;
        self.save_attempt(&attempt, now);
        let campaign = self.by_id(attempt.campaign)?;
        self.note(entries::attempt_unknown(&campaign, &attempt, why, now));
        Ok(true)
    }

    fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError> {
        self.permit(Right::Campaigns)?;
        self.end_and_follow_up(attempt, report, at, now)
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
        self.permit(Right::Lists)?;
        self.caller_id_states.insert(number, state);
        self.caller_id_rests.remove(&number);
        self.note(entries::caller_id_set(number, state, by));
        Ok(())
    }

    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError> {
        self.permit(Right::Campaigns)?;
        self.hang_ups.asked += 1;
        self.note(entries::hang_up_asked(reason, by));
        Ok(self.hang_ups.asked)
    }

    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError> {
        self.permit(Right::Campaigns)?;
        self.hang_ups.taken = self.hang_ups.taken.max(wish);
        Ok(())
    }

    fn hang_ups(&mut self) -> Result<HangUps, StoreError> {
        Ok(self.hang_ups)
    }

    fn acknowledge(&mut self, seq: i64, _by: &By) -> Result<bool, StoreError> {
        self.permit(Right::Campaigns)?;
        let mut log = self.log.iter();
        let is_alert =
            log.any(|(event, sealed)| sealed.seq == seq && event.kind == EventKind::AlertRaised);
        Ok(is_alert && self.acknowledged.insert(seq))
    }

    fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError> {
        Ok(self.picture(now))
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
        self.permit(Right::Campaigns)?;
        self.note(event.clone());
        Ok(())
    }

    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        let entries = self.log.iter().map(|(_, sealed)| sealed);
        Ok(entries
            .filter(|sealed| sealed.seq > after)
            .take(limit)
            .cloned()
            .collect())
    }

    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        let entries = self.log.iter().rev().map(|(_, sealed)| sealed);
        Ok(entries
            .filter(|sealed| sealed.seq < before)
            .take(limit)
            .cloned()
            .collect())
    }
}
