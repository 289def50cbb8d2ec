//! An open deck: its store, its present instant, and the wait for calls that can still leave.

use std::time::Duration;

use super::{CliError, Env};
use crate::clock::{DeckClock, Stopwatch, pause};
use crate::domain::{Attempt, Timestamp};
use crate::store::{By, Store};

/// How long an acknowledgement waits for calls that can still leave.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between two looks at the store while waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// An open deck.
pub struct Deck {
    /// Its store.
    pub store: Box<dyn Store>,
    env: Env,
}

impl Deck {
    /// Opens a deck that exists.
    pub fn open(env: &Env) -> Result<Self, CliError> {
        Self::at(env, false)
    }

    /// Opens a deck to write to it, and makes it if it is not there.
    pub fn open_or_create(env: &Env) -> Result<Self, CliError> {
        env.may_write()?;
        Self::at(env, true)
    }

    /// Opens a deck that exists to write to it.
    pub fn open_to_write(env: &Env) -> Result<Self, CliError> {
        env.may_write()?;
        Self::at(env, false)
    }

    fn at(env: &Env, _create: bool) -> Result<Self, CliError> {
        Err(Self::missing(env))
    }

    /// Whether there is a deck to open.
    pub fn exists(_env: &Env) -> bool {
        false
    }

    /// The error of a command that needs a deck where there is none.
    pub fn missing(env: &Env) -> CliError {
        CliError::deck(format!("there is no deck at {}", env.deck.display()))
            .hint("`dialdeck campaign add FILE` makes one; --deck DIR names another")
    }

    /// Whether an engine owns the deck.
    pub fn engine_runs(&self) -> bool {
        false
    }

    /// The deck's present instant, simulated or not; never earlier than the last event's.
    pub fn now(&mut self) -> Result<Timestamp, CliError> {
        Ok(DeckClock::System.now(None))
    }

    /// The author of a command, for the log.
    pub fn by(&mut self) -> Result<By, CliError> {
        Ok(By {
            actor: self.env.actor.clone(),
            at: self.now()?,
        })
    }

    /// Waits until no attempt that `concerns` can still leave (D8 to D10). Without an engine nothing
    /// leaves, so there is nothing to wait for.
    ///
    /// # Errors
    /// After 10 seconds; `done` says what holds nevertheless.
    pub fn wait_until_none_can_leave(
        &mut self,
        done: &str,
        concerns: &dyn Fn(&Attempt) -> bool,
    ) -> Result<(), CliError> {
        let waited = Stopwatch::start();
        while self.engine_runs() && self.store.unsent()?.iter().any(concerns) {
            if waited.elapsed() > PATIENCE {
                return Err(CliError::deck(format!(
                    "{done}, but the engine has not answered for 10 s: a call reserved before may still leave"
                ))
                .hint("look at `dialdeck status` and at the process that runs the engine"));
            }
            pause(LOOK_AGAIN);
        }
        Ok(())
    }
}
