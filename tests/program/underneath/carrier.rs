//! The carrier's own log, and what must hold in it no matter what happened to the deck.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// What a carrier logged about a deck.
#[derive(Debug, Default)]
pub(crate) struct Carrier {
    /// Every invite: attempt and number called, in the order of the file.
    pub(crate) invites: Vec<(String, String)>,
    faults: Vec<String>,
}

impl Carrier {
    /// Reads a log.
    pub(crate) fn read(log: &str) -> Self {
        let mut carrier = Self::default();
        let mut used = BTreeSet::new();
        let mut up: BTreeMap<String, String> = BTreeMap::new();
        for line in log.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap().to_owned();
            let (attempt, number) = (text("attempt"), text("to"));
            match line["event"].as_str().unwrap() {
                "invite" => {
                    if !used.insert(attempt.clone()) {
                        carrier
                            .faults
                            .push(format!("attempt {attempt} was used twice"));
                    }
                    if let Some(other) = up.insert(number.clone(), attempt.clone()) {
                        let both = format!("{number} is called by {other} and {attempt} at once");
                        carrier.faults.push(both);
                    }
                    carrier.invites.push((attempt, number));
                }
                "end" | "cancel" => {
                    up.remove(&number);
                }
                _ => {}
            }
        }
        carrier
    }

    /// Asserts that no attempt id was used twice, and no number had two calls up together.
    #[track_caller]
    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.faults, Vec::<String>::new());
    }

    /// Returns the numbers invited from this invite on.
    pub(crate) fn numbers_from(&self, first: usize) -> BTreeSet<&str> {
        let later = self.invites.iter().skip(first);
        later.map(|(_, number)| number.as_str()).collect()
    }
}
