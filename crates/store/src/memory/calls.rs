//! Claims and the ends of calls, in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::MemoryStore;
use crate::facts::{self, Gathered};
use crate::moves::Late;
use crate::verbs::ActVerbs as _;
use crate::{By, Claimed, Settled, StoreError, entries, moves, opt_out_on_call};
use dialdeck_core::domain::event::RetryCause;
use dialdeck_core::domain::outcome::{CallerIdFinding, Classification};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CallEvent, CallReport, Campaign, CampaignState, Contact,
    ContactId, ContactState, ListKind, Outcome, PhoneNumber, Timestamp, WaitReason,
};
use dialdeck_core::policy::pacing::HOUR;
use dialdeck_core::policy::retry::{self, Next};
use dialdeck_core::policy::{Context, Decision, DialOrder, decide, suppression};

impl MemoryStore {
    pub(super) fn decide_and_act(
        &mut self,
        contact: ContactId,
        context: &Context,
        now: Timestamp,
    ) -> Result<Claimed, StoreError> {
        let found = self.contacts.get(&contact).cloned();
        let Some(contact) = found.filter(|known| known.state == ContactState::Ready) else {
            return Ok(Claimed::Stale);
        };
        let gathered = self.gather(contact.clone(), now)?;
        match decide(&gathered.facts(&self.rules, context), now) {
            Decision::Dial(order) => Ok(self.reserve(&gathered, order, now)),
            Decision::Hold(hold) => {
                let Some(waits) = moves::waiting(&contact, &hold, now) else {
                    return Ok(Claimed::Held { hold, due: None });
                };
                let due = moves::by_time(waits.due);
                self.contacts.insert(waits.id, waits);
                Ok(Claimed::Held { hold, due })
            }
            Decision::Refuse(refusal) => {
                let by = (entries::ENGINE, now);
                self.finish(contact.id, refusal.contact_state(), refusal.code(), by);
                Ok(Claimed::Refused(refusal))
            }
        }
    }

    pub(super) fn call_again(
        &mut self,
        contacts: &[ContactId],
        by: &By,
    ) -> Result<u64, StoreError> {
        let mut changed = Vec::new();
        for id in contacts.iter().copied().collect::<BTreeSet<_>>() {
            let before = self
                .contacts
                .get(&id)
                .ok_or_else(|| moves::no_contact(id))?;
            let campaign = self.by_id(before.campaign)?;
            if let Some(after) = moves::requeue(&campaign, before, by)? {
                changed.push((before.clone(), after, campaign));
            }
        }
        let mut done = BTreeSet::new();
        let count = changed.len() as u64;
        for (before, after, campaign) in changed {
            self.unrefuse(&before);
            self.note(entries::requeued(
                &campaign,
                &after,
                RetryCause::Requeued,
                by,
            ));
            self.contacts.insert(after.id, after);
            if campaign.state == CampaignState::Done {
                done.insert(campaign.id);
            }
        }
        for campaign in done {
            self.move_campaign(campaign, CampaignState::Running, moves::CALLED_AGAIN, by)?;
        }
        Ok(count)
    }

    pub(super) fn reached(&mut self, contacts: &[ContactId], by: &By) -> Result<u64, StoreError> {
        let ids: BTreeSet<ContactId> = contacts.iter().copied().collect();
        let mut judged = Vec::new();
        for id in &ids {
            let known = self
                .contacts
                .get(id)
                .ok_or_else(|| moves::no_contact(*id))?;
            moves::may_be_judged(&self.by_id(known.campaign)?, known)?;
            judged.push(known.clone());
        }
        for contact in &judged {
            self.unrefuse(contact);
            let code = moves::REACHED.to_owned();
            self.finish(contact.id, ContactState::Done, code, (&by.actor, by.at));
        }
        Ok(ids.len() as u64)
    }

