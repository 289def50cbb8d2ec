//! One call from its room to its end.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::LiveKit;
use super::api::NewRoom;
use super::calls::{Call, Known};
use super::failure::{Over, Said, before_dialing, of_dial};
use super::room::Settled;
use super::wire::identity_of;
use crate::DialRequest;
use crate::remote::Line;
use crate::remote::http::{Answer, NoAnswer};
use dialdeck_core::domain::{AttemptId, CallEnd, CallReport, Timestamp};

/// When a call is first polled after it was sent, for a phone that rings early. Later polls follow every
/// [`LOOK_EVERY`] until it rings, and one [`LAST_LOOK`] before its ringing ends.
const FIRST_LOOKS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

/// How long before the end of its ringing a call is polled every [`LOOK_AT_THE_END`], until its answer comes.
/// The server's limit runs from the INVITE, so it ends later than the deck's. A call that is still dialing at
/// the last of these polls has not rung.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// The pause between the last polls.
const LOOK_AT_THE_END: Duration = Duration::from_secs(1);

/// The pause between two polls of a call. If it were shorter, twenty calls would use up the limit of LiveKit
/// Cloud.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The pause between two polls of an answered call while webhooks arrive, which report its end.
const LOOK_SELDOM: Duration = Duration::from_secs(15);

/// How long a cancel may be unanswered before the room is deleted as well.
const SLOW: Duration = Duration::from_secs(1);

/// The pause between two attempts to remove a callee who has not joined yet.
const REMOVE_AGAIN: Duration = Duration::from_secs(1);

/// How long after its longest life by the server's limit an answered call counts as over, even if the server
/// cannot be asked.
const OVERDUE: Duration = Duration::from_secs(15);

/// How long an empty room outlives the wait for its agent if the deck does not delete it.
const EMPTY_ROOM: Duration = Duration::from_mins(2);

/// One call with everything needed to follow it.
pub(super) struct Following<'a> {
    pub(super) livekit: &'a LiveKit,
    pub(super) call: &'a Arc<Call>,
    pub(super) request: &'a DialRequest,
    pub(super) line: &'a Line,
}

/// Who is left in the room of an answered call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// The callee, with an agent or a person.
    Both,
    /// Only the callee is left.
    Alone,
    /// The callee is gone.
    Nobody,
}

