//! How many rows share one durable commit: many when the deck is ours, few while an engine dials.

use std::path::Path;
use std::time::Duration;

use crate::clock;
use crate::store::sqlite::lock;

/// Rows of the first batch, before it is known how long one takes.
const FIRST: usize = 5_000;
const FEWEST: usize = 1_000;
/// The bound on memory, and on what a failed commit undoes.
const MOST: usize = 50_000;
/// How long one commit may keep the deck from an engine, whose own commits wait for it.
const DIALING: Duration = Duration::from_millis(50);
/// How long it may keep the deck from anything else, such as `dialdeck dnc add` in another shell.
const ALONE: Duration = Duration::from_millis(500);

/// The size of batches, by the time the last one took.
pub(super) struct Pace<'a> {
    deck: Option<&'a Path>,
    rows: usize,
}

impl<'a> Pace<'a> {
    /// `deck`: the folder whose engine is to be spared.
    pub(super) const fn new(deck: Option<&'a Path>) -> Self {
        Self { deck, rows: FIRST }
    }

    /// Rows of the next batch.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// A batch took that long. While an engine dials, it gets as long for its own commits.
    pub(super) fn stored(&mut self, rows: usize, spent: Duration) {
        // An engine that cannot be seen is taken for one that runs: that is only slower.
        let dialing = self
            .deck
            .is_some_and(|deck| lock::is_held(deck).unwrap_or(true));
        self.rows = next(rows, spent, if dialing { DIALING } else { ALONE });
        if dialing && rows >= FEWEST {
            clock::pause(spent.min(DIALING));
        }
    }
}

/// As many rows as `span` has room for, and at most twice as many as the batch before.
fn next(rows: usize, spent: Duration, span: Duration) -> usize {
    let times = span.as_secs_f64() / spent.as_secs_f64().max(1e-6);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a positive number of rows, at most twice those of a batch"
    )]
    let rows = (rows as f64 * times.min(2.0)) as usize;
    rows.clamp(FEWEST, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_to_their_bound_and_shrink_at_once() {
        let ms = Duration::from_millis;
        assert_eq!(next(5_000, ms(40), ALONE), 10_000);
        assert_eq!(next(40_000, ms(200), ALONE), MOST);
        assert_eq!(next(50_000, ms(500), DIALING), 5_000);
        assert_eq!(next(5_000, ms(5_000), DIALING), FEWEST);
        assert_eq!(next(5_000, Duration::ZERO, ALONE), 10_000);
    }
}
