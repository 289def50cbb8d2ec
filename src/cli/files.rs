//! Files that commands create: private, written completely or not at all, and never over an existing file.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::process::umask;
use tempfile::NamedTempFile;

use super::CliError;

/// The permissions of a new folder: all for its owner, none for others.
const FOLDER: u32 = 0o700;

/// The permissions of a new file.
const FILE: u32 = 0o600;

/// Makes every new file and folder of this process private to its user, because lists hold people's numbers.
pub(super) fn make_private() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Removes the permissions of others on a deck's folder and the files in it, which an older release or a copy
/// may have given. Files of another user stay as they are.
pub(super) fn tighten(deck: &Path) {
    let narrow = |path: &Path, most: u32| {
        // Links are not followed, because the target may be any file.
        let Ok(found) = fs::symlink_metadata(path) else {
            return;
        };
        let mode = found.permissions().mode() & 0o7777;
        if !found.is_symlink() && mode & !most & 0o077 != 0 {
            fs::set_permissions(path, Permissions::from_mode(mode & most)).ok();
        }
    };
    narrow(deck, FOLDER);
    let Ok(entries) = fs::read_dir(deck) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            narrow(&entry.path(), FILE);
        }
    }
}

/// A new file that appears under its name once it is complete.
pub(super) struct NewFile {
    to: PathBuf,
    file: NamedTempFile,
}

impl NewFile {
    /// Begins a file that will be at `to`, where none may exist.
    ///
    /// # Errors
    ///
    /// Errors if there is one, or none can be created there.
    pub(super) fn begin(to: &Path) -> Result<Self, CliError> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(exists(to));
        }
        let folder = match to.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        let file = NamedTempFile::new_in(folder).map_err(|error| CliError::file(to, &error))?;
        Ok(Self {
            to: to.to_owned(),
            file,
        })
    }

    /// Puts the file in its place, durably.
    ///
    /// # Errors
    ///
    /// Errors if another file has been created there since the beginning, or if it cannot be written.
    pub(super) fn finish(self) -> Result<(), CliError> {
        let Self { to, file } = self;
        file.as_file()
            .sync_all()
            .map_err(|error| CliError::file(&to, &error))?;
        match file.persist_noclobber(&to) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(exists(&to)),
            Err(error) => Err(CliError::file(&to, &error.error)),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn exists(path: &Path) -> CliError {
    CliError::usage(format!(
        "{}: there is a file of this name already; it is kept",
        path.display()
    ))
    .hint("move it away, or name another file")
}

/// Returns the first of `name`, `name.2`, `name.3` … that does not exist.
pub(super) fn free_name(path: &Path) -> PathBuf {
    let is_free = |path: &Path| fs::symlink_metadata(path).is_err();
    if is_free(path) {
        return path.to_owned();
    }
    let numbered = (2_u32..).map(|n| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let end = path
            .extension()
            .map_or_else(String::new, |end| format!(".{}", end.to_string_lossy()));
        path.with_file_name(format!("{stem}.{n}{end}"))
    });
    let mut free = numbered.filter(|path| is_free(path));
    free.next().unwrap_or_else(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_finished_and_never_over_another() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("list.rejects.csv");
        let mut new = NewFile::begin(&to).unwrap();
        new.write_all(b"one").unwrap();
        assert!(!to.exists());
        new.finish().unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"one");
        assert!(NewFile::begin(&to).is_err());
        assert_eq!(free_name(&to), folder.path().join("list.rejects.2.csv"));
        let mut late = NewFile::begin(&folder.path().join("late")).unwrap();
        late.write_all(b"two").unwrap();
        fs::write(folder.path().join("late"), b"other").unwrap();
        assert!(late.finish().is_err());
        assert_eq!(fs::read(folder.path().join("late")).unwrap(), b"other");
    }

    #[test]
    fn a_link_is_a_file_that_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        symlink(&target, &link).unwrap();
        assert!(NewFile::begin(&link).is_err());
        assert!(!target.exists());
    }

    #[test]
    fn what_others_may_is_taken_away_but_not_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let outside = NamedTempFile::new().unwrap();
        let inside = folder.path().join("deck.sqlite");
        fs::write(&inside, b"").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for path in [folder.path(), &inside, outside.path()] {
            fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        }
        symlink(outside.path(), folder.path().join("link")).unwrap();
        tighten(folder.path());
        assert_eq!(
            [folder.path(), &inside, outside.path()].map(mode),
            [0o700, 0o600, 0o755]
        );
    }
}
