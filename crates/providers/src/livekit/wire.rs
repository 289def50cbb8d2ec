//! What LiveKit's JSON says about rooms, participants and trunks, read leniently: what is missing or
//! of another shape is as if it had not been said.

use std::time::Duration;

use serde_json::Value;

use dialdeck_core::domain::{AttemptId, CalleeType};

/// What every room of ours begins with.
const ROOM_PREFIX: &str = "dd-";

/// The attribute by which an agent may say who picked up instead of reporting it.
const CALLEE_ATTRIBUTE: &str = "dialdeck.amd";

/// The attempt's own room: unique, known again after a restart, and without a number in it.
pub(super) fn room_of(attempt: AttemptId) -> String {
    format!("{ROOM_PREFIX}{attempt}")
}

/// The callee's own identity in that room.
pub(super) fn identity_of(attempt: AttemptId) -> String {
    format!("callee-{attempt}")
}

/// The attempt whose room this is; `None` when it is no room of a deck's.
pub(super) fn attempt_of(room: &str) -> Option<AttemptId> {
    let attempt: AttemptId = room.strip_prefix(ROOM_PREFIX)?.parse().ok()?;
    // One attempt has one name: `+1` and `01` are numbers, too.
    (room_of(attempt) == room).then_some(attempt)
}

/// A field under its `snake_case` name, or as webhooks spell it.
pub(super) fn field<'a>(value: &'a Value, snake: &str, camel: &str) -> &'a Value {
    let found = &value[snake];
    if found.is_null() {
        &value[camel]
    } else {
        found
    }
}

/// A span as protobuf's JSON writes it: `30s`, `1.500s`.
pub(super) fn span(span: Duration) -> String {
    match span.subsec_millis() {
        0 => format!("{}s", span.as_secs()),
        millis => format!("{}.{millis:03}s", span.as_secs()),
    }
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Participant {
    pub(super) identity: String,
    /// The server's own id of this stay in the room.
    pub(super) stay: String,
    kind: String,
    state: String,
    /// `sip.callStatus`: `dialing`, `ringing`, `automation`, `active`, `hangup`.
    status: String,
    /// An agent whose session is starting: it enters the room meanwhile (livekit-agents).
    initializing: bool,
    /// What the agent says who picked up.
    pub(super) callee: Option<CalleeType>,
}

impl Participant {
    /// Reads a `ParticipantInfo` in either spelling.
    pub(super) fn read(value: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let attributes = &value["attributes"];
        Self {
            identity: text(&value["identity"]),
            stay: text(&value["sid"]),
            kind: text(&value["kind"]),
            state: text(&value["state"]),
            status: text(&attributes["sip.callStatus"]),
            initializing: attributes["lk.agent.state"] == "initializing",
            callee: attributes[CALLEE_ATTRIBUTE].as_str().and_then(callee_type),
        }
    }

    /// What tells it from everybody else, and from itself when it comes back.
    pub(super) fn key(&self) -> &str {
        if self.stay.is_empty() {
            &self.identity
        } else {
            &self.stay
        }
    }

    /// Whether it is a person of ours, who joined by an app: neither callee nor agent.
    pub(super) fn is_person(&self) -> bool {
        // Webhooks leave defaults out.
        matches!(self.kind.as_str(), "STANDARD" | "") && !self.has_left()
    }

    /// Whether it is an agent.
    pub(super) fn is_agent(&self) -> bool {
        self.kind == "AGENT"
    }

    /// Whether it is an agent that can speak and hear: in the room, and its session has started.
    pub(super) fn is_agent_at_work(&self) -> bool {
        self.is_agent() && self.state == "ACTIVE" && !self.initializing
    }

    /// Whether it has left, and is only still listed.
    pub(super) fn has_left(&self) -> bool {
        self.state == "DISCONNECTED"
    }

    /// Whether its phone is being called and has not rung yet.
    pub(super) fn is_dialing(&self) -> bool {
        self.status == "dialing"
    }

    /// Whether its phone rings.
    pub(super) fn rings(&self) -> bool {
        self.status == "ringing"
    }

    /// Whether its phone ever rang, by the last word on it; `None`: it says neither.
    pub(super) fn rang(&self) -> Option<bool> {
        match self.status.as_str() {
            "dialing" => Some(false),
            "ringing" | "active" | "automation" => Some(true),
            _ => None,
        }
    }

    /// Whether its phone was picked up. `hangup` does not say so: a cancel writes it, too.
    pub(super) fn was_answered(&self) -> bool {
        matches!(self.status.as_str(), "active" | "automation")
    }
}

/// Who picked up, in the deck's own words or in those of LiveKit's detector. `uncertain` is taken
/// for a person (docs.livekit.io/telephony/features/answering-machine-detection), a phone menu for
/// nobody known.
pub(super) fn callee_type(word: &str) -> Option<CalleeType> {
    match word {
        "human" | "uncertain" => Some(CalleeType::Human),
        "voicemail" | "machine-vm" | "machine-unavailable" => Some(CalleeType::Voicemail),
        "fax" => Some(CalleeType::Fax),
        "unknown" | "machine-ivr" => Some(CalleeType::Unknown),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use dialdeck_core::domain::DeckId;

    #[test]
    fn a_room_is_its_attempts() {
        let attempt = AttemptId {
            deck: DeckId(0x7f3a_9c21),
            serial: 123,
        };
        assert_eq!(room_of(attempt), "dd-7f3a9c21-123");
        assert_eq!(identity_of(attempt), "callee-7f3a9c21-123");
        assert_eq!(attempt_of("dd-7f3a9c21-123"), Some(attempt));
        for other in [
            "",
            "lobby",
            "dd-",
            "dd-x-1",
            "dd-7f3a9c21-+123",
            "dd-7F3A9C21-123",
            "7f3a9c21-123",
        ] {
            assert_eq!(attempt_of(other), None, "{other}");
        }
    }

    #[test]
    fn spans_are_protobufs() {
        assert_eq!(span(Duration::from_secs(45)), "45s");
        assert_eq!(span(Duration::from_millis(1500)), "1.500s");
    }

    #[test]
    fn an_agent_is_at_work_once_its_session_has_started() {
        let agent = |state: &str| {
            Participant::read(
                &json!({"identity": "agent-1", "state": "ACTIVE", "kind": "AGENT",
                "attributes": {"lk.agent.state": state}}),
            )
        };
        assert!(!agent("initializing").is_agent_at_work());
        for state in ["listening", "speaking", "idle", ""] {
            assert!(agent(state).is_agent_at_work(), "{state}");
        }
    }

    #[test]
    fn participants_are_read_as_they_come() {
        let agent = json!({"sid": "PA_1", "identity": "agent-1", "state": "ACTIVE", "kind": "AGENT",
            "attributes": {"dialdeck.amd": "machine-vm"}, "joined_at": "1790000000"});
        let agent = Participant::read(&agent);
        assert!(agent.is_agent_at_work() && !agent.has_left());
        assert_eq!(agent.callee, Some(CalleeType::Voicemail));
        let callee = json!({"identity": "callee-1", "state": "JOINED", "kind": "SIP",
            "attributes": {"sip.callStatus": "ringing"}});
        let callee = Participant::read(&callee);
        assert!(callee.rings() && !callee.was_answered() && !callee.is_agent());
        for odd in [
            json!(null),
            json!([]),
            json!({"attributes": 7, "state": {}}),
        ] {
            let odd = Participant::read(&odd);
            assert!(!odd.rings() && !odd.has_left() && !odd.is_agent());
        }
    }
}
