//! The only place that reads the time.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use dialdeck_core::domain::{Timestamp, clock_behind};

/// A source of the present instant.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's own clock.
    System,
    /// A simulated clock that runs `factor` times as fast as the machine's.
    Scaled(ScaledClock),
    /// A clock that only moves when it is moved: for tests, and for runs that jump from event to event.
    Manual(ManualClock),
    /// A clock that moves with the timers of a runtime, which need not be the machine's: tests whose
    /// time jumps to the next timer.
    Kept(Arc<dyn Timekeeper>),
}

/// Keeps the time of a [`Clock::Kept`].
pub trait Timekeeper: fmt::Debug + Send + Sync {
    /// Returns the present instant.
    fn now(&self) -> Timestamp;
}

impl Clock {
    /// Returns the present instant.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Scaled(clock) => clock.now(),
            Self::Manual(clock) => clock.now(),
            Self::Kept(keeper) => keeper.now(),
        }
    }

    /// Returns how long to wait by the machine's clock until `at` is reached; zero if it has passed. `None`
    /// on a manual clock, which does not move by itself.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use dialdeck_clock::{Clock, ManualClock, ScaledClock};
    /// use dialdeck_core::domain::Timestamp;
    ///
    /// let origin: Timestamp = "2026-12-07T15:30:00Z".parse()?;
    /// let fast = Clock::Scaled(ScaledClock::start(origin, 60));
    /// assert!(fast.real_time_until(origin + Duration::from_mins(60)) <= Some(Duration::from_mins(1)));
    /// assert_eq!(Clock::Manual(ManualClock::at(origin)).real_time_until(origin), None);
    /// # Ok::<(), String>(())
    /// ```
    pub fn real_time_until(&self, at: Timestamp) -> Option<Duration> {
        match self {
            Self::System | Self::Kept(_) => Some(at.since(self.now())),
            Self::Scaled(clock) => {
                let simulated = at.since(clock.now());
                Some(simulated.div_f64(f64::from(clock.factor)))
            }
            Self::Manual(_) => None,
        }
    }

    /// Returns how long `span` of this clock takes by the machine's. A manual clock has no pace, so it
    /// returns `span`.
    pub fn real_time(&self, span: Duration) -> Duration {
        match self {
            Self::System | Self::Manual(_) | Self::Kept(_) => span,
            Self::Scaled(clock) => span / clock.factor,
        }
    }

    /// Starts a measurement of the time that passes for timers.
    pub fn lap(&self) -> Lap {
        Lap(match self {
            Self::Kept(keeper) => Since::Kept(Arc::clone(keeper), keeper.now()),
            Self::System | Self::Scaled(_) | Self::Manual(_) => Since::Real(Stopwatch::start()),
        })
    }
}

/// A clock that starts at a chosen instant and runs faster than the machine's.
///
/// Other processes of the deck rebuild it from its serialised form, so that all agree on `now`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScaledClock {
    /// The simulated instant at which it was started.
    pub origin: Timestamp,
    /// The machine's instant at which it was started.
    pub started: Timestamp,
    /// Simulated seconds per real second, at least 1.
    pub factor: u32,
}

impl ScaledClock {
    /// Starts a clock at `origin`, now; a `factor` of 0 counts as 1.
    pub fn start(origin: Timestamp, factor: u32) -> Self {
        Self {
            origin,
            started: system_now(),
            factor: factor.max(1),
        }
    }

    fn now(&self) -> Timestamp {
        self.origin + system_now().since(self.started) * self.factor
    }
}

/// The clock that a deck runs on, as its engine stores it for other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum DeckClock {
    /// The machine's own clock.
    System,
    /// A simulated clock that any process can rebuild from this value.
    Scaled(ScaledClock),
    /// A clock that jumps from event to event: it shows the instant of the last event of the log.
    Virtual,
}

impl DeckClock {
    /// The meta key of the store under which it is kept, as JSON.
    pub const META_KEY: &str = "clock";

