//! Plays a recorded call back: what a real LiveKit answered, sent by webhook and had its agent report.
//!
//! Each request is answered by the recorded answer of its kind, after the time that it took; when more
//! are asked than were recorded, the last is given again. Webhooks and reports come in their order, each
//! as long after the request before it as in the recording. A hang-up that the recording has not ends
//! the call as a recorded hang-up does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path as Route, State};
use axum::response::Response;
use axum::routing::post;
use dialdeck_clock::Clock;
use dialdeck_core::domain::{AttemptId, Timestamp};
use dialdeck_providers::remote::http::Http;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{LIMIT, Settings, hooks, twirp};
use crate::vendors::lab::Lab;
use crate::vendors::server::Server;

/// Requests after which the recording's own course is timed; others are looks, made at our leisure.
const ANCHORS: [&str; 4] = [
    "RoomService.CreateRoom",
    "SIP.CreateSIPParticipant",
    "RoomService.RemoveParticipant",
    "RoomService.DeleteRoom",
];

const DIAL: &str = "SIP.CreateSIPParticipant";

/// What comes by itself after a request.
#[derive(Clone, Debug)]
struct Cue {
    anchor: &'static str,
    after: Duration,
    /// A webhook's body, or the body of an agent's report.
    body: Value,
    is_report: bool,
}

/// An answer as recorded; without a body the connection is cut.
#[derive(Clone, Debug)]
struct Answered {
    after: Duration,
    status: u16,
    body: Option<Value>,
}

/// A recorded call.
#[derive(Debug)]
pub struct Recording {
    answers: BTreeMap<String, Vec<Answered>>,
    cues: Vec<Cue>,
    /// The ringing timeout that was asked for.
    pub ring_timeout: Duration,
}

/// The running double.
pub struct Playback {
    server: Server,
}

struct Stage {
    clock: Clock,
    recording: Recording,
    webhook: String,
    attempt: AttemptId,
    http: Http,
    /// When each kind of request first came.
    began: watch::Sender<BTreeMap<String, Timestamp>>,
    asked: Mutex<BTreeMap<String, usize>>,
    /// What the agent received.
    answer: Mutex<Value>,
    /// The call was hung up where the recording has no hang-up.
    hung_up: watch::Sender<bool>,
}

impl Recording {
    /// Reads a recording, the attempt's id in its places.
    pub fn read(path: &Path, attempt: AttemptId) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.replace("ATTEMPT", &attempt.to_string());
        let lines: Vec<Value> = text.lines().map(|line| line.parse().unwrap()).collect();
        let mut requests: BTreeMap<u64, (u64, String)> = BTreeMap::new();
        let mut anchor = (0, ANCHORS[0]);
        let mut recording = Self {
            answers: BTreeMap::new(),
            cues: Vec::new(),
            ring_timeout: Duration::ZERO,
        };
        for line in &lines {
            let at = line["ms"].as_u64().unwrap();
            let call = line["call"].as_str().unwrap_or_default();
            match line["what"].as_str().unwrap() {
                "request" => {
                    requests.insert(line["n"].as_u64().unwrap(), (at, call.to_owned()));
                    let known = ANCHORS.iter().find(|known| **known == call);
                    anchor = known.map_or(anchor, |known| (at, *known));
                    if call == DIAL {
                        let limit = twirp::span(twirp::text(&line["body"], "ringing_timeout"));
                        recording.ring_timeout = limit.unwrap();
                    }
                }
                what @ ("answer" | "cut") => {
                    let (asked, call) = &requests[&line["n"].as_u64().unwrap()];
                    let answered = Answered {
                        after: Duration::from_millis(at - asked),
                        status: line["status"]
                            .as_u64()
                            .map_or(0, |code| code.try_into().unwrap()),
                        body: (what == "answer").then(|| line["body"].clone()),
                    };
                    recording
                        .answers
                        .entry(call.clone())
                        .or_default()
                        .push(answered);
                }
                what => recording.cues.push(Cue {
                    anchor: anchor.1,
                    after: Duration::from_millis(at - anchor.0),
                    body: line["body"].clone(),
                    is_report: what == "agent report",
                }),
            }
        }
        recording
    }

    /// How the callee left, if it was recorded.
    fn left(&self) -> Option<&Value> {
        let mut bodies = self.cues.iter().map(|cue| &cue.body);
        bodies.find(|body| {
            body["event"] == "participant_left" && body["participant"]["kind"] == "SIP"
        })
    }

    /// The callee as it entered the room.
    fn joined(&self) -> Option<&Value> {
        let mut bodies = self.cues.iter().map(|cue| &cue.body);
        let is_callee = |body: &&Value| {
            body["event"] == "participant_joined" && body["participant"]["kind"] == "SIP"
        };
        bodies.find(is_callee).map(|body| &body["participant"])
    }
}

