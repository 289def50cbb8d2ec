//! Places that the tables know.

use std::collections::BTreeSet;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::Rules;
use super::tables::{self, TableError};

/// Territories of the United States with letters and country codes of their own. The tables file them under
/// US.
pub const TERRITORIES: [&str; 5] = ["PR", "VI", "GU", "AS", "MP"];

impl Rules {
    /// Returns a country, state, province or part of one as the tables spell it, `US-LA` or `GB`. `None` if
    /// there are no rules for it.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// assert_eq!(rules.known_place("us-la").as_deref(), Some("US-LA"));
    /// assert_eq!(rules.known_place("PR").as_deref(), Some("US-PR"));
    /// assert_eq!(rules.known_place("LA"), None);
    /// ```
    pub fn known_place(&self, text: &str) -> Option<String> {
        let upper = text.trim().to_ascii_uppercase();
        if TERRITORIES.contains(&upper.as_str()) {
            return Some(format!("US-{upper}"));
        }
        let Some((country, _)) = upper.split_once('-') else {
            return self.hours.has(&upper).then_some(upper);
        };
        (self.hours.has(country) && self.is_place(&upper)).then_some(upper)
    }

    /// Returns whether there is such a country, state, province or part of one, with rules or without.
    pub(super) fn is_place(&self, region: &str) -> bool {
        let Some((country, part)) = region.split_once('-') else {
            let code = Region::from_code(region).ok();
            let code = code.and_then(|known| PHONE_NUMBER_UTIL.get_country_code_for_region(known));
            return self.hours.has(region) || code.is_some_and(|code| code > 0);
        };
        if self.codes.has_subdivisions(country) || self.has_parts(country) {
            return self.codes.zones_of(region).is_some()
                || self.parts.contains(region)
                || self.hours.has(region)
                || self.postal.regions().any(|known| known == region);
        }
        // The parts of other countries are not known by name.
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    }

    /// Returns whether the parts of a country are known by name.
    pub fn has_parts(&self, country: &str) -> bool {
        let from = format!("{country}-");
        let mut found = self.parts.range(from.clone()..);
        found.next().is_some_and(|part| part.starts_with(&from))
    }

    /// Returns whether there are rules for a country.
    pub fn has_hours(&self, country: &str) -> bool {
        self.hours.has(country)
    }

    /// Returns the number of zones that a country has.
    pub fn zone_count(&self, country: &str) -> usize {
        self.zones_of(country).len()
    }

    /// Returns a message about a place that is not known, and a hint on what to write.
    pub fn unknown_place(&self, text: &str) -> (String, String) {
        let message = format!("`{text}` is not a place with rules");
        let upper = text.trim().to_ascii_uppercase();
        let mut states = ["US", "CA"]
            .iter()
            .map(|country| format!("{country}-{upper}"));
        let state = states.find(|state| self.known_place(state).is_some());
        let countries: Vec<&str> = self.hours.countries().collect();
        let hint = state.map_or_else(
            || {
                format!(
                    "write a state or province as US-LA or CA-ON, or one of the countries {}",
                    countries.join(", ")
                )
            },
            |state| format!("did you mean {state}?"),
        );
        (message, hint)
    }
}

/// Reads `region-names.csv`: the parts of countries that are known by name.
///
/// # Errors
///
/// Errors if the file is not such a table.
pub(super) fn read(file: &str, text: &str) -> Result<BTreeSet<String>, TableError> {
    let rows = tables::read(file, text, &["country", "code", "names"])?;
    let parts = rows.iter();
    Ok(parts
        .map(|row| format!("{}-{}", row.text("country"), row.text("code")))
        .collect())
}
