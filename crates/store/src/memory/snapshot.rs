//! The snapshot of a deck in memory, every figure counted from the rows.

use std::collections::BTreeMap;

use super::MemoryStore;
use crate::{CampaignCounts, DeckSettings, Recount, Snapshot, facts, moves};
use dialdeck_core::domain::event::EventKind;
use dialdeck_core::domain::outcome::is_without_agent;
use dialdeck_core::domain::{Campaign, CampaignId, ContactState, Timestamp};
use dialdeck_core::policy::Abandonment;
use dialdeck_core::policy::pacing::Ledger;

impl MemoryStore {
    pub(super) fn snapshot_at(&self, now: Timestamp) -> Snapshot {
        let settings = self.effective_settings().unwrap_or_else(moves::no_settings);
        let ledger = self.ledger(now);
        let ids = settings.caller_ids.iter();
        let mut caller_ids: Vec<_> = ids
            .map(|id| facts::unused(id.clone(), id.hourly_cap))
            .collect();
        let last_event_at = self.log.last().map(|(_, sealed)| sealed.at);
        let counted_at = facts::counted_at(last_event_at, now);
        facts::look_up_use(&mut caller_ids, &ledger, counted_at);
        let trunks = settings.trunks.iter().map(|trunk| {
            let (slots, per_minute) = (trunk.max_concurrent, trunk.calls_per_minute);
            (
                trunk.clone(),
                ledger.trunk(&trunk.name, slots, per_minute, counted_at),
            )
        });
        let alerts = self.log.iter().rev();
        Snapshot {
            campaigns: self
                .campaigns
                .values()
                .map(|campaign| {
                    self.campaign_counts(campaign, &settings, &ledger, (now, counted_at))
                })
                .collect(),
            classes: self.classes.clone(),
            in_flight: self.in_flight(|_| true),
            trunks: trunks.collect(),
            trunk_resets: self.trunk_resets.clone(),
            trunk_rests: self.trunk_rests.clone(),
            unclosed: self.unclosed.clone(),
            pending_ends: self.pending_ends.clone(),
            caller_ids,
            lists: self.loaded_lists(),
            emergency_bans: settings.emergency_bans.clone(),
            alerts: alerts
                .filter(|(event, sealed)| {
                    event.kind() == EventKind::AlertRaised
                        && !self.acknowledged.contains(&sealed.seq)
                })
                .map(|(_, sealed)| sealed.clone())
                .take(20)
                .collect(),
            unfinished_imports: self.unfinished_imports.clone(),
            hang_ups: self.hang_ups,
            head: self.log.last().map_or(0, |(_, sealed)| sealed.seq),
            last_event_at,
            clock_held: self.clock_held,
            clock_accepted: self.clock_accepted,
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<CampaignId, Recount> {
        let mut counts: BTreeMap<CampaignId, Recount> = BTreeMap::new();
        for contact in self.contacts.values() {
            let of = counts.entry(contact.campaign).or_default();
            *of.contacts
                .entry((contact.class, contact.state))
                .or_default() += 1;
        }
        for attempt in self.attempts.values() {
            let of = counts.entry(attempt.campaign).or_default();
            of.attempts += 1;
            of.without_agent += u64::from(attempt.cause.as_deref().is_some_and(is_without_agent));
            match attempt.outcome {
                Some(outcome) => *of.outcomes.entry(outcome).or_default() += 1,
                None => of.in_flight += 1,
            }
        }
        counts
    }

    /// Returns the settings, caller IDs in the stricter of the file's and the store's state.
    pub(super) fn effective_settings(&self) -> Option<DeckSettings> {
        let mut settings = self.settings.clone()?;
        for id in &mut settings.caller_ids {
            if let Some(state) = self.caller_id_states.get(&id.number) {
                id.state = id.state.stricter(*state);
            }
            id.rests_until = self.caller_id_rests.get(&id.number).copied();
            let key = (id.trunk.clone(), id.number);
            id.ownership = self.ownership.get(&key).copied();
        }
        Some(settings)
    }

    /// Returns the ledger, built from the attempts.
    pub(super) fn ledger(&self, now: Timestamp) -> Ledger {
        let mut ledger = Ledger::default();
        for attempt in self.attempts.values() {
            let counts_from = self.counts_from.get(&attempt.id).copied();
            facts::rebuild(&mut ledger, attempt, counts_from, now);
        }
        ledger
    }

    pub(super) fn abandonment(&self, campaign: CampaignId, now: Timestamp) -> Abandonment {
        let first_day = moves::day(now) - moves::ABANDONMENT_DAYS + 1;
        let mut sum = Abandonment::default();
        for attempt in self
            .attempts
            .values()
            .filter(|one| one.campaign == campaign)
        {
            let recent = |at: &Timestamp| moves::day(*at) >= first_day;
            let Some(outcome) = attempt.ended_at.filter(recent).and(attempt.outcome) else {
                continue;
            };
            if let Some(calls) = moves::live_calls(outcome) {
                sum.law.add(calls);
                if !self.forgiven.contains(&attempt.id) {
                    sum.brake.add(calls);
                }
            }
        }
        sum
    }

    fn campaign_counts(
        &self,
        campaign: &Campaign,
        settings: &DeckSettings,
        ledger: &Ledger,
        (now, counted_at): (Timestamp, Timestamp),
    ) -> CampaignCounts {
        let counts = self.counts().remove(&campaign.id).unwrap_or_default();
        let refusals = self.refusals.iter();
        let waiting = self.contacts.values().filter(|contact| {
            contact.campaign == campaign.id && matches!(contact.state, ContactState::Waiting(_))
        });
        CampaignCounts {
            campaign: campaign.clone(),
            contacts: counts.contacts,
            outcomes: counts.outcomes,
            attempts: counts.attempts,
            without_agent: counts.without_agent,
            refusals: refusals
                .filter(|((of, _), _)| *of == campaign.id)
                .map(|((_, code), n)| (code.clone(), *n))
                .collect(),
            load: facts::loads(ledger, settings, campaign, counted_at).campaign,
            abandonment: self.abandonment(campaign.id, now),
            next_due: waiting
                .filter_map(|contact| moves::by_time(contact.due))
                .min(),
        }
    }
}
