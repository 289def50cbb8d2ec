//! What binds a campaign: the one reason for which its next call does not leave this instant.

use crate::domain::{CallerIdState, CampaignState, Timestamp, clock_behind};
use crate::engine::board::CampaignBoard;
use crate::engine::reading::Reading;
use crate::policy::{CallerIdUse, abandonment};
use crate::store::Snapshot;

/// The one reason for which a campaign's next call does not leave this instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// No engine runs on the deck.
    NoEngine,
    /// The campaign does not run.
    State(CampaignState),
    /// It starts then.
    Start(Timestamp),
    /// The clock is behind the log until then (D19).
    ClockBehind(Timestamp),
    /// Nothing is left to call.
    NothingLeft,
    /// Everything that is left waits for its calling window, the first until then.
    Window(Option<Timestamp>),
    /// Everything that is left waits for its next attempt's time, the first until then.
    Retry(Option<Timestamp>),
    /// Too many calls were abandoned: it waits for an operator.
    Abandonment,
    /// The trunk rests until then; `None`: until an operator acts.
    TrunkRests(Option<Timestamp>),
    /// Calls in flight at the campaign's cap.
    Concurrent,
    /// At the trunk's.
    TrunkConcurrent,
    /// At the deck's.
    DeckConcurrent,
    /// Sends of the last minute at the campaign's cap; the next slot is then.
    PerMinute(Option<Timestamp>),
    /// At the trunk's.
    TrunkPerMinute(Option<Timestamp>),
    /// The campaign's caller IDs are all full or rest, the first until then.
    CallerIds(Option<Timestamp>),
    /// It has no caller ID that may be shown.
    NoCallerId,
    /// The provider has not said within 24 h that any of its caller IDs is ours.
    CallerIdsUnproven,
    /// The trunk has reached a limit: it runs at half the rate until then.
    TrunkSlowed(Timestamp),
    /// Nothing but the even spacing of calls over the minute.
    Spacing,
}

impl Limit {
    /// A short word for it, the same for the same kind of limit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoEngine => "no engine",
            Self::State(CampaignState::Draft) => "not started",
            Self::State(CampaignState::Paused) => "paused",
            Self::State(CampaignState::Done) => "done",
            Self::State(CampaignState::Stopped) => "stopped",
            Self::State(CampaignState::Running) => "running",
            Self::Start(_) => "start time",
            Self::ClockBehind(_) => "clock behind",
            Self::NothingLeft => "nothing left",
            Self::Window(_) => "calling windows",
            Self::Retry(_) => "retry times",
            Self::Abandonment => "abandonment brake",
            Self::TrunkRests(_) => "trunk rests",
            Self::Concurrent => "concurrent cap",
            Self::TrunkConcurrent => "trunk's concurrent cap",
            Self::DeckConcurrent => "deck's concurrent cap",
            Self::PerMinute(_) => "per-minute cap",
            Self::TrunkPerMinute(_) => "trunk's per-minute cap",
            Self::CallerIds(_) => "caller IDs",
            Self::NoCallerId => "no caller ID",
            Self::CallerIdsUnproven => "caller IDs not proven",
            Self::TrunkSlowed(_) => "trunk slowed",
            Self::Spacing => "spacing",
        }
    }

    /// When it ends by time alone, if it does.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::Start(at) | Self::ClockBehind(at) | Self::TrunkSlowed(at) => Some(at),
            Self::Window(at)
            | Self::Retry(at)
            | Self::TrunkRests(at)
            | Self::PerMinute(at)
            | Self::TrunkPerMinute(at)
            | Self::CallerIds(at) => at,
            Self::NoEngine
            | Self::State(_)
            | Self::NothingLeft
            | Self::Abandonment
            | Self::Concurrent
            | Self::TrunkConcurrent
            | Self::DeckConcurrent
            | Self::NoCallerId
            | Self::CallerIdsUnproven
            | Self::Spacing => None,
        }
    }
}

/// What binds a campaign at `now` once it runs.
pub(super) fn once_running(
    board: &CampaignBoard,
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    deck_cap: u32,
    now: Timestamp,
) -> Limit {
    let counts = reading.counts;
    let settings = &counts.campaign.settings;
    if let Some(start) = settings.schedule.start.filter(|start| *start > now) {
        return Limit::Start(start);
    }
    if let Some(last) = clock_behind(snapshot.last_event_at, now) {
        return Limit::ClockBehind(last);
    }
    if abandonment::holds(settings, counts.abandonment) {
        return Limit::Abandonment;
    }
    if let Some(rest) = snapshot.rest_of(&settings.trunk, now) {
        return Limit::TrunkRests(rest.until);
    }
    let load = counts.load;
    if load.in_flight >= load.max_concurrent {
        return Limit::Concurrent;
    }
    let trunk = snapshot
        .trunks
        .iter()
        .find(|(trunk, _)| trunk.name == settings.trunk)
        .map(|(_, load)| *load);
    if trunk.is_some_and(|load| load.in_flight >= load.max_concurrent) {
        return Limit::TrunkConcurrent;
    }
    if snapshot.in_flight.len() >= deck_cap as usize {
        return Limit::DeckConcurrent;
    }
    if board.ready == 0 {
        return nothing_ready(board, reading);
    }
    if let Some(at) = load.minute_frees_at.filter(|at| *at > now) {
        return Limit::PerMinute(Some(at));
    }
    if let Some(at) = trunk.and_then(|load| load.minute_frees_at.filter(|at| *at > now)) {
        return Limit::TrunkPerMinute(Some(at));
    }
    let mut shown = active_ids(reading, snapshot).peekable();
    if shown.peek().is_none() {
        return Limit::NoCallerId;
    }
    if !shown.any(|usage| snapshot.is_proven(&usage.caller_id, now)) {
        return Limit::CallerIdsUnproven;
    }
    let slowed = snapshot.slow_until(&settings.trunk, now);
    let spaced = slowed.map_or(Limit::Spacing, Limit::TrunkSlowed);
    caller_ids(reading, snapshot, now).unwrap_or(spaced)
}

fn nothing_ready(board: &CampaignBoard, reading: &Reading<'_>) -> Limit {
    let waiting = board.waiting;
    if waiting.window > 0 {
        return Limit::Window(reading.next_opening());
    }
    if waiting.retry + waiting.cap > 0 {
        return Limit::Retry(reading.counts.next_due);
    }
    Limit::NothingLeft
}

fn active_ids<'a>(
    reading: &'a Reading<'_>,
    snapshot: &'a Snapshot,
) -> impl Iterator<Item = &'a CallerIdUse> {
    reading
        .caller_ids(snapshot)
        .filter(|usage| usage.caller_id.state == CallerIdState::Active)
}

/// Whether caller IDs bind: every one that may be shown is full or rests.
fn caller_ids(reading: &Reading<'_>, snapshot: &Snapshot, now: Timestamp) -> Option<Limit> {
    let shown =
        active_ids(reading, snapshot).filter(|usage| snapshot.is_proven(&usage.caller_id, now));
    let own_cap = reading.counts.campaign.settings.caller_id.hourly_cap;
    let mut first: Option<Timestamp> = None;
    for usage in shown {
        let busy = usage.hour_frees_at.max(usage.caller_id.rests(now));
        if busy.is_none() && usage.sent_last_hour < own_cap {
            return None;
        }
        first = match (first, busy) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
    Some(Limit::CallerIds(first))
}
