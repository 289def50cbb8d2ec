//! The brake on abandoned calls.

use super::decide::Findings;
use super::{Abandonment, Facts, HoldKind, Until};
use crate::domain::campaign::Agent;
use crate::domain::{CampaignSettings, Timestamp};

/// Live answers below which the rate is taken as if there had been this many: with fewer, one call
/// more moves it by over a point, and the law measures it over a whole campaign or 30 days.
pub const LEAST_BASE: u64 = 100;

/// Holds a campaign of human agents whose abandoned calls exceed its limit, until an operator acts.
///
/// Abandoned is a call answered by a person and not connected within two seconds; the rate is
/// abandoned / answered live over 30 days and may be 3 % (47 CFR 64.1200(a)(7); 16 CFR
/// 310.4(b)(4)(i)). Each call here has its own agent, so nothing is dialed ahead and the first
/// abandoned call needs no prevention: the brake acts when too many agents were not there in time.
/// Waiting does not put agents on their seats, hence no instant at which it ends by itself.
/// Automated agents are always there and exempt.
pub(super) fn judge(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    if holds(&facts.campaign.settings, facts.abandonment) {
        let (answered, abandoned) = (facts.abandonment.answered_live, facts.abandonment.abandoned);
        findings.hold(
            HoldKind::AbandonmentBrake(answered, abandoned),
            Until::Operator,
        );
    }
}

/// Whether the brake holds a campaign with these counts. Its release by an operator restarts the
/// counts, so that only new evidence brings it on again.
pub fn holds(settings: &CampaignSettings, counts: Abandonment) -> bool {
    let limit = u64::from(settings.abandonment_limit_percent);
    let base = counts.answered_live.max(LEAST_BASE);
    let over = counts.abandoned.saturating_mul(100) > limit.saturating_mul(base);
    over && settings.agent == Agent::Human
}

pub(super) fn saw(facts: &Facts<'_>, _now: Timestamp) -> String {
    match facts.campaign.settings.agent {
        Agent::Automated => "automated agent, always there".to_owned(),
        Agent::Human => format!(
            "{} of {} live answers abandoned, limit {} %",
            facts.abandonment.abandoned,
            facts.abandonment.answered_live,
            facts.campaign.settings.abandonment_limit_percent
        ),
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::campaign::Agent;
    use crate::policy::fixture::{World, monday};
    use crate::policy::{Abandonment, HoldKind, Until};

    #[test]
    fn the_limit_is_exact_and_few_calls_are_taken_as_a_hundred() {
        for (answered_live, abandoned, held) in [
            (0, 0, false),
            (1, 1, false),
            (99, 3, false),
            (10, 4, true),
            (100, 3, false),
            (100, 4, true),
            (200, 6, false),
            (200, 7, true),
            (u64::MAX, 1, false),
        ] {
            let mut world = World::open();
            world.abandonment = Abandonment {
                answered_live,
                abandoned,
            };
            let expected = HoldKind::AbandonmentBrake(answered_live, abandoned);
            let found = world.kinds(monday());
            assert_eq!(
                found.contains(&expected),
                held,
                "{abandoned}/{answered_live}"
            );
            if held {
                assert_eq!(world.hold(monday()).until, Until::Operator);
            }
            world.campaign.settings.agent = Agent::Automated;
            assert_eq!(world.kinds(monday()), []);
        }
    }
}
