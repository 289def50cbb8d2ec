//! A deck: the trunks and caller IDs of one running instance.

use serde::{Deserialize, Serialize};

use super::trunk::{CallerId, CallerIdState, TrunkSettings};

/// A deck's trunks, caller IDs and own cap, written at every start from `dialdeck.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeckSettings {
    /// The maximum number of calls in flight over all trunks.
    pub max_concurrent: u32,
    /// The trunks of the deck.
    pub trunks: Vec<TrunkSettings>,
    /// The numbers that may be shown.
    pub caller_ids: Vec<CallerId>,
    /// Regions under an emergency ban (`US-LA`), set by the operator.
    pub emergency_bans: Vec<String>,
    /// Whether a loaded registry binds every campaign. By default it binds the campaigns that list it, and
    /// those for which the law requires it.
    #[serde(default)]
    pub every_registry_binds: bool,
}

impl DeckSettings {
    /// Returns these settings with everything in `by` that is stricter: bans, lower caps, and caller IDs that
    /// are set aside or removed.
    #[must_use]
    pub fn tightened(&self, by: &Self) -> Self {
        let mut tightened = self.clone();
        tightened.max_concurrent = self.max_concurrent.min(by.max_concurrent);
        tightened.every_registry_binds |= by.every_registry_binds;
        for trunk in &mut tightened.trunks {
            if let Some(other) = by.trunks.iter().find(|other| other.name == trunk.name) {
                trunk.max_concurrent = trunk.max_concurrent.min(other.max_concurrent);
                trunk.calls_per_minute = trunk.calls_per_minute.min(other.calls_per_minute);
            }
        }
        for id in &mut tightened.caller_ids {
            let same = |other: &&CallerId| other.number == id.number && other.trunk == id.trunk;
            match by.caller_ids.iter().find(same) {
                Some(other) => {
                    id.hourly_cap = id.hourly_cap.min(other.hourly_cap);
                    id.state = id.state.stricter(other.state);
                }
                None => id.state = id.state.stricter(CallerIdState::Resting),
            }
        }
        let bans = &mut tightened.emergency_bans;
        bans.extend(by.emergency_bans.iter().cloned());
        bans.sort();
        bans.dedup();
        tightened
    }
}
