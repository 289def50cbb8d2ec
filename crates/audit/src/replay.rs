//! Replays the event log line by line and judges each line by those before it.

mod recovery;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use self::recovery::Recovery;
use super::history::{Attempt, Campaign, History, Phase, Settings, Suppression};
use super::read::{Event, instant, text, texts};
use super::window::Windows;
use super::{Breach, Options};

/// The state of the deck according to the log so far.
pub(crate) struct Replay<'a> {
    pub(crate) history: History,
    pub(crate) options: &'a Options,
    pub(crate) breaches: &'a mut Vec<Breach>,
    /// Calls in flight by trunk. The next two count them by campaign and for the deck.
    pub(crate) by_trunk: BTreeMap<String, i64>,
    pub(crate) by_campaign: BTreeMap<String, i64>,
    pub(crate) deck: i64,
    /// The attempt in flight to a number.
    pub(crate) to_number: HashMap<String, usize>,
    /// When each number was last shown as a caller ID.
    pub(crate) shown: HashMap<String, i64>,
    /// Attempts that count, by contact.
    pub(crate) counted: HashMap<i64, i64>,
    /// Contacts that have had an attempt.
    pub(crate) tried: BTreeSet<i64>,
    /// The earliest instant of the next attempt, by contact.
    pub(crate) due: HashMap<i64, i64>,
    /// Final states, by contact.
    pub(crate) finished: HashMap<i64, String>,
    /// Numbers that were taken off a list.
    pub(crate) reversed: BTreeSet<String>,
    /// When consent for a number was last revoked.
    pub(crate) revoked: HashMap<String, i64>,
    /// Imports that have started: their campaign, list and file.
    pub(crate) imports: Vec<[String; 3]>,
    /// Registries that were loaded, with the dates of their areas.
    pub(crate) registries: BTreeMap<String, BTreeMap<String, i64>>,
    /// What a deck that went back in time has yet to restore.
    pub(crate) recovery: Recovery,
    /// Numbers of registry files given to the judge, by list.
    pub(crate) registered: Vec<(String, BTreeSet<String>)>,
}

/// Replays the log. Returns its history.
pub(crate) fn replay(events: &[Event], options: &Options, breaches: &mut Vec<Breach>) -> History {
    let mut replay = Replay::new(options, breaches);
    let mut last = None;
    for event in events {
        if event.kind == "deck_opened" {
            replay
                .history
                .down
                .extend(last.map(|last| (last, event.at)));
        }
        replay.take(event);
        last = Some(event.at);
    }
    replay.history.end = last.unwrap_or(0);
    replay.finish();
    replay.history
}

impl<'a> Replay<'a> {
    fn new(options: &'a Options, breaches: &'a mut Vec<Breach>) -> Self {
        Self {
            history: History {
                windows: Windows::new(),
                campaigns: BTreeMap::new(),
                attempts: Vec::new(),
                places: HashMap::new(),
                suppressions: HashMap::new(),
                lost: Vec::new(),
                down: Vec::new(),
                resting: Vec::new(),
                troubles: Vec::new(),
                end: 0,
                ending: String::new(),
            },
            options,
            breaches,
            by_trunk: BTreeMap::new(),
            by_campaign: BTreeMap::new(),
            deck: 0,
            to_number: HashMap::new(),
            shown: HashMap::new(),
            counted: HashMap::new(),
            tried: BTreeSet::new(),
            due: HashMap::new(),
            finished: HashMap::new(),
            reversed: BTreeSet::new(),
            revoked: HashMap::new(),
            imports: Vec::new(),
            registries: BTreeMap::new(),
            recovery: Recovery::default(),
            registered: options
                .registries
                .iter()
                .map(|(list, file)| (list.clone(), file.lines().filter_map(listed).collect()))
                .collect(),
        }
    }

    pub(crate) fn breach(&mut self, rule: &'static str, event: &Event, text: impl Into<String>) {
        self.breaches
            .push(Breach::new(rule, event.at, &event.attempt, text));
    }

