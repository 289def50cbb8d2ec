//! The judge's own decision when a number may be called: chrono-tz with the zone corrections, every zone
//! under every region's rows, and the campaign's own hours.

use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeZone, Timelike};
use chrono_tz::Tz;

use super::tables::{Row, Tables};

const MINUTE: i64 = 60_000;
const STEP: i64 = 15;

/// What binds the hours of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Binding {
    pub(crate) zones: Vec<String>,
    pub(crate) regions: Vec<String>,
    pub(crate) call_class: String,
    pub(crate) purpose: String,
    /// Ids of subdivision rows that the campaign sets aside.
    pub(crate) set_aside: Vec<String>,
    /// The campaign's own days, bit 0 for Monday. The next two are its hours in minutes of the day.
    pub(crate) days: u8,
    pub(crate) open: u32,
    pub(crate) close: u32,
}

/// Decides whether a binding is closed, and caches the result by the minute: every bound of a window is a
/// whole minute, so one result holds for all of it.
pub(crate) struct Windows {
    pub(crate) tables: Tables,
    bindings: Vec<Binding>,
    places: HashMap<Binding, usize>,
    known: HashMap<(usize, i64), Option<String>>,
    zones: HashMap<String, Option<Tz>>,
}

impl Windows {
    pub(crate) fn new() -> Self {
        Self {
            tables: Tables::read(),
            bindings: Vec::new(),
            places: HashMap::new(),
            known: HashMap::new(),
            zones: HashMap::new(),
        }
    }

    /// Returns the index of a binding.
    pub(crate) fn place(&mut self, binding: Binding) -> usize {
        if let Some(place) = self.places.get(&binding) {
            return *place;
        }
        self.bindings.push(binding.clone());
        self.places.insert(binding, self.bindings.len() - 1);
        self.bindings.len() - 1
    }

    /// Returns the zones and regions of a binding.
    pub(crate) fn places(&self, place: usize) -> (&[String], &[String]) {
        let binding = &self.bindings[place];
        (&binding.zones, &binding.regions)
    }

    /// Returns why the binding is closed at an instant. `None` if it is open.
    pub(crate) fn shut(&mut self, place: usize, at: i64) -> Option<String> {
        let key = (place, at.div_euclid(MINUTE));
        if let Some(answer) = self.known.get(&key) {
            return answer.clone();
        }
        let binding = self.bindings[place].clone();
        let answer = self.examine(&binding, at);
        self.known.insert(key, answer.clone());
        answer
    }

    /// Returns the spans within `from..to` in which the binding is open. The last one has no end if it is
    /// open at `to`.
    pub(crate) fn open_spans(&mut self, place: usize, from: i64, to: i64) -> Vec<(i64, i64)> {
        let (first, last) = (from.div_euclid(MINUTE), to.div_euclid(MINUTE) + 1);
        let mut spans = Vec::new();
        let mut since = self.shut(place, from).is_none().then_some(from);
        let mut minute = first;
        while minute < last {
            let next = (minute + STEP).min(last);
            let open = self.shut(place, next * MINUTE).is_none();
            if open != since.is_some() {
                let turn = (minute + 1..=next)
                    .find(|probe| self.shut(place, probe * MINUTE).is_none() == open)
                    .unwrap_or(next);
                match since.take() {
                    Some(start) => spans.push((start, turn * MINUTE)),
                    None => since = Some(turn * MINUTE),
                }
            }
            minute = next;
        }
        spans.extend(since.map(|start| (start, i64::MAX)));
        spans
    }

    /// Returns the local time of a zone, corrected. `None` if there is no such zone.
    pub(crate) fn local(&mut self, zone: &str, at: i64) -> Option<NaiveDateTime> {
        let corrected = self
            .tables
            .corrections
            .iter()
            .find(|(name, from, until, _)| name == zone && *from <= at && at < *until)
            .map(|(.., instead)| *instead);
        let zone = match corrected {
            Some(zone) => zone,
            None => self.zone(zone)?,
        };
        let at = DateTime::from_timestamp_millis(at)?;
        Some(zone.from_utc_datetime(&at.naive_utc()).naive_local())
    }

