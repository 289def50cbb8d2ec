//! What is known of each attempt's call, whether it is being followed or not.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::agents::{Agents, Word};
use super::bridging::Bridging;
use super::evidence::{self, Correction, Evidence};
use super::failure::Said;
use super::wire::Participant;
use crate::inbound::{Inbound, News};
use dialdeck_core::domain::attempt::CallEnd;
use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

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
    agents_changed: Notify,
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
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: no two of them make a state"
)]
pub(super) struct Known {
    pub(super) stage: Stage,
    /// Whether we were asked to hang up.
    pub(super) hung_up: bool,
    /// What tells how it went.
    pub(super) evidence: Evidence,
    /// What the agent said.
    pub(super) bridging: Bridging,
    /// Whether its request was answered without a word on whether anything was dialed.
    asks_room: bool,
    /// Its end as it was told.
    told: Option<CallReport>,
    /// Whether the server has yet to confirm that the room is gone.
    unclosed: bool,
    /// Who is there to talk.
    pub(super) agents: Agents,
    /// Whether a guard watches that the callee is not left alone, though no task follows the call.
    guarded: bool,
    /// Whether something happened that is worth a look before the next one is due.
    look: bool,
}

impl Known {
    fn hear(&mut self, inbound: &Inbound) {
        self.evidence.hear(inbound);
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

    /// How the call ended by what is known without its request's answer.
    pub(super) fn told_end(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let (report, at) = self.evidence.told_end(&self.bridging, now)?;
        Some((self.of_agents(report), at))
    }

    /// The same end, unless we ended the call because the callee was alone.
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

    /// Whether a callee who picked up still has something to hear: the agent has not said that its part
    /// is done, and it is no machine that listens.
    pub(super) fn waits_for_talk(&self) -> bool {
        let machine = matches!(
            self.bridging.callee,
            Some(CalleeType::Voicemail | CalleeType::Fax)
        );
        self.agents.word < Word::Last && !machine
    }

    /// An answered call's end.
    pub(super) fn completed(&self) -> CallReport {
        CallReport {
            end: CallEnd::Completed,
            callee_type: self.bridging.callee,
            rang: self.evidence.rang(),
            ..CallReport::default()
        }
    }

    /// The end of a call that we cancelled because nobody was there to talk. The callee may have picked up
    /// meanwhile.
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

    /// What an answer by which it is over comes to.
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

    /// Its end as it was told.
    pub(super) const fn told(&self) -> Option<&CallReport> {
        self.told.as_ref()
    }

    /// Tells the end, from here on the call's.
    fn tell(&mut self, report: CallReport) -> CallReport {
        self.stage = Stage::Over;
        self.told = Some(report.clone());
        report
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

    /// Ends the following with this end.
    pub(super) fn finish(&self, report: CallReport) -> CallReport {
        self.lock().tell(report)
    }

    /// Ends the following, or the doubt, with the end that `read` makes of all that is known then.
    pub(super) fn conclude(&self, read: impl FnOnce(&Known) -> CallReport) -> CallReport {
        let mut known = self.lock();
        let report = read(&known);
        known.tell(report)
    }

    /// Ends the following without an end of its own: the one that was told from outside, which is
    /// then the call's, or else nobody's as yet.
    pub(super) fn let_go(&self, now: Timestamp) -> Option<(CallReport, Timestamp)> {
        let mut known = self.lock();
        let told = known.told_end(now);
        match &told {
            Some((report, _)) => drop(known.tell(report.clone())),
            None => known.stage = Stage::Open,
        }
        told
    }

    /// Takes in what was said. For a call that nobody follows, its end is returned once; for a call whose
    /// end was reported, evidence against it is returned once.
    pub(super) fn hear(&self, inbound: &Inbound, now: Timestamp) -> Heard {
        let mut known = self.lock();
        let answered = known.evidence.answered;
        known.hear(inbound);
        let heard = match known.stage {
            Stage::Followed => Heard::Nothing,
            Stage::Over => correction(&mut known, now),
            Stage::Open => {
                if let Some((report, at)) = known.told_end(now) {
                    Heard::Ended(known.tell(report), at)
                } else if let News::CalleeDetected(callee) = inbound.news {
                    Heard::Detected(callee)
                } else if known.evidence.answered && !answered {
                    Heard::Answered(inbound.at)
                } else {
                    Heard::Nothing
                }
            }
        };
        drop(known);
        self.changed.notify_one();
        if matches!(inbound.news, News::AgentLeft(_)) {
            self.agents_changed.notify_one();
        }
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
        self.lock().evidence.answered = true;
    }

    /// Takes in a look at the callee, just before the ringing ends if `last`.
    pub(super) fn see(&self, callee: &Participant, last: bool) {
        self.lock().evidence.see(callee, last);
    }

    /// Has look-ups ask the room whether anything was dialed.
    pub(super) fn ask_room(&self) {
        self.lock().asks_room = true;
    }

    /// Whether the room is to be asked whether anything was dialed.
    pub(super) fn asks_room(&self) -> bool {
        self.lock().asks_room
    }

    /// Notes whether the server has yet to confirm that the room is gone; gives what was so before.
    pub(super) fn set_unclosed(&self, unclosed: bool) -> bool {
        std::mem::replace(&mut self.lock().unclosed, unclosed)
    }

    /// Whether the server has yet to confirm that the room is gone.
    pub(super) fn is_unclosed(&self) -> bool {
        self.lock().unclosed
    }

    /// Takes in who is in the room, and who picked up unless the agent has said so.
    pub(super) fn saw(&self, room: &[Participant]) {
        let mut known = self.lock();
        known.agents.saw(room);
        for callee in room.iter().filter_map(|one| one.callee) {
            known.agents.word = known.agents.word.max(Word::Some);
            known.bridging.callee.get_or_insert(callee);
        }
    }

    /// Takes the call's guard on; `false`: it has one.
    pub(super) fn begin_guard(&self) -> bool {
        !std::mem::replace(&mut self.lock().guarded, true)
    }

    /// The guard has gone.
    pub(super) fn end_guard(&self) {
        self.lock().guarded = false;
    }

    /// As [`Self::saw`], where a look was answered.
    pub(super) fn saw_if(&self, room: Option<Vec<Participant>>) {
        if let Some(room) = room {
            self.saw(&room);
        }
    }

    /// Notes that we cancel because nobody is there to talk.
    pub(super) fn desert(&self) {
        self.lock().agents.deserted = true;
    }

    /// Whether something happened that is worth a look; asking forgets it.
    pub(super) fn take_look(&self) -> bool {
        std::mem::take(&mut self.lock().look)
    }

    /// Completes when something was said since it last completed.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Completes when an agent has left since it last completed.
    pub(super) async fn agents_changed(&self) {
        self.agents_changed.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // What is kept here is whole after every statement.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns what became known since the end was reported. A call that may be up is open again.
fn correction(known: &mut Known, now: Timestamp) -> Heard {
    let told = known.told.clone();
    let corrected = told.and_then(|told| known.evidence.correction(&told, &known.bridging, now));
    match corrected {
        Some(Correction::Ended(report, at)) => {
            let report = known.of_agents(report);
            Heard::Corrected(known.tell(report), at)
        }
        Some(Correction::Open(word)) => {
            known.stage = Stage::Open;
            known.told = None;
            known.asks_room = false;
            Heard::Open(word)
        }
        None => Heard::Nothing,
    }
}

/// What an agent says by it.
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
    Answered(Timestamp),
    Ended(CallReport, Timestamp),
    /// It ended differently from what was reported.
    Corrected(CallReport, Timestamp),
    /// A call whose end was reported may be up.
    Open(evidence::Word),
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
#[path = "calls_tests.rs"]
mod tests;