    fn take(&mut self, event: &Event) {
        match event.kind.as_str() {
            "campaign_added" | "campaign_started" | "campaign_resumed" | "campaign_paused"
            | "campaign_stopped" | "campaign_changed" => self.campaign(event),
            "contacts_imported" => {
                self.import_ended(event);
                self.campaign(event);
                self.imported(event);
            }
            "import_started" => self.import_started(event),
            "suppression_added" | "suppression_reversed" => self.suppression(event),
            "registry_loaded" => {
                self.import_ended(event);
                self.registry_loaded(event);
                self.list_imported(event);
            }
            "incarnation_started" => self.incarnation(event),
            "lists_confirmed" => self.made_good(event, &texts(&event.data["lists"])),
            "consent_revoked" => {
                self.revoked.insert(event.number.clone(), event.at);
            }
            "attempt_reserved" => self.reserved(event),
            "attempt_sent" => self.progress(event, Phase::Sent),
            "call_ringing" => self.progress(event, Phase::Ringing),
            "call_answered" => self.progress(event, Phase::Connected),
            "callee_detected" => self.detected(event),
            "attempt_unknown" => self.progress(event, Phase::Unknown),
            "attempt_reconciled" => self.reconciled(event),
            "call_ended" => self.ended(event),
            "attempt_corrected" => self.corrected(event),
            "attempt_reopened" => self.reopened(event),
            "retry_planned" => {
                let due = instant(&event.data["due"]).unwrap_or(0);
                self.due.insert(event.contact, due);
                if let Some(campaign) = self.history.campaigns.get_mut(&event.campaign) {
                    campaign.retries.push((event.at, event.contact, due));
                }
                // A contact that a list entry had ended is restored by the entry's reversal, and by nothing
                // else.
                let restored =
                    event.data["outcome"] == "restored" && self.reversed.contains(&event.number);
                if self
                    .finished
                    .get(&event.contact)
                    .is_some_and(|state| state == "unknown" || (restored && state == "suppressed"))
                {
                    self.unfinish(event);
                }
            }
            "contact_finished" => self.contact_finished(event),
            "alert_raised" => self.alert(event),
            "deck_closed" => self.history.ending = text(&event.data["ending"]),
            "deck_opened" => {
                self.history.ending.clear();
                self.run(event);
            }
            "consent_recorded" => {}
            other => self.breach("D17", event, format!("`{other}` is not a kind of event")),
        }
    }

    fn campaign(&mut self, event: &Event) {
        let known = self.history.campaigns.contains_key(&event.campaign);
        if known == (event.kind == "campaign_added") {
            self.breach("D17", event, format!("{} out of place", event.kind));
        }
        let campaign = self
            .history
            .campaigns
            .entry(event.campaign.clone())
            .or_default();
        match event.kind.as_str() {
            "campaign_added" => {
                let settings = &event.data["settings"];
                campaign.settings = Settings::read(settings);
                campaign
                    .pacing
                    .extend(pacing(event.at, &settings["pacing"]));
            }
            "campaign_started" | "campaign_resumed" => campaign.run(event.at, true),
            "campaign_paused" | "campaign_stopped" => campaign.run(event.at, false),
            "contacts_imported" => {
                campaign.imports.push(event.at);
                if campaign.done {
                    campaign.run(event.at, true);
                }
            }
            _ if event.data["brake"] == "released" => {
                campaign.answered.clear();
                campaign.abandoned.clear();
            }
            _ if event.data["state"] == "done" => {
                campaign.run(event.at, false);
                campaign.done = true;
            }
            _ => campaign
                .pacing
                .extend(pacing(event.at, &event.data["pacing"])),
        }
    }

    /// Adds how many contacts of each class an import added.
    fn imported(&mut self, event: &Event) {
        let Some(campaign) = self.history.campaigns.get(&event.campaign) else {
            return;
        };
        let settings = campaign.settings.clone();
        let mut classes = Vec::new();
        for class in event.data["classes"].as_array().into_iter().flatten() {
            let taken = class["taken"].as_i64().unwrap_or(0);
            classes.push((event.at, self.class_of(class, &settings), taken));
        }
        if let Some(campaign) = self.history.campaigns.get_mut(&event.campaign) {
            campaign.classes.extend(classes);
        }
    }

    fn suppression(&mut self, event: &Event) {
        let list = text(&event.data["list"]);
        let entries = self
            .history
            .suppressions
            .entry(event.number.clone())
            .or_default();
        if event.kind == "suppression_added" {
            entries.push(Suppression {
                list,
                at: event.at,
                reversed: None,
            });
            return;
        }
        let active = entries
            .iter_mut()
            .find(|entry| entry.list == list && entry.reversed.is_none());
        match active {
            Some(entry) => {
                entry.reversed = Some(event.at);
                self.reversed.insert(event.number.clone());
                if event.data["consent_restored"] == true {
                    self.revoked.remove(&event.number);
                }
            }
            None => self.breach("D2", event, "reversed a suppression that was not there"),
        }
    }

