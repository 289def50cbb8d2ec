//! A LiveKit server with a SIP trunk, its carrier's callees, and an agent: Twirp over JSON, tokens
//! and grants checked for real.
//!
//! Faults, by the attempt that they hit: `agent_missing`, `dispatch_lost` (the first one alone),
//! `agent_leaves_ringing`, `agent_leaves_talking`, `agent_leaves_after`, `agent_silent`, `agent_by_attribute`,
//! `unavailable`, `internal_before`, `unknown_after`, `delete_fails` (three times), `limit`, `gateway_before`,
//! `gateway_after`, `cut`, `deadline`, `silence`,
//! `slow_join`, `broken_json`, `newer_codes`; by webhook: `hook_dropped`, `hook_twice`.

mod agent;
mod hooks;
pub mod playback;
mod rooms;
mod sip;
mod token;
mod twirp;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use dialdeck_clock::Clock;
use dialdeck_core::domain::Timestamp;
use dialdeck_providers::remote::http::Http;
use serde_json::Value;

pub use self::hooks::Sent;
use self::rooms::Room;
use super::faults::{Faults, dice};
use super::lab::Lab;
use super::ledger::{Ledger, Step};
use super::script::Script;
use super::server::Server;

/// How long the double waits for an answer to what it sends.
const LIMIT: Duration = Duration::from_mins(10);

/// What a double is made of.
pub struct Options {
    /// 0 takes a free one.
    pub port: u16,
    pub lab: Lab,
    pub script: Script,
    pub faults: Faults,
    pub settings: Settings,
}

/// What a test may change while the double runs.
#[derive(Clone, Debug)]
pub struct Settings {
    pub key: String,
    pub secret: String,
    pub trunk: String,
    pub numbers: Vec<String>,
    /// The name under which the agent is registered.
    pub agent: String,
    /// Where webhooks go.
    pub webhook: Option<String>,
    /// Requests in any minute; more are refused.
    pub per_minute: usize,
    /// `Retry-After` of what is refused.
    pub retry_after: Option<u32>,
    /// How long after the callee's greeting an agent is bridged; `None`: never.
    pub bridges_after: Option<Duration>,
    /// How long an agent takes to be in the room, in milliseconds: from, and below.
    pub agent_joins: (u64, u64),
    /// How long a webhook takes, in milliseconds: from, and below.
    pub hook_takes: (u64, u64),
    /// By how much the server's clock is ahead of the deck's, in seconds.
    pub clock_ahead: i64,
    /// No room can be deleted.
    pub deletes_fail: bool,
    /// The Twirp code and message with which every call ends that nobody answers, in place of the network's
    /// status.
    pub refusal: Option<(&'static str, &'static str)>,
    /// Events about the callee whose webhooks are all lost.
    pub lost_hooks: Vec<&'static str>,
    /// Methods that are only carried out after an hour.
    pub stuck: Vec<&'static str>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            key: "APIexample".to_owned(),
            secret: "a secret of thirty-two characters".to_owned(),
            trunk: "ST_example".to_owned(),
            numbers: vec!["+16465550100".to_owned(), "+16465550101".to_owned()],
            agent: "dialdeck".to_owned(),
            webhook: None,
            per_minute: 100_000,
            retry_after: None,
            bridges_after: Some(Duration::from_secs(1)),
            agent_joins: (300, 2000),
            hook_takes: (50, 3000),
            clock_ahead: 0,
            deletes_fail: false,
            refusal: None,
            lost_hooks: Vec::new(),
            stuck: Vec::new(),
        }
    }
}

/// The running double.
pub struct LiveKitDouble {
    world: Arc<World>,
    server: Server,
}

/// What every part of the double shares.
struct World {
    clock: Clock,
    script: Script,
    faults: Faults,
    ledger: Ledger,
    http: Http,
    settings: Mutex<Settings>,
    rooms: Mutex<BTreeMap<String, Room>>,
    requests: Mutex<VecDeque<Timestamp>>,
    asked: Mutex<Vec<(String, Value)>>,
    sent: Mutex<Vec<Sent>>,
    hooks: Mutex<hooks::Queues>,
    /// When an attempt's agent left its room by itself.
    deserted: Mutex<BTreeMap<String, Timestamp>>,
    /// How long an attempt's callee had nobody to talk to, in moments.
    alone: Mutex<BTreeMap<String, Duration>>,
    /// How often a room was to be deleted, where that is refused at first.
    refused: Mutex<BTreeMap<String, u32>>,
}

impl LiveKitDouble {
    pub fn start(options: Options) -> Self {
        let world = Arc::new(World {
            http: options.lab.http(),
            clock: options.lab.clock().clone(),
            script: options.script,
            faults: options.faults,
            ledger: Ledger::default(),
            settings: Mutex::new(options.settings),
            rooms: Mutex::default(),
            requests: Mutex::default(),
            asked: Mutex::default(),
            sent: Mutex::default(),
            hooks: Mutex::default(),
            deserted: Mutex::default(),
            alone: Mutex::default(),
            refused: Mutex::default(),
        });
        let routes = Router::new()
            .route("/twirp/{service}/{method}", post(serve))
            .with_state(Arc::clone(&world));
        Self {
            world,
            server: options.lab.serve(options.port, routes),
        }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn ledger(&self) -> &Ledger {
        &self.world.ledger
    }

    /// The settings, to be changed.
    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        self.world.settings.lock().unwrap()
    }

