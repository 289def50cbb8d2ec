//! Conversion between rows and values.

use rusqlite::Row;

use super::sql::col;
use crate::{StoreError, Unusable};
use dialdeck_core::domain::{
    Attempt, CalleeType, ClassId, Consent, Contact, Incarnations, PhoneNumber,
};

/// Names the columns of a row that is read by the thousand: as text for a query, and as an enum of their
/// places in it.
macro_rules! columns {
    ($places:ident, $text:ident: $first:ident $(, $column:ident)*) => {
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, reason = "the names of the columns")]
        enum $places {
            $first $(, $column)*
        }

        macro_rules! $text {
            () => {
                concat!(stringify!($first) $(, ", ", stringify!($column))*)
            };
        }
    };
}

columns!(
    ContactColumn, contact_columns:
    id, campaign, number, name, state, reason, priority, due, class, consent_kind, consent_source,
    consent_at, expires_at, attempts, last_outcome
);
columns!(
    AttemptColumn, attempt_columns:
    serial, campaign, contact, number, n, trunk, caller_id, state, reserved_at, sent_at, ringing_at,
    answered_at, ended_at, callee_type, outcome, counts, cause
);
pub(super) use {attempt_columns, contact_columns};

/// Returns a contact from its columns.
pub(super) fn contact(row: &Row<'_>) -> rusqlite::Result<Contact> {
    use ContactColumn as At;
    let consent = match col(row, At::consent_kind as usize)? {
        Some(kind) => Some(Consent {
            kind,
            source: col(row, At::consent_source as usize)?,
            at: col(row, At::consent_at as usize)?,
        }),
        None => None,
    };
    let class: Option<ClassId> = col(row, At::class as usize)?;
    Ok(Contact {
        id: col(row, At::id as usize)?,
        campaign: col(row, At::campaign as usize)?,
        number: col(row, At::number as usize)?,
        name: col(row, At::name as usize)?,
        state: col(row, At::state as usize)?,
        reason: col(row, At::reason as usize)?,
        priority: col(row, At::priority as usize)?,
        due: col(row, At::due as usize)?,
        class: class.unwrap_or(ClassId(0)),
        consent,
        expires_at: col(row, At::expires_at as usize)?,
        attempts: col(row, At::attempts as usize)?,
        last_outcome: col(row, At::last_outcome as usize)?,
    })
}

/// Returns an attempt from its columns.
pub(super) fn attempt(row: &Row<'_>, ids: &Incarnations) -> rusqlite::Result<Attempt> {
    use AttemptColumn as At;
    let callee: Option<String> = col(row, At::callee_type as usize)?;
    Ok(Attempt {
        id: ids.id(col(row, At::serial as usize)?),
        campaign: col(row, At::campaign as usize)?,
        contact: col(row, At::contact as usize)?,
        number: col(row, At::number as usize)?,
        n: col(row, At::n as usize)?,
        trunk: col(row, At::trunk as usize)?,
        caller_id: col(row, At::caller_id as usize)?,
        state: col(row, At::state as usize)?,
        reserved_at: col(row, At::reserved_at as usize)?,
        sent_at: col(row, At::sent_at as usize)?,
        ringing_at: col(row, At::ringing_at as usize)?,
        answered_at: col(row, At::answered_at as usize)?,
        ended_at: col(row, At::ended_at as usize)?,
        callee_type: callee.and_then(|text| {
            let mut known = CalleeType::ALL.into_iter();
            known.find(|known| known.as_str() == text)
        }),
        outcome: col(row, At::outcome as usize)?,
        counts: col(row, At::counts as usize)?,
        cause: col(row, At::cause as usize)?,
    })
}

/// Returns a number in its stored form.
pub(super) const fn digits(number: PhoneNumber) -> i64 {
    number.digits().cast_signed()
}

/// Returns a value that is stored by its name.
pub(super) fn parsed<T>(text: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: Into<String>,
{
    text.parse()
        .map_err(|why: T::Err| Unusable::Word(why.into()).into())
}
