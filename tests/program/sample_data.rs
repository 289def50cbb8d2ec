//! The sample campaigns load, fit the sample deck, and contain the faults that their README lists.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dialdeck::config::{DeckConfig, load_campaign, load_deck};
use dialdeck::domain::CampaignSettings;
use dialdeck::intake::{ContactFile, DncFile, DncRow, Origin, Reading, Row};
use dialdeck::rules::Rules;

fn sample(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("sample-data")
        .join(name)
}

fn deck() -> DeckConfig {
    load_deck(&sample("dialdeck.toml")).unwrap()
}

/// The rows of a campaign's contacts file, by result.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    rows: u64,
    taken: usize,
    duplicates: usize,
    unfit: BTreeMap<String, usize>,
    rejected: BTreeMap<String, usize>,
}

fn tally(campaign: &str) -> (CampaignSettings, Tally) {
    let file = load_campaign(&sample(&format!("{campaign}.toml"))).unwrap();
    assert_eq!(file.warnings, []);
    assert_eq!(file.check_against(&deck()).unwrap(), []);
    let contacts = ContactFile::check(Origin::File(file.contacts.clone().unwrap())).unwrap();
    let mut tally = Tally {
        rows: contacts.rows(),
        ..Tally::default()
    };
    let mut seen = BTreeSet::new();
    let reading = Reading {
        country: Some("US".to_owned()),
        evidence: file.settings.evidence,
        calls: file.settings.call_kind(),
        dates: None,
        own_numbers: Vec::new(),
        now: "2026-12-07T15:30:00Z".parse().unwrap(),
    };
    let rows = contacts.read(Rules::embedded(), &reading).unwrap();
    for row in rows {
        match row.unwrap() {
            Row::Contact(contact) => {
                if seen.insert(contact.number) {
                    tally.taken += 1;
                } else {
                    tally.duplicates += 1;
                }
                if let Err(why) = contact.class {
                    *tally.unfit.entry(why).or_default() += 1;
                }
            }
            Row::Reject(reject) => {
                assert!(!reject.hint.is_empty(), "{reject}");
                *tally.rejected.entry(reject.column).or_default() += 1;
            }
        }
    }
    let rejected: usize = tally.rejected.values().sum();
    assert_eq!(
        tally.rows,
        (tally.taken + tally.duplicates + rejected) as u64
    );
    (file.settings, tally)
}

fn counts(pairs: &[(&str, usize)]) -> BTreeMap<String, usize> {
    pairs
        .iter()
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[test]
fn reminders() {
    let (settings, tally) = tally("appointment-reminders");
    assert_eq!(settings.attempts.max, 5);
    let expected = Tally {
        rows: 1425,
        taken: 1406,
        duplicates: 6,
        unfit: counts(&[("no_rules", 2), ("non_geographic", 2)]),
        rejected: counts(&[
            ("consent", 1),
            ("consent_at", 2),
            ("consent_source", 1),
            ("number", 6),
            ("priority", 1),
            ("region", 1),
            ("time_zone", 1),
        ]),
    };
    assert_eq!(tally, expected);
}

#[test]
fn debts() {
    let (settings, tally) = tally("past-due");
    assert_eq!(
        settings.attempts.max, 8,
        "more than the 7 in 7 days of the law"
    );
    let expected = Tally {
        rows: 707,
        taken: 698,
        duplicates: 3,
        unfit: counts(&[("no_rules", 1), ("non_geographic", 1)]),
        rejected: counts(&[("consent source", 1), ("phone", 4), ("timezone", 1)]),
    };
    assert_eq!(tally, expected);
}

#[test]
fn a_survey() {
    let (_, tally) = tally("satisfaction-survey");
    let expected = Tally {
        rows: 604,
        taken: 597,
        duplicates: 2,
        unfit: BTreeMap::new(),
        rejected: counts(&[("consent", 1), ("mobile", 4)]),
    };
    assert_eq!(tally, expected);
}

#[test]
fn a_sale() {
    let (settings, tally) = tally("spring-sale");
    assert_eq!(settings.required_lists.len(), 2);
    let expected = Tally {
        rows: 795,
        taken: 786,
        duplicates: 4,
        unfit: counts(&[("no_rules", 1), ("non_geographic", 1), ("premium", 1)]),
        rejected: counts(&[("consent_source", 1), ("phone_number", 3), ("region", 1)]),
    };
    assert_eq!(tally, expected);
}

#[test]
fn lists() {
    for (name, rows) in [("do-not-call.txt", 101), ("national-registry.txt", 105)] {
        let file =
            DncFile::check(Origin::File(sample(name)), Rules::embedded(), Some("US")).unwrap();
        assert_eq!(file.rows(), rows);
        for row in file.read(Rules::embedded()).unwrap() {
            assert!(matches!(row.unwrap(), DncRow::Number { .. }), "{name}");
        }
    }
}
