//! The agent of one call: awaited before dialing, and watched until the call ends.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::LiveKit;
use super::agents::Word;
use super::api::NewRoom;
use super::failure::before_dialing;
use super::place::{Following, Left, ended};
use super::wire::{Participant, identity_of};
use dialdeck_core::domain::{CallEnd, CallReport, Timestamp};

/// The pause before the second poll for the agent. Each later pause is longer by this much.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// How long a dispatch may have no job before the agent is dispatched once more. By then no worker took the
/// first request, and none will (livekit-server: "failed to send job request").
const JOB_DUE: Duration = Duration::from_secs(2);

/// How long after its agent an answered callee may also leave, as when the room is closed, before the call
/// counts as one without an agent. Together with the delay of reports it stays well below the two seconds of
/// silence that a callee may be left in.
pub(super) const LEAVES_TOO: Duration = Duration::from_millis(400);

/// The time limit of a poll when the callee may be alone.
const SHORT_LOOK: Duration = Duration::from_secs(1);

/// The time limit of any other poll: the longest time that the server may take to answer.
const LONG_LOOK: Duration = Duration::from_mins(1);

/// How long after the answer an agent is expected to have reported something.
const REPORT_DUE: Duration = Duration::from_secs(20);

/// The shortest pause between two polls of a room.
const OFTEN: Duration = Duration::from_secs(1);

/// The share of each call in the pause. All calls together poll at most ten times a second, because LiveKit
/// Cloud allows a thousand requests a minute.
const SHARE: Duration = Duration::from_millis(100);

