//! Tests of the ledger at its edges and under random interleavings.

use proptest::prelude::*;

use super::*;
use crate::domain::DeckId;

const CAP: u32 = 7;
const HOURLY: u32 = 20;

fn entry(serial: i64) -> Entry {
    Entry {
        attempt: AttemptId {
            deck: DeckId(1),
            serial,
        },
        campaign: CampaignId(1),
        trunk: TrunkName("carrier".to_owned()),
        caller_id: PhoneNumber::from_digits(16_465_550_100).unwrap(),
        planned_at: ms(serial),
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
        assert_eq!(load.last_planned, Some(ms(1)), "not when it is sent");
    }
    ledger.sent(entry(1).attempt, ms(500_010));
    assert_eq!(campaign(&ledger, ms(560_010)).sent_last_minute, 1);
    let later = campaign(&ledger, ms(560_011));
    assert_eq!((later.in_flight, later.sent_last_minute), (1, 0));
    assert_eq!(later.last_planned, Some(ms(1)));
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
            last_planned: Some(ms(2)),
            ..Load::default()
        }
    );
}

#[test]
fn an_end_frees_the_slot_and_keeps_the_send() {
    let mut ledger = Ledger::default();
    ledger.reserve(entry(1));
    ledger.ended(entry(1).attempt, ms(100));
    ledger.ended(entry(1).attempt, ms(900));
    let load = campaign(&ledger, ms(1000));
    assert_eq!((load.in_flight, load.sent_last_minute), (0, 1));
    assert_eq!(load.last_planned, Some(ms(1)));
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
    assert_eq!(
        ledger.caller_id(entry(1).caller_id, 30, later),
        CallerIdLoad {
            last_used: Some(ms(0)),
            ..CallerIdLoad::default()
        }
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

/// Returns the most sends that any closed span of this length holds.
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
                    let frees = load.minute_frees_at.max(hour.hour_frees_at);
                    now = frees.map_or(now, |at| at.as_millis() - 1_000_000_000).max(now);
                }
                Step::Reserve => {
                    let minute = load.minute_frees_at.is_none();
                    if minute && hour.hour_frees_at.is_none() && load.in_flight < load.max_concurrent {
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
