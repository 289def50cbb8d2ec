//! The zone strip: when a campaign may call each set of zones, over the viewer's day.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::reading::Reading;
use dialdeck_core::domain::{CampaignId, ClassId, Timestamp, WindowClass};
use dialdeck_core::policy::window::{self, Stretch, WindowStatus};
use dialdeck_core::policy::{HoldKind, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Snapshot};

/// Instants of a day at which a window is evaluated: one every quarter of an hour.
pub(crate) const STRETCHES: u32 = 96;

const STEP: Duration = Duration::from_mins(15);

/// The contacts of one campaign that share a set of zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneRow {
    /// The cities of the zones: `New York`, `Boise/Denver`, `unknown`.
    pub label: String,
    /// A short code for the cities: `NY`, `CHI`, `DEN+1`; `?` if unknown.
    pub short: String,
    /// Local time of day in the first zone, `14:07`; `?` if no zone is known.
    pub local: String,
    /// The viewer's day from midnight on, one stretch for every quarter of an hour.
    pub day: Vec<Stretch>,
    /// Whether the contacts may be called now.
    pub standing: ZoneStanding,
    /// Contacts that have not reached their end.
    pub to_call: u64,
    /// Contacts whose window time alone does not open, and why; `None` if there are none.
    pub held: Option<(u64, HoldKind)>,
}

/// Whether a set of zones may be called now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ZoneStanding {
    /// At least one class is open; the first closes then.
    Open(Timestamp),
    /// All classes are shut; the first opens then.
    Shut(Timestamp),
    /// Time alone opens no class: no zone is known, the zone databases differ, or an emergency ban is in
    /// force.
    Held(HoldKind),
}

/// Strips of one day, by campaign and class. A day's strip does not change by itself.
#[derive(Debug, Default)]
pub(super) struct Strips {
    day: Option<Timestamp>,
    drawn: BTreeMap<(CampaignId, ClassId), Vec<Stretch>>,
}

impl Strips {
    /// Drops the strips of another day.
    pub(super) fn turn_to(&mut self, now: Timestamp, viewer: &TimeZone) {
        let midnight = midnight(now, viewer);
        if self.day != Some(midnight) {
            self.day = Some(midnight);
            self.drawn.clear();
        }
    }

    fn of(
        &mut self,
        rules: &Rules,
        reading: &Reading<'_>,
        id: ClassId,
        class: &WindowClass,
    ) -> &[Stretch] {
        let campaign = &reading.counts.campaign;
        let from = self.day.unwrap_or(Timestamp::MIN);
        self.drawn.entry((campaign.id, id)).or_insert_with(|| {
            let instants = (0..STRETCHES).map(|place| from + STEP * place);
            window::stretches(rules, campaign, class, reading.ring_secs, instants)
        })
    }
}

/// Returns the first instant of the viewer's day.
fn midnight(now: Timestamp, viewer: &TimeZone) -> Timestamp {
    let zoned = now.to_jiff().to_zoned(viewer.clone());
    zoned
        .start_of_day()
        .map_or(now, |start| Timestamp::from_jiff(start.timestamp()))
}

