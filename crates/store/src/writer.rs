//! The one writer: a thread that owns the store and commits waiting jobs in groups.
//!
//! Results are reported only after their group's commit, in the order of submission. After a failed commit
//! the writer executes nothing more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Acts, StoreError, Unusable};
use dialdeck_clock::Stopwatch;

/// Jobs in one group, at most, so that a group's commit is never far away.
pub const MAX_GROUP: usize = 256;
/// Jobs waiting, at most. Beyond that [`Writer::submit`] blocks.
pub const MAX_WAITING: usize = 1024;
/// How long a lazy job waits for further jobs to share its commit.
pub const LAZY: Duration = Duration::from_millis(20);
/// How often an idle writer that keeps watch checks whether another process has committed.
pub const WATCHFUL_LOOK: Duration = Duration::from_millis(250);
/// How often an idle writer that does not keep watch checks. No call is up then that another process's write
/// would have to end.
pub const CALM_LOOK: Duration = Duration::from_secs(3);

/// A job: a closure that the writer's thread runs on the store.
pub type Job<S, E> = Box<dyn FnOnce(&mut S) -> E + Send>;

/// How soon a job must be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// In the next group, which starts without delay.
    Now,
    /// In the next group that starts for another job, at the latest after [`LAZY`] or [`MAX_GROUP`] jobs.
    Lazy,
}

/// What the writer reports.
#[derive(Debug)]
pub enum Done<E> {
    /// A group is durable. Holds its results, in the order of submission.
    Ok(Vec<E>),
    /// A group is not durable, and no later job is executed. Also sent if a job panics.
    Failed(StoreError),
    /// Another process has committed.
    ExternalChange,
    /// The deck's path leads to other files. Jobs that begin something fail, others are executed. Sent once.
    Displaced(StoreError),
    /// Another process holds the store's write lock, for this long already: what waits is executed once
    /// it is free. Said once per wait.
    Waiting(Duration, StoreError),
    /// It is free again, after this long.
    Resumed(Duration),
}

/// A handle on the writer. Dropping it executes the waiting jobs and commits; it joins a thread, but does not
/// wait for a task.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::writer::{Done, Urgency, Writer};
/// use dialdeck_store::{Acts as _, By};
/// use tokio::sync::mpsc::unbounded_channel;
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
/// let (sender, mut done) = unbounded_channel();
/// let writer = Writer::spawn(store, sender)?;
/// writer.submit(Urgency::Now, move |store: &mut MemoryStore| {
///     store.hang_up_all("fire alarm", &By { actor: "maria".to_owned(), at: now })
/// })?;
///
/// // The result is reported after the commit.
/// let Some(Done::Ok(results)) = done.blocking_recv() else {
///     return Err("the writer has failed".into());
/// };
/// assert!(matches!(results[..], [Ok(1)]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Writer<S, E> {
    jobs: Option<Jobs<S, E>>,
    thread: Option<JoinHandle<()>>,
    watch: Arc<AtomicBool>,
    ends: Arc<AtomicBool>,
}

/// Where submitted jobs go.
enum Jobs<S, E> {
    Thread(SyncSender<(Urgency, Job<S, E>)>),
    Task(UnboundedSender<Job<S, E>>),
}

/// The writer has ended because a commit failed. The job was not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store's writer has ended")]
pub struct Ended;

impl<S: Acts + 'static, E: Send + 'static> Writer<S, E> {
    /// Starts a thread that owns `store` and reports to `done`. Returns the handle.
    ///
    /// # Errors
    /// Errors if the thread cannot be started.
    pub fn spawn(store: S, done: UnboundedSender<Done<E>>) -> std::io::Result<Self> {
        let (sender, jobs) = sync_channel(MAX_WAITING);
        let watch = Arc::new(AtomicBool::new(true));
        let ends = Arc::new(AtomicBool::new(false));
        let work = Loop {
            jobs,
            work: Work::new(store, done, &ends),
            watch: Arc::clone(&watch),
        };
        let thread = thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || work.run())?;
        Ok(Self {
            jobs: Some(Jobs::Thread(sender)),
            thread: Some(thread),
            watch,
            ends,
        })
    }

    /// Starts a task of the current runtime that owns `store` and reports to `done`. Returns the handle.
    ///
    /// For a runtime of one thread whose time jumps to the next timer: while a group is executed nothing else
    /// runs, so that no time passes. All submitted jobs are executed as soon as the task runs, whatever their
    /// urgency, and the idle task does not check for commits of other processes.
    ///
    /// # Panics
    /// Panics outside of a runtime.
    pub fn on_runtime(store: S, done: UnboundedSender<Done<E>>) -> Self {
        let (sender, jobs) = unbounded_channel();
        let ends = Arc::new(AtomicBool::new(false));
        drop(tokio::spawn(Work::new(store, done, &ends).serve(jobs)));
        Self {
            jobs: Some(Jobs::Task(sender)),
            thread: None,
            watch: Arc::new(AtomicBool::new(true)),
            ends,
        }
    }

    /// Sets whether the idle writer checks often for commits of other processes: every [`WATCHFUL_LOOK`] if
    /// so, else every [`CALM_LOOK`]. A new writer keeps watch.
    pub fn keep_watch(&self, watch: bool) {
        self.watch.store(watch, Ordering::Relaxed);
    }

    /// Submits a job. Blocks while [`MAX_WAITING`] jobs are waiting for a thread.
    ///
    /// # Errors
    /// Errors if the writer has ended.
    pub fn submit(
        &self,
        urgency: Urgency,
        job: impl FnOnce(&mut S) -> E + Send + 'static,
    ) -> Result<(), Ended> {
        match self.jobs.as_ref().ok_or(Ended)? {
            Jobs::Thread(jobs) => jobs.send((urgency, Box::new(job))).map_err(|_| Ended),
            Jobs::Task(jobs) => jobs.send(Box::new(job)).map_err(|_| Ended),
        }
    }
}

