//! Which number the callee sees: owned and active at the trunk (D11), under its hourly cap (D5).

use super::decide::Findings;
use super::{CallerIdUse, Facts, HoldKind, Until};
use crate::domain::campaign::CallerIdStrategy;
use crate::domain::{CallerIdState, Timestamp};

/// Chooses a caller ID, or holds when there is none or all have reached their cap.
///
/// Owned numbers only, never random ones (47 CFR 64.1604; 16 CFR 310.4(a)(8)): those of the
/// campaign's trunk, in its pool or among its numbers, and active.
pub(super) fn judge<'a>(facts: &Facts<'a>, now: Timestamp, findings: &mut Findings<'a>) {
    let mut best: Option<((u8, i64, u64), &CallerIdUse)> = None;
    let mut owned = false;
    let mut frees_at: Option<Timestamp> = None;
    for candidate in facts.caller_ids.iter().filter(|id| usable(facts, id)) {
        owned = true;
        if let Some(frees) = full_until(facts, candidate, now) {
            frees_at = Some(frees_at.map_or(frees, |other| other.min(frees)));
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
    match frees_at {
        Some(frees) if owned => findings.hold(HoldKind::CallerIdsFull, Until::At(frees)),
        _ => findings.hold(HoldKind::NoCallerId, Until::Operator),
    }
}

fn usable(facts: &Facts<'_>, candidate: &CallerIdUse) -> bool {
    let id = &candidate.caller_id;
    let rules = &facts.campaign.settings.caller_id;
    id.state == CallerIdState::Active
        && id.trunk == facts.campaign.settings.trunk
        && (rules.pool.as_ref() == Some(&id.pool) || rules.numbers.contains(&id.number))
}

fn cap(facts: &Facts<'_>, candidate: &CallerIdUse) -> u32 {
    candidate
        .cap
        .min(candidate.caller_id.hourly_cap)
        .min(facts.campaign.settings.caller_id.hourly_cap)
}

/// When a candidate at its cap may be shown again; `None`: now.
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

/// Lower is better; the number itself settles ties, so that the choice never depends on an order of storage.
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

/// 0 the callee's area code, 1 its region, 2 its country, 3 elsewhere.
fn distance(facts: &Facts<'_>, candidate: &CallerIdUse) -> u8 {
    let id = &candidate.caller_id;
    let callee = facts.contact.number;
    if id.number.npa().is_some() && id.number.npa() == callee.npa() {
        return 0;
    }
    let Some(region) = id.region.as_deref() else {
        return 3;
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

pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let usable: Vec<&CallerIdUse> = facts
        .caller_ids
        .iter()
        .filter(|id| usable(facts, id))
        .collect();
    let free = usable
        .iter()
        .filter(|id| full_until(facts, id, now).is_none())
        .count();
    let mut findings = Findings::default();
    judge(facts, now, &mut findings);
    match findings.caller_id {
        Some(chosen) => format!(
            "{free} of {} usable; would show {}, {}/{} in the last hour",
            usable.len(),
            chosen.caller_id.number,
            chosen.sent_last_hour,
            cap(facts, chosen)
        ),
        None => format!("{free} of {} usable", usable.len()),
    }
}
