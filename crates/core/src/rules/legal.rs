//! Whether every zone of a class is open by law at an instant, and when that changes.

use super::hours::Binding;
use super::zonedb::{LocalTime, Opinion, ZoneId};
use super::{Legal, Rules, WindowReason};
use crate::domain::campaign::{CallKind, RuleOverride};
use crate::domain::{Timestamp, WindowClass};

/// How far ahead the next opening is searched, 370 days.
const HORIZON_SECS: i64 = 370 * 86_400;

/// A question about a class, its names resolved.
#[derive(Clone, Copy, Debug)]
struct Question<'a> {
    rules: &'a Rules,
    class: &'a WindowClass,
    call: CallKind,
    overrides: &'a [RuleOverride],
}

/// An answer without text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Open,
    Shut(WindowReason, ZoneId),
    NoZone,
    NoRules,
    Disagree(ZoneId),
}

impl Answer {
    /// Returns the part of the answer whose change is a change of the answer.
    fn kind(self) -> (u8, Option<WindowReason>) {
        match self {
            Self::Open => (0, None),
            Self::Shut(reason, _) => (1, Some(reason)),
            Self::NoZone => (2, None),
            Self::NoRules => (3, None),
            Self::Disagree(_) => (4, None),
        }
    }
}

impl Rules {
    /// Returns whether a call to the class is legal at `at`.
    ///
    /// Every zone under every region must be inside `[open, close)` by the rows of the country and the
    /// subdivision, for any call and for this kind, in both zone databases. The reported reason is the first
    /// of holiday, closed day, before opening, after close and midday gap over all zones. `overrides` set
    /// embedded rows of subdivisions aside, never those of a country.
    ///
    /// Returns [`Legal::NoZone`] without a zone or a region, or with a zone that is not known. In a country
    /// without rows the day counts as closed.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::campaign::{CallKind, Evidence};
    /// use dialdeck_core::domain::{Hints, Timestamp};
    /// use dialdeck_core::rules::{Legal, Rules};
    ///
    /// let rules = Rules::embedded();
    /// let class = rules.locate("+12125550142".parse()?, &Hints::default(), Evidence::All)?;
    /// let legal = |at: Timestamp| rules.legal(&class, CallKind::LIVE, &[], at);
    /// assert_eq!(legal("2026-12-07T15:30:00Z".parse()?), Legal::Open);
    /// assert_ne!(legal("2026-12-07T05:30:00Z".parse()?), Legal::Open);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn legal(
        &self,
        class: &WindowClass,
        call: CallKind,
        overrides: &[RuleOverride],
        at: Timestamp,
    ) -> Legal {
        let question = Question {
            rules: self,
            class,
            call,
            overrides,
        };
        let seconds = seconds(at);
        match question.answer(seconds) {
            Answer::Open => Legal::Open,
            Answer::Shut(reason, zone) => {
                let local = self.zones.local(zone, seconds, Opinion::First);
                Legal::Shut(reason, format!("{} {local}", self.zones.name(zone)))
            }
            Answer::NoZone => Legal::NoZone,
            Answer::NoRules => {
                let regions = class.regions.join(";");
                Legal::Shut(WindowReason::DayClosed, format!("no rules for {regions}"))
            }
            Answer::Disagree(zone) => Legal::Disagree(self.zones.name(zone).to_owned()),
        }
    }

    /// Returns the first instant after `from` at which [`Rules::legal`] gives another answer, to the second.
    /// Another reason is another answer, the passing of time is not. `None` if there is none within 370 days.
    pub(crate) fn next_change(
        &self,
        class: &WindowClass,
        call: CallKind,
        overrides: &[RuleOverride],
        from: Timestamp,
    ) -> Option<Timestamp> {
        let question = Question {
            rules: self,
            class,
            call,
            overrides,
        };
        let now = question.answer(seconds(from)).kind();
        question.scan(seconds(from), |answer| answer.kind() != now)
    }

    /// Returns `from` if it is legal, or the first legal instant after it, to the second. `None` if there is
    /// none within 370 days.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::campaign::{CallKind, Evidence};
    /// use dialdeck_core::domain::{Hints, Timestamp};
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// let class = rules.locate("+12125550142".parse()?, &Hints::default(), Evidence::All)?;
    /// let night: Timestamp = "2026-12-07T05:30:00Z".parse()?;
    /// // The window opens at 8:00 in New York.
    /// let opening = rules.next_legal(&class, CallKind::LIVE, &[], night);
    /// assert_eq!(opening, Some("2026-12-07T13:00:00Z".parse()?));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn next_legal(
        &self,
        class: &WindowClass,
        call: CallKind,
        overrides: &[RuleOverride],
        from: Timestamp,
    ) -> Option<Timestamp> {
        let question = Question {
            rules: self,
            class,
            call,
            overrides,
        };
        if question.answer(seconds(from)) == Answer::Open {
            return Some(from);
        }
        question.scan(seconds(from), |answer| answer == Answer::Open)
    }

    /// Returns the first of these regions in which no such call may be made at all, because there are no
    /// rules for it. `None` if all have some.
    pub fn without_rules<'r>(&self, regions: &'r [String], call: CallKind) -> Option<&'r str> {
        let mut regions = regions.iter().map(String::as_str);
        regions.find(|region| self.hours.binding(region, call).is_none())
    }

    /// Returns the local time in a zone by the first database. `None` if the zone is not in both databases.
    pub fn local_time(&self, zone: &str, at: Timestamp) -> Option<LocalTime> {
        let zone = self.zones.find(zone)?;
        Some(self.zones.local(zone, seconds(at), Opinion::First))
    }

    /// Returns the local time by the second database. `None` if the zone is not in both databases.
    pub(crate) fn second_local_time(&self, zone: &str, at: Timestamp) -> Option<LocalTime> {
        let zone = self.zones.find(zone)?;
        Some(self.zones.local(zone, seconds(at), Opinion::Second))
    }

    /// Returns the zones on which the two databases disagree at an instant, by name; for `doctor`. Reads
    /// every zone, so it takes milliseconds.
    pub fn zones_in_dispute(&self, at: Timestamp) -> Vec<&'static str> {
        self.zones.in_dispute(seconds(at))
    }

    /// Returns why the zone data must not be trusted (D19). `None` if they may be.
    ///
    /// British Columbia keeps UTC-7 since November 2026, which tzdata older than 2026b does not know.
    pub fn zone_data_fault(&self) -> Option<String> {
        const ZONE: &str = "America/Vancouver";
        let midwinter = Timestamp::from_millis(1_797_361_200_000);
        let times = [
            self.local_time(ZONE, midwinter),
            self.second_local_time(ZONE, midwinter),
        ];
        let current = |local: &Option<LocalTime>| local.is_some_and(|at| at.second == 12 * 3600);
        if times.iter().all(current) {
            return None;
        }
        let (first, second) = self.zone_data_versions();
        Some(format!(
            "the time-zone data ({first}, {second}) are older than 2026b: {ZONE}"
        ))
    }

    /// Returns the first instant after `from` at which, in one of the zones and by either database, the local
    /// time reaches one of `minutes` of the day or midnight, or the clock changes. `None` if no zone is
    /// known.
    pub(crate) fn next_boundary(
        &self,
        zones: &[String],
        minutes: &[u16],
        from: Timestamp,
    ) -> Option<Timestamp> {
        let ids: Vec<ZoneId> = zones
            .iter()
            .filter_map(|zone| self.zones.find(zone))
            .collect();
        let mut minutes = minutes.to_vec();
        minutes.push(0);
        minutes.sort_unstable();
        let next = self.boundary(&ids, &minutes, seconds(from))?;
        Some(Timestamp::from_millis(next * 1000))
    }

    fn boundary(&self, zones: &[ZoneId], minutes: &[u16], from: i64) -> Option<i64> {
        let both = |zone: &ZoneId| {
            [Opinion::First, Opinion::Second]
                .map(|opinion| self.zones.next_boundary(*zone, minutes, from, opinion))
        };
        zones.iter().flat_map(both).min()
    }
}

