//! A simulated carrier: a discrete-event machine that obeys the contract of every provider.
//!
//! It has no clock and no tasks. [`Provider::request`] and [`Provider::poll`] advance it to the instant they
//! are given, so a whole campaign runs in virtual time. The course of a call depends on the seed, the
//! attempt's id, the callee and the hour of its invite, never on the order of calls. Only limits depend on
//! other calls, and only outages on the time.
//!
//! What *happens* and what is *reported* are separate. Events are written to the [`CarrierLog`] with the
//! instants at which they happen. A [`Profile`] determines how late, how often and whether they are reported.
//! A simulator that opens the log of a previous run continues the calls that are still up.

mod behavior;
mod carrier_log;
mod check;
mod draws;
mod ledger;
mod line;
mod plan;
mod profile;
mod reporting;
mod script;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;
use std::time::Duration;

use dialdeck_core::domain::{
    AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, CalleeType, Capabilities, Timestamp,
};

use super::{DialRequest, LookUp, Provider, ProviderEvent, Request};

use ledger::{Ledger, Phase, UpCall};
use line::{Line, LineKind};
use plan::{Step, plan};
use profile::Manner;

pub use carrier_log::CarrierLog;
pub use profile::{Limits, Profile, ProfileError};
pub use script::{Callee, Script};

/// The simulated carrier.
///
/// A second [`Request::Place`] for an attempt is a fault of the sender, and a real carrier would ring again.
/// So it is logged as a second `invite`, where an auditor finds it. It is then refused with 482 as a merged
/// request (RFC 3261 §8.2.2.2) and reports only a second `Sent`, so that the call that is up continues
/// undisturbed.
pub struct Simulator {
    profile: Profile,
    seed: u64,
    log: Option<CarrierLog>,
    /// Set when a write to the log failed. Nothing more is sent, because the log would be incomplete.
    log_failed: bool,
    ledger: Ledger,
    courses: BTreeMap<AttemptId, Course>,
    /// The next step of every call that is up.
    world: BTreeSet<(Timestamp, u64, AttemptId)>,
    /// The events to report, by the instant of the report.
    outbox: BTreeMap<(Timestamp, u64), ProviderEvent>,
    /// Orders the events of one instant.
    seq: u64,
}

/// The steps of a call that is up which have not happened yet.
struct Course {
    steps: VecDeque<Step>,
    detected: Option<CalleeType>,
}

impl Simulator {
    /// Creates a carrier with this profile. With a log that already holds calls, it continues where the
    /// previous run stopped: calls that are still up are rebuilt from the seed, and what happened to them
    /// between the runs is reported at the next poll with its true instant. Steps that the log holds are not
    /// reported again, and reports that were pending in the previous run are lost; a look-up recovers both.
    pub fn new(profile: Profile, seed: u64, mut log: Option<CarrierLog>) -> Self {
        let ledger = log.as_mut().map(CarrierLog::take_past).unwrap_or_default();
        let mut simulator = Self {
            profile,
            seed,
            log,
            log_failed: false,
            ledger,
            courses: BTreeMap::new(),
            world: BTreeSet::new(),
            outbox: BTreeMap::new(),
            seq: 0,
        };
        for (attempt, call) in simulator.ledger.up().clone() {
            simulator.resume(attempt, &call);
        }
        simulator
    }

