//! Legal calling hours: the rows that bind a region, and whether a local time lies inside them.

use std::collections::BTreeMap;

use super::WindowReason;
use super::holidays::Calendar;
use super::tables::{self, Row, TableError};
use super::zonedb::{LocalTime, ZoneId, ZoneTable};
use crate::domain::Weekdays;
use crate::domain::campaign::{CallClass, CallKind, Purpose, RuleOverride};

/// The columns of `calling-windows.csv` and of own rule files.
pub(super) const COLUMNS: [&str; 18] = [
    "id",
    "country",
    "subdivision",
    "call_class",
    "days",
    "open",
    "close",
    "closed",
    "holiday_rule",
    "zone_basis",
    "effective_from",
    "effective_to",
    "force",
    "citation",
    "source",
    "exemptions_and_notes",
    "confidence",
    "basis",
];

/// One row: on these days, between these dates, calls are allowed in these hours or not at all.
#[derive(Clone, Debug)]
struct Rule {
    id: String,
    days: Weekdays,
    /// Seconds after local midnight, `[open, close)`; `None` if closed all day.
    hours: Option<(u32, u32)>,
    /// First and last day in force, inclusive.
    in_force: (i64, i64),
    calendar: Option<String>,
}

/// The calls that a row binds, by its column `call_class`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    /// Every call, for any purpose.
    Any,
    /// `live` or `automated`: calls with this voice, for any purpose.
    Class(CallClass),
    /// `sales` or `debt`: calls for this purpose, with any voice.
    Purpose(Purpose),
}

impl Bound {
    fn covers(self, call: CallKind) -> bool {
        match self {
            Self::Any => true,
            Self::Class(class) => class == call.class,
            Self::Purpose(purpose) => purpose == call.purpose,
        }
    }
}

/// The rows of one region for one kind of calls from one file. Together they decide when calls are allowed.
#[derive(Clone, Debug)]
struct Group {
    bound: Bound,
    /// A fixed clock instead of the callee's.
    zone: Option<ZoneId>,
    /// Whether a campaign may set rows aside: rows of a subdivision in the embedded table.
    may_set_aside: bool,
    /// Whether a day without any row in force is closed rather than free.
    must_cover: bool,
    rules: Vec<Rule>,
}

/// The rules of every region.
#[derive(Clone, Debug, Default)]
pub(super) struct Hours {
    /// The groups of each region, by `US` or `US-FL`.
    regions: BTreeMap<String, Vec<Group>>,
    calendars: BTreeMap<String, Calendar>,
    /// The ids of all rows, with whether a campaign may set the row aside.
    ids: BTreeMap<String, bool>,
}

/// The origin of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The embedded table, `calling-windows.csv`.
    Embedded,
    /// A file of the user, whose rows hold in addition to the embedded ones.
    Own,
}

impl Hours {
    /// Creates rules without any row.
    pub(super) fn new(calendars: BTreeMap<String, Calendar>) -> Self {
        Self {
            calendars,
            ..Self::default()
        }
    }

    /// Adds the rows of a file; never removes one.
    ///
    /// `known` returns whether a place exists, because a row about any other would have no effect.
    ///
    /// # Errors
    ///
    /// Errors if a row cannot be read, names an unknown place or zone, repeats an id, or differs in
    /// `zone_basis` from the other rows of its region.
    pub(super) fn add(
        &mut self,
        file: &str,
        text: &str,
        origin: Origin,
        (zones, known): (&ZoneTable, &dyn Fn(&str) -> bool),
    ) -> Result<(), TableError> {
        let mut added: BTreeMap<(String, Bound), Group> = BTreeMap::new();
        for row in tables::read(file, text, &COLUMNS)? {
            let (region, bound) = (region(&row)?, bound(&row)?);
            let national = row.text("subdivision").is_empty();
            if !known(&region) {
                let column = if national { "country" } else { "subdivision" };
                return Err(row.error(column, format!("there is no place `{region}`")));
            }
            let zone = basis(&row, zones)?;
            let rule = self.rule(&row)?;
            let may_set_aside = origin == Origin::Embedded && !national;
            if self.ids.insert(rule.id.clone(), may_set_aside).is_some() {
                return Err(row.error("id", "this id is already taken"));
            }
            let group = added.entry((region, bound)).or_insert(Group {
                bound,
                zone,
                may_set_aside,
                must_cover: false,
                rules: Vec::new(),
            });
            if group.zone != zone {
                return Err(row.error("zone_basis", "differs from that of the region's other rows"));
            }
            group.rules.push(rule);
        }
        for ((region, _), mut group) in added {
            // A country's first rows, those for any call, open the country at all, so they must cover every
            // day.
            group.must_cover = !region.contains('-') && !self.regions.contains_key(&region);
            self.regions.entry(region).or_default().push(group);
        }
        Ok(())
    }

