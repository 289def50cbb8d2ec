//! The queue of requests before they leave. Requests that gather leave together.
//!
//! Plum fails every call of a client that loops its single queue (Plum's best practices for outbound calling,
//! "Use the correct API"). So only a limited number of requests is in progress or was answered less than a
//! second ago. The second counts from the answer, so Plum receives them a second apart at any network delay.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::addresses::{Addresses, Subject};
use super::batch::Batch;
use crate::DialRequest;
use crate::remote::Line;
use dialdeck_core::domain::{AttemptId, CallEnd};

/// How long a request keeps its place after its answer.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A request that waits to leave.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) request: DialRequest,
    pub(super) line: Line,
    /// Signals that the end of this request was reported.
    pub(super) settled: oneshot::Sender<()>,
}

/// The requests that wait, and how many may leave.
#[derive(Debug)]
pub(super) struct Pace {
    /// Bounded by the trunk's concurrency, because the engine places no more.
    waiting: Mutex<VecDeque<Ticket>>,
    places: Semaphore,
}

impl Pace {
    pub(super) fn new(singles_per_second: u32) -> Self {
        let places = usize::try_from(singles_per_second.max(1)).unwrap_or(1);
        Self {
            waiting: Mutex::default(),
            places: Semaphore::new(places.min(Semaphore::MAX_PERMITS)),
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Ticket>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a request to the queue. Returns a receiver that completes when the request is settled.
    pub(super) fn enter(&self, request: DialRequest, line: Line) -> oneshot::Receiver<()> {
        let (settled, settles) = oneshot::channel();
        self.waiting().push_back(Ticket {
            request,
            line,
            settled,
        });
        settles
    }

    /// Returns whether an attempt's request still waits.
    pub(super) fn waits(&self, attempt: AttemptId) -> bool {
        let waiting = self.waiting();
        waiting
            .iter()
            .any(|ticket| ticket.request.attempt == attempt)
    }

    /// Returns a place once one is free. Never returns `None`, because the semaphore is not closed.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Removes the requests that `why` gives an end for, and returns each with its end.
    pub(super) fn weed(
        &self,
        why: impl Fn(&DialRequest) -> Option<CallEnd>,
    ) -> Vec<(Ticket, CallEnd)> {
        let mut waiting = self.waiting();
        let mut weeds = Vec::new();
        for ticket in std::mem::take(&mut *waiting) {
            match why(&ticket.request) {
                Some(end) => weeds.push((ticket, end)),
                None => waiting.push_back(ticket),
            }
        }
        weeds
    }

    /// Returns the requests that leave now; the caller holds a place. That is only the oldest if every
    /// waiting request can have a place, otherwise as many as one bulk request holds.
    pub(super) fn take(&self, addresses: &Addresses) -> Option<(Subject, Vec<Ticket>)> {
        let mut waiting = self.waiting();
        if waiting.len() <= 1 + self.places.available_permits() {
            let ticket = waiting.pop_front()?;
            return Some((Subject::One(ticket.request.attempt), vec![ticket]));
        }
        let mut tickets: Vec<Ticket> = waiting.drain(..).collect();
        tickets.sort_by_key(|ticket| ticket.request.attempt);
        let mut tickets = tickets.into_iter();
        let first = tickets.next()?;
        let (attempt, pci) = (first.request.attempt, first.request.pci);
        let (key, longest) = (addresses.key(), addresses.longest_reference());
        let mut batch = Batch::new(attempt, first.request.to, key);
        let mut leaving = vec![first];
        for ticket in tickets {
            let request = &ticket.request;
            // A bulk request is PCI as a whole or not at all.
            if request.pci == pci && batch.add(request.attempt, request.to, key, longest) {
                leaving.push(ticket);
            } else {
                waiting.push_back(ticket);
            }
        }
        let subject = match leaving.len() {
            1 => Subject::One(attempt),
            _ => Subject::Batch(batch),
        };
        Some((subject, leaving))
    }
}