    /// INVITEs of one attempt.
    pub fn invites(&self, attempt: &str) -> usize {
        let invites = self.world.ledger.invites();
        invites.get(attempt).copied().unwrap_or(0)
    }

    /// The rooms that are open.
    pub fn rooms(&self) -> Vec<String> {
        self.world.rooms.lock().unwrap().keys().cloned().collect()
    }

    /// The bodies of every request to a method so far.
    pub fn asked(&self, method: &str) -> Vec<Value> {
        let asked = self.world.asked.lock().unwrap();
        let of_method = asked.iter().filter(|(name, _)| name == method);
        of_method.map(|(_, body)| body.clone()).collect()
    }

    /// For each answered call whose agent was gone, how long its callee heard nobody.
    pub fn silences(&self) -> Vec<(String, Duration)> {
        let deserted = self.world.deserted.lock().unwrap().clone();
        let entries = self.world.ledger.entries();
        let of = |key: &str, step: Step| {
            let found = entries
                .iter()
                .find(|one| one.key == key && one.step == step);
            found.map(|one| one.at)
        };
        let silent = deserted.into_iter().filter_map(|(key, left)| {
            let (answered, ended) = (of(&key, Step::Answer)?, of(&key, Step::End)?);
            Some((key, ended.since(answered.max(left))))
        });
        silent.collect()
    }

    /// For each callee whose agent was gone, how long there was nobody to talk to, by what the machine
    /// did meanwhile.
    pub fn alone(&self) -> BTreeMap<String, Duration> {
        self.world.alone.lock().unwrap().clone()
    }

    /// Attempts whose agent left the room by itself, while it rang or after the answer.
    pub fn deserted(&self) -> Vec<String> {
        self.world
            .deserted
            .lock()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    }

    /// The agent leaves the room.
    pub fn take_agent(&self, room: &str) {
        self.world.desert(room);
    }

    /// Every webhook that was sent so far.
    pub fn sent(&self) -> Vec<Sent> {
        self.world.sent.lock().unwrap().clone()
    }

    /// A token for a webhook with this body, signed now.
    pub fn webhook_token(&self, body: &str) -> String {
        self.world.webhook_token(body, self.world.now())
    }
}

impl World {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn settings(&self) -> Settings {
        self.settings.lock().unwrap().clone()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }

    /// Whether the project has used up its requests of this minute.
    fn is_over_limit(&self) -> bool {
        let now = self.now();
        let mut requests = self.requests.lock().unwrap();
        while requests
            .front()
            .is_some_and(|at| now.since(*at) >= Duration::from_mins(1))
        {
            requests.pop_front();
        }
        if requests.len() >= self.settings().per_minute {
            return true;
        }
        requests.push_back(now);
        false
    }
}

/// A span of so many milliseconds that depends on nothing but these words.
fn between(from: u64, to: u64, words: &[&str]) -> Duration {
    Duration::from_millis(from + dice(1, words) % (to - from))
}

/// One Twirp request.
async fn serve(
    State(world): State<Arc<World>>,
    Path((service, method)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let authorization = headers.get("authorization");
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let claims = match token::check(&world, authorization.unwrap_or_default()) {
        Ok(claims) => claims,
        Err(why) => return twirp::plain(401, why),
    };
    if world.is_over_limit() {
        return twirp::limited(&world);
    }
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return twirp::error("malformed", "the json request could not be decoded");
    };
    let name = format!("{}/{method}", service.trim_start_matches("livekit."));
    world
        .asked
        .lock()
        .unwrap()
        .push((name.clone(), body.clone()));
    if !token::permits(&claims, &name, twirp::text(&body, "room")) {
        return twirp::error("unauthenticated", "permissions denied");
    }
    if world.settings().stuck.contains(&name.as_str()) {
        world.sleep(Duration::from_hours(1)).await;
    }
    match name.as_str() {
        "AgentDispatchService/ListDispatch" => world.list_dispatch(&body),
        "AgentDispatchService/CreateDispatch" => world.create_dispatch(&body),
        "AgentDispatchService/DeleteDispatch" => world.delete_dispatch(&body),
        "RoomService/CreateRoom" => world.create_room(&body),
        "RoomService/DeleteRoom" => world.delete_room(&body),
        "RoomService/ListParticipants" => world.list_participants(&body),
        "RoomService/GetParticipant" => world.participant(&body),
        "RoomService/RemoveParticipant" => world.remove_participant(&body),
        "SIP/ListSIPOutboundTrunk" => world.list_trunks(&body),
        "SIP/CreateSIPParticipant" => sip::create(&world, &headers, &body).await,
        _ => twirp::error("bad_route", "no handler for path"),
    }
}
