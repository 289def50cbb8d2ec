//! Opens files that must be regular files, as all files of a deck must.
//!
//! A pipe, a socket or a device at the path of a file may never answer or never end, and opening it may have
//! side effects. The path is checked first, and an open never waits.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Checks that nothing is at `path`, or that it is a regular file or a link to one.
///
/// # Errors
///
/// Errors if something of another kind is there. A path that cannot be read is no error here: the function
/// that opens it reports the reason.
pub fn check(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(not_regular()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens a regular file, or creates one if `how` allows it and nothing is there. Returns the open file.
///
/// # Errors
///
/// Errors if something of another kind is there, or if the file cannot be opened.
///
/// # Examples
///
/// ```
/// use std::fs::OpenOptions;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("dialdeck.log");
/// dialdeck_files::open(&path, OpenOptions::new().append(true).create(true))?;
/// assert!(dialdeck_files::check(&path).is_ok());
/// assert!(dialdeck_files::check(folder.path()).is_err());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn open(path: &Path, how: &mut OpenOptions) -> io::Result<File> {
    check(path)?;
    // If something of another kind was put there since, the open does not wait for it.
    let file = how
        .custom_flags(OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(not_regular())
    }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn nothing_but_a_file_is_opened_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        let made = std::process::Command::new("mkfifo")
            .arg(at("pipe"))
            .status();
        assert!(made.unwrap().success());
        symlink(at("pipe"), at("link to a pipe")).unwrap();
        symlink("/dev/zero", at("link to a device")).unwrap();
        for name in [
            "folder",
            "socket",
            "pipe",
            "link to a pipe",
            "link to a device",
        ] {
            for how in [
                OpenOptions::new().read(true),
                OpenOptions::new().append(true).create(true),
            ] {
                let error = open(&at(name), how).unwrap_err();
                assert_eq!(error.to_string(), "it is not a file", "{name}");
            }
        }
        fs::write(at("file"), "text").unwrap();
        symlink(at("file"), at("link")).unwrap();
        for name in ["file", "link"] {
            open(&at(name), OpenOptions::new().read(true)).unwrap();
        }
        let none = open(&at("none"), OpenOptions::new().read(true)).unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::NotFound);
        open(&at("new"), OpenOptions::new().write(true).create(true)).unwrap();
    }
}
