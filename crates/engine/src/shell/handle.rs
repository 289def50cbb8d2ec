//! A handle to a running engine.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::board::Board;
use crate::{Command, CommandError, Effected};
use dialdeck_core::domain::event::AlertRaised;

/// What a handle asks its engine for.
#[derive(Debug)]
pub(super) enum EngineRequest {
    /// To carry out a command.
    Command(CommandRequest),
    /// To end, once no call is up or after this long by the deck's clock. The sender gets `()` as soon as
    /// the engine starts no further call.
    Drain(Option<Duration>, oneshot::Sender<()>),
}

/// A command, who sends it, and where its acknowledgement goes.
#[derive(Debug)]
pub(super) struct CommandRequest {
    pub(super) command: Command,
    pub(super) actor: String,
    pub(super) reply: oneshot::Sender<Result<Effected, CommandError>>,
}

/// A handle to a running engine, for its console and its listeners. Clones share the engine.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) requests: mpsc::Sender<EngineRequest>,
    pub(super) board: watch::Sender<Arc<Board>>,
    pub(super) nudge: Arc<Notify>,
    pub(super) wake: Arc<Notify>,
    pub(super) turns: watch::Sender<u64>,
    pub(super) busy: watch::Sender<Option<AlertRaised>>,
}

impl Handle {
    /// Carries out a command. Returns once it holds (D8).
    ///
    /// # Errors
    /// Errors if the command is refused, if the queue is full or if the engine has ended.
    pub async fn ask(&self, command: Command, actor: &str) -> Result<Effected, CommandError> {
        let (reply, answer) = oneshot::channel();
        let request = EngineRequest::Command(CommandRequest {
            command,
            actor: actor.to_owned(),
            reply,
        });
        self.requests
            .try_send(request)
            .map_err(|error| match error {
                TrySendError::Full(_) => CommandError::QueueFull,
                TrySendError::Closed(_) => CommandError::Ended,
            })?;
        answer.await.map_err(|_| CommandError::Ended)?
    }

    /// Makes the engine send nothing more, and end when no call is up, or after this long by the deck's
    /// clock. Calls that are up at that time are left to recovery. `None` waits without a limit. Returns as
    /// soon as no further call is started, or if the engine has ended already.
    pub async fn drain(&self, limit: Option<Duration>) {
        let (reply, answer) = oneshot::channel();
        // An engine that has ended starts no call either.
        if self
            .requests
            .send(EngineRequest::Drain(limit, reply))
            .await
            .is_ok()
        {
            answer.await.ok();
        }
    }

    /// Does what [`Handle::drain`] does, and blocks meanwhile. For threads without a runtime.
    ///
    /// # Panics
    /// Panics within a runtime.
    pub fn drain_blocking(&self, limit: Option<Duration>) {
        let (reply, answer) = oneshot::channel();
        // An engine that has ended starts no call either.
        if self
            .requests
            .blocking_send(EngineRequest::Drain(limit, reply))
            .is_ok()
        {
            answer.blocking_recv().ok();
        }
    }

    /// Makes the engine read now what this process wrote to the store directly.
    pub fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Completes once the engine's loop has begun another turn: the proof that it does not hang. Never completes
    /// after the engine's end.
    pub async fn turn(&self) {
        let mut turns = self.turns.subscribe();
        self.wake.notify_one();
        // The handle itself holds a sender, so the channel is open.
        turns.changed().await.ok();
    }

    /// Returns whether the engine has ended.
    pub fn has_ended(&self) -> bool {
        self.requests.is_closed()
    }

    /// Returns why nothing is dialed and nothing recorded at present, if another process keeps the store
    /// busy: an alert that the log cannot hold yet.
    pub fn busy(&self) -> Option<AlertRaised> {
        self.busy.borrow().clone()
    }

    /// Returns a receiver of the latest board and of newer ones. Boards are made only while a receiver
    /// exists.
    pub fn board(&self) -> watch::Receiver<Arc<Board>> {
        self.board.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::pin::pin;

    use dialdeck_clock::{Clock, ManualClock};
    use dialdeck_core::domain::{DeckId, Timestamp, TrunkName};
    use dialdeck_core::rules::Rules;
    use dialdeck_providers::simulator::{Profile, Simulator};
    use dialdeck_store::memory::MemoryStore;

    use crate::shell::{Ending, Ends, Shell};

    /// Whether a future completes while the other tasks of this thread run as far as they can.
    async fn completes(turn: impl Future<Output = ()>) -> bool {
        let mut turn = pin!(turn);
        for _ in 0..100 {
            tokio::select! {
                biased;
                () = &mut turn => return true,
                () = tokio::task::yield_now() => {}
            }
        }
        false
    }

    #[tokio::test]
    async fn only_a_loop_that_runs_makes_a_turn() {
        let now: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
        let rules = Rules::embedded();
        let store = MemoryStore::new(DeckId(1), rules, now).into_engine();
        let carrier = Simulator::new(Profile::default(), 1, None);
        let providers = BTreeMap::from([(TrunkName("main".to_owned()), carrier)]);
        let clock = Clock::Manual(ManualClock::at(now));
        let (shell, handle) = Shell::new(store, providers, clock, rules).unwrap();
        assert!(!completes(handle.turn()).await);

        let engine = tokio::spawn(shell.run(Ends::OnRequest));
        handle.turn().await;
        handle.turn().await;
        handle.drain(None).await;
        assert_eq!(engine.await.unwrap(), Ending::Drained);
        assert!(!completes(handle.turn()).await);
    }
}