impl Playback {
    /// Plays a recording back to every request, its webhooks to this address.
    pub fn start(recording: Recording, lab: &Lab, webhook: String, attempt: AttemptId) -> Self {
        let stage = Arc::new(Stage {
            clock: lab.clock().clone(),
            recording,
            webhook,
            attempt,
            http: lab.http(),
            began: watch::Sender::new(BTreeMap::new()),
            asked: Mutex::default(),
            answer: Mutex::default(),
            hung_up: watch::Sender::new(false),
        });
        let routes = Router::new()
            .route("/twirp/{service}/{method}", post(serve))
            .with_state(stage);
        Self {
            server: lab.serve(0, routes),
        }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }
}

async fn serve(
    State(stage): State<Arc<Stage>>,
    Route((service, method)): Route<(String, String)>,
    body: Bytes,
) -> Response {
    let call = format!("{}.{method}", service.trim_start_matches("livekit."));
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let nth = {
        let mut counts = stage.asked.lock().unwrap();
        let count = counts.entry(call.clone()).or_default();
        *count += 1;
        *count - 1
    };
    if call == ANCHORS[0] && nth == 0 {
        let answer = asked["agents"][0]["metadata"].as_str().unwrap_or("{}");
        *stage.answer.lock().unwrap() = answer.parse().unwrap();
        tokio::spawn(Arc::clone(&stage).perform());
    }
    let now = stage.clock.now();
    stage.began.send_modify(|began| {
        began.entry(call.clone()).or_insert(now);
    });
    if ["RoomService.RemoveParticipant", "RoomService.DeleteRoom"].contains(&&*call)
        && !stage.recording.answers.contains_key(&call)
    {
        stage.hang_up().await;
    }
    stage.answer(&call, nth).await
}

impl Stage {
    async fn answer(&self, call: &str, nth: usize) -> Response {
        let Some(recorded) = self.recording.answers.get(call) else {
            return self.unrecorded(call);
        };
        let answered = recorded.get(nth).or(recorded.last()).unwrap().clone();
        if call == DIAL {
            let mut hung_up = self.hung_up.subscribe();
            tokio::select! {
                () = self.sleep(answered.after) => {}
                _ = hung_up.wait_for(|hung_up| *hung_up) => {
                    return twirp::error("canceled", "twirp error unknown: sip request timed out");
                }
            }
        } else {
            self.sleep(answered.after).await;
        }
        match &answered.body {
            Some(body) => twirp::written(answered.status, "application/json", body.to_string()),
            // Ends the connection's task without a byte of an answer, and without a message.
            None => std::panic::resume_unwind(Box::new("cut")),
        }
    }

    /// What was never asked while it was recorded.
    fn unrecorded(&self, call: &str) -> Response {
        match call {
            "RoomService.GetParticipant" => match self.recording.joined() {
                Some(callee) => twirp::ok(callee),
                None => twirp::error("not_found", "participant does not exist"),
            },
            "RoomService.ListParticipants" => twirp::ok(&json!({"participants": []})),
            _ => twirp::ok(&json!({})),
        }
    }

    /// A hang-up that was not recorded: the callee leaves, as it does in the recordings of hang-ups.
    async fn hang_up(&self) {
        if self.hung_up.send_replace(true) {
            return;
        }
        let Some(mut left) = self.recording.left().cloned() else {
            return;
        };
        left["participant"]["disconnectReason"] = json!("PARTICIPANT_REMOVED");
        left["id"] = json!("EV_hung_up");
        if left["participant"]["attributes"]["sip.callStatus"] == "active" {
            left["participant"]["attributes"]["sip.callStatus"] = json!("ringing");
        }
        self.hook(left).await;
    }

    /// Everything that comes by itself, in its order.
    async fn perform(self: Arc<Self>) {
        for cue in &self.recording.cues {
            let due = self.began(cue.anchor).await + cue.after;
            self.sleep(due.since(self.clock.now())).await;
            if *self.hung_up.borrow() {
                return;
            }
            if cue.is_report {
                self.report(cue.body.clone()).await;
            } else {
                self.hook(cue.body.clone()).await;
            }
        }
    }

    /// When a kind of request first came; waits for it.
    async fn began(&self, call: &str) -> Timestamp {
        let mut began = self.began.subscribe();
        let known = began.wait_for(|began| began.contains_key(call)).await;
        known.unwrap()[call]
    }

    async fn hook(&self, mut body: Value) {
        let now = self.clock.now();
        body["createdAt"] = json!((now.as_millis() / 1000).to_string());
        let body = body.to_string();
        let request = self
            .http
            .post(&self.webhook)
            .header(
                "authorization",
                hooks::signed(&Settings::default(), &body, now),
            )
            .header("content-type", "application/webhook+json")
            .body(body);
        self.http.send(request, LIMIT).await.ok();
    }

    async fn report(&self, mut body: Value) {
        let answer = self.answer.lock().unwrap().clone();
        body["at"] = json!(self.clock.now());
        body["attempt"] = json!(self.attempt);
        let request = self
            .http
            .post(answer["callback"].as_str().unwrap())
            .bearer_auth(answer["token"].as_str().unwrap())
            .json(&body);
        self.http.send(request, LIMIT).await.ok();
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(self.clock.real_time(span)).await;
    }
}
