//! The agent: comes when it is sent for, speaks, and reports to the address it was given.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::watch;

use super::rooms::Member;
use super::sip::key_of;
use super::{LIMIT, World, between};
use crate::vendors::script::Who;

/// How long a person says hello.
const GREETING: Duration = Duration::from_millis(1500);

/// A callee without anybody to talk to is looked at once in so long.
const MOMENT: Duration = Duration::from_millis(100);

/// The agent's identity in a room: the server names it after its job.
pub(super) fn identity_in(room: &str) -> String {
    format!("agent-AJ_{room}")
}

/// Joins a room.
pub(super) async fn attend(world: Arc<World>, room: String) {
    let (from, below) = world.settings().agent_joins;
    world.sleep(between(from, below, &[&room, "agent"])).await;
    if !world.rooms.lock().unwrap().contains_key(&room) {
        return; // Deleted meanwhile: nobody is sent into a room that is not there.
    }
    let member = Member {
        kind: "AGENT",
        state: "JOINING",
        attributes: BTreeMap::new(),
        removed: watch::Sender::new(false),
    };
    world.join(&room, &identity_in(&room), member);
    world.sleep(Duration::from_millis(200)).await;
    world.with_member(&room, &identity_in(&room), |agent| agent.state = "ACTIVE");
}

/// Speaks with the callee, and reports.
pub(super) async fn converse(world: Arc<World>, room: String, who: Who) {
    let Some(answer) = world.dispatch_of(&room) else {
        return;
    };
    if world.faults.hits("agent_leaves_talking", key_of(&room)) {
        world.sleep(between(200, 6000, &[&room, "leaves"])).await;
        return world.desert(&room);
    }
    if world.faults.hits("agent_silent", key_of(&room)) {
        return;
    }
    world.sleep(GREETING).await;
    let category = match who {
        Who::Human => "human",
        Who::Machine => "machine-vm",
        Who::Fax => "fax",
    };
    if world.faults.hits("agent_by_attribute", key_of(&room)) {
        world.with_member(&room, &identity_in(&room), |agent| {
            agent
                .attributes
                .insert("dialdeck.amd".to_owned(), category.to_owned());
        });
        return;
    }
    report(&world, &answer, "greeting_ended", json!({})).await;
    report(
        &world,
        &answer,
        "callee_type",
        json!({"callee_type": category}),
    )
    .await;
    if let Some(after) = world.settings().bridges_after
        && who == Who::Human
    {
        world.sleep(after).await;
        report(&world, &answer, "bridged", json!({})).await;
    }
    report(&world, &answer, "result", json!({"result": "spoken"})).await;
    if world.faults.hits("agent_leaves_after", key_of(&room)) {
        world.desert(&room);
    }
}

/// Counts the moments in which a callee who picked up has nobody to talk to. Moments, not time: a
/// machine that stands still for a while stands still for caller and callee alike.
pub(super) async fn count_silence(world: Arc<World>, room: String, callee: String) {
    let mut silence = Duration::ZERO;
    loop {
        world.sleep(MOMENT).await;
        match world.is_alone(&room, &callee) {
            None => return,
            Some(false) => {}
            Some(true) => {
                silence += MOMENT;
                let key = key_of(&room).to_owned();
                world.alone.lock().unwrap().insert(key, silence);
            }
        }
    }
}

impl World {
    /// Whether the attempt's agent leaves while the callee may be there.
    pub(super) fn loses_its_agent(&self, key: &str) -> bool {
        let mut faults = ["agent_leaves_ringing", "agent_leaves_talking"].into_iter();
        faults.any(|fault| self.faults.hits(fault, key))
    }

    /// The agent leaves by itself: its process ended, or it was taken out of the room.
    pub(super) fn desert(self: &Arc<Self>, room: &str) {
        let at = self.now();
        if self.leave(room, &identity_in(room), Some("PARTICIPANT_REMOVED")) {
            let key = key_of(room).to_owned();
            self.deserted.lock().unwrap().insert(key, at);
        }
    }

    /// What the agent received with its dispatch.
    fn dispatch_of(&self, room: &str) -> Option<Value> {
        let rooms = self.rooms.lock().unwrap();
        let dispatch = rooms.get(room)?.dispatch.as_ref()?;
        serde_json::from_str(dispatch).ok()
    }
}

async fn report(world: &World, answer: &Value, event: &str, mut body: Value) {
    let Some(callback) = answer["callback"].as_str() else {
        return;
    };
    body["attempt"] = answer["attempt"].clone();
    body["event"] = json!(event);
    body["at"] = json!(world.now());
    let token = answer["token"].as_str().unwrap_or_default();
    let request = world.http.post(callback).bearer_auth(token).json(&body);
    // A deck that is down does not hear it.
    world.http.send(request, LIMIT).await.ok();
}
