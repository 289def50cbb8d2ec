//! How a deck deals with a clock that jumped or that is behind its log.

use super::rights::verbs;
use super::{By, StoreError};
use dialdeck_core::domain::event::{self, EventData, NewEvent};
use dialdeck_core::domain::{ClockHeld, Right, Timestamp, clock_behind};

/// What a person accepted along with the machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockAccepted {
    /// The instant of the log's last entry, if it is later than the clock.
    pub log_until: Option<Timestamp>,
    /// The jump that held the dialing, if there was one.
    pub held: Option<ClockHeld>,
    /// Sends dated after the accepted time. They count as sent at the acceptance.
    pub sends: u64,
    /// Numbers with attempts dated after the accepted time. They wait until their gaps are over after it.
    pub numbers: u64,
}

verbs! {
/// The verbs of a deck whose clock is not to be trusted. They error as those of
/// [`Store`](super::Store) do.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{ClockHeld, DeckId, Timestamp};
/// use dialdeck_core::rules::Rules;
/// use dialdeck_store::By;
/// use dialdeck_store::memory::MemoryStore;
/// use dialdeck_store::timing::Timing;
///
/// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
/// let mut store = MemoryStore::new(DeckId(1), Rules::embedded(), now);
/// let jump = ClockHeld { at: now, seconds: 3600 };
/// assert!(store.hold_clock(jump)?);
/// assert!(!store.hold_clock(ClockHeld { at: now, seconds: -5 })?);
///
/// let by = By { actor: "maria".to_owned(), at: now };
/// let accepted = store.accept_clock(Some("the machine was asleep"), &by)?;
/// assert_eq!(accepted.and_then(|accepted| accepted.held), Some(jump));
/// assert_eq!(store.accept_clock(None, &by)?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Timing by TimingVerbs {
    /// Holds the dialing until [`Timing::accept_clock`]. Returns `false` if it is held already, by the jump
    /// that was noticed first. Not logged: the engine raises the alert.
    [Right::Campaigns] fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError>;

    /// Accepts, on a person's confirmation, that the machine's clock is right at `by.at`. Returns what was
    /// accepted, `None` if there was nothing to accept; then nothing is logged.
    ///
    /// Dialing is no longer held, the log continues from `by.at` even if its last entry is later, and sends
    /// dated later count from there. Logs `clock_accepted`.
    [Right::Campaigns] fn accept_clock(
        &mut self,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Option<ClockAccepted>, StoreError>;
}
}

impl ClockAccepted {
    /// Returns what there is to accept at `now`, before anything is counted. `None` if there is nothing.
    pub(super) fn new(
        last: Option<Timestamp>,
        held: Option<ClockHeld>,
        now: Timestamp,
    ) -> Option<Self> {
        let log_until = clock_behind(last, now);
        let any = log_until.is_some() || held.is_some();
        any.then_some(Self {
            log_until,
            held,
            sends: 0,
            numbers: 0,
        })
    }
}

/// Returns the entry `clock_accepted`.
pub(super) fn clock_accepted(what: &ClockAccepted, reason: Option<&str>, by: &By) -> NewEvent {
    let data = EventData::ClockAccepted(event::ClockAccepted {
        log_until: what.log_until,
        held: what.held,
        sends: what.sends,
        numbers: what.numbers,
        reason: reason.map(str::to_owned),
    });
    NewEvent::new(by.at, &by.actor, data)
}
