//! What the law requires before a campaign's calls, and whether the campaign meets it, as text.

use std::collections::BTreeSet;

use dialdeck_core::domain::{CampaignId, CampaignSettings, ConsentKind, ContactState, ListKind};
use dialdeck_core::policy::preconditions::{Standing, standing};
use dialdeck_core::rules::{CONSENT, Precondition, Rules};
use dialdeck_store::Snapshot;

/// A precondition of the law, judged for one campaign.
#[derive(Clone, Debug)]
pub struct Requirement<'r> {
    /// The row of the law table.
    pub row: &'r Precondition,
    /// Whether the campaign's settings meet the row.
    pub standing: Standing,
}

/// Returns what the law of these countries requires before the campaign's calls.
pub fn requirements<'r>(
    rules: &'r Rules,
    campaign: &CampaignSettings,
    countries: &'r BTreeSet<String>,
) -> Vec<Requirement<'r>> {
    let countries = countries.iter();
    countries
        .flat_map(|country| standing(rules, campaign, country))
        .map(|(row, standing)| Requirement { row, standing })
        .collect()
}

/// Returns the countries of a campaign's open contacts, as ISO codes.
pub fn countries(snapshot: &Snapshot, campaign: CampaignId) -> BTreeSet<String> {
    let mut counts = snapshot.campaigns.iter();
    let Some(counts) = counts.find(|counts| counts.campaign.id == campaign) else {
        return BTreeSet::new();
    };
    let open = |state: &ContactState| !state.is_final();
    let classes = counts
        .contacts
        .iter()
        .filter(|((_, state), n)| open(state) && **n > 0)
        .filter_map(|((class, _), _)| snapshot.classes.get(class));
    classes
        .flat_map(|class| &class.regions)
        .map(|region| country_of(region).to_owned())
        .collect()
}

/// Returns the country of a region: `US` for `US-CT`.
///
/// # Examples
/// ```
/// use dialdeck_engine::law::country_of;
///
/// assert_eq!(country_of("US-CT"), "US");
/// assert_eq!(country_of("GB"), "GB");
/// ```
pub fn country_of(region: &str) -> &str {
    region.split('-').next().unwrap_or(region)
}

impl Requirement<'_> {
    /// Returns whether the law of the whole country, not only of a region, requires it and the campaign
    /// does not meet it.
    pub fn forbids(&self) -> bool {
        matches!(self.standing, Standing::Unmet(_)) && !self.row.place.contains('-')
    }

    /// Returns the requirement as text: `US: express consent (us-artificial, 47 CFR 64.1200(a)(1)(iii))`.
    pub fn description(&self) -> String {
        let row = self.row;
        let mut parts = Vec::new();
        if row.consent > ConsentKind::None {
            parts.push(format!("{} consent", row.consent));
        }
        parts.extend(row.lists.iter().map(ListKind::to_string));
        let instead: Vec<&str> = row.instead.iter().map(|kind| kind.as_str()).collect();
        let instead = if instead.is_empty() {
            String::new()
        } else {
            format!(", or {} consent on record", instead.join(" or "))
        };
        format!(
            "{}: {}{instead} ({}, {})",
            row.place,
            parts.join(", "),
            row.id,
            row.citation
        )
    }

    /// Returns what happens to contacts if the campaign requires less than the law; `None` if it does not.
    pub(crate) fn consequence(&self) -> Option<String> {
        let Standing::Unmet(what) = &self.standing else {
            return None;
        };
        Some(if *what == CONSENT {
            format!(
                "contacts in {} without {} consent are refused",
                self.row.place, self.row.consent
            )
        } else {
            format!(
                "{what} binds contacts in {} all the same, and must be loaded for their areas",
                self.row.place
            )
        })
    }

    /// Returns the requirement and its consequence, or the reason for setting it aside, in one line.
    pub fn line(&self) -> String {
        let what = self.description();
        match (&self.standing, self.consequence()) {
            (Standing::Waived(reason), _) => format!("{what}; set aside: {reason}"),
            (Standing::Met | Standing::Unmet(_), Some(consequence)) => {
                format!("{what}; {consequence}")
            }
            (Standing::Met | Standing::Unmet(_), None) => what,
        }
    }
}
