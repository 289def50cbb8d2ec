//! The seal of a deck's file: a record of the file as the last process closed it.
//!
//! SQLite notices damage only in pages that it reads. So the last process to close a deck writes a seal
//! beside it: size, times, inode, and the SHA-256 of its content. A process removes the seal before it
//! writes. A seal that does not match means that something else changed the file. A process that is killed
//! leaves no seal. Then nothing is known, and the engine's next start checks the whole deck instead.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use dialdeck_core::domain::digest::{Sha256, hex, sha256};
use dialdeck_core::domain::event::Anchor;
use dialdeck_files as regular;

/// The seal's file name in the deck's folder.
pub const SEAL_FILE: &str = "deck.seal";
/// Files up to this size, in bytes, are always compared by content. That takes a millisecond per megabyte.
const SMALL: u64 = 8 << 20;

/// The longest seal that is read, in bytes.
const LONGEST: u64 = 4096;

/// What a seal shows about a deck's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The file is as the last process left it. Holds the log's end when the deck was last checked, `None` if
    /// it never was since it was created.
    Whole(Option<Anchor>),
    /// No process has sealed the file.
    Unsealed,
    /// The file differs from what the last process left.
    Broken,
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Seal {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    /// Missing for a large file that was closed without a full check.
    sha256: Option<String>,
    /// The log's end when the deck was last checked. Missing for a deck that never was.
    checked: Option<Anchor>,
}

impl Seal {
    fn looks(path: &Path) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        Ok(Self {
            size: meta.len(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
            inode: meta.ino(),
            sha256: None,
            checked: None,
        })
    }
}

