//! The contact and the campaign of a call, and the rows of the law that bind them.

use crate::domain::campaign::RuleOverride;
use crate::domain::{CampaignSettings, ConsentKind, Contact, Timestamp, WindowClass};
use crate::rules::{CONSENT, Precondition, Rules};

/// A contact and its campaign: what decides which registries bind the contact and what the law requires for
/// it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The tables in force.
    pub rules: &'a Rules,
    /// The settings of the campaign.
    pub campaign: &'a CampaignSettings,
    /// The contact that is called.
    pub contact: &'a Contact,
    /// The zones and regions in which the contact may be.
    pub class: &'a WindowClass,
    /// When consent for its number was last revoked; `None` if it never was.
    pub consent_revoked_at: Option<Timestamp>,
    /// Whether a loaded registry binds every campaign.
    pub every_registry_binds: bool,
}

/// Returns the override with which the campaign sets aside what a row requires. `None` if there is none.
pub(super) fn waived<'c>(
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
    /// Returns the rows of the table that bind the call.
    pub(super) fn rows(&self) -> impl Iterator<Item = &'a Precondition> {
        let (regions, number) = (&self.class.regions, self.contact.number);
        self.rules
            .preconditions(regions, number, self.campaign.call_kind())
    }

    /// Returns the row that requires the strongest consent, unless the campaign sets it aside. `None` if no
    /// row requires consent.
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

    /// Returns whether any row binds the call.
    pub(super) fn is_asked(&self) -> bool {
        self.rows().next().is_some()
    }
}
