//! The call list in pages, over both stores: complete, in order, within the budget, while contacts change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dialdeck::domain::event::{AlertRaised, EventData, NewEvent};
use dialdeck::domain::{
    CallEnd, CallEventKind, CampaignId, ClassId, Contact, ContactId, ContactState, Outcome,
    PhoneNumber, WaitReason,
};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{
    Acts, ContactPage, ContactQuery, Direction, EngineStore, ListKey, ListOrder, NewContact, Reads,
    RowFate,
};
use proptest::prelude::*;

use dialdeck_testkit::world::*;

const ORDERS: [ListOrder; 3] = [ListOrder::Queue, ListOrder::List, ListOrder::Number];
const BOTH_WAYS: [Direction; 2] = [Direction::Forward, Direction::Back];
const PLACES: u64 = 44;

/// Adds two campaigns over the same numbers, with contacts in every state. Returns their ids.
fn mixed<S: EngineStore>(store: &mut S) -> Vec<CampaignId> {
    let (first, ids) = running(store, 24);
    let (second, others) = campaign(store, "recall", 30);
    let names = ["Ben Osei", "Žofie Kahale", "Ana Maria"];
    let rows: Vec<NewContact> = (24..PLACES)
        .rev()
        .map(|place| NewContact {
            name: names[usize::try_from(place % 3).unwrap()].to_owned(),
            class: match place % 4 {
                0 => Err("premium".to_owned()),
                1 => Ok(Arc::new(los_angeles())),
                _ => Ok(Arc::new(new_york())),
            },
            priority: i32::try_from(place % 3).unwrap() - 1,
            expires_at: (place % 7 == 0).then(|| morning() + secs(10)),
            ..row(place, number(place))
        })
        .collect();
    let added = store
        .import_contacts(first, &rows, morning() + secs(1))
        .unwrap();
    assert!(added.iter().all(|fate| matches!(fate, RowFate::Taken(_))));
    let mut now = morning();
    let mut next = |store: &mut S, contact: ContactId| {
        now = now + secs(40);
        (dial(store, contact, now).id, now)
    };
    let ends = [
        rejected(486),
        talked(),
        rejected(486),
        rejected(404),
        rejected(410),
    ];
    for (contact, end) in [3usize, 5, 8, 15, 16].into_iter().zip(ends) {
        let (attempt, now) = next(store, ids[contact]);
        tell(store, attempt, CallEventKind::Sent, now);
        settle(store, attempt, &end, now + secs(2));
    }
    let (lost, now) = next(store, ids[7]);
    store.mark_unknown(lost, "restart", now).unwrap();
    settle(store, lost, &ended(CallEnd::Unresolved), now);
    let (up, now) = next(store, ids[9]);
    tell(store, up, CallEventKind::Sent, now);
    let (up_too, now) = next(store, ids[1]);
    tell(store, up_too, CallEventKind::Sent, now);
    for place in [3, 8] {
        claim(store, others[place], now + secs(30));
    }
    store.suppress(&[opted_out(number(11), now)]).unwrap();
    store.expire_due(now, 100).unwrap();
    vec![first, second]
}

fn everybody(store: &mut impl Reads, campaign: CampaignId) -> Vec<Contact> {
    let all = (0..PLACES).flat_map(|place| store.contacts_with(number(place)).unwrap());
    all.filter(|contact| contact.campaign == campaign).collect()
}

/// Returns a contact's position according to the documentation.
fn place(contact: &Contact, order: ListOrder) -> (u8, i64, i64, ContactId) {
    let due = contact.due.as_millis();
    let (section, rank, at) = match (order, contact.state) {
        (ListOrder::List, _) | (ListOrder::Queue, ContactState::InFlight) => (0, 0, 0),
        (ListOrder::Number, _) => (0, 0, contact.number.digits().cast_signed()),
        (ListOrder::Queue, ContactState::Ready) => (1, -i64::from(contact.priority), due),
        (ListOrder::Queue, ContactState::Waiting(_)) => (2, 0, due),
        (ListOrder::Queue, ContactState::Unknown) => (3, 0, 0),
        (ListOrder::Queue, _) => (4, 0, 0),
    };
    (section, rank, at, contact.id)
}

/// Returns all pages from one end to the other, in the order of reading.
fn pages(
    store: &mut impl Reads,
    query: &ContactQuery,
    direction: Direction,
    (limit, budget): (usize, u64),
) -> Vec<ContactPage> {
    let mut pages: Vec<ContactPage> = Vec::new();
    loop {
        let from = pages.last().and_then(|page| page.resume);
        let page = store
            .page(query, from.as_ref(), direction, limit, budget)
            .unwrap();
        assert!(
            page.scanned <= budget && page.rows.len() <= limit,
            "{page:?}"
        );
        assert!(page.end || page.resume.is_some_and(|key| Some(key) != from));
        assert_eq!(page.cut, !page.end && page.rows.len() < limit);
        let end = page.end;
        pages.push(page);
        if end {
            return pages;
        }
    }
}

