//! Holding and accepting the clock.

use rusqlite::{Connection, OptionalExtension as _};

use super::sql::{col, put};
use super::{Work, log, meta};
use crate::timing::{self, ClockAccepted};
use crate::{By, StoreError};
use dialdeck_core::domain::{ClockHeld, Timestamp};

/// The key of the jump that holds the dialing, as JSON.
const HELD: &str = "clock_held";
/// The key of the last acceptance: its sequence number in the log.
const ACCEPTED: &str = "clock_accepted";

const SENDS: &str = "UPDATE attempts SET counts_from = ?1 WHERE counts_from > ?1";
const AT: &str = "SELECT at FROM events WHERE seq = ?1";
const NUMBERS: &str = "SELECT count(DISTINCT number) FROM attempts WHERE reserved_at > ?1";

/// Returns the jump that holds the dialing, if there is one.
pub(super) fn held(work: &Work<'_>) -> Result<Option<ClockHeld>, StoreError> {
    match meta::value(work.conn, HELD)? {
        Some(text) => Ok(Some(serde_json::from_str(&text)?)),
        None => Ok(None),
    }
}

/// Returns the last acceptance, so that handles that keep a ledger can notice a new one.
pub(super) fn accepted(conn: &Connection) -> Result<Option<String>, StoreError> {
    meta::value(conn, ACCEPTED)
}

/// Returns the sequence number and the instant of the last acceptance.
pub(super) fn last_accepted(work: &Work<'_>) -> Result<Option<(i64, Timestamp)>, StoreError> {
    let Some(seq) = accepted(work.conn)?.and_then(|text| text.parse::<i64>().ok()) else {
        return Ok(None);
    };
    let mut statement = work.conn.prepare_cached(AT)?;
    let at = statement
        .query_row((seq,), |row| col(row, "at"))
        .optional()?;
    Ok(at.map(|at| (seq, at)))
}

/// Holds the dialing. Returns `false` if it is held already.
pub(super) fn hold(work: &Work<'_>, new: ClockHeld) -> Result<bool, StoreError> {
    if held(work)?.is_some() {
        return Ok(false);
    }
    meta::set(work.conn, HELD, &serde_json::to_string(&new)?)?;
    Ok(true)
}

/// Accepts the clock. Returns what was accepted, `None` if there was nothing to accept.
pub(super) fn accept(
    work: &mut Work<'_>,
    reason: Option<&str>,
    by: &By,
) -> Result<Option<ClockAccepted>, StoreError> {
    let head = log::head(work)?;
    // What is kept in memory may have instants of the clock before, even if another process accepted this one.
    work.mem.held.write(work.conn)?;
    work.mem.held.forget_written();
    work.mem.ledger = None;
    let Some(mut what) = ClockAccepted::new(head.at, held(work)?, by.at) else {
        return Ok(None);
    };
    let now = (put(by.at),);
    what.sends = work.conn.execute(SENDS, now)? as u64;
    let numbers: i64 = work.conn.query_row(NUMBERS, now, |row| row.get(0))?;
    what.numbers = numbers.unsigned_abs();
    meta::remove(work.conn, HELD)?;
    meta::set(work.conn, ACCEPTED, &(head.seq + 1).to_string())?;
    work.mem.clock_accepted = accepted(work.conn)?;
    log::append(work, &timing::clock_accepted(&what, reason, by))?;
    Ok(Some(what))
}
