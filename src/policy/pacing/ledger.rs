//! The ledger: exact counts of calls in flight and of sends.

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

    /// Sends of a caller ID in the last 60 minutes, when the next is possible under `cap` (`None`: now), last use.
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

    /// Does the same to everything the attempt uses; the second argument is how long its sends matter.
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
            last_send: self.last(now),
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::DeckId;

    const CAP: u32 = 7;
    const HOURLY: u32 = 20;

    fn entry(serial: i64) -> Entry {
        let digits = |base: u64| PhoneNumber::from_digits(base).unwrap();
        Entry {
            attempt: AttemptId {
                deck: DeckId(1),
                serial,
            },
            campaign: CampaignId(1),
            trunk: TrunkName("carrier".to_owned()),
            caller_id: digits(16_465_550_100),
            number: digits(12_125_550_100 + u64::try_from(serial).unwrap() % 100),
        }
    }

    fn ms(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000_000 + millis)
    }

    fn campaign(ledger: &Ledger, now: Timestamp) -> Load {
        ledger.campaign(CampaignId(1), 5, CAP, now)
    }

    #[test]
    fn a_reserved_attempt_counts_as_now_until_it_is_sent() {
        let mut ledger = Ledger::default();
        ledger.reserve(entry(1));
        for now in [ms(0), ms(500_000)] {
            let load = campaign(&ledger, now);
            assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
            assert_eq!(load.last_send, Some(now));
        }
        assert_eq!(ledger.unsent().count(), 1);
        ledger.sent(entry(1).attempt, ms(500_010));
        assert_eq!(ledger.unsent().count(), 0);
        assert_eq!(campaign(&ledger, ms(560_010)).sent_last_minute, 1);
        let later = campaign(&ledger, ms(560_011));
        assert_eq!((later.in_flight, later.sent_last_minute), (1, 0));
        assert_eq!(later.last_send, Some(ms(500_010)));
    }

    #[test]
    fn never_sent_gives_slot_and_send_back_once() {
        let mut ledger = Ledger::default();
        ledger.reserve(entry(1));
        ledger.reserve(entry(2));
        ledger.sent(entry(2).attempt, ms(3));
        for _ in 0..2 {
            ledger.never_sent(entry(1).attempt);
            ledger.never_sent(entry(2).attempt);
        }
        assert_eq!(
            campaign(&ledger, ms(5)),
            Load {
                max_concurrent: 5,
                calls_per_minute: CAP,
                ..Load::default()
            }
        );
        assert_eq!(ledger.in_flight_to(entry(1).number), None);
    }

    #[test]
    fn an_end_frees_the_slot_and_keeps_the_send() {
        let mut ledger = Ledger::default();
        ledger.reserve(entry(1));
        assert_eq!(ledger.in_flight_to(entry(1).number), Some(entry(1).attempt));
        ledger.ended(entry(1).attempt, ms(100));
        ledger.ended(entry(1).attempt, ms(900));
        let load = campaign(&ledger, ms(1000));
        assert_eq!((load.in_flight, load.sent_last_minute), (0, 1));
        assert_eq!(load.last_send, Some(ms(100)));
        assert_eq!(ledger.in_flight_to(entry(1).number), None);
    }

    #[test]
    fn the_minute_frees_when_the_oldest_of_the_last_n_leaves() {
        let mut ledger = Ledger::default();
        for send in 0..9 {
            ledger.past_send(&entry(send), ms(send * 1000));
        }
        let load = campaign(&ledger, ms(10_000));
        assert_eq!(load.sent_last_minute, 9);
        // Seven fit: the third send of nine has to leave before an eighth may follow it.
        assert_eq!(load.minute_frees_at, Some(ms(62_001)));
        assert_eq!(campaign(&ledger, ms(62_000)).sent_last_minute, 7);
        let room = campaign(&ledger, ms(62_001));
        assert_eq!((room.sent_last_minute, room.minute_frees_at), (6, None));
    }

    #[test]
    fn rebuilding_in_any_order_is_the_same() {
        let (mut forth, mut back) = (Ledger::default(), Ledger::default());
        for send in 0..50 {
            forth.past_send(&entry(1), ms(send * 1000));
            back.past_send(&entry(1), ms((49 - send) * 1000));
        }
        let now = ms(49_000);
        assert_eq!(campaign(&forth, now), campaign(&back, now));
        assert_eq!(
            forth.caller_id(entry(1).caller_id, 30, now),
            back.caller_id(entry(1).caller_id, 30, now)
        );
    }

    #[test]
    fn the_last_use_outlives_the_hour() {
        let mut ledger = Ledger::default();
        ledger.past_send(&entry(1), ms(0));
        let later = ms(10 * 3_600_000);
        ledger.forget_before(later);
        assert_eq!(
            ledger.caller_id(entry(1).caller_id, 30, later),
            (0, None, Some(ms(0)))
        );
    }

    /// What happens to the attempts, one step each.
    #[derive(Clone, Debug)]
    enum Step {
        Wait(i64),
        WaitUntilFree,
        Reserve,
        Sent(usize),
        End(usize),
        NeverSent(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            2 => (0i64..20_000).prop_map(Step::Wait),
            2 => Just(Step::WaitUntilFree),
            6 => Just(Step::Reserve),
            5 => (0usize..8).prop_map(Step::Sent),
            4 => (0usize..8).prop_map(Step::End),
            1 => (0usize..8).prop_map(Step::NeverSent),
        ]
    }

    /// The most sends that any closed span of this length holds.
    fn fullest(sends: &[i64], span: i64) -> usize {
        let held = |from: &i64| {
            let inside = |at: &&i64| **at >= *from && **at <= *from + span;
            sends.iter().filter(inside).count()
        };
        sends.iter().map(held).max().unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_span_ever_holds_more_sends_than_its_cap(
            steps in proptest::collection::vec(step(), 1..400),
        ) {
            let mut ledger = Ledger::default();
            let mut now = 0;
            let mut next = 0;
            // Attempts in flight, and whether each is sent; sends that reached the carrier.
            let mut open: Vec<(i64, bool)> = Vec::new();
            let mut sends: Vec<i64> = Vec::new();
            for step in steps {
                let load = campaign(&ledger, ms(now));
                let hour = ledger.caller_id(entry(0).caller_id, HOURLY, ms(now));
                prop_assert_eq!(usize::try_from(load.in_flight).unwrap(), open.len());
                prop_assert_eq!(load.minute_frees_at.is_none(), load.sent_last_minute < CAP);
                match step {
                    Step::Wait(by) => now += by,
                    Step::WaitUntilFree => {
                        let frees = load.minute_frees_at.max(hour.1);
                        now = frees.map_or(now, |at| at.as_millis() - 1_000_000_000).max(now);
                    }
                    Step::Reserve => {
                        let minute = load.minute_frees_at.is_none();
                        if minute && hour.1.is_none() && load.in_flight < load.max_concurrent {
                            next += 1;
                            ledger.reserve(entry(next));
                            open.push((next, false));
                        }
                    }
                    Step::Sent(place) => {
                        if let Some((serial, sent @ false)) = open.get_mut(place) {
                            *sent = true;
                            ledger.sent(entry(*serial).attempt, ms(now));
                            sends.push(now);
                        }
                    }
                    Step::End(place) => {
                        if place < open.len() {
                            let (serial, sent) = open.remove(place);
                            ledger.ended(entry(serial).attempt, ms(now));
                            if !sent {
                                sends.push(now);
                            }
                        }
                    }
                    Step::NeverSent(place) => {
                        if open.get(place).is_some_and(|(_, sent)| !sent) {
                            let (serial, _) = open.remove(place);
                            ledger.never_sent(entry(serial).attempt);
                        }
                    }
                }
            }
            prop_assert!(fullest(&sends, 60_000) <= usize::try_from(CAP).unwrap());
            prop_assert!(fullest(&sends, 3_600_000) <= usize::try_from(HOURLY).unwrap());
        }
    }
}
