//! Calls in flight and sends, counted exactly, and the gates that keep them under their caps.

mod ledger;

pub use ledger::{Entry, Ledger};

use std::time::Duration;

use super::caps::leaves;
use super::decide::Findings;
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
/// Spacing gives up to this much, and at most a quarter, for sends that leave a little late, so
/// that lateness does not add up to lost calls. The per-minute cap stays exact.
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
    // A trunk that is not there has no slots either; its own gate says so.
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

/// Holds while trunk or campaign have had their sends of the last 60 s (D4).
pub(super) fn per_minute(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let (trunk, campaign) = (&facts.load.trunk, &facts.load.campaign);
    if let Some(frees) = minute_full(trunk, now) {
        findings.hold(
            HoldKind::TrunkPerMinute(trunk.sent_last_minute, trunk.calls_per_minute),
            Until::At(frees),
        );
    }
    if let Some(frees) = minute_full(campaign, now) {
        findings.hold(
            HoldKind::CampaignPerMinute(campaign.sent_last_minute, campaign.calls_per_minute),
            Until::At(frees),
        );
    }
}

/// When a full minute has room again; `None`: it has.
fn minute_full(load: &Load, now: Timestamp) -> Option<Timestamp> {
    if load.calls_per_minute == 0 || load.sent_last_minute < load.calls_per_minute {
        return None;
    }
    match load.minute_frees_at {
        Some(frees) => (now < frees).then_some(frees),
        None => Some(leaves(now, MINUTE)),
    }
}

/// Holds until the campaign's next place in the minute has come, so that a minute's calls do not
/// leave in one burst and a window's opening does not either; and while the trunk is slowed, until
/// the trunk's next place at half its rate.
pub(super) fn spacing(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(end) = trunk_slowed_until(facts, now) {
        findings.hold(HoldKind::TrunkSlowed, Until::At(end));
    }
    if let Some(end) = spaced_until(facts, now) {
        findings.hold(HoldKind::Spacing, Until::At(end));
    }
}

/// When the trunk's next call may leave at half the rate; `None`: now, or it is not slowed.
///
/// Its campaigns are slowed as well, by [`spacing_at`]: whichever binds, the trunk's own cap or the
/// campaigns' pace, half of it is used.
fn trunk_slowed_until(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    let slow_until = facts.context.slow_until?;
    let trunk = &facts.load.trunk;
    let share = MINUTE.checked_div(trunk.calls_per_minute)?;
    let end = slow_until.min(trunk.last_send? + share * 2);
    (now < end).then_some(end)
}

