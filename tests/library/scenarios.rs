//! Whole runs in virtual time. Each file in `tests/scenarios` has a campaign, its contacts, the carrier's
//! behaviour by number, what people do and crashes at instants, and the expected result. Every scenario
//! runs on the memory store and on SQLite, and D16 is recounted after every step.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;

use dialdeck::config::{DeckConfig, read_campaign};
use dialdeck::domain::campaign::Evidence;
use dialdeck::domain::{
    CampaignId, CampaignState, Consent, ConsentKind, DeckId, Hints, PhoneNumber, Timestamp,
    TrunkName,
};
use dialdeck::engine::board::Board;
use dialdeck::engine::desk::acts::record;
use dialdeck::engine::desk::{Act, RecordedAct};
use dialdeck::engine::dispatcher::Dispatcher;
use dialdeck::engine::jobs::perform;
use dialdeck::engine::{Effect, Event, Job};
use dialdeck::provider::simulator::{CarrierLog, Profile, Simulator};
use dialdeck::provider::{LookUp, Provider, ProviderEvent};
use dialdeck::rules::Rules;
use dialdeck::store::memory::MemoryStore;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{By, EngineStore, NewContact};
use dialdeck_testkit::world::engine_of;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// More steps than any scenario needs; a run that takes more of them does not end.
const MAX_STEPS: usize = 200_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// The instant at which the clock starts.
    start: Timestamp,
    /// The campaign file, as text.
    campaign: String,
    /// The numbers of the contacts, in order.
    contacts: Vec<PhoneNumber>,
    /// The carrier's profile, as text.
    carrier: String,
    /// What happens from outside, in order.
    #[serde(default)]
    acts: Vec<Happening>,
    expect: Expect,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Happening {
    at: Timestamp,
    #[serde(rename = "do")]
    what: What,
    number: Option<PhoneNumber>,
    /// When an engine that crashed or slept runs again; without delay by default.
    until: Option<Timestamp>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
enum What {
    Pause,
    Resume,
    Stop,
    OptOut,
    /// An operator lets the trunk try again.
    ResetTrunk,
    /// Another process releases the brake on abandoned calls.
    Release,
    /// The engine's process dies and another starts on the deck.
    Crash,
    /// The carrier reports that it never had the one call that is up.
    Deny,
    /// The engine's machine sleeps. When it wakes, its timers run before the network's reports arrive.
    Sleep,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    attempts: u64,
    state: CampaignState,
    #[serde(default)]
    outcomes: BTreeMap<String, u64>,
    #[serde(default)]
    contacts: BTreeMap<String, u64>,
    /// Duration of all talks together, in seconds.
    talked: Option<u64>,
    /// Highest number of calls in flight.
    max_in_flight: Option<usize>,
    /// No send at or after this instant.
    no_send_from: Option<Timestamp>,
    /// No send after the first of these instants and before the second.
    no_send_between: Option<[Timestamp; 2]>,
    /// The instant of the first send, exactly.
    first_send: Option<Timestamp>,
    /// The instant of the last send, exactly.
    last_send: Option<Timestamp>,
    /// The codes of the alerts that were raised, in order.
    alerts: Option<Vec<String>>,
}

#[test]
fn every_scenario_comes_out_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 8, "the scenarios are gone");
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let scenario: Scenario = toml::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let rules = Rules::embedded();
        let deck = DeckId(7);
        let memory = MemoryStore::new(deck, rules, scenario.start);
        let by_memory = World::new(&name, &scenario, memory.into_engine()).play();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("deck.sqlite");
        let sqlite = SqliteStore::create_or_open(&path, deck, rules, scenario.start).unwrap();
        let sqlite = engine_of(sqlite, dir.path());
        let by_sqlite = World::new(&name, &scenario, sqlite).play();
        assert_eq!(by_memory, by_sqlite, "{name}: the stores differ");
    }
}

struct World<'s, S> {
    name: &'s str,
    scenario: &'s Scenario,
    store: S,
    dispatcher: Dispatcher,
    carrier: Simulator,
    folder: TempDir,
    now: Timestamp,
    campaign: CampaignId,
    sends: Vec<Timestamp>,
    most_in_flight: usize,
    /// Acts of a person at a console that do not hold yet.
    unacknowledged: Vec<RecordedAct>,
}

