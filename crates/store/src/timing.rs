//! How a deck deals with a clock that jumped or that is behind its log.

use super::By;
use dialdeck_core::domain::event::{self, EventData, NewEvent};
use dialdeck_core::domain::{ClockHeld, Timestamp, clock_behind};

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
