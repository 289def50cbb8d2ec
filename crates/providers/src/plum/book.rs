//! What is known of each attempt's call: what was sent and what was reported.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dialdeck_core::domain::outcome::classify;
use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

/// The most attempts in memory. Above it, the oldest that is over is removed; a repeated result of a removed
/// attempt is reported again, which changes nothing.
const MOST: usize = 20_000;

/// How much later than a call can have ended its result may still arrive. Plum's best practices for outbound
/// calling state that status updates may be delayed, because placing calls has priority.
const GRACE: Duration = Duration::from_mins(15);

/// How long after its latest end a call's result is due. Plum's results come late, but rarely later.
const DUE: Duration = Duration::from_mins(2);

/// What is known of an attempt's call.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The engine asked to place it.
    pub(super) placed: bool,
    /// It must not be sent any more.
    pub(super) stopped: bool,
    /// Plum's id of the call, unique only per Plum server.
    pub(super) call_id: Option<String>,
    /// Until when its end may still arrive, because it is queued or up.
    pub(super) open_until: Option<Timestamp>,
    /// From when on its result is due, if Plum queued it in this run: by then the call should be over.
    pub(super) result_due: Option<Timestamp>,
    /// The longest time that it may last after the answer, if it was placed in this run.
    pub(super) max_call: Option<Duration>,
    /// A person or a machine answered.
    pub(super) answered: bool,
    /// The type of the callee, once reported.
    pub(super) callee: Option<CalleeType>,
    /// How and when it ended.
    pub(super) end: Option<(CallReport, Timestamp)>,
}

impl Known {
    /// Records that Plum queued the call. It rings for `ring_timeout` at most after its expiry, and may then
    /// last for as long as [`Self::max_call`].
    pub(super) fn queued(&mut self, expires_at: Timestamp, ring_timeout: Duration) {
        let rings_until = expires_at + ring_timeout;
        let talks_until = rings_until + self.max_call.unwrap_or_default();
        self.open_until = self.open_until.max(Some(talks_until + GRACE));
        self.result_due = self.result_due.max(Some(rings_until + DUE));
    }

    /// Records an answer and returns whether it is new. Clears a recorded end that was not an answer.
    pub(super) fn answer(&mut self, at: Timestamp) -> bool {
        if self.answered || self.end.as_ref().is_some_and(|(end, _)| is_reached(end)) {
            return false;
        }
        self.end = None;
        self.answered = true;
        if let Some(max_call) = self.max_call {
            self.open_until = self.open_until.max(Some(at + max_call + GRACE));
            self.result_due = self.result_due.max(Some(at + max_call + DUE));
        }
        true
    }

    /// Records the callee type and returns whether it is new.
    pub(super) fn detect(&mut self, callee: CalleeType) -> bool {
        let first = self.end.is_none() && self.callee.is_none();
        if first {
            self.callee = Some(callee);
        }
        first
    }

    /// Returns whether the report adds to the recorded end: it counts as an attempt or shows an answer, and
    /// the recorded end does not.
    pub(super) fn is_news(&self, report: &CallReport) -> bool {
        self.end.as_ref().is_none_or(|(known, _)| {
            let counts = |report: &CallReport| classify(report).counts;
            !counts(known) && counts(report) || !is_reached(known) && is_reached(report)
        })
    }

    /// Returns whether the call has ended or was never placed in this run.
    const fn is_over(&self) -> bool {
        self.end.is_some() || !self.placed
    }
}

fn is_reached(report: &CallReport) -> bool {
    classify(report).outcome.is_reached()
}

/// The calls of all attempts.
#[derive(Debug, Default)]
pub(super) struct Book {
    calls: Mutex<BTreeMap<AttemptId, Known>>,
}

impl Book {
    /// Returns the result of `change`, which reads and changes what is known of an attempt. Only one change
    /// runs at a time, so reports made within keep their order.
    pub(super) fn with<T>(&self, attempt: AttemptId, change: impl FnOnce(&mut Known) -> T) -> T {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = change(calls.entry(attempt).or_default());
        if calls.len() > MOST {
            let mut over = calls.iter().filter(|(_, known)| known.is_over());
            if let Some(oldest) = over.next().map(|(attempt, _)| *attempt) {
                calls.remove(&oldest);
            }
        }
        changed
    }

    /// Returns the calls whose results are due and have not come, each with the instant until which it keeps
    /// its slot.
    pub(super) fn missing(&self, now: Timestamp) -> Vec<(AttemptId, Timestamp)> {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let missing = calls.iter().filter_map(|(attempt, known)| {
            let is_due = known.end.is_none() && known.result_due? <= now;
            let until = known.open_until.filter(|until| is_due && now < *until)?;
            Some((*attempt, until))
        });
        missing.collect()
    }

    /// Returns what is known of an attempt; records nothing.
    pub(super) fn get(&self, attempt: AttemptId) -> Known {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(&attempt).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    #[test]
    fn what_is_over_is_forgotten_first() {
        let book = Book::default();
        let attempt = |serial: usize| AttemptId {
            deck: DeckId(7),
            serial: i64::try_from(serial).expect("small"),
        };
        book.with(attempt(0), |known| known.placed = true);
        for serial in 1..=MOST {
            book.with(attempt(serial), |known| {
                known.placed = true;
                known.end = Some((CallReport::default(), Timestamp::MIN));
            });
        }
        assert!(book.get(attempt(0)).placed);
        assert!(!book.get(attempt(1)).placed);
        assert!(book.get(attempt(2)).placed);
    }

    #[test]
    fn a_result_is_due_once_the_call_should_be_over() {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let (ring, talk) = (Duration::from_secs(20), Duration::from_mins(2));
        let book = Book::default();
        let attempt = AttemptId {
            deck: DeckId(7),
            serial: 1,
        };
        book.with(attempt, |known| {
            known.placed = true;
            known.max_call = Some(talk);
            known.queued(at(60), ring);
        });
        assert_eq!(book.missing(at(199)), []);
        // The last instant, the ringing, two minutes; the slot is kept for the talk and a quarter of an hour.
        let kept = (attempt, at(60 + 20 + 120 + 900));
        assert_eq!(book.missing(at(200)), [kept]);
        assert_eq!(book.missing(at(1100)), []);
        book.with(attempt, |known| assert!(known.answer(at(75))));
        assert_eq!(book.missing(at(300)), []);
        assert_eq!(book.missing(at(75 + 120 + 120)), [kept]);
        book.with(attempt, |known| {
            known.end = Some((CallReport::default(), at(320)));
        });
        assert_eq!(book.missing(at(400)), []);
    }

    #[test]
    fn an_end_is_the_end() {
        let mut known = Known::default();
        assert!(known.answer(Timestamp::MIN) && !known.answer(Timestamp::MIN));
        known.end = Some((CallReport::default(), Timestamp::MIN));
        assert!(!known.detect(CalleeType::Human));
    }
}