    fn zone(&mut self, name: &str) -> Option<Tz> {
        if let Some(known) = self.zones.get(name) {
            return *known;
        }
        let parsed = name.parse().ok();
        self.zones.insert(name.to_owned(), parsed);
        parsed
    }

    fn examine(&mut self, binding: &Binding, at: i64) -> Option<String> {
        if binding.zones.is_empty() {
            return Some("no zone was judged".to_owned());
        }
        if binding.regions.is_empty() {
            return Some("no region was judged".to_owned());
        }
        for zone in &binding.zones {
            let Some(local) = self.local(zone, at) else {
                return Some(format!("zone {zone} does not exist"));
            };
            let minute = local.hour() * 60 + local.minute();
            let shown = local.format("%a %H:%M");
            if binding.days & (1 << local.weekday().num_days_from_monday()) == 0
                || minute < binding.open
                || minute >= binding.close
            {
                return Some(format!("{zone} {shown}: outside the campaign's own hours"));
            }
            for region in &binding.regions {
                if let Some(why) = self.region(binding, region, zone, at) {
                    return Some(format!("{zone} {shown} under {region}: {why}"));
                }
            }
        }
        None
    }

    fn region(&mut self, binding: &Binding, region: &str, zone: &str, at: i64) -> Option<String> {
        let country = region.split('-').next().unwrap_or(region).to_owned();
        let mut governed = false;
        // A purpose other than sales and debt has no rows with its name.
        let kinds = ["any", binding.call_class.as_str(), binding.purpose.as_str()];
        if binding.purpose == "debt" && !self.has_debt_rows(&country, region) {
            return Some("no rules for debts".to_owned());
        }
        for jurisdiction in [country.as_str(), region] {
            for class in kinds {
                let key = (jurisdiction.to_owned(), class.to_owned());
                let Some(rows) = self.tables.rows.get(&key).cloned() else {
                    continue;
                };
                governed = true;
                let set_aside: &[String] = if jurisdiction.contains('-') {
                    &binding.set_aside
                } else {
                    &[]
                };
                if let Some(why) = self.group(&rows, zone, at, set_aside) {
                    return Some(why);
                }
            }
        }
        (!governed).then(|| "no rules".to_owned())
    }

    fn has_debt_rows(&self, country: &str, region: &str) -> bool {
        [country, region].into_iter().any(|place| {
            let key = (place.to_owned(), "debt".to_owned());
            self.tables.rows.contains_key(&key)
        })
    }

    /// Returns why one jurisdiction's rows for one call class close the zone.
    fn group(&mut self, rows: &[Row], zone: &str, at: i64, set_aside: &[String]) -> Option<String> {
        let (mut in_effect, mut inside) = (false, false);
        for row in rows {
            let zone = if row.fixed_zone.is_empty() {
                zone
            } else {
                &row.fixed_zone
            };
            let local = self.local(zone, at)?;
            let date = local.date();
            if row.from.is_some_and(|from| date < from) || row.to.is_some_and(|to| date > to) {
                continue;
            }
            let weekday = self.tables.weekday(&row.calendar, date);
            let today = row.days & (1 << weekday) != 0;
            if set_aside.iter().any(|rule| names(rule, &row.id)) {
                inside |= today;
                continue;
            }
            if !row.calendar.is_empty() && self.tables.is_holiday(&row.calendar, date) {
                return Some(format!("{}: holiday", row.id));
            }
            in_effect = true;
            let minute = local.hour() * 60 + local.minute();
            inside |= today && !row.closed && row.open <= minute && minute < row.close;
        }
        (in_effect && !inside).then(|| format!("outside {}", rows[0].id))
    }
}

/// Returns whether a rule's id names the row: `us-tx` names `us-tx-1` and `us-tx-2`.
fn names(rule: &str, row: &str) -> bool {
    row.strip_prefix(rule).is_some_and(|rest| {
        rest.is_empty()
            || rest
                .strip_prefix('-')
                .is_some_and(|place| place.bytes().all(|byte| byte.is_ascii_digit()))
    })
}
