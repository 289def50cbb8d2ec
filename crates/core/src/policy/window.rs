//! The callee's local calling hours under the law and the campaign's own schedule.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::decide::Findings;
use super::{Facts, HoldKind, Until, WindowReason};
use crate::domain::campaign::Schedule;
use crate::domain::{Campaign, MinuteOfDay, Timestamp, Weekdays, WindowClass};
use crate::rules::{Legal, Rules, is_within};

/// Whether a window class may be dialed by a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowStatus {
    /// Open until this instant, from which on a new call would no longer be allowed.
    Open {
        /// The first instant of the close.
        closes_at: Timestamp,
    },
    /// Shut for this reason.
    Shut {
        /// Why.
        kind: HoldKind,
        /// Until when.
        until: Until,
    },
}

/// How far ahead a window is looked for: a year and the odd holiday.
const HORIZON: Duration = Duration::from_hours(370 * 24);

/// The status at `now`; `ring_secs` is taken off the close, so that no phone rings past it.
pub fn status(
    rules: &Rules,
    campaign: &Campaign,
    class: &WindowClass,
    ring_secs: u64,
    now: Timestamp,
) -> WindowStatus {
    // Where no rules exist no window opens: the claim refuses such contacts, so they must not wait.
    let call = campaign.settings.call_kind();
    if rules.without_rules(&class.regions, call).is_some() {
        return WindowStatus::Open {
            closes_at: now + HORIZON,
        };
    }
    let hours = Hours::new(rules, campaign, class, ring_secs);
    match hours.shut(now) {
        None => WindowStatus::Open {
            closes_at: hours.first(now, false).unwrap_or(now + HORIZON),
        },
        Some(kind) => WindowStatus::Shut {
            kind,
            until: hours.first(now, true).map_or(Until::Operator, Until::At),
        },
    }
}

/// The first instant at or after `from` at which the class is open; `None` within the next 370 days.
pub fn next_open(
    rules: &Rules,
    campaign: &Campaign,
    class: &WindowClass,
    ring_secs: u64,
    from: Timestamp,
) -> Option<Timestamp> {
    Hours::new(rules, campaign, class, ring_secs).first(from, true)
}

/// A stretch of a day as a campaign may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stretch {
    /// Neither law nor campaign allow a call.
    Never,
    /// The law allows a call, the campaign's own hours do not.
    LegalOnly,
    /// A call may start.
    Open,
}

/// What the class's window is at each of these instants.
pub fn stretches(
    rules: &Rules,
    campaign: &Campaign,
    class: &WindowClass,
    ring_secs: u64,
    instants: impl Iterator<Item = Timestamp>,
) -> Vec<Stretch> {
    let hours = Hours::new(rules, campaign, class, ring_secs);
    instants.map(|at| hours.stretch(at)).collect()
}

/// Holds unless every candidate zone is inside the law's and the campaign's hours (D1), now and for
/// as long as the phone may ring (47 CFR 64.1200(c)(1); 16 CFR 310.4(c); the states' and other
/// countries' own hours stand in the tables).
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let hours = Hours::of(facts);
    if let Some(kind) = hours.shut(now) {
        let until = hours.first(now, true).map_or(Until::Operator, Until::At);
        findings.hold(kind, until);
    }
}

/// Holds while a region of the class is under an emergency ban set by the operator (La. R.S.
/// 45:844.31 with LPSC order R-29617; N.Y. Gen. Bus. Law 399-z).
pub(super) fn banned(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    for kind in bans(facts.class, facts.emergency_bans) {
        findings.hold(kind, Until::Operator);
    }
}

/// The status of a class under a ban on one of its regions; `None`: no ban concerns it.
pub fn banned_status(class: &WindowClass, regions: &[String]) -> Option<WindowStatus> {
    bans(class, regions).next().map(|kind| WindowStatus::Shut {
        kind,
        until: Until::Operator,
    })
}

/// The bans on regions of the class. A ban on a country is one on all its parts, and one on a part also
/// covers numbers that are only known by country.
fn bans(class: &WindowClass, regions: &[String]) -> impl Iterator<Item = HoldKind> {
    let concerned = regions.iter().filter(|ban| {
        let mut places = class.regions.iter();
        places.any(|place| is_within(place, ban) || is_within(ban, place))
    });
    concerned.map(|region| HoldKind::EmergencyBan(region.clone()))
}

/// Each candidate zone with its local time, `("America/New_York", "Mon 10:30:00")`.
pub(super) fn local_times(facts: &Facts<'_>, now: Timestamp) -> Vec<(String, String)> {
    facts
        .class
        .zones
        .iter()
        .map(|zone| (zone.clone(), local_text(facts.rules, zone, now)))
        .collect()
}

pub(super) fn saw(facts: &Facts<'_>, now: Timestamp) -> String {
    if facts.class.zones.is_empty() {
        return "no zone known".to_owned();
    }
    let times: Vec<String> = local_times(facts, now)
        .into_iter()
        .map(|(zone, time)| format!("{time} in {zone}"))
        .collect();
    let regions = facts.class.regions.join(" ");
    format!("{}; rules of {regions}", times.join(", "))
}

pub(super) fn saw_banned(facts: &Facts<'_>, _now: Timestamp) -> String {
    if facts.emergency_bans.is_empty() {
        "none".to_owned()
    } else {
        format!("banned: {}", facts.emergency_bans.join(" "))
    }
}

