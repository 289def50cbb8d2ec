//! Plum Voice: the DEV queue with VoiceXML served by the deck, and the Fuse queue.
//!
//! Plum dials from its own queue, first in first out and with an unknown delay, and redials every call that
//! did not complete. So each request asks for no retries and sets its last instant, and is sent once. If its
//! answer is lost, broken or a 5xx, the attempt is unknown until a later result settles it. The state of a
//! call is known only from inbound requests (`reader`). A queued or live call can be neither hung up nor
//! cancelled individually, so only a request that still waits in this process can be stopped.
//!
//! With DEV, a fetch of `start_url` shows the answer. With Fuse, only the result does.

mod account;
mod addresses;
mod answer;
mod api;
mod batch;
mod book;
mod document;
mod examine;
mod fields;
mod missing;
mod pace;
mod reader;
mod redact;
mod result;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub use self::account::{Account, Platform};
use self::addresses::{Addresses, Place, Subject};
use self::answer::{Verdict, verdict};
use self::api::{Api, Order, whole_seconds};
use self::book::{Book, Known};
use self::examine::{PLAIN_HTTP, is_plain};
use self::fields::Fields;
use self::missing::LastWarning;
use self::pace::{Pace, SECOND, Ticket};
use self::reader::{PlumReader, call_id_of};
use self::redact::Redactor;
use self::result::{Over, Standing, standing};
use super::inbound::{Inbound, News, Reader};
use super::remote::http::{Answer, Http, NoAnswer};
use super::remote::secret::Reach;
use super::remote::{Examined, Line, SetupError, Vendor};
use super::{DialRequest, Inquiry, LookUp, Owned, Unlisted};
use dialdeck_clock::Clock;
use dialdeck_core::domain::{AttemptId, CallEnd, CallReport, Capabilities, Timestamp};

/// A Plum account behind a trunk.
#[derive(Debug)]
pub struct Plum {
    account: Account,
    addresses: Addresses,
    redactor: Redactor,
    api: Api,
    clock: Clock,
    pace: Pace,
    book: Book,
    /// Whether the operator was warned that the credentials travel in clear text.
    warned: AtomicBool,
    last_warning: LastWarning,
}

impl Plum {
    /// Creates a client for an account. Sends nothing.
    ///
    /// # Errors
    ///
    /// Errors if `reach` is `None`, because Plum calls back, or if its address is too long for Plum.
    pub fn new(account: Account, reach: Option<Reach>, http: Http) -> Result<Self, SetupError> {
        let reach = reach.ok_or(SetupError::NoListener)?;
        Ok(Self {
            addresses: Addresses::new(reach)?,
            redactor: Redactor::new(&account.secrets()),
            pace: Pace::new(account.singles_per_second),
            clock: http.clock().clone(),
            api: Api::new(account.clone(), http),
            book: Book::default(),
            warned: AtomicBool::new(false),
            last_warning: LastWarning::default(),
            account,
        })
    }

    /// Returns the end of a request that must not be sent any more, or `None` if it may still be sent.
    fn too_late(&self, request: &DialRequest) -> Option<CallEnd> {
        // Plum takes whole seconds, and reads 0 as no limit.
        let last = whole_seconds(request.expires_at);
        if self.book.get(request.attempt).stopped {
            Some(CallEnd::NeverSent)
        } else if whole_seconds(self.clock.now()) >= last {
            Some(CallEnd::Lapsed)
        } else {
            None
        }
    }

    /// Ends the waiting requests that must not be sent any more.
    fn weed(&self) {
        for (ticket, end) in self.pace.weed(|request| self.too_late(request)) {
            self.end_unsent(ticket, end);
        }
    }

    fn end_unsent(&self, ticket: Ticket, end: CallEnd) {
        let report = CallReport {
            end,
            ..CallReport::default()
        };
        self.refuse(&ticket, report);
        settle(ticket);
    }

    /// Sends the given requests together and reports the result of each.
    async fn send(&self, subject: &Subject, tickets: Vec<Ticket>) {
        let requests: Vec<&DialRequest> = tickets.iter().map(|ticket| &ticket.request).collect();
        let Some(first) = requests.first() else {
            return;
        };
        let earliest = requests.iter().map(|request| request.expires_at).min();
        let order = Order {
            reference: subject.reference(),
            start_url: self.addresses.of(Place::Start, subject),
            result_url: self.addresses.of(Place::Result, subject),
            expires_at: earliest.unwrap_or(first.expires_at),
            pci: first.pci,
        };
        self.warn_of_plain_http(&tickets);
        for ticket in &tickets {
            ticket.line.sent();
        }
        let answer = match requests.as_slice() {
            [request] => self.api.queue(&order, request).await,
            requests => self.api.queue_all(&order, requests).await,
        };
        let verdict = self.understood(answer, tickets.len() > 1);
        for ticket in tickets {
            self.report(&ticket, &order, &verdict);
            settle(ticket);
        }
    }

