//! The engine lock: exactly one process dials for a deck, and holds this file while it lives.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::{io, path};

use super::place::FileId;
use dialdeck_files as regular;

/// The lock that the one engine of a deck holds. Released when dropped or when the process dies.
///
/// # Examples
///
/// ```
/// use dialdeck_store::sqlite::lock::{EngineLock, is_held};
///
/// let deck = tempfile::tempdir()?;
/// let lock = EngineLock::try_acquire(deck.path())?;
/// assert!(lock.is_some());
/// assert!(is_held(deck.path())?);
/// assert!(EngineLock::try_acquire(deck.path())?.is_none());
///
/// drop(lock);
/// assert!(!is_held(deck.path())?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EngineLock {
    _file: File,
    path: PathBuf,
    id: FileId,
}

impl EngineLock {
    /// Takes the lock of the deck in this folder. Returns `None` if another engine holds it.
    ///
    /// # Errors
    /// Errors if the lock file cannot be created or locked at all.
    pub fn try_acquire(deck: &Path) -> io::Result<Option<Self>> {
        // The working folder may itself be moved; then a relative path would no longer lead to the lock.
        let path = path::absolute(deck.join(FILE))?;
        let file = open(deck)?;
        match file.try_lock() {
            Ok(()) => {
                let id = FileId::of(&file)?;
                Ok(Some(Self {
                    _file: file,
                    path,
                    id,
                }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Returns the lock's absolute path and the file's identity when it was locked.
    pub fn file(&self) -> (&Path, FileId) {
        (&self.path, self.id)
    }
}

/// Returns whether an engine holds the deck in this folder.
///
/// # Errors
/// Errors if the lock file cannot be opened or locked, or is no regular file.
pub fn is_held(deck: &Path) -> io::Result<bool> {
    let file = match regular::open(&deck.join(FILE), OpenOptions::new().read(true)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A shared lock, so that two processes that check do not take each other for an engine.
    match file.try_lock_shared() {
        Ok(()) => Ok(false),
        Err(TryLockError::WouldBlock) => Ok(true),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

const FILE: &str = "engine.lock";

fn open(deck: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.create(true).truncate(false).write(true);
    regular::open(&deck.join(FILE), &mut how)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_engine_holds_a_deck_until_it_lets_go() {
        let deck = tempfile::tempdir().unwrap();
        assert!(!is_held(deck.path()).unwrap());
        let lock = EngineLock::try_acquire(deck.path()).unwrap();
        assert!(lock.is_some());
        assert!(is_held(deck.path()).unwrap());
        assert!(EngineLock::try_acquire(deck.path()).unwrap().is_none());
        drop(lock);
        assert!(!is_held(deck.path()).unwrap());
        assert!(EngineLock::try_acquire(deck.path()).unwrap().is_some());
    }
}
