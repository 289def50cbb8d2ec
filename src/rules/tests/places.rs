//! Where a contact is, by its evidence.

use super::*;

fn locate(text: &str, zone: &str, region: &str, postal: &str, evidence: Evidence) -> String {
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

#[test]
fn places_follow_the_evidence() {
    let stated = |text, zone, region, postal| locate(text, zone, region, postal, Evidence::Stated);
    for (found, expected) in [
        (
            stated("+18505550117", "", "", ""),
            "US-FL in Chicago;New_York by number",
        ),
        (
            stated("+18505550117", "America/New_York", "", ""),
            "US-FL in New_York by stated",
        ),
        (
            stated("+18505550117", "america/new_york", "", ""),
            "US-FL in New_York by stated",
        ),
        (
            stated("+12125550142", "", "us-fl", ""),
            "US-FL in Chicago;New_York by stated",
        ),
        (
            stated("+13055550142", "", "US-FL", ""),
            "US-FL in New_York by number",
        ),
        (
            stated("+12125550142", "", "US", ""),
            "US-NY in New_York by number",
        ),
        (
            stated("+12125550142", "", "", "10001"),
            "US-NY in New_York by number",
        ),
        (
            stated("+12125550142", "", "", "60601"),
            "US-IL;US-NY in Chicago;New_York by postal",
        ),
        (
            stated("+12125550142", "America/Chicago", "", "60601"),
            "US-IL;US-NY in Chicago by stated",
        ),
        (
            stated("+12125550142", "", "US-UT", "84101"),
            "US-UT in Denver;New_York by stated",
        ),
        (
            stated("+19025550142", "", "", ""),
            "CA-NS;CA-PE in Halifax by number",
        ),
        (
            stated("+442079460123", "", "", "60601"),
            "GB in Europe/London by number",
        ),
        (
            stated("+442079460123", "", "GB-LND", ""),
            "GB-LND in Europe/London by number",
        ),
    ] {
        assert_eq!(found, expected);
    }
    assert_eq!(
        locate(
            "+12125550142",
            "America/Denver",
            "US-WY",
            "60601",
            Evidence::Strict
        ),
        "US-IL;US-NY;US-WY in Chicago;Denver;New_York by strict"
    );
}

#[test]
fn unknown_places_are_errors() {
    let stated = |text, zone, region| locate(text, zone, region, "", Evidence::Stated);
    assert!(stated("+12125550142", "Mars/Base", "").contains("`Mars/Base` is not a time zone"));
    for region in ["US-ZZ", "Florida", "FL", "NO", "JM"] {
        let error = stated("+12125550142", "", region);
        assert!(error.contains("is not a region"), "{region}: {error}");
    }
    assert!(stated("+442079460123", "", "US").contains("is not a region"));
    assert_eq!(stated("+18005550142", "", ""), "non_geographic");
}

#[test]
fn an_australian_mobile_may_be_anywhere_in_australia() {
    let found = locate("+61491570006", "", "", "", Evidence::Stated);
    assert!(
        found.contains("Perth") && found.contains("Sydney"),
        "{found}"
    );
}
