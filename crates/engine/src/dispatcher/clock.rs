//! What the dispatcher does about a clock that jumped or is behind the log.

use super::{Dispatcher, Effect, Job};
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::{AttemptId, ClockHeld, Timestamp, clock_behind};
use dialdeck_store::Snapshot;

/// What is known about jumps of the clock.
#[derive(Debug, Default)]
pub(super) struct ClockState {
    /// The jump that holds the dialing; `None` if none does.
    pub(super) held: Option<ClockHeld>,
    /// Whether the store has yet to record the jump: until then snapshots do not show it.
    recording: bool,
    /// The instant at which an operator accepted the clock, if the shell has yet to restart its comparison.
    accepted: Option<Timestamp>,
    /// The acceptance in the last snapshot, by its sequence number in the log.
    known: Option<i64>,
}

impl Dispatcher {
    /// Returns the instant at which an operator accepted the clock, if the shell has yet to restart its
    /// comparison.
    pub const fn clock_accepted(&self) -> Option<Timestamp> {
        self.clock.accepted
    }

    /// Returns whether a jump of the clock holds the dialing.
    pub const fn clock_held(&self) -> bool {
        self.clock.held.is_some()
    }

    pub(super) fn update_clock(
        &mut self,
        snapshot: &Snapshot,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let behind = clock_behind(snapshot.last_event_at, now);
        if let (None, Some(last)) = (self.clock_behind, behind) {
            effects.push(Self::alert(AlertRaised::clock_behind(now, last), now));
        }
        self.clock_behind = behind;
        if let (Some(held), false) = (snapshot.clock_held, self.clock.recording) {
            self.clock.held = Some(held);
        }
        // An acceptance counts whatever this engine knew of the clock when it was given. An engine starts by
        // the clock that there is.
        let known = self.clock.known;
        self.clock.known = snapshot.clock_accepted.map(|(seq, _)| seq);
        if let Some((seq, at)) = snapshot.clock_accepted
            && self.started
            && known != Some(seq)
        {
            self.clock.accepted = Some(at);
        }
    }

    /// Holds the dialing after a jump of the machine's clock, until a person accepts it.
    pub(super) fn on_clock_jump(
        &mut self,
        seconds: i64,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let held = ClockHeld { at: now, seconds };
        self.clock.held = Some(held);
        self.clock.recording = true;
        self.clock.accepted = None;
        effects.push(Self::alert(AlertRaised::clock_jumped(held), now));
        effects.push(Effect::Store(Job::HoldClock(held)));
        self.take_back_unsent(effects);
    }

    /// Records that the store holds the jump.
    pub(super) const fn on_clock_held(&mut self) {
        self.clock.recording = false;
    }

    /// Releases the dialing: the comparison has restarted from the accepted clock, which is this many
    /// milliseconds ahead of the time by which calls were measured. What is due for a call stays as far off
    /// as it was.
    pub(super) fn on_clock_restarted(&mut self, set_by: i64, effects: &mut Vec<Effect>) {
        let known = self.clock.known;
        self.clock = ClockState {
            known,
            ..ClockState::default()
        };
        let attempts: Vec<AttemptId> = self.calls.keys().copied().collect();
        for attempt in attempts {
            if let Some(call) = self.calls.get_mut(&attempt) {
                call.shift(set_by);
            }
            self.rewake(attempt);
        }
        effects.push(Effect::Store(Job::FollowClock));
    }
}
