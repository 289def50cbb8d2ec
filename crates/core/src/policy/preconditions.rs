//! What the law asks for before a call, and which registries bind a contact (D2, D7).

use super::consent;
use crate::domain::campaign::RuleOverride;
use crate::domain::{
    CampaignSettings, ConsentKind, Contact, ListKind, SuppressionList, Timestamp, WindowClass,
};
use crate::rules::{CONSENT, Precondition, Rules};

/// A contact before its campaign: what decides which registries bind it and what the law asks for it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The tables in force.
    pub rules: &'a Rules,
    /// What the campaign's owner decided.
    pub campaign: &'a CampaignSettings,
    /// The contact.
    pub contact: &'a Contact,
    /// Where it may be.
    pub class: &'a WindowClass,
    /// When consent for its number was last revoked.
    pub consent_revoked_at: Option<Timestamp>,
    /// Whether a loaded registry binds every campaign.
    pub every_registry_binds: bool,
}

/// The override by which the campaign sets aside what a row asks for.
pub fn waived<'c>(
    campaign: &'c CampaignSettings,
    row: &Precondition,
    what: &str,
) -> Option<&'c RuleOverride> {
    let mut overrides = campaign.rule_overrides.iter();
    overrides.find(|wish| {
        let precondition = wish.precondition.as_ref();
        precondition.is_some_and(|waived| waived.place == row.place && waived.what == what)
    })
}

impl<'a> Subject<'a> {
    /// The rows of the table that bind the call.
    fn rows(&self) -> impl Iterator<Item = &'a Precondition> {
        let (regions, number) = (&self.class.regions, self.contact.number);
        self.rules
            .preconditions(regions, number, self.campaign.call_kind())
    }

    /// The row that asks for the strongest consent, unless the campaign sets it aside.
    pub(super) fn consent_asked(&self) -> Option<&'a Precondition> {
        let asks = |row: &&Precondition| {
            row.consent > ConsentKind::None && waived(self.campaign, row, CONSENT).is_none()
        };
        let mut strongest: Option<&Precondition> = None;
        for row in self.rows().filter(asks) {
            if strongest.is_none_or(|known| row.consent > known.consent) {
                strongest = Some(row);
            }
        }
        strongest
    }

    /// Whether any row speaks of the call.
    pub(super) fn is_asked(&self) -> bool {
        self.rows().next().is_some()
    }

    /// Whether the law asks for the registry before a call to the contact: not while consent that may
    /// stand instead is on record, nor where the campaign sets it aside.
    pub fn law_needs(&self, list: &ListKind, now: Timestamp) -> bool {
        self.rows().any(|row| self.needs(row, list, now))
    }

    fn needs(&self, row: &Precondition, list: &ListKind, now: Timestamp) -> bool {
        row.lists.contains(list)
            && waived(self.campaign, row, &list.to_string()).is_none()
            && !consent::stands(self, &row.instead, now)
    }

    /// Whether an entry on the list ends the contact. A registry binds the campaigns that list it,
    /// those for which the law asks for it, and all of them where the deck says so.
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

    /// The lists that must be there before the call, each once: the campaign's, those that the law
    /// asks for, and where every registry binds all that are loaded. Registries that cannot hold the
    /// number are left out.
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

/// How a campaign's settings stand to a row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A contact that has just what the campaign asks for has what the law asks for.
    Met,
    /// Set aside, for this reason.
    Waived(String),
    /// The campaign asks for less: what the row asks for, `consent` or a registry.
    Unmet(String),
}

/// The rows about a campaign's calls anywhere in a country, each with how its settings stand to it.
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
