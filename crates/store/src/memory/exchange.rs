//! The inbox, the results to deliver, and the figures of caller IDs, in memory.

use std::collections::BTreeMap;

use super::MemoryStore;
use crate::exchange::{CallerIdFigures, DAY, Message, ResultDue, SHORT_CALL};
use crate::{exchange, moves};
use dialdeck_core::domain::{Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Timestamp};
use dialdeck_core::policy::pacing::HOUR;

/// Messages received and results to deliver.
#[derive(Debug, Default)]
pub(super) struct Exchanged {
    pub(super) messages: Vec<Message>,
    pub(super) quarantined: BTreeMap<(String, String), (u64, Timestamp)>,
    cursor: i64,
    pub(super) results: BTreeMap<i64, Owed>,
    /// Calls that a network blocked because of the number they showed, or whose caller ID the account does
    /// not own.
    pub(super) blocks: BTreeMap<AttemptId, Timestamp>,
}

/// A result to deliver.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) campaign: CampaignId,
    pub(super) contact: ContactId,
    /// When it is due. `None` if it was delivered or given up.
    pub(super) next_at: Option<Timestamp>,
    pub(super) given_up: bool,
    pub(super) tries: u32,
    pub(super) error: Option<String>,
}

impl MemoryStore {
    pub(super) fn gather_results(&mut self, now: Timestamp) {
        let wanted: Vec<(String, CampaignId)> = self
            .campaigns
            .values()
            .filter(|campaign| campaign.settings.results_url.is_some())
            .map(|campaign| (campaign.name().to_owned(), campaign.id))
            .collect();
        for (_, sealed) in &self.log {
            if sealed.seq <= self.exchange.cursor {
                continue;
            }
            self.exchange.cursor = sealed.seq;
            if let Some((campaign, contact)) = moves::end_of_contact(&sealed.line, &wanted) {
                let owed = Owed {
                    campaign,
                    contact,
                    next_at: Some(now),
                    given_up: false,
                    tries: 0,
                    error: None,
                };
                self.exchange.results.insert(sealed.seq, owed);
            }
        }
    }

    pub(super) fn result(&self, seq: i64) -> Option<ResultDue> {
        let owed = self.exchange.results.get(&seq)?;
        let campaign = self.campaigns.get(&owed.campaign)?;
        let contact = self.contacts.get(&owed.contact)?;
        let (_, entry) = self.log.iter().find(|(_, sealed)| sealed.seq == seq)?;
        let variables = self.variables.get(&owed.contact).cloned();
        Some(ResultDue {
            seq,
            campaign: owed.campaign,
            campaign_name: campaign.name().to_owned(),
            url: campaign.settings.results_url.clone().unwrap_or_default(),
            contact: owed.contact,
            number: contact.number,
            name: contact.name.clone(),
            variables: variables.unwrap_or_default(),
            entry: entry.line.clone(),
            last_outcome: contact.last_outcome.map(|outcome| outcome.to_string()),
            agent_result: self.last_agent_result(owed.contact, entry.at),
            tries: owed.tries,
            error: owed.error.clone(),
        })
    }

    fn last_agent_result(&self, contact: ContactId, until: Timestamp) -> Option<String> {
        let made = |one: &&Attempt| one.contact == contact && one.reserved_at <= until;
        let last = self.attempts.values().rfind(made)?;
        let messages = self.exchange.messages.iter().rev();
        messages
            .filter(|message| message.attempt == last.id)
            .find_map(|message| exchange::agent_result(&message.body))
    }

    pub(super) fn figures(&self, id: PhoneNumber, now: Timestamp) -> CallerIdFigures {
        let mut figures = CallerIdFigures::default();
        for attempt in self.attempts.values().filter(|one| one.caller_id == id) {
            let from = self.counts_from.get(&attempt.id);
            let Some(from) = from.filter(|from| **from > now - DAY) else {
                continue;
            };
            figures.last_day += 1;
            figures.last_hour += u64::from(*from > now - HOUR);
            if let Some(answered) = attempt.answered_at {
                figures.answered += 1;
                let ended = attempt.ended_at.map(|ended| ended.since(answered));
                figures.short += u64::from(ended.is_some_and(|talk| talk <= SHORT_CALL));
            }
        }
        let blocks = self.exchange.blocks.iter().filter(|(attempt, at)| {
            let shown = self.attempts.get(attempt).map(|attempt| attempt.caller_id);
            shown == Some(id) && **at > now - DAY
        });
        figures.blocked = blocks.count() as u64;
        figures
    }
}
