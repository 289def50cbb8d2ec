//! Builds a deck's two logs by hand, sealed as the event log is, so that each rule can be broken alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, NaiveDateTime, SecondsFormat};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Monday 2026-12-07 15:30 UTC, 10:30 in New York and 09:30 in Chicago.
pub(crate) const START: i64 = 1_796_657_400_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// A little over 6 seconds: ten a minute.
const SPACING: i64 = 6_010;

/// An entry of the event log without its place in the chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) at: i64,
    pub(crate) kind: &'static str,
    pub(crate) campaign: String,
    pub(crate) contact: i64,
    pub(crate) attempt: String,
    pub(crate) number: String,
    pub(crate) data: Value,
}

/// One planned call with its expected log entries.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) campaign: String,
    pub(crate) contact: i64,
    pub(crate) attempt: String,
    pub(crate) number: String,
    pub(crate) caller_id: String,
    pub(crate) from: String,
    pub(crate) reserved: i64,
    pub(crate) invite: Option<i64>,
    pub(crate) ended: Option<i64>,
    pub(crate) outcome: &'static str,
    pub(crate) counts: bool,
    pub(crate) zones: Vec<&'static str>,
    pub(crate) zone_source: &'static str,
    pub(crate) offset_hours: i64,
    pub(crate) regions: Vec<&'static str>,
    pub(crate) consent: Value,
    pub(crate) registry_date: Value,
    pub(crate) n: i64,
    pub(crate) not_before: Option<i64>,
    pub(crate) code: Option<i64>,
    pub(crate) rings: bool,
}

impl Call {
    /// Ends the call after `seconds`.
    pub(crate) fn lasting(mut self, seconds: i64) -> Self {
        self.ended = Some(self.reserved + seconds * SECOND);
        self
    }

    /// Moves the call to another instant.
    pub(crate) fn moved_to(mut self, at: i64) -> Self {
        let by = at - self.reserved;
        self.reserved = at;
        self.invite = self.invite.map(|at| at + by);
        self.ended = self.ended.map(|at| at + by);
        self
    }
}

/// A deck's run, before its logs are written.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) campaigns: BTreeMap<String, Value>,
    pub(crate) calls: Vec<Call>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) invites: Vec<Value>,
}

impl Scene {
    /// Returns a run of 120 contacts, called one every 6 seconds for 20 seconds each.
    pub(crate) fn new() -> Self {
        let calls = (0..120)
            .map(|index| call(index, START + index * SPACING))
            .collect();
        Self {
            campaigns: BTreeMap::from([("spring".to_owned(), settings("spring"))]),
            calls,
            entries: Vec::new(),
            invites: Vec::new(),
        }
    }

    /// Adds an entry of the deck or of a campaign.
    pub(crate) fn entry(&mut self, at: i64, kind: &'static str, campaign: &str, data: Value) {
        self.entries.push(Entry {
            at,
            kind,
            campaign: campaign.to_owned(),
            data,
            ..Entry::default()
        });
    }

    /// Adds an entry about a number.
    pub(crate) fn about(&mut self, at: i64, kind: &'static str, number: &str, data: Value) {
        self.entry(at, kind, "", data);
        let added = self.entries.last_mut().expect("just added");
        number.clone_into(&mut added.number);
    }

    /// Adds an entry about a contact of the campaign.
    pub(crate) fn of_contact(
        &mut self,
        at: i64,
        kind: &'static str,
        (contact, number): (i64, &str),
        data: Value,
    ) {
        self.entry(at, kind, "spring", data);
        let added = self.entries.last_mut().expect("just added");
        added.contact = contact;
        number.clone_into(&mut added.number);
    }

    /// Returns the sealed event log.
    pub(crate) fn log(&self) -> String {
        let mut entries = vec![plain(START - HOUR, "deck_opened", "")];
        for (name, settings) in &self.campaigns {
            let mut added = plain(START - 50 * MINUTE, "campaign_added", name);
            added.data = json!({ "settings": settings });
            entries.push(added);
            entries.push(plain(START - 40 * MINUTE, "contacts_imported", name));
            entries.push(plain(START, "campaign_started", name));
        }
        entries.extend(self.entries.iter().cloned());
        self.calls
            .iter()
            .for_each(|call| entries.extend(entries_of(call)));
        entries.sort_by_key(|entry| entry.at);
        gauges(&mut entries, &self.calls);
        seal(&entries)
    }

