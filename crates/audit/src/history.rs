//! The event log as values: campaigns over time, attempts, suppressions.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::read::{instant, span, text, texts};
use super::tables::{minute_of_day, weekdays};
use super::window::Windows;

/// What a campaign's owner decided, as `campaign_added` logs it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) purpose: String,
    pub(crate) call_class: String,
    /// Whether a complete address may replace the number's places.
    pub(crate) by_address: bool,
    pub(crate) trunk: String,
    pub(crate) agent: String,
    pub(crate) consent: String,
    pub(crate) start: Option<i64>,
    pub(crate) expires: Option<i64>,
    pub(crate) days: u8,
    pub(crate) open: u32,
    pub(crate) close: u32,
    pub(crate) ramp: i64,
    pub(crate) max_attempts: i64,
    pub(crate) min_gap: i64,
    pub(crate) caller_ids: Vec<String>,
    pub(crate) hourly_cap: i64,
    pub(crate) required_lists: Vec<String>,
    pub(crate) set_aside: Vec<String>,
    pub(crate) abandonment_limit: i64,
    /// Preconditions set aside: the place, and the kind of precondition.
    pub(crate) waived: Vec<(String, String)>,
}

impl Settings {
    pub(crate) fn read(value: &Value) -> Self {
        let schedule = &value["schedule"];
        let minute = |key: &str, default| {
            schedule[key]
                .as_str()
                .and_then(minute_of_day)
                .unwrap_or(default)
        };
        let attempts = &value["attempts"];
        Self {
            purpose: text(&value["purpose"]),
            call_class: voice(&value["call_class"], &value["agent"]),
            trunk: text(&value["trunk"]),
            agent: text(&value["agent"]),
            consent: text(&value["consent"]),
            by_address: value["evidence"] == "address"
                && value["evidence_reason"]
                    .as_str()
                    .is_some_and(|why| !why.is_empty()),
            start: instant(&schedule["start"]),
            expires: instant(&schedule["expires"]),
            days: schedule["days"].as_str().map_or(0x7f, weekdays),
            open: minute("open", 0),
            close: minute("close", 1440),
            ramp: span(&schedule["ramp"]),
            max_attempts: attempts["max"].as_i64().unwrap_or(i64::MAX),
            min_gap: span(&attempts["min_gap"]),
            caller_ids: texts(&value["caller_id"]["numbers"]),
            hourly_cap: value["caller_id"]["hourly_cap"]
                .as_i64()
                .unwrap_or(i64::MAX),
            required_lists: texts(&value["required_lists"]),
            abandonment_limit: value["abandonment_limit_percent"].as_i64().unwrap_or(3),
            waived: value["rule_overrides"]
                .as_array()
                .map(|rules| {
                    let rules = rules.iter();
                    rules
                        .map(|rule| (text(&rule["place"]), text(&rule["what"])))
                        .collect()
                })
                .unwrap_or_default(),
            set_aside: value["rule_overrides"]
                .as_array()
                .map(|rules| rules.iter().map(|rule| text(&rule["rule"])).collect())
                .unwrap_or_default(),
        }
    }
}

/// Returns the call class. An automated agent has an artificial voice, no matter which class is configured
/// (FCC 24-17). Older logs have `debt` as a class, which is now the purpose.
fn voice(class: &Value, agent: &Value) -> String {
    match (class.as_str(), agent.as_str()) {
        (_, Some("automated")) => "automated".to_owned(),
        (Some("debt"), _) => "live".to_owned(),
        (class, _) => class.unwrap_or_default().to_owned(),
    }
}

/// A campaign over the whole log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Campaign {
    pub(crate) settings: Settings,
    /// When it started or stopped running.
    pub(crate) runs: Vec<(i64, bool)>,
    /// Whether it last stopped because every contact had reached an end.
    pub(crate) done: bool,
    /// When its pacing changed: calls per minute, calls in flight.
    pub(crate) pacing: Vec<(i64, i64, i64)>,
    /// When contacts were added.
    pub(crate) imports: Vec<i64>,
    /// How many contacts of each class an import added: when, which class, how many.
    pub(crate) classes: Vec<(i64, usize, i64)>,
    /// Next attempts that were planned: when, for which contact, not before which instant.
    pub(crate) retries: Vec<(i64, i64, i64)>,
    /// When contacts ended, and which.
    pub(crate) ends: Vec<(i64, i64)>,
    /// Contacts by the final state that the log last gave them.
    pub(crate) finished: BTreeMap<i64, String>,
    /// When people answered. The next one is when such a call was abandoned. Both since the brake's last
    /// release.
    pub(crate) answered: Vec<i64>,
    pub(crate) abandoned: Vec<i64>,
}

