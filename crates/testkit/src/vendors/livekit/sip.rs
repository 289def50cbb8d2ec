//! The SIP side: one INVITE per participant, and what the callee does.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::Response;
use dialdeck_core::domain::Timestamp;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};

use super::rooms::Member;
use super::twirp::{self, code_of, error, ok, reason_of, sip_error, span, text};
use super::{World, agent};
use crate::vendors::ledger::Step;
use crate::vendors::script::{Fate, Part, Spell};

/// The server's own deadline, unless the request brings one.
const DEADLINE: Duration = Duration::from_secs(80);

/// How long the server sends an INVITE that nothing answers (Timer B, RFC 3261 17.1.1.2).
const NO_REPLY: Duration = Duration::from_secs(32);

/// A call to be made.
struct Call {
    key: String,
    room: String,
    identity: String,
    to: String,
    from: String,
    ring_timeout: Duration,
    longest: Duration,
}

/// The attempt behind a room's name.
pub(super) fn key_of(room: &str) -> &str {
    room.strip_prefix("dd-").unwrap_or(room)
}

/// `CreateSIPParticipant`.
pub(super) async fn create(world: &Arc<World>, headers: &HeaderMap, body: &Value) -> Response {
    let call = match read(world, body) {
        Ok(call) => call,
        Err(refused) => return *refused,
    };
    let hits = |fault| world.faults.hits(fault, &call.key);
    if hits("unavailable") {
        world.sleep(Duration::from_secs(1)).await;
        return error("unavailable", "no response from servers");
    }
    if hits("internal_before") {
        return error("internal", "update room failed: i/o timeout");
    }
    if hits("limit") {
        return twirp::limited(world);
    }
    if hits("gateway_before") {
        return twirp::bad_gateway();
    }
    let (cut, gateway, broken) = (hits("cut"), hits("gateway_after"), hits("broken_json"));
    let (deadline, silence) = (hits("deadline"), hits("silence"));
    let unknown = hits("unknown_after");
    let answered = ok(&json!({
        "participant_id": format!("PA_{}", call.identity),
        "participant_identity": call.identity,
        "room_name": call.room,
        "sip_call_id": format!("SCL_{}", call.key),
    }));
    if hits("slow_join") {
        world.sleep(Duration::from_secs(3)).await;
    }
    let (sender, answer) = oneshot::channel();
    tokio::spawn(Arc::clone(world).dial(call, sender));
    if cut || gateway || deadline || unknown {
        world.sleep(Duration::from_millis(700)).await;
    }
    if cut {
        // Ends the connection's task without a byte of an answer, and without a message.
        std::panic::resume_unwind(Box::new("cut"));
    }
    if gateway {
        return twirp::bad_gateway();
    }
    if unknown {
        // livekit-server before 1.13.0 (#4528), when its own deadline passes while it rings.
        return error("unknown", "context deadline exceeded");
    }
    if deadline {
        return error("deadline_exceeded", "request timed out");
    }
    if silence {
        world.sleep(Duration::from_hours(1)).await;
    }
    let limit = headers.get("x-twirp-timeout-ms");
    let limit = limit.and_then(|value| value.to_str().ok()?.parse().ok());
    if body["wait_until_answered"] != true && body["waitUntilAnswered"] != true {
        world.sleep(Duration::from_millis(300)).await;
        return answered;
    }
    tokio::select! {
        answer = answer => match answer {
            Ok(None) if broken => twirp::broken(),
            Ok(None) => answered,
            Ok(Some(refused)) => refused,
            Err(_) => error("internal", "the call is gone"),
        },
        () = world.sleep(limit.map_or(DEADLINE, Duration::from_millis)) => {
            error("deadline_exceeded", "request timed out")
        }
    }
}

fn read(world: &World, body: &Value) -> Result<Call, Box<Response>> {
    let field = |name| text(body, name).to_owned();
    let room = field("room_name");
    let call = Call {
        key: key_of(&room).to_owned(),
        identity: field("participant_identity"),
        to: field("sip_call_to"),
        from: field("sip_number"),
        ring_timeout: span(text(body, "ringing_timeout")).unwrap_or(Duration::from_mins(3)),
        longest: span(text(body, "max_call_duration")).unwrap_or(Duration::from_hours(24)),
        room,
    };
    if text(body, "sip_trunk_id") != world.settings().trunk {
        let message = "requested sip trunk does not exist";
        return Err(Box::new(error("not_found", message)));
    }
    let missing = [&call.to, &call.room, &call.identity];
    if missing.iter().any(|text| text.is_empty()) || call.to.contains('@') {
        let message = "missing or wrong field";
        return Err(Box::new(error("invalid_argument", message)));
    }
    Ok(call)
}

impl World {
    /// Sends the one INVITE, and sends how the request ends: `None` if the call was answered.
    async fn dial(self: Arc<Self>, call: Call, sender: oneshot::Sender<Option<Response>>) {
        let part = self.script.part(&call.to, self.ledger.invites_to(&call.to));
        let removed = self.join_callee(&call);
        match self.script.spell(self.note(Step::Invite, &call)) {
            Some(spell) => self.reach_nobody(&call, spell, removed, sender).await,
            None => self.ring(call, part, removed, sender).await,
        }
    }

