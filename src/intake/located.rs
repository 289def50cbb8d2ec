//! The window class of a row: its number and the places that it states, read and cached.

use std::collections::HashMap;
use std::sync::Arc;

use super::columns::Field;
use super::names::Country;
use super::place_fault::PlaceFault;
use super::places;
use super::row_error::{Fault, RowFault};
use crate::domain::campaign::{CallKind, Evidence};
use crate::domain::{Hints, PhoneNumber, Timestamp, WindowClass};
use crate::rules::{LocateError, Rules, Unfit};

/// The most distinct places in the cache. A national list has some thousands (area code by postal code).
const CACHE_MAX: usize = 100_000;

/// The window class of a number, shared by all numbers that it binds. The inner error is the reason why a
/// number that can be read is never dialed.
pub(super) type Located = Result<Result<Arc<WindowClass>, String>, Fault>;

/// The countries that a row states.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stated {
    /// The country of the address.
    pub(super) address: Option<Country>,
    /// The country of a number that is written without its country code.
    pub(super) number: Option<Country>,
    /// Whether a calling code states the country. The number must then have that calling code.
    pub(super) by_code: bool,
}

impl Stated {
    /// Returns the country in which a number without its country code is read.
    pub(super) fn reading<'c>(&self, assumed: Option<&'c str>) -> Option<&'c str> {
        self.number.map(|country| country.code).or(assumed)
    }
}

/// The places that a row states, as written; empty where it states none.
#[derive(Clone, Copy)]
pub(super) struct StatedTexts<'t> {
    pub(super) zone: &'t str,
    pub(super) region: &'t str,
    pub(super) postal_code: &'t str,
    pub(super) country: &'t str,
    pub(super) country_code: &'t str,
}

impl<'t> StatedTexts<'t> {
    const fn all(&self) -> [&'t str; 5] {
        [
            self.zone,
            self.region,
            self.postal_code,
            self.country,
            self.country_code,
        ]
    }
}

/// The facts by which the callee of a row is located.
#[derive(Clone, Copy)]
pub(super) struct Question<'q> {
    pub(super) rules: &'q Rules,
    pub(super) number: PhoneNumber,
    pub(super) country: Stated,
    pub(super) texts: StatedTexts<'q>,
    /// Whether the column of the region is about states, so that two letters are never a country's.
    pub(super) is_state: bool,
    pub(super) evidence: Evidence,
    pub(super) calls: CallKind,
}

/// A cache of window classes for North American numbers, which depend on area code and stated places alone.
#[derive(Default)]
pub(super) struct Places {
    located: HashMap<u16, HashMap<Box<str>, Located>>,
    /// The number of places in the cache.
    count: usize,
    /// The stated places of the current row, joined.
    joined: String,
}

impl Places {
    /// Returns the window class of a row.
    pub(super) fn of(&mut self, question: &Question<'_>) -> Located {
        if let Err(unfit) = question.rules.fitness(question.number, Timestamp::MAX) {
            return Ok(Err(unfit.as_str().to_owned()));
        }
        let Some(npa) = question.number.npa() else {
            return locate(question);
        };
        self.joined.clear();
        let texts = question.texts.all();
        if texts.iter().any(|text| !text.is_empty()) {
            for text in texts {
                self.joined.push_str(text);
                self.joined.push('\n');
            }
        }
        let known = self.located.get(&npa);
        if let Some(known) = known.and_then(|places| places.get(self.joined.as_str())) {
            return known.clone();
        }
        let located = locate(question);
        if self.count < CACHE_MAX {
            self.count += 1;
            let places = self.located.entry(npa).or_default();
            places.insert(self.joined.as_str().into(), located.clone());
        }
        located
    }
}

