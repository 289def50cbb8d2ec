//! The mark: how far a deck's last run came, kept outside its store, so that a store that went back in time
//! is noticed and no serial is used twice.
//!
//! There are two copies, because a whole folder may be restored, too: `deck.mark` in the deck's folder, and
//! one in the user's state folder under the deck's identity. Each is a file of two slots that are written in
//! turn, so that an interrupted write leaves the other slot intact. The higher copy of the deck counts, never
//! another deck's.

mod file;
mod keeper;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{SqliteStore, Work, attempts, log, meta};
use crate::{MarkFault, StoreError};
use dialdeck_core::domain::digest::{Hash, hex};
use dialdeck_core::domain::event::GENESIS;
use dialdeck_core::domain::{DeckId, Lost, Timestamp};

use keeper::Found;
pub(super) use keeper::Keeper;

/// The file name of the copy in the deck's folder.
pub const FILE: &str = "deck.mark";

/// The key under which the store remembers that there is a mark.
const KEPT: &str = "mark";
/// The key that says that the copy in the folder is the only one.
const FOLDER_ALONE: &str = "mark_in_folder_alone";
const YES: &str = "yes";
/// The log's end when the store was first written to after it had gone back in time.
const ROLLED_BACK_AT: &str = "rolled_back_at";

/// How far a deck's last run came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The deck's identity, as text.
    pub deck: String,
    /// How many incarnations the deck had before the present one.
    pub incarnation: usize,
    /// The sequence number of the log's last entry.
    pub seq: i64,
    /// That entry's hash, in hexadecimal.
    pub hash: String,
    /// That entry's instant.
    pub at: Timestamp,
    /// The last serial that was given out.
    pub serial: i64,
    /// The highest serial that may have been given out.
    pub ceiling: i64,
    /// The serial after which the last engine began to give serials out.
    pub floor: i64,
    /// Whether that engine ended regularly. Then `ceiling` is exact.
    pub clean: bool,
}

impl Mark {
    /// Returns whether this mark is of a later point of the deck's life.
    fn is_after(&self, other: &Self) -> bool {
        (self.incarnation, self.seq, self.ceiling) > (other.incarnation, other.seq, other.ceiling)
    }

    /// Returns whether this is the mark of this deck.
    fn is_of(&self, deck: DeckId) -> bool {
        self.deck == deck.to_string()
    }

    /// Returns the serial up to which none may be given out again.
    fn used_up(&self) -> i64 {
        self.ceiling.max(self.serial)
    }
}

/// How a store compares with its deck's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The store has everything that the last run wrote.
    Current,
    /// The store lacks something.
    Older(Lost),
    /// Both copies of the mark are gone or damaged, so it is not known what the store lacks.
    Unmarked,
    /// The folder's mark is of this other deck, whatever the copy in the state folder says.
    Foreign(String),
    /// Another process holds this copy of the mark, and no other one can be read: nothing says how it
    /// compares.
    Held(PathBuf),
}

/// The result of comparing a store with its deck's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// How the store compares with the mark.
    pub standing: Standing,
    /// Whether a readable mark was found.
    pub known: bool,
    /// The serial up to which none may be given out again, as far as the mark shows. 0 without a mark.
    pub used_up: i64,
    /// What is wrong with the copies.
    pub faults: Vec<MarkFault>,
    /// The copies that another process holds, among the faults.
    pub held: Vec<PathBuf>,
}

impl SqliteStore {
    /// Compares the store with the mark in `folder` and its copy in `state`, and from now on updates both
    /// with what is committed. A store that is not current leaves them as they are. Returns the comparison.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::sqlite::SqliteStore;
    /// use dialdeck_store::sqlite::mark::Standing;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("deck.sqlite");
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = SqliteStore::create_or_open(&path, DeckId(1), Rules::embedded(), now)?;
    ///
    /// // A new deck has no mark yet, and lacks nothing.
    /// let marked = store.keep_mark(folder.path(), None)?;
    /// assert_eq!(marked.standing, Standing::Current);
    /// assert!(!marked.known);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn keep_mark(&mut self, folder: &Path, state: Option<&Path>) -> Result<Marked, StoreError> {
        let kept = self.meta(KEPT)?;
        let alone = self.is_marked_in_folder_alone()?;
        let state = state.filter(|_| !alone);
        let mut keeper = Keeper::new(folder, state, self.mem.deck);
        let Found {
            mark,
            foreign,
            faults,
        } = keeper.read();
        let held = keeper.held();
        let standing = match (&foreign, &mark, held.first()) {
            // The folder is another deck's, however this one's mark in the state folder stands.
            (Some(other), _, _) => Standing::Foreign(other.deck.clone()),
            (None, None, Some(copy)) => Standing::Held(copy.clone()),
            (None, _, _) => self.read(|work| compare(work, mark.as_ref(), kept.is_some()))?,
        };
        keeper.frozen = standing != Standing::Current;
        keeper.noted = kept.is_some();
        if !matches!(standing, Standing::Held(_)) {
            keeper.found = Some(self.read(|work| Ok(log::head(work)?.seq))?);
        }
        let marks = [mark.as_ref(), foreign.as_ref()].into_iter().flatten();
        let used_up = marks.map(Mark::used_up).max().unwrap_or(0);
        self.mem.mark = Some(keeper);
        Ok(Marked {
            standing,
            known: mark.is_some(),
            used_up,
            faults,
            held,
        })
    }

    /// Sets whether the copy in the state folder is only read, because another deck of the same identity may
    /// be using it.
    pub fn keep_mark_apart(&mut self, apart: bool) {
        if let Some(keeper) = &mut self.mem.mark {
            keeper.apart = apart;
        }
    }

    /// Returns what is wrong with the mark's copy in the state folder, as far as it was written. A deck
    /// continues without it.
    pub fn state_mark_fault(&self) -> Option<&MarkFault> {
        self.mem.mark.as_ref()?.state_fault()
    }

    /// Keeps the mark only in the deck's folder, for a deck whose identity others may share.
    ///
    /// # Errors
    /// Errors if the store cannot be written.
    pub fn mark_in_folder_alone(&mut self) -> Result<(), StoreError> {
        self.set_meta(FOLDER_ALONE, YES)
    }

    /// Returns whether the mark is kept in the deck's folder alone.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn is_marked_in_folder_alone(&mut self) -> Result<bool, StoreError> {
        Ok(self.meta(FOLDER_ALONE)?.is_some())
    }

    /// Reserves the first block of serials that the engine may give out.
    ///
    /// # Errors
    /// Errors if the store cannot be read or the mark cannot be written.
    pub fn begin_run(&mut self) -> Result<(), StoreError> {
        let last = self.read(|work| attempts::last_serial(work))?;
        match &mut self.mem.mark {
            Some(keeper) => Ok(keeper.begin(last).map(drop)?),
            None => Ok(()),
        }
    }

    /// Records that the engine has ended regularly, so that serials continue without a gap.
    ///
    /// # Errors
    /// Errors if the store cannot be read or the mark cannot be written.
    pub fn end_run(&mut self) -> Result<(), StoreError> {
        let last = self.read(|work| attempts::last_serial(work))?;
        match &mut self.mem.mark {
            Some(keeper) => keeper.end(last),
            None => Ok(()),
        }
    }
}

