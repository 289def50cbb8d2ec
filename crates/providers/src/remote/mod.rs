//! A carrier behind a network: each request becomes a task, whatever comes of it an event.
//!
//! A [`Vendor`] speaks one company's protocol; [`Remote`] makes a [`Provider`] of it. Nothing here
//! repeats a request that may make a phone ring.

pub mod http;
pub mod secret;
pub mod text;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::inbound::{Inbound, Reader};
use super::{DialRequest, Inquiry, LookUp, Owned, Provider, ProviderEvent, Request, Unlisted};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{
    AttemptId, CallEvent, CallEventKind, CallReport, CalleeType, Capabilities, Timestamp,
};

/// One company's protocol. Every method may take its time; none may panic on what a server says.
pub trait Vendor: Send + Sync + 'static {
    /// What it can do.
    fn capabilities(&self) -> Capabilities;

    /// Places a call and follows it to its end, told on `line`: `sent` before the first byte of the
    /// request that makes a phone ring, and one `ended` at the end, or `lost` when what became of
    /// the request is not known. Is called once per attempt.
    fn place(&self, request: DialRequest, line: Line) -> impl Future<Output = ()> + Send;

    /// Hangs up the line's call; one that is not known is ignored, one that is over for us may still
    /// be up at the carrier. One whose request has not left yet must not leave any more: it ends as
    /// never sent.
    fn hang_up(&self, line: Line) -> impl Future<Output = ()> + Send;

    /// What became of an attempt, also one of an earlier run. Never a guess. `line`: the attempt's.
    fn look_up(&self, inquiry: Inquiry, line: Line) -> impl Future<Output = LookUp> + Send;

    /// Takes what came in from outside, proven; of a call that is not followed any more, too.
    fn deliver(&self, inbound: Inbound, line: Line) -> impl Future<Output = ()> + Send;

    /// The numbers the account owns.
    fn numbers(&self) -> impl Future<Output = Result<Owned, Unlisted>> + Send;

    /// Looks at everything that can be looked at without placing a call, for `doctor`.
    fn examine(&self) -> impl Future<Output = Vec<Examined>> + Send;

    /// What proves and reads what comes in.
    fn reader(&self) -> Arc<dyn Reader>;

    /// What an operator should know of the account or of a look-up, since it was last asked: a
    /// stable word and a text each. Asked after every look-up and every listing of numbers; what
    /// concerns a call that is being placed goes to its [`Line`] instead.
    fn warnings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// What `doctor` warns of, though calls can be made.
    fn cautions(&self) -> Vec<String> {
        Vec::new()
    }
}

/// One thing that `doctor` looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What: `credentials`, `trunk`, `numbers`, `clock`, `balance`.
    pub what: &'static str,
    /// What was found, or what is wrong and what to do.
    pub found: Result<String, String>,
}

/// Where a vendor tells what happens to a call.
#[derive(Clone, Debug)]
pub struct Line {
    attempt: AttemptId,
    events: UnboundedSender<ProviderEvent>,
    clock: Clock,
}

impl Line {
    /// A line to which nobody listens, for what is asked of a vendor without an engine.
    pub fn unheard(attempt: AttemptId, clock: &Clock) -> Self {
        Self {
            attempt,
            events: unbounded_channel().0,
            clock: clock.clone(),
        }
    }

    /// The call's attempt.
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits for `span` of the deck's clock.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }

    /// The request that makes a phone ring is about to leave.
    pub fn sent(&self) {
        self.tell(self.now(), CallEventKind::Sent);
    }

    /// The carrier shows that there is a call, whatever it had answered.
    pub fn placed(&self) {
        self.tell(self.now(), CallEventKind::Placed);
    }

    /// It rings.
    pub fn ringing(&self) {
        self.tell(self.now(), CallEventKind::Ringing);
    }

    /// Somebody or something picked up, at this instant.
    pub fn answered(&self, at: Timestamp) {
        self.tell(at, CallEventKind::Answered);
    }

    /// Who picked up.
    pub fn detected(&self, callee: CalleeType) {
        self.tell(self.now(), CallEventKind::CalleeDetected(callee));
    }

    /// The call ended, at this instant.
    pub fn ended(&self, report: CallReport, at: Timestamp) {
        self.tell(at, CallEventKind::Ended(report));
    }

    /// What became of the request is not known.
    pub fn lost(&self) {
        self.tell(self.now(), CallEventKind::AnswerLost);
    }

    /// The call may still be up at the carrier, which did not confirm its end.
    pub fn unclosed(&self) {
        self.send(ProviderEvent::Unclosed(self.attempt));
    }

    /// The carrier has confirmed the end after all.
    pub fn closed(&self) {
        self.send(ProviderEvent::Closed(self.attempt));
    }

    /// Something that an operator should know: a stable word and a text.
    pub fn warn(&self, word: &'static str, text: String) {
        self.send(ProviderEvent::Warning(word, text));
    }

    fn send(&self, event: ProviderEvent) {
        // Nobody listens any more once the engine has ended.
        self.events.send(event).ok();
    }

