//! What follows an outcome.
use super::Facts;
use crate::domain::outcome::Classification;
use crate::domain::{ContactState, Timestamp};

/// What becomes of the contact after an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another attempt not before this instant, which lies inside the contact's next open window.
    Retry(Timestamp),
    /// The contact reached an end.
    Finish(ContactState),
    /// The number goes on the internal do-not-call list, and the contact with it.
    DoNotCall(crate::domain::suppression::SuppressionSource),
}

/// Plans what follows. `facts` are those after the attempt ended; its own row is `facts.history[0]`.
pub fn plan(_facts: &Facts<'_>, _ended: &Classification, _now: Timestamp) -> Next {
    unimplemented!()
}
