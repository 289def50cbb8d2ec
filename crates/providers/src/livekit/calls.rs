//! What is known about each attempt's call, followed by a task or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::agents::{Agents, Word};
use super::bridging::Bridging;
use super::evidence::{self, Correction, Evidence};
use super::failure::Said;
use super::wire::Participant;
use crate::inbound::{Inbound, News};
use dialdeck_core::domain::{AttemptId, CallEnd, CallReport, CalleeType, Timestamp};

/// The most calls in memory that no task follows. Above it, the oldest of those that are over is removed, and
/// if none is, the oldest.
const REMEMBERED: usize = 4096;

/// All calls that something is known about.
#[derive(Debug, Default)]
pub(super) struct Calls(Mutex<BTreeMap<AttemptId, Arc<Call>>>);

/// The call of one attempt.
#[derive(Debug, Default)]
pub(super) struct Call {
    known: Mutex<Known>,
    changed: Notify,
    agents_changed: Notify,
}

/// Which part of the program reports the end of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// No part: the call has not begun, its answer was lost, or it belongs to an earlier run.
    #[default]
    Open,
    /// A task follows it.
    Followed,
    /// Its end has been reported.
    Over,
}

/// What is known about a call.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: no two of them make a state"
)]
pub(super) struct Known {
    pub(super) stage: Stage,
    /// Whether the engine requested a hang-up.
    pub(super) hung_up: bool,
    /// The evidence of how the call went.
    pub(super) evidence: Evidence,
    /// What the agent reported.
    pub(super) bridging: Bridging,
    /// Whether its request was answered without showing whether anything was dialed.
    asks_room: bool,
    /// The refusal that this answer states, if it states one.
    pub(super) refusal: Option<CallReport>,
    /// Its end as reported.
    reported: Option<CallReport>,
    /// Whether the server has not yet confirmed that the room is gone.
    unclosed: bool,
    /// The agents and persons in the room.
    pub(super) agents: Agents,
    /// Whether a guard watches that the callee is not left alone although no task follows the call.
    guarded: bool,
    /// Whether an event requires a poll before the next one is due.
    look: bool,
}

impl Known {
    fn take(&mut self, inbound: &Inbound) {
        self.evidence.take(inbound);
        let at = inbound.at;
        self.agents.word = self.agents.word.max(word_of(&inbound.news));
        match &inbound.news {
            News::Changed | News::RoomGone => self.look = true,
            News::CalleeDetected(callee) => self.bridging.callee = Some(*callee),
            News::AgentLeft(name) => {
                self.agents.left(name);
                self.look = true;
            }
            News::GreetingEnded => {
                self.bridging.greeting_ended.get_or_insert(at);
            }
            News::Bridged => {
                self.bridging.bridged.get_or_insert(at);
            }
            News::Placed
            | News::Ringing
            | News::Joined(_)
            | News::Answered
            | News::OptOut
            | News::Result(_)
            | News::Ended(_) => {}
        }
    }

    /// Returns how and when the call ended, by what is known without the answer to its request; `None` if no
    /// end is known.
    pub(super) fn reported_end(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let (report, at) = self.evidence.reported_end(&self.bridging, now)?;
        Some((self.of_agents(report), at))
    }

    /// Returns the report, with another end if the deck ended the call because the callee was alone.
    pub(super) fn of_agents(&self, report: CallReport) -> CallReport {
        let unanswered = matches!(report.end, CallEnd::Unresolved | CallEnd::RangOut);
        let end = if !self.agents.deserted {
            report.end
        } else if report.end == CallEnd::Completed && self.waits_for_talk() {
            CallEnd::LeftAlone
        } else if unanswered && !self.evidence.answered {
            CallEnd::AgentLost
        } else {
            report.end
        };
        CallReport { end, ..report }
    }

    /// Returns whether a callee who answered still expects to talk: the agent has not reported that its part
    /// is done, and the callee is not a machine.
    pub(super) fn waits_for_talk(&self) -> bool {
        let machine = matches!(
            self.bridging.callee,
            Some(CalleeType::Voicemail | CalleeType::Fax)
        );
        self.agents.word < Word::Last && !machine
    }

    /// Returns the report of an answered call.
    pub(super) fn completed(&self) -> CallReport {
        CallReport {
            end: CallEnd::Completed,
            callee_type: self.bridging.callee,
            rang: self.evidence.rang(),
            ..CallReport::default()
        }
    }

