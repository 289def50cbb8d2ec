//! The conditions that must be met before a campaign may dial: the least consent and the registries, by
//! place, voice and purpose.

use super::tables::{self, Row, TableError};
use super::{Rules, npa};
use crate::domain::campaign::{CallClass, CallKind, Purpose};
use crate::domain::{ConsentKind, ListKind, ParseError, PhoneNumber};

const COLUMNS: [&str; 14] = [
    "id",
    "country",
    "subdivision",
    "numbers",
    "voice",
    "purpose",
    "consent",
    "lists",
    "instead",
    "max_age_days",
    "citation",
    "source",
    "note",
    "confidence",
];

/// The maximum age of a registry on the day of the call if no row sets another: 31 days (16 CFR
/// 310.4(b)(3)(iv); 47 CFR 64.1200(c)(2)(i)(D)).
const REGISTRY_DAYS: u64 = 31;

/// The name of the consent requirement in an override that sets it aside.
pub const CONSENT: &str = "consent";

/// One row of `preconditions.csv`: what the law requires before a call to a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// The id of the row.
    pub id: String,
    /// `US-CT`, or the country for all of it.
    pub place: String,
    /// The least consent that must be on record; [`ConsentKind::None`] if the row requires none.
    pub consent: ConsentKind,
    /// Registries that must be loaded for the number's area and must not contain the number.
    pub lists: Vec<ListKind>,
    /// Kinds of consent that replace the registries while they are valid.
    pub instead: Vec<ConsentKind>,
    /// The statute that the row is from.
    pub citation: String,
    /// The first digits of the numbers that the row binds; empty for every number.
    numbers: String,
    /// Whether the row binds only artificial voices.
    artificial: bool,
    /// The purpose that the row binds; `None` for every purpose.
    purpose: Option<Purpose>,
    /// The maximum age of its registries, in days.
    max_age_days: u64,
}

impl Precondition {
    /// Returns whether the row binds such calls, to any place.
    pub fn covers(&self, calls: CallKind) -> bool {
        (calls.class == CallClass::Automated || !self.artificial)
            && self.purpose.is_none_or(|purpose| purpose == calls.purpose)
    }

    /// Returns the country of the row's place.
    pub fn country(&self) -> &str {
        self.place.split('-').next().unwrap_or(&self.place)
    }

    /// Returns whether the region is the row's place or lies in it.
    fn is_place_of(&self, region: &str) -> bool {
        region == self.place || region.split('-').next() == Some(&self.place)
    }

    fn begins(&self, number: PhoneNumber) -> bool {
        number.digits().to_string().starts_with(&self.numbers)
    }
}

