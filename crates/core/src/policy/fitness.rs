//! Whether the number can be dialed at all (D12).

use super::{Facts, Refusal};
use crate::domain::Timestamp;
use crate::rules::Unfit;

/// Refuses numbers that are not valid, not dialable, premium, of an emergency service, or of a country
/// without rules (D12; a country without rules is refused, never treated as open), and debt calls to a place
/// without rules about them.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    if let Err(unfit) = facts.rules.fitness(facts.contact.number, now) {
        return Err(Refusal::Unfit(unfit.to_string()));
    }
    match lawless(facts) {
        Some(_) => Err(Refusal::Unfit(Unfit::NoRules.to_string())),
        None => Ok(()),
    }
}

/// Returns the region in which such a call may not be made at all. `None` if there is none.
fn lawless<'a>(facts: &Facts<'a>) -> Option<&'a str> {
    let call = facts.campaign.settings.call_kind();
    facts.rules.without_rules(&facts.class.regions, call)
}

/// Returns whether the number is in service, or why it cannot be dialed, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let number = facts.contact.number;
    match facts.rules.fitness(number, now) {
        Ok(_) => match lawless(facts) {
            Some(region) => {
                let purpose = facts.campaign.settings.purpose.as_str();
                format!("{number}: no rules for {purpose} calls in {region}")
            }
            None => format!("{number} is in service"),
        },
        Err(unfit) => format!("{number}: {unfit}"),
    }
}
