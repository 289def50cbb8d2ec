//! North American area codes: where they are, and whether they are in service.

use std::collections::{BTreeMap, BTreeSet};

use super::Unfit;
use super::known::TERRITORIES;
use super::tables::{self, Row, TableError};
use super::zonedb::ZoneTable;
use crate::domain::Timestamp;

const COLUMNS: [&str; 11] = [
    "npa",
    "country",
    "subdivisions",
    "zones",
    "status",
    "in_service",
    "in_service_date",
    "overlay_complex",
    "libphonenumber_accepts",
    "zone_source",
    "note",
];

/// One area code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Npa {
    /// Regions that may apply, `US-NY` or `JM`, sorted; empty if the code has no place.
    pub(super) regions: Vec<String>,
    /// Candidate zones, sorted.
    pub(super) zones: Vec<String>,
    /// Why no number of this code may be dialed; `None` if numbers may be.
    pub(super) unfit: Option<Unfit>,
    /// The instant from which the code is in service; `Timestamp::MAX` if it is planned without a date.
    pub(super) since: Timestamp,
}

/// The table of area codes, `npa.csv`.
#[derive(Clone, Debug)]
pub(super) struct NpaTable {
    /// Area codes by number, 0 to 999.
    codes: Vec<Option<Npa>>,
    /// Zones of every state, province or country, from the codes that lie in it.
    zones_of: BTreeMap<String, BTreeSet<String>>,
    /// The countries that share country code 1.
    countries: BTreeSet<String>,
}

impl NpaTable {
    /// Reads `npa.csv`.
    ///
    /// # Errors
    ///
    /// Errors if a code is out of range or appears twice, or if a field of its row cannot be used.
    pub(super) fn read(file: &str, text: &str, zones: &ZoneTable) -> Result<Self, TableError> {
        let mut table = Self {
            codes: vec![None; 1000],
            zones_of: BTreeMap::new(),
            countries: TERRITORIES.map(str::to_owned).into(),
        };
        for row in tables::read(file, text, &COLUMNS)? {
            let code: usize = row.parse("npa")?;
            if !(200..=999).contains(&code) {
                return Err(row.error("npa", "must be 200 to 999"));
            }
            if table.codes[code].is_some() {
                return Err(row.error("npa", "appears twice"));
            }
            let npa = code_of(&row, zones)?;
            for region in &npa.regions {
                let known = table.zones_of.entry(region.clone()).or_default();
                known.extend(npa.zones.iter().cloned());
            }
            if row.text("country").len() == 2 {
                table.countries.insert(row.text("country").to_owned());
            }
            table.codes[code] = Some(npa);
        }
        Ok(table)
    }

    /// Returns the area code. `None` if it is not assigned.
    pub(super) fn get(&self, npa: u16) -> Option<&Npa> {
        self.codes.get(usize::from(npa))?.as_ref()
    }

    /// Returns every code that is in the table, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u16, &Npa)> {
        let codes = (0u16..).zip(&self.codes);
        codes.filter_map(|(code, npa)| Some((code, npa.as_ref()?)))
    }

    /// Returns the zones of a state, province or country of the numbering plan. `None` for any other region.
    pub(super) fn zones_of(&self, region: &str) -> Option<&BTreeSet<String>> {
        self.zones_of.get(region)
    }

    /// Returns every state, province, country and part of one that an area code lies in.
    pub(super) fn regions(&self) -> impl Iterator<Item = &String> {
        self.zones_of.keys()
    }

    /// Returns the regions in which a zone lies, without parts of states.
    pub(super) fn regions_with(&self, zone: &str) -> Vec<String> {
        let regions = self.zones_of.iter();
        let there = regions
            .filter(|(region, zones)| region.matches('-').count() < 2 && zones.contains(zone));
        there.map(|(region, _)| region.clone()).collect()
    }

    /// Returns whether the country uses country code 1.
    pub(super) fn has_country(&self, country: &str) -> bool {
        self.countries.contains(country)
    }

    /// Returns whether rules differ inside the country by state or province.
    pub(super) fn has_subdivisions(&self, country: &str) -> bool {
        let known = |region: &String| {
            let rest = region.strip_prefix(country);
            rest.is_some_and(|rest| rest.starts_with('-'))
        };
        self.zones_of.keys().any(known)
    }
}

fn code_of(row: &Row<'_>, zones: &ZoneTable) -> Result<Npa, TableError> {
    let unfit = match row.text("status") {
        "geographic" | "overlay" => None,
        "non-geographic:premium" => Some(Unfit::Premium),
        status if status.starts_with("non-geographic:") => Some(Unfit::NonGeographic),
        _ => return Err(row.error("status", "unknown status")),
    };
    let mut names = row.list("zones");
    names.sort_unstable();
    if let Some(name) = names.iter().find(|name| zones.find(name).is_none()) {
        return Err(row.error("zones", format!("no such zone `{name}`")));
    }
    if unfit.is_none() && names.is_empty() {
        return Err(row.error("zones", "a geographic code needs a zone"));
    }
    let country = row.text("country");
    let mut regions: Vec<String> = row
        .list("subdivisions")
        .iter()
        .map(|part| format!("{country}-{part}"))
        .collect();
    regions.sort_unstable();
    if regions.is_empty() && unfit.is_none() {
        regions.push(country.to_owned());
    }
    let since = match row.text("in_service") {
        "yes" | "reserved" => Timestamp::MIN,
        "planned" => match row.day("in_service_date")? {
            Some(day) => Timestamp::from_millis(day * 86_400_000),
            None => Timestamp::MAX,
        },
        _ => return Err(row.error("in_service", "must be yes, planned or reserved")),
    };
    Ok(Npa {
        regions: if unfit.is_none() { regions } else { Vec::new() },
        zones: names,
        unfit,
        since,
    })
}
