//! The judge's own reading of the data tables: windows, holidays, zone corrections, area codes, caps.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Datelike, Days, NaiveDate, TimeDelta, Weekday};
use chrono_tz::Tz;

use super::read::millis;

/// One row of `calling-windows.csv`. Times are minutes of the local day.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) days: u8,
    pub(crate) open: u32,
    pub(crate) close: u32,
    pub(crate) closed: bool,
    pub(crate) calendar: String,
    pub(crate) fixed_zone: String,
    pub(crate) from: Option<NaiveDate>,
    pub(crate) to: Option<NaiveDate>,
}

/// One row of `npa.csv`.
#[derive(Clone, Debug)]
pub(crate) struct AreaCode {
    pub(crate) country: String,
    pub(crate) subdivisions: Vec<String>,
    pub(crate) zones: Vec<String>,
    pub(crate) geographic: bool,
    pub(crate) in_service: bool,
    pub(crate) since: Option<NaiveDate>,
}

/// One row of `frequency-caps.csv` that the judge applies.
#[derive(Clone, Debug)]
pub(crate) struct Cap {
    pub(crate) id: String,
    /// `US-FL`, or `US` for a whole country.
    pub(crate) region: String,
    /// `telemarketing`, `automated`, `debt` or `any`.
    pub(crate) class: String,
    /// The number's area codes. Empty for any.
    pub(crate) area_codes: Vec<String>,
    pub(crate) max: usize,
    pub(crate) window: i64,
    pub(crate) after: String,
    pub(crate) not_after_dealings: bool,
}

/// One row of `preconditions.csv`.
#[derive(Clone, Debug)]
pub(crate) struct Needed {
    /// `US-CT`, or `US` for a whole country.
    pub(crate) place: String,
    /// The leading digits of the numbers that it binds.
    pub(crate) numbers: String,
    pub(crate) artificial: bool,
    pub(crate) purpose: String,
    pub(crate) consent: String,
    /// The registry it requires. Empty for none.
    pub(crate) list: String,
    /// Kinds of consent that are valid instead of the registry.
    pub(crate) instead: Vec<String>,
    pub(crate) days: i64,
}

/// All data tables that the judge uses.
pub(crate) struct Tables {
    /// Rows by region (`US`, `US-FL`) and call class.
    pub(crate) rows: BTreeMap<(String, String), Vec<Row>>,
    pub(crate) holidays: BTreeSet<(String, NaiveDate)>,
    /// First and last year of each calendar. Outside of them nothing is known.
    pub(crate) covered: BTreeMap<String, (i32, i32)>,
    /// By calendar, the weekday (Monday 0) whose hours apply on a working day before a holiday.
    pub(crate) eves: BTreeMap<String, u32>,
    /// Corrections: zone, from, until, zone to use instead.
    pub(crate) corrections: Vec<(String, i64, i64, Tz)>,
    pub(crate) area_codes: HashMap<String, AreaCode>,
    /// Candidate zones by a number's leading digits.
    pub(crate) prefixes: HashMap<String, Vec<String>>,
    pub(crate) caps: Vec<Cap>,
    pub(crate) needed: Vec<Needed>,
}

impl Tables {
    /// Reads all data tables and returns them.
    pub(crate) fn read() -> Self {
        let (holidays, covered, eves) = holidays();
        Self {
            rows: windows(),
            holidays,
            covered,
            eves,
            corrections: corrections(),
            area_codes: area_codes(),
            prefixes: prefixes(),
            caps: caps(),
            needed: needed(),
        }
    }

    /// Returns the candidate zones of a number by its digits alone, empty if none is known. Small countries
    /// that share a country code with a larger one have no rules, so nothing is dialed there.
    pub(crate) fn zones_of(&self, number: &str) -> Vec<String> {
        const ELSEWHERE: [&str; 6] = [
            "Europe/Guernsey",
            "Europe/Isle_of_Man",
            "Europe/Jersey",
            "Europe/Vatican",
            "Indian/Christmas",
            "Indian/Cocos",
        ];
        let digits = number.trim_start_matches('+');
        if let Some(code) = self.area_code(number) {
            return code.zones.clone();
        }
        let mut zones = (1..digits.len())
            .rev()
            .find_map(|end| self.prefixes.get(&digits[..end]))
            .cloned()
            .unwrap_or_default();
        zones.retain(|zone| !ELSEWHERE.contains(&zone.as_str()));
        zones
    }

    /// Returns whether a calendar bars calls on a date. Dates outside its years count as barred.
    pub(crate) fn is_holiday(&self, calendar: &str, date: NaiveDate) -> bool {
        let (first, last) = self.covered.get(calendar).copied().unwrap_or((0, 0));
        let known = first <= date.year() && date.year() <= last;
        !known || self.holidays.contains(&(calendar.to_owned(), date))
    }

