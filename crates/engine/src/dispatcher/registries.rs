//! Watches the age of the registries that running campaigns require, or that the law requires for them.
//! Raises an alert before their data are too old.

use std::collections::BTreeSet;
use std::time::Duration;

use super::lane::Lane;
use super::{Dispatcher, Effect};
use crate::{Job, alerts};
use dialdeck_core::domain::event::AlertRaised;
use dialdeck_core::domain::{Area, CampaignState, ListKind, SuppressionList, Timestamp};
use dialdeck_core::policy::Hold;
use dialdeck_core::policy::suppression::REGISTRY_WARNING;
use dialdeck_core::rules::Rules;

/// How often the age of the registries is checked, at most.
const CHECK_EVERY: Duration = Duration::from_hours(1);

/// The loaded registries, and the warnings raised so far.
#[derive(Debug, Default)]
pub(super) struct RegistryWatch {
    registries: Vec<SuppressionList>,
    checked: Option<Timestamp>,
    warned: BTreeSet<(ListKind, Area, Timestamp)>,
}

impl RegistryWatch {
    /// Replaces the registries with those of a new snapshot.
    pub(super) fn update(&mut self, lists: &[SuppressionList]) {
        let registries = lists.iter().filter(|list| list.kind.is_registry());
        self.registries = registries.cloned().collect();
        self.checked = None;
    }

    /// Returns warnings about areas whose data will soon be too old, one for each registry.
    pub(super) fn check<'l>(
        &mut self,
        lanes: impl Iterator<Item = &'l Lane>,
        rules: &Rules,
        now: Timestamp,
    ) -> Vec<AlertRaised> {
        if self.checked.is_some_and(|at| now.since(at) < CHECK_EVERY) {
            return Vec::new();
        }
        self.checked = Some(now);
        let running = lanes.filter(|lane| lane.campaign.state == CampaignState::Running);
        let needed: BTreeSet<&ListKind> = running
            .flat_map(|lane| {
                let settings = &lane.campaign.settings;
                let asked = rules.registries_asked(settings.call_kind());
                settings.required_lists.iter().chain(asked)
            })
            .collect();
        let mut warnings = Vec::new();
        // A registry that no campaign requires yet is checked when one does.
        let needed = |list: &&SuppressionList| needed.contains(&list.kind);
        for list in self.registries.iter().filter(needed) {
            let soon = rules
                .registry_max_age(&list.kind)
                .saturating_sub(REGISTRY_WARNING);
            let old = list
                .areas
                .iter()
                .filter(|(_, as_of)| now.since(**as_of) >= soon);
            let new: Vec<Area> = old
                .filter(|(area, as_of)| self.warned.insert((list.kind.clone(), **area, **as_of)))
                .map(|(area, _)| *area)
                .collect();
            let Some(first) = new.first() else {
                continue;
            };
            let days = soon.as_secs() / 86_400;
            let more = new.len() - 1;
            warnings.push(AlertRaised::registry_ages(&list.kind, days, *first, more));
        }
        warnings
    }
}

impl Dispatcher {
    /// Raises an alert for each registry whose data will soon be too old.
    pub(super) fn watch_registries(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let warnings = self.registries.check(self.lanes.values(), &self.rules, now);
        let alerts = warnings.into_iter();
        effects.extend(alerts.map(|alert| Self::alert(alert, now)));
    }
}

/// Returns an alert that a contact waits for a registry; `None` if the campaign has reported that registry
/// before.
pub(super) fn registry_alert(lane: &mut Lane, hold: &Hold, now: Timestamp) -> Option<Effect> {
    let list = hold.registry()?;
    if !lane.awaited.insert(list.clone()) {
        return None;
    }
    let alert = alerts::registry_awaited(&lane.campaign, hold, now);
    Some(Effect::Store(Job::Log(Box::new(alert))))
}
