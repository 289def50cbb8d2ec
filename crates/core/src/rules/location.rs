//! The place of a contact, from what its list states, its postal code and its number.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::fitness::Place;
use super::placeless::{instead_of, is_placeless};
use super::tables::{self, TableError};
use super::zonedb::ZoneTable;
use super::{Rules, Unfit};
use crate::domain::campaign::Evidence;
use crate::domain::{Hints, PhoneNumber, WindowClass};

/// Why a contact has no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocateError {
    /// The number cannot be dialed.
    Unfit(Unfit),
    /// The stated zone is in neither, or only in one, of the two databases.
    UnknownZone(String),
    /// The stated zone is an abbreviation or an offset, which is the clock of no place.
    ZoneWithoutPlace(String),
    /// The stated zone lies in no country with rules.
    ZoneWithoutRules(String),
    /// The stated region is not one with rules.
    UnknownRegion(String),
    /// The stated postal code cannot be read, or has no place.
    UnknownPostalCode(String),
}

impl LocateError {
    /// Returns what is wrong.
    pub fn reason(&self) -> String {
        match self {
            Self::Unfit(unfit) => unfit.to_string(),
            Self::UnknownZone(name) => format!("`{name}` is not a time zone"),
            Self::ZoneWithoutPlace(name) => {
                format!("`{name}` names no place, so its clock is not known")
            }
            Self::ZoneWithoutRules(name) => format!("`{name}` lies in no country with rules"),
            Self::UnknownPostalCode(code) => {
                format!("`{code}` is not a postal code with a place")
            }
            Self::UnknownRegion(name) => format!("`{name}` is not a region with rules"),
        }
    }

    /// Returns what to write instead; empty if nothing would help.
    pub fn hint(&self) -> String {
        let fixed = match self {
            Self::Unfit(_) => "",
            Self::UnknownZone(_) => "write it as America/New_York",
            Self::ZoneWithoutPlace(name) => return format!("write {}", instead_of(name)),
            Self::ZoneWithoutRules(_) => "correct it, or add rules for the country",
            Self::UnknownPostalCode(_) => "write it as 33101 or K1A 0B1",
            Self::UnknownRegion(_) => "write it as US-FL or GB",
        };
        fixed.to_owned()
    }
}

impl fmt::Display for LocateError {
    /// Writes the reason, and the hint after a semicolon.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason())?;
        match self.hint().as_str() {
            "" => Ok(()),
            hint => write!(f, "; {hint}"),
        }
    }
}

impl std::error::Error for LocateError {}

impl From<Unfit> for LocateError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// `zone-regions.csv`: the regions of zones that the number tables do not name, or name for others.
#[derive(Clone, Debug)]
pub(super) struct ZonePlaces {
    regions: BTreeMap<String, Vec<String>>,
}

impl ZonePlaces {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// Errors if a zone is not known or appears twice.
    pub(super) fn read(file: &str, text: &str, zones: &ZoneTable) -> Result<Self, TableError> {
        let mut regions = BTreeMap::new();
        for row in tables::read(file, text, &["zone", "regions"])? {
            let zone = row.text("zone");
            if zones.find(zone).is_none() {
                return Err(row.error("zone", format!("no such zone `{zone}`")));
            }
            if regions
                .insert(zone.to_owned(), row.list("regions"))
                .is_some()
            {
                return Err(row.error("zone", "appears twice"));
            }
        }
        Ok(Self { regions })
    }
}

/// The stated place of a contact, each part known to the tables.
struct Stated<'r> {
    zone: Option<String>,
    region: Option<String>,
    postal: Option<&'r super::postal::Range>,
}

/// Sets of regions and zones that are being built.
#[derive(Clone, Default, PartialEq, Eq)]
struct Places {
    regions: BTreeSet<String>,
    zones: BTreeSet<String>,
}

impl Places {
    fn class(self, source: &str) -> WindowClass {
        WindowClass {
            zones: self.zones.into_iter().collect(),
            regions: self.regions.into_iter().collect(),
            zone_source: source.to_owned(),
        }
    }

    /// Returns whether the region, or the whole of its country, is among the places.
    fn have(&self, region: &str) -> bool {
        self.regions.contains(region) || self.regions.contains(country_of(region))
    }
}

