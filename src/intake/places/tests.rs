//! Tests of places as lists write them.

use super::*;
use crate::intake::row_error::WithHint as _;

#[test]
fn postal_codes_are_read_as_spreadsheets_leave_them() {
    let read = |text, country| {
        postal(text, country).map_or_else(|fault| fault.to_string(), Option::unwrap_or_default)
    };
    for (text, expected) in [
        ("02138", "02138"),
        ("2138", "02138"),
        ("2138.0", "02138"),
        ("601", "00601"),
        ("MA 02138", "02138"),
        ("02138-1234", "02138"),
        ("2138-1234", "02138"),
        ("021381234", "02138"),
        ("21381234", "02138"),
        ("M5V 2T6", "M5V2T6"),
        ("m5v2t6", "M5V2T6"),
        ("M5V-2T6", "M5V2T6"),
        ("K1A", "K1A"),
        ("213812", "`213812` is not a postal code"),
        ("unknown", "`unknown` is not a postal code"),
        ("M5V 2TO", "`M5V 2TO` is not a postal code"),
        ("XX 02138", "`XX 02138` is not a postal code"),
        ("-", "`-` is not a postal code"),
        ("Z1A 0B1", "`Z1A 0B1` is not a postal code"),
    ] {
        assert_eq!(read(text, None), expected);
    }
    assert_eq!(
        read("90012", Some("CA")),
        "`90012` is not a postal code of CA"
    );
    assert_eq!(
        read("M5V 2T6", Some("US")),
        "`M5V 2T6` is not a postal code of US"
    );
    for (text, country, expected) in [
        ("SW1A 1AA", "GB", ""),
        ("m1 1ae", "GB", ""),
        ("EC1A", "GB", ""),
        ("D02 X285", "IE", ""),
        ("10115", "DE", ""),
        ("1067", "DE", ""),
        ("75008", "FR", ""),
        ("00184", "IT", ""),
        ("110001", "IN", ""),
        ("35001", "ES", "ES 35001"),
        ("1001", "ES", "ES 01001"),
        ("6000", "AU", "AU 6000"),
        ("0800", "AU", "AU 0800"),
        ("800", "AU", "AU 0800"),
        ("6000.0", "AU", "AU 6000"),
        // American and Canadian codes bind too.
        ("06103", "GB", "06103"),
        ("06103-1234", "GB", "06103"),
        ("M5V 2T6", "AU", "M5V2T6"),
        ("06103", "AU", "06103"),
    ] {
        assert_eq!(read(text, Some(country)), expected, "{text} {country}");
    }
    for (text, country) in [
        ("ZZZ", "AU"),
        ("60000000", "AU"),
        ("nowhere", "GB"),
        ("12", "DE"),
        ("97400", "FR"),
        ("35", "ES"),
        ("1234", "GB"),
    ] {
        let expected = format!("`{text}` is not a postal code of {country}");
        assert_eq!(read(text, Some(country)), expected);
    }
}

#[test]
fn a_country_whose_postal_codes_are_not_known_is_named() {
    let fault = postal("1012 AB", Some("NL")).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "the postal codes of NL are not known here"
    );
    assert_eq!(fault.hint(), "leave it empty");
}

#[test]
fn regions_are_read_by_their_country() {
    let read = |text, country, of_number, is_state| {
        region(text, country, of_number, is_state).unwrap_or_else(|fault| fault.to_string())
    };
    for (found, expected) in [
        (read("US-FL", None, Some("US"), false), "US-FL"),
        (read("us-fl", None, Some("US"), false), "US-FL"),
        (read("FL", None, Some("US"), false), "US-FL"),
        (read("Florida", None, Some("US"), true), "US-FL"),
        (read("ON", None, Some("US"), true), "CA-ON"),
        (read("CA", Some("US"), Some("CA"), false), "US-CA"),
        (
            read("CA", None, Some("CA"), false),
            "`CA` may be Canada or US-CA",
        ),
        (read("CA", None, Some("US"), false), "US-CA"),
        (read("GB", None, Some("GB"), false), "GB"),
        (read("GB-LND", None, Some("GB"), false), "GB-LND"),
        (read("Greater London", None, Some("GB"), true), "GB-LND"),
        (read("Kent", None, Some("GB"), true), "GB-KEN"),
        (read("England", None, Some("GB"), true), "GB"),
        (read("WA", None, Some("AU"), true), "AU-WA"),
        (read("Western Australia", None, Some("AU"), true), "AU-WA"),
        (read("Las Palmas", None, Some("ES"), true), "ES-GC"),
        (read("Canarias", None, Some("ES"), true), "ES-CN"),
        (read("Canary Islands", None, Some("ES"), true), "ES-CN"),
        (
            read("Santa Cruz de Tenerife", None, Some("ES"), true),
            "ES-TF",
        ),
        (read("Bavaria", None, Some("DE"), true), "DE-BY"),
        (read("MI", None, Some("IT"), true), "IT-MI"),
        (read("Tamil Nadu", None, Some("IN"), true), "IN-TN"),
        (read("75", None, Some("FR"), true), "FR-75C"),
        // A state of another country binds too.
        (read("Connecticut", None, Some("GB"), true), "US-CT"),
        (read("CT", None, Some("GB"), true), "US-CT"),
        (read("Ontario", None, Some("AU"), true), "CA-ON"),
        (
            read("Nowhereland", None, Some("ES"), true),
            "`Nowhereland` is not a part of ES that is known, nor a state or a country",
        ),
        (
            read("Nowhereland", None, Some("GB"), true),
            "`Nowhereland` is not a part of GB that is known, nor a state or a country",
        ),
        (read("QLD", Some("AU"), Some("AU"), true), "AU-QLD"),
        (read("Canada", None, Some("CA"), false), "CA"),
        (
            read("Bavaria", None, Some("US"), true),
            "`Bavaria` is not a state, province or region that is known",
        ),
    ] {
        assert_eq!(found, expected);
    }
}

#[test]
fn zones_without_a_place_are_named() {
    let read = |text| zone(text).unwrap_or_else(|fault| format!("{fault}; {}", fault.hint()));
    for (text, expected) in [
        ("America/Chicago", "America/Chicago"),
        ("america/new york", "america/new_york"),
        ("america_slash_new_york", "america/new_york"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-07:00) Arizona", "America/Phoenix"),
        ("Pacific", "America/Los_Angeles"),
        ("US/Pacific", "America/Los_Angeles"),
    ] {
        assert_eq!(read(text), expected);
    }
    for text in [
        "EST",
        "MST",
        "UTC",
        "GMT",
        "Etc/GMT+5",
        "UTC-5",
        "-05:00",
        "gmt+1",
        "Z",
        "EST5EDT",
    ] {
        let said = read(text);
        assert!(said.contains("names no place"), "{text}: {said}");
        assert!(said.contains("write "), "{text}: {said}");
    }
    assert!(read("EST").contains("write America/New_York"));
}

#[test]
fn countries_are_names_letters_or_calling_codes() {
    let read = |text| {
        country(text).map_or_else(|fault| fault.to_string(), |country| country.code.to_owned())
    };
    for (text, expected) in [
        ("1", "US"),
        ("+44", "GB"),
        ("0044", "GB"),
        ("47", "NO"),
        ("1.0", "US"),
        ("United Kingdom", "GB"),
        ("de", "DE"),
        ("999", "`999` is not the calling code of one country"),
        ("Freedonia", "`Freedonia` is not a country"),
    ] {
        assert_eq!(read(text), expected);
    }
}
