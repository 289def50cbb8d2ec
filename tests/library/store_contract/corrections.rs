//! Late events of calls: an attempt that ended without counting counts once a call is proven. And calls whose
//! end their carrier has not confirmed yet.

use dialdeck::domain::{
    AttemptState, CallEnd, CallEvent, CallEventKind, CallReport, ContactState, Outcome, TrunkName,
    WaitReason,
};
use dialdeck::policy::retry::Next;
use dialdeck::store::{Claimed, EngineStore, PendingEnd, Reads};

use dialdeck_testkit::world::*;

contract!(
    late_word_of_ringing_makes_an_end_count_and_stops_the_next_call,
    late_word_of_an_answer_ends_the_contact,
    late_word_of_an_end_plans_anew,
    what_proves_nothing_corrects_nothing,
    a_final_answer_stays_the_outcome_of_a_phone_that_rang,
    an_answer_corrects_an_end_that_counted,
    word_of_a_call_takes_an_end_back_that_denies_it,
    a_call_given_back_is_taken_back,
    after_the_next_call_only_the_count_changes,
    an_unconfirmed_end_is_kept_until_it_is_confirmed,
    an_end_that_waits_is_kept_until_it_is_settled,
);

/// Returns a call of the first contact that ended as one in which nothing rang.
fn silent(store: &mut impl EngineStore) -> dialdeck::domain::AttemptId {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    let settled = settle(store, id, &ended(CallEnd::NobodyRang), now + secs(20)).unwrap();
    assert!(!settled.read.counts);
    assert!(matches!(settled.next, Some(Next::Retry(_))));
    id
}

fn rang(end: CallEnd) -> CallReport {
    CallReport {
        rang: Some(true),
        ..ended(end)
    }
}

fn contact(store: &mut impl EngineStore) -> (ContactState, u32) {
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    (contact.state, contact.attempts)
}

fn late_word_of_ringing_makes_an_end_count_and_stops_the_next_call(store: &mut impl EngineStore) {
    let id = silent(store);
    let later = morning() + secs(30);
    assert_eq!(contact(store).1, 0);
    let head = store.snapshot(later).unwrap().head;
    let settled = settle(store, id, &rang(CallEnd::Unresolved), later).unwrap();
    assert_eq!(settled.read.outcome, Outcome::Unknown);
    assert_eq!(contact(store), (ContactState::Unknown, 1));
    assert_eq!(
        kinds(store, head),
        ["attempt_corrected", "contact_finished"]
    );
    let called = store.contacts_with(number(0)).unwrap()[0].id;
    let attempt = store.attempts_of(called).unwrap();
    assert_eq!(
        (attempt[0].outcome, attempt[0].counts),
        (Some(Outcome::Unknown), true)
    );
    let counts = store.snapshot(later).unwrap().campaigns.remove(0);
    assert_eq!(counts.outcomes.get(&Outcome::Unknown), Some(&1));
    assert_eq!(
        counts
            .outcomes
            .get(&Outcome::NetworkFailure)
            .copied()
            .unwrap_or(0),
        0
    );
    check_counters(store, later);
    // Only once: now it counts.
    assert_eq!(settle(store, id, &rang(CallEnd::RangOut), later), None);
    assert_eq!(contact(store).1, 1);
}

fn late_word_of_an_answer_ends_the_contact(store: &mut impl EngineStore) {
    let id = silent(store);
    let later = morning() + secs(30);
    let settled = settle(store, id, &rang(CallEnd::Completed), later).unwrap();
    assert!(matches!(settled.read.outcome, Outcome::Answered(_)));
    assert_eq!(contact(store), (ContactState::Done, 1));
    check_counters(store, later);
}

fn late_word_of_an_end_plans_anew(store: &mut impl EngineStore) {
    let id = silent(store);
    let planned = store.contacts_with(number(0)).unwrap().remove(0).due;
    let later = morning() + secs(30);
    let settled = settle(store, id, &rang(CallEnd::RangOut), later).unwrap();
    assert_eq!(settled.read.outcome, Outcome::NoAnswer);
    assert_eq!(
        contact(store),
        (ContactState::Waiting(WaitReason::Retry), 1)
    );
    let due = store.contacts_with(number(0)).unwrap().remove(0).due;
    assert!(
        due > planned,
        "a phone that rang out is left alone for longer"
    );
    check_counters(store, later);
}

fn what_proves_nothing_corrects_nothing(store: &mut impl EngineStore) {
    let id = silent(store);
    let later = morning() + secs(30);
    let head = store.snapshot(later).unwrap().head;
    for end in [
        CallEnd::NobodyRang,
        CallEnd::ProviderFailed,
        CallEnd::NeverSent,
    ] {
        assert_eq!(settle(store, id, &ended(end), later), None);
    }
    assert_eq!(store.snapshot(later).unwrap().head, head);
    assert_eq!(contact(store).1, 0);
}

fn a_final_answer_stays_the_outcome_of_a_phone_that_rang(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    settle(store, id, &rejected(503), now + secs(1)).unwrap();
    assert_eq!(contact(store).1, 0);
    let settled = settle(store, id, &rang(CallEnd::Unresolved), now + secs(2)).unwrap();
    assert_eq!(settled.read.outcome, Outcome::NetworkFailure);
    assert_eq!(
        contact(store),
        (ContactState::Waiting(WaitReason::Retry), 1)
    );
    check_counters(store, now + secs(2));
}

