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
    /// What the agent was told when it was sent for.
    pub(super) dispatch: Option<String>,
}

/// Somebody in a room.
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

    /// Lets somebody in; the room is made when there is none.
    pub(super) fn join(self: &Arc<Self>, room: &str, identity: &str, member: Member) {
        let shown = info(identity, &member, false);
        let mut rooms = self.rooms.lock().unwrap();
        let members = &mut rooms.entry(room.to_owned()).or_default().members;
        members.insert(identity.to_owned(), member);
        drop(rooms);
        self.hook("participant_joined", room, Some(shown));
    }

    /// Takes somebody out, if there, and says why.
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
        let room = rooms.entry(name.to_owned()).or_default();
        room.dispatch = agents
            .first()
            .map(|agent| text(agent, "metadata").to_owned());
        drop(rooms);
        if is_new {
            self.hook("room_started", name, None);
        }
        for agent in &agents {
            let ours = text(agent, "agent_name") == self.settings().agent;
            if ours && !self.faults.hits("agent_missing", super::sip::key_of(name)) {
                tokio::spawn(agent::attend(Arc::clone(self), name.to_owned()));
            }
        }
        ok(&json!({
            "sid": format!("RM_{name}"), "name": name, "empty_timeout": 300,
            "departure_timeout": 20, "max_participants": 0, "creation_time": "1796657400",
            "turn_password": "", "enabled_codecs": [], "metadata": "", "num_participants": 0,
            "num_publishers": 0, "active_recording": false, "version": null,
        }))
    }

    pub(super) fn delete_room(self: &Arc<Self>, body: &Value) -> Response {
        let name = text(body, "room");
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
