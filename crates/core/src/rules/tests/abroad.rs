//! Places outside country code 1, and places in own rule files.

use super::places::{all, locate};
use super::*;

/// Outside country code 1 too, a stated place adds its zones.
#[test]
fn places_abroad_bind_as_well() {
    for ([text, region, postal], expected) in [
        (
            ["+61255501234", "AU-WA", ""],
            "AU;AU-WA in Australia/Eucla;Australia/Perth;Australia/Sydney by all",
        ),
        (
            ["+61255501234", "", "AU 6000"],
            "AU;AU-WA in Australia/Perth;Australia/Sydney by all",
        ),
        (
            ["+61255501234", "", "AU 0800"],
            "AU;AU-NT in Australia/Darwin;Australia/Sydney by all",
        ),
        (
            ["+34911234501", "ES-GC", ""],
            "ES;ES-GC in Atlantic/Canary;Europe/Madrid by all",
        ),
        (
            ["+34911234501", "", "ES 38001"],
            "ES;ES-TF in Atlantic/Canary;Europe/Madrid by all",
        ),
        (
            ["+442079460123", "US-CT", ""],
            "GB;US-CT in New_York;Europe/London by all",
        ),
        (
            ["+442079460123", "", "06103"],
            "GB;US-CT in New_York;Europe/London by all",
        ),
    ] {
        assert_eq!(
            all(text, "", region, postal),
            expected,
            "{text} {region} {postal}"
        );
    }
    for region in ["AU-ZZ", "ES-XX", "GB-ZZZ", "IT-ZZ"] {
        let error = all("+61255501234", "", region, "");
        assert!(error.contains("is not a region"), "{region}: {error}");
    }
    assert!(all("+61255501234", "", "", "AU 2899").contains("postal code"));
}

/// An address whose parts contradict each other, or cannot be compared, replaces nothing.
#[test]
fn an_address_abroad_must_agree_with_itself() {
    let address = |text, zone, region, postal| {
        let found = locate(text, zone, region, postal, Evidence::Address);
        found
            .rsplit_once(" by ")
            .map(|(places, by)| (places.to_owned(), by == "address"))
    };
    let mobile = "+61412345678";
    for (zone, region, postal, expected) in [
        (
            "Australia/Perth",
            "AU-WA",
            "",
            Some("AU-WA in Australia/Perth"),
        ),
        ("", "AU-WA", "AU 6000", Some("AU-WA in Australia/Perth")),
        ("Australia/Sydney", "AU-WA", "", None),
        ("Australia/Sydney", "AU-QLD", "", None),
        ("Australia/Perth", "AU-NSW", "", None),
        ("Australia/Perth", "AU", "", None),
        ("", "AU-WA", "AU 2000", None),
        ("Australia/Sydney", "AU-WA", "AU 6000", None),
    ] {
        let (places, by_address) = address(mobile, zone, region, postal).unwrap();
        assert_eq!(by_address, expected.is_some(), "{zone} {region} {postal}");
        if let Some(expected) = expected {
            assert_eq!(places, expected);
        } else {
            assert!(
                places.contains("Perth") && places.contains("Sydney"),
                "{places}"
            );
        }
    }
    for (text, zone, region, agrees) in [
        ("+34612345604", "Europe/Madrid", "ES-GC", false),
        ("+34612345604", "Atlantic/Canary", "ES-M", false),
        ("+34612345604", "Atlantic/Canary", "ES-GC", true),
        ("+34612345604", "Europe/Madrid", "ES", false),
        ("+442079460608", "Europe/London", "US-CT", false),
        ("+442079460608", "America/New_York", "GB-ENG", false),
        ("+442079460608", "Europe/London", "GB-ENG", true),
        ("+442079460608", "Europe/London", "GB", true),
    ] {
        let (_, by_address) = address(text, zone, region, "").unwrap();
        assert_eq!(by_address, agrees, "{text} {zone} {region}");
    }
}

/// A row for an unknown place is an error.
#[test]
fn an_own_rule_needs_a_place() {
    let header = hours::COLUMNS.join(",");
    let row = |place: &str| {
        format!("{header}\na,{place},any,Mon-Sun,10:00,17:00,no,none,callee,,,own,-,-,-,-,-\n")
    };
    for place in ["US,ZZ", "XX,", "AU,ZZ", "GB,ZZZ", "CA,ZZ"] {
        let error = rules().with_extra(&row(place), "own.csv").unwrap_err();
        assert!(error.to_string().contains("there is no place"), "{error}");
    }
    for place in [
        "US,LA",
        "US,AL-MOB",
        "NO,",
        "BR,SP",
        "AU,QLD",
        "GB,ENG",
        "US,NY-NYC",
    ] {
        assert!(
            rules().with_extra(&row(place), "own.csv").is_ok(),
            "{place}"
        );
    }
}
