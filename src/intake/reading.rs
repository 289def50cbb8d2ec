//! How the rows of a list are read.

use super::dates::DateOrder;
use crate::domain::Timestamp;
use crate::domain::campaign::{CallKind, Evidence};

/// How the rows of a list are read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The country of numbers written without one (`US`), unless the row states another; `None`: such
    /// numbers are rejects.
    pub country: Option<String>,
    /// The campaign's.
    pub evidence: Evidence,
    /// The campaign's calls: a place without rules for such calls cannot be dialed.
    pub calls: CallKind,
    /// The order of dates such as `5/4/2026`; `None`: they are rejects.
    pub dates: Option<DateOrder>,
    /// The deck's time: consent of later is a reject.
    pub now: Timestamp,
}
