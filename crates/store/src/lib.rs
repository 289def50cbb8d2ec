//! The store: domain verbs, with two implementations, in memory and in SQLite.
//!
//! Every verb is atomic. Between [`Acts::begin`] and [`Acts::commit`] several verbs share one durable
//! commit. A verb that is refused inside the group changes nothing and does not affect the others. A verb
//! that fails because the store fails may take the group with it: then the group's commit fails. Act on a
//! verb's result only after the commit has returned.
//!
//! Any process may read a deck ([`Reads`]) and write suppressions and commands ([`Acts`]): the claim reads both
//! again inside its own transaction. The verbs that make and record calls ([`EngineStore`]) are those of an
//! [`Engine`] alone, which is a handle that has taken the deck over under the engine's lock.
//!
//! # Examples
//!
//! A number on the do-not-call list, in a deck in memory:
//!
//! ```
//! use dialdeck_core::domain::{DeckId, PhoneNumber, Timestamp};
//! use dialdeck_core::rules::Rules;
//! use dialdeck_store::memory::MemoryStore;
//! use dialdeck_store::{Acts as _, By, Reads as _, opt_out};
//!
//! let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
//! let mut store = MemoryStore::new(DeckId(0x7f3a_9c21), Rules::embedded(), now);
//!
//! let number: PhoneNumber = "+12125550142".parse()?;
//! let by = By { actor: "maria".to_owned(), at: now };
//! let done = store.suppress(&[opt_out(number, None, &by)])?;
//! assert_eq!(done.added, 1);
//! assert_eq!(store.suppressions_of(number)?.len(), 1);
//!
//! // The event log has the entry, and the revoked consent that an opt-out implies.
//! let log = store.tail(0, 10)?;
//! assert!(log[0].line.contains(r#""kind":"suppression_added""#));
//! assert!(log[1].line.contains(r#""kind":"consent_revoked""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
pub mod crosscheck;
mod entries;
mod error;
pub mod exchange;
mod facts;
mod listing;
pub mod memory;
mod moves;
mod opt_out;
mod recover;
mod rights;
pub mod sqlite;
mod timing;
mod verbs;
pub mod writer;

pub use answers::{
    By, CampaignCounts, Candidate, Claimed, HangUps, PendingEnd, Recount, Restored, Reversal,
    RowFate, Settled, Snapshot, Suppressed,
};
pub use dialdeck_core::domain::deck::DeckSettings;
pub use dialdeck_core::domain::import::{
    ImportFigures, ImportPlan, ImportTarget, NewContact, UnfinishedImport,
};
pub use error::{Displaced, MarkFault, StoreError, Unusable};
pub use listing::{ContactPage, ContactQuery, Direction, ListKey, ListOrder};
pub use moves::{not_called_again, not_judged};
pub use opt_out::{opt_out, opt_out_on_call};
pub use timing::ClockAccepted;
pub use verbs::{Acts, Engine, EngineStore, Epoch, Reads};
