//! An open deck: its store, its present instant, and the wait for calls that can still leave.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use super::progress::Waiting;
use super::{
    CliError, Env, files, integrity, log, lost_store, mark_state, older_copy, place, random,
};
use crate::clock::{Clock, DeckClock, Stopwatch, pause};
use crate::config::has_deck_file;
use crate::domain::{Attempt, Authority, DeckId, DeckSettings, Role, Timestamp};
use crate::rules::Rules;
use crate::store::crosscheck::Differences;
use crate::store::sqlite::mark::{self, Marked};
use crate::store::sqlite::seal::Standing;
use crate::store::sqlite::{SqliteStore, lock};
use crate::store::{Acts as _, By, Reads as _, StoreError};
use crate::tui::tty;

/// The store's file in the deck's folder.
pub(crate) const STORE_FILE: &str = "deck.sqlite";

/// The store's key for the country of numbers written without one.
const COUNTRY: &str = "default_country";

/// The store's key for the fact that the deck has had a deck file.
const HAD_FILE: &str = "deck_file";

/// How long an acknowledgement waits for calls that can still leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// The time between two reads of the store while waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Whether an engine owns the deck, as far as its lock shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// An engine owns the deck.
    Engine,
    /// No engine owns the deck: no call leaves.
    Nobody,
    /// The lock cannot be read, for this reason: calls may leave.
    Unseen(String),
}

/// An open deck with its store.
pub struct Deck {
    /// The deck's store, open.
    pub store: SqliteStore,
    /// The rules in force.
    pub rules: Arc<Rules>,
    folder: PathBuf,
    actor: String,
    marked: Marked,
    json: bool,
}

impl Deck {
    /// Opens a deck that exists. Warns if the store is not as the last run left it.
    ///
    /// # Errors
    ///
    /// Errors if there is no deck, or its store is not usable.
    pub fn open(env: &Env) -> Result<Self, CliError> {
        let deck = Self::open_quietly(env)?;
        let held = || {
            deck.marked
                .held
                .first()
                .map(|copy| mark_state::held_beside(copy))
        };
        if let Some(error) = mark_state::error(&deck.marked.standing).or_else(held) {
            tty::say(&error.render_warning(env.json));
        }
        Ok(deck)
    }

    /// Opens a deck as [`Deck::open`] does, without the warning, for a command that reports the store's state
    /// itself.
    ///
    /// # Errors
    ///
    /// Errors if [`Deck::open`] does.
    pub fn open_quietly(env: &Env) -> Result<Self, CliError> {
        if !Self::exists(env) {
            return Err(Self::missing(env));
        }
        Self::open_as(env, env.authority()?)
    }

    /// Opens a deck that exists, with these rights.
    ///
    /// # Errors
    ///
    /// Errors if [`Deck::open`] does.
    pub(super) fn open_as(env: &Env, who: Authority) -> Result<Self, CliError> {
        if !Self::exists(env) {
            return Err(Self::missing(env));
        }
        let path = env.deck.join(STORE_FILE);
        let store = if env.read_only {
            SqliteStore::open_read_only(&path, &env.rules)?
        } else {
            open_store(env)?
        };
        Self::over(store, who, env)
    }

    /// Opens a deck that exists in order to write to it.
    ///
    /// # Errors
    ///
    /// Errors if [`Deck::open`] does, if the store is not as the last run left it, or with `--read-only`.
    pub fn open_to_write(env: &Env) -> Result<Self, CliError> {
        env.may_write()?;
        Self::open_quietly(env)?.current()
    }

    /// Opens a deck that exists for an action that can only hold calls back. The store need not be as the
    /// last run left it.
    ///
    /// # Errors
    ///
    /// Errors if [`Deck::open`] does, or with `--read-only`.
    pub fn open_to_hold_back(env: &Env) -> Result<Self, CliError> {
        env.may_write()?;
        Self::open(env)?.noting_a_fork(env)
    }

    /// Opens a deck in order to write to it, and creates it if it does not exist.
    ///
    /// # Errors
    ///
    /// Errors if its folder cannot be created, its store is not usable or not as the last run left it, or
    /// with `--read-only`.
    pub fn open_or_create(env: &Env) -> Result<Self, CliError> {
        Self::made(env)?.current()
    }

