//! The async shell: runs the dispatcher's effects and feeds the results back.
//!
//! On a clock that moves by itself, events are taken in the order in which they arrive. On a manual clock
//! the shell waits for every answer of the store; then the clock jumps to the next event. So a run on a
//! manual clock is reproducible.

mod busy;
mod clock;
mod ends;
mod handle;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use dialdeck_clock::{Clock, ClockWatch, Lap};
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::{Timestamp, TrunkName};
use dialdeck_core::rules::Rules;
use dialdeck_providers::{Provider, Request};
use dialdeck_store::writer::{Done, Urgency, Writer};
use dialdeck_store::{By, EngineStore};

use super::board::Board;
use super::dispatcher::Dispatcher;
use super::jobs;
use super::{CommandError, CommandId, Effect, Effected, Event, Job};

use busy::Busy;
use ends::Drain;
pub use ends::{DRAIN_LIMIT, Ending, Ends};
pub use handle::Handle;
use handle::{CommandRequest, EngineRequest};

/// Requests that may wait for the engine. The sender of a command gets an error if the queue is full.
const COMMAND_QUEUE: usize = 64;

/// How often a watched board is refreshed at most, by the timers' time.
const BOARD_EVERY: Duration = Duration::from_millis(100);

/// The longest sleep between two checks of a clock that may be set from outside.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// The engine of one deck. [`Shell::run`] consumes it.
pub struct Shell<S: EngineStore + 'static, P: Provider> {
    dispatcher: Dispatcher,
    writer: Writer<S, Option<Reply>>,
    answers: mpsc::UnboundedReceiver<Done<Option<Reply>>>,
    providers: BTreeMap<TrunkName, P>,
    clock: Clock,
    rules: Arc<Rules>,
    requests: mpsc::Receiver<EngineRequest>,
    nudged: Arc<Notify>,
    woken: Arc<Notify>,
    turns: watch::Sender<u64>,
    board: watch::Sender<Arc<Board>>,
    /// Commands that are not acknowledged yet.
    waiting: BTreeMap<CommandId, Waiting>,
    next_command: CommandId,
    /// Jobs whose answers the dispatcher waits for.
    outstanding: usize,
    /// Whether the deck's path leads to another file; it limits how long the drain lasts.
    displaced: bool,
    /// While another process keeps the store busy: since when, and what is to be done once it does not.
    busy: Option<Busy<S>>,
    /// The same, for others to see.
    busy_board: watch::Sender<Option<AlertRaised>>,
    /// Until when calls that are up are waited for; `None` if the engine has not been asked to end.
    drain: Option<Drain>,
    board_asked: Option<Lap>,
    /// Notices a jump of the machine's clock; `None` if the clock is simulated.
    clock_watch: Option<ClockWatch>,
    now: Timestamp,
}

/// A command that is not acknowledged yet: who sent it, and where its acknowledgement goes.
#[derive(Debug)]
struct Waiting {
    actor: String,
    reply: oneshot::Sender<Result<Effected, CommandError>>,
}

/// The answer of a job on the store's thread.
#[derive(Debug)]
pub enum Reply {
    /// An event for the dispatcher.
    Event(Event),
    /// A board for its watchers.
    Board(Arc<Board>),
}

