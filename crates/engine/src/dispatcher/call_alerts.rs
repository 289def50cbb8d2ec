//! Alerts for the operator about calls that ended.

use std::time::Duration;

use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::outcome::is_block;
use dialdeck_core::domain::{AttemptId, CampaignId, Outcome, Timestamp, TrunkName};
use dialdeck_core::policy::abandonment::{LAW_PERCENT, is_above_law};
use dialdeck_store::Settled;

use super::super::stuck::Slots;
use super::super::{Effect, Job, alerts};
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
        let alert = AlertRaised::calls_blocked(name, cause);
        self.alert_trunk(name, alert, now, effects);
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
            let alert = AlertRaised::calls_unknown(name, &slots.message());
            self.alert_trunk(name, alert, now, effects);
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
        let alert = AlertRaised::fate_unknown(name, attempt);
        self.alert_trunk(name, alert, now, effects);
    }

    /// Raises an alert about a trunk, at most once per period. For a trunk that is no longer in the deck
    /// file there is no period.
    fn alert_trunk(
        &mut self,
        name: &TrunkName,
        alert: AlertRaised,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(trunk) = self.trunks.get_mut(name) else {
            return effects.push(Self::alert(alert, now));
        };
        let mut alerted = trunk.alerted.iter();
        let alerted = alerted.find(|(kind, _)| *kind == alert.alert);
        if alerted.is_none_or(|(_, at)| now.since(*at) >= ALERT_EVERY) {
            trunk.alerted.retain(|(kind, _)| *kind != alert.alert);
            trunk.alerted.push((alert.alert.clone(), now));
            effects.push(Self::alert(alert, now));
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
        let counts = counts.law;
        let (name, percent) = (lane.campaign.name(), LAW_PERCENT);
        let alert =
            AlertRaised::abandonment_above_law(name, counts.abandoned, counts.answered, percent);
        let entry = alerts::raised(alert, now).campaign(name);
        effects.push(Effect::Store(Job::Log(Box::new(entry))));
    }
}
