//! The ledger: exact counts of calls in flight and of sends.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::{HOUR, MINUTE};
use crate::domain::{AttemptId, CampaignId, PhoneNumber, Timestamp, TrunkName};
use crate::policy::Load;
use crate::policy::caps::leaves;

/// What the ledger must know of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its trunk.
    pub trunk: TrunkName,
    /// The number shown.
    pub caller_id: PhoneNumber,
    /// The callee.
    pub number: PhoneNumber,
    /// When it was planned.
    pub planned_at: Timestamp,
}

/// Exact counts of calls in flight and of sends per deck, trunk, campaign and caller ID.
///
/// Rebuilt from the attempts at start. An attempt that is reserved and not known to be sent counts
/// as sent *now* until it is marked sent or released. One whose fate became unknown is to be marked
/// sent at the instant this was noticed: it cannot have left later.
///
/// Both ends of a window belong to it: sends at 0 s and at 60 s are two in one minute.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    slots: BTreeMap<AttemptId, Slot>,
    numbers: BTreeMap<PhoneNumber, AttemptId>,
    deck: Use,
    trunks: BTreeMap<TrunkName, Use>,
    campaigns: BTreeMap<CampaignId, Use>,
    caller_ids: BTreeMap<PhoneNumber, Use>,
}

/// An attempt in flight and when it was sent, if that is known.
#[derive(Clone, Debug)]
struct Slot {
    entry: Entry,
    sent: Option<Timestamp>,
}

/// Use of one capped thing.
#[derive(Clone, Debug, Default)]
struct Use {
    in_flight: u32,
    /// Of these, not known to be sent.
    pending: u32,
    /// Known sends, oldest first.
    sends: VecDeque<Timestamp>,
    /// When an attempt was last planned.
    planned: Option<Timestamp>,
}

impl Ledger {
    /// Takes a slot; the send counts as now from here on. An attempt that has one keeps it.
    pub fn reserve(&mut self, entry: Entry) {
        if self.slots.contains_key(&entry.attempt) {
            return;
        }
        self.each(&entry, |used, _| {
            used.in_flight += 1;
            used.pending += 1;
        });
        self.planned(&entry);
        self.numbers.insert(entry.number, entry.attempt);
        self.slots.insert(entry.attempt, Slot { entry, sent: None });
    }

    /// The request left at `at`. Only the first word on this counts.
    pub fn sent(&mut self, attempt: AttemptId, at: Timestamp) {
        let Some(slot) = self.slots.get_mut(&attempt) else {
            return;
        };
        if slot.sent.is_some() {
            return;
        }
        slot.sent = Some(at);
        let entry = slot.entry.clone();
        self.each(&entry, |used, keep| {
            used.pending -= 1;
            used.add(at, keep);
        });
    }

    /// Over: the slot is free, the send stays counted. An attempt never marked sent counts from `at`.
    pub fn ended(&mut self, attempt: AttemptId, at: Timestamp) {
        self.sent(attempt, at);
        self.release(attempt);
    }

    /// Certainly never sent: slot and send are given back.
    pub fn never_sent(&mut self, attempt: AttemptId) {
        let Some(slot) = self.release(attempt) else {
            return;
        };
        self.each(&slot.entry, |used, _| match slot.sent {
            None => used.pending -= 1,
            Some(at) => used.remove(at),
        });
    }

    /// Notes when an attempt was planned, whatever became of it; a reservation notes it by itself.
    pub fn planned(&mut self, entry: &Entry) {
        self.each(entry, |used, _| {
            used.planned = used.planned.max(Some(entry.planned_at));
        });
    }

    /// A past send of an ended attempt, for rebuilding.
    pub fn past_send(&mut self, entry: &Entry, at: Timestamp) {
        self.each(entry, |used, keep| used.add(at, keep));
    }

    /// Load of the deck, which has no cap per minute.
    pub fn deck(&self, max_concurrent: u32, now: Timestamp) -> Load {
        self.deck.load(max_concurrent, 0, now)
    }

    /// Load of a trunk; `per_minute` 0 means no cap.
    pub fn trunk(
        &self,
        trunk: &TrunkName,
        max_concurrent: u32,
        per_minute: u32,
        now: Timestamp,
    ) -> Load {
        load_of(self.trunks.get(trunk), max_concurrent, per_minute, now)
    }

    /// Load of a campaign; `per_minute` 0 means no cap.
    pub fn campaign(
        &self,
        id: CampaignId,
        max_concurrent: u32,
        per_minute: u32,
        now: Timestamp,
    ) -> Load {
        load_of(self.campaigns.get(&id), max_concurrent, per_minute, now)
    }

    /// Sends of a caller ID in the last 60 minutes, when the next is possible under `cap` (`None`:
    /// now), last use.
    pub fn caller_id(
        &self,
        number: PhoneNumber,
        cap: u32,
        now: Timestamp,
    ) -> (u32, Option<Timestamp>, Option<Timestamp>) {
        match self.caller_ids.get(&number) {
            None => (0, None, None),
            Some(used) => (
                used.count(HOUR, now),
                used.frees_at(HOUR, cap, now),
                used.last(now),
            ),
        }
    }

