//! Reads the places that a row states for the callee: country, region, postal code and time zone.
//!
//! A value that cannot be read never counts as absent: the row is rejected with the reason.

use super::names::{self, Country, Zone};
use crate::rules::TERRITORIES;

/// The reason, and the hint.
pub(super) type Fault = (String, String);

fn fault<T>(reason: impl Into<String>, hint: impl Into<String>) -> Result<T, Fault> {
    Err((reason.into(), hint.into()))
}

/// Reads a country's name, its letters or its calling code.
pub(super) fn country(text: &str) -> Result<Country, Fault> {
    let digits = text
        .trim_start_matches(['+', '0', ' ', '('])
        .trim_end_matches(')');
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    let calling = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let found = if calling {
        names::country_called(digits)
    } else {
        names::country(text)
    };
    match found {
        Some(country) => Ok(country),
        None if calling => fault(
            format!("`{text}` is not the calling code of one country"),
            "write it as 1 or 44, or write the country's two letters",
        ),
        None => fault(
            format!("`{text}` is not a country"),
            "write its English name or its two letters, as US or GB",
        ),
    }
}

/// Returns the country as the region by which the rules know it.
pub(super) fn as_region(country: &str) -> String {
    if TERRITORIES.contains(&country) {
        format!("US-{country}")
    } else {
        country.to_owned()
    }
}

/// Reads a state, province or region. `country` is the stated one, `of_number` that of the number, each as
/// two letters. If `is_state`, the column is about states: two letters are never a country's.
pub(super) fn region(
    text: &str,
    country: Option<&str>,
    of_number: Option<&str>,
    is_state: bool,
) -> Result<String, Fault> {
    let upper = text.to_ascii_uppercase();
    if let Some((head, part)) = upper.split_once('-')
        && head.len() == 2
        && (1..=3).contains(&part.len())
        && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Ok(upper);
    }
    let base = country.or(of_number);
    if let Some(base) = base.filter(|base| !of_code_1(base)) {
        return elsewhere(text, base);
    }
    let states: &[&'static str] = match base {
        Some("CA") => &["CA", "US"],
        _ => &["US", "CA"],
    };
    let state = states
        .iter()
        .find_map(|of| Some((*of, names::region(of, text)?)));
    let named = if is_state { None } else { names::country(text) };
    match (state, named) {
        // `CA` in a column `region` of a row with a Canadian number may be the country or the state.
        (Some((of, part)), Some(named)) if country.is_none() && Some(named.code) == of_number => {
            fault(
                format!("`{text}` may be {} or {of}-{part}", named.name),
                format!("write it as {of}-{part}, or leave it empty"),
            )
        }
        (Some((of, part)), _) => Ok(format!("{of}-{part}")),
        (None, Some(named)) => Ok(as_region(named.code)),
        (None, None) => fault(
            format!("`{text}` is not a state, province or region that is known"),
            "write it as US-FL, FL or Florida",
        ),
    }
}

/// Reads a region in a row whose number or country is neither American nor Canadian: a part of the country,
/// or a state of those two or another country, which then binds too. Errors if the text is none of these.
fn elsewhere(text: &str, base: &str) -> Result<String, Fault> {
    let named = names::country(text);
    if named.is_some_and(|named| named.code == base) {
        return Ok(base.to_owned());
    }
    let base = names::country(base).map_or("", |country| country.code);
    let state = [base, "US", "CA"]
        .into_iter()
        .find_map(|of| Some((of, names::region(of, text)?)));
    match (state, named) {
        (Some((of, part)), _) => Ok(format!("{of}-{part}")),
        (None, Some(named)) => Ok(as_region(named.code)),
        (None, None) => fault(
            format!("`{text}` is not a part of {base} that is known, nor a state or a country"),
            format!("write its code, as in ISO 3166-2, or {base} alone"),
        ),
    }
}

fn of_code_1(country: &str) -> bool {
    names::country(country).is_some_and(|country| country.calling == "1")
}

