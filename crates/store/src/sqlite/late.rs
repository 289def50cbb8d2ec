//! Late events about attempts that have ended: what they correct, and what they reopen.

use super::counters::Count;
use super::{Work, attempts, campaigns, contacts, log, settle};
use crate::moves::Late;
use crate::{Settled, StoreError, entries, moves};
use dialdeck_core::domain::outcome::{Classification, is_without_agent};
use dialdeck_core::domain::{Attempt, CallEvent, CallReport, Campaign, Timestamp};
use dialdeck_core::policy::retry::Next;

/// Handles a late event about an attempt that has ended. Returns `false` if it adds nothing.
pub(super) fn hear(
    work: &mut Work<'_>,
    event: &CallEvent,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(was) = attempts::by_id(work, event.attempt)?.filter(|was| was.id == event.attempt)
    else {
        return Ok(false);
    };
    work.mem.held.write(work.conn)?;
    let busy = attempts::open_to(work, was.number)?.is_some();
    match moves::late(&was, &event.kind, busy) {
        Late::Nothing => Ok(false),
        Late::Counts(read) => {
            let campaign = campaigns::by_id(work, was.campaign)?;
            write(work, &campaign, &was, (&CallReport::default(), &read), now)?;
            Ok(true)
        }
        Late::Open => {
            reopen(work, &was, event, now)?;
            Ok(true)
        }
    }
}

/// Corrects an attempt that had ended with another outcome. Returns `None` if the report does not prove
/// that.
pub(super) fn correct(
    work: &mut Work<'_>,
    was: &Attempt,
    report: &CallReport,
    now: Timestamp,
) -> Result<Option<Settled>, StoreError> {
    let Some(read) = moves::correction(was, report) else {
        return Ok(None);
    };
    let campaign = campaigns::by_id(work, was.campaign)?;
    let next = write(work, &campaign, was, (report, &read), now)?;
    Ok(Some(Settled::new(read, next, None, report)))
}

fn write(
    work: &mut Work<'_>,
    campaign: &Campaign,
    was: &Attempt,
    (report, read): (&CallReport, &Classification),
    now: Timestamp,
) -> Result<Option<Next>, StoreError> {
    let mut attempt = was.clone();
    moves::correct(&mut attempt, report, read);
    change(work, was, &attempt, now)?;
    let ended = attempt.ended_at.unwrap_or(now);
    settle::count_live(work, &attempt, read.outcome, ended)?;
    let event = entries::attempt_corrected(campaign, &attempt, was, read, now);
    log::append(work, &event)?;
    settle::follow_up(work, campaign, &attempt, read, Some(was), now)
}

/// Reopens an attempt: there is a call after all, which holds its slots and its number until it is over.
fn reopen(
    work: &mut Work<'_>,
    was: &Attempt,
    event: &CallEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    let campaign = campaigns::by_id(work, was.campaign)?;
    let newest = is_newest(work, was)?;
    let mut attempt = was.clone();
    moves::reopen(&mut attempt, event, now);
    change(work, was, &attempt, now)?;
    if let Some(before) = contacts::by_id(work, was.contact)? {
        let after = moves::called_after_all(&before, was, newest);
        contacts::save(work, &before, &after)?;
    }
    let event = entries::attempt_reopened(&campaign, &attempt, was, &event.kind, now);
    log::append(work, &event)
}

/// Writes the changed attempt, and corrects the counts of outcomes.
fn change(
    work: &mut Work<'_>,
    was: &Attempt,
    attempt: &Attempt,
    now: Timestamp,
) -> Result<(), StoreError> {
    work.mem.held.take_in(was.clone(), None);
    work.mem.held.change(attempt, now)?;
    // What claims read about the contact is no longer true.
    work.mem.held.forget_about();
    // A send that was given back counts again: the ledger is rebuilt from the rows.
    work.mem.ledger = None;
    for (ended, by) in [(was, -1), (attempt, 1)] {
        let outcome = ended.outcome.map(|outcome| format!("outcome:{outcome}"));
        let without = ended.cause.as_deref().is_some_and(is_without_agent);
        let without = without.then(|| "without_agent".to_owned());
        for what in [outcome, without].into_iter().flatten() {
            let tally = Count::Tally(attempt.campaign, what);
            work.mem.counts.add(tally, by);
        }
    }
    Ok(())
}

/// Returns whether the attempt is its contact's last one.
pub(super) fn is_newest(work: &Work<'_>, attempt: &Attempt) -> Result<bool, StoreError> {
    let newest = attempts::of_contact(work, attempt.contact)?.pop();
    Ok(newest.is_some_and(|newest| newest.id == attempt.id))
}
