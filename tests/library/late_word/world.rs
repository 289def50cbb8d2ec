//! A deck, its engine and a carrier that says what a case has it say, without any I/O of theirs.

use std::sync::Arc;
use std::time::Duration;

use dialdeck::config::{DeckConfig, read_campaign};
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::domain::{
    Attempt, AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, CampaignState, Consent,
    ConsentKind, ContactState, DeckId, Hints, PhoneNumber, Timestamp, TrunkName,
};
use dialdeck::engine::desk::Act;
use dialdeck::engine::desk::acts::record;
use dialdeck::engine::dispatcher::Dispatcher;
use dialdeck::engine::jobs::perform;
use dialdeck::engine::{Effect, Event, Job};
use dialdeck::provider::{LookUp, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{By, EngineStore, NewContact, Snapshot};
use dialdeck_testkit::world::engine_of;

const CAMPAIGN: &str = r#"
name = "spring"
seller = "Harbor Health Group"
purpose = "reminder"
call_class = "live"
agent = "automated"
trunk = "simulator"
contacts = "none.csv"
[pacing]
calls_per_minute = 60
max_concurrent = 3
[schedule]
expires = 2026-12-20T00:00:00Z
ramp = "0s"
[attempts]
max = 5
min_gap = "1m"
[caller_id]
pool = "local"
[consent]
required = "none"
"#;

pub(crate) fn start() -> Timestamp {
    "2026-12-07T15:30:00Z".parse().unwrap()
}

pub(crate) fn number(last: u32) -> PhoneNumber {
    format!("+12125550{}", 120 + last).parse().unwrap()
}

pub(crate) fn trunk() -> TrunkName {
    TrunkName("simulator".to_owned())
}

/// A deck, its engine, and the requests that its carrier got.
struct World<S> {
    store: S,
    dispatcher: Dispatcher,
    now: Timestamp,
    asked: Vec<Request>,
    /// Claims that the store's thread has not come to yet; `None`: it carries each out at once.
    waiting: Option<Vec<Job>>,
    snapshots: usize,
}

/// Runs a case on both stores.
pub(crate) fn on_both(contacts: u32, case: impl Fn(&mut dyn Deck)) {
    let rules = Rules::embedded();
    let memory = MemoryStore::new(DeckId(7), rules, start());
    case(&mut World::new(memory.into_engine(), contacts));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deck.sqlite");
    let sqlite = SqliteStore::create_or_open(&path, DeckId(7), rules, start()).unwrap();
    let sqlite = engine_of(sqlite, folder.path());
    case(&mut World::new(sqlite, contacts));
}

/// What a case sees of a [`World`].
pub(crate) trait Deck {
    /// Starts an engine; what the carrier says before it knows what is up.
    fn restart(&mut self, early: Vec<CallEvent>);
    /// The carrier says this of a call.
    fn says(&mut self, attempt: AttemptId, kind: CallEventKind);
    /// The carrier answers a look-up.
    fn found(&mut self, attempt: AttemptId, found: LookUp);
    /// A person acts at a console; whether the act may be acknowledged at once.
    fn act(&mut self, act: &Act) -> bool;
    /// Time passes, by a second at a time.
    fn wait(&mut self, span: Duration);
    /// Attempts in flight.
    fn open(&mut self) -> Vec<Attempt>;
    /// The attempts of a contact, oldest first.
    fn attempts(&mut self, last: u32) -> Vec<Attempt>;
    /// Where a contact stands, and its count.
    fn contact(&mut self, last: u32) -> (ContactState, u32);
    /// Calls placed and hung up so far.
    fn asked(&self) -> &[Request];
    /// Something happens.
    fn event(&mut self, event: Event);
    /// The clock is set; then the engine has its turn.
    fn set_clock(&mut self, now: Timestamp);
    /// A person accepts the clock as it is.
    fn accept_clock(&mut self);
    /// Writes an entry of that instant, as another process does.
    fn log(&mut self, at: Timestamp);
    /// When the engine wants its next turn.
    fn next_wake(&self) -> Option<Timestamp>;
    /// From here on claims wait for the store's thread.
    fn hold_claims(&mut self);
    /// The store's thread carries out what waits; how many claims those were.
    fn release_claims(&mut self) -> usize;
    /// The deck file has no trunk any more.
    fn drop_trunks(&mut self);
    /// The store's present snapshot.
    fn snapshot(&mut self) -> Snapshot;
    /// How often the engine has read the whole snapshot.
    fn snapshots(&self) -> usize;
    /// Fails unless every gauge agrees with the rows.
    fn check(&mut self);
}

impl<S: EngineStore> World<S> {
    fn new(mut store: S, contacts: u32) -> Self {
        let now = start();
        let by = By {
            actor: "maria".to_owned(),
            at: now,
        };
        store.configure(&DeckConfig::embedded().settings).unwrap();
        let file = read_campaign("spring.toml", CAMPAIGN).unwrap();
        let campaign = store.add_campaign(&file.settings, &by).unwrap();
        let rows: Vec<NewContact> = (0..contacts).map(|last| contact(last, now)).collect();
        store.import_contacts(campaign, &rows, now).unwrap();
        let running = CampaignState::Running;
        store.move_campaign(campaign, running, "", &by).unwrap();
        let mut world = Self {
            store,
            dispatcher: Dispatcher::new(Rules::embedded()),
            now,
            asked: Vec::new(),
            waiting: None,
            snapshots: 0,
        };
        world.carry_out(vec![Effect::Store(Job::Refresh)]);
        world
    }

    fn step(&mut self, event: Event) {
        let effects = self.dispatcher.on(event, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let by = By {
            actor: "engine".to_owned(),
            at: self.now,
        };
        for effect in effects {
            match effect {
                Effect::Store(job @ Job::Claim(..)) if self.waiting.is_some() => {
                    self.waiting.get_or_insert_default().push(job);
                }
                Effect::Store(job) => {
                    self.snapshots += usize::from(job == Job::Refresh);
                    if let Some(event) = perform(&mut self.store, job, &by) {
                        assert!(!matches!(event, Event::StoreFailed(_)), "{event:?}");
                        self.step(event);
                    }
                }
                Effect::Provider(_, request) => self.asked.push(request),
                Effect::Acknowledge(_, result) => drop(result.unwrap()),
            }
        }
    }
}

impl<S: EngineStore> Deck for World<S> {
    fn restart(&mut self, early: Vec<CallEvent>) {
        self.dispatcher = Dispatcher::new(Rules::embedded());
        self.asked.clear();
        for event in early {
            self.step(Event::Provider(trunk(), ProviderEvent::Call(event)));
        }
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
    }

    fn says(&mut self, attempt: AttemptId, kind: CallEventKind) {
        let at = self.now;
        let event = CallEvent { attempt, at, kind };
        self.step(Event::Provider(trunk(), ProviderEvent::Call(event)));
    }

    fn found(&mut self, attempt: AttemptId, found: LookUp) {
        let event = ProviderEvent::LookedUp(attempt, found);
        self.step(Event::Provider(trunk(), event));
    }

    fn act(&mut self, act: &Act) -> bool {
        let by = By {
            actor: "maria".to_owned(),
            at: self.now,
        };
        let recorded = record(&mut self.store, act, &by).unwrap();
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
        recorded.holds(&mut self.store).unwrap()
    }

    fn wait(&mut self, span: Duration) {
        for _ in 0..span.as_secs() {
            self.now = self.now + Duration::from_secs(1);
            self.step(Event::Tick);
        }
    }

    fn open(&mut self) -> Vec<Attempt> {
        self.store.open_attempts().unwrap()
    }

    fn attempts(&mut self, last: u32) -> Vec<Attempt> {
        let contact = self.store.contacts_with(number(last)).unwrap().remove(0);
        self.store.attempts_of(contact.id).unwrap()
    }

    fn contact(&mut self, last: u32) -> (ContactState, u32) {
        let contact = self.store.contacts_with(number(last)).unwrap().remove(0);
        (contact.state, contact.attempts)
    }

    fn asked(&self) -> &[Request] {
        &self.asked
    }

    fn event(&mut self, event: Event) {
        self.step(event);
    }

    fn set_clock(&mut self, now: Timestamp) {
        self.now = now;
        self.step(Event::Tick);
    }

    fn accept_clock(&mut self) {
        let by = By {
            actor: "maria".to_owned(),
            at: self.now,
        };
        self.store.accept_clock(None, &by).unwrap();
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
        assert!(self.dispatcher.clock_accepted().is_some());
        self.step(Event::ClockRestarted(0));
    }

    fn log(&mut self, at: Timestamp) {
        let ending = DeckEnding::AtRest;
        let entry = EventData::DeckClosed(DeckClosed { ending });
        let entry = NewEvent::new(at, "maria", entry);
        self.store.append(&entry).unwrap();
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
    }

    fn next_wake(&self) -> Option<Timestamp> {
        self.dispatcher.next_wake()
    }

    fn hold_claims(&mut self) {
        self.waiting.get_or_insert_default();
    }

    fn release_claims(&mut self) -> usize {
        let waiting = self.waiting.take().unwrap_or_default();
        let claims = waiting.len();
        self.carry_out(waiting.into_iter().map(Effect::Store).collect());
        claims
    }

    fn drop_trunks(&mut self) {
        let mut settings = DeckConfig::embedded().settings;
        settings.trunks.clear();
        settings.caller_ids.clear();
        self.store.configure(&settings).unwrap();
    }

    fn snapshot(&mut self) -> Snapshot {
        self.store.snapshot(self.now).unwrap()
    }

    fn snapshots(&self) -> usize {
        self.snapshots
    }

    fn check(&mut self) {
        let snapshot = self.store.snapshot(self.now).unwrap();
        let recount = self.store.recount().unwrap();
        for counts in &snapshot.campaigns {
            let recount = &recount[&counts.campaign.id];
            let some = |(_, n): &(_, u64)| *n > 0;
            let shown: Vec<_> = counts.contacts.clone().into_iter().filter(some).collect();
            let counted: Vec<_> = recount.contacts.clone().into_iter().filter(some).collect();
            assert_eq!(shown, counted, "D16");
            let some = |(_, n): &(_, u64)| *n > 0;
            let shown: Vec<_> = counts.outcomes.clone().into_iter().filter(some).collect();
            let counted: Vec<_> = recount.outcomes.clone().into_iter().filter(some).collect();
            assert_eq!(shown, counted, "D16");
            let up = u32::try_from(snapshot.in_flight.len()).unwrap();
            assert_eq!(counts.load.in_flight, up, "D3");
        }
    }
}

fn contact(last: u32, now: Timestamp) -> NewContact {
    let class = Rules::embedded().locate(number(last), &Hints::default(), Evidence::All);
    NewContact {
        line: u64::from(last) + 2,
        number: number(last),
        name: String::new(),
        class: Ok(Arc::new(class.unwrap())),
        priority: 0,
        consent: Some(Consent {
            kind: ConsentKind::ExpressWritten,
            source: "form 7".to_owned(),
            at: now - Duration::from_hours(24),
        }),
        expires_at: None,
        variables: String::new(),
    }
}

pub(crate) fn placed(deck: &dyn Deck, to: PhoneNumber) -> usize {
    let places = |asked: &&Request| matches!(asked, Request::Place(call) if call.to == to);
    deck.asked().iter().filter(places).count()
}

pub(crate) fn ended(end: CallEnd) -> CallEventKind {
    CallEventKind::Ended(CallReport {
        end,
        ..CallReport::default()
    })
}

/// The one call that is up.
pub(crate) fn only(deck: &mut dyn Deck) -> AttemptId {
    let open = deck.open();
    assert_eq!(open.len(), 1, "{open:?}");
    open[0].id
}