    /// Takes a contact that had ended out of the counts of reasons.
    pub(super) fn unrefuse(&mut self, contact: &Contact) {
        let Some(code) = contact.reason.clone().filter(|_| contact.state.is_final()) else {
            return;
        };
        let key = (contact.campaign, code);
        let left = self.refusals.get(&key).map_or(0, |n| n.saturating_sub(1));
        if left == 0 {
            self.refusals.remove(&key);
        } else {
            self.refusals.insert(key, left);
        }
    }

    /// Records a call event. Returns `false` if it is late or repeated.
    pub(super) fn note_event(
        &mut self,
        event: &CallEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(mut attempt) = self.attempts.get(&event.attempt).cloned() else {
            return Ok(false);
        };
        if !attempt.state.in_flight() {
            return self.hear_late(&attempt, event, now);
        }
        let entries = moves::apply_event(&mut attempt, event, now);
        if entries.is_empty() {
            return Ok(false);
        }
        self.save_attempt(&attempt, now);
        let campaign = self.by_id(attempt.campaign)?;
        for data in entries {
            self.note(entries::call_event(data, &campaign, &attempt, now));
        }
        Ok(true)
    }

    /// Handles a late event about an attempt that has ended. Returns `false` if it adds nothing.
    fn hear_late(
        &mut self,
        was: &Attempt,
        event: &CallEvent,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let campaign = self.by_id(was.campaign)?;
        let mut attempt = was.clone();
        let busy = !self.in_flight(|one| one.number == was.number).is_empty();
        match moves::late(was, &event.kind, busy) {
            Late::Nothing => return Ok(false),
            Late::Counts(read) => {
                self.write_correction(&campaign, was, &CallReport::default(), &read, now)?;
                return Ok(true);
            }
            Late::Open => moves::reopen(&mut attempt, event, now),
        }
        self.save_attempt(&attempt, now);
        let newest = self.is_newest(&attempt);
        if let Some(contact) = self.contacts.get_mut(&attempt.contact) {
            *contact = moves::called_after_all(contact, was, newest);
        }
        self.note(entries::attempt_reopened(
            &campaign,
            &attempt,
            was,
            &event.kind,
            now,
        ));
        Ok(true)
    }

