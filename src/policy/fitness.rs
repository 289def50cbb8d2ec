//! Whether the number can be dialed at all (D12).

use super::{Facts, Refusal};
use crate::domain::Timestamp;
use crate::rules::Unfit;

/// Refuses numbers that are not valid, not dialable, premium, of an emergency service, or of a
/// country without rules (D12; a country without rules is refused, never treated as open).
pub(super) fn judge(facts: &Facts<'_>, _now: Timestamp) -> Result<(), Refusal> {
    match facts.rules.fitness(facts.contact.number) {
        Ok(_) => Ok(()),
        Err(unfit) => Err(Refusal::Unfit(code(unfit).to_owned())),
    }
}

pub(super) fn saw(facts: &Facts<'_>, _now: Timestamp) -> String {
    let number = facts.contact.number;
    match facts.rules.fitness(number) {
        Ok(_) => format!("{number} is in service"),
        Err(unfit) => format!("{number}: {}", code(unfit)),
    }
}

const fn code(unfit: Unfit) -> &'static str {
    match unfit {
        Unfit::UnknownNpa => "unknown_npa",
        Unfit::NotValid => "not_valid",
        Unfit::NonGeographic => "non_geographic",
        Unfit::Premium => "premium",
        Unfit::Emergency => "emergency",
        Unfit::NoRules => "no_rules",
    }
}