/// `Mon 10:30:00`.
pub(super) fn local_text(rules: &Rules, zone: &str, at: Timestamp) -> String {
    rules
        .local_time(zone, at)
        .map_or_else(|| "?".to_owned(), |local| local.to_string())
}

/// Law and schedule of one campaign for one class.
struct Hours<'a> {
    rules: &'a Rules,
    campaign: &'a Campaign,
    class: &'a WindowClass,
    ring: Duration,
}

impl<'a> Hours<'a> {
    fn new(
        rules: &'a Rules,
        campaign: &'a Campaign,
        class: &'a WindowClass,
        ring_secs: u64,
    ) -> Self {
        Self {
            rules,
            campaign,
            class,
            ring: Duration::from_secs(ring_secs),
        }
    }

    fn of(facts: &Facts<'a>) -> Self {
        Self {
            rules: facts.rules,
            campaign: facts.campaign,
            class: facts.class,
            ring: ring_timeout(facts),
        }
    }

    /// Why no call may start at this instant.
    fn shut(&self, at: Timestamp) -> Option<HoldKind> {
        self.closed(at).or_else(|| {
            self.closed(at + self.ring)
                .map(|_| HoldKind::RingsPastClose)
        })
    }

    /// Why no phone may ring at this instant.
    fn closed(&self, at: Timestamp) -> Option<HoldKind> {
        let settings = &self.campaign.settings;
        let legal = self.rules.legal(
            self.class,
            settings.call_kind(),
            &settings.rule_overrides,
            at,
        );
        match legal {
            Legal::Open => outside(self.rules, &settings.schedule, self.class, at),
            Legal::Shut(reason, place) => Some(HoldKind::Window(reason, place)),
            Legal::NoZone => Some(HoldKind::NoZone),
            Legal::Disagree(zone) => Some(HoldKind::ZoneDataDisagree(zone)),
        }
    }

    fn stretch(&self, at: Timestamp) -> Stretch {
        if self.shut(at).is_none() {
            return Stretch::Open;
        }
        let settings = &self.campaign.settings;
        let overrides = &settings.rule_overrides;
        match self
            .rules
            .legal(self.class, settings.call_kind(), overrides, at)
        {
            Legal::Open => Stretch::LegalOnly,
            Legal::Shut(..) | Legal::NoZone | Legal::Disagree(_) => Stretch::Never,
        }
    }

    /// The first instant at or after `from` at which a call may start (`open`) or may not.
    fn first(&self, from: Timestamp, open: bool) -> Option<Timestamp> {
        if self.class.zones.is_empty() && open {
            return None;
        }
        let end = from + HORIZON;
        let mut at = from;
        while at <= end {
            if self.shut(at).is_none() == open {
                return Some(at);
            }
            // Whether a call may start changes only where the hours change, now or a ringing time
            // ahead.
            at = self
                .may_change(at)
                .min(self.may_change(at + self.ring) - self.ring);
        }
        None
    }

    /// An instant after `at` before which the hours certainly do not change.
    fn may_change(&self, at: Timestamp) -> Timestamp {
        let settings = &self.campaign.settings;
        let schedule = &settings.schedule;
        let law = self.rules.next_change(
            self.class,
            settings.call_kind(),
            &settings.rule_overrides,
            at,
        );
        let own = if narrows(schedule) {
            let edges = [schedule.open, schedule.close].map(|edge| edge.minutes() % 1440);
            self.rules.next_boundary(&self.class.zones, &edges, at)
        } else {
            None
        };
        let never = at + HORIZON + Duration::from_secs(1);
        law.unwrap_or(never).min(own.unwrap_or(never))
    }
}

/// How long the phone may ring; without a trunk the default of 30 s.
fn ring_timeout(facts: &Facts<'_>) -> Duration {
    facts
        .trunk
        .map_or(Duration::from_secs(30), |trunk| trunk.ring_timeout)
}

/// Ringing time in whole seconds, rounded up.
pub(super) fn ring_secs(facts: &Facts<'_>) -> u64 {
    let ring = ring_timeout(facts);
    ring.as_secs() + u64::from(ring.subsec_nanos() > 0)
}

/// Whether the campaign's own days and hours say anything at all.
fn narrows(schedule: &Schedule) -> bool {
    schedule.days != Weekdays::ALL
        || schedule.open != MinuteOfDay::MIDNIGHT
        || schedule.close != MinuteOfDay::END
}

/// Why the campaign's own days and hours shut some zone, if they do; they only ever narrow the law.
fn outside(
    rules: &Rules,
    schedule: &Schedule,
    class: &WindowClass,
    at: Timestamp,
) -> Option<HoldKind> {
    if !narrows(schedule) {
        return None;
    }
    class.zones.iter().find_map(|zone| {
        let Some(local) = rules.local_time(zone, at) else {
            return Some(HoldKind::NoZone);
        };
        let reason = if !schedule.days.contains(local.weekday) {
            WindowReason::DayClosed
        } else if local.second < u32::from(schedule.open.minutes()) * 60 {
            WindowReason::BeforeOpen
        } else if local.second >= u32::from(schedule.close.minutes()) * 60 {
            WindowReason::AfterClose
        } else {
            return None;
        };
        Some(HoldKind::Window(reason, format!("{zone} {local}")))
    })
}