/// Returns one row for each set of zones in which the campaign has contacts to call, east to west.
pub(super) fn rows(
    rules: &Rules,
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    strips: &mut Strips,
    now: Timestamp,
) -> Vec<ZoneRow> {
    let mut rows: BTreeMap<&[String], ZoneRow> = BTreeMap::new();
    for (id, count) in to_call(reading.counts) {
        let Some(class) = snapshot.classes.get(&id) else {
            continue;
        };
        let row = rows
            .entry(&class.zones)
            .or_insert_with(|| row(rules, class, now));
        row.to_call += count;
        merge(&mut row.day, strips.of(rules, reading, id, class));
        if let Some(status) = reading.windows.get(&id) {
            let standing = standing(status);
            if let ZoneStanding::Held(kind) = &standing {
                let (held, why) = row.held.get_or_insert_with(|| (0, kind.clone()));
                *held += count;
                why.clone_from(kind);
            }
            row.standing = earlier(&row.standing, &standing);
        }
    }
    let mut rows: Vec<(i64, ZoneRow)> = rows
        .into_iter()
        .map(|(zones, row)| (ahead(rules, zones, now), row))
        .collect();
    rows.sort_by(|(a, one), (b, other)| b.cmp(a).then_with(|| one.label.cmp(&other.label)));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Returns the contacts that have not reached their end, by class.
fn to_call(counts: &CampaignCounts) -> BTreeMap<ClassId, u64> {
    let mut classes = BTreeMap::new();
    for ((class, state), count) in &counts.contacts {
        if *count > 0 && !state.is_final() {
            *classes.entry(*class).or_default() += count;
        }
    }
    classes
}

fn row(rules: &Rules, class: &WindowClass, now: Timestamp) -> ZoneRow {
    ZoneRow {
        label: label(&class.zones),
        short: short(&class.zones),
        local: local(rules, &class.zones, now),
        day: Vec::new(),
        standing: ZoneStanding::Held(HoldKind::NoZone),
        to_call: 0,
        held: None,
    }
}

/// Returns by how many seconds the first zone's clock is ahead of UTC. An unknown zone counts as farther
/// west than any other.
fn ahead(rules: &Rules, zones: &[String], now: Timestamp) -> i64 {
    const DAY: i64 = 86_400;
    let Some(local) = zones.first().and_then(|zone| rules.local_time(zone, now)) else {
        return -DAY;
    };
    let seconds = now.as_millis().div_euclid(1_000);
    // 1970-01-01 was a Thursday.
    let weekday = (seconds.div_euclid(DAY) + 3).rem_euclid(7);
    let days = match (i64::from(local.weekday) - weekday).rem_euclid(7) {
        0 => 0,
        1 => 1,
        _ => -1,
    };
    days * DAY + i64::from(local.second) - seconds.rem_euclid(DAY)
}

fn merge(day: &mut Vec<Stretch>, other: &[Stretch]) {
    if day.is_empty() {
        day.extend_from_slice(other);
    }
    for (one, other) in day.iter_mut().zip(other) {
        *one = (*one).max(*other);
    }
}

fn standing(status: &WindowStatus) -> ZoneStanding {
    match status {
        WindowStatus::Open { closes_at } => ZoneStanding::Open(*closes_at),
        WindowStatus::Shut {
            until: Until::At(at),
            ..
        } => ZoneStanding::Shut(*at),
        WindowStatus::Shut {
            until: Until::CallEnds | Until::Operator,
            kind,
        } => ZoneStanding::Held(kind.clone()),
    }
}

/// Returns the status that is shown for two classes: open before shut, shut before held; of one kind the
/// earlier change.
fn earlier(one: &ZoneStanding, other: &ZoneStanding) -> ZoneStanding {
    use ZoneStanding::{Held, Open, Shut};
    match (one, other) {
        (Open(a), Open(b)) => Open(*a.min(b)),
        (Open(at), _) | (_, Open(at)) => Open(*at),
        (Shut(a), Shut(b)) => Shut(*a.min(b)),
        (Shut(at), Held(_)) | (Held(_), Shut(at)) => Shut(*at),
        (Held(_), Held(kind)) => Held(kind.clone()),
    }
}

/// Returns the cities of a set of zones, separated by slashes.
pub(super) fn label(zones: &[String]) -> String {
    if zones.is_empty() {
        return "unknown".to_owned();
    }
    let cities: Vec<String> = zones.iter().map(|zone| city(zone)).collect();
    cities.join("/")
}

/// Returns a short code for a set of zones: `NY` for a city of several words, `CHI` for a city of one word,
/// `DEN+1` for the first of two zones.
pub(super) fn short(zones: &[String]) -> String {
    let Some(first) = zones.first() else {
        return "?".to_owned();
    };
    let city = city(first);
    let code: String = if city.contains(' ') {
        city.split(' ')
            .filter_map(|word| word.chars().next())
            .collect()
    } else {
        city.chars().take(3).collect::<String>().to_uppercase()
    };
    match zones.len() {
        1 => code,
        more => format!("{code}+{}", more - 1),
    }
}

fn city(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

/// Returns the local time of day in the first zone, `14:07`; `?` if it is not known.
pub(super) fn local(rules: &Rules, zones: &[String], now: Timestamp) -> String {
    zones
        .first()
        .and_then(|zone| rules.local_time(zone, now))
        .map_or_else(
            || "?".to_owned(),
            |local| format!("{:02}:{:02}", local.second / 3_600, local.second / 60 % 60),
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn cities_are_short_and_long() {
        let two = zones(&["America/Boise", "America/Denver"]);
        assert_eq!(label(&two), "Boise/Denver");
        assert_eq!(short(&two), "BOI+1");
        assert_eq!(short(&zones(&["America/New_York"])), "NY");
        assert_eq!((label(&[]).as_str(), short(&[]).as_str()), ("unknown", "?"));
    }

    #[test]
    fn zones_are_ahead_of_utc_by_their_offset() {
        let rules = Rules::embedded();
        let noon: Timestamp = "2026-12-07T12:00:00Z".parse().unwrap();
        for hour in 0..24 {
            let at = noon + Duration::from_hours(hour);
            for (zone, hours) in [
                ("Australia/Sydney", 11),
                ("Europe/London", 0),
                ("America/New_York", -5),
                ("Pacific/Honolulu", -10),
            ] {
                assert_eq!(
                    ahead(rules, &zones(&[zone]), at),
                    hours * 3_600,
                    "{zone} {at}"
                );
            }
        }
        assert!(ahead(rules, &[], noon) < -12 * 3_600);
    }

    #[test]
    fn what_is_open_counts_first() {
        use ZoneStanding::{Held, Open, Shut};
        let at = Timestamp::from_millis;
        let held = Held(HoldKind::NoZone);
        assert_eq!(earlier(&held, &Shut(at(5))), Shut(at(5)));
        assert_eq!(earlier(&Shut(at(5)), &Open(at(9))), Open(at(9)));
        assert_eq!(earlier(&Open(at(5)), &Open(at(9))), Open(at(5)));
        assert_eq!(earlier(&Held(HoldKind::TrunkMissing), &held), held);
    }
}
