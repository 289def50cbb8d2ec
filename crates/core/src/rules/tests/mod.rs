//! Tests of the embedded tables, and the helpers that they share.

mod abroad;
mod caps;
mod numbers;
mod places;
mod preconditions;
mod properties;
mod windows;

use super::*;
use crate::domain::campaign::{CallClass, CallKind, Evidence, Purpose, RuleOverride};
use crate::domain::{Hints, Timestamp, WindowClass};

fn rules() -> &'static Rules {
    Rules::embedded()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

fn class(zones: &[&str], regions: &[&str]) -> WindowClass {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    WindowClass {
        zones: owned(zones),
        regions: owned(regions),
        zone_source: "stated".to_owned(),
    }
}

fn legal(class: &WindowClass, instant: &str) -> Legal {
    rules().legal(class, CallKind::LIVE, &[], at(instant))
}

fn shut(reason: WindowReason, zone: &str) -> Legal {
    Legal::Shut(reason, zone.to_owned())
}

#[test]
fn every_row_of_every_table_is_read() {
    let rules = Rules::parse().unwrap();
    assert_eq!(rules.digest().len(), 64);
    assert_eq!(rules.digest(), Rules::embedded().digest());
    assert_eq!(rules.codes.iter().count(), 488);
}

#[test]
fn every_place_of_the_number_tables_has_rules() {
    let rules = rules();
    for (code, npa) in rules.codes.iter() {
        for region in &npa.regions {
            if region.starts_with("US") {
                assert!(rules.hours.has(region), "{code}: {region}");
            }
        }
    }
    for range in rules.postal.rows() {
        for region in &range.regions {
            assert!(rules.is_place(region), "{region}");
            assert!(!rules.zones_of(region).is_empty(), "{region}");
        }
    }
}

#[test]
fn every_zone_of_the_second_database_is_in_the_first() {
    for zone in chrono_tz::TZ_VARIANTS {
        assert!(rules().zones.find(zone.name()).is_some(), "{}", zone.name());
    }
}

#[test]
fn the_zone_data_is_not_stale() {
    let midday = at("2026-12-15T19:00:00Z");
    let first = rules().local_time("America/Vancouver", midday).unwrap();
    let second = rules().second_local_time("America/Vancouver", midday);
    assert_eq!(first.to_string(), "Tue 12:00:00");
    assert_eq!(second, Some(first));
    assert_eq!(rules().zone_data_fault(), None);
    let none = rules().with_zone_database(&TimeZoneDatabase::none(), "2025b");
    assert!(none.zone_data_fault().unwrap().contains("2025b"));
}

#[test]
fn the_databases_agree_on_every_zone_but_one_until_2028() {
    let mut disputed = BTreeSet::new();
    let mut day = at("2026-12-01T12:00:00Z");
    while day < at("2028-12-01T12:00:00Z") {
        disputed.extend(rules().zones_in_dispute(day));
        day = day + std::time::Duration::from_hours(24);
    }
    // Cuba kept its summer time in autumn 2026: tzdata 2026f, newer than the bundled release.
    assert_eq!(disputed.into_iter().collect::<Vec<_>>(), ["America/Havana"]);
}
