//! Do-not-call lists: the number is on none, and every required list is loaded and fresh (D2).

use std::time::Duration;

use super::findings::Findings;
use super::{Facts, HoldKind, Refusal, Until};
use crate::domain::event::UsedRegistry;
use crate::domain::{Area, ListKind, Suppression, SuppressionList, Timestamp};

/// How long before its data are too old a registry should be loaded again: at 25 days of 31.
pub const REGISTRY_WARNING: Duration = Duration::from_hours(6 * 24);

/// Refuses a number on any list that binds the contact (47 CFR 64.1200(c)(2), (d)). Names the seller's own
/// list first, because a request made to the seller outranks every other ground.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp) -> Result<(), Refusal> {
    match binding(facts, now) {
        Some(entry) => Err(Refusal::Suppressed(entry.list.clone(), entry.at)),
        None => Ok(()),
    }
}

/// Returns the entry that ends the contact: the first in the order of the lists that binds it. `None` if no
/// entry does.
pub fn binding<'a>(facts: &Facts<'a>, now: Timestamp) -> Option<&'a Suppression> {
    let subject = facts.subject();
    let entries = facts.suppressions.iter();
    entries
        .filter(|entry| subject.is_bound_by(&entry.list, now))
        .min_by_key(|entry| &entry.list)
}

/// Holds while a list that the call needs was never loaded, or is a registry that does not cover the number's
/// area or is too old there. The seller's own list exists from the first day on, even if it is empty.
pub(super) fn lists(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    for kind in facts.subject().lists_needed(facts.lists, now) {
        if let Some(why) = missing(facts, &kind, now) {
            findings.hold(why, Until::Operator);
        }
    }
}

fn missing(facts: &Facts<'_>, kind: &ListKind, now: Timestamp) -> Option<HoldKind> {
    let list = facts.lists.iter().find(|list| list.kind == *kind);
    if !kind.is_registry() {
        let absent = list.is_none() && *kind != ListKind::Internal;
        return absent.then(|| HoldKind::ListMissing(kind.clone()));
    }
    let area = Area::of(facts.contact.number);
    let Some(as_of) = list.and_then(|list| covered(facts, list)) else {
        return Some(HoldKind::RegistryMissing(kind.clone(), area));
    };
    let stale = now.since(as_of) > facts.rules.registry_max_age(kind);
    stale.then(|| HoldKind::RegistryStale(kind.clone(), area, as_of))
}

/// Returns the date of a registry for the contact's number. `None` if it does not cover the area.
fn covered(facts: &Facts<'_>, list: &SuppressionList) -> Option<Timestamp> {
    let number = facts.contact.number;
    let known = list.areas.get(&Area::of(number)).copied();
    // A state's list also has its people's numbers of other area codes: it is as old as its oldest part.
    let elsewhere = !facts.rules.may_hold(&list.kind, &[], number) && number.npa().is_some();
    known.or_else(|| list.areas.values().min().copied().filter(|_| elsewhere))
}

/// Returns the registries that were needed, each with the area and the date of its data there.
pub(super) fn registries(facts: &Facts<'_>, now: Timestamp) -> Vec<UsedRegistry> {
    let needed = facts.subject().lists_needed(facts.lists, now);
    let registries = needed.into_iter().filter(ListKind::is_registry);
    registries
        .filter_map(|kind| {
            let list = facts.lists.iter().find(|list| list.kind == kind)?;
            Some(UsedRegistry {
                as_of: covered(facts, list)?,
                list: kind,
                area: Area::of(facts.contact.number),
            })
        })
        .collect()
}

/// Returns the lists that the number is on, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    if facts.suppressions.is_empty() {
        return "on no list".to_owned();
    }
    let subject = facts.subject();
    let lists: Vec<String> = facts
        .suppressions
        .iter()
        .map(|entry| {
            let bound = subject.is_bound_by(&entry.list, now);
            let apart = if bound {
                ""
            } else {
                ", which does not bind this call"
            };
            format!("{} since {}{apart}", entry.list, entry.at)
        })
        .collect();
    format!("on {}", lists.join(", "))
}

