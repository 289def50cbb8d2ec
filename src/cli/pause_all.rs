//! Pausing everything that dials, after a change of the deck that the user has to decide about.

use super::CliError;
use crate::domain::CampaignState;
use crate::store::sqlite::SqliteStore;
use crate::store::{Acts as _, By, Reads as _};

/// Pauses every campaign that runs, with `why` in the log. Returns their names.
///
/// # Errors
///
/// Errors if the store cannot be read or written.
pub(super) fn pause_all(
    store: &mut SqliteStore,
    why: &str,
    by: &By,
) -> Result<Vec<String>, CliError> {
    let mut paused = Vec::new();
    for campaign in store.campaigns()? {
        if campaign.state == CampaignState::Running {
            let name = campaign.name().to_owned();
            store.move_campaign(campaign.id, CampaignState::Paused, why, by)?;
            paused.push(name);
        }
    }
    Ok(paused)
}
