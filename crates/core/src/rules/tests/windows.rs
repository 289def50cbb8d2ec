//! Tests of legal hours, overrides and own rule files.

use super::*;

#[test]
fn holidays_come_first() {
    let utah = class(&["America/Denver"], &["US-UT"]);
    let christmas = shut(WindowReason::Holiday, "America/Denver Fri 05:00:00");
    assert_eq!(legal(&utah, "2026-12-25T12:00:00Z"), christmas);
    let both = class(&["America/Denver"], &["US-RI", "US-UT"]);
    assert!(matches!(
        legal(&both, "2026-12-25T12:00:00Z"),
        Legal::Shut(WindowReason::Holiday, _)
    ));
}

#[test]
fn mississippi_runs_on_central_time() {
    let abroad = class(&["America/New_York"], &["US-MS"]);
    let early = shut(WindowReason::BeforeOpen, "America/Chicago Mon 07:30:00");
    assert_eq!(legal(&abroad, "2026-12-07T13:30:00Z"), early);
    assert_eq!(legal(&abroad, "2026-12-07T14:00:00Z"), Legal::Open);
}

#[test]
fn the_campaigns_own_class_tightens() {
    let maine = class(&["America/New_York"], &["US-ME"]);
    let evening = at("2026-12-07T23:00:00Z");
    assert_eq!(
        rules().legal(&maine, CallKind::LIVE, &[], evening),
        Legal::Open
    );
    let automated = rules().legal(&maine, CallKind::AUTOMATED, &[], evening);
    assert_eq!(
        automated,
        shut(WindowReason::AfterClose, "America/New_York Mon 18:00:00")
    );
}

fn set_aside(rule: &str) -> Vec<RuleOverride> {
    vec![RuleOverride {
        precondition: None,
        rule: rule.to_owned(),
        reason: "counsel".to_owned(),
    }]
}

#[test]
fn overrides_reach_states_but_never_a_country() {
    let florida = class(&["America/New_York"], &["US-FL"]);
    let evening = at("2026-12-08T01:30:00Z");
    let under = |rule, instant| rules().legal(&florida, CallKind::LIVE, &set_aside(rule), instant);
    assert!(matches!(
        under("us-al-1", evening),
        Legal::Shut(WindowReason::AfterClose, _)
    ));
    assert_eq!(under("us-fl", evening), Legal::Open);
    let night = at("2026-12-08T02:30:00Z");
    assert!(matches!(
        under("us-fed", night),
        Legal::Shut(WindowReason::AfterClose, _)
    ));
    assert_eq!(rules().may_set_aside("us-fl"), Some(true));
    assert_eq!(rules().may_set_aside("us-fed"), Some(false));
    assert_eq!(rules().may_set_aside("us-xx"), None);
    let utah = class(&["America/Denver"], &["US-UT"]);
    let sunday = at("2026-12-06T19:00:00Z");
    let freed = rules().legal(&utah, CallKind::LIVE, &set_aside("us-ut-2"), sunday);
    assert_eq!(freed, Legal::Open);
}

#[test]
fn rows_hold_between_their_dates() {
    let oregon = class(&["America/Los_Angeles"], &["US-OR"]);
    assert_eq!(legal(&oregon, "2025-12-10T04:30:00Z"), Legal::Open);
    assert!(matches!(
        legal(&oregon, "2026-12-10T04:30:00Z"),
        Legal::Shut(WindowReason::AfterClose, _)
    ));
}

#[test]
fn nothing_known_is_never_open() {
    let noon = "2026-12-07T17:00:00Z";
    assert_eq!(legal(&class(&[], &["US-NY"]), noon), Legal::NoZone);
    assert_eq!(
        legal(&class(&["America/New_York"], &[]), noon),
        Legal::NoZone
    );
    assert_eq!(
        legal(&class(&["America/Gotham"], &["US-NY"]), noon),
        Legal::NoZone
    );
    let norway = class(&["Europe/Oslo"], &["NO"]);
    assert!(matches!(
        legal(&norway, "2026-12-07T12:00:00Z"),
        Legal::Shut(WindowReason::DayClosed, _)
    ));
    assert_eq!(
        rules().next_legal(&norway, CallKind::LIVE, &[], at(noon)),
        None
    );
}

