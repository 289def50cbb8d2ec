//! The moves of an attempt: from its reservation to its single end.

use dialdeck_core::domain::attempt::CallEnd;
use dialdeck_core::domain::event::EventKind;
use dialdeck_core::domain::outcome::{
    CalleeFinding, CalleeType, Classification, classify, denies_a_call, final_answer, is_unsent,
};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, Briefing, CallEvent, CallEventKind, CallReport, Contact,
    Timestamp,
};
use dialdeck_core::policy::DialOrder;
use dialdeck_core::policy::pacing::Entry;

/// The attempt an order becomes.
pub(crate) fn reserve(
    id: AttemptId,
    contact: &Contact,
    order: &DialOrder,
    now: Timestamp,
) -> Attempt {
    Attempt {
        id,
        campaign: contact.campaign,
        contact: contact.id,
        number: order.number,
        n: order.n,
        trunk: order.trunk.clone(),
        caller_id: order.caller_id,
        state: AttemptState::Reserved,
        reserved_at: now,
        sent_at: None,
        ringing_at: None,
        answered_at: None,
        ended_at: None,
        callee_type: None,
        outcome: None,
        counts: true,
        cause: None,
    }
}

/// What the provider is told about a contact that is called.
pub(crate) fn briefing(contact: &Contact, variables: String) -> Briefing {
    Briefing {
        name: contact.name.clone(),
        variables,
        expires_at: contact.expires_at,
    }
}

/// What the ledger keeps of an attempt.
pub(crate) fn ledger_entry(attempt: &Attempt) -> Entry {
    Entry {
        attempt: attempt.id,
        campaign: attempt.campaign,
        trunk: attempt.trunk.clone(),
        caller_id: attempt.caller_id,
        number: attempt.number,
        planned_at: attempt.reserved_at,
    }
}

/// Applies a call event; the kinds to log, none when it is late or repeated (D18).
///
/// An event that proves the request left notes the sending too when that was missed.
pub(crate) fn apply_event(
    attempt: &mut Attempt,
    event: &CallEvent,
    now: Timestamp,
) -> Vec<EventKind> {
    let at = event.at.min(now).max(attempt.reserved_at);
    let (next, kind) = match event.kind {
        CallEventKind::Sent | CallEventKind::Placed => (AttemptState::Sent, EventKind::AttemptSent),
        CallEventKind::Ringing => (AttemptState::Ringing, EventKind::CallRinging),
        CallEventKind::Answered => (AttemptState::Connected, EventKind::CallAnswered),
        CallEventKind::CalleeDetected(callee) => return detect(attempt, callee),
        CallEventKind::Speech(_) | CallEventKind::Ended(_) | CallEventKind::AnswerLost => {
            return Vec::new();
        }
    };
    if !attempt.state.may_become(next) {
        return Vec::new();
    }
    let mut kinds = Vec::new();
    if attempt.state == AttemptState::Reserved {
        attempt.sent_at = Some(at);
        kinds.push(EventKind::AttemptSent);
    }
    if next == AttemptState::Ringing {
        attempt.ringing_at = Some(at);
    }
    if next == AttemptState::Connected {
        attempt.answered_at = Some(at);
    }
    if next != AttemptState::Sent {
        kinds.push(kind);
    }
    attempt.state = next;
    kinds
}

fn detect(attempt: &mut Attempt, callee: CalleeType) -> Vec<EventKind> {
    if attempt.state != AttemptState::Connected || attempt.callee_type.is_some() {
        return Vec::new();
    }
    attempt.callee_type = Some(callee);
    vec![EventKind::CalleeDetected]
}

/// Reads an attempt's end as if it were the first of its kind.
pub(crate) fn read_end(attempt: &Attempt, report: &CallReport) -> Classification {
    classify(&CallReport {
        callee_type: report.callee_type.or(attempt.callee_type),
        rang: rang(attempt, report),
        ..report.clone()
    })
}

/// Whether the callee's phone rang: by what was noted of the call, else by its end's report.
pub(crate) fn rang(attempt: &Attempt, report: &CallReport) -> Option<bool> {
    let noted = attempt.ringing_at.or(attempt.answered_at).is_some();
    if noted { Some(true) } else { report.rang }
}

/// Whether an earlier end with the same cause, of the same campaign's call to the same number, would
/// change how an end is read.
pub(crate) fn earlier_matters(read: &Classification) -> bool {
    read.callee == CalleeFinding::Forbidden
}

/// Ends an attempt that has not ended.
pub(crate) fn end_attempt(
    attempt: &mut Attempt,
    report: &CallReport,
    read: &Classification,
    at: Timestamp,
    now: Timestamp,
) {
    attempt.state = AttemptState::Ended;
    attempt.ended_at = Some(at.min(now).max(attempt.reserved_at));
    attempt.callee_type = report.callee_type.or(attempt.callee_type);
    attempt.outcome = Some(read.outcome);
    attempt.counts = read.counts;
    attempt.cause = Some(read.cause.to_owned());
}

/// How a late end of an attempt that has ended is read; `None`: it says nothing new, or the attempt is
/// not over.
///
/// Whatever the attempt had ended as, an end that proves that the phone rang or was picked up corrects
/// it. A final answer of the network stays the outcome of a phone that merely rang.
pub(crate) fn correction(attempt: &Attempt, report: &CallReport) -> Option<Classification> {
    let was = attempt.outcome?;
    let read = read_end(attempt, report);
    let reached = read.outcome.is_reached() && !was.is_reached();
    if !reached && (attempt.counts || !read.counts) {
        return None;
    }
    if !reached && let Some(stays) = counting(attempt) {
        return Some(stays);
    }
    Some(Classification {
        counts: true,
        ..read
    })
}

