//! The rolling caps of law over campaigns: random calls to a few numbers. After each step, what the
//! explanation contains about the caps equals a recount of these calls.
//!
//! The recount reads the caps from a separate table, [`law`](super::law), and the calls from the test's own
//! notes, and finds the end of a cap by counting again at each later instant.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use dialdeck::domain::campaign::{
    Agent, AttemptRules, CallClass, OutcomeAction, OutcomeRule, Purpose, RuleOverride, Waived,
};
use dialdeck::domain::{
    AttemptId, CallEventKind, CampaignSettings, CampaignState, ConsentKind, Contact, Timestamp,
    WindowClass,
};
use dialdeck::policy::{Context, Decision, HoldKind, Refusal, Until, Verdict};
use dialdeck::store::{EngineStore, NewContact};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::law::{CAMPAIGNS, CAPS, Cap, End, Kind, Made, PLACES, consents, lawless};
use super::{Reached, ask, asked};
use dialdeck_testkit::world::*;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// What happens between two questions.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    /// 16:30 in London, this many days later. Every place is open then, except on weekends and holidays.
    Afternoon(u64),
    /// A campaign calls a place. The request leaves this much later, and the call ends like this or is
    /// still up.
    Call(usize, usize, u64, Option<End>),
    /// Every call that is up ends.
    HangUp(End),
    /// Time passes to the end of a campaign's last cap at a place, or to a millisecond before it.
    ToTheEnd(usize, usize, bool),
}

/// A run over two places, so that each of them is called often.
fn steps() -> impl Strategy<Value = Vec<Step>> {
    let places = prop::sample::subsequence((0..PLACES.len()).collect::<Vec<_>>(), 2);
    places.prop_flat_map(|places| prop::collection::vec(step(&places), 20..90))
}

fn step(places: &[usize]) -> impl Strategy<Value = Step> + use<> {
    let place = || prop::sample::select(places.to_vec());
    let campaign = || 0..CAMPAIGNS.len();
    let end = || {
        prop_oneof![
            4 => Just(End::RangOut),
            6 => prop::sample::select(End::ALL.to_vec()),
        ]
    };
    prop_oneof![
        2 => (1..1_200u64).prop_map(Step::Wait),
        1 => (1..10 * HOUR).prop_map(Step::Wait),
        3 => (1..4u64).prop_map(Step::Afternoon),
        30 => (place(), campaign(), 0..4u64, prop::option::weighted(0.9, end()))
            .prop_map(|(place, one, after, end)| Step::Call(place, one, after, end)),
        3 => end().prop_map(Step::HangUp),
        3 => (place(), campaign(), any::<bool>())
            .prop_map(|(place, one, early)| Step::ToTheEnd(place, one, early)),
    ]
}

/// Every outcome is followed by another attempt soon, so that only the law prevents it.
fn campaign_of(name: &str, kind: Kind) -> CampaignSettings {
    let again = OutcomeRule {
        action: OutcomeAction::Retry,
        after: secs(1),
        max: u32::MAX,
    };
    let (call_class, purpose) = match kind {
        Kind::Debt => (CallClass::Live, Purpose::Debt),
        Kind::Sales | Kind::Any => (CallClass::Live, Purpose::Sales),
        Kind::Automated => (CallClass::Automated, Purpose::Information),
    };
    CampaignSettings {
        call_class,
        purpose,
        // An automated agent would make every call automated.
        agent: match kind {
            Kind::Automated => Agent::Automated,
            Kind::Debt | Kind::Sales | Kind::Any => Agent::Human,
        },
        consent: ConsentKind::None,
        // Only the caps are asked about here.
        rule_overrides: [
            ("US", "consent"),
            ("US-ME", "consent"),
            ("US", "national:us"),
            ("FR", "consent"),
        ]
        .map(|(place, what)| RuleOverride {
            rule: String::new(),
            precondition: Some(Waived {
                place: place.to_owned(),
                what: what.to_owned(),
            }),
            reason: "a test of the caps alone".to_owned(),
        })
        .into(),
        attempts: AttemptRules {
            max: 1_000,
            min_gap: secs(1),
            per_outcome: End::ALL.map(|end| (end.outcome(), again)).into(),
        },
        ..settings(name)
    }
}

fn contact_of(place: usize) -> NewContact {
    let plain = row(place as u64 + 2, number(place as u64));
    let (zone, region) = PLACES[place];
    let class = WindowClass {
        zones: vec![zone.to_owned()],
        regions: vec![region.to_owned()],
        ..new_york()
    };
    NewContact {
        class: Ok(class.into()),
        consent: plain.consent.clone().filter(|_| consents(place)),
        ..plain
    }
}

