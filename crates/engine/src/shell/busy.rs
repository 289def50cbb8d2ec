//! What an engine does while another process keeps its store busy: it waits, and says so.
//!
//! The log cannot hold the alert before the store is free, so it is shown beside the log.

use std::time::Duration;

use dialdeck_clock::Clock;
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_providers::Provider;
use dialdeck_store::writer::{Job as WriterJob, Urgency};
use dialdeck_store::{EngineStore, StoreError};

use super::{Reply, Shell};
use crate::{Job, alerts};

/// Jobs of the store's thread.
type StoreJob<S> = WriterJob<S, Option<Reply>>;

/// A wait for the store.
pub(super) struct Busy<S> {
    /// Why.
    error: StoreError,
    /// What is to be done then: the store's thread takes no more than a queue of jobs.
    jobs: Vec<(Urgency, StoreJob<S>)>,
}

impl<S: EngineStore + 'static, P: Provider> Shell<S, P> {
    /// Hands a job to the store's thread, or keeps it until that has a store to work on.
    pub(super) fn hand_to_writer(&mut self, urgency: Urgency, job: StoreJob<S>) {
        match &mut self.busy {
            Some(busy) => busy.jobs.push((urgency, job)),
            // A writer that has ended has said why; the engine ends with that.
            None => drop(self.writer.submit(urgency, job)),
        }
    }

    /// Another process holds the store's write lock: nothing is dialed until it is free.
    pub(super) fn on_busy(&mut self, waited: Duration, error: StoreError) {
        let alert = AlertRaised::store_is_busy(waited.as_secs());
        self.busy_board.send_replace(Some(alert));
        self.busy = Some(Busy {
            error,
            jobs: Vec::new(),
        });
    }

    /// The store is free again; the log gets the alert.
    pub(super) fn on_resumed(&mut self, waited: Duration) {
        self.busy_board.send_replace(None);
        let Some(busy) = self.busy.take() else {
            return;
        };
        for (urgency, job) in busy.jobs {
            self.hand_to_writer(urgency, job);
        }
        let alert = AlertRaised::store_was_busy(waited.as_secs(), self.now);
        let alert = alerts::raised(alert, self.now);
        self.submit(Job::Log(Box::new(alert)), "engine");
    }

    /// Why the store's answers are waited for no longer; `None`: they are.
    pub(super) fn too_busy_to_drain(&self) -> Option<String> {
        let busy = self.busy.as_ref()?;
        // A clock that is moved by hand does not move meanwhile.
        let stands = matches!(self.clock, Clock::Manual(_));
        let over = |drain: &super::Drain| drain.is_over(self.now) || stands;
        self.drain.filter(over).map(|_| busy.error.to_string())
    }
}
