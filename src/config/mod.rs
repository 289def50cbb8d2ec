//! Reads campaign files and the deck file into typed settings, with the deck's embedded defaults.
//!
//! A file is read as a whole, and every fault in it is reported together, each with its place, its key,
//! what is wrong and what to write instead. Unknown keys are faults.

mod campaign;
mod cross_check;
mod deck;
mod fault;
mod keywords;
mod listener;
mod pools;
mod providers;
mod schedule;
mod source;
mod table;
mod typed;
mod value;

pub use campaign::{CampaignFile, load_campaign, read_campaign};
pub use cross_check::Unmet;
pub use deck::{DEFAULTS, DeckConfig, Roles, load_deck, read_deck};
pub use fault::{ConfigError, ConfigErrors};
pub use keywords::LogLevel;
pub use listener::ListenerSettings;
pub use providers::{
    BubblyPhoneSettings, Credential, LiveKitSettings, PlumApi, PlumSettings, ProviderSettings,
    SimulatorSettings,
};
pub use value::parse_duration;

pub(crate) use fault::position;
pub(crate) use value::suggestion;

use dialdeck_files as regular;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read as _, stdin};
use std::path::Path;

/// Size limit of a settings file in bytes. A larger file was probably named by mistake.
const MAX_BYTES: u64 = 1024 * 1024;

/// Returns the text of one of the deck's files. Every command reads these files, so a pipe in a file's
/// place, which may never end, is refused instead of being read.
///
/// # Errors
/// Errors if the path is not a regular file, or as [`read_text`].
pub(crate) fn read_own_text(path: &Path) -> Result<String, ConfigErrors> {
    match regular::check(path) {
        Err(error) => Err(ConfigErrors::single(
            path,
            format!("cannot be read: {error}"),
            "put a file in its place, or take it away",
        )),
        Ok(()) => read_text(path),
    }
}

/// Returns the text of a settings file, or of standard input for `-`.
///
/// # Errors
/// Errors if the file cannot be read, is larger than [`MAX_BYTES`] or is not UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, ConfigErrors> {
    let fault = |what: String, todo: &str| ConfigErrors::single(path, what, todo);
    let unread = |error: std::io::Error| {
        fault(
            format!("cannot be read: {error}"),
            "name a file that exists and may be read; - is standard input",
        )
    };
    let mut bytes = Vec::new();
    // A pipe may never be written to, and is not waited for.
    let read = if path == Path::new("-") {
        stdin().lock().take(MAX_BYTES + 1).read_to_end(&mut bytes)
    } else {
        let file = regular::open(path, OpenOptions::new().read(true)).map_err(unread)?;
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes)
    };
    read.map_err(unread)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(fault(
            format!("is larger than {} MiB", MAX_BYTES / 1024 / 1024),
            "name a file of settings; contacts and lists are imported",
        ));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let valid = String::from_utf8_lossy(before);
        let (line, column) = position(&valid, valid.len());
        ConfigErrors(vec![ConfigError {
            file: path.display().to_string(),
            line,
            column,
            key: String::new(),
            message: "is not UTF-8 text".to_owned(),
            hint: "save the file as UTF-8".to_owned(),
        }])
    })
}

/// Returns whether there is a deck file. An empty one counts as none: `dialdeck config print` may be about
/// to be written into it. A link to nowhere and a file that cannot be read are broken ones, not none.
pub fn has_deck_file(path: &Path) -> bool {
    match read_own_text(path) {
        Ok(text) => !is_empty(&text),
        Err(_) => {
            !fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
        }
    }
}

/// Returns whether a deck file's text says nothing at all, not even in a comment.
pub(crate) fn is_empty(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dialdeck.toml");
        assert!(!has_deck_file(&path));
        for text in ["", "\n \t\r\n", "\u{feff}\n"] {
            fs::write(&path, text).unwrap();
            assert!(!has_deck_file(&path), "{text:?}");
            assert_eq!(load_deck(&path).unwrap(), DeckConfig::embedded());
        }
        fs::write(&path, "# a comment\n").unwrap();
        assert!(has_deck_file(&path));
        assert!(load_deck(&path).is_err());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(has_deck_file(&path));
    }
}