impl<S: EngineStore + 'static, P: Provider> Shell<S, P> {
    /// Creates an engine on this store with these providers, one per trunk. Returns it with its handle.
    ///
    /// # Errors
    /// Errors if the store's thread cannot be started.
    ///
    /// # Panics
    /// Panics on a [`Clock::Kept`] outside of its runtime, which executes the store's jobs.
    pub fn new(
        store: S,
        providers: BTreeMap<TrunkName, P>,
        clock: Clock,
        rules: &Arc<Rules>,
    ) -> std::io::Result<(Self, Handle)> {
        let (done, answers) = mpsc::unbounded_channel();
        let writer = match &clock {
            // The time of its runtime must not pass while a group is executed.
            Clock::Kept(_) => Writer::on_runtime(store, done),
            Clock::System | Clock::Scaled(_) | Clock::Manual(_) => Writer::spawn(store, done)?,
        };
        let (ask, requests) = mpsc::channel(COMMAND_QUEUE);
        let nudge = Arc::new(Notify::new());
        let wake = Arc::new(Notify::new());
        let turns = watch::Sender::new(0);
        let now = clock.now();
        let board = watch::Sender::new(Arc::new(Board::empty(now)));
        let busy = watch::Sender::new(None);
        let shell = Self {
            dispatcher: Dispatcher::new(rules),
            writer,
            answers,
            providers,
            clock,
            rules: Arc::clone(rules),
            requests,
            nudged: Arc::clone(&nudge),
            woken: Arc::clone(&wake),
            turns: turns.clone(),
            board: board.clone(),
            waiting: BTreeMap::new(),
            next_command: CommandId(0),
            outstanding: 0,
            displaced: false,
            busy: None,
            busy_board: busy.clone(),
            drain: None,
            board_asked: None,
            clock_watch: None,
            now,
        };
        let handle = Handle {
            requests: ask,
            board,
            nudge,
            wake,
            turns,
            busy,
        };
        Ok((shell, handle))
    }

    /// Sets the watch whose jumps hold the dialing; `None` if the clock is simulated.
    #[must_use]
    pub fn with_clock_watch(mut self, watch: Option<ClockWatch>) -> Self {
        self.clock_watch = watch;
        self
    }

    /// Runs the engine until its end, and returns how it ended.
    ///
    /// # Examples
    /// A run on a manual clock ends when nothing can happen any more:
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use dialdeck_clock::{Clock, ManualClock};
    /// use dialdeck_core::domain::{DeckId, Timestamp, TrunkName};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_engine::shell::{Ending, Ends, Shell};
    /// use dialdeck_providers::simulator::{Profile, Simulator};
    /// use dialdeck_store::memory::MemoryStore;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let now: Timestamp = "2026-12-07T15:30:00Z".parse()?;
    /// let rules = Rules::embedded();
    /// let store = MemoryStore::new(DeckId(1), rules, now).into_engine();
    /// let carrier = Simulator::new(Profile::default(), 1, None);
    /// let providers = BTreeMap::from([(TrunkName("main".to_owned()), carrier)]);
    /// let clock = Clock::Manual(ManualClock::at(now));
    ///
    /// let (shell, handle) = Shell::new(store, providers, clock, rules)?;
    /// assert_eq!(shell.run(Ends::AtRest).await, Ending::AtRest);
    /// assert!(handle.has_ended());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn run(mut self, ends: Ends) -> Ending {
        self.submit(Job::Refresh, "engine");
        loop {
            self.turns
                .send_modify(|turns| *turns = turns.wrapping_add(1));
            self.read_clock();
            self.take_provider_events();
            self.step(Event::Tick);
            self.drain_if_displaced();
            if let Some(ending) = self.ending(ends) {
                return ending;
            }
            self.ask_for_board();
            self.wait().await;
        }
    }

    fn nothing_to_come(&self) -> bool {
        self.dispatcher.at_rest()
            && self
                .providers
                .values()
                .all(|provider| provider.next_event_at().is_none())
    }

    /// Waits for the first of an answer, a command, a provider event and the clock.
    async fn wait(&mut self) {
        if let (Clock::Manual(hand), None) = (&self.clock, &self.busy) {
            if self.outstanding == 0 {
                if let Some(next) = self.next_wake() {
                    hand.advance_to(next);
                }
                if self.take_requests() {
                    // One of the requests may have ended the engine.
                    return;
                }
                if self.next_wake().is_none() && self.outstanding == 0 {
                    return self.wait_for_others().await;
                }
                tokio::task::yield_now().await;
                if self.outstanding == 0 {
                    return;
                }
            }
            return self.take_answers().await;
        }
        let wake = self.next_wake();
        let wake = wake.and_then(|at| self.real_time_until(at));
        let drained = self.drain.and_then(|drain| drain.left(self.now));
        let sleep = [wake, drained, Some(LONGEST_SLEEP)].into_iter().flatten();
        let sleep = sleep.min().unwrap_or(LONGEST_SLEEP);
        let mut replies = Vec::new();
        tokio::select! {
            biased;
            Some(request) = self.requests.recv() => self.take_request(request),
            Some(done) = self.answers.recv() => replies.push(done),
            () = self.nudged.notified() => self.submit(Job::Refresh, "engine"),
            () = any_ready(&mut self.providers) => {}
            () = self.woken.notified() => {}
            () = tokio::time::sleep(sleep) => {}
        }
        for done in replies {
            self.take_answer(done);
        }
    }

    /// Waits while nothing happens by time alone: for a command, an answer or another process.
    async fn wait_for_others(&mut self) {
        tokio::select! {
            Some(request) = self.requests.recv() => self.take_request(request),
            Some(done) = self.answers.recv() => self.take_answer(done),
            () = self.nudged.notified() => self.submit(Job::Refresh, "engine"),
            () = self.woken.notified() => {}
        }
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let carriers = self
            .providers
            .values()
            .filter_map(Provider::next_event_at)
            .min();
        let drained = self.drain.and_then(Drain::instant);
        [self.dispatcher.next_wake(), carriers, drained]
            .into_iter()
            .flatten()
            .min()
    }

    /// On a manual clock: waits for every outstanding answer, then takes them in order.
    async fn take_answers(&mut self) {
        let mut replies = VecDeque::new();
        let mut missing = self.outstanding;
        while missing > 0 {
            let Some(done) = self.answers.recv().await else {
                return;
            };
            missing = missing.saturating_sub(answered(&done));
            let ends = matches!(done, Done::Failed(_) | Done::Waiting(..));
            replies.push_back(done);
            if ends {
                break;
            }
        }
        for done in replies {
            self.take_answer(done);
        }
    }

    fn take_answer(&mut self, done: Done<Option<Reply>>) {
        match done {
            Done::Ok(replies) => {
                for reply in replies.into_iter().flatten() {
                    match reply {
                        Reply::Event(event) => {
                            if !matches!(event, Event::StoreFailed(_)) {
                                self.outstanding -= 1;
                            }
                            self.step(event);
                        }
                        Reply::Board(board) => {
                            self.board.send_replace(board);
                        }
                    }
                }
            }
            Done::Failed(error) => {
                self.outstanding = 0;
                self.step(Event::StoreFailed(error));
            }
            Done::ExternalChange => self.submit(Job::Refresh, "engine"),
            Done::Displaced(error) => self.step(Event::Displaced(error)),
            Done::Waiting(waited, error) => self.on_busy(waited, error),
            Done::Resumed(waited) => self.on_resumed(waited),
        }
    }

    /// Takes every request in the queue. Returns whether there was one.
    fn take_requests(&mut self) -> bool {
        let mut took = false;
        while let Ok(request) = self.requests.try_recv() {
            self.take_request(request);
            took = true;
        }
        took
    }

    fn take_request(&mut self, request: EngineRequest) {
        match request {
            EngineRequest::Command(CommandRequest {
                command,
                actor,
                reply,
            }) => {
                let id = self.next_command;
                self.next_command = CommandId(id.0 + 1);
                self.waiting.insert(id, Waiting { actor, reply });
                self.step(Event::Command(id, command));
            }
            EngineRequest::Drain(limit, reply) => {
                self.drain_for(limit);
                self.step(Event::Drain);
                // The sender may be gone; the engine ends nevertheless.
                reply.send(()).ok();
            }
        }
    }

    fn take_provider_events(&mut self) {
        let now = self.now;
        let mut events = Vec::new();
        for (trunk, provider) in &mut self.providers {
            events.extend(
                provider
                    .poll(now)
                    .into_iter()
                    .map(|event| (trunk.clone(), event)),
            );
        }
        for (trunk, event) in events {
            self.step(Event::Provider(trunk, event));
        }
    }

    /// Passes one event to the dispatcher and runs its effects.
    fn step(&mut self, event: Event) {
        for effect in self.dispatcher.on(event, self.now) {
            match effect {
                Effect::Store(Job::Command(id, command)) => {
                    let sender = self.waiting.get(&id);
                    let actor = sender.map_or_else(String::new, |sender| sender.actor.clone());
                    self.submit(Job::Command(id, command), &actor);
                }
                Effect::Store(job) => self.submit(job, "engine"),
                Effect::Provider(trunk, request) => self.request(&trunk, request),
                Effect::Acknowledge(id, result) => {
                    if let Some(sender) = self.waiting.remove(&id) {
                        // The sender may be gone; the command holds nevertheless.
                        sender.reply.send(result).ok();
                    }
                }
            }
        }
    }

    fn request(&mut self, trunk: &TrunkName, request: Request) {
        let now = self.now;
        if let Some(provider) = self.providers.get_mut(trunk) {
            provider.request(request, now);
        }
    }

    fn submit(&mut self, job: Job, actor: &str) {
        let lazy = jobs::is_lazy(&job);
        let urgency = if lazy { Urgency::Lazy } else { Urgency::Now };
        if !lazy {
            self.outstanding += 1;
        }
        let by = By {
            actor: actor.to_owned(),
            at: self.now,
        };
        let job = move |store: &mut S| jobs::perform(store, job, &by).map(Reply::Event);
        self.hand_to_writer(urgency, Box::new(job));
    }

    /// Requests a new board if a receiver exists and the last board is old enough.
    fn ask_for_board(&mut self) {
        let due = self
            .board_asked
            .as_ref()
            .is_none_or(|asked| asked.elapsed() >= BOARD_EVERY);
        if self.board.receiver_count() == 0 || !due || self.busy.is_some() {
            return;
        }
        self.board_asked = Some(self.clock.lap());
        let (rules, now) = (Arc::clone(&self.rules), self.now);
        let fold = move |store: &mut S| {
            let snapshot = store.snapshot(now).ok()?;
            let board = Board::fold(store, &snapshot, &rules, now).ok()?;
            Some(Reply::Board(Arc::new(board)))
        };
        self.writer.submit(Urgency::Now, fold).ok();
    }
}

/// Returns how many of the answers the dispatcher waits for.
fn answered(done: &Done<Option<Reply>>) -> usize {
    match done {
        Done::Ok(replies) => replies
            .iter()
            .filter(|reply| matches!(reply, Some(Reply::Event(_))))
            .count(),
        Done::Failed(_)
        | Done::ExternalChange
        | Done::Displaced(_)
        | Done::Waiting(..)
        | Done::Resumed(_) => 0,
    }
}

/// Completes when any provider has an event that no timer announces.
async fn any_ready<P: Provider>(providers: &mut BTreeMap<TrunkName, P>) {
    let mut waits: Vec<_> = providers
        .values_mut()
        .map(|provider| Box::pin(provider.ready()))
        .collect();
    std::future::poll_fn(|context| {
        let any = waits
            .iter_mut()
            .any(|wait| wait.as_mut().poll(context).is_ready());
        if any {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
}
