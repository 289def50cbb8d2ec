//! Alerts about a state that may end. An alert is written with what it is about, and is shown only while
//! that state lasts.

use serde::Serialize;

use super::campaign_board::{CampaignBoard, Phase};
use super::messages;
use super::next_claim::NextClaim;
use dialdeck_core::domain::event::{
    Alert, AlertRaised, Entry, EventData, EventKind, NewEvent, SealedEvent,
};
use dialdeck_core::domain::{AttemptId, Campaign, ContactId, PhoneNumber, Timestamp, clock_behind};
use dialdeck_core::policy::abandonment::LAW_PERCENT;
use dialdeck_core::policy::{Hold, LiveCalls};
use dialdeck_store::Snapshot;

/// The actor of the engine's entries in the event log.
const ENGINE: &str = "engine";

/// Returns the entry that raises an alert of the engine's.
pub(super) fn raised(alert: AlertRaised, now: Timestamp) -> NewEvent {
    NewEvent::new(now, ENGINE, EventData::AlertRaised(alert))
}

/// Returns an `alert_raised` entry: the campaign's claims are held until an operator acts.
pub(super) fn campaign_waits(campaign: &Campaign, hold: &Hold, now: Timestamp) -> NewEvent {
    let (reasons, why) = about(campaign, hold);
    let alert = AlertRaised::campaign_waits(campaign.name(), reasons, &why);
    raised(alert, now).campaign(campaign.name())
}

/// Returns an `alert_raised` entry: some contacts of the campaign wait for a registry of their area.
pub(super) fn registry_awaited(campaign: &Campaign, hold: &Hold, now: Timestamp) -> NewEvent {
    let (reasons, why) = about(campaign, hold);
    let alert = AlertRaised::registry_missing(campaign.name(), reasons, &why);
    raised(alert, now).campaign(campaign.name())
}

/// Returns the codes of a hold's reasons, and its text with what ends it.
fn about(campaign: &Campaign, hold: &Hold) -> (Vec<String>, String) {
    let reasons = hold.reasons.iter();
    let reasons = reasons.map(|reason| messages::hold_code(&reason.kind));
    let mut why = hold.to_string();
    for remedy in messages::remedies(hold, &campaign.settings) {
        why.push_str("; ");
        why.push_str(&remedy);
    }
    (reasons.collect(), why)
}

/// An alert that has not been acknowledged, and whose state lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenAlert {
    /// Its sequence number in the log; 0 while the log cannot be written.
    pub seq: i64,
    /// When it was raised.
    pub at: Timestamp,
    /// The kind of its entry.
    pub kind: EventKind,
    /// Who raised it.
    pub actor: String,
    /// The campaign that it is about.
    pub campaign: Option<String>,
    /// The contact that it is about.
    pub contact: Option<ContactId>,
    /// The attempt that it is about.
    pub attempt: Option<AttemptId>,
    /// The number that it is about.
    pub number: Option<PhoneNumber>,
    /// The alert.
    pub data: AlertRaised,
}

impl OpenAlert {
    /// Returns an alert of the engine that is not in the log.
    pub fn unwritten(data: AlertRaised, now: Timestamp) -> Self {
        Self {
            seq: 0,
            at: now,
            kind: EventKind::AlertRaised,
            actor: ENGINE.to_owned(),
            campaign: None,
            contact: None,
            attempt: None,
            number: None,
            data,
        }
    }

    /// Returns the alert of a log entry. An entry that cannot be read is shown as such: one alert too many is
    /// better than one too few.
    fn of(sealed: &SealedEvent) -> Self {
        let unreadable = |why: String| Self {
            seq: sealed.seq,
            ..Self::unwritten(AlertRaised::unreadable(sealed.seq, &why), sealed.at)
        };
        let entry = match Entry::read(&sealed.line) {
            Ok(entry) => entry,
            Err(error) => return unreadable(error.to_string()),
        };
        let EventData::AlertRaised(data) = entry.data else {
            return unreadable("it raises no alert".to_owned());
        };
        Self {
            seq: entry.seq,
            at: entry.at,
            kind: EventKind::AlertRaised,
            actor: entry.actor,
            campaign: entry.campaign,
            contact: entry.contact,
            attempt: entry.attempt,
            number: entry.number,
            data,
        }
    }
}

