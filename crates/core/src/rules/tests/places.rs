//! Tests of where a contact is, by its evidence.

use super::*;

pub(super) fn locate(
    text: &str,
    zone: &str,
    region: &str,
    postal: &str,
    evidence: Evidence,
) -> String {
    let stated = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let hints = Hints {
        time_zone: stated(zone),
        region: stated(region),
        postal_code: stated(postal),
    };
    match rules().locate(number(text), &hints, evidence) {
        Ok(class) => format!(
            "{} in {} by {}",
            class.regions.join(";"),
            class.zones.join(";").replace("America/", ""),
            class.zone_source
        ),
        Err(error) => error.to_string(),
    }
}

pub(super) fn all(text: &str, zone: &str, region: &str, postal: &str) -> String {
    locate(text, zone, region, postal, Evidence::All)
}

const CENTRAL: &str = "US-AL;US-AR;US-CA;US-FL;US-IA;US-IL;US-IN;US-KS;US-KY;US-LA;US-MI;US-MN;US-MO;US-MS;US-ND;\
    US-NE;US-OK;US-SD;US-TN;US-TX;US-WI";

/// Number, zone, region, postal code; then the places that bind.
const UNION: [([&str; 4], &str); 23] = [
    (
        ["+18505550117", "", "", ""],
        "US-FL in Chicago;New_York by number",
    ),
    // A stated zone is added and never removes what the number shows.
    (
        ["+18505550117", "America/New_York", "", ""],
        "US-FL in Chicago;New_York by number",
    ),
    (
        ["+18505550117", "america/new_york", "", ""],
        "US-FL in Chicago;New_York by number",
    ),
    (
        ["+12125550142", "", "us-fl", ""],
        "US-FL;US-NY in Chicago;New_York by all",
    ),
    // The number's own state has all its zones: the callee may be in any part of it.
    (
        ["+13055550142", "", "US-FL", ""],
        "US-FL in Chicago;New_York by all",
    ),
    (
        ["+15025550142", "", "US-KY", ""],
        "US-KY in Chicago;New_York by all",
    ),
    (
        ["+12135550142", "", "US-CA", ""],
        "US-CA in Los_Angeles by number",
    ),
    (
        ["+12125550142", "", "US", ""],
        "US-NY in New_York by number",
    ),
    (
        ["+12125550142", "", "", "10001"],
        "US-NY;US-NY-NYC in New_York by all",
    ),
    (
        ["+12125550142", "", "", "60601"],
        "US-IL;US-NY in Chicago;New_York by all",
    ),
    // A code in the number's own state may lie in its other zone.
    (
        ["+13055550146", "", "", "32501"],
        "US-FL in Chicago;New_York by all",
    ),
    (
        ["+13055550146", "", "US-FL", "32501"],
        "US-FL in Chicago;New_York by all",
    ),
    (
        ["+12145550147", "", "", "79901"],
        "US-TX in Chicago;Denver by all",
    ),
    (
        ["+16155550147", "", "", "37902"],
        "US-TN in Chicago;New_York by all",
    ),
    (
        ["+15025550147", "", "", "42001"],
        "US-KY in Chicago;New_York by all",
    ),
    (
        ["+15035550147", "", "", "97914"],
        "US-OR in Denver;Los_Angeles by all",
    ),
    (
        ["+13135550147", "", "", "49801"],
        "US-MI in Chicago;New_York by all",
    ),
    (
        ["+12055550147", "", "", "36602"],
        "US-AL;US-AL-MOB in Chicago by all",
    ),
    (
        ["+12125550142", "", "US-AL", ""],
        "US-AL;US-AL-MOB;US-NY in Chicago;New_York by all",
    ),
    (
        ["+19025550142", "", "", ""],
        "CA-NS;CA-PE in Halifax by number",
    ),
    (
        ["+442079460123", "", "GB-LND", ""],
        "GB;GB-LND in Europe/London by all",
    ),
    // A zone of another country adds the places that have it.
    (
        ["+12125550142", "America/Toronto", "", ""],
        "CA-NU;CA-ON;CA-QC;US-NY in New_York;Toronto by all",
    ),
    (
        ["+12125550142", "Europe/Paris", "", ""],
        "FR;US-NY in New_York;Europe/Paris by all",
    ),
];

