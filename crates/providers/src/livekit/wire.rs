//! Lenient reading of LiveKit's JSON about rooms, participants and trunks: a missing or malformed value
//! counts as not given.

use std::time::Duration;

use serde_json::Value;

use dialdeck_core::domain::{AttemptId, CalleeType};

/// The prefix of the name of every deck's room.
const ROOM_PREFIX: &str = "dd-";

/// The attribute by which an agent may give the callee type instead of reporting it.
const CALLEE_ATTRIBUTE: &str = "dialdeck.amd";

/// Returns the name of the attempt's room: unique, found again after a restart, and without a number.
pub(super) fn room_of(attempt: AttemptId) -> String {
    format!("{ROOM_PREFIX}{attempt}")
}

/// Returns the callee's identity in that room.
pub(super) fn identity_of(attempt: AttemptId) -> String {
    format!("callee-{attempt}")
}

/// Returns the attempt of a room, or `None` if it is not a room of a deck.
pub(super) fn attempt_of(room: &str) -> Option<AttemptId> {
    let attempt: AttemptId = room.strip_prefix(ROOM_PREFIX)?.parse().ok()?;
    // An attempt has exactly one name, although `+1` and `01` also parse as numbers.
    (room_of(attempt) == room).then_some(attempt)
}

/// Returns a field by its `snake_case` name or by the name that webhooks use.
pub(super) fn field<'a>(value: &'a Value, snake: &str, camel: &str) -> &'a Value {
    let found = &value[snake];
    if found.is_null() {
        &value[camel]
    } else {
        found
    }
}

/// Returns a duration as protobuf's JSON writes it: `30s`, `1.500s`.
pub(super) fn span(span: Duration) -> String {
    match span.subsec_millis() {
        0 => format!("{}s", span.as_secs()),
        millis => format!("{}.{millis:03}s", span.as_secs()),
    }
}

/// A participant in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Participant {
    pub(super) identity: String,
    /// The server's id of this session in the room.
    pub(super) stay: String,
    kind: String,
    state: String,
    /// `sip.callStatus`: `dialing`, `ringing`, `automation`, `active`, `hangup`.
    status: String,
    /// Whether it is an agent whose session is starting; it enters the room before that ends
    /// (livekit-agents).
    initializing: bool,
    /// The callee type according to the agent.
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

    /// Returns the id that distinguishes it from other participants and from its earlier sessions.
    pub(super) fn key(&self) -> &str {
        if self.stay.is_empty() {
            &self.identity
        } else {
            &self.stay
        }
    }

    /// Returns whether it is a person of the user's side who joined with an app: neither callee nor agent.
    pub(super) fn is_person(&self) -> bool {
        // Webhooks omit default values.
        matches!(self.kind.as_str(), "STANDARD" | "") && !self.has_left()
    }

    /// Returns whether it is an agent.
    pub(super) fn is_agent(&self) -> bool {
        self.kind == "AGENT"
    }

    /// Returns whether it is an agent that can speak and hear: it is in the room and its session has started.
    pub(super) fn is_agent_at_work(&self) -> bool {
        self.is_agent() && self.state == "ACTIVE" && !self.initializing
    }

    /// Returns whether it has left and is only still listed.
    pub(super) fn has_left(&self) -> bool {
        self.state == "DISCONNECTED"
    }

    /// Returns whether its phone is being called and has not rung yet.
    pub(super) fn is_dialing(&self) -> bool {
        self.status == "dialing"
    }

    /// Returns whether its phone rings.
    pub(super) fn rings(&self) -> bool {
        self.status == "ringing"
    }

    /// Returns whether its phone ever rang according to its last status, or `None` if the status does not
    /// show it.
    pub(super) fn rang(&self) -> Option<bool> {
        match self.status.as_str() {
            "dialing" => Some(false),
            "ringing" | "active" | "automation" => Some(true),
            _ => None,
        }
    }

    /// Returns whether it was answered. `hangup` does not show it, because a cancel also writes that status.
    pub(super) fn was_answered(&self) -> bool {
        matches!(self.status.as_str(), "active" | "automation")
    }
}

/// Returns the callee type for dialdeck's own names or those of LiveKit's detector. `uncertain` counts as a
/// person (docs.livekit.io/telephony/features/answering-machine-detection), a phone menu as unknown.
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
