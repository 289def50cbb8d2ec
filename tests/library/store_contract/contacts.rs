//! Contacts: how they are added, wait in the queue, expire and are called again.

use dialdeck::domain::{
    AttemptId, CallEnd, CallEventKind, CampaignState, ContactId, ContactState, Timestamp,
    WaitReason,
};
use dialdeck::policy::HoldKind;
use dialdeck::store::{Claimed, EngineStore, NewContact, RowFate, StoreError};

use dialdeck_testkit::world::*;

contract!(
    duplicates_name_the_line_they_repeat,
    numbers_that_cannot_be_dialed_are_invalid_at_once,
    the_queue_goes_by_priority_then_age,
    what_is_over_expires,
    a_waiting_contact_is_called_again_at_once_but_for_its_gates,
    a_contact_of_unknown_fate_is_called_again_only_when_asked_for,
    what_has_reached_its_end_is_not_called_again,
);

fn duplicates_name_the_line_they_repeat(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, contacts) = running(store, 3);
    let rows = [row(40, number(1)), row(41, number(9)), row(42, number(9))];
    let fates = store.import_contacts(campaign, &rows, now).unwrap();
    let repeated = |of, of_line| RowFate::Duplicate { of, of_line };
    assert_eq!(fates[0], repeated(contacts[1], 3));
    let RowFate::Taken(fresh) = fates[1] else {
        panic!("{:?}", fates[1]);
    };
    assert_eq!(fates[2], repeated(fresh, 41));
    check_counters(store, now);
}

fn numbers_that_cannot_be_dialed_are_invalid_at_once(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, _) = running(store, 0);
    let unfit = NewContact {
        class: Err("premium".to_owned()),
        ..row(2, number(0))
    };
    store.import_contacts(campaign, &[unfit], now).unwrap();
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!((contact.state, contact.class.0), (ContactState::Invalid, 0));
    assert_eq!(contact.reason.as_deref(), Some("unfit:premium"));
    assert_eq!(claim(store, contact.id, now), Claimed::Stale);
    let counts = store.snapshot(now).unwrap().campaigns.remove(0);
    assert_eq!(counts.refusals["unfit:premium"], 1);
    check_counters(store, now);
}

fn the_queue_goes_by_priority_then_age(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, _) = running(store, 0);
    let rows: Vec<NewContact> = [3, -1, 3, 0, 7, 0]
        .into_iter()
        .zip(0..)
        .map(|(priority, place)| NewContact {
            priority,
            ..row(place + 2, number(place))
        })
        .collect();
    store.import_contacts(campaign, &rows, now).unwrap();
    let class = store.contacts_with(number(0)).unwrap()[0].class;
    let all = store.refill(campaign, class, None, 100).unwrap();
    let order: Vec<i32> = all.iter().map(|one| one.priority).collect();
    assert_eq!(order, [7, 3, 3, 0, 0, -1]);
    let mut paged = Vec::new();
    while let Some(one) = store
        .refill(campaign, class, paged.last().copied(), 1)
        .unwrap()
        .pop()
    {
        paged.push(one);
    }
    assert_eq!(paged, all);
}

fn what_is_over_expires(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, contacts) = running(store, 2);
    let short = NewContact {
        expires_at: Some(now + secs(60)),
        ..row(9, number(9))
    };
    store.import_contacts(campaign, &[short], now).unwrap();
    assert_eq!(store.expire_due(now, 10).unwrap(), 0);
    assert_eq!(store.expire_due(now + secs(60), 10).unwrap(), 1);
    let expired = store.contacts_with(number(9)).unwrap().remove(0);
    assert_eq!(expired.state, ContactState::Expired);
    assert_eq!(expired.reason.as_deref(), Some("contact_expired"));
    let stop = CampaignState::Stopped;
    store.move_campaign(campaign, stop, "", &by(now)).unwrap();
    assert_eq!(store.expire_due(now, 1).unwrap(), 1);
    assert_eq!(store.expire_due(now, 10).unwrap(), 1);
    assert_eq!(store.expire_due(now, 10).unwrap(), 0);
    assert_eq!(claim(store, contacts[0], now), Claimed::Stale);
    check_counters(store, now);
}

