//! Reports once what a campaign waits for a person to do.

use std::mem::{self, Discriminant};

use dialdeck_core::domain::Timestamp;
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::policy::{Hold, HoldKind, Until};

use super::super::{Effect, Job, alerts};
use super::Dispatcher;
use super::lane::Lane;

impl Dispatcher {
    pub(super) fn alert(alert: AlertRaised, now: Timestamp) -> Effect {
        Effect::Store(Job::Log(Box::new(alerts::raised(alert, now))))
    }

    /// Reports classes whose contacts wait for an operator while the rest of their campaign continues.
    pub(super) fn alert_shut_classes(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        for lane in self.lanes.values_mut().filter(|lane| lane.runs()) {
            for text in lane.newly_stuck() {
                let alert = AlertRaised::class_waits(lane.campaign.name(), &text);
                effects.push(Self::alert(alert, now));
            }
        }
    }
}

/// Returns an alert about a hold that only an operator can end. `None` if time ends the hold, or if the
/// hold was reported since the campaign's last call. Another reason is reported again. A pause raises no
/// alert, because it is the operator's own act.
pub(super) fn hold_alert(lane: &mut Lane, hold: &Hold, now: Timestamp) -> Option<Effect> {
    let running = hold.once_running()?;
    let mut reasons = running.reasons.iter();
    let reason = reasons.find(|reason| reason.until == Until::Operator)?;
    let kind: Discriminant<HoldKind> = mem::discriminant(&reason.kind);
    if lane.alerted.replace(kind) == Some(kind) {
        return None;
    }
    let alert = alerts::campaign_waits(&lane.campaign, hold, now);
    Some(Effect::Store(Job::Log(Box::new(alert))))
}
