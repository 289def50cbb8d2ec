//! The brake on abandoned calls, and the rate that the law measures.

use super::findings::Findings;
use super::{Abandonment, Facts, HoldKind, LiveCalls, Until};
use crate::domain::{CampaignSettings, Timestamp};

/// The number of abandoned calls from which the brake checks the rate (a limit of dialdeck): one call, or
/// two, may be an accident.
pub const LEAST: u64 = 3;

/// The share of abandoned calls that the law allows, in percent of the live answers (47 CFR 64.1200(a)(7); 16
/// CFR 310.4(b)(4)(i)).
pub const LAW_PERCENT: u64 = 3;

/// Holds a campaign whose abandoned calls exceed its limit, until an operator acts.
///
/// A call is abandoned if a person answers and is not connected within two seconds. The law allows 3 % of the
/// live answers, measured over the campaign while it is shorter than 30 days, and over 30 days after that (47
/// CFR 64.1200(a)(7)). Each call here has its own agent, so nothing is dialed ahead and the first abandoned
/// calls need no prevention. The brake acts when too many agents were not there in time. Waiting does not
/// bring agents to their seats, so the hold has no instant at which it ends by itself.
pub(super) fn judge(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    if holds(&facts.campaign.settings, facts.abandonment) {
        let LiveCalls {
            answered,
            abandoned,
        } = facts.abandonment.brake;
        findings.hold(
            HoldKind::AbandonmentBrake(answered, abandoned),
            Until::Operator,
        );
    }
}

/// Returns whether the brake holds a campaign with these counts: from the third abandoned call on, if the
/// rate is above the limit.
///
/// A release by an operator restarts the counts, so that only new evidence triggers the brake again.
pub const fn holds(settings: &CampaignSettings, counts: Abandonment) -> bool {
    let brake = counts.brake;
    brake.abandoned >= LEAST && brake.is_above(settings.abandonment_limit_percent as u64)
}

/// Returns whether more calls were abandoned than the law allows, however few there were.
pub const fn is_above_law(counts: Abandonment) -> bool {
    counts.law.is_above(LAW_PERCENT)
}

impl LiveCalls {
    /// Returns whether more than this percentage of the live answers was abandoned.
    pub const fn is_above(self, percent: u64) -> bool {
        self.abandoned.saturating_mul(100) > percent.saturating_mul(self.answered)
    }
}

/// Returns the counts that the brake read, and those of the law if they differ, as text for `why`.
pub(super) fn saw(facts: &Facts<'_>, _now: Timestamp) -> String {
    let Abandonment { law, brake } = facts.abandonment;
    let limit = facts.campaign.settings.abandonment_limit_percent;
    let saw = format!(
        "{} of {} live answers abandoned, limit {limit} %",
        brake.abandoned, brake.answered
    );
    if brake == law {
        return saw;
    }
    format!(
        "{saw} since the brake was released; {} of {} as the law counts",
        law.abandoned, law.answered
    )
}

#[cfg(test)]
mod tests {
    use super::{holds, is_above_law};
    use crate::domain::campaign::Agent;
    use crate::policy::fixture::{World, monday};
    use crate::policy::{Abandonment, HoldKind, LiveCalls, Until};

    fn counts(answered: u64, abandoned: u64) -> LiveCalls {
        LiveCalls {
            answered,
            abandoned,
        }
    }

    #[test]
    fn the_brake_holds_from_the_third_abandoned_call_above_the_limit() {
        for (answered, abandoned, held) in [
            (0, 0, false),
            (1, 1, false),
            (2, 2, false),
            (3, 3, true),
            (20, 3, true),
            (20, 4, true),
            (99, 3, true),
            (100, 3, false),
            (100, 4, true),
            (200, 6, false),
            (200, 7, true),
            (u64::MAX, 3, false),
        ] {
            let mut world = World::open();
            let brake = counts(answered, abandoned);
            world.abandonment = Abandonment { law: brake, brake };
            let expected = HoldKind::AbandonmentBrake(answered, abandoned);
            for agent in [Agent::Human, Agent::Automated] {
                world.campaign.settings.agent = agent;
                let found = world.kinds(monday());
                assert_eq!(found.contains(&expected), held, "{abandoned}/{answered}");
            }
            if held {
                assert_eq!(world.hold(monday()).until, Until::Operator);
            }
        }
    }

    #[test]
    fn the_laws_figure_is_above_its_limit_at_any_base() {
        for (answered, abandoned, above) in [
            (0, 0, false),
            (1, 1, true),
            (33, 1, true),
            (34, 1, false),
            (100, 3, false),
            (100, 4, true),
        ] {
            let law = counts(answered, abandoned);
            let released = Abandonment {
                law,
                brake: LiveCalls::default(),
            };
            assert_eq!(is_above_law(released), above, "{abandoned}/{answered}");
            assert!(!holds(&World::open().campaign.settings, released));
        }
    }

    #[test]
    fn a_release_leaves_the_laws_figure_in_sight() {
        let mut world = World::open();
        world.abandonment = Abandonment {
            law: counts(20, 4),
            brake: counts(2, 1),
        };
        let saw = super::saw(&world.facts(), monday());
        assert!(saw.starts_with("1 of 2 live answers abandoned, limit 3 %"));
        assert!(saw.ends_with("4 of 20 as the law counts"), "{saw}");
    }
}