    fn resume(&mut self, attempt: AttemptId, call: &UpCall) {
        let mut steps = plan(&self.profile, self.seed, attempt, call).steps;
        steps.retain(|step| match step.kind {
            CallEventKind::Sent | CallEventKind::Placed => false,
            CallEventKind::Ringing => call.phase < Phase::Ringing,
            CallEventKind::Answered => call.phase < Phase::Answered,
            CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_)
            | CallEventKind::Ended(_)
            | CallEventKind::AnswerLost => true,
        });
        self.start(attempt, steps);
    }

    fn place(&mut self, request: &DialRequest, now: Timestamp) {
        let attempt = request.attempt;
        if self.ledger.up().contains_key(&attempt) || self.ledger.end_of(attempt).is_some() {
            return self.merge(request, now);
        }
        let nth = self.ledger.invites_to(request.to);
        let script = self.profile.callees.get(&request.to);
        let scripted_away = script.and_then(|script| script.at(nth)) == Some(&Callee::NotSent);
        let outage = self.profile.outage(now);
        if self.log_failed || scripted_away || outage == Some(Manner::NeverSent) {
            return self.never_sent(attempt, now);
        }
        let refusal = self.refusal(request, outage, now);
        let invite = Line {
            refused: refusal.is_some(),
            ..Line::invite(request, now)
        };
        let end = refusal.as_ref().map(|report| invite.ended(now, report));
        let lines: Vec<Line> = std::iter::once(invite).chain(end).collect();
        if !self.write(&lines) {
            return self.never_sent(attempt, now);
        }
        if let Some(report) = refusal {
            self.schedule_report(now, attempt, now, CallEventKind::Sent);
            return self.schedule_report(now, attempt, now, CallEventKind::Ended(report));
        }
        let Some(call) = self.ledger.up().get(&attempt) else {
            return;
        };
        let plan = plan(&self.profile, self.seed, attempt, call);
        if let Some(after) = plan.lost {
            let at = now + after;
            self.schedule_report(at, attempt, at, CallEventKind::AnswerLost);
        }
        self.start(attempt, plan.steps);
        self.advance(now);
    }

    /// Logs that an attempt was placed twice.
    fn merge(&mut self, request: &DialRequest, now: Timestamp) {
        let invite = Line {
            merged: true,
            ..Line::invite(request, now)
        };
        let report = CallReport {
            sip_code: Some(482),
            ..CallReport::default()
        };
        let end = invite.ended(now, &report);
        self.write(&[invite, end]);
        self.schedule_report(now, request.attempt, now, CallEventKind::Sent);
    }

    fn never_sent(&mut self, attempt: AttemptId, now: Timestamp) {
        let report = CallReport {
            end: CallEnd::NeverSent,
            ..CallReport::default()
        };
        self.schedule_report(now, attempt, now, CallEventKind::Ended(report));
    }

    /// Returns the report of a refusal, or `None` if the trunk accepts the call.
    fn refusal(
        &self,
        request: &DialRequest,
        outage: Option<Manner>,
        now: Timestamp,
    ) -> Option<CallReport> {
        let limits = self.profile.limits;
        let reaches = |count: usize, limit: u32| {
            limit > 0 && count >= usize::try_from(limit).unwrap_or(usize::MAX)
        };
        let refused = |code: u16, reason: &str| CallReport {
            sip_code: Some(code),
            reason: Some(reason.to_owned()),
            ..CallReport::default()
        };
        let limited = |code: u16, reason: &str| CallReport {
            retry_after: Some(limits.retry_after),
            ..refused(code, reason)
        };
        if outage.is_some() {
            return Some(refused(503, "service unavailable"));
        }
        if limits.concurrent > 0 && reaches(self.ledger.up_on(&request.trunk), limits.concurrent) {
            return Some(limited(503, "concurrent call limit exceeded"));
        }
        if reaches(
            self.ledger.accepted_on(&request.trunk, now),
            limits.per_minute,
        ) {
            return Some(limited(429, "rate limit exceeded"));
        }
        None
    }

    fn hang_up(&mut self, attempt: AttemptId, now: Timestamp) {
        let Some(call) = self.ledger.up().get(&attempt) else {
            return;
        };
        let mut lines = Vec::with_capacity(2);
        let course = self.courses.remove(&attempt);
        let report = if call.phase == Phase::Answered {
            CallReport {
                end: CallEnd::Completed,
                sip_code: Some(200),
                callee_type: course.and_then(|course| course.detected),
                ..CallReport::default()
            }
        } else {
            lines.push(call.line(attempt, LineKind::Cancel, now));
            CallReport {
                end: CallEnd::CancelledByUs,
                sip_code: Some(487),
                ..CallReport::default()
            }
        };
        let end = call.line(attempt, LineKind::End, now);
        lines.push(end.ended(now, &report));
        self.write(&lines);
        // The answer to a hang-up is reported even if other reports about the call were lost.
        self.schedule_report(now, attempt, now, CallEventKind::Ended(report));
    }

    fn look_up(&mut self, attempt: AttemptId, now: Timestamp) {
        let known = if self.profile.outage(now) == Some(Manner::NeverSent) {
            LookUp::CannotTell
        } else if self.ledger.up().contains_key(&attempt) {
            self.reattach(attempt);
            LookUp::InProgress
        } else if let Some((report, at)) = self.ledger.end_of(attempt) {
            LookUp::Ended(report.clone(), *at)
        } else {
            self.look_up_in_log(attempt)
        };
        let known = self.not_before_it_happened(attempt, known, now);
        let key = self.key(now);
        self.outbox
            .insert(key, ProviderEvent::LookedUp(attempt, known));
    }

    /// Reports a call as up if its end lies after `now`. A deck that was killed continues at its own last
    /// entry, which may precede the last line of the carrier log.
    fn not_before_it_happened(
        &mut self,
        attempt: AttemptId,
        known: LookUp,
        now: Timestamp,
    ) -> LookUp {
        let LookUp::Ended(report, at) = known else {
            return known;
        };
        if at <= now {
            return LookUp::Ended(report, at);
        }
        self.schedule_report(at, attempt, at, CallEventKind::Ended(report));
        LookUp::InProgress
    }

    /// Makes sure that the end of a call is reported after a look-up found the call, even if the end was to
    /// be lost.
    fn reattach(&mut self, attempt: AttemptId) {
        let course = self.courses.get_mut(&attempt);
        let last = course.and_then(|course| course.steps.back_mut());
        if let Some(end) = last.filter(|end| end.reports.is_empty()) {
            end.reports.push(Duration::ZERO);
        }
    }

    fn look_up_in_log(&self, attempt: AttemptId) -> LookUp {
        let Some(log) = self.log.as_ref().filter(|_| !self.log_failed) else {
            return LookUp::CannotTell;
        };
        if self.ledger.is_complete() {
            return LookUp::NeverPlaced;
        }
        match log.find_end(attempt) {
            Ok(Some((report, at))) => LookUp::Ended(report, at),
            Ok(None) => LookUp::NeverPlaced,
            Err(error) => {
                tracing::error!(%error, "the carrier log cannot be read");
                LookUp::CannotTell
            }
        }
    }

    fn start(&mut self, attempt: AttemptId, steps: VecDeque<Step>) {
        if let Some(first) = steps.front() {
            let (at, seq) = self.key(first.at);
            self.world.insert((at, seq, attempt));
        }
        let detected = None;
        self.courses.insert(attempt, Course { steps, detected });
    }

    /// Processes every step that is due by `now`.
    fn advance(&mut self, now: Timestamp) {
        while let Some((at, _, attempt)) = self.world.first().copied().filter(|due| due.0 <= now) {
            self.world.pop_first();
            // A call that was hung up has no course any more; its planned steps do not happen.
            let Some(course) = self.courses.get_mut(&attempt) else {
                continue;
            };
            let Some(step) = course.steps.pop_front() else {
                continue;
            };
            if let CallEventKind::CalleeDetected(who) = step.kind {
                course.detected = Some(who);
            }
            if let Some(next) = course.steps.front().map(|next| next.at) {
                let (next, seq) = self.key(next);
                self.world.insert((next, seq, attempt));
            } else {
                self.courses.remove(&attempt);
            }
            self.record(attempt, at, &step.kind);
            for delay in step.reports {
                self.schedule_report(at + delay, attempt, at, step.kind.clone());
            }
        }
    }

    /// Writes an event of a call to the log.
    fn record(&mut self, attempt: AttemptId, at: Timestamp, kind: &CallEventKind) {
        let Some(call) = self.ledger.up().get(&attempt) else {
            return;
        };
        let line = match kind {
            CallEventKind::Ringing => call.line(attempt, LineKind::Ringing, at),
            CallEventKind::Answered => call.line(attempt, LineKind::Answer, at),
            CallEventKind::Ended(report) => call.line(attempt, LineKind::End, at).ended(at, report),
            CallEventKind::Sent
            | CallEventKind::Placed
            | CallEventKind::Speech(_)
            | CallEventKind::CalleeDetected(_)
            | CallEventKind::AnswerLost => return,
        };
        self.write(&[line]);
    }

    /// Writes lines and applies them to the state. Returns whether the log holds them. Calls that are up
    /// continue without a log, but an `invite` that cannot be written is not sent.
    fn write(&mut self, lines: &[Line]) -> bool {
        if let Some(log) = &mut self.log
            && let Err(error) = log.append(lines)
        {
            tracing::error!(%error, "the carrier log cannot be written; nothing more is sent");
            self.log_failed = true;
        }
        let invites = lines.iter().any(|line| line.event == LineKind::Invite);
        if !(self.log_failed && invites) {
            for line in lines {
                self.ledger.apply(line);
            }
        }
        !self.log_failed
    }

    fn schedule_report(
        &mut self,
        when: Timestamp,
        attempt: AttemptId,
        at: Timestamp,
        kind: CallEventKind,
    ) {
        let key = self.key(when);
        let event = CallEvent { attempt, at, kind };
        self.outbox.insert(key, ProviderEvent::Call(event));
    }

    fn key(&mut self, at: Timestamp) -> (Timestamp, u64) {
        self.seq += 1;
        (at, self.seq)
    }
}

