//! One copy of a mark: a file of two slots, written in turn under a lock.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Mark;
use dialdeck_clock::{Stopwatch, pause};
use dialdeck_core::domain::digest::{hex, sha256};
use dialdeck_files as regular;

/// The size of a slot, in bytes. A mark takes less than 400.
const SLOT: usize = 512;
/// How many hexadecimal digits of a slot's digest follow its content.
const DIGEST: usize = 32;

/// Between two tries of a lock that another process holds.
const TRY_AGAIN: Duration = Duration::from_millis(10);

/// The content of one slot.
#[derive(Debug, Serialize, Deserialize)]
struct Slot {
    /// Rises with every write. The slot with the higher number counts.
    n: u64,
    #[serde(flatten)]
    mark: Mark,
}

/// One copy of the mark.
#[derive(Debug)]
pub(super) struct Copy {
    path: PathBuf,
    file: Option<File>,
    /// Whether another process held it when it was last wanted, for as long as it was waited for. Until
    /// it is free it is not waited for again.
    held: Cell<bool>,
}

impl Copy {
    /// Returns the copy at this path, which need not exist yet.
    pub(super) const fn at(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            held: Cell::new(false),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether another process holds it, as far as is known.
    pub(super) fn is_held(&self) -> bool {
        self.held.get()
    }

    /// Reads it; `None`: it is not there. Waits this long for another process that holds it.
    ///
    /// # Errors
    /// When it cannot be read, another process holds it, or neither slot is whole.
    pub(super) fn read(&self, patience: Duration) -> io::Result<Option<Mark>> {
        let file = match regular::open(&self.path, OpenOptions::new().read(true)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        self.lock(patience, || file.try_lock_shared())?;
        match newest(&file)? {
            Some((_, slot)) => Ok(Some(slot.mark)),
            None => Err(io::Error::other("it is damaged")),
        }
    }

    /// Replaces the content by the result of `change`, or keeps it if that is `None`. The file is synced if
    /// `sync` is set, whether or not it changed.
    ///
    /// # Errors
    /// Errors if it cannot be written, or `change` errors.
    pub(super) fn change(
        &mut self,
        sync: bool,
        patience: Duration,
        change: impl FnOnce(Option<&Mark>) -> io::Result<Option<Mark>>,
    ) -> io::Result<()> {
        if self.file.is_none() {
            self.file = Some(open(&self.path)?);
        }
        let Some(file) = &self.file else {
            return Err(io::ErrorKind::NotFound.into());
        };
        self.lock(patience, || file.try_lock())?;
        let done = write(file, change);
        let synced = if sync { file.sync_data() } else { Ok(()) };
        file.unlock()?;
        done.and(synced)
    }

    /// Locks it, waiting this long for another process; one that was not free before is tried once.
    fn lock(
        &self,
        patience: Duration,
        lock: impl Fn() -> Result<(), TryLockError>,
    ) -> io::Result<()> {
        let waits = Stopwatch::start();
        loop {
            match lock() {
                Ok(()) => {
                    self.held.set(false);
                    return Ok(());
                }
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) => {}
            }
            if self.held.get() || waits.elapsed() >= patience {
                self.held.set(true);
                return Err(io::Error::new(
                    io::ErrorKind::WouldBlock,
                    "end or continue that process (`fuser` names it)",
                ));
            }
            pause(TRY_AGAIN);
        }
    }
}

fn write(
    file: &File,
    change: impl FnOnce(Option<&Mark>) -> io::Result<Option<Mark>>,
) -> io::Result<()> {
    let known = newest(file)?;
    let (place, n, before) = match &known {
        Some((place, slot)) => (1 - place, slot.n + 1, Some(&slot.mark)),
        None => (0, 1, None),
    };
    let Some(mark) = change(before)? else {
        return Ok(());
    };
    let mut line = serde_json::to_string(&Slot { n, mark })?;
    line.push(' ');
    line.push_str(&digest(line.trim_end()));
    if line.len() >= SLOT {
        return Err(io::Error::other("the mark is too long"));
    }
    let line = format!("{line:<width$}\n", width = SLOT - 1);
    file.write_all_at(line.as_bytes(), place * SLOT as u64)
}

fn open(path: &Path) -> io::Result<File> {
    let folder = path.parent();
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let is_new = !path.exists();
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        return Err(io::Error::other("it is a link"));
    }
    let mut how = OpenOptions::new();
    how.create(true).truncate(false).read(true).write(true);
    let file = regular::open(path, how.mode(0o600))?;
    if let Some(folder) = folder.filter(|_| is_new) {
        File::open(folder)?.sync_all()?;
    }
    Ok(file)
}

/// Returns the slot that counts, and its index.
fn newest(file: &File) -> io::Result<Option<(u64, Slot)>> {
    let mut best: Option<(u64, Slot)> = None;
    for place in 0..2 {
        let Some(slot) = slot(file, place)? else {
            continue;
        };
        if best.as_ref().is_none_or(|(_, known)| slot.n > known.n) {
            best = Some((place, slot));
        }
    }
    Ok(best)
}

fn slot(file: &File, place: u64) -> io::Result<Option<Slot>> {
    let mut bytes = [0; SLOT];
    match file.read_exact_at(&mut bytes, place * SLOT as u64) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    let text = std::str::from_utf8(&bytes).map(str::trim_end);
    let whole = text.ok().and_then(|text| {
        let (line, found) = text.rsplit_once(' ')?;
        (found == digest(line)).then(|| serde_json::from_str(line).ok())?
    });
    Ok(whole)
}

fn digest(line: &str) -> String {
    let mut digest = hex(&sha256(line.as_bytes()));
    digest.truncate(DIGEST);
    digest
}
