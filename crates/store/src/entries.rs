//! The event log entries, built in one place so that both stores write identical lines.

mod calls;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::crosscheck::{Content, Logged};
use super::{By, ImportFigures, ImportPlan, ImportTarget};
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::outcome::{CalleeFinding, Classification, is_block};
use dialdeck_core::domain::{
    Area, Attempt, CallReport, CallerId, CallerIdState, Campaign, CampaignState, ConsentKind,
    Contact, ContactState, ListKind, Outcome, PhoneNumber, Suppression, Timestamp, TrunkName,
};
use dialdeck_core::policy::LiveCalls;

pub(super) use calls::{
    attempt_corrected, attempt_reconciled, attempt_reopened, attempt_reserved, attempt_unknown,
    call_ended, call_event,
};

/// The actor of the engine's own decisions.
pub(super) const ENGINE: &str = "engine";
/// The actor of what happens on the line.
pub(super) const CARRIER: &str = "carrier";

/// Returns the entry `campaign_added`.
pub(super) fn campaign_added(campaign: &Campaign, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        settings: &'a dialdeck_core::domain::CampaignSettings,
    }
    of_campaign(EventKind::CampaignAdded, campaign, by).with_data(&Data {
        settings: &campaign.settings,
    })
}

/// Returns the entry for a campaign's move that has just been made from `from`.
pub(super) fn campaign_moved(
    campaign: &Campaign,
    from: CampaignState,
    note: &str,
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        note: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        overrides: Option<&'a [dialdeck_core::domain::campaign::RuleOverride]>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<CampaignState>,
    }
    let kind = match campaign.state {
        CampaignState::Running if from == CampaignState::Paused => EventKind::CampaignResumed,
        CampaignState::Running => EventKind::CampaignStarted,
        CampaignState::Paused => EventKind::CampaignPaused,
        CampaignState::Stopped => EventKind::CampaignStopped,
        CampaignState::Done | CampaignState::Draft => EventKind::CampaignChanged,
    };
    of_campaign(kind, campaign, by).with_data(&Data {
        note,
        overrides: (kind == EventKind::CampaignStarted)
            .then_some(campaign.settings.rule_overrides.as_slice()),
        state: (kind == EventKind::CampaignChanged).then_some(campaign.state),
    })
}

/// Returns the entry `campaign_changed` after a change of pacing.
pub(super) fn pacing_changed(campaign: &Campaign, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data {
        pacing: dialdeck_core::domain::campaign::Pacing,
    }
    of_campaign(EventKind::CampaignChanged, campaign, by).with_data(&Data {
        pacing: campaign.settings.pacing,
    })
}

/// Returns the entry `campaign_changed` after an operator released the abandonment brake. It holds the
/// brake's counts before they restart at zero.
pub(super) fn brake_released(
    campaign: &Campaign,
    counts: LiveCalls,
    reason: &str,
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        brake: &'static str,
        reason: &'a str,
        answered_live: u64,
        abandoned: u64,
    }
    of_campaign(EventKind::CampaignChanged, campaign, by).with_data(&Data {
        brake: "released",
        reason,
        answered_live: counts.answered,
        abandoned: counts.abandoned,
    })
}

/// Returns the entry `alert_raised` about a trunk that a person lets try again.
pub(super) fn trunk_reset(trunk: &TrunkName, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        alert: &'static str,
        trunk: &'a TrunkName,
        text: String,
    }
    NewEvent::new(by.at, EventKind::AlertRaised, &by.actor).with_data(&Data {
        alert: "trunk_reset",
        trunk,
        text: format!("trunk {trunk} may try again"),
    })
}

/// Returns the entry `alert_raised` about a request to hang up every call.
pub(super) fn hang_up_asked(reason: &str, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        alert: &'static str,
        reason: &'a str,
        text: String,
    }
    NewEvent::new(by.at, EventKind::AlertRaised, &by.actor).with_data(&Data {
        alert: "hang_up_all",
        reason,
        text: format!("{} asked for every call to be hung up: {reason}", by.actor),
    })
}

/// Returns the entry `import_started`.
pub(super) fn import_started(into: &ImportTarget, plan: &ImportPlan, by: &By) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        #[serde(skip_serializing_if = "Option::is_none")]
        list: Option<&'a ListKind>,
        #[serde(flatten)]
        plan: &'a ImportPlan,
    }
    let event = NewEvent::new(by.at, EventKind::ImportStarted, &by.actor);
    match into {
        ImportTarget::Campaign(name) => event.campaign(name).with_data(&Data { list: None, plan }),
        ImportTarget::List(list) => event.with_data(&Data {
            list: Some(list),
            plan,
        }),
    }
}