    /// Returns the report of a call that was cancelled because neither an agent nor a person was left. The
    /// callee may have answered before the cancel took effect.
    pub(super) fn deserted_end(&self) -> CallReport {
        if self.evidence.answered {
            return self.of_agents(self.completed());
        }
        CallReport {
            end: CallEnd::AgentLost,
            rang: self.evidence.rang(),
            ..CallReport::default()
        }
    }

    /// Returns the report for an answer that ends the call.
    pub(super) fn judge(&self, said: &Said) -> CallReport {
        let report = self.evidence.judge(said, self.hung_up);
        let callee = self
            .bridging
            .callee
            .filter(|_| report.end == CallEnd::Completed);
        CallReport {
            callee_type: callee.or(report.callee_type),
            ..report
        }
    }

    /// Returns its end as reported, or `None` if none was.
    pub(super) const fn reported(&self) -> Option<&CallReport> {
        self.reported.as_ref()
    }

    /// Records this end as reported.
    fn end_with(&mut self, report: CallReport) -> CallReport {
        self.stage = Stage::Over;
        self.reported = Some(report.clone());
        report
    }
}

impl Call {
    /// Returns which part of the program reports its end.
    fn stage(&self) -> Stage {
        self.lock().stage
    }

    /// Returns a copy of what is known now.
    pub(super) fn known(&self) -> Known {
        self.lock().clone()
    }

    /// Marks the call as followed if it may begin, and returns whether it may.
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

    /// Records this end as reported; the call is no longer followed.
    pub(super) fn finish(&self, report: CallReport) -> CallReport {
        self.lock().end_with(report)
    }

    /// Records and returns the end that `read` derives from everything known at that moment.
    pub(super) fn conclude(&self, read: impl FnOnce(&Known) -> CallReport) -> CallReport {
        let mut known = self.lock();
        let report = read(&known);
        known.end_with(report)
    }

    /// Ends the following without an end from the request. Returns the end that webhooks reported, which is
    /// then recorded; otherwise returns `None` and leaves the call open.
    pub(super) fn let_go(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let mut known = self.lock();
        let reported = known.reported_end(now);
        match &reported {
            Some((report, _)) => drop(known.end_with(report.clone())),
            None => known.stage = Stage::Open,
        }
        reported
    }

    /// Records a report. For a call that no task follows, its end is returned once. For a call whose end was
    /// reported, evidence against that end is returned once.
    pub(super) fn take(&self, inbound: &Inbound, now: Timestamp) -> Consequence {
        let mut known = self.lock();
        let answered = known.evidence.answered;
        known.take(inbound);
        let consequence = match known.stage {
            Stage::Followed => Consequence::Nothing,
            Stage::Over => correction(&mut known, now),
            Stage::Open => {
                if let Some((report, at)) = known.reported_end(now) {
                    Consequence::Ended(known.end_with(report), at)
                } else if let News::CalleeDetected(callee) = inbound.news {
                    Consequence::Detected(callee)
                } else if known.evidence.answered && !answered {
                    Consequence::Answered(inbound.at)
                } else {
                    Consequence::Nothing
                }
            }
        };
        drop(known);
        self.changed.notify_one();
        if matches!(inbound.news, News::AgentLeft(_)) {
            self.agents_changed.notify_one();
        }
        consequence
    }

    /// Records that a hang-up was requested and returns the stage. If a task follows the call, that task
    /// hangs up.
    pub(super) fn hang_up(&self) -> Stage {
        let mut known = self.lock();
        known.hung_up = true;
        let stage = known.stage;
        drop(known);
        self.changed.notify_one();
        stage
    }

    /// Records that the call was answered.
    pub(super) fn note_answer(&self) {
        self.lock().evidence.answered = true;
    }

    /// Records a poll of the callee; `last` says that it is the last one before the ringing ends.
    pub(super) fn see(&self, callee: &Participant, last: bool) {
        self.lock().evidence.see(callee, last);
    }

    /// Records that a poll of the callee had no answer.
    pub(super) fn miss(&self) {
        self.lock().evidence.miss();
    }

    /// Makes look-ups check in the room whether anything was dialed. `refusal` is what the answer states.
    pub(super) fn ask_room(&self, refusal: Option<CallReport>) {
        let mut known = self.lock();
        known.asks_room = true;
        known.refusal = refusal;
    }