    /// Returns the present instant, given the last event's. It is never earlier than that, unless the clock
    /// is [behind](clock_behind).
    pub fn now(self, last_event: Option<Timestamp>) -> Timestamp {
        let last = last_event.unwrap_or(Timestamp::MIN);
        let now = match self {
            Self::System => system_now(),
            Self::Scaled(clock) => clock.now(),
            Self::Virtual => last_event.unwrap_or_else(system_now),
        };
        match clock_behind(last_event, now) {
            Some(_) => now,
            None => now.max(last),
        }
    }
}

/// A clock that is moved by hand; clones move together.
///
/// # Examples
///
/// ```
/// use dialdeck_clock::ManualClock;
/// use dialdeck_core::domain::Timestamp;
///
/// let clock = ManualClock::at(Timestamp::from_millis(1_000));
/// let clone = clock.clone();
/// clone.advance_to(Timestamp::from_millis(2_000));
/// assert_eq!(clock.now(), Timestamp::from_millis(2_000));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// Creates a clock that shows `at`.
    pub fn at(at: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(at.as_millis())))
    }

    /// Returns the instant that the clock shows.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Acquire))
    }

    /// Moves the clock forward to `at`; never back.
    pub fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.as_millis(), Ordering::AcqRel);
    }
}

/// The time that passes independently of what the machine's clock is set to, also while the machine sleeps.
#[derive(Clone, Debug)]
pub enum Boot {
    /// The machine's time since it was started.
    System,
    /// A time that is moved by hand.
    Manual(ManualClock),
    /// The time of a runtime.
    Kept(Arc<dyn Timekeeper>),
}

impl Boot {
    fn now(&self) -> Timestamp {
        match self {
            Self::System => boot_now(),
            Self::Manual(clock) => clock.now(),
            Self::Kept(keeper) => keeper.now(),
        }
    }
}

/// Detects that a clock jumped: that it moved by another amount than the time that passed.
#[derive(Clone, Debug)]
pub struct ClockWatch {
    wall: Clock,
    boot: Boot,
    /// The times of both when the comparison started.
    from: (Timestamp, Timestamp),
}

impl ClockWatch {
    /// The maximum difference of the two, in milliseconds.
    const SLACK: i64 = 60_000;

    /// Creates a watch that compares a clock with this time, from now on.
    pub fn new(wall: Clock, boot: Boot) -> Self {
        let from = (wall.now(), boot.now());
        Self { wall, boot, from }
    }

    /// Creates a watch of the machine's clock.
    pub fn system() -> Self {
        Self::new(Clock::System, Boot::System)
    }

    /// Returns how many seconds the clock moved forward beyond the time that passed, negative if it moved
    /// back. `None` if the difference is a minute or less.
    pub fn jump(&self) -> Option<i64> {
        let gone = |now: Timestamp, from: Timestamp| now.as_millis() - from.as_millis();
        let differ = gone(self.wall.now(), self.from.0) - gone(self.boot.now(), self.from.1);
        (differ.abs() > Self::SLACK).then_some(differ / 1_000)
    }

    /// Returns what the clock would show if it had moved with the time that passed since the comparison
    /// started.
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// use dialdeck_clock::{Boot, Clock, ClockWatch, ManualClock};
    /// use dialdeck_core::domain::Timestamp;
    ///
    /// let start: Timestamp = "2026-12-07T15:30:00Z".parse()?;
    /// let (wall, boot) = (ManualClock::at(start), ManualClock::at(Timestamp::from_millis(0)));
    /// let watch = ClockWatch::new(Clock::Manual(wall.clone()), Boot::Manual(boot.clone()));
    /// wall.advance_to(start + Duration::from_hours(2));
    /// boot.advance_to(Timestamp::from_millis(60_000));
    /// assert_eq!(watch.steady_now(), start + Duration::from_mins(1));
    /// # Ok::<(), String>(())
    /// ```
    pub fn steady_now(&self) -> Timestamp {
        self.from.0 + self.boot.now().since(self.from.1)
    }

    /// Starts the comparison again, from the present instant.
    pub fn restart(&mut self) {
        self.from = (self.wall.now(), self.boot.now());
    }
}

/// Measures real time that passes, for progress lines and benches; never for decisions.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts the measurement.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the place that reads the time"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Returns the real time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Measures the time that passes for the timers that a [`Clock`] goes by: real time, or the time of its keeper.
#[derive(Clone, Debug)]
pub struct Lap(Since);

