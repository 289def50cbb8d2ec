//! Lists of numbers that are not called, and how numbers come off them.

use std::collections::BTreeSet;

use dialdeck::domain::event::UsedRegistry;
use dialdeck::domain::{
    Area, AttemptId, CallEnd, CallEventKind, CallReport, CampaignId, CampaignSettings,
    CampaignState, Consent, ConsentKind, ContactState, DeckId, ListKind, Timestamp,
};
use dialdeck::policy::Context;
use dialdeck::policy::retry::Next;
use dialdeck::store::{
    Acts, Claimed, DeckSettings, EngineStore, ImportFigures, NewContact, Restored, Reversal,
    StoreError,
};

use dialdeck_testkit::world::*;

contract!(
    an_opt_out_finishes_what_is_ready_and_names_what_is_live,
    an_opt_out_during_a_call_ends_its_contact,
    an_opt_out_heard_on_a_call_holds_with_its_end,
    an_opt_out_heard_after_a_calls_end_holds_all_the_same,
    a_campaigns_own_list_binds_it_alone,
    a_registry_is_not_logged_by_number,
    a_registry_binds_the_campaigns_that_list_it_and_those_the_law_says,
    every_campaign_is_bound_where_the_deck_says_so,
    a_contact_waits_until_its_area_is_loaded,
    the_age_of_a_registry_is_its_areas,
    a_reversal_can_bring_back_what_the_entry_ended,
    an_area_keeps_the_newer_of_its_dates,
    what_an_entry_ended_can_come_back_later,
    only_own_lists_can_be_reversed,
    an_unwanted_call_puts_the_number_on_the_internal_list,
);

