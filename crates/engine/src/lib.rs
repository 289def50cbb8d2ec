//! The dialing engine: a dispatcher without I/O, and a shell that runs its effects.
//!
//! [`dispatcher::Dispatcher`] takes one [`Event`] and the present instant, and returns [`Effect`]s.
//! [`shell`] runs them against the store and the providers, and feeds the results back as events. Because
//! the dispatcher does no I/O, a test can run the calls of a whole day in milliseconds, and can inject a
//! fault between any two effects.

pub mod alerts;
pub mod board;
mod campaign_board;
pub mod deck_file;
pub mod desk;
pub mod dispatcher;
pub mod jobs;
pub mod law;
pub mod messages;
pub mod next_claim;
pub mod reading;
pub mod shell;
mod stuck;

use std::sync::Arc;

use dialdeck_core::domain::event::NewEvent;
use dialdeck_core::domain::{
    AttemptId, CallReport, CampaignId, ClassId, ClockHeld, ContactId, Suppression, Timestamp,
    TrunkName,
};
use dialdeck_core::policy::Context;
use dialdeck_core::policy::breaker::Kept;
use dialdeck_providers::{Owned, ProviderEvent, Request};
use dialdeck_store::exchange::{Delivery, Message, Receipt, ResultsTurn};
use dialdeck_store::{Candidate, Claimed, PendingEnd, Settled, Snapshot, StoreError, Suppressed};

/// An input of the dispatcher.
#[derive(Debug)]
pub enum Event {
    /// The store's present state: at the start, after a command and after another process wrote.
    Snapshot(Box<EngineSnapshot>),
    /// Ready contacts of one class, in queue order, in answer to [`Job::Refill`].
    Refilled {
        /// The campaign that was read.
        campaign: CampaignId,
        /// The window class that was read.
        class: ClassId,
        /// The contacts found, in queue order.
        candidates: Vec<Candidate>,
        /// Whether the store has no further ready contacts of the class.
        complete: bool,
    },
    /// Contacts that became ready, in answer to [`Job::Promote`].
    Promoted {
        /// The contacts that are ready now, earliest due first.
        candidates: Vec<Candidate>,
        /// When the next waiting contact is due. It is in the past if further contacts are due now.
        next_due: Option<Timestamp>,
    },
    /// The answer to a claim.
    Claimed {
        /// The contact that the claim was for.
        candidate: Candidate,
        /// What the claim got.
        result: Claimed,
    },
    /// The answer to [`Job::Settle`].
    Settled {
        /// The attempt that was settled.
        attempt: AttemptId,
        /// What the end changed; `None` if the attempt had ended before and nothing changed.
        settled: Option<Settled>,
    },
    /// The answer to [`Job::CheckDone`].
    DoneChecked {
        /// The campaign that was checked.
        campaign: CampaignId,
        /// Whether every contact has reached its end; the campaign is `done` now.
        done: bool,
    },
    /// A batch of expired contacts was ended.
    Expired {
        /// Whether further contacts may have expired.
        more: bool,
    },
    /// The store carried out a command.
    Commanded {
        /// The id given with [`Event::Command`].
        id: CommandId,
        /// What the command changed, or why it was refused.
        result: Result<Effected, CommandError>,
    },
    /// A provider reports an event of this trunk.
    Provider(TrunkName, ProviderEvent),
    /// Another part of the process sends a command, under this id.
    Command(CommandId, Command),
    /// The engine is to end: no further call is started, and those that have not been sent are taken back.
    Drain,
    /// The deck's path leads to another file. No call is started; running calls are followed to their end.
    Displaced(StoreError),
    /// The machine's clock went forward by this many seconds more than the time that passed; back if
    /// negative.
    ClockJumped(i64),
    /// The store has recorded that a jump of the clock holds the dialing.
    ClockHeld,
    /// An operator accepted the machine's clock; the shell compares the clock from now on. By this many
    /// milliseconds the present instant was set forward; back if negative.
    ClockRestarted(i64),
    /// The store failed. Nothing may be sent any more.
    StoreFailed(StoreError),
    /// Time has passed; nothing needs to have happened.
    Tick,
}

/// A snapshot of the store, with the calls in flight that must not continue: their numbers were suppressed
/// or their places banned after the claim.
#[derive(Clone, Debug, Default)]
pub struct EngineSnapshot {
    /// The deck's campaigns, trunks, lists and calls in flight.
    pub snapshot: Snapshot,
    /// Attempts to hang up unless they are connected.
    pub suppressed: Vec<AttemptId>,
    /// Attempts to a place under an emergency ban that are not known to have been sent.
    pub banned: Vec<AttemptId>,
}

