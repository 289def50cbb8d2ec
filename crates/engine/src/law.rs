//! What the law asks for before a campaign's calls, and how the campaign stands to it, in words.

use std::collections::BTreeSet;

use dialdeck_core::domain::{CampaignId, CampaignSettings, ConsentKind, ContactState, ListKind};
use dialdeck_core::policy::preconditions::{Standing, standing};
use dialdeck_core::rules::{CONSENT, Precondition, Rules};
use dialdeck_store::Snapshot;

/// A row of the preconditions before a campaign.
#[derive(Clone, Debug)]
pub struct Asked<'r> {
    /// The row.
    pub row: &'r Precondition,
    /// How the campaign's settings stand to it.
    pub standing: Standing,
}

/// What the law of these countries asks for before the campaign's calls.
pub fn asked<'r>(
    rules: &'r Rules,
    campaign: &CampaignSettings,
    countries: &'r BTreeSet<String>,
) -> Vec<Asked<'r>> {
    let countries = countries.iter();
    countries
        .flat_map(|country| standing(rules, campaign, country))
        .map(|(row, standing)| Asked { row, standing })
        .collect()
}

/// The countries of a campaign's contacts that are not over.
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

/// `US` of `US-CT`.
pub fn country_of(region: &str) -> &str {
    region.split('-').next().unwrap_or(region)
}

impl Asked<'_> {
    /// Whether the whole country asks for it and the campaign does not.
    pub fn forbids(&self) -> bool {
        matches!(self.standing, Standing::Unmet(_)) && !self.row.place.contains('-')
    }

    /// `US: express consent (us-artificial, 47 CFR 64.1200(a)(1)(iii))`.
    pub fn what(&self) -> String {
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

    /// What becomes of contacts where the campaign asks for less; `None`: it does not.
    pub fn consequence(&self) -> Option<String> {
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

    /// The whole in a line.
    pub fn line(&self) -> String {
        let what = self.what();
        match (&self.standing, self.consequence()) {
            (Standing::Waived(reason), _) => format!("{what}; set aside: {reason}"),
            (Standing::Met | Standing::Unmet(_), Some(consequence)) => {
                format!("{what}; {consequence}")
            }
            (Standing::Met | Standing::Unmet(_), None) => what,
        }
    }
}
