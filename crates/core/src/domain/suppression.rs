//! Numbers that must not be called, and the lists that hold them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::parse::ParseError;
use super::phone::PhoneNumber;
use super::time::Timestamp;

/// The kind of list that a suppression is on.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::ListKind;
///
/// let list: ListKind = "state:us-tx".parse()?;
/// assert!(list.is_registry());
/// assert_eq!("national".parse::<ListKind>()?.to_string(), "national:us");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// The seller's own do-not-call list (47 CFR 64.1200(d)). Opt-outs are written here and kept for good.
    Internal,
    /// A national registry, by country: `national:us`. At most 31 days old when it is required.
    National(String),
    /// A registry of a state or province: `state:us-tx`.
    State(String),
    /// One campaign's exclusions: `campaign:spring-reminders`. Binds only that campaign.
    Campaign(String),
}

impl ListKind {
    /// Returns whether the law limits the age of the list (16 CFR 310.4(b)(3)(iv)).
    pub const fn is_registry(&self) -> bool {
        matches!(self, Self::National(_) | Self::State(_))
    }

    /// Returns whether a later entry with a reason can take a single number off the list.
    pub const fn is_reversible(&self) -> bool {
        matches!(self, Self::Internal | Self::Campaign(_))
    }
}

impl fmt::Display for ListKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Internal => f.write_str("internal"),
            Self::National(country) => write!(f, "national:{country}"),
            Self::State(region) => write!(f, "state:{region}"),
            Self::Campaign(name) => write!(f, "campaign:{name}"),
        }
    }
}

impl FromStr for ListKind {
    type Err = ParseError;

    /// Reads `internal`, `national[:us]`, `state:us-tx` or `campaign:name`.
    ///
    /// # Errors
    ///
    /// Errors if the text is none of these.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        match (kind, rest) {
            ("internal", "") => Ok(Self::Internal),
            ("national", "") => Ok(Self::National("us".to_owned())),
            ("national", country) => Ok(Self::National(country.to_ascii_lowercase())),
            ("state", region) if !region.is_empty() => Ok(Self::State(region.to_ascii_lowercase())),
            ("campaign", name) if !name.is_empty() => Ok(Self::Campaign(name.to_owned())),
            _ => Err(ParseError::new(
                format!("`{text}` is not a list"),
                "use internal, national:us, state:us-tx or campaign:NAME",
            )),
        }
    }
}

impl Serialize for ListKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ListKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Why a single number was suppressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionSource {
    /// The person asked not to be called, and the deck recorded it.
    OptOut,
    /// The number was read from a file.
    Import,
    /// The callee declined (SIP 603) and the campaign's action is `do_not_call`. Reversible.
    Declined,
    /// The callee flagged the call as unwanted (SIP 607, RFC 8197). Permanent.
    Unwanted,
}

impl SuppressionSource {
    /// Returns the name used in the event log and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "opt_out",
            Self::Import => "import",
            Self::Declined => "declined",
            Self::Unwanted => "unwanted",
        }
    }

    /// Returns whether an entry with this source stays for good, on every list. A 607 is the callee's own
    /// report about calls like this one (RFC 8197), and no operator can have mistyped it.
    pub const fn is_permanent(self) -> bool {
        matches!(self, Self::Unwanted)
    }
}

impl FromStr for SuppressionSource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::OptOut, Self::Import, Self::Declined, Self::Unwanted]
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not a suppression source"))
    }
}

/// One number on one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// The number that must not be called.
    pub number: PhoneNumber,
    /// The list that the number is on.
    pub list: ListKind,
    /// Why the number was suppressed.
    pub source: SuppressionSource,
    /// When the number was put on the list.
    pub at: Timestamp,
    /// Who put the number on the list.
    pub actor: String,
    /// A free text, such as the reason.
    pub note: Option<String>,
}

/// A part of a registry that has a date of its own: an area code of country code 1, or the whole registry
/// elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Area(u16);

impl Area {
    /// Everything that a registry outside country code 1 holds.
    pub const WHOLE: Self = Self(0);

    /// Returns the area of a number.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{Area, PhoneNumber};
    ///
    /// let number: PhoneNumber = "+16465550123".parse()?;
    /// assert_eq!(Area::of(number).code(), 646);
    /// assert_eq!(Area::of("+442079460123".parse()?), Area::WHOLE);
    /// # Ok::<(), String>(())
    /// ```
    pub const fn of(number: PhoneNumber) -> Self {
        match number.npa() {
            Some(npa) => Self(npa),
            None => Self::WHOLE,
        }
    }

    /// Returns the area's small stable number, used by stores: the area code, 0 for the whole registry.
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Returns the area for programs: `646`, or `all`.
    pub fn code_text(self) -> String {
        match self.0 {
            0 => "all".to_owned(),
            code => format!("{code:03}"),
        }
    }

    /// Returns the area with this code; any number is taken as a code.
    pub const fn from_code(code: u16) -> Self {
        Self(code)
    }
}

impl fmt::Display for Area {
    /// Formats the area for people: `area code 646` or `the whole list`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("the whole list"),
            code => write!(f, "area code {code:03}"),
        }
    }
}

impl Serialize for Area {
    /// Serialises the area as `646`, or `all`.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.code_text())
    }
}

impl<'de> Deserialize<'de> for Area {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "all" => Ok(Self::WHOLE),
            code => code.parse().map(Self).map_err(|_| {
                serde::de::Error::custom(format!("`{text}` is not an area of a registry"))
            }),
        }
    }
}

/// A list as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuppressionList {
    /// The kind of list.
    pub kind: ListKind,
    /// When an own list was last written. For a registry the oldest date among its areas, and
    /// [`Timestamp::MIN`] while none is covered.
    pub as_of: Timestamp,
    /// The number of entries on the list.
    pub count: u64,
    /// The areas of a registry that a full list has covered, each with the date of its data.
    pub areas: BTreeMap<Area, Timestamp>,
}

impl SuppressionList {
    /// Returns the oldest date among a registry's areas, [`Timestamp::MIN`] if there is none.
    pub fn oldest(areas: &BTreeMap<Area, Timestamp>) -> Timestamp {
        areas.values().min().copied().unwrap_or(Timestamp::MIN)
    }
}