impl Rules {
    /// Returns the rows that bind a call to this number in these candidate regions, in the order of the
    /// table.
    ///
    /// A row about consent binds by the regions, and by those of the number's area code. A row about a
    /// registry binds by the number alone.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::campaign::{CallClass, CallKind, Purpose};
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// let regions = ["US-NY".to_owned()];
    /// let sales = CallKind::new(CallClass::Live, Purpose::Sales);
    /// let mut rows = rules.preconditions(&regions, "+12125550142".parse()?, sales);
    /// assert!(rows.any(|row| row.asks_for("national:us")));
    /// # Ok::<(), String>(())
    /// ```
    pub fn preconditions<'r>(
        &'r self,
        regions: &'r [String],
        number: PhoneNumber,
        calls: CallKind,
    ) -> impl Iterator<Item = &'r Precondition> {
        let own = self.area_of(number).map_or(&[][..], |npa| &npa.regions);
        self.preconditions.iter().filter(move |row| {
            let there = if row.lists.is_empty() {
                let mut places = regions.iter().chain(own);
                places.any(|region| row.is_place_of(region))
            } else {
                // Outside country code 1 the digits of the number give the country.
                own.is_empty() || own.iter().any(|region| row.is_place_of(region))
            };
            row.covers(calls) && there && row.begins(number)
        })
    }

    /// Returns the rows about such calls anywhere in a country.
    pub(crate) fn preconditions_in<'r>(
        &'r self,
        country: &'r str,
        calls: CallKind,
    ) -> impl Iterator<Item = &'r Precondition> {
        let rows = self.preconditions.iter();
        rows.filter(move |row| row.covers(calls) && row.country() == country)
    }

    /// Returns the registries that the law of some place requires for such calls.
    pub fn registries_asked(&self, calls: CallKind) -> impl Iterator<Item = &ListKind> {
        let rows = self.preconditions.iter();
        rows.filter(move |row| row.covers(calls))
            .flat_map(|row| &row.lists)
    }

    /// Returns whether any row requires this at this place: `consent`, or a registry such as `national:us`.
    pub fn asks(&self, place: &str, what: &str) -> bool {
        self.preconditions
            .iter()
            .any(|row| row.place == place && row.asks_for(what))
    }

    /// Returns whether a registry could hold the number. Only then a campaign needs it for that number. An
    /// unknown registry is needed for all numbers.
    pub(crate) fn may_hold(
        &self,
        list: &ListKind,
        regions: &[String],
        number: PhoneNumber,
    ) -> bool {
        let own = self.area_of(number).map_or(&[][..], |npa| &npa.regions);
        let mut places = regions.iter().chain(own);
        match list {
            ListKind::Internal | ListKind::Campaign(_) => true,
            ListKind::National(_) | ListKind::State(_) if !self.is_list(list) => true,
            ListKind::State(state) => places.any(|region| region.eq_ignore_ascii_case(state)),
            ListKind::National(country) => {
                let country = country.to_ascii_uppercase();
                let lies_there = |region: &String| region.split('-').next() == Some(&country);
                let mut rows = self.preconditions.iter();
                match rows.find(|row| row.lists.contains(list)) {
                    _ if !own.is_empty() => own.iter().any(lies_there),
                    Some(row) => row.begins(number),
                    None => regions.iter().any(lies_there),
                }
            }
        }
    }

    /// Returns the maximum age of a registry on the day of the call.
    pub fn registry_max_age(&self, list: &ListKind) -> std::time::Duration {
        let rows = self.preconditions.iter();
        let days = rows
            .filter(|row| row.lists.contains(list))
            .map(|row| row.max_age_days)
            .min();
        std::time::Duration::from_hours(24 * days.unwrap_or(REGISTRY_DAYS))
    }

    fn area_of(&self, number: PhoneNumber) -> Option<&npa::Npa> {
        self.codes.get(number.npa()?)
    }
}

impl Precondition {
    /// Returns whether an override that names `what` sets this row aside; `what` is `consent` or a list.
    pub fn asks_for(&self, what: &str) -> bool {
        if what == CONSENT {
            return self.consent > ConsentKind::None;
        }
        self.lists.iter().any(|list| list.to_string() == what)
    }
}

/// Reads `preconditions.csv`.
///
/// # Errors
///
/// Errors if a field of a row cannot be used, or if a row requires neither consent nor registries, or both.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<Precondition>, TableError> {
    let rows = tables::read(file, text, &COLUMNS)?;
    rows.iter().map(row_of).collect()
}

fn row_of(row: &Row<'_>) -> Result<Precondition, TableError> {
    let country = row.text("country");
    let place = match row.optional("subdivision") {
        Some(part) => format!("{country}-{part}"),
        None => country.to_owned(),
    };
    let kind = |text: &str| {
        let kind = text.parse::<ConsentKind>();
        kind.map_err(|error| row.error("consent", error))
    };
    let lists: Result<Vec<ListKind>, TableError> = row
        .list("lists")
        .iter()
        .map(|list| {
            list.parse()
                .map_err(|error: ParseError| row.error("lists", error.to_string()))
        })
        .collect();
    let lists = lists?;
    if !lists.iter().all(ListKind::is_registry) {
        return Err(row.error("lists", "must be registries"));
    }
    let instead: Result<Vec<ConsentKind>, TableError> =
        row.list("instead").iter().map(|text| kind(text)).collect();
    let consent = match row.optional("consent") {
        Some(text) => kind(text)?,
        None => ConsentKind::None,
    };
    if (consent == ConsentKind::None) == lists.is_empty() {
        return Err(row.error("consent", "a row asks for consent or for lists"));
    }
    if row.text("numbers").is_empty() != lists.is_empty() && !lists.is_empty() {
        return Err(row.error(
            "numbers",
            "a row with lists needs the digits of its numbers",
        ));
    }
    Ok(Precondition {
        id: row.text("id").to_owned(),
        place,
        consent,
        max_age_days: if lists.is_empty() {
            REGISTRY_DAYS
        } else {
            row.parse("max_age_days")?
        },
        lists,
        instead: instead?,
        citation: row.text("citation").to_owned(),
        numbers: row.text("numbers").to_owned(),
        artificial: match row.text("voice") {
            "any" => false,
            "artificial" => true,
            _ => return Err(row.error("voice", "must be any or artificial")),
        },
        purpose: match row.text("purpose") {
            "any" => None,
            _ => Some(row.parse("purpose")?),
        },
    })
}