fn spaced_until(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    let last = facts.load.campaign.last_send?;
    let passed = |at: Timestamp| at >= last + spacing_at(facts, at);
    if passed(now) {
        return None;
    }
    // A rising pace only ever shortens the spacing: the first passing instant is found by halves.
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

/// Least time between two sends of the campaign at `now`.
fn spacing_at(facts: &Facts<'_>, now: Timestamp) -> Duration {
    let per_minute = facts.load.campaign.calls_per_minute;
    if per_minute == 0 {
        return Duration::ZERO;
    }
    let share = MINUTE / per_minute;
    let slowed = slowed(facts, now);
    // A slowed trunk is to get half and no more, so there nothing is given up for lateness.
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

/// Whether the trunk has reached a limit and is to be used at half the rate.
fn slowed(facts: &Facts<'_>, now: Timestamp) -> bool {
    facts.context.slow_until.is_some_and(|end| now < end)
}

/// The pace in percent of full: rising in a straight line over the ramp.
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

pub(super) fn saw_spacing(facts: &Facts<'_>, now: Timestamp) -> String {
    let spacing = super::words::span(spacing_at(facts, now));
    let pace = pace_percent(facts, now);
    let slowed = match facts.context.slow_until {
        Some(end) if now < end => format!(", halved until {end} after a limit of the trunk"),
        Some(_) | None => String::new(),
    };
    match facts.load.campaign.last_send {
        Some(last) => format!("{spacing} apart at {pace} % pace{slowed}; last sent {last}"),
        None => format!("{spacing} apart at {pace} % pace{slowed}; none sent yet"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Decision;
    use crate::policy::fixture::{World, minutes, monday};

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_full_minute_waits_for_its_own_end() {
        let mut world = World::open();
        world.load.trunk.sent_last_minute = 10;
        world.load.trunk.minute_frees_at = Some(monday() + ms(2100));
        let hold = world.hold(monday());
        assert_eq!(hold.reasons[0].kind, HoldKind::TrunkPerMinute(10, 10));
        assert_eq!(hold.until, Until::At(monday() + ms(2100)));
        assert_eq!(world.kinds(monday() + ms(2100)), []);
    }

    #[test]
    fn the_ramp_rises_in_a_straight_line_from_a_fifth() {
        let mut world = World::open();
        world.context.ramp_from = Some(monday());
        for (seconds, percent) in [
            (0, 20),
            (30, 40),
            (60, 60),
            (119, 99),
            (120, 100),
            (900, 100),
        ] {
            let now = monday() + Duration::from_secs(seconds);
            assert_eq!(pace_percent(&world.facts(), now), percent, "{seconds}");
        }
        world.campaign.settings.schedule.ramp = Duration::ZERO;
        assert_eq!(pace_percent(&world.facts(), monday()), 100);
    }

    #[test]
    fn the_end_of_spacing_is_the_first_instant_that_passes() {
        let paces = [(10, true), (10, false), (1, true), (600, true), (7, false)];
        let cases = paces
            .into_iter()
            .flat_map(|pace| [(pace, None), (pace, Some(3))]);
        for ((per_minute, ramp), slow) in cases {
            let mut world = World::open();
            world.context.slow_until = slow.map(|seconds| monday() + ms(seconds * 1000));
            world.context.ramp_from = ramp.then(|| monday() - minutes(1));
            world.load.campaign.calls_per_minute = per_minute;
            world.load.campaign.last_send = Some(monday());
            let facts = world.facts();
            let end = spaced_until(&facts, monday()).unwrap();
            assert_eq!(spaced_until(&facts, end), None);
            assert!(spaced_until(&facts, end - ms(1)).is_some());
        }
    }

    #[test]
    fn a_ramp_never_waits_longer_than_half_a_minute() {
        let mut world = World::open();
        world.context.ramp_from = Some(monday());
        world.load.campaign.calls_per_minute = 4;
        assert_eq!(spacing_at(&world.facts(), monday()), ms(30_000));
        world.load.campaign.calls_per_minute = 1;
        assert_eq!(spacing_at(&world.facts(), monday()), ms(59_975));
    }

    /// Sends as soon as the policy allows, each reaching the carrier a little late.
    fn sends_in(world: &mut World, per_minute: u32, lateness: u64, span: Duration) -> u32 {
        let mut ledger = Ledger::default();
        let mut now = monday();
        let mut sent = 0;
        let trunk_cap = world.load.trunk.calls_per_minute;
        let trunk = world.campaign.settings.trunk.clone();
        while now < monday() + span {
            let load = ledger.campaign(world.campaign.id, 10, per_minute, now);
            world.load.campaign = load;
            world.load.trunk = ledger.trunk(&trunk, 10, trunk_cap, now);
            match world.decide(now) {
                Decision::Dial(order) => {
                    sent += 1;
                    let attempt = crate::domain::AttemptId {
                        deck: crate::domain::DeckId(1),
                        serial: i64::from(sent),
                    };
                    ledger.reserve(Entry {
                        attempt,
                        campaign: world.campaign.id,
                        trunk: order.trunk,
                        caller_id: order.caller_id,
                        number: order.number,
                    });
                    now = now + ms(lateness);
                    ledger.ended(attempt, now);
                }
                Decision::Hold(hold) => match hold.until {
                    Until::At(end) => now = end,
                    Until::CallEnds | Until::Operator => panic!("{hold}"),
                },
                Decision::Refuse(refusal) => panic!("{refusal}"),
            }
        }
        sent
    }

    #[test]
    fn after_a_limit_half_of_what_binds_is_used_and_then_all_of_it() {
        // Campaign's pace, trunk's cap (0: none); the lower of them binds.
        for (pace, cap) in [(10, 100), (60, 60), (60, 0), (90, 30), (30, 90), (4, 4)] {
            let binds = if cap == 0 { pace } else { pace.min(cap) };
            let sent = |slow: Duration, span: Duration| {
                let mut world = World::open();
                world.load.trunk.calls_per_minute = cap;
                world.context.slow_until = Some(monday() + slow);
                sends_in(&mut world, pace, 7, span)
            };
            let slowed = sent(minutes(10), minutes(10));
            assert!(
                slowed * 100 >= binds * 5 * 90 && slowed <= binds * 5 + 1,
                "{slowed} at half of {binds}"
            );
            let after = sent(minutes(1), minutes(11)) - sent(minutes(1), minutes(1));
            assert!(after * 100 >= binds * 10 * 90, "{after} at {binds}");
        }
    }

    #[test]
    fn the_slowed_trunk_holds_all_its_campaigns() {
        let mut world = World::open();
        world.context.slow_until = Some(monday() + ms(30_000));
        world.load.trunk.last_send = Some(monday() - ms(2_000));
        let hold = world.hold(monday());
        assert_eq!(hold.reasons[0].kind, HoldKind::TrunkSlowed);
        assert_eq!(hold.until, Until::At(monday() + ms(10_000)));
        world.context.slow_until = Some(monday() + ms(3_000));
        assert_eq!(world.hold(monday()).until, Until::At(monday() + ms(3_000)));
        assert_eq!(world.kinds(monday() + ms(3_000)), []);
    }

    #[test]
    fn the_whole_cap_is_used_and_no_more() {
        for per_minute in [1, 3, 10, 60, 90] {
            for lateness in [0, 7, 20] {
                let mut world = World::open();
                world.load.trunk.calls_per_minute = 0;
                let sent = sends_in(&mut world, per_minute, lateness, minutes(20));
                let cap = per_minute * 20;
                assert!(
                    sent * 100 >= cap * 97 && sent <= cap + per_minute,
                    "{sent} of {cap}, {lateness} ms late"
                );
            }
        }
    }
}