    /// Returns the weekday (Monday 0) whose hours apply on a date.
    pub(crate) fn weekday(&self, calendar: &str, date: NaiveDate) -> u32 {
        let own = date.weekday().num_days_from_monday();
        let eve = date
            .succ_opt()
            .is_some_and(|next| self.is_holiday(calendar, next));
        match self.eves.get(calendar) {
            Some(other) if own < 5 && eve => *other,
            _ => own,
        }
    }

    /// Returns the area code of a +1 number.
    pub(crate) fn area_code(&self, number: &str) -> Option<&AreaCode> {
        let code = number.strip_prefix("+1")?.get(..3)?;
        self.area_codes.get(code)
    }
}

/// Returns a set of weekdays, bit 0 for Monday, from `Mon`, `Mon-Fri` or `Mon,Wed`.
pub(crate) fn weekdays(text: &str) -> u8 {
    const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let place = |name: &str| NAMES.iter().position(|known| *known == name.trim());
    let mut bits = 0;
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Some(first), Some(last)) = (place(first), place(last)) {
            let days = (last + 7 - first) % 7;
            (0..=days).for_each(|step| bits |= 1 << ((first + step) % 7));
        }
    }
    bits
}

/// Returns the minutes after midnight of `09:30`.
pub(crate) fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    Some(hour.parse::<u32>().ok()? * 60 + minute.parse::<u32>().ok()?)
}

/// Returns the rows of a table, each by column name.
fn table(text: &str) -> Vec<HashMap<String, String>> {
    csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.expect("the data tables are well formed"))
        .collect()
}

fn windows() -> BTreeMap<(String, String), Vec<Row>> {
    let mut rows: BTreeMap<_, Vec<Row>> = BTreeMap::new();
    for row in table(include_str!("../data/calling-windows.csv")) {
        let region = region(&row);
        let value = Row {
            id: row["id"].clone(),
            days: weekdays(&row["days"]),
            open: minute_of_day(&row["open"]).unwrap_or(0),
            close: minute_of_day(&row["close"]).unwrap_or(0),
            closed: row["closed"] == "yes",
            calendar: after_colon(&row["holiday_rule"]),
            fixed_zone: after_colon(&row["zone_basis"]),
            from: row["effective_from"].parse().ok(),
            to: row["effective_to"].parse().ok(),
        };
        let key = (region, row["call_class"].clone());
        rows.entry(key).or_default().push(value);
    }
    rows
}

type Holidays = (
    BTreeSet<(String, NaiveDate)>,
    BTreeMap<String, (i32, i32)>,
    BTreeMap<String, u32>,
);

/// Returns the days of the table and those of the statutes' rules, over the years of the table.
fn holidays() -> Holidays {
    let rows = table(include_str!("../data/holidays.csv"));
    let dated: Vec<(String, NaiveDate, bool)> = rows
        .iter()
        .map(|row| {
            let date = row["date"].parse().expect("a date");
            (row["calendar"].clone(), date, row["kind"] == "actual")
        })
        .collect();
    let mut covered: BTreeMap<String, (i32, i32)> = BTreeMap::new();
    let mut all = (i32::MAX, i32::MIN);
    for (calendar, date, _) in &dated {
        let year = date.year();
        let years = covered.entry(calendar.clone()).or_insert((year, year));
        *years = (years.0.min(year), years.1.max(year));
        all = (all.0.min(year), all.1.max(year));
    }
    let mut days: BTreeSet<(String, NaiveDate)> = dated
        .iter()
        .map(|(calendar, date, _)| (calendar.clone(), *date))
        .collect();
    let mut eves = BTreeMap::new();
    for row in table(include_str!("../data/holiday-rules.csv")) {
        let calendar = row["calendar"].clone();
        let (first, last) = *covered.entry(calendar.clone()).or_insert(all);
        let from: Option<NaiveDate> = row["from"].parse().ok();
        let (word, value) = row["rule"].split_once(':').unwrap_or((&row["rule"], ""));
        let found: Vec<NaiveDate> = match word {
            "eve_as" => {
                eves.insert(calendar.clone(), weekdays(value).trailing_zeros());
                Vec::new()
            }
            "saturday_on_monday" => dated
                .iter()
                .filter(|(of, date, actual)| {
                    *of == calendar && *actual && date.weekday() == Weekday::Sat
                })
                .map(|(_, date, _)| *date + Days::new(2))
                .collect(),
            _ => (first..=last)
                .map(|year| in_year(word, value, year))
                .collect(),
        };
        let found = found
            .into_iter()
            .filter(|date| from.is_none_or(|from| *date >= from));
        days.extend(found.map(|date| (calendar.clone(), date)));
    }
    (days, covered, eves)
}

fn in_year(word: &str, value: &str, year: i32) -> NaiveDate {
    if word == "easter" {
        let days: i64 = value.parse().expect("days after Easter");
        return easter(year) + TimeDelta::days(days);
    }
    let date: NaiveDate = format!("{year}-{value}")
        .parse()
        .expect("a month and a day");
    let since_monday = date.weekday().num_days_from_monday();
    match (word, since_monday) {
        ("monday_of", 5 | 6) => date + Days::new(u64::from(7 - since_monday)),
        ("monday_of", _) => date - Days::new(u64::from(since_monday)),
        _ => date,
    }
}

