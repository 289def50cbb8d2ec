//! Caller IDs whose calls were blocked on the way.

use std::time::Duration;

use dialdeck::domain::{
    CallEventKind, CallReport, CallerId, CallerIdState, ContactId, ContactState, PhoneNumber,
    Timestamp,
};
use dialdeck::policy::caller_id::{NOT_AGAIN, REST};
use dialdeck::policy::retry::Next;
use dialdeck::policy::{Context, Decision, HoldKind, Scope, explain};
use dialdeck::store::{Acts as _, Claimed, DeckSettings, EngineStore, Settled};

use dialdeck_testkit::world::*;

contract!(
    a_block_is_about_one_callee_for_a_day,
    a_caller_id_rests_after_blocks_of_several_callees,
    a_few_blocks_among_many_calls_rest_no_caller_id,
    what_its_provider_says_is_not_ours_rests_at_once,
    a_rest_is_neither_extended_nor_told_again,
    a_603_that_never_rang_puts_nobody_on_a_list,
);

/// Returns a deck that shows only the first of its numbers.
fn one_number() -> DeckSettings {
    let mut deck = deck();
    deck.caller_ids.truncate(1);
    deck
}

fn blocked(
    store: &mut impl EngineStore,
    contact: ContactId,
    now: Timestamp,
) -> (Settled, PhoneNumber) {
    let attempt = dial(store, contact, now);
    let settled = settle(store, attempt.id, &rejected(608), now).unwrap();
    (settled, attempt.caller_id)
}

/// Makes the contact ready at its next time, and returns that time.
fn again(store: &mut impl EngineStore, settled: &Settled) -> Timestamp {
    let Some(Next::Retry(due)) = settled.next else {
        panic!("no retry: {settled:?}");
    };
    store.promote_due(due, 10).unwrap();
    due
}

fn a_block_is_about_one_callee_for_a_day(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let (settled, first) = blocked(store, ids[0], morning());
    assert_eq!(settled.rested, None);
    assert_eq!(shown_as(store, first).rests_until, None);
    let now = again(store, &settled);
    let (settled, second) = blocked(store, ids[0], now);
    assert_ne!(second, first, "another number is shown");
    let now = again(store, &settled);
    // The first caller ID is the least used, and other callees see it.
    store.configure(&one_number()).unwrap();
    let mut gate = None;
    store
        .examine(ids[0], &Context::default(), now, &mut |facts| {
            let (decision, checks) = explain(facts, now);
            assert!(matches!(decision, Decision::Hold(_)), "{decision:?}");
            gate = checks.into_iter().find(|check| check.gate == "caller id");
        })
        .unwrap();
    let saw = gate.unwrap().saw;
    assert!(saw.contains("1 not shown to this callee"), "{saw}");
    let Claimed::Held { hold, due } = claim(store, ids[0], now) else {
        panic!("not held");
    };
    assert_eq!(hold.reasons[0].kind, HoldKind::CallerIdsBlocked);
    assert_eq!(hold.scope, Scope::Contact);
    assert_eq!(due, Some(morning() + NOT_AGAIN));
    let other = dial(store, ids[1], now + secs(1));
    assert_eq!(other.caller_id, first);
    tell(store, other.id, CallEventKind::Sent, now + secs(1));
    let next_day = morning() + NOT_AGAIN + secs(1);
    store.promote_due(next_day, 10).unwrap();
    assert_eq!(dial(store, ids[0], next_day).caller_id, first);
}

fn a_caller_id_rests_after_blocks_of_several_callees(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 5);
    store.configure(&one_number()).unwrap();
    let mut now = morning();
    for contact in &ids[..4] {
        assert_eq!(blocked(store, *contact, now).0.rested, None);
        now = now + secs(10);
    }
    let (settled, number) = blocked(store, ids[4], now);
    assert_eq!(settled.rested, Some(number));
    let ends = now + REST;
    let rests = shown_as(store, number);
    assert_eq!(rests.state, CallerIdState::Active);
    assert_eq!((rests.rests(now), rests.rests(ends)), (Some(ends), None));
    let told = format!("until {}", ends.to_the_second());
    let log = store.tail(0, 1000).unwrap();
    assert!(log.iter().any(|event| event.line.contains(&told)));
    store.configure(&one_number()).unwrap();
    assert_eq!(shown_as(store, number), rests);
    let active = CallerIdState::Active;
    store.set_caller_id_state(number, active, &by(now)).unwrap();
    assert_eq!(shown_as(store, number).rests_until, None);
}

