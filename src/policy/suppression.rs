//! Do-not-call lists: the number stands on none, and every required list is there and fresh (D2).

use std::time::Duration;

use super::decide::Findings;
use super::{Facts, HoldKind, Refusal, Until};
use crate::domain::{ListKind, SuppressionList, Timestamp};

/// How old the data of a required registry may be on the day of the call: 31 days
/// (16 CFR 310.4(b)(3)(iv); 47 CFR 64.1200(c)(2)(i)(D)).
pub const REGISTRY_MAX_AGE: Duration = Duration::from_hours(31 * 24);

/// Refuses a number on any list that binds the campaign (47 CFR 64.1200(c)(2), (d)). Names the
/// seller's own list first, since a request made to the seller outranks every other ground.
pub(super) fn judge(facts: &Facts<'_>, _now: Timestamp) -> Result<(), Refusal> {
    match facts.suppressions.iter().min_by_key(|entry| &entry.list) {
        Some(entry) => Err(Refusal::Suppressed(entry.list.clone(), entry.at)),
        None => Ok(()),
    }
}

/// Holds while a list the campaign requires was never loaded, or is a registry older than
/// [`REGISTRY_MAX_AGE`]. The seller's own list is there from the first day on, empty or not.
pub(super) fn lists(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    for kind in &facts.campaign.settings.required_lists {
        match loaded(facts, kind) {
            None if *kind == ListKind::Internal => {}
            None => findings.hold(HoldKind::ListMissing(kind.clone()), Until::Operator),
            Some(list) if kind.is_registry() && now.since(list.as_of) > REGISTRY_MAX_AGE => {
                findings.hold(
                    HoldKind::RegistryStale(kind.clone(), list.as_of),
                    Until::Operator,
                );
            }
            Some(_) => {}
        }
    }
}

/// The date of the oldest registry the campaign requires.
pub(super) fn registry_date(facts: &Facts<'_>) -> Option<Timestamp> {
    facts
        .campaign
        .settings
        .required_lists
        .iter()
        .filter(|kind| kind.is_registry())
        .filter_map(|kind| loaded(facts, kind))
        .map(|list| list.as_of)
        .min()
}

pub(super) fn saw(facts: &Facts<'_>, _now: Timestamp) -> String {
    if facts.suppressions.is_empty() {
        return "on no list".to_owned();
    }
    let lists: Vec<String> = facts
        .suppressions
        .iter()
        .map(|entry| format!("{} since {}", entry.list, entry.at))
        .collect();
    format!("on {}", lists.join(", "))
}

pub(super) fn saw_lists(facts: &Facts<'_>, _now: Timestamp) -> String {
    let required = &facts.campaign.settings.required_lists;
    if required.is_empty() {
        return "none required".to_owned();
    }
    let seen: Vec<String> = required
        .iter()
        .map(|kind| match loaded(facts, kind) {
            Some(list) => format!("{kind} of {}", list.as_of),
            None if *kind == ListKind::Internal => format!("{kind}, empty"),
            None => format!("{kind} not loaded"),
        })
        .collect();
    seen.join(", ")
}

fn loaded<'a>(facts: &Facts<'a>, kind: &ListKind) -> Option<&'a SuppressionList> {
    facts.lists.iter().find(|list| list.kind == *kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Suppression;
    use crate::domain::suppression::SuppressionSource;
    use crate::policy::fixture::{World, at, monday};

    #[test]
    fn every_list_refuses_and_the_sellers_own_is_named_first() {
        let mut world = World::open();
        let since = at("2026-03-02T09:00:00Z");
        for list in ["campaign:spring", "state:us-tx", "national:us", "internal"] {
            let list: ListKind = list.parse().unwrap();
            world.suppressions.push(Suppression {
                number: world.contact.number,
                list: list.clone(),
                source: SuppressionSource::Import,
                at: since,
                actor: "maria".to_owned(),
                note: None,
            });
            let refusal = world.refusal(monday());
            assert_eq!(refusal, Some(Refusal::Suppressed(list, since)));
        }
    }

    #[test]
    fn the_order_carries_the_oldest_required_registry() {
        let mut world = World::open();
        let loaded = |kind: &str, as_of: &str| SuppressionList {
            kind: kind.parse().unwrap(),
            as_of: at(as_of),
            count: 1,
        };
        world.lists = vec![
            loaded("state:us-tx", "2026-11-08T00:00:00Z"),
            loaded("national:us", "2026-12-01T00:00:00Z"),
            loaded("internal", "2026-01-01T00:00:00Z"),
            loaded("state:us-fl", "2020-01-01T00:00:00Z"),
        ];
        assert_eq!(registry_date(&world.facts()), None);
        let required = &mut world.campaign.settings.required_lists;
        required.extend(world.lists[..3].iter().map(|list| list.kind.clone()));
        assert_eq!(world.kinds(monday()), []);
        assert_eq!(
            registry_date(&world.facts()),
            Some(at("2026-11-08T00:00:00Z"))
        );
    }
}
