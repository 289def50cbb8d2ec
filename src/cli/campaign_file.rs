//! A campaign file with everything it depends on: deck file, rules in force, contacts.

use std::path::{Path, PathBuf};

use super::args::CountryArgs;
use super::output::instant;
use super::{CliError, Env, carriers, import, law};
use crate::config::{CampaignFile, ConfigErrors, DeckConfig, load_campaign};
use crate::domain::{CampaignSettings, Timestamp};
use crate::intake::{ColumnMap, ContactFile, STANDARD_INPUT};

/// A campaign file that is valid by itself and together with the deck file.
pub(crate) struct Sound {
    /// The campaign as read from its file.
    pub(crate) campaign: CampaignFile,
    /// The deck file that it was checked against.
    pub(crate) deck: DeckConfig,
    /// Warnings about the campaign file and the deck file.
    pub(crate) warnings: Vec<String>,
    /// What the law requires before the campaign's calls, one line each.
    pub(crate) law: Vec<String>,
    /// Settings of the file that ask for less than the law of a whole country.
    pub(crate) below_the_law: Option<ConfigErrors>,
    /// The contacts file that the campaign file names, checked as a whole.
    pub(crate) contacts: Option<(PathBuf, ContactFile)>,
}

/// The options by which the list of a campaign file is read.
pub(crate) struct ListOptions<'o> {
    /// The user's mapping of columns.
    pub(crate) maps: &'o [ColumnMap],
    /// The country of numbers written without one.
    pub(crate) country: &'o CountryArgs,
}

/// Reads and checks a campaign file and, unless `list` is `None`, the list that it names.
///
/// # Errors
///
/// Errors if the file has faults, each with line and key, or if the list has.
pub(crate) fn load(
    env: &Env,
    path: &Path,
    list: Option<&ListOptions<'_>>,
) -> Result<Sound, CliError> {
    if path != Path::new(STANDARD_INPUT) {
        std::fs::metadata(path).map_err(|error| CliError::file(path, &error))?;
    }
    let campaign = load_campaign(path)?;
    let deck = env.deck_config()?;
    let advice = campaign.check_against(&deck)?;
    let rules = &env.rules;
    campaign.check_overrides(
        |rule| rules.may_set_aside(rule),
        |place, what| rules.asks(place, what),
    )?;
    let files = campaign
        .warnings
        .iter()
        .chain(&advice)
        .chain(&deck.warnings);
    let mut warnings: Vec<String> = files.map(ToString::to_string).collect();
    let faults = carriers::missing_profiles(&deck).into_iter();
    warnings.extend(faults.map(|fault| format!("trunk {fault}")));
    let contacts = match (&campaign.contacts, list) {
        (Some(file), Some(options)) => {
            let country = env.country(options.country)?;
            import::say_waits(file);
            let checked = import::open(file, options.maps, &country)?;
            Some((file.clone(), checked))
        }
        (Some(_) | None, _) => None,
    };
    let listed = contacts.as_ref().map(|(_, file)| file);
    let (law, below_the_law) = law::of_file(rules, &campaign, &deck.default_country, listed)?;
    Ok(Sound {
        campaign,
        deck,
        warnings,
        law,
        below_the_law,
        contacts,
    })
}

/// Checks that the campaign has not expired at `at`.
///
/// # Errors
///
/// Errors if it has expired, because none of its calls would ever leave.
pub(crate) fn not_over(settings: &CampaignSettings, at: Timestamp) -> Result<(), CliError> {
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
