//! Rolling caps on attempts at one number, by region, class and purpose.

use std::time::Duration;

use super::tables::{self, Row, TableError};
use super::{CapTrigger, FrequencyCap, Rules};
use crate::domain::PhoneNumber;
use crate::domain::campaign::{CallClass, CallKind, Purpose};

const COLUMNS: [&str; 14] = [
    "id",
    "country",
    "subdivision",
    "area_codes",
    "call_class",
    "max_attempts",
    "window",
    "counted_per",
    "counts",
    "after_event",
    "exemptions",
    "citation",
    "source",
    "confidence",
];

const DAY: Duration = Duration::from_hours(24);

/// The campaigns that a row applies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Every campaign, for any purpose.
    Any,
    /// Campaigns that sell, with any voice.
    Telemarketing,
    /// Artificial or prerecorded voice, for any purpose.
    Automated,
    /// Artificial or prerecorded voice that neither sells nor collects.
    AutomatedInformation,
    /// Debt collection, with any voice.
    Debt,
    /// No campaign. Health calls under HIPAA are not one of the purposes here, and a provider's hourly limit
    /// is kept per caller ID.
    Never,
}

impl Scope {
    fn covers(self, call: CallKind) -> bool {
        let CallKind { class, purpose } = call;
        let informs = matches!(
            purpose,
            Purpose::Reminder | Purpose::Survey | Purpose::Information
        );
        match self {
            Self::Any => true,
            Self::Telemarketing => purpose == Purpose::Sales,
            Self::Automated => class == CallClass::Automated,
            Self::AutomatedInformation => class == CallClass::Automated && informs,
            Self::Debt => purpose == Purpose::Debt,
            Self::Never => false,
        }
    }
}

/// One row of `frequency-caps.csv`.
#[derive(Clone, Debug)]
pub(super) struct CapRule {
    /// `US-FL`, or the country for all of it.
    region: String,
    /// The area codes of the number; empty for any. They represent a city with rules of its own, as its
    /// postal codes do.
    area_codes: Vec<u16>,
    scope: Scope,
    /// Whether the row counts calls to more than one number: to a person, a debtor, a residence.
    counts_persons: bool,
    caps: Vec<FrequencyCap>,
}

/// The words in a row that show that it counts calls to more than one number.
const PERSONS: [&str; 7] = [
    "person",
    "party",
    "debtor",
    "consumer",
    "customer",
    "account",
    "residence",
];

impl Rules {
    /// Returns the rolling caps that bind calls to a number in these regions, in the order of the table.
    ///
    /// Telemarketing rows (FL, OK, MD, OR, FR, ES) bind `purpose = sales`. The Maine row binds every
    /// automated campaign, and debt rows bind `purpose = debt`. The three in 30 days of 47 CFR 64.1200(a)(3)
    /// bind automated campaigns that inform, remind or ask, unless express consent is on record
    /// (`lifted_by_consent`). The British rows bind every campaign, after an abandoned call or a machine. The
    /// HIPAA row is not applied, because no purpose states that a call is about health. Neither is the
    /// provider row, which is the caller ID's hourly cap. "7 days" is any 168 hours and a month 31 days:
    /// never looser than the calendar.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::campaign::{CallClass, CallKind, Purpose};
    /// use dialdeck_core::rules::Rules;
    ///
    /// let rules = Rules::embedded();
    /// let (number, florida) = ("+13055550142".parse()?, ["US-FL".to_owned()]);
    /// let sales = CallKind::new(CallClass::Live, Purpose::Sales);
    /// assert!(!rules.caps(number, &florida, sales).is_empty());
    /// assert!(rules.caps(number, &florida, CallKind::LIVE).is_empty());
    /// # Ok::<(), String>(())
    /// ```
    pub fn caps(
        &self,
        number: PhoneNumber,
        regions: &[String],
        call: CallKind,
    ) -> Vec<FrequencyCap> {
        let binds = |rule: &&CapRule| {
            let mut regions = regions.iter();
            let mut codes = rule.area_codes.iter();
            let by_code = codes.any(|code| number.npa() == Some(*code));
            rule.scope.covers(call)
                && (by_code
                    || regions.any(|region| {
                        *region == rule.region || region.split('-').next() == Some(&rule.region)
                    }))
        };
        let rules = self.caps.iter().filter(binds);
        rules.flat_map(|rule| rule.caps.iter().cloned()).collect()
    }
}