fn an_answer_corrects_an_end_that_counted(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    settle(store, id, &ended(CallEnd::Failed), now + secs(1)).unwrap();
    assert_eq!(contact(store).1, 1);
    assert_eq!(settle(store, id, &ended(CallEnd::RangOut), now), None);
    let settled = settle(store, id, &ended(CallEnd::Completed), now + secs(2)).unwrap();
    assert!(settled.read.outcome.is_reached());
    assert_eq!(contact(store), (ContactState::Done, 1), "counted once");
    check_counters(store, now + secs(2));
}

fn word_of_a_call_takes_an_end_back_that_denies_it(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let attempt = dial(store, contacts[0], now);
    settle(store, attempt.id, &ended(CallEnd::Throttled), now).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let later = now + secs(9);
    let says = |store: &mut _, kind| {
        let event = CallEvent {
            attempt: attempt.id,
            at: later,
            kind,
        };
        EngineStore::record(store, &event, later).unwrap()
    };
    assert!(!says(store, CallEventKind::Sent));
    assert!(says(store, CallEventKind::Ringing));
    assert_eq!(kinds(store, head), ["attempt_reopened"]);
    let open = store.open_attempts().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(
        (open[0].state, open[0].outcome, open[0].counts),
        (AttemptState::Unknown, None, true)
    );
    assert_eq!(contact(store).0, ContactState::InFlight);
    let load = store.snapshot(later).unwrap().campaigns.remove(0).load;
    assert_eq!(load.in_flight, 1, "it holds its slot");
    check_counters(store, later);
    // Only once. It then ends like any other call.
    assert!(!says(store, CallEventKind::Ringing));
    let settled = settle(store, attempt.id, &ended(CallEnd::Completed), later).unwrap();
    assert!(settled.read.outcome.is_reached());
    assert_eq!(contact(store), (ContactState::Done, 1));
    assert!(!says(store, CallEventKind::Answered));
    check_counters(store, later);
}

fn a_call_given_back_is_taken_back(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    settle(store, id, &ended(CallEnd::NeverSent), now).unwrap();
    let sent = |store: &mut _| {
        let snapshot = Reads::snapshot(store, now + secs(5)).unwrap();
        snapshot.campaigns[0].load.sent_last_minute
    };
    assert_eq!(sent(store), 0);
    settle(store, id, &rang(CallEnd::RangOut), now + secs(5)).unwrap();
    assert_eq!(sent(store), 1, "it left");
    check_counters(store, now + secs(5));
}

fn after_the_next_call_only_the_count_changes(store: &mut impl EngineStore) {
    let first = silent(store);
    let due = store.contacts_with(number(0)).unwrap().remove(0).due;
    let due = due.max(morning() + secs(3600));
    store.promote_due(due, 10).unwrap();
    let id = store.contacts_with(number(0)).unwrap().remove(0).id;
    let Claimed::Dial(second, ..) = claim(store, id, due) else {
        panic!("not dialed");
    };
    settle(store, first, &rang(CallEnd::RangOut), due + secs(1)).unwrap();
    assert_eq!(contact(store), (ContactState::InFlight, 1));
    settle(store, second.id, &talked(), due + secs(60)).unwrap();
    assert_eq!(contact(store), (ContactState::Done, 2));
    check_counters(store, due + secs(60));
}

fn an_unconfirmed_end_is_kept_until_it_is_confirmed(store: &mut impl EngineStore) {
    let id = silent(store);
    let now = morning() + secs(30);
    let head = store.snapshot(now).unwrap().head;
    let trunk: TrunkName = deck().trunks.remove(0).name;
    store.note_unclosed(id, Some(&trunk)).unwrap();
    store.note_unclosed(id, Some(&trunk)).unwrap();
    let unclosed = store.snapshot(now).unwrap().unclosed;
    assert_eq!(unclosed.into_iter().collect::<Vec<_>>(), [(id, trunk)]);
    store.note_unclosed(id, None).unwrap();
    store.note_unclosed(id, None).unwrap();
    assert!(store.snapshot(now).unwrap().unclosed.is_empty());
    assert_eq!(store.snapshot(now).unwrap().head, head, "not logged");
}

fn an_end_that_waits_is_kept_until_it_is_settled(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 2);
    let first = dial(store, contacts[0], now).id;
    let second = dial(store, contacts[1], now + secs(5)).id;
    let mut end = PendingEnd {
        report: rejected(603),
        at: now + secs(6),
    };
    let head = store.snapshot(now).unwrap().head;
    store.keep_end(first, &end).unwrap();
    store.keep_end(second, &end).unwrap();
    end.report.opted_out = true;
    store.keep_end(second, &end).unwrap();
    let kept = store.snapshot(now).unwrap();
    assert_eq!(kept.head, head, "it is not logged");
    assert_eq!(kept.pending_ends.len(), 2);
    assert_eq!(kept.pending_ends[&second], end);
    settle(store, first, &rejected(603), now + secs(16)).unwrap();
    let kept = store.snapshot(now).unwrap().pending_ends;
    assert_eq!(kept.into_keys().collect::<Vec<_>>(), [second]);
}
