//! Zones by the first digits of a number, for every country but those of country code 1.

use std::collections::BTreeMap;

use super::tables::{self, TableError};
use super::zonedb::ZoneTable;
use crate::domain::PhoneNumber;

/// `phone-timezones.csv`: the longest prefix of a number names its candidate zones.
#[derive(Clone, Debug)]
pub(super) struct PrefixTable {
    zones: BTreeMap<u64, Vec<String>>,
}

impl PrefixTable {
    /// Reads the table; every zone must be known.
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

    /// The candidate zones of a number, sorted; empty when no prefix fits.
    pub(super) fn zones(&self, number: PhoneNumber) -> &[String] {
        let mut digits = number.digits();
        while digits > 0 {
            if let Some(zones) = self.zones.get(&digits) {
                return zones;
            }
            digits /= 10;
        }
        &[]
    }

    /// The candidate zones of a whole country code.
    pub(super) fn zones_of_code(&self, code: u64) -> &[String] {
        self.zones.get(&code).map_or(&[], Vec::as_slice)
    }
}
