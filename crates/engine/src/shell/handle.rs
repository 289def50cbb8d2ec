//! A handle to a running engine.

use std::sync::Arc;

use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::board::Board;
use crate::{Command, Effected};

/// The error after the engine has ended.
const ENDED: &str = "the engine has ended";

/// A command, its actor, and the channel for its acknowledgement.
pub type Ask = (Command, String, oneshot::Sender<Result<Effected, String>>);

/// A handle to a running engine, for its console and its listeners. Clones share the engine.
#[derive(Clone, Debug)]
pub struct Handle {
    pub(super) commands: mpsc::Sender<Ask>,
    pub(super) board: watch::Sender<Arc<Board>>,
    pub(super) nudge: Arc<Notify>,
    pub(super) wake: Arc<Notify>,
    pub(super) turns: watch::Sender<u64>,
    pub(super) busy: watch::Sender<Option<String>>,
}

impl Handle {
    /// Carries out a command. Returns once it holds (D8 to D10).
    ///
    /// # Errors
    /// Errors if the command is refused, if the queue is full or if the engine has ended.
    pub async fn ask(&self, command: Command, actor: &str) -> Result<Effected, String> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(command, actor, reply)?;
        answer.await.map_err(|_| ENDED.to_owned())?
    }

    /// Carries out a command, and blocks until it holds. For threads without a runtime.
    ///
    /// # Errors
    /// Errors if [`Handle::ask`] would.
    pub fn ask_blocking(&self, command: Command, actor: &str) -> Result<Effected, String> {
        let (reply, answer) = oneshot::channel();
        self.hand_over(command, actor, reply)?;
        answer.blocking_recv().map_err(|_| ENDED.to_owned())?
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
        self.commands.is_closed()
    }

    /// Returns why nothing is dialed and nothing recorded at present, if another process keeps the store
    /// busy: an alert that the log cannot hold yet.
    pub fn busy(&self) -> Option<String> {
        self.busy.borrow().clone()
    }

    fn hand_over(
        &self,
        command: Command,
        actor: &str,
        reply: oneshot::Sender<Result<Effected, String>>,
    ) -> Result<(), String> {
        self.commands
            .try_send((command, actor.to_owned(), reply))
            .map_err(|_| "the engine takes no more commands right now; try again".to_owned())
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

    use crate::Command;
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
        let store = MemoryStore::new(DeckId(1), rules, now);
        let carrier = Simulator::new(Profile::default(), 1, None);
        let providers = BTreeMap::from([(TrunkName("main".to_owned()), carrier)]);
        let clock = Clock::Manual(ManualClock::at(now));
        let (shell, handle) = Shell::new(store, providers, clock, rules).unwrap();
        assert!(!completes(handle.turn()).await);

        let engine = tokio::spawn(shell.run(Ends::OnRequest));
        handle.turn().await;
        handle.turn().await;
        handle.ask(Command::Drain(None), "test").await.unwrap();
        assert_eq!(engine.await.unwrap(), Ending::Drained);
        assert!(!completes(handle.turn()).await);
    }
}
