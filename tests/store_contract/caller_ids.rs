//! Caller IDs that were blocked on the way.

use dialdeck::domain::{CallEventKind, CallerId, CallerIdState, PhoneNumber};
use dialdeck::store::Store;

use crate::world::*;

contract!(
    a_blocked_caller_id_rests,
    a_second_block_neither_extends_a_rest_nor_is_told,
);

fn a_blocked_caller_id_rests(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 2);
    let attempt = dial(store, contacts[0], now);
    let settled = settle(store, attempt.id, &rejected(608), now).unwrap();
    assert_eq!(settled.rested, Some(attempt.caller_id));
    let ends = now + dialdeck::policy::caller_id::REST;
    let blocked = shown_as(store, attempt.caller_id);
    assert_eq!(blocked.state, CallerIdState::Active);
    assert_eq!(blocked.rests(now), Some(ends));
    assert_eq!(blocked.rests(ends), None);
    let text = store.tail(0, 1000).unwrap();
    assert!(text.iter().any(|event| {
        event
            .line
            .contains(&format!("until {}", ends.to_the_second()))
    }));
    store.configure(&deck()).unwrap();
    assert_eq!(shown_as(store, attempt.caller_id), blocked);
    let next = dial(store, contacts[1], now + secs(5));
    assert_ne!(next.caller_id, attempt.caller_id);
    let active = CallerIdState::Active;
    store
        .set_caller_id_state(attempt.caller_id, active, &by(now))
        .unwrap();
    assert_eq!(shown_as(store, attempt.caller_id).rests_until, None);
}

fn a_second_block_neither_extends_a_rest_nor_is_told(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 4);
    // Both calls are up when the first is blocked.
    let first = dial(store, contacts[0], now);
    assert!(tell(store, first.id, CallEventKind::Sent, now));
    let mut second = None;
    for (contact, after) in contacts[1..].iter().zip([10, 20, 30]) {
        let at = now + secs(after);
        let attempt = dial(store, *contact, at);
        assert!(tell(store, attempt.id, CallEventKind::Sent, at));
        if attempt.caller_id == first.caller_id {
            second = Some(attempt);
        }
    }
    let second = second.unwrap();
    let now = now + secs(40);
    settle(store, first.id, &rejected(608), now).unwrap();
    let rests = shown_as(store, first.caller_id).rests_until;
    let head = store.snapshot(now).unwrap().head;
    let again = settle(store, second.id, &rejected(608), now + secs(60)).unwrap();
    assert_eq!(again.rested, None);
    assert_eq!(shown_as(store, first.caller_id).rests_until, rests);
    assert!(!kinds(store, head).contains(&"alert_raised".to_owned()));
}

fn shown_as(store: &mut impl Store, number: PhoneNumber) -> CallerId {
    let ids = store.settings().unwrap().unwrap().caller_ids;
    ids.into_iter().find(|id| id.number == number).unwrap()
}
