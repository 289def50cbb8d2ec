//! The mark: how far a deck's last run came, kept outside its store, so that a store that went back in
//! time is noticed and no serial is used twice.
//!
//! There are two copies: `deck.mark` in the deck's folder, and one in the user's state folder under the
//! deck's identity, since a whole folder may be put back, too. Each is a file of two slots that are
//! written in turn, so that a write that was cut short leaves the other one. The higher copy counts.

mod file;
mod keeper;

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{SqliteStore, Work, attempts, log, meta};
use crate::StoreError;
use dialdeck_core::domain::digest::{Hash, hex};
use dialdeck_core::domain::event::GENESIS;
use dialdeck_core::domain::{DeckId, Lost, Timestamp};

pub(super) use keeper::Keeper;

/// The copy in the deck's folder.
pub const FILE: &str = "deck.mark";

/// Under which key the store remembers that there is a mark.
const KEPT: &str = "mark";
/// Under which key it says that the copy in the folder is the only one.
const FOLDER_ALONE: &str = "mark_in_folder_alone";
const YES: &str = "yes";
/// The log's end when the store was first written to after it had gone back in time.
const ROLLED_BACK_AT: &str = "rolled_back_at";

/// How far a deck came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The deck.
    pub deck: String,
    /// How many incarnations it had had before the present one.
    pub incarnation: usize,
    /// The last entry of the log.
    pub seq: i64,
    /// Its digest, in hexadecimal.
    pub hash: String,
    /// Its instant.
    pub at: Timestamp,
    /// The last serial that was given out.
    pub serial: i64,
    /// Serials up to here may have been given out.
    pub ceiling: i64,
    /// Where the last engine began to give serials out.
    pub floor: i64,
    /// Whether that engine ended as it should: then `ceiling` is exact.
    pub clean: bool,
}

impl Mark {
    /// Whether it is of a later instant of the deck's life.
    fn is_after(&self, other: &Self) -> bool {
        (self.incarnation, self.seq, self.ceiling) > (other.incarnation, other.seq, other.ceiling)
    }

    /// The serial up to which none may be given out again.
    fn used_up(&self) -> i64 {
        self.ceiling.max(self.serial)
    }
}

/// How a store compares to its deck's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has everything that the last run wrote.
    Current,
    /// It lacks something.
    Older(Lost),
    /// Both copies of the mark are gone or damaged: nothing says what it lacks.
    Unmarked,
    /// The folder's mark is another deck's.
    Foreign(String),
}

/// What a deck's mark says, and what became of its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// How the store compares.
    pub standing: Standing,
    /// Whether there is a mark.
    pub known: bool,
    /// The serial up to which none may be given out again, as far as the mark knows.
    pub used_up: i64,
    /// What is wrong with a copy.
    pub faults: Vec<String>,
}

impl SqliteStore {
    /// Compares the store to the mark in `folder` and its copy in `state`, and keeps both up with what
    /// is committed from now on. A store that is not current leaves them as they are.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn keep_mark(&mut self, folder: &Path, state: Option<&Path>) -> Result<Marked, StoreError> {
        let kept = self.meta(KEPT)?;
        let alone = self.meta(FOLDER_ALONE)?.is_some();
        let state = state.filter(|_| !alone);
        let mut keeper = Keeper::new(folder, state, self.mem.deck);
        let (mark, faults) = keeper.read();
        let standing = self.read(|work| compare(work, mark.as_ref(), kept.is_some()))?;
        keeper.frozen = standing != Standing::Current;
        keeper.noted = kept.is_some();
        keeper.found = self.read(|work| Ok(log::head(work)?.seq))?;
        let used_up = mark.as_ref().map_or(0, Mark::used_up);
        self.mem.mark = Some(keeper);
        Ok(Marked {
            standing,
            known: mark.is_some(),
            used_up,
            faults,
        })
    }

    /// Keeps the mark in the deck's folder alone: of a deck whose identity others may share.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn mark_in_folder_alone(&mut self) -> Result<(), StoreError> {
        self.set_meta(FOLDER_ALONE, YES)
    }

    /// Sets the first serials aside that the engine may give out.
    ///
    /// # Errors
    /// When the store cannot be read or the mark cannot be written.
    pub fn begin_run(&mut self) -> Result<(), StoreError> {
        let last = self.read(|work| attempts::last_serial(work))?;
        match &mut self.mem.mark {
            Some(keeper) => keeper.begin(last).map(drop),
            None => Ok(()),
        }
    }

    /// Notes that the engine has ended as it should: serials go on without a gap.
    ///
    /// # Errors
    /// When the store cannot be read or the mark cannot be written.
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
    /// The last entry of the log.
    pub seq: i64,
    hash: Hash,
    /// Its instant.
    pub at: Timestamp,
    /// The last serial, if any was given out.
    pub serial: i64,
}

impl Reached {
    /// A new deck.
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

    /// Returns the digest of the last entry, in hexadecimal.
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

/// Compares the store to what the mark says; `kept`: the store remembers that there was one.
fn compare(work: &mut Work<'_>, mark: Option<&Mark>, kept: bool) -> Result<Standing, StoreError> {
    let Some(mark) = mark else {
        return Ok(if kept {
            Standing::Unmarked
        } else {
            Standing::Current
        });
    };
    if mark.deck != work.mem.deck.to_string() {
        return Ok(Standing::Foreign(mark.deck.clone()));
    }
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

/// Runs before a commit that logs something: the store remembers that it has a mark, or from where on it
/// is another than the last run's.
pub(super) fn before_commit(work: &mut Work<'_>) -> Result<(), StoreError> {
    let Some(keeper) = &mut work.mem.mark else {
        return Ok(());
    };
    if work.mem.head.is_none() {
        return Ok(());
    }
    if keeper.frozen {
        if meta::value(work.conn, ROLLED_BACK_AT)?.is_none() {
            let found = keeper.found;
            meta::set(work.conn, ROLLED_BACK_AT, &found.to_string())?;
        }
    } else if !keeper.noted {
        meta::set(work.conn, KEPT, YES)?;
        keeper.noted = true;
    }
    Ok(())
}

/// Forgets that the store went back in time: a person has accepted it.
///
/// With the commit a new mark is written: serials go on beyond `used_up`.
pub(super) fn accept(work: &mut Work<'_>, used_up: i64) -> Result<(), StoreError> {
    if let Some(keeper) = &mut work.mem.mark {
        keeper.frozen = false;
        keeper.renewed = Some(used_up);
    }
    meta::remove(work.conn, ROLLED_BACK_AT)
}

#[cfg(test)]
mod tests;