    /// Whether a call to the number is in flight.
    pub fn in_flight_to(&self, number: PhoneNumber) -> Option<AttemptId> {
        self.numbers.get(&number).copied()
    }

    /// Attempts reserved and not known to be sent, of a campaign or to a number.
    pub fn unsent(&self) -> impl Iterator<Item = &Entry> {
        self.slots
            .values()
            .filter(|slot| slot.sent.is_none())
            .map(|slot| &slot.entry)
    }

    /// Forgets sends older than an hour.
    pub fn forget_before(&mut self, now: Timestamp) {
        self.deck.prune(KEEP_MINUTE, now);
        prune_all(&mut self.trunks, KEEP_MINUTE, now);
        prune_all(&mut self.campaigns, KEEP_MINUTE, now);
        prune_all(&mut self.caller_ids, KEEP_HOUR, now);
    }

    fn release(&mut self, attempt: AttemptId) -> Option<Slot> {
        let slot = self.slots.remove(&attempt)?;
        self.each(&slot.entry, |used, _| used.in_flight -= 1);
        if self.numbers.get(&slot.entry.number) == Some(&attempt) {
            self.numbers.remove(&slot.entry.number);
        }
        Some(slot)
    }

    /// Does the same to everything the attempt uses; the second argument is how long its sends
    /// matter.
    fn each(&mut self, entry: &Entry, mut act: impl FnMut(&mut Use, Duration)) {
        act(&mut self.deck, KEEP_MINUTE);
        if let Some(used) = self.trunks.get_mut(&entry.trunk) {
            act(used, KEEP_MINUTE);
        } else {
            act(
                self.trunks.entry(entry.trunk.clone()).or_default(),
                KEEP_MINUTE,
            );
        }
        act(
            self.campaigns.entry(entry.campaign).or_default(),
            KEEP_MINUTE,
        );
        act(
            self.caller_ids.entry(entry.caller_id).or_default(),
            KEEP_HOUR,
        );
    }
}

/// How long sends are kept: their window, and a margin for sends reported late.
const KEEP_MINUTE: Duration = Duration::from_mins(2);
const KEEP_HOUR: Duration = Duration::from_mins(61);

impl Use {
    fn load(&self, max_concurrent: u32, per_minute: u32, now: Timestamp) -> Load {
        Load {
            in_flight: self.in_flight,
            max_concurrent,
            sent_last_minute: self.count(MINUTE, now),
            calls_per_minute: per_minute,
            minute_frees_at: self.frees_at(MINUTE, per_minute, now),
            // What was planned longer ago spaces nothing, and is not read again after a restart.
            last_planned: self.planned.filter(|at| now < *at + HOUR),
        }
    }

    /// Where the sends begin that the window ending at `now` holds.
    fn start(&self, span: Duration, now: Timestamp) -> usize {
        self.sends.partition_point(|at| leaves(*at, span) <= now)
    }

    fn count(&self, span: Duration, now: Timestamp) -> u32 {
        let known = self.sends.len() - self.start(span, now);
        u32::try_from(known)
            .unwrap_or(u32::MAX)
            .saturating_add(self.pending)
    }

    /// When a window with `cap` or more sends has room; `None`: now, or there is no cap.
    fn frees_at(&self, span: Duration, cap: u32, now: Timestamp) -> Option<Timestamp> {
        let over = self.count(span, now).checked_sub(cap).filter(|_| cap > 0)?;
        let place = self.start(span, now) + usize::try_from(over).unwrap_or(usize::MAX);
        let oldest = self.sends.get(place).copied().unwrap_or(now);
        Some(leaves(oldest, span))
    }

    fn last(&self, now: Timestamp) -> Option<Timestamp> {
        if self.pending > 0 {
            return Some(now);
        }
        self.sends.back().copied()
    }

    fn add(&mut self, at: Timestamp, keep: Duration) {
        let place = self.sends.partition_point(|other| *other <= at);
        self.sends.insert(place, at);
        if let Some(newest) = self.sends.back().copied() {
            self.prune(keep, newest);
        }
    }

    fn remove(&mut self, at: Timestamp) {
        let place = self.sends.partition_point(|other| *other < at);
        if self.sends.get(place) == Some(&at) {
            self.sends.remove(place);
        }
    }

    /// Drops what no window reaches any more, all but the newest, which tells the last use.
    fn prune(&mut self, keep: Duration, now: Timestamp) {
        while self.sends.len() > 1 && self.sends.front().is_some_and(|at| *at + keep < now) {
            self.sends.pop_front();
        }
    }
}

fn load_of(used: Option<&Use>, max_concurrent: u32, per_minute: u32, now: Timestamp) -> Load {
    match used {
        Some(used) => used.load(max_concurrent, per_minute, now),
        None => Load {
            max_concurrent,
            calls_per_minute: per_minute,
            ..Load::default()
        },
    }
}

fn prune_all<K: Ord>(all: &mut BTreeMap<K, Use>, keep: Duration, now: Timestamp) {
    for used in all.values_mut() {
        used.prune(keep, now);
    }
}
