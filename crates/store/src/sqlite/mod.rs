//! The deck in one SQLite file: connection, groups, caches; the verbs live beside it by subject.

mod attempts;
pub mod backup;
mod campaigns;
mod check;
mod claim;
mod codec;
mod contacts;
mod counters;
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
mod outside;
pub mod place;
mod restore;
mod schema;
pub mod seal;
mod settle;
mod snapshot;
mod suppression;
mod timing;
mod verbs;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;

use super::{DeckSettings, Displaced, StoreError, moves};
use dialdeck_core::domain::event::Anchor;
use dialdeck_core::domain::{
    Authority, Campaign, CampaignId, ClassId, DeckId, Incarnations, ListKind, Recovery, Right,
    Role, SuppressionList, Timestamp, WindowClass,
};
use dialdeck_core::policy::pacing::Ledger;
use dialdeck_core::policy::{Abandonment, CallerIdUse};
use dialdeck_core::rules::Rules;

/// A deck in one SQLite file. Several processes may open the same file.
pub struct SqliteStore {
    conn: Connection,
    mem: Mem,
    group: group::Group,
    /// What whoever opened it may do.
    who: Authority,
    /// The data version at the last question whether another process has committed.
    seen: i64,
    /// The files that are open, by their paths.
    place: place::Place,
    /// Behind the connection, which is closed before.
    keeper: seal::Keeper,
}

impl SqliteStore {
    /// Opens the deck at `path`, creating it with the identity `new` when there is none, and brings
    /// its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is damaged or newer than this program, or SQLite is older
    /// than 3.51.3.
    pub fn create_or_open(
        path: &Path,
        new: DeckId,
        rules: &'static Rules,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut keeper = seal::Keeper::of(path);
        if schema::is_behind(path) {
            keeper.break_seal().map_err(|error| seal_stays(&error))?;
        }
        let mut conn = schema::open_writable(path)?;
        schema::migrate(&mut conn)?;
        let deck = meta::identity(&conn, new, now)?;
        Self::over(conn, deck, rules, (path, keeper))
    }

    /// Whether there is a deck at `path` of an older schema, which opening will bring up to date: a
    /// matter of seconds with a million contacts.
    pub fn is_behind(path: &Path) -> bool {
        schema::is_behind(path)
    }

    /// Refuses what whoever opened the store may not do.
    fn permit(&self, right: Right) -> Result<(), StoreError> {
        moves::permit(self.who, right)
    }

    /// Opens the deck at `path` for reading; every verb that writes fails.
    ///
    /// # Errors
    /// When there is no deck, or it is of another version than this program.
    pub fn open_read_only(path: &Path, rules: &'static Rules) -> Result<Self, StoreError> {
        let conn = schema::open_readable(path)?;
        let deck = meta::known_identity(&conn)?;
        Self::over(conn, deck, rules, (path, seal::Keeper::default()))
    }

    fn over(
        conn: Connection,
        deck: DeckId,
        rules: &'static Rules,
        (path, mut keeper): (&Path, seal::Keeper),
    ) -> Result<Self, StoreError> {
        let seen = schema::data_version(&conn)?;
        let place = place::Place::of_store(path)?;
        let ids = incarnation::all(&conn)?;
        keeper.opened();
        Ok(Self {
            conn,
            mem: Mem {
                rules,
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

    /// Takes the deck's file for whole, since it was checked against the log up to this end: it is sealed
    /// when this handle is closed and no other process has it open.
    pub fn vouch(&mut self, checked: Anchor) {
        self.keeper.vouch(checked);
    }

    /// What is known of the deck's file by its seal.
    pub fn standing(&self) -> seal::Standing {
        self.keeper.standing()
    }

    /// Whether the deck's file is small enough to be checked in full at every start.
    pub fn is_small(&self) -> bool {
        let path = self.conn.path().map(Path::new);
        path.is_none_or(seal::is_small)
    }
}

fn seal_stays(error: &std::io::Error) -> StoreError {
    StoreError::Unusable(format!("its seal cannot be removed: {error}"))
}

/// What a store keeps in memory of its file, all of it rebuilt when in doubt.
struct Mem {
    rules: &'static Rules,
    deck: DeckId,
    /// What the ids of its attempts bear.
    ids: Incarnations,
    /// Whether this handle makes the attempts: then nobody else does, and the ledger is exact.
    engine: bool,
    /// The number of this engine's start; another one in the file is a later engine's.
    epoch: Option<i64>,
    /// Of an engine: why nothing is begun any more, since the deck's path leads elsewhere.
    displaced: Option<Displaced>,
    /// The data version at which the caches were last known to be right.
    version: i64,
    ledger: Option<Ledger>,
    /// The last acceptance of the clock that the ledger knows of.
    clock_accepted: Option<String>,
    cache: Cache,
    /// The end of the event log, known only inside a transaction that writes.
    head: Option<log::Head>,
    held: held::Held,
    /// The last attempt's serial.
    last_serial: Option<i64>,
    counts: counters::Pending,
    /// Keeps the mark outside the store up, where the deck has one.
    mark: Option<mark::Keeper>,
}

impl Mem {
    /// Has the mark synced before what is being written is acknowledged.
    fn mark_at_once(&mut self) {
        if let Some(keeper) = &mut self.mark {
            keeper.urgent = true;
        }
    }

    /// Errors if the deck's path leads elsewhere.
    fn may_begin(&self) -> Result<(), StoreError> {
        self.displaced
            .clone()
            .map_or(Ok(()), |why| Err(StoreError::Displaced(why)))
    }

    /// Forgets everything that a rollback or another process may have made untrue.
    fn forget(&mut self) {
        self.cache = Cache::default();
        self.head = None;
        self.held.forget_written();
        self.last_serial = None;
    }
}

/// Small tables that nearly every verb needs; dropped when another process commits.
#[derive(Default)]
struct Cache {
    campaigns: Option<BTreeMap<CampaignId, Arc<Campaign>>>,
    classes: BTreeMap<ClassId, Arc<WindowClass>>,
    class_ids: BTreeMap<Arc<WindowClass>, ClassId>,
    settings: Settings,
    lists: Option<Arc<Vec<SuppressionList>>>,
    list_ids: BTreeMap<i64, ListKind>,
    recovery: Recovering,
    /// Caller IDs by campaign; their use is looked up again by every claim.
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
    /// As configured.
    Known(Arc<DeckSettings>),
}

/// What holds the deck back after it went back in time, as far as it is known here.
#[derive(Default)]
enum Recovering {
    /// Not read yet.
    #[default]
    Unread,
    /// As stored; `None`: nothing.
    Known(Option<Arc<Recovery>>),
}

/// A verb at work: the open transaction and what is kept in memory.
struct Work<'a> {
    conn: &'a Connection,
    mem: &'a mut Mem,
}

impl Work<'_> {
    /// The ledger, rebuilt from the attempts when it is not known to be right.
    fn ledger(&mut self, now: Timestamp) -> Result<&mut Ledger, StoreError> {
        if self.mem.ledger.is_none() {
            self.mem.held.write(self.conn)?;
            let ledger = attempts::rebuild_ledger(self.conn, &self.mem.ids, now)?;
            self.mem.ledger = Some(ledger);
        }
        self.mem
            .ledger
            .as_mut()
            .ok_or_else(|| StoreError::Unusable("no ledger".to_owned()))
    }
}

#[cfg(test)]
mod plans;

#[cfg(test)]
mod tests;
