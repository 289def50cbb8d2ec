//! Random runs of verbs over both stores: equal results, equal snapshots, equal logs, exact counters.

use std::collections::BTreeSet;
use std::time::Duration;

use dialdeck::domain::campaign::Pacing;
use dialdeck::domain::suppression::SuppressionSource;
use dialdeck::domain::{
    AttemptState, CallEnd, CallEvent, CallEventKind, CallReport, CalleeType, CallerIdState,
    CampaignId, CampaignState, Consent, ConsentKind, ListKind, Suppression, Timestamp,
};
use dialdeck::policy::{Context, Load};
use dialdeck::store::crosscheck::Mismatch;
use dialdeck::store::{
    Acts as _, ContactQuery, DeckSettings, Direction, EngineStore, ImportFigures, NewContact,
    Reversal, Snapshot,
};
use proptest::prelude::*;

use dialdeck_testkit::world::*;

/// One verb. Campaigns, contacts and attempts are given by their position among the existing ones.
#[derive(Clone, Debug)]
enum Verb {
    Import(i64, Vec<Row>),
    FinishImport(i64, u64),
    Move(i64, CampaignState),
    Pace(i64, u32, u32),
    Suppress(u64, ListKind, SuppressionSource),
    ImportList(ListKind, Vec<u64>),
    FinishList(ListKind, bool),
    WouldEnd(ListKind, Vec<u64>),
    Reverse(u64, ListKind, bool),
    EveryRegistryBinds(bool),
    Promote(usize),
    Expire(usize),
    Claim(u64, usize),
    Examine(u64, usize),
    Record(usize, CallEventKind, u64),
    Unknown(usize),
    Settle(usize, CallReport),
    CallerId(u64, CallerIdState),
    Requeue(Vec<(u64, usize)>),
    Acknowledge(i64),
    HangUp,
    HungUp(u64),
    Refill(i64, usize),
    Page(ListKind, u64),
    List(ContactQuery, bool, usize, u64),
}

#[derive(Clone, Debug)]
struct Row {
    place: u64,
    class: u8,
    priority: i32,
    consent: bool,
    expires: Option<u64>,
}

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    One(Verb),
    Group(Vec<Verb>),
    Reopen,
}

fn list() -> impl Strategy<Value = ListKind> {
    prop_oneof![
        3 => Just(ListKind::Internal),
        1 => Just(ListKind::National("us".to_owned())),
        1 => Just(ListKind::Campaign("recall".to_owned())),
    ]
}

fn row_of_import() -> impl Strategy<Value = Row> {
    (
        0..12u64,
        0..8u8,
        -1..2i32,
        prop::bool::weighted(0.9),
        prop::option::weighted(0.2, 0..9000u64),
    )
        .prop_map(|(place, class, priority, consent, expires)| Row {
            place,
            class,
            priority,
            consent,
            expires,
        })
}

fn event() -> impl Strategy<Value = CallEventKind> {
    prop_oneof![
        4 => Just(CallEventKind::Sent),
        3 => Just(CallEventKind::Ringing),
        3 => Just(CallEventKind::Answered),
        1 => Just(CallEventKind::CalleeDetected(CalleeType::Human)),
        1 => Just(CallEventKind::CalleeDetected(CalleeType::Voicemail)),
        1 => Just(CallEventKind::AnswerLost),
    ]
}

