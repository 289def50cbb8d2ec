//! Judges what a carrier was asked for while engines were killed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::underneath::bench::Bench;
use dialdeck_testkit::deck::read;

/// The carrier's own log, in which calls of an engine that was killed have no end. They are taken to be up
/// for as long as a call may ring and last.
pub(crate) struct Judged {
    pub(crate) faults: Vec<String>,
    pub(crate) invites: Vec<(i64, String)>,
}

/// 30 seconds and 30 minutes, the default limits of a trunk, in milliseconds.
const LONGEST: i64 = 30_000 + 1_800_000;

impl Judged {
    pub(crate) fn of(bench: &Bench) -> Self {
        let (mut faults, mut invites) = (Vec::new(), Vec::new());
        let mut ids = BTreeSet::new();
        let mut up: BTreeMap<String, i64> = BTreeMap::new();
        for line in read(&bench.beside("carrier.jsonl")).lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            let at: jiff::Timestamp = text("at").parse().unwrap();
            let (at, attempt, number) = (at.as_millisecond(), text("attempt"), text("to"));
            match line["event"].as_str().unwrap() {
                "invite" => {
                    if !ids.insert(attempt.clone()) {
                        faults.push(format!("attempt {attempt} was used twice"));
                    }
                    if up
                        .insert(number.clone(), at)
                        .is_some_and(|other| at < other + LONGEST)
                    {
                        faults.push(format!("{number} is called twice at once"));
                    }
                    invites.push((at, number));
                }
                "end" | "cancel" => {
                    up.remove(&number);
                }
                _ => {}
            }
        }
        Self { faults, invites }
    }

    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.faults, Vec::<String>::new());
    }
}
