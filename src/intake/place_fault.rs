//! What is wrong with a place that a row states.

use super::row_error::WithHint;

/// What is wrong with a country, a region, a postal code or a time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PlaceFault {
    #[error("`{0}` is not the calling code of one country")]
    NotACallingCode(String),
    #[error("`{0}` is not a country")]
    NotACountry(String),
    /// The text may be a country or a state.
    #[error("`{text}` may be {country} or {state}")]
    CountryOrState {
        text: String,
        country: &'static str,
        state: String,
    },
    #[error("`{0}` is not a state, province or region that is known")]
    UnknownRegion(String),
    #[error("`{text}` is not a part of {country} that is known, nor a state or a country")]
    UnknownPart { text: String, country: &'static str },
    #[error("`{0}` is not a postal code")]
    NotAPostalCode(String),
    /// The code is not of the country. `of_code_1` is whether the country has the calling code 1.
    #[error("`{text}` is not a postal code of {country}")]
    OtherPostalCode {
        text: String,
        country: String,
        of_code_1: bool,
    },
    #[error("the postal codes of {country} are not known here")]
    PostalCodesNotKnown { country: String },
    /// An offset or an abbreviation. `instead` is the name to write; empty if none is known.
    #[error("`{text}` names no place, so its clock is not known")]
    ZoneWithoutPlace { text: String, instead: &'static str },
}

impl WithHint for PlaceFault {
    fn hint(&self) -> String {
        let fixed = match self {
            Self::NotACallingCode(_) => "write it as 1 or 44, or write the country's two letters",
            Self::NotACountry(_) => "write its English name or its two letters, as US or GB",
            Self::CountryOrState { state, .. } => {
                return format!("write it as {state}, or leave it empty");
            }
            Self::UnknownRegion(_) => "write it as US-FL, FL or Florida",
            Self::UnknownPart { country, .. } => {
                return format!("write its code, as in ISO 3166-2, or {country} alone");
            }
            Self::NotAPostalCode(_) => "write it as 33101, 33101-1234 or K1A 0B1",
            Self::OtherPostalCode {
                of_code_1: true, ..
            } => "correct the postal code or the country",
            Self::OtherPostalCode {
                of_code_1: false, ..
            } => "correct the postal code or the country, or leave it empty",
            Self::PostalCodesNotKnown { .. } => "leave it empty",
            Self::ZoneWithoutPlace { instead: "", .. } => {
                "write the callee's own zone, as America/New_York, or leave it empty"
            }
            Self::ZoneWithoutPlace { instead, .. } => return format!("write {instead}"),
        };
        fixed.to_owned()
    }
}
