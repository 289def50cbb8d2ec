//! Named values of a deck, including its identity.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, OptionalExtension as _};

use super::lock::EngineLock;
use super::sql::{col, put};
use super::{SqliteStore, Work, campaigns, incarnation, log, schema};
use crate::{By, Engine, Epoch, HangUps, PendingEnd, StoreError, Unusable, entries, moves};
use dialdeck_core::domain::{
    AttemptId, CampaignId, DeckId, ImportFigures, ImportPlan, ImportTarget, ListKind, Timestamp,
    TrunkName, UnfinishedImport,
};

const DECK_ID: &str = "deck_id";
const EPOCH: &str = "engine_epoch";
const HANG_UPS_REQUESTED: &str = "hang_ups_asked";
const HANG_UPS_CARRIED_OUT: &str = "hang_ups_taken";
/// The key of the last contact that was imported by a program that kept fewer places.
const FEWER_PLACES: &str = "contacts_of_fewer_places";
/// Calls whose end is not confirmed: serials with their trunk's name, as JSON.
const UNCLOSED: &str = "unclosed";
/// Ends that wait to be settled, by the serials of their attempts, as JSON.
const PENDING_ENDS: &str = "pending_ends";
/// Imports that have started and not ended, by the sequence number of their first entry, as JSON.
const UNFINISHED_IMPORTS: &str = "unfinished_imports";
/// Set in decks all of whose imports were logged from their start.
const IMPORTS_ARE_LOGGED: &str = "imports_are_logged";

