//! Acts that were recorded in a copy of the deck's store that is older than its last run.
//!
//! Such a copy takes opt-outs and pauses, since none may be turned away. If the right store is put back
//! later, it lacks them, and nothing in it shows that. So the state folder remembers that there were some.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use super::{CliError, Env};
use crate::domain::{DeckId, Timestamp};

/// Remembers that something was recorded at `now` in an older copy of this deck's store.
///
/// # Errors
/// Errors if it cannot be written: then the act must not be acknowledged.
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

/// Forgets it: a person goes on with that copy.
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

/// Errors if something was recorded in an older copy of this deck's store: this store lacks it.
///
/// # Errors
/// As described, and if the file cannot be read.
pub(super) fn check(env: &Env, deck: DeckId) -> Result<(), CliError> {
    let Some(path) = memory(env, deck) else {
        return Ok(());
    };
    let at = match fs::read_to_string(&path) {
        Ok(at) => at,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(CliError::file(&path, &error)),
    };
    Err(CliError::deck(format!(
        "opt-outs or pauses were recorded at {} in an older copy of this deck's store, which is not the one here: they are missing, nothing is dialed",
        at.trim()
    ))
    .hint(format!(
        "give them again (`dialdeck dnc add`, `dialdeck campaign pause`; `dialdeck dnc export --deck COPY` lists those of the copy), then remove {}",
        path.display()
    )))
}

/// The file that remembers it; `None`: nothing is kept outside the deck's folder.
fn memory(env: &Env, deck: DeckId) -> Option<PathBuf> {
    let state = env.state.as_deref()?;
    Some(state.join(format!("{deck}.forked")))
}
