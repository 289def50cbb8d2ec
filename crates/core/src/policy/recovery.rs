//! A deck that went back in time makes no call while attempts of its last run may still count, and until the
//! opt-outs of that run are restored (D6, D8, D14).

use super::findings::Findings;
use super::{Facts, HoldKind, Until};
use crate::domain::Timestamp;

/// Holds until every call that the deck may have lost has ended and its minimum gap has passed, and while
/// opt-outs may be missing from its own lists.
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let Some(recovery) = facts.recovery else {
        return;
    };
    if let Some(until) = gap_ends(facts)
        && now < until
    {
        findings.hold(HoldKind::AttemptsMissing, Until::At(until));
    }
    for list in &recovery.lists {
        findings.hold(HoldKind::OptOutsMissing(list.clone()), Until::Operator);
    }
}

/// Up to when the deck made attempts that it may no longer know; `None`: it knows all of them.
pub(super) fn missing_up_to(facts: &Facts<'_>) -> Option<Timestamp> {
    let recovery = facts.recovery?;
    (recovery.until > recovery.last_run).then_some(recovery.last_run)
}

/// Returns when the missing attempts no longer matter. `None` if none are missing. A campaign that was added
/// later has its own gap.
fn gap_ends(facts: &Facts<'_>) -> Option<Timestamp> {
    let recovery = facts.recovery?;
    let own = missing_up_to(facts)? + facts.campaign.settings.attempts.min_gap;
    Some(recovery.until.max(own))
}

/// Returns what may be missing, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    let Some(recovery) = facts.recovery else {
        return "the deck never went back in time".to_owned();
    };
    let mut saw = Vec::new();
    if let Some(until) = gap_ends(facts).filter(|until| now < *until) {
        saw.push(format!(
            "calls up to {} may be missing, they count until {until}",
            recovery.last_run
        ));
    }
    if !recovery.lists.is_empty() {
        let lists: Vec<String> = recovery.lists.iter().map(ToString::to_string).collect();
        saw.push(format!("opt-outs may be missing from {}", lists.join(", ")));
    }
    if saw.is_empty() {
        return "the loss is recovered".to_owned();
    }
    saw.join("; ")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::domain::{ListKind, Recovery};
    use crate::policy::fixture::{World, minutes, monday};
    use crate::policy::{HoldKind, Scope, Until};

    fn world(until: Duration, lists: &[ListKind]) -> World {
        let mut world = World::open();
        world.recovery = Some(Recovery {
            last_run: monday(),
            until: monday() + until,
            lists: lists.iter().cloned().collect(),
        });
        world
    }

    #[test]
    fn everybody_waits_to_the_millisecond_while_attempts_may_be_missing() {
        let world = world(minutes(60), &[]);
        let end = monday() + minutes(60);
        let hold = world.hold(end - Duration::from_millis(1));
        assert_eq!(hold.reasons[0].kind, HoldKind::AttemptsMissing);
        assert_eq!((hold.until, hold.scope), (Until::At(end), Scope::Deck));
        assert_eq!(world.kinds(end), []);
    }

    #[test]
    fn a_campaign_of_later_has_its_own_gap() {
        let mut world = world(minutes(5), &[]);
        world.campaign.settings.attempts.min_gap = minutes(90);
        let until = Until::At(monday() + minutes(90));
        assert_eq!(world.hold(monday() + minutes(6)).until, until);
    }

    #[test]
    fn lost_entries_without_lost_attempts_start_no_gap() {
        assert_eq!(world(Duration::ZERO, &[]).kinds(monday()), []);
    }

    #[test]
    fn missing_opt_outs_hold_until_somebody_acts() {
        let world = world(Duration::ZERO, &[ListKind::Internal]);
        let later = monday() + minutes(24 * 60);
        let hold = world.hold(later);
        let missing = HoldKind::OptOutsMissing(ListKind::Internal);
        assert_eq!(hold.principal().unwrap().kind, missing);
        assert_eq!((hold.until, hold.scope), (Until::Operator, Scope::Deck));
    }
}
