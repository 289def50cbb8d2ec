//! Entries of one call: from its reservation to its end.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{CARRIER, ENGINE, of_attempt};
use crate::moves;
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::outcome::Classification;
use dialdeck_core::domain::{
    Area, Attempt, CallEventKind, CallReport, CalleeType, Campaign, Consent, ListKind, Outcome,
    PhoneNumber, Timestamp,
};
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
    #[derive(Serialize)]
    struct Data<'a> {
        n: u32,
        trunk: &'a str,
        caller_id: PhoneNumber,
        attestation: Option<dialdeck_core::domain::Attestation>,
        branded: bool,
        call_class: dialdeck_core::domain::campaign::CallClass,
        purpose: dialdeck_core::domain::campaign::Purpose,
        zones: Vec<&'a str>,
        zone_source: &'a str,
        regions: &'a [String],
        local_times: BTreeMap<&'a str, &'a str>,
        rules_digest: &'a str,
        consent: Option<&'a Consent>,
        registry_date: Option<Timestamp>,
        registries: Vec<Relied<'a>>,
        caps: Caps,
        #[serde(skip_serializing_if = "Option::is_none")]
        not_before: Option<Timestamp>,
    }
    of_attempt(
        EventKind::AttemptReserved,
        campaign,
        attempt,
        ENGINE,
        attempt.reserved_at,
    )
    .with_data(&Data {
        n: order.n,
        trunk: &order.trunk.0,
        caller_id: order.caller_id,
        attestation: order.attestation,
        branded: order.branded,
        call_class: campaign.settings.call_kind().class,
        purpose: campaign.settings.purpose,
        zones: order
            .local_times
            .iter()
            .map(|(zone, _)| zone.as_str())
            .collect(),
        zone_source,
        regions: &order.regions,
        local_times: order
            .local_times
            .iter()
            .map(|(zone, time)| (zone.as_str(), time.as_str()))
            .collect(),
        rules_digest,
        consent: order.consent.as_ref(),
        registry_date: order.registries.iter().map(|(.., as_of)| *as_of).min(),
        registries: Relied::of(order),
        caps: Caps::of(order, shown),
        not_before: (order.not_before > attempt.reserved_at).then_some(order.not_before),
    })
}

/// A registry that a call needed: the number's area, and the date of its data there.
#[derive(Serialize)]
struct Relied<'a> {
    list: &'a ListKind,
    area: Area,
    as_of: Timestamp,
}

impl<'a> Relied<'a> {
    fn of(order: &'a DialOrder) -> Vec<Self> {
        let registries = order.registries.iter();
        registries
            .map(|(list, area, as_of)| Self {
                list,
                area: *area,
                as_of: *as_of,
            })
            .collect()
    }
}

/// Use of every cap before a call, and the cap.
#[derive(Serialize)]
struct Caps {
    deck: [u32; 2],
    trunk: [u32; 2],
    campaign: [u32; 2],
    trunk_per_minute: [u32; 2],
    campaign_per_minute: [u32; 2],
    caller_id_hour: [u32; 2],
}

impl Caps {
    fn of(order: &DialOrder, shown: Option<&CallerIdUse>) -> Self {
        let slots = |load: &Load| [load.in_flight, load.max_concurrent];
        let minute = |load: &Load| [load.sent_last_minute, load.calls_per_minute];
        let load = &order.load;
        Self {
            deck: slots(&load.deck),
            trunk: slots(&load.trunk),
            campaign: slots(&load.campaign),
            trunk_per_minute: minute(&load.trunk),
            campaign_per_minute: minute(&load.campaign),
            caller_id_hour: shown.map_or([0, 0], |used| [used.sent_last_hour, used.cap]),
        }
    }
}

/// Returns the entry `attempt_sent`, `call_ringing`, `call_answered` or `callee_detected`.
pub(crate) fn call_event(
    kind: EventKind,
    campaign: &Campaign,
    attempt: &Attempt,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Detected {
        callee_type: Option<CalleeType>,
    }
    let event = of_attempt(kind, campaign, attempt, CARRIER, now);
    if kind == EventKind::CalleeDetected {
        let callee_type = attempt.callee_type;
        return event.with_data(&Detected { callee_type });
    }
    event
}

/// Returns the entry `attempt_unknown`.
pub(crate) fn attempt_unknown(
    campaign: &Campaign,
    attempt: &Attempt,
    why: &str,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        why: &'a str,
    }
    of_attempt(EventKind::AttemptUnknown, campaign, attempt, ENGINE, now).with_data(&Data { why })
}

/// Returns the entry `attempt_reconciled`.
pub(crate) fn attempt_reconciled(
    campaign: &Campaign,
    attempt: &Attempt,
    found: &str,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        found: &'a str,
    }
    let kind = EventKind::AttemptReconciled;
    of_attempt(kind, campaign, attempt, ENGINE, now).with_data(&Data { found })
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
    #[derive(Serialize)]
    struct Data<'a> {
        was: Option<Outcome>,
        was_cause: Option<&'a str>,
        outcome: Outcome,
        cause: &'a str,
        fault: &'a str,
        callee_type: Option<CalleeType>,
        counts: bool,
    }
    of_attempt(EventKind::AttemptCorrected, campaign, attempt, CARRIER, now).with_data(&Data {
        was: was.outcome,
        was_cause: was.cause.as_deref(),
        outcome: read.outcome,
        cause: read.cause,
        fault: read.fault.as_str(),
        callee_type: attempt.callee_type,
        counts: read.counts,
    })
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
    #[derive(Serialize)]
    struct Data<'a> {
        was: Option<Outcome>,
        was_cause: Option<&'a str>,
        word: &'static str,
        counts: bool,
    }
    let word = match kind {
        CallEventKind::Answered => "answered",
        CallEventKind::Ringing => "ringing",
        CallEventKind::Placed
        | CallEventKind::Sent
        | CallEventKind::Speech(_)
        | CallEventKind::CalleeDetected(_)
        | CallEventKind::Ended(_)
        | CallEventKind::AnswerLost => "placed",
    };
    of_attempt(EventKind::AttemptReopened, campaign, attempt, CARRIER, now).with_data(&Data {
        was: was.outcome,
        was_cause: was.cause.as_deref(),
        word,
        counts: attempt.counts,
    })
}

/// Returns the entry `call_ended` of an attempt that has just ended.
pub(crate) fn call_ended(
    campaign: &Campaign,
    attempt: &Attempt,
    report: &CallReport,
    read: &Classification,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        outcome: Outcome,
        cause: &'a str,
        fault: &'a str,
        sip_code: Option<u16>,
        rang: Option<bool>,
        ring_ms: Option<u128>,
        talk_ms: Option<u128>,
        callee_type: Option<CalleeType>,
        counts: bool,
    }
    let ended = attempt.ended_at.unwrap_or(now);
    let rang_until = attempt.answered_at.unwrap_or(ended);
    of_attempt(EventKind::CallEnded, campaign, attempt, CARRIER, now).with_data(&Data {
        outcome: read.outcome,
        cause: read.cause,
        fault: read.fault.as_str(),
        sip_code: report.sip_code,
        rang: moves::rang(attempt, report),
        ring_ms: attempt
            .ringing_at
            .map(|from| rang_until.since(from).as_millis()),
        talk_ms: attempt
            .answered_at
            .map(|from| ended.since(from).as_millis()),
        callee_type: attempt.callee_type,
        counts: read.counts,
    })
}
