//! A deck with one running campaign, one call in flight, and an engine on it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use dialdeck::clock::{Clock, ScaledClock};
use dialdeck::config::{read_campaign, read_deck};
use dialdeck::domain::{
    AttemptId, CallEnd, CallReport, CalleeType, CampaignState, Capabilities, Consent, ConsentKind,
    DeckId, NewContact, PhoneNumber, Timestamp, TrunkName, WindowClass,
};
use dialdeck::engine::shell::{Ending, Ends, Handle, Shell};
use dialdeck::http::listener::Gate;
use dialdeck::policy::Context;
use dialdeck::provider::inbound::{Inbound, News, Reader};
use dialdeck::provider::remote::{Examined, Line, Remote, Vendor};
use dialdeck::provider::simulator::Simulator;
use dialdeck::provider::{DialRequest, Inquiry, LookUp, Owned, Unlisted};
use dialdeck::rules::Rules;
use dialdeck::store::exchange::Message;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts, By, Claimed, Engine, EngineStore as _, Reads as _, opt_out};
use dialdeck_testkit::world::engine_of;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

pub(crate) const TRUNK: &str = "carrier";

const DECK: &str = "[[trunk]]\nname = \"carrier\"\nkind = \"simulator\"\n\
    [[pool]]\nname = \"main\"\ntrunk = \"carrier\"\nnumbers = [\"+16465550100\"]\n";

/// Monday 10:30 in New York.
fn monday() -> Timestamp {
    "2026-12-07T15:30:00Z".parse().unwrap()
}

pub(crate) fn callee() -> PhoneNumber {
    number(0)
}

fn number(place: u64) -> PhoneNumber {
    format!("+121255501{place:02}").parse().unwrap()
}

/// A vendor that records what is delivered to it and does nothing more.
struct Noting {
    reader: Arc<dyn Reader>,
    told: UnboundedSender<String>,
}

impl Vendor for Noting {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn place(&self, _request: DialRequest, _line: Line) {}

    async fn hang_up(&self, _line: Line) {}

    async fn look_up(&self, _inquiry: Inquiry, _line: Line) -> LookUp {
        LookUp::CannotTell
    }

    async fn deliver(&self, inbound: Inbound, _line: Line) {
        self.told.send(inbound.event).unwrap();
    }

    async fn numbers(&self) -> Result<Owned, Unlisted> {
        Ok(Owned::These(Vec::new()))
    }

    async fn examine(&self) -> Vec<Examined> {
        Vec::new()
    }

    fn reader(&self) -> Arc<dyn Reader> {
        Arc::clone(&self.reader)
    }
}

/// A deck under test.
pub(crate) struct Under {
    folder: TempDir,
    pub(crate) deck: DeckId,
    pub(crate) clock: Clock,
    pub(crate) runtime: Runtime,
    pub(crate) handle: Handle,
    pub(crate) attempt: AttemptId,
    engine: Option<JoinHandle<Ending>>,
    idle: Option<Engine<SqliteStore>>,
    delivered: RefCell<Option<UnboundedReceiver<String>>>,
    remotes: RefCell<Vec<Remote>>,
}

impl Under {
    /// Returns a deck with a call in flight and its engine running.
    pub(crate) fn start() -> Self {
        let mut under = Self::idle();
        let mut store = under.idle.take().unwrap();
        add_campaign(&mut store, None, 1);
        let contact = store.contacts_with(callee()).unwrap()[0].id;
        let claimed = store.claim(contact, &Context::default(), monday()).unwrap();
        let Claimed::Dial(attempt, ..) = claimed else {
            panic!("not dialed: {claimed:?}");
        };
        under.attempt = attempt.id;
        let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
        let rules = Rules::embedded();
        let (shell, handle) = Shell::new(store, none, under.clock.clone(), rules).unwrap();
        under.engine = Some(under.runtime.spawn(shell.run(Ends::OnRequest)));
        under.handle = handle;
        under
    }

