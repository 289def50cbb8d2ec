//! The inbox, the results to deliver, and the figures of caller IDs, in memory.

use std::collections::BTreeMap;

use super::MemoryStore;
use crate::exchange::{
    CallerIdFigures, DAY, Delivery, ExchangeVerbs, Message, Quarantined, REPORTS_MAX, Receipt,
    ResultDue, ResultsTurn, SHORT_CALL,
};
use crate::{StoreError, exchange, moves};
use dialdeck_core::domain::{Attempt, AttemptId, CampaignId, ContactId, PhoneNumber, Timestamp};
use dialdeck_core::policy::pacing::HOUR;

/// Messages received and results to deliver.
#[derive(Debug, Default)]
pub(super) struct Exchanged {
    messages: Vec<Message>,
    quarantined: BTreeMap<(String, String), (u64, Timestamp)>,
    cursor: i64,
    results: BTreeMap<i64, Owed>,
    /// Calls that a network blocked because of the number they showed, or whose caller ID the account does
    /// not own.
    pub(super) blocks: BTreeMap<AttemptId, Timestamp>,
}

#[derive(Debug)]
struct Owed {
    campaign: CampaignId,
    contact: ContactId,
    /// When it is due. `None` if it was delivered or given up.
    next_at: Option<Timestamp>,
    given_up: bool,
    tries: u32,
    error: Option<String>,
}

impl ExchangeVerbs for MemoryStore {
    fn receive(&mut self, message: &Message, _at: Timestamp) -> Result<Receipt, StoreError> {
        if !self.ids.own(message.attempt) {
            return Ok(Receipt::OtherDeck);
        }
        let attempt = self.attempts.get(&message.attempt);
        let Some(attempt) = attempt.filter(|known| known.trunk == message.trunk) else {
            return Ok(Receipt::NoSuchAttempt);
        };
        let mut known = self.exchange.messages.iter();
        if known.any(|known| known.trunk == message.trunk && known.event == message.event) {
            return Ok(Receipt::Repeated(Box::new(attempt.clone())));
        }
        let about = |known: &&Message| known.attempt == message.attempt;
        if self.exchange.messages.iter().filter(about).count() as u64 >= REPORTS_MAX {
            return Ok(Receipt::TooMany(Box::new(attempt.clone())));
        }
        let receipt = Receipt::New(Box::new(attempt.clone()));
        self.exchange.messages.push(message.clone());
        Ok(receipt)
    }

    fn messages(&mut self) -> Result<Vec<Message>, StoreError> {
        let open = |message: &&Message| {
            let attempt = self.attempts.get(&message.attempt);
            attempt.is_some_and(|attempt| attempt.state.in_flight())
        };
        Ok(self
            .exchange
            .messages
            .iter()
            .filter(open)
            .cloned()
            .collect())
    }

    fn agent_results(
        &mut self,
        contact: ContactId,
    ) -> Result<BTreeMap<AttemptId, String>, StoreError> {
        let ours = |message: &&Message| {
            let attempt = self.attempts.get(&message.attempt);
            attempt.is_some_and(|attempt| attempt.contact == contact)
        };
        let messages = self.exchange.messages.iter().filter(ours);
        let said = messages
            .filter_map(|message| Some((message.attempt, exchange::agent_result(&message.body)?)));
        Ok(said.collect())
    }

    fn quarantine(&mut self, trunk: &str, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        let key = (trunk.to_owned(), reason.to_owned());
        let entry = self.exchange.quarantined.entry(key).or_insert((0, at));
        *entry = (entry.0 + 1, entry.1.max(at));
        Ok(())
    }

    fn quarantined(&mut self) -> Result<Vec<Quarantined>, StoreError> {
        let all = self.exchange.quarantined.iter();
        Ok(all
            .map(|((trunk, reason), (count, last_at))| Quarantined {
                trunk: trunk.clone(),
                reason: reason.clone(),
                count: *count,
                last_at: *last_at,
            })
            .collect())
    }

    fn turn_results(
        &mut self,
        done: &[(i64, Delivery)],
        now: Timestamp,
        limit: usize,
    ) -> Result<ResultsTurn, StoreError> {
        for (seq, delivery) in done {
            let owed = self.exchange.results.get_mut(seq);
            let Some(owed) = owed.filter(|owed| owed.next_at.is_some()) else {
                continue;
            };
            owed.tries += 1;
            (owed.next_at, owed.error, owed.given_up) = match delivery {
                Delivery::Delivered => (None, None, false),
                Delivery::Again(error, at) => (Some(*at), Some(error.clone()), false),
                Delivery::GivenUp(error) => (None, Some(error.clone()), true),
            };
        }
        self.gather_results(now);
        let waits = |owed: &Owed| owed.next_at.is_some();
        let results = &self.exchange.results;
        let mut due: Vec<(Timestamp, i64)> = results
            .iter()
            .filter_map(|(seq, owed)| {
                let at = owed.next_at?;
                let earlier = results
                    .range(..seq)
                    .any(|(_, other)| other.contact == owed.contact && waits(other));
                (!earlier).then_some((at, *seq))
            })
            .collect();
        due.sort_unstable();
        let next_at = due.first().map(|(at, _)| *at);
        due.retain(|(at, _)| *at <= now);
        due.truncate(limit);
        let due = due.into_iter().filter_map(|(_, seq)| self.result(seq));
        Ok(ResultsTurn {
            due: due.collect(),
            next_at,
            behind: false,
        })
    }

    fn results_given_up(&mut self) -> Result<Vec<ResultDue>, StoreError> {
        let given_up = self
            .exchange
            .results
            .iter()
            .filter(|(_, owed)| owed.given_up);
        Ok(given_up.filter_map(|(seq, _)| self.result(*seq)).collect())
    }

    fn resend_results(&mut self, seq: Option<i64>, now: Timestamp) -> Result<u64, StoreError> {
        let mut again = 0;
        for (known, owed) in &mut self.exchange.results {
            if owed.given_up && seq.is_none_or(|seq| seq == *known) {
                (owed.given_up, owed.tries, owed.next_at) = (false, 0, Some(now));
                again += 1;
            }
        }
        Ok(again)
    }

    fn caller_id_figures(
        &mut self,
        numbers: &[PhoneNumber],
        now: Timestamp,
    ) -> Result<Vec<CallerIdFigures>, StoreError> {
        Ok(numbers.iter().map(|id| self.figures(*id, now)).collect())
    }
}

impl MemoryStore {
    fn gather_results(&mut self, now: Timestamp) {
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

    fn result(&self, seq: i64) -> Option<ResultDue> {
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

    fn figures(&self, id: PhoneNumber, now: Timestamp) -> CallerIdFigures {
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
