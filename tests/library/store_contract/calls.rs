//! Calls from their reservation to their single end.

use dialdeck::domain::{
    AttemptState, CallEnd, CallEventKind, CalleeType, CampaignState, ContactState, Outcome,
    Timestamp, WaitReason,
};
use dialdeck::policy::retry::Next;
use dialdeck::policy::{Context, Until};
use dialdeck::store::{Claimed, EngineStore};

use dialdeck_testkit::world::*;

contract!(
    a_call_goes_from_ready_to_done,
    events_that_are_late_or_repeated_change_nothing,
    an_attempt_ends_once,
    a_busy_callee_is_called_again_later,
    a_call_certainly_not_sent_gives_everything_back,
    an_attempt_of_unknown_fate_keeps_its_slot,
    one_number_is_never_called_twice_at_once,
    a_contact_waits_for_its_own_reasons_alone,
    a_wish_to_hang_up_lasts_until_it_is_taken,
    examining_changes_nothing,
);

fn a_call_goes_from_ready_to_done(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, contacts) = running(store, 2);
    let head = store.snapshot(now).unwrap().head;
    let attempt = dial(store, contacts[0], now);
    assert_eq!((attempt.n, attempt.state), (1, AttemptState::Reserved));
    assert_eq!(store.unsent().unwrap(), vec![attempt.clone()]);
    for kind in [
        CallEventKind::Sent,
        CallEventKind::Ringing,
        CallEventKind::Answered,
        CallEventKind::CalleeDetected(CalleeType::Human),
    ] {
        assert!(tell(store, attempt.id, kind, now + secs(1)));
    }
    assert!(store.unsent().unwrap().is_empty());
    assert_eq!(store.open_attempts().unwrap().len(), 1);
    check_counters(store, now);
    let settled = settle(
        store,
        attempt.id,
        &ended(CallEnd::Completed),
        now + secs(60),
    )
    .unwrap();
    assert_eq!(settled.read.outcome, Outcome::Answered(CalleeType::Human));
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Done)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!((contact.state, contact.attempts), (ContactState::Done, 1));
    assert_eq!(contact.reason.as_deref(), Some("human"));
    let counts = store.snapshot(now + secs(60)).unwrap().campaigns.remove(0);
    assert_eq!(counts.campaign.id, campaign);
    assert_eq!(counts.abandonment.law.answered, 1);
    assert_eq!(counts.attempts, 1);
    assert_eq!(
        kinds(store, head),
        [
            "attempt_reserved",
            "attempt_sent",
            "call_ringing",
            "call_answered",
            "callee_detected",
            "call_ended",
            "contact_finished"
        ]
    );
    assert_eq!(store.attempts_of(contacts[0]).unwrap().len(), 1);
    let log = store.tail(head, 1).unwrap();
    let reserved = r#""zones":["America/New_York"],"zone_source":"number","regions":["US-NY"]"#;
    assert!(log[0].line.contains(reserved), "{}", log[0].line);
    check_counters(store, now + secs(60));
}

fn events_that_are_late_or_repeated_change_nothing(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(tell(store, id, CallEventKind::Ringing, now + secs(2)));
    let head = store.snapshot(now).unwrap().head;
    assert!(!tell(store, id, CallEventKind::Sent, now + secs(3)));
    assert!(!tell(store, id, CallEventKind::Ringing, now + secs(3)));
    let callee = CallEventKind::CalleeDetected(CalleeType::Fax);
    assert!(!tell(store, id, callee, now + secs(3)));
    assert_eq!(store.snapshot(now).unwrap().head, head);
    let attempt = store.open_attempts().unwrap().remove(0);
    assert_eq!(attempt.sent_at, Some(now + secs(2)));
}

fn an_attempt_ends_once(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(settle(store, id, &rejected(486), now).is_some());
    let head = store.snapshot(now).unwrap().head;
    assert!(settle(store, id, &rejected(480), now).is_none());
    assert!(!tell(store, id, CallEventKind::Ringing, now));
    assert!(!store.mark_unknown(id, "late", now).unwrap());
    assert_eq!(store.snapshot(now).unwrap().head, head);
}

fn a_busy_callee_is_called_again_later(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    tell(store, id, CallEventKind::Sent, now);
    let settled = settle(store, id, &rejected(486), now + secs(5)).unwrap();
    let Some(Next::Retry(due)) = settled.next else {
        panic!("no retry: {settled:?}");
    };
    assert!(due > now);
    let counts = store.snapshot(now).unwrap().campaigns.remove(0);
    assert_eq!(counts.next_due, Some(due));
    let before_due = Timestamp::from_millis(due.as_millis() - 1);
    assert!(store.promote_due(before_due, 10).unwrap().is_empty());
    assert_eq!(claim(store, contacts[0], before_due), Claimed::Stale);
    let promoted = store.promote_due(due, 10).unwrap();
    assert_eq!(promoted[0].contact, contacts[0]);
    let class = promoted[0].class;
    let queue = store.refill(campaign, class, None, 10).unwrap();
    assert_eq!(queue, promoted);
    let second = dial(store, contacts[0], due + secs(3600));
    assert_eq!(second.n, 2);
    check_counters(store, due);
}