/// What late word of a call comes to whose attempt has ended.
pub(crate) enum Late {
    /// It says nothing new.
    Nothing,
    /// The attempt counts, and is read like this.
    Counts(Classification),
    /// There is, or was, a call: its fate is open again.
    Open,
}

/// Reads late word of a call. What is said of an attempt that has not ended belongs to its call, and
/// is nothing here. `busy`: another call to the number is in flight, which holds the number; there may
/// be no second one beside it.
pub(crate) fn late(attempt: &Attempt, kind: &CallEventKind, busy: bool) -> Late {
    let Some(was) = attempt.outcome else {
        return Late::Nothing;
    };
    let opened = |end| {
        let report = CallReport {
            end,
            ..CallReport::default()
        };
        if busy {
            Late::Counts(classify(&report))
        } else {
            Late::Open
        }
    };
    let cause = attempt.cause.as_deref().unwrap_or_default();
    match kind {
        CallEventKind::Answered if !was.is_reached() => opened(CallEnd::Completed),
        CallEventKind::Ringing if !attempt.counts => {
            counting(attempt).map_or_else(|| opened(CallEnd::Unresolved), Late::Counts)
        }
        CallEventKind::Placed if !attempt.counts && denies_a_call(cause) => {
            opened(CallEnd::Unresolved)
        }
        CallEventKind::Answered
        | CallEventKind::Ringing
        | CallEventKind::Placed
        | CallEventKind::Sent
        | CallEventKind::Speech(_)
        | CallEventKind::CalleeDetected(_)
        | CallEventKind::Ended(_)
        | CallEventKind::AnswerLost => Late::Nothing,
    }
}

/// How the network's final answer is read whose phone turns out to have rung; `None`: the attempt did
/// not end by one.
fn counting(attempt: &Attempt) -> Option<Classification> {
    let code = final_answer(attempt.cause.as_deref()?)?;
    Some(classify(&CallReport {
        sip_code: Some(code),
        rang: Some(true),
        ..CallReport::default()
    }))
}

/// What an end adds to its contact's count; `corrected`: the attempt as it had ended before.
pub(crate) fn adds(read: &Classification, corrected: Option<&Attempt>) -> u32 {
    u32::from(read.counts && !corrected.is_some_and(|was| was.counts))
}

/// Corrects an attempt that had ended otherwise.
pub(crate) fn correct(attempt: &mut Attempt, report: &CallReport, read: &Classification) {
    attempt.callee_type = report.callee_type.or(attempt.callee_type);
    attempt.outcome = Some(read.outcome);
    attempt.cause = Some(read.cause.to_owned());
    attempt.counts = true;
    // It left, whatever was thought: at the latest when it was planned to.
    attempt.sent_at = attempt.sent_at.or(Some(attempt.reserved_at));
}

/// Opens the fate of an attempt again that had ended: there is a call, and it may still be up.
pub(crate) fn reopen(attempt: &mut Attempt, event: &CallEvent, now: Timestamp) {
    let at = event.at.min(now).max(attempt.reserved_at);
    match event.kind {
        CallEventKind::Ringing => attempt.ringing_at = attempt.ringing_at.or(Some(at)),
        CallEventKind::Answered => attempt.answered_at = attempt.answered_at.or(Some(at)),
        CallEventKind::Placed
        | CallEventKind::Sent
        | CallEventKind::Speech(_)
        | CallEventKind::CalleeDetected(_)
        | CallEventKind::Ended(_)
        | CallEventKind::AnswerLost => {}
    }
    attempt.state = AttemptState::Unknown;
    attempt.ended_at = None;
    attempt.outcome = None;
    attempt.cause = None;
    attempt.counts = true;
    attempt.sent_at = attempt.sent_at.or(Some(attempt.reserved_at));
}

/// The contact of an attempt whose fate is open again: it is being called, unless it has an end of its
/// own or another call since. `newest`: it is the contact's last one.
pub(crate) fn called_after_all(contact: &Contact, was: &Attempt, newest: bool) -> Contact {
    // An attempt is added to its contact's count at its end.
    let attempts = contact.attempts.saturating_sub(u32::from(was.counts));
    let open = newest && super::is_open(contact.state);
    let contact = Contact {
        attempts,
        ..contact.clone()
    };
    if open {
        super::called(&contact)
    } else {
        contact
    }
}

/// Whether a report gives slot and send back: the request certainly never left.
pub(crate) fn gives_back(attempt: &Attempt, report: &CallReport) -> bool {
    attempt.sent_at.is_none() && is_unsent(classify(report).cause)
}

/// Whether an attempt has ended without its request ever leaving.
pub(crate) fn never_sent(attempt: &Attempt) -> bool {
    attempt.sent_at.is_none() && attempt.cause.as_deref().is_some_and(is_unsent)
}

/// The instant an attempt's send counts from in the sliding windows; `None`: now, or not at all.
///
/// A send counts from when it was noted, which is the instant that the log has: whoever counts by the
/// log finds no more than the cap either. An attempt not known to be sent counts from when its fate
/// became unknown, or from its end: it cannot have left later. `noted` is what was found before.
pub(crate) fn counts_from(
    attempt: &Attempt,
    noted: Option<Timestamp>,
    now: Timestamp,
) -> Option<Timestamp> {
    if never_sent(attempt) {
        return None;
    }
    let sent = attempt.sent_at.map(|_| now);
    let unknown = (attempt.state == AttemptState::Unknown).then_some(now);
    noted.or(sent).or(attempt.ended_at).or(unknown)
}
