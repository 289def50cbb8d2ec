//! Tests of the judge: it finds nothing in a clean run, and finds every planted breach.

mod fixture;
mod planted_conduct;
mod planted_liveness;
mod planted_permission;
mod planted_recovery;

use std::collections::{BTreeSet, HashMap};

use crate::{Options, Report, assert_clean};
use fixture::{HOUR, MINUTE, START, Scene};

fn judged(scene: &Scene) -> Report {
    crate::judge(&scene.log(), &scene.carrier(), &Options::default())
}

/// Returns the rules that a changed scene breaks.
fn broken(change: impl FnOnce(&mut Scene)) -> BTreeSet<&'static str> {
    let mut scene = Scene::new();
    change(&mut scene);
    rules(&judged(&scene))
}

fn rules(report: &Report) -> BTreeSet<&'static str> {
    report.breaches.iter().map(|breach| breach.rule).collect()
}

/// Returns the rules broken if a line of the clean log is edited.
fn tampered(edit: impl FnOnce(&mut Vec<String>)) -> BTreeSet<&'static str> {
    let scene = Scene::new();
    let mut lines: Vec<String> = scene.log().lines().map(str::to_owned).collect();
    edit(&mut lines);
    rules(&crate::judge(
        &lines.join("\n"),
        &scene.carrier(),
        &Options::default(),
    ))
}

/// Returns an instant a little after the last call's end.
fn later() -> i64 {
    START + 20 * MINUTE
}

#[test]
fn a_clean_run_is_clean() {
    let scene = Scene::new();
    let options = Options {
        located_by_number: true,
        ..Options::default()
    };
    let report = assert_clean(&scene.log(), &scene.carrier(), &options);
    assert_eq!(report.figures.attempts, 120);
    assert_eq!(report.figures.sends, 120);
    assert_eq!(report.figures.ended, 120);
    let pace = &report.figures.pace[0];
    assert!(pace.minutes >= 5, "{report}");
    assert!(pace.mean > 0.99, "{report}");
}

#[test]
fn without_the_carriers_log_the_event_log_is_judged() {
    let options = Options {
        without_carrier: true,
        ..Options::default()
    };
    assert_clean(&Scene::new().log(), "", &options);
}

#[test]
fn the_judges_windows_agree_with_the_vectors() {
    let mut windows = crate::window::Windows::new();
    let text = include_str!("../data/window-vectors.csv");
    let further = include_str!("../../../tests/cases/window-vectors-2.csv");
    let (_, further) = further.split_once('\n').unwrap();
    let all = format!("{text}{further}");
    let mut reader = csv::Reader::from_reader(all.as_bytes());
    for row in reader.deserialize::<HashMap<String, String>>() {
        let row = row.unwrap();
        if row["region"].is_empty() {
            continue;
        }
        let parts = |column: &str| row[column].split(';').map(str::to_owned).collect();
        let (mut zones, mut regions): (Vec<String>, Vec<String>) =
            (parts("candidate_zones"), parts("region"));
        if row["zone_override"].is_empty() && row["region_override"].is_empty() {
            // The further vectors name zones only for people.
            let by_number = windows.tables.zones_of(&row["number"]);
            assert!(
                row["id"].starts_with('v') || by_number == zones,
                "{}",
                row["id"]
            );
            zones = by_number;
            if let Some(code) = windows.tables.area_code(&row["number"]) {
                let places = code.subdivisions.iter();
                regions = places
                    .map(|place| format!("{}-{place}", code.country))
                    .collect();
            }
        }
        let place = windows.place(crate::window::Binding {
            zones,
            regions,
            call_class: row["call_class"].replace("debt", "live"),
            purpose: row["call_class"].clone(),
            set_aside: Vec::new(),
            days: 0x7f,
            open: 0,
            close: 1440,
        });
        let instant = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
        let at = instant(&row["instant_utc"]).timestamp_millis();
        let shut = windows.shut(place, at);
        assert_eq!(
            shut.is_none(),
            row["verdict"] == "allow",
            "{}: {shut:?}",
            row["id"]
        );
        if row["next_allowed_utc"].is_empty() {
            continue;
        }
        let next = instant(&row["next_allowed_utc"]).timestamp_millis();
        let spans = windows.open_spans(place, at, at + 9 * 24 * HOUR);
        assert_eq!(spans[0].0, next, "{}", row["id"]);
    }
}
