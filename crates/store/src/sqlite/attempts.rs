//! Attempts: their rows, a number's history, call events and the rebuilt ledger.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::codec::{attempt as read_attempt, attempt_columns};
use super::sql::{col, put};
use super::{Work, campaigns, late, log};
use crate::{StoreError, entries, facts, moves};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, CallEvent, CalleeType, ContactId, Incarnations, Outcome,
    PhoneNumber, Timestamp,
};
use dialdeck_core::policy::pacing::{HOUR, Ledger};

pub(super) const BY_SERIAL: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    ", counts_from FROM attempts WHERE serial = ?1"
);
/// Found by the contact's number, so that attempts need no index by contact.
pub(super) const OF_CONTACT: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    " FROM attempts WHERE contact = ?1
     AND number = (SELECT contacts.number FROM contacts WHERE contacts.id = ?1)"
);
pub(super) const OPEN: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    ", counts_from FROM attempts WHERE state <> 5"
);
pub(super) const OPEN_TO: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    " FROM attempts WHERE number = ?1 AND state <> 5"
);
pub(super) const HISTORY: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    " FROM attempts WHERE number = ?1 AND reserved_at >= ?2 ORDER BY reserved_at DESC, serial DESC"
);
/// The next caller ID that was ever shown.
pub(super) const SHOWN: &str = "SELECT caller_id FROM attempts
     WHERE counts_from IS NOT NULL AND caller_id > ?1 ORDER BY caller_id LIMIT 1";
pub(super) const SENDS: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    ", counts_from FROM attempts WHERE caller_id = ?1 AND counts_from > ?2 ORDER BY counts_from"
);
pub(super) const LAST_SEND: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    ", counts_from FROM attempts WHERE caller_id = ?1 AND counts_from IS NOT NULL AND counts_from <= ?2
     ORDER BY counts_from DESC LIMIT 1"
);
/// The latest attempts that were never sent. They only count for the spacing of the next one.
pub(super) const UNSENT: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    ", counts_from FROM attempts WHERE serial > (SELECT max(serial) FROM attempts) - 256
     AND counts_from IS NULL AND reserved_at > ?1"
);
pub(super) const INSERT: &str = concat!(
    "INSERT INTO attempts (",
    attempt_columns!(),
    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)"
);
pub(super) const UPDATE: &str = "UPDATE attempts SET state = ?2, sent_at = ?3, ringing_at = ?4,
     answered_at = ?5, ended_at = ?6, callee_type = ?7, outcome = ?8, counts = ?9,
     counts_from = ?10, cause = ?11 WHERE serial = ?1";
/// Whether a campaign's call to a number ended with this cause.
pub(super) const ENDED_SO: &str =
    "SELECT 1 FROM attempts WHERE number = ?1 AND campaign = ?2 AND cause = ?3";

/// Returns the last serial that was given out. 0 if none was.
pub(super) fn last_serial(work: &Work<'_>) -> Result<i64, StoreError> {
    Ok(match work.mem.last_serial {
        Some(last) => last,
        None => work
            .conn
            .prepare_cached("SELECT max(serial) FROM attempts")?
            .query_row((), |row| row.get::<_, Option<i64>>(0))?
            .unwrap_or(0),
    })
}

/// The serial from which on the next attempt's is looked for.
pub(super) fn next_serial(work: &mut Work<'_>) -> Result<i64, StoreError> {
    let next = last_serial(work)? + 1;
    Ok(next.max(work.mem.ids.first_serial()))
}

/// Returns the id of the next attempt.
pub(super) fn next_id(work: &mut Work<'_>) -> Result<AttemptId, StoreError> {
    let next = next_serial(work)?;
    let next = match &mut work.mem.mark {
        Some(keeper) => keeper.admit(next)?,
        None => next,
    };
    Ok(work.mem.ids.id(next))
}

