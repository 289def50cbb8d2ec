//! The agent of one call: awaited before anything is dialed, and missed when it goes away.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::LiveKit;
use super::agents::Word;
use super::api::NewRoom;
use super::failure::before_dialing;
use super::place::{Following, ended};
use super::wire::{Participant, identity_of};
use dialdeck_core::domain::attempt::CallEnd;
use dialdeck_core::domain::{CallReport, Timestamp};

/// Before the second look for the agent; each later one waits as much longer again.
const FIRST_LOOK: Duration = Duration::from_millis(500);

/// After so long without a job for it, an agent is sent for once more: no worker took the first
/// request, and none will (livekit-server: "failed to send job request").
const JOB_DUE: Duration = Duration::from_secs(2);

/// How long after its agent an answered callee may leave as well, as when the room was closed, before
/// the call is taken for one without anybody to talk. Together with the way of the news it stays well
/// below the two seconds of silence that a callee may be left in.
pub(super) const LEAVES_TOO: Duration = Duration::from_millis(400);

/// Limit of a look once the callee may be alone.
const SHORT_LOOK: Duration = Duration::from_secs(1);

/// How long any other look may take: as long as the server may take to answer.
const LONG_LOOK: Duration = Duration::from_mins(1);

/// How long after the answer an agent is expected to have reported something.
const REPORT_DUE: Duration = Duration::from_secs(20);

/// The shortest pause between two looks at who is in a room.
const OFTEN: Duration = Duration::from_secs(1);

/// Looks of all calls together come to ten a second at most: LiveKit Cloud allows a thousand requests
/// a minute.
const SHARE: Duration = Duration::from_millis(100);

/// Who is left in an answered call's room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The callee, and somebody to talk to.
    Both,
    /// The callee alone.
    Alone,
    /// Nobody: the callee is gone.
    Nobody,
}

impl Following<'_> {
    /// Waits until the agent is in the room and can speak.
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

    /// Sends for the agent once more if no worker has taken the job. Whether that is settled.
    async fn sends_again(&self, room: NewRoom<'_>) -> bool {
        let Ok(sent) = self.livekit.api.dispatches(self.attempt()).await else {
            // Two agents would talk at once: without an answer the first one is waited for.
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

    /// Waits for the call's place in the minute, for which it may have been planned ahead.
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

    /// Returns whether the callee is alone. A report that the agent left does not wait for a slow server.
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

    /// Returns who is left in an answered call's room; ends early when an event shows it. `None`: another
    /// event interrupted the look, which is still to be made.
    async fn who_is_left(&self) -> Option<Left> {
        tokio::select! {
            left = self.who_within(LONG_LOOK) => return Some(left),
            () = self.call.agents_changed() => {}
            () = self.call.changed() => {}
        }
        let left = self.who_by_word(false);
        (left != Left::Both).then_some(left)
    }

    /// Looks once more at who is in the room, and at what they say of themselves.
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

    /// Who is left by all that is known; `looked`: a look has just been made.
    fn who_by_word(&self, looked: bool) -> Left {
        let known = self.call.known();
        // An agent that handed over leaves; only a look shows whether the callee is alone.
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

    /// As [`Self::who_is_left`], for long enough to tell a room that is being closed. A webhook that
    /// reported the agent's leaving takes effect even if the server does not answer a look.
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

    /// When an agent that has said nothing so far is reported as silent; `None`: it never is, as it has
    /// spoken, or cannot.
    pub(super) fn silent_at(&self, answered: Timestamp) -> Option<Timestamp> {
        let says_nothing = self.call.known().agents.word == Word::None;
        (self.livekit.reach.is_some() && says_nothing).then(|| answered + REPORT_DUE)
    }

    /// Says that an agent reports nothing; once, until one does.
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
    /// Between two looks at who is in a room: the more calls, the longer.
    pub(super) fn often(&self) -> Duration {
        pause_of(self.followed.load(Ordering::Relaxed))
    }
}

/// Between two looks at who is in a room, of so many calls.
pub(super) fn pause_of(calls: u32) -> Duration {
    OFTEN.max(SHARE * calls)
}