fn an_opt_out_finishes_what_is_ready_and_names_what_is_live(store: &mut impl EngineStore) {
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

fn an_opt_out_during_a_call_ends_its_contact(store: &mut impl EngineStore) {
    let now = morning();
    let (_, contacts) = running(store, 1);
    let id = dial(store, contacts[0], now).id;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let settled = settle(store, id, &rejected(486), now + secs(9)).unwrap();
    assert_eq!(settled.next, Some(Next::Finish(ContactState::Suppressed)));
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert_eq!(contact.reason.as_deref(), Some("suppressed:internal"));
}

fn an_opt_out_heard_on_a_call_holds_with_its_end(store: &mut impl EngineStore) {
    let (_, ids) = running(store, 2);
    let (_, others) = campaign(store, "recall", 2);
    let mut now = morning();
    // For a call that would be retried, and for one whose fate was not known, inside a group.
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

fn an_opt_out_heard_after_a_calls_end_holds_all_the_same(store: &mut impl EngineStore) {
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

fn a_campaigns_own_list_binds_it_alone(store: &mut impl EngineStore) {
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

fn us() -> ListKind {
    ListKind::National("us".to_owned())
}

/// Loads the registry of some area codes, without a number on it.
fn load(store: &mut impl EngineStore, areas: &BTreeSet<Area>, as_of: Timestamp, now: Timestamp) {
    let figures = ImportFigures::default();
    store
        .finish_list(&us(), as_of, areas, &figures, &by(now))
        .unwrap();
}

fn a_registry_is_not_logged_by_number(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 0);
    campaign_of(store, &selling("offers"), 2);
    let head = store.snapshot(now).unwrap().head;
    let list = us();
    let numbers = [number(0), number(7), number(0)];
    let done = store
        .import_suppressions(&list, &numbers, &by(now))
        .unwrap();
    assert_eq!((done.added, done.already), (2, 1));
    assert_eq!(done.finished.len(), 1);
    let loading = store.lists().unwrap();
    let undated = loading.iter().find(|known| known.kind == list).unwrap();
    assert_eq!((undated.as_of, undated.count), (Timestamp::MIN, 2));
    assert!(undated.areas.is_empty());
    load(store, &every_area(), now, now);
    assert_eq!(kinds(store, head), ["contact_finished", "registry_loaded"]);
    let page = store.list_page(&list, Some(number(0)), 10).unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].number, number(7));
    let refused = store.reverse_suppression(number(7), &list, plainly("no"), &by(now));
    assert!(matches!(refused, Err(StoreError::NotReversible(_))));
}

fn a_registry_binds_the_campaigns_that_list_it_and_those_the_law_says(
    store: &mut impl EngineStore,
) {
    let now = morning();
    let (_, reminders) = running(store, 1);
    let (offers, _) = campaign_of(store, &selling("offers"), 1);
    let unlisted = CampaignSettings {
        required_lists: Vec::new(),
        ..selling("unlisted")
    };
    let (by_law, _) = campaign_of(store, &unlisted, 1);
    // A relationship is valid instead of the registry, for 18 months.
    let related = store
        .add_campaign(
            &CampaignSettings {
                name: "related".to_owned(),
                ..unlisted.clone()
            },
            &by(now),
        )
        .unwrap();
    let ebr = NewContact {
        consent: Some(Consent {
            kind: ConsentKind::Ebr,
            source: "order 3".to_owned(),
            at: now - secs(86_400),
        }),
        ..row(2, number(0))
    };
    store.import_contacts(related, &[ebr], now).unwrap();
    let numbers = [number(0)];
    let told = store.would_end(&us(), &numbers, now).unwrap();
    let campaigns: Vec<CampaignId> = told.iter().map(|(campaign, _)| *campaign).collect();
    assert_eq!(campaigns, [offers, by_law]);
    let done = store
        .import_suppressions(&us(), &numbers, &by(now))
        .unwrap();
    assert_eq!(done.finished, told);
    assert!(matches!(claim(store, reminders[0], now), Claimed::Dial(..)));
    check_counters(store, now);
}

fn every_campaign_is_bound_where_the_deck_says_so(store: &mut impl EngineStore) {
    let now = morning();
    let (_, reminders) = running(store, 2);
    let strict = DeckSettings {
        every_registry_binds: true,
        ..deck()
    };
    store.configure(&strict).unwrap();
    let done = store
        .import_suppressions(&us(), &[number(0)], &by(now))
        .unwrap();
    assert_eq!(done.finished.len(), 1);
    // The area was never loaded: the other contact waits until it is, or until it need not be.
    let held = claim(store, reminders[1], now);
    assert!(matches!(held, Claimed::Held { due: None, .. }), "{held:?}");
    assert_eq!(store.next_due().unwrap(), None);
    store.configure(&deck()).unwrap();
    assert_eq!(store.promote_due(now, 10).unwrap().len(), 1);
    assert!(matches!(claim(store, reminders[1], now), Claimed::Dial(..)));
    check_counters(store, now);
}

fn a_contact_waits_until_its_area_is_loaded(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 0);
    let (_, contacts) = campaign_of(store, &selling("offers"), 1);
    let elsewhere: BTreeSet<Area> = [Area::from_code(646)].into();
    load(store, &elsewhere, now, now);
    let held = claim(store, contacts[0], now);
    let Claimed::Held { hold, due: None } = held else {
        panic!("{held:?}");
    };
    assert_eq!(
        hold.to_string(),
        "national:us, area code 212 not loaded, until an operator acts"
    );
    assert_eq!(store.next_due().unwrap(), None);
    assert_eq!(store.snapshot(now).unwrap().campaigns[1].next_due, None);
    // Another area, or a list of changes, changes nothing.
    load(store, &elsewhere, now, now);
    load(store, &BTreeSet::new(), now, now);
    assert_eq!(store.promote_due(now + secs(86_400), 10).unwrap(), []);
    load(store, &every_area(), now - secs(60), now + secs(5));
    assert_eq!(store.next_due().unwrap(), Some(now + secs(5)));
    assert_eq!(store.promote_due(now + secs(5), 10).unwrap().len(), 1);
    let dialed = claim(store, contacts[0], now + secs(5));
    let Claimed::Dial(_, order, _) = dialed else {
        panic!("{dialed:?}");
    };
    let area = Area::of(number(0));
    let used = UsedRegistry {
        list: us(),
        area,
        as_of: now - secs(60),
    };
    assert_eq!(order.registries, [used]);
    check_counters(store, now);
}

fn the_age_of_a_registry_is_its_areas(store: &mut impl EngineStore) {
    let now = morning();
    let month = secs(31 * 86_400);
    running(store, 0);
    let (_, contacts) = campaign_of(store, &selling("offers"), 1);
    load(store, &every_area(), now - month - secs(1), now);
    load(store, &[Area::from_code(646)].into(), now, now);
    let held = claim(store, contacts[0], now);
    let Claimed::Held { hold, .. } = held else {
        panic!("{held:?}");
    };
    assert_eq!(
        hold.to_string(),
        "national:us, area code 212 as of 7 Nov 2026, older than 31 days, until an operator acts"
    );
    load(store, &every_area(), now - month, now);
    store.promote_due(now, 10).unwrap();
    assert!(matches!(claim(store, contacts[0], now), Claimed::Dial(..)));
}

