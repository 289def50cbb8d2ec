//! Incarnations and runs: the tables of their tags, and what holds a deck that went back in time.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::Connection;

use super::lock::EngineLock;
use super::sql::{col, put};
use super::{Recovering, SqliteStore, Work, attempts, campaigns, log, mark, meta, suppression};
use crate::verbs::{EngineVerbs as _, ReadVerbs as _};
use crate::{By, StoreError, Unusable, moves, recover};
use dialdeck_core::domain::{
    CallEnd, CallReport, DeckId, Incarnations, ListKind, Lost, NewIncarnation, Recovery, Right,
    Timestamp,
};

const RECOVERY: &str = "recovery";
/// The key under which the store keeps where the last engine ran.
pub const ENGINE_PLACE: &str = "engine_place";
const INCARNATIONS: &str = "SELECT from_serial, tag FROM incarnations ORDER BY from_serial";
const RUNS: &str = "SELECT from_serial, tag FROM runs ORDER BY from_serial";
const INSERT: &str =
    "INSERT INTO incarnations (from_serial, tag, at, reason) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO NOTHING";
/// A run that made no attempt leaves its serial to the next one.
const INSERT_RUN: &str = "INSERT INTO runs (from_serial, tag) VALUES (?1, ?2)
     ON CONFLICT DO UPDATE SET tag = excluded.tag";

impl SqliteStore {
    /// Ends the calls that are up in a copied deck: they are the original's, and so is what becomes of them.
    /// The lock shows that no engine makes calls for the copy.
    ///
    /// # Errors
    /// Errors if the authority does not include running campaigns, or the store cannot be written.
    pub fn leave_calls_to_original(
        &mut self,
        _lock: &EngineLock,
        by: &By,
    ) -> Result<(), StoreError> {
        moves::permit(self.who, Right::Campaigns)?;
        let unresolved = CallReport {
            end: CallEnd::Unresolved,
            ..CallReport::default()
        };
        for attempt in self.open_attempts()? {
            let why = "the call is of the deck that was copied";
            self.mark_unknown(attempt.id, why, by.at)?;
            self.settle(attempt.id, &unresolved, by.at, by.at)?;
        }
        for attempt in self.snapshot(by.at)?.unclosed.into_keys() {
            self.note_unclosed(attempt, None)?;
        }
        Ok(())
    }
}

/// Returns the stored tags.
pub(super) fn all(conn: &Connection) -> Result<Incarnations, StoreError> {
    let tags = tags_of(conn, INCARNATIONS)?;
    let runs = tags_of(conn, RUNS)?;
    let ((_, first), later) = tags.split_first().ok_or(Unusable::NoIncarnation)?;
    Ok(Incarnations::new(*first, later, &runs))
}

fn tags_of(conn: &Connection, sql: &str) -> Result<Vec<(i64, DeckId)>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(())?;
    let mut tags = Vec::new();
    while let Some(row) = rows.next()? {
        tags.push((col(row, "from_serial")?, col(row, "tag")?));
    }
    Ok(tags)
}

/// Adds an incarnation without logging it. A new deck's first one is its identity.
pub(super) fn insert(
    conn: &Connection,
    (from_serial, tag): (i64, DeckId),
    at: Timestamp,
    reason: &str,
) -> Result<(), StoreError> {
    let row = (from_serial, put(tag), put(at), reason);
    conn.prepare_cached(INSERT)?.execute(row)?;
    Ok(())
}

/// Gives the attempts from now on the tag of a run for which `drawn` was drawn, and returns the tag.
pub(super) fn tag_run(work: &mut Work<'_>, drawn: u32) -> Result<DeckId, StoreError> {
    let (from, tag) = (attempts::next_serial(work)?, work.mem.deck.run(drawn));
    work.conn
        .prepare_cached(INSERT_RUN)?
        .execute((from, put(tag)))?;
    work.mem.ids.push_run(from, tag);
    // If this is undone, the next transaction reads the tags again.
    work.mem.version = i64::MIN;
    Ok(tag)
}

