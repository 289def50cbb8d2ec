//! The engine: a dispatcher without I/O, and the shell that carries its effects out.
//!
//! [`dispatcher::Dispatcher`] is told what happened and what time it is and answers with
//! [`Effect`]s; [`shell`] runs them against the store and the providers and feeds the results back.
//! So a campaign-day can run in milliseconds, and a fault can be planted between any two effects.

mod alerts;
pub mod board;
pub mod deck_file;
pub mod desk;
pub mod dispatcher;
pub mod jobs;
pub mod law;
pub mod next_claim;
pub mod reading;
pub mod shell;
mod stuck;
pub mod words;

use std::time::Duration;

use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::event::NewEvent;
use dialdeck_core::domain::{
    AttemptId, CallReport, CampaignId, ClassId, ClockHeld, ContactId, Suppression, Timestamp,
    TrunkName,
};
use dialdeck_core::policy::Context;
use dialdeck_core::policy::breaker::Kept;
use dialdeck_providers::{Owned, ProviderEvent, Request};
use dialdeck_store::outside::{Delivery, Message, Receipt, ResultsTurn};
use dialdeck_store::{Candidate, Claimed, PendingEnd, Settled, Snapshot, Suppressed};

/// What the dispatcher is told.
#[derive(Debug)]
pub enum Event {
    /// The store's present picture: at the start, after a command and after another process wrote.
    Picture(Box<Picture>),
    /// Ready contacts of one class, in queue order.
    Refilled {
        /// The campaign.
        campaign: CampaignId,
        /// The class.
        class: ClassId,
        /// Contacts.
        candidates: Vec<Candidate>,
        /// Fewer than asked for: the store has no more.
        complete: bool,
    },
    /// Contacts that became ready, and when the next one will.
    Promoted {
        /// Contacts.
        candidates: Vec<Candidate>,
        /// When the next waiting contact is due; in the past when there are more at once.
        next_due: Option<Timestamp>,
    },
    /// The answer to a claim.
    Claimed {
        /// The contact it was for.
        candidate: Candidate,
        /// The answer.
        result: Claimed,
    },
    /// An attempt ended, or had ended before.
    Settled {
        /// The attempt.
        attempt: AttemptId,
        /// What that brought about.
        settled: Option<Settled>,
    },
    /// The campaign was looked at: whether every contact has reached its end.
    DoneChecked {
        /// The campaign.
        campaign: CampaignId,
        /// It has, and the campaign is `done` now.
        done: bool,
    },
    /// A batch of expired contacts was ended; there may be more.
    Expired {
        /// There may be more.
        more: bool,
    },
    /// A command was carried out by the store.
    Commanded {
        /// The command.
        id: u64,
        /// What it brought about, or why it was refused.
        result: Result<Effected, String>,
    },
    /// A provider said something.
    Provider(TrunkName, ProviderEvent),
    /// An operator asks for something.
    Command(u64, Command),
    /// The deck's path leads elsewhere, with the reason: no call is started, running calls are followed to
    /// their end.
    Displaced(String),
    /// The machine's clock went forward by so many seconds more than time passed; negative: back.
    ClockJumped(i64),
    /// The store holds the dialing for a jump of the clock.
    ClockHeld,
    /// A jump was accepted, and the clock is compared from now on.
    ClockRestarted,
    /// The store failed: nothing may be sent any more.
    StoreFailed(String),
    /// Time has passed.
    Tick,
}

/// A snapshot, with the calls in flight whose numbers have meanwhile been suppressed or banned.
#[derive(Clone, Debug, Default)]
pub struct Picture {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Attempts to hang up unless they are connected.
    pub suppressed: Vec<AttemptId>,
    /// Attempts not known to have left, to a place under an emergency ban.
    pub banned: Vec<AttemptId>,
}

