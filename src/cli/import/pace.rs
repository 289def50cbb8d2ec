//! How many rows share one durable commit: many on a deck without an engine, few while an engine dials.

use std::path::Path;
use std::time::Duration;

use crate::clock;
use crate::store::sqlite::lock;

/// Rows of the first batch, before it is known how long a row takes.
const FIRST: usize = 5_000;
const FEWEST: usize = 1_000;
/// The bound on memory, and on what a failed commit undoes.
const MOST: usize = 50_000;
/// How long one commit may block an engine's commits.
const DIALING: Duration = Duration::from_millis(50);
/// How long one commit may block any other process, such as `dialdeck dnc add` in another shell.
const ALONE: Duration = Duration::from_millis(500);

/// The size of batches, set by the time of the last one.
pub(super) struct Pace<'a> {
    deck: Option<&'a Path>,
    rows: usize,
}

impl<'a> Pace<'a> {
    /// Creates the pace of an import. `deck` is the folder of a deck whose engine may be dialing.
    pub(super) const fn new(deck: Option<&'a Path>) -> Self {
        Self { deck, rows: FIRST }
    }

    /// Returns the number of rows of the next batch.
    pub(super) const fn rows(&self) -> usize {
        self.rows
    }

    /// Records how long a batch took. While an engine dials, pauses for as long, at most 50 ms, so that the
    /// engine can commit.
    pub(super) fn stored(&mut self, rows: usize, spent: Duration) {
        // An engine that cannot be seen counts as running. That is only slower.
        let dialing = self
            .deck
            .is_some_and(|deck| lock::is_held(deck).unwrap_or(true));
        self.rows = next(rows, spent, if dialing { DIALING } else { ALONE });
        if dialing && rows >= FEWEST {
            clock::pause(spent.min(DIALING));
        }
    }
}

/// Returns how many rows fit into `span`, at most twice as many as in the last batch.
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
