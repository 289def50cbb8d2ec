//! The settings for reading the rows of a list.

use super::dates::DateOrder;
use crate::domain::campaign::{CallKind, Evidence};
use crate::domain::{PhoneNumber, Timestamp};

/// The settings for reading the rows of a list.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The country of numbers written without one (`US`), unless the row states another. If `None`, such
    /// numbers are rejects.
    pub country: Option<String>,
    /// The campaign's evidence for the callee's place.
    pub evidence: Evidence,
    /// The class of the campaign's calls. A place without rules for such calls cannot be dialed.
    pub calls: CallKind,
    /// The order of dates such as `5/4/2026`. If `None`, such dates are rejects.
    pub dates: Option<DateOrder>,
    /// The deck's caller IDs. A row with such a number is a reject, for nobody is reached there.
    pub own_numbers: Vec<PhoneNumber>,
    /// The deck's time. A row whose consent is dated later is a reject.
    pub now: Timestamp,
}