    fn understood(&self, answer: Result<Answer, NoAnswer>, is_bulk: bool) -> Verdict {
        let verdict = match answer {
            Ok(answer) => {
                let verdict = verdict(&answer, &self.redactor, self.account.is_fuse());
                if verdict == Verdict::Unclear {
                    tracing::warn!(status = answer.status, "Plum's answer is not understood");
                }
                verdict
            }
            Err(NoAnswer::NotSent(why)) => Verdict::Refused(CallReport {
                end: CallEnd::ProviderFailed,
                reason: Some(self.redactor.clean(&why)),
                ..CallReport::default()
            }),
            Err(NoAnswer::Lost(_)) => Verdict::Unclear,
        };
        if is_bulk { verdict.of_all() } else { verdict }
    }

    fn report(&self, ticket: &Ticket, order: &Order, verdict: &Verdict) {
        let (request, line) = (&ticket.request, &ticket.line);
        match verdict {
            Verdict::Queued(call_id) => self.book.with(request.attempt, |known| {
                known.call_id.clone_from(call_id);
                known.queued(order.expires_at, request.ring_timeout);
            }),
            Verdict::Refused(report) => self.refuse(ticket, report.clone()),
            Verdict::Unclear => self.book.with(request.attempt, |known| {
                // What was reported before the answer arrived is stronger evidence than the answer.
                if !known.answered && known.end.is_none() {
                    line.lost();
                }
            }),
        }
    }

    /// Ends a call that certainly was not queued.
    fn refuse(&self, ticket: &Ticket, report: CallReport) {
        let line = &ticket.line;
        self.book.with(ticket.request.attempt, |known| {
            if known.answered || known.end.is_some() {
                return;
            }
            let now = line.now();
            known.end = Some((report.clone(), now));
            line.ended(report, now);
        });
    }

    fn warn_of_plain_http(&self, tickets: &[Ticket]) {
        if let Some(first) = tickets.first()
            && is_plain(&self.account)
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            first.line.warn("plain_http", PLAIN_HTTP.to_owned());
        }
    }

    /// Returns what Fuse reports about a call, or `None` if it reports nothing that is understood.
    async fn details(&self, call_id: &str) -> Option<Standing> {
        let answer = self.api.details(call_id).await.ok()?;
        if !answer.is_success() {
            return None;
        }
        standing(&Fields::of_body(&answer.body)?, &self.redactor)
    }

    /// Reports an end, and reports again if a later one adds to it.
    async fn finish(&self, inbound: &Inbound, report: CallReport, line: &Line) {
        let attempt = inbound.attempt;
        let known = self.book.get(attempt);
        let mut answered_at = inbound.at;
        let unheard = known.is_news(&report) && !known.answered && report.end == CallEnd::Completed;
        if unheard && self.account.is_fuse() {
            let call_id = known.call_id.as_deref().or(call_id_of(&inbound.event));
            if let Some(call_id) = call_id
                && let Some(Standing::Over(over)) = self.details(call_id).await
            {
                answered_at = over.answered_at.unwrap_or(answered_at).min(answered_at);
            }
        }
        self.report_end(attempt, (report, inbound.at), answered_at, line);
    }

    /// Reports an end, unless the recorded one says as much. `answered_at` is when the call was answered if
    /// only this end shows that it was.
    fn report_end(
        &self,
        attempt: AttemptId,
        (mut report, at): (CallReport, Timestamp),
        answered_at: Timestamp,
        line: &Line,
    ) {
        self.book.with(attempt, |known| {
            if !known.is_news(&report) {
                return;
            }
            if report.end == CallEnd::Completed && known.answer(answered_at) {
                line.answered(answered_at);
            }
            if known.answered {
                // The call was answered, even if something failed later.
                report.end = CallEnd::Completed;
                report.callee_type = known.callee.or(report.callee_type);
            }
            known.end = Some((report.clone(), at));
            line.ended(report, at);
        });
    }

    /// Returns the end that Fuse reported on request.
    fn found(&self, attempt: AttemptId, over: Over) -> LookUp {
        let now = self.clock.now();
        let at = over.ended_at.unwrap_or(now).min(now);
        let (report, at) = self.book.with(attempt, |known| {
            known.end.get_or_insert((over.report, at)).clone()
        });
        LookUp::Ended(report, at)
    }
}

