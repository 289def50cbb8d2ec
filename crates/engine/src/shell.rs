//! The async shell: carries the dispatcher's effects out and feeds the results back.
//!
//! On a clock that moves by itself, whatever comes first is taken first. On a manual clock nothing
//! moves until every answer of the store is in; then the clock jumps to the next thing that
//! happens. So a run on a manual clock is the same run every time.

mod ends;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use dialdeck_clock::{Clock, ClockWatch, Stopwatch};
use dialdeck_core::domain::{Timestamp, TrunkName};
use dialdeck_core::rules::Rules;
use dialdeck_providers::{Provider, Request};
use dialdeck_store::writer::{Done, Urgency, Writer};
use dialdeck_store::{By, Store, StoreError};

use super::board::Board;
use super::dispatcher::Dispatcher;
use super::jobs;
use super::{Command, Effect, Effected, Event, Job};

pub use ends::{DRAIN_LIMIT, Ending, Ends};

/// Commands that may wait for the engine; a sender that finds it full is told so.
pub const COMMAND_QUEUE: usize = 64;

/// How often a watched board is made anew, in real time.
const BOARD_EVERY: Duration = Duration::from_millis(100);

/// The longest sleep between two looks at a clock that may be set from outside.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// What is said of an engine that is gone.
const ENDED: &str = "the engine has ended";

/// A command with the way back for its acknowledgement.
pub type Ask = (Command, String, oneshot::Sender<Result<Effected, String>>);

/// What the outside may do with a running engine.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Ask>,
    board: watch::Sender<Arc<Board>>,
    nudge: Arc<Notify>,
}

impl Handle {
    /// Carries a command out; returns once it holds (D8 to D10).
    ///
    /// # Errors
    /// When it is refused, when the queue is full or when the engine has ended.
    pub async fn ask(&self, command: Command, actor: &str) -> Result<Effected, String> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(command, actor, reply)?;
        answer.await.map_err(|_| ENDED.to_owned())?
    }

    /// Carries a command out from a thread without a runtime.
    ///
    /// # Errors
    /// As [`Handle::ask`].
    pub fn ask_blocking(&self, command: Command, actor: &str) -> Result<Effected, String> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(command, actor, reply)?;
        answer.blocking_recv().map_err(|_| ENDED.to_owned())?
    }

    /// Makes the engine look at once at what this process has written to the store beside it.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Whether the engine has ended.
    pub fn has_ended(&self) -> bool {
        self.commands.is_closed()
    }

    fn hand_over(
        &self,
        command: Command,
        actor: &str,
        reply: oneshot::Sender<Result<Effected, String>>,
    ) -> Result<(), String> {
        self.commands
            .try_send((command, actor.to_owned(), reply))
            .map_err(|_| "the engine takes no more commands right now; try again".to_owned())
    }

    /// The latest board, and word of newer ones. Boards are made only while somebody holds this.
    pub fn board(&self) -> watch::Receiver<Arc<Board>> {
        self.board.subscribe()
    }
}

/// The engine of one deck.
pub struct Shell<S: Store + 'static, P: Provider> {
    dispatcher: Dispatcher,
    writer: Writer<S, Option<Reply>>,
    answers: mpsc::UnboundedReceiver<Done<Option<Reply>>>,
    providers: BTreeMap<TrunkName, P>,
    clock: Clock,
    rules: &'static Rules,
    commands: mpsc::Receiver<Ask>,
    nudged: Arc<Notify>,
    board: watch::Sender<Arc<Board>>,
    waiting: BTreeMap<u64, oneshot::Sender<Result<Effected, String>>>,
    actors: BTreeMap<u64, String>,
    next_command: u64,
    /// Jobs whose answers the dispatcher waits for.
    outstanding: usize,
    /// Another engine has taken the deck over.
    superseded: bool,
    /// The deck's path leads elsewhere, which the end of the drain takes into account.
    displaced: bool,
    /// When calls that are up are waited for no longer; `None`: the engine has not been asked to end.
    drain_ends: Option<Timestamp>,
    board_asked: Option<Stopwatch>,
    /// Notices a jump of the machine's clock; `None`: the clock is a simulated one.
    clock_watch: Option<ClockWatch>,
    now: Timestamp,
}

