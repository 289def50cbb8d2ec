//! A clock that jumped, or is behind the log, over both stores.

use std::time::Duration;

use dialdeck::domain::{CallEventKind, ClockHeld, Timestamp};
use dialdeck::policy::{Context, HoldKind, Until};
use dialdeck::store::{Claimed, ClockAccepted, EngineStore};

use dialdeck_testkit::world::*;

contract!(
    a_jump_holds_until_it_is_accepted,
    an_accepted_clock_sets_the_log_back,
    there_may_be_nothing_to_accept,
);

const fn jump(at: Timestamp, seconds: i64) -> ClockHeld {
    ClockHeld { at, seconds }
}

fn a_jump_holds_until_it_is_accepted(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 1);
    let first = jump(morning(), 61);
    assert!(store.hold_clock(first).unwrap());
    assert!(!store.hold_clock(jump(morning(), -500)).unwrap());
    let held = store.snapshot(morning()).unwrap().clock_held;
    assert_eq!(
        held,
        Some(first),
        "the first one is what a person has to know"
    );
    let context = Context {
        clock_held: held,
        ..Context::default()
    };
    match store.claim(contacts[0], &context, morning()).unwrap() {
        Claimed::Held { hold, due } => {
            assert_eq!(hold.until, Until::Operator);
            assert_eq!(hold.reasons[0].kind, HoldKind::ClockJumped(first));
            assert_eq!(due, None);
        }
        other @ (Claimed::Dial(..) | Claimed::Refused(_) | Claimed::Stale) => panic!("{other:?}"),
    }
    let before = store.snapshot(morning()).unwrap().head;
    let accepted = store.accept_clock(Some("NTP"), &by(morning())).unwrap();
    let expected = ClockAccepted {
        log_until: None,
        held: Some(first),
        sends: 0,
        numbers: 0,
    };
    assert_eq!(accepted, Some(expected));
    assert_eq!(store.snapshot(morning()).unwrap().clock_held, None);
    assert_eq!(kinds(store, before), ["clock_accepted"]);
    dial(store, contacts[0], morning());
}

fn an_accepted_clock_sets_the_log_back(store: &mut impl EngineStore) {
    let (_, contacts) = running(store, 2);
    let later = morning() + Duration::from_hours(24 * 7);
    let attempt = dial(store, contacts[0], later);
    tell(store, attempt.id, CallEventKind::Sent, later);
    settle(store, attempt.id, &talked(), later + secs(30)).unwrap();
    let now = morning() + secs(60);
    let last = store.snapshot(now).unwrap().last_event_at.unwrap();
    let accepted = store.accept_clock(None, &by(now)).unwrap();
    let expected = ClockAccepted {
        log_until: Some(last),
        held: None,
        sends: 1,
        numbers: 1,
    };
    assert_eq!(accepted, Some(expected));
    let after = store.snapshot(now).unwrap();
    assert_eq!(after.last_event_at, Some(now));
    assert_eq!(after.clock_accepted, Some((after.head, now)));
    let mut used = |at| {
        let snapshot = store.snapshot(at).unwrap();
        let ids = snapshot.caller_ids.iter();
        ids.map(|id| id.sent_last_hour).sum::<u32>()
    };
    let counts = [now, now + secs(3_600), now + secs(3_601)].map(&mut used);
    assert_eq!(counts, [1, 1, 0], "the caps are over it in an hour");
    dial(store, contacts[1], now + secs(3_602));
    let newest = store.log_before(i64::MAX, 1).unwrap();
    assert_eq!(
        newest[0].at,
        now + secs(3_602),
        "the log goes on from there"
    );
}

fn there_may_be_nothing_to_accept(store: &mut impl EngineStore) {
    running(store, 1);
    let head = store.snapshot(morning()).unwrap().head;
    assert_eq!(store.accept_clock(None, &by(morning())).unwrap(), None);
    assert_eq!(store.snapshot(morning()).unwrap().head, head);
}