impl<S, E> Drop for Writer<S, E> {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

/// Executes groups of jobs.
struct Work<S, E> {
    store: S,
    done: UnboundedSender<Done<E>>,
    /// Whether the handle is being dropped: then a busy store is waited for no longer.
    ends: Arc<AtomicBool>,
    displaced: bool,
}

impl<S, E> Drop for Work<S, E> {
    fn drop(&mut self) {
        if thread::panicking() {
            let error = StoreError::from(Unusable::WriterPanicked);
            drop(self.done.send(Done::Failed(error)));
        }
    }
}

/// The writer's thread.
struct Loop<S, E> {
    /// Dropped first: once the reports have ended, no job can be submitted.
    jobs: Receiver<(Urgency, Job<S, E>)>,
    work: Work<S, E>,
    watch: Arc<AtomicBool>,
}

/// Whether more jobs may arrive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inbox {
    Open,
    Closed,
}

impl<S: Acts, E> Loop<S, E> {
    fn run(mut self) {
        loop {
            let (jobs, inbox) = self.gather();
            let outcome = if jobs.is_empty() {
                self.work.patiently(Work::look)
            } else {
                self.work.execute(jobs)
            };
            if let Err(error) = outcome {
                self.work.tell(Done::Failed(error));
                return;
            }
            if inbox == Inbox::Closed {
                return;
            }
        }
    }

    /// Returns the next group's jobs. Empty if it is time to check for commits of other processes.
    fn gather(&self) -> (VecDeque<Job<S, E>>, Inbox) {
        let mut jobs = VecDeque::new();
        let idle = if self.watch.load(Ordering::Relaxed) {
            WATCHFUL_LOOK
        } else {
            CALM_LOOK
        };
        let (mut urgency, job) = match self.jobs.recv_timeout(idle) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => return (jobs, Inbox::Open),
            Err(RecvTimeoutError::Disconnected) => return (jobs, Inbox::Closed),
        };
        jobs.push_back(job);
        let since = Stopwatch::start();
        while jobs.len() < MAX_GROUP {
            // All waiting jobs join the group. Only a group of lazy jobs waits for more.
            let next = match (self.jobs.try_recv(), urgency) {
                (Err(TryRecvError::Empty), Urgency::Now) => return (jobs, Inbox::Open),
                (Err(TryRecvError::Empty), Urgency::Lazy) => {
                    let left = LAZY.saturating_sub(since.elapsed());
                    match self.jobs.recv_timeout(left) {
                        Ok(next) => next,
                        Err(RecvTimeoutError::Timeout) => return (jobs, Inbox::Open),
                        Err(RecvTimeoutError::Disconnected) => return (jobs, Inbox::Closed),
                    }
                }
                (Err(TryRecvError::Disconnected), _) => return (jobs, Inbox::Closed),
                (Ok(next), _) => next,
            };
            if next.0 == Urgency::Now {
                urgency = Urgency::Now;
            }
            jobs.push_back(next.1);
        }
        (jobs, Inbox::Open)
    }
}

impl<S: Acts, E> Work<S, E> {
    fn new(store: S, done: UnboundedSender<Done<E>>, ends: &Arc<AtomicBool>) -> Self {
        Self {
            store,
            done,
            ends: Arc::clone(ends),
            displaced: false,
        }
    }

    /// Executes jobs until no more can arrive or a group has failed.
    async fn serve(mut self, mut jobs: UnboundedReceiver<Job<S, E>>) {
        while let Some(first) = jobs.recv().await {
            let mut group = VecDeque::from([first]);
            while group.len() < MAX_GROUP
                && let Ok(next) = jobs.try_recv()
            {
                group.push_back(next);
            }
            if let Err(error) = self.execute(group) {
                return self.tell(Done::Failed(error));
            }
        }
    }

    fn execute(&mut self, jobs: VecDeque<Job<S, E>>) -> Result<(), StoreError> {
        self.patiently(|this| {
            this.look()?;
            this.store.begin()
        })?;
        let results = jobs.into_iter().map(|job| job(&mut self.store)).collect();
        self.store.commit()?;
        self.tell(Done::Ok(results));
        Ok(())
    }

    /// Does something for which the store must not be busy, again and again until it is not. A store
    /// waits a while by itself before it says so.
    fn patiently(
        &mut self,
        act: impl Fn(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let since = Stopwatch::start();
        let mut waits = false;
        loop {
            match act(self) {
                Err(error @ StoreError::Busy(_)) if !self.ends.load(Ordering::Relaxed) => {
                    if !std::mem::replace(&mut waits, true) {
                        self.tell(Done::Waiting(since.elapsed(), error));
                    }
                }
                done => {
                    if waits && done.is_ok() {
                        self.tell(Done::Resumed(since.elapsed()));
                    }
                    return done;
                }
            }
        }
    }

    fn look(&mut self) -> Result<(), StoreError> {
        match self.store.changed_elsewhere() {
            Ok(true) => self.tell(Done::ExternalChange),
            Ok(false) => {}
            Err(error @ StoreError::Displaced(_)) => {
                if !std::mem::replace(&mut self.displaced, true) {
                    self.tell(Done::Displaced(error));
                }
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn tell(&self, done: Done<E>) {
        // A receiver that is gone no longer acts on results. What is durable stays durable.
        drop(self.done.send(done));
    }
}