#[derive(Clone, Debug)]
enum Since {
    Real(Stopwatch),
    Kept(Arc<dyn Timekeeper>, Timestamp),
}

impl Lap {
    /// Returns the time since the start.
    pub fn elapsed(&self) -> Duration {
        match &self.0 {
            Since::Real(watch) => watch.elapsed(),
            Since::Kept(keeper, start) => keeper.now().since(*start),
        }
    }
}

/// Waits for `span` of the machine's time. Only for commands that wait for another process; the engine waits
/// on channels and on [`Clock::real_time_until`].
#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that knows the machine's time"
)]
pub fn pause(span: Duration) {
    std::thread::sleep(span);
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the place that reads the time"
)]
fn system_now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the time since the machine was started. Only Linux counts its sleep under this name.
fn boot_now() -> Timestamp {
    #[cfg(target_os = "linux")]
    let clock = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let clock = rustix::time::ClockId::Monotonic;
    let since = rustix::time::clock_gettime(clock);
    Timestamp::from_millis(since.tv_sec * 1_000 + since.tv_nsec / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_is_noticed_beyond_a_minute_either_way() {
        let start = Timestamp::from_millis(1_000_000);
        let after = |wall: u64, boot: u64| {
            let hands = [ManualClock::at(start), ManualClock::at(start)];
            let mut watch = ClockWatch::new(
                Clock::Manual(hands[0].clone()),
                Boot::Manual(hands[1].clone()),
            );
            hands[0].advance_to(start + Duration::from_secs(wall));
            hands[1].advance_to(start + Duration::from_secs(boot));
            let jump = watch.jump();
            watch.restart();
            assert_eq!(watch.jump(), None);
            jump
        };
        assert_eq!(after(3_600, 3_600), None, "time passes");
        assert_eq!(after(3_659, 3_600), None);
        assert_eq!(after(3_661, 3_600), Some(61));
        assert_eq!(after(3_600, 3_659), None);
        assert_eq!(after(3_600, 3_661), Some(-61));
    }

    #[test]
    fn the_machine_is_watched_by_its_own_time() {
        assert_eq!(ClockWatch::system().jump(), None);
    }

    #[test]
    fn a_manual_clock_never_goes_back() {
        let clock = ManualClock::at(Timestamp::from_millis(1_000));
        clock.advance_to(Timestamp::from_millis(500));
        assert_eq!(clock.now(), Timestamp::from_millis(1_000));
        clock.advance_to(Timestamp::from_millis(2_000));
        assert_eq!(clock.now(), Timestamp::from_millis(2_000));
    }

    #[test]
    fn a_kept_clock_shows_its_keepers_time_at_the_pace_of_the_timers() {
        #[derive(Debug)]
        struct Standing(Timestamp);
        impl Timekeeper for Standing {
            fn now(&self) -> Timestamp {
                self.0
            }
        }
        let now = Timestamp::from_millis(1_000);
        let clock = Clock::Kept(Arc::new(Standing(now)));
        let span = Duration::from_secs(30);
        assert_eq!(clock.now(), now);
        assert_eq!(clock.real_time(span), span);
        assert_eq!(clock.real_time_until(now + span), Some(span));
        assert_eq!(clock.real_time_until(now - span), Some(Duration::ZERO));
        assert_eq!(clock.lap().elapsed(), Duration::ZERO);
    }

    #[test]
    fn a_deck_clock_survives_its_json() {
        let origin = Timestamp::from_millis(1_000);
        for clock in [
            DeckClock::System,
            DeckClock::Scaled(ScaledClock::start(origin, 30)),
            DeckClock::Virtual,
        ] {
            let json = serde_json::to_string(&clock).unwrap();
            assert_eq!(serde_json::from_str::<DeckClock>(&json).unwrap(), clock);
        }
    }

    #[test]
    fn a_deck_clock_stays_with_the_log_but_does_not_hide_that_it_is_behind() {
        let machine = system_now();
        let soon = machine + Duration::from_secs(1);
        assert!(DeckClock::System.now(Some(soon)) >= soon);
        let late = machine + Duration::from_hours(1);
        assert!(DeckClock::System.now(Some(late)) < late);
        assert_eq!(DeckClock::Virtual.now(Some(late)), late);
    }
}