#[test]
fn a_zone_the_databases_differ_on_is_held() {
    let mut old = rules().clone();
    let (file, _) = TABLES[9];
    let header = "zone,from_utc,until_utc,substitute_zone,first_tzdata_release,note\n";
    old.zones = zonedb::ZoneTable::bundled(file, header).unwrap();
    let vancouver = class(&["America/Vancouver"], &["CA-BC"]);
    let morning = at("2026-12-07T17:30:00Z");
    assert_eq!(legal(&vancouver, "2026-12-07T16:30:00Z"), Legal::Open);
    let split = old.legal(&vancouver, CallKind::LIVE, &[], at("2026-12-07T16:30:00Z"));
    assert_eq!(split, Legal::Disagree("America/Vancouver".to_owned()));
    assert_eq!(
        old.legal(&vancouver, CallKind::LIVE, &[], morning),
        Legal::Open
    );
    let next = old.next_legal(&vancouver, CallKind::LIVE, &[], at("2026-12-07T16:30:00Z"));
    assert_eq!(next, Some(at("2026-12-07T17:00:00Z")));
}

/// Without a row about debts for a country or province, its law on collection hours is not known.
#[test]
fn debts_need_rules_of_their_own() {
    let noon = "2026-12-07T17:00:00Z";
    for (zone, region) in [
        ("Europe/London", "GB"),
        ("Europe/Paris", "FR"),
        ("America/Vancouver", "CA-BC"),
    ] {
        let place = class(&[zone], &[region]);
        let debt = rules().legal(&place, CallKind::DEBT, &[], at(noon));
        assert!(
            matches!(debt, Legal::Shut(WindowReason::DayClosed, _)),
            "{region}"
        );
        let regions = [region.to_owned()];
        assert_eq!(
            rules().without_rules(&regions, CallKind::DEBT),
            Some(region)
        );
        assert_eq!(rules().without_rules(&regions, CallKind::LIVE), None);
    }
    let new_york = class(&["America/New_York"], &["US-NY"]);
    let machine = CallKind::new(CallClass::Automated, Purpose::Debt);
    assert_eq!(
        rules().legal(&new_york, machine, &[], at(noon)),
        Legal::Open
    );
}

/// A machine that collects is bound by the rules for machines and by those for debts.
#[test]
fn voice_and_purpose_both_bind() {
    let maine = class(&["America/New_York"], &["US-ME"]);
    let evening = at("2026-12-07T23:00:00Z");
    let machine = CallKind::new(CallClass::Automated, Purpose::Debt);
    assert!(matches!(
        rules().legal(&maine, machine, &[], evening),
        Legal::Shut(WindowReason::AfterClose, _)
    ));
    assert_eq!(
        rules().legal(&maine, CallKind::DEBT, &[], evening),
        Legal::Open
    );
}

#[test]
fn own_rule_files_only_tighten() {
    let header = hours::COLUMNS.join(",");
    let row = "mine,US,TX,any,Mon-Fri,10:00,17:00,no,none,callee,,,own,-,-,-,-,-";
    let tight = rules()
        .with_extra(&format!("{header}\n{row}\n"), "mine.csv")
        .unwrap();
    assert_ne!(tight.digest(), rules().digest());
    let texas = class(&["America/Chicago"], &["US-TX"]);
    let ask = |instant, overrides: &[RuleOverride]| {
        tight.legal(&texas, CallKind::LIVE, overrides, at(instant))
    };
    assert_eq!(ask("2026-12-07T17:00:00Z", &[]), Legal::Open);
    assert!(matches!(
        ask("2026-12-07T15:30:00Z", &[]),
        Legal::Shut(WindowReason::BeforeOpen, _)
    ));
    assert!(matches!(
        ask("2026-12-05T17:00:00Z", &[]),
        Legal::Shut(WindowReason::DayClosed, _)
    ));
    let early = ask("2026-12-07T15:30:00Z", &set_aside("mine"));
    assert!(matches!(early, Legal::Shut(WindowReason::BeforeOpen, _)));
    assert_eq!(tight.may_set_aside("mine"), Some(false));
    let wide = "wide,US,TX,any,Mon-Sun,00:00,24:00,no,none,callee,,,own,-,-,-,-,-";
    let wide = rules()
        .with_extra(&format!("{header}\n{wide}\n"), "wide.csv")
        .unwrap();
    let night = wide.legal(&texas, CallKind::LIVE, &[], at("2026-12-07T08:00:00Z"));
    assert!(matches!(night, Legal::Shut(WindowReason::BeforeOpen, _)));
}

