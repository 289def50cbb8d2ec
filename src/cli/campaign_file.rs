//! A campaign file with everything it leans on: deck file, embedded rules, contacts.

use std::path::{Path, PathBuf};

use super::{CliError, Env, import, rules};
use crate::config::{CampaignFile, DeckConfig, load_campaign};
use crate::intake::ContactFile;

/// A campaign file that is right in itself and beside the deck file.
pub struct Sound {
    /// The campaign.
    pub campaign: CampaignFile,
    /// The deck file it was laid beside.
    pub deck: DeckConfig,
    /// Advice from both.
    pub warnings: Vec<String>,
    /// The contacts file it names, checked as a whole.
    pub contacts: Option<(PathBuf, ContactFile)>,
}

/// Reads and checks a campaign file and, if `with_contacts`, the list it names.
///
/// # Errors
/// Everything that is wrong with the file, with line and key; or the list's own fault.
pub fn load(env: &Env, path: &Path, with_contacts: bool) -> Result<Sound, CliError> {
    std::fs::metadata(path).map_err(|error| CliError::file(path, &error))?;
    let campaign = load_campaign(path)?;
    let deck = env.deck_config()?;
    let advice = campaign.check_against(&deck)?;
    overrides(&campaign, path)?;
    let warnings = campaign
        .warnings
        .iter()
        .chain(&advice)
        .map(ToString::to_string)
        .collect();
    let contacts = match &campaign.contacts {
        Some(list) if with_contacts => Some((list.clone(), import::open(list)?)),
        Some(_) | None => None,
    };
    Ok(Sound {
        campaign,
        deck,
        warnings,
        contacts,
    })
}

/// Only rows of a state may be set aside, and only rows that are there.
fn overrides(campaign: &CampaignFile, path: &Path) -> Result<(), CliError> {
    for wish in &campaign.settings.rule_overrides {
        let why = match rules::in_force().may_set_aside(&wish.rule) {
            Some(true) => continue,
            Some(false) => "is a country's own rule, which nobody may set aside",
            None => "is not an embedded rule",
        };
        return Err(CliError::failed(format!(
            "{}: rule_override: `{}` {why}",
            path.display(),
            wish.rule
        ))
        .hint("name the id of a state's row, such as us-fl"));
    }
    Ok(())
}
