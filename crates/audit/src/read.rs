//! Reads both logs: lines to values, and the hash chain over the event log (D17).

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Breach;

/// A day of 24 hours, in milliseconds.
pub(crate) const DAY: i64 = 86_400_000;

/// One line of the event log. Members that are null are empty or 0.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: i64,
    pub(crate) kind: String,
    pub(crate) campaign: String,
    pub(crate) contact: i64,
    pub(crate) attempt: String,
    pub(crate) number: String,
    pub(crate) data: Value,
}

/// One line of the carrier's log.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    pub(crate) at: i64,
    pub(crate) event: String,
    pub(crate) attempt: String,
    pub(crate) to: String,
    pub(crate) from: String,
    pub(crate) code: Option<i64>,
}

/// Returns the events of the log and checks its chain. A line that cannot be read is a breach and is left
/// out.
pub(crate) fn events(log: &str, breaches: &mut Vec<Breach>) -> Vec<Event> {
    let mut chain = Chain {
        prev: "0".repeat(64),
        seq: 0,
        at: i64::MIN,
    };
    let mut events = Vec::new();
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        // `Value::from_str` is compiled with serde_json, so it is fast in debug builds as well.
        let Ok(mut value) = line.parse::<Value>() else {
            breaches.push(Breach::new("D17", chain.at, "", "a line is not JSON"));
            continue;
        };
        let Some(at) = instant(&value["at"]) else {
            breaches.push(Breach::new("D17", chain.at, "", "a line has no instant"));
            continue;
        };
        chain.follow(line, &value, at, breaches);
        events.push(Event {
            at,
            kind: text(&value["kind"]),
            campaign: text(&value["campaign"]),
            contact: value["contact"].as_i64().unwrap_or(0),
            attempt: text(&value["attempt"]),
            number: text(&value["number"]),
            data: value["data"].take(),
        });
    }
    events
}

/// Returns the carrier's lines, ordered by time. Lines about a repeated invite that the carrier merged with
/// the first are left out, except the invite itself.
pub(crate) fn carrier(log: &str, breaches: &mut Vec<Breach>) -> Vec<Carrier> {
    let mut lines = Vec::new();
    for line in log.lines().filter(|line| !line.trim().is_empty()) {
        let value = line.parse::<Value>().unwrap_or_default();
        if value["merged"] == true && value["event"] != "invite" {
            continue;
        }
        let Some(at) = instant(&value["at"]) else {
            breaches.push(Breach::new("D13", 0, "", "unreadable carrier line"));
            continue;
        };
        lines.push(Carrier {
            at,
            event: text(&value["event"]),
            attempt: text(&value["attempt"]),
            to: text(&value["to"]),
            from: text(&value["from"]),
            code: value["code"].as_i64(),
        });
    }
    lines.sort_by_key(|line| line.at);
    lines
}

struct Chain {
    prev: String,
    seq: i64,
    at: i64,
}

impl Chain {
    fn follow(&mut self, line: &str, value: &Value, at: i64, breaches: &mut Vec<Breach>) {
        let mut wrong = |text: String| breaches.push(Breach::new("D17", at, "", text));
        let seq = value["seq"].as_i64().unwrap_or(-1);
        if seq != self.seq + 1 {
            wrong(format!("entry {seq} comes after entry {}", self.seq));
        }
        // Lines from before there were versions have none.
        if !value["v"].is_null() && value["v"] != 1 {
            let version = &value["v"];
            wrong(format!(
                "entry {seq} is of version {version}, which is not known"
            ));
        }
        if value["prev"].as_str() != Some(&self.prev) {
            wrong(format!("entry {seq} does not follow the one before"));
        }
        // A person may confirm that the machine's clock is right and the log's last instants are not.
        if at < self.at && value["kind"] != "clock_accepted" {
            wrong(format!("entry {seq} is earlier than the one before"));
        }
        let hash = text(&value["hash"]);
        let cut = format!(r#","hash":"{hash}"}}"#);
        match line.strip_suffix(&cut) {
            Some(body) if digest(body) == hash => {}
            Some(_) => wrong(format!("entry {seq} was changed")),
            None => wrong(format!("entry {seq} does not end in its hash")),
        }
        (self.seq, self.at, self.prev) = (seq, at, hash);
    }
}

/// Returns the SHA-256 of a line, closed with its brace, in lower-case hexadecimal.
fn digest(body: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut hasher = Sha256::new();
    hasher.update(body.as_bytes());
    hasher.update(b"}");
    let bytes: [u8; 32] = hasher.finalize().into();
    let mut hex = String::with_capacity(64);
    for byte in bytes {
        hex.push(char::from(HEX[usize::from(byte >> 4)]));
        hex.push(char::from(HEX[usize::from(byte & 15)]));
    }
    hex
}

/// Returns the text of a string value. Empty for any other value.
pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns the texts of an array. Empty for any other value.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value
        .as_array()
        .map(|items| items.iter().map(text).collect())
        .unwrap_or_default()
}

/// Returns the UTC milliseconds of an RFC 3339 text value.
pub(crate) fn instant(value: &Value) -> Option<i64> {
    value.as_str().and_then(millis)
}

/// Returns the UTC milliseconds of an RFC 3339 text.
pub(crate) fn millis(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text)
        .ok()
        .map(|at| at.timestamp_millis())
}

/// Returns the milliseconds of a duration as serde writes it.
pub(crate) fn span(value: &Value) -> i64 {
    let secs = value["secs"].as_i64().unwrap_or(0);
    secs * 1_000 + value["nanos"].as_i64().unwrap_or(0) / 1_000_000
}

/// Returns the RFC 3339 text of UTC milliseconds.
pub(crate) fn clock(at: i64) -> String {
    DateTime::from_timestamp_millis(at).map_or_else(
        || "?".to_owned(),
        |at| at.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}
