//! A deck of an older program, migrated with all its content.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{SqliteStore, schema};
use super::{open, raw};
use crate::verbs::{ActVerbs as _, ReadVerbs as _};
use dialdeck_core::domain::campaign::Evidence;
use dialdeck_core::domain::{NewContact, PhoneNumber, Timestamp, WindowClass};
use dialdeck_core::policy::{Abandonment, LiveCalls};

/// Returns a deck of schema version 4, opened by this program.
fn upgraded(folder: &tempfile::TempDir) -> SqliteStore {
    let mut conn = raw(folder);
    let version_4 = refinery::Target::Version(4);
    schema::runner()
        .set_target(version_4)
        .run(&mut conn)
        .unwrap();
    conn.execute_batch(include_str!("version_4.sql")).unwrap();
    drop(conn);
    let path = folder.path().join("deck.sqlite");
    assert!(SqliteStore::is_behind(&path));
    let store = open(folder).unwrap();
    assert!(!SqliteStore::is_behind(&path));
    store
}

/// Returns the date of the lists, and an instant of the next day.
fn instants() -> (Timestamp, Timestamp) {
    let at = Timestamp::from_millis;
    (at(1_764_547_200_000), at(1_764_633_600_000))
}

fn number(digits: u64) -> PhoneNumber {
    PhoneNumber::from_digits(digits).unwrap()
}

#[test]
fn a_deck_of_version_4_keeps_its_campaigns_contacts_and_counts() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = upgraded(&folder);
    let (snapshot, recount) = store.snapshot_and_recount(instants().1).unwrap();
    let counts = &snapshot.campaigns[0];
    assert_eq!(counts.campaign.settings.evidence, Evidence::All);
    assert_eq!(counts.campaign.settings.rule_overrides[0].rule, "us-fl");
    let live = LiveCalls {
        answered: 40,
        abandoned: 2,
    };
    let Abandonment { law, brake } = counts.abandonment;
    assert_eq!((law, brake), (live, live));
    let filled = |all: &BTreeMap<_, u64>| all.values().filter(|count| **count > 0).sum::<u64>();
    assert_eq!(filled(&counts.contacts), 2);
    assert_eq!(filled(&recount[&counts.campaign.id].contacts), 2);
    let ana = store
        .contacts_with(number(12_125_550_142))
        .unwrap()
        .remove(0);
    assert_eq!((ana.name.as_str(), ana.priority), ("Ana", 3));
    assert_eq!(ana.consent.unwrap().source, "form 7");
}

#[test]
fn a_registry_of_version_4_covers_the_areas_that_it_held_numbers_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = upgraded(&folder);
    let (dated, now) = instants();
    let lists = store.snapshot(now).unwrap().lists;
    let areas = |kind: &str| {
        let list = lists.iter().find(|list| list.kind.to_string() == kind);
        let list = list.unwrap();
        assert!(list.areas.values().all(|as_of| *as_of == dated), "{kind}");
        let codes: Vec<u16> = list.areas.keys().map(|area| area.code()).collect();
        (list.count, codes)
    };
    assert_eq!(areas("national:us"), (3, vec![212, 305]));
    assert_eq!(areas("national:gb"), (1, vec![0]));
    assert_eq!(areas("state:us-tx"), (0, vec![]));
    assert_eq!(areas("internal"), (1, vec![]));
    for (digits, list) in [
        (12_125_550_199, "internal"),
        (442_079_460_150, "national:gb"),
    ] {
        let found = store.suppressions_of(number(digits)).unwrap();
        assert_eq!((found.len(), found[0].list.to_string().as_str()), (1, list));
    }
}

#[test]
fn contacts_of_version_4_may_have_too_few_places_and_later_ones_not() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = upgraded(&folder);
    let campaign = store.campaigns().unwrap()[0].id;
    let before = BTreeMap::from([(campaign, 1)]);
    assert_eq!(store.contacts_of_fewer_places().unwrap(), before);
    let later = NewContact {
        line: 2,
        number: number(12_125_550_101),
        name: "Cas".to_owned(),
        class: Ok(Arc::new(WindowClass {
            zones: vec!["America/New_York".to_owned()],
            regions: vec!["US-NY".to_owned()],
            zone_source: "number".to_owned(),
        })),
        priority: 0,
        consent: None,
        expires_at: None,
        variables: String::new(),
    };
    store
        .import_contacts(campaign, &[later], instants().1)
        .unwrap();
    assert_eq!(store.contacts_of_fewer_places().unwrap(), before);
}

#[test]
fn a_new_deck_has_no_contacts_of_fewer_places() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder).unwrap();
    assert!(store.contacts_of_fewer_places().unwrap().is_empty());
}