/// Returns the rows of all pages in the list's order.
fn joined(mut pages: Vec<ContactPage>, direction: Direction) -> Vec<Contact> {
    if direction == Direction::Back {
        pages.reverse();
    }
    pages.into_iter().flat_map(|page| page.rows).collect()
}

fn order() -> impl Strategy<Value = ListOrder> {
    prop::sample::select(ORDERS.to_vec())
}

pub(crate) fn query(campaigns: i64) -> impl Strategy<Value = ContactQuery> {
    let states = prop::sample::subsequence(ContactState::ALL.to_vec(), 0..=10);
    let classes = prop::sample::subsequence(vec![ClassId(0), ClassId(1), ClassId(2)], 0..=3);
    let outcome = prop::sample::select(vec![Outcome::Busy, Outcome::NoAnswer]);
    let texts = ["ana", "ŽOFIE", "ru an", "0-1", "5501 2", "ana 13", "nobody"];
    (
        1..=campaigns,
        prop::option::of(states),
        prop::option::weighted(0.3, classes),
        prop::option::weighted(0.2, outcome),
        prop::option::weighted(0.3, prop::sample::select(texts.to_vec())),
        order(),
    )
        .prop_map(
            |(campaign, states, classes, outcome, text, order)| ContactQuery {
                campaign: CampaignId(campaign),
                states: states.map(BTreeSet::from_iter),
                classes: classes.map(BTreeSet::from_iter),
                outcome,
                text: text.unwrap_or_default().to_owned(),
                order,
            },
        )
}

fn wanted(query: &ContactQuery, contact: &Contact) -> bool {
    let (name, digits) = (contact.name.to_lowercase(), contact.number.to_string());
    let mut found = (true, String::new());
    for word in query.text.to_lowercase().split(' ') {
        if word.chars().any(char::is_alphabetic) {
            found.0 &= name.contains(word);
        } else {
            found.1 += &word.replace('-', "");
        }
    }
    query
        .states
        .as_ref()
        .is_none_or(|states| states.contains(&contact.state))
        && query
            .classes
            .as_ref()
            .is_none_or(|classes| classes.contains(&contact.class))
        && query
            .outcome
            .is_none_or(|outcome| contact.last_outcome == Some(outcome))
        && found.0
        && digits.contains(&found.1)
}

fn check_whole(store: &mut impl Reads, query: &ContactQuery, bounds: (usize, u64)) {
    let mut expected = everybody(store, query.campaign);
    expected.retain(|contact| wanted(query, contact));
    expected.sort_by_key(|contact| place(contact, query.order));
    for direction in BOTH_WAYS {
        let list = joined(pages(store, query, direction, bounds), direction);
        assert_eq!(list, expected, "{direction:?} {query:?}");
    }
    for contact in &expected {
        let key = query.order.key(contact);
        let next = store
            .page(query, Some(&key), Direction::Forward, 100, 1000)
            .unwrap();
        let before = store
            .page(query, Some(&key), Direction::Back, 100, 1000)
            .unwrap();
        let around = [before.rows, vec![contact.clone()], next.rows].concat();
        assert_eq!(around, expected, "around {contact:?} {query:?}");
    }
}

fn check_every_order(store: &mut impl EngineStore) {
    let mut states = BTreeSet::new();
    for campaign in mixed(store) {
        let all = everybody(store, campaign);
        states.extend(all.iter().map(|contact| contact.state));
        for order in ORDERS {
            check_whole(store, &ContactQuery::all(campaign, order), (4, 1000));
            check_whole(store, &ContactQuery::all(campaign, order), (7, 3));
        }
    }
    for state in [
        ContactState::Waiting(WaitReason::Retry),
        ContactState::InFlight,
        ContactState::Done,
        ContactState::Suppressed,
        ContactState::Expired,
        ContactState::Invalid,
        ContactState::Unknown,
    ] {
        assert!(states.contains(&state), "nobody is {state}");
    }
}

#[test]
fn every_order_is_whole_both_ways_in_memory() {
    check_every_order(&mut memory());
}

#[test]
fn every_order_is_whole_both_ways_in_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    check_every_order(&mut sqlite_engine(&folder));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_leave_nothing_out_and_both_stores_agree(
        queries in prop::collection::vec((query(3), 1..9usize, 1..60u64), 8)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (memory(), sqlite_engine(&folder));
        mixed(&mut one);
        mixed(&mut other);
        for (query, limit, budget) in queries {
            check_whole(&mut other, &query, (limit, budget));
            for direction in BOTH_WAYS {
                let bounds = (limit, budget);
                prop_assert_eq!(
                    pages(&mut one, &query, direction, bounds),
                    pages(&mut other, &query, direction, bounds)
                );
            }
        }
    }
}

