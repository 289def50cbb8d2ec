//! The fields that a column of a list can hold, and the user's mapping of columns to fields.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::super::header;
use super::super::wishes::Wish;

/// A field that the import understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The number to call, in any usual spelling.
    Number,
    /// The area code for a number of seven digits in another column.
    AreaCode,
    /// The contact's whole name.
    Name,
    /// The first part of the name. Kept as a variable too.
    FirstName,
    /// The last part of the name. Kept as a variable too.
    LastName,
    /// The callee's time zone.
    TimeZone,
    /// The state, province or region of the address.
    Region,
    /// The country of the address, and of a number written without its country code.
    Country,
    /// The country's calling code or its letters.
    CountryCode,
    /// The postal code of the address.
    PostalCode,
    /// The kind of consent.
    Consent,
    /// Where the proof of consent is kept.
    ConsentSource,
    /// When consent was given.
    ConsentAt,
    /// When consent ends. No call from then on.
    ConsentExpiresAt,
    /// The order of calling: a higher number is called first.
    Priority,
    /// When the contact expires. No call from then on.
    ExpiresAt,
    /// A true value suppresses the contact's numbers.
    DoNotCall,
    /// Any value suppresses the contact's numbers: when or why the person asked.
    AskedNotToBeCalled,
    /// A false value suppresses the contact's numbers.
    CallsAllowed,
    /// In a registry's list: whether the number is added (`A`) or deleted (`D`).
    Change,
}

impl Field {
    /// Every field of a contact, in the order of the variants.
    pub(super) const ALL: [Self; 19] = [
        Self::Number,
        Self::AreaCode,
        Self::Name,
        Self::FirstName,
        Self::LastName,
        Self::TimeZone,
        Self::Region,
        Self::Country,
        Self::CountryCode,
        Self::PostalCode,
        Self::Consent,
        Self::ConsentSource,
        Self::ConsentAt,
        Self::ConsentExpiresAt,
        Self::Priority,
        Self::ExpiresAt,
        Self::DoNotCall,
        Self::AskedNotToBeCalled,
        Self::CallsAllowed,
    ];

    /// Returns the name used in `--map` and in the import's table.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::AreaCode => "area_code",
            Self::Name => "name",
            Self::FirstName => "first_name",
            Self::LastName => "last_name",
            Self::TimeZone => "time_zone",
            Self::Region => "region",
            Self::Country => "country",
            Self::CountryCode => "country_code",
            Self::PostalCode => "postal_code",
            Self::Consent => "consent",
            Self::ConsentSource => "consent_source",
            Self::ConsentAt => "consent_at",
            Self::ConsentExpiresAt => "consent_expires_at",
            Self::Priority => "priority",
            Self::ExpiresAt => "expires_at",
            Self::DoNotCall => "do_not_call",
            Self::AskedNotToBeCalled => "asked_not_to_be_called",
            Self::CallsAllowed => "calls_allowed",
            Self::Change => "change",
        }
    }

    /// Returns the field of this name; `None` if there is none.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// Returns how a column of this field says whether calls are allowed; `None` for any other field. A list
    /// may have several such columns, and each counts.
    pub(super) fn wish(self) -> Option<Wish> {
        let wishes = [
            (Self::DoNotCall, Wish::DoNotCall),
            (Self::AskedNotToBeCalled, Wish::Asked),
            (Self::CallsAllowed, Wish::Allowed),
        ];
        wishes
            .into_iter()
            .find(|(field, _)| *field == self)
            .map(|(_, wish)| wish)
    }

    /// Returns whether the field is a part of the address.
    pub(super) const fn is_place(self) -> bool {
        matches!(
            self,
            Self::Region | Self::PostalCode | Self::Country | Self::CountryCode
        )
    }

    /// Returns whether the nearest of several columns is taken and the others become variables. For any other
    /// field a second column is an error, because the two may contradict each other.
    pub(super) const fn takes_nearest(self) -> bool {
        matches!(
            self,
            Self::Number
                | Self::AreaCode
                | Self::Name
                | Self::FirstName
                | Self::LastName
                | Self::Region
                | Self::Country
                | Self::CountryCode
                | Self::PostalCode
        )
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a column is taken for because the user said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A field of the contact.
    Field(Field),
    /// A variable, kept under the column's name.
    Variable,
    /// Nothing: the column is left out.
    Ignore,
}

/// A mapping from the command line, `--map COLUMN=field`.
///
/// # Examples
///
/// ```
/// use dialdeck::intake::columns::{ColumnMap, Field, Target};
///
/// let map: ColumnMap = "Mobile Phone=number".parse()?;
/// assert_eq!(map.column, "Mobile Phone");
/// assert_eq!(map.target, Target::Field(Field::Number));
///
/// // The reason names the fields that exist.
/// assert!("Mobile Phone=phone_no".parse::<ColumnMap>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// The column's name, in any case.
    pub column: String,
    /// What the column is taken for.
    pub target: Target,
}

/// What is wrong with a `--map`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapFault {
    /// The text has no column and field.
    #[error("`{0}` names no column and field; write it as \"Mobile Phone=number\"")]
    NoColumnAndField(String),
    /// There is no such field.
    #[error("`{wanted}` is not a field{} The fields are {}", guess(*.near), field_names().join(", "))]
    NoSuchField {
        /// The field as written.
        wanted: String,
        /// The field that may be meant.
        near: Option<&'static str>,
    },
}

impl FromStr for ColumnMap {
    type Err = MapFault;

    /// Parses `Mobile Phone=number`, `Region=variable` or `Notes=ignore`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, wanted) = text
            .rsplit_once('=')
            .filter(|(column, _)| !column.trim().is_empty())
            .ok_or_else(|| MapFault::NoColumnAndField(text.to_owned()))?;
        let wanted = header::plain(wanted);
        let target = match wanted.as_str() {
            "variable" => Target::Variable,
            "ignore" | "ignored" => Target::Ignore,
            _ => match Field::named(&wanted) {
                Some(field) => Target::Field(field),
                None => return Err(no_field(wanted)),
            },
        };
        Ok(Self {
            column: column.trim().to_owned(),
            target,
        })
    }
}

fn field_names() -> Vec<&'static str> {
    let fields = Field::ALL.map(Field::as_str);
    fields.into_iter().chain(["variable", "ignore"]).collect()
}

fn no_field(wanted: String) -> MapFault {
    let near = field_names()
        .into_iter()
        .min_by_key(|name| strsim::osa_distance(&wanted, name))
        .filter(|name| strsim::osa_distance(&wanted, name) <= 3);
    MapFault::NoSuchField { wanted, near }
}

fn guess(near: Option<&str>) -> String {
    near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// What a column was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A field of the contact.
    Field,
    /// A variable of the contact, under the column's name.
    Variable,
    /// Nothing: ignored by its name, or because the user said so.
    Ignored,
}

/// A line of the import's table of columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnUse {
    /// The column's name as written in the header, `column_3` where it has none.
    pub column: String,
    /// What the column was taken for.
    pub taken_for: Taken,
    /// The field; `None` if the column was not taken for one.
    pub field: Option<Field>,
    /// Whether the user mapped the column with `--map`.
    pub mapped: bool,
    /// Rows that were not rejected and have a value in this column.
    pub rows: u64,
    /// A remark to show with the column, if there is one.
    pub note: Option<String>,
}
