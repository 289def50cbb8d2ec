//! Embedded law and number tables: regions, zones, windows, holidays, caps. Pure.

mod caps;
mod fitness;
mod holidays;
mod hours;
mod known;
mod legal;
mod location;
mod npa;
mod number;
mod placeless;
mod postal;
mod preconditions;
mod prefixes;
mod read_number;
mod registries;
mod spoken;
mod tables;
mod zonedb;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::tz::TimeZoneDatabase;
use serde::Serialize;

use crate::domain::PhoneNumber;
use crate::domain::digest::{hex, sha256};

pub use known::TERRITORIES;
pub use location::{LocateError, is_within};
pub use preconditions::{CONSENT, Precondition};
pub use read_number::{LineKind, NumberError, ReadNumber, Unfit};
pub use tables::TableError;
pub use zonedb::LocalTime;

/// Why a zone is shut, in the order in which reasons are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowReason {
    /// A holiday on which calls are barred.
    Holiday,
    /// A day after the last for which the holidays are known; it counts as a holiday.
    HolidayTableEnds,
    /// Calls are barred on this weekday.
    DayClosed,
    /// The local time is before the opening.
    BeforeOpen,
    /// At or after the close.
    AfterClose,
    /// Between two windows of one day.
    MiddayGap,
}

impl WindowReason {
    /// Returns the name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holiday | Self::HolidayTableEnds => "holiday",
            Self::DayClosed => "day_closed",
            Self::BeforeOpen => "before_open",
            Self::AfterClose => "after_close",
            Self::MiddayGap => "midday_gap",
        }
    }
}

impl fmt::Display for WindowReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether every zone of a class is open, by law alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Legal {
    /// Every zone is open.
    Open,
    /// Some zone is shut: the reason, then the zone and its local time, `America/Denver Mon 07:59:59`.
    Shut(WindowReason, String),
    /// No zone or no region is known.
    NoZone,
    /// The two databases differ on this zone.
    Disagree(String),
}

/// A rolling cap that binds a call: `max` attempts in `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrequencyCap {
    /// The id of the row in `frequency-caps.csv`.
    pub id: String,
    /// The maximum number of attempts in `window`; 0 bars every call.
    pub max: u32,
    /// The length of the rolling span.
    pub window: std::time::Duration,
    /// The event after which the cap binds for `window`; `None` if it always binds.
    pub after: Option<CapTrigger>,
    /// Whether attempts that never connected to the number (busy, undeliverable) are left out.
    pub connected_only: bool,
    /// Whether express consent on record lifts the cap. To apply it nevertheless is only stricter.
    pub lifted_by_consent: bool,
}

/// The event that triggers a cap that does not always bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CapTrigger {
    /// A conversation with a person.
    Conversation,
    /// An abandoned call to the number.
    Abandoned,
    /// A machine that was detected by equipment.
    Machine,
    /// A refusal during a call.
    Refusal,
}

/// Every embedded table by its file's name, in the order of the digest.
const TABLES: [(&str, &str); 13] = [
    (
        "calling-windows.csv",
        include_str!("../../data/calling-windows.csv"),
    ),
    (
        "frequency-caps.csv",
        include_str!("../../data/frequency-caps.csv"),
    ),
    (
        "holiday-rules.csv",
        include_str!("../../data/holiday-rules.csv"),
    ),
    ("holidays.csv", include_str!("../../data/holidays.csv")),
    ("npa.csv", include_str!("../../data/npa.csv")),
    (
        "opt-out-words.csv",
        include_str!("../../data/opt-out-words.csv"),
    ),
    (
        "phone-timezones.csv",
        include_str!("../../data/phone-timezones.csv"),
    ),
    (
        "postal-regions.csv",
        include_str!("../../data/postal-regions.csv"),
    ),
    (
        "preconditions.csv",
        include_str!("../../data/preconditions.csv"),
    ),
    (
        "region-names.csv",
        include_str!("../../data/region-names.csv"),
    ),
    ("registries.csv", include_str!("../../data/registries.csv")),
    (
        "tz-overrides.csv",
        include_str!("../../data/tz-overrides.csv"),
    ),
    (
        "zone-regions.csv",
        include_str!("../../data/zone-regions.csv"),
    ),
];

static EMBEDDED: LazyLock<Arc<Rules>> = LazyLock::new(|| {
    Arc::new(Rules::parse().expect("the embedded tables are parsed by the tests"))
});