/// What a job on the store's thread answers.
#[derive(Debug)]
pub enum Reply {
    /// For the dispatcher.
    Event(Event),
    /// For whoever watches.
    Board(Arc<Board>),
}

impl<S: Store + 'static, P: Provider> Shell<S, P> {
    /// An engine on this store with these carriers, one per trunk.
    ///
    /// # Errors
    /// When the store's thread cannot be started.
    pub fn new(
        store: S,
        providers: BTreeMap<TrunkName, P>,
        clock: Clock,
        rules: &'static Rules,
    ) -> std::io::Result<(Self, Handle)> {
        let (done, answers) = mpsc::unbounded_channel();
        let writer = Writer::spawn(store, done)?;
        let (ask, commands) = mpsc::channel(COMMAND_QUEUE);
        let nudge = Arc::new(Notify::new());
        let now = clock.now();
        let board = watch::Sender::new(Arc::new(Board::empty(now)));
        let shell = Self {
            dispatcher: Dispatcher::new(rules),
            writer,
            answers,
            providers,
            clock,
            rules,
            commands,
            nudged: Arc::clone(&nudge),
            board: board.clone(),
            waiting: BTreeMap::new(),
            actors: BTreeMap::new(),
            next_command: 0,
            outstanding: 0,
            superseded: false,
            displaced: false,
            drain_ends: None,
            board_asked: None,
            clock_watch: None,
            now,
        };
        let handle = Handle {
            commands: ask,
            board,
            nudge,
        };
        Ok((shell, handle))
    }

    /// Holds the dialing when this watch notices a jump of the clock.
    #[must_use]
    pub fn watching(mut self, watch: Option<ClockWatch>) -> Self {
        self.clock_watch = watch;
        self
    }

    /// Runs until its end.
    pub async fn run(mut self, ends: Ends) -> Ending {
        self.submit(Job::Picture, "engine");
        loop {
            self.now = self.now.max(self.clock.now());
            self.watch_clock();
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

    /// Compares the clock with the time that passed; after an acceptance both start again.
    fn watch_clock(&mut self) {
        if self.dispatcher.clock_accepted() {
            // An accepted clock may be behind what this engine took for the present.
            self.now = self.clock.now();
            if let Some(watch) = &mut self.clock_watch {
                watch.restart();
            }
            self.step(Event::ClockRestarted);
        } else if !self.dispatcher.clock_held()
            && let Some(seconds) = self.clock_watch.as_ref().and_then(ClockWatch::jump)
        {
            self.step(Event::ClockJumped(seconds));
        }
    }

    fn nothing_to_come(&self) -> bool {
        self.dispatcher.at_rest()
            && self
                .providers
                .values()
                .all(|provider| provider.next_event_at().is_none())
    }

    /// Waits for whatever comes first: an answer, a command, a carrier, the clock.
    async fn wait(&mut self) {
        if let Clock::Manual(hand) = &self.clock {
            if self.outstanding == 0 {
                if let Some(next) = self.next_wake() {
                    hand.advance_to(next);
                }
                if self.take_commands() {
                    // One of them may have been the end.
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
        let sleep = self
            .next_wake()
            .and_then(|at| self.clock.real_time_until(at))
            .unwrap_or(LONGEST_SLEEP)
            .min(LONGEST_SLEEP);
        let mut replies = Vec::new();
        tokio::select! {
            biased;
            Some(ask) = self.commands.recv() => self.take_command(ask),
            Some(done) = self.answers.recv() => replies.push(done),
            () = self.nudged.notified() => self.submit(Job::Picture, "engine"),
            () = any_ready(&mut self.providers) => {}
            () = tokio::time::sleep(sleep) => {}
        }
        for done in replies {
            self.take_answer(done);
        }
    }

    /// Nothing happens by time alone: a command, or another process, has to.
    async fn wait_for_others(&mut self) {
        tokio::select! {
            Some(ask) = self.commands.recv() => self.take_command(ask),
            Some(done) = self.answers.recv() => self.take_answer(done),
            () = self.nudged.notified() => self.submit(Job::Picture, "engine"),
        }
    }

    fn next_wake(&self) -> Option<Timestamp> {
        let carriers = self
            .providers
            .values()
            .filter_map(Provider::next_event_at)
            .min();
        let drained = self.drain_ends.filter(|at| *at < Timestamp::MAX);
        [self.dispatcher.next_wake(), carriers, drained]
            .into_iter()
            .flatten()
            .min()
    }

    /// On a manual clock: every outstanding answer, taken only once all are in.
    async fn take_answers(&mut self) {
        let mut replies = VecDeque::new();
        let mut missing = self.outstanding;
        while missing > 0 {
            let Some(done) = self.answers.recv().await else {
                return;
            };
            missing = missing.saturating_sub(answered(&done));
            let failed = matches!(done, Done::Failed(_));
            replies.push_back(done);
            if failed {
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
                self.superseded |= matches!(error, StoreError::Superseded);
                self.step(Event::StoreFailed(error.to_string()));
            }
            Done::ExternalChange => self.submit(Job::Picture, "engine"),
            Done::Displaced(error) => self.step(Event::Displaced(error.to_string())),
        }
    }

    /// Takes every command that is there; says whether there was one.
    fn take_commands(&mut self) -> bool {
        let mut took = false;
        while let Ok(ask) = self.commands.try_recv() {
            self.take_command(ask);
            took = true;
        }
        took
    }

    fn take_command(&mut self, ask: Ask) {
        let (command, actor, reply) = ask;
        if let Command::Drain(limit) = command {
            self.drain_until(limit.map_or(Timestamp::MAX, |limit| self.now + limit));
        }
        let id = self.next_command;
        self.next_command += 1;
        self.waiting.insert(id, reply);
        self.actors.insert(id, actor);
        self.step(Event::Command(id, command));
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

    /// One step of the dispatcher, and its effects.
    fn step(&mut self, event: Event) {
        for effect in self.dispatcher.on(event, self.now) {
            match effect {
                Effect::Store(Job::Command(id, command)) => {
                    let actor = self.actors.get(&id).cloned().unwrap_or_default();
                    self.submit(Job::Command(id, command), &actor);
                }
                Effect::Store(job) => self.submit(job, "engine"),
                Effect::Provider(trunk, request) => self.request(&trunk, request),
                Effect::Acknowledge(id, result) => {
                    self.actors.remove(&id);
                    if let Some(reply) = self.waiting.remove(&id) {
                        // Whoever asked may have gone; the command holds all the same.
                        reply.send(result).ok();
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
        // A writer that has ended has said why; the engine ends with that.
        self.writer.submit(urgency, job).ok();
    }

    /// Makes a new board when somebody watches and the last one is old enough.
    fn ask_for_board(&mut self) {
        let due = self
            .board_asked
            .is_none_or(|asked| asked.elapsed() >= BOARD_EVERY);
        if self.board.receiver_count() == 0 || !due {
            return;
        }
        self.board_asked = Some(Stopwatch::start());
        let (rules, now) = (self.rules, self.now);
        let fold = move |store: &mut S| {
            let snapshot = store.snapshot(now).ok()?;
            let board = Board::fold(store, &snapshot, rules, now).ok()?;
            Some(Reply::Board(Arc::new(board)))
        };
        self.writer.submit(Urgency::Now, fold).ok();
    }
}

/// Answers in it that the dispatcher waits for.
fn answered(done: &Done<Option<Reply>>) -> usize {
    match done {
        Done::Ok(replies) => replies
            .iter()
            .filter(|reply| matches!(reply, Some(Reply::Event(_))))
            .count(),
        Done::Failed(_) | Done::ExternalChange | Done::Displaced(_) => 0,
    }
}

/// Completes when any provider has something unforeseen.
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