impl Following<'_> {
    /// Waits until the agent is in the room and can speak.
    ///
    /// Errors with the end of the attempt if the call may not begin any more, or if no agent came within the
    /// account's wait.
    pub(super) async fn await_agent(&self, room: NewRoom<'_>) -> Result<(), CallReport> {
        let asked = self.line.now();
        let until = asked + self.livekit.account.agent_wait;
        let mut pause = FIRST_LOOK;
        let mut again = Some(asked + JOB_DUE);
        loop {
            let found = self.livekit.api.participants(self.attempt()).await;
            self.gate()?;
            let list = found.as_deref().unwrap_or_default();
            self.call.saw(list);
            if list.iter().any(Participant::is_agent_at_work) {
                return Ok(());
            }
            let now = self.line.now();
            if until <= now {
                let missing = || ended(CallEnd::NoAgent);
                return Err(found.as_ref().err().map_or_else(missing, before_dialing));
            }
            let coming = list.iter().any(Participant::is_agent);
            if again.is_some_and(|at| at <= now) && !coming && self.sends_again(room).await {
                again = None;
            }
            let due = again.filter(|at| now < *at).unwrap_or(until).min(until);
            self.rest(pause.min(due.since(self.line.now()))).await;
            pause += FIRST_LOOK;
        }
    }

    /// Dispatches the agent once more if no worker has taken the job. Returns whether no further dispatch is
    /// needed.
    async fn sends_again(&self, room: NewRoom<'_>) -> bool {
        let Ok(sent) = self.livekit.api.dispatches(self.attempt()).await else {
            // Without an answer the first agent is awaited, because two agents would talk over each other.
            return false;
        };
        if sent.iter().any(|dispatch| dispatch.has_job) {
            return true;
        }
        let again = self.livekit.api.dispatch_again(room, &sent).await;
        if let Err(failure) = again {
            let attempt = self.attempt();
            tracing::warn!(%attempt, why = failure.shown(), "an agent could not be sent for again");
        }
        true
    }

    /// Waits for the instant from which the call may be sent. A call may be planned ahead of its place in the
    /// minute's cap.
    ///
    /// Errors with the end of the attempt if the call may not begin any more, or if its agent has left.
    pub(super) async fn await_place(&self) -> Result<(), CallReport> {
        let mut waited = false;
        loop {
            self.gate()?;
            let left = self.request.not_before.since(self.line.now());
            let lost = self.call.known().agents.are_lost();
            if (lost || waited && left.is_zero()) && self.is_deserted().await {
                return Err(ended(CallEnd::NoAgent));
            }
            if left.is_zero() {
                return self.gate();
            }
            self.rest(left).await;
            waited = true;
        }
    }

    /// Returns whether the callee is alone. A report that the agent left takes effect even if the server is
    /// slow.
    pub(super) async fn is_deserted(&self) -> bool {
        if !self.call.known().agents.are_lost() {
            tokio::select! {
                room = self.livekit.api.participants(self.attempt()) => {
                    self.call.saw_if(room.ok());
                    return self.call.known().agents.are_lost();
                }
                () = self.call.agents_changed() => {}
            }
        }
        self.call.saw_if(self.look_within(SHORT_LOOK).await);
        self.call.known().agents.are_lost()
    }

    /// Returns who is left in the room of an answered call, as soon as a poll or an event shows it. `None` if
    /// another event interrupted the poll, which then has to be repeated.
    async fn who_is_left(&self) -> Option<Left> {
        tokio::select! {
            left = self.who_within(LONG_LOOK) => return Some(left),
            () = self.call.agents_changed() => {}
            () = self.call.changed() => {}
        }
        let left = self.who_by_word(false);
        (left != Left::Both).then_some(left)
    }

    /// Polls the room once more, for its participants and their attributes.
    pub(super) async fn look_once_more(&self) {
        self.who_within(LONG_LOOK).await;
    }

    async fn who_within(&self, limit: Duration) -> Left {
        let looked = self.look_within(limit).await;
        if let Some(room) = &looked {
            self.call.saw(room);
            let identity = identity_of(self.attempt());
            let is_callee = |one: &Participant| one.identity == identity && !one.has_left();
            if !room.iter().any(is_callee) {
                return Left::Nobody;
            }
        }
        self.who_by_word(looked.is_some())
    }

    /// Returns who is left by everything that is known. `looked` says whether the room was just polled.
    fn who_by_word(&self, looked: bool) -> Left {
        let known = self.call.known();
        // An agent that handed over leaves the room. Only a poll shows whether the callee is alone.
        let handed_over = !looked && known.bridging.bridged.is_some();
        if known.evidence.left_at().is_some() {
            Left::Nobody
        } else if known.agents.are_lost() && !handed_over {
            Left::Alone
        } else {
            Left::Both
        }
    }

    async fn look_within(&self, limit: Duration) -> Option<Vec<Participant>> {
        tokio::select! {
            room = self.livekit.api.participants(self.attempt()) => room.ok(),
            () = self.line.sleep(limit) => None,
        }
    }

    /// As [`Self::who_is_left`], but waits long enough to recognize a room that is being closed. A webhook
    /// that reported the agent's leaving takes effect even if the server does not answer a poll.
    pub(super) async fn who_stays(&self) -> Option<Left> {
        if !self.call.known().agents.are_lost() {
            let left = self.who_is_left().await;
            if left != Some(Left::Alone) {
                return left;
            }
        }
        self.line.sleep(LEAVES_TOO).await;
        Some(self.who_within(SHORT_LOOK).await)
    }

    /// Returns when an agent that has reported nothing counts as silent, or `None` if it has reported or
    /// cannot report.
    pub(super) fn silent_at(&self, answered: Timestamp) -> Option<Timestamp> {
        let says_nothing = self.call.known().agents.word == Word::None;
        (self.livekit.reach.is_some() && says_nothing).then(|| answered + REPORT_DUE)
    }

    /// Warns that an agent reports nothing. The warning is given once, until an agent reports.
    pub(super) fn warn_of_silence(&self) {
        let known = self.call.known();
        let Some(identity) = known.agents.one() else {
            return;
        };
        if self.livekit.silent.swap(true, Ordering::Relaxed) {
            return;
        }
        let text = format!(
            "agent {} ({identity}) is there and has reported nothing {} s after the answer of attempt \
             {}; the call goes on. Does it answer, and does it reach the deck's listener?",
            self.livekit.account.agent,
            REPORT_DUE.as_secs(),
            self.attempt(),
        );
        self.line.warn("agent_silent", text);
    }
}

impl LiveKit {
    /// Returns the pause between two polls of a room. It grows with the number of calls.
    pub(super) fn often(&self) -> Duration {
        pause_of(self.followed.load(Ordering::Relaxed))
    }
}

/// Returns the pause between two polls of a room for this number of calls.
pub(super) fn pause_of(calls: u32) -> Duration {
    OFTEN.max(SHARE * calls)
}