fn an_area_keeps_the_newer_of_its_dates(store: &mut impl EngineStore) {
    let now = morning();
    let week = secs(7 * 86_400);
    store.import_suppressions(&us(), &[], &by(now)).unwrap();
    load(
        store,
        &BTreeSet::from([Area::from_code(212)]),
        now - week,
        now,
    );
    let both = BTreeSet::from([Area::from_code(212), Area::from_code(646)]);
    load(store, &both, now - week - week, now);
    let lists = store.lists().unwrap();
    let known = lists.iter().find(|list| list.kind == us()).unwrap();
    let dates: Vec<(u16, Timestamp)> = known
        .areas
        .iter()
        .map(|(area, at)| (area.code(), *at))
        .collect();
    assert_eq!(dates, [(212, now - week), (646, now - week - week)]);
}

fn what_an_entry_ended_can_come_back_later(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 2);
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let reverse = |store: &mut _, restore, place| {
        let how = Reversal {
            restore,
            ..plainly("another person")
        };
        Acts::reverse_suppression(store, number(place), &ListKind::Internal, how, &by(now)).unwrap()
    };
    let back = reverse(store, false, 0).unwrap();
    assert!(back.contacts.is_empty());
    assert_eq!(reverse(store, false, 0), None);
    assert_eq!(reverse(store, true, 1), None);
    let back = reverse(store, true, 0).unwrap();
    assert_eq!((back.contacts.len(), back.consent), (1, false));
    assert_eq!(reverse(store, true, 0), None);
    // A second opt-out is a separate one.
    store.suppress(&[opted_out(number(1), now)]).unwrap();
    let own = ListKind::Campaign("spring".to_owned());
    reverse(store, false, 1).unwrap();
    store.suppress(&[opted_out(number(1), now)]).unwrap();
    let how = Reversal {
        restore: true,
        ..plainly("no")
    };
    let other = store
        .reverse_suppression(number(1), &own, how, &by(now))
        .unwrap();
    assert_eq!(other, None);
    check_counters(store, now);
}

fn a_reversal_can_bring_back_what_the_entry_ended(store: &mut impl EngineStore) {
    let now = morning();
    let (first, _) = running(store, 2);
    let (second, _) = campaign(store, "recall", 2);
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    store.suppress(&[opted_out(number(1), now)]).unwrap();
    let own = ListKind::Campaign("recall".to_owned());
    store.suppress(&[on_list(number(1), own, now)]).unwrap();
    for id in [first, second] {
        store
            .move_campaign(id, CampaignState::Done, "", &by(now))
            .unwrap();
    }
    let how = Reversal {
        restore: true,
        ..plainly("another person")
    };
    let head = store.snapshot(now).unwrap().head;
    let reverse = |store: &mut _, place| {
        Acts::reverse_suppression(store, number(place), &ListKind::Internal, how, &by(now))
            .unwrap()
            .unwrap()
    };
    let back = reverse(store, 0);
    assert_eq!((back.contacts.len(), back.kept, back.consent), (2, 0, true));
    assert_eq!(
        kinds(store, head),
        [
            "suppression_reversed",
            "retry_planned",
            "retry_planned",
            "campaign_started",
            "campaign_started"
        ]
    );
    // The list of one campaign still binds it.
    let back = reverse(store, 1);
    let campaigns: Vec<CampaignId> = back.contacts.iter().map(|(one, _)| *one).collect();
    assert_eq!((campaigns, back.kept), (vec![first], 1));
    for (campaign, refused) in [(first, 0), (second, 1)] {
        let counts = store.snapshot(now).unwrap().campaigns;
        let of = counts
            .iter()
            .find(|one| one.campaign.id == campaign)
            .unwrap();
        assert_eq!(of.refusals.values().sum::<u64>(), refused);
        assert_eq!(of.campaign.state, CampaignState::Running);
    }
    let contact = store.contacts_with(number(0)).unwrap().remove(0);
    assert!(matches!(claim(store, contact.id, now), Claimed::Dial(..)));
    check_counters(store, now);
}

fn only_own_lists_can_be_reversed(store: &mut impl EngineStore) {
    let now = morning();
    running(store, 1);
    let list = ListKind::Internal;
    store.suppress(&[opted_out(number(0), now)]).unwrap();
    let head = store.snapshot(now).unwrap().head;
    let by = by(now);
    let reversed = store.reverse_suppression(number(0), &list, plainly("asked"), &by);
    assert_eq!(reversed.unwrap(), Some(Restored::default()));
    let again = store.reverse_suppression(number(0), &list, plainly("asked"), &by);
    assert_eq!(again.unwrap(), None);
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

fn an_unwanted_call_puts_the_number_on_the_internal_list(store: &mut impl EngineStore) {
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
