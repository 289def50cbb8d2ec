//! A snapshot with its calling windows: which classes of a campaign may be called at one instant.

use std::collections::BTreeMap;

use dialdeck_core::domain::{CampaignId, ClassId, Timestamp};
use dialdeck_core::policy::window::{self, WindowStatus};
use dialdeck_core::policy::{CallerIdUse, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Snapshot};

/// A campaign's counts with the windows of its classes at one instant.
#[derive(Debug)]
pub struct Reading<'a> {
    /// The campaign and its contacts, counted by class and state.
    pub counts: &'a CampaignCounts,
    /// How long a call may ring on its trunk, in seconds; 0 if the trunk is not in the deck file.
    pub ring_secs: u64,
    /// The window of every class in which the campaign still has contacts to call.
    pub windows: BTreeMap<ClassId, WindowStatus>,
}

/// Windows read earlier, by campaign, ringing time in seconds, and class. A status holds until the instant
/// that it names, so a caller that reads often computes few of them.
pub(crate) type WindowCache = BTreeMap<(CampaignId, u64, ClassId), WindowStatus>;

/// Returns every campaign of a snapshot with its windows at `now`. `now` must not decrease between calls
/// with one `known`.
pub(crate) fn readings<'a>(
    snapshot: &'a Snapshot,
    rules: &Rules,
    now: Timestamp,
    known: &mut WindowCache,
) -> Vec<Reading<'a>> {
    snapshot
        .campaigns
        .iter()
        .map(|counts| Reading::of(counts, snapshot, rules, now, known))
        .collect()
}

/// Returns whether a status that was read earlier still holds.
fn holds(status: &WindowStatus, now: Timestamp) -> bool {
    match status {
        WindowStatus::Open { closes_at } => now < *closes_at,
        WindowStatus::Shut {
            until: Until::At(at),
            ..
        } => now < *at,
        WindowStatus::Shut {
            until: Until::CallEnds | Until::Operator,
            ..
        } => false,
    }
}

impl<'a> Reading<'a> {
    fn of(
        counts: &'a CampaignCounts,
        snapshot: &'a Snapshot,
        rules: &Rules,
        now: Timestamp,
        known: &mut WindowCache,
    ) -> Self {
        let ring_secs = ring_secs(counts, snapshot);
        let mut windows = BTreeMap::new();
        for ((class, state), count) in &counts.contacts {
            if *count == 0 || state.is_final() || windows.contains_key(class) {
                continue;
            }
            let Some(zones) = snapshot.classes.get(class) else {
                continue;
            };
            if let Some(status) = window::banned_status(zones, &snapshot.emergency_bans) {
                windows.insert(*class, status);
                continue;
            }
            let key = (counts.campaign.id, ring_secs, *class);
            let status = match known.get(&key) {
                Some(status) if holds(status, now) => status.clone(),
                Some(_) | None => window::status(rules, &counts.campaign, zones, ring_secs, now),
            };
            known.insert(key, status.clone());
            windows.insert(*class, status);
        }
        Self {
            counts,
            ring_secs,
            windows,
        }
    }

    /// Returns whether a contact of this class may be called now.
    pub fn is_open(&self, class: ClassId) -> bool {
        matches!(self.windows.get(&class), Some(WindowStatus::Open { .. }))
    }

    /// Returns when the first shut class opens; `None` if none opens by time alone.
    pub fn next_opening(&self) -> Option<Timestamp> {
        self.windows.values().filter_map(opening).min()
    }

    /// Returns the caller IDs that the campaign file names, with their use.
    pub fn caller_ids<'b>(
        &'b self,
        snapshot: &'b Snapshot,
    ) -> impl Iterator<Item = &'b CallerIdUse> {
        let settings = &self.counts.campaign.settings;
        snapshot.caller_ids.iter().filter(|usage| {
            let id = &usage.caller_id;
            id.trunk == settings.trunk && settings.caller_id.names(id)
        })
    }
}

const fn opening(status: &WindowStatus) -> Option<Timestamp> {
    match status {
        WindowStatus::Shut {
            until: Until::At(at),
            ..
        } => Some(*at),
        WindowStatus::Open { .. }
        | WindowStatus::Shut {
            until: Until::CallEnds | Until::Operator,
            ..
        } => None,
    }
}

fn ring_secs(counts: &CampaignCounts, snapshot: &Snapshot) -> u64 {
    let name = &counts.campaign.settings.trunk;
    let trunk = snapshot
        .trunks
        .iter()
        .find(|(trunk, _)| trunk.name == *name);
    trunk.map_or(0, |(trunk, _)| trunk.ring_timeout.as_secs())
}
