//! What a carrier says of a call whose engine has restarted, or whose attempt has ended: it belongs to
//! the call while that is up, and corrects the record once it is over. Every case runs on both stores.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::sync::Arc;
use std::time::Duration;

use dialdeck::config::{DeckConfig, read_campaign};
use dialdeck::domain::attempt::CallEnd;
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::{
    Attempt, AttemptId, AttemptState, CallEvent, CallEventKind, CallReport, CalleeType,
    CampaignState, Consent, ConsentKind, ContactState, DeckId, Hints, Outcome, PhoneNumber,
    Timestamp, TrunkName,
};
use dialdeck::engine::dispatcher::Dispatcher;
use dialdeck::engine::jobs::perform;
use dialdeck::engine::{Command, Effect, Event, Job};
use dialdeck::provider::{LookUp, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{By, NewContact, Store};

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
ramp = "0s"
[attempts]
max = 5
min_gap = "1m"
[caller_id]
pool = "local"
[consent]
required = "none"
"#;

fn start() -> Timestamp {
    "2026-12-07T15:30:00Z".parse().unwrap()
}

fn number(last: u32) -> PhoneNumber {
    format!("+12125550{}", 120 + last).parse().unwrap()
}

fn trunk() -> TrunkName {
    TrunkName("simulator".to_owned())
}

/// A deck, its engine, and the requests that its carrier got.
struct World<S> {
    store: S,
    dispatcher: Dispatcher,
    now: Timestamp,
    asked: Vec<Request>,
}

/// Runs a case on both stores.
fn on_both(contacts: u32, case: impl Fn(&mut dyn Deck)) {
    let rules = Rules::embedded();
    let memory = MemoryStore::new(DeckId(7), rules, start());
    case(&mut World::new(memory, contacts));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deck.sqlite");
    let sqlite = SqliteStore::create_or_open(&path, DeckId(7), rules, start()).unwrap();
    case(&mut World::new(sqlite, contacts));
}

/// What a case sees of a [`World`].
trait Deck {
    /// Starts an engine; what the carrier says before it knows what is up.
    fn restart(&mut self, early: Vec<CallEvent>);
    /// The carrier says this of a call.
    fn says(&mut self, attempt: AttemptId, kind: CallEventKind);
    /// The carrier answers a look-up.
    fn found(&mut self, attempt: AttemptId, found: LookUp);
    /// An operator asks for something.
    fn command(&mut self, command: Command);
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
    /// Fails unless every gauge agrees with the rows.
    fn check(&mut self);
}

impl<S: Store> World<S> {
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
        };
        world.carry_out(vec![Effect::Store(Job::Picture)]);
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
                Effect::Store(job) => {
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

impl<S: Store> Deck for World<S> {
    fn restart(&mut self, early: Vec<CallEvent>) {
        self.dispatcher = Dispatcher::new(Rules::embedded());
        self.asked.clear();
        for event in early {
            self.step(Event::Provider(trunk(), ProviderEvent::Call(event)));
        }
        self.carry_out(vec![Effect::Store(Job::Picture)]);
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

    fn command(&mut self, command: Command) {
        self.step(Event::Command(1, command));
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

fn placed(deck: &dyn Deck, to: PhoneNumber) -> usize {
    let places = |asked: &&Request| matches!(asked, Request::Place(call) if call.to == to);
    deck.asked().iter().filter(places).count()
}

fn ended(end: CallEnd) -> CallEventKind {
    CallEventKind::Ended(CallReport {
        end,
        ..CallReport::default()
    })
}

/// The one call that is up.
fn only(deck: &mut dyn Deck) -> AttemptId {
    let open = deck.open();
    assert_eq!(open.len(), 1, "{open:?}");
    open[0].id
}

/// Three calls that were answered, each by a person.
fn three_up(deck: &mut dyn Deck) -> Vec<AttemptId> {
    deck.wait(Duration::from_secs(10));
    let open: Vec<AttemptId> = deck.open().iter().map(|attempt| attempt.id).collect();
    assert_eq!(open.len(), 3, "at the cap");
    for attempt in &open {
        for kind in [
            CallEventKind::Sent,
            CallEventKind::Ringing,
            CallEventKind::Answered,
            CallEventKind::CalleeDetected(CalleeType::Human),
        ] {
            deck.says(*attempt, kind);
        }
    }
    open
}

/// What the inbox has of a call: an agent's reports, a fetch of the first document.
fn inbox(attempt: AttemptId) -> Vec<CallEvent> {
    let kinds = [
        CallEventKind::Answered,
        CallEventKind::CalleeDetected(CalleeType::Human),
    ];
    let event = |kind| CallEvent {
        attempt,
        at: start() + Duration::from_secs(9),
        kind,
    };
    kinds.into_iter().map(event).collect()
}

#[test]
fn calls_that_are_up_are_taken_over_by_the_next_engine_whatever_was_said_of_them() {
    on_both(8, |deck| {
        let up = three_up(deck);
        deck.restart(up.iter().flat_map(|attempt| inbox(*attempt)).collect());
        let still_up = |deck: &mut dyn Deck| {
            let open = deck.open();
            let ids: Vec<AttemptId> = open.iter().map(|attempt| attempt.id).collect();
            assert_eq!(ids, up, "each holds its slot, and nothing else is begun");
            deck.check();
        };
        still_up(deck);
        // Said once more while the carrier shows them.
        for attempt in &up {
            deck.says(*attempt, CallEventKind::Answered);
            deck.found(*attempt, LookUp::InProgress);
        }
        deck.wait(Duration::from_mins(1));
        still_up(deck);
        let looks = |asked: &&Request| matches!(asked, Request::LookUp(_));
        let looked = deck.asked().iter().filter(looks).count();
        assert!(looked >= 2 * up.len(), "{looked}: asked again and again");
        deck.command(Command::HangUpAll);
        for attempt in &up {
            assert!(deck.asked().contains(&Request::HangUp(*attempt)));
        }
        // An end, and nothing else, ends them.
        for attempt in &up {
            deck.says(*attempt, ended(CallEnd::Completed));
        }
        for last in 0..3 {
            let attempt = deck.attempts(last).remove(0);
            assert_eq!(attempt.outcome, Some(Outcome::Answered(CalleeType::Human)));
            assert_eq!(deck.contact(last), (ContactState::Done, 1));
        }
        deck.check();
    });
}

#[test]
fn what_is_known_to_be_placed_is_never_never_placed() {
    for word in [
        CallEventKind::Placed,
        CallEventKind::Ringing,
        CallEventKind::Answered,
    ] {
        on_both(1, |deck| {
            let attempt = only(deck);
            deck.says(attempt, CallEventKind::Sent);
            deck.says(attempt, CallEventKind::AnswerLost);
            deck.says(attempt, word.clone());
            for _ in 0..20 {
                deck.wait(Duration::from_secs(30));
                deck.found(attempt, LookUp::NeverPlaced);
            }
            let attempt = deck.attempts(0).remove(0);
            assert!(attempt.state == AttemptState::Unknown || attempt.counts);
            assert_eq!(placed(deck, number(0)), 1, "{word:?}");
            deck.check();
        });
    }
}

/// Ends that say that there was no call, or that nothing rang.
const DENYING: [CallEnd; 8] = [
    CallEnd::Throttled,
    CallEnd::Misconfigured,
    CallEnd::AccountRefused,
    CallEnd::ProviderFailed,
    CallEnd::CallerIdRefused,
    CallEnd::NeverSent,
    CallEnd::TrunkUnknown,
    CallEnd::NobodyRang,
];

#[test]
fn word_of_a_call_opens_an_end_that_denied_it_and_holds_its_number() {
    for end in DENYING {
        for word in [CallEventKind::Ringing, CallEventKind::Answered] {
            on_both(1, |deck| {
                let attempt = only(deck);
                deck.says(attempt, CallEventKind::Sent);
                deck.says(attempt, ended(end));
                assert_eq!(deck.contact(0).1, 0, "{end:?} does not count");
                deck.wait(Duration::from_secs(2));
                deck.says(attempt, word.clone());
                assert_eq!(only(deck), attempt, "{end:?}");
                assert_eq!(deck.contact(0).0, ContactState::InFlight);
                deck.check();
                // A second word, and one that repeats the first end's request, change nothing.
                deck.says(attempt, CallEventKind::Ringing);
                deck.says(attempt, CallEventKind::Sent);
                for _ in 0..4 {
                    deck.found(attempt, LookUp::InProgress);
                    deck.wait(Duration::from_mins(2));
                }
                assert_eq!(placed(deck, number(0)), 1, "{end:?}: dialed once");
                assert_eq!(deck.contact(0).0, ContactState::InFlight);
                deck.says(attempt, ended(CallEnd::Completed));
                let told = deck.attempts(0).remove(0);
                assert!(told.outcome.is_some_and(Outcome::is_reached), "{told:?}");
                assert_eq!(deck.contact(0), (ContactState::Done, 1));
                assert_eq!(deck.open(), []);
                deck.check();
            });
        }
    }
}

#[test]
fn an_answer_opens_an_end_that_counted_too() {
    for end in [CallEnd::Failed, CallEnd::RangOut, CallEnd::Busy] {
        on_both(1, |deck| {
            let attempt = only(deck);
            deck.says(attempt, CallEventKind::Sent);
            deck.says(attempt, ended(end));
            assert_eq!(deck.contact(0).1, 1);
            deck.says(attempt, CallEventKind::Ringing);
            assert_eq!(deck.open(), [], "it was known that it may have rung");
            deck.says(attempt, CallEventKind::Answered);
            assert_eq!(only(deck), attempt);
            assert_eq!(deck.contact(0).0, ContactState::InFlight);
            deck.found(attempt, LookUp::InProgress);
            deck.wait(Duration::from_mins(1));
            assert_eq!(placed(deck, number(0)), 1, "{end:?}");
            let report = CallReport {
                end: CallEnd::Completed,
                callee_type: Some(CalleeType::Human),
                ..CallReport::default()
            };
            deck.found(attempt, LookUp::Ended(report, start()));
            assert_eq!(deck.contact(0), (ContactState::Done, 1));
            deck.check();
        });
    }
}

#[test]
fn what_is_said_late_of_a_call_that_was_read_right_changes_nothing() {
    let words = [
        CallEventKind::Placed,
        CallEventKind::Ringing,
        CallEventKind::Answered,
    ];
    on_both(1, |deck| {
        let attempt = only(deck);
        for kind in [CallEventKind::Sent, CallEventKind::Answered] {
            deck.says(attempt, kind);
        }
        deck.says(attempt, ended(CallEnd::Completed));
        let before = deck.attempts(0);
        for word in words.clone() {
            deck.says(attempt, word);
        }
        assert_eq!(deck.attempts(0), before);
    });
    // The network's final answer stays the outcome; a phone that rang counts all the same.
    on_both(1, |deck| {
        let attempt = only(deck);
        deck.says(attempt, CallEventKind::Sent);
        let refused = CallReport {
            sip_code: Some(503),
            ..CallReport::default()
        };
        deck.says(attempt, CallEventKind::Ended(refused));
        deck.says(attempt, CallEventKind::Placed);
        assert_eq!(deck.contact(0).1, 0);
        deck.says(attempt, CallEventKind::Ringing);
        deck.says(attempt, CallEventKind::Ringing);
        let read = deck.attempts(0).remove(0);
        assert_eq!(read.outcome, Some(Outcome::NetworkFailure));
        assert!(read.counts);
        assert_eq!((deck.contact(0).1, deck.open()), (1, Vec::new()));
        deck.check();
    });
}

#[test]
fn a_second_call_to_the_number_keeps_the_first_from_being_opened_beside_it() {
    on_both(1, |deck| {
        let first = only(deck);
        deck.says(first, CallEventKind::Sent);
        deck.says(first, ended(CallEnd::ProviderFailed));
        deck.wait(Duration::from_mins(6));
        let second = only(deck);
        assert_ne!(first, second, "dialed again");
        deck.says(second, CallEventKind::Sent);
        deck.says(first, CallEventKind::Answered);
        assert_eq!(only(deck), second);
        let read = deck.attempts(0).remove(0);
        assert!(read.counts && read.outcome.is_some_and(Outcome::is_reached));
        assert_eq!(deck.contact(0), (ContactState::InFlight, 1));
        deck.check();
        deck.wait(Duration::from_mins(1));
        assert_eq!(placed(deck, number(0)), 2);
        deck.says(second, ended(CallEnd::Completed));
        assert_eq!(deck.contact(0), (ContactState::Done, 2));
        deck.check();
    });
}
