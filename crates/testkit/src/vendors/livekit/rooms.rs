//! Rooms, who is in them, and trunks.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::twirp::{error, ok, text};
use super::{World, agent};

/// A room.
#[derive(Debug, Default)]
pub(super) struct Room {
    members: BTreeMap<String, Member>,
    /// What the agent received with its dispatch.
    pub(super) dispatch: Option<String>,
    /// Agents that were sent for.
    dispatches: Vec<Dispatch>,
}

/// An agent that was sent for.
#[derive(Clone, Debug)]
struct Dispatch {
    id: String,
    agent: String,
    metadata: String,
    /// A worker took the job.
    has_job: bool,
}

/// A participant of a room.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) kind: &'static str,
    pub(super) state: &'static str,
    pub(super) attributes: BTreeMap<String, String>,
    /// Says that it was removed, to the call behind it.
    pub(super) removed: watch::Sender<bool>,
}

impl World {
    /// Changes a member; `None` when it is not there.
    pub(super) fn with_member<T>(
        &self,
        room: &str,
        identity: &str,
        change: impl FnOnce(&mut Member) -> T,
    ) -> Option<T> {
        let mut rooms = self.rooms.lock().unwrap();
        Some(change(rooms.get_mut(room)?.members.get_mut(identity)?))
    }

    /// Whether a member has no agent in its room; `None`: it is not there itself.
    pub(super) fn is_alone(&self, room: &str, identity: &str) -> Option<bool> {
        let rooms = self.rooms.lock().unwrap();
        let members = &rooms.get(room)?.members;
        members.get(identity)?;
        Some(!members.values().any(|member| member.kind == "AGENT"))
    }

    /// Adds a participant. Creates the room if there is none.
    pub(super) fn join(self: &Arc<Self>, room: &str, identity: &str, member: Member) {
        let shown = info(identity, &member, false);
        let mut rooms = self.rooms.lock().unwrap();
        let members = &mut rooms.entry(room.to_owned()).or_default().members;
        members.insert(identity.to_owned(), member);
        drop(rooms);
        self.hook("participant_joined", room, Some(shown));
    }

    /// Removes a participant, if it is there, with the reason.
    pub(super) fn leave(
        self: &Arc<Self>,
        room: &str,
        identity: &str,
        reason: Option<&str>,
    ) -> bool {
        let mut rooms = self.rooms.lock().unwrap();
        let members = rooms.get_mut(room).map(|room| &mut room.members);
        let Some(mut member) = members.and_then(|members| members.remove(identity)) else {
            return false;
        };
        drop(rooms);
        member.state = "DISCONNECTED";
        let mut shown = info(identity, &member, false);
        if let Some(reason) = reason {
            shown["disconnectReason"] = json!(reason);
        }
        self.hook("participant_left", room, Some(shown));
        member.removed.send_replace(true);
        true
    }

    pub(super) fn create_room(self: &Arc<Self>, body: &Value) -> Response {
        let name = text(body, "name");
        if name.is_empty() {
            return error("invalid_argument", "room name is required");
        }
        let agents = body["agents"].as_array().cloned().unwrap_or_default();
        let mut rooms = self.rooms.lock().unwrap();
        let is_new = !rooms.contains_key(name);
        rooms.entry(name.to_owned()).or_default();
        drop(rooms);
        if is_new {
            self.hook("room_started", name, None);
        }
        for agent in &agents {
            self.dispatch(name, agent);
        }
        ok(&json!({
            "sid": format!("RM_{name}"), "name": name, "empty_timeout": 300,
            "departure_timeout": 20, "max_participants": 0, "creation_time": "1796657400",
            "turn_password": "", "enabled_codecs": [], "metadata": "", "num_participants": 0,
            "num_publishers": 0, "active_recording": false, "version": null,
        }))
    }

    /// Sends for an agent; a worker that is free takes the job.
    fn dispatch(self: &Arc<Self>, name: &str, asked: &Value) -> Value {
        let key = super::sip::key_of(name);
        let (agent, metadata) = (text(asked, "agent_name"), text(asked, "metadata"));
        let mut rooms = self.rooms.lock().unwrap();
        let room = rooms.entry(name.to_owned()).or_default();
        let nth = room.dispatches.len();
        let first_is_lost = nth == 0 && self.faults.hits("dispatch_lost", key);
        let is_served = agent == self.settings().agent && !first_is_lost;
        let has_job = is_served && !self.faults.hits("agent_missing", key);
        let dispatch = Dispatch {
            id: format!("AD_{key}_{nth}"),
            agent: agent.to_owned(),
            metadata: metadata.to_owned(),
            has_job,
        };
        let shown = dispatch.shown(name);
        room.dispatch = Some(dispatch.metadata.clone());
        room.dispatches.push(dispatch);
        drop(rooms);
        if has_job {
            tokio::spawn(agent::attend(Arc::clone(self), name.to_owned()));
        }
        shown
    }

    pub(super) fn create_dispatch(self: &Arc<Self>, body: &Value) -> Response {
        ok(&self.dispatch(text(body, "room"), body))
    }

    pub(super) fn list_dispatch(&self, body: &Value) -> Response {
        let name = text(body, "room");
        let rooms = self.rooms.lock().unwrap();
        let sent = rooms
            .get(name)
            .into_iter()
            .flat_map(|room| &room.dispatches);
        let list: Vec<Value> = sent.map(|dispatch| dispatch.shown(name)).collect();
        ok(&json!({"agent_dispatches": list}))
    }

