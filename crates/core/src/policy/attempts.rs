//! How often and how soon one number is called (D6), one call at a time (D14).

use super::findings::Findings;
use super::{Facts, HoldKind, PastAttempt, Refusal, Until};
use crate::domain::{ContactState, Timestamp};

/// Refuses if the campaign's attempts at the number are used up (D6).
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

/// Holds while the last attempt at the number that may have rung, in any campaign, is less than the minimum
/// gap ago (D6).
pub(super) fn gap(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    if let Some(end) = gap_ends(facts)
        && now < end
    {
        let gap = facts.campaign.settings.attempts.min_gap;
        findings.hold(HoldKind::MinGap(gap), Until::At(end));
    }
}

/// Holds while the contact's next attempt is not due.
pub(super) fn due(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let due = facts.contact.due;
    if now < due && due < Timestamp::MAX {
        findings.hold(HoldKind::RetryDue, Until::At(due));
    } else if now < due && findings.reasons.is_empty() {
        // The contact waits for a registry, which no instant provides. The gate of the lists names it.
        findings.hold(HoldKind::RetryDue, Until::Operator);
    }
}

/// Returns when the minimum gap after the last attempt at the number ends. `None` without such an attempt.
pub(super) fn gap_ends(facts: &Facts<'_>) -> Option<Timestamp> {
    facts
        .history
        .iter()
        .find(|past| may_have_rung(past))
        .map(|past| past.at + facts.campaign.settings.attempts.min_gap)
}

/// Returns the attempts that count at the number in this campaign.
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

/// Returns whether the callee's phone may have rung. A call that a network or a limit rejected, or that never
/// left, was no attempt at the callee and starts no gap.
const fn may_have_rung(past: &PastAttempt) -> bool {
    past.counts || past.outcome.is_none()
}

/// Returns the attempts made and allowed, as text for `why`.
pub(super) fn saw_used(facts: &Facts<'_>, _now: Timestamp) -> String {
    format!(
        "{} of {} made",
        made(facts),
        facts.campaign.settings.attempts.max
    )
}

/// Returns whether a call to the number is in flight, as text for `why`.
pub(super) fn saw_in_flight(facts: &Facts<'_>, _now: Timestamp) -> String {
    if busy(facts) {
        "a call to the number is in flight".to_owned()
    } else {
        "no call to the number".to_owned()
    }
}

/// Returns the minimum gap and the last attempt, as text for `why`.
pub(super) fn saw_gap(facts: &Facts<'_>, _now: Timestamp) -> String {
    let gap = super::words::span(facts.campaign.settings.attempts.min_gap);
    match facts.history.iter().find(|past| may_have_rung(past)) {
        Some(past) => format!("{gap} between attempts; last at {}", past.at),
        None => format!("{gap} between attempts; none yet"),
    }
}

/// Returns when the contact is due, as text for `why`.
pub(super) fn saw_due(facts: &Facts<'_>, _now: Timestamp) -> String {
    format!("due {}", facts.contact.due)
}

#[cfg(test)]
mod tests {
    use crate::domain::{CampaignId, ContactState, Outcome, Timestamp};
    use crate::policy::fixture::{World, minutes, monday, past};
    use crate::policy::{HoldKind, PastAttempt, Refusal, Until};

    #[test]
    fn attempts_are_used_up_by_those_that_count_in_this_campaign() {
        let day = minutes(24 * 60);
        let mut world = World::open();
        for n in 1..=3 {
            world
                .history
                .push(past(monday() - day * n, Outcome::NoAnswer, true));
        }
        assert_eq!(
            world.refusal(monday()),
            Some(Refusal::AttemptsExhausted(3, 3))
        );
        world.history[0].counts = false;
        assert_eq!(world.refusal(monday()), None);
        world.history[0].counts = true;
        world.history[1].campaign = CampaignId(2);
        assert_eq!(world.refusal(monday()), None);
        world.contact.attempts = 3;
        assert_eq!(
            world.refusal(monday()),
            Some(Refusal::AttemptsExhausted(3, 3))
        );
    }

    #[test]
    fn the_gap_binds_over_all_campaigns_to_the_millisecond() {
        let gap = minutes(30);
        let mut world = World::open();
        world.history = vec![PastAttempt {
            campaign: CampaignId(9),
            ..past(monday() - gap, Outcome::Busy, true)
        }];
        assert_eq!(world.kinds(monday()), []);
        let early = monday() - std::time::Duration::from_millis(1);
        let hold = world.hold(early);
        assert_eq!(hold.reasons[0].kind, HoldKind::MinGap(gap));
        assert_eq!(hold.until, Until::At(monday()));
    }

    #[test]
    fn what_never_rang_starts_no_gap() {
        let mut world = World::open();
        world.history = vec![past(monday() - minutes(5), Outcome::NetworkFailure, false)];
        assert_eq!(world.kinds(monday()), []);
    }

    #[test]
    fn what_no_instant_brings_waits_for_an_operator() {
        let mut world = World::open();
        world.contact.due = Timestamp::MAX;
        let hold = world.hold(monday());
        assert_eq!(hold.until, Until::Operator);
        assert_eq!(hold.to_string(), "not due yet, until an operator acts");
        // The registry that the contact waits for is the reason while it is still missing.
        world.campaign.settings.required_lists = vec!["national:us".parse().unwrap()];
        let hold = world.hold(monday()).to_string();
        assert_eq!(
            hold,
            "national:us, area code 212 not loaded, until an operator acts"
        );
    }

    #[test]
    fn one_call_at_a_time() {
        let mut world = World::open();
        world.contact.state = ContactState::InFlight;
        assert_eq!(world.kinds(monday()), [HoldKind::NumberInFlight]);
        let mut world = World::open();
        world.in_flight = true;
        assert_eq!(world.hold(monday()).until, Until::CallEnds);
    }
}