    /// Opens a deck as [`Deck::open_or_create`] does, for an action that can only hold calls back.
    ///
    /// # Errors
    ///
    /// Errors if its folder cannot be created, its store is not usable, or with `--read-only`.
    pub fn open_or_create_to_hold_back(env: &Env) -> Result<Self, CliError> {
        Self::made(env)?.noting_a_fork(env)
    }

    /// Returns the deck. If its store is older than the last run, first notes that an action will be recorded
    /// there, because the newer store will lack it.
    fn noting_a_fork(mut self, env: &Env) -> Result<Self, CliError> {
        if matches!(self.marked.standing, mark::Standing::Older(_)) {
            let now = self.now()?;
            older_copy::remember(env, self.store.deck_id(), now)?;
        }
        Ok(self)
    }

    fn made(env: &Env) -> Result<Self, CliError> {
        env.may_write()?;
        if let Some(lost) = lost_store::of(env) {
            return Err(lost);
        }
        fs::create_dir_all(&env.deck).map_err(|error| {
            CliError::deck(format!(
                "the deck's folder {} cannot be made: {error}",
                env.deck.display()
            ))
            .hint("name another with --deck DIR")
        })?;
        Self::over(open_store(env)?, env.authority()?, env)
    }

    /// Writes the deck file's trunks and caller IDs to the store. An engine does this when it starts, so
    /// while an engine runs its settings remain.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be written, or the engine's lock cannot be read.
    pub fn configure(&mut self, settings: &DeckSettings) -> Result<(), CliError> {
        if !self.engine_runs()? {
            self.store.configure(settings)?;
        }
        Ok(())
    }

    /// Returns whether there is a deck to open.
    pub fn exists(env: &Env) -> bool {
        lost_store::has_store(&env.deck)
    }

    /// Returns the error of a command that needs a deck where there is none.
    pub fn missing(env: &Env) -> CliError {
        lost_store::of(env).unwrap_or_else(|| {
            CliError::deck(format!("there is no deck at {}", env.deck.display()))
                .hint("`dialdeck campaign add FILE` makes one; --deck DIR names another")
        })
    }

    fn over(mut store: SqliteStore, who: Authority, env: &Env) -> Result<Self, CliError> {
        let marked = store.keep_mark(&env.deck, env.state.as_deref())?;
        store.restrict(who);
        let is_elsewhere = place::elsewhere_known(&mut store, env)?.is_some();
        store.keep_mark_apart(is_elsewhere);
        if !env.read_only {
            if !store.is_marked_in_folder_alone()? {
                lost_store::remember(env, store.deck_id());
            }
            remember_file(&mut store, env)?;
        }
        Ok(Self {
            store,
            rules: Arc::clone(&env.rules),
            marked,
            folder: env.deck.clone(),
            actor: env.actor.clone(),
            json: env.json,
        })
    }

    /// Returns the deck if its store is as the last run left it.
    fn current(self) -> Result<Self, CliError> {
        self.must_be_current()?;
        Ok(self)
    }

    /// Checks that the store is as the last run left it.
    ///
    /// # Errors
    ///
    /// Errors if it is not.
    pub fn must_be_current(&self) -> Result<(), CliError> {
        mark_state::error(&self.marked.standing).map_or(Ok(()), Err)
    }

    /// Returns how the store compared to the deck's mark when it was opened.
    pub const fn marked(&self) -> &Marked {
        &self.marked
    }

    /// Returns whether the deck has had a deck file, as far as its store says.
    pub(super) fn had_file(env: &Env) -> bool {
        // A store that cannot be read is reported when it is opened.
        let said = || SqliteStore::meta_at(&env.deck.join(STORE_FILE), HAD_FILE);
        Self::exists(env) && matches!(said(), Ok(Some(_)))
    }

    /// Returns the country of numbers written without one, from the deck file when it could last be read.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be read.
    pub fn last_country(&mut self) -> Result<Option<String>, CliError> {
        Ok(self.store.meta(COUNTRY)?)
    }

