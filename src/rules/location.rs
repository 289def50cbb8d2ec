//! Where a contact may be: what its list states, its postal code and its number, weighed.

use std::collections::BTreeSet;
use std::fmt;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::fitness::Place;
use super::{Rules, Unfit};
use crate::domain::campaign::Evidence;
use crate::domain::{Hints, PhoneNumber, WindowClass};

/// Why a contact has no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocateError {
    /// Its number cannot be dialed.
    Unfit(Unfit),
    /// The stated zone is in neither, or only in one, of the two databases.
    UnknownZone(String),
    /// The stated region is not one we have rules for.
    UnknownRegion(String),
}

impl fmt::Display for LocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(unfit) => unfit.fmt(f),
            Self::UnknownZone(name) => {
                write!(
                    f,
                    "`{name}` is not a time zone; write it as America/New_York"
                )
            }
            Self::UnknownRegion(name) => {
                write!(
                    f,
                    "`{name}` is not a region with rules; write it as US-FL or GB"
                )
            }
        }
    }
}

impl std::error::Error for LocateError {}

impl From<Unfit> for LocateError {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

/// Sets under way.
struct Evidences {
    regions: BTreeSet<String>,
    zones: BTreeSet<String>,
    source: &'static str,
}

impl Rules {
    /// The regions the number suggests, `US-NY` or `GB`, sorted; empty when it has no place.
    pub fn regions_of(&self, number: PhoneNumber) -> Vec<String> {
        self.place(number)
            .map_or_else(|_| Vec::new(), |place| place.regions)
    }

    /// The zones and regions that bind a contact (47 CFR 64.1200(c)(1): the called party's location).
    ///
    /// With [`Evidence::Stated`]: a stated region replaces the regions of the number, a stated zone
    /// its zones. A region stated alone, other than those of the number, adds its own zones to the
    /// number's, since either may be right. A postal code in another state adds that state's rules,
    /// and its zones unless a stated zone is one of them. With [`Evidence::Strict`] every source's
    /// zones and regions bind at once. `zone_source` says which source added the zones last:
    /// `stated`, `postal`, `number` or `strict`.
    pub fn locate(
        &self,
        number: PhoneNumber,
        hints: &Hints,
        evidence: Evidence,
    ) -> Result<WindowClass, LocateError> {
        let place = self.place(number)?;
        let zone = self.stated_zone(hints)?;
        let region = self.stated_region(hints, &place)?;
        let code = hints
            .postal_code
            .as_deref()
            .filter(|_| number.npa().is_some());
        let postal = code.map_or(&[][..], |code| self.postal.regions(code));
        let found = match evidence {
            Evidence::Stated => self.stated(place, zone.as_ref(), region, postal),
            Evidence::Strict => self.strict(place, zone, region, postal),
        };
        Ok(WindowClass {
            zones: found.zones.into_iter().collect(),
            regions: found.regions.into_iter().collect(),
            zone_source: found.source.to_owned(),
        })
    }

    fn stated(
        &self,
        place: Place,
        zone: Option<&String>,
        region: Option<String>,
        postal: &[String],
    ) -> Evidences {
        let mut found = Evidences {
            regions: place.regions.into_iter().collect(),
            zones: place.zones.into_iter().collect(),
            source: "number",
        };
        if let Some(region) = region {
            // A part of the country the number names agrees with it, as its own state does.
            let country = region.split('-').next().unwrap_or(&region);
            let agrees = found.regions.contains(&region) || found.regions.contains(country);
            if zone.is_none() && !agrees {
                found.zones.extend(self.zones_of(&region));
                found.source = "stated";
            }
            found.regions = BTreeSet::from([region]);
        }
        if let Some(zone) = zone {
            found.zones = BTreeSet::from([zone.clone()]);
            found.source = "stated";
        }
        if postal.iter().any(|region| found.regions.contains(region)) {
            return found;
        }
        for region in postal {
            let zones = self.zones_of(region);
            if zone.is_none_or(|zone| !zones.contains(zone)) {
                found.zones.extend(zones);
                found.source = "postal";
            }
            found.regions.insert(region.clone());
        }
        found
    }

    fn strict(
        &self,
        place: Place,
        zone: Option<String>,
        region: Option<String>,
        postal: &[String],
    ) -> Evidences {
        let mut found = Evidences {
            regions: place.regions.into_iter().collect(),
            zones: place.zones.into_iter().collect(),
            source: "strict",
        };
        found.zones.extend(zone);
        for region in postal.iter().cloned().chain(region) {
            found.zones.extend(self.zones_of(&region));
            found.regions.insert(region);
        }
        found
    }

    fn stated_zone(&self, hints: &Hints) -> Result<Option<String>, LocateError> {
        let Some(name) = stated(hints.time_zone.as_deref()) else {
            return Ok(None);
        };
        let zone = self.zones.find_stated(name);
        let zone = zone.ok_or_else(|| LocateError::UnknownZone(name.to_owned()))?;
        Ok(Some(self.zones.name(zone).to_owned()))
    }

    /// The stated region in capitals; `None` when it says no more than the number does.
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
            // A country of many rules says less than the number, which names the state.
            None if split => {
                let agrees = place.regions.iter().any(|known| known.starts_with(country));
                if agrees { Ok(None) } else { Err(unknown()) }
            }
            None => Ok(Some(region)),
            Some(_) if split => {
                let known = self.codes.zones_of(&region).is_some() || self.hours.has(&region);
                if known {
                    Ok(Some(region))
                } else {
                    Err(unknown())
                }
            }
            Some(part) => {
                let formed = (1..=3).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
                if formed {
                    Ok(Some(region))
                } else {
                    Err(unknown())
                }
            }
        }
    }

    /// Every zone of a region: a state's from its area codes, a country's from its prefix.
    fn zones_of(&self, region: &str) -> BTreeSet<String> {
        if let Some(zones) = self.codes.zones_of(region) {
            return zones.clone();
        }
        let country = region.split('-').next().unwrap_or(region);
        let code = Region::from_code(country)
            .ok()
            .and_then(|region| PHONE_NUMBER_UTIL.get_country_code_for_region(region))
            .and_then(|code| u64::try_from(code).ok());
        let zones = code.map_or(&[][..], |code| self.prefixes.zones_of_code(code));
        zones.iter().cloned().collect()
    }
}

fn stated(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
