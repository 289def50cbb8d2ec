//! The suppressions that an opt-out becomes.

use super::By;
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{Attempt, ListKind, PhoneNumber, Suppression, Timestamp};

/// Returns the suppression for an opt-out that the callee asked for on a call.
pub fn opt_out_on_call(attempt: &Attempt, at: Timestamp) -> Suppression {
    let by = By {
        actor: "callee".to_owned(),
        at,
    };
    let note = format!("said so on call {}", attempt.id);
    opt_out(attempt.number, Some(note), &by)
}

/// Returns the suppression for an opt-out that a person enters.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{ListKind, PhoneNumber, Timestamp};
/// use dialdeck_store::{By, opt_out};
///
/// let number: PhoneNumber = "+12125550142".parse()?;
/// let at: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let by = By { actor: "maria".to_owned(), at };
/// let suppression = opt_out(number, Some("asked by mail".to_owned()), &by);
/// assert_eq!(suppression.list, ListKind::Internal);
/// assert_eq!(suppression.actor, "maria");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn opt_out(number: PhoneNumber, note: Option<String>, by: &By) -> Suppression {
    Suppression {
        number,
        list: ListKind::Internal,
        source: SuppressionSource::OptOut,
        at: by.at,
        actor: by.actor.clone(),
        note,
    }
}