    /// Rings.
    async fn ring(
        self: Arc<Self>,
        call: Call,
        part: Part,
        mut removed: watch::Receiver<bool>,
        sender: oneshot::Sender<Option<Response>>,
    ) {
        let first = part.ring.min(call.ring_timeout) / 2;
        let rings_out = part.fate == Fate::RingsOut || part.ring > call.ring_timeout;
        let whole = if rings_out {
            call.ring_timeout
        } else {
            part.ring
        };
        let rest = whole.saturating_sub(first);
        let ringing = async {
            self.sleep(first).await;
            self.set_status(&call, "ringing");
            self.note(Step::Ringing, &call);
            self.sleep(rest / 2).await;
            if self.faults.hits("agent_leaves_ringing", &call.key) {
                self.desert(&call.room);
            }
            self.sleep(rest / 2).await;
        };
        let cancelled = tokio::select! {
            () = ringing => false,
            _ = removed.wait_for(|removed| *removed) => true,
        };
        if cancelled || rings_out {
            self.note(Step::Cancel, &call);
            self.leave(&call.room, &call.identity, Some("USER_UNAVAILABLE"));
            sender
                .send(Some(error("canceled", "sip request timed out")))
                .ok();
            return;
        }
        match part {
            Part {
                fate: Fate::Answered(who, talk),
                ..
            } => {
                self.set_status(&call, "active");
                self.note(Step::Answer, &call);
                sender.send(None).ok();
                let (world, room) = (Arc::clone(&self), call.room.clone());
                tokio::spawn(agent::converse(world, room, who));
                if self.loses_its_agent(&call.key) {
                    let (world, room) = (Arc::clone(&self), call.room.clone());
                    tokio::spawn(agent::count_silence(world, room, call.identity.clone()));
                }
                tokio::select! {
                    () = self.sleep(talk.min(call.longest)) => {}
                    _ = removed.wait_for(|removed| *removed) => {}
                }
                self.note(Step::End, &call);
                self.set_status(&call, "hangup");
                self.leave(&call.room, &call.identity, Some("CLIENT_INITIATED"));
            }
            Part {
                fate: Fate::Refused(status, phrase),
                ..
            } => {
                self.note(Step::End, &call);
                let reason = reason_of(status, phrase);
                self.leave(&call.room, &call.identity, reason);
                sender.send(Some(self.refusal(&call, status, phrase))).ok();
            }
            Part {
                fate: Fate::RingsOut,
                ..
            } => {}
        }
    }

    /// The answer to a call that the network refused with this status.
    fn refusal(&self, call: &Call, status: u16, phrase: &str) -> Response {
        if let Some((code, message)) = self.settings().refusal {
            return error(code, message);
        }
        let newer = self.faults.hits("newer_codes", &call.key);
        sip_error(code_of(status, newer), status, phrase)
    }

    /// Nothing rings, and the callee leaves as it came: dialing.
    async fn reach_nobody(
        self: Arc<Self>,
        call: &Call,
        spell: Spell,
        mut removed: watch::Receiver<bool>,
        sender: oneshot::Sender<Option<Response>>,
    ) {
        let no_reply = NO_REPLY <= call.ring_timeout;
        let tries = match spell {
            Spell::Dead => NO_REPLY.min(call.ring_timeout),
            Spell::Block => Duration::from_millis(300),
        };
        tokio::select! {
            () = self.sleep(tries) => {}
            _ = removed.wait_for(|removed| *removed) => {}
        }
        self.note(Step::End, call);
        let (reason, answer) = match spell {
            Spell::Dead if no_reply => {
                let text = "transaction failed to complete (0 intermediate responses)";
                (reason_of(408, ""), error("canceled", text))
            }
            Spell::Dead => (
                reason_of(408, ""),
                error("canceled", "sip request timed out"),
            ),
            Spell::Block => {
                let refused = self.refusal(call, 603, "Decline");
                (reason_of(603, "Decline"), refused)
            }
        };
        self.leave(&call.room, &call.identity, reason);
        sender.send(Some(answer)).ok();
    }

    /// The callee joins when the dialing begins, before the INVITE.
    fn join_callee(self: &Arc<Self>, call: &Call) -> watch::Receiver<bool> {
        let (sender, removed) = watch::channel(false);
        let attributes = [
            ("sip.callID", format!("SCL_{}", call.key)),
            ("sip.callStatus", "dialing".to_owned()),
            ("sip.trunkID", self.settings().trunk),
        ];
        let attributes: BTreeMap<String, String> = attributes
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        let member = Member {
            kind: "SIP",
            state: "ACTIVE",
            attributes,
            removed: sender,
        };
        self.join(&call.room, &call.identity, member);
        removed
    }

    fn set_status(&self, call: &Call, status: &str) {
        self.with_member(&call.room, &call.identity, |member| {
            let (name, value) = ("sip.callStatus".to_owned(), status.to_owned());
            member.attributes.insert(name, value);
        });
    }

    fn note(&self, step: Step, call: &Call) -> Timestamp {
        let now = self.now();
        self.ledger.note(now, step, &call.key, &call.to, &call.from);
        now
    }
}
