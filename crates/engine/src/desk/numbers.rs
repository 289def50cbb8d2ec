//! Numbers typed or pasted by a person: read, and echoed so that a person notices a wrong reading.

use serde::Serialize;

use crate::messages;
use dialdeck_core::domain::campaign::Evidence;
use dialdeck_core::domain::{CampaignId, ContactId, ContactState, Hints, PhoneNumber, Timestamp};
use dialdeck_core::rules::{NumberError, ReadNumber, Rules};
use dialdeck_store::{Reads, StoreError};

/// A number as it was read, echoed so that a person notices a wrong reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Echo {
    /// The number in E.164 form.
    pub number: PhoneNumber,
    /// The text as typed, trimmed if it was part of a block.
    pub typed: String,
    /// ISO country of the number; `??` if unknown.
    pub country: String,
    /// Whether the country was assumed because the text has no country code.
    pub country_guessed: bool,
    /// Candidate time zones; empty if none is known.
    pub zones: Vec<String>,
    /// Why the number cannot be dialed; `None` if it can.
    pub unfit: Option<&'static str>,
}

/// Reads one number. `country` is the ISO country of a number written without a country code.
///
/// # Errors
/// Errors if the text is not one possible number.
///
/// # Examples
/// ```
/// use dialdeck_core::rules::{NumberError, Rules};
/// use dialdeck_engine::desk::numbers;
///
/// let now = "2026-12-07T15:30:00Z".parse()?;
/// let read = |typed| numbers::read(Rules::embedded(), typed, "US", now);
///
/// let echo = read("(212) 555-0123").unwrap();
/// assert_eq!(echo.number.to_string(), "+12125550123");
/// assert_eq!(echo.zones, ["America/New_York"]);
/// assert!(echo.country_guessed);
///
/// assert_eq!(read("nobody").unwrap_err(), NumberError::Letters);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read(rules: &Rules, typed: &str, country: &str, at: Timestamp) -> Result<Echo, NumberError> {
    let read = rules.read_number(typed, Some(country))?;
    Ok(echo(rules, typed, read, at))
}

fn echo(rules: &Rules, typed: &str, read: ReadNumber, at: Timestamp) -> Echo {
    let number = read.number;
    let located = rules.locate(number, &Hints::default(), Evidence::All);
    let unfit = rules.fitness(number, at).err().map(messages::unfit);
    Echo {
        number,
        typed: typed.to_owned(),
        country: messages::country(rules, number),
        country_guessed: read.country_guessed,
        unfit,
        zones: located.map(|class| class.zones).unwrap_or_default(),
    }
}

/// One number of a pasted block, judged before anything is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedNumber {
    /// The text as typed, trimmed.
    pub typed: String,
    /// The number as read, or what is wrong with it.
    pub read: Result<Echo, NumberError>,
    /// Contacts with this number.
    pub contacts: Vec<MatchedContact>,
    /// The suppression that already lists the number, as text; `None` if none does.
    pub listed: Option<String>,
}

/// A contact with a number that was judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MatchedContact {
    /// The campaign that holds it.
    pub campaign: CampaignId,
    /// The contact.
    pub contact: ContactId,
    /// The state that the store holds.
    pub state: ContactState,
}

/// Judges a block of numbers: one a line, or separated by commas, semicolons or tabs. Returns each number
/// once, in order.
///
/// # Errors
/// Errors if the store cannot be read.
pub(super) fn judge<S: Reads>(
    store: &mut S,
    rules: &Rules,
    block: &str,
    country: &str,
    at: Timestamp,
) -> Result<Vec<JudgedNumber>, StoreError> {
    let mut all: Vec<JudgedNumber> = Vec::new();
    for typed in block.split(['\n', '\r', ',', ';', '\t']) {
        let typed = typed.trim();
        if typed.is_empty() {
            continue;
        }
        let read = read(rules, typed, country, at);
        let number = read.as_ref().ok().map(|echo| echo.number);
        let known =
            |other: &JudgedNumber| other.read.as_ref().is_ok_and(|o| Some(o.number) == number);
        if number.is_some() && all.iter().any(known) {
            continue;
        }
        let (contacts, listed) = match number {
            Some(number) => standing(store, number)?,
            None => (Vec::new(), None),
        };
        all.push(JudgedNumber {
            typed: typed.to_owned(),
            read,
            contacts,
            listed,
        });
    }
    Ok(all)
}

/// The contacts with a number, and the suppression that lists it.
type Found = (Vec<MatchedContact>, Option<String>);

fn standing<S: Reads>(store: &mut S, number: PhoneNumber) -> Result<Found, StoreError> {
    let contacts = store.contacts_with(number)?;
    let contacts = contacts
        .into_iter()
        .map(|contact| MatchedContact {
            campaign: contact.campaign,
            contact: contact.id,
            state: contact.state,
        })
        .collect();
    let lists = store.suppressions_of(number)?;
    Ok((contacts, lists.first().map(messages::suppression)))
}