    pub(super) fn delete_dispatch(&self, body: &Value) -> Response {
        let (name, id) = (text(body, "room"), text(body, "dispatch_id"));
        let mut rooms = self.rooms.lock().unwrap();
        let sent = rooms.get_mut(name).map(|room| &mut room.dispatches);
        let place = sent
            .as_ref()
            .and_then(|sent| sent.iter().position(|one| one.id == id));
        match (sent, place) {
            // Kept empty-handed, so that the next one has another id.
            (Some(sent), Some(place)) => {
                let shown = sent[place].shown(name);
                sent[place].has_job = false;
                ok(&shown)
            }
            _ => error("not_found", "dispatch not found"),
        }
    }

    pub(super) fn delete_room(self: &Arc<Self>, body: &Value) -> Response {
        if self.settings().deletes_fail {
            return error("unavailable", "update room failed: i/o timeout");
        }
        let name = text(body, "room");
        if self.refuses_to_delete(name) {
            return error("unavailable", "could not reach the node of the room");
        }
        let rooms = self.rooms.lock().unwrap();
        let Some(room) = rooms.get(name) else {
            return error("not_found", "requested room does not exist");
        };
        let members: Vec<String> = room.members.keys().cloned().collect();
        drop(rooms);
        for identity in members {
            self.leave(name, &identity, Some("ROOM_DELETED"));
        }
        self.rooms.lock().unwrap().remove(name);
        self.hook("room_finished", name, None);
        ok(&json!({}))
    }

    /// The first three requests to delete a room fail, where that fault hits.
    fn refuses_to_delete(&self, room: &str) -> bool {
        if !self.faults.hits("delete_fails", super::sip::key_of(room)) {
            return false;
        }
        let mut refused = self.refused.lock().unwrap();
        let times = refused.entry(room.to_owned()).or_default();
        *times += 1;
        *times <= 3
    }

    pub(super) fn list_participants(&self, body: &Value) -> Response {
        let rooms = self.rooms.lock().unwrap();
        let room = rooms.get(text(body, "room"));
        let members = room.into_iter().flat_map(|room| &room.members);
        let list: Vec<Value> = members
            .map(|(identity, member)| info(identity, member, true))
            .collect();
        ok(&json!({"participants": list}))
    }

    pub(super) fn participant(&self, body: &Value) -> Response {
        let identity = text(body, "identity");
        let found = self.with_member(text(body, "room"), identity, |member| {
            info(identity, member, true)
        });
        match found {
            Some(info) => ok(&info),
            None => error("not_found", "participant does not exist"),
        }
    }

    pub(super) fn remove_participant(self: &Arc<Self>, body: &Value) -> Response {
        let (room, identity) = (text(body, "room"), text(body, "identity"));
        if self.leave(room, identity, Some("PARTICIPANT_REMOVED")) {
            ok(&json!({}))
        } else {
            error("not_found", "participant does not exist")
        }
    }

    pub(super) fn list_trunks(&self, body: &Value) -> Response {
        let settings = self.settings();
        let trunk = json!({
            "sip_trunk_id": settings.trunk, "name": "outbound", "metadata": "",
            "address": "sip.carrier.example", "destination_country": "",
            "transport": "SIP_TRANSPORT_AUTO", "numbers": settings.numbers,
            "auth_username": "deck", "auth_password": "never to be shown", "headers": {},
        });
        let asked = body["trunk_ids"].as_array().cloned().unwrap_or_default();
        let items: Vec<Value> = if asked.is_empty() {
            vec![trunk]
        } else {
            let found = asked.iter().map(|id| *id == settings.trunk);
            found
                .map(|is_ours| if is_ours { trunk.clone() } else { Value::Null })
                .collect()
        };
        ok(&json!({"items": items}))
    }
}

impl Dispatch {
    /// An `AgentDispatch`, as the API writes it.
    fn shown(&self, room: &str) -> Value {
        let job = json!({
            "id": format!("AJ_{room}"), "dispatch_id": self.id, "type": "JT_ROOM",
            "state": {"status": "JS_RUNNING", "error": "", "participant_identity": ""},
        });
        json!({
            "id": self.id, "agent_name": self.agent, "room": room, "metadata": self.metadata,
            "state": {
                "jobs": if self.has_job { vec![job] } else { Vec::new() },
                "created_at": "1796657400", "deleted_at": "0",
            },
        })
    }
}

/// A `ParticipantInfo`, as the API writes it or as webhooks do, without what is empty.
fn info(identity: &str, member: &Member, api: bool) -> Value {
    let mut info = json!({
        "sid": format!("PA_{identity}"),
        "identity": identity,
        "state": member.state,
        "kind": member.kind,
        "attributes": member.attributes,
    });
    if api {
        for (name, default) in [
            ("name", json!("")),
            ("metadata", json!("")),
            ("tracks", json!([])),
            ("joined_at", json!("1796657400")),
            ("region", json!("")),
            ("is_publisher", json!(true)),
            ("disconnect_reason", json!("UNKNOWN_REASON")),
        ] {
            info[name] = default;
        }
    }
    info
}
