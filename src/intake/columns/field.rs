//! What a column of a list can be, and what the user says of one.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use super::super::header;
use super::super::wishes::Wish;

/// What a column can hold that the import understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The number to call.
    Number,
    /// The area code of a number of seven digits beside it.
    AreaCode,
    /// The contact's whole name.
    Name,
    /// The first part of the name; kept as a variable too.
    FirstName,
    /// The last part of the name; kept as a variable too.
    LastName,
    /// The callee's time zone.
    TimeZone,
    /// State, province or region.
    Region,
    /// The country of the address, and of a number written without its country code.
    Country,
    /// The country's calling code or its letters.
    CountryCode,
    /// The postal code.
    PostalCode,
    /// The kind of consent.
    Consent,
    /// Where its proof is.
    ConsentSource,
    /// When it was given.
    ConsentAt,
    /// When it ends: no call from then on.
    ConsentExpiresAt,
    /// Higher is called first.
    Priority,
    /// No call from then on.
    ExpiresAt,
    /// A true value suppresses the contact's numbers.
    DoNotCall,
    /// Anything filled in suppresses the contact's numbers: when or why the person asked.
    AskedNotToBeCalled,
    /// A false value suppresses the contact's numbers.
    CallsAllowed,
    /// In a registry's list: whether the number is added (`A`) or deleted (`D`).
    Change,
}

impl Field {
    /// Every field of a contact, in order.
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

    /// The name used in `--map` and in the import's table.
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

    /// What a column of this field says of calls; a list may have several such columns, each of which
    /// counts.
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

    /// Whether it is a part of the address.
    pub(super) const fn is_place(self) -> bool {
        matches!(
            self,
            Self::Region | Self::PostalCode | Self::Country | Self::CountryCode
        )
    }

    /// Whether of several columns the nearest is taken and the others become variables. Of the other
    /// fields a second column is a fault: the two may contradict each other.
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

/// What a column is to be taken for, by the user's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A field.
    Field(Field),
    /// Kept under its name.
    Variable,
    /// Left out.
    Ignore,
}

/// `--map COLUMN=field`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMap {
    /// The column's name, in any case.
    pub column: String,
    /// What it is to be taken for.
    pub target: Target,
}

impl FromStr for ColumnMap {
    type Err = String;

    /// Reads `Mobile Phone=number`, `Region=variable` or `Notes=ignore`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (column, wanted) = text
            .rsplit_once('=')
            .filter(|(column, _)| !column.trim().is_empty())
            .ok_or_else(|| {
                format!("`{text}` names no column and field; write it as \"Mobile Phone=number\"")
            })?;
        let wanted = header::plain(wanted);
        let target = match wanted.as_str() {
            "variable" => Target::Variable,
            "ignore" | "ignored" => Target::Ignore,
            _ => match Field::ALL
                .into_iter()
                .find(|field| field.as_str() == wanted)
            {
                Some(field) => Target::Field(field),
                None => return Err(no_field(&wanted)),
            },
        };
        Ok(Self {
            column: column.trim().to_owned(),
            target,
        })
    }
}

fn no_field(wanted: &str) -> String {
    let names = Field::ALL.map(Field::as_str);
    let all = names.iter().copied().chain(["variable", "ignore"]);
    let near = all
        .clone()
        .min_by_key(|name| strsim::osa_distance(wanted, name))
        .filter(|name| strsim::osa_distance(wanted, name) <= 3);
    let known: Vec<&str> = all.collect();
    let guess = near.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    format!(
        "`{wanted}` is not a field{guess} The fields are {}",
        known.join(", ")
    )
}

/// What a column was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// A field.
    Field,
    /// A variable of the contact, under the column's name.
    Variable,
    /// Nothing: ignored by its name, or because the user said so.
    Ignored,
}

/// A line of the import's table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnUse {
    /// The column's name as the header spells it, `column_3` where it has none.
    pub column: String,
    /// What it was taken for.
    pub taken_for: Taken,
    /// The field, if it was taken for one.
    pub field: Option<Field>,
    /// Whether `--map` said so.
    pub mapped: bool,
    /// Rows that were not rejected and have something there.
    pub rows: u64,
    /// What else is to be known of it.
    pub note: Option<String>,
}