fn report() -> impl Strategy<Value = CallReport> {
    let codes = [
        403, 403, 404, 408, 410, 429, 480, 486, 503, 603, 607, 608, 402,
    ];
    prop_oneof![
        4 => prop::sample::select(codes.to_vec()).prop_map(rejected),
        3 => Just(talked()),
        1 => Just(CallReport { opted_out: true, ..talked() }),
        1 => Just(ended(CallEnd::Completed)),
        1 => Just(ended(CallEnd::Abandoned)),
        1 => Just(ended(CallEnd::CancelledByUs)),
        1 => Just(ended(CallEnd::NeverSent)),
        1 => Just(ended(CallEnd::Lapsed)),
        1 => Just(ended(CallEnd::RangOut)),
        1 => Just(ended(CallEnd::Unresolved)),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    let campaign = 1..5i64;
    let state = prop_oneof![
        4 => Just(CampaignState::Running),
        1 => Just(CampaignState::Paused),
        1 => Just(CampaignState::Done),
        1 => Just(CampaignState::Draft),
    ];
    let source = prop_oneof![
        Just(SuppressionSource::OptOut),
        Just(SuppressionSource::Import)
    ];
    let caller = prop_oneof![
        3 => Just(CallerIdState::Active),
        1 => Just(CallerIdState::Resting),
        1 => Just(CallerIdState::Retired)
    ];
    prop_oneof![
        3 => (campaign.clone(), prop::collection::vec(row_of_import(), 0..6))
            .prop_map(|(campaign, rows)| Verb::Import(campaign, rows)),
        1 => (campaign.clone(), 0..2u64).prop_map(|(one, taken)| Verb::FinishImport(one, taken)),
        2 => (campaign.clone(), state).prop_map(|(one, to)| Verb::Move(one, to)),
        1 => (campaign.clone(), 0..700u32, 0..7u32).prop_map(|(one, a, b)| Verb::Pace(one, a, b)),
        2 => (0..12u64, list(), source).prop_map(|(one, list, why)| Verb::Suppress(one, list, why)),
        1 => (list(), prop::collection::vec(0..12u64, 0..4))
            .prop_map(|(list, places)| Verb::ImportList(list, places)),
        1 => (list(), any::<bool>()).prop_map(|(list, covers)| Verb::FinishList(list, covers)),
        1 => (list(), prop::collection::vec(0..12u64, 0..4))
            .prop_map(|(list, places)| Verb::WouldEnd(list, places)),
        2 => (0..12u64, list(), any::<bool>())
            .prop_map(|(one, list, restore)| Verb::Reverse(one, list, restore)),
        1 => any::<bool>().prop_map(Verb::EveryRegistryBinds),
        3 => (1..5usize).prop_map(Verb::Promote),
        1 => (1..5usize).prop_map(Verb::Expire),
        12 => (0..12u64, 0..3usize).prop_map(|(one, nth)| Verb::Claim(one, nth)),
        2 => (0..12u64, 0..3usize).prop_map(|(one, nth)| Verb::Examine(one, nth)),
        10 => (0..5usize, event(), 0..9u64).prop_map(|(nth, kind, ago)| Verb::Record(nth, kind, ago)),
        1 => (0..5usize).prop_map(Verb::Unknown),
        8 => (0..5usize, report()).prop_map(|(nth, report)| Verb::Settle(nth, report)),
        1 => (0..3u64, caller).prop_map(|(one, state)| Verb::CallerId(one, state)),
        3 => prop::collection::vec((0..12u64, 0..3usize), 0..3).prop_map(Verb::Requeue),
        1 => (1..60i64).prop_map(Verb::Acknowledge),
        1 => Just(Verb::HangUp),
        1 => (0..4u64).prop_map(Verb::HungUp),
        1 => (campaign, 1..4usize).prop_map(|(one, limit)| Verb::Refill(one, limit)),
        1 => (list(), 0..12u64).prop_map(|(list, after)| Verb::Page(list, after)),
        4 => (crate::store_contract::listing::query(3), any::<bool>(), 1..6usize, 1..20u64)
            .prop_map(|(query, back, limit, budget)| Verb::List(query, back, limit, budget)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1..100u64).prop_map(Step::Wait),
        1 => (1..40_000u64).prop_map(Step::Wait),
        12 => verb().prop_map(Step::One),
        4 => prop::collection::vec(verb(), 0..6).prop_map(Step::Group),
        1 => Just(Step::Reopen),
    ]
}

/// Runs a verb and returns its result as text.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the engine's verbs are answered below"
)]
fn answer(store: &mut impl EngineStore, verb: &Verb, now: Timestamp) -> String {
    let by = by(now);
    match verb {
        Verb::Import(campaign, rows) => {
            let rows: Vec<NewContact> = rows
                .iter()
                .zip(2..)
                .map(|(row, line)| new(row, line))
                .collect();
            said(store.import_contacts(CampaignId(*campaign), &rows, now))
        }
        Verb::FinishImport(campaign, taken) => {
            let figures = ImportFigures {
                taken: *taken,
                ..ImportFigures::default()
            };
            said(store.finish_import(CampaignId(*campaign), &figures, &by))
        }
        Verb::Move(campaign, to) => said(store.move_campaign(CampaignId(*campaign), *to, "", &by)),
        Verb::Pace(campaign, per_minute, slots) => {
            let pacing = Pacing {
                calls_per_minute: *per_minute,
                max_concurrent: *slots,
                weight: 1,
            };
            said(store.set_pacing(CampaignId(*campaign), pacing, &by))
        }
        Verb::Suppress(place, list, source) => {
            let entry = Suppression {
                source: *source,
                ..on_list(number(*place), list.clone(), now)
            };
            said(store.suppress(&[entry]))
        }
        Verb::Page(list, place) => said(store.list_page(list, Some(number(*place)), 3)),
        Verb::List(query, back, limit, budget) => {
            let way = [Direction::Forward, Direction::Back][usize::from(*back)];
            said(
                store
                    .page(query, None, way, *limit, *budget)
                    .and_then(|first| {
                        let from = first.resume.as_ref();
                        let second = store.page(query, from, way, *limit, *budget)?;
                        Ok((first, second))
                    }),
            )
        }
        Verb::CallerId(place, state) => {
            said(store.set_caller_id_state(caller_id(*place), *state, &by))
        }
        list => list_answer(store, list, now),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other verbs are answered above and below"
)]
fn list_answer(store: &mut impl EngineStore, verb: &Verb, now: Timestamp) -> String {
    let by = by(now);
    match verb {
        Verb::ImportList(list, places) => {
            let numbers: Vec<_> = places.iter().map(|place| number(*place)).collect();
            said(store.import_suppressions(list, &numbers, &by))
        }
        Verb::FinishList(list, covers) => {
            let areas = if *covers {
                every_area()
            } else {
                BTreeSet::new()
            };
            said(store.finish_list(list, now, &areas, &ImportFigures::default(), &by))
        }
        Verb::WouldEnd(list, places) => {
            let numbers: Vec<_> = places.iter().map(|place| number(*place)).collect();
            said(store.would_end(list, &numbers, now))
        }
        Verb::Reverse(place, list, restore) => {
            let how = Reversal {
                restore: *restore,
                ..plainly("asked")
            };
            said(store.reverse_suppression(number(*place), list, how, &by))
        }
        Verb::EveryRegistryBinds(every_registry_binds) => said(store.configure(&DeckSettings {
            every_registry_binds: *every_registry_binds,
            ..deck()
        })),
        act => act_answer(store, act, now),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other verbs are answered above and below"
)]
fn act_answer(store: &mut impl EngineStore, verb: &Verb, now: Timestamp) -> String {
    let by = by(now);
    match verb {
        Verb::Requeue(places) => {
            let mut contacts = Vec::new();
            for (place, nth) in places {
                let found = store.contacts_with(number(*place)).unwrap();
                contacts.extend(found.get(*nth).map(|contact| contact.id));
            }
            said(store.requeue(&contacts, &by))
        }
        Verb::Acknowledge(seq) => said(store.acknowledge(*seq, &by)),
        Verb::HangUp => said(store.hang_up_all("asked", &by)),
        engine => engine_answer(store, engine, now),
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the other verbs are answered above"
)]
fn engine_answer(store: &mut impl EngineStore, verb: &Verb, now: Timestamp) -> String {
    match verb {
        Verb::Promote(limit) => said(store.promote_due(now, *limit)),
        Verb::HungUp(wish) => said(store.hung_up(*wish)),
        Verb::Expire(limit) => said(store.expire_due(now, *limit)),
        Verb::Claim(place, nth) => match store.contacts_with(number(*place)).unwrap().get(*nth) {
            Some(contact) => said(store.claim(contact.id, &Context::default(), now)),
            None => String::new(),
        },
        Verb::Examine(place, nth) => {
            let found = store.contacts_with(number(*place)).unwrap();
            let Some(contact) = found.get(*nth) else {
                return String::new();
            };
            let mut seen = String::new();
            let looked = store.examine(contact.id, &Context::default(), now, &mut |facts| {
                seen = format!(
                    "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
                    facts.campaign,
                    facts.contact,
                    facts.class,
                    facts.suppressions,
                    facts.lists,
                    facts.consent_revoked_at,
                    facts.history,
                    facts.number_in_flight
                );
            });
            seen + &said(looked)
        }
        Verb::Record(nth, kind, ago) => on_open(store, *nth, |store, attempt, _| {
            let at = now - Duration::from_secs(*ago);
            let kind = kind.clone();
            said(store.record(&CallEvent { attempt, at, kind }, now))
        }),
        Verb::Unknown(nth) => on_open(store, *nth, |store, attempt, _| {
            said(store.mark_unknown(attempt, "lost", now))
        }),
        Verb::Settle(nth, report) => on_open(store, *nth, |store, attempt, state| {
            // If a send were given back after an hour, the ledger would have to restore the one before it.
            let report = match (report.end, state) {
                (CallEnd::NeverSent, AttemptState::Unknown) => ended(CallEnd::Unresolved),
                _ => report.clone(),
            };
            said(store.settle(attempt, &report, now, now))
        }),
        Verb::Refill(campaign, limit) => {
            let mut pages = Vec::new();
            for class in store.snapshot(now).unwrap().classes.into_keys() {
                let mut after = None;
                loop {
                    let id = CampaignId(*campaign);
                    let page = store.refill(id, class, after, *limit).unwrap();
                    pages.extend_from_slice(&page);
                    after = page.last().copied();
                    if page.len() < *limit {
                        break;
                    }
                }
            }
            format!("{pages:?}")
        }
        other => panic!("{other:?} is not the engine's"),
    }
}