/// Four callees in 48 whose calls are always blocked, with any caller ID.
fn a_few_blocks_among_many_calls_rest_no_caller_id(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 48);
    let mut now = morning();
    for (place, contact) in ids.iter().enumerate() {
        now = now + secs(20);
        if place % 12 == 0 {
            assert_eq!(blocked(store, *contact, now).0.rested, None);
        } else {
            call(store, *contact, &talked(), now);
        }
    }
    // One more call to each of them, from another number.
    now = now + Duration::from_mins(30);
    for _ in 0..4 {
        now = now + secs(20);
        let due = store.promote_due(now, 1).unwrap();
        assert_eq!(blocked(store, due[0].contact, now).0.rested, None);
    }
    let settings = store.settings().unwrap().unwrap();
    assert!(settings.caller_ids.iter().all(|id| id.rests(now).is_none()));
}

fn what_its_provider_says_is_not_ours_rests_at_once(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 1);
    let refused = ended(dialdeck::domain::CallEnd::CallerIdRefused);
    let settled = call(store, ids[0], &refused, morning());
    assert!(settled.rested.is_some());
}

fn a_rest_is_neither_extended_nor_told_again(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 9);
    store.configure(&one_number()).unwrap();
    let mut now = morning();
    let mut calls = Vec::new();
    for contact in &ids[..4] {
        now = now + secs(10);
        blocked(store, *contact, now);
    }
    // All the others are up when the next is blocked.
    for contact in &ids[4..] {
        now = now + secs(10);
        let attempt = dial(store, *contact, now);
        tell(store, attempt.id, CallEventKind::Sent, now);
        calls.push(attempt.id);
    }
    let mut rested = Vec::new();
    for id in &calls {
        rested.extend(settle(store, *id, &rejected(608), now).unwrap().rested);
    }
    assert_eq!(rested.len(), 1);
    let alerts = kinds(store, 0);
    let alerts = alerts.iter().filter(|kind| *kind == "alert_raised");
    assert_eq!(alerts.count(), 1);
    assert_eq!(shown_as(store, rested[0]).rests_until, Some(now + REST));
}

fn a_603_that_never_rang_puts_nobody_on_a_list(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 4);
    let declined = |rang, in_burst| CallReport {
        rang,
        in_burst,
        ..rejected(603)
    };
    let mut now = morning();
    for (place, report) in (0u64..).zip([
        declined(Some(false), false),
        declined(None, true),
        declined(Some(true), true),
    ]) {
        now = now + secs(20);
        let contact = ids[usize::try_from(place).unwrap()];
        let settled = call(store, contact, &report, now);
        assert!(matches!(settled.next, Some(Next::Retry(_))), "{settled:?}");
        assert!(store.suppressions_of(number(place)).unwrap().is_empty());
        let kept = store.contacts_with(number(place)).unwrap().remove(0);
        assert!(matches!(kept.state, ContactState::Waiting(_)), "{kept:?}");
        assert_eq!(kept.attempts, 1);
    }
    // Whether it rang is not known, so the number is neither called again nor suppressed.
    let unproven = call(store, ids[3], &declined(None, false), now + secs(20));
    let end = Some(Next::Finish(ContactState::Exhausted));
    assert_eq!(unproven.next, end);
    assert!(store.suppressions_of(number(3)).unwrap().is_empty());
}

/// One program is killed, another opens its deck.
#[test]
fn what_was_blocked_is_known_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut now = morning();
    let (contacts, number) = {
        let mut store = sqlite_engine(&folder);
        let (_, ids) = running(&mut store, 5);
        store.configure(&one_number()).unwrap();
        let (first, number) = blocked(&mut store, ids[0], now);
        for (contact, after) in ids[1..4].iter().zip([10, 20, 30]) {
            blocked(&mut store, *contact, now + secs(after));
        }
        now = again(&mut store, &first);
        (ids, number)
    };
    let mut store = sqlite_engine(&folder);
    let Claimed::Held { hold, due } = claim(&mut store, contacts[0], now) else {
        panic!("not held");
    };
    assert_eq!(hold.reasons[0].kind, HoldKind::CallerIdsBlocked);
    assert_eq!(due, Some(morning() + NOT_AGAIN));
    let (last, _) = blocked(&mut store, contacts[4], now);
    assert_eq!(last.rested, Some(number));
}

fn shown_as(store: &mut impl EngineStore, number: PhoneNumber) -> CallerId {
    let ids = store.settings().unwrap().unwrap().caller_ids;
    ids.into_iter().find(|id| id.number == number).unwrap()
}
