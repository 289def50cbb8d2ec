//! A carrier behind a network: each request becomes a task, and each result an event.
//!
//! A [`Vendor`] implements the protocol of one company, and [`Remote`] makes it a [`Provider`]. Nothing here
//! repeats a request that may make a phone ring.

pub mod http;
pub mod secret;
mod setup;
pub mod text;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

pub use self::setup::SetupError;
use super::inbound::{Inbound, Reader};
use super::{DialRequest, Inquiry, LookUp, Owned, Provider, ProviderEvent, Request, Unlisted};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{
    AttemptId, CallEvent, CallEventKind, CallReport, CalleeType, Capabilities, Timestamp,
};

/// The protocol of one company. Every method may take its time; none may panic on any answer of a server.
pub trait Vendor: Send + Sync + 'static {
    /// Returns what the vendor can do.
    fn capabilities(&self) -> Capabilities;

    /// Places a call and follows it to its end, with reports on `line`: `sent` before the first byte of the
    /// request that makes a phone ring, and one `ended` at the end, or `lost` if the result of the request is
    /// not known. Called once per attempt.
    fn place(&self, request: DialRequest, line: Line) -> impl Future<Output = ()> + Send;

    /// Hangs up the call of `line`. An unknown call is no error, and a call whose end was reported may still
    /// be up at the carrier. If the request has not left yet, it must not leave, and the attempt ends as
    /// never sent.
    fn hang_up(&self, line: Line) -> impl Future<Output = ()> + Send;

    /// Returns the state of an attempt, including attempts of an earlier run. Never a guess. `line` is the
    /// attempt's line.
    fn look_up(&self, inquiry: Inquiry, line: Line) -> impl Future<Output = LookUp> + Send;

    /// Processes an inbound report, which is proven. The call may no longer be followed.
    fn deliver(&self, inbound: Inbound, line: Line) -> impl Future<Output = ()> + Send;

    /// Returns the numbers that the account owns.
    fn numbers(&self) -> impl Future<Output = Result<Owned, Unlisted>> + Send;

    /// Returns the results of all checks that place no call, for `doctor`.
    fn examine(&self) -> impl Future<Output = Vec<Examined>> + Send;

    /// Returns the reader that proves and reads inbound requests.
    fn reader(&self) -> Arc<dyn Reader>;

    /// Returns the warnings about the account or a look-up since the last call, each with a stable code and a
    /// text. Called after every look-up and every listing of numbers. Warnings about a call that is being
    /// placed go to its [`Line`] instead.
    fn warnings(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Returns what `doctor` warns about although calls can be made.
    fn cautions(&self) -> Vec<String> {
        Vec::new()
    }
}

/// The result of one check of `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The subject: `credentials`, `trunk`, `numbers`, `clock` or `balance`.
    pub what: &'static str,
    /// What was found; with `Err`, what is wrong and what to do.
    pub found: Result<String, String>,
}

/// The channel on which a vendor reports the events of a call.
#[derive(Clone, Debug)]
pub struct Line {
    attempt: AttemptId,
    events: UnboundedSender<ProviderEvent>,
    clock: Clock,
}

impl Line {
    /// Returns a line whose reports are discarded, for requests to a vendor without an engine.
    pub fn unheard(attempt: AttemptId, clock: &Clock) -> Self {
        Self {
            attempt,
            events: unbounded_channel().0,
            clock: clock.clone(),
        }
    }

    /// Returns the attempt of the call.
    pub const fn attempt(&self) -> AttemptId {
        self.attempt
    }

    /// Returns the current instant of the deck's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits for `span` by the deck's clock.
    pub async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }

    /// Reports that the request that makes a phone ring is about to leave.
    pub fn sent(&self) {
        self.notify(self.now(), CallEventKind::Sent);
    }

    /// Reports that there is a call, even if the carrier's answer said otherwise.
    pub fn placed(&self) {
        self.notify(self.now(), CallEventKind::Placed);
    }

    /// Reports that the phone rings.
    pub fn ringing(&self) {
        self.notify(self.now(), CallEventKind::Ringing);
    }

    /// Reports that a person or a machine answered at `at`.
    pub fn answered(&self, at: Timestamp) {
        self.notify(at, CallEventKind::Answered);
    }

    /// Reports the type of the callee.
    pub fn detected(&self, callee: CalleeType) {
        self.notify(self.now(), CallEventKind::CalleeDetected(callee));
    }

    /// Reports that the call ended at `at`.
    pub fn ended(&self, report: CallReport, at: Timestamp) {
        self.notify(at, CallEventKind::Ended(report));
    }

    /// Reports that the result of the request is not known.
    pub fn lost(&self) {
        self.notify(self.now(), CallEventKind::AnswerLost);
    }

    /// Reports that the call may still be up at the carrier, which did not confirm its end.
    pub fn unclosed(&self) {
        self.send(ProviderEvent::Unclosed(self.attempt));
    }

    /// Reports that the carrier has confirmed the end of an unclosed call.
    pub fn closed(&self) {
        self.send(ProviderEvent::Closed(self.attempt));
    }

    /// Reports a warning for the operator: a stable code and a text.
    pub fn warn(&self, word: &'static str, text: String) {
        self.send(ProviderEvent::Warning(word, text));
    }

    fn send(&self, event: ProviderEvent) {
        // The receiver is gone once the engine has ended.
        self.events.send(event).ok();
    }

    fn notify(&self, at: Timestamp, kind: CallEventKind) {
        let event = CallEvent {
            attempt: self.attempt,
            at: at.min(self.now()),
            kind,
        };
        self.send(ProviderEvent::Call(event));
    }
}

/// The entrance for reports that the listener has stored.
#[derive(Clone, Debug)]
pub struct Inlet {
    news: UnboundedSender<Inbound>,
}

impl Inlet {
    /// Passes a report to the vendor.
    pub fn deliver(&self, inbound: Inbound) {
        // The receiver is gone once the engine has ended; the store has the report.
        self.news.send(inbound).ok();
    }
}

/// A vendor as a [`Provider`].
#[derive(Debug)]
pub struct Remote {
    capabilities: Capabilities,
    requests: UnboundedSender<Request>,
    events: UnboundedReceiver<ProviderEvent>,
    /// Events that `ready` has taken out of `events`.
    early: VecDeque<ProviderEvent>,
}

impl Remote {
    /// Starts a vendor's tasks on `runtime` and returns the provider with its inlet. The task that accepts
    /// requests ends with the runtime or when the provider is dropped. Tasks of calls continue until they are
    /// done or the runtime ends.
    pub fn start<V: Vendor>(vendor: &Arc<V>, clock: &Clock, runtime: &Handle) -> (Self, Inlet) {
        let (requests, asked) = unbounded_channel();
        let (sender, events) = unbounded_channel();
        let (news, arrived) = unbounded_channel();
        let desk = Desk {
            vendor: Arc::clone(vendor),
            clock: clock.clone(),
            events: sender,
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
        // The tasks end only with the runtime, and the engine ends with it.
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
                    // A panic while a phone may ring leaves the result unknown.
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

/// Reports a vendor's warnings to the operator.
fn pass_on(vendor: &impl Vendor, events: &UnboundedSender<ProviderEvent>) {
    for (word, text) in vendor.warnings() {
        // The receiver is gone once the engine has ended.
        events.send(ProviderEvent::Warning(word, text)).ok();
    }
}