fn on_open<S: EngineStore>(
    store: &mut S,
    nth: usize,
    act: impl FnOnce(&mut S, dialdeck::domain::AttemptId, AttemptState) -> String,
) -> String {
    let open = store.open_attempts().unwrap();
    match open.get(nth) {
        Some(attempt) => act(store, attempt.id, attempt.state),
        None => String::new(),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "answers are written down where they are given"
)]
fn said<T: std::fmt::Debug, E: std::fmt::Debug>(answer: Result<T, E>) -> String {
    format!("{answer:?}")
}

fn new(row: &Row, line: u64) -> NewContact {
    NewContact {
        class: match row.class {
            0 => Err("premium".to_owned()),
            1 => Ok(los_angeles().into()),
            _ => Ok(new_york().into()),
        },
        priority: row.priority,
        consent: row.consent.then(|| Consent {
            kind: ConsentKind::Express,
            source: "form 17".to_owned(),
            at: morning(),
        }),
        expires_at: row.expires.map(|after| morning() + secs(after)),
        ..dialdeck_testkit::world::row(line, number(row.place))
    }
}

/// Returns a snapshot as text, without last uses longer ago than any cap reaches, because a rebuilt ledger
/// need not know them.
fn words(mut snapshot: Snapshot, now: Timestamp) -> String {
    let forget =
        |load: &mut Load| load.last_planned = load.last_planned.filter(|at| *at + secs(3000) > now);
    for counts in &mut snapshot.campaigns {
        forget(&mut counts.load);
    }
    for (_, load) in &mut snapshot.trunks {
        forget(load);
    }
    format!("{snapshot:#?}")
}

