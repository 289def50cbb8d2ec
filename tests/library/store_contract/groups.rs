//! Verbs that are committed together.

use dialdeck::domain::{AttemptState, CallEventKind, CampaignState, ContactState, Outcome};
use dialdeck::policy::Until;
use dialdeck::policy::retry::Next;
use dialdeck::store::{Claimed, EngineStore, StoreError};

use dialdeck_testkit::world::*;

contract!(
    a_failed_verb_leaves_the_group_unharmed,
    a_group_sees_what_it_has_done,
);

fn a_failed_verb_leaves_the_group_unharmed(store: &mut impl EngineStore) {
    let now = morning();
    let (id, contacts) = running(store, 2);
    store.begin().unwrap();
    let first = dial(store, contacts[0], now);
    tell(store, first.id, CallEventKind::Sent, now);
    let refused = store.move_campaign(id, CampaignState::Draft, "", &by(now));
    assert!(matches!(refused, Err(StoreError::IllegalMove { .. })));
    let second = dial(store, contacts[1], now + secs(5));
    assert_eq!(second.id.serial, 2);
    store.commit().unwrap();
    assert_eq!(store.open_attempts().unwrap().len(), 2);
    let load = store.snapshot(now + secs(5)).unwrap().campaigns[0].load;
    assert_eq!(load.in_flight, 2);
    check_counters(store, now + secs(5));
}

fn a_group_sees_what_it_has_done(store: &mut impl EngineStore) {
    let now = morning();
    let (_, one) = running(store, 2);
    let (_, other) = campaign(store, "recall", 1);
    store.begin().unwrap();
    let first = dial(store, one[0], now);
    tell(store, first.id, CallEventKind::Sent, now);
    let open = store.open_attempts().unwrap();
    assert_eq!(open[0].state, AttemptState::Sent);
    tell(store, first.id, CallEventKind::Ringing, now + secs(1));
    settle(store, first.id, &rejected(486), now + secs(5)).unwrap();
    // The contact with that number is now held by the attempt's age, no longer by a call in flight.
    let Claimed::Held { hold, .. } = claim(store, other[0], now + secs(6)) else {
        panic!("dialed again at once");
    };
    assert!(
        hold.reasons
            .iter()
            .all(|reason| reason.until != Until::CallEnds)
    );
    let second = dial(store, one[1], now + secs(9));
    store
        .suppress(&[opted_out(number(1), now + secs(9))])
        .unwrap();
    let settled = settle(store, second.id, &rejected(486), now + secs(12)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
    store.commit().unwrap();
    let of_first = store.attempts_of(one[0]).unwrap().remove(0);
    assert_eq!(of_first.sent_at, Some(now));
    assert_eq!(of_first.ringing_at, Some(now + secs(1)));
    assert_eq!(of_first.outcome, Some(Outcome::Busy));
    assert!(store.open_attempts().unwrap().is_empty());
    check_counters(store, now + secs(12));
}