    /// Returns whether an engine owns the deck.
    ///
    /// # Errors
    ///
    /// Errors if the engine's lock cannot be read.
    pub fn engine_runs(&self) -> Result<bool, CliError> {
        match self.owner() {
            Owner::Engine => Ok(true),
            Owner::Nobody => Ok(false),
            Owner::Unseen(why) => Err(CliError::deck(why).hint(LOCK_HINT)),
        }
    }

    /// Returns whether an engine owns the deck, for callers that must not fail if the lock cannot be read.
    pub fn owner(&self) -> Owner {
        match lock::is_held(&self.folder) {
            Ok(true) => Owner::Engine,
            Ok(false) => Owner::Nobody,
            Err(error) => Owner::Unseen(lock_unseen(&self.folder, &error)),
        }
    }

    /// Checks that the deck is whole: its file is as the last process left it, and its tables equal the sum
    /// of its log. A large deck whose file is unchanged since its last check is not checked again, except for
    /// new entries of its log.
    ///
    /// # Errors
    ///
    /// Errors if the deck is not whole, or the store cannot be read.
    pub fn check_whole(&mut self) -> Result<(), CliError> {
        let standing = self.store.standing();
        let found = match &standing {
            Standing::Whole(checked) if !self.store.is_small() => match checked {
                Some(checked) => self.store.check_behind(checked)?,
                // Only this program has written to the store since it was created.
                None => Differences::default(),
            },
            Standing::Whole(_) | Standing::Unsealed | Standing::Broken => {
                let _waiting = (!self.store.is_small())
                    .then(|| Waiting::for_end("the deck's tables are checked against its log"));
                self.store.cross_check()?
            }
        };
        if !found.is_empty() {
            return Err(integrity::not_dialed(&found));
        }
        if standing == Standing::Broken {
            return Err(integrity::changed_outside(&self.folder));
        }
        Ok(())
    }

    /// Seals a deck that an engine has checked, has run on and leaves.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be opened or read.
    pub fn seal(env: &Env) -> Result<(), CliError> {
        // The engine seals the deck, even if roles have changed during its run.
        let mut deck = Self::open_as(env, Role::Supervisor.into())?;
        let anchor = log::anchor(&mut deck.store)?;
        deck.store.vouch(anchor);
        Ok(())
    }

    /// Returns the clock on which the deck runs: the machine's, unless an engine has stored another.
    ///
    /// # Errors
    ///
    /// Errors if the stored clock cannot be read.
    pub fn clock(&mut self) -> Result<DeckClock, CliError> {
        clock_of(&mut self.store)
    }

    /// Returns the deck's present instant, simulated or not. Never earlier than the last event.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be read.
    pub fn now(&mut self) -> Result<Timestamp, CliError> {
        present_of(&mut self.store)
    }

    /// Returns the author of a command, for the log.
    ///
    /// # Errors
    ///
    /// Errors if the store cannot be read.
    pub fn by(&mut self) -> Result<By, CliError> {
        Ok(By {
            actor: self.actor.clone(),
            at: self.now()?,
        })
    }

    /// Waits until an engine has taken this request to hang up every call, or no call is up. Returns
    /// immediately if no engine runs.
    ///
    /// # Errors
    ///
    /// Errors after 10 seconds, or if the store cannot be read.
    pub fn wait_until_hung_up(&mut self, wish: u64) -> Result<(), CliError> {
        self.wait(
            "it is recorded, but the engine has not taken it for 10 s: calls may still be up",
            |store| Ok(store.hang_ups()?.carried_out < wish && !store.open_attempts()?.is_empty()),
        )
    }

    /// Waits until no attempt that `concerns` accepts can still leave (D8 to D10). Returns immediately if no
    /// engine runs, because no call leaves without one.
    ///
    /// # Errors
    ///
    /// Errors after 10 seconds. `done` is the part of the message that says what holds nevertheless.
    pub fn wait_until_none_can_leave(
        &mut self,
        done: &str,
        concerns: &dyn Fn(&Attempt) -> bool,
    ) -> Result<(), CliError> {
        let late = format!(
            "{done}, but a call that was planned before has not left or ended for 10 s: it may still leave"
        );
        self.wait(&late, |store| Ok(store.unsent()?.iter().any(concerns)))
    }