impl Campaign {
    /// Returns whether it is running after its last move.
    pub(crate) fn running(&self) -> bool {
        self.runs.last().is_some_and(|(_, running)| *running)
    }

    /// Returns since when it has not been running at an instant, `None` if it is running. A stop at that very
    /// instant does not count yet.
    pub(crate) fn stood_still_since(&self, at: i64) -> Option<i64> {
        self.runs
            .iter()
            .rev()
            .find(|(moved, running)| *moved < at || *moved == at && *running)
            .filter(|(_, running)| !running)
            .map(|(moved, _)| *moved)
    }

    /// Returns the calls per minute and calls in flight allowed by the last change.
    pub(crate) fn pace(&self) -> (i64, i64) {
        self.pacing
            .last()
            .map_or((0, 0), |(_, cpm, most)| (*cpm, *most))
    }

    /// Returns the calls per minute and calls in flight allowed at an instant.
    pub(crate) fn pace_at(&self, at: i64) -> (i64, i64) {
        self.pacing
            .iter()
            .rev()
            .find(|(since, ..)| *since <= at)
            .or(self.pacing.first())
            .map_or((0, 0), |(_, cpm, most)| (*cpm, *most))
    }
}

/// The caps that an attempt was reserved under.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Caps {
    pub(crate) deck: i64,
    pub(crate) trunk: i64,
    pub(crate) campaign: i64,
    pub(crate) trunk_minute: i64,
    pub(crate) campaign_minute: i64,
    pub(crate) caller_id_hour: i64,
}

/// The phase of an attempt, according to the log so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Reserved,
    Sent,
    Ringing,
    Connected,
    Unknown,
    Ended,
}

/// One attempt over the whole log.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempt {
    pub(crate) id: String,
    pub(crate) campaign: String,
    pub(crate) contact: i64,
    pub(crate) number: String,
    pub(crate) trunk: String,
    pub(crate) caller_id: String,
    pub(crate) call_class: String,
    pub(crate) purpose: String,
    pub(crate) regions: Vec<String>,
    pub(crate) consent: String,
    pub(crate) caps: Caps,
    pub(crate) binding: usize,
    /// Whether it is the first attempt of its contact.
    pub(crate) first: bool,
    pub(crate) phase: Phase,
    pub(crate) reserved: i64,
    /// If planned for a later place in the minute: the instant before which it may not be sent.
    pub(crate) not_before: Option<i64>,
    pub(crate) sent: Option<i64>,
    pub(crate) ended: Option<i64>,
    pub(crate) outcome: String,
    pub(crate) cause: String,
    pub(crate) sip_code: Option<i64>,
    /// Whether the callee's phone rang, according to the log.
    pub(crate) rang: bool,
    /// Whether it uses up one of the contact's attempts. An attempt without an end does.
    pub(crate) counts: bool,
}

/// A number's entry on a list.
#[derive(Clone, Debug)]
pub(crate) struct Suppression {
    pub(crate) list: String,
    pub(crate) at: i64,
    pub(crate) reversed: Option<i64>,
}

impl Suppression {
    /// Returns whether it binds a campaign.
    pub(crate) fn binds(&self, campaign: &str) -> bool {
        self.list
            .strip_prefix("campaign:")
            .is_none_or(|name| name == campaign)
    }
}

/// The whole log as values.
pub(crate) struct History {
    pub(crate) windows: Windows,
    pub(crate) campaigns: BTreeMap<String, Campaign>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) places: HashMap<String, usize>,
    pub(crate) suppressions: HashMap<String, Vec<Suppression>>,
    /// Losses of attempts: when the deck was found to have gone back in time, and up to when attempts may be
    /// missing.
    pub(crate) lost: Vec<(i64, i64)>,
    /// Spans in which no engine ran.
    pub(crate) down: Vec<(i64, i64)>,
    /// Caller IDs that were set aside: when, which, until when. One brought back rests until that instant.
    pub(crate) resting: Vec<(i64, String, i64)>,
    /// Alerts and throttled calls: the instant, and the trunk or nothing.
    pub(crate) troubles: Vec<(i64, String)>,
    /// The last instant of the log.
    pub(crate) end: i64,
    /// How the engine that closed the deck describes its end. Empty if none closed it.
    pub(crate) ending: String,
}