/// How far a store came.
#[derive(Clone, Copy, Debug)]
pub struct Reached {
    incarnation: usize,
    /// The sequence number of the log's last entry. 0 if the log is empty.
    pub seq: i64,
    hash: Hash,
    /// That entry's instant. [`Timestamp::MIN`] if the log is empty.
    pub at: Timestamp,
    /// The last serial that was given out. 0 if none was.
    pub serial: i64,
}

impl Reached {
    /// Where a new deck starts.
    const NOTHING: Self = Self {
        incarnation: 0,
        seq: 0,
        hash: GENESIS,
        at: Timestamp::MIN,
        serial: 0,
    };

    pub(super) fn of(head: &log::Head, incarnation: usize, serial: i64) -> Self {
        Self {
            incarnation,
            seq: head.seq,
            hash: head.hash,
            at: head.at.unwrap_or(Timestamp::MIN),
            serial,
        }
    }

    /// Returns the hash of the last entry, in hexadecimal.
    pub fn hash_text(&self) -> String {
        hex(&self.hash)
    }

    fn mark(&self, deck: DeckId) -> Mark {
        Mark {
            deck: deck.to_string(),
            incarnation: self.incarnation,
            seq: self.seq,
            hash: hex(&self.hash),
            at: self.at,
            serial: self.serial,
            ceiling: self.serial,
            floor: self.serial,
            clean: true,
        }
    }
}

/// Compares the store with the mark. `kept` is whether the store remembers that there was one.
fn compare(work: &mut Work<'_>, mark: Option<&Mark>, kept: bool) -> Result<Standing, StoreError> {
    let Some(mark) = mark else {
        return Ok(if kept {
            Standing::Unmarked
        } else {
            Standing::Current
        });
    };
    if mark.incarnation < work.mem.ids.count() {
        return Ok(Standing::Current);
    }
    let rolled_back: Option<i64> = match meta::value(work.conn, ROLLED_BACK_AT)? {
        Some(text) => text.parse().ok(),
        None => None,
    };
    let head = log::head(work)?.seq;
    if rolled_back.is_none()
        && log::hash_at(work, mark.seq)?.is_some_and(|hash| hex(&hash) == mark.hash)
    {
        return Ok(Standing::Current);
    }
    // A log of the same length with other entries does not show what is missing.
    let entries = mark.seq - rolled_back.unwrap_or(head);
    let entries = u64::try_from(entries).ok().filter(|missing| *missing > 0);
    let attempts = mark.serial - attempts::last_serial(work)?;
    Ok(Standing::Older(Lost {
        entries,
        attempts: entries.and_then(|_| u64::try_from(attempts).ok()),
        last_run: mark.at,
    }))
}

/// Runs before a commit that logs something. The store then remembers that it has a mark, or at which entry
/// it began to differ from the last run.
pub(super) fn before_commit(work: &mut Work<'_>) -> Result<(), StoreError> {
    let Some(keeper) = &mut work.mem.mark else {
        return Ok(());
    };
    if work.mem.head.is_none() {
        return Ok(());
    }
    if keeper.frozen {
        if let Some(found) = keeper.found
            && meta::value(work.conn, ROLLED_BACK_AT)?.is_none()
        {
            meta::set(work.conn, ROLLED_BACK_AT, &found.to_string())?;
        }
    } else if !keeper.noted {
        meta::set(work.conn, KEPT, YES)?;
        keeper.noted = true;
    }
    Ok(())
}

/// Clears the record that the store went back in time, because a person has accepted it.
///
/// The commit then writes a new mark, and serials continue beyond `used_up`.
pub(super) fn accept(work: &mut Work<'_>, used_up: i64) -> Result<(), StoreError> {
    if let Some(keeper) = &mut work.mem.mark {
        keeper.frozen = false;
        keeper.renewed = Some(used_up);
    }
    meta::remove(work.conn, ROLLED_BACK_AT)
}

#[cfg(test)]
mod tests;
