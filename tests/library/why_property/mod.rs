//! The explanation and the claim agree: for random contacts, states, lists, caps and instants,
//! `policy::explain` over `Reads::examine` returns *dial* exactly when `EngineStore::claim` reserves.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod caps;
mod law;

use std::cell::RefCell;
use std::collections::BTreeMap;

use dialdeck::domain::campaign::{AttemptRules, Pacing, Purpose, Schedule};
use dialdeck::domain::{
    AttemptId, CallEnd, CallEventKind, CallReport, CallerIdState, CampaignSettings, CampaignState,
    Contact, ContactState, DeckSettings, ImportFigures, ListKind, PhoneNumber, Timestamp,
    TrunkName, WindowClass,
};
use dialdeck::policy::{self, Check, Context, Decision, TrunkRest, Verdict};
use dialdeck::store::{Claimed, EngineStore, NewContact, StoreError};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use dialdeck_testkit::world::*;

/// The place of a premium number, imported as if it had a zone.
const PREMIUM: u64 = 10;

/// Places of contacts. Those up to the premium one are in every campaign from the start; [`Step::Import`]
/// adds the rest.
const PLACES: u64 = 14;

/// What happens between two questions.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Ask(u64, Context),
    /// Every contact is asked about, as by an engine that is behind.
    AskAll,
    Send(usize),
    Settle(usize, CallReport),
    Unknown(usize),
    Suppress(u64, ListKind),
    Reverse(u64),
    LoadRegistry,
    Move(usize, CampaignState),
    Pace(usize, u32, u32),
    CallerIds(CallerIdState),
    Ban(Option<&'static str>),
    Import(u64),
}

fn context() -> impl Strategy<Value = Context> {
    let rest = |until| TrunkRest {
        until,
        cause: "throttled",
    };
    let odd = prop_oneof![
        Just(Context {
            unhealthy: Some("the clock went back".to_owned()),
            ..Context::default()
        }),
        (0..300u64).prop_map(move |after| Context {
            trunk_rests: Some(rest(Some(morning() + secs(after)))),
            ..Context::default()
        }),
        Just(Context {
            trunk_rests: Some(rest(None)),
            ..Context::default()
        }),
        (0..300u64).prop_map(|after| Context {
            ramp_from: Some(morning() + secs(after)),
            ..Context::default()
        }),
    ];
    prop_oneof![6 => Just(Context::default()), 1 => odd]
}

