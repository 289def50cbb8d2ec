//! The end of an attempt: classified and counted, with the contact's next step planned, in one transaction.

use super::claim::{abandonment, gather, give_back, look_up};
use super::counters::Count;
use super::held::About;
use super::sql::put;
use super::{Work, attempts, campaigns, contacts, exchange, late, log, meta, suppression};
use crate::{Settled, StoreError, entries, moves, opt_out_on_call};
use dialdeck_core::domain::outcome::{CallerIdFinding, Classification, is_without_agent};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CallEnd, CallReport, Campaign, Contact, ContactState,
    ListKind, Outcome, PhoneNumber, Timestamp, WaitReason,
};
use dialdeck_core::policy::Context;
use dialdeck_core::policy::retry::{self, Next};
use dialdeck_core::policy::suppression::binding;

/// Ends an attempt, once. Returns `None` if nothing changed.
pub(super) fn settle(
    work: &mut Work<'_>,
    id: AttemptId,
    report: &CallReport,
    at: Timestamp,
    now: Timestamp,
) -> Result<Option<Settled>, StoreError> {
    let Some(mut attempt) = attempts::in_flight(work, id)? else {
        let Some(ended) = attempts::by_id(work, id)?.filter(|ended| ended.id == id) else {
            return Ok(None);
        };
        if report.opted_out {
            suppression::add(work, &[opt_out_on_call(&ended, now)])?;
        }
        return late::correct(work, &ended, report, now);
    };
    let campaign = campaigns::by_id(work, attempt.campaign)?;
    if attempt.state == AttemptState::Unknown {
        let found = entries::found(report);
        let event = entries::attempt_reconciled(&campaign, &attempt, found, now);
        log::append(work, &event)?;
    }
    let read = end(work, &mut attempt, report, at, now)?;
    if report.end == CallEnd::Rejected {
        // Only a decline waits to be settled.
        meta::forget_end(work, id)?;
    }
    let event = entries::call_ended(&campaign, &attempt, report, &read, now);
    log::append(work, &event)?;
    if report.opted_out {
        suppression::add(work, &[opt_out_on_call(&attempt, now)])?;
    }
    let rested = if read.caller_id == CallerIdFinding::Fine {
        None
    } else {
        exchange::note_block(work, &attempt, now)?;
        let callees = exchange::blocked_callees(work, attempt.caller_id, now)?;
        let load = work
            .ledger(now)?
            .caller_id(attempt.caller_id, u32::MAX, now);
        if moves::has_to_rest(read.caller_id, callees, load.sent_last_hour.into()) {
            rest(work, &campaign, &attempt, now)?
        } else {
            None
        }
    };
    let next = follow_up(work, &campaign, &attempt, &read, None, now)?;
    let abandonment = if read.outcome == Outcome::Abandoned {
        Some(abandonment(work, campaign.id, now)?)
    } else {
        None
    };
    Ok(Some(Settled {
        abandonment,
        ..Settled::new(read, next, rested, report)
    }))
}

/// Frees the slot, changes the attempt and counts the outcome. Returns how the end was classified.
fn end(
    work: &mut Work<'_>,
    attempt: &mut Attempt,
    report: &CallReport,
    at: Timestamp,
    now: Timestamp,
) -> Result<Classification, StoreError> {
    let gives_back = moves::gives_back(attempt, report);
    let read = read_end(work, attempt, report)?;
    moves::end_attempt(attempt, report, &read, at, now);
    let ended = attempt.ended_at.unwrap_or(now);
    let ledger = work.ledger(now)?;
    if gives_back {
        ledger.never_sent(attempt.id);
    } else {
        ledger.ended(attempt.id, ended);
    }
    work.mem.held.change(attempt, now)?;
    let what = format!("outcome:{}", read.outcome);
    let outcome = Count::Tally(attempt.campaign, what);
    work.mem.counts.add(outcome, 1);
    if is_without_agent(read.cause) {
        let without = Count::Tally(attempt.campaign, "without_agent".to_owned());
        work.mem.counts.add(without, 1);
    }
    count_live(work, attempt, read.outcome, ended)?;
    Ok(read)
}

fn read_end(
    work: &mut Work<'_>,
    attempt: &Attempt,
    report: &CallReport,
) -> Result<Classification, StoreError> {
    let read = moves::read_end(attempt, report);
    if moves::earlier_matters(&read) && attempts::ended_before(work, attempt, read.cause)? {
        return Ok(read.repeated());
    }
    Ok(read)
}