/// Returns the unacknowledged alerts whose state lasts, newest first. Sets `held_since` of each campaign that
/// an alert shows as held.
pub(super) fn open(
    snapshot: &Snapshot,
    campaigns: &mut [CampaignBoard],
    now: Timestamp,
) -> Vec<OpenAlert> {
    let alerts = snapshot.alerts.iter().map(OpenAlert::of);
    alerts
        .filter(|alert| lasts(alert, snapshot, campaigns, now))
        .collect()
}

fn lasts(
    open: &OpenAlert,
    snapshot: &Snapshot,
    campaigns: &mut [CampaignBoard],
    now: Timestamp,
) -> bool {
    let mut of_campaign = |reasons: &[String], while_some_wait: bool| {
        let mut campaigns = campaigns.iter_mut();
        let named = |one: &&mut CampaignBoard| Some(&one.name) == open.campaign.as_ref();
        let Some(campaign) = campaigns.find(named) else {
            return false;
        };
        let held = campaign.phase == Phase::Held && still(&campaign.next, reasons);
        if held {
            campaign.held_since.get_or_insert(open.at);
        }
        held || while_some_wait && campaign.waiting.cap > 0
    };
    let is_above_law = |campaigns: &[CampaignBoard]| {
        // An older log does not have the campaign as a field.
        let meant =
            |one: &&CampaignBoard| open.campaign.as_ref().is_none_or(|name| *name == one.name);
        campaigns.iter().filter(meant).any(|campaign| {
            let [abandoned, answered] = campaign.abandoned;
            let calls = LiveCalls {
                answered,
                abandoned,
            };
            calls.is_above(LAW_PERCENT)
        })
    };
    match &open.data.alert {
        Alert::CampaignWaits { reasons } => of_campaign(reasons, false),
        // While other contacts are called, those that wait for a registry count as waiting for a cap.
        Alert::RegistryMissing { reasons } => of_campaign(reasons, true),
        Alert::TrunkRests { trunk } => snapshot.rest_of(trunk, now).is_some(),
        Alert::ClockBehind => clock_behind(snapshot.last_event_at, now).is_some(),
        Alert::ClockJumped => snapshot.clock_held.is_some(),
        Alert::AbandonmentAboveLaw => is_above_law(campaigns),
        // Until the engine has asked the carriers, and as long as a call may be up.
        Alert::HangUpAll { .. } => {
            let up = !snapshot.in_flight.is_empty() || !snapshot.unclosed.is_empty();
            snapshot.hang_ups.is_open() && up
        }
        Alert::StoreBusy { until } | Alert::CallerIdRested { until, .. } => {
            until.is_none_or(|until| now < until)
        }
        Alert::ClassWaits
        | Alert::TrunkReset { .. }
        | Alert::CallsBlocked
        | Alert::CallsUnknown
        | Alert::FateUnknown
        | Alert::NumbersUnknown
        | Alert::RegistryAges
        | Alert::DeckDisplaced
        | Alert::DeckFileChanged
        | Alert::ProgramFailed
        | Alert::CallerIdNotOwned { .. }
        | Alert::CallerIdActive { .. }
        | Alert::CallerIdRetired { .. }
        | Alert::Provider { .. } => true,
    }
}

/// Returns whether one of these reasons still holds the next claim.
fn still(next: &NextClaim, reasons: &[String]) -> bool {
    match next {
        NextClaim::Hold(hold) => {
            let mut present = hold.reasons.iter();
            present.any(|reason| reasons.contains(&messages::hold_code(&reason.kind)))
        }
        NextClaim::NothingLeft | NextClaim::Dial | NextClaim::Refuse(_) => false,
    }
}
