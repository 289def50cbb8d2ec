//! Which files this process has open, and whether the deck's path still leads to them.
//!
//! A process has files open, every other process has a path. Once the path leads to other files, one side no
//! longer reads what the other writes, so nothing may be begun on either side.

use std::ffi::OsString;
use std::fs::File;
#[cfg(target_os = "linux")]
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::{io, path};

#[cfg(target_os = "linux")]
use rustix::fs::{AtFlags, CWD, StatxFlags, statx};

#[cfg(not(target_os = "linux"))]
use std::fs;

use crate::{Displaced, StoreError, Unusable};

/// The identity of a file in the system, independent of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// The number of the device that it is on.
    pub device: u64,
    /// The file's number on that device.
    pub inode: u64,
}

impl FileId {
    /// Returns the identity of the file that `path` leads to.
    ///
    /// # Errors
    /// Errors if there is none, or its identity cannot be read.
    #[cfg(target_os = "linux")]
    pub fn at(path: &Path) -> io::Result<Self> {
        // The times are left out: reading them makes the next write to the file more costly, because the
        // system then has to give it a distinct instant.
        Self::ask(CWD, path, AtFlags::empty())
    }

    /// Returns the identity of an open file.
    ///
    /// # Errors
    /// Errors if it cannot be read.
    #[cfg(target_os = "linux")]
    pub fn of(file: &File) -> io::Result<Self> {
        Self::ask(file, Path::new(""), AtFlags::EMPTY_PATH)
    }

    #[cfg(target_os = "linux")]
    fn ask(folder: impl AsFd, path: &Path, how: AtFlags) -> io::Result<Self> {
        let found = statx(folder, path, how, StatxFlags::INO)?;
        Ok(Self {
            device: (u64::from(found.stx_dev_major) << 32) | u64::from(found.stx_dev_minor),
            inode: found.stx_ino,
        })
    }

    /// Returns the identity of the file that `path` leads to.
    ///
    /// # Errors
    /// Errors if there is none, or its identity cannot be read.
    #[cfg(not(target_os = "linux"))]
    pub fn at(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|metadata| Self::from(&metadata))
    }

    /// Returns the identity of an open file.
    ///
    /// # Errors
    /// Errors if it cannot be read.
    #[cfg(not(target_os = "linux"))]
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|metadata| Self::from(&metadata))
    }
}

#[cfg(not(target_os = "linux"))]
impl From<&fs::Metadata> for FileId {
    fn from(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// Files that this process has open, by the paths under which it opened them.
#[derive(Debug, Default)]
pub(super) struct Place {
    files: Vec<(PathBuf, FileId)>,
}

impl Place {
    /// Returns the place of a store whose file is open: the file and what SQLite keeps beside it.
    pub(super) fn of_store(path: &Path) -> Result<Self, StoreError> {
        let mut place = Self::default();
        if path.as_os_str().is_empty() || path == Path::new(":memory:") {
            return Ok(place);
        }
        // The working folder may itself be moved; then a relative path would no longer lead to the store.
        let path = path::absolute(path).map_err(|error| unusable(path, error))?;
        let store = FileId::at(&path).map_err(|error| unusable(&path, error))?;
        for beside in ["-wal", "-shm"] {
            let mut name = OsString::from(path.as_os_str());
            name.push(beside);
            let beside = PathBuf::from(name);
            // A process that only reads may do without.
            if let Ok(id) = FileId::at(&beside) {
                place.hold(beside, id);
            }
        }
        place.files.insert(0, (path, store));
        Ok(place)
    }

    /// Adds a file that this process has open.
    pub(super) fn hold(&mut self, path: PathBuf, id: FileId) {
        self.files.push((path, id));
    }

    /// Errors if a path no longer leads to the file that this process has open.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for (path, held) in &self.files {
            let what = match FileId::at(path) {
                Ok(found) if found == *held => continue,
                Ok(_) => "is another file now".to_owned(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let folder = path.parent().unwrap_or(Path::new("/"));
                    if !folder.exists() {
                        return Err(StoreError::Displaced(Displaced {
                            folder: folder.to_owned(),
                            found: "its folder was moved or removed".to_owned(),
                        }));
                    }
                    "is gone".to_owned()
                }
                // A file whose identity cannot be read is not known to be there.
                Err(error) => format!("cannot be looked at: {error}"),
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return Err(StoreError::Displaced(Displaced {
                folder: path.parent().unwrap_or(Path::new("/")).to_owned(),
                found: format!("{name} {what}"),
            }));
        }
        Ok(())
    }
}

fn unusable(path: &Path, source: io::Error) -> StoreError {
    let path = path.to_owned();
    Unusable::File { path, source }.into()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Returns the error about these files after `change`, empty if there is none.
    fn after(change: impl FnOnce(&Path)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let deck = folder.path().join("deck");
        fs::create_dir(&deck).unwrap();
        let store = deck.join("deck.sqlite");
        for name in ["deck.sqlite", "deck.sqlite-wal", "engine.lock"] {
            fs::write(deck.join(name), name).unwrap();
        }
        let mut place = Place::of_store(&store).unwrap();
        let lock = deck.join("engine.lock");
        place.hold(lock.clone(), FileId::at(&lock).unwrap());
        place.check().unwrap();
        change(&deck);
        let told = place.check().map_err(|error| error.to_string());
        told.err().unwrap_or_default()
    }

    #[test]
    fn a_path_that_leads_elsewhere_is_noticed_whatever_leads_there() {
        let gone =
            |name: &'static str| after(move |deck| fs::remove_file(deck.join(name)).unwrap());
        assert!(gone("deck.sqlite").ends_with("deck.sqlite is gone"));
        assert!(gone("deck.sqlite-wal").ends_with("deck.sqlite-wal is gone"));
        assert!(gone("engine.lock").ends_with("engine.lock is gone"));
        let copied = after(|deck| {
            fs::rename(deck, deck.with_extension("old")).unwrap();
            fs::create_dir(deck).unwrap();
            fs::copy(
                deck.with_extension("old").join("deck.sqlite"),
                deck.join("deck.sqlite"),
            )
            .unwrap();
        });
        assert!(
            copied.ends_with("deck.sqlite is another file now"),
            "{copied}"
        );
        let moved = after(|deck| fs::rename(deck, deck.with_extension("old")).unwrap());
        assert!(
            moved.ends_with("its folder was moved or removed"),
            "{moved}"
        );
        let linked = after(|deck| {
            let old = deck.with_extension("old");
            fs::rename(deck, &old).unwrap();
            std::os::unix::fs::symlink(&old, deck).unwrap();
        });
        assert_eq!(linked, "", "the path still leads to the same files");
        let written = after(|deck| fs::write(deck.join("deck.sqlite"), "more").unwrap());
        assert_eq!(written, "");
    }

    #[test]
    fn a_store_in_memory_has_no_place() {
        Place::of_store(Path::new(":memory:"))
            .unwrap()
            .check()
            .unwrap();
    }
}
