//! The data of an import into a deck, and its figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::contact::{Consent, ConsentKind, WindowClass};
use super::phone::PhoneNumber;
use super::suppression::ListKind;
use super::time::Timestamp;

/// A contact to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// The line of the file, from 1.
    pub line: u64,
    /// The number to call.
    pub number: PhoneNumber,
    /// The contact's name, as imported.
    pub name: String,
    /// The window class, shared by all rows that it binds. `Err` with the reason if the number can be read
    /// but not dialed.
    pub class: Result<Arc<WindowClass>, String>,
    /// Contacts of higher priority are called first.
    pub priority: i32,
    /// The consent that the row carries; `None` if it carries none.
    pub consent: Option<Consent>,
    /// No call at or after this instant; `None` if there is no limit.
    pub expires_at: Option<Timestamp>,
    /// Further columns, as a JSON object; empty if there are none.
    pub variables: String,
}

/// The target of an import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportTarget {
    /// The campaign of that name.
    Campaign(String),
    /// A do-not-call list.
    List(ListKind),
}

/// An import before its first row, for the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// The file name without its folder.
    pub file: String,
    /// The SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// The rows that the file holds; at most this many are imported.
    pub rows: u64,
}

/// An import that has started and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedImport {
    /// The target of the import.
    pub into: ImportTarget,
    /// The file and the rows that it set out to import.
    #[serde(flatten)]
    pub plan: ImportPlan,
    /// When the import started.
    pub at: Timestamp,
}

impl UnfinishedImport {
    /// Returns whether an import of this file into this target completes the unfinished one.
    pub fn is_completed_by(&self, into: &ImportTarget, sha256: &str) -> bool {
        self.into == *into && self.plan.sha256 == sha256
    }
}

/// The figures of an import, for the event log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportFigures {
    /// The file name without its folder.
    pub file: String,
    /// The SHA-256 of the file, lower-case hex; empty if it could not be read to its end.
    pub sha256: String,
    /// The position in the event log of the entry that records its start.
    pub started: Option<i64>,
    /// The number of rows read.
    pub rows: u64,
    /// The number of rows taken.
    pub taken: u64,
    /// The number of rows that were there already.
    pub duplicates: u64,
    /// The number of rows rejected.
    pub rejected: u64,
    /// Rows taken that carry consent, by kind.
    pub consents: BTreeMap<ConsentKind, u64>,
    /// Rows taken that can be dialed, by window class.
    pub classes: BTreeMap<Arc<WindowClass>, u64>,
}
