//! Numbers typed by the user: read, and echoed so that a wrong reading is noticed.

use super::args::CountryArgs;
use super::error::{ErrorKind, Fault, Place};
use super::{CliError, Env, messages};
use crate::clock::Clock;
use crate::engine::desk::numbers;
use crate::rules::{NumberError, Rules};

pub(crate) use crate::engine::desk::Echo;

/// The argument with numbers, as the help names it.
const ARGUMENT: &str = "<NUMBER>";

/// Reads numbers typed by the user: all of them, or none.
///
/// # Errors
///
/// Errors if a number is malformed; the error names each such number and its fault.
pub(crate) fn read_numbers(
    env: &Env,
    typed: &[String],
    country: &CountryArgs,
) -> Result<Vec<Echo>, CliError> {
    read_in(&env.rules, typed, env.country_known(country))
}

/// Reads numbers as [`read_numbers`] does, with the country of numbers written without one.
///
/// # Errors
///
/// Errors if [`read_numbers`] does, and with the error of `country` if a number needs it.
pub(crate) fn read_in(
    rules: &Rules,
    typed: &[String],
    country: Result<String, CliError>,
) -> Result<Vec<Echo>, CliError> {
    let country = match country {
        // A broken deck file must not block an opt-out that does not need it.
        Err(_) if typed.iter().all(|text| text.trim().starts_with('+')) => String::new(),
        country => country?,
    };
    let at = Clock::System.now();
    let mut numbers: Vec<Echo> = Vec::new();
    let mut bad = Vec::new();
    for text in typed {
        match numbers::read(rules, text, &country, at) {
            Ok(echo) if numbers.iter().any(|known| known.number == echo.number) => {}
            Ok(echo) => numbers.push(echo),
            Err(error) => {
                let (what, todo) = messages::number_error(error);
                bad.push(Fault {
                    place: Place::argument(ARGUMENT),
                    message: format!("`{text}` cannot be read: {what}"),
                    hint: Some(format!("{todo}{}", on_a_command_line(error))),
                });
            }
        }
    }
    if bad.is_empty() {
        return Ok(numbers);
    }
    Err(CliError::of_faults(ErrorKind::Usage, bad, |count| {
        format!("{count} numbers cannot be read:")
    }))
}

/// Returns what else may help with a number that was typed on a command line.
const fn on_a_command_line(error: NumberError) -> &'static str {
    match error {
        NumberError::NotPossible => "; on a command line a number with spaces needs quotes",
        NumberError::NoCountry => ", or say --country US",
        NumberError::Empty
        | NumberError::Letters
        | NumberError::Extension
        | NumberError::Several
        | NumberError::Scientific => "",
    }
}

/// Returns a number with its place: `+12125550142 (US, America/New_York)`.
pub(crate) fn describe(echo: &Echo) -> String {
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