fn a_waiting_contact_is_called_again_at_once_but_for_its_gates(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 2);
    let attempt = dial(store, contacts[0], now);
    tell(store, attempt.id, CallEventKind::Sent, now);
    settle(store, attempt.id, &rejected(486), now + secs(5));
    let head = store.snapshot(now).unwrap().head;
    let asked = now + secs(10);
    // A second requeue changes nothing, nor does one of a ready contact.
    let all = [contacts[0], contacts[0], contacts[1]];
    assert_eq!(store.requeue(&all, &by(asked)).unwrap(), 1);
    assert_eq!(store.requeue(&all, &by(asked)).unwrap(), 0);
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    let found = (contact.state, contact.due, contact.attempts);
    assert_eq!(found, (ContactState::Ready, asked, 1));
    assert_eq!(kinds(store, head), ["retry_planned"]);
    let log = store.tail(head, 1).unwrap();
    assert!(
        log[0].line.contains(r#""actor":"maria""#),
        "{}",
        log[0].line
    );
    let data = r#""data":{"outcome":"requeued","due":"2026-12-08T15:00:10.000Z"}"#;
    assert!(log[0].line.contains(data), "{}", log[0].line);
    check_counters(store, asked);
    let Claimed::Held { hold, due } = claim(store, contacts[0], asked) else {
        panic!("the gap between attempts was passed over");
    };
    let gap = |kind: &HoldKind| matches!(kind, HoldKind::MinGap(_));
    assert!(hold.reasons.iter().any(|why| gap(&why.kind)), "{hold:?}");
    assert_eq!(due, Some(now + secs(1800)));
    assert_eq!(store.promote_due(now + secs(1800), 9).unwrap().len(), 1);
    assert_eq!(dial(store, contacts[0], now + secs(1800)).n, 2);
}

fn a_contact_of_unknown_fate_is_called_again_only_when_asked_for(store: &mut impl EngineStore) {
    let now = morning();
    let (campaign, contacts) = running(store, 1);
    let attempt = dial(store, contacts[0], now);
    tell(store, attempt.id, CallEventKind::Sent, now);
    assert!(store.mark_unknown(attempt.id, "lost", now).unwrap());
    assert!(store.requeue(&contacts, &by(now)).is_err());
    settle(
        store,
        attempt.id,
        &ended(CallEnd::Unresolved),
        now + secs(60),
    );
    let later = now + secs(86_400);
    assert!(store.promote_due(later, 9).unwrap().is_empty());
    assert_eq!(claim(store, contacts[0], later), Claimed::Stale);
    let counts = store.snapshot(later).unwrap().campaigns.remove(0);
    assert_eq!(counts.refusals.values().sum::<u64>(), 1);
    let to = CampaignState::Done;
    store.move_campaign(campaign, to, "", &by(later)).unwrap();
    let head = store.snapshot(later).unwrap().head;
    assert_eq!(store.requeue(&contacts, &by(later)).unwrap(), 1);
    assert_eq!(kinds(store, head), ["retry_planned", "campaign_started"]);
    let counts = store.snapshot(later).unwrap().campaigns.remove(0);
    assert!(counts.refusals.is_empty(), "{:?}", counts.refusals);
    check_counters(store, later);
    assert_eq!(dial(store, contacts[0], later).n, 2);
}

fn what_has_reached_its_end_is_not_called_again(store: &mut impl EngineStore) {
    let mut now = morning();
    let (campaign, contacts) = running(store, 5);
    for (contact, end) in [(0, talked()), (1, rejected(410)), (4, rejected(486))] {
        let attempt = sent(store, contacts[contact], now);
        now = now + secs(40);
        settle(store, attempt, &end, now);
    }
    sent(store, contacts[2], now);
    store.suppress(&[opted_out(number(3), now)]).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let words = ["reached", "cannot be dialed", "being called", "suppressed"];
    for (contact, word) in contacts[..4].iter().zip(words) {
        // If one contact of two may not be called again, neither is.
        let error = store
            .requeue(&[contacts[4], *contact], &by(now))
            .unwrap_err();
        assert!(matches!(error, StoreError::NotRequeueable(_)), "{error:?}");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(
        store
            .requeue(&[contacts[4], ContactId(99)], &by(now))
            .is_err()
    );
    let waiting = store.contacts_with(number(4)).unwrap().remove(0);
    assert_eq!(waiting.state, ContactState::Waiting(WaitReason::Retry));
    assert!(kinds(store, head).is_empty());
    let to = CampaignState::Stopped;
    store.move_campaign(campaign, to, "", &by(now)).unwrap();
    let error = store.requeue(&contacts[4..], &by(now)).unwrap_err();
    assert!(error.to_string().contains("stopped for good"), "{error}");
}

fn sent(store: &mut impl EngineStore, contact: ContactId, now: Timestamp) -> AttemptId {
    let attempt = dial(store, contact, now).id;
    assert!(tell(store, attempt, CallEventKind::Sent, now));
    attempt
}