/// The deck, and the test's own notes of what it did.
struct Run<'a, S> {
    store: &'a mut S,
    now: Timestamp,
    calls: Vec<Made>,
    up: Vec<(AttemptId, usize)>,
    reached: Reached,
}

fn u32_of(count: usize) -> u32 {
    u32::try_from(count).unwrap()
}

fn half_past_four() -> Timestamp {
    morning() + secs(5_400)
}

impl<'a, S: EngineStore> Run<'a, S> {
    fn new(store: &'a mut S) -> Self {
        store.configure(&deck()).unwrap();
        for (name, kind) in CAMPAIGNS {
            let by = by(morning());
            let id = store.add_campaign(&campaign_of(name, kind), &by).unwrap();
            let rows: Vec<NewContact> = (0..PLACES.len()).map(contact_of).collect();
            store.import_contacts(id, &rows, morning()).unwrap();
            let to = CampaignState::Running;
            store.move_campaign(id, to, "", &by).unwrap();
        }
        Self {
            store,
            now: half_past_four(),
            calls: Vec::new(),
            up: Vec::new(),
            reached: Reached::new(),
        }
    }

    fn note(&mut self, what: impl Into<String>) {
        *self.reached.entry(what.into()).or_default() += 1;
    }

    fn contact(&mut self, place: usize, campaign: usize) -> Contact {
        let contacts = self.store.contacts_with(number(place as u64));
        contacts.unwrap().swap_remove(campaign)
    }

    fn calls_to(&self, place: usize) -> Vec<Made> {
        let calls = self.calls.iter().filter(|made| made.place == place);
        calls.copied().collect()
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Wait(span) => self.now = self.now + secs(span),
            Step::Afternoon(days) => {
                let past = self.now.since(half_past_four()).as_secs() / DAY;
                self.now = half_past_four() + secs((past + days) * DAY);
            }
            Step::Call(place, campaign, after, end) => self.call(place, campaign, after, end)?,
            Step::HangUp(end) => self.hang_up(end),
            Step::ToTheEnd(place, campaign, early) => self.go_to_the_end(place, campaign, early)?,
        }
        let called: BTreeSet<usize> = self.calls.iter().map(|made| made.place).collect();
        for place in called {
            for campaign in 0..CAMPAIGNS.len() {
                self.recount(place, campaign)?;
            }
        }
        Ok(())
    }

    /// Requeues a contact that waits, so that only its gates can hold it.
    fn call(
        &mut self,
        place: usize,
        campaign: usize,
        after: u64,
        end: Option<End>,
    ) -> Result<(), TestCaseError> {
        self.now = self.now + secs(5);
        if lawless(place, CAMPAIGNS[campaign].1) {
            return Ok(());
        }
        let contact = self.contact(place, campaign).id;
        self.store.requeue(&[contact], &by(self.now)).ok();
        let contact = self.contact(place, campaign);
        let idle = Context::default();
        let claimed = ask(self.store, &contact, &idle, self.now, &mut self.reached)?;
        let Some(attempt) = claimed else {
            return Ok(());
        };
        self.now = self.now + secs(after);
        assert!(tell(self.store, attempt, CallEventKind::Sent, self.now));
        self.up.push((attempt, self.calls.len()));
        let at = self.now;
        self.calls.push(Made {
            place,
            at,
            end: None,
        });
        self.now = self.now + secs(7);
        if let Some(end) = end {
            self.end_last(end);
        }
        Ok(())
    }

    fn end_last(&mut self, end: End) {
        let Some((attempt, nth)) = self.up.pop() else {
            return;
        };
        let settled = settle(self.store, attempt, &end.report(), self.now).unwrap();
        assert_eq!(settled.read.outcome, end.outcome());
        assert_eq!(settled.read.counts, end != End::Failed);
        self.calls[nth].end = Some(end);
    }

    fn hang_up(&mut self, end: End) {
        while !self.up.is_empty() {
            self.end_last(end);
        }
    }

    fn go_to_the_end(
        &mut self,
        place: usize,
        campaign: usize,
        early: bool,
    ) -> Result<(), TestCaseError> {
        let ends = self.recount(place, campaign)?.into_values();
        let Some(end) = ends.map(|(_, _, end)| end).max() else {
            return Ok(());
        };
        self.now = Timestamp::from_millis(end.as_millis() - i64::from(early));
        let what = if early { "the last moment" } else { "the end" };
        self.note(what);
        Ok(())
    }

    /// Compares what the explanation contains about the caps with the calls that were made. Returns the
    /// caps that hold, each with the calls counted, the calls allowed and its end.
    fn recount(
        &mut self,
        place: usize,
        campaign: usize,
    ) -> Result<BTreeMap<String, (u32, u32, Timestamp)>, TestCaseError> {
        let (now, calls) = (self.now, self.calls_to(place));
        let (_, kind) = CAMPAIGNS[campaign];
        let contact = self.contact(place, campaign);
        let (decision, checks) = asked(self.store, &contact, &Context::default(), now);
        if lawless(place, kind) {
            let no_rules = Decision::Refuse(Refusal::Unfit("no_rules".to_owned()));
            prop_assert_eq!(decision, no_rules);
            return Ok(BTreeMap::new());
        }
        let check = checks.iter().find(|check| check.gate == "rolling caps");
        let check = check.unwrap();
        let binding: Vec<&Cap> = CAPS.iter().filter(|cap| cap.binds(place, kind)).collect();
        let expected: BTreeMap<String, (u32, u32, Timestamp)> = binding
            .iter()
            .filter(|cap| cap.is_reached(&calls, now))
            .map(|cap| {
                let seen = (u32_of(cap.counts(&calls, now)), u32_of(cap.max));
                let held = (seen.0, seen.1, cap.ends(&calls, now));
                (cap.id.to_owned(), held)
            })
            .collect();
        let told = match &decision {
            Decision::Dial(_) => BTreeMap::new(),
            Decision::Hold(hold) => hold
                .reasons
                .iter()
                .filter_map(|reason| match (&reason.kind, reason.until) {
                    (HoldKind::RollingCap(id, seen, max), Until::At(end)) => {
                        Some((id.clone(), (*seen, *max, end)))
                    }
                    _ => None,
                })
                .collect(),
            Decision::Refuse(why) => {
                return Err(TestCaseError::fail(format!("refused: {why:?}")));
            }
        };
        prop_assert_eq!(&told, &expected, "{:?} {} {:#?}", PLACES[place], now, calls);
        let verdict = if expected.is_empty() {
            Verdict::Pass
        } else {
            Verdict::Hold
        };
        prop_assert_eq!(check.verdict, verdict);
        for cap in &binding {
            let words = format!("{} {}/{} in ", cap.id, cap.counts(&calls, now), cap.max);
            prop_assert!(check.saw.contains(&words), "{} not in {}", words, check.saw);
        }
        prop_assert_eq!(check.saw == "none applies", binding.is_empty());
        for id in expected.keys() {
            self.note(id.as_str());
        }
        Ok(expected)
    }
}