/// Returns the entry `contacts_imported`, and `consent_recorded` if any row carries consent.
pub(super) fn contacts_imported(
    campaign: &Campaign,
    figures: &ImportFigures,
    content: Option<&Content>,
    by: &By,
) -> Vec<NewEvent> {
    #[derive(Serialize)]
    struct Data<'a> {
        #[serde(flatten)]
        figures: &'a ImportFigures,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<Logged>,
    }
    #[derive(Serialize)]
    struct Recorded<'a> {
        file: &'a str,
        sha256: &'a str,
        consents: &'a BTreeMap<ConsentKind, u64>,
    }
    let data = Data {
        figures,
        content: content.map(Logged::from),
    };
    let mut events = vec![of_campaign(EventKind::ContactsImported, campaign, by).with_data(&data)];
    if figures.consents.values().any(|rows| *rows > 0) {
        events.push(
            of_campaign(EventKind::ConsentRecorded, campaign, by).with_data(&Recorded {
                file: &figures.file,
                sha256: &figures.sha256,
                consents: &figures.consents,
            }),
        );
    }
    events
}

/// Returns the entry `suppression_added`.
pub(super) fn suppression_added(suppression: &Suppression) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        list: &'a ListKind,
        source: &'a str,
        note: Option<&'a str>,
    }
    let kind = EventKind::SuppressionAdded;
    NewEvent::new(suppression.at, kind, &suppression.actor)
        .number(suppression.number)
        .with_data(&Data {
            list: &suppression.list,
            source: suppression.source.as_str(),
            note: suppression.note.as_deref(),
        })
}

/// Returns the entry `consent_revoked`.
pub(super) fn consent_revoked(suppression: &Suppression) -> NewEvent {
    let kind = EventKind::ConsentRevoked;
    NewEvent::new(suppression.at, kind, &suppression.actor).number(suppression.number)
}

/// Returns the entry `suppression_reversed`.
pub(super) fn suppression_reversed(
    number: PhoneNumber,
    list: &ListKind,
    (reason, consent_restored): (&str, bool),
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        list: &'a ListKind,
        reason: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        consent_restored: bool,
    }
    NewEvent::new(by.at, EventKind::SuppressionReversed, &by.actor)
        .number(number)
        .with_data(&Data {
            list,
            reason,
            consent_restored,
        })
}

/// Returns the entry `registry_loaded`.
pub(super) fn registry_loaded(
    list: &ListKind,
    (as_of, areas): (Timestamp, &BTreeSet<Area>),
    figures: &ImportFigures,
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        list: &'a ListKind,
        as_of: Timestamp,
        #[serde(skip_serializing_if = "Option::is_none")]
        areas: Option<&'a BTreeSet<Area>>,
        #[serde(flatten)]
        figures: &'a ImportFigures,
    }
    NewEvent::new(by.at, EventKind::RegistryLoaded, &by.actor).with_data(&Data {
        list,
        as_of,
        areas: list.is_registry().then_some(areas),
        figures,
    })
}

/// Returns the entry `contact_finished`.
pub(super) fn contact_finished(
    campaign: &Campaign,
    contact: &Contact,
    actor: &str,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data<'a> {
        state: &'a str,
        reason: Option<&'a str>,
        attempts: u32,
    }
    let mut event = NewEvent::new(now, EventKind::ContactFinished, actor)
        .campaign(campaign.name())
        .number(contact.number)
        .with_data(&Data {
            state: contact.state.as_str(),
            reason: contact.reason.as_deref(),
            attempts: contact.attempts,
        });
    event.contact = Some(contact.id);
    event
}

/// Returns the entry `retry_planned`.
pub(super) fn retry_planned(
    campaign: &Campaign,
    attempt: &Attempt,
    outcome: Outcome,
    due: Timestamp,
    now: Timestamp,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data {
        outcome: Outcome,
        due: Timestamp,
    }
    let kind = EventKind::RetryPlanned;
    of_attempt(kind, campaign, attempt, ENGINE, now).with_data(&Data { outcome, due })
}

/// Returns the entry `retry_planned` for a contact that a person lets be called again. `outcome` is
/// `requeued`, or `restored` if it came back with a reversed list entry.
pub(super) fn requeued(
    campaign: &Campaign,
    contact: &Contact,
    outcome: &'static str,
    by: &By,
) -> NewEvent {
    #[derive(Serialize)]
    struct Data {
        outcome: &'static str,
        due: Timestamp,
    }
    let mut event = of_campaign(EventKind::RetryPlanned, campaign, by)
        .number(contact.number)
        .with_data(&Data {
            outcome,
            due: contact.due,
        });
    event.contact = Some(contact.id);
    event
}

