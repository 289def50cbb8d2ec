//! A campaign file with everything it leans on: deck file, rules in force, contacts.

use std::path::{Path, PathBuf};

use super::output::instant;
use super::{CliError, Env, import, law, rules};
use crate::config::{CampaignFile, ConfigErrors, DeckConfig, load_campaign};
use crate::domain::{CampaignSettings, Timestamp};
use crate::intake::{ColumnMap, ContactFile};

/// A campaign file that is right in itself and beside the deck file.
pub struct Sound {
    /// The campaign.
    pub campaign: CampaignFile,
    /// The deck file it was laid beside.
    pub deck: DeckConfig,
    /// Advice from both.
    pub warnings: Vec<String>,
    /// What the law asks for before its calls, one line each.
    pub law: Vec<String>,
    /// Where the file asks for less than the law of a whole country.
    pub below_the_law: Option<ConfigErrors>,
    /// The contacts file it names, checked as a whole.
    pub contacts: Option<(PathBuf, ContactFile)>,
}

/// Reads and checks a campaign file and, unless `maps` is `None`, the list it names.
///
/// # Errors
/// Everything that is wrong with the file, with line and key; or the list's own fault.
pub fn load(env: &Env, path: &Path, maps: Option<&[ColumnMap]>) -> Result<Sound, CliError> {
    std::fs::metadata(path).map_err(|error| CliError::file(path, &error))?;
    let campaign = load_campaign(path)?;
    let deck = env.deck_config()?;
    let advice = campaign.check_against(&deck)?;
    let in_force = rules::in_force();
    campaign.check_overrides(
        |rule| in_force.may_set_aside(rule),
        |place, what| in_force.asks(place, what),
    )?;
    let warnings = campaign
        .warnings
        .iter()
        .chain(&advice)
        .chain(&deck.warnings)
        .map(ToString::to_string)
        .collect();
    let contacts = match (&campaign.contacts, maps) {
        (Some(list), Some(maps)) => Some((list.clone(), import::open(list, maps)?)),
        (Some(_) | None, _) => None,
    };
    let listed = contacts.as_ref().map(|(_, file)| file);
    let (law, below_the_law) = law::of_file(&campaign, &deck.default_country, listed)?;
    Ok(Sound {
        campaign,
        deck,
        warnings,
        law,
        below_the_law,
        contacts,
    })
}

/// Errors if the campaign's time is over at `at`: none of its calls would ever leave.
///
/// # Errors
/// As said.
pub fn not_over(settings: &CampaignSettings, at: Timestamp) -> Result<(), CliError> {
    match settings.schedule.expires {
        Some(end) if end <= at => Err(CliError::failed(format!(
            "campaign `{}` ended at {}: no call of it would ever leave",
            settings.name,
            instant(end)
        ))
        .hint("give it a later `expires` under [schedule] in its file, and another name if it is in the deck")),
        Some(_) | None => Ok(()),
    }
}
