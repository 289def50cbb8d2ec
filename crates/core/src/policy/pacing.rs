//! Calls in flight and sends, counted exactly, and the gates that keep them under their caps.

mod ledger;
#[cfg(test)]
mod tests;

pub use ledger::{CallerIdLoad, Entry, Ledger};

use std::time::Duration;

use super::caps::leaves;
use super::findings::Findings;
use super::{Facts, HoldKind, Load, Until};
use crate::domain::Timestamp;

/// The window of the per-minute caps.
pub const MINUTE: Duration = Duration::from_mins(1);
/// The window of the caller-ID caps.
pub const HOUR: Duration = Duration::from_hours(1);

/// The pace at the start of a ramp, in percent of full.
const RAMP_START_PERCENT: u64 = 20;
/// A ramp never spaces calls further apart than this, unless the full pace does.
const RAMP_SLOWEST: Duration = Duration::from_secs(30);
/// How much longer one request may take than another to reach the carrier. A call reserved ahead leaves this
/// much later, so that the minute also holds at the carrier's end.
const ON_THE_WAY: Duration = Duration::from_millis(250);
/// Spacing gives up to this much, and at most a quarter, for calls that are reserved a little late, so that
/// lateness does not add up to lost calls. The per-minute cap stays exact.
const LATENESS: Duration = Duration::from_millis(25);

/// Holds while as many calls are in flight as deck, trunk or campaign allow (D3).
pub(super) fn concurrency(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    let full = |load: &Load| load.in_flight >= load.max_concurrent;
    let load = &facts.load;
    if full(&load.deck) {
        findings.hold(
            HoldKind::DeckConcurrent(load.deck.in_flight, load.deck.max_concurrent),
            Until::CallEnds,
        );
    }
    // A trunk that is not in the deck file has no slots either; its own gate reports it.
    if facts.trunk.is_some() && full(&load.trunk) {
        findings.hold(
            HoldKind::TrunkConcurrent(load.trunk.in_flight, load.trunk.max_concurrent),
            Until::CallEnds,
        );
    }
    if full(&load.campaign) {
        findings.hold(
            HoldKind::CampaignConcurrent(load.campaign.in_flight, load.campaign.max_concurrent),
            Until::CallEnds,
        );
    }
}

/// Holds while trunk or campaign have used up their sends of the last 60 s (D4), except for the lead that the
/// trunk's provider needs to prepare a call. A call reserved within the lead leaves only when there is room,
/// see [`not_before`].
pub(super) fn per_minute(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let (trunk, campaign) = (&facts.load.trunk, &facts.load.campaign);
    let lead = facts.trunk.map(|trunk| trunk.capabilities.lead);
    let planned = |load| {
        let from = minute_full(load, now)? - lead.unwrap_or_default();
        (now < from).then_some(Until::At(from))
    };
    if let Some(until) = planned(trunk) {
        findings.hold(
            HoldKind::TrunkPerMinute(trunk.sent_last_minute, trunk.calls_per_minute),
            until,
        );
    }
    if let Some(until) = planned(campaign) {
        findings.hold(
            HoldKind::CampaignPerMinute(campaign.sent_last_minute, campaign.calls_per_minute),
            until,
        );
    }
}

/// Returns the first instant at which a call reserved at `now` may leave.
///
/// This is exact, however long each of the others takes to leave (D4). Of the calls that leave within any 60
/// s, let this be the one reserved last. It leaves at `not_before` or later. Each of the others either had
/// left by `now` and lies within the 60 s that end at `not_before`, or had not and counts as sent now. All of
/// them were counted here, and with this one they were no more than the cap.
pub(super) fn not_before(facts: &Facts<'_>, now: Timestamp) -> Timestamp {
    let (trunk, campaign) = (&facts.load.trunk, &facts.load.campaign);
    let frees = minute_full(trunk, now).max(minute_full(campaign, now));
    frees.map_or(now, |frees| frees + ON_THE_WAY)
}

/// Returns when a full minute has room again. `None` if it has room.
fn minute_full(load: &Load, now: Timestamp) -> Option<Timestamp> {
    if load.calls_per_minute == 0 || load.sent_last_minute < load.calls_per_minute {
        return None;
    }
    match load.minute_frees_at {
        Some(frees) => (now < frees).then_some(frees),
        None => Some(leaves(now, MINUTE)),
    }
}

/// Holds until the campaign's next slot in the minute, so that a minute's calls do not leave in one burst,
/// nor do those of a window's opening. While the trunk is slowed, also holds until the trunk's next slot at
/// half its rate.
///
/// The span is counted from one reservation to the next. Calls wait for their agents, or in a provider's
/// queue, in parallel, and one that waits long, or never leaves, delays no other.
pub(super) fn spacing(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(end) = trunk_slowed_until(facts, now) {
        findings.hold(HoldKind::TrunkSlowed, Until::At(end));
    }
    if let Some(end) = spaced_until(facts, now) {
        findings.hold(HoldKind::Spacing, Until::At(end));
    }
}

