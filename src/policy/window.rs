//! The callee's local calling hours under the law and the campaign's own schedule.

use std::time::Duration;

use super::decide::Findings;
use super::{Facts, HoldKind, Until, WindowReason};
use crate::domain::campaign::Schedule;
use crate::domain::{Campaign, MinuteOfDay, Timestamp, Weekdays, WindowClass};
use crate::rules::{Legal, Rules};

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
    for region in &facts.context.emergency_bans {
        if facts.class.regions.contains(region) {
            findings.hold(HoldKind::EmergencyBan(region.clone()), Until::Operator);
        }
    }
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
    if facts.context.emergency_bans.is_empty() {
        "none".to_owned()
    } else {
        format!("banned: {}", facts.context.emergency_bans.join(" "))
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
            settings.call_class,
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
            // Whether a call may start changes only where the hours change, now or a ringing time ahead.
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
            settings.call_class,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::fixture::{World, at, class, minutes, monday};

    fn hours(open: &str, close: &str, days: &str) -> World {
        let mut world = World::open();
        let schedule = &mut world.campaign.settings.schedule;
        schedule.open = open.parse().unwrap();
        schedule.close = close.parse().unwrap();
        schedule.days = days.parse().unwrap();
        world
    }

    fn status_at(world: &World, ring_secs: u64, now: &str) -> WindowStatus {
        let rules = Rules::embedded();
        status(rules, &world.campaign, &world.class, ring_secs, at(now))
    }

    fn shut(reason: WindowReason, place: &str, until: &str) -> WindowStatus {
        WindowStatus::Shut {
            kind: HoldKind::Window(reason, place.to_owned()),
            until: Until::At(at(until)),
        }
    }

    #[test]
    fn the_law_alone_from_eight_to_nine_less_the_ringing() {
        let world = World::open();
        let open = |closes: &str| WindowStatus::Open {
            closes_at: at(closes),
        };
        assert_eq!(
            status_at(&world, 30, "2026-12-07T15:30:00Z"),
            open("2026-12-08T01:59:30Z")
        );
        assert_eq!(
            status_at(&world, 0, "2026-12-08T01:59:59.999Z"),
            open("2026-12-08T02:00:00Z")
        );
        assert_eq!(
            status_at(&world, 30, "2026-12-08T01:59:30Z"),
            WindowStatus::Shut {
                kind: HoldKind::RingsPastClose,
                until: Until::At(at("2026-12-08T13:00:00Z")),
            }
        );
        assert_eq!(
            status_at(&world, 30, "2026-12-08T02:00:00Z"),
            shut(
                WindowReason::AfterClose,
                "America/New_York Mon 21:00:00",
                "2026-12-08T13:00:00Z"
            )
        );
        assert_eq!(
            status_at(&world, 30, "2026-12-08T13:00:00Z"),
            open("2026-12-09T01:59:30Z")
        );
    }

    #[test]
    fn the_campaigns_hours_only_narrow() {
        let world = hours("07:00", "17:45", "Mon-Fri");
        assert_eq!(
            status_at(&world, 15, "2026-12-07T15:30:00Z"),
            WindowStatus::Open {
                closes_at: at("2026-12-07T22:44:45Z")
            }
        );
        // Friday evening: the law opens on Saturday, the campaign on Monday, and at 08:00, not at 07:00.
        assert_eq!(
            status_at(&world, 15, "2026-12-11T23:00:00Z"),
            shut(
                WindowReason::AfterClose,
                "America/New_York Fri 18:00:00",
                "2026-12-14T13:00:00Z"
            )
        );
        assert_eq!(
            status_at(&world, 15, "2026-12-12T17:00:00Z"),
            shut(
                WindowReason::DayClosed,
                "America/New_York Sat 12:00:00",
                "2026-12-14T13:00:00Z"
            )
        );
    }

    #[test]
    fn every_zone_must_be_open_at_once() {
        let mut world = hours("09:00", "17:00", "Mon-Sun");
        world.class = class(&["America/New_York", "Pacific/Honolulu"], &["US-NY"]);
        // 09:00 in Honolulu is 14:00 in New York; 17:00 in New York is 12:00 in Honolulu.
        assert_eq!(
            status_at(&world, 0, "2026-12-07T19:00:00Z"),
            WindowStatus::Open {
                closes_at: at("2026-12-07T22:00:00Z")
            }
        );
        assert_eq!(
            status_at(&world, 0, "2026-12-07T18:59:59Z"),
            shut(
                WindowReason::BeforeOpen,
                "Pacific/Honolulu Mon 08:59:59",
                "2026-12-07T19:00:00Z"
            )
        );
    }

    #[test]
    fn no_zone_and_no_hours_never_open() {
        let mut world = World::open();
        world.class.zones.clear();
        assert_eq!(
            status_at(&world, 30, "2026-12-07T15:30:00Z"),
            WindowStatus::Shut {
                kind: HoldKind::NoZone,
                until: Until::Operator
            }
        );
        let world = hours("22:00", "24:00", "Mon-Sun");
        let rules = Rules::embedded();
        assert_eq!(
            next_open(rules, &world.campaign, &world.class, 30, monday()),
            None
        );
    }

    #[test]
    fn the_end_of_a_day_is_not_the_end_of_hours_that_go_on() {
        // Open until 24:00 and from 00:00 on again: only the law shuts.
        let world = hours("00:00", "24:00", "Mon-Sat");
        assert_eq!(
            status_at(&world, 30, "2026-12-08T00:00:00Z"),
            WindowStatus::Open {
                closes_at: at("2026-12-08T01:59:30Z")
            }
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]

        /// Against a search minute by minute, over clock changes and holidays.
        #[test]
        fn openings_and_closings_are_exact(
            place in 0usize..6,
            open in 0u16..1440,
            length in 1u16..1440,
            start in 0u64..(400 * 1440),
            ring in 0u64..120,
        ) {
            let (zones, region): (&[&str], &str) = [
                (&["America/New_York"][..], "US-RI"),
                (&["America/Chicago", "America/Denver"][..], "US-ND"),
                (&["Europe/Paris"][..], "FR"),
                (&["Europe/London"][..], "GB"),
                (&["America/Vancouver"][..], "CA-BC"),
                (&["Australia/Sydney"][..], "AU"),
            ][place];
            let close = (open + length).min(1440);
            let text = |minute: u16| MinuteOfDay::new(minute).unwrap().to_string();
            let mut world = hours(&text(open), &text(close), "Mon-Fri,Sun");
            world.class = class(zones, &[region]);
            let rules = Rules::embedded();
            let hours = Hours::new(rules, &world.campaign, &world.class, ring);
            let from = at("2026-01-05T00:00:00Z") + minutes(start);
            let is_open = hours.shut(from).is_none();
            let found = hours.first(from, !is_open);
            let mut probe = from;
            while found.is_none_or(|found| probe < found) && probe < from + minutes(4 * 1440) {
                prop_assert_eq!(hours.shut(probe).is_none(), is_open, "changes at {}", probe);
                probe = probe + minutes(1);
            }
            if let Some(found) = found {
                prop_assert_eq!(hours.shut(found).is_none(), !is_open);
                let before = found - Duration::from_millis(1);
                prop_assert!(found == from || (hours.shut(before).is_none()) == is_open);
            }
        }
    }
}
