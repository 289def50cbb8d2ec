//! Whether the number can be dialed at all (D12).

use super::{Facts, Refusal};
use crate::domain::Timestamp;

/// Refuses numbers that are not valid, not dialable, premium, of an emergency service, or of a
/// country without rules (D12; a country without rules is refused, never treated as open).
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    match facts.rules.fitness(facts.contact.number, now) {
        Ok(_) => Ok(()),
        Err(unfit) => Err(Refusal::Unfit(unfit.to_string())),
    }
}

pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let number = facts.contact.number;
    match facts.rules.fitness(number, now) {
        Ok(_) => format!("{number} is in service"),
        Err(unfit) => format!("{number}: {unfit}"),
    }
}
