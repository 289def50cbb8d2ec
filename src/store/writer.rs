//! The group-commit writer: one thread that owns a store and commits what waits together.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Store, StoreError};

/// Jobs in one group at most, so that no answer waits long behind others.
const GROUP: usize = 256;

/// How long a job that nobody waits for may wait for company.
const LAZY: Duration = Duration::from_millis(20);

/// How often an idle writer looks whether another process has committed.
const LOOK: Duration = Duration::from_millis(100);

/// Whether somebody waits for a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Commit as soon as the writer is free.
    Now,
    /// May share the next commit, within 20 ms.
    Lazy,
}

/// What the writer reports, in order of submission.
#[derive(Debug)]
pub enum Done<E> {
    /// A group is durable; its jobs' results.
    Committed(Vec<E>),
    /// The group was not made durable, and nothing will be any more.
    Failed(StoreError),
    /// Another process has committed since the last look.
    ExternalChange,
}

/// Work on the store.
pub type Job<S, E> = Box<dyn FnOnce(&mut S) -> E + Send>;

/// The way to the writer's thread. Dropping it commits what waits and ends the thread.
#[derive(Debug)]
pub struct Writer<S, E> {
    jobs: Option<Sender<(Urgency, Job<S, E>)>>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Store + 'static, E: Send + 'static> Writer<S, E> {
    /// Starts a thread that owns `store`.
    pub fn spawn(store: S) -> (Self, UnboundedReceiver<Done<E>>) {
        let (jobs, inbox) = channel();
        let (outbox, done) = unbounded_channel();
        let thread = std::thread::spawn(move || serve(store, &inbox, &outbox));
        (
            Self {
                jobs: Some(jobs),
                thread: Some(thread),
            },
            done,
        )
    }

    /// Hands a job over.
    pub fn submit(&self, urgency: Urgency, job: Job<S, E>) {
        if let Some(jobs) = &self.jobs {
            // A writer that has failed has said so; nobody waits for this job.
            jobs.send((urgency, job)).ok();
        }
    }
}

impl<S, E> Drop for Writer<S, E> {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn serve<S: Store, E>(
    mut store: S,
    inbox: &Receiver<(Urgency, Job<S, E>)>,
    outbox: &UnboundedSender<Done<E>>,
) {
    let mut waiting = Vec::new();
    loop {
        let patience = if waiting.is_empty() { LOOK } else { LAZY };
        let mut ended = false;
        match inbox.recv_timeout(patience) {
            Ok((urgency, job)) => {
                waiting.push(job);
                let mut now = urgency == Urgency::Now;
                while waiting.len() < GROUP {
                    let Ok((urgency, job)) = inbox.try_recv() else {
                        break;
                    };
                    waiting.push(job);
                    now |= urgency == Urgency::Now;
                }
                if !now && waiting.len() < GROUP {
                    continue;
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => ended = true,
        }
        match store.changed_elsewhere() {
            Ok(false) => {}
            Ok(true) => drop(outbox.send(Done::ExternalChange)),
            Err(error) => return drop(outbox.send(Done::Failed(error))),
        }
        if !waiting.is_empty() {
            match commit(&mut store, std::mem::take(&mut waiting)) {
                Ok(results) => drop(outbox.send(Done::Committed(results))),
                Err(error) => return drop(outbox.send(Done::Failed(error))),
            }
        }
        if ended {
            return;
        }
    }
}

fn commit<S: Store, E>(store: &mut S, jobs: Vec<Job<S, E>>) -> Result<Vec<E>, StoreError> {
    store.begin()?;
    let results = jobs.into_iter().map(|job| job(store)).collect();
    store.commit()?;
    Ok(results)
}
