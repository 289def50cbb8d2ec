//! A double of Plum Voice: DEV and Fuse queues with their faults.

mod call;
mod interpreter;
mod queue;
mod wire;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use dialdeck_clock::Clock;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::remote::http::Http;
use tokio::sync::{Semaphore, watch};

use super::faults::Faults;
use super::lab::Lab;
use super::ledger::Ledger;
use super::script::Script;
use super::server::Server;
use call::Call;

pub const LOGIN: &str = "deck@plum.example";
pub const PIN: &str = "90210773";
pub const EMAIL: &str = "fuse@plum.example";
pub const DEVELOPER_KEY: &str = "d3v3l0p3r-k3y";
pub const APPLICATION: &str = "4242";
pub const DEPLOYMENT: &str = "17";

/// The id of the first call of each run.
const FIRST_CALL_ID: u64 = 112_850_593;

/// How long a restart takes.
const RESTARTS: Duration = Duration::from_secs(30);

/// What a double is started with.
pub struct Options {
    pub lab: Lab,
    pub script: Script,
    pub faults: Faults,
    /// Calls that it dials at once.
    pub capacity: usize,
    /// 0: a free one.
    pub port: u16,
    /// When it restarts, having forgotten its queue; for half a minute it then answers nothing.
    pub restarts: Vec<Timestamp>,
}

impl Options {
    pub fn new(lab: &Lab) -> Self {
        Self {
            lab: lab.clone(),
            script: Script::new(1),
            faults: Faults::new(1),
            capacity: 100,
            port: 0,
            restarts: Vec::new(),
        }
    }
}

/// What a test may change at any time.
#[derive(Clone, Debug)]
pub struct Settings {
    pub faults: Faults,
    /// How long a call is in the queue before its turn.
    pub delay: Duration,
    /// How long after a call's end its result is posted at most.
    pub result_delay: Duration,
    /// Single queue requests in a second before everything fails.
    pub singles_per_second: usize,
    /// The id of the next call.
    pub next_call_id: u64,
    /// Whether DEV's results say how often was dialed.
    pub says_attempts: bool,
    /// Whether the detector decides in time.
    pub decides: bool,
}

/// What stands behind every request.
struct Plant {
    clock: Clock,
    script: Script,
    ledger: Ledger,
    http: Http,
    lines: Semaphore,
    settings: Mutex<Settings>,
    state: Mutex<State>,
    /// How often it has restarted. A call ends with the run that it began in.
    runs: watch::Sender<u32>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<u64, Arc<Call>>,
    campaigns: Vec<String>,
    singles: Vec<Timestamp>,
    /// Until then everything is refused.
    overrun_until: Option<Timestamp>,
    /// Until then nothing is answered.
    down_until: Option<Timestamp>,
    seen: Seen,
}

/// What a double saw of its client.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every queue request that was understood: its path's last part and its fields.
    pub requests: Vec<(String, BTreeMap<String, String>)>,
    /// Every request with wrong credentials.
    pub strangers: usize,
    /// How often the single queue was looped too fast.
    pub overruns: usize,
    /// Where calls went on after our documents.
    pub went_on: Vec<String>,
    /// Callee types that were submitted.
    pub callees: Vec<String>,
    /// HTTP statuses that answered results.
    pub results: Vec<u16>,
}

/// A running double.
pub struct PlumDouble {
    plant: Arc<Plant>,
    server: Server,
}

impl PlumDouble {
    pub fn start(options: Options) -> Self {
        let settings = Settings {
            faults: options.faults,
            delay: Duration::from_secs(1),
            result_delay: Duration::from_secs(2),
            singles_per_second: 1,
            next_call_id: FIRST_CALL_ID,
            says_attempts: true,
            decides: true,
        };
        let plant = Arc::new(Plant {
            http: options.lab.http(),
            clock: options.lab.clock().clone(),
            script: options.script,
            ledger: Ledger::default(),
            lines: Semaphore::new(options.capacity),
            settings: Mutex::new(settings),
            state: Mutex::default(),
            runs: watch::channel(0).0,
        });
        for at in options.restarts {
            let plant = Arc::clone(&plant);
            options.lab.runtime().spawn(plant.restart(at));
        }
        let routes = Router::new().fallback(take).with_state(Arc::clone(&plant));
        let server = options.lab.serve(options.port, routes);
        Self { plant, server }
    }

    /// Where DEV is.
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Where Fuse is.
    pub fn fuse_url(&self) -> String {
        format!("{}/api", self.server.url())
    }

    pub fn ledger(&self) -> &Ledger {
        &self.plant.ledger
    }

    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        self.plant.settings.lock().unwrap()
    }

    pub fn seen(&self) -> Seen {
        self.plant.state.lock().unwrap().seen.clone()
    }

    /// Wipes the queue, as its owner can on Plum's pages: whatever is not dialed yet is cancelled.
    pub fn cancel(&self) {
        self.plant.cancel();
    }
}

impl Plant {
    /// Forgets every call that is queued or up, with its result, and counts its ids from the beginning.
    async fn restart(self: Arc<Self>, at: Timestamp) {
        self.sleep(at.since(self.clock.now())).await;
        self.runs.send_modify(|runs| *runs += 1);
        self.settings.lock().unwrap().next_call_id = FIRST_CALL_ID;
        let mut state = self.state.lock().unwrap();
        state.calls.clear();
        state.down_until = Some(at + RESTARTS);
    }

    fn is_down(&self) -> bool {
        let until = self.state.lock().unwrap().down_until;
        until.is_some_and(|until| self.clock.now() < until)
    }
}

async fn take(Shared(plant): Shared<Arc<Plant>>, request: Request) -> Response {
    if plant.is_down() {
        return wire::cut();
    }
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let header = |name: &str| {
        let value = head.headers.get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    };
    let asked = wire::Asked {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        authorization: header("authorization"),
        content_type: header("content-type"),
        body: body.to_vec(),
    };
    plant.answer(&asked).await
}
