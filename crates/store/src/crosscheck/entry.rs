//! The parts of the log's lines from which tables follow.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use dialdeck_core::domain::{AttemptId, ListKind, Outcome, PhoneNumber, Timestamp};

#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) seq: i64,
    pub(super) at: Timestamp,
    pub(super) campaign: Option<String>,
    pub(super) contact: Option<i64>,
    pub(super) attempt: Option<AttemptId>,
    pub(super) number: Option<PhoneNumber>,
    pub(super) data: Data,
}

/// The data of the entry kinds that matter here. Each entry has a few of these fields.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Data {
    pub(super) settings: Option<Value>,
    pub(super) pacing: Option<Value>,
    pub(super) state: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) list: Option<ListKind>,
    pub(super) source: Option<String>,
    pub(super) note: Option<String>,
    pub(super) consent_restored: bool,
    pub(super) as_of: Option<Timestamp>,
    pub(super) areas: Vec<String>,
    pub(super) sha256: String,
    pub(super) rows: u64,
    pub(super) taken: u64,
    pub(super) started: Option<i64>,
    pub(super) classes: Vec<Class>,
    pub(super) content: Option<Content>,
    pub(super) n: u32,
    pub(super) trunk: String,
    pub(super) caller_id: Option<PhoneNumber>,
    pub(super) outcome: Option<String>,
    pub(super) cause: Option<String>,
    pub(super) callee_type: Option<String>,
    pub(super) counts: bool,
}

/// The digest of a campaign's contacts when an import ended.
#[derive(Deserialize)]
pub(super) struct Content {
    pub(super) after: i64,
    pub(super) through: i64,
    pub(super) sha256: String,
}

/// How many of an import's rows have this window class.
#[derive(Deserialize)]
pub(super) struct Class {
    pub(super) taken: u64,
}

/// Imports that have started, by sequence number: the digest of the file, and its number of rows.
pub(super) type Started = BTreeMap<i64, (String, u64)>;

/// Returns the kind of an entry.
pub(super) fn kind(line: &str) -> Result<&str, String> {
    const KEY: &str = r#","kind":""#;
    let from = line.find(KEY).map(|at| at + KEY.len());
    let kind = from.and_then(|from| line.get(from..)?.split('"').next());
    kind.ok_or_else(|| "it has no kind".to_owned())
}

/// Returns the entry on a line.
pub(super) fn read(line: &str) -> Result<Entry, String> {
    serde_json::from_str(line).map_err(|error| format!("it cannot be read: {error}"))
}

/// Returns the outcome that an entry names.
pub(super) fn outcome(entry: &Entry) -> Result<Outcome, String> {
    let named = entry.data.outcome.as_deref();
    named.ok_or("it has no outcome")?.parse()
}
