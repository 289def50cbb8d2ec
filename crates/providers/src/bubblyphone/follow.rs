//! Follows a call to its end by polling. The answer of `GET /calls/{id}` is authoritative; a webhook is only
//! a reason to poll earlier.

use std::time::Duration;

use super::BubblyPhone;
use super::api::Trouble;
use super::call::{Seen, Shown, Status, Why};
use super::calls::Call;
use super::pause::jittered;
use super::transcript_poll::TranscriptPoll;
use crate::DialRequest;
use crate::remote::Line;
use dialdeck_core::domain::{CallEnd, CallReport, Timestamp};

/// How far the vendor's status may lag behind the call (inferred). No call is hung up for ringing too long
/// before this time has passed.
const LAG: Duration = Duration::from_secs(5);

/// Pauses between two polls, each until the call reaches this age. A share of up to one half is added,
/// different per call and poll.
const PAUSES: [(Duration, Duration); 3] = [
    (Duration::from_mins(1), Duration::from_secs(3)),
    (Duration::from_mins(5), Duration::from_secs(5)),
    (Duration::MAX, Duration::from_secs(10)),
];

/// The longest pause after unusable answers. The pause doubles with each of them.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause before a poll that a webhook caused, so that several webhooks cause one poll.
const GATHER: Duration = Duration::from_secs(1);

/// How long a call is followed after the longest possible ringing and talking.
const PATIENCE: Duration = Duration::from_mins(10);

/// A call that is being followed.
pub(super) struct Follow<'a> {
    pub(super) vendor: &'a BubblyPhone,
    pub(super) call: &'a Call,
    pub(super) request: &'a DialRequest,
    pub(super) line: &'a Line,
    /// The vendor's id of the call.
    pub(super) id: &'a str,
    /// When the request left.
    pub(super) sent_at: Timestamp,
}

/// What has been reported so far.
struct Reported {
    ringing: bool,
    answered: Option<Timestamp>,
    /// The instant of the last report. Later reports are never dated before it.
    last: Timestamp,
}

impl Follow<'_> {
    /// Reports the events of the call from this first answer to its end, or that it was lost. Returns whether
    /// it ended.
    pub(super) async fn to_its_end(&self, first: Shown) -> bool {
        let mut reported = Reported {
            ringing: false,
            answered: None,
            last: self.sent_at,
        };
        let mut answer = Ok(first);
        let (mut asked, mut in_vain) = (0, 0);
        loop {
            match &answer {
                Ok(shown) => {
                    in_vain = 0;
                    if let Some((report, at)) = self.take_in(shown, &mut reported) {
                        self.end(report, at).await;
                        return true;
                    }
                    self.hang_up_in_time(&reported);
                }
                Err(trouble) => {
                    in_vain += 1;
                    tracing::debug!(attempt = %self.line.attempt(), %trouble, "a call is not shown");
                }
            }
            if self.line.now() >= self.gives_up_at() {
                self.line.lost();
                return false;
            }
            self.vendor.carry_out_hang_up(self.call).await;
            asked += 1;
            self.pause(asked, in_vain, answer.err(), &reported).await;
            answer = self.vendor.api.call(self.id).await;
        }
    }

    /// Reports what is new in an answer. Returns the end of the call, if it has ended.
    fn take_in(&self, shown: &Shown, reported: &mut Reported) -> Option<(CallReport, Timestamp)> {
        let now = self.line.now();
        self.vendor.note_word(&shown.status);
        if shown.status == Status::Ringing && !reported.ringing && reported.answered.is_none() {
            reported.ringing = true;
            reported.last = now;
            self.line.ringing();
        }
        if shown.was_answered() && reported.answered.is_none() {
            let at = shown.answered_at(reported.last, now);
            reported.answered = Some(at);
            reported.last = at;
            self.line.answered(at);
        }
        let seen = Seen {
            rang: reported.ringing,
            answered: reported.answered.is_some(),
        };
        shown.end(seen, self.call.hang_up_reason(), reported.last, now)
    }

    /// Requests a hang-up if the call rang or lasted for its maximum. The deck enforces the ringing timeout,
    /// because the vendor accepts no such limit with a call.
    fn hang_up_in_time(&self, reported: &Reported) {
        let now = self.line.now();
        match reported.answered {
            None if now >= self.rings_until() => self.call.request_hang_up(Why::RangOut),
            Some(at) if now >= at + self.request.max_call => {
                self.call.request_hang_up(Why::TooLong);
            }
            None | Some(_) => {}
        }
    }

    fn rings_until(&self) -> Timestamp {
        self.sent_at + self.request.ring_timeout + LAG
    }

    fn gives_up_at(&self) -> Timestamp {
        self.rings_until() + self.request.max_call + PATIENCE
    }

    /// Waits until the next poll: by the call's age, longer after unusable answers, sooner after a webhook or
    /// when a limit is reached.
    async fn pause(&self, asked: u32, in_vain: u32, trouble: Option<Trouble>, reported: &Reported) {
        let now = self.line.now();
        let age = now.since(self.sent_at);
        let usual = PAUSES.iter().find(|(until, _)| age < *until);
        let usual = usual.map_or(LONGEST_PAUSE, |(_, pause)| *pause);
        let backed_off = usual
            .saturating_mul(1 << in_vain.min(4))
            .min(LONGEST_PAUSE)
            .max(usual);
        let mut pause = jittered(backed_off, (self.id, asked));
        let limit = match reported.answered {
            None => self.rings_until(),
            Some(at) => at + self.request.max_call,
        };
        if limit > now {
            pause = pause.min(limit.since(now));
        }
        if let Some(Trouble::Slow(wanted)) = trouble {
            // A 429 holds off every poll until then, including those that webhooks cause.
            return self.line.sleep(pause.max(wanted.unwrap_or_default())).await;
        }
        tokio::select! {
            () = self.line.sleep(pause) => {}
            () = self.call.nudged() => self.line.sleep(GATHER).await,
        }
    }

    /// Reports the end with what the transcript shows, and reads later additions to the transcript.
    async fn end(&self, mut report: CallReport, at: Timestamp) {
        if report.end != CallEnd::Completed {
            return self.line.ended(report, at);
        }
        let poll = TranscriptPoll {
            vendor: self.vendor,
            line: self.line,
            id: self.id,
        };
        poll.at_the_end(&mut report).await;
        self.line.ended(report.clone(), at);
        poll.afterwards(report, at).await;
    }
}
