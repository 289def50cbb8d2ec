//! Tests of the answers of `dialdeck window`.

use super::*;
use crate::cli::ExitCode;

fn args() -> WindowArgs {
    WindowArgs {
        numbers: Vec::new(),
        at: None,
        class: CallKind::LIVE,
        purpose: None,
        region: None,
        zone: None,
        csv: None,
    }
}

fn run_with(args: &WindowArgs, json: bool) -> Result<String, CliError> {
    let mut out = Vec::new();
    let now = "2026-12-07T15:30:00Z".parse().unwrap();
    let law = Law {
        rules: Rules::embedded(),
        bans: &[],
    };
    run(law, args, now, json, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_file_is_answered_row_by_row_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.csv");
    let ask = |rows: &str, json: bool| {
        std::fs::write(&path, rows).unwrap();
        let csv = Some(path.clone());
        run_with(&WindowArgs { csv, ..args() }, json)
    };
    let rows = "number,zone_override\n+12125550142,\n911,\n+12125550142,Mars/Base\n";
    assert_eq!(
        ask(rows, false).unwrap(),
        "id,verdict,reason,region,candidate_zones,next_allowed_utc\n\
         1,allow,ok,US-NY,America/New_York,2026-12-07T15:30:00Z\n\
         2,deny,not_possible,,,\n3,deny,unknown_zone,,,\n"
    );
    let lines = ask(rows, true).unwrap();
    let last: serde_json::Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&last["id"], &last["reason"]),
        (&json!("3"), &json!("unknown_zone"))
    );
    let error = ask("number,call_class\n+12125550142,fax\n", false).unwrap_err();
    assert_eq!(error.code(), ExitCode::Usage);
    assert!(
        error.to_string().contains("rows.csv:2: `fax`"),
        "{}",
        "{error}"
    );
    let error = ask("phone\n+12125550142\n", false).unwrap_err();
    assert!(
        error.to_string().contains("`number` is missing"),
        "{}",
        "{error}"
    );
}

#[test]
fn numbers_are_answered_one_by_one() {
    let asked = WindowArgs {
        numbers: vec!["(212) 555-0142".to_owned(), "1-800-FLOWERS".to_owned()],
        ..args()
    };
    assert_eq!(
        run_with(&asked, false).unwrap(),
        "+12125550142  allow: ok\n  rules of  US-NY\n  \
         zone      America/New_York Mon 10:30:00 (number)\n  \
         next      2026-12-07T15:30:00Z\n1-800-FLOWERS  deny: letters\n"
    );
    let lines = run_with(&asked, true).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(first["local_times"]["America/New_York"], "Mon 10:30:00");
}

#[test]
fn an_unknown_zone_is_a_wrong_argument() {
    let asked = WindowArgs {
        numbers: vec!["+12125550142".to_owned()],
        zone: Some("America/Gotham".to_owned()),
        ..args()
    };
    let error = run_with(&asked, false).unwrap_err();
    assert_eq!(error.code(), ExitCode::Usage);
    assert!(
        error.to_string().contains("America/Gotham"),
        "{}",
        "{error}"
    );
}

/// Returns the vectors of a file, each as the text expected for it, and the output.
fn judged(file: &str, columns: &[(usize, usize)]) -> (Vec<String>, Vec<String>) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    let asked = WindowArgs {
        csv: Some(path.clone().into()),
        ..args()
    };
    let printed = run_with(&asked, false).unwrap();
    let mut answers = csv::Reader::from_reader(printed.as_bytes());
    let mut vectors = csv::Reader::from_path(path).unwrap();
    let pick = |record: &csv::StringRecord, columns: &[usize]| {
        let fields: Vec<&str> = columns.iter().map(|index| &record[*index]).collect();
        fields.join(" ")
    };
    let (of_vector, of_answer): (Vec<usize>, Vec<usize>) = columns.iter().copied().unzip();
    let expected = vectors.records().map(|row| pick(&row.unwrap(), &of_vector));
    let found = answers.records().map(|row| pick(&row.unwrap(), &of_answer));
    (expected.collect(), found.collect())
}

#[test]
fn the_vectors_come_out_exactly() {
    let columns = [(0, 0), (6, 1), (7, 2), (8, 3), (9, 4), (11, 5)];
    let (expected, found) = judged("crates/core/data/window-vectors.csv", &columns);
    assert_eq!(found, expected);
    assert_eq!(found.len(), 20);
}

/// Compares verdict, reason and next instant. Region and zones are for people.
#[test]
fn the_further_vectors_come_out() {
    let columns = [(0, 0), (6, 1), (7, 2), (11, 5)];
    let (expected, found) = judged("tests/cases/window-vectors-2.csv", &columns);
    assert_eq!(found, expected);
    assert_eq!(found.len(), 95);
}

/// `why` obeys the ban too, because it is a gate of every claim.
#[test]
fn an_emergency_ban_of_the_deck_is_obeyed() {
    let bans = ["US-LA".to_owned()];
    let law = Law {
        rules: Rules::embedded(),
        bans: &bans,
    };
    let asked = WindowArgs {
        numbers: vec!["+15045550142".to_owned(), "+12125550142".to_owned()],
        ..args()
    };
    let mut out = Vec::new();
    let noon = "2026-12-07T18:00:00Z".parse().unwrap();
    run(law, &asked, noon, false, &mut out).unwrap();
    let printed = String::from_utf8(out).unwrap();
    assert!(
        printed.contains("+15045550142  deny: emergency_ban"),
        "{printed}"
    );
    assert!(
        printed.contains("next      when an operator lifts the ban"),
        "{printed}"
    );
    assert!(printed.contains("+12125550142  allow: ok"), "{printed}");
}

#[test]
fn the_end_of_the_holiday_table_is_named() {
    let asked = WindowArgs {
        numbers: vec!["+18015550131".to_owned()],
        at: Some("2029-03-07T18:00:00Z".parse().unwrap()),
        ..args()
    };
    let printed = run_with(&asked, false).unwrap();
    assert!(
        printed.contains("deny: holiday (holiday table ends)"),
        "{printed}"
    );
}

/// SB 992 is about telemarketers: its hours bind calls that sell, from 2026-10-18.
#[test]
fn the_purpose_decides_where_the_law_is_about_selling() {
    let at = |purpose: Option<Purpose>, instant: &str| {
        let asked = WindowArgs {
            numbers: vec!["+12155550131".to_owned()],
            at: Some(instant.parse().unwrap()),
            purpose,
            ..args()
        };
        let printed = run_with(&asked, false).unwrap();
        printed.lines().next().unwrap().to_owned()
    };
    let sales = Some(Purpose::Sales);
    assert_eq!(
        at(sales, "2027-04-14T12:30:00Z"),
        "+12155550131  deny: before_open"
    );
    assert_eq!(at(sales, "2027-04-14T13:00:00Z"), "+12155550131  allow: ok");
    assert_eq!(
        at(sales, "2027-04-14T23:00:00Z"),
        "+12155550131  deny: after_close"
    );
    assert_eq!(at(None, "2027-04-14T12:30:00Z"), "+12155550131  allow: ok");
    assert_eq!(
        at(sales, "2027-04-18T16:00:00Z"),
        "+12155550131  deny: day_closed"
    );
}