fn live(store: &mut impl EngineStore, steps: &[Step]) -> Result<Reached, TestCaseError> {
    store.begin().unwrap();
    let mut run = Run::new(store);
    for step in steps {
        run.take(step)?;
    }
    let reached = run.reached;
    store.commit().unwrap();
    Ok(reached)
}

/// The longest of the caps, and a request that left a second after it was reserved.
#[test]
fn a_refusal_in_france_holds_to_the_end_of_its_sixty_days() {
    let (france, more_offers, offers) = (6, 3, 2);
    for early in [true, false] {
        let steps = [
            Step::Call(france, more_offers, 1, Some(End::Declined)),
            Step::ToTheEnd(france, offers, early),
        ];
        let folder = tempfile::tempdir().unwrap();
        live(&mut memory(), &steps).unwrap();
        live(&mut sqlite_engine(&folder), &steps).unwrap();
    }
}

#[test]
fn the_explanation_of_the_rolling_caps_agrees_with_a_recount_of_the_calls() {
    const CASES: u32 = 32;
    let cases: RefCell<Vec<Reached>> = RefCell::default();
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, rng)
        .run(&steps(), |steps| {
            let folder = tempfile::tempdir().unwrap();
            let reached = live(&mut memory(), &steps)?;
            prop_assert_eq!(&reached, &live(&mut sqlite_engine(&folder), &steps)?);
            cases.borrow_mut().push(reached);
            Ok(())
        })
        .unwrap();
    let cases = cases.into_inner();
    let held = |case: &&Reached| case.contains_key("rolling caps hold");
    let share = cases.iter().filter(held).count();
    assert!(
        share * 4 > cases.len() * 3,
        "held in {share} cases: {cases:#?}"
    );
    let words = CAPS.iter().map(|cap| cap.id);
    let words = words.chain(["dial", "the end", "the last moment"]);
    let missed: Vec<&str> = words
        .filter(|what| !cases.iter().any(|case| case.contains_key(*what)))
        .collect();
    assert!(missed.is_empty(), "never reached: {missed:?} {cases:#?}");
}