impl SqliteStore {
    /// Returns the value last set under `key`, such as the deck's clock. `None` if there is none.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn meta(&mut self, key: &str) -> Result<Option<String>, StoreError> {
        self.read(|work| value(work.conn, key))
    }

    /// Returns the value under `key` of the deck at `path`, of any schema, without migrating it.
    ///
    /// # Errors
    /// Errors if there is no deck, or it cannot be read.
    pub fn meta_at(path: &Path, key: &str) -> Result<Option<String>, StoreError> {
        value(&schema::open_to_look(path)?, key)
    }

    /// Returns the options with which SQLite was compiled, such as `DQS=0`.
    ///
    /// # Errors
    /// Errors if SQLite cannot be used.
    pub fn compile_options() -> Result<Vec<String>, StoreError> {
        let conn = Connection::open_in_memory()?;
        let mut statement = conn.prepare("PRAGMA compile_options")?;
        let options = statement.query_map((), |row| row.get(0))?;
        Ok(options.collect::<Result<_, _>>()?)
    }

    /// Returns the identity of the deck in the store at `path`, without opening it to write.
    ///
    /// # Errors
    /// Errors if there is no store at the path, or it cannot be read.
    pub fn deck_id_at(path: &Path) -> Result<Option<String>, StoreError> {
        Self::meta_at(path, DECK_ID)
    }

    /// Makes this handle the one of the engine that holds the lock. Returns the number of this start, which
    /// [`SqliteStore::into_engine`] asks for. An engine that started before makes no more attempts, even if it
    /// still has its lock.
    ///
    /// The run's attempt ids have a tag with `drawn`, 32 random bits. `None` keeps the tag that there is: only
    /// for a run that rings no real phones and has to be the same again.
    ///
    /// # Errors
    /// Errors if the store cannot be written, or the deck's path leads to other files.
    pub fn take_over(
        &mut self,
        lock: &EngineLock,
        drawn: Option<u32>,
    ) -> Result<Epoch, StoreError> {
        let (path, id) = lock.file();
        self.place.hold(path.to_owned(), id);
        let epoch = self.write(|work| {
            let epoch = epoch(work.conn)? + 1;
            set(work.conn, EPOCH, &epoch.to_string())?;
            if let Some(drawn) = drawn {
                incarnation::tag_run(work, drawn)?;
            }
            Ok(epoch)
        })?;
        self.mem.epoch = Some(epoch);
        self.makes_attempts()?;
        Ok(Epoch(epoch))
    }

    /// Returns the engine's handle, by which the calls are made that this handle has taken the deck over for.
    ///
    /// # Errors
    /// Errors with [`StoreError::Superseded`] if the epoch is not the one of this handle.
    pub fn into_engine(self, Epoch(epoch): Epoch) -> Result<Engine<Self>, StoreError> {
        if self.mem.epoch == Some(epoch) {
            Ok(Engine::new(self))
        } else {
            Err(StoreError::Superseded)
        }
    }

    /// Sets the value under `key`, replacing an earlier one.
    ///
    /// # Errors
    /// Errors if the store cannot be written.
    pub fn set_meta(&mut self, key: &str, value: &str) -> Result<(), StoreError> {
        self.write(|work| set(work.conn, key, value))
    }

    /// Returns, by campaign, how many contacts still to be called were imported by an older program that kept
    /// fewer of the places where they may be.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn contacts_of_fewer_places(&mut self) -> Result<BTreeMap<CampaignId, u64>, StoreError> {
        self.read(|work| {
            let Some(last) = value(work.conn, FEWER_PLACES)? else {
                return Ok(BTreeMap::new());
            };
            let last: i64 = last
                .parse()
                .map_err(|_| moves::odd("its contacts_of_fewer_places", &last))?;
            let mut statement = work.conn.prepare_cached(
                "SELECT campaign, count(*) AS n FROM contacts WHERE state IN (0, 1, 2) AND id <= ?1
                 GROUP BY campaign",
            )?;
            let rows =
                statement.query_map((last,), |row| Ok((col(row, "campaign")?, col(row, "n")?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

/// Returns the number of the last start of an engine. 0 if there was none.
pub(super) fn epoch(conn: &Connection) -> Result<i64, StoreError> {
    match value(conn, EPOCH)? {
        Some(text) => text
            .parse()
            .map_err(|_| moves::odd("its engine_epoch", &text)),
        None => Ok(0),
    }
}

/// Returns the deck's identity. A new deck takes `new` and gets its empty internal list.
pub(super) fn identity(
    conn: &Connection,
    new: DeckId,
    now: Timestamp,
) -> Result<DeckId, StoreError> {
    if value(conn, DECK_ID)?.is_none() {
        let transaction = conn.unchecked_transaction()?;
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            (DECK_ID, new.to_string()),
        )?;
        transaction.execute(
            "INSERT INTO lists (kind, as_of, count) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
            (put(ListKind::Internal), put(now)),
        )?;
        let identity = known_identity(&transaction)?;
        incarnation::insert(&transaction, (1, identity), now, "new")?;
        transaction.execute(
            "INSERT INTO meta (key, value) VALUES (?1, '1') ON CONFLICT DO NOTHING",
            (IMPORTS_ARE_LOGGED,),
        )?;
        transaction.commit()?;
    }
    known_identity(conn)
}

/// Returns the identity of an existing deck. Errors if there is none.
pub(super) fn known_identity(conn: &Connection) -> Result<DeckId, StoreError> {
    let text = value(conn, DECK_ID)?.unwrap_or_default();
    Ok(read_id(&text)?)
}

/// Returns an identity or a tag from its stored form.
pub(super) fn read_id(text: &str) -> Result<DeckId, Unusable> {
    u64::from_str_radix(text, 16)
        .map(DeckId)
        .map_err(|_| Unusable::Odd {
            what: "an identity",
            value: text.to_owned(),
        })
}

/// Gives a copy its own identity.
pub(super) fn set_identity(conn: &Connection, identity: DeckId) -> Result<(), StoreError> {
    set(conn, DECK_ID, &identity.to_string())
}

/// Returns the requests to hang up every call: the last one, and the last one carried out.
pub(super) fn hang_ups(work: &Work<'_>) -> Result<HangUps, StoreError> {
    let count = |key| match value(work.conn, key)? {
        Some(text) => text
            .parse()
            .map_err(|_| moves::odd("its count of requests to hang up", &text)),
        None => Ok(0),
    };
    Ok(HangUps {
        requested: count(HANG_UPS_REQUESTED)?,
        carried_out: count(HANG_UPS_CARRIED_OUT)?,
    })
}

/// Records one more request and returns its number.
pub(super) fn hang_up_all(work: &mut Work<'_>, reason: &str, by: &By) -> Result<u64, StoreError> {
    let wish = hang_ups(work)?.requested + 1;
    set(work.conn, HANG_UPS_REQUESTED, &wish.to_string())?;
    log::append(work, &entries::hang_up_asked(reason, by))?;
    work.mem.mark_at_once();
    Ok(wish)
}

/// Records that the requests up to this one have been passed on to the carriers.
pub(super) fn hung_up(work: &Work<'_>, wish: u64) -> Result<(), StoreError> {
    let carried_out = hang_ups(work)?.carried_out.max(wish);
    set(work.conn, HANG_UPS_CARRIED_OUT, &carried_out.to_string())
}

/// Logs that an import starts, and keeps it as unfinished. Returns the entry's sequence number.
pub(super) fn start_import(
    work: &mut Work<'_>,
    into: &ImportTarget,
    plan: &ImportPlan,
    by: &By,
) -> Result<i64, StoreError> {
    if let ImportTarget::Campaign(name) = into {
        campaigns::named(work, name)?;
    }
    log::append(work, &entries::import_started(into, plan, by))?;
    let seq = log::head(work)?.seq;
    let mut unfinished = unfinished_imports(work)?;
    let started = UnfinishedImport {
        into: into.clone(),
        plan: plan.clone(),
        at: by.at,
    };
    unfinished.insert(seq, started);
    set_unfinished(work, &unfinished)?;
    Ok(seq)
}

/// Removes an import that has ended from the unfinished ones, with every import that it completes.
pub(super) fn end_import(
    work: &Work<'_>,
    into: &ImportTarget,
    figures: &ImportFigures,
) -> Result<(), StoreError> {
    let mut unfinished = unfinished_imports(work)?;
    let before = unfinished.len();
    unfinished.retain(|seq, import| {
        figures.started != Some(*seq) && !import.is_completed_by(into, &figures.sha256)
    });
    if unfinished.len() == before {
        return Ok(());
    }
    set_unfinished(work, &unfinished)
}

/// Returns the imports that have started and not ended.
pub(super) fn unfinished_imports(
    work: &Work<'_>,
) -> Result<BTreeMap<i64, UnfinishedImport>, StoreError> {
    match value(work.conn, UNFINISHED_IMPORTS)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(BTreeMap::new()),
    }
}

/// Returns whether all of the deck's imports were logged from their start.
pub(super) fn imports_are_logged(conn: &Connection) -> Result<bool, StoreError> {
    Ok(value(conn, IMPORTS_ARE_LOGGED)?.is_some())
}

fn set_unfinished(
    work: &Work<'_>,
    unfinished: &BTreeMap<i64, UnfinishedImport>,
) -> Result<(), StoreError> {
    let text = serde_json::to_string(unfinished)?;
    set(work.conn, UNFINISHED_IMPORTS, &text)
}

/// Returns the calls whose end their trunk's carrier has not confirmed yet.
pub(super) fn unclosed(work: &Work<'_>) -> Result<BTreeMap<AttemptId, TrunkName>, StoreError> {
    let of_deck = |(serial, trunk)| (work.mem.ids.id(serial), trunk);
    Ok(unclosed_serials(work)?.into_iter().map(of_deck).collect())
}

/// Records that a call's end is not confirmed yet, or with `None` that it is.
pub(super) fn note_unclosed(
    work: &Work<'_>,
    attempt: AttemptId,
    trunk: Option<&TrunkName>,
) -> Result<(), StoreError> {
    let mut serials = unclosed_serials(work)?;
    match trunk {
        Some(trunk) => serials.insert(attempt.serial, trunk.clone()),
        None => serials.remove(&attempt.serial),
    };
    set(work.conn, UNCLOSED, &serde_json::to_string(&serials)?)
}

fn unclosed_serials(work: &Work<'_>) -> Result<BTreeMap<i64, TrunkName>, StoreError> {
    match value(work.conn, UNCLOSED)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(BTreeMap::new()),
    }
}

/// Returns the ends of calls that wait to be settled.
pub(super) fn pending_ends(work: &Work<'_>) -> Result<BTreeMap<AttemptId, PendingEnd>, StoreError> {
    let of_deck = |(serial, end)| (work.mem.ids.id(serial), end);
    Ok(ends_by_serial(work)?.into_iter().map(of_deck).collect())
}

/// Keeps an end until it is settled.
pub(super) fn keep_end(
    work: &Work<'_>,
    attempt: AttemptId,
    end: &PendingEnd,
) -> Result<(), StoreError> {
    let mut ends = ends_by_serial(work)?;
    ends.insert(attempt.serial, end.clone());
    set(work.conn, PENDING_ENDS, &serde_json::to_string(&ends)?)
}

/// Removes an end that is settled.
pub(super) fn forget_end(work: &Work<'_>, attempt: AttemptId) -> Result<(), StoreError> {
    let mut ends = ends_by_serial(work)?;
    if ends.remove(&attempt.serial).is_none() {
        return Ok(());
    }
    set(work.conn, PENDING_ENDS, &serde_json::to_string(&ends)?)
}

fn ends_by_serial(work: &Work<'_>) -> Result<BTreeMap<i64, PendingEnd>, StoreError> {
    match value(work.conn, PENDING_ENDS)? {
        Some(text) => Ok(serde_json::from_str(&text)?),
        None => Ok(BTreeMap::new()),
    }
}

/// Returns the value under `key`. `None` if there is none.
pub(super) fn value(conn: &Connection, key: &str) -> Result<Option<String>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row((key,), |row| row.get(0))
        .optional()?)
}

/// Removes the value under `key`, if there is one.
pub(super) fn remove(conn: &Connection, key: &str) -> Result<(), StoreError> {
    conn.prepare_cached("DELETE FROM meta WHERE key = ?1")?
        .execute((key,))?;
    Ok(())
}

/// Sets the value under `key`, replacing an earlier one.
pub(super) fn set(conn: &Connection, key: &str, value: &str) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT DO UPDATE SET value = excluded.value",
    )?
    .execute((key, value))?;
    Ok(())
}
