//! Entries of one call: from its reservation to its end.

use std::time::Duration;

use super::{CARRIER, ENGINE, of_attempt};
use dialdeck_core::domain::event::{
    AttemptCorrected, AttemptReconciled, AttemptReopened, AttemptReserved, AttemptUnknown,
    CallEnded, CapsUsed, EventData, Found, LateNews, NewEvent,
};
use dialdeck_core::domain::outcome::Classification;
use dialdeck_core::domain::{Attempt, CallEventKind, CallReport, Campaign, Timestamp};
use dialdeck_core::policy::{CallerIdUse, DialOrder, Load};

/// Returns the entry `attempt_reserved`: everything that proves that the call was allowed.
///
/// `zone_source` is where the zones came from: `number`, `all` or `address`. The data has `not_before` if the
/// caps per minute have room only later, while the call is prepared.
pub(crate) fn attempt_reserved(
    campaign: &Campaign,
    attempt: &Attempt,
    order: &DialOrder,
    shown: Option<&CallerIdUse>,
    zone_source: &str,
    rules_digest: &str,
) -> NewEvent {
    let local_times = &order.local_times;
    let registries = order.registries.iter();
    let data = AttemptReserved {
        n: order.n,
        trunk: order.trunk.0.clone(),
        caller_id: order.caller_id,
        attestation: order.attestation,
        branded: order.branded,
        call_class: campaign.settings.call_kind().class,
        purpose: campaign.settings.purpose,
        zones: local_times.iter().map(|(zone, _)| zone.clone()).collect(),
        zone_source: zone_source.to_owned(),
        regions: order.regions.clone(),
        local_times: local_times.iter().cloned().collect(),
        rules_digest: rules_digest.to_owned(),
        consent: order.consent.clone(),
        registry_date: registries.map(|used| used.as_of).min(),
        registries: order.registries.clone(),
        caps: caps_used(order, shown),
        not_before: (order.not_before > attempt.reserved_at).then_some(order.not_before),
    };
    of_attempt(
        EventData::AttemptReserved(Box::new(data)),
        campaign,
        attempt,
        ENGINE,
        attempt.reserved_at,
    )
}

fn caps_used(order: &DialOrder, shown: Option<&CallerIdUse>) -> CapsUsed {
    let slots = |load: &Load| [load.in_flight, load.max_concurrent];
    let minute = |load: &Load| [load.sent_last_minute, load.calls_per_minute];
    let load = &order.load;
    CapsUsed {
        deck: slots(&load.deck),
        trunk: slots(&load.trunk),
        campaign: slots(&load.campaign),
        trunk_per_minute: minute(&load.trunk),
        campaign_per_minute: minute(&load.campaign),
        caller_id_hour: shown.map_or([0, 0], |used| [used.sent_last_hour, used.cap]),
    }
}

/// Returns the entry of what `moves::apply_event` made of a call event.
pub(crate) fn call_event(
    data: EventData,
    campaign: &Campaign,
    attempt: &Attempt,
    now: Timestamp,
) -> NewEvent {
    of_attempt(data, campaign, attempt, CARRIER, now)
}

/// Returns the entry `attempt_unknown`.
pub(crate) fn attempt_unknown(
    campaign: &Campaign,
    attempt: &Attempt,
    why: &str,
    now: Timestamp,
) -> NewEvent {
    let why = why.to_owned();
    let data = EventData::AttemptUnknown(AttemptUnknown { why });
    of_attempt(data, campaign, attempt, ENGINE, now)
}

/// Returns the entry `attempt_reconciled`.
pub(crate) fn attempt_reconciled(
    campaign: &Campaign,
    attempt: &Attempt,
    found: Found,
    now: Timestamp,
) -> NewEvent {
    let data = EventData::AttemptReconciled(AttemptReconciled { found });
    of_attempt(data, campaign, attempt, ENGINE, now)
}

/// Returns the entry `attempt_corrected`: an attempt that had ended as `was` turns out to have ended in
/// another way, and counts.
pub(crate) fn attempt_corrected(
    campaign: &Campaign,
    attempt: &Attempt,
    was: &Attempt,
    read: &Classification,
    now: Timestamp,
) -> NewEvent {
    let data = EventData::AttemptCorrected(AttemptCorrected {
        was: was.outcome,
        was_cause: was.cause.clone(),
        outcome: read.outcome,
        cause: read.cause.to_owned(),
        fault: read.fault,
        callee_type: attempt.callee_type,
        counts: read.counts,
    });
    of_attempt(data, campaign, attempt, CARRIER, now)
}

/// Returns the entry `attempt_reopened`: a late event shows that there is, or was, a call of an attempt that
/// had ended as `was`.
pub(crate) fn attempt_reopened(
    campaign: &Campaign,
    attempt: &Attempt,
    was: &Attempt,
    kind: &CallEventKind,
    now: Timestamp,
) -> NewEvent {
    let word = match kind {
        CallEventKind::Answered => LateNews::Answered,
        CallEventKind::Ringing => LateNews::Ringing,
        CallEventKind::Placed
        | CallEventKind::Sent
        | CallEventKind::Speech(_)
        | CallEventKind::CalleeDetected(_)
        | CallEventKind::Ended(_)
        | CallEventKind::AnswerLost => LateNews::Placed,
    };
    let data = EventData::AttemptReopened(AttemptReopened {
        was: was.outcome,
        was_cause: was.cause.clone(),
        word,
        counts: attempt.counts,
    });
    of_attempt(data, campaign, attempt, CARRIER, now)
}

/// Returns the entry `call_ended` of an attempt that has just ended.
pub(crate) fn call_ended(
    campaign: &Campaign,
    attempt: &Attempt,
    report: &CallReport,
    read: &Classification,
    now: Timestamp,
) -> NewEvent {
    let ended = attempt.ended_at.unwrap_or(now);
    let rang_until = attempt.answered_at.unwrap_or(ended);
    let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let data = EventData::CallEnded(CallEnded {
        outcome: read.outcome,
        cause: read.cause.to_owned(),
        fault: read.fault,
        sip_code: report.sip_code,
        rang: attempt.rang(report),
        ring_ms: attempt
            .ringing_at
            .map(|from| millis(rang_until.since(from))),
        talk_ms: attempt.answered_at.map(|from| millis(ended.since(from))),
        callee_type: attempt.callee_type,
        counts: read.counts,
    });
    of_attempt(data, campaign, attempt, CARRIER, now)
}
