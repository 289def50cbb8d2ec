//! Following a call to its end by asking: the answer of `GET /calls/{id}` is the truth, a webhook
//! only a reason to ask sooner.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use super::BubblyPhone;
use super::api::Trouble;
use super::call::{Seen, Shown, Status, Why};
use super::calls::Call;
use super::hearing::Hearing;
use crate::DialRequest;
use crate::remote::Line;
use dialdeck_core::domain::attempt::CallEnd;
use dialdeck_core::domain::{CallReport, Timestamp};

/// How far the vendor's word may be behind the call (providers.md §2.4): no call is hung up for
/// ringing too long before that has passed.
const LAG: Duration = Duration::from_secs(5);

/// Pauses between two questions, each until the call is this old. Half as much is added by chance.
const PAUSES: [(Duration, Duration); 3] = [
    (Duration::from_mins(1), Duration::from_secs(3)),
    (Duration::from_mins(5), Duration::from_secs(5)),
    (Duration::MAX, Duration::from_secs(10)),
];

/// The pause after an answer that could not be used, doubled with each, at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The pause before a question that a webhook gave reason for: several of them make one question.
const GATHER: Duration = Duration::from_secs(1);

/// How long after ringing and talking for the longest time a call is followed at most.
const PATIENCE: Duration = Duration::from_mins(10);

/// One call that is up.
pub(super) struct Follow<'a> {
    pub(super) vendor: &'a BubblyPhone,
    pub(super) call: &'a Call,
    pub(super) request: &'a DialRequest,
    pub(super) line: &'a Line,
    /// The vendor's id.
    pub(super) id: &'a str,
    /// When the request left.
    pub(super) sent_at: Timestamp,
}

/// What was told so far.
struct Told {
    ringing: bool,
    answered: Option<Timestamp>,
    /// The last instant told: nothing later is told with an earlier one.
    last: Timestamp,
}

impl Follow<'_> {
    /// Tells what happens from this first answer on, to the call's end, or that it was lost. Gives
    /// whether it ended.
    pub(super) async fn to_its_end(&self, first: Shown) -> bool {
        let mut told = Told {
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
                    if let Some((report, at)) = self.take_in(shown, &mut told) {
                        self.end(report, at).await;
                        return true;
                    }
                    self.hang_up_in_time(&told);
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
            self.vendor.carry_out_wish(self.call).await;
            asked += 1;
            self.pause(asked, in_vain, answer.err(), &told).await;
            answer = self.vendor.api.call(self.id).await;
        }
    }

    /// Tells what is new; gives the end.
    fn take_in(&self, shown: &Shown, told: &mut Told) -> Option<(CallReport, Timestamp)> {
        let now = self.line.now();
        self.vendor.note_word(&shown.status);
        if shown.status == Status::Ringing && !told.ringing && told.answered.is_none() {
            told.ringing = true;
            told.last = now;
            self.line.ringing();
        }
        if shown.was_answered() && told.answered.is_none() {
            let at = shown.answered_at(told.last, now);
            told.answered = Some(at);
            told.last = at;
            self.line.answered(at);
        }
        let seen = Seen {
            rang: told.ringing,
            answered: told.answered.is_some(),
        };
        shown.end(seen, self.call.wished(), told.last, now)
    }

    /// Wishes an end to what rang or lasted for as long as it may. The vendor takes no limit for
    /// ringing with a call, so this one is ours.
    fn hang_up_in_time(&self, told: &Told) {
        let now = self.line.now();
        match told.answered {
            None if now >= self.rings_until() => self.call.wish(Why::RangOut),
            Some(at) if now >= at + self.request.max_call => self.call.wish(Why::TooLong),
            None | Some(_) => {}
        }
    }

    fn rings_until(&self) -> Timestamp {
        self.sent_at + self.request.ring_timeout + LAG
    }

    fn gives_up_at(&self) -> Timestamp {
        self.rings_until() + self.request.max_call + PATIENCE
    }

    /// Waits until it is time to ask again: by the call's age, longer after answers in vain, sooner
    /// when a webhook came or a limit is reached.
    async fn pause(&self, asked: u32, in_vain: u32, trouble: Option<Trouble>, told: &Told) {
        let now = self.line.now();
        let age = now.since(self.sent_at);
        let usual = PAUSES.iter().find(|(until, _)| age < *until);
        let usual = usual.map_or(LONGEST_PAUSE, |(_, pause)| *pause);
        let backed_off = usual
            .saturating_mul(1 << in_vain.min(4))
            .min(LONGEST_PAUSE)
            .max(usual);
        let mut pause = jittered(backed_off, (self.id, asked));
        let limit = match told.answered {
            None => self.rings_until(),
            Some(at) => at + self.request.max_call,
        };
        if limit > now {
            pause = pause.min(limit.since(now));
        }
        if let Some(Trouble::Slow(wanted)) = trouble {
            // Nothing, not even a webhook, lets us ask before that.
            return self.line.sleep(pause.max(wanted.unwrap_or_default())).await;
        }
        tokio::select! {
            () = self.line.sleep(pause) => {}
            () = self.call.nudged() => self.line.sleep(GATHER).await,
        }
    }

    /// Tells the end, with what the transcript says, and listens to what is added to it.
    async fn end(&self, mut report: CallReport, at: Timestamp) {
        if report.end != CallEnd::Completed {
            return self.line.ended(report, at);
        }
        let hearing = Hearing {
            vendor: self.vendor,
            line: self.line,
            id: self.id,
        };
        hearing.at_the_end(&mut report).await;
        self.line.ended(report.clone(), at);
        hearing.afterwards(report, at).await;
    }
}

/// A pause with up to half of itself added, so that calls placed together are not asked for
/// together. The same call at the same turn has the same.
pub(super) fn jittered(pause: Duration, turn: (&str, u32)) -> Duration {
    let mut hash = DefaultHasher::new();
    turn.hash(&mut hash);
    let share = u32::try_from(hash.finish() % 1000).unwrap_or(0);
    pause + pause / 2 * share / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_placed_together_are_not_asked_for_together() {
        let pause = Duration::from_secs(4);
        let of = |id: &str, turn| jittered(pause, (id, turn));
        assert_eq!(of("c1", 1), of("c1", 1));
        assert_ne!(of("c1", 1), of("c2", 1));
        assert_ne!(of("c1", 1), of("c1", 2));
        for turn in 0..1000 {
            assert!((pause..pause * 3 / 2).contains(&of("c1", turn)));
        }
    }
}
