//! Properties that hold for every class, instant and rule.

use proptest::prelude::*;

use super::*;
use crate::domain::campaign::CallKind;
use crate::domain::campaign::Evidence;
use crate::domain::{Hints, Timestamp, WindowClass};

/// 2026-03-01 to 2028-12-01: inside the years of the holiday table, with a search horizon to spare.
const INSTANTS: std::ops::Range<i64> = 1_772_323_200..1_827_000_000;

const ZONES: [&str; 14] = [
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Vancouver",
    "America/Havana",
    "Pacific/Honolulu",
    "Europe/London",
    "Europe/Paris",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
];

const REGIONS: [&str; 16] = [
    "AU", "CA-BC", "CA-ON", "DE", "FR", "GB", "IT", "US-FL", "US-ME", "US-MS", "US-NY", "US-PA",
    "US-RI", "US-SD", "US-TX", "US-UT",
];

fn classes() -> impl Strategy<Value = WindowClass> {
    let zones = prop::sample::subsequence(&ZONES[..], 1..4);
    let regions = prop::sample::subsequence(&REGIONS[..], 1..3);
    (zones, regions).prop_map(|(zones, regions)| WindowClass {
        zones: zones.into_iter().map(str::to_owned).collect(),
        regions: regions.into_iter().map(str::to_owned).collect(),
        zone_source: "stated".to_owned(),
    })
}

fn call_classes() -> impl Strategy<Value = CallKind> {
    prop::sample::select(vec![
        CallKind::LIVE,
        CallKind::AUTOMATED,
        CallKind::DEBT,
        CallKind::new(CallClass::Automated, Purpose::Debt),
        CallKind::new(CallClass::Live, Purpose::Sales),
    ])
}

fn hint(values: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::option::of(prop::sample::select(values).prop_map(str::to_owned))
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_millis(at * 1000)
}

fn open(class: &WindowClass, call_class: CallKind, at: i64) -> bool {
    Rules::embedded().legal(class, call_class, &[], second(at)) == Legal::Open
}

