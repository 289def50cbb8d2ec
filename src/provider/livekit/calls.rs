//! What is known of each attempt's call, whether it is being followed or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::bridging::Bridging;
use crate::domain::attempt::CallEnd;
use crate::domain::{AttemptId, CallReport, CalleeType, Timestamp};
use crate::provider::inbound::{Inbound, News};

/// The most calls that are remembered beside those that are followed; the oldest is forgotten.
const REMEMBERED: usize = 4096;

/// Every call that something is known about.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<AttemptId, Arc<Call>>>);

/// One attempt's call.
#[derive(Debug, Default)]
pub(super) struct Call {
    known: Mutex<Known>,
    changed: Notify,
}

/// Who tells how it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nobody as yet: it has not begun, or its answer was lost, or it is an earlier run's.
    #[default]
    Open,
    /// A task follows it.
    Followed,
    /// Its end has been told.
    Over,
}

/// What is known of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    pub(super) stage: Stage,
    /// Whether we were asked to hang up.
    pub(super) hung_up: bool,
    /// Whether it is sure that somebody or something picked up.
    pub(super) answered: bool,
    /// What the agent said.
    pub(super) bridging: Bridging,
    /// How it ended by a webhook's word, and when.
    pub(super) ended: Option<(CallReport, Timestamp)>,
    /// Whether something happened that is worth a look before the next one is due.
    look: bool,
}

impl Known {
    /// Takes in what was said. An agent may also have a result, or be uncertain who it is that
    /// speaks, when nobody picked up: neither proves that somebody did.
    fn hear(&mut self, inbound: &Inbound) {
        let at = inbound.at;
        match &inbound.news {
            News::Changed => self.look = true,
            News::Answered | News::OptOut => self.answered = true,
            News::Result(_) => {}
            News::CalleeDetected(callee) => {
                self.answered |= matches!(callee, CalleeType::Voicemail | CalleeType::Fax);
                self.bridging.callee = Some(*callee);
            }
            News::GreetingEnded => {
                self.answered = true;
                self.bridging.greeting_ended.get_or_insert(at);
            }
            News::Bridged => {
                self.answered = true;
                self.bridging.bridged.get_or_insert(at);
            }
            News::Ended(report) => {
                self.answered |= report.end == CallEnd::Completed;
                self.ended.get_or_insert((report.clone(), at));
            }
        }
    }

    /// How the call ended by what is known without its request's answer: an end that was told for
    /// sure, else completed when it was surely answered, else whatever was told.
    pub(super) fn verdict(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let (report, at) = self.ended.clone()?;
        if report.end == CallEnd::Unresolved && self.answered {
            return Some((self.completed(), at.min(now)));
        }
        let callee_type = self.bridging.callee.or(report.callee_type);
        Some((
            CallReport {
                callee_type,
                ..report
            },
            at.min(now),
        ))
    }

    /// An answered call's end.
    pub(super) fn completed(&self) -> CallReport {
        CallReport {
            end: CallEnd::Completed,
            callee_type: self.bridging.callee,
            ..CallReport::default()
        }
    }
}

impl Call {
    /// What is known now.
    pub(super) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Marks it as followed, if it may begin.
    pub(super) fn follow(&self) -> Beginning {
        let mut known = self.lock();
        if known.stage != Stage::Open {
            return Beginning::Again;
        }
        if known.hung_up {
            known.stage = Stage::Over;
            return Beginning::HungUp;
        }
        known.stage = Stage::Followed;
        Beginning::First
    }

    /// Ends the following, its end being told.
    pub(super) fn finish(&self) {
        self.lock().stage = Stage::Over;
    }

    /// Ends the following without an end of its own: the one that was told from outside, which is
    /// then the call's, or else nobody's as yet.
    pub(super) fn let_go(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let mut known = self.lock();
        let verdict = known.verdict(now);
        known.stage = if verdict.is_some() {
            Stage::Over
        } else {
            Stage::Open
        };
        verdict
    }

    /// Takes in what was said. Of a call that nobody follows, its end is given once.
    pub(super) fn hear(&self, inbound: &Inbound, now: Timestamp) -> Heard {
        let mut known = self.lock();
        known.hear(inbound);
        let heard = if known.stage != Stage::Open {
            Heard::Nothing
        } else if let Some((report, at)) = known.verdict(now) {
            known.stage = Stage::Over;
            Heard::Ended(report, at)
        } else if let News::CalleeDetected(callee) = inbound.news {
            Heard::Detected(callee)
        } else {
            Heard::Nothing
        };
        drop(known);
        self.changed.notify_one();
        heard
    }

    /// Notes that we were asked to hang up. Where a task follows the call, it sees to it.
    pub(super) fn hang_up(&self) -> Stage {
        let mut known = self.lock();
        known.hung_up = true;
        let stage = known.stage;
        drop(known);
        self.changed.notify_one();
        stage
    }

    /// Notes that it was answered.
    pub(super) fn note_answer(&self) {
        self.lock().answered = true;
    }