/// Reads a postal code in its usual spellings, also as a spreadsheet leaves it. Returns `None` if the code
/// belongs to the callee's country and the clock is equal in all of that country. `country` is the callee's,
/// as two letters.
pub(super) fn postal(text: &str, country: Option<&str>) -> Result<Option<String>, Fault> {
    if let Some(base) = country.filter(|country| !of_code_1(country)) {
        return abroad(text, base);
    }
    let american = country.is_none_or(|country| country == "US" || TERRITORIES.contains(&country));
    let read = zip(text)
        .map(|code| ("US", code))
        .or_else(|| canadian(text).map(|code| ("CA", code)));
    match (read, country) {
        (Some(("CA", code)), Some("CA") | None) => Ok(Some(code)),
        (Some(("US", code)), _) if american => Ok(Some(code)),
        (Some(_), Some(country)) => fault(
            format!("`{text}` is not a postal code of {country}"),
            "correct the postal code or the country",
        ),
        (_, _) => fault(
            format!("`{text}` is not a postal code"),
            "write it as 33101, 33101-1234 or K1A 0B1",
        ),
    }
}

/// Reads a postal code in a row whose number or country is neither American nor Canadian. An American or
/// Canadian code binds there too.
fn abroad(text: &str, country: &str) -> Result<Option<String>, Fault> {
    let bare = text.strip_suffix(".0").unwrap_or(text);
    let digits = bare.bytes().all(|byte| byte.is_ascii_digit());
    let signs: String = bare
        .chars()
        .filter(|char| !char.is_whitespace() && *char != '-')
        .collect::<String>()
        .to_ascii_uppercase();
    let of_digits = |least: usize, most: usize| {
        (digits && (least..=most).contains(&bare.len())).then(|| format!("{bare:0>most$}"))
    };
    let mut known = true;
    // A spreadsheet drops zeros at the beginning.
    let own = match country {
        "AU" => of_digits(3, 4).map(|code| Some(format!("AU {code}"))),
        "ES" => of_digits(4, 5).map(|code| Some(format!("ES {code}"))),
        "DE" | "IT" => of_digits(3, 5).map(|_| None),
        // 97 and 98 are overseas.
        "FR" => of_digits(4, 5)
            .filter(|code| !code.starts_with("97") && !code.starts_with("98"))
            .map(|_| None),
        "IN" => {
            (signs.len() == 6 && signs.bytes().all(|byte| byte.is_ascii_digit())).then_some(None)
        }
        "GB" => british(&signs).then_some(None),
        "IE" => eircode(&signs).then_some(None),
        _ => {
            known = false;
            None
        }
    };
    if let Some(own) = own {
        return Ok(own);
    }
    // Five digits in France are never a ZIP code.
    let american =
        zip(text).filter(|_| !digits || (country != "FR" && matches!(bare.len(), 5 | 9)));
    match american.or_else(|| canadian(text)) {
        Some(code) => Ok(Some(code)),
        None if !known => fault(
            format!("the postal codes of {country} are not known here"),
            "leave it empty",
        ),
        None => fault(
            format!("`{text}` is not a postal code of {country}"),
            "correct the postal code or the country, or leave it empty",
        ),
    }
}

/// Returns whether the text is a British postcode such as `SW1A1AA`, or the first half of one.
fn british(signs: &str) -> bool {
    let shape: String = signs
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_uppercase() => 'A',
            byte if byte.is_ascii_digit() => '9',
            _ => '?',
        })
        .collect();
    let outward = |text: &str| matches!(text, "A9" | "A99" | "A9A" | "AA9" | "AA99" | "AA9A");
    outward(&shape) || shape.strip_suffix("9AA").is_some_and(outward)
}

/// Returns whether the text is an Irish Eircode such as `D02X285`, or the routing key of one.
fn eircode(signs: &str) -> bool {
    let mut bytes = signs.bytes();
    let key = bytes.next().is_some_and(|byte| byte.is_ascii_uppercase())
        && bytes.next().is_some_and(|byte| byte.is_ascii_digit())
        && bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_digit() || byte == b'W');
    key && matches!(signs.len(), 3 | 7) && bytes.all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the five digits of a ZIP code. A spreadsheet drops zeros at its beginning and may add `.0`.
