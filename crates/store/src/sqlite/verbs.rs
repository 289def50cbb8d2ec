//! The store's verbs, each passed to the part that owns its subject.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    SqliteStore, attempts, campaigns, claim, contacts, listing, log, meta, schema, settle,
    snapshot, suppression,
};
use crate::listing::{ContactPage, ContactQuery, Direction, Filling, ListKey};
use crate::verbs::Verbs;
use crate::{
    By, Candidate, Claimed, DeckSettings, HangUps, ImportFigures, ImportPlan, ImportTarget,
    NewContact, PendingEnd, Recount, Restored, Reversal, RowFate, Settled, Snapshot, StoreError,
    Suppressed, entries, moves,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::{NewEvent, SealedEvent};
use dialdeck_core::domain::{
    Area, Attempt, AttemptId, CallEvent, CallReport, CallerIdState, Campaign, CampaignId,
    CampaignSettings, CampaignState, ClassId, Contact, ContactId, ListKind, PhoneNumber,
    Suppression, SuppressionList, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, Facts, LiveCalls};

impl Verbs for SqliteStore {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.begin_group()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.commit_group()
    }

    fn changed_elsewhere(&mut self) -> Result<bool, StoreError> {
        self.changed()
    }

    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError> {
        self.write(|work| campaigns::configure(work, settings))
    }

    fn settings(&mut self) -> Result<Option<DeckSettings>, StoreError> {
        self.read(|work| Ok(campaigns::settings(work)?.map(|known| known.as_ref().clone())))
    }

    fn add_campaign(
        &mut self,
        settings: &CampaignSettings,
        by: &By,
    ) -> Result<CampaignId, StoreError> {
        self.write(|work| campaigns::add(work, settings, by))
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

    fn move_campaign(
        &mut self,
        id: CampaignId,
        to: CampaignState,
        note: &str,
        by: &By,
    ) -> Result<Campaign, StoreError> {
        self.write(|work| campaigns::move_to(work, id, to, note, by))
    }

    fn set_pacing(
        &mut self,
        id: CampaignId,
        pacing: Pacing,
        by: &By,
    ) -> Result<Campaign, StoreError> {
        let who = self.who;
        self.write(|work| {
            let from = campaigns::by_id(work, id)?.settings.pacing;
            moves::permit(who, moves::right_to_pace(from, pacing))?;
            campaigns::set_pacing(work, id, pacing, by)
        })
    }

    fn release_brake(
        &mut self,
        id: CampaignId,
        reason: &str,
        by: &By,
    ) -> Result<LiveCalls, StoreError> {
        self.write(|work| campaigns::release_brake(work, id, reason, by))
    }

    fn reset_trunk(&mut self, trunk: &TrunkName, by: &By) -> Result<bool, StoreError> {
        self.write(|work| campaigns::reset_trunk(work, trunk, by))
    }

    fn start_import(
        &mut self,
        into: &ImportTarget,
        plan: &ImportPlan,
        by: &By,
    ) -> Result<i64, StoreError> {
        self.write(|work| meta::start_import(work, into, plan, by))
    }

    fn import_contacts(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError> {
        self.import(campaign, rows, at)
    }

    fn finish_import(
        &mut self,
        campaign: CampaignId,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.write(|work| campaigns::finish_import(work, campaign, figures, by))
    }

    fn contacts_with(&mut self, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
        self.read(|work| contacts::with(work, number))
    }

    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.write(|work| contacts::requeue(work, contacts, by))
    }

    fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.write(|work| contacts::note_reached(work, contacts, by))
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

    fn suppress(&mut self, suppressions: &[Suppression]) -> Result<Suppressed, StoreError> {
        self.write(|work| suppression::add(work, suppressions))
    }

    fn import_suppressions(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        by: &By,
    ) -> Result<Suppressed, StoreError> {
        self.write(|work| suppression::import(work, list, numbers, by))
    }

    fn would_end(
        &mut self,
        list: &ListKind,
        numbers: &[PhoneNumber],
        at: Timestamp,
    ) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
        self.read(|work| suppression::would_end(work, list, numbers, at))
    }

    fn finish_list(
        &mut self,
        list: &ListKind,
        as_of: Timestamp,
        areas: &BTreeSet<Area>,
        figures: &ImportFigures,
        by: &By,
    ) -> Result<(), StoreError> {
        self.write(|work| suppression::finish(work, list, (as_of, areas), figures, by))
    }

    fn reverse_suppression(
        &mut self,
        number: PhoneNumber,
        list: &ListKind,
        how: Reversal<'_>,
        by: &By,
    ) -> Result<Option<Restored>, StoreError> {
        self.write(|work| suppression::reverse(work, number, list, how, by))
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

    fn promote_due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Candidate>, StoreError> {
        self.write(|work| contacts::promote(work, now, limit))
    }

    fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        self.read(contacts::first_due)
    }

    fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.write(|work| contacts::expire(work, now, limit))
    }

    fn claim(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        self.makes_attempts()?;
        self.write_plainly(|work| {
            work.mem.may_begin()?;
            claim::claim(work, contact, context, now)
        })
    }

    fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError> {
        self.makes_attempts()?;
        self.write_plainly(|work| attempts::record(work, event, now))
    }

    fn mark_unknown(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.makes_attempts()?;
        self.write_plainly(|work| attempts::mark_unknown(work, attempt, why, now))
    }

    fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError> {
        self.makes_attempts()?;
        self.write_plainly(|work| settle::settle(work, attempt, report, at, now))
    }

    fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError> {
        self.conclude(|work| campaigns::keep_rest(work, trunk, kept))
    }

    fn note_unclosed(
        &mut self,
        attempt: AttemptId,
        trunk: Option<&TrunkName>,
    ) -> Result<(), StoreError> {
        self.conclude(|work| meta::note_unclosed(work, attempt, trunk))
    }

    fn keep_end(&mut self, attempt: AttemptId, end: &PendingEnd) -> Result<(), StoreError> {
        self.conclude(|work| meta::keep_end(work, attempt, end))
    }

    fn open_attempts(&mut self) -> Result<Vec<Attempt>, StoreError> {
        self.read(|work| attempts::open(work))
    }

    fn unsent(&mut self) -> Result<Vec<Attempt>, StoreError> {
        self.read(|work| attempts::unsent(work))
    }

    fn set_caller_id_state(
        &mut self,
        number: PhoneNumber,
        state: CallerIdState,
        by: &By,
    ) -> Result<(), StoreError> {
        self.write(|work| {
            campaigns::set_caller_id_state(work, number, state)?;
            log::append(work, &entries::caller_id_set(number, state, by))
        })
    }

    fn note_numbers(
        &mut self,
        trunk: &TrunkName,
        owned: &[PhoneNumber],
        by: &By,
    ) -> Result<(), StoreError> {
        self.write(|work| campaigns::note_numbers(work, trunk, owned, by))
    }

    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError> {
        self.write(|work| meta::hang_up_all(work, reason, by))
    }

    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError> {
        self.conclude(|work| meta::hung_up(work, wish))
    }

    fn hang_ups(&mut self) -> Result<HangUps, StoreError> {
        self.read(|work| meta::hang_ups(work))
    }

    fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError> {
        self.write(|work| log::acknowledge(work, seq, by))
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

    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError> {
        self.write_plainly(|work| log::append(work, event))
    }

    fn tail(&mut self, after: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        self.read(|work| log::tail(work, after, limit))
    }

    fn log_before(&mut self, before: i64, limit: usize) -> Result<Vec<SealedEvent>, StoreError> {
        self.read(|work| log::before(work, before, limit))
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

    /// Makes this handle the engine's, from the first attempt it makes. Its ledger is then kept by its own
    /// verbs, and commits of other processes no longer invalidate it.
    pub(super) fn makes_attempts(&mut self) -> Result<(), StoreError> {
        if !self.mem.engine {
            schema::prefer_small_commits(&self.conn)?;
            self.mem.engine = true;
            self.mem.ledger = None;
        }
        Ok(())
    }
}