#[test]
fn every_place_that_the_evidence_allows_binds() {
    for ([text, zone, region, postal], expected) in UNION {
        assert_eq!(
            all(text, zone, region, postal),
            expected,
            "{text} {zone} {region} {postal}"
        );
    }
    let central = format!("{CENTRAL} in Chicago;Los_Angeles by all");
    assert_eq!(all("+12135550142", "America/Chicago", "", ""), central);
    // The state is known: the zone is one of its zones.
    assert_eq!(
        all("+12135550142", "America/Chicago", "US-IL", ""),
        "US-CA;US-IL in Chicago;Los_Angeles by all"
    );
    assert_eq!(
        all("+13135550142", "America/Detroit", "", ""),
        "US-MI in Detroit;New_York by all"
    );
    assert_eq!(
        all("+61255501234", "", "AU-QLD", ""),
        "AU;AU-QLD in Australia/Brisbane;Australia/Sydney by all"
    );
}

#[test]
fn a_complete_address_may_replace_the_numbers_places() {
    let address =
        |text, zone, region, postal| locate(text, zone, region, postal, Evidence::Address);
    let number = "+12125550142";
    for (zone, region, postal, expected) in [
        ("", "US-FL", "32501", "US-FL in Chicago by address"),
        ("America/Denver", "US-TX", "", "US-TX in Denver by address"),
        (
            "America/Denver",
            "US-TX",
            "79901",
            "US-TX in Denver by address",
        ),
        (
            "America/Detroit",
            "US-MI",
            "",
            "US-MI in Detroit by address",
        ),
        (
            "",
            "US-AL",
            "36602",
            "US-AL;US-AL-MOB in Chicago by address",
        ),
        (
            "America/Chicago",
            "US-AL",
            "",
            "US-AL;US-AL-MOB in Chicago by address",
        ),
        ("", "US-AL", "35203", "US-AL in Chicago by address"),
        ("Europe/London", "GB", "", "GB in Europe/London by address"),
        // An incomplete or contradictory address: every place binds.
        (
            "",
            "US-WA",
            "",
            "US-NY;US-WA in Los_Angeles;New_York by all",
        ),
        ("", "", "60601", "US-IL;US-NY in Chicago;New_York by all"),
        (
            "America/Los_Angeles",
            "US-WA",
            "60601",
            "US-IL;US-NY;US-WA in Chicago;Los_Angeles;New_York by all",
        ),
        (
            "America/Chicago",
            "US-TX",
            "79901",
            "US-NY;US-TX in Chicago;Denver;New_York by all",
        ),
        (
            "America/Denver",
            "US-CA",
            "",
            "US-AZ;US-CA;US-CO;US-ID;US-KS;US-MT;US-ND;US-NE;US-NM;US-NV;US-NY;US-OR;US-SD;US-TX;US-UT;US-WY in Denver;Los_Angeles;New_York by all",
        ),
    ] {
        assert_eq!(
            address(number, zone, region, postal),
            expected,
            "{zone} {region} {postal}"
        );
    }
}

#[test]
fn a_persons_statement_replaces_what_the_number_suggests() {
    let stated = |text: &str, zone: &str, region: &str| {
        let stated = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let hints = Hints {
            time_zone: stated(zone),
            region: stated(region),
            postal_code: None,
        };
        let class = rules().locate_stated(number(text), &hints).unwrap();
        let zones = class.zones.join(";").replace("America/", "");
        format!("{} in {zones}", class.regions.join(";"))
    };
    assert_eq!(
        stated("+18505550117", "America/New_York", ""),
        "US-FL in New_York"
    );
    assert_eq!(
        stated("+12125550142", "America/Los_Angeles", "US-WA"),
        "US-WA in Los_Angeles"
    );
    assert_eq!(
        stated("+13105550131", "", "US-NY"),
        "US-NY in Los_Angeles;New_York"
    );
    assert_eq!(
        stated("+12135550142", "America/Chicago", ""),
        format!("{CENTRAL} in Chicago")
    );
    // A part of a country with one law adds its zones, as in a list.
    assert_eq!(
        stated("+61255501234", "", "AU-WA"),
        "AU-WA in Australia/Eucla;Australia/Perth;Australia/Sydney"
    );
    assert_eq!(
        stated("+34911234501", "", "ES-GC"),
        "ES-GC in Atlantic/Canary;Europe/Madrid"
    );
}