impl<'s, S: EngineStore> World<'s, S> {
    fn new(name: &'s str, scenario: &'s Scenario, mut store: S) -> Self {
        let now = scenario.start;
        let by = By {
            actor: "maria".to_owned(),
            at: now,
        };
        let mut settings = DeckConfig::embedded().settings;
        // A deck never calls a number of its own.
        for id in &mut settings.caller_ids {
            if scenario.contacts.contains(&id.number) {
                id.number = "+12125550199".parse().unwrap();
            }
        }
        store.configure(&settings).unwrap();
        let file = read_campaign(name, &scenario.campaign).unwrap();
        let campaign = store.add_campaign(&file.settings, &by).unwrap();
        let rows: Vec<NewContact> = (1..)
            .zip(&scenario.contacts)
            .map(|(line, number)| contact(line, *number, now))
            .collect();
        store.import_contacts(campaign, &rows, now).unwrap();
        store
            .move_campaign(campaign, CampaignState::Running, "", &by)
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let carrier = carrier(scenario, &folder);
        let dispatcher = Dispatcher::new(Rules::embedded());
        Self {
            name,
            scenario,
            store,
            dispatcher,
            carrier,
            folder,
            now,
            campaign,
            sends: Vec::new(),
            most_in_flight: 0,
            unacknowledged: Vec::new(),
        }
    }

    /// Runs the scenario to its end. Returns the log's lines.
    fn play(mut self) -> Vec<String> {
        let mut acts: VecDeque<Happening> = self.scenario.acts.clone().into();
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
        for _ in 0..MAX_STEPS {
            for event in self.carrier.poll(self.now) {
                if let ProviderEvent::Call(call) = &event
                    && call.kind == dialdeck::domain::CallEventKind::Sent
                {
                    self.sends.push(call.at);
                }
                self.step(Event::Provider(trunk(), event));
            }
            self.step(Event::Tick);
            self.most_in_flight = self.most_in_flight.max(self.dispatcher.calls_up());
            let store = &mut self.store;
            self.unacknowledged.retain(|act| !act.holds(store).unwrap());
            let wakes = [
                self.dispatcher.next_wake(),
                self.carrier.next_event_at(),
                acts.front().map(|act| act.at),
            ];
            let Some(next) = wakes.into_iter().flatten().min() else {
                return self.judge();
            };
            self.now = self.now.max(next);
            while acts.front().is_some_and(|act| act.at <= self.now) {
                let act = acts.pop_front().unwrap();
                self.happen(&act);
            }
        }
        panic!(
            "{}: no end after {MAX_STEPS} steps, at {}",
            self.name, self.now
        );
    }

    fn step(&mut self, event: Event) {
        let effects = self.dispatcher.on(event, self.now);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let by = By {
            actor: "maria".to_owned(),
            at: self.now,
        };
        for effect in effects {
            match effect {
                Effect::Store(job) => {
                    if let Some(event) = perform(&mut self.store, job, &by) {
                        assert!(
                            !matches!(event, Event::StoreFailed(_)),
                            "{}: {event:?}",
                            self.name
                        );
                        self.step(event);
                    }
                }
                Effect::Provider(_, request) => self.carrier.request(request, self.now),
                Effect::Acknowledge(id, _) => panic!("{}: {id:?} was not asked", self.name),
            }
        }
        let counted = &self.store.snapshot(self.now).unwrap().campaigns[0].contacts;
        let counted: BTreeMap<_, _> = counted.iter().filter(|(_, n)| **n > 0).collect();
        let recount = self.store.recount().unwrap();
        let recount: BTreeMap<_, _> = recount[&self.campaign]
            .contacts
            .iter()
            .filter(|(_, n)| **n > 0)
            .collect();
        assert_eq!(counted, recount, "{}: D16 at {}", self.name, self.now);
    }

    fn happen(&mut self, event: &Happening) {
        self.now = self.now.max(event.until.unwrap_or(event.at));
        let by = By {
            actor: "maria".to_owned(),
            at: self.now,
        };
        match event.what {
            What::Pause => self.at_desk(&Act::Pause(self.campaign), &by),
            What::Resume => self.at_desk(&Act::Run(self.campaign), &by),
            What::Stop => self.at_desk(&Act::Stop(self.campaign), &by),
            What::OptOut => {
                let opt_out = Act::OptOut {
                    numbers: vec![event.number.unwrap()],
                    note: None,
                };
                self.at_desk(&opt_out, &by);
            }
            What::ResetTrunk => assert!(self.store.reset_trunk(&trunk(), &by).unwrap()),
            What::Release => {
                let campaign = self.campaign;
                let why = "agents are back";
                self.store.release_brake(campaign, why, &by).unwrap();
            }
            What::Crash => {
                self.dispatcher = Dispatcher::new(Rules::embedded());
                self.carrier = carrier(self.scenario, &self.folder);
            }
            What::Deny => {
                let open = self.store.open_attempts().unwrap();
                let denied = ProviderEvent::LookedUp(open[0].id, LookUp::NeverPlaced);
                return self.step(Event::Provider(trunk(), denied));
            }
            What::Sleep => return self.step(Event::Tick),
        }
        // An engine reads a snapshot when it starts, and when another process has written.
        self.carry_out(vec![Effect::Store(Job::Refresh)]);
    }

