//! Webhooks: signed, late, sometimes twice, sometimes never; those of a room in order.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dialdeck_core::domain::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{LIMIT, Settings, World, between, token};

/// A webhook in its room's queue, and how long it takes on its way.
type Waiting = (Duration, Sent);

/// Rooms with the way into their queues.
pub(super) type Queues = BTreeMap<String, UnboundedSender<Waiting>>;

/// A webhook that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub authorization: String,
    pub body: String,
}

impl World {
    /// Sends an event to where webhooks go, some time.
    pub(super) fn hook(self: &Arc<Self>, event: &str, room: &str, participant: Option<Value>) {
        if self.settings().webhook.is_none() {
            return;
        }
        let serial = self.sent.lock().unwrap().len();
        let id = format!("EV_{event}_{room}_{serial}_{}", self.now().as_millis());
        let is_kind = |kind: &str| participant.as_ref().is_some_and(|one| one["kind"] == kind);
        let is_agent = is_kind("AGENT");
        let is_lost = is_kind("SIP") && self.settings().lost_hooks.contains(&event);
        let mut body = json!({
            "event": event,
            "room": {"sid": format!("RM_{room}"), "name": room},
            "id": id,
            "createdAt": (self.now().as_millis() / 1000).to_string(),
        });
        if let Some(participant) = participant {
            body["participant"] = participant;
        }
        let body = body.to_string();
        let sent = Sent {
            authorization: self.webhook_token(&body, self.now()),
            body,
        };
        self.sent.lock().unwrap().push(sent.clone());
        // The server tries again until a webhook is taken; that an agent has left is then news yet.
        let agent_left = event == "participant_left" && is_agent;
        if is_lost || !agent_left && self.faults.hits("hook_dropped", &id) {
            return;
        }
        if agent_left && self.faults.hits("agent_hook_lost", &id) {
            return;
        }
        let copies = 1 + u32::from(self.faults.hits("hook_twice", &id));
        let mut queues = self.hooks.lock().unwrap();
        let queue = queues.entry(room.to_owned()).or_insert_with(|| {
            let (queue, waiting) = unbounded_channel();
            tokio::spawn(Arc::clone(self).deliver_in_turn(waiting));
            queue
        });
        for copy in 0..copies {
            let (from, below) = self.settings().hook_takes;
            let delay = between(from, below, &[&id, &copy.to_string()]);
            // Its task has ended only when the double has.
            queue.send((delay, sent.clone())).ok();
        }
    }

    /// Delivers a room's webhooks one after the other, as the server does.
    async fn deliver_in_turn(self: Arc<Self>, mut waiting: UnboundedReceiver<Waiting>) {
        while let Some((delay, sent)) = waiting.recv().await {
            self.sleep(delay).await;
            self.deliver(sent).await;
        }
    }

    async fn deliver(&self, sent: Sent) {
        let Some(url) = self.settings().webhook else {
            return;
        };
        let request = self
            .http
            .post(&url)
            .header("authorization", sent.authorization)
            .header("content-type", "application/webhook+json")
            .header("user-agent", "LiveKit")
            .body(sent.body);
        // A receiver that is down loses it.
        self.http.send(request, LIMIT).await.ok();
    }

    /// The token that goes with a body.
    pub(super) fn webhook_token(&self, body: &str, now: Timestamp) -> String {
        signed(&self.settings(), body, now)
    }
}

/// The token that goes with a webhook's body.
pub(super) fn signed(settings: &Settings, body: &str, now: Timestamp) -> String {
    let seconds = now.as_millis() / 1000;
    let claims = json!({
        "iss": settings.key,
        "nbf": seconds,
        "exp": seconds + 300,
        "sha256": STANDARD.encode(Sha256::digest(body)),
    });
    token::mint(&settings.secret, &claims)
}
