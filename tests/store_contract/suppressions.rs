//! Lists of numbers that are not called, and who comes off them.

use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::{
    AttemptId, CallEventKind, CallReport, ContactState, DeckId, ListKind, Timestamp,
};
use dialdeck::policy::Context;
use dialdeck::policy::retry::Next;
use dialdeck::store::{Claimed, ImportFigures, Store, StoreError};

use crate::world::*;

contract!(
    an_opt_out_finishes_what_is_ready_and_names_what_is_live,
    an_opt_out_during_a_call_ends_its_contact,
    an_opt_out_heard_on_a_call_holds_with_its_end,
    an_opt_out_heard_after_a_calls_end_holds_all_the_same,
    a_campaigns_own_list_binds_it_alone,
    a_registry_is_not_logged_by_number,
    only_own_lists_can_be_reversed,
    an_unwanted_call_puts_the_number_on_the_internal_list,
);

fn an_opt_out_finishes_what_is_ready_and_names_what_is_live(store: &mut impl Store) {
    let now = morning();
    let (first, _) = running(store, 3);
    let (second, contacts) = campaign(store, "recall", 3);
    let live = dial(store, contacts[0], now);
    let head = store.snapshot(now).unwrap().head;
    let done = store.suppress(&[opted_out(number(0), now)]).unwrap();
    assert_eq!((done.added, done.already), (1, 0));
    assert_eq!(done.live, [live.id]);
    assert_eq!(done.finished.len(), 1);
    assert_eq!(done.finished[0].0, first);
    assert_eq!(
        kinds(store, head),
        ["suppression_added", "consent_revoked", "contact_finished"]
    );
    let again = store.suppress(&[opted_out(number(0), now)]).unwrap();
    assert_eq!((again.added, again.already), (0, 1));
    let other = store.suppress(&[opted_out(number(1), now)]).unwrap();
    assert_eq!(other.finished.len(), 2);
    assert_eq!(claim(store, contacts[1], now + secs(5)), Claimed::Stale);
    assert_eq!(store.lists().unwrap()[0].count, 2);
    let counts = store.snapshot(now).unwrap().campaigns;
    let refused = counts.iter().find(|one| one.campaign.id == second).unwrap();
    assert_eq!(refused.refusals["suppressed:internal"], 1);
    check_counters(store, now);
}

fn an_opt_out_during_a_call_ends_its_contact(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let settled = settle(store, id, &rejected(486), now + secs(9)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.reason.as_deref(), Some("suppressed:internal"));
}

fn an_opt_out_heard_on_a_call_holds_with_its_end(store: &mut impl Store) {
    let (_, ids) = running(store, 2);
    let (_, others) = campaign(store, "recall", 2);
    let mut now = morning();
    // Of a call that would be tried again, and of one whose fate was not known, inside a group.
    for (place, end) in [(0, CallEnd::Abandoned), (1, CallEnd::Completed)] {
        let attempt = dial(store, ids[place], now);
        let report = CallReport {
            opted_out: true,
            ..ended(end)
        };
        if place == 1 {
            tell(store, attempt.id, CallEventKind::AnswerLost, now);
            store.begin().unwrap();
        }
        let head = store.snapshot(now).unwrap().head;
        let settled = settle(store, attempt.id, &report, now + secs(40)).unwrap();
        let suppressed = ContactState::Suppressed;
        assert_eq!(settled.next, Some(Next::Finish(suppressed)));
        assert!(settled.listed);
        let told = kinds(store, head);
        assert!(told.contains(&"suppression_added".to_owned()), "{told:?}");
        assert!(!told.contains(&"retry_planned".to_owned()), "{told:?}");
        if place == 1 {
            store.commit().unwrap();
        }
        let number = number(place as u64);
        let listed = store.suppressions_of(number).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].list.clone(), &*listed[0].actor),
            (ListKind::Internal, "callee")
        );
        let note = format!("said so on call {}", attempt.id);
        assert_eq!(listed[0].note.as_deref(), Some(&*note));
        for contact in store.contacts_with(number).unwrap() {
            assert_eq!(contact.state, suppressed);
        }
        let claimed = claim(store, others[place], now + secs(60));
        assert_eq!(claimed, Claimed::Stale);
        now = now + secs(60);
    }
    check_counters(store, now);
}