fn locate(question: &Question<'_>) -> Located {
    let hints = hints(question)?;
    let located = question
        .rules
        .locate(question.number, &hints, question.evidence);
    match located {
        Ok(class) => {
            let lawless = question.rules.without_rules(&class.regions, question.calls);
            Ok(match lawless {
                Some(_) => Err(Unfit::NoRules.as_str().to_owned()),
                None => Ok(Arc::new(class)),
            })
        }
        Err(LocateError::Unfit(unfit)) => Ok(Err(unfit.as_str().to_owned())),
        Err(
            error @ (LocateError::UnknownZone(_)
            | LocateError::ZoneWithoutPlace(_)
            | LocateError::ZoneWithoutRules(_)),
        ) => Err(Fault::new(Field::TimeZone, RowFault::Located(error))),
        Err(error @ LocateError::UnknownPostalCode(_)) => {
            Err(Fault::new(Field::PostalCode, RowFault::Located(error)))
        }
        Err(error @ LocateError::UnknownRegion(_)) => Err(unknown_region(question, error)),
    }
}

fn unknown_region(question: &Question<'_>, error: LocateError) -> Fault {
    let texts = question.texts;
    if !texts.region.is_empty() {
        return Fault::new(Field::Region, RowFault::Located(error));
    }
    let (field, text) = match texts.country {
        "" => (Field::CountryCode, texts.country_code),
        text => (Field::Country, text),
    };
    let text = text.to_owned();
    Fault::new(field, RowFault::OtherCountry { text })
}

/// Returns the places that the row states, in the form that the rules know.
fn hints(question: &Question<'_>) -> Result<Hints, Fault> {
    let (zone, region) = (question.texts.zone, question.texts.region);
    let postal = question.texts.postal_code;
    if question.texts.all().iter().all(|text| text.is_empty()) {
        return Ok(Hints::default());
    }
    let of_number = country_of(question);
    let of_number = of_number.as_deref();
    let stated = question.country.address.map(|country| country.code);
    let of_field = |field| move |fault: PlaceFault| Fault::new(field, fault);
    let read = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let time_zone = match zone {
        "" => None,
        zone => Some(places::zone(zone).map_err(of_field(Field::TimeZone))?),
    };
    let region = match (region, stated) {
        ("", Some(country)) => {
            let region = places::as_region(country);
            read(&region).filter(|region| Some(region.as_str()) != of_number)
        }
        ("", None) => None,
        (region, stated) => {
            let found = places::region(region, stated, of_number, question.is_state);
            let found = match stated.or(of_number) {
                Some(base) if found.is_err() && is_all_one(question.rules, base) => base.to_owned(),
                Some(_) | None => found.map_err(of_field(Field::Region))?,
            };
            Some(one_country(region, &found, stated, of_number)?)
        }
    };
    let elsewhere = of_number.filter(|_| question.number.npa().is_none());
    let of_code = stated.or(elsewhere);
    let postal_code = match postal {
        "" => None,
        _ if of_code.is_some_and(|base| is_all_one(question.rules, base)) => None,
        code => places::postal(code, stated.or(elsewhere)).map_err(of_field(Field::PostalCode))?,
    };
    Ok(Hints {
        time_zone,
        region,
        postal_code,
    })
}

/// Returns whether a country has one zone and no parts known by name.
fn is_all_one(rules: &Rules, country: &str) -> bool {
    !rules.has_parts(country) && rules.has_hours(country) && rules.zone_count(country) == 1
}

/// Returns the region. Errors if it lies neither in the stated country nor in the number's.
fn one_country(
    text: &str,
    region: &str,
    stated: Option<&str>,
    of_number: Option<&str>,
) -> Result<String, Fault> {
    let country = |region: &str| region.split('-').next().unwrap_or_default().to_owned();
    match stated {
        Some(stated)
            if country(&places::as_region(stated)) != country(region)
                && Some(country(&places::as_region(stated)).as_str()) != of_number =>
        {
            let fault = RowFault::RegionElsewhere {
                text: text.to_owned(),
                region: region.to_owned(),
                country: stated.to_owned(),
            };
            Err(Fault::new(Field::Region, fault))
        }
        Some(_) | None => Ok(region.to_owned()),
    }
}

/// Returns the country of the number, as two letters; `None` if it has no known region.
fn country_of(question: &Question<'_>) -> Option<String> {
    let regions = question.rules.regions_of(question.number);
    let first = regions.first()?;
    Some(first.split('-').next().unwrap_or(first).to_owned())
}