/// Removes the seal of the deck in `folder`, so that its file is accepted as it is.
///
/// # Errors
/// Errors if the seal cannot be removed.
pub fn forget(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(SEAL_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns what the seal beside a deck's file shows about it.
pub fn standing(store: &Path) -> Standing {
    judge(store).unwrap_or(Standing::Unsealed)
}

/// Returns `None` if there is no readable seal, or the file cannot be read.
fn judge(store: &Path) -> Option<Standing> {
    let seal = read(&store.with_file_name(SEAL_FILE))?;
    // Litestream writes to the file on its own, and what is still in the write-ahead log is not sealed.
    if is_replicated(store) || has_log(store) {
        return Some(Standing::Unsealed);
    }
    let looks = Seal::looks(store).ok()?;
    let is_small = looks.size <= SMALL;
    let untouched = Seal {
        sha256: seal.sha256.clone(),
        checked: seal.checked.clone(),
        ..looks
    } == seal;
    Some(match &seal.sha256 {
        _ if untouched && !is_small => Standing::Whole(seal.checked),
        Some(wanted) if content(store).ok()? == *wanted => Standing::Whole(seal.checked),
        Some(_) => Standing::Broken,
        None => Standing::Unsealed,
    })
}

/// Returns whether a file is small enough to be read in full at every opening.
pub(super) fn is_small(store: &Path) -> bool {
    fs::metadata(store).is_ok_and(|meta| meta.len() <= SMALL)
}

fn file_at(path: &Path) -> Option<(u64, u64)> {
    let meta = fs::metadata(path).ok()?;
    Some((meta.dev(), meta.ino()))
}

fn is_replicated(store: &Path) -> bool {
    let name = store.file_name().unwrap_or_default().to_string_lossy();
    store.with_file_name(format!(".{name}-litestream")).exists()
}

/// Returns whether SQLite's write-ahead log holds anything.
fn has_log(store: &Path) -> bool {
    let mut name = store.as_os_str().to_owned();
    name.push("-wal");
    fs::metadata(name).is_ok_and(|meta| meta.len() > 0)
}

/// Returns the seal at `path`: its JSON, a space and the SHA-256 of the JSON.
fn read(path: &Path) -> Option<Seal> {
    let mut text = String::new();
    let file = regular::open(path, OpenOptions::new().read(true)).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let (json, digest) = text.trim_end().rsplit_once(' ')?;
    if hex(&sha256(json.as_bytes())) != digest {
        return None;
    }
    serde_json::from_str(json).ok()
}

fn write(path: &Path, seal: &Seal) -> io::Result<()> {
    let json = serde_json::to_string(seal)?;
    let text = format!("{json} {}\n", hex(&sha256(json.as_bytes())));
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut unfinished = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    unfinished.write_all(text.as_bytes())?;
    unfinished.persist(path)?;
    Ok(())
}

/// The descriptors by which content was read, by device and inode. They stay open: SQLite holds its locks by
/// `fcntl`, and closing any descriptor of a file drops all locks that the process has on it
/// (<https://www.sqlite.org/howtocorrupt.html>, section 2.2).
static READ: Mutex<BTreeMap<(u64, u64), File>> = Mutex::new(BTreeMap::new());

/// Returns the SHA-256 of a file's content, in hexadecimal.
fn content(path: &Path) -> io::Result<String> {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    // A file without a name cannot be opened by another process: its locks guard nothing.
    read.retain(|_, file| file.metadata().is_ok_and(|meta| meta.nlink() > 0));
    let file = match file_at(path).and_then(|at| read.remove(&at)) {
        Some(known) => known,
        None => File::open(path)?,
    };
    let digested = digest(&file);
    let meta = file.metadata()?;
    read.insert((meta.dev(), meta.ino()), file);
    digested
}

fn digest(file: &File) -> io::Result<String> {
    let mut part = vec![0; 1 << 18];
    let mut digest = Sha256::default();
    let mut at = 0;
    loop {
        match file.read_at(&mut part, at)? {
            0 => return Ok(hex(&digest.finish())),
            read => {
                digest.update(&part[..read]);
                at += read as u64;
            }
        }
    }
}

/// Keeps the seal of one handle's deck: breaks it before the first write, and sets it again when the handle
/// is gone. It has to outlive the handle's connection.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// The deck's file. `None` if the deck is in memory or only read.
    store: Option<PathBuf>,
    /// What is known of the file, if this handle has broken its seal or created it.
    known: Option<Standing>,
    /// Device and inode of the file that was opened. Another file at its path does not belong to this handle.
    file: Option<(u64, u64)>,
    /// Whether the content is digested even if the file is large.
    whole: bool,
}

impl Keeper {
    /// Returns the keeper of a handle that may write to the deck's file, which may not exist yet.
    pub(super) fn of(store: &Path) -> Self {
        let in_memory = store.as_os_str() == ":memory:";
        // The write-ahead log is copied into the file when a handle is closed, even one that writes nothing.
        // Then the seal made before no longer matches.
        if has_log(store) && !in_memory {
            fs::remove_file(store.with_file_name(SEAL_FILE)).ok();
        }
        Self {
            store: (!in_memory).then(|| store.to_owned()),
            known: (!store.exists()).then_some(Standing::Whole(None)),
            file: None,
            whole: false,
        }
    }

    /// Records which file was opened.
    pub(super) fn opened(&mut self) {
        self.file = self.store.as_deref().and_then(file_at);
    }

    /// Returns the deck's file, if its path still leads to it.
    fn own(&self) -> Option<&Path> {
        let store = self.store.as_deref()?;
        let is_own = self.file.is_none_or(|file| file_at(store) == Some(file));
        is_own.then_some(store)
    }

    /// Returns what is known of the file.
    pub(super) fn standing(&self) -> Standing {
        match (&self.known, &self.store) {
            (Some(known), _) => known.clone(),
            (None, Some(store)) => standing(store),
            (None, None) => Standing::Unsealed,
        }
    }

    /// Breaks a seal, if there is one, before anything is written. A seal that does not match stays.
    pub(super) fn break_seal(&mut self) -> io::Result<()> {
        let Some(seal) = self.store.as_deref() else {
            return Ok(());
        };
        let seal = seal.with_file_name(SEAL_FILE);
        // This runs before every group. While an engine runs there is no seal, so nothing more is read.
        if self.known == Some(Standing::Broken) || !seal.exists() {
            return Ok(());
        }
        let Some(store) = self.own() else {
            return Ok(());
        };
        let known = self.known.clone().unwrap_or_else(|| standing(store));
        let stays = known == Standing::Broken;
        if !stays {
            fs::remove_file(&seal)?;
        }
        self.known = Some(known);
        if stays {
            return Ok(());
        }
        let folder = seal
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    /// Prevents sealing, because the files were moved under the handle.
    pub(super) fn distrust(&mut self) {
        self.known = Some(Standing::Unsealed);
    }

    /// Marks the file as whole, because it was checked against the log up to this end. It is then digested
    /// even if it is large.
    pub(super) fn vouch(&mut self, checked: Anchor) {
        self.known = Some(Standing::Whole(Some(checked)));
        self.whole = true;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let (Some(store), Some(Standing::Whole(checked))) = (self.own(), self.known.clone()) else {
            return;
        };
        // Without a seal the next start checks the deck, so a failure loses nothing.
        if let Err(error) = set(store, self.whole, checked) {
            tracing::warn!(%error, "the deck is not sealed");
        }
    }
}

/// Seals the deck's file, unless another process has it open and has written.
fn set(store: &Path, whole: bool, checked: Option<Anchor>) -> io::Result<()> {
    if has_log(store) || is_replicated(store) {
        return Ok(());
    }
    let looks = Seal::looks(store)?;
    let digested = whole || looks.size <= SMALL;
    let sha256 = digested.then(|| content(store)).transpose()?;
    let seal = store.with_file_name(SEAL_FILE);
    let sealed = Seal {
        sha256,
        checked,
        ..looks
    };
    write(&seal, &sealed)?;
    // Another process may have written while the file was digested.
    let now = Seal {
        sha256: sealed.sha256.clone(),
        checked: sealed.checked.clone(),
        ..Seal::looks(store)?
    };
    if has_log(store) || now != sealed {
        fs::remove_file(seal)?;
    }
    Ok(())
}
