//! The callee's local calling hours under the law and the campaign's own schedule.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::findings::Findings;
use super::{Facts, HoldKind, Until, WindowReason};
use crate::domain::campaign::Schedule;
use crate::domain::{Campaign, MinuteOfDay, Timestamp, Weekdays, WindowClass};
use crate::rules::{Legal, Rules, is_within};

/// Whether a window class may be dialed by a campaign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowStatus {
    /// The window is open until `closes_at`, from which on a new call is no longer allowed.
    Open {
        /// The first instant of the close.
        closes_at: Timestamp,
    },
    /// The window is shut for this reason.
    Shut {
        /// Why the window is shut.
        kind: HoldKind,
        /// When the window opens, or that only an operator ends the reason.
        until: Until,
    },
}

/// How far ahead a window is searched: a year and a few holidays.
const HORIZON: Duration = Duration::from_hours(370 * 24);

/// Returns the status at `now`; `ring_secs` is subtracted from the close, so that no phone rings past it.
///
/// A class in a region without rules counts as open, because the claim refuses its contacts and they must not
/// wait. A window without a close within 370 days closes after that time.
pub fn status(
    rules: &Rules,
    campaign: &Campaign,
    class: &WindowClass,
    ring_secs: u64,
    now: Timestamp,
) -> WindowStatus {
    // Without rules no window opens: the claim refuses such contacts, so they must not wait.
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

/// Returns the first instant at or after `from` at which the class is open. `None` if there is none within
/// the next 370 days.
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
    /// Neither the law nor the campaign allows a call.
    Never,
    /// The law allows a call, the campaign's own hours do not.
    LegalOnly,
    /// A call may start.
    Open,
}

/// Returns the stretch that the class is in at each of these instants.
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

/// Holds unless every candidate zone is inside the law's and the campaign's hours (D1), now and for as long
/// as the phone may ring (47 CFR 64.1200(c)(1); 16 CFR 310.4(c); the tables have the states' and other
/// countries' own hours).
pub(super) fn judge(facts: &Facts<'_>, now: Timestamp, findings: &mut Findings<'_>) {
    let hours = Hours::of(facts);
    if let Some(kind) = hours.shut(now) {
        let until = hours.first(now, true).map_or(Until::Operator, Until::At);
        findings.hold(kind, until);
    }
}

/// Holds while a region of the class is under an emergency ban set by the operator (La. R.S. 45:844.31 with
/// LPSC order R-29617; N.Y. Gen. Bus. Law 399-z).
pub(super) fn banned(facts: &Facts<'_>, _now: Timestamp, findings: &mut Findings<'_>) {
    for kind in bans(facts.class, facts.emergency_bans) {
        findings.hold(kind, Until::Operator);
    }
}

/// Returns the status of a class under a ban on one of its regions. `None` if no ban covers it.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::WindowClass;
/// use dialdeck_core::policy::window::banned_status;
///
/// let class = WindowClass {
///     zones: vec!["America/Chicago".to_owned()],
///     regions: vec!["US-LA".to_owned()],
///     zone_source: "number".to_owned(),
/// };
/// assert!(banned_status(&class, &["US-LA".to_owned()]).is_some());
/// assert_eq!(banned_status(&class, &["US-TX".to_owned()]), None);
/// ```
pub fn banned_status(class: &WindowClass, regions: &[String]) -> Option<WindowStatus> {
    bans(class, regions).next().map(|kind| WindowStatus::Shut {
        kind,
        until: Until::Operator,
    })
}

/// Returns the bans on regions of the class. A ban on a country covers all its parts, and a ban on a part
/// also covers numbers that are only known by country.
fn bans(class: &WindowClass, regions: &[String]) -> impl Iterator<Item = HoldKind> {
    let concerned = regions.iter().filter(|ban| {
        let mut places = class.regions.iter();
        places.any(|place| is_within(place, ban) || is_within(ban, place))
    });
    concerned.map(|region| HoldKind::EmergencyBan(region.clone()))
}

/// Returns each candidate zone with its local time, `("America/New_York", "Mon 10:30:00")`.
pub(super) fn local_times(facts: &Facts<'_>, now: Timestamp) -> Vec<(String, String)> {
    facts
        .class
        .zones
        .iter()
        .map(|zone| (zone.clone(), local_text(facts.rules, zone, now)))
        .collect()
}

/// Returns the local time in each candidate zone and the regions, as text for `why`.
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

/// Returns the regions under an emergency ban, as text for `why`.
pub(super) fn saw_banned(facts: &Facts<'_>, _now: Timestamp) -> String {
    if facts.emergency_bans.is_empty() {
        "none".to_owned()
    } else {
        format!("banned: {}", facts.emergency_bans.join(" "))
    }
}

/// Returns the local time as `Mon 10:30:00`, `?` if the zone is not known.
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

    /// Returns why no call may start at this instant. `None` if one may.
    fn shut(&self, at: Timestamp) -> Option<HoldKind> {
        self.closed(at).or_else(|| {
            self.closed(at + self.ring)
                .map(|_| HoldKind::RingsPastClose)
        })
    }

    /// Returns why no phone may ring at this instant. `None` if one may.
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

    /// Returns the first instant at or after `from` at which a call may start (`open`) or may not. `None` if
    /// there is none within 370 days.
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
            // Whether a call may start changes only when the hours change, now or a ringing time ahead.
            at = self
                .may_change(at)
                .min(self.may_change(at + self.ring) - self.ring);
        }
        None
    }

    /// Returns an instant after `at` before which the hours certainly do not change.
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

/// Returns how long the phone may ring; without a trunk the default of 30 s.
fn ring_timeout(facts: &Facts<'_>) -> Duration {
    facts
        .trunk
        .map_or(Duration::from_secs(30), |trunk| trunk.ring_timeout)
}

/// Returns the ringing time in whole seconds, rounded up.
pub(super) fn ring_secs(facts: &Facts<'_>) -> u64 {
    let ring = ring_timeout(facts);
    ring.as_secs() + u64::from(ring.subsec_nanos() > 0)
}

/// Returns whether the campaign's own days and hours narrow the law at all.
fn narrows(schedule: &Schedule) -> bool {
    schedule.days != Weekdays::ALL
        || schedule.open != MinuteOfDay::MIDNIGHT
        || schedule.close != MinuteOfDay::END
}

/// Returns why the campaign's own days and hours shut some zone, which only ever narrows the law. `None` if
/// they do not.
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
