//! A desk on a deck's file beside the store of its engine.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use dialdeck::clock::DeckClock;
use dialdeck::domain::Role;
use dialdeck::engine::desk::protocol::MESSAGE_QUEUE;
use dialdeck::engine::desk::service::spawn;
use dialdeck::engine::desk::{
    Act, ActError, ActId, ActSummary, Centre, Desk, EngineOwner, Importer, ListQuery, Message,
    PageRequest, Request, Settings, Surroundings,
};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use dialdeck::store::{Acts as _, StoreError};
use jiff::tz::TimeZone;
use tokio::sync::mpsc::Receiver;

use dialdeck_testkit::world::{self, number};

/// A deck's clock that shows the log's last entry, and an engine as the test sets it.
struct Around(EngineOwner);

impl Surroundings<SqliteStore> for Around {
    fn engine(&mut self) -> EngineOwner {
        self.0
    }

    fn clock(&mut self, _store: &mut SqliteStore) -> Result<DeckClock, StoreError> {
        Ok(DeckClock::Virtual)
    }

    fn importer(&self) -> Importer {
        Box::new(|_, _, _| panic!("these tests import nothing"))
    }
}

pub(crate) fn settings(
    folder: &tempfile::TempDir,
    seat: EngineOwner,
    role: Role,
) -> Settings<SqliteStore> {
    let mut store = world::sqlite(folder);
    store.restrict(role.into());
    Settings {
        store,
        rules: Arc::clone(Rules::embedded()),
        surroundings: Box::new(Around(seat)),
        engine: None,
        actor: "maria".to_owned(),
        viewer: TimeZone::UTC,
        country: "US".to_owned(),
    }
}

pub(crate) fn desk(folder: &tempfile::TempDir) -> Desk<SqliteStore> {
    Desk::open(settings(folder, EngineOwner::Elsewhere, Role::Supervisor)).unwrap()
}

/// Returns the question for a page of a list.
pub(crate) fn around(
    query: &ListQuery,
    centre: Centre,
    before: usize,
    after: usize,
) -> PageRequest {
    PageRequest {
        serial: 1,
        query: query.clone(),
        centre,
        before,
        after,
    }
}

/// A desk on its own thread.
pub(crate) struct Bench {
    asks: Sender<Request>,
    told: Receiver<Message>,
    thread: JoinHandle<()>,
}

impl Bench {
    pub(crate) fn open(folder: &tempfile::TempDir, seat: EngineOwner, role: Role) -> Self {
        let (asks, inbox) = channel();
        let (tell, told) = tokio::sync::mpsc::channel(MESSAGE_QUEUE);
        let thread = spawn(settings(folder, seat, role), inbox, tell).unwrap();
        Self { asks, told, thread }
    }

    pub(crate) fn ask(&self, ask: Request) {
        self.asks.send(ask).unwrap();
    }

    /// Returns the next message of the desk.
    pub(crate) fn next(&mut self) -> Message {
        self.told.blocking_recv().unwrap()
    }

    /// Asks two further questions and waits for their answers, so that the desk has handled everything
    /// before them. Returns the acts acknowledged in that time.
    pub(crate) fn acknowledged_meanwhile(&mut self) -> Vec<ActId> {
        let mut acts = Vec::new();
        for _ in 0..2 {
            self.ask(Request::Judge(number(0).to_string()));
            loop {
                let told = self.next();
                if let Message::ActDone(id, _) = told {
                    acts.push(id);
                } else if matches!(told, Message::Judged(..)) {
                    break;
                }
            }
        }
        acts
    }

    /// Returns the result of the next act that is acknowledged.
    pub(crate) fn acted(&mut self) -> (ActId, Result<ActSummary, ActError>) {
        loop {
            if let Message::ActDone(id, result) = self.next() {
                return (id, result);
            }
        }
    }

    /// Carries out an act and waits for its acknowledgement.
    pub(crate) fn act(&mut self, act: Act) -> Result<ActSummary, ActError> {
        self.ask(Request::Act(ActId(1), act));
        self.acted().1
    }

    /// Leaves the desk. Returns after its thread has ended.
    pub(crate) fn leave(self) {
        drop(self.asks);
        self.thread.join().unwrap();
    }
}
