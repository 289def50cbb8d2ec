//! The verbs that change nothing, each passed to the part that owns its subject.

use std::collections::BTreeMap;

use super::{
    SqliteStore, attempts, campaigns, claim, contacts, exchange, incarnation, listing, log, meta,
    snapshot, suppression,
};
use crate::exchange::{CallerIdFigures, Message, Quarantined, ResultDue};
use crate::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use crate::verbs::ReadVerbs;
use crate::{Candidate, DeckSettings, HangUps, Recount, Snapshot, StoreError};
use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::{
    Attempt, AttemptId, Campaign, CampaignId, ClassId, Contact, ContactId, Incarnations, ListKind,
    PhoneNumber, Recovery, Suppression, SuppressionList, Timestamp,
};
use dialdeck_core::policy::{Context, Facts};

impl ReadVerbs for SqliteStore {
    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        self.changed()
    }

    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError> {
        self.read(|work| Ok(campaigns::settings(work)?.map(|known| known.as_ref().clone())))
    }

    fn campaign(&mut self, name: &str) -> Result<Campaign, StoreError> {
        self.read(|work| Ok(campaigns::named(work, name)?.as_ref().clone()))
    }

    fn campaigns(&mut self) -> Result<Vec<Campaign>, StoreError> {
        self.read(|work| {
            let all = campaigns::all(work)?;
            Ok(all.iter().map(|known| known.as_ref().clone()).collect())
        })
    }

    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        self.read(|work| contacts::with(work, number))
    }

    fn attempts_of(&mut self, contact: ContactId) -> Result<Vec<Attempt>, StoreError> {
        self.read(|work| attempts::of_contact(work, contact))
    }

    fn examine(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
        look: &mut dyn FnMut(&Facts<'_>),
    ) -> Result<(), StoreError> {
        self.read(|work| claim::examine(work, contact, context, now, look))
    }

    fn would_end(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
        self.read(|work| suppression::would_end(work, list, numbers, at))
    }

    fn suppressions_of(&mut self, number: PhoneNumber) -> Result<Vec<Suppression>, StoreError> {
        self.read(|work| suppression::of_number(work, number))
    }

    fn lists(&mut self) -> Result<Vec<SuppressionList>, StoreError> {
        self.read(|work| Ok(suppression::lists(work)?.to_vec()))
    }

    fn list_page(
        &mut self,
        list: &ListKind,
        after: Option<PhoneNumber>,
        limit: usize,
    ) -> Result<Vec<Suppression>, StoreError> {
        self.read(|work| suppression::page(work, list, after, limit))
    }

    fn refill(
        &mut self,
        campaign: CampaignId,
        class: ClassId,
        after: Option<Candidate>,
        limit: usize,
    ) -> Result<Vec<Candidate>, StoreError> {
        self.read(|work| contacts::refill(work, campaign, class, after, limit))
    }

    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.read(contacts::first_due)
    }

    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError> {
        self.read(|work| attempts::open(work))
    }

    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError> {
        self.read(|work| attempts::unsent(work))
    }

    fn hang_ups(&mut self) -> Result<HangUps, StoreError> {
        self.read(|work| meta::hang_ups(work))
    }

    fn snapshot(&mut self, now: Timestamp) -> Result<Snapshot, StoreError> {
        self.read(|work| snapshot::snapshot(work, now))
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
        self.read(|work| listing::page(work, query, from, direction, filling))
    }

    fn recount(&mut self) -> Result<BTreeMap<CampaignId, Recount>, StoreError> {
        self.read(|work| snapshot::recount(work))
    }

    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        self.read(|work| log::tail(work, after, limit))
    }

    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        self.read(|work| log::before(work, before, limit))
    }

    fn messages(&mut self) -> Result<Vec<Message>, StoreError> {
        self.read(|work| exchange::messages(work))
    }

    fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError> {
        self.read(|work| exchange::agent_results(work, contact))
    }

    fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError> {
        self.read(|work| exchange::quarantined(work))
    }

    fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError> {
        self.read(exchange::given_up)
    }

    fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError> {
        self.read(|work| {
            let figures = numbers.iter().map(|id| exchange::figures(work, *id, now));
            figures.collect()
        })
    }

    fn recovery(&mut self) -> Result<Option<Recovery>, StoreError> {
        self.read(|work| Ok(incarnation::recovery(work)?.map(|known| known.as_ref().clone())))
    }

    fn incarnations(&mut self) -> Result<Incarnations, StoreError> {
        self.read(|work| incarnation::all(work.conn))
    }
}

impl SqliteStore {
    /// Returns a snapshot and the recount of the same instant, even if other processes commit at the time.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn snapshot_and_recount(
        &mut self,
        now: Timestamp,
    ) -> Result<(Snapshot, BTreeMap<CampaignId, Recount>), StoreError> {
        self.read(|work| Ok((snapshot::snapshot(work, now)?, snapshot::recount(work)?)))
    }
}
