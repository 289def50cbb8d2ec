//! A deck in plain maps: the reference implementation. Nothing is cached, everything is counted each time.

mod calls;
mod exchange;
mod imports;
mod listing;
mod lists;
mod reads;
mod snapshot;
mod trunks;
mod verbs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::crosscheck::Content;
use super::rights::{Handle, Restricted};
use super::{
    DeckSettings, Engine, HangUps, NewContact, PendingEnd, RowFate, StoreError, entries, moves,
};
use dialdeck_core::domain::event::{GENESIS, NewEvent, SealedEvent, seal};
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, Authority, CallerIdState, Campaign, CampaignId, ClassId, ClockHeld,
    Contact, ContactId, ContactState, DeckId, Incarnations, ListKind, Ownership, PhoneNumber,
    Recovery, Role, Suppression, Timestamp, TrunkName, UnfinishedImport, WindowClass,
};
use dialdeck_core::policy::Refusal;
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::rules::Rules;

/// A deck in memory. Verbs check before they change anything, so that a verb that fails changes nothing.
pub struct MemoryStore {
    rules: Arc<Rules>,
    deck: DeckId,
    ids: Incarnations,
    recovery: Option<Recovery>,
    clock_held: Option<ClockHeld>,
    clock_accepted: Option<(i64, Timestamp)>,
    settings: Option<DeckSettings>,
    caller_id_states: BTreeMap<PhoneNumber, CallerIdState>,
    /// Ends of the rests that blocked calls caused.
    caller_id_rests: BTreeMap<PhoneNumber, Timestamp>,
    /// What providers reported about the numbers of their trunks.
    ownership: BTreeMap<(TrunkName, PhoneNumber), Ownership>,
    campaigns: BTreeMap<CampaignId, Campaign>,
    classes: BTreeMap<ClassId, WindowClass>,
    contacts: BTreeMap<ContactId, Contact>,
    /// The line of the import each contact comes from.
    lines: BTreeMap<ContactId, u64>,
    /// Each contact's further columns, as JSON.
    variables: BTreeMap<ContactId, String>,
    /// The digests of what imports have written.
    contents: BTreeMap<CampaignId, Content>,
    attempts: BTreeMap<AttemptId, Attempt>,
    /// The instants from which sends count.
    counts_from: BTreeMap<AttemptId, Timestamp>,
    /// Attempts that ended before the abandonment brake was released, which no longer counts them.
    forgiven: BTreeSet<AttemptId>,
    trunk_resets: BTreeMap<TrunkName, u64>,
    trunk_rests: BTreeMap<TrunkName, Kept>,
    unclosed: BTreeMap<AttemptId, TrunkName>,
    pending_ends: BTreeMap<AttemptId, PendingEnd>,
    unfinished_imports: BTreeMap<i64, UnfinishedImport>,
    /// Loaded lists and their dates.
    lists: BTreeMap<ListKind, Timestamp>,
    /// The areas that registries cover, with their dates.
    areas: BTreeMap<ListKind, BTreeMap<Area, Timestamp>>,
    suppressions: BTreeMap<(PhoneNumber, ListKind), Suppression>,
    revocations: BTreeMap<PhoneNumber, Timestamp>,
    refusals: BTreeMap<(CampaignId, String), u64>,
    log: Vec<(NewEvent, SealedEvent)>,
    /// The sequence numbers of acknowledged alerts.
    acknowledged: BTreeSet<i64>,
    hang_ups: HangUps,
    exchange: exchange::Exchanged,
    /// The authority that the store was opened with.
    who: Authority,
    in_group: bool,
}

impl Restricted for MemoryStore {
    fn authority(&self) -> Authority {
        self.who
    }

    fn restrict_to(&mut self, who: Authority) {
        self.who = who;
    }

    fn identity(&self) -> DeckId {
        self.deck
    }
}

impl Handle for MemoryStore {
    type Store = Self;

    fn store(&self) -> &Self {
        self
    }

    fn store_mut(&mut self) -> &mut Self {
        self
    }
}

impl MemoryStore {
    /// Creates an empty deck. Its internal list is dated `now`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::Reads as _;
    /// use dialdeck_store::memory::MemoryStore;
    ///
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = MemoryStore::new(DeckId(0x7f3a_9c21), Rules::embedded(), now);
    /// let snapshot = store.snapshot(now)?;
    /// assert!(snapshot.campaigns.is_empty());
    /// assert_eq!(snapshot.lists.len(), 1);
    /// assert_eq!(snapshot.head, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(deck: DeckId, rules: &Arc<Rules>, now: Timestamp) -> Self {
        Self {
            rules: Arc::clone(rules),
            deck,
            ids: deck.into(),
            recovery: None,
            clock_held: None,
            clock_accepted: None,
            settings: None,
            caller_id_states: BTreeMap::new(),
            caller_id_rests: BTreeMap::new(),
            ownership: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            classes: BTreeMap::new(),
            contacts: BTreeMap::new(),
            lines: BTreeMap::new(),
            variables: BTreeMap::new(),
            contents: BTreeMap::new(),
            attempts: BTreeMap::new(),
            counts_from: BTreeMap::new(),
            forgiven: BTreeSet::new(),
            trunk_resets: BTreeMap::new(),
            trunk_rests: BTreeMap::new(),
            unclosed: BTreeMap::new(),
            pending_ends: BTreeMap::new(),
            unfinished_imports: BTreeMap::new(),
            lists: BTreeMap::from([(ListKind::Internal, now)]),
            areas: BTreeMap::new(),
            suppressions: BTreeMap::new(),
            revocations: BTreeMap::new(),
            refusals: BTreeMap::new(),
            log: Vec::new(),
            acknowledged: BTreeSet::new(),
            hang_ups: HangUps::default(),
            exchange: exchange::Exchanged::default(),
            who: Role::Supervisor.into(),
            in_group: false,
        }
    }

    /// Makes the store its engine's and returns that handle.
    pub const fn into_engine(self) -> Engine<Self> {
        Engine::new(self)
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

    /// Ends a contact, counts why, and logs it.
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
        let known = self
            .contacts
            .values()
            .find(|known| known.campaign == campaign && known.number == row.number);
        if let Some(known) = known {
            let of_line = self.lines[&known.id];
            return RowFate::Duplicate {
                of: known.id,
                of_line,
            };
        }
        let id = ContactId(self.contacts.keys().last().map_or(1, |last| last.0 + 1));
        let (class, state, reason) = match &row.class {
            Ok(class) => (self.class_id(class), ContactState::Ready, None),
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
        self.variables.insert(id, row.variables.clone());
        RowFate::Taken(id)
    }

    /// Returns the wanted contacts, in the order of the queue.
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
