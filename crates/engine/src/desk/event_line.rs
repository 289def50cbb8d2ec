//! Entries of the event log as short lines for people. The number is separate, so that it can be masked.

use dialdeck_core::domain::event::{
    CallEnded, CampaignChanged, Entry, EventData, EventKind, SealedEvent,
};
use dialdeck_core::domain::outcome::Outcome;
use dialdeck_core::domain::{CalleeType, ContactId, PhoneNumber, Timestamp};

/// A log entry as a short line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// The entry's sequence number in the log.
    pub seq: i64,
    /// When the event happened, UTC.
    pub at: Timestamp,
    /// The entry's kind; `None` for an entry that cannot be read.
    pub kind: Option<EventKind>,
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
    /// The instant of the call that the entry plans, to be shown after `more` in the viewer's time.
    pub due: Option<Timestamp>,
}

/// Returns an entry as a line. An entry that cannot be read says why.
pub(super) fn event_line(event: &SealedEvent) -> EventLine {
    let line = |kind, (text, more): (String, String)| EventLine {
        seq: event.seq,
        at: event.at,
        kind,
        campaign: None,
        contact: None,
        number: None,
        text,
        more,
        due: None,
    };
    match Entry::read(&event.line) {
        Ok(entry) => EventLine {
            due: due(&entry.data),
            ..line(Some(entry.kind()), words(&entry.data, &entry.actor))
        }
        .about(entry),
        Err(error) => line(None, ("event".to_owned(), error.to_string())),
    }
}

impl EventLine {
    fn about(self, entry: Entry) -> Self {
        Self {
            campaign: entry.campaign,
            contact: entry.contact,
            number: entry.number,
            ..self
        }
    }
}

const fn due(data: &EventData) -> Option<Timestamp> {
    if let EventData::RetryPlanned(planned) = data {
        Some(planned.due)
    } else {
        None
    }
}

fn spaced(code: &str) -> String {
    code.replace('_', " ")
}

/// Returns who acted, with the note unless it only repeats the name.
fn who(actor: &str, note: &str) -> String {
    if note.is_empty() || note == actor {
        format!("by {actor}")
    } else {
        format!("by {actor}: {note}")
    }
}

fn had_ended(was: Option<Outcome>) -> String {
    let was = was.map(Outcome::as_str).unwrap_or_default();
    format!("it had ended as {}", spaced(was))
}

/// Returns what is shown before the number, and what after it.
fn words(data: &EventData, actor: &str) -> (String, String) {
    let plain = |text: &str| (text.to_owned(), String::new());
    let by = |text: &str, note: &str| (text.to_owned(), who(actor, note));
    match data {
        EventData::AttemptReserved(call) => ("plan".to_owned(), format!("from {}", call.caller_id)),
        EventData::AttemptSent(_) => plain("dial"),
        EventData::CallRinging(_) => plain("ringing"),
        EventData::CallAnswered(_) => plain("answered"),
        EventData::CalleeDetected(found) => {
            let what = found.callee_type.map(CalleeType::as_str);
            plain(&format!("callee is {}", what.unwrap_or_default()))
        }
        EventData::CallEnded(end) => (
            format!("ended {}", spaced(end.outcome.as_str())),
            length(end),
        ),
        EventData::AttemptUnknown(fate) => ("fate unknown".to_owned(), fate.why.clone()),
        EventData::AttemptReconciled(fate) => {
            ("reconciled".to_owned(), spaced(fate.found.as_str()))
        }
        EventData::AttemptCorrected(end) => (
            format!("counts: {}", spaced(end.outcome.as_str())),
            had_ended(end.was),
        ),
        EventData::AttemptReopened(call) => (
            format!("open again: {}", call.word.as_str()),
            had_ended(call.was),
        ),
        EventData::RetryPlanned(_) => plain("retry planned"),
        EventData::ContactFinished(end) => (
            spaced(end.state.as_str()),
            spaced(end.reason.as_deref().unwrap_or_default()),
        ),
        EventData::SuppressionAdded(entry) => (
            "do not call".to_owned(),
            format!("{} by {actor}", entry.list),
        ),
        EventData::SuppressionReversed(entry) => ("off the list".to_owned(), entry.reason.clone()),
        EventData::AlertRaised(alert) => ("alert".to_owned(), alert.text.clone()),
        EventData::CampaignPaused(moved) => by("paused", &moved.note),
        EventData::CampaignResumed(moved) => by("resumed", &moved.note),
        EventData::CampaignStarted(started) => by("started", &started.note),
        EventData::CampaignStopped(moved) => by("stopped", &moved.note),
        EventData::CampaignChanged(CampaignChanged::State { note, .. }) => {
            by("campaign changed", note)
        }
        EventData::CampaignChanged(
            CampaignChanged::Pacing { .. } | CampaignChanged::Brake { .. },
        )
        | EventData::DeckOpened(_)
        | EventData::DeckClosed(_)
        | EventData::CampaignAdded(_)
        | EventData::ImportStarted(_)
        | EventData::ContactsImported(_)
        | EventData::RegistryLoaded(_)
        | EventData::ConsentRecorded(_)
        | EventData::ConsentRevoked(_)
        | EventData::IncarnationStarted(_)
        | EventData::ListsConfirmed(_)
        | EventData::ClockAccepted(_) => by(&spaced(data.kind().as_str()), ""),
    }
}

/// Returns how long a call talked, or rang if it did not talk; empty if it did neither.
fn length(end: &CallEnded) -> String {
    let seconds = |span: Option<u64>| span.map(|ms| ms / 1_000);
    match (seconds(end.ring_ms), seconds(end.talk_ms)) {
        (_, Some(talk)) if talk > 0 => format!("talked {talk} s"),
        (Some(ring), _) if ring > 0 => format!("rang {ring} s"),
        (_, Some(_) | None) => String::new(),
    }
}
