//! The facts of one decision as a store gathered them, and the use of caps.

use std::sync::Arc;

use super::{DeckSettings, moves};
use dialdeck_core::domain::outcome::is_block;
use dialdeck_core::domain::{
    Attempt, Campaign, Contact, Recovery, Suppression, SuppressionList, Timestamp, WindowClass,
    clock_behind,
};
use dialdeck_core::policy::pacing::Ledger;
use dialdeck_core::policy::{Abandonment, CallerIdUse, Context, Facts, Loads, PastAttempt};
use dialdeck_core::rules::Rules;

/// Everything [`Facts`] borrows, except the rules and the context.
#[derive(Clone, Debug)]
pub(super) struct Gathered {
    pub(super) contact: Contact,
    pub(super) campaign: Arc<Campaign>,
    pub(super) class: Arc<WindowClass>,
    pub(super) settings: Arc<DeckSettings>,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) lists: Arc<Vec<SuppressionList>>,
    pub(super) consent_revoked_at: Option<Timestamp>,
    pub(super) history: Vec<PastAttempt>,
    pub(super) number_in_flight: bool,
    pub(super) load: Loads,
    pub(super) caller_ids: Vec<CallerIdUse>,
    pub(super) abandonment: Abandonment,
    pub(super) recovery: Option<Arc<Recovery>>,
}

impl Gathered {
    /// Returns the facts in the form that a decision reads.
    pub(super) fn facts<'a>(&'a self, rules: &'a Rules, context: &'a Context) -> Facts<'a> {
        let trunk = &self.campaign.settings.trunk;
        Facts {
            rules,
            campaign: &self.campaign,
            contact: &self.contact,
            class: &self.class,
            trunk: self
                .settings
                .trunks
                .iter()
                .find(|known| known.name == *trunk),
            suppressions: &self.suppressions,
            lists: &self.lists,
            every_registry_binds: self.settings.every_registry_binds,
            emergency_bans: &self.settings.emergency_bans,
            consent_revoked_at: self.consent_revoked_at,
            history: &self.history,
            number_in_flight: self.number_in_flight,
            load: self.load,
            caller_ids: &self.caller_ids,
            deck_numbers: &self.settings.caller_ids,
            abandonment: self.abandonment,
            recovery: self.recovery.as_deref(),
            context,
        }
    }
}

/// Returns the loads that bind a campaign: the deck's, the trunk's and its own.
pub(super) fn loads(
    ledger: &Ledger,
    settings: &DeckSettings,
    campaign: &Campaign,
    now: Timestamp,
) -> Loads {
    let name = &campaign.settings.trunk;
    let trunk = settings.trunks.iter().find(|known| known.name == *name);
    let (slots, per_minute) = trunk.map_or((0, 0), |trunk| {
        (trunk.max_concurrent, trunk.calls_per_minute)
    });
    let pacing = &campaign.settings.pacing;
    Loads {
        deck: ledger.deck(settings.max_concurrent, now),
        trunk: ledger.trunk(name, slots, per_minute, now),
        campaign: ledger.campaign(
            campaign.id,
            pacing.max_concurrent,
            pacing.calls_per_minute,
            now,
        ),
    }
}

/// Returns the caller IDs a campaign may show, without their use.
pub(super) fn showable(settings: &DeckSettings, campaign: &Campaign) -> Vec<CallerIdUse> {
    let rules = &campaign.settings.caller_id;
    settings
        .caller_ids
        .iter()
        .filter(|id| rules.pool.as_ref() == Some(&id.pool) || rules.numbers.contains(&id.number))
        .map(|id| unused(id.clone(), id.hourly_cap.min(rules.hourly_cap)))
        .collect()
}

/// Returns a caller ID whose use is not filled in yet.
pub(super) fn unused(caller_id: dialdeck_core::domain::CallerId, cap: u32) -> CallerIdUse {
    CallerIdUse {
        caller_id,
        sent_last_hour: 0,
        hour_frees_at: None,
        cap,
        last_used: None,
    }
}

/// Returns the instant at whose end a snapshot counts sends: the present, or that of the log's last entry if the
/// clock is behind it. Counted from an earlier instant, the sends of several minutes would seem to be of one.
pub(super) fn counted_at(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    clock_behind(last, now).unwrap_or(now)
}

/// Fills in the use of caller IDs from the ledger.
pub(super) fn look_up_use(ids: &mut [CallerIdUse], ledger: &Ledger, now: Timestamp) {
    for id in ids {
        let load = ledger.caller_id(id.caller_id.number, id.cap, now);
        id.sent_last_hour = load.sent_last_hour;
        id.hour_frees_at = load.hour_frees_at;
        id.last_used = load.last_used;
    }
}

/// Returns an attempt in the form that a decision reads.
pub(super) fn past(attempt: &Attempt, now: Timestamp) -> PastAttempt {
    PastAttempt {
        at: attempt.sent_at.or(attempt.ended_at).unwrap_or(now),
        campaign: attempt.campaign,
        outcome: attempt.outcome,
        counts: attempt.counts,
        caller_id: attempt.caller_id,
        blocked: attempt.cause.as_deref().is_some_and(is_block),
    }
}

/// Adds an attempt to a ledger that is being rebuilt.
///
/// An attempt reserved at an instant later than `now` was reserved before the clock was set back. It is
/// placed by the instant from which its send counts. If it has none and is not in flight, it is left out.
pub(super) fn rebuild(
    ledger: &mut Ledger,
    attempt: &Attempt,
    counts_from: Option<Timestamp>,
    now: Timestamp,
) {
    let mut entry = moves::ledger_entry(attempt);
    if clock_behind(Some(entry.planned_at), now).is_some() {
        if counts_from.is_none() && !attempt.state.in_flight() {
            return;
        }
        entry.planned_at = counts_from.unwrap_or(now).min(now);
    }
    ledger.planned(&entry);
    if attempt.state.in_flight() {
        ledger.reserve(entry);
        if let Some(at) = counts_from {
            ledger.sent(attempt.id, at);
        }
    } else if let Some(at) = counts_from {
        ledger.past_send(&entry, at);
    }
}