impl Following<'_> {
    /// Places the call and follows it to its end.
    pub(super) async fn run(&self) {
        if let Err(report) = self.gate() {
            return self.line.ended(self.call.finish(report), self.line.now());
        }
        if let Err(report) = self.prepare().await {
            return self.end(report, self.line.now()).await;
        }
        self.line.sent();
        let Some(answer) = self.dial().await else {
            return self.end_without_agent().await;
        };
        let said = of_dial(&answer);
        let known = self.call.known();
        match said {
            Said::Answered => {
                let answered = self.line.now();
                self.call.note_answer();
                self.line.answered(answered);
                let (left, ended) = self.talk(answered).await;
                if self.call.known().bridging.callee.is_none() {
                    // The agent may have set its attribute since the last poll.
                    self.look_once_more().await;
                }
                self.end(self.completed(left, answered, ended), ended).await;
            }
            Said::Over(Over::Cancelled) if known.agents.deserted && !known.hung_up => {
                self.end_without_agent().await;
            }
            Said::Final(_) | Said::NotDialed(_) | Said::Over(_) => self.end_unanswered(&said).await,
            Said::Unclear(refusal) => self.ask_room(refusal).await,
            Said::Lost => self.lose().await,
        }
    }

    /// Ends an attempt whose agent and callee are gone, so nothing rings and no call is up.
    async fn end_without_agent(&self) {
        let at = self.line.now();
        self.livekit.close(self.call, self.line).await;
        self.livekit.await_last_word(self.call, self.line).await;
        let report = self.call.conclude(Known::deserted_end);
        self.line.ended(report, at);
    }

    /// Ends a call that was not answered. The room is deleted first, so that its webhooks are the last
    /// evidence of whether the phone rang.
    async fn end_unanswered(&self, said: &Said) {
        let at = self.line.now();
        self.livekit.close(self.call, self.line).await;
        if said.asks_whether_it_rang() {
            self.livekit.await_last_word(self.call, self.line).await;
        }
        let report = self.call.conclude(|known| known.judge(said));
        self.line.ended(report, at);
    }

    /// Ends an attempt whose answer does not show whether anything was dialed, by evidence from the room.
    async fn ask_room(&self, refusal: Option<CallReport>) {
        let at = self.line.now();
        self.call.ask_room(refusal);
        match self.livekit.settle_by_room(self.call, self.line).await {
            Settled::Ended(report) => self.line.ended(report, at),
            Settled::Up | Settled::CannotTell => self.lose().await,
        }
    }

    /// Creates the room and waits for the agent in it, before anything is dialed.
    ///
    /// Errors with the end of the attempt if that fails.
    async fn prepare(&self) -> Result<(), CallReport> {
        let metadata = self.briefing().to_string();
        let room = NewRoom {
            attempt: self.attempt(),
            agent: &self.livekit.account.agent,
            metadata: &metadata,
            empty: self.livekit.account.agent_wait + EMPTY_ROOM,
        };
        let created = self.livekit.api.create_room(room).await;
        created.map_err(|failure| before_dialing(&failure))?;
        self.await_agent(room).await?;
        self.await_place().await
    }

    /// Errors with the end of the attempt if the call may not begin any more.
    pub(super) fn gate(&self) -> Result<(), CallReport> {
        if self.call.known().hung_up {
            return Err(ended(CallEnd::NeverSent));
        }
        if self.line.now() >= self.request.expires_at {
            return Err(ended(CallEnd::Lapsed));
        }
        Ok(())
    }

    /// Returns the metadata for the agent, which never holds a number.
    fn briefing(&self) -> Value {
        let request = self.request;
        let variables: Value = serde_json::from_str(&request.briefing.variables)
            .ok()
            .filter(Value::is_object)
            .unwrap_or_else(|| json!({}));
        let mut metadata = json!({
            "attempt": request.attempt,
            "campaign": request.campaign,
            "identity": identity_of(request.attempt),
            "name": request.briefing.name,
            "variables": variables,
            "human_agent": request.human_agent,
        });
        if let Some(reach) = &self.livekit.reach {
            metadata["callback"] = json!(format!("{}/agent", reach.url));
            metadata["token"] = json!(reach.token(request.attempt));
        }
        metadata
    }

    /// Sends the one request that makes a phone ring and returns its answer. `None` if the call was cancelled
    /// because neither an agent nor a person is left.
    async fn dial(&self) -> Option<Result<Answer, NoAnswer>> {
        let trunk = &self.livekit.account.sip_trunk;
        tokio::select! {
            biased;
            answer = self.livekit.api.dial(self.request, trunk) => Some(answer),
            () = self.watch() => None,
            () = self.watch_agents() => None,
        }
    }

    /// Cancels the call when no agent or person is left, and completes only then. Webhooks may be lost, so
    /// the room is polled as well.
    async fn watch_agents(&self) {
        loop {
            tokio::select! {
                () = self.call.agents_changed() => {}
                () = self.line.sleep(self.soon()) => {}
            }
            if self.is_deserted().await {
                self.call.desert();
                return self.cancel().await;
            }
        }
    }

    /// Cancels a call that rings. A callee who has not joined yet cannot be removed, so the removal is
    /// repeated. If the server is slow to answer, the room is deleted as well.
    async fn cancel(&self) {
        loop {
            tokio::select! {
                removed = self.livekit.api.remove_callee(self.attempt()) => {
                    if removed == Ok(true) {
                        return;
                    }
                }
                () = self.line.sleep(SLOW) => {
                    self.livekit.close(self.call, self.line).await;
                }
            }
            self.line.sleep(REMOVE_AGAIN).await;
        }
    }

    /// Polls whether the phone rings, and cancels the call on request. Never completes.
    async fn watch(&self) {
        let (mut rang, mut removed, mut looks) = (false, false, 0);
        let sent = self.line.now();
        let mut next_look = self.next_look(sent, looks);
        loop {
            if self.call.known().hung_up && !removed {
                self.cancel().await;
                removed = true;
            }
            if !rang && self.line.now() >= next_look {
                let last = next_look >= self.last_look(sent);
                rang = self.look(last).await;
                looks += 1;
                next_look = if last {
                    self.line.now() + LOOK_AT_THE_END
                } else {
                    self.next_look(sent, looks)
                };
            }
            if rang {
                self.call.changed().await;
            } else {
                self.rest(next_look.since(self.line.now())).await;
            }
        }
    }

    /// Polls the callee and returns whether the phone rings.
    async fn look(&self, last: bool) -> bool {
        match self.livekit.api.callee(self.attempt()).await {
            Ok(Some(callee)) => {
                self.call.see(&callee, last);
                if callee.rings() {
                    self.line.ringing();
                }
                callee.rings()
            }
            Ok(None) => false,
            Err(_) => {
                self.call.miss();
                false
            }
        }
    }

    /// Returns when a call that was sent at `sent` is polled next.
    fn next_look(&self, sent: Timestamp, looks: u32) -> Timestamp {
        let first = FIRST_LOOKS.get(looks as usize);
        let next = match first {
            Some(after) => sent + *after,
            None => self.line.now() + self.look_after(LOOK_EVERY, looks),
        };
        next.min(self.last_look(sent))
    }

    /// Returns when a call that was sent at `sent` is polled for the last time before its ringing ends.
    fn last_look(&self, sent: Timestamp) -> Timestamp {
        sent + self.request.ring_timeout.saturating_sub(LAST_LOOK)
    }

    /// Follows an answered call to its end. Returns who was left then, and when it ended.
    async fn talk(&self, answered: Timestamp) -> (Left, Timestamp) {
        let longest = answered + self.request.max_call;
        // The server's own limit includes the ringing.
        let overdue = longest + self.request.ring_timeout + OVERDUE;
        let (mut reported, mut looks) = (None, 0);
        let (mut looks_at_once, mut warned) = (self.call.known().agents.are_lost(), false);
        let mut next_look = answered + self.soon();
        loop {
            let known = self.call.known();
            if let Some(callee) = known.bridging.callee
                && reported != Some(callee)
            {
                self.line.detected(callee);
                reported = Some(callee);
            }
            if let Some(at) = known.evidence.left_at() {
                return (Left::Nobody, at.max(answered));
            }
            let now = self.line.now();
            let is_to_end = known.hung_up || now >= longest;
            if now >= overdue || is_to_end && self.cut().await {
                return (Left::Both, self.line.now());
            }
            let silent_at = self.silent_at(answered).filter(|_| !warned);
            if silent_at.is_some_and(|at| at <= now) {
                warned = true;
                self.warn_of_silence();
            }
            let at_once = std::mem::take(&mut looks_at_once) | self.call.take_look();
            if at_once || self.line.now() >= next_look {
                match self.who_stays().await {
                    Some(Left::Nobody) => return (Left::Nobody, self.line.now()),
                    Some(Left::Alone) if self.cut().await => {
                        return (Left::Alone, self.line.now());
                    }
                    Some(Left::Alone) | None => looks_at_once = true,
                    Some(Left::Both) => {}
                }
                looks += 1;
                next_look = self.line.now() + self.pace(looks);
                continue;
            }
            let until = if is_to_end {
                next_look
            } else {
                next_look.min(longest)
            };
            let until = silent_at.map_or(until, |at| at.min(until));
            self.rest(until.since(self.line.now())).await;
        }
    }

    /// Ends an answered call. Returns whether it has certainly ended.
    async fn cut(&self) -> bool {
        self.livekit.cut_soon(self.call, self.line).await
    }

    fn completed(&self, left: Left, answered: Timestamp, ended: Timestamp) -> CallReport {
        let known = self.call.known();
        let abandoned = self.request.human_agent && known.bridging.is_abandoned(answered, ended);
        let report = known.completed();
        CallReport {
            end: match left {
                Left::Alone if known.waits_for_talk() => CallEnd::LeftAlone,
                Left::Both | Left::Nobody | Left::Alone if abandoned => CallEnd::Abandoned,
                Left::Both | Left::Nobody | Left::Alone => report.end,
            },
            sip_code: Some(200),
            ..report
        }
    }

    /// Handles a lost answer: reports the end from webhooks if there is one, otherwise reports the answer as
    /// lost.
    async fn lose(&self) {
        let known = self.call.known();
        if known.hung_up || known.agents.deserted {
            self.cut().await;
        }
        match self.call.let_go(self.line.now()) {
            Some((report, at)) => {
                self.livekit.close(self.call, self.line).await;
                self.line.ended(report, at);
            }
            // The room is kept, because a conversation may be going on in it. A look-up deletes it.
            None => self.line.lost(),
        }
    }

    /// Deletes the room and then reports the end, so that nothing of the call is left.
    async fn end(&self, report: CallReport, at: Timestamp) {
        self.livekit.close(self.call, self.line).await;
        self.line.ended(self.call.finish(report), at);
    }

    /// Waits for `span`, or until a report arrives.
    pub(super) async fn rest(&self, span: Duration) {
        tokio::select! {
            () = self.line.sleep(span) => {}
            () = self.call.changed() => {}
        }
    }

    /// Returns the pause until the next poll of an answered call. A webhook may be lost, so the room is
    /// polled often until an agent is known to talk to the callee.
    fn pace(&self, looks: u32) -> Duration {
        if self.livekit.hears_webhooks() && self.call.known().bridging.bridged.is_some() {
            self.look_after(LOOK_SELDOM, looks)
        } else {
            self.soon()
        }
    }

    /// Returns the pause between two polls for the agent; it varies from call to call.
    fn soon(&self) -> Duration {
        let spread = self.attempt().serial.unsigned_abs().wrapping_mul(67);
        self.livekit.often() + Duration::from_millis(spread % 200)
    }

    /// Returns the pause with up to a second added, so that calls placed together are not polled together.
    fn look_after(&self, pause: Duration, looks: u32) -> Duration {
        let spread = self.attempt().serial.unsigned_abs().wrapping_mul(367);
        pause + Duration::from_millis((spread + u64::from(looks) * 211) % 1000)
    }

    pub(super) const fn attempt(&self) -> AttemptId {
        self.request.attempt
    }
}

pub(super) fn ended(end: CallEnd) -> CallReport {
    CallReport {
        end,
        ..CallReport::default()
    }
}