    /// Waits while the store says that `is_open`, for an action that needs an engine. An engine that cannot
    /// be seen counts as running.
    fn wait(
        &mut self,
        late: &str,
        is_open: impl Fn(&mut SqliteStore) -> Result<bool, StoreError>,
    ) -> Result<(), CliError> {
        let waited = Stopwatch::start();
        let mut owner = self.owner();
        if let Owner::Unseen(why) = &owner {
            let warning = CliError::deck(format!("{why}; what is done here is recorded and holds"));
            tty::say(&warning.hint(LOCK_HINT).render_warning(self.json));
        }
        while owner != Owner::Nobody && is_open(&mut self.store)? {
            if waited.elapsed() > PATIENCE {
                return Err(CliError::deck(late)
                    .hint("look at `dialdeck status` and at the process that runs the engine"));
            }
            pause(LOOK_AGAIN);
            owner = self.owner();
        }
        Ok(())
    }
}

/// Returns the message for an engine's lock that cannot be read.
pub(super) fn lock_unseen(folder: &Path, error: &io::Error) -> String {
    format!(
        "whether an engine runs cannot be seen: engine.lock in {}: {error}",
        folder.display()
    )
}

/// The hint for an engine's lock that cannot be read.
const LOCK_HINT: &str = "make engine.lock a file that you may read; remove what is not a file";

/// Stores that the deck has a deck file, and the country in it of numbers written without one, for actions
/// that must not wait until the file can be read again.
fn remember_file(store: &mut SqliteStore, env: &Env) -> Result<(), CliError> {
    let is_there = has_deck_file(&env.own_deck_file());
    if is_there && store.meta(HAD_FILE)?.is_none() {
        store.set_meta(HAD_FILE, "there")?;
    }
    let Ok(config) = env.own_config() else {
        return Ok(());
    };
    if store.meta(COUNTRY)?.as_deref() != Some(&config.default_country) {
        store.set_meta(COUNTRY, &config.default_country)?;
    }
    Ok(())
}

fn clock_of(store: &mut SqliteStore) -> Result<DeckClock, CliError> {
    let Some(text) = store.meta(DeckClock::META_KEY)? else {
        return Ok(DeckClock::System);
    };
    serde_json::from_str(&text)
        .map_err(|error| CliError::deck(format!("the deck's clock `{text}` is broken: {error}")))
}

/// Returns the present instant of the deck in this store, as [`Deck::now`] does.
pub(super) fn present_of(store: &mut SqliteStore) -> Result<Timestamp, CliError> {
    let clock = clock_of(store)?;
    Ok(clock.now(last_entry_at(store)?))
}

/// Returns when the last entry of the log was written. `None` if the log is empty.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn last_entry_at(store: &mut SqliteStore) -> Result<Option<Timestamp>, CliError> {
    Ok(store.log_before(i64::MAX, 1)?.first().map(|entry| entry.at))
}

/// Creates a deck in memory for trials. It ends with the program.
///
/// # Errors
///
/// Errors if SQLite cannot be used.
pub(crate) fn scratch(rules: &Arc<Rules>, now: Timestamp) -> Result<SqliteStore, CliError> {
    let path = Path::new(":memory:");
    Ok(SqliteStore::create_or_open(path, DeckId(0), rules, now)?)
}

/// Returns the present instant of the deck, or the machine's if there is no deck.
///
/// # Errors
///
/// Errors if there is a deck and it is not usable.
pub(crate) fn present(env: &Env) -> Result<Timestamp, CliError> {
    if Deck::exists(env) {
        Deck::open(env)?.now()
    } else {
        Ok(Clock::System.now())
    }
}

fn open_store(env: &Env) -> Result<SqliteStore, CliError> {
    files::tighten(&env.deck);
    open_at(&env.deck.join(STORE_FILE), &env.rules)
}

/// Opens the store at `path` and migrates it to the current schema.
pub(super) fn open_at(path: &Path, rules: &Arc<Rules>) -> Result<SqliteStore, CliError> {
    let now = Clock::System.now();
    let _upgrade =
        SqliteStore::is_behind(path).then(|| Waiting::for_end("the deck is brought up to date"));
    Ok(SqliteStore::create_or_open(
        path,
        random::identity(),
        rules,
        now,
    )?)
}
