//! State changes of an attempt: from its reservation to its single end.

use dialdeck_core::domain::event::{CalleeDetected, EventData, NoData};
use dialdeck_core::domain::outcome::{
    CalleeFinding, CalleeType, Classification, classify, denies_a_call, final_answer, is_unsent,
};
use dialdeck_core::domain::{
    Attempt, AttemptId, AttemptState, Briefing, CallEnd, CallEvent, CallEventKind, CallReport,
    Contact, Timestamp,
};
use dialdeck_core::policy::DialOrder;
use dialdeck_core::policy::pacing::Entry;

/// Returns the reserved attempt for a dial order.
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

/// Returns what the provider receives about the contact to be called.
pub(crate) fn briefing(contact: &Contact, variables: String) -> Briefing {
    Briefing {
        name: contact.name.clone(),
        variables,
        expires_at: contact.expires_at,
    }
}

/// Returns what the ledger keeps of an attempt.
pub(crate) fn ledger_entry(attempt: &Attempt) -> Entry {
    Entry {
        attempt: attempt.id,
        campaign: attempt.campaign,
        trunk: attempt.trunk.clone(),
        caller_id: attempt.caller_id,
        planned_at: attempt.reserved_at,
    }
}

/// Applies a call event. Returns the data of the entries to log, none if the event is late or repeated.
///
/// An event that proves that the request was sent also records the sending, if that was missed.
pub(crate) fn apply_event(
    attempt: &mut Attempt,
    event: &CallEvent,
    now: Timestamp,
) -> Vec<EventData> {
    let at = event.at.min(now).max(attempt.reserved_at);
    let (next, data) = match event.kind {
        CallEventKind::Sent | CallEventKind::Placed => (AttemptState::Sent, None),
        CallEventKind::Ringing => (
            AttemptState::Ringing,
            Some(EventData::CallRinging(NoData {})),
        ),
        CallEventKind::Answered => (
            AttemptState::Connected,
            Some(EventData::CallAnswered(NoData {})),
        ),
        CallEventKind::CalleeDetected(callee) => return detect(attempt, callee),
        CallEventKind::Speech(_) | CallEventKind::Ended(_) | CallEventKind::AnswerLost => {
            return Vec::new();
        }
    };
    if !attempt.state.may_become(next) {
        return Vec::new();
    }
    let mut entries = Vec::new();
    if attempt.state == AttemptState::Reserved {
        attempt.sent_at = Some(at);
        entries.push(EventData::AttemptSent(NoData {}));
    }
    if next == AttemptState::Ringing {
        attempt.ringing_at = Some(at);
    }
    if next == AttemptState::Connected {
        attempt.answered_at = Some(at);
    }
    entries.extend(data);
    attempt.state = next;
    entries
}

fn detect(attempt: &mut Attempt, callee: CalleeType) -> Vec<EventData> {
    if attempt.state != AttemptState::Connected || attempt.callee_type.is_some() {
        return Vec::new();
    }
    attempt.callee_type = Some(callee);
    let callee_type = Some(callee);
    vec![EventData::CalleeDetected(CalleeDetected { callee_type })]
}

/// Returns how an attempt's end is classified, as if it were the first of its kind.
pub(crate) fn read_end(attempt: &Attempt, report: &CallReport) -> Classification {
    classify(&CallReport {
        callee_type: report.callee_type.or(attempt.callee_type),
        rang: attempt.rang(report),
        ..report.clone()
    })
}

/// Returns whether the classification of an end depends on an earlier end with that cause, of a call of the
/// campaign to the number.
pub(crate) fn earlier_matters(read: &Classification) -> bool {
    read.callee == CalleeFinding::Forbidden
}

/// Ends an attempt that is in flight.
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

/// Returns how a late end corrects an attempt that has ended. `None` if it adds nothing, or the attempt has
/// not ended.
///
/// An end that proves that the phone rang or was picked up corrects the attempt, however it had ended. A
/// final answer of the network stays the outcome of a phone that only rang.
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

/// What a late event about an attempt that has ended leads to.
pub(crate) enum Late {
    /// The event adds nothing.
    Nothing,
    /// The attempt counts, and is classified like this.
    Counts(Classification),
    /// There is, or was, a call: its fate is open again.
    Open,
}

/// Returns what a late event leads to. An event about an attempt that has not ended belongs to its call and
/// leads to [`Late::Nothing`].
///
/// `busy` is whether another call to the number is in flight. That call holds the number, so this one cannot
/// be reopened.
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

/// Returns the classification of a final answer of the network if the phone turns out to have rung. `None` if
/// the attempt did not end by one.
fn counting(attempt: &Attempt) -> Option<Classification> {
    let code = final_answer(attempt.cause.as_deref()?)?;
    Some(classify(&CallReport {
        sip_code: Some(code),
        rang: Some(true),
        ..CallReport::default()
    }))
}

/// Returns what an end adds to its contact's count. `corrected` is the attempt as it had ended before.
pub(crate) fn adds(read: &Classification, corrected: Option<&Attempt>) -> u32 {
    u32::from(read.counts && !corrected.is_some_and(|was| was.counts))
}

/// Corrects an attempt that had ended with another outcome.
pub(crate) fn correct(attempt: &mut Attempt, report: &CallReport, read: &Classification) {
    attempt.callee_type = report.callee_type.or(attempt.callee_type);
    attempt.outcome = Some(read.outcome);
    attempt.cause = Some(read.cause.to_owned());
    attempt.counts = true;
    // The request was sent after all, at the latest when that was planned.
    attempt.sent_at = attempt.sent_at.or(Some(attempt.reserved_at));
}

/// Reopens an attempt that had ended: there is a call, and it may still be up.
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

/// Returns the contact of a reopened attempt. It is in flight, unless it has an end or another call since.
/// `newest` is whether the attempt is the contact's last one.
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

/// Returns whether a report gives slot and send back, because the request was certainly never sent.
pub(crate) fn gives_back(attempt: &Attempt, report: &CallReport) -> bool {
    attempt.sent_at.is_none() && is_unsent(classify(report).cause)
}

/// Returns whether an attempt has ended without its request ever being sent.
pub(crate) fn never_sent(attempt: &Attempt) -> bool {
    attempt.sent_at.is_none() && attempt.cause.as_deref().is_some_and(is_unsent)
}

/// Returns the instant an attempt's send counts from in the sliding windows. `None` if nothing counts yet, or
/// ever.
///
/// A send counts from when it was recorded, which is the instant in the log, so a count by the log finds no
/// more than the cap either. An attempt not known to be sent counts from when its fate became unknown, or
/// from its end: it cannot have been sent later. `noted` is the instant found before.
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
