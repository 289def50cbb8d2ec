//! The event log: its head is read inside the transaction that appends, since several processes write.

use rusqlite::{OptionalExtension as _, Row};

use super::Work;
use crate::{By, StoreError};
use dialdeck_core::domain::Timestamp;
use dialdeck_core::domain::digest::Hash;
use dialdeck_core::domain::event::{EventKind, GENESIS, NewEvent, SealedEvent, seal};

/// The end of the log.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) seq: i64,
    pub(super) hash: Hash,
    /// The last entry's instant.
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

/// Appends an entry.
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
            sealed.at.as_millis(),
            &sealed.line,
            sealed.hash.as_slice(),
        ))?;
    if event.kind == EventKind::AlertRaised {
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

/// Notes who has seen to an alert; `false`: it is none, or somebody had.
pub(super) fn acknowledge(work: &Work<'_>, seq: i64, by: &By) -> Result<bool, StoreError> {
    let noted =
        work.conn
            .prepare_cached(ACKNOWLEDGE)?
            .execute((seq, by.at.as_millis(), &by.actor))?;
    Ok(noted > 0)
}

/// The end of the log as the file has it.
pub(super) fn head(work: &Work<'_>) -> Result<Head, StoreError> {
    let head = work
        .conn
        .prepare_cached(HEAD)?
        .query_row((), |row| {
            Ok(Head {
                seq: row.get(0)?,
                hash: row.get(1)?,
                at: Some(Timestamp::from_millis(row.get(2)?)),
            })
        })
        .optional()?;
    Ok(head.unwrap_or(Head {
        seq: 0,
        hash: GENESIS,
        at: None,
    }))
}

/// The digest of an entry, `None`: there is none. Before the first one stands the chain's beginning.
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

/// Entries after `after`.
pub(super) fn tail(
    work: &Work<'_>,
    after: i64,
    limit: usize,
) -> Result<Vec<SealedEvent>, StoreError> {
    entries(work, TAIL, (after, limit))
}

/// Entries before `before`, newest first.
pub(super) fn before(
    work: &Work<'_>,
    before: i64,
    limit: usize,
) -> Result<Vec<SealedEvent>, StoreError> {
    entries(work, BEFORE, (before, limit))
}

/// The last alerts, newest first.
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
        seq: row.get(0)?,
        at: Timestamp::from_millis(row.get(1)?),
        line: row.get(2)?,
        hash: row.get(3)?,
    })
}