/// Returns what holds the deck because it went back in time.
pub(super) fn recovery(work: &mut Work<'_>) -> Result<Option<Arc<Recovery>>, StoreError> {
    if let Recovering::Known(known) = &work.mem.cache.recovery {
        return Ok(known.clone());
    }
    let known: Option<Arc<Recovery>> = match meta::value(work.conn, RECOVERY)? {
        Some(text) => Some(serde_json::from_str::<Recovery>(&text)?.into()),
        None => None,
    };
    work.mem.cache.recovery = Recovering::Known(known.clone());
    Ok(known)
}

/// Records that a list was imported that is complete up to `as_of`.
pub(super) fn imported(
    work: &mut Work<'_>,
    list: &ListKind,
    as_of: Timestamp,
) -> Result<(), StoreError> {
    let Some(known) = recovery(work)? else {
        return Ok(());
    };
    let mut known = known.as_ref().clone();
    if known.imported(list, as_of) {
        keep(work, &known)?;
    }
    Ok(())
}

fn keep(work: &mut Work<'_>, recovery: &Recovery) -> Result<(), StoreError> {
    work.mem.cache.recovery = Recovering::Unread;
    meta::set(work.conn, RECOVERY, &serde_json::to_string(recovery)?)
}

/// Starts another incarnation and returns its first serial.
pub(super) fn begin(work: &mut Work<'_>, new: &NewIncarnation, by: &By) -> Result<i64, StoreError> {
    let next = attempts::last_serial(work)? + 1;
    // An incarnation that made no attempt leaves its first serial unused.
    let from = new
        .from_serial
        .max(next)
        .max(work.mem.ids.first_serial() + 1);
    insert(work.conn, (from, new.tag), by.at, new.how.as_str())?;
    if let Some(identity) = new.identity {
        meta::set_identity(work.conn, identity)?;
        work.mem.deck = identity;
    }
    work.mem.ids = all(work.conn)?;
    // If this is undone, the next transaction reads the tags again.
    work.mem.version = i64::MIN;
    mark::accept(work, from - 1)?;
    // The place of the last engine says nothing about the file that is there now.
    meta::remove(work.conn, ENGINE_PLACE)?;
    let lost = match &new.lost {
        Some(lost) => Some(after(work, lost)?),
        None => None,
    };
    if let Some(lost) = lost.clone() {
        let known = recovery(work)?.map(|known| known.as_ref().clone());
        let whole = match known {
            Some(known) => known.and(lost),
            None => lost,
        };
        keep(work, &whole)?;
    }
    let event = recover::incarnation_started(new, from, lost.as_ref(), by);
    log::append(work, &event)?;
    Ok(from)
}

fn after(work: &mut Work<'_>, lost: &Lost) -> Result<Recovery, StoreError> {
    let campaigns = campaigns::all(work)?;
    let settings = campaigns::settings(work)?;
    let lists = suppression::lists(work)?;
    Ok(recover::after(
        lost,
        campaigns.iter().map(AsRef::as_ref),
        settings.as_deref(),
        lists.iter().map(|list| list.kind.clone()),
    ))
}

/// Records a person's confirmation that no opt-out is missing. Returns the lists that it is about.
pub(super) fn confirm(
    work: &mut Work<'_>,
    reason: &str,
    by: &By,
) -> Result<BTreeSet<ListKind>, StoreError> {
    let Some(known) = recovery(work)?.filter(|known| !known.lists.is_empty()) else {
        return Ok(BTreeSet::new());
    };
    let mut known = known.as_ref().clone();
    let lists = std::mem::take(&mut known.lists);
    keep(work, &known)?;
    log::append(work, &recover::lists_confirmed(&lists, reason, by))?;
    Ok(lists)
}
