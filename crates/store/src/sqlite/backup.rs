//! Whole copies of a store: made while it is in use, or restored from a backup.

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::mark::Reached;
use super::{SqliteStore, attempts, log, meta};
use crate::{StoreError, Unusable};
use dialdeck_core::domain::DeckId;

/// Pages copied per step. Progress is reported after each step.
const PAGES: i32 = 4096;

/// A callback that takes the number of copied pages and of all pages.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

impl SqliteStore {
    /// Copies the store as it is now to `path`, where no file may exist yet. Other writers can continue.
    ///
    /// # Errors
    /// Errors if the store cannot be read or the copy cannot be written.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::sqlite::SqliteStore;
    /// use dialdeck_store::sqlite::backup::copy_backup;
    ///
    /// let folder = tempfile::tempdir()?;
    /// let (path, backup) = (folder.path().join("deck.sqlite"), folder.path().join("backup"));
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), now)?;
    /// let mut copied = 0;
    /// store.back_up(&backup, &mut |pages, _| copied = pages)?;
    /// assert!(copied > 0);
    ///
    /// let restored = folder.path().join("restored.sqlite");
    /// assert_eq!(copy_backup(&backup, &restored, &mut |_, _| ())?, DeckId(7));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn back_up(&mut self, path: &Path, progress: Progress<'_>) -> Result<(), StoreError> {
        self.read(|work| {
            // The transaction begins with the first row read. Later commits of others do not affect it.
            log::head(work)?;
            copy(work.conn, path, progress)
        })
    }

    /// Checks the store's file for damage, quickly.
    ///
    /// # Errors
    /// Errors if the file is damaged, with SQLite's message.
    pub fn check(&mut self) -> Result<(), StoreError> {
        let found: String = self
            .conn
            .query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
        if found == "ok" {
            return Ok(());
        }
        Err(Unusable::Damaged(found).into())
    }

    /// Moves the write-ahead log into the store's file, so that the store is one file.
    ///
    /// # Errors
    /// Errors if the file cannot be written, or is open elsewhere.
    pub fn into_one_file(self) -> Result<(), StoreError> {
        self.conn.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(())
    }

    /// Returns how far the store came.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn reached(&mut self) -> Result<Reached, StoreError> {
        self.read(|work| {
            let (head, last) = (log::head(work)?, attempts::last_serial(work)?);
            Ok(Reached::of(&head, work.mem.ids.count(), last))
        })
    }
}

/// Copies the backup at `from` to `to`, where no file may exist yet. Returns the identity of its deck.
///
/// # Errors
/// Errors if the backup is no deck or cannot be read, or the copy cannot be written.
pub fn copy_backup(from: &Path, to: &Path, progress: Progress<'_>) -> Result<DeckId, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    let deck = meta::known_identity(&source)?;
    copy(&source, to, progress)?;
    Ok(deck)
}

fn copy(source: &Connection, path: &Path, progress: Progress<'_>) -> Result<(), StoreError> {
    let mut target = Connection::open(path)?;
    let backup = Backup::new(source, &mut target)?;
    loop {
        let step = backup.step(PAGES)?;
        let state = backup.progress();
        let count = |pages: i32| u64::try_from(pages).unwrap_or(0);
        let total = count(state.pagecount);
        progress(total - count(state.remaining), total);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked => {
                return Err(StoreError::Busy("it cannot be copied now".to_owned()));
            }
            other => {
                return Err(Unusable::NotCopied(format!("{other:?}")).into());
            }
        }
    }
    drop(backup);
    // A copy is one file. Opened as a deck it gets its write-ahead log again.
    target.pragma_update(None, "journal_mode", "DELETE")?;
    target.close().map_err(|(_, error)| StoreError::from(error))
}
