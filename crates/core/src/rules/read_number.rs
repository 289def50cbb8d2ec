//! What a number was read as, and why one cannot be called.

use std::fmt;

use crate::domain::PhoneNumber;

/// The kind of line that a number belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// A landline, or a number that may be mobile (country code 1).
    Fixed,
    /// A mobile line.
    Mobile,
    /// Voice over IP.
    Other,
}

/// Why a number must not be dialed, regardless of the campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfit {
    /// A +1 number whose area code is not in service.
    UnknownNpa,
    /// Not a valid number of its country.
    NotValid,
    /// Toll-free, personal, carrier or government code: it has no place.
    NonGeographic,
    /// Premium rate or shared cost.
    Premium,
    /// An emergency or service code.
    Emergency,
    /// There are no calling rules for its country.
    NoRules,
}

impl Unfit {
    /// Returns the name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownNpa => "unknown_npa",
            Self::NotValid => "not_valid",
            Self::NonGeographic => "non_geographic",
            Self::Premium => "premium",
            Self::Emergency => "emergency",
            Self::NoRules => "no_rules",
        }
    }

    /// Returns why a number cannot be dialed, for people.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::UnknownNpa => "its area code is not in service",
            Self::NotValid => "it is not a valid number of its country",
            Self::NonGeographic => {
                "it belongs to no place (toll-free, personal, carrier or government)"
            }
            Self::Premium => "it is a premium or shared-cost number",
            Self::Emergency => "it is an emergency or service code",
            Self::NoRules => "there are no calling rules for its country",
        }
    }

    /// Returns whether no one can have such a number, so that it can be no caller ID either.
    pub const fn is_impossible(self) -> bool {
        match self {
            Self::UnknownNpa | Self::NotValid | Self::Emergency => true,
            Self::NonGeographic | Self::Premium | Self::NoRules => false,
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A number read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadNumber {
    /// The number in E.164 form.
    pub number: PhoneNumber,
    /// Whether the country was guessed from the default. It is then shown for confirmation.
    pub country_guessed: bool,
}

/// Why a text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// The text is empty.
    Empty,
    /// The number is written with letters, which need confirmation.
    Letters,
    /// An extension follows the number.
    Extension,
    /// The digits are not a possible number.
    NotPossible,
    /// There is no country code and no default country.
    NoCountry,
    /// The cell holds several numbers.
    Several,
    /// A spreadsheet's `2.1255501E+09`, whose last digits are lost.
    Scientific,
}

impl NumberError {
    /// Returns the name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Letters => "letters",
            Self::Extension => "extension",
            Self::NotPossible => "not_possible",
            Self::NoCountry => "no_country",
            Self::Several => "several",
            Self::Scientific => "scientific",
        }
    }
}

impl NumberError {
    /// Returns what is wrong.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "the number is empty",
            Self::Letters => "the number is written with letters",
            Self::Extension => "the number has an extension",
            Self::NotPossible => "this is not a possible telephone number",
            Self::NoCountry => "the number has no country code",
            Self::Several => "there are two numbers in this cell",
            Self::Scientific => "this is a number in scientific notation, its last digits are lost",
        }
    }

    /// Returns what to write instead; empty if nothing is certain.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Empty | Self::NotPossible => "",
            Self::Letters => "write its digits",
            Self::Extension => "write it without",
            Self::NoCountry => "write it as +12125550142",
            Self::Several => "leave one of them",
            Self::Scientific => "export the column as text",
        }
    }
}

impl fmt::Display for NumberError {
    /// Writes what is wrong, and what to write after a semicolon.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())?;
        match self.hint() {
            "" => Ok(()),
            hint => write!(f, "; {hint}"),
        }
    }
}

impl std::error::Error for NumberError {}
