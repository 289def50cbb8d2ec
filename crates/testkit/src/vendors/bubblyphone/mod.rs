//! A double of BubblyPhone Agents: its API as its documents describe it, with its faults.
//!
//! What a caller may assume of the real vendor and what it may not is kept apart: shapes, spellings,
//! lags and refusals change from call to call, drawn by the seed of its faults.

mod answers;
mod hourly;
mod lives;
mod webhooks;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use dialdeck_clock::Clock;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::remote::http::Http;
use tokio::sync::Notify;

use super::faults::{Faults, dice};
use super::lab::Lab;
use super::ledger::Ledger;
use super::script::{Script, Who};
use super::server::Server;
use hourly::Hourly;

/// The key that opens the double.
pub const KEY: &str = "bp_live_sk_0123456789abcdefghij";

/// How a double is started.
pub struct Options {
    pub lab: Lab,
    /// 0 takes a free port.
    pub port: u16,
    pub script: Script,
    /// The numbers that the account owns.
    pub numbers: Vec<String>,
    /// Where the calls of the last hour are kept over restarts; `None`: in memory.
    pub hourly_file: Option<PathBuf>,
    pub settings: Settings,
}

impl Options {
    /// An account with these numbers and no faults.
    pub fn new(lab: &Lab, script: Script, numbers: &[String]) -> Self {
        Self {
            lab: lab.clone(),
            port: 0,
            script,
            numbers: numbers.to_vec(),
            hourly_file: None,
            settings: Settings::default(),
        }
    }
}

/// How the answers to `POST /calls` are wrapped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    #[default]
    Bare,
    Data,
    Call,
}

/// In which order, and how truly, calls are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Listing {
    /// The newest first.
    #[default]
    Newest,
    /// In no order.
    Unordered,
    /// Each call twice, on different pages, as when calls are added between two pages.
    Twice,
    /// Every call as it was in its first second.
    Stale,
}

/// What a test may change while the double runs.
#[derive(Clone, Debug)]
pub struct Settings {
    pub shape: Shape,
    /// The status that answers the hang-up of a finished call: 200 or 409.
    pub hang_up_finished: u16,
    /// `Retry-After` of a 429, in seconds.
    pub retry_after: Option<u32>,
    /// Calls per number shown in any hour; 0: no limit.
    pub hourly: usize,
    /// The money left, in cents, and what a call takes of it.
    pub balance: i64,
    pub price: i64,
    /// The status that answers when there is no money left: 402, or 403 with a text.
    pub no_money: u16,
    /// How far the status shown is behind the call, in milliseconds.
    pub lag: (u64, u64),
    /// How late a new call shows in the listing.
    pub listed_after: Duration,
    pub page_size: usize,
    pub listing: Listing,
    /// Refusals by callee: status and body.
    pub refusals: BTreeMap<String, (u16, String)>,
    /// Callees who say at the end of a conversation that they do not want to be called again.
    pub opt_out: BTreeSet<String>,
    /// How long after the call's end the transcript holds that.
    pub opt_out_after: Duration,
    /// What goes wrong: `post_times_out`, `post_cut`, `post_cut_before`, `error_after`, `html_after`,
    /// `code_after`, `busy_after`, `missing_after`, `conflict_after`, `early_after`, `moved_after`, `shown_after`,
    /// `error_before`, `html_before`, `limited`, `broken_json`, `no_id`; `get_error`, `get_html`,
    /// `get_broken`, `get_limited`, `get_cut`, `get_missing`; `hang_up_error`; `odd_word`; `hook_lost`,
    /// `hook_twice`, `hook_late`, `hook_forged`, `hook_replayed`, `hook_broken`, `hook_stale`;
    /// `transcript_error`.
    pub faults: Faults,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shape: Shape::default(),
            hang_up_finished: 200,
            retry_after: None,
            hourly: 30,
            balance: 100_000,
            price: 2,
            no_money: 402,
            lag: (500, 5_000),
            listed_after: Duration::from_secs(4),
            page_size: 15,
            listing: Listing::default(),
            refusals: BTreeMap::new(),
            opt_out: BTreeSet::new(),
            opt_out_after: Duration::ZERO,
            faults: Faults::new(1),
        }
    }
}

/// A running double.
pub struct BubblyPhoneDouble {
    world: Arc<World>,
    server: Server,
}

/// Everything the double knows.
struct World {
    clock: Clock,
    script: Script,
    numbers: Vec<String>,
    ledger: Ledger,
    http: Http,
    settings: Mutex<Settings>,
    hourly: Mutex<Hourly>,
    calls: Mutex<BTreeMap<String, Called>>,
    counts: Mutex<Counts>,
}

/// How often what was asked.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// `POST /calls` that came in, by callee.
    pub posts: BTreeMap<String, usize>,
    /// `POST /calls/{id}/hangup` that came in, by callee.
    pub hang_ups: BTreeMap<String, usize>,
    /// `GET /calls/{id}` that came in.
    pub reads: usize,
    /// `GET /calls` that came in for all the account's numbers.
    pub listings: usize,
    /// Requests with a wrong key.
    pub refused: usize,
    /// Everything that came in.
    all: usize,
}

/// One call.
#[derive(Clone, Debug)]
struct Called {
    id: String,
    /// The attempt by the webhook's address, or the call's own id.
    key: String,
    to: String,
    from: String,
    webhook: Option<String>,
    created: Timestamp,
    /// What happened to it, with the word for it.
    history: Vec<(Timestamp, String)>,
    answered: Option<Timestamp>,
    ended: Option<Timestamp>,
    who: Option<Who>,
    hung_up: bool,
    stop: Arc<Notify>,
}

impl BubblyPhoneDouble {
    /// Starts it.
    pub fn start(options: Options) -> Self {
        let world = Arc::new(World {
            http: options.lab.http(),
            clock: options.lab.clock().clone(),
            script: options.script,
            numbers: options.numbers,
            ledger: Ledger::default(),
            settings: Mutex::new(options.settings),
            hourly: Mutex::new(Hourly::open(options.hourly_file)),
            calls: Mutex::default(),
            counts: Mutex::default(),
        });
        let routes = Router::new()
            .fallback(answers::answer)
            .with_state(Arc::clone(&world));
        let server = options.lab.serve(options.port, routes);
        Self { world, server }
    }

    /// Where its API is.
    pub fn url(&self) -> String {
        format!("{}/api/v1", self.server.url())
    }

    /// What it did.
    pub fn ledger(&self) -> &Ledger {
        &self.world.ledger
    }

    /// How often what was asked.
    pub fn counts(&self) -> Counts {
        self.world.counts.lock().unwrap().clone()
    }

    /// The settings, to be changed.
    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        self.world.settings.lock().unwrap()
    }
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }

    fn settings(&self) -> Settings {
        self.settings.lock().unwrap().clone()
    }

    fn hits(&self, fault: &'static str, key: &str) -> bool {
        self.settings.lock().unwrap().faults.hits(fault, key)
    }
}

/// A span between these milliseconds that depends on nothing but these words.
fn span(words: &[&str], (least, most): (u64, u64)) -> Duration {
    Duration::from_millis(least + dice(7, words) % (most - least + 1))
}

/// A place among so many that depends on nothing but this word.
fn roll(word: &str, places: usize) -> usize {
    usize::try_from(dice(3, &[word]) % places as u64).unwrap()
}
