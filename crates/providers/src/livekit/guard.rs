//! Guards calls without a follower, so that no callee is left in silence.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::LiveKit;
use super::api::Api;
use super::attend::{LEAVES_TOO, pause_of};
use super::calls::{Call, Stage};
use super::wire::{Participant, identity_of};
use crate::remote::Line;

impl LiveKit {
    /// Watches a call that is up until it ends.
    pub(super) fn guard(&self, call: &Arc<Call>, line: &Line) {
        if !call.begin_guard() {
            return;
        }
        let guard = Guard {
            api: self.api.clone(),
            call: Arc::clone(call),
            line: line.clone(),
            calls: Arc::clone(&self.followed),
        };
        tokio::spawn(guard.watch());
    }
}

struct Guard {
    api: Api,
    call: Arc<Call>,
    line: Line,
    calls: Arc<AtomicU32>,
}

/// Who is in the room.
#[derive(Clone, Copy, PartialEq, Eq)]
enum There {
    /// The callee, with an agent or a person.
    Both,
    /// Only the callee is there.
    Alone,
    /// The callee is not there.
    Nobody,
    /// The server did not answer.
    Unknown,
}

impl Guard {
    async fn watch(self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        while self.call.known().stage == Stage::Open {
            match self.look().await {
                There::Nobody => break,
                There::Alone => {
                    self.line.sleep(LEAVES_TOO).await;
                    if self.look().await == There::Alone {
                        self.end().await;
                    }
                }
                There::Both | There::Unknown => {}
            }
            let pause = pause_of(self.calls.load(Ordering::Relaxed));
            tokio::select! {
                () = self.line.sleep(pause) => {}
                () = self.call.agents_changed() => {}
            }
        }
        self.calls.fetch_sub(1, Ordering::Relaxed);
        self.call.end_guard();
    }

    /// Polls the room and returns who is in it. Agents join before dialing, so a callee without one has lost
    /// it.
    async fn look(&self) -> There {
        let attempt = self.line.attempt();
        let Ok(room) = self.api.participants(attempt).await else {
            return There::Unknown;
        };
        self.call.saw(&room);
        let here = |one: &&Participant| !one.has_left();
        let identity = identity_of(attempt);
        let Some(callee) = room
            .iter()
            .filter(here)
            .find(|one| one.identity == identity)
        else {
            return There::Nobody;
        };
        self.call.see(callee, false);
        let talks = |one: &Participant| one.is_agent() || one.is_person();
        if room.iter().filter(here).any(talks) {
            There::Both
        } else {
            There::Alone
        }
    }

    /// Ends the call. Its webhook or the next look-up reports how it ended.
    async fn end(&self) {
        self.call.desert();
        let attempt = self.line.attempt();
        let _ended = tokio::join!(
            self.api.remove_callee(attempt),
            self.api.delete_room(attempt)
        );
    }
}
