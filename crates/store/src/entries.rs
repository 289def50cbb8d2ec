//! The event log entries, built in one place so that both stores write identical lines.

mod calls;

use std::collections::BTreeSet;

use super::crosscheck::Content;
use super::{By, ImportFigures, ImportPlan, ImportTarget};
use dialdeck_core::domain::event::{
    AlertRaised, BrakeMove, CampaignAdded, CampaignChanged, CampaignMoved, CampaignStarted,
    ConsentRecorded, ContactFinished, ContactsImported, EventData, Found, ImportResult,
    ImportStarted, ImportedContent, LoggedSettings, NewEvent, NoData, RegistryLoaded, RetryCause,
    RetryPlanned, SuppressionAdded, SuppressionReversed,
};
use dialdeck_core::domain::outcome::{CalleeFinding, Classification, is_block};
use dialdeck_core::domain::{
    Area, Attempt, CallEnd, CallReport, CallerId, CallerIdState, Campaign, CampaignState, Contact,
    ContactState, ListKind, Outcome, PhoneNumber, Suppression, Timestamp, TrunkName,
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
    let settings = LoggedSettings::Known(Box::new(campaign.settings.clone()));
    of_campaign(
        EventData::CampaignAdded(CampaignAdded { settings }),
        campaign,
        by,
    )
}

/// Returns the entry for a campaign's move that has just been made from `from`.
pub(super) fn campaign_moved(
    campaign: &Campaign,
    from: CampaignState,
    note: &str,
    by: &By,
) -> NewEvent {
    let note = note.to_owned();
    let data = match campaign.state {
        CampaignState::Running if from == CampaignState::Paused => {
            EventData::CampaignResumed(CampaignMoved { note })
        }
        CampaignState::Running => EventData::CampaignStarted(CampaignStarted {
            note,
            overrides: campaign.settings.rule_overrides.clone(),
        }),
        CampaignState::Paused => EventData::CampaignPaused(CampaignMoved { note }),
        CampaignState::Stopped => EventData::CampaignStopped(CampaignMoved { note }),
        state @ (CampaignState::Done | CampaignState::Draft) => {
            EventData::CampaignChanged(CampaignChanged::State { note, state })
        }
    };
    of_campaign(data, campaign, by)
}

/// Returns the entry `campaign_changed` after a change of pacing.
pub(super) fn pacing_changed(campaign: &Campaign, by: &By) -> NewEvent {
    let pacing = campaign.settings.pacing;
    let data = EventData::CampaignChanged(CampaignChanged::Pacing { pacing });
    of_campaign(data, campaign, by)
}

/// Returns the entry `campaign_changed` after an operator released the abandonment brake. It holds the
/// brake's counts before they restart at zero.
pub(super) fn brake_released(
    campaign: &Campaign,
    counts: LiveCalls,
    reason: &str,
    by: &By,
) -> NewEvent {
    let data = EventData::CampaignChanged(CampaignChanged::Brake {
        brake: BrakeMove::Released,
        reason: reason.to_owned(),
        answered_live: counts.answered,
        abandoned: counts.abandoned,
    });
    of_campaign(data, campaign, by)
}

/// Returns the entry `alert_raised` about a trunk that a person lets try again.
pub(super) fn trunk_reset(trunk: &TrunkName, by: &By) -> NewEvent {
    of_deck(EventData::AlertRaised(AlertRaised::trunk_reset(trunk)), by)
}

/// Returns the entry `alert_raised` about a request to hang up every call.
pub(super) fn hang_up_asked(reason: &str, by: &By) -> NewEvent {
    let alert = AlertRaised::hang_up_all(&by.actor, reason);
    of_deck(EventData::AlertRaised(alert), by)
}

/// Returns the entry `import_started`.
pub(super) fn import_started(into: &ImportTarget, plan: &ImportPlan, by: &By) -> NewEvent {
    let (campaign, list) = match into {
        ImportTarget::Campaign(name) => (Some(name.clone()), None),
        ImportTarget::List(list) => (None, Some(list.clone())),
    };
    let plan = plan.clone();
    NewEvent {
        campaign,
        ..of_deck(EventData::ImportStarted(ImportStarted { list, plan }), by)
    }
}

/// Returns the entry `contacts_imported`, and `consent_recorded` if any row carries consent.
pub(super) fn contacts_imported(
    campaign: &Campaign,
    figures: &ImportFigures,
    content: Option<&Content>,
    by: &By,
) -> Vec<NewEvent> {
    let imported = EventData::ContactsImported(ContactsImported {
        result: ImportResult::from(figures),
        content: content.map(ImportedContent::from),
    });
    let mut events = vec![of_campaign(imported, campaign, by)];
    if figures.consents.values().any(|rows| *rows > 0) {
        let recorded = EventData::ConsentRecorded(ConsentRecorded {
            file: figures.file.clone(),
            sha256: figures.sha256.clone(),
            consents: figures.consents.clone(),
        });
        events.push(of_campaign(recorded, campaign, by));
    }
    events
}