pub(crate) fn compare(
    one: &mut impl EngineStore,
    other: &mut impl EngineStore,
    head: &mut i64,
    now: Timestamp,
) {
    let snapshot = one.snapshot(now).unwrap();
    let new_head = snapshot.head;
    let (left, right) = (
        words(snapshot, now),
        words(other.snapshot(now).unwrap(), now),
    );
    if left != right {
        let differing = left.lines().zip(right.lines()).find(|(a, b)| a != b);
        panic!("snapshots differ: {differing:?}\n{left}\n---\n{right}");
    }
    assert_eq!(one.recount().unwrap(), other.recount().unwrap());
    check_counters(other, now);
    assert_eq!(
        one.tail(*head, usize::MAX).unwrap(),
        other.tail(*head, usize::MAX).unwrap()
    );
    assert_eq!(one.settings().unwrap(), other.settings().unwrap());
    assert_eq!(one.unsent().unwrap(), other.unsent().unwrap());
    assert_eq!(
        one.log_before(new_head, 3).unwrap(),
        other.log_before(new_head, 3).unwrap()
    );
    *head = new_head;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_stores_answer_alike(steps in prop::collection::vec(step(), 1..60)) {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, mut other) = (memory(), sqlite_engine(&folder));
        running(&mut one, 4);
        running(&mut other, 4);
        campaign(&mut one, "recall", 3);
        campaign(&mut other, "recall", 3);
        campaign_of(&mut one, &selling("offers"), 4);
        campaign_of(&mut other, &selling("offers"), 4);
        let (mut now, mut head) = (morning(), 0);
        for step in steps {
            match &step {
                Step::Wait(span) => now = now + secs(*span),
                Step::Reopen => {
                    drop(other);
                    other = sqlite_engine(&folder);
                }
                Step::One(verb) => {
                    let left = answer(&mut one, verb, now);
                    prop_assert_eq!(left, answer(&mut other, verb, now), "{:?}", verb);
                }
                Step::Group(verbs) => {
                    one.begin().unwrap();
                    other.begin().unwrap();
                    for verb in verbs {
                        let left = answer(&mut one, verb, now);
                        prop_assert_eq!(left, answer(&mut other, verb, now), "{:?}", verb);
                    }
                    one.commit().unwrap();
                    other.commit().unwrap();
                }
            }
            compare(&mut one, &mut other, &mut head, now);
            // Imports are made here without their starts and with figures of any size.
            let mut found = other.cross_check().unwrap().first;
            found.retain(|found| !matches!(found.what, Mismatch::Imported { .. }));
            prop_assert_eq!(found, []);
        }
        kinds(&mut other, 0);
    }
}