    /// Returns a configured deck without an engine.
    pub(crate) fn idle() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let deck = DeckId(0x7f3a_9c21);
        let path = folder.path().join("deck.sqlite");
        let rules = Rules::embedded();
        let store = SqliteStore::create_or_open(&path, deck, rules, monday()).unwrap();
        let mut store = engine_of(store, folder.path());
        let settings = read_deck("deck.toml", DECK).unwrap().settings;
        store.configure(&settings).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let clock = Clock::Scaled(ScaledClock::start(monday(), 1));
        let none: BTreeMap<TrunkName, Simulator> = BTreeMap::new();
        let nowhere = SqliteStore::create_or_open(
            &folder.path().join("nowhere.sqlite"),
            deck,
            rules,
            monday(),
        );
        let nowhere = engine_of(nowhere.unwrap(), folder.path());
        let (_, handle) = Shell::new(nowhere, none, clock.clone(), rules).unwrap();
        Self {
            folder,
            deck,
            clock,
            runtime,
            handle,
            attempt: AttemptId { deck, serial: 1 },
            engine: None,
            idle: Some(store),
            delivered: RefCell::default(),
            remotes: RefCell::default(),
        }
    }

    /// Opens a second connection, as another process has one.
    pub(crate) fn other(&self) -> SqliteStore {
        let path = self.folder.path().join("deck.sqlite");
        SqliteStore::open_read_only(&path, Rules::embedded()).unwrap()
    }

    /// Returns the store of a deck without an engine.
    pub(crate) fn store(&mut self) -> &mut Engine<SqliteStore> {
        self.idle.as_mut().unwrap()
    }

    /// Ends this many contacts of a campaign with results.
    pub(crate) fn finish_contacts(&mut self, url: &str, contacts: u64) {
        let store = self.store();
        add_campaign(store, Some(url), contacts);
        for place in 0..contacts {
            let by = by();
            store
                .suppress(&[opt_out(number(place), None, &by)])
                .unwrap();
        }
    }

    /// Ends one call to a person in a campaign with results. The agent reports this result.
    pub(crate) fn finish_a_call(&mut self, url: &str, word: &str) {
        let store = self.store();
        add_campaign(store, Some(url), 1);
        let contact = store.contacts_with(callee()).unwrap()[0].id;
        let claimed = store.claim(contact, &Context::default(), monday()).unwrap();
        let Claimed::Dial(attempt, ..) = claimed else {
            panic!("not dialed: {claimed:?}");
        };
        let said = Inbound {
            event: "a".to_owned(),
            attempt: attempt.id,
            at: monday(),
            news: News::Result(word.to_owned()),
        };
        let message = Message {
            trunk: attempt.trunk.clone(),
            event: said.event.clone(),
            attempt: attempt.id,
            body: serde_json::to_string(&said).unwrap(),
        };
        store.receive(&message, monday()).unwrap();
        let report = CallReport {
            end: CallEnd::Completed,
            callee_type: Some(CalleeType::Human),
            ..CallReport::default()
        };
        let settled = store.settle(attempt.id, &report, monday(), monday());
        assert!(settled.unwrap().is_some());
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Returns a gate whose vendor records what is delivered.
    pub(crate) fn gate(&self, reader: Arc<dyn Reader>) -> (Gate, UnboundedReceiver<String>) {
        let (told, delivered) = unbounded_channel();
        let vendor = Arc::new(Noting {
            reader: Arc::clone(&reader),
            told,
        });
        let (remote, inlet) = Remote::start(&vendor, &self.clock, self.runtime.handle());
        self.remotes.borrow_mut().push(remote);
        (Gate { reader, inlet }, delivered)
    }

    pub(crate) fn keep(&self, delivered: UnboundedReceiver<String>) {
        *self.delivered.borrow_mut() = Some(delivered);
    }

    /// Returns the next `count` events delivered to the vendor, sorted. Fails if there are more.
    pub(crate) fn delivered(&self, count: usize) -> Vec<String> {
        let mut delivered = self.delivered.borrow_mut();
        let delivered = delivered.as_mut().unwrap();
        let mut events: Vec<String> = (0..count)
            .map(|_| self.runtime.block_on(delivered.recv()).unwrap())
            .collect();
        assert!(delivered.try_recv().is_err(), "delivered more than once");
        events.sort();
        events
    }

    /// Ends the engine and waits for it.
    pub(crate) fn end(&mut self) {
        let engine = self.engine.take().unwrap();
        self.runtime.block_on(async {
            self.handle.drain(Some(std::time::Duration::ZERO)).await;
            engine.await.unwrap();
        });
    }
}

fn by() -> By {
    By {
        actor: "maria".to_owned(),
        at: monday(),
    }
}

fn add_campaign(store: &mut impl Acts, url: Option<&str>, contacts: u64) {
    let results = url.map_or_else(String::new, |url| format!("[results]\nurl = \"{url}\"\n"));
    let text = format!(
        "name = \"spring\"\nseller = \"Example Dental\"\npurpose = \"reminder\"\n\
         call_class = \"live\"\nagent = \"automated\"\ntrunk = \"carrier\"\ncontacts = \"none.csv\"\n\
         [caller_id]\npool = \"main\"\n[consent]\nrequired = \"none\"\n{results}"
    );
    let file = read_campaign("spring.toml", &text).unwrap();
    let id = store.add_campaign(&file.settings, &by()).unwrap();
    let class = WindowClass {
        zones: vec!["America/New_York".to_owned()],
        regions: vec!["US-NY".to_owned()],
        zone_source: "number".to_owned(),
    };
    let rows: Vec<NewContact> = (0..contacts)
        .map(|place| NewContact {
            line: place + 2,
            number: number(place),
            name: "Ana Ruiz".to_owned(),
            class: Ok(Arc::new(class.clone())),
            priority: 0,
            consent: Some(Consent {
                kind: ConsentKind::Express,
                source: "form 17".to_owned(),
                at: monday() - std::time::Duration::from_hours(24),
            }),
            expires_at: None,
            variables: "{\"city\":\"Troy\"}".to_owned(),
        })
        .collect();
    store.import_contacts(id, &rows, monday()).unwrap();
    let running = CampaignState::Running;
    store.move_campaign(id, running, "", &by()).unwrap();
}