/// Returns the entry `suppression_added`.
pub(super) fn suppression_added(suppression: &Suppression) -> NewEvent {
    let data = EventData::SuppressionAdded(SuppressionAdded {
        list: suppression.list.clone(),
        source: suppression.source,
        note: suppression.note.clone(),
    });
    NewEvent::new(suppression.at, &suppression.actor, data).number(suppression.number)
}

/// Returns the entry `consent_revoked`.
pub(super) fn consent_revoked(suppression: &Suppression) -> NewEvent {
    let data = EventData::ConsentRevoked(NoData {});
    NewEvent::new(suppression.at, &suppression.actor, data).number(suppression.number)
}

/// Returns the entry `suppression_reversed`.
pub(super) fn suppression_reversed(
    number: PhoneNumber,
    list: &ListKind,
    (reason, consent_restored): (&str, bool),
    by: &By,
) -> NewEvent {
    let data = EventData::SuppressionReversed(SuppressionReversed {
        list: list.clone(),
        reason: reason.to_owned(),
        consent_restored,
    });
    of_deck(data, by).number(number)
}

/// Returns the entry `registry_loaded`.
pub(super) fn registry_loaded(
    list: &ListKind,
    (as_of, areas): (Timestamp, &BTreeSet<Area>),
    figures: &ImportFigures,
    by: &By,
) -> NewEvent {
    let data = EventData::RegistryLoaded(RegistryLoaded {
        list: list.clone(),
        as_of,
        areas: list.is_registry().then(|| areas.clone()),
        result: ImportResult::from(figures),
    });
    of_deck(data, by)
}

/// Returns the entry `contact_finished`.
pub(super) fn contact_finished(
    campaign: &Campaign,
    contact: &Contact,
    actor: &str,
    now: Timestamp,
) -> NewEvent {
    let data = EventData::ContactFinished(ContactFinished {
        state: contact.state,
        reason: contact.reason.clone(),
        attempts: contact.attempts,
    });
    NewEvent {
        contact: Some(contact.id),
        ..NewEvent::new(now, actor, data)
            .campaign(campaign.name())
            .number(contact.number)
    }
}

/// Returns the entry `retry_planned`.
pub(super) fn retry_planned(
    campaign: &Campaign,
    attempt: &Attempt,
    outcome: Outcome,
    due: Timestamp,
    now: Timestamp,
) -> NewEvent {
    let outcome = RetryCause::Outcome(outcome);
    let data = EventData::RetryPlanned(RetryPlanned { outcome, due });
    of_attempt(data, campaign, attempt, ENGINE, now)
}

/// Returns the entry `retry_planned` for a contact that a person lets be called again. `outcome` is
/// [`RetryCause::Requeued`], or [`RetryCause::Restored`] if it came back with a reversed list entry.
pub(super) fn requeued(
    campaign: &Campaign,
    contact: &Contact,
    outcome: RetryCause,
    by: &By,
) -> NewEvent {
    let due = contact.due;
    let data = EventData::RetryPlanned(RetryPlanned { outcome, due });
    NewEvent {
        contact: Some(contact.id),
        ..of_campaign(data, campaign, by).number(contact.number)
    }
}

/// Returns the entry `alert_raised` about a caller ID that rests, because calls that showed it were blocked
/// or the account does not own it.
pub(super) fn caller_id_blocked(
    campaign: &Campaign,
    attempt: &Attempt,
    until: Timestamp,
    now: Timestamp,
) -> NewEvent {
    let is_blocked = attempt.cause.as_deref().is_some_and(is_block);
    let alert = AlertRaised::caller_id_rests(attempt.caller_id, until, is_blocked);
    of_attempt(
        EventData::AlertRaised(alert),
        campaign,
        attempt,
        ENGINE,
        now,
    )
}

/// Returns the entry `alert_raised` about a caller ID that its provider does not list.
pub(super) fn caller_id_not_owned(id: &CallerId, by: &By) -> NewEvent {
    let alert = AlertRaised::caller_id_not_owned(&id.trunk, id.number);
    of_deck(EventData::AlertRaised(alert), by)
}

/// Returns the entry `alert_raised` about a caller ID whose state a person set.
pub(super) fn caller_id_set(number: PhoneNumber, state: CallerIdState, by: &By) -> NewEvent {
    let alert = AlertRaised::caller_id_set(number, state);
    of_deck(EventData::AlertRaised(alert), by)
}

/// Returns how an unknown attempt was resolved.
pub(super) const fn found(report: &CallReport) -> Found {
    match report.end {
        CallEnd::NeverSent => Found::NeverPlaced,
        CallEnd::Unresolved => Found::Unresolved,
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
        | CallEnd::LeftAlone => Found::Ended,
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

fn of_deck(data: EventData, by: &By) -> NewEvent {
    NewEvent::new(by.at, &by.actor, data)
}

fn of_campaign(data: EventData, campaign: &Campaign, by: &By) -> NewEvent {
    of_deck(data, by).campaign(campaign.name())
}

fn of_attempt(
    data: EventData,
    campaign: &Campaign,
    attempt: &Attempt,
    actor: &str,
    now: Timestamp,
) -> NewEvent {
    NewEvent {
        contact: Some(attempt.contact),
        attempt: Some(attempt.id),
        ..NewEvent::new(now, actor, data)
            .campaign(campaign.name())
            .number(attempt.number)
    }
}