/// The id of a command, unique in one run of the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandId(pub u64);

/// What the other parts of the engine's process have it write to the store. People act through the desk and
/// the command line instead, which write to the store themselves.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Records opt-outs. Calls that still ring to these numbers are hung up.
    Suppress(Vec<Suppression>),
    /// Keeps a message about an attempt that arrived from outside.
    Receive(Message),
    /// Counts a request from outside that was not accepted.
    Quarantine {
        /// The trunk that the request named.
        trunk: String,
        /// Why it was not accepted.
        reason: &'static str,
    },
    /// Records how results were delivered, and returns those that are due.
    TurnResults {
        /// The deliveries that ended, by sequence number of the result.
        done: Vec<(i64, Delivery)>,
        /// How many results to return, at most.
        limit: usize,
    },
    /// Applies what has become stricter in the deck file, and reports the other changes.
    FollowFile(Box<deck_file::DeckFileChange>),
}

/// What a command changed.
#[derive(Clone, Debug, PartialEq)]
pub enum Effected {
    /// These numbers are suppressed.
    Suppressed(Suppressed),
    /// Whether the message was kept.
    Received(Receipt),
    /// The results to deliver.
    Results(ResultsTurn),
    /// The request that was not accepted is counted.
    Counted,
    /// The deck file's stricter settings are in force.
    Configured,
}

/// Why a command does not hold.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CommandError {
    /// Too many commands wait already.
    #[error("the engine takes no more commands right now; try again")]
    QueueFull,
    /// The engine has ended, or ended before it had carried out the command.
    #[error("the engine has ended")]
    Ended,
    /// The store refused it.
    #[error(transparent)]
    Refused(Arc<StoreError>),
}

impl PartialEq for CommandError {
    /// Compares refusals by their texts, because causes such as an I/O error cannot be compared.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::QueueFull, Self::QueueFull) | (Self::Ended, Self::Ended) => true,
            (Self::Refused(one), Self::Refused(other)) => one.to_string() == other.to_string(),
            (Self::QueueFull | Self::Ended | Self::Refused(_), _) => false,
        }
    }
}

/// An output of the dispatcher, for the shell to run.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Run this job on the store.
    Store(Job),
    /// Send this request to the provider of this trunk.
    Provider(TrunkName, Request),
    /// Answer the sender of the command with this id: the command holds from now on, or was refused.
    Acknowledge(CommandId, Result<Effected, CommandError>),
}

/// What the dispatcher asks the store to do. Jobs marked *lazy* may share a later commit.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Reads an [`EngineSnapshot`].
    Refresh,
    /// Reads the ready contacts of a class behind this one, at most this many.
    Refill(CampaignId, ClassId, Option<Candidate>, usize),
    /// Makes waiting contacts that are due ready.
    Promote,
    /// Ends contacts that have expired.
    Expire,
    /// Claims a contact in this context.
    Claim(Candidate, Box<Context>),
    /// Records a call event (lazy).
    Record(dialdeck_core::domain::CallEvent),
    /// Records that the fate of an attempt is unknown, and why (lazy).
    MarkUnknown(AttemptId, &'static str),
    /// Records a late event of an attempt that has ended.
    Late(dialdeck_core::domain::CallEvent),
    /// Ends an attempt with this report, at this instant.
    Settle(AttemptId, CallReport, Timestamp),
    /// Checks whether a campaign is done, and ends it if so.
    CheckDone(CampaignId),
    /// Carries out a command under its id.
    Command(CommandId, Command),
    /// Appends to the event log (lazy).
    Log(Box<NewEvent>),
    /// Records that every call was asked to end, up to this hang-up request (lazy).
    HungUp(u64),
    /// Keeps this state of a trunk's breaker (lazy).
    KeepRest(TrunkName, Kept),
    /// Records that the carrier of this trunk has yet to confirm the end of a call; without a trunk, that
    /// the carrier has confirmed it (lazy).
    NoteUnclosed(AttemptId, Option<TrunkName>),
    /// Keeps the reported end of a call that waits to be settled (lazy).
    KeepEnd(AttemptId, PendingEnd),
    /// Records that a jump of the clock holds the dialing.
    HoldClock(ClockHeld),
    /// Records that the engine goes on by the clock that an operator accepted: what it logged by the clock
    /// before, after the acceptance, may be later.
    FollowClock,
    /// Records which numbers the account owns, as a trunk's provider reports.
    NoteNumbers(TrunkName, Owned),
}

/// A contact's place in the hopper: highest priority, earliest due, lowest id first.
pub(crate) type Place = (std::cmp::Reverse<i32>, Timestamp, ContactId);