/// Releases a request whose end was reported.
fn settle(ticket: Ticket) {
    // The receiver is gone once the engine has ended.
    ticket.settled.send(()).ok();
}

impl Vendor for Plum {
    fn capabilities(&self) -> Capabilities {
        Capabilities::plum(self.account.is_fuse(), self.account.pci)
    }

    async fn place(&self, request: DialRequest, line: Line) {
        let attempt = request.attempt;
        let again = self.book.with(attempt, |known| {
            known.max_call = Some(request.max_call);
            std::mem::replace(&mut known.placed, true)
        });
        if again {
            tracing::error!(%attempt, "was to be placed twice; it is not");
            return;
        }
        let settles = self.pace.enter(request, line.clone());
        // The engine may have hung up before the request was queued here.
        self.weed();
        while self.pace.waits(attempt) {
            let Some(_place) = self.pace.place().await else {
                break;
            };
            self.weed();
            if let Some((subject, tickets)) = self.pace.take(&self.addresses) {
                self.send(&subject, tickets).await;
                line.sleep(SECOND).await;
            }
        }
        match settles.await {
            Ok(()) => self.await_result(&line).await,
            // The sender is dropped without a report only if the program has a fault.
            Err(_) => line.lost(),
        }
    }

    async fn hang_up(&self, line: Line) {
        let attempt = line.attempt();
        self.book.with(attempt, |known| known.stopped = true);
        let stopped =
            |request: &DialRequest| (request.attempt == attempt).then_some(CallEnd::NeverSent);
        for (ticket, end) in self.pace.weed(stopped) {
            self.end_unsent(ticket, end);
        }
    }

    async fn look_up(&self, inquiry: Inquiry, _line: Line) -> LookUp {
        let attempt = inquiry.attempt;
        let known = self.book.get(attempt);
        if let Some((report, at)) = known.end {
            return LookUp::Ended(report, at);
        }
        if self.pace.waits(attempt) {
            return LookUp::InProgress;
        }
        if let Some(call_id) = &known.call_id
            && self.account.is_fuse()
        {
            match self.details(call_id).await {
                Some(Standing::Over(over)) => return self.found(attempt, over),
                Some(Standing::Open | Standing::Connected) => return LookUp::InProgress,
                None => {}
            }
        }
        match known.open_until {
            Some(until) if self.clock.now() < until => LookUp::InProgress,
            _ => LookUp::CannotTell,
        }
    }

    async fn deliver(&self, inbound: Inbound, line: Line) {
        let answers = |known: &mut Known, at: Timestamp| {
            if known.answer(at) {
                line.answered(at);
            }
        };
        match &inbound.news {
            News::Answered => self
                .book
                .with(inbound.attempt, |known| answers(known, inbound.at)),
            News::CalleeDetected(callee) => self.book.with(inbound.attempt, |known| {
                answers(known, inbound.at);
                if known.detect(*callee) {
                    line.detected(*callee);
                }
            }),
            News::Ended(report) => self.finish(&inbound, report.clone(), &line).await,
            // The opt-out is already in effect; the document hangs up.
            News::OptOut
            // Plum never reports these.
            | News::Changed
            | News::Placed
            | News::Ringing
            | News::Joined(_)
            | News::RoomGone
            | News::GreetingEnded
            | News::Bridged
            | News::AgentLeft(_)
            | News::Result(_) => {}
        }
    }

    async fn numbers(&self) -> Result<Owned, Unlisted> {
        Err(Unlisted::Failed("Plum does not list numbers".to_owned()))
    }

    async fn examine(&self) -> Vec<Examined> {
        examine::examine(&self.account, &self.api, &self.redactor).await
    }

    // Plain HTTP is only a caution and no fault, because Plum's pages show no other scheme.
    fn cautions(&self) -> Vec<String> {
        let plain = is_plain(&self.account).then(|| format!("credentials: {PLAIN_HTTP}"));
        plain.into_iter().collect()
    }

    fn reader(&self) -> Arc<dyn Reader> {
        let next = match &self.account.platform {
            Platform::Dev { voicexml_url, .. } => voicexml_url.clone(),
            Platform::Fuse { .. } => None,
        };
        Arc::new(PlumReader {
            addresses: self.addresses.clone(),
            redactor: self.redactor.clone(),
            next,
        })
    }
}
