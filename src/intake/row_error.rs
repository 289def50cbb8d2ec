//! The reasons why a row or a cell of a list is rejected.

use std::fmt::Display;

use super::columns::Field;
use super::dates::DateFault;
use super::listed::LineFault;
use super::place_fault::PlaceFault;
use crate::domain::{ConsentKind, PhoneNumber};
use crate::rules::{LocateError, NumberError};

/// An error whose `Display` is the reason alone, and which says what to do.
pub(super) trait WithHint: Display {
    /// Returns how to correct the row.
    fn hint(&self) -> String;
}

/// The reason why a row is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum RowFault {
    #[error(transparent)]
    Date(#[from] DateFault),
    #[error(transparent)]
    Place(#[from] PlaceFault),
    #[error(transparent)]
    Area(#[from] AreaFault),
    #[error(transparent)]
    Line(#[from] LineFault),
    #[error("{}", .0.reason())]
    Located(LocateError),
    #[error("{}", .0.reason())]
    Number(NumberError),
    /// The number is empty, and another column holds one.
    #[error("the number is empty, and `{column}` holds one")]
    NumberElsewhere { column: String },
    #[error("{0} is one of the deck's own caller IDs")]
    OwnNumber(PhoneNumber),
    /// Another column holds an extension of the number.
    #[error("the number has an extension in `{column}`")]
    ExtensionBeside { column: String },
    /// Another column says that the number is that of a fax or a pager.
    #[error("`{column}` says `{text}`: nobody speaks there")]
    NoTelephone { text: String, column: String },
    /// A cell holds the end of its line and the beginning of another.
    #[error("the cell holds the end of its line and the beginning of another")]
    Swallowed,
    #[error("has {fields} fields where the header has {columns}")]
    TooManyFields { fields: usize, columns: usize },
    #[error("does not say whether the person may be called")]
    NoAnswer { column: String },
    #[error("`{value}` is neither true nor false")]
    NeitherTrueNorFalse { value: String, column: String },
    /// A cell may ask not to be called. `column` is the column if it may be kept as a variable.
    #[error("`{value}` may say that the person is not to be called")]
    MayAsk {
        value: String,
        column: Option<String>,
    },
    #[error("says {of_number}, and `{column}` says {of_address}")]
    TwoCountries {
        of_number: &'static str,
        column: String,
        of_address: &'static str,
    },
    #[error("says +{calling}, and the number begins otherwise")]
    OtherCallingCode { calling: &'static str },
    #[error("`{text}` is not the country of the number, and no region says where in it")]
    OtherCountry { text: String },
    #[error("`{text}` is {region}, and the country says {country}")]
    RegionElsewhere {
        text: String,
        region: String,
        country: String,
    },
    #[error("`{0}` is not a priority")]
    Priority(String),
    #[error("`{0}` is in the future")]
    ConsentInFuture(String),
    #[error("`{0}` is not a kind of consent")]
    ConsentKind(String),
    #[error("consent `{0}` has no source")]
    ConsentWithoutSource(ConsentKind),
    #[error("consent `{0}` has no date")]
    ConsentWithoutDate(ConsentKind),
}

/// What is wrong with an area code in a column of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum AreaFault {
    #[error("`{0}` is not an area code")]
    NotAnAreaCode(String),
    #[error("`{0}` and the number's own area code differ")]
    Differs(String),
}

impl WithHint for AreaFault {
    fn hint(&self) -> String {
        match self {
            Self::NotAnAreaCode(_) => "write its three digits".to_owned(),
            Self::Differs(_) => "leave the right one".to_owned(),
        }
    }
}

impl WithHint for RowFault {
    fn hint(&self) -> String {
        let fixed = match self {
            Self::Date(fault) => return fault.hint(),
            Self::Place(fault) => return fault.hint(),
            Self::Area(fault) => return fault.hint(),
            Self::Line(fault) => return fault.hint(),
            Self::Located(error) => return error.hint(),
            Self::Number(error) => return number_hint(*error).to_owned(),
            Self::NumberElsewhere { column } => {
                return format!(
                    "copy it over, or call those instead: --map \"{column}={}\"",
                    Field::Number
                );
            }
            Self::ExtensionBeside { column } => {
                return format!(
                    "write the person's own number; to call the main number: --map \"{column}=variable\""
                );
            }
            Self::NoTelephone { column, .. } => {
                return format!(
                    "write a number to speak to, or say --map \"{column}=variable\" if it is one"
                );
            }
            Self::MayAsk { column, .. } => return may_ask_hint(column.as_deref()),
            Self::NoAnswer { column } => {
                return format!(
                    "write yes or no, or say --map \"{column}=variable\" if it is about something else"
                );
            }
            Self::NeitherTrueNorFalse { column, .. } => {
                return format!(
                    "its numbers go on the internal list; write yes or no, or say --map \"{column}=variable\" \
                     if it is about something else"
                );
            }
            Self::ConsentKind(_) => {
                let kinds = ConsentKind::ALL.map(ConsentKind::as_str);
                return format!("use one of {}", kinds.join(", "));
            }
            Self::OwnNumber(_) => "leave the row out: nobody is reached there",
            Self::Swallowed => "close or remove the quotation mark that was opened here",
            Self::TooManyFields { .. } => "put text that holds the delimiter in quotation marks",
            Self::TwoCountries { .. }
            | Self::OtherCallingCode { .. }
            | Self::RegionElsewhere { .. } => "correct one of the two",
            Self::OtherCountry { .. } => "state the region too, or correct one of the two",
            Self::Priority(_) => "use a whole number; higher is called first",
            Self::ConsentInFuture(_) => "write the date on which it was given",
            Self::ConsentWithoutSource(_) => {
                "say where the proof is: a page, a document or a recording"
            }
            Self::ConsentWithoutDate(_) => {
                "say when it was given, as 2026-03-01 or 2026-03-01T15:30:00Z"
            }
        };
        fixed.to_owned()
    }
}

const fn number_hint(error: NumberError) -> &'static str {
    match error {
        NumberError::Empty => "write the number, or remove the row",
        NumberError::Letters => {
            "needs confirmation: write its digits, a keypad letter may be a slip"
        }
        NumberError::Extension => "write the number without its extension",
        NumberError::NotPossible => "write it in full, as +12125550142",
        NumberError::NoCountry => "write it with its country code, as +12125550142",
        NumberError::Several => "leave one of them; a contact has one number",
        NumberError::Scientific => "export the column as text, and all digits stand",
    }
}

fn may_ask_hint(column: Option<&str>) -> String {
    let otherwise = column.map_or_else(
        || "correct the cell".to_owned(),
        |column| format!("say --map \"{column}=variable\""),
    );
    format!(
        "its numbers go on the internal list; if it says something else, take them off with \
         `dialdeck dnc reverse NUMBER`, and {otherwise}"
    )
}

/// A fault whose line and row are not known yet.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) field: Field,
    pub(super) why: RowFault,
}

impl Fault {
    pub(super) fn new(field: Field, why: impl Into<RowFault>) -> Self {
        Self {
            field,
            why: why.into(),
        }
    }
}