    /// Returns the carrier's log as JSON lines.
    pub(crate) fn carrier(&self) -> String {
        let mut lines = self.invites.clone();
        for call in &self.calls {
            let Some(invite) = call.invite else { continue };
            let mut line = |at, event: &str| {
                lines.push(json!({
                    "at": clock(at), "event": event, "attempt": call.attempt,
                    "to": call.number, "from": call.from, "code": call.code,
                }));
            };
            line(invite, "invite");
            if let Some(ended) = call.ended {
                line(invite + SECOND, "ringing");
                if call.outcome == "human" {
                    line(invite + 2 * SECOND, "answer");
                }
                line(ended - 10, "end");
            }
        }
        lines.iter().fold(String::new(), |mut log, line| {
            writeln!(log, "{line}").expect("strings grow");
            log
        })
    }
}

/// Returns a call to the contact of that index, with everything in order.
pub(crate) fn call(index: i64, at: i64) -> Call {
    let (area, zone, offset_hours, region) = [
        (212, "America/New_York", -5, "US-NY"),
        (305, "America/New_York", -5, "US-FL"),
        (404, "America/New_York", -5, "US-GA"),
        (312, "America/Chicago", -6, "US-IL"),
    ][usize::try_from(index % 4).expect("an index is not negative")];
    let shown = format!("+1646555{:04}", 100 + index % 8);
    Call {
        campaign: "spring".to_owned(),
        contact: index + 1,
        attempt: format!("00000001-{}", index + 1),
        number: format!("+1{area}555{:04}", 100 + index / 4),
        caller_id: shown.clone(),
        from: shown,
        reserved: at,
        invite: Some(at + 20),
        ended: Some(at + 20 * SECOND),
        outcome: "human",
        counts: true,
        zones: vec![zone],
        zone_source: "number",
        offset_hours,
        regions: vec![region],
        consent: json!({ "kind": "express", "source": "form 7", "at": clock(START - 9 * HOUR) }),
        registry_date: Value::Null,
        n: 1,
        not_before: None,
        code: None,
        rings: true,
    }
}

/// Returns a campaign's settings as the log has them.
pub(crate) fn settings(name: &str) -> Value {
    let span = |secs: i64| json!({ "secs": secs, "nanos": 0 });
    json!({
        "name": name, "seller": "Acme", "purpose": "reminder", "call_class": "automated",
        "agent": "automated", "trunk": "main", "pci": false, "evidence": "all",
        "schedule": {
            "start": null, "expires": null, "days": "Mon,Tue,Wed,Thu,Fri,Sat,Sun",
            "open": "00:00", "close": "24:00", "ramp": span(120), "order": "fifo",
        },
        "pacing": { "calls_per_minute": 10, "max_concurrent": 5, "weight": 1 },
        "attempts": { "max": 2, "min_gap": span(1800), "per_outcome": {} },
        "voicemail": "hang_up", "consent": "express",
        "caller_id": { "pool": "east", "numbers": [], "strategy": "local", "hourly_cap": 30 },
        "required_lists": [], "abandonment_limit_percent": 3, "results_url": null,
        "rule_overrides": [],
    })
}

fn plain(at: i64, kind: &'static str, campaign: &str) -> Entry {
    Entry {
        at,
        kind,
        campaign: campaign.to_owned(),
        data: json!({}),
        ..Entry::default()
    }
}

