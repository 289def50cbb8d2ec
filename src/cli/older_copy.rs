//! Actions that were recorded in a copy of the deck's store that is older than the deck's last run.
//!
//! Such a copy takes opt-outs and pauses, because none may be refused. If the newer store is put back later,
//! it lacks them, and nothing in it shows that. A file in the state folder notes that there were some.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{CliError, Env};
use crate::domain::{DeckId, Timestamp};

/// Notes that an action was recorded at `now` in an older copy of this deck's store.
///
/// # Errors
/// Errors if the note cannot be written. The action must then not be acknowledged.
pub(super) fn remember(env: &Env, deck: DeckId, now: Timestamp) -> Result<(), CliError> {
    let Some(path) = memory(env, deck) else {
        return Ok(());
    };
    let written = path
        .parent()
        .map_or(Ok(()), fs::create_dir_all)
        .and_then(|()| fs::write(&path, format!("{now}\n")));
    written.map_err(|error| CliError::file(&path, &error))
}

/// Removes the note, because the user continues with that copy.
///
/// # Errors
/// Errors if the file cannot be removed.
pub(super) fn forget(env: &Env, deck: DeckId) -> Result<(), CliError> {
    let Some(path) = memory(env, deck) else {
        return Ok(());
    };
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(CliError::file(&path, &error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A note that actions were recorded in an older copy of the deck's store.
pub(super) struct Note {
    path: PathBuf,
    at: String,
}

impl Note {
    /// Returns the error of a store that lacks those actions.
    pub(super) fn missing(&self) -> CliError {
        CliError::deck(format!(
            "opt-outs or pauses were recorded at {} in an older copy of this deck's store, which is not the one here: they are missing, nothing is dialed",
            self.at
        ))
        .hint(format!(
            "give them again (`dialdeck dnc add`, `dialdeck campaign pause`; `dialdeck dnc export --deck COPY` lists those of the copy), then remove {}",
            self.path.display()
        ))
    }

    /// Returns what the note means if the store here is that older copy.
    pub(super) fn in_this_store(&self) -> String {
        format!(
            "opt-outs or pauses were recorded at {} in this store, which is older than the last run: \
             `dialdeck restore --accept-rollback` goes on with it and keeps them; a newer store that is put \
             back lacks them and is not dialed (noted in {})",
            self.at,
            self.path.display()
        )
    }
}

/// Checks that no action was recorded in an older copy of this deck's store.
///
/// # Errors
///
/// Errors if one was, because this store lacks it, or if the note cannot be read.
pub(super) fn check(env: &Env, deck: DeckId) -> Result<(), CliError> {
    note(env, deck)?.map_or(Ok(()), |note| Err(note.missing()))
}

/// Returns the note about actions in an older copy of this deck's store; `None` if there were none.
///
/// # Errors
///
/// Errors if the note cannot be read.
pub(super) fn note(env: &Env, deck: DeckId) -> Result<Option<Note>, CliError> {
    let Some(path) = memory(env, deck) else {
        return Ok(None);
    };
    match fs::read_to_string(&path) {
        Ok(at) => {
            let at = at.trim().to_owned();
            Ok(Some(Note { path, at }))
        }
        // Where the state folder is a file there is no note either; an engine warns of that.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => Err(CliError::file(&path, &error)),
    }
}

/// Returns the path of the note; `None` if nothing is stored outside the deck's folder.
fn memory(env: &Env, deck: DeckId) -> Option<PathBuf> {
    let state = env.state.as_deref()?;
    Some(state.join(format!("{deck}.forked")))
}