#[test]
fn unknown_places_are_errors() {
    let stated = |text, zone, region| all(text, zone, region, "");
    assert!(stated("+12125550142", "Mars/Base", "").contains("`Mars/Base` is not a time zone"));
    for region in ["US-ZZ", "Florida", "FL", "NO", "JM"] {
        let error = stated("+12125550142", "", region);
        assert!(error.contains("is not a region"), "{region}: {error}");
    }
    assert!(stated("+442079460123", "", "US").contains("is not a region"));
    assert_eq!(stated("+18005550142", "", ""), "non_geographic");
    for zone in [
        "EST",
        "mst",
        "UTC",
        "GMT",
        "Etc/GMT+5",
        "EST5EDT",
        "UTC-5",
        "+05:00",
        "Zulu",
    ] {
        let error = stated("+12125550142", zone, "");
        assert!(error.contains("names no place"), "{zone}: {error}");
    }
    assert!(stated("+12125550142", "EST", "").contains("write America/New_York"));
    let tokyo = stated("+12125550142", "Asia/Tokyo", "");
    assert!(tokyo.contains("no country with rules"), "{tokyo}");
    for code in ["unknown", "SW1A 1AA", "999999", "09001", "2.1E+3", "00000"] {
        let error = all("+12125550142", "", "", code);
        assert!(error.contains("is not a postal code"), "{code}: {error}");
    }
}

#[test]
fn an_australian_mobile_may_be_anywhere_in_australia() {
    let found = all("+61491570006", "", "", "");
    assert!(
        found.contains("Perth") && found.contains("Sydney"),
        "{found}"
    );
    let coast = all("+61755311234", "", "", "");
    assert_eq!(coast, "AU in Australia/Brisbane;Australia/Sydney by number");
    assert_eq!(
        all("+34612345678", "", "", ""),
        "ES in Atlantic/Canary;Europe/Madrid by number"
    );
    assert_eq!(
        all("+34912345678", "", "", ""),
        "ES in Europe/Madrid by number"
    );
    assert_eq!(
        all("+353851234567", "", "", ""),
        "IE in Europe/Dublin by number"
    );
    assert_eq!(
        all("+447700900131", "", "", ""),
        "GB in Europe/London by number"
    );
    assert_eq!(
        all("+390612345678", "", "", ""),
        "IT in Europe/Rome by number"
    );
    assert_eq!(
        all("+919812345678", "", "", ""),
        "IN in Asia/Kolkata by number"
    );
}

/// A row for an area must know at least as much as the rows for parts of it.
#[test]
fn a_prefix_has_every_zone_of_its_children() {
    let rows = rules().prefixes.rows();
    for (prefix, zones) in rows
        .iter()
        .filter(|(prefix, _)| !prefix.to_string().starts_with('1'))
    {
        let mut parent = prefix / 10;
        while parent > 0 {
            if let Some(known) = rows.get(&parent) {
                let missing = zones.iter().find(|zone| !known.contains(zone));
                assert_eq!(missing, None, "{parent} lacks a zone of {prefix}");
            }
            parent /= 10;
        }
    }
}

/// Mobile, toll-free, shared-cost and personal ranges of the countries with rules, by their numbering plans.
/// They have no place, so every zone of the country may apply.
#[test]
fn ranges_without_a_place_have_every_zone_of_the_country() {
    let rows = rules().prefixes.rows();
    for (country, ranges) in [
        (
            61,
            &[6111, 6113, 6114, 6118, 611_300, 6115, 614, 61_491][..],
        ),
        (34, &[345, 346, 347, 34_800, 34_900, 34_901, 34_902][..]),
        (44, &[443, 445, 4470, 4474, 4477, 4479, 44_800, 449][..]),
        (39, &[393, 39_800, 39_899][..]),
    ] {
        for range in ranges {
            let mut prefix: u64 = *range;
            while !rows.contains_key(&prefix) {
                prefix /= 10;
            }
            let missing: Vec<&String> = rows[&country]
                .iter()
                .filter(|zone| !rows[&prefix].contains(zone))
                .collect();
            assert!(missing.is_empty(), "{range} lacks {missing:?}");
        }
    }
}

/// If a state spans zones, each of its postal codes lists the zones in which it may lie, and no others.
#[test]
fn postal_codes_of_states_that_span_zones_name_zones_of_the_state() {
    let rules = rules();
    for range in rules.postal.rows() {
        for region in range
            .regions
            .iter()
            .filter(|region| region.starts_with("US"))
        {
            let zones = rules.zones_of(region);
            let (from, _) = range.bounds();
            assert!(
                zones.len() == 1 || !range.zones.is_empty(),
                "{from} {region}"
            );
            let stray = range.zones.iter().find(|zone| !zones.contains(*zone));
            assert_eq!(stray, None, "{from} {region}");
        }
    }
}
