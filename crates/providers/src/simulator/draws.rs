//! The random draws of one call: a stream that depends only on the seed, the attempt and the callee.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use dialdeck_core::domain::digest::sha256;
use dialdeck_core::domain::{AttemptId, PhoneNumber};

use super::profile::Span;

/// The draws of one call. Never shared between calls, so the order of calls changes nothing and a restarted
/// carrier rebuilds every call identically.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    pub(super) fn of(seed: u64, attempt: AttemptId, to: PhoneNumber) -> Self {
        let text = format!("dialdeck carrier {seed} {attempt} {to}");
        Self(ChaCha8Rng::from_seed(sha256(text.as_bytes())))
    }

    /// Returns a uniform number in `[0, 1)`.
    fn unit(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }

    /// Returns whether an event with this probability occurs.
    pub(super) fn chance(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Returns one of the weighted choices, or `None` only if no choice has a positive weight.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[(T, f64)]) -> Option<T> {
        let total: f64 = choices.iter().map(|(_, weight)| weight).sum();
        let mut left = self.unit() * total;
        let mut last = None;
        for (choice, weight) in choices {
            if *weight > 0.0 {
                last = Some(*choice);
                if left < *weight {
                    break;
                }
                left -= weight;
            }
        }
        last
    }

    /// Returns a duration from a triangular distribution, in whole milliseconds. It is triangular because
    /// that needs only a square root, which is exact on every platform: a seed gives one log everywhere.
    pub(super) fn span(&mut self, span: &Span) -> Duration {
        let (width, rise) = (span.max - span.min, span.mode - span.min);
        let unit = self.unit();
        let seconds = if unit * width < rise {
            span.min + (unit * width * rise).sqrt()
        } else {
            span.max - ((1.0 - unit) * width * (span.max - span.mode)).sqrt()
        };
        let exact = Duration::from_secs_f64(seconds.max(0.0));
        Duration::from_millis(u64::try_from(exact.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    fn draws(serial: i64) -> Draws {
        let attempt = AttemptId {
            deck: DeckId(1),
            serial,
        };
        Draws::of(7, attempt, "+12125550142".parse().unwrap())
    }

    #[test]
    fn spans_stay_inside_their_bounds_and_lean_to_the_mode() {
        let span = Span {
            min: 2.0,
            mode: 4.0,
            max: 20.0,
        };
        let drawn: Vec<f64> = (0..2_000)
            .map(|serial| draws(serial).span(&span).as_secs_f64())
            .collect();
        assert!(drawn.iter().all(|secs| (1.999..=20.0).contains(secs)));
        let early = drawn.iter().filter(|secs| **secs < 9.0).count();
        assert!((1_000..1_400).contains(&early), "{early}");
    }

    #[test]
    fn a_point_span_is_a_point() {
        let span = Span {
            min: 3.0,
            mode: 3.0,
            max: 3.0,
        };
        assert_eq!(draws(1).span(&span), Duration::from_secs(3));
    }

    #[test]
    fn zero_weights_are_never_picked() {
        for serial in 0..500 {
            assert_eq!(draws(serial).pick(&[(1, 0.0), (2, 1.0), (3, 0.0)]), Some(2));
        }
        assert_eq!(draws(1).pick::<u8>(&[]), None);
    }
}