/// Returns Easter Sunday by Gauss's method, valid from 1900 to 2099.
fn easter(year: i32) -> NaiveDate {
    let golden = year % 19;
    let moon = (19 * golden + 24) % 30;
    let weekday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7;
    let late = match (moon, weekday) {
        (29, 6) => 28,
        (28, 6) if golden > 10 => 27,
        _ => moon + weekday,
    };
    let march = NaiveDate::from_ymd_opt(year, 3, 22).expect("a date");
    march + TimeDelta::days(i64::from(late))
}

fn corrections() -> Vec<(String, i64, i64, Tz)> {
    table(include_str!("../data/tz-overrides.csv"))
        .into_iter()
        .map(|row| {
            (
                row["zone"].clone(),
                millis(&row["from_utc"]).unwrap_or(i64::MIN),
                millis(&row["until_utc"]).unwrap_or(i64::MAX),
                row["substitute_zone"].parse().expect("a known zone"),
            )
        })
        .collect()
}

fn area_codes() -> HashMap<String, AreaCode> {
    table(include_str!("../data/npa.csv"))
        .into_iter()
        .map(|row| {
            let code = AreaCode {
                country: row["country"].clone(),
                subdivisions: list(&row["subdivisions"]),
                zones: list(&row["zones"]),
                geographic: !row["status"].starts_with("non-geographic"),
                in_service: row["in_service"] == "yes",
                since: row["in_service_date"].parse().ok(),
            };
            (row["npa"].clone(), code)
        })
        .collect()
}

fn prefixes() -> HashMap<String, Vec<String>> {
    table(include_str!("../data/phone-timezones.csv"))
        .into_iter()
        .map(|row| (row["prefix"].clone(), list(&row["zones"])))
        .collect()
}

/// Returns the caps that bind regardless of consent. Left out are rows without a number, a provider's own
/// limit, a voluntary code, and the limits of exemptions (47 CFR 64.1200(a)(3)) that the product does not
/// claim, because it always requires consent.
fn caps() -> Vec<Cap> {
    table(include_str!("../data/frequency-caps.csv"))
        .into_iter()
        .filter(|row| row["country"] != "*")
        .filter(|row| ["telemarketing", "automated", "debt", "any"].contains(&&*row["call_class"]))
        .flat_map(|row| {
            // `P7D and 10 per P1M` are two caps.
            let (first, second) = row["window"]
                .split_once(" and ")
                .unwrap_or((&row["window"], ""));
            let second = second.split_once(" per ");
            let spans = [Some((row["max_attempts"].as_str(), first)), second];
            let spans = spans.into_iter().flatten();
            let caps = spans.filter_map(|(max, span)| {
                Some(Cap {
                    id: row["id"].clone(),
                    region: region(&row),
                    class: row["call_class"].clone(),
                    area_codes: list(&row["area_codes"]),
                    max: max.parse().ok()?,
                    window: window(span)?,
                    after: trigger(&row["after_event"]),
                    not_after_dealings: row["exemptions"].contains("established business"),
                })
            });
            caps.collect::<Vec<_>>()
        })
        .collect()
}

fn needed() -> Vec<Needed> {
    table(include_str!("../data/preconditions.csv"))
        .into_iter()
        .map(|row| Needed {
            place: region(&row),
            numbers: row["numbers"].clone(),
            artificial: row["voice"] == "artificial",
            purpose: row["purpose"].clone(),
            consent: row["consent"].clone(),
            list: row["lists"].clone(),
            instead: list(&row["instead"]),
            days: row["max_age_days"].parse().unwrap_or(0),
        })
        .collect()
}

fn trigger(text: &str) -> String {
    ["conversation", "abandoned", "machine", "refusal"]
        .into_iter()
        .find(|known| text.contains(known))
        .unwrap_or_default()
        .to_owned()
}

/// Returns the milliseconds of `PT24H rolling` or `P7D`. A month has 31 days.
fn window(text: &str) -> Option<i64> {
    let word = text.split_whitespace().next()?;
    let hours = if let Some(rest) = word.strip_prefix("PT") {
        rest.strip_suffix('H')?.parse::<i64>().ok()?
    } else {
        let days = word.strip_prefix('P')?;
        match days.strip_suffix('M') {
            Some(months) => months.parse::<i64>().ok()? * 31 * 24,
            None => days.strip_suffix('D')?.parse::<i64>().ok()? * 24,
        }
    };
    Some(hours * 3_600_000)
}

fn region(row: &HashMap<String, String>) -> String {
    match row["subdivision"].as_str() {
        "" => row["country"].clone(),
        subdivision => format!("{}-{subdivision}", row["country"]),
    }
}

fn after_colon(text: &str) -> String {
    text.split_once(':').map_or("", |(_, rest)| rest).to_owned()
}

fn list(text: &str) -> Vec<String> {
    text.split(';')
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
