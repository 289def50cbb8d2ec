//! When a run ends, and how.

use std::time::Duration;

use super::Shell;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::Provider;
use dialdeck_store::Store;

/// How long running calls are waited for after a request to end, by the deck's clock.
pub const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// When a run ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// When no campaign can do anything more by time alone.
    WhenDone,
    /// Only when asked to.
    WhenTold,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing more can happen by time alone.
    AtRest,
    /// Asked to end, and no call is up.
    Drained,
    /// Asked to end, with this many calls left to recovery.
    LeftUp(usize),
    /// The deck's path leads elsewhere, for this reason; with this many calls left up.
    Displaced(String, usize),
    /// Another engine has taken the deck over; nothing was sent after that.
    Superseded,
    /// The store failed; nothing was sent after that.
    StoreFailed(String),
}

impl<S: Store + 'static, P: Provider> Shell<S, P> {
    /// Returns how the run ends, if it ends now.
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

    /// Calls that are up are waited for no longer than after a request to end, since no command reaches
    /// this engine any more.
    pub(super) fn drain_if_displaced(&mut self) {
        if self.dispatcher.displaced().is_some() && !self.displaced {
            self.displaced = true;
            let latest = self.now + DRAIN_LIMIT;
            self.drain_ends = Some(self.drain_ends.map_or(latest, |at| at.min(latest)));
        }
    }

    /// Ends by then at the latest. For a displaced engine the earlier end holds.
    pub(super) fn drain_until(&mut self, at: Timestamp) {
        let set = self.drain_ends.filter(|_| self.displaced);
        self.drain_ends = Some(set.map_or(at, |set| set.min(at)));
    }
}
