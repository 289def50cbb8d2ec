//! The exchange with the outside, over both stores: messages received once, results in order, caller IDs.

use dialdeck::domain::event::{ContactFinished, EventData, NewEvent};
use dialdeck::domain::{
    AttemptId, CallEnd, CallEventKind, CampaignState, ContactState, DeckId, PhoneNumber, Timestamp,
    TrunkName,
};
use dialdeck::store::exchange::{Delivery, Message, Receipt};
use dialdeck::store::{Claimed, EngineStore};

use dialdeck_testkit::world::*;

fn message(attempt: AttemptId, event: &str) -> Message {
    Message {
        trunk: TrunkName("carrier".to_owned()),
        event: event.to_owned(),
        attempt,
        body: "\"answered\"".to_owned(),
    }
}

fn what_is_said_is_kept_once(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let now = morning();
    let attempt = dial(store, ids[0], now);
    let said = message(attempt.id, "a");
    assert_eq!(
        store.receive(&said, now).unwrap(),
        Receipt::New(Box::new(attempt.clone()))
    );
    assert_eq!(
        store.receive(&said, now).unwrap(),
        Receipt::Repeated(Box::new(attempt.clone()))
    );
    let other_trunk = Message {
        trunk: TrunkName("other".to_owned()),
        ..said.clone()
    };
    assert_eq!(
        store.receive(&other_trunk, now).unwrap(),
        Receipt::NoSuchAttempt
    );
    let later = AttemptId {
        serial: 99,
        ..attempt.id
    };
    let unknown = store.receive(&message(later, "b"), now).unwrap();
    assert_eq!(unknown, Receipt::NoSuchAttempt);
    let foreign = AttemptId {
        deck: DeckId(attempt.id.deck.0 ^ 1),
        ..attempt.id
    };
    let foreign = store.receive(&message(foreign, "c"), now).unwrap();
    assert_eq!(foreign, Receipt::OtherDeck);
    assert_eq!(store.messages().unwrap(), [said]);
    tell(store, attempt.id, CallEventKind::Sent, now);
    settle(store, attempt.id, &rejected(486), now + secs(5));
    assert_eq!(store.messages().unwrap(), [], "its attempt has ended");
    let late = store.receive(&message(attempt.id, "d"), now + secs(9));
    assert!(matches!(late.unwrap(), Receipt::New(_)));
}

fn what_is_not_taken_is_counted(store: &mut impl EngineStore) {
    running(store, 0);
    for at in [1, 5, 3] {
        let at = morning() + secs(at);
        store.quarantine("carrier", "forged", at).unwrap();
    }
    store.quarantine("?", "no_such_path", morning()).unwrap();
    let counted = store.quarantined().unwrap();
    let shown: Vec<_> = counted
        .iter()
        .map(|one| (one.trunk.as_str(), one.reason.as_str(), one.count))
        .collect();
    assert_eq!(shown, [("?", "no_such_path", 1), ("carrier", "forged", 3)]);
    assert_eq!(counted[1].last_at, morning() + secs(5));
}

fn results_come_in_order_and_are_never_lost(store: &mut impl EngineStore) {
    store.configure(&deck()).unwrap();
    let now = morning();
    let mut told = settings("told");
    told.results_url = Some("https://example.com/results".to_owned());
    let id = store.add_campaign(&told, &by(now)).unwrap();
    let rows: Vec<_> = (0..3).map(|place| row(place + 2, number(place))).collect();
    store.import_contacts(id, &rows, now).unwrap();
    store
        .move_campaign(id, CampaignState::Running, "", &by(now))
        .unwrap();
    let (_, untold) = campaign(store, "untold", 1);
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    store.suppress(&[opted_out(number(2), now)]).unwrap();
    assert!(matches!(claim(store, untold[0], now), Claimed::Stale));
    let turn = store.turn_results(&[], now, 10).unwrap();
    let numbers: Vec<PhoneNumber> = turn.due.iter().map(|due| due.number).collect();
    assert_eq!(numbers, [number(0), number(2)]);
    assert!(turn.due[0].entry.contains("contact_finished"));
    assert_eq!(turn.due[0].url, "https://example.com/results");
    let [first, second] = [turn.due[0].seq, turn.due[1].seq];
    let contact = turn.due[0].contact;
    let later = now + secs(60);
    let done = [
        (first, Delivery::Again("503".to_owned(), later)),
        (second, Delivery::Delivered),
    ];
    let turn = store.turn_results(&done, now, 10).unwrap();
    assert_eq!((turn.due.len(), turn.next_at), (0, Some(later)));
    // A second end of a contact waits for the first, even if it would be due earlier itself.
    let again = EventData::ContactFinished(ContactFinished {
        state: ContactState::Done,
        reason: None,
        attempts: 1,
    });
    let again = NewEvent::new(now, "engine", again);
    let again = NewEvent {
        contact: Some(contact),
        ..again.campaign("told")
    };
    store.append(&again).unwrap();
    let turn = store.turn_results(&[], now + secs(1), 10).unwrap();
    assert_eq!((turn.due.len(), turn.next_at), (0, Some(later)));
    let turn = store.turn_results(&[], later, 10).unwrap();
    assert_eq!(turn.due.len(), 1);
    assert_eq!(
        (turn.due[0].tries, turn.due[0].error.as_deref()),
        (1, Some("503"))
    );
    let done = [(first, Delivery::GivenUp("410".to_owned()))];
    let turn = store.turn_results(&done, later, 10).unwrap();
    assert_eq!(turn.due.len(), 1, "now the second one is");
    let done = [(turn.due[0].seq, Delivery::Delivered)];
    let turn = store.turn_results(&done, later, 10).unwrap();
    assert_eq!((turn.due.len(), turn.next_at), (0, None));
    let dead = store.results_given_up().unwrap();
    assert_eq!((dead.len(), dead[0].seq, dead[0].tries), (1, first, 2));
    assert_eq!(store.resend_results(Some(second), later).unwrap(), 0);
    assert_eq!(store.resend_results(None, later).unwrap(), 1);
    let turn = store.turn_results(&[], later, 10).unwrap();
    assert_eq!(turn.due.len(), 1);
    let repeated = [(first, Delivery::Delivered), (first, Delivery::Delivered)];
    store.turn_results(&repeated, later, 10).unwrap();
    assert!(store.results_given_up().unwrap().is_empty());
}

