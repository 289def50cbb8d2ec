//! What a deck does about a clock that jumped, or that is behind its log.

use serde::Serialize;

use super::{By, StoreError};
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::{ClockHeld, Timestamp, clock_behind};

/// What a person accepted along with the machine's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockAccepted {
    /// The log's last entry, if it is of a later instant.
    pub log_until: Option<Timestamp>,
    /// The jump that held the dialing.
    pub held: Option<ClockHeld>,
    /// Sends of a later instant, which count from the acceptance on.
    pub sends: u64,
    /// Numbers with attempts of a later instant, which wait until their gaps are over after it.
    pub numbers: u64,
}

/// The verbs of a deck whose clock is not to be trusted.
pub trait Timing {
    /// Holds the dialing until [`Timing::accept_clock`]. `false`: it is held already, by the jump that
    /// was noticed first. Not logged: the alert is the engine's.
    fn hold_clock(&mut self, held: ClockHeld) -> Result<bool, StoreError>;

    /// Takes a person's word that the machine's clock is right at `by.at`: nothing is held any more, the
    /// log goes on from there though its last entry is of later, and sends of later count from there.
    /// `None`: there is nothing to accept, and nothing is logged. Logs `clock_accepted`.
    fn accept_clock(
        &mut self,
        reason: Option<&str>,
        by: &By,
    ) -> Result<Option<ClockAccepted>, StoreError>;
}

impl ClockAccepted {
    /// What there is to accept at `now`, before anything is counted; `None`: nothing.
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

/// `clock_accepted`.
pub(super) fn clock_accepted(what: &ClockAccepted, reason: Option<&str>, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        log_until: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        held: Option<ClockHeld>,
        sends: u64,
        numbers: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<&'a str>,
    }
    NewEvent::new(by.at, EventKind::ClockAccepted, &by.actor).with_data(&Data {
        log_until: what.log_until,
        held: what.held,
        sends: what.sends,
        numbers: what.numbers,
        reason,
    })
}
