//! Embedded law and number tables: regions, zones, windows, holidays, caps. Pure.

use std::collections::BTreeMap;

use crate::domain::campaign::{CallClass, Evidence, Purpose, RuleOverride};
use crate::domain::{Hints, PhoneNumber, Timestamp, WindowClass};
use crate::policy::WindowReason;

/// What kind of line a number is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineKind {
    /// Landline, or cannot be told from mobile (NANP).
    Fixed,
    /// Mobile.
    Mobile,
    /// Voice over IP or personal number.
    Other,
}

/// Why a number must not be dialed, whatever else holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unfit {
    /// A +1 number whose area code is not in service.
    UnknownNpa,
    /// Not a valid number of its country.
    NotValid,
    /// Toll-free, personal, carrier or government code: no place.
    NonGeographic,
    /// Premium or shared cost.
    Premium,
    /// An emergency or service code.
    Emergency,
    /// No calling rules for its country.
    NoRules,
}

/// A number read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadNumber {
    /// The number.
    pub number: PhoneNumber,
    /// Whether the country had to be guessed from the default: shown for confirmation.
    pub country_guessed: bool,
}

/// Why text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// Nothing there.
    Empty,
    /// Written with letters: needs confirmation.
    Letters,
    /// An extension follows.
    Extension,
    /// Not a possible number.
    NotPossible,
    /// No country code and no default country.
    NoCountry,
}

/// Whether every zone of a class is open, by law alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Legal {
    /// All open.
    Open,
    /// Some zone is shut: the reason, the zone, its local time `Mon 07:59:59`.
    Shut(WindowReason, String),
    /// No zone known.
    NoZone,
    /// The two databases differ on this zone.
    Disagree(String),
}

/// A rolling cap that binds a call: `max` attempts in `window`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrequencyCap {
    /// The rule's id.
    pub id: String,
    /// Attempts at most.
    pub max: u32,
    /// In any such span.
    pub window: std::time::Duration,
    /// Only counted after this: `conversation`, `abandoned`, `machine`, `refusal`; `None`: always.
    pub after: Option<CapTrigger>,
    /// Whether attempts that never connected to the number (busy, undeliverable) are left out.
    pub connected_only: bool,
}

/// What sets off a cap that does not always bind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CapTrigger {
    /// A conversation with a person.
    Conversation,
    /// An abandoned call.
    Abandoned,
    /// A machine detected.
    Machine,
    /// A refusal.
    Refusal,
}

/// The tables in force.
#[derive(Debug)]
pub struct Rules {
    _tables: BTreeMap<String, String>,
}
#[expect(missing_docs, unused_variables, reason = "replaced by the real thing")]
impl Rules {
    /// The embedded tables, parsed once.
    pub fn embedded() -> &'static Self {
        unimplemented!()
    }
    /// SHA-256 over all tables in force, lower-case hex.
    pub fn digest(&self) -> &str {
        unimplemented!()
    }
    pub fn read_number(
        &self,
        text: &str,
        default_country: Option<&str>,
    ) -> Result<ReadNumber, NumberError> {
        unimplemented!()
    }
    pub fn fitness(&self, number: PhoneNumber) -> Result<LineKind, Unfit> {
        unimplemented!()
    }
    pub fn regions_of(&self, number: PhoneNumber) -> Vec<String> {
        unimplemented!()
    }
    pub fn locate(
        &self,
        number: PhoneNumber,
        hints: &Hints,
        evidence: Evidence,
    ) -> Result<WindowClass, Unfit> {
        unimplemented!()
    }
    pub fn legal(
        &self,
        class: &WindowClass,
        call_class: CallClass,
        overrides: &[RuleOverride],
        at: Timestamp,
    ) -> Legal {
        unimplemented!()
    }
    pub fn caps(
        &self,
        regions: &[String],
        call_class: CallClass,
        purpose: Purpose,
    ) -> Vec<FrequencyCap> {
        unimplemented!()
    }
}
