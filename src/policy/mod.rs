//! May we dial, whom, from which number, and what next: every decision, with its reason.
//!
//! Pure: [`decide()`] sees [`Facts`] and the instant, nothing else. The engine, the why-not popup,
//! `dialdeck why` and the dry run all ask this one function. Each gate has a file of its own, with
//! the statute or rule it serves; [`mod@decide`] holds their order.

mod answer;
mod facts;
mod words;

pub mod abandonment;
pub mod amd;
pub mod attempts;
pub mod breaker;
pub mod caller_id;
pub mod caps;
pub mod consent;
pub mod decide;
pub mod fitness;
pub mod pacing;
pub mod retry;
pub mod standing;
pub mod suppression;
pub mod window;

use std::fmt;

use serde::Serialize;

pub use answer::{Decision, DialOrder, Hold, HoldKind, HoldReason, Refusal, Scope, Until};
pub use decide::{Check, Verdict, decide, explain, next_possible};
pub use facts::{Abandonment, CallerIdUse, Context, Facts, Load, Loads, PastAttempt, TrunkRest};

/// Why a zone is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowReason {
    /// A holiday on which calls are barred.
    Holiday,
    /// The weekday is closed.
    DayClosed,
    /// Before the opening.
    BeforeOpen,
    /// At or after the close.
    AfterClose,
    /// Between two windows of one day.
    MiddayGap,
}

impl WindowReason {
    /// The name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holiday => "holiday",
            Self::DayClosed => "day_closed",
            Self::BeforeOpen => "before_open",
            Self::AfterClose => "after_close",
            Self::MiddayGap => "midday_gap",
        }
    }
}

impl fmt::Display for WindowReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