fn caller_ids_are_judged_by_their_day(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 3);
    let mut now = morning();
    let talks: [Option<u64>; 2] = [Some(4), Some(40)];
    let mut shown = Vec::new();
    for (contact, talk) in ids.iter().zip(talks) {
        let attempt = dial(store, *contact, now);
        shown.push(attempt.caller_id);
        tell(store, attempt.id, CallEventKind::Sent, now);
        tell(store, attempt.id, CallEventKind::Answered, now + secs(5));
        let end = now + secs(5 + talk.unwrap());
        settle(store, attempt.id, &ended(CallEnd::Completed), end);
        now = end + secs(10);
    }
    let blocked = dial(store, ids[2], now);
    tell(store, blocked.id, CallEventKind::Sent, now);
    settle(store, blocked.id, &rejected(608), now + secs(3));
    shown.push(blocked.caller_id);
    let all = figures(store, &shown, now + secs(60));
    assert_eq!(all, [(1, 1, 1, 1, 0), (1, 1, 1, 0, 0), (1, 1, 0, 0, 1)]);
    let next_day = figures(store, &shown, now + secs(86_400 + 60));
    assert_eq!(next_day, [(0, 0, 0, 0, 0); 3]);
}

fn figures(
    store: &mut impl EngineStore,
    shown: &[PhoneNumber],
    now: Timestamp,
) -> Vec<(u64, u64, u64, u64, u64)> {
    let figures = store.caller_id_figures(shown, now).unwrap();
    figures
        .into_iter()
        .map(|one| {
            (
                one.last_hour,
                one.last_day,
                one.answered,
                one.short,
                one.blocked,
            )
        })
        .collect()
}

fn a_number_that_is_not_owned_is_not_shown(store: &mut impl EngineStore) {
    let mut deck = deck();
    deck.trunks[0].capabilities.lists_numbers = true;
    store.configure(&deck).unwrap();
    let (_, ids) = campaign(store, "spring", 3);
    let now = morning();
    assert!(matches!(claim(store, ids[0], now), Claimed::Held { .. }));
    let trunk = TrunkName("carrier".to_owned());
    store
        .note_numbers(&trunk, &[caller_id(1)], &by(now))
        .unwrap();
    store
        .note_numbers(&trunk, &[caller_id(1)], &by(now))
        .unwrap();
    let alerts = kinds(store, 0);
    let alerts = alerts.iter().filter(|kind| *kind == "alert_raised").count();
    assert_eq!(alerts, 2, "each number that is not owned is told once");
    let attempt = dial(store, ids[0], now);
    assert_eq!(attempt.caller_id, caller_id(1));
    let stale = now + secs(25 * 3600);
    assert!(matches!(claim(store, ids[1], stale), Claimed::Held { .. }));
}

fn only_a_contact_of_unknown_fate_needs_a_verdict(store: &mut impl EngineStore) {
    let (campaign, ids) = running(store, 2);
    let now = morning();
    let attempt = dial(store, ids[0], now);
    assert!(store.note_reached(&ids[..1], &by(now)).is_err());
    store.mark_unknown(attempt.id, "restart", now).unwrap();
    settle(
        store,
        attempt.id,
        &ended(CallEnd::Unresolved),
        now + secs(60),
    );
    let later = now + secs(90);
    assert!(store.note_reached(&ids, &by(later)).is_err(), "all or none");
    assert_eq!(store.note_reached(&ids[..1], &by(later)).unwrap(), 1);
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.state, ContactState::Done);
    assert_eq!(contact.reason.as_deref(), Some("reached_by_verdict"));
    let counted = store.snapshot(later).unwrap().campaigns.remove(0);
    assert!(counted.refusals.is_empty(), "{:?}", counted.refusals);
    let recounted = store.recount().unwrap().remove(&campaign).unwrap();
    let present = counted.contacts.into_iter().filter(|(_, n)| *n > 0);
    assert_eq!(
        present.collect::<std::collections::BTreeMap<_, _>>(),
        recounted.contacts
    );
}

contract!(
    only_a_contact_of_unknown_fate_needs_a_verdict,
    what_is_said_is_kept_once,
    what_is_not_taken_is_counted,
    results_come_in_order_and_are_never_lost,
    caller_ids_are_judged_by_their_day,
    a_number_that_is_not_owned_is_not_shown,
);