fn a_call_certainly_not_sent_gives_everything_back(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    let load = store.snapshot(now).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
    let settled = settle(store, id, &ended(CallEnd::NeverSent), now).unwrap();
    assert!(!settled.read.counts);
    let snapshot = store.snapshot(now).unwrap();
    let load = snapshot.campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (0, 0));
    assert_eq!(snapshot.caller_ids[0].sent_last_hour, 0);
    assert_eq!(store.contacts_with(number(0)).unwrap()[0].attempts, 0);
}

fn an_attempt_of_unknown_fate_keeps_its_slot(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    assert!(store.mark_unknown(id, "restart", now + secs(1)).unwrap());
    assert!(!store.mark_unknown(id, "restart", now + secs(1)).unwrap());
    assert!(store.unsent().unwrap().is_empty());
    let load = store.snapshot(now + secs(2)).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (1, 1));
    let head = store.snapshot(now).unwrap().head;
    let settled = settle(store, id, &ended(CallEnd::Unresolved), now + secs(3600)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Unknown)));
    assert_eq!(
        kinds(store, head),
        ["attempt_reconciled", "call_ended", "contact_finished"]
    );
    let load = store.snapshot(now + secs(3600)).unwrap().campaigns[0].load;
    assert_eq!((load.in_flight, load.sent_last_minute), (0, 0));
    check_counters(store, now + secs(3600));
}

fn one_number_is_never_called_twice_at_once(store: &mut impl EngineStore) {
    let now = morning();
    let (_, one) = running(store, 1);
    let (_, other) = campaign(store, "recall", 1);
    dial(store, one[0], now);
    let Claimed::Held { due, .. } = claim(store, other[0], now + secs(5)) else {
        panic!("claimed twice");
    };
    assert!(due.is_some());
    let state = store.contacts_with(number(0)).unwrap()[1].state;
    assert_eq!(state, ContactState::Waiting(WaitReason::Cap));
    check_counters(store, now);
}

fn a_contact_waits_for_its_own_reasons_alone(store: &mut impl EngineStore) {
    let now = morning();
    let (_, one) = running(store, 1);
    let (second, other) = campaign(store, "recall", 1);
    dial(store, one[0], now);
    let to = CampaignState::Paused;
    store.move_campaign(second, to, "", &by(now)).unwrap();
    let Claimed::Held { hold, due } = claim(store, other[0], now + secs(5)) else {
        panic!("claimed while paused");
    };
    assert_eq!(hold.until, Until::Operator);
    assert_eq!(due, hold.set_aside_until(now + secs(5)));
    let waiting = store.contacts_with(number(0)).unwrap().remove(1);
    assert_eq!(Some(waiting.due), due);
}

fn a_wish_to_hang_up_lasts_until_it_is_taken(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    dial(store, contacts[0], now);
    let head = store.snapshot(now).unwrap().head;
    assert!(!store.hang_ups().unwrap().is_open());
    assert_eq!(store.hang_up_all("fire alarm", &by(now)).unwrap(), 1);
    assert_eq!(store.hang_up_all("fire alarm", &by(now)).unwrap(), 2);
    let wishes = store.snapshot(now).unwrap().hang_ups;
    assert_eq!((wishes.requested, wishes.carried_out), (2, 0));
    store.hung_up(1).unwrap();
    assert!(store.hang_ups().unwrap().is_open());
    store.hung_up(2).unwrap();
    store.hung_up(1).unwrap();
    assert!(!store.hang_ups().unwrap().is_open());
    assert_eq!(kinds(store, head), ["alert_raised", "alert_raised"]);
    let alert = store.snapshot(now).unwrap().alerts.remove(0);
    assert!(alert.line.contains("fire alarm"), "{}", alert.line);
    assert_eq!(store.open_attempts().unwrap().len(), 1);
}

fn examining_changes_nothing(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let head = store.snapshot(now).unwrap().head;
    let mut zones = Vec::new();
    store
        .examine(contacts[0], &Context::default(), now, &mut |facts| {
            zones.clone_from(&facts.class.zones);
            assert_eq!(facts.caller_ids.len(), 3);
            assert_eq!(facts.load.deck.max_concurrent, 8);
        })
        .unwrap();
    assert_eq!(zones, ["America/New_York"]);
    assert_eq!(store.snapshot(now).unwrap().head, head);
    dial(store, contacts[0], now);
}
