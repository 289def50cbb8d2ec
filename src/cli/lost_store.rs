//! Detects a folder that has lost its store. The rest of a deck must never be taken for a new deck, which has
//! no opt-outs and no calls.

use std::fs;
use std::io::ErrorKind;
use std::path::{self, Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::deck::STORE_FILE;
use super::{CliError, Env};
use crate::domain::DeckId;
use crate::domain::digest::{hex, sha256};

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
                return remembered(env);
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

/// A note in the state folder about a deck's folder.
#[derive(Deserialize, Serialize)]
struct Remembered {
    folder: String,
    deck: String,
}

/// Notes in the state folder that this deck is in its folder, so that a folder that is gone or empty is not
/// taken for one that never had a deck. If the note cannot be written, a warning is logged.
pub(super) fn remember(env: &Env, deck: DeckId) {
    let Some(path) = memory(env, &folder(env)) else {
        return;
    };
    let wanted = Remembered {
        folder: folder(env).display().to_string(),
        deck: deck.to_string(),
    };
    let Ok(text) = serde_json::to_string(&wanted) else {
        return;
    };
    if fs::read_to_string(&path).is_ok_and(|known| known == text) {
        return;
    }
    let parent = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
    if let Err(error) = written {
        tracing::warn!(%error, "the deck's folder is not remembered");
    }
}

/// Removes the note that a deck was in this folder, because the deck was moved.
pub(super) fn forget(env: &Env, folder: &Path) {
    if let Some(path) = memory(env, folder)
        && let Err(error) = fs::remove_file(path)
        && error.kind() != ErrorKind::NotFound
    {
        tracing::warn!(%error, "the deck's old folder is still remembered");
    }
}

/// Returns the deck that is noted to be in this folder, and the note; `None` if none is.
pub(super) fn known_deck(env: &Env) -> Option<(String, PathBuf)> {
    let (known, path) = known(env)?;
    Some((known.deck, path))
}

fn known(env: &Env) -> Option<(Remembered, PathBuf)> {
    let path = memory(env, &folder(env))?;
    let known = serde_json::from_str(&fs::read_to_string(&path).ok()?).ok()?;
    Some((known, path))
}

/// Returns the error of a folder that is gone or empty though a deck was in it; `None` if none was.
fn remembered(env: &Env) -> Option<CliError> {
    let (known, path) = known(env)?;
    let lost = format!(
        "the deck {} that was at {} is gone",
        known.deck, known.folder
    );
    let restore = format!(
        "put its folder back, or restore a backup (`dialdeck restore {} --from BACKUP`); if it was removed for good, remove {}",
        env.deck.display(),
        path.display()
    );
    Some(CliError::deck(lost).hint(restore))
}

/// Returns the path of the note about a folder; `None` if nothing is stored outside the deck's folder.
fn memory(env: &Env, folder: &Path) -> Option<PathBuf> {
    let state = env.state.as_deref()?;
    let name = hex(&sha256(folder.as_os_str().as_encoded_bytes())[..16]);
    Some(state.join("places").join(name))
}

/// Returns the deck's folder without links, even if it does not exist.
fn folder(env: &Env) -> PathBuf {
    let folder = path::absolute(&env.deck).unwrap_or_else(|_| env.deck.clone());
    if let Ok(real) = fs::canonicalize(&folder) {
        return real;
    }
    let parent = folder
        .parent()
        .and_then(|parent| fs::canonicalize(parent).ok());
    match (parent, folder.file_name()) {
        (Some(parent), Some(name)) => parent.join(name),
        _ => folder,
    }
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
