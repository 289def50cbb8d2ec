//! What becomes of a deck file that changes while the engine runs.

use serde_json::Value;

use super::alerts;
pub use super::alerts::DECK_FILE_CHANGED as CHANGED;
use crate::domain::DeckSettings;
use crate::store::{By, Store, StoreError};

/// What has changed in the deck file since the engine started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What is in force from now on: as it was, or stricter.
    pub settings: DeckSettings,
    /// What the operator has to know; `None`: the file says again what is in force.
    pub alert: Option<String>,
}

/// Brings it into force; an earlier alert about the file is over.
pub(super) fn take<S: Store>(store: &mut S, news: &News, by: &By) -> Result<(), StoreError> {
    store.configure(&news.settings)?;
    end_alerts(store, by)?;
    match &news.alert {
        Some(text) => store.append(&alerts::deck_file_changed(text, by.at)),
        None => Ok(()),
    }
}

/// Ends the alerts about a deck file that changed under an engine: the next one has read it.
///
/// # Errors
/// When the store cannot be written.
pub fn end_alerts<S: Store>(store: &mut S, by: &By) -> Result<(), StoreError> {
    for alert in store.snapshot(by.at)?.alerts {
        let line: Option<Value> = serde_json::from_str(&alert.line).ok();
        if line.is_some_and(|line| line["data"]["alert"] == alerts::DECK_FILE_CHANGED) {
            store.acknowledge(alert.seq, by)?;
        }
    }
    Ok(())
}
