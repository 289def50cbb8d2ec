//! The seal of a deck's file: what it was when the last process closed it.
//!
//! SQLite notices damage only in pages that it reads. So the last process to close a deck writes beside it
//! what the file is: size, times, inode, and the SHA-256 of its content. Before a process writes, it removes
//! the seal. A seal that is there and does not fit means that something else changed the file. A process
//! that is killed leaves no seal; then nothing is known, and the engine's next start checks the whole
//! deck instead.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use dialdeck_core::domain::digest::{Sha256, hex, sha256};
use dialdeck_core::domain::event::Anchor;
use dialdeck_files as regular;

/// The seal's file in the deck's folder.
pub const SEAL_FILE: &str = "deck.seal";
/// Files up to this size are compared by their content however they look: a millisecond a megabyte.
const SMALL: u64 = 8 << 20;

/// The longest seal that is read, in bytes.
const LONGEST: u64 = 4096;

/// What a seal says of a deck's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The file is what the last process left. The log's end when the deck was last checked against it;
    /// `None`: it never was, since it was made.
    Whole(Option<Anchor>),
    /// No process has sealed it.
    Unsealed,
    /// The file is another than the last process left.
    Broken,
}

#[derive(Deserialize, PartialEq, Serialize)]
struct Seal {
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    /// Not there of a large file that a short command has closed.
    sha256: Option<String>,
    /// The log's end when the deck was last checked against it; not there of a deck that never was.
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

/// Removes the seal of the deck in `folder`: its file is accepted as it is.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn forget(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(SEAL_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What the seal beside a deck's file says of it.
pub fn standing(store: &Path) -> Standing {
    judge(store).unwrap_or(Standing::Unsealed)
}

/// `None`: there is no seal that can be read.
fn judge(store: &Path) -> Option<Standing> {
    let seal = read(&store.with_file_name(SEAL_FILE))?;
    // Litestream writes to the file by itself, and what is not in the file yet is not sealed.
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

/// Whether a file is small enough to be read as a whole in passing.
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

/// Whether SQLite's write-ahead log holds something.
fn has_log(store: &Path) -> bool {
    let mut name = store.as_os_str().to_owned();
    name.push("-wal");
    fs::metadata(name).is_ok_and(|meta| meta.len() > 0)
}

/// The seal at `path`: its JSON, a space and the SHA-256 of the JSON.
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

fn content(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut part = vec![0; 1 << 18];
    let mut digest = Sha256::default();
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hex(&digest.finish())),
            read => digest.update(&part[..read]),
        }
    }
}

/// Keeps the seal of one handle's deck: breaks it before the first write, and sets it again when the
/// handle is gone. It has to outlive the handle's connection.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    /// The deck's file; `None`: in memory, or only read.
    store: Option<PathBuf>,
    /// What is known of the file, as far as this handle has broken its seal or made it.
    known: Option<Standing>,
    /// Device and inode of the file that was opened. Another one at its path is none of this handle's.
    file: Option<(u64, u64)>,
    /// Whether the content is digested however large the file is.
    whole: bool,
}

impl Keeper {
    /// Of a handle that may write to the deck's file, which is made when it is not there.
    pub(super) fn of(store: &Path) -> Self {
        let in_memory = store.as_os_str() == ":memory:";
        // The write-ahead log is copied into the file when a handle is closed, also by one
        // that writes nothing: the seal of the file before says nothing any more.
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

    /// Notes which file was opened.
    pub(super) fn opened(&mut self) {
        self.file = self.store.as_deref().and_then(file_at);
    }

    /// The deck's file, if its path still leads to it.
    fn own(&self) -> Option<&Path> {
        let store = self.store.as_deref()?;
        let is_own = self.file.is_none_or(|file| file_at(store) == Some(file));
        is_own.then_some(store)
    }

    /// What is known of the file.
    pub(super) fn standing(&self) -> Standing {
        match (&self.known, &self.store) {
            (Some(known), _) => known.clone(),
            (None, Some(store)) => standing(store),
            (None, None) => Standing::Unsealed,
        }
    }

    /// Breaks a seal that is there, before something is written. One that does not fit stays.
    pub(super) fn break_seal(&mut self) -> io::Result<()> {
        let Some(seal) = self.store.as_deref() else {
            return Ok(());
        };
        let seal = seal.with_file_name(SEAL_FILE);
        // Before every group: without a seal, as while an engine runs, nothing else is looked at.
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

    /// Sets no seal: the files were moved under the handle.
    pub(super) fn distrust(&mut self) {
        self.known = Some(Standing::Unsealed);
    }

    /// Takes the file for whole: it was checked against the log up to this end. It is digested however
    /// large it is.
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
        // Without a seal the next start checks the deck, so nothing is lost by a failure.
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