fn zip(text: &str) -> Option<String> {
    let text = text.trim();
    let text = match text.split_once(char::is_whitespace) {
        Some((state, code)) if names::region("US", state).is_some() => code.trim(),
        _ => text,
    };
    let text = text.strip_suffix(".0").unwrap_or(text);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (five, four) = match text.split_once(['-', ' ']) {
        Some((five, four)) => (five.trim(), four.trim()),
        None if digits(text) && (7..=9).contains(&text.len()) => text.split_at(text.len() - 4),
        None => (text, "0000"),
    };
    let formed = digits(five) && (3..=5).contains(&five.len()) && digits(four) && four.len() == 4;
    formed.then(|| format!("{five:0>5}"))
}

/// Returns a Canadian postal code such as `K1A0B1`, written with or without its space. The first half alone
/// is accepted too.
fn canadian(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|char| !char.is_whitespace() && *char != '-')
        .collect::<String>()
        .to_ascii_uppercase();
    let formed = code.bytes().enumerate().all(|(at, byte)| {
        if at % 2 == 0 {
            byte.is_ascii_uppercase()
        } else {
            byte.is_ascii_digit()
        }
    });
    // No postal code begins with another letter.
    let assigned = code.starts_with(|first| "ABCEGHJKLMNPRSTVXY".contains(first));
    (formed && assigned && matches!(code.len(), 3 | 6)).then_some(code)
}

/// Reads the name of a time zone: an IANA name, a usual name that means a place, or a Windows name.
pub(super) fn zone(text: &str) -> Result<String, Fault> {
    let bare = without_offset(text);
    match names::zone(bare) {
        Some(Zone::Place(zone)) => return Ok(zone.to_owned()),
        Some(Zone::Placeless(instead)) => return placeless(text, instead),
        None => {}
    }
    let iana = bare.replace("_slash_", "/");
    let iana = if iana.contains('/') {
        iana.replace(' ', "_")
    } else {
        iana
    };
    let lower = iana.to_ascii_lowercase();
    let offset = lower.trim_start_matches("utc").trim_start_matches("gmt");
    let signed = offset.starts_with(['+', '-', '\u{2212}'])
        || offset.bytes().all(|byte| byte.is_ascii_digit());
    if lower.starts_with("etc/") || lower.starts_with("systemv/") || signed {
        return placeless(text, "");
    }
    Ok(iana)
}

fn placeless(text: &str, instead: &str) -> Result<String, Fault> {
    let hint = if instead.is_empty() {
        "write the callee's own zone, as America/New_York, or leave it empty".to_owned()
    } else {
        format!("write {instead}")
    };
    fault(
        format!("`{text}` names no place, so its clock is not known"),
        hint,
    )
}

/// Returns `(UTC-05:00) Eastern Time (US & Canada)` as `Eastern Time`.
fn without_offset(text: &str) -> &str {
    let text = text.trim();
    let text = match text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((_, rest)) if !rest.trim().is_empty() => rest.trim(),
        _ => text,
    };
    text.strip_suffix("(US & Canada)").map_or(text, str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postal_codes_are_read_as_spreadsheets_leave_them() {
        let read = |text, country| {
            postal(text, country).map_or_else(|(reason, _)| reason, Option::unwrap_or_default)
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
        let (reason, hint) = postal("1012 AB", Some("NL")).unwrap_err();
        assert_eq!(reason, "the postal codes of NL are not known here");
        assert_eq!(hint, "leave it empty");
    }

    #[test]
    fn regions_are_read_by_their_country() {
        let read = |text, country, of_number, is_state| {
            region(text, country, of_number, is_state).unwrap_or_else(|(reason, _)| reason)
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
        let read = |text| zone(text).unwrap_or_else(|(reason, hint)| format!("{reason}; {hint}"));
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
            country(text).map_or_else(|(reason, _)| reason, |country| country.code.to_owned())
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
}
