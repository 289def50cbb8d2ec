//! What a double did, in the order in which it did it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use dialdeck_core::domain::Timestamp;

/// What happened to a call on the double's side of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// An INVITE left: from here on a phone may ring.
    Invite,
    Ringing,
    Answer,
    End,
    Cancel,
}

impl Step {
    /// The word of the carrier log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invite => "invite",
            Self::Ringing => "ringing",
            Self::Answer => "answer",
            Self::End => "end",
            Self::Cancel => "cancel",
        }
    }
}

/// One line.
#[derive(Clone, Debug)]
pub struct Entry {
    pub at: Timestamp,
    pub step: Step,
    /// What the client gave to tell its calls apart, or the double's own id where the protocol has none.
    pub key: String,
    pub to: String,
    pub from: String,
}

/// Every line so far; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Vec<Entry>>>);

impl Ledger {
    /// Writes a line.
    pub fn note(&self, at: Timestamp, step: Step, key: &str, to: &str, from: &str) {
        let (key, to, from) = (key.to_owned(), to.to_owned(), from.to_owned());
        self.0.lock().unwrap().push(Entry {
            at,
            step,
            key,
            to,
            from,
        });
    }

    /// Every line.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }

    /// INVITEs by key.
    pub fn invites(&self) -> BTreeMap<String, usize> {
        let mut invites = BTreeMap::new();
        for entry in self.entries() {
            if entry.step == Step::Invite {
                *invites.entry(entry.key).or_default() += 1;
            }
        }
        invites
    }

    /// How often a number was invited so far.
    pub fn invites_to(&self, number: &str) -> usize {
        let entries = self.0.lock().unwrap();
        let invites = entries.iter().filter(|entry| entry.step == Step::Invite);
        invites.filter(|entry| entry.to == number).count()
    }
}
