//! Requests wait here until one may leave; what has gathered by then leaves together.
//!
//! Plum fails every call of a client that loops its single queue (the seed, "Use the correct API").
//! So at most so many requests are under way or answered less than a second ago, counted from the
//! answer: whatever the network's delays, Plum sees them a second apart.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::addresses::{Addresses, Subject};
use super::batch::Batch;
use crate::DialRequest;
use crate::remote::Line;
use dialdeck_core::domain::AttemptId;
use dialdeck_core::domain::attempt::CallEnd;

/// How long a request's place stays taken after its answer.
pub(super) const SECOND: Duration = Duration::from_secs(1);

/// A request that waits.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) request: DialRequest,
    pub(super) line: Line,
    /// Told once the line was told what became of it.
    pub(super) settled: oneshot::Sender<()>,
}

/// Requests that wait, and how many may leave.
#[derive(Debug)]
pub(super) struct Pace {
    /// Bounded by the trunk's concurrency: the engine places no more than that.
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

    /// Lets a request wait.
    pub(super) fn enter(&self, request: DialRequest, line: Line) -> oneshot::Receiver<()> {
        let (settled, settles) = oneshot::channel();
        self.waiting().push_back(Ticket {
            request,
            line,
            settled,
        });
        settles
    }

    /// Whether an attempt's request still waits.
    pub(super) fn waits(&self, attempt: AttemptId) -> bool {
        let waiting = self.waiting();
        waiting
            .iter()
            .any(|ticket| ticket.request.attempt == attempt)
    }

    /// Waits until a request may leave. `None` never comes: the places are not closed.
    pub(super) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.acquire().await.ok()
    }

    /// Takes out what is not to leave any more, with its end.
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

    /// Takes what leaves now, by somebody who has a place: the oldest alone while there are places
    /// for all that wait, else as many as one bulk request holds.
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
