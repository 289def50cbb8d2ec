//! The tick of the clock on the screen: once a second, with one wake-up.

use std::time::Duration;

use crate::clock::{Clock, Stopwatch};

/// A slot of the runtime's timer wheel, in milliseconds. A timer that ends within a slot wakes the thread
/// twice, at the slot's edge and at its end. A timer that ends at an edge wakes it once.
const SLOT: u64 = 64;

/// The timer rounds up to whole milliseconds.
const EARLY: Duration = Duration::from_micros(500);

/// A ticker that ticks just after each second of the machine's clock.
pub(super) struct Ticker {
    /// Started together with the runtime's timer, so that both count the edges of slots from one instant.
    started: Stopwatch,
    next: Duration,
}

impl Ticker {
    /// Creates the ticker. Call it directly after the runtime is created. The first tick is due immediately.
    pub(super) fn new() -> Self {
        Self {
            started: Stopwatch::start(),
            next: Duration::ZERO,
        }
    }

    /// Returns the time until the next tick.
    pub(super) fn left(&self) -> Duration {
        self.next
            .saturating_sub(EARLY)
            .saturating_sub(self.started.elapsed())
    }

    /// Sets the next tick to the next second of the clock.
    pub(super) fn turn(&mut self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(0);
        let clock = Clock::System.now().as_millis();
        self.next = Duration::from_millis(next(elapsed, clock));
    }
}

/// Returns the first edge of a slot at or after the clock's next whole second, in milliseconds since the
/// start. `elapsed` and `clock` are in milliseconds.
fn next(elapsed: u64, clock: i64) -> u64 {
    let within = clock.rem_euclid(1_000).unsigned_abs();
    (elapsed + 1_000 - within).next_multiple_of(SLOT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_second_is_shown_once_and_soon() {
        for offset in 0..1_000 {
            let mut elapsed = 0;
            for second in 1..100 {
                elapsed = next(elapsed, i64::try_from(elapsed).unwrap() + offset);
                let clock = elapsed + offset.unsigned_abs();
                assert_eq!(clock / 1_000, second);
                assert!(clock % 1_000 < SLOT && elapsed % SLOT == 0);
            }
        }
    }
}
