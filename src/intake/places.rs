//! Reads the places that a row states for the callee: country, region, postal code and time zone.
//!
//! A value that cannot be read never counts as absent: the row is rejected with the reason.

use super::names::{self, Country, Zone};
use super::place_fault::PlaceFault;
use crate::rules::TERRITORIES;

/// Reads a country's name, its letters or its calling code.
pub(super) fn country(text: &str) -> Result<Country, PlaceFault> {
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
        None if calling => Err(PlaceFault::NotACallingCode(text.to_owned())),
        None => Err(PlaceFault::NotACountry(text.to_owned())),
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
) -> Result<String, PlaceFault> {
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
            Err(PlaceFault::CountryOrState {
                text: text.to_owned(),
                country: named.name,
                state: format!("{of}-{part}"),
            })
        }
        (Some((of, part)), _) => Ok(format!("{of}-{part}")),
        (None, Some(named)) => Ok(as_region(named.code)),
        (None, None) => Err(PlaceFault::UnknownRegion(text.to_owned())),
    }
}

/// Reads a region in a row whose number or country is neither American nor Canadian: a part of the country,
/// or a state of those two or another country, which then binds too. Errors if the text is none of these.
fn elsewhere(text: &str, base: &str) -> Result<String, PlaceFault> {
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
        (None, None) => Err(PlaceFault::UnknownPart {
            text: text.to_owned(),
            country: base,
        }),
    }
}

fn of_code_1(country: &str) -> bool {
    names::country(country).is_some_and(|country| country.calling == "1")
}

/// Reads a postal code in its usual spellings, also as a spreadsheet leaves it. Returns `None` if the code
/// belongs to the callee's country and the clock is equal in all of that country. `country` is the callee's,
/// as two letters.
pub(super) fn postal(text: &str, country: Option<&str>) -> Result<Option<String>, PlaceFault> {
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
        (Some(_), Some(country)) => Err(PlaceFault::OtherPostalCode {
            text: text.to_owned(),
            country: country.to_owned(),
            of_code_1: true,
        }),
        (_, _) => Err(PlaceFault::NotAPostalCode(text.to_owned())),
    }
}

/// Reads a postal code in a row whose number or country is neither American nor Canadian. An American or
/// Canadian code binds there too.
fn abroad(text: &str, country: &str) -> Result<Option<String>, PlaceFault> {
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
        None if !known => Err(PlaceFault::PostalCodesNotKnown {
            country: country.to_owned(),
        }),
        None => Err(PlaceFault::OtherPostalCode {
            text: text.to_owned(),
            country: country.to_owned(),
            of_code_1: false,
        }),
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
pub(super) fn zone(text: &str) -> Result<String, PlaceFault> {
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

fn placeless(text: &str, instead: &'static str) -> Result<String, PlaceFault> {
    Err(PlaceFault::ZoneWithoutPlace {
        text: text.to_owned(),
        instead,
    })
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
mod tests;