/// Returns a call's entries in the event log.
fn entries_of(call: &Call) -> Vec<Entry> {
    let entry = |at, kind, data| Entry {
        at,
        kind,
        campaign: call.campaign.clone(),
        contact: call.contact,
        attempt: call.attempt.clone(),
        number: call.number.clone(),
        data,
    };
    let local = local(call.reserved + call.offset_hours * HOUR);
    let local = local.format("%a %H:%M:%S").to_string();
    let times: BTreeMap<&str, &str> = call.zones.iter().map(|zone| (*zone, &*local)).collect();
    let mut entries = vec![entry(
        call.reserved,
        "attempt_reserved",
        json!({
            "n": call.n, "trunk": "main", "caller_id": call.caller_id, "attestation": "A",
            "branded": false, "call_class": "automated", "purpose": "reminder", "zones": call.zones,
            "zone_source": call.zone_source,
            "regions": call.regions, "local_times": times, "rules_digest": "0",
            "consent": call.consent, "registry_date": call.registry_date,
            "not_before": call.not_before.map(clock),
            "caps": {
                "deck": [0, 10], "trunk": [0, 8], "campaign": [0, 5], "trunk_per_minute": [0, 20],
                "campaign_per_minute": [0, 10], "caller_id_hour": [0, 30],
            },
        }),
    )];
    let invite = call.invite;
    entries.extend(invite.map(|at| entry(at + 30, "attempt_sent", json!({}))));
    if let Some(ended) = call.ended {
        let ringing = invite.filter(|_| call.rings);
        entries.extend(ringing.map(|at| entry(at + SECOND, "call_ringing", json!({}))));
        if call.outcome == "human" {
            entries.extend(invite.map(|at| entry(at + 2 * SECOND, "call_answered", json!({}))));
        }
        let data = json!({
            "outcome": call.outcome, "cause": "completed", "fault": "none", "sip_code": call.code,
            "rang": call.rings, "ring_ms": call.rings.then_some(0), "talk_ms": 0, "callee_type": null, "counts": call.counts,
        });
        entries.push(entry(ended, "call_ended", data));
    }
    entries
}

/// Fills in the calls in flight that each reservation counted.
fn gauges(entries: &mut [Entry], calls: &[Call]) {
    let campaigns: BTreeMap<&str, &str> = calls
        .iter()
        .map(|call| (&*call.attempt, &*call.campaign))
        .collect();
    let mut by_campaign: BTreeMap<&str, i64> = BTreeMap::new();
    let mut deck = 0;
    for entry in entries {
        let step = match entry.kind {
            "attempt_reserved" => 1,
            "call_ended" => -1,
            _ => continue,
        };
        let Some(campaign) = campaigns.get(&*entry.attempt) else {
            continue;
        };
        let count = by_campaign.entry(campaign).or_default();
        if step == 1 {
            entry.data["caps"]["deck"][0] = deck.into();
            entry.data["caps"]["trunk"][0] = deck.into();
            entry.data["caps"]["campaign"][0] = (*count).into();
        }
        *count += step;
        deck += step;
    }
}

fn seal(entries: &[Entry]) -> String {
    let mut prev = "0".repeat(64);
    let mut log = String::new();
    for (place, entry) in entries.iter().enumerate() {
        let text = |text: &str| {
            if text.is_empty() {
                Value::Null
            } else {
                text.into()
            }
        };
        let contact = (entry.contact > 0).then_some(entry.contact);
        let body = format!(
            r#"{{"v":1,"seq":{},"at":"{}","kind":"{}","actor":"engine","campaign":{},"contact":{},"attempt":{},"number":{},"data":{},"prev":"{prev}""#,
            place + 1,
            clock(entry.at),
            entry.kind,
            text(&entry.campaign),
            json!(contact),
            text(&entry.attempt),
            text(&entry.number),
            entry.data,
        );
        prev = digest(&format!("{body}}}"));
        writeln!(log, r#"{body},"hash":"{prev}"}}"#).expect("strings grow");
    }
    log
}

pub(crate) fn digest(text: &str) -> String {
    let bytes: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("strings grow");
        hex
    })
}

pub(crate) fn clock(at: i64) -> String {
    let at = DateTime::from_timestamp_millis(at).expect("a near instant");
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn local(at: i64) -> NaiveDateTime {
    DateTime::from_timestamp_millis(at)
        .expect("a near instant")
        .naive_utc()
}
