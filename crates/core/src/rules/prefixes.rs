//! Zones by the first digits of a number, for every country except those of country code 1.

use std::collections::BTreeMap;

use super::tables::{self, TableError};
use super::zonedb::ZoneTable;
use crate::domain::PhoneNumber;

/// Zones of small countries that share a country code with a larger one, by the small country's code. A
/// number that the phone library finds in the larger country is not in these zones.
const SHARED: [(&str, &str); 6] = [
    ("Europe/Guernsey", "GG"),
    ("Europe/Isle_of_Man", "IM"),
    ("Europe/Jersey", "JE"),
    ("Europe/Vatican", "VA"),
    ("Indian/Christmas", "CX"),
    ("Indian/Cocos", "CC"),
];

/// `phone-timezones.csv`: the longest prefix of a number names its candidate zones.
#[derive(Clone, Debug)]
pub(super) struct PrefixTable {
    zones: BTreeMap<u64, Vec<String>>,
}

impl PrefixTable {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// Errors if a zone is not known or a prefix appears twice.
    pub(super) fn read(file: &str, text: &str, zones: &ZoneTable) -> Result<Self, TableError> {
        let mut found = BTreeMap::new();
        for row in tables::read(file, text, &["prefix", "zones"])? {
            let prefix: u64 = row.parse("prefix")?;
            let mut names = row.list("zones");
            names.sort_unstable();
            if let Some(name) = names.iter().find(|name| zones.find(name).is_none()) {
                return Err(row.error("zones", format!("no such zone `{name}`")));
            }
            if found.insert(prefix, names).is_some() {
                return Err(row.error("prefix", "appears twice"));
            }
        }
        Ok(Self { zones: found })
    }

    /// Returns the candidate zones of a number of this country, sorted; empty if no prefix fits.
    pub(super) fn zones_in(&self, number: PhoneNumber, country: &str) -> Vec<String> {
        within(self.zones(number), country)
    }

    /// Returns every row: its prefix and its zones.
    #[cfg(test)]
    pub(super) fn rows(&self) -> &BTreeMap<u64, Vec<String>> {
        &self.zones
    }

    fn zones(&self, number: PhoneNumber) -> &[String] {
        let mut digits = number.digits();
        while digits > 0 {
            if let Some(zones) = self.zones.get(&digits) {
                return zones;
            }
            digits /= 10;
        }
        &[]
    }

    /// Returns the zones of a country with this country code.
    pub(super) fn zones_of_country(&self, code: u64, country: &str) -> Vec<String> {
        within(self.zones.get(&code).map_or(&[], Vec::as_slice), country)
    }
}

fn within(zones: &[String], country: &str) -> Vec<String> {
    let elsewhere = |zone: &String| {
        SHARED
            .iter()
            .any(|(other, of)| other == zone && *of != country)
    };
    zones
        .iter()
        .filter(|zone| !elsewhere(zone))
        .cloned()
        .collect()
}