impl<'a> Question<'a> {
    fn answer(&self, at: i64) -> Answer {
        if self.class.zones.is_empty() || self.class.regions.is_empty() {
            return Answer::NoZone;
        }
        let zones = &self.rules.zones;
        let mut worst: [Option<(WindowReason, ZoneId)>; 2] = [None; 2];
        for name in &self.class.zones {
            let Some(zone) = zones.find(name) else {
                return Answer::NoZone;
            };
            let first = zones.local(zone, at, Opinion::First);
            let second = zones.local(zone, at, Opinion::Second);
            let callee = [first, second];
            for region in &self.class.regions {
                let Some(binding) = self.binding(region) else {
                    return Answer::NoRules;
                };
                self.judge(binding, zone, callee, at, &mut worst);
            }
        }
        match worst {
            [None, None] => Answer::Open,
            [Some((reason, zone)), Some(_)] => Answer::Shut(reason, zone),
            [Some((_, zone)), None] | [None, Some((_, zone))] => Answer::Disagree(zone),
        }
    }

    fn judge(
        &self,
        binding: Binding<'_>,
        zone: ZoneId,
        callee: [LocalTime; 2],
        at: i64,
        worst: &mut [Option<(WindowReason, ZoneId)>; 2],
    ) {
        let zones = &self.rules.zones;
        let agree = callee[0] == callee[1] && binding.fixed_zones().next().is_none();
        for (index, opinion) in [Opinion::First, Opinion::Second].into_iter().enumerate() {
            if agree && index == 1 {
                break;
            }
            let local = |fixed: Option<ZoneId>| match fixed {
                Some(fixed) => zones.local(fixed, at, opinion),
                None => callee[index],
            };
            binding.judge(self.overrides, local, |reason, fixed| {
                let found = (reason, fixed.unwrap_or(zone));
                let places = if agree { 0..2 } else { index..index + 1 };
                for place in &mut worst[places] {
                    if place.is_none_or(|(known, _)| reason < known) {
                        *place = Some(found);
                    }
                }
            });
        }
    }

    /// Returns the first boundary after `from` whose answer is wanted.
    fn scan(&self, from: i64, wanted: impl Fn(Answer) -> bool) -> Option<Timestamp> {
        let mut zones: Vec<ZoneId> = Vec::new();
        let mut minutes: Vec<u16> = vec![0];
        for name in &self.class.zones {
            zones.push(self.rules.zones.find(name)?);
        }
        for region in &self.class.regions {
            let binding = self.binding(region)?;
            zones.extend(binding.fixed_zones());
            minutes.extend(binding.minutes());
        }
        zones.sort_unstable();
        zones.dedup();
        minutes.sort_unstable();
        minutes.dedup();
        let mut at = from;
        loop {
            at = self.rules.boundary(&zones, &minutes, at)?;
            if at - from > HORIZON_SECS {
                return None;
            }
            if wanted(self.answer(at)) {
                return Some(Timestamp::from_millis(at * 1000));
            }
        }
    }

    fn binding(&self, region: &str) -> Option<Binding<'a>> {
        self.rules.hours.binding(region, self.call)
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.as_millis().div_euclid(1000)
}