    fn rule(&self, row: &Row<'_>) -> Result<Rule, TableError> {
        let hours = match row.text("closed") {
            "yes" if row.text("open").is_empty() && row.text("close").is_empty() => None,
            "yes" => return Err(row.error("closed", "a closed row has neither open nor close")),
            "no" => {
                let (open, close) = (row.minute("open")?, row.minute("close")?);
                if open >= close {
                    return Err(row.error("close", "must be later than open"));
                }
                Some((u32::from(open) * 60, u32::from(close) * 60))
            }
            _ => return Err(row.error("closed", "must be `yes` or `no`")),
        };
        let calendar = match row.text("holiday_rule") {
            "none" => None,
            rule => {
                let name = rule.strip_prefix("closed:");
                let name = name.filter(|name| self.calendars.contains_key(*name));
                let unknown = || row.error("holiday_rule", "must be `none` or `closed:CALENDAR`");
                Some(name.ok_or_else(unknown)?.to_owned())
            }
        };
        let from = row.day("effective_from")?.unwrap_or(i64::MIN);
        let to = row.day("effective_to")?.unwrap_or(i64::MAX);
        if from > to {
            return Err(row.error("effective_to", "is before effective_from"));
        }
        let id = row.optional("id");
        Ok(Rule {
            id: id.ok_or_else(|| row.error("id", "is empty"))?.to_owned(),
            days: row.parse("days")?,
            hours,
            in_force: (from, to),
            calendar,
        })
    }

    /// Returns whether a file of the user has rows for a subdivision.
    pub(super) fn has_own(&self, region: &str) -> bool {
        let groups = self.regions.get(region).into_iter().flatten();
        region.contains('-') && groups.into_iter().any(|group| !group.may_set_aside)
    }

    /// Returns the countries that have rows.
    pub(super) fn countries(&self) -> impl Iterator<Item = &str> {
        let regions = self.regions.keys().map(String::as_str);
        regions.filter(|region| !region.contains('-'))
    }

    /// Returns whether the country, or country and subdivision, has rows of its own.
    pub(super) fn has(&self, region: &str) -> bool {
        self.regions.contains_key(region)
    }

    /// Returns the earliest last day of a calendar, and the calendars that end on it. `None` without
    /// calendars.
    pub(super) fn calendars_end(&self) -> Option<(i64, Vec<&str>)> {
        let first = self.calendars.values().map(Calendar::last).min()?;
        let calendars = self.calendars.iter();
        let ending = calendars.filter(|(_, calendar)| calendar.last() == first);
        Some((first, ending.map(|(name, _)| name.as_str()).collect()))
    }

    /// Returns whether a campaign may set the row with this id aside. `None` if there is no such row.
    pub(super) fn may_set_aside(&self, id: &str) -> Option<bool> {
        self.ids.get(id).copied()
    }

    /// Returns the groups that bind `region` for a kind of calls: the country's, then the subdivision's.
    ///
    /// `None`, which is never open, if a country has no rows for the kind. Also for debts if neither it nor
    /// the subdivision has a row about them, because a country's hours for sales do not show what its law
    /// requires of collectors.
    pub(super) fn binding(&self, region: &str, call: CallKind) -> Option<Binding<'_>> {
        let country = region.split('-').next().unwrap_or(region);
        let national = self.regions.get(country)?.as_slice();
        national.iter().find(|group| group.bound.covers(call))?;
        let own = match self.regions.get(region) {
            Some(groups) if region.len() > country.len() => groups.as_slice(),
            _ => &[],
        };
        let debt = Bound::Purpose(Purpose::Debt);
        let mut groups = national.iter().chain(own);
        if call.purpose == Purpose::Debt && !groups.any(|group| group.bound == debt) {
            return None;
        }
        Some(Binding {
            hours: self,
            national,
            own,
            call,
        })
    }
}

/// The groups that bind one region for one kind of calls.
#[derive(Clone, Copy, Debug)]
pub(super) struct Binding<'a> {
    hours: &'a Hours,
    national: &'a [Group],
    own: &'a [Group],
    call: CallKind,
}

