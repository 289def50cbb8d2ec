//! Names that lists give to countries, states and time zones.

use std::collections::HashMap;
use std::sync::LazyLock;

use csv::StringRecord;

use super::vocabulary::unaccented;

const COUNTRIES: &str = include_str!("../../crates/core/data/country-names.csv");
const REGIONS: &str = include_str!("../../crates/core/data/region-names.csv");
const ZONES: &str = include_str!("../../crates/core/data/zone-names.csv");

/// A country with its code, calling code and name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Country {
    /// The country code of ISO 3166-1, two letters.
    pub(super) code: &'static str,
    /// The country's calling code; empty if none is known.
    pub(super) calling: &'static str,
    /// The country's usual English name.
    pub(super) name: &'static str,
}

/// The meaning of a time zone's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    /// The zone of a place, by its IANA name.
    Place(&'static str),
    /// An offset or an abbreviation that names no place, with the name to write instead; empty if none is
    /// known.
    Placeless(&'static str),
}

struct Names {
    countries: HashMap<String, Country>,
    /// The country that a calling code alone means.
    callings: HashMap<&'static str, Country>,
    /// The code of a region, by country, then by name.
    regions: HashMap<&'static str, HashMap<String, &'static str>>,
    zones: HashMap<String, Zone>,
}

static NAMES: LazyLock<Names> = LazyLock::new(Names::read);

/// Returns the country with a name or code in letters.
pub(super) fn country(text: &str) -> Option<Country> {
    NAMES.countries.get(&key(text)).copied()
}

/// Returns the country that a calling code alone means: `1` the United States, `44` the United Kingdom.
pub(super) fn country_called(code: &str) -> Option<Country> {
    NAMES.callings.get(code).copied()
}

/// Returns the code of a state, province or territory of this country.
pub(super) fn region(country: &str, text: &str) -> Option<&'static str> {
    let of = NAMES.regions.get(country)?;
    of.get(&key(text)).copied()
}

/// Returns the meaning of a time zone's name, other than an IANA name.
pub(super) fn zone(text: &str) -> Option<Zone> {
    let key = key(text);
    let zones = &NAMES.zones;
    if let Some(zone) = zones.get(&key) {
        return Some(*zone);
    }
    let ends = [
        " standard time",
        " daylight time",
        " daylight saving time",
        " time zone",
        " time",
        " zone",
    ];
    let bare = ends.iter().find_map(|end| key.strip_suffix(end));
    zones.get(bare?).copied()
}

/// Returns a name in the spelling used for comparison: lower case, without accents and punctuation.
fn key(text: &str) -> String {
    let mut key = String::new();
    for char in text.trim().chars() {
        match char {
            '.' | '\'' | '\u{2019}' | ',' | '(' | ')' => {}
            char if char.is_whitespace() => {
                if !key.ends_with(' ') {
                    key.push(' ');
                }
            }
            char => key.extend(char.to_lowercase().map(unaccented)),
        }
    }
    key
}

impl Names {
    fn read() -> Self {
        let mut names = Self {
            countries: HashMap::new(),
            callings: HashMap::new(),
            regions: HashMap::new(),
            zones: HashMap::new(),
        };
        for [code, alpha3, calling, main, all] in rows(COUNTRIES) {
            let country = Country {
                code,
                calling,
                name: all.split(';').next().unwrap_or(code),
            };
            for name in [code, alpha3].into_iter().chain(all.split(';')) {
                names.countries.insert(key(name), country);
            }
            if main == "yes" {
                names.callings.insert(calling, country);
            }
        }
        for [country, code, all] in rows(REGIONS) {
            let of = names.regions.entry(country).or_default();
            let all = all.split(';').filter(|name| !name.is_empty());
            for name in [code].into_iter().chain(all) {
                of.insert(key(name), code);
            }
        }
        for [kind, name, zone] in rows(ZONES) {
            let zone = match kind {
                "placeless" => Zone::Placeless(zone),
                _ => Zone::Place(zone),
            };
            names.zones.insert(key(name), zone);
        }
        names
    }
}