/// Instants near the clock changes of 2026 to 2028, where mistakes are likely.
fn instants() -> impl Strategy<Value = i64> {
    let changes = vec![
        "2026-03-08T07:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-11-01T06:00:00Z",
        "2027-03-14T10:00:00Z",
        "2027-03-28T01:00:00Z",
        "2027-04-03T15:00:00Z",
        "2027-11-07T04:30:00Z",
    ];
    let near = (prop::sample::select(changes), -90_000i64..90_000)
        .prop_map(|(change, off)| change.parse::<Timestamp>().unwrap().as_millis() / 1000 + off);
    prop_oneof![INSTANTS, near]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_looser_than_the_country(class in classes(), call_class in call_classes(), at in instants()) {
        if open(&class, call_class, at) {
            for zone in &class.zones {
                let local = Rules::embedded().local_time(zone, second(at)).unwrap();
                let american = class.regions.iter().any(|region| region.starts_with("US"));
                prop_assert!(!american || (8 * 3600..21 * 3600).contains(&local.second));
            }
            let countries = class.regions.iter().map(|region| region[..2].to_owned()).collect();
            let national = WindowClass { regions: countries, ..class.clone() };
            // A province may have rules about debts that its country does not have.
            let anywhere = match call_class.purpose {
                Purpose::Debt => CallKind::new(call_class.class, Purpose::Information),
                Purpose::Sales | Purpose::Reminder | Purpose::Survey | Purpose::Information => {
                    call_class
                }
            };
            prop_assert!(open(&national, anywhere, at));
        }
    }

    #[test]
    fn more_zones_or_regions_never_open(
        class in classes(),
        zone in prop::sample::select(&ZONES[..]),
        region in prop::sample::select(&REGIONS[..]),
        call_class in call_classes(),
        at in instants(),
    ) {
        let mut more = class.clone();
        more.zones.push(zone.to_owned());
        more.regions.push(region.to_owned());
        more.regions.sort();
        more.regions.dedup();
        prop_assert!(!open(&more, call_class, at) || open(&class, call_class, at));
    }

    #[test]
    fn another_hint_never_opens(
        text in prop::sample::select(vec!["+12125550142", "+13055550142", "+18505550142", "+12135550142", "+19155550142", "+442079460123", "+61755311234", "+12505550142"]),
        zone in hint(&["America/New_York", "America/Chicago", "America/Denver", "America/Toronto", "Europe/Paris", "Australia/Brisbane", "America/Detroit"]),
        region in hint(&["US-FL", "US-TX", "US-NY", "US-AL", "CA-ON", "GB", "AU-QLD", "US-WA"]),
        postal in hint(&["32501", "79901", "33101", "10001", "M5V 2T6", "36602", "97914"]),
        at in instants(),
    ) {
        let rules = Rules::embedded();
        let open_with = |zone: &Option<String>, region: &Option<String>, postal: &Option<String>| {
            let hints = Hints { time_zone: zone.clone(), region: region.clone(), postal_code: postal.clone() };
            let class = rules.locate(text.parse().unwrap(), &hints, Evidence::All).unwrap();
            open(&class, CallKind::LIVE, at)
        };
        if open_with(&zone, &region, &postal) {
            prop_assert!(open_with(&None, &region, &postal));
            prop_assert!(open_with(&None, &region, &None));
            prop_assert!(open_with(&None, &None, &postal));
            prop_assert!(open_with(&None, &None, &None));
        }
    }

    #[test]
    fn whole_weeks_change_nothing_where_clocks_and_calendars_stand_still(
        at in INSTANTS,
        weeks in 0i64..50,
        region in prop::sample::select(vec!["US-AZ", "US-TX", "US-KY", "IN", "DE"]),
        call_class in call_classes(),
    ) {
        let class = WindowClass {
            zones: vec!["America/Phoenix".to_owned()],
            regions: vec![region.to_owned()],
            zone_source: "stated".to_owned(),
        };
        let later = at + weeks * 7 * 86_400;
        prop_assert_eq!(open(&class, call_class, at), open(&class, call_class, later));
    }

    #[test]
    fn the_next_legal_instant_is_the_first(
        class in classes(),
        call_class in call_classes(),
        at in instants(),
        samples in prop::collection::vec(0.0..1.0f64, 16),
    ) {
        let next = Rules::embedded().next_legal(&class, call_class, &[], second(at));
        let end = next.map_or(at + 370 * 86_400, |next| next.as_millis() / 1000);
        if next.is_some() {
            prop_assert!(open(&class, call_class, end));
            prop_assert!(end == at || !open(&class, call_class, end - 1));
        }
        for sample in samples {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "a sample")]
            let before = at + ((end - at) as f64 * sample) as i64;
            prop_assert!(before >= end || !open(&class, call_class, before), "open at {}", second(before));
        }
    }

    #[test]
    fn nothing_changes_before_the_next_change(
        class in classes(),
        call_class in call_classes(),
        at in instants(),
        samples in prop::collection::vec(0i64..200_000, 16),
    ) {
        let rules = Rules::embedded();
        let kind = |at: i64| match rules.legal(&class, call_class, &[], second(at)) {
            Legal::Shut(reason, _) => (1, Some(reason)),
            Legal::Open => (0, None),
            Legal::NoZone => (2, None),
            Legal::Disagree(_) => (3, None),
        };
        let next = rules.next_change(&class, call_class, &[], second(at));
        let end = next.map_or(at + 370 * 86_400, |next| next.as_millis() / 1000);
        prop_assert!(end > at);
        if next.is_some() {
            prop_assert_ne!(kind(end), kind(at));
        }
        for before in samples.into_iter().map(|sample| at + sample).filter(|before| *before < end) {
            prop_assert_eq!(kind(before), kind(at), "changed at {}", second(before));
        }
    }

    #[test]
    fn reading_never_panics_and_its_output_reads_back(text in "\\PC{0,24}|[+0-9 ().x-]{0,24}") {
        let rules = Rules::embedded();
        for country in [None, Some("US"), Some("GB"), Some("IT")] {
            if let Ok(read) = rules.read_number(&text, country) {
                let again = rules.read_number(&read.number.to_string(), None).unwrap();
                prop_assert_eq!(again.number, read.number);
                prop_assert!(!again.country_guessed);
                let _fit = rules.fitness(read.number, second(INSTANTS.start));
            }
        }
    }
}

/// In a gap the wall clock skips the opening: the first legal instant is the change itself. In a fold an hour
/// occurs twice: a close inside it shuts, opens again and shuts for good.
#[test]
fn gaps_and_folds_are_exact() {
    let header = hours::COLUMNS.join(",");
    let night = "n,NO,,any,Mon-Sun,01:30,02:30,no,none,callee,,,own,-,-,-,-,-";
    let rules = Rules::embedded()
        .with_extra(&format!("{header}\n{night}\n"), "night.csv")
        .unwrap();
    let oslo = WindowClass {
        zones: vec!["Europe/Oslo".to_owned()],
        regions: vec!["NO".to_owned()],
        zone_source: "stated".to_owned(),
    };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let changes = |from: &str, count: usize| {
        let mut at = at(from);
        let mut found = Vec::new();
        for _ in 0..count {
            at = rules.next_change(&oslo, CallKind::LIVE, &[], at).unwrap();
            found.push(at.to_jiff().to_string());
        }
        found
    };
    // 2027-03-28: 02:00 becomes 03:00, so the window 01:30 to 02:30 lasts half an hour.
    assert_eq!(
        changes("2027-03-27T23:00:00Z", 2),
        ["2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z"]
    );
    // 2027-10-31: 03:00 becomes 02:00, so 02:00 to 02:30 occurs again.
    assert_eq!(
        changes("2027-10-30T22:00:00Z", 4),
        [
            "2027-10-30T23:30:00Z",
            "2027-10-31T00:30:00Z",
            "2027-10-31T01:00:00Z",
            "2027-10-31T01:30:00Z"
        ]
    );
}