    /// Returns whether look-ups have to check in the room whether anything was dialed.
    pub(super) fn asks_room(&self) -> bool {
        self.lock().asks_room
    }

    /// Sets whether the server has not yet confirmed that the room is gone. Returns the previous value.
    pub(super) fn set_unclosed(&self, unclosed: bool) -> bool {
        std::mem::replace(&mut self.lock().unclosed, unclosed)
    }

    /// Returns whether the server has not yet confirmed that the room is gone.
    pub(super) fn is_unclosed(&self) -> bool {
        self.lock().unclosed
    }

    /// Records who is in the room, and the callee type from an agent's attribute unless a type is known.
    pub(super) fn saw(&self, room: &[Participant]) {
        let mut known = self.lock();
        known.agents.saw(room);
        for callee in room.iter().filter_map(|one| one.callee) {
            known.agents.word = known.agents.word.max(Word::Some);
            known.bridging.callee.get_or_insert(callee);
        }
    }

    /// Marks the call as guarded. Returns `false` if it has a guard already.
    pub(super) fn begin_guard(&self) -> bool {
        !std::mem::replace(&mut self.lock().guarded, true)
    }

    /// Records that the guard has ended.
    pub(super) fn end_guard(&self) {
        self.lock().guarded = false;
    }

    /// As [`Self::saw`], if the poll was answered.
    pub(super) fn saw_if(&self, room: Option<Vec<Participant>>) {
        if let Some(room) = room {
            self.saw(&room);
        }
    }

    /// Records that the deck cancels the call because neither an agent nor a person is left.
    pub(super) fn desert(&self) {
        self.lock().agents.deserted = true;
    }

    /// Returns whether an event requires a poll, and clears the mark.
    pub(super) fn take_look(&self) -> bool {
        std::mem::take(&mut self.lock().look)
    }

    /// Completes when a report arrived since the last completion.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Completes when an agent has left since the last completion.
    pub(super) async fn agents_changed(&self) {
        self.agents_changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // The value is consistent after every statement, also after a panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what became known since the end was reported. A call that may be up is open again.
fn correction(known: &mut Known, now: Timestamp) -> Consequence {
    let reported = known.reported.clone();
    let corrected =
        reported.and_then(|reported| known.evidence.correction(&reported, &known.bridging, now));
    match corrected {
        Some(Correction::Ended(report, at)) => {
            let report = known.of_agents(report);
            Consequence::Corrected(known.end_with(report), at)
        }
        Some(Correction::Open(word)) => {
            known.stage = Stage::Open;
            known.reported = None;
            known.asks_room = false;
            known.refusal = None;
            Consequence::Open(word)
        }
        None => Consequence::Nothing,
    }
}

/// Returns what a report shows about the agent.
pub(super) const fn word_of(news: &News) -> Word {
    match news {
        News::CalleeDetected(_) | News::GreetingEnded => Word::Some,
        News::Bridged | News::OptOut | News::Result(_) => Word::Last,
        News::Changed
        | News::Placed
        | News::Ringing
        | News::Joined(_)
        | News::RoomGone
        | News::Answered
        | News::AgentLeft(_)
        | News::Ended(_) => Word::None,
    }
}

/// Whether a call may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// It may begin.
    First,
    /// It has begun before.
    Again,
    /// It was hung up before it began.
    HungUp,
}

/// What has to be reported about a call that no task follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Consequence {
    Nothing,
    Detected(CalleeType),
    Answered(Timestamp),
    Ended(CallReport, Timestamp),
    /// It ended differently from what was reported.
    Corrected(CallReport, Timestamp),
    /// A call whose end was reported may be up.
    Open(evidence::Word),
}

impl Calls {
    /// Returns the attempt's call, created if there is none.
    pub(super) fn of(&self, attempt: AttemptId) -> Arc<Call> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() > REMEMBERED {
            let stages = calls.iter().map(|(attempt, call)| (*attempt, call.stage()));
            let left: Vec<_> = stages
                .filter(|(_, stage)| *stage != Stage::Followed)
                .collect();
            let over = left.iter().find(|(_, stage)| *stage == Stage::Over);
            if left.len() > REMEMBERED
                && let Some((oldest, _)) = over.or(left.first())
            {
                calls.remove(oldest);
            }
        }
        Arc::clone(calls.entry(attempt).or_default())
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