/// Adds a reserved attempt.
pub(super) fn insert(work: &mut Work<'_>, attempt: &Attempt) -> Result<(), StoreError> {
    work.mem.last_serial = None;
    work.conn
        .prepare_cached(INSERT)?
        .execute(rusqlite::params![
            attempt.id.serial,
            put(attempt.campaign),
            put(attempt.contact),
            put(attempt.number),
            attempt.n,
            put(&attempt.trunk),
            put(attempt.caller_id),
            put(attempt.state),
            put(attempt.reserved_at),
            put(attempt.sent_at),
            put(attempt.ringing_at),
            put(attempt.answered_at),
            put(attempt.ended_at),
            attempt.callee_type.map(CalleeType::as_str),
            attempt.outcome.map(Outcome::as_str),
            attempt.counts,
            attempt.cause,
        ])?;
    work.mem.last_serial = Some(attempt.id.serial);
    work.mem.held.take_in(attempt.clone(), None);
    Ok(())
}

/// Returns the attempt with that id if it is in flight and this deck's. From then on it is held in memory.
pub(super) fn in_flight(work: &mut Work<'_>, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    if !work.mem.ids.own(id) {
        return Ok(None);
    }
    if let Some(held) = work.mem.held.get(id.serial) {
        return Ok(Some(held.clone()).filter(|known| known.state.in_flight()));
    }
    let mut statement = work.conn.prepare_cached(BY_SERIAL)?;
    let mut rows = statement.query((id.serial,))?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    let attempt = read_attempt(row, &work.mem.ids)?;
    if !attempt.state.in_flight() {
        return Ok(None);
    }
    let counts_from = col(row, "counts_from")?;
    work.mem.held.take_in(attempt.clone(), counts_from);
    Ok(Some(attempt))
}

/// Returns the attempt with that id of this deck, in any state.
pub(super) fn by_id(work: &mut Work<'_>, id: AttemptId) -> Result<Option<Attempt>, StoreError> {
    if let Some(held) = work.mem.held.get(id.serial) {
        return Ok(Some(held.clone()));
    }
    Ok(select(work, BY_SERIAL, (id.serial,))?.pop())
}

/// Returns all attempts of a contact, oldest first.
pub(super) fn of_contact(work: &Work<'_>, contact: ContactId) -> Result<Vec<Attempt>, StoreError> {
    let mut attempts = select(work, OF_CONTACT, (put(contact),))?;
    attempts.sort_by_key(|attempt| attempt.id);
    Ok(attempts)
}

/// Returns the attempts that have not ended, by id.
pub(super) fn open(work: &Work<'_>) -> Result<Vec<Attempt>, StoreError> {
    let mut open = select(work, OPEN, ())?;
    open.sort_by_key(|attempt| attempt.id);
    Ok(open)
}

/// Returns the attempts reserved and not known to be sent, by id.
pub(super) fn unsent(work: &Work<'_>) -> Result<Vec<Attempt>, StoreError> {
    let mut open = open(work)?;
    open.retain(|attempt| attempt.state == AttemptState::Reserved);
    Ok(open)
}

/// Returns the attempt in flight to a number. `None` if there is none.
pub(super) fn open_to(work: &Work<'_>, number: PhoneNumber) -> Result<Option<Attempt>, StoreError> {
    Ok(select(work, OPEN_TO, (put(number),))?.pop())
}

/// Returns a number's attempts of the last 61 days, newest first.
pub(super) fn history(
    work: &mut Work<'_>,
    number: PhoneNumber,
    now: Timestamp,
) -> Result<Vec<Attempt>, StoreError> {
    if work.mem.held.is_behind(number) {
        work.mem.held.write(work.conn)?;
    }
    let since = put(now - moves::HISTORY);
    select(work, HISTORY, (put(number), since))
}

/// Returns whether an earlier call of the attempt's campaign to its number ended with this cause.
pub(super) fn ended_before(
    work: &mut Work<'_>,
    attempt: &Attempt,
    cause: &str,
) -> Result<bool, StoreError> {
    if work.mem.held.is_behind(attempt.number) {
        work.mem.held.write(work.conn)?;
    }
    let params = (put(attempt.number), put(attempt.campaign), cause);
    Ok(work.conn.prepare_cached(ENDED_SO)?.exists(params)?)
}

