//! The law's requirements before a campaign file is used or a campaign starts, as text. The gate enforces
//! them.

use std::collections::BTreeSet;

use super::{CliError, Deck, advice};
use crate::config::{CampaignFile, ConfigErrors, Unmet};
use crate::domain::campaign::CallKind;
use crate::domain::{Campaign, Timestamp};
use crate::engine::law::{self, Requirement};
use crate::intake::{ContactFile, Reading, Row};
use crate::policy::preconditions::Standing;
use crate::rules::{CONSENT, Rules};
use crate::store::Reads as _;

/// Returns what the law requires before the calls of a campaign file, one line each, and the settings by
/// which the file asks for less than the law of a whole country.
///
/// The countries are the default one, or those of the contacts if the campaign asks for less than the default
/// country does and names a list.
///
/// # Errors
///
/// Errors if the list cannot be read.
pub(super) fn of_file(
    rules: &Rules,
    campaign: &CampaignFile,
    default_country: &str,
    contacts: Option<&ContactFile>,
) -> Result<(Vec<String>, Option<ConfigErrors>), CliError> {
    let settings = &campaign.settings;
    let mut countries = BTreeSet::from([default_country.to_owned()]);
    let forbidden = |countries: &BTreeSet<String>| {
        let asked = law::requirements(rules, settings, countries);
        asked.iter().any(Requirement::forbids)
    };
    if let Some(contacts) = contacts
        && forbidden(&countries)
    {
        let found = countries_of(rules, campaign, contacts, default_country)?;
        if !found.is_empty() {
            countries = found;
        }
    }
    let asked = law::requirements(rules, settings, &countries);
    let unmet: Vec<Unmet> = asked
        .iter()
        .filter(|one| one.forbids())
        .map(unmet)
        .collect();
    let lines = asked.iter().map(Requirement::line).collect();
    Ok((lines, campaign.below_the_law(&unmet).err()))
}

fn unmet(asked: &Requirement<'_>) -> Unmet {
    let row = asked.row;
    let what = match &asked.standing {
        Standing::Unmet(what) => what.clone(),
        Standing::Met | Standing::Waived(_) => String::new(),
    };
    let is_consent = what == CONSENT;
    let key = if is_consent {
        format!("[consent] required = \"{}\"", row.consent)
    } else {
        format!("[suppression] lists = [\"internal\", \"{what}\"]")
    };
    Unmet {
        is_consent,
        message: format!("the law asks for more: {}", asked.description()),
        hint: format!(
            "write {key}; or a [[rule_override]] with place = \"{}\", what = \"{what}\" and a reason, \
             which goes into the log",
            row.place
        ),
    }
}

fn countries_of(
    rules: &Rules,
    campaign: &CampaignFile,
    contacts: &ContactFile,
    default_country: &str,
) -> Result<BTreeSet<String>, CliError> {
    let mut countries = BTreeSet::new();
    // Only the contacts' places count here. The import reports any other fault of a row.
    let reading = Reading {
        country: Some(default_country.to_owned()),
        evidence: campaign.settings.evidence,
        // A place without rules for the campaign's calls still counts.
        calls: CallKind::LIVE,
        dates: None,
        own_numbers: Vec::new(),
        now: Timestamp::MAX,
    };
    for row in contacts.read(rules, &reading)? {
        if let Row::Contact(contact) = row?
            && let Ok(class) = &contact.class
        {
            let regions = class.regions.iter();
            countries.extend(regions.map(|region| law::country_of(region).to_owned()));
        }
    }
    Ok(countries)
}

/// Returns what the law requires before these campaigns' calls, by where their contacts are, one line each.
/// Advice about contacts whose places are not all known comes first.
///
/// # Errors
///
/// Errors if the store cannot be read.
pub(super) fn before_start(
    deck: &mut Deck,
    campaigns: &[Campaign],
) -> Result<Vec<String>, CliError> {
    let now = deck.now()?;
    let snapshot = deck.store.snapshot(now)?;
    let mut lines = advice::fewer_places(deck)?;
    for campaign in campaigns {
        let countries = law::countries(&snapshot, campaign.id);
        let asked = law::requirements(&deck.rules, &campaign.settings, &countries);
        let asked = asked.iter();
        lines.extend(asked.map(|one| format!("{}: law: {}", campaign.name(), one.line())));
    }
    Ok(lines)
}
