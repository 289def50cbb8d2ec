//! What an engine takes as the present instant, and how it notices that the machine's clock was set.

use std::time::Duration;

use dialdeck_clock::ClockWatch;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::Provider;
use dialdeck_store::EngineStore;

use super::Shell;
use crate::Event;

/// How long after its acceptance a clock is taken for the one that was accepted. An engine looks for news of the
/// store every few seconds.
const NOTICED_WITHIN: Duration = Duration::from_mins(1);

/// Returns whether `now` is of the clock that was accepted at `accepted`, as far as its instant shows.
fn is_shortly_after(now: Timestamp, accepted: Timestamp) -> bool {
    now >= accepted && now.since(accepted) <= NOTICED_WITHIN
}

impl<S: EngineStore + 'static, P: Provider> Shell<S, P> {
    /// Takes the present instant from the clock, and compares the clock with the time that passed.
    ///
    /// While a jump holds the dialing, the present goes on with the time that passes: calls that are up must
    /// neither end sooner nor last longer because the clock was set. Once an operator has accepted the
    /// clock, its instant is the present, and the comparison starts over. A clock that jumped again since is not
    /// the one that was accepted.
    pub(super) fn read_clock(&mut self) {
        if let Some(accepted) = self.dispatcher.clock_accepted() {
            let jump = self.clock_watch.as_ref().and_then(ClockWatch::jump);
            if let Some(seconds) = jump.filter(|_| !is_shortly_after(self.clock.now(), accepted)) {
                return self.step(Event::ClockJumped(seconds));
            }
            let steady = self.clock_watch.as_ref().map(ClockWatch::steady_now);
            let before = steady.map_or(self.now, |steady| steady.max(self.now));
            // An accepted clock may be behind the instant that this engine took as the present.
            self.now = self.clock.now();
            if let Some(watch) = &mut self.clock_watch {
                watch.restart();
            }
            let set_by = self.now.as_millis() - before.as_millis();
            return self.step(Event::ClockRestarted(set_by));
        }
        let held = self.dispatcher.clock_held();
        let jump = self.clock_watch.as_ref().and_then(ClockWatch::jump);
        let steady = self.clock_watch.as_ref().map(ClockWatch::steady_now);
        let present = steady.filter(|_| held || jump.is_some());
        self.now = self.now.max(present.unwrap_or_else(|| self.clock.now()));
        if let Some(seconds) = jump.filter(|_| !held) {
            self.step(Event::ClockJumped(seconds));
        }
    }

    /// Returns how long to wait for an instant by the machine's clock; `None` on a clock that does not move
    /// by itself. A clock that jumped is not asked.
    pub(super) fn real_time_until(&self, at: Timestamp) -> Option<Duration> {
        if self.clock_watch.is_some() && self.dispatcher.clock_held() {
            Some(at.since(self.now))
        } else {
            self.clock.real_time_until(at)
        }
    }
}
