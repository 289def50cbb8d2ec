//! The deck in one SQLite file: connection, groups, caches. The verbs are in the submodules, by subject.

mod attempts;
pub mod backup;
mod campaigns;
mod check;
mod claim;
mod codec;
mod contacts;
mod counters;
mod exchange;
mod group;
mod held;
mod import;
pub mod incarnation;
mod late;
mod listing;
pub mod lock;
mod log;
pub mod mark;
mod meta;
pub mod place;
mod reads;
mod restore;
mod schema;
pub mod seal;
mod settle;
mod snapshot;
mod sql;
mod suppression;
mod timing;
mod verbs;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::rights::{Handle, Restricted};
use super::{DeckSettings, Displaced, StoreError, Unusable};
use dialdeck_core::domain::event::Anchor;
use dialdeck_core::domain::{
    Authority, Campaign, CampaignId, ClassId, DeckId, Incarnations, ListKind, Recovery, Role,
    SuppressionList, Timestamp, WindowClass,
};
use dialdeck_core::policy::pacing::Ledger;
use dialdeck_core::policy::{Abandonment, CallerIdUse};
use dialdeck_core::rules::Rules;

/// A deck in one SQLite file. Several processes may open the same file.
pub struct SqliteStore {
    conn: Connection,
    mem: Mem,
    group: group::Group,
    /// The authority that the store was opened with.
    who: Authority,
    /// The data version when [`SqliteStore::changed`] was last called.
    seen: i64,
    /// The open files, by their paths.
    place: place::Place,
    /// Declared after the connection, so that it is dropped after it.
    keeper: seal::Keeper,
}

impl SqliteStore {
    /// Opens the deck at `path`, creating it with the identity `new` if there is none, and migrates its
    /// schema. Returns the store.
    ///
    /// # Errors
    /// Errors if the file cannot be opened, is damaged or newer than this program, or SQLite is older than
    /// 3.51.3.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::Reads as _;
    /// use dialdeck_store::sqlite::SqliteStore;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("deck.sqlite");
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let store = SqliteStore::create_or_open(&path, DeckId(0x7f3a_9c21), Rules::embedded(), now)?;
    /// drop(store);
    ///
    /// // The deck keeps its identity.
    /// let store = SqliteStore::create_or_open(&path, DeckId(5), Rules::embedded(), now)?;
    /// assert_eq!(store.deck_id(), DeckId(0x7f3a_9c21));
    /// assert!(!SqliteStore::is_behind(&path));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn create_or_open(
        path: &Path,
        new: DeckId,
        rules: &Arc<Rules>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut keeper = seal::Keeper::of(path);
        if schema::is_behind(path) {
            keeper.break_seal().map_err(Unusable::Seal)?;
        }
        let mut conn = schema::open_writable(path)?;
        schema::migrate(&mut conn)?;
        let deck = meta::identity(&conn, new, now)?;
        Self::over(conn, deck, rules, (path, keeper))
    }

    /// Returns whether there is a deck at `path` with an older schema, which opening will migrate. The
    /// migration takes seconds with a million contacts.
    pub fn is_behind(path: &Path) -> bool {
        schema::is_behind(path)
    }

    /// Opens the deck at `path` for reading and returns it. Every verb that writes fails.
    ///
    /// # Errors
    /// Errors if there is no deck, or its schema is not this program's.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::sqlite::SqliteStore;
    /// use dialdeck_store::{Acts as _, By, Reads as _};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("deck.sqlite");
    /// assert!(SqliteStore::open_read_only(&path, Rules::embedded()).is_err());
    ///
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let _deck = SqliteStore::create_or_open(&path, DeckId(1), Rules::embedded(), now)?;
    /// let mut reader = SqliteStore::open_read_only(&path, Rules::embedded())?;
    /// assert_eq!(reader.snapshot(now)?.head, 0);
    /// let by = By { actor: "maria".to_owned(), at: now };
    /// assert!(reader.hang_up_all("fire alarm", &by).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn open_read_only(path: &Path, rules: &Arc<Rules>) -> Result<Self, StoreError> {
        let conn = schema::open_readable(path)?;
        let deck = meta::known_identity(&conn)?;
        Self::over(conn, deck, rules, (path, seal::Keeper::default()))
    }

    fn over(
        conn: Connection,
        deck: DeckId,
        rules: &Arc<Rules>,
        (path, mut keeper): (&Path, seal::Keeper),
    ) -> Result<Self, StoreError> {
        let seen = schema::data_version(&conn)?;
        let place = place::Place::of_store(path)?;
        let ids = incarnation::all(&conn)?;
        keeper.opened();
        Ok(Self {
            conn,
            mem: Mem {
                rules: Arc::clone(rules),
                deck,
                ids,
                engine: false,
                epoch: None,
                displaced: None,
                version: seen,
                ledger: None,
                clock_accepted: None,
                cache: Cache::default(),
                head: None,
                held: held::Held::default(),
                last_serial: None,
                counts: counters::Pending::default(),
                mark: None,
            },
            group: group::Group::None,
            who: Role::Supervisor.into(),
            seen,
            place,
            keeper,
        })
    }

    /// Marks the deck's file as whole, because it was checked against the log up to this end. The file is
    /// sealed when this handle is closed and no other process has it open.
    pub fn vouch(&mut self, checked: Anchor) {
        self.keeper.vouch(checked);
    }

    /// Returns what the seal shows about the deck's file.
    pub fn standing(&self) -> seal::Standing {
        self.keeper.standing()
    }

    /// Returns whether the deck's file is small enough to be checked in full at every start.
    pub fn is_small(&self) -> bool {
        let path = self.conn.path().map(Path::new);
        path.is_none_or(seal::is_small)
    }
}

