//! Checks that the log and the tables agree: a fold over the log's entries, and rows compared to it.
//!
//! Everything a verb writes into a table it logs in the same transaction. So the fold of the log equals what
//! the tables hold, and a row that was lost, changed or inserted from outside differs from it. This module is
//! pure: a store passes it lines and rows.

mod content;
mod difference;
mod fold;
mod hold;
mod when;

pub use self::difference::{Difference, Differences, Mismatch, Origin, RowMismatch};
pub(super) use content::{Content, Imported};
pub(super) use fold::Fold;
pub(super) use hold::{AttemptRow, CampaignRow, ContactRow, Held, ListRow};
