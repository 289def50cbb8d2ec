//! The number that the callee sees: owned and active at the trunk (D11), under its hourly cap (D5), and not
//! resting after a block.

use std::time::Duration;

use super::findings::Findings;
use super::{CallerIdUse, Facts, HoldKind, Until};
use crate::domain::campaign::CallerIdStrategy;
use crate::domain::{CallerId, CallerIdState, Timestamp, TrunkSettings};

/// How long a caller ID rests after networks blocked calls that showed it (608, RFC 8688): one hour, a limit
/// of dialdeck, long enough for its hourly count to fall to nothing.
pub const REST: Duration = Duration::from_hours(1);

/// How long a caller ID is not shown to a callee after a call to them was blocked: not twice in a day (a
/// limit of dialdeck).
pub const NOT_AGAIN: Duration = Duration::from_hours(24);

/// The minimum number of callees whose calls are blocked within the hour before a caller ID rests. With
/// fewer, the block is about the callee (a limit of dialdeck).
const LEAST_BLOCKED: u64 = 5;

/// A caller ID rests if at least one of this many of its calls within the hour was blocked (a limit of
/// dialdeck).
const BLOCKED_OF: u64 = 3;

/// Returns whether a caller ID has to rest: within the last hour, calls to `callees` different callees were
/// blocked, of `sent` calls that showed it.
///
/// # Examples
///
/// ```
/// use dialdeck_core::policy::caller_id::has_to_rest;
///
/// assert!(has_to_rest(5, 15));
/// assert!(!has_to_rest(5, 16));
/// assert!(!has_to_rest(4, 4));
/// ```
pub const fn has_to_rest(callees: u64, sent: u64) -> bool {
    callees >= LEAST_BLOCKED && callees.saturating_mul(BLOCKED_OF) >= sent
}

/// The maximum age of a provider's report on which numbers the account owns.
pub const OWNERSHIP_LIFE: Duration = Duration::from_hours(24);

/// How long a caller ID without such a report waits before it is checked again.
const ASK_AGAIN: Duration = Duration::from_mins(1);

/// Chooses a caller ID. Holds if there is none, or if all have reached their cap or rest.
///
/// Only owned numbers, never random ones (47 CFR 64.1604; 16 CFR 310.4(a)(8)): those of the campaign's trunk,
/// in its pool or among its numbers, and active.
pub(super) fn judge<'a>(facts: &Facts<'a>, now: Timestamp, findings: &mut Findings<'a>) {
    let mut best: Option<((u8, i64, u64), &CallerIdUse)> = None;
    let mut usable_ids = false;
    let mut unproven = false;
    let mut frees_at: Option<Timestamp> = None;
    let mut unblocked_at: Option<Timestamp> = None;
    for candidate in facts.caller_ids.iter().filter(|id| usable(facts, id)) {
        if !proven(facts, candidate, now) {
            unproven = true;
            continue;
        }
        usable_ids = true;
        if let Some(frees) = busy_until(facts, candidate, now) {
            frees_at = Some(frees_at.map_or(frees, |other| other.min(frees)));
            continue;
        }
        if let Some(end) = blocked_until(facts, candidate, now) {
            unblocked_at = Some(unblocked_at.map_or(end, |other| other.min(end)));
            continue;
        }
        let rank = rank(facts, candidate);
        if best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, candidate));
        }
    }
    findings.caller_id = best.map(|(_, chosen)| chosen);
    if best.is_some() {
        return;
    }
    if let Some(end) = unblocked_at {
        // Other contacts can be called: the network of this callee blocks the free caller IDs.
        let end = frees_at.map_or(end, |frees| frees.min(end));
        return findings.hold(HoldKind::CallerIdsBlocked, Until::At(end));
    }
    match frees_at {
        Some(frees) if usable_ids => findings.hold(HoldKind::CallerIdsFull, Until::At(frees)),
        _ if unproven => {
            findings.hold(HoldKind::CallerIdsUnproven, Until::At(now + ASK_AGAIN));
        }
        _ => findings.hold(HoldKind::NoCallerId, Until::Operator),
    }
}

