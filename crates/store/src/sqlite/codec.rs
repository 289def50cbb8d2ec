//! Conversion between rows and values.

use rusqlite::Row;

use crate::{StoreError, Unusable, moves};
use dialdeck_core::domain::{
    Attempt, AttemptState, CalleeType, CampaignId, ClassId, Consent, Contact, ContactId,
    ContactState, Incarnations, Outcome, PhoneNumber, Timestamp, TrunkName,
};

/// The columns of a contact, in the order [`contact`] reads them.
macro_rules! contact_columns {
    () => {
        "id, campaign, number, name, state, reason, priority, due, class, consent_kind, \
         consent_source, consent_at, expires_at, attempts, last_outcome"
    };
}
/// The columns of an attempt, in the order [`attempt`] reads them.
macro_rules! attempt_columns {
    () => {
        "serial, campaign, contact, number, n, trunk, caller_id, state, reserved_at, sent_at, \
         ringing_at, answered_at, ended_at, callee_type, outcome, counts, cause"
    };
}
pub(super) use {attempt_columns, contact_columns};

const ATTEMPT_STATES: [AttemptState; 6] = [
    AttemptState::Reserved,
    AttemptState::Sent,
    AttemptState::Ringing,
    AttemptState::Connected,
    AttemptState::Unknown,
    AttemptState::Ended,
];

/// Returns a contact from its columns.
pub(super) fn contact(row: &Row<'_>) -> Result<Contact, StoreError> {
    let code: u8 = row.get(4)?;
    let kind: Option<String> = row.get(9)?;
    let consent = match kind {
        Some(kind) => Some(Consent {
            kind: parsed(&kind)?,
            source: row.get(10)?,
            at: Timestamp::from_millis(row.get(11)?),
        }),
        None => None,
    };
    Ok(Contact {
        id: ContactId(row.get(0)?),
        campaign: CampaignId(row.get(1)?),
        number: number(row.get(2)?)?,
        name: row.get(3)?,
        state: ContactState::from_code(code).ok_or_else(|| moves::odd("a contact state", &code))?,
        reason: row.get(5)?,
        priority: row.get(6)?,
        due: Timestamp::from_millis(row.get(7)?),
        class: ClassId(row.get::<_, Option<i64>>(8)?.unwrap_or(0)),
        consent,
        expires_at: instant(row.get(12)?),
        attempts: row.get(13)?,
        last_outcome: outcome(row.get(14)?)?,
    })
}

/// Returns an attempt from its columns.
pub(super) fn attempt(row: &Row<'_>, ids: &Incarnations) -> Result<Attempt, StoreError> {
    let code: u8 = row.get(7)?;
    let callee: Option<String> = row.get(13)?;
    Ok(Attempt {
        id: ids.id(row.get(0)?),
        campaign: CampaignId(row.get(1)?),
        contact: ContactId(row.get(2)?),
        number: number(row.get(3)?)?,
        n: row.get(4)?,
        trunk: TrunkName(row.get(5)?),
        caller_id: number(row.get(6)?)?,
        state: *ATTEMPT_STATES
            .get(usize::from(code))
            .ok_or_else(|| moves::odd("an attempt state", &code))?,
        reserved_at: Timestamp::from_millis(row.get(8)?),
        sent_at: instant(row.get(9)?),
        ringing_at: instant(row.get(10)?),
        answered_at: instant(row.get(11)?),
        ended_at: instant(row.get(12)?),
        callee_type: callee.and_then(|text| {
            CalleeType::ALL
                .into_iter()
                .find(|known| known.as_str() == text)
        }),
        outcome: outcome(row.get(14)?)?,
        counts: row.get(15)?,
        cause: row.get(16)?,
    })
}

/// Returns the stored code of an attempt's state.
pub(super) const fn attempt_code(state: AttemptState) -> u8 {
    match state {
        AttemptState::Reserved => 0,
        AttemptState::Sent => 1,
        AttemptState::Ringing => 2,
        AttemptState::Connected => 3,
        AttemptState::Unknown => 4,
        AttemptState::Ended => 5,
    }
}

/// Returns a number in its stored form.
pub(super) const fn digits(number: PhoneNumber) -> i64 {
    number.digits().cast_signed()
}

/// Returns a number from its stored digits. Errors if they are no phone number.
pub(super) fn number(digits: i64) -> Result<PhoneNumber, StoreError> {
    moves::number(digits.cast_unsigned())
}

/// Returns an optional instant from stored milliseconds.
pub(super) fn instant(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// Returns an optional instant in its stored form, in milliseconds.
pub(super) fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

/// Returns an optional outcome from its stored name.
pub(super) fn outcome(text: Option<String>) -> Result<Option<Outcome>, StoreError> {
    text.map(|text| parsed(&text)).transpose()
}

/// Returns a value that is stored by its name.
pub(super) fn parsed<T: std::str::FromStr<Err = String>>(text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|why| Unusable::Word(why).into())
}