/// Returns the lists that the call needs, each with its date or what is missing, as text for `why`.
pub(super) fn saw_lists(facts: &Facts<'_>, now: Timestamp) -> String {
    let needed = facts.subject().lists_needed(facts.lists, now);
    if needed.is_empty() {
        return "none required".to_owned();
    }
    let seen: Vec<String> = needed
        .iter()
        .map(|kind| {
            let list = facts.lists.iter().find(|list| list.kind == *kind);
            match (missing(facts, kind, now), list) {
                (Some(why), _) => why.to_string(),
                (None, Some(list)) if kind.is_registry() => {
                    let as_of = covered(facts, list).unwrap_or(list.as_of);
                    format!("{kind}, {} of {as_of}", Area::of(facts.contact.number))
                }
                (None, Some(list)) => format!("{kind} of {}", list.as_of),
                (None, None) => format!("{kind}, empty"),
            }
        })
        .collect();
    seen.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign::Purpose;
    use crate::domain::suppression::SuppressionSource;
    use crate::domain::{Consent, ConsentKind};
    use crate::policy::Decision;
    use crate::policy::fixture::{World, at, monday};

    fn listed(world: &mut World, list: &str) -> Suppression {
        let entry = Suppression {
            number: world.contact.number,
            list: list.parse().unwrap(),
            source: SuppressionSource::Import,
            at: at("2026-03-02T09:00:00Z"),
            actor: "maria".to_owned(),
            note: None,
        };
        world.suppressions.push(entry.clone());
        entry
    }

    fn loaded(kind: &str, areas: &[(u16, &str)]) -> SuppressionList {
        let areas = areas.iter();
        let areas = areas
            .map(|(code, as_of)| (Area::from_code(*code), at(as_of)))
            .collect();
        SuppressionList {
            kind: kind.parse().unwrap(),
            as_of: SuppressionList::oldest(&areas),
            count: 1,
            areas,
        }
    }

    #[test]
    fn every_list_refuses_and_the_sellers_own_is_named_first() {
        let mut world = World::open();
        world.every_registry_binds = true;
        for list in [
            "campaign:spring-reminders",
            "state:us-tx",
            "national:us",
            "internal",
        ] {
            let entry = listed(&mut world, list);
            let refusal = world.refusal(monday());
            assert_eq!(refusal, Some(Refusal::Suppressed(entry.list, entry.at)));
        }
    }

    #[test]
    fn a_registry_binds_who_lists_it_or_is_asked_to_by_law() {
        let mut world = World::open();
        let entry = listed(&mut world, "national:us");
        let refused = Some(Refusal::Suppressed(entry.list.clone(), entry.at));
        assert_eq!(world.refusal(monday()), None, "a reminder");
        world.campaign.settings.required_lists = vec![entry.list];
        assert_eq!(world.refusal(monday()), refused, "a reminder that lists it");
        world.campaign.settings.required_lists.clear();
        world.campaign.settings.purpose = Purpose::Sales;
        assert_eq!(world.refusal(monday()), refused, "sales");
        for (kind, given, stands) in [
            (ConsentKind::Express, "2026-12-01T00:00:00Z", false),
            (ConsentKind::ExpressWritten, "2020-12-01T00:00:00Z", true),
            (ConsentKind::Ebr, "2026-12-01T00:00:00Z", true),
            (ConsentKind::Ebr, "2025-06-01T00:00:00Z", false),
            (ConsentKind::Inquiry, "2026-12-01T00:00:00Z", true),
            (ConsentKind::Inquiry, "2026-08-01T00:00:00Z", false),
        ] {
            world.campaign.settings.consent = ConsentKind::None;
            world.contact.consent = Some(Consent {
                kind,
                source: "order 3".to_owned(),
                at: at(given),
            });
            assert_eq!(
                world.refusal(monday()).is_none(),
                stands,
                "{kind} of {given}"
            );
        }
    }

    #[test]
    fn the_order_carries_each_registry_with_its_area() {
        let mut world = World::open();
        world.lists = vec![
            loaded("state:us-ny", &[(212, "2026-11-08T00:00:00Z")]),
            loaded(
                "national:us",
                &[(212, "2026-12-01T00:00:00Z"), (646, "2020-01-01T00:00:00Z")],
            ),
            loaded("state:us-fl", &[]),
        ];
        let registries = |world: &World| match world.decide(monday()) {
            Decision::Dial(order) => order.registries,
            other @ (Decision::Hold(_) | Decision::Refuse(_)) => panic!("{other:?}"),
        };
        assert_eq!(registries(&world), []);
        // Florida's list cannot hold a number of New York.
        let required = &mut world.campaign.settings.required_lists;
        required.extend(world.lists.iter().map(|list| list.kind.clone()));
        let area = Area::from_code(212);
        assert_eq!(
            registries(&world),
            [
                UsedRegistry {
                    list: "state:us-ny".parse().unwrap(),
                    area,
                    as_of: at("2026-11-08T00:00:00Z")
                },
                UsedRegistry {
                    list: "national:us".parse().unwrap(),
                    area,
                    as_of: at("2026-12-01T00:00:00Z")
                },
            ]
        );
    }
}
