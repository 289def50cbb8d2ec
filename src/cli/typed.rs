//! Numbers typed by a person: read, and echoed so that a wrong reading is seen.

use serde::Serialize;

use super::args::CountryArgs;
use super::{CliError, Env, rules, words};
use crate::clock::Clock;
use crate::domain::campaign::Evidence;
use crate::domain::{Hints, PhoneNumber, Timestamp};
use crate::rules::{ReadNumber, Rules};

/// A number as read, echoed so that a wrong reading is seen.
#[derive(Clone, Debug, Serialize)]
pub struct Echo {
    /// E.164.
    pub number: PhoneNumber,
    /// As it was typed.
    pub typed: String,
    /// ISO country.
    pub country: String,
    /// Whether the country was assumed, not written.
    pub country_guessed: bool,
    /// Candidate zones; empty when none is known.
    pub zones: Vec<String>,
    /// Why it cannot be dialed anyway, if so.
    pub unfit: Option<&'static str>,
}

/// Reads numbers typed by a person: all of them, or none.
///
/// # Errors
/// Names every malformed one, with what is wrong with it.
pub fn read_numbers(
    env: &Env,
    typed: &[String],
    country: &CountryArgs,
) -> Result<Vec<Echo>, CliError> {
    let rules = rules::in_force();
    let country = env.country(country)?;
    let at = Clock::System.now();
    let mut numbers: Vec<Echo> = Vec::new();
    let mut bad = Vec::new();
    let mut hint = "";
    for text in typed {
        match rules.read_number(text, Some(&country)) {
            Ok(read) if numbers.iter().any(|echo| echo.number == read.number) => {}
            Ok(read) => numbers.push(echo(rules, text, read, at)),
            Err(error) => {
                let (what, todo) = words::number_error(error);
                bad.push(format!("`{text}` cannot be read: {what}"));
                hint = todo;
            }
        }
    }
    if bad.is_empty() {
        Ok(numbers)
    } else {
        Err(CliError::usage(bad.join("; ")).hint(hint))
    }
}

fn echo(rules: &Rules, typed: &str, read: ReadNumber, at: Timestamp) -> Echo {
    let number = read.number;
    let located = rules.locate(number, &Hints::default(), Evidence::Stated);
    let unfit = rules.fitness(number, at).err().map(words::unfit);
    Echo {
        number,
        typed: typed.to_owned(),
        country: words::country(rules, number),
        country_guessed: read.country_guessed,
        unfit,
        zones: located.map(|class| class.zones).unwrap_or_default(),
    }
}

/// `+12125550142 (US, America/New_York)`.
pub fn describe(echo: &Echo) -> String {
    let zones = if echo.zones.is_empty() {
        "zone not known".to_owned()
    } else {
        echo.zones.join(" / ")
    };
    let guessed = if echo.country_guessed && echo.country != "??" {
        " assumed"
    } else {
        ""
    };
    let unfit = echo
        .unfit
        .map_or_else(String::new, |why| format!("; not dialable: {why}"));
    format!(
        "{} ({}{guessed}, {zones}{unfit})",
        echo.number, echo.country
    )
}