impl From<Place> for Places {
    fn from(place: Place) -> Self {
        Self {
            regions: place.regions.into_iter().collect(),
            zones: place.zones.into_iter().collect(),
        }
    }
}

impl Rules {
    /// Returns the regions that the number suggests, `US-NY` or `GB`, sorted; empty if it has no place.
    pub fn regions_of(&self, number: PhoneNumber) -> Vec<String> {
        self.place(number)
            .map_or_else(|_| Vec::new(), |place| place.regions)
    }

    /// Returns the zones and regions that bind a contact (47 CFR 64.1200(c)(1): the called party's location).
    ///
    /// With [`Evidence::All`] they are the union of what the number, the stated region, the postal code and
    /// the stated zone allow. Another hint never opens what was shut without it. A stated region has all its
    /// zones, that of the number too. A zone in which none of these places lies adds every place in it.
    ///
    /// With [`Evidence::Address`] a complete address replaces the number's places: a region with a postal
    /// code or a zone that agree. `zone_source` is `number` if the number alone gives the places, and `all`
    /// or `address` otherwise.
    ///
    /// # Errors
    ///
    /// Errors if the number cannot be dialed or a hint has no place with rules.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::Hints;
    /// use dialdeck_core::domain::campaign::Evidence;
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// let hints = Hints { region: Some("US-FL".to_owned()), ..Hints::default() };
    /// let class = rules.locate("+12125550142".parse()?, &hints, Evidence::All)?;
    /// assert_eq!(class.regions, ["US-FL", "US-NY"]);
    /// assert_eq!(class.zones, ["America/Chicago", "America/New_York"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn locate(
        &self,
        number: PhoneNumber,
        hints: &Hints,
        evidence: Evidence,
    ) -> Result<WindowClass, LocateError> {
        let place = self.place(number)?;
        let stated = self.read_hints(hints, &place)?;
        let by_number = Places::from(place);
        let address = match evidence {
            Evidence::All => None,
            Evidence::Address => self.address(&stated),
        };
        if let Some(address) = address {
            return Ok(address.class("address"));
        }
        let mut found = by_number.clone();
        if let Some(region) = &stated.region {
            self.add_region(region, &mut found);
        }
        if let Some(range) = stated.postal {
            found.regions.extend(range.regions.iter().cloned());
            found.zones.extend(self.zones_of_range(range));
        }
        if let Some(zone) = stated.zone {
            self.add_zone(zone, &mut found)?;
        }
        let source = if found == by_number { "number" } else { "all" };
        Ok(found.class(source))
    }

    /// Returns the zones and regions of a callee whose place a person states.
    ///
    /// What the person states replaces what the number suggests. A region other than those of the number adds
    /// its own zones to the number's if no zone is stated, because either may be right. `zone_source` is
    /// `stated` or `number`.
    ///
    /// # Errors
    ///
    /// Errors if the number cannot be dialed or a hint has no place with rules.
    pub fn locate_stated(
        &self,
        number: PhoneNumber,
        hints: &Hints,
    ) -> Result<WindowClass, LocateError> {
        let place = self.place(number)?;
        let stated = self.read_hints(hints, &place)?;
        let mut found = Places::from(place);
        let mut source = "number";
        if let Some(region) = stated.region {
            let within = self.zones_within(&region).is_some();
            if stated.zone.is_none() && (within || !found.have(&region)) {
                found.zones.extend(self.zones_of(&region));
                source = "stated";
            }
            found.regions = BTreeSet::from([region]);
        }
        if let Some(zone) = stated.zone {
            found.zones.clear();
            self.add_zone(zone, &mut found)?;
            source = "stated";
        }
        Ok(found.class(source))
    }

    /// Returns a complete address: a region with a postal code or a zone, all of which agree. `None` if it is
    /// not complete.
    fn address(&self, stated: &Stated<'_>) -> Option<Places> {
        let region = stated.region.as_ref()?;
        let own = self.zones_of_address(region)?;
        let mut zones = match stated.postal {
            Some(range) if range.regions.contains(region) => self.zones_of_range(range),
            Some(_) => return None,
            None => own.clone(),
        };
        let mut regions = BTreeSet::from([region.clone()]);
        if let Some(zone) = &stated.zone {
            // A finer zone than the area codes', such as Detroit's, cannot be checked against the code.
            let finer = self.codes.has_subdivisions(country_of(region))
                && !self.is_of_table(zone)
                && self.regions_of_zone(zone).contains(region);
            let agrees = zones.contains(zone) && own.contains(zone);
            if !agrees && !finer {
                return None;
            }
            zones = BTreeSet::from([zone.clone()]);
        } else if stated.postal.is_none() {
            return None;
        }
        match stated.postal {
            Some(range) => regions.extend(
                range
                    .regions
                    .iter()
                    .filter(|one| is_within(one, region))
                    .cloned(),
            ),
            None => regions.extend(self.parts_of(region)),
        }
        Some(Places { regions, zones })
    }

    /// Returns the zones with which an address in this region can agree.
    ///
    /// `None` if the region alone is no part of a complete address: a country of several zones, or one whose
    /// zones are not known.
    fn zones_of_address(&self, region: &str) -> Option<BTreeSet<String>> {
        if self.codes.has_subdivisions(country_of(region)) {
            return Some(self.zones_of(region));
        }
        let country = || Some(self.zones_of(country_of(region)));
        let within = self.zones_within(region);
        within.or_else(|| country().filter(|zones| zones.len() == 1))
    }

    /// Adds a stated region with its zones and parts.
    ///
    /// A stated state has all its zones: a Louisville number with Kentucky may be answered in Paducah. A
    /// country with one law adds nothing to its number.
    fn add_region(&self, region: &str, found: &mut Places) {
        if let Some(zones) = self.zones_within(region) {
            found.zones.extend(zones);
        } else if self.codes.has_subdivisions(country_of(region)) || !found.have(region) {
            found.zones.extend(self.zones_of(region));
            found.regions.extend(self.parts_of(region));
        }
        found.regions.insert(region.to_owned());
    }

    /// Adds a stated zone. If none of the found places has this zone, also adds every place in which it lies.
    fn add_zone(&self, zone: String, found: &mut Places) -> Result<(), LocateError> {
        let there = self.regions_of_zone(&zone);
        if there.is_empty() {
            return Err(LocateError::ZoneWithoutRules(zone));
        }
        let country = |region: &String| there.contains(country_of(region));
        if !found
            .regions
            .iter()
            .any(|region| there.contains(region) || country(region))
        {
            found.regions.extend(there);
        }
        found.zones.insert(zone);
        Ok(())
    }

    /// Returns the states, provinces and countries with rules in which a zone lies.
    fn regions_of_zone(&self, zone: &str) -> BTreeSet<String> {
        let (whole, parts): (Vec<_>, Vec<_>) = match self.places.regions.get(zone) {
            Some(regions) => (regions.clone(), Vec::new()),
            None => (Vec::new(), self.codes.regions_with(zone)),
        };
        let mut found: BTreeSet<String> = whole.into_iter().chain(parts).collect();
        // A part of a country with one law represents the country.
        found.retain(|region| region.len() == 2 || self.codes.has_subdivisions(country_of(region)));
        found.retain(|region| self.hours.has(country_of(region)));
        if found.is_empty() {
            let countries = self.hours.countries();
            let there = countries.filter(|country| self.zones_of(country).contains(zone));
            found.extend(there.map(str::to_owned));
        }
        found
    }

    /// Returns the zones of a part of a country with one law, `AU-QLD`. `None` for any other region.
    fn zones_within(&self, region: &str) -> Option<BTreeSet<String>> {
        if region.len() == 2 || self.codes.has_subdivisions(country_of(region)) {
            return None;
        }
        let places = self.places.regions.iter();
        let zones = places.filter(|(_, regions)| regions.iter().any(|one| one == region));
        let zones: BTreeSet<String> = zones.map(|(zone, _)| zone.clone()).collect();
        (!zones.is_empty()).then_some(zones)
    }

    /// Returns the places within a state that have rules of their own.
    fn parts_of(&self, region: &str) -> Vec<String> {
        let within = |part: &&String| is_within(part, region) && *part != region;
        let regions = self.codes.regions().chain(self.postal.regions());
        let found: BTreeSet<String> = regions.filter(within).cloned().collect();
        found.into_iter().collect()
    }

    fn zones_of_range(&self, range: &super::postal::Range) -> BTreeSet<String> {
        if range.zones.is_empty() {
            let regions = range.regions.iter();
            return regions.flat_map(|region| self.zones_of(region)).collect();
        }
        range.zones.iter().cloned().collect()
    }

    /// Returns whether area codes name the zone.
    fn is_of_table(&self, zone: &str) -> bool {
        !self.codes.regions_with(zone).is_empty()
    }

    fn read_hints(&self, hints: &Hints, place: &Place) -> Result<Stated<'_>, LocateError> {
        let region = self.stated_region(hints, place)?;
        let postal = match stated(hints.postal_code.as_deref()) {
            Some(code) => {
                let found = self.postal.find(code);
                Some(found.ok_or_else(|| LocateError::UnknownPostalCode(code.to_owned()))?)
            }
            None => None,
        };
        Ok(Stated {
            zone: self.stated_zone(hints)?,
            region,
            postal,
        })
    }

    fn stated_zone(&self, hints: &Hints) -> Result<Option<String>, LocateError> {
        let Some(name) = stated(hints.time_zone.as_deref()) else {
            return Ok(None);
        };
        if is_placeless(name) {
            return Err(LocateError::ZoneWithoutPlace(name.to_owned()));
        }
        let zone = self.zones.find_stated(name);
        let zone = zone.ok_or_else(|| LocateError::UnknownZone(name.to_owned()))?;
        Ok(Some(self.zones.name(zone).to_owned()))
    }

    /// Returns the stated region in capitals. `None` if it adds nothing to what the number shows.
    fn stated_region(&self, hints: &Hints, place: &Place) -> Result<Option<String>, LocateError> {
        let Some(name) = stated(hints.region.as_deref()) else {
            return Ok(None);
        };
        let unknown = || LocateError::UnknownRegion(name.to_owned());
        let region = name.to_ascii_uppercase();
        let (country, part) = match region.split_once('-') {
            Some((country, part)) => (country, Some(part)),
            None => (region.as_str(), None),
        };
        if country.len() != 2 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Err(unknown());
        }
        if !self.hours.has(country) {
            return Err(unknown());
        }
        let split = self.codes.has_subdivisions(country);
        match part {
            // A country of many rules shows less than the number, which names the state.
            None if split => {
                let agrees = place.regions.iter().any(|known| known.starts_with(country));
                if agrees { Ok(None) } else { Err(unknown()) }
            }
            None => Ok(Some(region)),
            Some(_) if self.is_place(&region) => Ok(Some(region)),
            Some(_) => Err(unknown()),
        }
    }

    /// Returns every zone of a region: a state's from its area codes, a country's from its prefix.
    pub(super) fn zones_of(&self, region: &str) -> BTreeSet<String> {
        if let Some(zones) = self.zones_within(region) {
            return zones;
        }
        // A city without area codes of its own has its state's zones.
        let state = region.rsplit_once('-').map_or(region, |(whole, _)| whole);
        if let Some(zones) = self
            .codes
            .zones_of(region)
            .or_else(|| self.codes.zones_of(state))
        {
            return zones.clone();
        }
        let country = region.split('-').next().unwrap_or(region);
        let code = Region::from_code(country)
            .ok()
            .and_then(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region))
            .and_then(|code| u64::try_from(code).ok());
        let zones = code.map(|code| self.prefixes.zones_of_country(code, country));
        zones.unwrap_or_default().into_iter().collect()
    }
}

fn stated(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

fn country_of(region: &str) -> &str {
    region.split('-').next().unwrap_or(region)
}

/// Returns whether a region is another or a part of it: `US-AL-MOB` of `US-AL`.
///
/// # Examples
///
/// ```
/// use dialdeck_core::rules::is_within;
///
/// assert!(is_within("US-AL-MOB", "US-AL"));
/// assert!(!is_within("US-AL", "US-AL-MOB"));
/// ```
pub fn is_within(part: &str, whole: &str) -> bool {
    let rest = part.strip_prefix(whole);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}