fn report() -> impl Strategy<Value = CallReport> {
    prop_oneof![
        3 => prop::sample::select(vec![404, 408, 480, 486, 503, 603, 607, 608]).prop_map(rejected),
        2 => Just(talked()),
        3 => Just(ended(CallEnd::Abandoned)),
        1 => prop::sample::select(vec![
            CallEnd::Completed,
            CallEnd::CancelledByUs,
            CallEnd::RangOut,
            CallEnd::Unresolved,
        ])
        .prop_map(ended),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let campaign = || 0..3usize;
    let state = prop_oneof![
        5 => Just(CampaignState::Running),
        2 => Just(CampaignState::Paused),
        1 => Just(CampaignState::Stopped),
    ];
    let list = prop_oneof![
        Just(ListKind::Internal),
        Just(ListKind::Campaign("sales".to_owned())),
        Just(ListKind::National("us".to_owned())),
    ];
    let shown = prop::sample::select(vec![
        CallerIdState::Active,
        CallerIdState::Active,
        CallerIdState::Resting,
        CallerIdState::Retired,
    ]);
    prop_oneof![
        10 => (1..90u64).prop_map(Step::Wait),
        3 => (90..4_000u64).prop_map(Step::Wait),
        1 => (4_000..60_000u64).prop_map(Step::Wait),
        20 => (0..PLACES, context()).prop_map(|(place, context)| Step::Ask(place, context)),
        2 => Just(Step::AskAll),
        6 => (0..4usize).prop_map(Step::Send),
        12 => (0..4usize, report()).prop_map(|(nth, report)| Step::Settle(nth, report)),
        1 => (0..4usize).prop_map(Step::Unknown),
        1 => (0..PLACES, list).prop_map(|(place, list)| Step::Suppress(place, list)),
        1 => (0..PLACES).prop_map(Step::Reverse),
        2 => Just(Step::LoadRegistry),
        2 => (campaign(), state).prop_map(|(one, to)| Step::Move(one, to)),
        1 => (campaign(), 1..20u32, 1..4u32).prop_map(|(one, pace, at_once)| Step::Pace(one, pace, at_once)),
        1 => shown.prop_map(Step::CallerIds),
        2 => prop::sample::select(vec![None, None, Some("US-NY"), Some("US-FL"), Some("US-CA")]).prop_map(Step::Ban),
        1 => (PREMIUM + 1..PLACES).prop_map(Step::Import),
    ]
}

fn florida() -> WindowClass {
    WindowClass {
        regions: vec!["US-FL".to_owned()],
        ..new_york()
    }
}

/// Returns three campaigns: reminders without a rule; sales under Florida's cap, with a registry and an
/// end; debts on a separate trunk that the deck does not always have.
fn campaigns() -> [CampaignSettings; 3] {
    let often = AttemptRules {
        max: 5,
        min_gap: secs(60),
        ..AttemptRules::default()
    };
    let sales = CampaignSettings {
        purpose: Purpose::Sales,
        required_lists: vec![ListKind::National("us".to_owned())],
        schedule: Schedule {
            start: Some(morning() + secs(120)),
            expires: Some(morning() + secs(40_000)),
            ramp: secs(0),
            ..Schedule::default()
        },
        attempts: often.clone(),
        ..settings("sales")
    };
    let recall = CampaignSettings {
        attempts: often,
        pacing: Pacing {
            calls_per_minute: 8,
            max_concurrent: 3,
            weight: 1,
        },
        // The third abandoned call applies the brake.
        abandonment_limit_percent: 0,
        ..settings("recall")
    };
    let gone = CampaignSettings {
        trunk: TrunkName("gone".to_owned()),
        ..settings("gone")
    };
    [recall, sales, gone]
}

/// Returns a contact's row. Its location, its consent and the consent's end depend on its place.
fn contact(place: u64) -> NewContact {
    let number = if place == PREMIUM {
        PhoneNumber::from_digits(19_005_550_100).unwrap()
    } else {
        number(place)
    };
    let plain = row(place + 2, number);
    let class = match place % 5 {
        0 | 1 => florida(),
        2 => los_angeles(),
        _ => new_york(),
    };
    NewContact {
        class: if place == 9 {
            Err("premium".to_owned())
        } else {
            Ok(class.into())
        },
        consent: plain.consent.clone().filter(|_| place != 8),
        expires_at: (place == 7).then(|| morning() + secs(5_000)),
        ..plain
    }
}

fn set_up(store: &mut impl EngineStore) {
    store.configure(&deck()).unwrap();
    let listed = on_list(number(6), ListKind::Internal, morning());
    store.suppress(&[listed]).unwrap();
    for settings in campaigns() {
        let by = by(morning());
        let id = store.add_campaign(&settings, &by).unwrap();
        let rows: Vec<NewContact> = (0..=PREMIUM).map(contact).collect();
        store.import_contacts(id, &rows, morning()).unwrap();
        let to = CampaignState::Running;
        store.move_campaign(id, to, "", &by).unwrap();
    }
}

/// How often each answer was reached: `dial`, `stale` and `gate hold` or `gate refuse` by name.
type Reached = BTreeMap<String, u64>;

fn asked(
    store: &mut impl EngineStore,
    contact: &Contact,
    context: &Context,
    now: Timestamp,
) -> (Decision, Vec<Check>) {
    let mut explained = None;
    store
        .examine(contact.id, context, now, &mut |facts| {
            explained = Some(policy::explain(facts, now));
        })
        .unwrap();
    explained.unwrap()
}

/// Explains a contact and claims it at one instant. Returns the attempt if the claim reserved one.
fn ask(
    store: &mut impl EngineStore,
    contact: &Contact,
    context: &Context,
    now: Timestamp,
    reached: &mut Reached,
) -> Result<Option<AttemptId>, TestCaseError> {
    let (decision, checks) = asked(store, contact, context, now);
    for check in &checks {
        let word = match check.verdict {
            Verdict::Hold => "hold",
            Verdict::Refuse => "refuse",
            Verdict::Pass | Verdict::NotReached => continue,
        };
        *reached.entry(format!("{} {word}", check.gate)).or_default() += 1;
    }
    let claimed = store.claim(contact.id, context, now).unwrap();
    match (&decision, &claimed) {
        (Decision::Dial(order), Claimed::Dial(attempt, dialed, _)) => {
            prop_assert_eq!(order, dialed);
            prop_assert_eq!(attempt.caller_id, order.caller_id);
            *reached.entry("dial".to_owned()).or_default() += 1;
            return Ok(Some(attempt.id));
        }
        (Decision::Hold(told), Claimed::Held { hold: kept, .. }) => {
            prop_assert_eq!(told, kept);
        }
        (Decision::Refuse(why), Claimed::Refused(refused)) => {
            prop_assert_eq!(why, refused);
        }
        (Decision::Hold(_) | Decision::Refuse(_), Claimed::Stale) => {
            prop_assert_ne!(contact.state, ContactState::Ready);
            *reached.entry("stale".to_owned()).or_default() += 1;
        }
        _ => {
            let differing = format!("{contact:?}\n{decision:?}\n{claimed:?}\n{checks:#?}");
            return Err(TestCaseError::fail(differing));
        }
    }
    Ok(None)
}

/// Asks about one number in every campaign, or about all.
fn ask_about(
    store: &mut impl EngineStore,
    places: impl Iterator<Item = u64>,
    context: &Context,
    now: Timestamp,
    reached: &mut Reached,
) -> Result<(), TestCaseError> {
    // As the engine does before it claims: contacts that are due become ready.
    store.promote_due(now, usize::MAX).unwrap();
    for place in places {
        for contact in store.contacts_with(contact(place).number).unwrap() {
            ask(store, &contact, context, now, reached)?;
        }
    }
    Ok(())
}

fn open(store: &mut impl EngineStore, nth: usize) -> Option<AttemptId> {
    let open = store.open_attempts().unwrap();
    open.get(nth).map(|attempt| attempt.id)
}

/// Sets the only region under an emergency ban, or none.
fn ban(store: &mut impl EngineStore, region: Option<&str>) {
    let banned = DeckSettings {
        emergency_bans: region.into_iter().map(str::to_owned).collect(),
        ..deck()
    };
    store.configure(&banned).unwrap();
}

/// Carries out a step. If the store refuses it (a stopped campaign does not run again), nothing changes.
fn take(
    store: &mut impl EngineStore,
    step: &Step,
    now: Timestamp,
    reached: &mut Reached,
) -> Result<(), TestCaseError> {
    let by = by(now);
    let named = |one: &usize| campaigns()[*one].name.clone();
    match step {
        Step::Wait(_) => {}
        Step::Ask(place, context) => ask_about(store, *place..=*place, context, now, reached)?,
        Step::AskAll => ask_about(store, 0..PLACES, &Context::default(), now, reached)?,
        Step::Send(nth) => {
            if let Some(attempt) = open(store, *nth) {
                tell(store, attempt, CallEventKind::Sent, now);
            }
        }
        Step::Settle(nth, report) => {
            if let Some(attempt) = open(store, *nth) {
                settle(store, attempt, report, now);
            }
        }
        Step::Unknown(nth) => {
            if let Some(attempt) = open(store, *nth) {
                store.mark_unknown(attempt, "lost", now).unwrap();
            }
        }
        Step::Suppress(place, list) => {
            let entry = on_list(number(*place), list.clone(), now);
            store.suppress(&[entry]).unwrap();
        }
        Step::Reverse(place) => {
            let list = ListKind::Internal;
            let how = plainly("asked");
            let reversed = store.reverse_suppression(number(*place), &list, how, &by);
            // What followed from a 607 stays.
            assert!(matches!(
                reversed,
                Ok(_) | Err(StoreError::NotReversible(_))
            ));
        }
        Step::LoadRegistry => {
            let list = ListKind::National("us".to_owned());
            let figures = ImportFigures::default();
            store
                .finish_list(&list, now, &every_area(), &figures, &by)
                .unwrap();
        }
        Step::Move(one, to) => {
            let id = store.campaign(&named(one)).unwrap().id;
            store.move_campaign(id, *to, "", &by).ok();
        }
        Step::Pace(one, calls_per_minute, max_concurrent) => {
            let id = store.campaign(&named(one)).unwrap().id;
            let pacing = Pacing {
                calls_per_minute: *calls_per_minute,
                max_concurrent: *max_concurrent,
                weight: 1,
            };
            store.set_pacing(id, pacing, &by).ok();
        }
        Step::CallerIds(state) => {
            for place in 0..3 {
                store
                    .set_caller_id_state(caller_id(place), *state, &by)
                    .unwrap();
            }
        }
        Step::Ban(region) => ban(store, *region),
        Step::Import(place) => {
            let id = store.campaign("recall").unwrap().id;
            store.import_contacts(id, &[contact(*place)], now).unwrap();
        }
    }
    Ok(())
}

fn live(
    store: &mut impl EngineStore,
    steps: &[Step],
    reached: &mut Reached,
) -> Result<(), TestCaseError> {
    // One commit for all, because the disk would take most of the time otherwise.
    store.begin().unwrap();
    set_up(store);
    let mut now = morning();
    for step in steps {
        if let Step::Wait(span) = step {
            now = now + secs(*span);
        }
        take(store, step, now, reached)?;
    }
    store.commit().unwrap();
    Ok(())
}

/// The gates that a contact can reach by what the stores and the engine allow. The attempts are not among
/// them, because the attempt that uses them up also ends the contact; nor are the rolling caps, which take
/// more calls to one number than these steps make: [`caps`] reaches them.
const GATES: [&str; 19] = [
    "campaign refuse",
    "contact refuse",
    "number refuse",
    "suppression refuse",
    "consent refuse",
    "health hold",
    "campaign state hold",
    "lists hold",
    "in flight hold",
    "gap hold",
    "retry hold",
    "emergency ban hold",
    "window hold",
    "trunk hold",
    "abandonment hold",
    "caller id hold",
    "concurrency hold",
    "per minute hold",
    "spacing hold",
];

#[test]
fn the_explanation_says_dial_exactly_when_a_claim_reserves() {
    let reached = RefCell::new([Reached::new(), Reached::new()]);
    let config = Config {
        cases: 96,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&prop::collection::vec(step(), 1..120), |steps| {
            let folder = tempfile::tempdir().unwrap();
            let [in_memory, on_disk] = &mut *reached.borrow_mut();
            live(&mut memory(), &steps, in_memory)?;
            live(&mut sqlite_engine(&folder), &steps, on_disk)
        })
        .unwrap();
    let [in_memory, on_disk] = reached.into_inner();
    assert_eq!(in_memory, on_disk, "the stores were asked the same");
    let times = |what: &str| in_memory.get(what).copied().unwrap_or_default();
    assert!(times("dial") > 100, "{in_memory:#?}");
    assert!(times("stale") > 200, "{in_memory:#?}");
    let missed: Vec<&&str> = GATES.iter().filter(|gate| times(gate) == 0).collect();
    assert!(
        missed.is_empty(),
        "never reached: {missed:?} {in_memory:#?}"
    );
}
