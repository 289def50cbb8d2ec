//! What an operator has to know of calls that ended.

use std::time::Duration;

use crate::domain::outcome::is_block;
use crate::domain::{CampaignId, Timestamp, TrunkName};
use crate::policy::abandonment::{LAW_PERCENT, is_above_law};
use crate::store::Settled;

use super::super::Effect;
use super::Dispatcher;

/// How long after an alert about blocked calls a trunk's further ones raise none.
const TOLD_FOR: Duration = Duration::from_mins(10);

impl Dispatcher {
    /// An alert when a network declines the trunk's calls, not with each of them. A block that names
    /// itself is about one callee, and raises none.
    pub(super) fn tell_of_block(
        &mut self,
        name: &TrunkName,
        settled: &Settled,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let cause = settled.read.cause;
        if !is_block(cause) || !cause.starts_with("declined") {
            return;
        }
        let Some(trunk) = self.trunks.get_mut(name) else {
            return;
        };
        if trunk.block_told.is_some_and(|at| now.since(at) < TOLD_FOR) {
            return;
        }
        trunk.block_told = Some(now);
        let text = format!(
            "trunk {name}: a network blocks calls ({}), no person declined them: nobody is put on the \
             do-not-call list for it; ask the carrier, and look at the caller IDs' reputation",
            cause.replace('_', " ")
        );
        effects.push(Self::alert("calls_blocked", &text, now));
    }

    /// An alert when a campaign has abandoned more calls than the law allows, once until it is below
    /// again.
    pub(super) fn tell_of_abandonment(
        &mut self,
        campaign: CampaignId,
        settled: &Settled,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let (Some(counts), Some(lane)) = (settled.abandonment, self.lanes.get_mut(&campaign))
        else {
            return;
        };
        let above = is_above_law(counts).then_some(now);
        if above.is_none() || lane.above_law.is_some() {
            lane.above_law = lane.above_law.and(above);
            return;
        }
        lane.above_law = above;
        let text = format!(
            "campaign {}: {} of {} live answers abandoned, the law allows {LAW_PERCENT} % (47 CFR \
             64.1200(a)(7)): have more agents there, or lower the pace",
            lane.campaign.name(),
            counts.law.abandoned,
            counts.law.answered
        );
        effects.push(Self::alert("abandonment_above_law", &text, now));
    }
}