impl Restricted for SqliteStore {
    fn authority(&self) -> Authority {
        self.who
    }

    fn restrict_to(&mut self, who: Authority) {
        self.who = who;
    }

    fn identity(&self) -> DeckId {
        self.mem.deck
    }
}

impl Handle for SqliteStore {
    type Store = Self;

    fn store(&self) -> &Self {
        self
    }

    fn store_mut(&mut self) -> &mut Self {
        self
    }
}

impl Drop for SqliteStore {
    /// The last connection that closes removes the write-ahead log by its path, where the log of another
    /// store may be by now.
    fn drop(&mut self) {
        if self.place.check().is_ok() {
            return;
        }
        let stays = DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE;
        if let Err(error) = self.conn.set_db_config(stays, true) {
            tracing::warn!(%error, "a store that was replaced is closed as any other");
        }
    }
}

/// What a store keeps in memory of its file. All of it is rebuilt when in doubt.
struct Mem {
    rules: Arc<Rules>,
    deck: DeckId,
    /// The tags in the ids of its attempts.
    ids: Incarnations,
    /// Whether this handle makes the attempts. Then no other process does, and the ledger is exact.
    engine: bool,
    /// The number of this engine's start. If the file has another one, a later engine has started.
    epoch: Option<i64>,
    /// For an engine: why nothing is begun any more, because the deck's path leads to other files.
    displaced: Option<Displaced>,
    /// The data version at which the caches were last known to be right.
    version: i64,
    ledger: Option<Ledger>,
    /// The last acceptance of the clock that the ledger accounts for.
    clock_accepted: Option<String>,
    cache: Cache,
    /// The end of the event log, known only inside a transaction that writes.
    head: Option<log::Head>,
    held: held::Held,
    /// The last attempt's serial.
    last_serial: Option<i64>,
    counts: counters::Pending,
    /// Updates the mark outside the store, if the deck has one.
    mark: Option<mark::Keeper>,
}

impl Mem {
    /// Has the mark synced before the present write is acknowledged.
    fn mark_at_once(&mut self) {
        if let Some(keeper) = &mut self.mark {
            keeper.urgent = true;
        }
    }

    /// Errors if the deck's path leads to other files.
    fn may_begin(&self) -> Result<(), StoreError> {
        self.displaced
            .clone()
            .map_or(Ok(()), |why| Err(StoreError::Displaced(why)))
    }

    /// Drops everything that a rollback or another process may have made untrue.
    fn forget(&mut self) {
        self.cache = Cache::default();
        self.head = None;
        self.held.forget_written();
        self.last_serial = None;
    }
}

/// Small tables that nearly every verb needs. Dropped when another process commits.
#[derive(Default)]
struct Cache {
    campaigns: Option<BTreeMap<CampaignId, Arc<Campaign>>>,
    classes: BTreeMap<ClassId, Arc<WindowClass>>,
    class_ids: BTreeMap<Arc<WindowClass>, ClassId>,
    settings: Settings,
    lists: Option<Arc<Vec<SuppressionList>>>,
    list_ids: BTreeMap<i64, ListKind>,
    recovery: Recovering,
    /// Caller IDs by campaign. Every claim reads their use again.
    showable: BTreeMap<CampaignId, Vec<CallerIdUse>>,
    /// Live and abandoned calls by campaign and UTC day.
    live: BTreeMap<CampaignId, BTreeMap<i64, Abandonment>>,
}

/// The deck's settings, as far as they are known here.
#[derive(Default)]
enum Settings {
    /// Not read yet.
    #[default]
    Unread,
    /// The deck was never configured.
    Missing,
    /// As stored.
    Known(Arc<DeckSettings>),
}

/// What holds the deck after it went back in time, as far as it is known here.
#[derive(Default)]
enum Recovering {
    /// Not read yet.
    #[default]
    Unread,
    /// As stored. `None` if nothing holds the deck.
    Known(Option<Arc<Recovery>>),
}

/// A verb that is running: the open transaction and what is kept in memory.
struct Work<'a> {
    conn: &'a Connection,
    mem: &'a mut Mem,
}

impl Work<'_> {
    /// Returns the ledger, rebuilt from the attempts if it is not known to be right.
    fn ledger(&mut self, now: Timestamp) -> Result<&mut Ledger, StoreError> {
        if self.mem.ledger.is_none() {
            self.mem.held.write(self.conn)?;
            let ledger = attempts::rebuild_ledger(self.conn, &self.mem.ids, now)?;
            self.mem.ledger = Some(ledger);
        }
        self.mem
            .ledger
            .as_mut()
            .ok_or_else(|| Unusable::NoLedger.into())
    }
}

#[cfg(test)]
mod plans;

#[cfg(test)]
mod tests;