impl Binding<'_> {
    fn groups(&self) -> impl Iterator<Item = &Group> {
        let groups = self.national.iter().chain(self.own);
        groups.filter(|group| group.bound.covers(self.call))
    }

    /// Returns the fixed clocks that some rows use.
    pub(super) fn fixed_zones(&self) -> impl Iterator<Item = ZoneId> {
        self.groups().filter_map(|group| group.zone)
    }

    /// Returns the minutes of the day at which some row opens or closes.
    pub(super) fn minutes(&self) -> impl Iterator<Item = u16> {
        let rules = self.groups().flat_map(|group| &group.rules);
        let seconds = rules.filter_map(|rule| rule.hours);
        seconds
            .flat_map(|(open, close)| [open, close])
            .map(|second| u16::try_from(second / 60).unwrap_or(0))
    }

    /// Calls `report` with each group's reason for being shut and the fixed zone it is judged by. `local`
    /// returns the local time in a fixed zone, or the callee's for `None`.
    pub(super) fn judge(
        &self,
        overrides: &[RuleOverride],
        mut local: impl FnMut(Option<ZoneId>) -> LocalTime,
        mut report: impl FnMut(WindowReason, Option<ZoneId>),
    ) {
        for group in self.groups() {
            let at = local(group.zone);
            if let Some(reason) = group.shut(at, &self.hours.calendars, overrides) {
                report(reason, group.zone);
            }
        }
    }
}

impl Group {
    /// Returns why the group bars calls at this local time. `None` if it does not.
    ///
    /// A holiday is checked first, then a closed weekday or one without a row, then the hours.
    fn shut(
        &self,
        at: LocalTime,
        calendars: &BTreeMap<String, Calendar>,
        overrides: &[RuleOverride],
    ) -> Option<WindowReason> {
        let (mut in_force, mut set_aside, mut closed, mut inside) = (false, false, false, false);
        let mut span: Option<(u32, u32)> = None;
        for rule in &self.rules {
            if at.day < rule.in_force.0 || at.day > rule.in_force.1 {
                continue;
            }
            let calendar = rule.calendar.as_ref().and_then(|name| calendars.get(name));
            let weekday = calendar.map_or(at.weekday, |calendar| calendar.weekday(at));
            let on_this_day = rule.days.contains(weekday);
            if self.may_set_aside && overrides.iter().any(|other| other.rule == rule.id) {
                set_aside |= on_this_day;
                continue;
            }
            in_force = true;
            if let Some(reason) = calendar.and_then(|calendar| calendar.bars(at.day)) {
                return Some(reason);
            }
            match rule.hours {
                _ if !on_this_day => {}
                None => closed = true,
                Some((open, close)) => {
                    inside |= (open..close).contains(&at.second);
                    let (first, last) = span.unwrap_or((open, close));
                    span = Some((first.min(open), last.max(close)));
                }
            }
        }
        if closed {
            return Some(WindowReason::DayClosed);
        }
        match span {
            _ if inside => None,
            Some((first, _)) if at.second < first => Some(WindowReason::BeforeOpen),
            Some((_, last)) if at.second >= last => Some(WindowReason::AfterClose),
            Some(_) => Some(WindowReason::MiddayGap),
            None if set_aside || !(in_force || self.must_cover) => None,
            None => Some(WindowReason::DayClosed),
        }
    }
}

fn region(row: &Row<'_>) -> Result<String, TableError> {
    let upper = |text: &str, len: std::ops::RangeInclusive<usize>| {
        len.contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let country = row.text("country");
    if !upper(country, 2..=2) {
        return Err(row.error("country", "must be two capital letters, such as US"));
    }
    match row.optional("subdivision") {
        None => Ok(country.to_owned()),
        // A place within a subdivision: `AL-MOB`, Mobile and Baldwin counties.
        Some(part) if part.splitn(2, '-').all(|piece| upper(piece, 1..=3)) => {
            Ok(format!("{country}-{part}"))
        }
        Some(_) => Err(row.error("subdivision", "must be capital letters, such as FL")),
    }
}

fn bound(row: &Row<'_>) -> Result<Bound, TableError> {
    match row.text("call_class") {
        "any" => Ok(Bound::Any),
        "live" => Ok(Bound::Class(CallClass::Live)),
        "automated" => Ok(Bound::Class(CallClass::Automated)),
        "sales" => Ok(Bound::Purpose(Purpose::Sales)),
        "debt" => Ok(Bound::Purpose(Purpose::Debt)),
        _ => Err(row.error("call_class", "must be any, live, automated, sales or debt")),
    }
}

fn basis(row: &Row<'_>, zones: &ZoneTable) -> Result<Option<ZoneId>, TableError> {
    match row.text("zone_basis") {
        "callee" => Ok(None),
        text => {
            let zone = text
                .strip_prefix("fixed:")
                .and_then(|name| zones.find(name));
            let unknown = || row.error("zone_basis", "must be `callee` or `fixed:ZONE`");
            zone.map(Some).ok_or_else(unknown)
        }
    }
}