/// Reads page after page while contacts move. Those that stay are seen exactly once.
fn check_moves(store: &mut impl EngineStore, order: ListOrder, direction: Direction) {
    let campaign = mixed(store)[0];
    let query = ContactQuery::all(campaign, order);
    let before = everybody(store, campaign);
    let mut now = morning() + secs(600);
    let mut seen: BTreeMap<ContactId, u32> = BTreeMap::new();
    let mut from: Option<ListKey> = None;
    for place in 12.. {
        let page = store
            .page(&query, from.as_ref(), direction, 3, 1000)
            .unwrap();
        for contact in &page.rows {
            *seen.entry(contact.id).or_default() += 1;
        }
        from = page.resume;
        if page.end {
            break;
        }
        now = now + secs(40);
        store
            .suppress(&[opted_out(number(place + 10), now)])
            .unwrap();
        let contact = store.contacts_with(number(place)).unwrap().remove(0);
        if place < 15 {
            let attempt = dial(store, contact.id, now);
            settle(store, attempt.id, &rejected(486), now);
        }
    }
    let after = everybody(store, campaign);
    let stayed = before
        .iter()
        .zip(&after)
        .filter(|(before, after)| before == after);
    for (contact, _) in stayed {
        assert_eq!(
            seen.get(&contact.id),
            Some(&1),
            "{order:?} {direction:?} {contact:?}"
        );
    }
    if order != ListOrder::Queue {
        assert!(seen.len() == before.len() && seen.values().all(|times| *times == 1));
    }
}

#[test]
fn contacts_that_move_between_pages_do_not_break_the_list() {
    for order in ORDERS {
        for direction in BOTH_WAYS {
            check_moves(&mut memory(), order, direction);
            let folder = tempfile::tempdir().unwrap();
            check_moves(&mut sqlite_engine(&folder), order, direction);
        }
    }
}

/// Returns one of 100 fictional numbers in each of many area codes.
fn far_number(place: u64) -> PhoneNumber {
    let (area, line) = (200 + place / 100, place % 100);
    PhoneNumber::from_digits(10_005_550_100 + area * 10_000_000 + line).unwrap()
}

#[test]
fn a_page_from_the_middle_of_a_long_list_looks_at_few_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = sqlite_engine(&folder);
    let (campaign, _) = running(&mut store, 0);
    let rows: Vec<NewContact> = (0..20_000)
        .map(|place| NewContact {
            class: Ok(Arc::new(if place % 2 == 0 {
                new_york()
            } else {
                los_angeles()
            })),
            name: if place == 15_000 {
                "Ben Osei".to_owned()
            } else {
                "Ana Ruiz".to_owned()
            },
            ..row(place + 2, far_number(place))
        })
        .collect();
    store.import_contacts(campaign, &rows, morning()).unwrap();
    let middle = store.contacts_with(far_number(10_000)).unwrap().remove(0);
    for order in ORDERS {
        let query = ContactQuery::all(campaign, order);
        let key = order.key(&middle);
        for direction in BOTH_WAYS {
            let page = store.page(&query, Some(&key), direction, 40, 500).unwrap();
            assert_eq!((page.rows.len(), page.scanned, page.cut), (40, 40, false));
        }
        let rare = ContactQuery {
            text: "osei".to_owned(),
            ..query
        };
        let page = store
            .page(&rare, Some(&key), Direction::Forward, 40, 500)
            .unwrap();
        assert_eq!((page.rows.len(), page.scanned, page.cut), (0, 500, true));
        let all = pages(&mut store, &rare, Direction::Forward, (40, 500));
        assert_eq!(
            joined(all, Direction::Forward)[0].number,
            far_number(15_000)
        );
    }
}

fn check_log_backwards(store: &mut impl Acts) {
    running(store, 3);
    for _ in 0..20 {
        let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
        let event = NewEvent::new(morning(), "engine", alert);
        store.append(&event).unwrap();
    }
    let mut expected = store.tail(0, usize::MAX).unwrap();
    expected.reverse();
    let (mut log, mut before) = (Vec::new(), i64::MAX);
    loop {
        let page = store.log_before(before, 7).unwrap();
        let Some(last) = page.last() else {
            break;
        };
        before = last.seq;
        log.extend(page);
    }
    assert_eq!(log, expected);
}

#[test]
fn the_log_is_read_backwards() {
    check_log_backwards(&mut memory());
    let folder = tempfile::tempdir().unwrap();
    check_log_backwards(&mut sqlite_engine(&folder));
}

#[test]
fn a_reader_sees_lists_attempts_and_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = sqlite_engine(&folder);
    let campaign = mixed(&mut store)[0];
    let path = folder.path().join("deck.sqlite");
    let mut reader = SqliteStore::open_read_only(&path, Rules::embedded()).unwrap();
    for order in ORDERS {
        check_whole(&mut reader, &ContactQuery::all(campaign, order), (9, 50));
    }
    let busy = store.contacts_with(number(3)).unwrap().remove(0).id;
    let attempts = reader.attempts_of(busy).unwrap();
    assert_eq!(
        (attempts.len(), &attempts),
        (1, &store.attempts_of(busy).unwrap())
    );
    let log = reader.log_before(i64::MAX, 5).unwrap();
    assert_eq!(log, store.log_before(i64::MAX, 5).unwrap());
}
