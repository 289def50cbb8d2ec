//! Whether the number can be dialed at all (D12).

use super::{Facts, Refusal};
use crate::domain::Timestamp;
use crate::rules::Unfit;

/// Refuses numbers that are not valid, not dialable, premium, of an emergency service, or of a country
/// without rules (D12; a country without rules is refused, never treated as open), debt calls to a place
/// without rules about them, and the deck's own caller IDs.
///
/// Only this gate can know the caller IDs of the instant: they may be added after the list was imported. A
/// refusal, not a hold: the row is an error of the list, and nothing that passes makes it a person.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    if let Err(unfit) = facts.rules.fitness(facts.contact.number, now) {
        return Err(Refusal::Unfit(unfit.to_string()));
    }
    if is_own(facts) {
        return Err(Refusal::Unfit(OWN.to_owned()));
    }
    match lawless(facts) {
        Some(_) => Err(Refusal::Unfit(Unfit::NoRules.to_string())),
        None => Ok(()),
    }
}

/// The reason why a number of the deck itself is not called.
const OWN: &str = "own_caller_id";

fn is_own(facts: &Facts<'_>) -> bool {
    let number = facts.contact.number;
    facts.deck_numbers.iter().any(|own| own.number == number)
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
        Ok(_) if is_own(facts) => format!("{number} is a caller ID of this deck"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixture::{World, caller_id, monday};

    #[test]
    fn the_decks_own_numbers_are_never_called() {
        let mut world = World::open();
        assert_eq!(world.refusal(monday()), None);
        let number = world.contact.number;
        // At another trunk, and in no pool of the campaign.
        world.deck_numbers = vec![caller_id(&number.to_string(), "US-NY").caller_id];
        let refused = Refusal::Unfit("own_caller_id".to_owned());
        assert_eq!(world.refusal(monday()), Some(refused));
        assert!(saw(&world.facts(), monday()).contains("is a caller ID of this deck"));
    }
}
