//! How often and how soon one number is tried (D6), one call at a time (D14).

use super::decide::Findings;
use super::{Facts, HoldKind, PastAttempt, Refusal, Until};
use crate::domain::{ContactState, Outcome, Timestamp};

/// Refuses when the campaign's attempts at the number are used up (D6).
pub(super) fn used_up(facts: &Facts<'_>, _now: Timestamp) -> Result<(), Refusal> {
    let (made, max) = (made(facts), facts.campaign.settings.attempts.max);
    if made >= max {
        return Err(Refusal::AttemptsExhausted(made, max));
    }
    Ok(())
}

/// Holds while a call to the number is in flight, in any campaign (D14).
pub(super) fn in_flight(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    if busy(facts) {
        findings.hold(HoldKind::NumberInFlight, Until::CallEnds);
    }
}

/// Holds while the last attempt at the number, in any campaign, is less than the minimum gap ago (D6).
pub(super) fn gap(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(end) = gap_ends(facts)
        && now < end
    {
        let gap = facts.campaign.settings.attempts.min_gap;
        findings.hold(HoldKind::MinGap(gap), Until::At(end));
    }
}

/// Holds while the contact's own next time has not come.
pub(super) fn due(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if now < facts.contact.due {
        findings.hold(HoldKind::RetryDue, Until::At(facts.contact.due));
    }
}

/// When the minimum gap after the last attempt at the number is over.
pub(super) fn gap_ends(facts: &Facts<'_>) -> Option<Timestamp> {
    facts
        .history
        .iter()
        .find(|past| was_sent(past))
        .map(|past| past.at + facts.campaign.settings.attempts.min_gap)
}

/// Attempts that count at the number in this campaign.
fn made(facts: &Facts<'_>) -> u32 {
    let in_history = facts
        .history
        .iter()
        .filter(|past| past.campaign == facts.campaign.id && past.counts)
        .filter(|past| past.outcome.is_some())
        .count();
    facts
        .contact
        .attempts
        .max(u32::try_from(in_history).unwrap_or(u32::MAX))
}

fn busy(facts: &Facts<'_>) -> bool {
    facts.number_in_flight || facts.contact.state == ContactState::InFlight
}

/// Whether the request left. What never left, and what a trunk's limit turned away at the door, was
/// no attempt at the callee and starts no gap.
fn was_sent(past: &PastAttempt) -> bool {
    past.counts
        || !matches!(
            past.outcome,
            Some(Outcome::Throttled | Outcome::Cancelled | Outcome::Expired)
        )
}

pub(super) fn saw_used(facts: &Facts<'_>, _now: Timestamp) -> String {
    format!(
        "{} of {} made",
        made(facts),
        facts.campaign.settings.attempts.max
    )
}

pub(super) fn saw_in_flight(facts: &Facts<'_>, _now: Timestamp) -> String {
    if busy(facts) {
        "a call to the number is in flight".to_owned()
    } else {
        "no call to the number".to_owned()
    }
}

pub(super) fn saw_gap(facts: &Facts<'_>, _now: Timestamp) -> String {
    let gap = super::words::span(facts.campaign.settings.attempts.min_gap);
    match facts.history.iter().find(|past| was_sent(past)) {
        Some(past) => format!("{gap} between attempts; last at {}", past.at),
        None => format!("{gap} between attempts; none yet"),
    }
}

pub(super) fn saw_due(facts: &Facts<'_>, _now: Timestamp) -> String {
    format!("due {}", facts.contact.due)
}