/// What an operator asks the engine for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Hold a campaign: no send after the acknowledgement.
    Pause(CampaignId),
    /// Hold every running campaign.
    PauseAll,
    /// Run a paused campaign again; its pace rises over the ramp.
    Resume(CampaignId),
    /// End a campaign for good.
    Stop(CampaignId),
    /// Change the pace, never above the file's ceiling.
    SetPacing(CampaignId, Pacing),
    /// Mark opt-outs; calls that still ring to these numbers are hung up.
    Suppress(Vec<Suppression>),
    /// Let a trunk that refused us try again.
    ResetTrunk(TrunkName),
    /// Keep what was said about an attempt from outside.
    Receive(Message),
    /// Count a request from outside that was not taken: for which trunk, and why.
    Quarantine(String, &'static str),
    /// Note how results were delivered, and say what is due, at most this many.
    TurnResults(Vec<(i64, Delivery)>, usize),
    /// Take over what has become stricter in the deck file, and say what else has changed.
    FollowFile(Box<deck_file::News>),
    /// Hang up every call.
    HangUpAll,
    /// Send nothing more and end once no call is up, or after this long by the deck's clock: calls
    /// that are up then are left to recovery. `None`: however long they take.
    Drain(Option<Duration>),
}

/// What a command brought about.
#[derive(Clone, Debug, PartialEq)]
pub enum Effected {
    /// Campaigns were changed.
    Campaigns(Vec<CampaignId>),
    /// Numbers were suppressed.
    Suppressed(Suppressed),
    /// What was said was kept, or not.
    Received(Receipt),
    /// Results to deliver.
    Results(ResultsTurn),
    /// It was counted: nothing that the dispatcher knows of changed.
    Noted,
    /// Nothing but the acknowledgement.
    Done,
}

/// What the dispatcher wants done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Something of the store.
    Store(Job),
    /// Something of a provider.
    Provider(TrunkName, Request),
    /// Tell whoever sent the command: it holds from now on.
    Acknowledge(u64, Result<Effected, String>),
}

/// What the dispatcher wants of the store. Those marked *lazy* may share a later commit.
#[derive(Clone, Debug, PartialEq)]
pub enum Job {
    /// Read a [`Picture`].
    Picture,
    /// Read ready contacts of a class after this one, at most this many.
    Refill(CampaignId, ClassId, Option<Candidate>, usize),
    /// Make due contacts ready.
    Promote,
    /// End expired contacts.
    Expire,
    /// Claim a contact.
    Claim(Candidate, Box<Context>),
    /// Note a call event (lazy).
    Record(dialdeck_core::domain::CallEvent),
    /// Note that an attempt's fate is unknown (lazy).
    MarkUnknown(AttemptId, &'static str),
    /// Record a late event of an ended attempt.
    Late(dialdeck_core::domain::CallEvent),
    /// End an attempt.
    Settle(AttemptId, CallReport, Timestamp),
    /// Look whether a campaign is done.
    CheckDone(CampaignId),
    /// Carry out a command.
    Command(u64, Command),
    /// Append to the log (lazy).
    Log(NewEvent),
    /// Note that every call has been told to end, up to this wish (lazy).
    HungUp(u64),
    /// Keep this of a trunk's breaker (lazy).
    KeepRest(TrunkName, Kept),
    /// Note that a call's end has yet to be confirmed by its trunk's carrier, or, without a trunk, that
    /// it was (lazy).
    NoteUnclosed(AttemptId, Option<TrunkName>),
    /// Keep the end of a call that waits to be settled (lazy).
    KeepEnd(AttemptId, PendingEnd),
    /// Hold the dialing for a jump of the clock.
    HoldClock(ClockHeld),
    /// Note which numbers a trunk's provider says the account owns.
    NoteNumbers(TrunkName, Owned),
}

/// Contacts and attempts that a pending acknowledgement waits for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Awaited {
    /// No attempt of these campaigns may still be about to be sent.
    Campaigns(Vec<CampaignId>),
    /// No attempt for these contacts' numbers may still be about to be sent.
    Attempts(Vec<AttemptId>),
    /// Nothing.
    Nothing,
}

/// A contact's place in the hopper.
pub(crate) type Place = (std::cmp::Reverse<i32>, Timestamp, ContactId);
