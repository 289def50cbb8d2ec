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
    /// The id of the attempt.
    pub attempt: AttemptId,
    /// The campaign of the attempt.
    pub campaign: CampaignId,
    /// The trunk of the attempt.
    pub trunk: TrunkName,
    /// The number shown to the callee.
    pub caller_id: PhoneNumber,
    /// When the attempt was reserved.
    pub planned_at: Timestamp,
}

/// Exact counts of calls in flight and of sends per deck, trunk, campaign and caller ID.
///
/// Rebuilt from the attempts at start. An attempt that is reserved and not known to be sent counts as sent
/// *now* until it is marked sent or released. Mark one whose fate became unknown as sent at the instant at
/// which this was noticed, because it cannot have left later.
///
/// Both ends of a window belong to it: sends at 0 s and at 60 s are two in one minute.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::{AttemptId, CampaignId, DeckId, Timestamp, TrunkName};
/// use dialdeck_core::policy::pacing::{Entry, Ledger};
///
/// let now: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let attempt = AttemptId { deck: DeckId(1), serial: 1 };
/// let mut ledger = Ledger::default();
/// ledger.reserve(Entry {
///     attempt,
///     campaign: CampaignId(1),
///     trunk: TrunkName("carrier".to_owned()),
///     caller_id: "+16465550100".parse()?,
///     planned_at: now,
/// });
/// assert_eq!(ledger.deck(10, now).in_flight, 1);
/// ledger.ended(attempt, now);
/// let load = ledger.deck(10, now);
/// assert_eq!((load.in_flight, load.sent_last_minute), (0, 1));
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    slots: BTreeMap<AttemptId, Slot>,
    deck: Use,
    trunks: BTreeMap<TrunkName, Use>,
    campaigns: BTreeMap<CampaignId, Use>,
    caller_ids: BTreeMap<PhoneNumber, Use>,
}

/// The use of a caller ID.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallerIdLoad {
    /// The sends that showed it in the last 60 minutes.
    pub sent_last_hour: u32,
    /// When the next send is possible. `None` if it is now.
    pub hour_frees_at: Option<Timestamp>,
    /// The last send that showed it.
    pub last_used: Option<Timestamp>,
}

/// An attempt in flight and when it was sent, if that is known.
#[derive(Clone, Debug)]
struct Slot {
    entry: Entry,
    sent: Option<Timestamp>,
}

/// The use of one capped thing.
#[derive(Clone, Debug, Default)]
struct Use {
    in_flight: u32,
    /// Those of them that are not known to be sent.
    pending: u32,
    /// Known sends, oldest first.
    sends: VecDeque<Timestamp>,
    /// When an attempt was last reserved.
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
        self.slots.insert(entry.attempt, Slot { entry, sent: None });
    }

    /// Records that the request left at `at`. Only the first report of a send counts.
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

    /// Frees the slot of an attempt that is over; the send stays counted. An attempt never marked sent counts
    /// from `at`.
    pub fn ended(&mut self, attempt: AttemptId, at: Timestamp) {
        self.sent(attempt, at);
        self.release(attempt);
    }

    /// Frees the slot of an attempt that was certainly never sent, and removes its send from the counts.
    pub fn never_sent(&mut self, attempt: AttemptId) {
        let Some(slot) = self.release(attempt) else {
            return;
        };
        self.each(&slot.entry, |used, _| match slot.sent {
            None => used.pending -= 1,
            Some(at) => used.remove(at),
        });
    }

    /// Records when an attempt was reserved, even if it was never sent; [`Ledger::reserve`] records it too.
    pub fn planned(&mut self, entry: &Entry) {
        self.each(entry, |used, _| {
            used.planned = used.planned.max(Some(entry.planned_at));
        });
    }

    /// Adds a past send of an ended attempt, to rebuild the ledger.
    pub fn past_send(&mut self, entry: &Entry, at: Timestamp) {
        self.each(entry, |used, keep| used.add(at, keep));
    }

    /// Returns the load of the deck, which has no cap per minute.
    pub fn deck(&self, max_concurrent: u32, now: Timestamp) -> Load {
        self.deck.load(max_concurrent, 0, now)
    }

    /// Returns the load of a trunk; `per_minute` 0 means no cap.
    pub fn trunk(
        &self,
        trunk: &TrunkName,
        max_concurrent: u32,
        per_minute: u32,
        now: Timestamp,
    ) -> Load {
        load_of(self.trunks.get(trunk), max_concurrent, per_minute, now)
    }

    /// Returns the load of a campaign; `per_minute` 0 means no cap.
    pub fn campaign(
        &self,
        id: CampaignId,
        max_concurrent: u32,
        per_minute: u32,
        now: Timestamp,
    ) -> Load {
        load_of(self.campaigns.get(&id), max_concurrent, per_minute, now)
    }

    /// Returns the use of a caller ID under an hourly `cap`.
    pub fn caller_id(&self, number: PhoneNumber, cap: u32, now: Timestamp) -> CallerIdLoad {
        let used = self.caller_ids.get(&number);
        used.map_or_else(CallerIdLoad::default, |used| CallerIdLoad {
            sent_last_hour: used.count(HOUR, now),
            hour_frees_at: used.frees_at(HOUR, cap, now),
            last_used: used.last(now),
        })
    }

    fn release(&mut self, attempt: AttemptId) -> Option<Slot> {
        let slot = self.slots.remove(&attempt)?;
        self.each(&slot.entry, |used, _| used.in_flight -= 1);
        Some(slot)
    }

    /// Calls `act` for everything that the attempt uses. The second argument is how long its sends are kept.
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
            // An older reservation spaces nothing, and is not read again after a restart.
            last_planned: self.planned.filter(|at| now < *at + HOUR),
        }
    }

    /// Returns the index of the first send in the window that ends at `now`.
    fn start(&self, span: Duration, now: Timestamp) -> usize {
        self.sends.partition_point(|at| leaves(*at, span) <= now)
    }

    fn count(&self, span: Duration, now: Timestamp) -> u32 {
        let known = self.sends.len() - self.start(span, now);
        u32::try_from(known)
            .unwrap_or(u32::MAX)
            .saturating_add(self.pending)
    }

    /// Returns when a window with `cap` or more sends has room. `None` if it has room, or if there is no cap.
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

    /// Removes the sends that no window reaches, except the newest, which is the last use.
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