#[test]
fn own_rule_files_may_add_a_country() {
    let header = hours::COLUMNS.join(",");
    let rows = "no,NO,,debt,Mon-Fri,10:00,17:00,no,none,callee,2027-01-01,,own,-,-,-,-,-";
    let rules = rules()
        .with_extra(&format!("{header}\n{rows}\n"), "no.csv")
        .unwrap();
    let oslo = class(&["Europe/Oslo"], &["NO"]);
    let open = |class, instant| rules.legal(&oslo, class, &[], at(instant)) == Legal::Open;
    assert!(open(CallKind::DEBT, "2027-01-04T12:00:00Z"));
    assert!(
        !open(CallKind::DEBT, "2026-12-07T12:00:00Z"),
        "not in force yet"
    );
    assert!(
        !open(CallKind::LIVE, "2027-01-04T12:00:00Z"),
        "no rule for the class"
    );
    let local = number("+4721234567");
    assert_eq!(
        rules.fitness(local, at("2027-01-04T12:00:00Z")),
        Ok(LineKind::Fixed)
    );
}

#[test]
fn another_zone_database_can_decide() {
    let newer = rules().with_zone_database(&TimeZoneDatabase::bundled(), "2099z");
    assert_eq!(
        newer.zone_data_versions(),
        ("2099z", chrono_tz::IANA_TZDB_VERSION)
    );
    let new_york = class(&["America/New_York"], &["US-NY"]);
    let noon = at("2026-12-07T17:00:00Z");
    assert_eq!(
        newer.legal(&new_york, CallKind::LIVE, &[], noon),
        Legal::Open
    );
    let empty = rules().with_zone_database(&TimeZoneDatabase::none(), "none");
    assert_eq!(
        empty.legal(&new_york, CallKind::LIVE, &[], noon),
        Legal::NoZone
    );
}

#[test]
fn errors_in_own_rule_files_name_line_and_column() {
    let header = hours::COLUMNS.join(",");
    for (row, column) in [
        (
            "us-fl,US,TX,any,Mon,10:00,17:00,no,none,callee,,,,,,,,",
            "id",
        ),
        (
            "a,USA,TX,any,Mon,10:00,17:00,no,none,callee,,,,,,,,",
            "country",
        ),
        (
            "a,US,tx,any,Mon,10:00,17:00,no,none,callee,,,,,,,,",
            "subdivision",
        ),
        (
            "a,US,TX,sms,Mon,10:00,17:00,no,none,callee,,,,,,,,",
            "call_class",
        ),
        ("a,US,TX,any,Mo,10:00,17:00,no,none,callee,,,,,,,,", "days"),
        ("a,US,TX,any,Mon,1000,17:00,no,none,callee,,,,,,,,", "open"),
        (
            "a,US,TX,any,Mon,10:00,10:00,no,none,callee,,,,,,,,",
            "close",
        ),
        (
            "a,US,TX,any,Mon,10:00,17:00,maybe,none,callee,,,,,,,,",
            "closed",
        ),
        (
            "a,US,TX,any,Mon,10:00,17:00,no,closed:XX,callee,,,,,,,,",
            "holiday_rule",
        ),
        (
            "a,US,TX,any,Mon,10:00,17:00,no,none,fixed:Mars,,,,,,,,",
            "zone_basis",
        ),
        (
            "a,US,TX,any,Mon,10:00,17:00,no,none,callee,2026-13-01,,,,,,,",
            "effective_from",
        ),
    ] {
        let error = rules()
            .with_extra(&format!("{header}\n{row}\n"), "own.csv")
            .unwrap_err();
        assert_eq!(
            (error.line, error.column.as_deref()),
            (2, Some(column)),
            "{error}"
        );
        assert!(error.to_string().starts_with("own.csv:2: "), "{error}");
    }
}
