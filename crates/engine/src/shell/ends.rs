//! When and how a run ends.

use std::time::Duration;

use super::Shell;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::Provider;
use dialdeck_store::Store;

/// How long a run waits for calls that are up after a request to end, by the deck's clock.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// When no campaign can do anything more by time alone.
    WhenDone,
    /// Only on request ([`Command::Drain`](crate::Command::Drain)), after a failure, or when displaced.
    WhenTold,
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

impl<S: Store + 'static, P: Provider> Shell<S, P> {
    /// Returns how the run ends; `None` if it does not end now.
    pub(super) fn ending(&self, ends: Ends) -> Option<Ending> {
        if let Some(why) = self.dispatcher.unhealthy() {
            return Some(if self.superseded {
                Ending::Superseded
            } else {
                Ending::StoreFailed(why.to_owned())
            });
        }
        if self.outstanding > 0 {
            return None;
        }
        if ends == Ends::WhenDone && self.drain_ends.is_none() && self.nothing_to_come() {
            return Some(Ending::AtRest);
        }
        let up = self.dispatcher.calls_up();
        self.writer.keep_watch(up > 0);
        let over = self.drain_ends.filter(|at| up == 0 || self.now >= *at);
        over.map(|_| match (self.dispatcher.displaced(), up) {
            (Some(why), _) => Ending::Displaced(why.to_owned(), up),
            (None, 0) => Ending::Drained,
            (None, _) => Ending::LeftUp(up),
        })
    }

    /// Limits the wait for calls that are up when the deck is displaced, as after a request to end: no
    /// command reaches this engine any more.
    pub(super) fn drain_if_displaced(&mut self) {
        if self.dispatcher.displaced().is_some() && !self.displaced {
            self.displaced = true;
            let latest = self.now + DRAIN_LIMIT;
            self.drain_ends = Some(self.drain_ends.map_or(latest, |at| at.min(latest)));
        }
    }

    /// Ends the run at this instant at the latest. For a displaced engine the earlier instant holds.
    pub(super) fn drain_until(&mut self, at: Timestamp) {
        let set = self.drain_ends.filter(|_| self.displaced);
        self.drain_ends = Some(set.map_or(at, |set| set.min(at)));
    }
}
