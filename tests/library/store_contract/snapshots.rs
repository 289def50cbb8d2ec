//! What the snapshot of a deck shows of trunks and alerts.

use dialdeck::domain::CallEventKind;
use dialdeck::domain::event::{AlertRaised, DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::store::EngineStore;

use dialdeck_testkit::world::*;

contract!(
    a_reset_trunk_is_in_the_next_snapshot,
    alerts_are_in_the_snapshot,
    an_alert_that_somebody_has_seen_to_leaves_the_snapshot,
    sends_are_counted_to_the_end_of_the_log_while_the_clock_is_behind_it,
);

fn a_reset_trunk_is_in_the_next_snapshot(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 1);
    assert_eq!(store.snapshot(now).unwrap().trunk_resets.len(), 0);
    let trunk = deck().trunks.remove(0).name;
    for times in 1..=2 {
        assert!(store.reset_trunk(&trunk, &by(now)).unwrap());
        let resets = store.snapshot(now).unwrap().trunk_resets;
        assert_eq!(resets.get(&trunk), Some(&times));
    }
    let head = store.snapshot(now).unwrap().head;
    let nobody = dialdeck::domain::TrunkName("nobody".to_owned());
    assert!(!store.reset_trunk(&nobody, &by(now)).unwrap());
    assert_eq!(store.snapshot(now).unwrap().head, head);
}

fn alert() -> EventData {
    EventData::AlertRaised(AlertRaised::program_failed("why"))
}

fn closed() -> EventData {
    let ending = DeckEnding::AtRest;
    EventData::DeckClosed(DeckClosed { ending })
}

fn alerts_are_in_the_snapshot(store: &mut impl EngineStore) {
    let now = morning();
    for place in 0..25 {
        let at = now + secs(place);
        store.append(&NewEvent::new(at, "engine", alert())).unwrap();
    }
    store
        .append(&NewEvent::new(now, "engine", closed()))
        .unwrap();
    let snapshot = store.snapshot(now).unwrap();
    assert_eq!(snapshot.alerts.len(), 20);
    assert_eq!((snapshot.alerts[0].seq, snapshot.head), (25, 26));
    assert_eq!(snapshot.last_event_at, Some(now + secs(24)));
    assert_eq!(store.tail(24, 1).unwrap()[0].seq, 25);
}

fn an_alert_that_somebody_has_seen_to_leaves_the_snapshot(store: &mut impl EngineStore) {
    let now = morning();
    for data in [alert(), closed(), alert()] {
        store.append(&NewEvent::new(now, "engine", data)).unwrap();
    }
    assert!(store.acknowledge(1, &by(now)).unwrap());
    assert!(!store.acknowledge(1, &by(now)).unwrap());
    assert!(!store.acknowledge(2, &by(now)).unwrap());
    assert!(!store.acknowledge(9, &by(now)).unwrap());
    let snapshot = store.snapshot(now).unwrap();
    let seqs: Vec<i64> = snapshot.alerts.iter().map(|alert| alert.seq).collect();
    assert_eq!((seqs, snapshot.head), (vec![3], 3));
}

fn sends_are_counted_to_the_end_of_the_log_while_the_clock_is_behind_it(
    store: &mut impl EngineStore,
) {
    let now = morning();
    let (_, contacts) = running(store, 4);
    for (contact, after) in contacts.iter().zip([0, 30, 70, 100]) {
        let at = now + secs(after);
        let attempt = dial(store, *contact, at);
        assert!(tell(store, attempt.id, CallEventKind::Sent, at));
    }
    let mut sent = |at| {
        let snapshot = store.snapshot(at).unwrap();
        let of_trunk = snapshot.trunks[0].1.sent_last_minute;
        let of_campaign = snapshot.campaigns[0].load.sent_last_minute;
        let of_ids = snapshot.caller_ids.iter().map(|id| id.sent_last_hour);
        (of_trunk, of_campaign, of_ids.sum::<u32>())
    };
    assert_eq!(sent(now + secs(100)), (2, 2, 4));
    for back in [5, 60, 3_000] {
        assert_eq!(sent(now + secs(100) - secs(back)), (2, 2, 4), "{back} s");
    }
}
