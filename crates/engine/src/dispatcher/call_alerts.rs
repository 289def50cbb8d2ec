//! Alerts for the operator about calls that ended.

use std::time::Duration;

use dialdeck_core::domain::outcome::is_block;
use dialdeck_core::domain::{AttemptId, CampaignId, Outcome, Timestamp, TrunkName};
use dialdeck_core::policy::abandonment::{LAW_PERCENT, is_above_law};
use dialdeck_store::Settled;

use super::super::Effect;
use super::super::stuck::Slots;
use super::Dispatcher;

/// How long an alert about a trunk suppresses others of its kind.
const ALERT_EVERY: Duration = Duration::from_mins(10);

/// Calls of unknown fate that raise an alert, unless the trunk has fewer slots. A few are a carrier's usual
/// delay.
const MANY_UNKNOWN: usize = 5;

impl Dispatcher {
    /// Raises an alert when a network declines the trunk's calls, at most once per period. A block that
    /// names itself concerns one callee and raises none.
    pub(super) fn alert_block(
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
        let text = format!(
            "trunk {name}: a network blocks calls ({}), no person declined them: no number goes on the \
             do-not-call list for it; ask the carrier, and look at the caller IDs' reputation",
            cause.replace('_', " ")
        );
        self.alert_trunk(name, "calls_blocked", &text, now, effects);
    }

    /// Raises an alert when at least half of a trunk's calls in flight are of unknown fate, and at least
    /// [`MANY_UNKNOWN`] of them or as many as the trunk's cap.
    pub(super) fn alert_stuck_slots(
        &mut self,
        name: &TrunkName,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(trunk) = self.trunks.get(name) else {
            return;
        };
        let cap = usize::try_from(trunk.settings.max_concurrent).unwrap_or(usize::MAX);
        let calls = self.calls.iter().filter(|(_, call)| call.trunk == *name);
        let slots = Slots::of(calls.map(|(attempt, call)| (*attempt, call.state)));
        if slots.are_stuck(cap.min(MANY_UNKNOWN)) {
            let text = format!("trunk {name}: {}", slots.message());
            self.alert_trunk(name, "calls_unknown", &text, now, effects);
        }
    }

    /// Raises an alert when a call ended as unknown.
    pub(super) fn alert_unknown(
        &mut self,
        (name, attempt): (&TrunkName, AttemptId),
        settled: &Settled,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        if settled.read.outcome != Outcome::Unknown {
            return;
        }
        let text = format!(
            "trunk {name}: the outcome of attempt {attempt} is not known. It counts, its slot is \
             free, its contact is not called again until a person has looked: `dialdeck unknown`"
        );
        self.alert_trunk(name, "fate_unknown", &text, now, effects);
    }

    /// Raises an alert about a trunk, at most once per period. For a trunk that is no longer in the deck
    /// file there is no period.
    fn alert_trunk(
        &mut self,
        name: &TrunkName,
        alert: &'static str,
        text: &str,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(trunk) = self.trunks.get_mut(name) else {
            return effects.push(Self::alert(alert, text, now));
        };
        let told = trunk.alerted.get(alert);
        if told.is_none_or(|at| now.since(*at) >= ALERT_EVERY) {
            trunk.alerted.insert(alert, now);
            effects.push(Self::alert(alert, text, now));
        }
    }

    /// Raises an alert when a campaign has abandoned more calls than the law allows; again only after it
    /// was within the limit.
    pub(super) fn alert_abandonment(
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
