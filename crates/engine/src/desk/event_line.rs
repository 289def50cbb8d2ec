//! Entries of the event log as short lines for people. The number is separate, so that it can be masked.

use serde_json::Value;

use dialdeck_core::domain::event::SealedEvent;
use dialdeck_core::domain::{ContactId, PhoneNumber, Timestamp};

/// A log entry as a short line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// The entry's sequence number in the log.
    pub seq: i64,
    /// When the event happened, UTC.
    pub at: Timestamp,
    /// The entry's kind, as in the log.
    pub kind: String,
    /// The campaign's name, if the entry has one.
    pub campaign: Option<String>,
    /// The contact's id, if the entry has one.
    pub contact: Option<ContactId>,
    /// The callee's number, if the entry has one.
    pub number: Option<PhoneNumber>,
    /// What happened, to be shown before the number: `dial`, `answered by human`.
    pub text: String,
    /// What is shown after the number: `from +16465550103`, a cause, a note.
    pub more: String,
}

/// Returns an entry as a line. Fields that the entry lacks are empty.
pub(super) fn event_line(event: &SealedEvent) -> EventLine {
    let value: Value = serde_json::from_str(&event.line).unwrap_or_default();
    let kind = value["kind"].as_str().unwrap_or("event").to_owned();
    let data = &value["data"];
    let (text, more) = words(&kind, data, value["actor"].as_str().unwrap_or_default());
    EventLine {
        seq: event.seq,
        at: event.at,
        campaign: value["campaign"].as_str().map(str::to_owned),
        contact: value["contact"].as_i64().map(ContactId),
        number: value["number"].as_str().and_then(|text| text.parse().ok()),
        kind,
        text,
        more,
    }
}

fn words(kind: &str, data: &Value, actor: &str) -> (String, String) {
    let of = |key: &str| data[key].as_str().unwrap_or_default().to_owned();
    let by = |what: &str| {
        let note = match of("note") {
            note if note.is_empty() || note == actor => String::new(),
            note => format!(": {note}"),
        };
        (what.to_owned(), format!("by {actor}{note}"))
    };
    match kind {
        "attempt_reserved" => ("plan".to_owned(), format!("from {}", of("caller_id"))),
        "attempt_sent" => ("dial".to_owned(), String::new()),
        "call_ringing" => ("ringing".to_owned(), String::new()),
        "call_answered" => ("answered".to_owned(), String::new()),
        "callee_detected" => (format!("callee is {}", of("callee_type")), String::new()),
        "call_ended" => (
            format!("ended {}", of("outcome").replace('_', " ")),
            length(data),
        ),
        "attempt_unknown" => ("fate unknown".to_owned(), of("why")),
        "attempt_reconciled" => ("reconciled".to_owned(), of("found").replace('_', " ")),
        "attempt_corrected" => (
            format!("counts: {}", of("outcome").replace('_', " ")),
            format!("it had ended as {}", of("was").replace('_', " ")),
        ),
        "attempt_reopened" => (
            format!("open again: {}", of("word")),
            format!("it had ended as {}", of("was").replace('_', " ")),
        ),
        "retry_planned" => ("retry planned".to_owned(), format!("due {}", of("due"))),
        "contact_finished" => (
            of("state").replace('_', " "),
            of("reason").replace('_', " "),
        ),
        "suppression_added" => (
            "do not call".to_owned(),
            format!("{} by {actor}", of("list")),
        ),
        "suppression_reversed" => ("off the list".to_owned(), of("reason")),
        "alert_raised" => ("alert".to_owned(), of("text")),
        "campaign_paused" => by("paused"),
        "campaign_resumed" => by("resumed"),
        "campaign_started" => by("started"),
        "campaign_stopped" => by("stopped"),
        other => by(&other.replace('_', " ")),
    }
}

/// Returns how long a call talked, or rang if it did not talk; empty if it did neither.
fn length(data: &Value) -> String {
    let seconds = |key: &str| data[key].as_u64().map(|ms| ms / 1_000);
    match (seconds("ring_ms"), seconds("talk_ms")) {
        (_, Some(talk)) if talk > 0 => format!("talked {talk} s"),
        (Some(ring), _) if ring > 0 => format!("rang {ring} s"),
        _ => String::new(),
    }
}