impl Rules {
    /// Returns whether the law of a place counts such calls by person.
    pub fn counts_persons(&self, region: &str, call: CallKind) -> bool {
        let country = region.split('-').next().unwrap_or(region);
        self.caps.iter().any(|rule| {
            let there = rule.region == region || rule.region == country;
            there && rule.counts_persons && rule.scope.covers(call) && !rule.caps.is_empty()
        })
    }
}

/// Reads `frequency-caps.csv`. A row without a maximum records that no cap was found.
///
/// # Errors
///
/// Errors if a field of a row cannot be used.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<CapRule>, TableError> {
    let rows = tables::read(file, text, &COLUMNS)?;
    rows.iter().map(rule).collect()
}

fn rule(row: &Row<'_>) -> Result<CapRule, TableError> {
    let country = row.text("country");
    let region = match row.optional("subdivision") {
        Some(part) => format!("{country}-{part}"),
        None => country.to_owned(),
    };
    let scope = match row.text("call_class") {
        _ if country == "*" => Scope::Never,
        "any" => Scope::Any,
        "telemarketing" => Scope::Telemarketing,
        "automated" => Scope::Automated,
        "automated-informational-residential" => Scope::AutomatedInformation,
        "automated-health-residential" => Scope::Never,
        "debt" => Scope::Debt,
        _ => return Err(row.error("call_class", "unknown class")),
    };
    let after = match row.text("after_event") {
        "" => None,
        "a telephone conversation about that debt" => Some(CapTrigger::Conversation),
        "an abandoned call" => Some(CapTrigger::Abandoned),
        "an answering machine detected by equipment" => Some(CapTrigger::Machine),
        "refusal during a call" => Some(CapTrigger::Refusal),
        _ => return Err(row.error("after_event", "unknown event")),
    };
    let codes = row.list("area_codes");
    let area_codes: Result<Vec<u16>, _> = codes.iter().map(|code| code.parse()).collect();
    let exemptions = row.text("exemptions");
    let mut caps = Vec::new();
    if row.optional("max_attempts").is_some() {
        for (max, window) in spans(row)? {
            caps.push(FrequencyCap {
                id: row.text("id").to_owned(),
                max,
                window,
                after,
                connected_only: exemptions.contains("calls that do not connect"),
                lifted_by_consent: exemptions.contains("consent lifts the limit"),
            });
        }
    }
    Ok(CapRule {
        region,
        area_codes: area_codes.map_err(|_| row.error("area_codes", "must be area codes"))?,
        scope,
        counts_persons: PERSONS
            .iter()
            .any(|word| row.text("counted_per").split(' ').any(|one| one == *word)),
        caps,
    })
}

/// Reads the maximum and span of a row: `PT24H rolling`, `P7D (a note)` or `P1D and 3 per P7D`.
fn spans(row: &Row<'_>) -> Result<Vec<(u32, Duration)>, TableError> {
    let bad = || row.error("window", "must be a span such as PT24H or P7D");
    let text = row.text("window");
    let text = text.split(" (").next().unwrap_or(text);
    let text = text
        .trim_end_matches(" rolling")
        .trim_end_matches(" consecutive");
    let (first, second) = match text.split_once(" and ") {
        Some((first, second)) => (first, Some(second)),
        None => (text, None),
    };
    let mut spans = vec![(row.parse("max_attempts")?, span(first).ok_or_else(bad)?)];
    if let Some(second) = second {
        let (max, window) = second.split_once(" per ").ok_or_else(bad)?;
        let max = max.parse().map_err(|_| bad())?;
        spans.push((max, span(window).ok_or_else(bad)?));
    }
    Ok(spans)
}

fn span(text: &str) -> Option<Duration> {
    let (count, unit) = match text.strip_prefix("PT") {
        Some(hours) => (hours.strip_suffix('H')?, Duration::from_hours(1)),
        None => match text.strip_prefix('P')? {
            days if days.ends_with('D') => (days.strip_suffix('D')?, DAY),
            months => (months.strip_suffix('M')?, DAY * 31),
        },
    };
    unit.checked_mul(count.parse().ok()?)
}
