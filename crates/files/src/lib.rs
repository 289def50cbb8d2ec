//! Opening files that have to be regular ones, as all of a deck's are.
//!
//! A pipe, a socket or a device in the place of a file may never answer or never end, and opening it may
//! have an effect of its own. So it is looked at first, and never waited for.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Errors if something is at `path` and it is not a regular file, or a link to one.
///
/// # Errors
/// As said. What cannot be looked at is left to who opens it.
pub fn check(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(not_regular()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens a regular file, or creates one where `how` says so and nothing is there.
///
/// # Errors
/// When something else is there, or it cannot be opened.
pub fn open(path: &Path, how: &mut OpenOptions) -> io::Result<File> {
    check(path)?;
    // What has come there since is not waited for either.
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
