//! The verbs of the one engine that makes a deck's calls, and the handle that has them.

use std::ops::{Deref, DerefMut};

use crate::exchange::{Message, Receipt};
use crate::rights::{Handle, verbs};
use crate::verbs::{Acts, Verbs};
use crate::{By, Candidate, Claimed, PendingEnd, Settled, StoreError};
use dialdeck_core::domain::{
    AttemptId, CallEvent, CallReport, ClockHeld, ContactId, DeckId, PhoneNumber, Right, Timestamp,
    TrunkName,
};
use dialdeck_core::policy::Context;
use dialdeck_core::policy::breaker::Kept;

/// The number of an engine's start, which only a handle that has taken the deck over has.
///
/// [`SqliteStore::take_over`](crate::sqlite::SqliteStore::take_over) counts the start and returns it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an engine's handle is made of it"]
pub struct Epoch(pub(crate) i64);

/// The handle of a deck's engine: the store's own handle, and the only one that has the verbs of
/// [`EngineStore`].
///
/// [`SqliteStore::into_engine`](crate::sqlite::SqliteStore::into_engine) makes one for the handle that has
/// taken the deck over under the engine's lock. A store in memory has no second handle, so
/// [`MemoryStore::into_engine`](crate::memory::MemoryStore::into_engine) needs no lock.
#[derive(Debug)]
pub struct Engine<S>(S);

impl<S> Engine<S> {
    pub(crate) const fn new(store: S) -> Self {
        Self(store)
    }
}

impl<S> Deref for Engine<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

impl<S> DerefMut for Engine<S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.0
    }
}

impl<S: Verbs> Handle for Engine<S> {
    type Store = S;

    fn store(&self) -> &S {
        &self.0
    }

    fn store_mut(&mut self) -> &mut S {
        &mut self.0
    }
}

/// A handle that has the engine's verbs.
pub(crate) trait EngineHandle: Handle {}

impl<S: Verbs> EngineHandle for Engine<S> {}