/// Returns the entry `alert_raised` about a caller ID that rests, because calls that showed it were blocked
/// or the account does not own it.
pub(super) fn caller_id_blocked(
    campaign: &Campaign,
    attempt: &Attempt,
    until: Timestamp,
    now: Timestamp,
) -> NewEvent {
    let is_block = attempt.cause.as_deref().is_some_and(is_block);
    let (why, what) = if is_block {
        (
            "calls to several callees were blocked",
            "look at its reputation",
        )
    } else {
        (
            "its provider says that it is not ours",
            "look at the account",
        )
    };
    let text = format!(
        "caller ID {} rests, {why}: until {}; {what}",
        attempt.caller_id,
        until.to_the_second()
    );
    of_attempt(EventKind::AlertRaised, campaign, attempt, ENGINE, now).with_data(&CallerIdAlert {
        alert: "caller_id_rested",
        caller_id: attempt.caller_id,
        until: Some(until),
        text,
    })
}

/// Returns the entry `alert_raised` about a caller ID that its provider does not list.
pub(super) fn caller_id_not_owned(id: &CallerId, by: &By) -> NewEvent {
    let text = format!(
        "trunk {} says that caller ID {} is not ours: it is not shown until the provider lists it",
        id.trunk, id.number
    );
    NewEvent::new(by.at, EventKind::AlertRaised, &by.actor).with_data(&CallerIdAlert {
        alert: "caller_id_not_owned",
        caller_id: id.number,
        until: None,
        text,
    })
}

/// Returns the entry `alert_raised` about a caller ID whose state a person set.
pub(super) fn caller_id_set(number: PhoneNumber, state: CallerIdState, by: &By) -> NewEvent {
    let (alert, word) = match state {
        CallerIdState::Active => ("caller_id_active", "is in use again"),
        CallerIdState::Resting => ("caller_id_rested", "rests"),
        CallerIdState::Retired => ("caller_id_retired", "is retired"),
    };
    NewEvent::new(by.at, EventKind::AlertRaised, &by.actor).with_data(&CallerIdAlert {
        alert,
        caller_id: number,
        until: None,
        text: format!("caller ID {number} {word}"),
    })
}

#[derive(Serialize)]
struct CallerIdAlert {
    alert: &'static str,
    caller_id: PhoneNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    text: String,
}

/// Returns the code by which the log says how an unknown attempt was resolved.
pub(super) fn found(report: &CallReport) -> &'static str {
    use dialdeck_core::domain::attempt::CallEnd;
    match report.end {
        CallEnd::NeverSent => "never_placed",
        CallEnd::Unresolved => "unresolved",
        CallEnd::Completed
        | CallEnd::Abandoned
        | CallEnd::Rejected
        | CallEnd::RangOut
        | CallEnd::CancelledByUs
        | CallEnd::Lapsed
        | CallEnd::Busy
        | CallEnd::Failed
        | CallEnd::BadNumber
        | CallEnd::CallerIdRefused
        | CallEnd::ProviderFailed
        | CallEnd::Misconfigured
        | CallEnd::AccountRefused
        | CallEnd::Throttled
        | CallEnd::NoAgent
        | CallEnd::NobodyRang
        | CallEnd::RingUnseen
        | CallEnd::TrunkUnknown
        | CallEnd::CredentialsRefused
        | CallEnd::AgentLost
        | CallEnd::LeftAlone => "ended",
    }
}

/// Returns the code under which a finished contact is counted, by its end and the list it is on.
pub(super) fn end_code(
    state: ContactState,
    list: Option<&ListKind>,
    read: &Classification,
) -> String {
    match state {
        ContactState::Done => read.outcome.as_str().to_owned(),
        ContactState::Exhausted => "attempts_exhausted".to_owned(),
        ContactState::Suppressed => match list {
            Some(list) => format!("suppressed:{list}"),
            None => "consent_revoked".to_owned(),
        },
        ContactState::Invalid => format!("unfit:{}", bad_number(read)),
        ContactState::Expired => "expired".to_owned(),
        ContactState::Unknown
        | ContactState::Ready
        | ContactState::Waiting(_)
        | ContactState::InFlight => state.as_str().to_owned(),
    }
}

/// Returns what is wrong with a number according to its last call: the cause where the outcome alone does not
/// say what a person may do about it, else the outcome.
fn bad_number(read: &Classification) -> &'static str {
    match read.callee {
        CalleeFinding::Moved | CalleeFinding::ForbiddenAgain => read.cause,
        CalleeFinding::None
        | CalleeFinding::BusyEverywhere
        | CalleeFinding::MaybeInvalid
        | CalleeFinding::Invalid
        | CalleeFinding::Declined
        | CalleeFinding::Unwanted
        | CalleeFinding::Forbidden => read.outcome.as_str(),
    }
}

fn of_campaign(kind: EventKind, campaign: &Campaign, by: &By) -> NewEvent {
    NewEvent::new(by.at, kind, &by.actor).campaign(campaign.name())
}

fn of_attempt(
    kind: EventKind,
    campaign: &Campaign,
    attempt: &Attempt,
    actor: &str,
    now: Timestamp,
) -> NewEvent {
    let mut event = NewEvent::new(now, kind, actor)
        .campaign(campaign.name())
        .number(attempt.number);
    event.contact = Some(attempt.contact);
    event.attempt = Some(attempt.id);
    event
}