fn usable(facts: &Facts<'_>, candidate: &CallerIdUse) -> bool {
    let id = &candidate.caller_id;
    let rules = &facts.campaign.settings.caller_id;
    id.state == CallerIdState::Active
        && id.trunk == facts.campaign.settings.trunk
        && rules.names(id)
}

/// Returns whether the provider reported within [`OWNERSHIP_LIFE`] that the account owns the number, if it
/// can report that at all (D11). `trunk` is the caller ID's; `None` if it is not in the deck file and so
/// takes no calls.
pub fn is_proven(id: &CallerId, trunk: Option<&TrunkSettings>, now: Timestamp) -> bool {
    let asked = trunk.is_some_and(|trunk| trunk.capabilities.lists_numbers);
    !asked
        || id
            .ownership
            .is_some_and(|word| word.owned && now.since(word.at) <= OWNERSHIP_LIFE)
}

fn proven(facts: &Facts<'_>, candidate: &CallerIdUse, now: Timestamp) -> bool {
    is_proven(&candidate.caller_id, facts.trunk, now)
}

fn cap(facts: &Facts<'_>, candidate: &CallerIdUse) -> u32 {
    candidate
        .cap
        .min(candidate.caller_id.hourly_cap)
        .min(facts.campaign.settings.caller_id.hourly_cap)
}

/// Returns until when a candidate is not shown to this callee because a call was blocked. `None` if it may be
/// shown.
fn blocked_until(facts: &Facts<'_>, candidate: &CallerIdUse, now: Timestamp) -> Option<Timestamp> {
    let number = candidate.caller_id.number;
    let blocked = facts
        .history
        .iter()
        .filter(|past| past.blocked && past.caller_id == number);
    let end = blocked.map(|past| past.at + NOT_AGAIN).max()?;
    (now < end).then_some(end)
}

/// Returns when a candidate that rests or is at its cap may be shown again. `None` if it may be now.
fn busy_until(facts: &Facts<'_>, candidate: &CallerIdUse, now: Timestamp) -> Option<Timestamp> {
    candidate
        .caller_id
        .rests(now)
        .max(full_until(facts, candidate, now))
}

fn full_until(facts: &Facts<'_>, candidate: &CallerIdUse, now: Timestamp) -> Option<Timestamp> {
    if candidate.sent_last_hour < cap(facts, candidate) {
        return None;
    }
    match candidate.hour_frees_at {
        Some(frees) if frees <= now => None,
        Some(frees) => Some(frees),
        None => Some(super::caps::leaves(now, super::pacing::HOUR)),
    }
}

/// Returns the rank of a candidate; lower is better. The number settles ties, so that the choice never
/// depends on the order of storage.
fn rank(facts: &Facts<'_>, candidate: &CallerIdUse) -> (u8, i64, u64) {
    let used = i64::from(candidate.sent_last_hour);
    let digits = candidate.caller_id.number.digits();
    match facts.campaign.settings.caller_id.strategy {
        CallerIdStrategy::Local => (distance(facts, candidate), used, digits),
        CallerIdStrategy::LeastUsed => (0, used, digits),
        CallerIdStrategy::RoundRobin => {
            let shown = candidate.last_used.map_or(-1, Timestamp::as_millis);
            (0, shown, digits)
        }
    }
}

/// Returns 0 for the callee's area code, 1 for its region, 2 for its country, 3 for any other.
fn distance(facts: &Facts<'_>, candidate: &CallerIdUse) -> u8 {
    let id = &candidate.caller_id;
    let callee = facts.contact.number;
    if id.number.npa().is_some() && id.number.npa() == callee.npa() {
        return 0;
    }
    let Some(region) = id.region.as_deref() else {
        let north_american = id.number.npa().is_some() && callee.npa().is_some();
        return if north_american { 2 } else { 3 };
    };
    if facts.class.regions.iter().any(|own| own == region) {
        return 1;
    }
    let country = country(region);
    if facts
        .class
        .regions
        .iter()
        .any(|own| self::country(own) == country)
    {
        return 2;
    }
    3
}

