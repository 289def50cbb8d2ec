//! What an import brings into a deck, and its figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::contact::{Consent, ConsentKind, WindowClass};
use super::phone::PhoneNumber;
use super::suppression::ListKind;
use super::time::Timestamp;

/// A contact to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewContact {
    /// Line of the file, from 1.
    pub line: u64,
    /// Its number.
    pub number: PhoneNumber,
    /// Its name.
    pub name: String,
    /// What binds its window, shared by all rows it binds; `Err`: the number can be read but not
    /// dialed, and why.
    pub class: Result<Arc<WindowClass>, String>,
    /// Higher is called first.
    pub priority: i32,
    /// Consent.
    pub consent: Option<Consent>,
    /// No call from this instant on.
    pub expires_at: Option<Timestamp>,
    /// Further columns, as a JSON object; empty: none.
    pub variables: String,
}

/// Where an import goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportTarget {
    /// The campaign of that name.
    Campaign(String),
    /// A do-not-call list.
    List(ListKind),
}

/// An import before its first row, for the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportPlan {
    /// File name without its folder.
    pub file: String,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
    /// Rows that the file holds: at most so many come in.
    pub rows: u64,
}

/// An import that has started and has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnfinishedImport {
    /// Where it goes.
    pub into: ImportTarget,
    /// What it set out to bring.
    #[serde(flatten)]
    pub plan: ImportPlan,
    /// When it started.
    pub at: Timestamp,
}

impl UnfinishedImport {
    /// Whether an import of this file into this target completes what this one began.
    pub fn is_completed_by(&self, into: &ImportTarget, sha256: &str) -> bool {
        self.into == *into && self.plan.sha256 == sha256
    }
}

/// Figures of an import, for the log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportFigures {
    /// File name without its folder.
    pub file: String,
    /// SHA-256 of the file, lower-case hex; empty when it could not be read to its end.
    pub sha256: String,
    /// The place in the log of the entry with which it started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<i64>,
    /// Rows read.
    pub rows: u64,
    /// Rows taken.
    pub taken: u64,
    /// Rows that were there already.
    pub duplicates: u64,
    /// Rows rejected.
    pub rejected: u64,
    /// Rows taken that carry consent, by kind.
    pub consents: BTreeMap<ConsentKind, u64>,
    /// Rows taken that can be dialed, by what binds their hours.
    #[serde(serialize_with = "by_place")]
    pub classes: BTreeMap<Arc<WindowClass>, u64>,
}

/// Writes the counts by zones and regions, wherever these come from.
fn by_place<S: Serializer>(
    classes: &BTreeMap<Arc<WindowClass>, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Place<'a> {
        zones: &'a [String],
        regions: &'a [String],
        taken: u64,
    }
    let mut places: BTreeMap<(&[String], &[String]), u64> = BTreeMap::new();
    for (class, taken) in classes {
        *places.entry((&class.zones, &class.regions)).or_default() += taken;
    }
    serializer.collect_seq(places.into_iter().map(|((zones, regions), taken)| Place {
        zones,
        regions,
        taken,
    }))
}