    fn tell(&self, at: Timestamp, kind: CallEventKind) {
        let event = CallEvent {
            attempt: self.attempt,
            at: at.min(self.now()),
            kind,
        };
        self.send(ProviderEvent::Call(event));
    }
}

/// The way in for what the listener took.
#[derive(Clone, Debug)]
pub struct Inlet {
    news: UnboundedSender<Inbound>,
}

impl Inlet {
    /// Hands it to the vendor.
    pub fn deliver(&self, inbound: Inbound) {
        // Nobody listens any more once the engine has ended; the store has it.
        self.news.send(inbound).ok();
    }
}

/// A vendor as a [`Provider`].
#[derive(Debug)]
pub struct Remote {
    capabilities: Capabilities,
    requests: UnboundedSender<Request>,
    events: UnboundedReceiver<ProviderEvent>,
    /// What `ready` has taken out of `events`.
    early: VecDeque<ProviderEvent>,
}

impl Remote {
    /// Starts a vendor's tasks on `runtime`; they end with it, or when the provider is dropped.
    pub fn start<V: Vendor>(vendor: &Arc<V>, clock: &Clock, runtime: &Handle) -> (Self, Inlet) {
        let (requests, asked) = unbounded_channel();
        let (told, events) = unbounded_channel();
        let (news, arrived) = unbounded_channel();
        let desk = Desk {
            vendor: Arc::clone(vendor),
            clock: clock.clone(),
            events: told,
        };
        runtime.spawn(desk.serve(asked, arrived));
        let remote = Self {
            capabilities: vendor.capabilities(),
            requests,
            events,
            early: VecDeque::new(),
        };
        (remote, Inlet { news })
    }
}

impl Provider for Remote {
    fn capabilities(&self) -> Capabilities {
        self.capabilities
    }

    fn request(&mut self, request: Request, _now: Timestamp) {
        // Its tasks have ended only when the runtime has, and the engine with it.
        self.requests.send(request).ok();
    }

    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent> {
        let mut events: Vec<_> = self.early.drain(..).collect();
        while let Ok(event) = self.events.try_recv() {
            events.push(event);
        }
        for event in &mut events {
            if let ProviderEvent::Call(event) = event {
                event.at = event.at.min(now);
            }
        }
        events
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        None
    }

    async fn ready(&mut self) {
        if !self.early.is_empty() {
            return;
        }
        match self.events.recv().await {
            Some(event) => self.early.push_back(event),
            None => std::future::pending().await,
        }
    }
}

/// Turns requests into tasks.
struct Desk<V> {
    vendor: Arc<V>,
    clock: Clock,
    events: UnboundedSender<ProviderEvent>,
}

impl<V: Vendor> Desk<V> {
    async fn serve(
        self,
        mut asked: UnboundedReceiver<Request>,
        mut arrived: UnboundedReceiver<Inbound>,
    ) {
        loop {
            tokio::select! {
                biased;
                request = asked.recv() => match request {
                    Some(request) => self.carry_out(request),
                    None => return,
                },
                Some(inbound) = arrived.recv() => {
                    let (vendor, line) = (Arc::clone(&self.vendor), self.line(inbound.attempt));
                    tokio::spawn(async move { vendor.deliver(inbound, line).await });
                }
            }
        }
    }

    fn carry_out(&self, request: Request) {
        let vendor = Arc::clone(&self.vendor);
        match request {
            Request::Place(request) => {
                let line = self.line(request.attempt);
                let placing = {
                    let line = line.clone();
                    tokio::spawn(async move { vendor.place(*request, line).await })
                };
                tokio::spawn(async move {
                    // A fault of ours while a phone may ring: nobody knows how it went.
                    if placing.await.is_err_and(|error| error.is_panic()) {
                        line.lost();
                    }
                });
            }
            Request::HangUp(attempt) => {
                let line = self.line(attempt);
                tokio::spawn(async move { vendor.hang_up(line).await });
            }
            Request::LookUp(inquiry) => {
                let events = self.events.clone();
                let line = self.line(inquiry.attempt);
                tokio::spawn(async move {
                    let attempt = inquiry.attempt;
                    let found = vendor.look_up(inquiry, line).await;
                    pass_on(&*vendor, &events);
                    events.send(ProviderEvent::LookedUp(attempt, found)).ok();
                });
            }
            Request::ListNumbers => {
                let events = self.events.clone();
                tokio::spawn(async move {
                    let event = match vendor.numbers().await {
                        Ok(numbers) => ProviderEvent::Numbers(numbers),
                        Err(why) => ProviderEvent::Unlisted(why),
                    };
                    pass_on(&*vendor, &events);
                    events.send(event).ok();
                });
            }
        }
    }

    fn line(&self, attempt: AttemptId) -> Line {
        Line {
            attempt,
            events: self.events.clone(),
            clock: self.clock.clone(),
        }
    }
}

/// Tells what a vendor wants an operator to know.
fn pass_on(vendor: &impl Vendor, events: &UnboundedSender<ProviderEvent>) {
    for (word, text) in vendor.warnings() {
        // Nobody listens any more once the engine has ended.
        events.send(ProviderEvent::Warning(word, text)).ok();
    }
}
