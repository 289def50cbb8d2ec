//! What goes wrong, drawn by a seed so that a run can be had again.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

/// A number that depends on nothing but the seed and these words.
pub fn dice(seed: u64, words: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    for word in words {
        hash.update(word.as_bytes());
        hash.update([0]);
    }
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// Faults by name, each with how many of a thousand it hits.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    seed: u64,
    rates: BTreeMap<&'static str, u64>,
}

impl Faults {
    /// No faults; add them with [`Faults::with`].
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            rates: BTreeMap::new(),
        }
    }

    /// Lets a fault hit this many of a thousand.
    #[must_use]
    pub fn with(mut self, fault: &'static str, of_thousand: u64) -> Self {
        self.rates.insert(fault, of_thousand);
        self
    }

    /// Whether the fault hits what `key` names.
    pub fn hits(&self, fault: &'static str, key: &str) -> bool {
        let rate = self.rates.get(fault).copied().unwrap_or(0);
        rate > 0 && dice(self.seed, &[fault, key]) % 1000 < rate
    }
}
