//! Every decision, with its reason: whether to dial, which contact, from which number, and what is next.
//!
//! Pure: [`decide()`] reads [`Facts`] and the instant, nothing more. The engine, the why-not popup, `dialdeck
//! why` and the dry run all call this one function. Each gate has its own file, with the statute or rule that
//! it implements; [`mod@decide`] holds their order.

mod answer;
mod facts;
mod findings;
#[cfg(test)]
mod fixture;
mod subject;
mod words;

pub mod abandonment;
pub mod amd;
pub mod attempts;
pub mod breaker;
pub mod caller_id;
pub mod caps;
pub mod consent;
pub mod decide;
pub mod declines;
pub mod fitness;
pub mod pacing;
pub mod preconditions;
pub mod recovery;
pub mod retry;
pub mod standing;
pub mod suppression;
#[cfg(test)]
mod tests;
pub mod window;

pub use crate::rules::WindowReason;
pub use answer::{Decision, DialOrder, Hold, HoldKind, HoldReason, Refusal, Scope, Until};
pub use decide::{Check, Verdict, decide, explain, next_possible};
pub use facts::{
    Abandonment, CallerIdUse, Context, Facts, LiveCalls, Load, Loads, PastAttempt, TrunkRest,
};
pub use subject::Subject;
