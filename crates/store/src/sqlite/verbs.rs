//! The verbs that change the store, each passed to the part that owns its subject.

use std::collections::BTreeSet;

use super::{
    SqliteStore, attempts, campaigns, claim, contacts, exchange, incarnation, log, meta, schema,
    settle, suppression, timing,
};
use crate::exchange::{Delivery, Message, Receipt, ResultsTurn};
use crate::verbs::{ActVerbs, EngineVerbs};
use crate::{
    By, Candidate, Claimed, ClockAccepted, DeckSettings, ImportFigures, ImportPlan, ImportTarget,
    NewContact, PendingEnd, Restored, Reversal, RowFate, Settled, StoreError, Suppressed, entries,
    moves,
};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::NewEvent;
use dialdeck_core::domain::{
    Area, AttemptId, CallEvent, CallReport, CallerIdState, Campaign, CampaignId, CampaignSettings,
    CampaignState, ClockHeld, ContactId, DeckId, ListKind, NewIncarnation, PhoneNumber,
    Suppression, Timestamp, TrunkName,
};
use dialdeck_core::policy::breaker::Kept;
use dialdeck_core::policy::{Context, LiveCalls};

impl ActVerbs for SqliteStore {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.begin_group()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.commit_group()
    }

    fn configure(&mut self, settings: &DeckSettings) -> Result<(), StoreError> {
        self.write(|work| campaigns::configure(work, settings))
    }

    fn add_campaign(
        &mut self,
        settings: &CampaignSettings,
        by: &By,
    ) -> Result<CampaignId, StoreError> {
        self.write(|work| campaigns::add(work, settings, by))
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

    fn requeue(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.write(|work| contacts::requeue(work, contacts, by))
    }

    fn note_reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        self.write(|work| contacts::note_reached(work, contacts, by))
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

    fn hang_up_all(&mut self, reason: &str, by: &By) -> Result<u64, StoreError> {
        self.write(|work| meta::hang_up_all(work, reason, by))
    }

    fn acknowledge(&mut self, seq: i64, by: &By) -> Result<bool, StoreError> {
        self.write(|work| log::acknowledge(work, seq, by))
    }

    fn append(&mut self, event: &NewEvent) -> Result<(), StoreError> {
        self.write_plainly(|work| log::append(work, event))
    }

    fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError> {
        self.write(|work| exchange::turn(work, done, now, limit))
    }

    fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError> {
        self.write(|work| exchange::resend(work, seq, now))
    }

    fn begin_incarnation(&mut self, new: &NewIncarnation, by: &By) -> Result<i64, StoreError> {
        self.write(|work| incarnation::begin(work, new, by))
    }

    fn confirm_lists(&mut self, reason: &str, by: &By) -> Result<BTreeSet<ListKind>, StoreError> {
        self.write(|work| incarnation::confirm(work, reason, by))
    }

    fn accept_clock(
        &mut self,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Option<ClockAccepted>, StoreError> {
        self.write(|work| timing::accept(work, reason, by))
    }
}

impl EngineVerbs for SqliteStore {
    fn promote_due(&mut self, now: Timestamp, limit: usize) -> Result<Vec<Candidate>, StoreError> {
        self.write(|work| contacts::promote(work, now, limit))
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

    fn note_numbers(
        &mut self,
        trunk: &TrunkName,
        owned: &[PhoneNumber],
        by: &By,
    ) -> Result<(), StoreError> {
        self.write(|work| campaigns::note_numbers(work, trunk, owned, by))
    }

    fn hung_up(&mut self, wish: u64) -> Result<(), StoreError> {
        self.conclude(|work| meta::hung_up(work, wish))
    }

    fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError> {
        self.write(|work| timing::hold(work, held))
    }

    fn tag_run(&mut self, drawn: u32) -> Result<DeckId, StoreError> {
        self.write(|work| incarnation::tag_run(work, drawn))
    }

    fn receive(&mut self, message: &Message, at: Timestamp) -> Result<Receipt, StoreError> {
        self.conclude(|work| exchange::receive(work, message, at))
    }

    fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        self.conclude(|work| exchange::quarantine(work, trunk, reason, at))
    }
}

impl SqliteStore {
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