impl Provider for Simulator {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            look_up: self.log.is_some(),
            ..Capabilities::simulator(true)
        }
    }

    fn request(&mut self, request: Request, now: Timestamp) {
        self.advance(now);
        match request {
            Request::Place(request) => self.place(&request, now),
            Request::HangUp(attempt) => self.hang_up(attempt, now),
            Request::LookUp(inquiry) => self.look_up(inquiry.attempt, now),
            Request::ListNumbers => {}
        }
    }

    fn poll(&mut self, now: Timestamp) -> Vec<ProviderEvent> {
        self.advance(now);
        let mut due = Vec::new();
        while let Some(entry) = self.outbox.first_entry() {
            if entry.key().0 > now {
                break;
            }
            due.push(entry.remove());
        }
        due
    }

    fn next_event_at(&self) -> Option<Timestamp> {
        let happens = self.world.first().map(|(at, ..)| *at);
        let reports = self.outbox.first_key_value().map(|((at, _), _)| *at);
        happens.into_iter().chain(reports).min()
    }

    fn ready(&mut self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Inquiry;
    use dialdeck_core::domain::{Briefing, DeckId, TrunkName};

    #[test]
    fn nothing_is_sent_that_the_log_cannot_hold() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("carrier.jsonl");
        fs::write(&path, "").unwrap();
        let log = CarrierLog::open_broken(&path);
        let mut carrier = Simulator::new(Profile::default(), 1, Some(log));
        let attempt = AttemptId {
            deck: DeckId(1),
            serial: 1,
        };
        let now = Timestamp::from_millis(1_000);
        let (to, from) = (
            "+12125550142".parse().unwrap(),
            "+16465550100".parse().unwrap(),
        );
        let request = DialRequest {
            attempt,
            trunk: TrunkName("main".to_owned()),
            campaign: "spring".to_owned(),
            to,
            from,
            ring_timeout: Duration::from_secs(30),
            max_call: Duration::from_mins(30),
            not_before: Timestamp::MIN,
            expires_at: Timestamp::MAX,
            human_agent: false,
            pci: false,
            briefing: Briefing::default(),
        };
        let inquiry = Inquiry {
            attempt,
            to,
            from,
            reserved_at: now,
        };
        carrier.request(Request::Place(Box::new(request)), now);
        carrier.request(Request::LookUp(inquiry), now);
        let reports = carrier.poll(now);
        let ended = CallEventKind::Ended(CallReport {
            end: CallEnd::NeverSent,
            ..CallReport::default()
        });
        let never_sent = CallEvent {
            attempt,
            at: now,
            kind: ended,
        };
        let expected = [
            ProviderEvent::Call(never_sent),
            ProviderEvent::LookedUp(attempt, LookUp::CannotTell),
        ];
        assert_eq!(reports, expected);
        assert_eq!(carrier.next_event_at(), None);
    }
}
