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