/// The tables in force.
///
/// # Examples
///
/// ```
/// use dialdeck_core::rules::Rules;
///
/// let rules = Rules::embedded();
/// assert_eq!(rules.regions_of("+12125550142".parse()?), ["US-NY"]);
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rules {
    zones: zonedb::ZoneTable,
    codes: npa::NpaTable,
    prefixes: prefixes::PrefixTable,
    postal: postal::PostalTable,
    places: location::ZonePlaces,
    hours: hours::Hours,
    caps: Vec<caps::CapRule>,
    preconditions: Vec<Precondition>,
    /// States, provinces and regions that have a name, `AU-WA`.
    parts: BTreeSet<String>,
    registries: Vec<registries::Registry>,
    spoken: spoken::SpokenTable,
    /// The SHA-256 of every table, embedded ones first.
    digests: Vec<(String, String)>,
    digest: String,
}

impl Rules {
    /// Returns the embedded tables on jiff's bundled zone data, parsed once.
    pub fn embedded() -> &'static Arc<Self> {
        &EMBEDDED
    }

    /// Returns the tables with another first zone database, such as the system's if it is newer than the
    /// bundled one; `version` is its IANA release.
    ///
    /// The database is read whole, once. A zone of an area code that the database lacks is no longer known,
    /// see [`Rules::missing_zones`]. Any other zone that it lacks, such as an old name, keeps the data it
    /// had.
    #[must_use]
    pub fn with_zone_database(&self, database: &TimeZoneDatabase, version: &str) -> Self {
        let zones = self
            .zones
            .with_database(database, version, &self.named_zones());
        Self {
            digest: combined(&self.digests, &zones),
            zones,
            ..self.clone()
        }
    }

    /// Returns the zones of area codes that the first zone database does not have. If there are any, the
    /// database is damaged or incomplete.
    pub fn missing_zones(&self) -> Vec<&str> {
        let mut zones: Vec<&str> = self.named_zones().into_iter().collect();
        zones.retain(|zone| self.zones.find(zone).is_none());
        zones
    }

    /// Returns the tables with a rule file of the user added: the columns of `calling-windows.csv`, every row
    /// an additional one that must hold as well.
    ///
    /// The file can add countries and tighten hours, never loosen them, and campaigns cannot set its rows
    /// aside. A weekday for which a region's rows in the file have no hours is closed.
    ///
    /// # Errors
    ///
    /// Errors if the file is not such a table or a row of it cannot be used; see [`TableError`].
    pub fn with_extra(&self, csv: &str, file: &str) -> Result<Self, TableError> {
        let mut rules = self.clone();
        let known = |region: &str| self.is_place(region);
        rules
            .hours
            .add(file, csv, hours::Origin::Own, (&self.zones, &known))?;
        // The folder of the file is no part of the law.
        let name = file.rsplit('/').next().unwrap_or(file);
        rules
            .digests
            .push((name.to_owned(), hex(&sha256(csv.as_bytes()))));
        rules.digest = combined(&rules.digests, &rules.zones);
        Ok(rules)
    }

    /// Returns the SHA-256 over all tables in force and the releases of both zone databases, lower-case hex.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the IANA releases of the two zone databases: the one that decides, then the second opinion.
    pub fn zone_data_versions(&self) -> (&str, &str) {
        self.zones.versions()
    }

    /// Returns the earliest last day for which the holidays of a calendar are known, and the names of the
    /// calendars that end on it. From the next day every day counts as a holiday there. `None` without
    /// calendars.
    pub fn holiday_tables_end(&self) -> Option<(jiff::civil::Date, Vec<&str>)> {
        let (day, names) = self.hours.calendars_end()?;
        let epoch = jiff::civil::date(1970, 1, 1);
        let date = epoch
            .checked_add(jiff::Span::new().try_days(day).ok()?)
            .ok()?;
        Some((date, names))
    }

    /// Returns whether a rule file of the user has rows for a state or province.
    pub fn has_own_rows(&self, region: &str) -> bool {
        self.hours.has_own(region)
    }

    /// Returns whether a campaign may set the row with this id of the calling windows aside: rows of a state,
    /// never those of a country or of the user's own file. `None` if there is no such row.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// assert_eq!(rules.may_set_aside("us-fl"), Some(true));
    /// assert_eq!(rules.may_set_aside("no-such-row"), None);
    /// ```
    pub fn may_set_aside(&self, rule: &str) -> Option<bool> {
        self.hours.may_set_aside(rule)
    }

    /// Reads a number in any usual spelling. `default_country` is a two-letter code, used only for text
    /// without a `+`.
    ///
    /// # Errors
    ///
    /// Errors if the text is not one possible number; the [`NumberError`] states why.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::{NumberError, Rules};
    ///
    /// let rules = Rules::embedded();
    /// let read = rules.read_number("(212) 555-0142", Some("US"))?;
    /// assert_eq!(read.number.to_string(), "+12125550142");
    /// assert!(read.country_guessed);
    /// assert_eq!(rules.read_number("212 555 0142", None), Err(NumberError::NoCountry));
    /// # Ok::<(), NumberError>(())
    /// ```
    pub fn read_number(
        &self,
        text: &str,
        default_country: Option<&str>,
    ) -> Result<ReadNumber, NumberError> {
        number::read(text, default_country, &self.codes)
    }

    /// Reads every number of a cell of a do-not-call list. An extension or a word after a number is dropped,
    /// not the number, and several numbers are all taken.
    ///
    /// # Errors
    ///
    /// Errors if the cell holds no number or a part of it is not one; the [`NumberError`] states why.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::Rules;
    ///
    /// let listed = Rules::embedded().read_listed("+12125550142; +12125550143 (home)", None)?;
    /// assert_eq!(listed.len(), 2);
    /// # Ok::<(), dialdeck_core::rules::NumberError>(())
    /// ```
    pub fn read_listed(
        &self,
        text: &str,
        default_country: Option<&str>,
    ) -> Result<Vec<PhoneNumber>, NumberError> {
        number::read_all(text, default_country, &self.codes)
    }

    /// Returns whether a callee who said this asks not to be called again (47 CFR 64.1200(d), (a)(10)), by
    /// the phrases of `opt-out-words.csv`. It errs to the safe side: "do not call me before noon" counts.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// assert!(rules.asks_not_to_be_called("Please don't call me again!"));
    /// assert!(!rules.asks_not_to_be_called("Yes, tomorrow at noon."));
    /// ```
    pub fn asks_not_to_be_called(&self, said: &str) -> bool {
        self.spoken.has_one_in(said)
    }

    /// Returns the zones of the area codes. A database without one of them is of no use.
    fn named_zones(&self) -> BTreeSet<&str> {
        let codes = self.codes.iter().flat_map(|(_, code)| &code.zones);
        codes.map(String::as_str).collect()
    }

    fn parse() -> Result<Self, TableError> {
        let [
            windows,
            frequency,
            day_rules,
            days,
            codes,
            words,
            prefixes,
            postal,
            needed,
            named,
            registries,
            overrides,
            zone_regions,
        ] = TABLES;
        let zones = zonedb::ZoneTable::bundled(overrides.0, overrides.1)?;
        let mut hours = hours::Hours::new(holidays::read(days, day_rules)?);
        hours.add(
            windows.0,
            windows.1,
            hours::Origin::Embedded,
            (&zones, &|_| true),
        )?;
        let digests: Vec<_> = TABLES
            .iter()
            .map(|(file, text)| ((*file).to_owned(), hex(&sha256(text.as_bytes()))))
            .collect();
        Ok(Self {
            codes: npa::NpaTable::read(codes.0, codes.1, &zones)?,
            prefixes: prefixes::PrefixTable::read(prefixes.0, prefixes.1, &zones)?,
            postal: postal::PostalTable::read(postal.0, postal.1, &zones)?,
            places: location::ZonePlaces::read(zone_regions.0, zone_regions.1, &zones)?,
            caps: caps::read(frequency.0, frequency.1)?,
            preconditions: preconditions::read(needed.0, needed.1)?,
            parts: known::read(named.0, named.1)?,
            registries: registries::read(registries.0, registries.1)?,
            spoken: spoken::SpokenTable::read(words.0, words.1)?,
            digest: combined(&digests, &zones),
            zones,
            hours,
            digests,
        })
    }
}

fn combined(digests: &[(String, String)], zones: &zonedb::ZoneTable) -> String {
    let (first, second) = zones.versions();
    let lines: Vec<String> = digests
        .iter()
        .map(|(file, digest)| format!("{digest}  {file}\n"))
        .chain([format!("tzdata {first} {second}\n")])
        .collect();
    hex(&sha256(lines.concat().as_bytes()))
}
