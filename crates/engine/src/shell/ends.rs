//! When and how a run ends.

use std::time::Duration;

use super::Shell;
use dialdeck_clock::{Clock, Stopwatch};
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::Provider;
use dialdeck_store::{EngineStore, StoreError};

/// How long a run waits for calls that are up after a request to end, by the deck's clock.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// When no campaign can do anything more by time alone.
    AtRest,
    /// Only on request ([`Handle::drain`](super::Handle::drain)), after a failure, or when displaced.
    OnRequest,
}

/// Until when calls that are up are waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drain {
    /// However long they take.
    Unlimited,
    /// Until this instant of a clock that is moved by hand, or kept by a test runtime.
    Until(Timestamp),
    /// For this long from then on, by the time that passes: the machine's clock may be set meanwhile.
    For(Stopwatch, Duration),
}

impl Drain {
    /// Starts to wait for this long by the deck's clock, which says `now`; `None`: without a limit.
    pub(super) fn start(limit: Option<Duration>, clock: &Clock, now: Timestamp) -> Self {
        match (limit, clock) {
            (None, _) => Self::Unlimited,
            (Some(limit), Clock::Manual(_) | Clock::Kept(_)) => Self::Until(now + limit),
            (Some(limit), Clock::System | Clock::Scaled(_)) => {
                Self::For(Stopwatch::start(), clock.real_time(limit))
            }
        }
    }

    /// Returns how long is left; `None`: there is no limit.
    pub(super) fn left(self, now: Timestamp) -> Option<Duration> {
        match self {
            Self::Unlimited => None,
            Self::Until(at) => Some(at.since(now)),
            Self::For(since, limit) => Some(limit.saturating_sub(since.elapsed())),
        }
    }

    /// Returns the instant of the deck's clock at which it ends, where that says so.
    pub(super) fn instant(self) -> Option<Timestamp> {
        match self {
            Self::Until(at) => Some(at),
            Self::Unlimited | Self::For(..) => None,
        }
    }

    pub(super) fn is_over(self, now: Timestamp) -> bool {
        self.left(now).is_some_and(|left| left.is_zero())
    }

    /// Returns the one that ends first.
    fn sooner(self, other: Self, now: Timestamp) -> Self {
        match (self.left(now), other.left(now)) {
            (Some(own), Some(others)) if others < own => other,
            (None, Some(_)) => other,
            (Some(_) | None, _) => self,
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing more can happen by time alone.
    AtRest,
    /// On request, with no call up.
    Drained,
    /// On request, with this many calls left to recovery.
    LeftUp(usize),
    /// The deck's path leads to another file, for this reason; this many calls were left up.
    Displaced(String, usize),
    /// Another engine has taken the deck over. Nothing was sent after that.
    Superseded,
    /// The store failed, for this reason. Nothing was sent after that.
    StoreFailed(String),
}

impl<S: EngineStore + 'static, P: Provider> Shell<S, P> {
    /// Returns how the run ends; `None` if it does not end now.
    pub(super) fn ending(&self, ends: Ends) -> Option<Ending> {
        if let Some(why) = self.dispatcher.unhealthy() {
            return Some(if matches!(why, StoreError::Superseded) {
                Ending::Superseded
            } else {
                Ending::StoreFailed(why.to_string())
            });
        }
        if let Some(why) = self.too_busy_to_drain() {
            return Some(Ending::StoreFailed(why));
        }
        if self.outstanding > 0 {
            return None;
        }
        if ends == Ends::AtRest && self.drain.is_none() && self.nothing_to_come() {
            return Some(Ending::AtRest);
        }
        let up = self.dispatcher.calls_up();
        self.writer.keep_watch(up > 0);
        let over = self
            .drain
            .filter(|drain| up == 0 || drain.is_over(self.now));
        over.map(|_| match (self.dispatcher.displaced(), up) {
            (Some(why), _) => Ending::Displaced(why.to_string(), up),
            (None, 0) => Ending::Drained,
            (None, _) => Ending::LeftUp(up),
        })
    }

    /// Limits the wait for calls that are up when the deck is displaced, as after a request to end: no
    /// command reaches this engine any more.
    pub(super) fn drain_if_displaced(&mut self) {
        if self.dispatcher.displaced().is_some() && !self.displaced {
            self.displaced = true;
            let latest = Drain::start(Some(DRAIN_LIMIT), &self.clock, self.now);
            let set = self.drain.map(|set| set.sooner(latest, self.now));
            self.drain = Some(set.unwrap_or(latest));
        }
    }

    /// Ends the run after this long at the latest. For a displaced engine the earlier end holds.
    pub(super) fn drain_for(&mut self, limit: Option<Duration>) {
        let new = Drain::start(limit, &self.clock, self.now);
        let set = self.drain.filter(|_| self.displaced);
        self.drain = Some(set.map_or(new, |set| set.sooner(new, self.now)));
    }
}