/// Returns when the trunk's next call may leave at half the rate. `None` if it may now, or if the trunk is
/// not slowed.
///
/// Its campaigns are slowed as well, by [`spacing_at`]: of the trunk's own cap and the campaigns' pace, half
/// of the one that binds is used.
fn trunk_slowed_until(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    let slow_until = facts.context.slow_until?;
    let trunk = &facts.load.trunk;
    let share = MINUTE.checked_div(trunk.calls_per_minute)?;
    let end = slow_until.min(trunk.last_planned? + share * 2);
    (now < end).then_some(end)
}

fn spaced_until(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    let last = facts.load.campaign.last_planned?;
    let passed = |at: Timestamp| at >= last + spacing_at(facts, at);
    if passed(now) {
        return None;
    }
    // A rising pace only ever shortens the spacing, so the first passing instant is found by bisection.
    let (mut shut, mut open) = (now.as_millis(), (last + spacing_at(facts, now)).as_millis());
    while open - shut > 1 {
        let middle = shut + (open - shut) / 2;
        if passed(Timestamp::from_millis(middle)) {
            open = middle;
        } else {
            shut = middle;
        }
    }
    Some(Timestamp::from_millis(open))
}

/// Returns the minimum time between two reservations of the campaign at `now`.
fn spacing_at(facts: &Facts<'_>, now: Timestamp) -> Duration {
    let per_minute = facts.load.campaign.calls_per_minute;
    if per_minute == 0 {
        return Duration::ZERO;
    }
    let share = MINUTE / per_minute;
    let slowed = slowed(facts, now);
    // A slowed trunk gets half and no more, so there nothing is added for lateness.
    let lateness = LATENESS.min(share / 4);
    let full = share.saturating_sub(if slowed { Duration::ZERO } else { lateness });
    let percent = pace_percent(facts, now);
    let slow = full * 100 / u32::try_from(percent).unwrap_or(100);
    let mut spacing = slow.min(full.max(RAMP_SLOWEST));
    if slowed {
        spacing *= 2;
    }
    // Whole milliseconds, rounded down: the per-minute gate keeps the cap.
    Duration::from_millis(u64::try_from(spacing.as_millis()).unwrap_or(u64::MAX))
}

/// Returns whether the trunk has reached a limit and is used at half the rate.
fn slowed(facts: &Facts<'_>, now: Timestamp) -> bool {
    facts.context.slow_until.is_some_and(|end| now < end)
}

/// Returns the pace in percent of full, which rises linearly over the ramp.
fn pace_percent(facts: &Facts<'_>, now: Timestamp) -> u64 {
    let ramp = facts.campaign.settings.schedule.ramp.as_millis();
    let Some(from) = facts.context.ramp_from else {
        return 100;
    };
    let elapsed = now.since(from).as_millis();
    if elapsed >= ramp {
        return 100;
    }
    let risen = u128::from(100 - RAMP_START_PERCENT) * elapsed / ramp;
    RAMP_START_PERCENT + u64::try_from(risen).unwrap_or(0)
}

/// Returns the calls in flight and their caps, as text for `why`.
pub(super) fn saw_concurrency(facts: &Facts<'_>, _now: Timestamp) -> String {
    let part =
        |name: &str, load: &Load| format!("{name} {}/{}", load.in_flight, load.max_concurrent);
    format!(
        "{}, {}, {}",
        part("deck", &facts.load.deck),
        part("trunk", &facts.load.trunk),
        part("campaign", &facts.load.campaign)
    )
}

/// Returns the sends of the last minute and their caps, as text for `why`.
pub(super) fn saw_per_minute(facts: &Facts<'_>, _now: Timestamp) -> String {
    let part = |name: &str, load: &Load| {
        format!("{name} {}/{}", load.sent_last_minute, load.calls_per_minute)
    };
    format!(
        "{}, {}",
        part("trunk", &facts.load.trunk),
        part("campaign", &facts.load.campaign)
    )
}

/// Returns the spacing, the pace and the last reservation, as text for `why`.
pub(super) fn saw_spacing(facts: &Facts<'_>, now: Timestamp) -> String {
    let spacing = super::words::span(spacing_at(facts, now));
    let pace = pace_percent(facts, now);
    let slowed = match facts.context.slow_until {
        Some(end) if now < end => format!(", halved until {end} after a limit of the trunk"),
        Some(_) | None => String::new(),
    };
    match facts.load.campaign.last_planned {
        Some(last) => format!("{spacing} apart at {pace} % pace{slowed}; last planned {last}"),
        None => format!("{spacing} apart at {pace} % pace{slowed}; none planned yet"),
    }
}