fn an_opt_out_heard_after_a_calls_end_holds_all_the_same(store: &mut impl Store) {
    let now = morning();
    let (_, ids) = running(store, 1);
    let (_, others) = campaign(store, "recall", 1);
    let attempt = dial(store, ids[0], now);
    let first = settle(store, attempt.id, &talked(), now + secs(40)).unwrap();
    assert!(!first.listed);
    let late = CallReport {
        opted_out: true,
        ..talked()
    };
    let stranger = AttemptId {
        deck: DeckId(0xffff_0000),
        ..attempt.id
    };
    let heard = now + secs(60);
    for (id, listed) in [(stranger, 0), (attempt.id, 1), (attempt.id, 1)] {
        assert_eq!(settle(store, id, &late, heard), None);
        assert_eq!(store.suppressions_of(number(0)).unwrap().len(), listed);
    }
    assert_eq!(claim(store, others[0], heard), Claimed::Stale);
    let of_campaign = store.contacts_with(number(0)).unwrap();
    let states: Vec<ContactState> = of_campaign.iter().map(|one| one.state).collect();
    assert_eq!(states, [ContactState::Done, ContactState::Suppressed]);
    check_counters(store, heard);
}

fn a_campaigns_own_list_binds_it_alone(store: &mut impl Store) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let (second, _) = campaign(store, "recall", 1);
    let list = ListKind::Campaign("recall".to_owned());
    let done = store.suppress(&[on_list(number(0), list, now)]).unwrap();
    assert_eq!(done.finished.len(), 1);
    assert_eq!(done.finished[0].0, second);
    let mut seen = None;
    store
        .examine(contacts[0], &Context::default(), now, &mut |facts| {
            seen = Some(facts.suppressions.len());
        })
        .unwrap();
    assert_eq!(seen, Some(0));
}

fn a_registry_is_not_logged_by_number(store: &mut impl Store) {
    let now = morning();
    running(store, 2);
    let head = store.snapshot(now).unwrap().head;
    let list = ListKind::National("us".to_owned());
    let numbers = [number(0), number(7), number(0)];
    let done = store
        .import_suppressions(&list, &numbers, &by(now))
        .unwrap();
    assert_eq!((done.added, done.already), (2, 1));
    assert_eq!(done.finished.len(), 1);
    let loading = store.lists().unwrap();
    let undated = loading.iter().find(|known| known.kind == list).unwrap();
    assert_eq!((undated.as_of, undated.count), (Timestamp::MIN, 2));
    let figures = ImportFigures::default();
    store.finish_list(&list, now, &figures, &by(now)).unwrap();
    assert_eq!(kinds(store, head), ["contact_finished", "registry_loaded"]);
    let page = store.list_page(&list, Some(number(0)), 10).unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].number, number(7));
    let refused = store.reverse_suppression(number(7), &list, "no", &by(now));
    assert!(matches!(refused, Err(StoreError::NotReversible(_))));
}

fn only_own_lists_can_be_reversed(store: &mut impl Store) {
    let now = morning();
    running(store, 1);
    let list = ListKind::Internal;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let by = by(now);
    assert!(
        store
            .reverse_suppression(number(0), &list, "asked", &by)
            .unwrap()
    );
    assert!(
        !store
            .reverse_suppression(number(0), &list, "asked", &by)
            .unwrap()
    );
    assert_eq!(kinds(store, head), ["suppression_reversed"]);
    assert!(store.suppressions_of(number(0)).unwrap().is_empty());
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.state, ContactState::Suppressed);
    let mut revoked = None;
    store
        .examine(contact.id, &Context::default(), now, &mut |facts| {
            revoked = facts.consent_revoked_at;
        })
        .unwrap();
    assert_eq!(revoked, Some(now));
}

fn an_unwanted_call_puts_the_number_on_the_internal_list(store: &mut impl Store) {
    let now = morning();
    let (first, contacts) = running(store, 1);
    let (second, _) = campaign(store, "recall", 1);
    let id = dial(store, contacts[0], now).id;
    settle(store, id, &rejected(607), now).unwrap();
    assert_eq!(store.suppressions_of(number(0)).unwrap().len(), 1);
    for contact in store.contacts_with(number(0)).unwrap() {
        assert_eq!(contact.state, ContactState::Suppressed);
        assert!([first, second].contains(&contact.campaign));
    }
    check_counters(store, now);
}
