//! Changes of the deck file while the engine runs.

use super::alerts;
use dialdeck_core::domain::DeckSettings;
use dialdeck_core::domain::event::{Alert, AlertRaised, Entry};
use dialdeck_store::{Acts, By, StoreError};

/// What has changed in the deck file since the engine started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeckFileChange {
    /// The settings in force from now on: each as before, or stricter.
    pub settings: DeckSettings,
    /// The alert to raise; `None` if the file matches the settings in force again.
    pub alert: Option<String>,
}

/// Applies the settings, ends earlier alerts about the file and raises the new one.
pub(super) fn apply<S: Acts>(
    store: &mut S,
    news: &DeckFileChange,
    by: &By,
) -> Result<(), StoreError> {
    store.configure(&news.settings)?;
    end_alerts(store, by)?;
    match &news.alert {
        Some(text) => {
            let alert = AlertRaised::deck_file_changed(text);
            store.append(&alerts::raised(alert, by.at))
        }
        None => Ok(()),
    }
}

/// Ends alerts about a changed deck file, because a new engine has read it.
///
/// # Errors
/// Errors if the store cannot be read or written.
pub fn end_alerts<S: Acts>(store: &mut S, by: &By) -> Result<(), StoreError> {
    for alert in store.snapshot(by.at)?.alerts {
        let entry = Entry::read(&alert.line).ok();
        let raised = entry.as_ref().and_then(Entry::alert);
        if raised.is_some_and(|raised| raised.alert == Alert::DeckFileChanged) {
            store.acknowledge(alert.seq, by)?;
        }
    }
    Ok(())
}