    /// Acts as a person does at a console.
    fn at_desk(&mut self, act: &Act, by: &By) {
        let recorded = record(&mut self.store, act, by).unwrap();
        self.unacknowledged.push(recorded);
    }

    fn judge(mut self) -> Vec<String> {
        let (name, expect) = (self.name, &self.scenario.expect);
        assert_eq!(self.unacknowledged, [], "{name}: never acknowledged");
        let snapshot = self.store.snapshot(self.now).unwrap();
        let rules = Rules::embedded();
        let board = Board::fold(&mut self.store, &snapshot, rules, self.now).unwrap();
        let campaign = serde_json::to_value(&board.campaigns[0]).unwrap();
        assert_eq!(
            campaign["attempts"], expect.attempts,
            "{name}: {campaign:#}"
        );
        assert_eq!(
            board.campaigns[0].state, expect.state,
            "{name}: {campaign:#}"
        );
        for (outcome, count) in &expect.outcomes {
            assert_eq!(
                campaign["outcomes"][outcome], *count,
                "{name}: {outcome} {campaign:#}"
            );
        }
        for (state, count) in &expect.contacts {
            assert_eq!(campaign[state], *count, "{name}: {state} {campaign:#}");
        }
        if let Some(most) = expect.max_in_flight {
            assert_eq!(self.most_in_flight, most, "{name}: calls in flight");
        }
        if let Some(from) = expect.no_send_from {
            assert!(
                self.sends.iter().all(|at| *at < from),
                "{name}: sends {:?}",
                self.sends
            );
        }
        if let Some([from, to]) = expect.no_send_between {
            assert!(
                self.sends.iter().all(|at| *at < from || to <= *at),
                "{name}: sends {:?}",
                self.sends
            );
        }
        if let Some(first) = expect.first_send {
            assert_eq!(self.sends.first(), Some(&first), "{name}: first send");
        }
        if let Some(last) = expect.last_send {
            assert_eq!(self.sends.last(), Some(&last), "{name}: last send");
        }
        let log = self.store.tail(0, usize::MAX >> 1).unwrap();
        let lines: Vec<String> = log.into_iter().map(|event| event.line).collect();
        if let Some(expected) = &expect.alerts {
            let entries = lines.iter().map(|line| line.parse::<Value>().unwrap());
            let alerts = entries.filter(|entry| entry["kind"] == "alert_raised");
            let raised: Vec<String> = alerts
                .map(|entry| entry["data"]["alert"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(raised, *expected, "{name}: alerts");
        }
        if let Some(expected) = expect.talked {
            let entries = lines.iter().map(|line| line.parse::<Value>().unwrap());
            let talked: u64 = entries
                .filter_map(|entry| entry["data"]["talk_ms"].as_u64())
                .sum();
            assert_eq!(talked / 1000, expected, "{name}: seconds talked");
        }
        lines
    }
}

fn trunk() -> TrunkName {
    TrunkName("simulator".to_owned())
}

fn carrier(scenario: &Scenario, folder: &TempDir) -> Simulator {
    let profile = Profile::parse(&scenario.carrier).unwrap();
    let log = CarrierLog::open(folder.path().join("carrier.jsonl"), &trunk()).unwrap();
    Simulator::new(profile, 1, Some(log))
}

fn contact(line: u64, number: PhoneNumber, now: Timestamp) -> NewContact {
    let class = Rules::embedded().locate(number, &Hints::default(), Evidence::All);
    NewContact {
        line,
        number,
        name: String::new(),
        class: class
            .map(std::sync::Arc::new)
            .map_err(|error| error.to_string()),
        priority: 0,
        consent: Some(Consent {
            kind: ConsentKind::ExpressWritten,
            source: "form 7".to_owned(),
            at: now - std::time::Duration::from_hours(24),
        }),
        expires_at: None,
        variables: String::new(),
    }
}
