//! Alerts about a state that may end. An alert is written with what it is about, and is shown only while
//! that state lasts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::board::{CampaignBoard, Phase};
use super::messages;
use super::next_claim::NextClaim;
use dialdeck_core::domain::event::{EventKind, NewEvent};
use dialdeck_core::domain::{Campaign, Timestamp, TrunkName, clock_behind};
use dialdeck_core::policy::Hold;
use dialdeck_store::Snapshot;

/// The actor of the engine's entries in the event log.
const ENGINE: &str = "engine";

/// Code of the alert that a campaign waits for an operator.
const CAMPAIGN_WAITS: &str = "campaign_waits";

/// Code of the alert that contacts of a campaign wait for a registry.
const REGISTRY_MISSING: &str = "registry_missing";

/// Code of the alert that a trunk takes no calls.
const TRUNK_RESTS: &str = "trunk_rests";

/// Code of the alert that the clock is behind the log.
pub(super) const CLOCK_BEHIND: &str = "clock_behind";

/// Code of the alert that the clock jumped.
pub(super) const CLOCK_JUMPED: &str = "clock_jumped";

/// Code of the alert that the deck's path leads to another file.
pub(super) const DISPLACED: &str = "deck_displaced";

/// Code of the alert that the deck file has changed since the engine started.
pub const DECK_FILE_CHANGED: &str = "deck_file_changed";

/// Another process keeps the store busy, or did.
const STORE_BUSY: &str = "store_busy";

#[derive(Serialize)]
struct Says<'a> {
    alert: &'static str,
    text: &'a str,
}

#[derive(Serialize)]
struct Over<'a> {
    alert: &'static str,
    text: &'a str,
    until: Timestamp,
}

#[derive(Serialize)]
struct Waits<'a> {
    alert: &'static str,
    reasons: Vec<String>,
    text: &'a str,
}

#[derive(Serialize)]
struct Rests<'a> {
    alert: &'static str,
    trunk: &'a TrunkName,
    text: &'a str,
}

/// Returns an `alert_raised` entry: the campaign's claims are held until an operator acts.
pub(super) fn campaign_waits(campaign: &Campaign, hold: &Hold, now: Timestamp) -> NewEvent {
    about_hold(
        CAMPAIGN_WAITS,
        "waits for an operator",
        (campaign, hold),
        now,
    )
}

/// Returns an `alert_raised` entry: some contacts of the campaign wait for a registry of their area.
pub(super) fn registry_awaited(campaign: &Campaign, hold: &Hold, now: Timestamp) -> NewEvent {
    let what = "has contacts that wait for a registry";
    about_hold(REGISTRY_MISSING, what, (campaign, hold), now)
}

fn about_hold(
    alert: &'static str,
    what: &str,
    (campaign, hold): (&Campaign, &Hold),
    now: Timestamp,
) -> NewEvent {
    let mut text = format!("campaign {} {what}: {hold}", campaign.name());
    for todo in messages::remedies(hold, &campaign.settings) {
        text.push_str("; ");
        text.push_str(&todo);
    }
    let reasons = hold.reasons.iter();
    let reasons = reasons.map(|reason| messages::hold_code(&reason.kind));
    NewEvent::new(now, EventKind::AlertRaised, ENGINE)
        .campaign(campaign.name())
        .with_data(&Waits {
            alert,
            reasons: reasons.collect(),
            text: &text,
        })
}

/// Returns an `alert_raised` entry: the trunk rests.
pub(super) fn trunk_rests(trunk: &TrunkName, text: &str, now: Timestamp) -> NewEvent {
    NewEvent::new(now, EventKind::AlertRaised, ENGINE).with_data(&Rests {
        alert: TRUNK_RESTS,
        trunk,
        text,
    })
}

/// Returns an `alert_raised` entry: the deck file has changed since the engine started.
pub(super) fn deck_file_changed(text: &str, now: Timestamp) -> NewEvent {
    let alert = DECK_FILE_CHANGED;
    NewEvent::new(now, EventKind::AlertRaised, ENGINE).with_data(&Says { alert, text })
}

/// The alert that another process keeps the store busy, as the log's entry would be.
pub(super) fn store_is_busy(text: &str, now: Timestamp) -> Value {
    let alert = STORE_BUSY;
    json!({ "seq": 0, "at": now, "kind": "alert_raised", "data": { "alert": alert, "text": text } })
}

/// `alert_raised`: another process kept the store busy. It is over when it can be written.
pub(super) fn store_was_busy(text: &str, now: Timestamp) -> NewEvent {
    let alert = STORE_BUSY;
    NewEvent::new(now, EventKind::AlertRaised, ENGINE).with_data(&Over {
        alert,
        text,
        until: now,
    })
}

/// The fields that are read of an alert's log entry.
#[derive(Deserialize)]
struct Entry {
    at: Timestamp,
    campaign: Option<String>,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    alert: Option<String>,
    #[serde(default)]
    reasons: Vec<String>,
    trunk: Option<TrunkName>,
    until: Option<Timestamp>,
}

/// Returns the unacknowledged alerts whose state lasts, newest first, as log lines. Sets `held_since` of
/// each campaign that an alert shows as held.
pub(super) fn open(
    snapshot: &Snapshot,
    campaigns: &mut [CampaignBoard],
    now: Timestamp,
) -> Vec<Value> {
    let mut open = Vec::new();
    for alert in &snapshot.alerts {
        let Ok(line) = serde_json::from_str::<Value>(&alert.line) else {
            continue;
        };
        let entry = Entry::deserialize(&line).ok();
        // An alert that cannot be read in full is shown: one alert too many is better than one too few.
        let lasts = entry.is_none_or(|entry| lasts(&entry, snapshot, campaigns, now));
        if lasts {
            open.push(line);
        }
    }
    open
}

fn lasts(
    entry: &Entry,
    snapshot: &Snapshot,
    campaigns: &mut [CampaignBoard],
    now: Timestamp,
) -> bool {
    let data = &entry.data;
    match (data.alert.as_deref(), &entry.campaign, &data.trunk) {
        (Some(alert @ (CAMPAIGN_WAITS | REGISTRY_MISSING)), Some(name), _) => {
            let mut campaigns = campaigns.iter_mut();
            let Some(campaign) = campaigns.find(|one| one.name == *name) else {
                return false;
            };
            let held = campaign.phase == Phase::Held && still(&campaign.next, &data.reasons);
            if held {
                campaign.held_since.get_or_insert(entry.at);
            }
            // While other contacts are called, those that wait for a registry count as waiting for a cap.
            held || alert == REGISTRY_MISSING && campaign.waiting.cap > 0
        }
        (Some(TRUNK_RESTS), _, Some(trunk)) => snapshot.rest_of(trunk, now).is_some(),
        (Some(CLOCK_BEHIND), ..) => clock_behind(snapshot.last_event_at, now).is_some(),
        (Some(CLOCK_JUMPED), ..) => snapshot.clock_held.is_some(),
        _ => data.until.is_none_or(|until| now < until),
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