    /// Returns the index of the attempt an event is about. Adds a breach if it was never reserved.
    fn attempt(&mut self, event: &Event) -> Option<usize> {
        let place = self.history.places.get(&event.attempt).copied();
        if place.is_none() {
            self.breach(
                "D15",
                event,
                format!("{} without a reservation", event.kind),
            );
        }
        place
    }

    fn progress(&mut self, event: &Event, to: Phase) {
        let Some(place) = self.attempt(event) else {
            return;
        };
        let from = self.history.attempts[place].phase;
        if from >= to {
            let rule = if from == Phase::Unknown { "D15" } else { "D18" };
            self.breach(rule, event, format!("{} after {from:?}", event.kind));
            return;
        }
        let attempt = &mut self.history.attempts[place];
        attempt.phase = to;
        if to == Phase::Sent {
            attempt.sent = Some(event.at);
        }
        if (attempt.number != event.number && !event.number.is_empty())
            || (attempt.campaign != event.campaign && !event.campaign.is_empty())
        {
            self.breach("D15", event, "another number or campaign than reserved");
        }
    }

    fn detected(&mut self, event: &Event) {
        if let Some(place) = self.attempt(event) {
            let phase = self.history.attempts[place].phase;
            if phase != Phase::Connected {
                self.breach("D18", event, format!("callee detected while {phase:?}"));
            }
        }
    }

    fn reconciled(&mut self, event: &Event) {
        if let Some(place) = self.attempt(event) {
            let phase = self.history.attempts[place].phase;
            if phase != Phase::Unknown {
                self.breach("D18", event, format!("reconciled while {phase:?}"));
            }
        }
    }

    fn ended(&mut self, event: &Event) {
        let Some(place) = self.attempt(event) else {
            return;
        };
        if self.history.attempts[place].phase == Phase::Ended {
            self.breach("D18", event, "ended a second time");
            return;
        }
        let attempt = &mut self.history.attempts[place];
        attempt.phase = Phase::Ended;
        attempt.ended = Some(event.at);
        attempt.outcome = text(&event.data["outcome"]);
        attempt.cause = text(&event.data["cause"]);
        attempt.sip_code = event.data["sip_code"].as_i64();
        attempt.rang |= event.data["rang"] == true || !event.data["ring_ms"].is_null();
        attempt.counts = event.data["counts"].as_bool().unwrap_or(true);
        let attempt: Attempt = attempt.clone();
        if attempt.outcome.is_empty() {
            self.breach("D15", event, "ended without an outcome");
        }
        // Every call that rang is one more call to its callee, even if its end was not the callee's doing.
        if attempt.rang && !attempt.counts {
            self.breach("D6", event, "its phone rang, and it does not count");
        }
        // A network's block looks like a decline, but no phone rings.
        let by_person = attempt.cause == "declined" || event.data["rang"] == false;
        let declined = attempt.outcome == "declined" && attempt.sip_code == Some(603);
        if declined && by_person && !attempt.rang {
            self.breach("D15", event, "a person's decline (603) without any ringing");
        }
        let abandoned = attempt.outcome == "abandoned";
        if (abandoned || attempt.outcome == "human")
            && let Some(campaign) = self.history.campaigns.get_mut(&attempt.campaign)
        {
            campaign.answered.push(event.at);
            campaign.abandoned.extend(abandoned.then_some(event.at));
        }
        if attempt.outcome == "throttled" {
            self.history
                .troubles
                .push((event.at, attempt.trunk.clone()));
        }
        if !attempt.counts {
            *self.counted.entry(attempt.contact).or_default() -= 1;
        }
        *self.by_trunk.entry(attempt.trunk).or_default() -= 1;
        *self.by_campaign.entry(attempt.campaign).or_default() -= 1;
        self.deck -= 1;
        if self.to_number.get(&attempt.number) == Some(&place) {
            self.to_number.remove(&attempt.number);
        }
    }

