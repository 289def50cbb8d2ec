//! Detects a folder that has lost its store. The rest of a deck must never be taken for a new deck, which has
//! no opt-outs and no calls.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::deck::STORE_FILE;
use super::{CliError, Env};

/// Files that only a deck in use has in its folder.
const SIGNS: [&str; 7] = [
    "engine.lock",
    "deck.mark",
    "deck.seal",
    "listener.key",
    "carrier.jsonl",
    "deck.sqlite-wal",
    "deck.sqlite-shm",
];

/// What the path of a deck's store holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    /// A file that is not empty.
    Store,
    /// No file, or an empty file. The text says which.
    Nothing(&'static str),
    /// Not a file, or a path that cannot be read. The text says which.
    Other(String),
}

/// Returns whether there is a store to open.
pub(super) fn has_store(folder: &Path) -> bool {
    find(folder) == Found::Store
}

/// Returns the error of a deck that has lost its store; `None` if it has one, or never had one.
pub(super) fn of(env: &Env) -> Option<CliError> {
    let (what, others) = match find(&env.deck) {
        Found::Store => return None,
        Found::Other(what) => (what, String::new()),
        Found::Nothing(what) => {
            let left = SIGNS.iter().filter(|name| env.deck.join(name).exists());
            let left: Vec<&str> = left.copied().collect();
            if left.is_empty() {
                return None;
            }
            (what.to_owned(), format!(", but it has {}", left.join(", ")))
        }
    };
    let lost = format!(
        "the deck at {} has lost its store: {STORE_FILE} {what}{others}",
        env.deck.display()
    );
    let restore = format!(
        "put the store back from a backup (`dialdeck restore {} --from BACKUP`); for a new deck name another folder with --deck DIR",
        env.deck.display()
    );
    Some(CliError::deck(lost).hint(restore))
}

fn find(folder: &Path) -> Found {
    let path = folder.join(STORE_FILE);
    match fs::metadata(&path) {
        Ok(found) if !found.is_file() => Found::Other("is not a file".to_owned()),
        Ok(found) if found.len() == 0 => Found::Nothing("is empty"),
        Ok(_) => Found::Store,
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Found::Other(format!("cannot be looked at: {error}"))
        }
        Err(_) if fs::symlink_metadata(&path).is_ok() => {
            Found::Other("is a link that leads nowhere".to_owned())
        }
        Err(_) => Found::Nothing("is missing"),
    }
}
