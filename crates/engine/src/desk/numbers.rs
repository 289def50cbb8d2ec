//! Numbers typed or pasted by a person: read, and echoed so that a wrong reading is seen.

use serde::Serialize;

use crate::words;
use dialdeck_core::domain::campaign::Evidence;
use dialdeck_core::domain::{CampaignId, ContactId, ContactState, Hints, PhoneNumber, Timestamp};
use dialdeck_core::rules::{ReadNumber, Rules};
use dialdeck_store::{Store, StoreError};

/// A number as read, echoed so that a wrong reading is seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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

/// Why text is no number, and what to do.
pub type Unread = (&'static str, &'static str);

/// Reads one number; `country` is that of numbers written without one.
///
/// # Errors
/// What is wrong with the text, and what to do.
pub fn read(rules: &Rules, typed: &str, country: &str, at: Timestamp) -> Result<Echo, Unread> {
    let read = rules
        .read_number(typed, Some(country))
        .map_err(words::number_error)?;
    Ok(echo(rules, typed, read, at))
}

fn echo(rules: &Rules, typed: &str, read: ReadNumber, at: Timestamp) -> Echo {
    let number = read.number;
    let located = rules.locate(number, &Hints::default(), Evidence::All);
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

/// One number of a pasted block, judged before anything is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// As it was typed.
    pub typed: String,
    /// As it was read, or what is wrong with it and what to do.
    pub read: Result<Echo, Unread>,
    /// Contacts with this number: campaign, contact, state.
    pub contacts: Vec<(CampaignId, ContactId, ContactState)>,
    /// The list it stands on already, in words.
    pub listed: Option<String>,
}

/// Judges a block of numbers: one a line, or set apart by commas, semicolons or tabs.
///
/// # Errors
/// When the store cannot be read.
pub(super) fn judge<S: Store>(
    store: &mut S,
    rules: &Rules,
    block: &str,
    country: &str,
    at: Timestamp,
) -> Result<Vec<Judged>, StoreError> {
    let mut all: Vec<Judged> = Vec::new();
    for typed in block.split(['\n', '\r', ',', ';', '\t']) {
        let typed = typed.trim();
        if typed.is_empty() {
            continue;
        }
        let read = read(rules, typed, country, at);
        let number = read.as_ref().ok().map(|echo| echo.number);
        let known = |other: &Judged| other.read.as_ref().is_ok_and(|o| Some(o.number) == number);
        if number.is_some() && all.iter().any(known) {
            continue;
        }
        let (contacts, listed) = match number {
            Some(number) => standing(store, number)?,
            None => (Vec::new(), None),
        };
        all.push(Judged {
            typed: typed.to_owned(),
            read,
            contacts,
            listed,
        });
    }
    Ok(all)
}

type Found = (Vec<(CampaignId, ContactId, ContactState)>, Option<String>);

fn standing<S: Store>(store: &mut S, number: PhoneNumber) -> Result<Found, StoreError> {
    let contacts = store.contacts_with(number)?;
    let contacts = contacts
        .into_iter()
        .map(|contact| (contact.campaign, contact.id, contact.state))
        .collect();
    let lists = store.suppressions_of(number)?;
    Ok((contacts, lists.first().map(words::suppression)))
}