    /// Marks an attempt's fate as unknown. Returns `false` if it was unknown already or has ended.
    pub(super) fn lose(
        &mut self,
        attempt: AttemptId,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
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

    pub(super) fn end_and_follow_up(
        &mut self,
        id: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError> {
        let Some(mut attempt) = self.attempts.get(&id).cloned() else {
            return Ok(None);
        };
        if !attempt.state.in_flight() {
            if report.opted_out {
                self.add_suppressions(&[opt_out_on_call(&attempt, now)])?;
            }
            return self.correct(&attempt, report, now);
        }
        let campaign = self.by_id(attempt.campaign)?;
        if attempt.state == AttemptState::Unknown {
            let found = entries::found(report);
            self.note(entries::attempt_reconciled(&campaign, &attempt, found, now));
        }
        let read = self.read_end(&attempt, report);
        moves::end_attempt(&mut attempt, report, &read, at, now);
        self.save_attempt(&attempt, now);
        self.pending_ends.remove(&id);
        self.note(entries::call_ended(&campaign, &attempt, report, &read, now));
        if report.opted_out {
            self.add_suppressions(&[opt_out_on_call(&attempt, now)])?;
        }
        if read.caller_id != CallerIdFinding::Fine {
            self.exchange.blocks.insert(id, now);
        }
        let mut rested = None;
        let settings = self.effective_settings();
        let rest = settings.and_then(|known| moves::rest_of(&known, attempt.caller_id, now));
        let rests = self.has_to_rest(read.caller_id, attempt.caller_id, now);
        if let Some(until) = rest.filter(|_| rests) {
            rested = Some(attempt.caller_id);
            self.caller_id_rests.insert(attempt.caller_id, until);
            let event = entries::caller_id_blocked(&campaign, &attempt, until, now);
            self.note(event);
        }
        let next = self.follow_up(&campaign, &attempt, &read, None, now)?;
        let abandoned = read.outcome == Outcome::Abandoned;
        let abandonment = abandoned.then(|| self.abandonment(campaign.id, now));
        Ok(Some(Settled {
            abandonment,
            ..Settled::new(read, next, rested, report)
        }))
    }

    fn has_to_rest(&self, finding: CallerIdFinding, shown: PhoneNumber, now: Timestamp) -> bool {
        let blocks = self.exchange.blocks.iter();
        let recent = blocks.filter(|(_, at)| **at > now - HOUR);
        let calls = recent.filter_map(|(attempt, _)| self.attempts.get(attempt));
        let callees: BTreeSet<PhoneNumber> = calls
            .filter(|call| call.caller_id == shown)
            .map(|call| call.number)
            .collect();
        let load = self.ledger(now).caller_id(shown, u32::MAX, now);
        moves::has_to_rest(finding, callees.len() as u64, load.sent_last_hour.into())
    }

    /// Corrects an attempt that had ended with another outcome. Returns `None` if the report does not prove
    /// that.
    fn correct(
        &mut self,
        was: &Attempt,
        report: &CallReport,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError> {
        let Some(read) = moves::correction(was, report) else {
            return Ok(None);
        };
        let campaign = self.by_id(was.campaign)?;
        let next = self.write_correction(&campaign, was, report, &read, now)?;
        Ok(Some(Settled::new(read, next, None, report)))
    }

    fn write_correction(
        &mut self,
        campaign: &Campaign,
        was: &Attempt,
        report: &CallReport,
        read: &Classification,
        now: Timestamp,
    ) -> Result<Option<Next>, StoreError> {
        let mut attempt = was.clone();
        moves::correct(&mut attempt, report, read);
        self.save_attempt(&attempt, now);
        let event = entries::attempt_corrected(campaign, &attempt, was, read, now);
        self.note(event);
        self.follow_up(campaign, &attempt, read, Some(was), now)
    }

    /// Returns whether the attempt is its contact's last one.
    fn is_newest(&self, attempt: &Attempt) -> bool {
        let mut of_contact = self.attempts.values();
        let newest = of_contact.rfind(|one| one.contact == attempt.contact);
        newest.is_some_and(|newest| newest.id == attempt.id)
    }

    fn read_end(&self, attempt: &Attempt, report: &CallReport) -> Classification {
        let read = moves::read_end(attempt, report);
        let likewise = |one: &Attempt| {
            one.campaign == attempt.campaign
                && one.number == attempt.number
                && one.cause.as_deref() == Some(read.cause)
        };
        if moves::earlier_matters(&read) && self.attempts.values().any(likewise) {
            return read.repeated();
        }
        read
    }

    pub(super) fn gather(&self, contact: Contact, now: Timestamp) -> Result<Gathered, StoreError> {
        let campaign = self.by_id(contact.campaign)?;
        let settings = self.effective_settings().unwrap_or_else(moves::no_settings);
        let ledger = self.ledger(now);
        let mut caller_ids = facts::showable(&settings, &campaign);
        facts::look_up_use(&mut caller_ids, &ledger, now);
        let number = contact.number;
        let suppressions = self.on_lists(|entry| {
            entry.number == number && moves::may_bind(&entry.list, campaign.name())
        });
        let mut history: Vec<&Attempt> = self
            .attempts
            .values()
            .filter(|one| one.number == number && one.reserved_at >= now - moves::HISTORY)
            .collect();
        history.sort_by_key(|attempt| (attempt.reserved_at, attempt.id));
        history.reverse();
        let class = self.classes.get(&contact.class).cloned();
        Ok(Gathered {
            class: Arc::new(class.unwrap_or_else(moves::no_class)),
            suppressions,
            lists: Arc::new(self.loaded_lists()),
            consent_revoked_at: self.revocations.get(&number).copied(),
            history: history.iter().map(|one| facts::past(one, now)).collect(),
            number_in_flight: !self.in_flight(|one| one.number == number).is_empty(),
            load: facts::loads(&ledger, &settings, &campaign, now),
            caller_ids,
            abandonment: self.abandonment(campaign.id, now),
            recovery: self.recovery.clone().map(Arc::new),
            contact,
            campaign: Arc::new(campaign),
            settings: Arc::new(settings),
        })
    }

    pub(super) fn save_attempt(&mut self, attempt: &Attempt, now: Timestamp) {
        let noted = self.counts_from.remove(&attempt.id);
        if let Some(at) = moves::counts_from(attempt, noted, now) {
            self.counts_from.insert(attempt.id, at);
        }
        self.attempts.insert(attempt.id, attempt.clone());
    }

    pub(super) fn in_flight(&self, wanted: impl Fn(&Attempt) -> bool) -> Vec<Attempt> {
        let open = self.attempts.values();
        open.filter(|attempt| attempt.state.in_flight() && wanted(attempt))
            .cloned()
            .collect()
    }

    pub(super) fn next_serial(&self) -> i64 {
        let last = self.attempts.keys().last();
        last.map_or(1, |last| last.serial + 1)
            .max(self.ids.first_serial())
    }

    fn reserve(&mut self, gathered: &Gathered, order: Box<DialOrder>, now: Timestamp) -> Claimed {
        let id = self.ids.id(self.next_serial());
        let attempt = moves::reserve(id, &gathered.contact, &order, now);
        self.save_attempt(&attempt, now);
        let called = moves::called(&gathered.contact);
        self.contacts.insert(called.id, called);
        let mut ids = gathered.caller_ids.iter();
        let shown = ids.find(|used| used.caller_id.number == order.caller_id);
        let (source, digest) = (&gathered.class.zone_source, self.rules.digest());
        let campaign = &gathered.campaign;
        let event = entries::attempt_reserved(campaign, &attempt, &order, shown, source, digest);
        self.note(event);
        let variables = self.variables.get(&gathered.contact.id).cloned();
        let briefing = moves::briefing(&gathered.contact, variables.unwrap_or_default());
        Claimed::Dial(Box::new(attempt), order, Box::new(briefing))
    }

    fn follow_up(
        &mut self,
        campaign: &Campaign,
        attempt: &Attempt,
        read: &Classification,
        corrected: Option<&Attempt>,
        now: Timestamp,
    ) -> Result<Option<Next>, StoreError> {
        let newest = self.is_newest(attempt);
        let Some(contact) = self.contacts.get_mut(&attempt.contact) else {
            return Ok(None);
        };
        contact.attempts += moves::adds(read, corrected);
        contact.last_outcome = Some(read.outcome);
        let decides = if corrected.is_some() {
            newest && moves::is_open(contact.state)
        } else {
            contact.state == ContactState::InFlight
        };
        if !decides {
            return Ok(None);
        }
        let contact = contact.clone();
        let gathered = self.gather(contact.clone(), now)?;
        let context = Context::default();
        let facts = gathered.facts(&self.rules, &context);
        let next = retry::plan(&facts, read, now);
        let list = suppression::binding(&facts, now).map(|entry| entry.list.clone());
        let by = (entries::ENGINE, now);
        match &next {
            Next::Retry(due) => {
                let waits = Contact {
                    state: ContactState::Waiting(WaitReason::Retry),
                    due: *due,
                    reason: Some(read.outcome.as_str().to_owned()),
                    ..contact
                };
                self.contacts.insert(waits.id, waits);
                let event = entries::retry_planned(campaign, attempt, read.outcome, *due, now);
                self.note(event);
            }
            Next::Finish(state) => {
                let code = entries::end_code(*state, list.as_ref(), read);
                self.finish(contact.id, *state, code, by);
            }
            Next::DoNotCall(source) => {
                let state = ContactState::Suppressed;
                let code = entries::end_code(state, Some(&ListKind::Internal), read);
                self.finish(contact.id, state, code, by);
                let entry = moves::do_not_call(campaign, attempt, *source, now);
                self.add_suppressions(&[entry])?;
            }
        }
        Ok(Some(next))
    }
}