fn country(region: &str) -> &str {
    region
        .split_once('-')
        .map_or(region, |(country, _)| country)
}

/// Returns how many caller IDs are free, why the others are not, and the one that would be shown, as text for
/// `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let usable: Vec<&CallerIdUse> = facts
        .caller_ids
        .iter()
        .filter(|id| usable(facts, id))
        .collect();
    let unproven = usable.iter().filter(|id| !proven(facts, id, now)).count();
    let free = usable
        .iter()
        .filter(|id| proven(facts, id, now))
        .filter(|id| busy_until(facts, id, now).is_none())
        .filter(|id| blocked_until(facts, id, now).is_none())
        .count();
    let mut findings = Findings::default();
    judge(facts, now, &mut findings);
    let mut saw = vec![format!("{free} of {} usable", usable.len())];
    if unproven > 0 {
        saw.push(format!(
            "{unproven} not known to be owned by the word of the provider within 24 h"
        ));
    }
    let resting = usable.iter().filter_map(|id| id.caller_id.rests(now));
    if let Some(first) = resting.clone().min() {
        let n = resting.count();
        saw.push(format!("{n} rest after a block, the first until {first}"));
    }
    let blocked = usable
        .iter()
        .filter(|id| blocked_until(facts, id, now).is_some());
    let blocked = blocked.count();
    if blocked > 0 {
        saw.push(format!(
            "{blocked} not shown to this callee: its call was blocked within 24 h"
        ));
    }
    if let Some(chosen) = findings.caller_id {
        saw.push(format!(
            "would show {}, {}/{} in the last hour",
            chosen.caller_id.number,
            chosen.sent_last_hour,
            cap(facts, chosen)
        ));
    }
    saw.join("; ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::domain::campaign::CallerIdStrategy;
    use crate::domain::{Attestation, CallerIdState, PhoneNumber, TrunkName};
    use crate::policy::fixture::{World, caller_id, minutes, monday, number};
    use crate::policy::{CallerIdUse, Decision, HoldKind, Until};

    fn shown(world: &World) -> PhoneNumber {
        match world.decide(monday()) {
            Decision::Dial(order) => order.caller_id,
            other @ (Decision::Hold(_) | Decision::Refuse(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn local_prefers_area_code_then_region_then_country_then_the_least_used() {
        let elsewhere = caller_id("+442079460000", "GB");
        let country = caller_id("+13125550177", "US-IL");
        let region = caller_id("+16465550101", "US-NY");
        let code = caller_id("+12125550199", "US-NJ");
        let mut world = World::open();
        world.caller_ids = vec![elsewhere.clone()];
        assert_eq!(shown(&world), elsewhere.caller_id.number);
        for nearer in [country, region.clone(), code] {
            world.caller_ids.push(nearer.clone());
            assert_eq!(shown(&world), nearer.caller_id.number);
        }
        let mut used = region.clone();
        used.sent_last_hour = 1;
        let fresh = caller_id("+16465550102", "US-NY");
        world.caller_ids = vec![used, fresh.clone()];
        assert_eq!(shown(&world), fresh.caller_id.number);
        world.caller_ids = vec![fresh, region.clone()];
        assert_eq!(shown(&world), region.caller_id.number, "ties go by number");
    }

    #[test]
    fn least_used_and_round_robin_look_at_use_alone() {
        let mut near = caller_id("+12125550199", "US-NY");
        let mut far = caller_id("+13125550177", "US-IL");
        near.sent_last_hour = 5;
        near.last_used = Some(monday() - minutes(20));
        far.sent_last_hour = 6;
        far.last_used = Some(monday() - minutes(30));
        let mut world = World::open();
        world.caller_ids = vec![far.clone(), near.clone()];
        world.campaign.settings.caller_id.strategy = CallerIdStrategy::LeastUsed;
        assert_eq!(shown(&world), near.caller_id.number);
        world.campaign.settings.caller_id.strategy = CallerIdStrategy::RoundRobin;
        assert_eq!(shown(&world), far.caller_id.number);
        world.caller_ids[1].last_used = None;
        assert_eq!(shown(&world), near.caller_id.number);
    }

    #[test]
    fn only_owned_and_active_numbers_are_shown() {
        let changes: [fn(&mut CallerIdUse); 4] = [
            |id| id.caller_id.trunk = TrunkName("other".to_owned()),
            |id| id.caller_id.state = CallerIdState::Resting,
            |id| id.caller_id.state = CallerIdState::Retired,
            |id| id.caller_id.pool = "other".to_owned(),
        ];
        for change in changes {
            let mut world = World::open();
            change(&mut world.caller_ids[0]);
            assert_eq!(world.kinds(monday()), [HoldKind::NoCallerId]);
        }
        let mut world = World::open();
        world.campaign.settings.caller_id.pool = None;
        world.campaign.settings.caller_id.numbers = vec![number("+16465550100")];
        assert_eq!(shown(&world), number("+16465550100"));
    }

    #[test]
    fn full_numbers_wait_for_the_first_to_free() {
        let full = |digits: &str, frees: u64| CallerIdUse {
            sent_last_hour: 30,
            hour_frees_at: Some(monday() + minutes(frees)),
            ..caller_id(digits, "US-NY")
        };
        let mut world = World::open();
        world.caller_ids = vec![full("+16465550100", 9), full("+16465550101", 4)];
        let hold = world.hold(monday());
        assert_eq!(hold.reasons[0].kind, HoldKind::CallerIdsFull);
        assert_eq!(hold.until, Until::At(monday() + minutes(4)));
        world.campaign.settings.caller_id.hourly_cap = 3;
        world.caller_ids[0].sent_last_hour = 2;
        assert_eq!(shown(&world), number("+16465550100"));
    }

    #[test]
    fn a_blocked_number_rests_and_then_comes_back() {
        let ends = monday() + minutes(7);
        let mut world = World::open();
        world.caller_ids = vec![
            caller_id("+16465550100", "US-NY"),
            caller_id("+16465550101", "US-NY"),
        ];
        world.caller_ids[0].caller_id.rests_until = Some(ends);
        assert_eq!(shown(&world), number("+16465550101"));
        world.caller_ids[1].caller_id.rests_until = Some(ends + minutes(50));
        let hold = world.hold(monday());
        assert_eq!(hold.reasons[0].kind, HoldKind::CallerIdsFull);
        assert_eq!(hold.until, Until::At(ends));
        world.caller_ids[0].sent_last_hour = 30;
        world.caller_ids[0].hour_frees_at = Some(ends + minutes(2));
        let hold = world.hold(monday());
        assert_eq!(
            hold.until,
            Until::At(ends + minutes(2)),
            "the later of both"
        );
        world.caller_ids[0].sent_last_hour = 0;
        world.caller_ids[0].hour_frees_at = None;
        assert!(matches!(world.decide(ends), Decision::Dial(_)));
    }

    #[test]
    fn the_order_carries_attestation_and_branding() {
        let mut world = World::open();
        world.caller_ids[0].caller_id.attestation = Some(Attestation::B);
        world.caller_ids[0].caller_id.branded = false;
        let later = monday() + Duration::from_millis(1);
        let Decision::Dial(order) = world.decide(later) else {
            panic!("not dialed");
        };
        assert_eq!(
            (order.attestation, order.branded),
            (Some(Attestation::B), false)
        );
    }
}
