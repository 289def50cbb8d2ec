//! How the deck's values stand in the columns of its tables.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Null, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, RowIndex};
use serde::de::DeserializeOwned;

use super::codec::digits;
use super::meta;
use crate::{StoreError, Unusable};
use dialdeck_core::domain::digest::Hash;
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    AttemptState, CampaignId, CampaignState, ClassId, ConsentKind, ContactId, ContactState, DeckId,
    ListKind, Outcome, PhoneNumber, Timestamp, TrunkName,
};

/// A value that is read from one column. The values are the core's and SQL's types are rusqlite's, so that
/// neither can implement the other's trait.
pub(super) trait Column: Sized {
    /// Returns the value. Errors if what is stored has no meaning.
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self>;
}

/// A value that is written into one column.
pub(super) trait Stored {
    /// Returns the value as it stands in the column.
    fn write(&self) -> ToSqlOutput<'_>;
}

/// A column's value, as rusqlite reads and writes it.
#[derive(Clone, Copy)]
pub(super) struct Sql<T>(T);

impl<T: Column> FromSql for Sql<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        T::read(value).map(Self)
    }
}

impl<T: Stored> ToSql for Sql<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.write())
    }
}

/// Returns a value as a parameter of a statement.
pub(super) const fn put<T: Stored>(value: T) -> Sql<T> {
    Sql(value)
}

impl<T: Stored> Stored for &T {
    fn write(&self) -> ToSqlOutput<'_> {
        T::write(self)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self) -> ToSqlOutput<'_> {
        self.as_ref().map_or_else(|| Null.into(), T::write)
    }
}

/// Returns a column of a row, by its name, or by its place where rows are read by the thousand.
pub(super) fn col<T: Column>(row: &Row<'_>, column: impl RowIndex) -> rusqlite::Result<T> {
    row.get::<_, Sql<T>>(column).map(|Sql(value)| value)
}

/// A value that is stored as JSON.
pub(super) struct Json<T>(pub(super) T);

impl<T: DeserializeOwned> Column for Json<T> {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let read = serde_json::from_str(value.as_str()?);
        read.map(Self)
            .map_err(|error| no_meaning(Unusable::Unreadable(error)))
    }
}

impl<T: Column> Column for Option<T> {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        if value == ValueRef::Null {
            Ok(None)
        } else {
            T::read(value).map(Some)
        }
    }
}

/// Values that SQLite has itself.
macro_rules! plain {
    ($($type:ty),+) => {
        $(impl Column for $type {
            fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
                FromSql::column_result(value)
            }
        })+
    };
}
plain!(i64, i32, u32, u8, bool, String, Hash);

/// A count.
impl Column for u64 {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(i64::cast_unsigned)
    }
}

/// In UTC milliseconds.
impl Column for Timestamp {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self::from_millis)
    }
}

impl Stored for Timestamp {
    fn write(&self) -> ToSqlOutput<'_> {
        self.as_millis().into()
    }
}

/// As its E.164 digits.
impl Column for PhoneNumber {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let digits = u64::read(value)?;
        Self::from_digits(digits).ok_or_else(|| odd("a phone number", &digits))
    }
}

impl Stored for PhoneNumber {
    fn write(&self) -> ToSqlOutput<'_> {
        digits(*self).into()
    }
}

/// Ids of rows.
macro_rules! row_ids {
    ($($type:ident),+) => {
        $(impl Column for $type {
            fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map(Self)
            }
        }

        impl Stored for $type {
            fn write(&self) -> ToSqlOutput<'_> {
                self.0.into()
            }
        })+
    };
}
row_ids!(CampaignId, ClassId, ContactId);

impl Column for TrunkName {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        String::read(value).map(Self)
    }
}

impl Stored for TrunkName {
    fn write(&self) -> ToSqlOutput<'_> {
        self.0.as_str().into()
    }
}

/// An identity or a tag, in hexadecimal.
impl Column for DeckId {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        meta::read_id(value.as_str()?).map_err(no_meaning)
    }
}

impl Stored for DeckId {
    fn write(&self) -> ToSqlOutput<'_> {
        self.to_string().into()
    }
}

/// By its code.
impl Column for ContactState {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = u8::read(value)?;
        Self::from_code(code).ok_or_else(|| odd("a contact state", &code))
    }
}

impl Stored for ContactState {
    fn write(&self) -> ToSqlOutput<'_> {
        self.code().into()
    }
}

const ATTEMPT_STATES: [AttemptState; 6] = [
    AttemptState::Reserved,
    AttemptState::Sent,
    AttemptState::Ringing,
    AttemptState::Connected,
    AttemptState::Unknown,
    AttemptState::Ended,
];

/// By its code: its place among the states.
impl Column for AttemptState {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = u8::read(value)?;
        let state = ATTEMPT_STATES.get(usize::from(code)).copied();
        state.ok_or_else(|| odd("an attempt state", &code))
    }
}

impl Stored for AttemptState {
    fn write(&self) -> ToSqlOutput<'_> {
        let code: u8 = match self {
            Self::Reserved => 0,
            Self::Sent => 1,
            Self::Ringing => 2,
            Self::Connected => 3,
            Self::Unknown => 4,
            Self::Ended => 5,
        };
        code.into()
    }
}

impl Column for CampaignState {
    fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let name = value.as_str()?;
        let mut states = Self::ALL.into_iter();
        let state = states.find(|state| state.as_str() == name);
        state.ok_or_else(|| odd("a state", &name))
    }
}

impl Stored for CampaignState {
    fn write(&self) -> ToSqlOutput<'_> {
        self.as_str().into()
    }
}

/// Values that are stored by their names.
macro_rules! named {
    ($($type:ty),+) => {
        $(impl Column for $type {
            fn read(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let read: Result<$type, _> = value.as_str()?.parse();
                read.map_err(|why| no_meaning(Unusable::Word(ToString::to_string(&why))))
            }
        })+
    };
}
named!(ConsentKind, ListKind, Outcome, SuppressionSource);

impl Stored for ListKind {
    fn write(&self) -> ToSqlOutput<'_> {
        self.to_string().into()
    }
}

impl Stored for ConsentKind {
    fn write(&self) -> ToSqlOutput<'_> {
        self.as_str().into()
    }
}

impl Stored for SuppressionSource {
    fn write(&self) -> ToSqlOutput<'_> {
        self.as_str().into()
    }
}

fn odd(what: &'static str, value: &impl ToString) -> FromSqlError {
    let value = value.to_string();
    no_meaning(Unusable::Odd { what, value })
}

fn no_meaning(why: Unusable) -> FromSqlError {
    FromSqlError::Other(Box::new(why))
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error::FromSqlConversionFailure;
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
        let error = if let FromSqlConversionFailure(place, kind, source) = error {
            match source.downcast::<Unusable>() {
                Ok(why) => return Self::Unusable(*why),
                Err(source) => FromSqlConversionFailure(place, kind, source),
            }
        } else {
            error
        };
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy(error.to_string()),
            _ => Unusable::Database(error.into()).into(),
        }
    }
}