/// Records a call event. Returns `false` if it is late or repeated.
pub(super) fn record(
    work: &mut Work<'_>,
    event: &CallEvent,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut attempt) = in_flight(work, event.attempt)? else {
        return late::hear(work, event, now);
    };
    let was_sent = attempt.sent_at.is_some();
    let entries = moves::apply_event(&mut attempt, event, now);
    if entries.is_empty() {
        return Ok(false);
    }
    // The ledger is rebuilt, if it has to be, before the attempt changes, so that the attempt is not counted
    // twice.
    let ledger = work.ledger(now)?;
    if attempt.sent_at.is_some() && !was_sent {
        ledger.sent(attempt.id, now);
    }
    work.mem.held.change(&attempt, now)?;
    let campaign = campaigns::by_id(work, attempt.campaign)?;
    for data in entries {
        log::append(work, &entries::call_event(data, &campaign, &attempt, now))?;
    }
    Ok(true)
}

/// Marks an attempt's fate as unknown. Returns `false` if it was unknown already or has ended.
pub(super) fn mark_unknown(
    work: &mut Work<'_>,
    id: AttemptId,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut attempt) = in_flight(work, id)? else {
        return Ok(false);
    };
    if !attempt.state.may_become(AttemptState::Unknown) {
        return Ok(false);
    }
    work.ledger(now)?.sent(attempt.id, now);
    attempt.state = AttemptState::Unknown;
    work.mem.held.change(&attempt, now)?;
    let campaign = campaigns::by_id(work, attempt.campaign)?;
    log::append(
        work,
        &entries::attempt_unknown(&campaign, &attempt, why, now),
    )?;
    Ok(true)
}

/// Returns the ledger according to the attempts: the sends of the last hour, each caller ID's last one
/// before, what was planned recently and never sent, and what is in flight.
pub(super) fn rebuild_ledger(
    conn: &Connection,
    ids: &Incarnations,
    now: Timestamp,
) -> Result<Ledger, StoreError> {
    /// Sends are read a little further back, so that none is lost if the clock was set back.
    const MARGIN: Duration = Duration::from_mins(1);
    let since = (now - (HOUR + MARGIN)).as_millis();
    let mut ledger = Ledger::default();
    let mut shown = 0i64;
    while let Some(next) = conn
        .prepare_cached(SHOWN)?
        .query_row((shown,), |row| row.get(0))
        .optional()?
    {
        shown = next;
        for sql in [LAST_SEND, SENDS] {
            rebuild_from((conn, ids), (sql, (shown, since)), false, &mut ledger, now)?;
        }
    }
    rebuild_from((conn, ids), (UNSENT, (since,)), false, &mut ledger, now)?;
    rebuild_from((conn, ids), (OPEN, ()), true, &mut ledger, now)?;
    Ok(ledger)
}

fn rebuild_from(
    (conn, ids): (&Connection, &Incarnations),
    (sql, params): (&str, impl Params),
    in_flight: bool,
    ledger: &mut Ledger,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        let attempt = read_attempt(row, ids)?;
        if attempt.state.in_flight() == in_flight {
            facts::rebuild(ledger, &attempt, col(row, "counts_from")?, now);
        }
    }
    Ok(())
}

fn select(work: &Work<'_>, sql: &str, params: impl Params) -> Result<Vec<Attempt>, StoreError> {
    query(work.conn, &work.mem.ids, sql, params)
}

fn query(
    conn: &Connection,
    ids: &Incarnations,
    sql: &str,
    params: impl Params,
) -> Result<Vec<Attempt>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut attempts = Vec::new();
    while let Some(row) = rows.next()? {
        attempts.push(read_attempt(row, ids)?);
    }
    Ok(attempts)
}