    /// Notes who picked up, unless the agent has said so.
    pub(super) fn note_callee(&self, callee: CalleeType) {
        self.lock().bridging.callee.get_or_insert(callee);
    }

    /// Whether something happened that is worth a look; asking forgets it.
    pub(super) fn take_look(&self) -> bool {
        std::mem::take(&mut self.lock().look)
    }

    /// Completes when something was said since it last completed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // What is kept here is whole after every statement.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a call may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It may.
    First,
    /// It was begun before.
    Again,
    /// It was hung up before it began.
    HungUp,
}

/// What is to be told of a call that nobody follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Nothing,
    Detected(CalleeType),
    Ended(CallReport, Timestamp),
}

impl Calls {
    /// The attempt's call, known from now on.
    pub(super) fn of(&self, attempt: AttemptId) -> Arc<Call> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() > REMEMBERED {
            let oldest = calls
                .iter()
                .find(|(_, call)| call.known().stage != Stage::Followed);
            if let Some(oldest) = oldest.map(|(attempt, _)| *attempt) {
                calls.remove(&oldest);
            }
        }
        Arc::clone(calls.entry(attempt).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::DeckId;

    fn attempt(serial: i64) -> AttemptId {
        AttemptId {
            deck: DeckId(1),
            serial,
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    fn said(news: News, millis: i64) -> Inbound {
        Inbound {
            event: "e".to_owned(),
            attempt: attempt(1),
            at: at(millis),
            news,
        }
    }

    fn ended(end: CallEnd) -> News {
        News::Ended(CallReport {
            end,
            ..CallReport::default()
        })
    }

    #[test]
    fn a_call_hung_up_before_it_began_never_begins() {
        let call = Call::default();
        assert_eq!(call.hang_up(), Stage::Open);
        assert_eq!(call.follow(), Beginning::HungUp);
        let call = Call::default();
        assert_eq!(call.follow(), Beginning::First);
        assert_eq!(call.follow(), Beginning::Again);
        assert_eq!(call.hang_up(), Stage::Followed);
        call.finish();
        assert_eq!(call.follow(), Beginning::Again);
    }

    #[test]
    fn the_end_of_a_followed_call_is_its_followers_to_tell() {
        let call = Call::default();
        assert_eq!(call.follow(), Beginning::First);
        let unresolved = said(ended(CallEnd::Unresolved), 5);
        assert_eq!(call.hear(&unresolved, at(9)), Heard::Nothing);
        call.finish();
        assert_eq!(call.hear(&unresolved, at(9)), Heard::Nothing);
    }

    #[test]
    fn a_lost_call_ends_once_by_what_is_said() {
        let call = Call::default();
        assert_eq!(call.follow(), Beginning::First);
        assert_eq!(call.let_go(at(1)), None);
        let detected = said(News::CalleeDetected(CalleeType::Human), 3);
        assert_eq!(
            call.hear(&detected, at(3)),
            Heard::Detected(CalleeType::Human)
        );
        let greeted = said(News::GreetingEnded, 4);
        assert_eq!(call.hear(&greeted, at(4)), Heard::Nothing);
        // The reason alone cannot tell; that somebody greeted can.
        let Heard::Ended(report, when) = call.hear(&said(ended(CallEnd::Unresolved), 5), at(9))
        else {
            panic!("an end");
        };
        assert_eq!(report.end, CallEnd::Completed);
        assert_eq!(report.callee_type, Some(CalleeType::Human));
        assert_eq!(when, at(5));
        let again = call.hear(&said(ended(CallEnd::RangOut), 6), at(9));
        assert_eq!(again, Heard::Nothing);
    }

    #[test]
    fn what_was_said_before_the_answer_was_lost_is_the_end() {
        let call = Call::default();
        assert_eq!(call.follow(), Beginning::First);
        call.hear(&said(ended(CallEnd::RangOut), 5), at(5));
        let (report, when) = call.let_go(at(9)).unwrap();
        assert_eq!((report.end, when), (CallEnd::RangOut, at(5)));
    }

    #[test]
    fn an_uncertain_agent_proves_no_answer() {
        let call = Call::default();
        for news in [
            News::CalleeDetected(CalleeType::Unknown),
            News::CalleeDetected(CalleeType::Human),
            News::Result("nobody".to_owned()),
        ] {
            call.hear(&said(news, 1), at(1));
        }
        assert!(!call.known().answered);
        call.hear(&said(News::CalleeDetected(CalleeType::Fax), 1), at(1));
        assert!(call.known().answered);
    }

    #[test]
    fn the_oldest_are_forgotten_but_never_those_that_are_followed() {
        let calls = Calls::default();
        assert_eq!(calls.of(attempt(1)).follow(), Beginning::First);
        for serial in 2..i64::try_from(REMEMBERED).unwrap() + 100 {
            calls.of(attempt(serial)).note_answer();
        }
        assert_eq!(calls.of(attempt(1)).known().stage, Stage::Followed);
        assert!(!calls.of(attempt(2)).known().answered);
        let newest = i64::try_from(REMEMBERED).unwrap() + 99;
        assert!(calls.of(attempt(newest)).known().answered);
    }
}