/// Returns the rows of an embedded table below its header.
pub(super) fn rows<const COLUMNS: usize>(
    table: &'static str,
) -> impl Iterator<Item = [&'static str; COLUMNS]> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(table.as_bytes());
    let records: Vec<StringRecord> = reader.records().filter_map(Result::ok).collect();
    // The texts live as long as the program, because the tables do.
    records.into_iter().map(|record| {
        let mut row = [""; COLUMNS];
        for (to, field) in row.iter_mut().zip(record.iter()) {
            *to = String::leak(field.to_owned());
        }
        row
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::campaign::Evidence;
    use crate::domain::{Hints, PhoneNumber};
    use crate::rules::{LocateError, Rules};

    #[test]
    fn tables_are_whole() {
        for (table, columns, least) in [(COUNTRIES, 5, 245), (REGIONS, 3, 70), (ZONES, 3, 250)] {
            let mut reader = csv::ReaderBuilder::new()
                .comment(Some(b'#'))
                .from_reader(table.as_bytes());
            assert_eq!(reader.headers().unwrap().len(), columns);
            let records: Vec<StringRecord> = reader.records().map(Result::unwrap).collect();
            assert!(records.len() >= least);
        }
    }

    #[test]
    fn every_zone_named_is_one_of_both_databases() {
        let number: PhoneNumber = "+12125550142".parse().unwrap();
        for [kind, name, zone] in rows::<3>(ZONES) {
            if kind == "placeless" {
                continue;
            }
            let hints = Hints {
                time_zone: Some(zone.to_owned()),
                ..Hints::default()
            };
            let found = Rules::embedded().locate(number, &hints, Evidence::All);
            // A zone of a country without rules is still a zone.
            let known = matches!(found, Ok(_) | Err(LocateError::ZoneWithoutRules(_)));
            assert!(known, "{name}: {found:?}");
        }
    }

    #[test]
    fn names_are_read_in_their_usual_spellings() {
        for (text, code) in [
            ("United States", "US"),
            ("U.S.A.", "US"),
            ("usa", "US"),
            ("us", "US"),
            ("Great Britain", "GB"),
            ("CAN", "CA"),
            ("España", "ES"),
            ("Norway", "NO"),
            ("PUERTO RICO", "PR"),
        ] {
            assert_eq!(
                country(text).map(|country| country.code),
                Some(code),
                "{text}"
            );
        }
        assert_eq!(country("Freedonia"), None);
        assert_eq!(country_called("44").map(|country| country.code), Some("GB"));
        assert_eq!(country_called("1").map(|country| country.code), Some("US"));
        assert_eq!(country_called("47").map(|country| country.code), Some("NO"));
        assert_eq!(region("US", "Calif."), Some("CA"));
        assert_eq!(region("US", "washington, d.c."), Some("DC"));
        assert_eq!(region("CA", "Québec"), Some("QC"));
        assert_eq!(region("AU", "nsw"), Some("NSW"));
        assert_eq!(region("US", "Bavaria"), None);
        // A place without a name is not found by an empty one.
        assert_eq!(region("ES", "."), None);
        assert_eq!(region("ES", "ri"), Some("RI"));
    }

    #[test]
    fn zones_are_places_or_named_as_none() {
        for (text, expected) in [
            ("Eastern", Zone::Place("America/New_York")),
            ("Eastern Time", Zone::Place("America/New_York")),
            ("Eastern Standard Time", Zone::Place("America/New_York")),
            (
                "Eastern Standard Time (Mexico)",
                Zone::Place("America/Cancun"),
            ),
            ("US/Arizona", Zone::Place("America/Phoenix")),
            ("US Mountain Standard Time", Zone::Place("America/Phoenix")),
            ("W. Europe Standard Time", Zone::Place("Europe/Berlin")),
            ("GMT Standard Time", Zone::Place("Europe/London")),
            ("Central European Time", Zone::Placeless("Europe/Paris")),
            ("EDT", Zone::Placeless("America/New_York")),
            ("UTC", Zone::Placeless("")),
        ] {
            assert_eq!(zone(text), Some(expected), "{text}");
        }
        assert_eq!(zone("America/New_York"), None);
    }
}
