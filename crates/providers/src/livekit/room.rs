//! The end of a room: deleted until the server confirms it, and checked for what was in it.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::LiveKit;
use super::api::Api;
use super::calls::Call;
use crate::remote::Line;
use dialdeck_core::domain::{AttemptId, CallReport};

/// The pause before a room is deleted again whose deletion the server did not confirm. It doubles with each
/// further try.
const CLOSE_AGAIN: Duration = Duration::from_secs(1);

/// The longest such pause.
const CLOSE_SELDOM: Duration = Duration::from_mins(1);

/// The number of tries without a confirmation after which the operator is warned.
const TOO_MANY_TRIES: u32 = 5;

/// How long webhooks may take to report how the callee left. The server sends those of a room in order, and
/// the one that reports that the room is gone comes last.
const LAST_WORD: Duration = Duration::from_secs(10);

/// How long the webhook that reports that a room is gone may take, if only it proves that nothing was dialed.
const LAST_OF_ROOM: Duration = Duration::from_secs(20);

/// The pauses between polls for a callee who may enter a room that was just deleted. Used only if webhooks
/// have not shown how the call went.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// What the room shows about a call whose answer does not show whether it was dialed.
pub(super) enum Settled {
    /// The call ended with this report.
    Ended(CallReport),
    /// The callee is in the room.
    Up,
    /// The server cannot be asked.
    CannotTell,
}

impl LiveKit {
    /// Deletes an attempt's room, which ends any call left in it. Returns whether the server confirms it.
    /// Otherwise the deletion is repeated until it does, also by a later run of the deck.
    pub(super) async fn close(&self, call: &Arc<Call>, line: &Line) -> bool {
        match self.api.delete_room(line.attempt()).await {
            Ok(()) => {
                closed(call, line);
                true
            }
            Err(failure) => {
                let attempt = line.attempt();
                tracing::warn!(%attempt, why = failure.shown(), "a room could not be deleted");
                if !call.set_unclosed(true) {
                    line.unclosed();
                    let (api, call, line) = (self.api.clone(), Arc::clone(call), line.clone());
                    tokio::spawn(async move { keep_closing(api, call, line).await });
                }
                false
            }
        }
    }

    /// Ends a call without a follower. It removes the callee and deletes the room concurrently, because
    /// either request may be slow.
    pub(super) async fn cut(&self, call: &Arc<Call>, line: &Line) {
        let removing = self.api.remove_callee(line.attempt());
        let _ended = tokio::join!(removing, self.close(call, line));
    }

    /// As [`Self::cut`], for a call whose follower closes the room in the end. Returns whether the call has
    /// certainly ended, as soon as that is known.
    pub(super) async fn cut_soon(&self, call: &Arc<Call>, line: &Line) -> bool {
        let mut removing = pin!(self.api.remove_callee(line.attempt()));
        let mut closing = pin!(self.close(call, line));
        tokio::select! {
            removed = &mut removing => removed.is_ok() || closing.await,
            closed = &mut closing => closed || removing.await.is_ok(),
        }
    }

    /// Determines from the room whether a request was dialed whose answer does not show it.
    ///
    /// The callee enters the room before the INVITE leaves (livekit/sip). So a callee who was never in it
    /// until it was deleted was not dialed.
    pub(super) async fn settle_by_room(&self, call: &Arc<Call>, line: &Line) -> Settled {
        let attempt = line.attempt();
        if call.known().evidence.left_at().is_none() {
            match self.api.callee(attempt).await {
                Ok(Some(callee)) if !callee.has_left() => {
                    call.see(&callee, false);
                    return Settled::Up;
                }
                Ok(Some(callee)) => call.see(&callee, false),
                Ok(None) => {}
                Err(_) => return Settled::CannotTell,
            }
        }
        if !self.close(call, line).await {
            return Settled::CannotTell;
        }
        if self.reach.is_some() {
            // Only the server's last webhook about the room proves that nothing was dialed.
            await_webhooks(call, line, LAST_OF_ROOM).await;
        }
        if !call.known().evidence.is_complete() && !self.stays_away(call, line).await {
            return Settled::CannotTell;
        }
        Settled::Ended(call.conclude(|known| {
            let refusal = known.refusal.as_ref();
            let evidence = &known.evidence;
            evidence.by_the_room(&known.bridging, known.hung_up, refusal)
        }))
    }

    /// Polls a few more times whether the callee still enters the room, and then ends that call. Returns
    /// whether the server answered.
    async fn stays_away(&self, call: &Arc<Call>, line: &Line) -> bool {
        let attempt: AttemptId = line.attempt();
        for pause in LOOK_AGAIN {
            line.sleep(pause).await;
            match self.api.callee(attempt).await {
                Ok(None) => {}
                Ok(Some(callee)) => {
                    call.see(&callee, false);
                    self.api.remove_callee(attempt).await.ok();
                    return self.close(call, line).await;
                }
                Err(_) => return false,
            }
        }
        true
    }

    /// Waits until webhooks have reported how the callee left, if webhooks arrive at all.
    pub(super) async fn await_last_word(&self, call: &Call, line: &Line) {
        if self.hears_webhooks() {
            await_webhooks(call, line, LAST_WORD).await;
        }
    }
}

/// Waits until webhooks report how the callee left or that the room is gone, at most `limit`.
async fn await_webhooks(call: &Call, line: &Line, limit: Duration) {
    let until = line.now() + limit;
    while !call.known().evidence.is_complete() {
        let left = until.since(line.now());
        if left.is_zero() {
            return;
        }
        tokio::select! {
            () = line.sleep(left) => {}
            () = call.changed() => {}
        }
    }
}

/// Deletes a room repeatedly until the server confirms it.
async fn keep_closing(api: Api, call: Arc<Call>, line: Line) {
    let (mut pause, mut tries) = (CLOSE_AGAIN, 1);
    loop {
        line.sleep(pause).await;
        if !call.is_unclosed() {
            return;
        }
        match api.delete_room(line.attempt()).await {
            Ok(()) => return closed(&call, &line),
            Err(failure) => {
                tries += 1;
                if tries == TOO_MANY_TRIES {
                    let text = format!(
                        "the room of attempt {} cannot be deleted, so its call may still be up: {}; \
                         it is tried again until the server confirms it",
                        line.attempt(),
                        failure.shown()
                    );
                    line.warn("room_not_closed", text);
                }
            }
        }
        pause = (pause * 2).min(CLOSE_SELDOM);
    }
}

fn closed(call: &Call, line: &Line) {
    if call.set_unclosed(false) {
        line.closed();
    }
}