verbs! {
/// What only the engine that owns a deck may do to it. Running the engine is running campaigns, so each verb
/// needs [`Right::Campaigns`].
///
/// # Errors
/// Every verb errors as those of [`Acts`] do.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{ClockHeld, DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::{Acts as _, By, EngineStore as _, Reads as _};
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let mut engine = MemoryStore::new(DeckId(1), Rules::embedded(), now).into_engine();
///
/// // Each run of the engine has a tag of its own.
/// assert_eq!(engine.tag_run(0x5b0c_11aa)?.to_string(), "000000015b0c11aa");
///
/// // What it noticed first about the clock holds until a person accepts it.
/// let jump = ClockHeld { at: now, seconds: 3600 };
/// assert!(engine.hold_clock(jump)?);
/// assert!(!engine.hold_clock(ClockHeld { at: now, seconds: -5 })?);
/// let by = By { actor: "maria".to_owned(), at: now };
/// let accepted = engine.accept_clock(Some("the machine was asleep"), &by)?;
/// assert_eq!(accepted.and_then(|accepted| accepted.held), Some(jump));
/// assert_eq!(engine.accept_clock(None, &by)?, None);
///
/// engine.quarantine("line", "bad signature", now)?;
/// engine.quarantine("line", "bad signature", now)?;
/// assert_eq!(engine.quarantined()?[0].count, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The handles of consoles and commands do not have these verbs:
///
/// ```compile_fail,E0599
/// use dialdeck_core::domain::{DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::{Acts as _, EngineStore as _, Reads as _};
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse().unwrap();
/// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
/// store.tag_run(0x5b0c_11aa).unwrap();
/// ```
pub trait EngineStore: Acts by EngineVerbs for EngineHandle {
    // ---- the queue

    /// Makes waiting contacts that are due ready and returns them, earliest first, at most `limit`.
    [Right::Campaigns] fn promote_due(&mut self, now: Timestamp, limit: usize)
        -> Result<Vec<Candidate>, StoreError>;

    /// Ends contacts whose own time or whose campaign's time is over. Returns how many, at most `limit`.
    [Right::Campaigns] fn expire_due(&mut self, now: Timestamp, limit: usize) -> Result<u64, StoreError>;

    // ---- calls

    /// Claims a contact: gathers the facts, decides and acts. Returns the decision.
    ///
    /// On `Dial` the attempt is reserved and `attempt_reserved` logged. On a hold of scope `Contact` the
    /// contact waits. On a refusal it is finished and `contact_finished` logged.
    [Right::Campaigns] fn claim(&mut self, contact: ContactId, context: &Context, now: Timestamp)
        -> Result<Claimed, StoreError>;

    /// Records a call event that does not end the attempt: sent, ringing, answered, callee detected. Returns
    /// `false` if it is late or repeated; then nothing changed and nothing is logged.
    ///
    /// If the attempt has ended, an event that proves a call which its end denies corrects it. An attempt
    /// that ended by the network's final answer counts from then on (`attempt_corrected`). Any other is
    /// reopened (`attempt_reopened`): its fate is unknown, it holds its slots and its number, and it ends
    /// once more. If another call to the number is in flight it is only corrected. The contact of a reopened
    /// attempt is in flight again, unless it has an end or another call.
    [Right::Campaigns] fn record(&mut self, event: &CallEvent, now: Timestamp) -> Result<bool, StoreError>;

    /// Marks the attempt's fate as unknown. It keeps its slot. Returns `false` if it was unknown already or
    /// has ended. Logs `attempt_unknown`.
    [Right::Campaigns] fn mark_unknown(&mut self, attempt: AttemptId, why: &str, now: Timestamp)
        -> Result<bool, StoreError>;

    /// Ends an attempt, once: classifies the end, plans the retry, moves the contact, counts. Returns `None`
    /// if the attempt had ended before and nothing changed. `at` is when the call ended.
    ///
    /// Logs `call_ended` (`attempt_reconciled` before it if the attempt was unknown), `retry_planned` or
    /// `contact_finished`, and `suppression_added` where it applies. An opt-out in the report holds even if
    /// the attempt had ended before.
    ///
    /// An attempt that had ended is corrected by a report that proves that its phone rang or was picked up:
    /// it counts from then on, with the outcome of that report, and its contact's next step is planned again.
    /// The network's final answer stays the outcome of a phone that only rang. Logs `attempt_corrected`
    /// instead of `call_ended`.
    [Right::Campaigns] fn settle(
        &mut self,
        attempt: AttemptId,
        report: &CallReport,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Settled>, StoreError>;

    // ---- what outlives the engine

    /// Replaces the kept state of a trunk's breaker, so that its rest outlives the engine and other processes
    /// can read it. Not logged: the engine raises the alert that a rest begins.
    [Right::Campaigns] fn keep_rest(&mut self, trunk: &TrunkName, kept: Kept) -> Result<(), StoreError>;

    /// Notes that a call may still be up at the carrier of its trunk, which did not confirm its end. With
    /// `None` the end has been confirmed. The note outlives the attempt and the engine. Not logged.
    [Right::Campaigns] fn note_unclosed(&mut self, attempt: AttemptId, trunk: Option<&TrunkName>)
        -> Result<(), StoreError>;

    /// Keeps how a call ended until [`EngineStore::settle`] ends its attempt, so that a crash in between loses
    /// nothing. Not logged.
    [Right::Campaigns] fn keep_end(&mut self, attempt: AttemptId, end: &PendingEnd) -> Result<(), StoreError>;

    // ---- what carriers report

    /// Records which numbers the account owns, as the trunk's provider reports. A caller ID that is not owned
    /// is not shown. Logs `alert_raised` for each caller ID of the trunk that is newly found missing.
    [Right::Campaigns] fn note_numbers(&mut self, trunk: &TrunkName, owned: &[PhoneNumber], by: &By)
        -> Result<(), StoreError>;

    /// Notes that the engine has asked the carriers to hang up every call, up to this request.
    [Right::Campaigns] fn hung_up(&mut self, wish: u64) -> Result<(), StoreError>;

    // ---- its own run

    /// Holds the dialing until [`Acts::accept_clock`]. Returns `false` if it is held already, by the jump
    /// that was noticed first. Not logged: the engine raises the alert.
    [Right::Campaigns] fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError>;

    /// Gives the attempt ids of an engine's run the deck's identity and `drawn`, 32 random bits, as their tag
    /// from now on. Returns the tag. Not logged: an engine's start names it in `deck_opened`.
    [Right::Campaigns] fn tag_run(&mut self, drawn: u32) -> Result<DeckId, StoreError>;

    /// Stores a message about an attempt, once. Returns what was done with it.
    [Right::Campaigns] fn receive(&mut self, message: &Message, at: Timestamp) -> Result<Receipt, StoreError>;

    /// Counts a request that was rejected.
    [Right::Campaigns] fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError>;
}
}
