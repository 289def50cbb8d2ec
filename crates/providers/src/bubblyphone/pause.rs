//! The pauses between polls.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Returns a pause with up to half of it added, so that calls placed together are not polled together. The
/// result depends only on the arguments.
pub(super) fn jittered(pause: Duration, turn: (&str, u32)) -> Duration {
    let mut hash = DefaultHasher::new();
    turn.hash(&mut hash);
    let share = u32::try_from(hash.finish() % 1000).unwrap_or(0);
    pause + pause / 2 * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_placed_together_are_not_asked_for_together() {
        let pause = Duration::from_secs(4);
        let of = |id: &str, turn| jittered(pause, (id, turn));
        assert_eq!(of("c1", 1), of("c1", 1));
        assert_ne!(of("c1", 1), of("c2", 1));
        assert_ne!(of("c1", 1), of("c1", 2));
        for turn in 0..1000 {
            assert!((pause..pause * 3 / 2).contains(&of("c1", turn)));
        }
    }
}
