//! The check that a folder is not another deck's, before a backup is put in it: what only the other deck's store
//! holds, its opt-outs among it, would be set aside.

use super::deck::STORE_FILE;
use super::{CliError, Env, lost_store};
use crate::domain::DeckId;
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::mark;

/// Checks that the store in the deck's folder is not another deck's.
///
/// # Errors
///
/// Errors if it is. A store that cannot be read says nothing.
pub(super) fn in_store(env: &Env, own: DeckId) -> Result<(), CliError> {
    let store = env.deck.join(STORE_FILE);
    if let Ok(Some(other)) = SqliteStore::deck_id_at(&store)
        && other != own.to_string()
    {
        return Err(of_another(&format!("{STORE_FILE} in this folder"), &other, own).hint(format!(
            "{FOLDER_OF_ITS_OWN}; if that deck's store was put here by mistake, move {} away first",
            store.display()
        )));
    }
    Ok(())
}

/// Checks that the user's state folder does not note another deck in the deck's folder.
///
/// # Errors
///
/// Errors if it does.
pub(super) fn noted(env: &Env, own: DeckId) -> Result<(), CliError> {
    if let Some((other, note)) = lost_store::known_deck(env)
        && other != own.to_string()
    {
        return Err(of_another("this folder", &other, own).hint(format!(
            "{FOLDER_OF_ITS_OWN}; if that deck was moved away or removed for good, remove {}",
            note.display()
        )));
    }
    Ok(())
}

/// Returns the error of a folder whose mark is of another deck.
pub(super) fn marked(other: &str, own: DeckId) -> CliError {
    let hint = format!(
        "{FOLDER_OF_ITS_OWN}; if that mark was put here by mistake, move {} away first",
        mark::FILE
    );
    of_another(&format!("{} in this folder", mark::FILE), other, own).hint(hint)
}

const FOLDER_OF_ITS_OWN: &str =
    "restore it to a folder of its own: `dialdeck restore DIR --from BACKUP`";

fn of_another(what: &str, other: &str, own: DeckId) -> CliError {
    CliError::deck(format!(
        "the backup is of deck {own}, and {what} is of deck {other}"
    ))
}