pub(super) fn count_live(
    work: &mut Work<'_>,
    attempt: &Attempt,
    outcome: Outcome,
    ended: Timestamp,
) -> Result<(), StoreError> {
    let Some(calls) = moves::live_calls(outcome) else {
        return Ok(());
    };
    let day = moves::day(ended);
    work.conn
        .prepare_cached(
            "INSERT INTO live_answers
             (campaign, day, live, abandoned, brake_live, brake_abandoned)
             VALUES (?1, ?2, ?3, ?4, ?3, ?4)
             ON CONFLICT DO UPDATE SET live = live + excluded.live,
             abandoned = abandoned + excluded.abandoned,
             brake_live = brake_live + excluded.live,
             brake_abandoned = brake_abandoned + excluded.abandoned",
        )?
        .execute((
            put(attempt.campaign),
            day,
            calls.answered.cast_signed(),
            calls.abandoned.cast_signed(),
        ))?;
    if let Some(days) = work.mem.cache.live.get_mut(&attempt.campaign) {
        let counts = days.entry(day).or_default();
        counts.law.add(calls);
        counts.brake.add(calls);
    }
    Ok(())
}

/// Lets the caller ID rest, unless it is not active or rests already. Returns it if it rests now.
fn rest(
    work: &mut Work<'_>,
    campaign: &Campaign,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<Option<PhoneNumber>, StoreError> {
    let until = campaigns::settings(work)?
        .and_then(|settings| moves::rest_of(&settings, attempt.caller_id, now));
    let Some(until) = until else {
        return Ok(None);
    };
    campaigns::rest_caller_id(work, attempt.caller_id, until)?;
    let event = entries::caller_id_blocked(campaign, attempt, until, now);
    log::append(work, &event)?;
    Ok(Some(attempt.caller_id))
}

/// Plans the contact's next step and moves it there. Returns the step, `None` if nothing was planned.
/// `corrected` is the attempt as it had ended before: its step is planned again, unless more has happened
/// since.
pub(super) fn follow_up(
    work: &mut Work<'_>,
    campaign: &Campaign,
    attempt: &Attempt,
    read: &Classification,
    corrected: Option<&Attempt>,
    now: Timestamp,
) -> Result<Option<Next>, StoreError> {
    let recalled = work.mem.held.recall(attempt.id.serial);
    let about = match recalled.and_then(|about| about.after(attempt, now)) {
        Some(about) => about,
        None => match contacts::by_id(work, attempt.contact)? {
            Some(contact) => look_up(work, contact, now)?,
            None => return Ok(None),
        },
    };
    let before = about.contact.clone();
    let mut after = Contact {
        attempts: before.attempts + moves::adds(read, corrected),
        last_outcome: Some(read.outcome),
        ..before.clone()
    };
    let decides = if corrected.is_some() {
        moves::is_open(before.state) && late::is_newest(work, attempt)?
    } else {
        before.state == ContactState::InFlight
    };
    if !decides {
        contacts::save(work, &before, &after)?;
        return Ok(None);
    }
    let contact = after.clone();
    let gathered = gather(work, About { contact, ..about }, now)?;
    let facts = gathered.facts(&work.mem.rules, &HEALTHY);
    let next = retry::plan(&facts, read, now);
    let list = binding(&facts, now).map(|found| found.list.clone());
    give_back(work, gathered, None);
    let by = (entries::ENGINE, now);
    match &next {
        Next::Retry(due) => {
            after.state = ContactState::Waiting(WaitReason::Retry);
            after.due = *due;
            after.reason = Some(read.outcome.as_str().to_owned());
            contacts::save(work, &before, &after)?;
            let event = entries::retry_planned(campaign, attempt, read.outcome, *due, now);
            log::append(work, &event)?;
        }
        Next::Finish(state) => {
            let code = entries::end_code(*state, list.as_ref(), read);
            contacts::finish(work, &before, &mut after, (*state, code), by)?;
        }
        Next::DoNotCall(source) => {
            let state = ContactState::Suppressed;
            let code = entries::end_code(state, Some(&ListKind::Internal), read);
            contacts::finish(work, &before, &mut after, (state, code), by)?;
            let entry = moves::do_not_call(campaign, attempt, *source, now);
            suppression::add(work, &[entry])?;
        }
    }
    Ok(Some(next))
}

/// A retry is planned as if the engine were healthy. The claim checks what is wrong at its time.
static HEALTHY: Context = Context {
    unhealthy: None,
    clock_behind: None,
    clock_held: None,
    trunk_rests: None,
    slow_until: None,
    ramp_from: None,
};
