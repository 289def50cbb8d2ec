//! The event log. Its head is read inside the transaction that appends, because several processes write.

use rusqlite::{OptionalExtension as _, Row};

use super::Work;
use super::sql::{col, put};
use crate::{By, StoreError};
use dialdeck_core::domain::Timestamp;
use dialdeck_core::domain::digest::Hash;
use dialdeck_core::domain::event::{EventKind, GENESIS, NewEvent, SealedEvent, seal};

/// The end of the log.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: Hash,
    /// The last entry's instant. `None` if the log is empty.
    pub(super) at: Option<Timestamp>,
}

pub(super) const HEAD: &str = "SELECT seq, hash, at FROM events ORDER BY seq DESC LIMIT 1";
pub(super) const TAIL: &str =
    "SELECT seq, at, line, hash FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2";
pub(super) const BEFORE: &str =
    "SELECT seq, at, line, hash FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2";
pub(super) const ALERTS: &str =
    "SELECT events.seq, at, line, hash FROM alerts JOIN events USING (seq)
     WHERE acknowledged_at IS NULL ORDER BY alerts.seq DESC LIMIT 20";
const ACKNOWLEDGE: &str = "UPDATE alerts SET acknowledged_at = ?2, acknowledged_by = ?3
     WHERE seq = ?1 AND acknowledged_at IS NULL";

/// Appends an entry and updates the known end of the log.
pub(super) fn append(work: &mut Work<'_>, event: &NewEvent) -> Result<(), StoreError> {
    let head = match work.mem.head {
        Some(head) => head,
        None => head(work)?,
    };
    let sealed = seal(event, head.seq + 1, &head.hash, head.at);
    work.conn
        .prepare_cached("INSERT INTO events (seq, at, line, hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute((
            sealed.seq,
            put(sealed.at),
            &sealed.line,
            sealed.hash.as_slice(),
        ))?;
    if event.kind() == EventKind::AlertRaised {
        work.conn
            .prepare_cached("INSERT INTO alerts (seq) VALUES (?1)")?
            .execute((sealed.seq,))?;
    }
    work.mem.head = Some(Head {
        seq: sealed.seq,
        hash: sealed.hash,
        at: Some(sealed.at),
    });
    Ok(())
}

/// Records who acknowledged an alert. Returns `false` if there is no such alert or it was acknowledged
/// before.
pub(super) fn acknowledge(work: &Work<'_>, seq: i64, by: &By) -> Result<bool, StoreError> {
    let noted = work
        .conn
        .prepare_cached(ACKNOWLEDGE)?
        .execute((seq, put(by.at), &by.actor))?;
    Ok(noted > 0)
}

/// Returns the end of the log as stored.
pub(super) fn head(work: &Work<'_>) -> Result<Head, StoreError> {
    let head = work
        .conn
        .prepare_cached(HEAD)?
        .query_row((), |row| {
            Ok(Head {
                seq: col(row, "seq")?,
                hash: col(row, "hash")?,
                at: col(row, "at")?,
            })
        })
        .optional()?;
    Ok(head.unwrap_or(Head {
        seq: 0,
        hash: GENESIS,
        at: None,
    }))
}

/// Returns the hash of an entry, `None` if there is no such entry. For 0 it is the start of the chain.
pub(super) fn hash_at(work: &Work<'_>, seq: i64) -> Result<Option<Hash>, StoreError> {
    if seq == 0 {
        return Ok(Some(GENESIS));
    }
    Ok(work
        .conn
        .prepare_cached("SELECT hash FROM events WHERE seq = ?1")?
        .query_row((seq,), |row| row.get(0))
        .optional()?)
}

/// Returns entries after `after`, oldest first, at most `limit`.
pub(super) fn tail(
    work: &Work<'_>,
    after: i64,
    limit: usize,
) -> Result<Vec<SealedEvent>, StoreError> {
    entries(work, TAIL, (after, limit))
}

/// Returns entries before `before`, newest first, at most `limit`.
pub(super) fn before(
    work: &Work<'_>,
    before: i64,
    limit: usize,
) -> Result<Vec<SealedEvent>, StoreError> {
    entries(work, BEFORE, (before, limit))
}

/// Returns the last alerts that are not acknowledged, newest first, at most 20.
pub(super) fn alerts(work: &Work<'_>) -> Result<Vec<SealedEvent>, StoreError> {
    let mut statement = work.conn.prepare_cached(ALERTS)?;
    let rows = statement.query_map((), sealed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn entries(
    work: &Work<'_>,
    sql: &str,
    (place, limit): (i64, usize),
) -> Result<Vec<SealedEvent>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut statement = work.conn.prepare_cached(sql)?;
    let rows = statement.query_map((place, limit), sealed)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn sealed(row: &Row<'_>) -> rusqlite::Result<SealedEvent> {
    Ok(SealedEvent {
        seq: col(row, "seq")?,
        at: col(row, "at")?,
        line: col(row, "line")?,
        hash: col(row, "hash")?,
    })
}