    /// An attempt that had ended is corrected: it did not count, or was not known to be answered.
    fn corrected(&mut self, event: &Event) {
        let Some(place) = self.attempt(event) else {
            return;
        };
        let attempt = &mut self.history.attempts[place];
        let outcome = text(&event.data["outcome"]);
        let reached = is_reached(&outcome) && !is_reached(&attempt.outcome);
        let corrects = attempt.phase == Phase::Ended && (!attempt.counts || reached);
        if !corrects || event.data["counts"] != true {
            self.breach("D15", event, "corrected what needed no correction");
            return;
        }
        let counted = std::mem::replace(&mut attempt.counts, true);
        attempt.outcome = outcome;
        attempt.cause = text(&event.data["cause"]);
        if !counted {
            *self.counted.entry(event.contact).or_default() += 1;
        }
    }

    /// An attempt that had ended is reopened: there is a call, which holds its slots and its number until it
    /// ends once more.
    fn reopened(&mut self, event: &Event) {
        let Some(place) = self.attempt(event) else {
            return;
        };
        let attempt = &mut self.history.attempts[place];
        let answered = event.data["word"] == "answered" && !is_reached(&attempt.outcome);
        let reopens = attempt.phase == Phase::Ended && (!attempt.counts || answered);
        if !reopens || event.data["counts"] != true {
            self.breach("D15", event, "opened again what has its end");
            return;
        }
        attempt.phase = Phase::Unknown;
        attempt.ended = None;
        attempt.rang |= event.data["word"] != "placed";
        let counted = std::mem::replace(&mut attempt.counts, true);
        let attempt: Attempt = attempt.clone();
        if !counted {
            *self.counted.entry(attempt.contact).or_default() += 1;
        }
        *self.by_trunk.entry(attempt.trunk).or_default() += 1;
        *self.by_campaign.entry(attempt.campaign).or_default() += 1;
        self.deck += 1;
        self.to_number.entry(attempt.number).or_insert(place);
    }

    fn alert(&mut self, event: &Event) {
        match event.data["alert"]
            .as_str()
            .unwrap_or_default()
            .strip_prefix("caller_id_")
        {
            Some(state) => {
                let number = text(&event.data["caller_id"]);
                let until = match (state, instant(&event.data["until"])) {
                    ("active", _) => event.at,
                    (_, Some(until)) => until,
                    (_, None) => i64::MAX,
                };
                self.history.resting.push((event.at, number, until));
            }
            None => self.history.troubles.push((event.at, String::new())),
        }
    }

    fn contact_finished(&mut self, event: &Event) {
        let state = text(&event.data["state"]);
        self.finished.insert(event.contact, state.clone());
        if let Some(campaign) = self.history.campaigns.get_mut(&event.campaign) {
            campaign.finished.insert(event.contact, state);
            campaign.ends.push((event.at, event.contact));
        }
    }

    fn unfinish(&mut self, event: &Event) {
        self.finished.remove(&event.contact);
        if let Some(campaign) = self.history.campaigns.get_mut(&event.campaign) {
            campaign.finished.remove(&event.contact);
        }
    }

    fn finish(&mut self) {
        let end = self.history.end;
        if !self.options.unfinished {
            for attempt in &self.history.attempts {
                if !matches!(attempt.phase, Phase::Ended | Phase::Unknown) {
                    let text = format!("never ended; it is {:?}", attempt.phase);
                    self.breaches
                        .push(Breach::new("D15", end, &attempt.id, text));
                }
            }
        }
    }
}

impl Campaign {
    fn run(&mut self, at: i64, running: bool) {
        self.runs.push((at, running));
        self.done = false;
    }
}

/// Returns whether a person or a machine answered.
fn is_reached(outcome: &str) -> bool {
    matches!(
        outcome,
        "human" | "voicemail" | "fax" | "answered" | "abandoned"
    )
}

fn pacing(at: i64, value: &Value) -> Option<(i64, i64, i64)> {
    let cpm = value["calls_per_minute"].as_i64()?;
    Some((at, cpm, value["max_concurrent"].as_i64()?))
}

/// Returns the number on a line of a registry file: E.164, ten digits, or `area code,seven digits`.
fn listed(line: &str) -> Option<String> {
    let mut columns = line.split(',').map(|column| {
        let digits: String = column.chars().filter(char::is_ascii_digit).collect();
        (column.trim().starts_with('+'), digits)
    });
    let (plus, first) = columns.next()?;
    let second = columns.next().map(|(_, digits)| digits).unwrap_or_default();
    match (plus, first.len(), second.len()) {
        (false, 3, 7) => Some(format!("+1{first}{second}")),
        (false, 10, _) => Some(format!("+1{first}")),
        (_, 7.., _) => Some(format!("+{first}")),
        _ => None,
    }
}
