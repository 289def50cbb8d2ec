//! What the law requires before a call, and which registries bind a contact (D2, D7).

use super::consent;
use super::subject::{Subject, waived};
use crate::domain::{CampaignSettings, ListKind, SuppressionList, Timestamp};
use crate::rules::{CONSENT, Precondition, Rules};

impl Subject<'_> {
    /// Returns whether the law requires the registry for a call to the contact. It does not while consent
    /// that replaces the registry is on record, nor if the campaign sets the row aside.
    pub(crate) fn law_needs(&self, list: &ListKind, now: Timestamp) -> bool {
        self.rows().any(|row| self.needs(row, list, now))
    }

    fn needs(&self, row: &Precondition, list: &ListKind, now: Timestamp) -> bool {
        row.lists.contains(list)
            && waived(self.campaign, row, &list.to_string()).is_none()
            && !consent::stands(self, &row.instead, now)
    }

    /// Returns whether an entry on the list ends the contact. A registry binds the campaigns that list it,
    /// those for which the law requires it, and all of them if the deck's settings state so.
    pub fn is_bound_by(&self, list: &ListKind, now: Timestamp) -> bool {
        match list {
            ListKind::Internal => true,
            ListKind::Campaign(name) => *name == self.campaign.name,
            ListKind::National(_) | ListKind::State(_) => {
                self.every_registry_binds
                    || self.campaign.required_lists.contains(list)
                    || self.law_needs(list, now)
            }
        }
    }

    /// Returns the lists that must be loaded before the call, each once: the campaign's, those that the law
    /// requires, and all that are loaded if every registry binds. Registries that cannot hold the number are
    /// left out.
    pub(super) fn lists_needed(&self, loaded: &[SuppressionList], now: Timestamp) -> Vec<ListKind> {
        let mut needed: Vec<ListKind> = Vec::new();
        let mut add = |list: &ListKind| {
            let concerned = self
                .rules
                .may_hold(list, &self.class.regions, self.contact.number);
            if concerned && !needed.contains(list) {
                needed.push(list.clone());
            }
        };
        self.campaign.required_lists.iter().for_each(&mut add);
        for row in self.rows() {
            let lists = row.lists.iter();
            lists
                .filter(|list| self.needs(row, list, now))
                .for_each(&mut add);
        }
        if self.every_registry_binds {
            let registries = loaded.iter().map(|list| &list.kind);
            registries
                .filter(|kind| kind.is_registry())
                .for_each(&mut add);
        }
        needed
    }
}

/// How a campaign's settings compare with a row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A contact that has exactly what the campaign requires has what the law requires.
    Met,
    /// The row is set aside, for this reason.
    Waived(String),
    /// The campaign requires less than the row: `consent` or a registry is missing.
    Unmet(String),
}

/// Returns the rows about a campaign's calls anywhere in a country, each with how its settings compare.
pub fn standing<'r>(
    rules: &'r Rules,
    campaign: &CampaignSettings,
    country: &'r str,
) -> Vec<(&'r Precondition, Standing)> {
    let rows = rules.preconditions_in(country, campaign.call_kind());
    rows.map(|row| (row, standing_to(campaign, row))).collect()
}

fn standing_to(campaign: &CampaignSettings, row: &Precondition) -> Standing {
    let unlisted = row.lists.iter().filter(|list| {
        !campaign.required_lists.contains(list) && !row.instead.contains(&campaign.consent)
    });
    let mut asked: Vec<String> = unlisted.map(ToString::to_string).collect();
    if campaign.consent < row.consent {
        asked.push(CONSENT.to_owned());
    }
    let mut reason = None;
    for what in asked {
        match waived(campaign, row, &what) {
            Some(wish) => reason = Some(wish.reason.clone()),
            None => return Standing::Unmet(what),
        }
    }
    reason.map_or(Standing::Met, Standing::Waived)
}
