//! Tests of rows that are rejected because they say, or may say, that a person is not to be called: every
//! number of such a row is on the internal list, so that no other row brings it back.

use std::fs;

use serde_json::Value;

use crate::cli::list_cases::empty;
use crate::cli::scratch::{Said, Scratch};

/// The columns of a contact that may be called, and the cells of one.
const HEAD: &str = "Phone,Name,consent,consent_source,consent_at";
const CONSENT: &str = "express,form 7,2026-05-04";

fn import(scratch: &Scratch, rows: &str) -> Said {
    let list = scratch.text("held.csv");
    fs::write(&list, rows).unwrap();
    let rejects = scratch.text("rejects.csv");
    fs::remove_file(&rejects).ok();
    let args = ["contacts", "import", "recall", &list, "--rejects", &rejects];
    scratch.run(&[&args[..], &["--json"]].concat())
}

fn listed(scratch: &Scratch, number: &str) -> bool {
    let said = scratch.run(&["dnc", "check", number]).exits(0);
    said.out.contains("internal")
}

/// Returns the states of the contacts with this number.
fn states(scratch: &Scratch, number: &str) -> Vec<String> {
    let said = scratch.run(&["why", number, "--json"]).json();
    let contacts = said["contacts"].as_array().cloned().unwrap_or_default();
    let state = |contact: &Value| contact["state"].as_str().unwrap_or_default().to_owned();
    contacts.iter().map(state).collect()
}

#[test]
fn another_row_does_not_bring_a_refused_number_back() {
    for (column, value) in [
        ("Notes", "asked not to be called"),
        ("Status", "DNC"),
        ("Do Not Call", "perhaps"),
        ("OK to call", "ask first"),
        ("consent", "revoked"),
    ] {
        let head = HEAD.replace(",consent,", ",");
        let row = |number: &str, value: &str| {
            let consent = if column == "consent" { "" } else { "express" };
            format!("{number},Ana,form 7,2026-05-04,{consent},{value}\n")
        };
        let name = if column == "consent" {
            "x,consent".to_owned()
        } else {
            format!("consent,{column}")
        };
        let blank = match column {
            "OK to call" => "yes",
            "consent" => "express",
            _ => "",
        };
        let lists = [
            [row("2125550142", value), row("+1 212 555 0142", blank)],
            [row("2125550142", blank), row("(212) 555-0142", value)],
        ];
        for rows in lists {
            let scratch = empty();
            let said = import(&scratch, &format!("{head},{name}\n{}", rows.concat()));
            let said = said.exits(0).json();
            assert_eq!(said["not_to_be_called"], 1, "{column}: {said}");
            assert_eq!(said["rejected"], 1, "{column}: {said}");
            assert!(listed(&scratch, "+12125550142"), "{column}");
            assert_eq!(states(&scratch, "+12125550142"), ["suppressed"], "{column}");
        }
    }
}

#[test]
fn a_second_import_ends_the_contact_of_the_first() {
    let scratch = empty();
    let rows = format!("{HEAD}\n2125550142,Ana,{CONSENT}\n3125550177,Ben,{CONSENT}\n");
    import(&scratch, &rows).exits(0);
    let rows = "Phone,Mobile,Notes\n2125550142,3125550177,stop calling me\n";
    import(&scratch, rows).exits(1);
    for number in ["+12125550142", "+13125550177"] {
        assert_eq!(states(&scratch, number), ["suppressed"], "{number}");
    }
    scratch
        .run(&["dnc", "check", "+13125550177"])
        .exits(0)
        .says("held.csv line 2: Notes: `stop calling me`");
}

#[test]
fn every_number_of_a_rejected_row_is_listed() {
    let flag = "Phone,Alt,Notes,Do Not Call\n";
    for (rows, numbers) in [
        (
            format!("{flag}212-555-0142 x4,,,Y\n"),
            &["+12125550142"][..],
        ),
        (
            format!("{flag}\"2125550142, 3125550177\",4155550123,,Y\n"),
            &["+12125550142", "+13125550177", "+14155550123"],
        ),
        (
            format!("{flag}2.125550142E+09,,or 312-555-0177,Y\n"),
            &["+12125550142", "+13125550177"],
        ),
        (format!("{flag}#2125550142,,,Y\n"), &["+12125550142"]),
        // Cells in the wrong columns, or all in one.
        (
            format!("{flag}2125550142,,\"Ana \\\"R, R\\\"\",Y\n"),
            &["+12125550142"],
        ),
        (format!("{flag}2125550142;;;Y\n"), &["+12125550142"]),
        (
            "Phone,Name,Do Not Call\n2125550142,\"Ana\n3125550177,Ben\",Y\n".to_owned(),
            &["+12125550142", "+13125550177"],
        ),
        (
            "Phone,DNC Phone\n2125550142,3125550177\n".to_owned(),
            &["+12125550142", "+13125550177"],
        ),
        (
            "Area Code,Phone,Zip,Do Not Call\n212,5550142,ZZZ,Y\n".to_owned(),
            &["+12125550142"],
        ),
        (
            "# 2125550142 do not call\nPhone,Name\n4155550166,Eve\n".to_owned(),
            &["+12125550142"],
        ),
    ] {
        let scratch = empty();
        let said = import(&scratch, &rows).json();
        assert_eq!(said["not_to_be_called"], 1, "{rows}: {said}");
        for number in numbers {
            assert!(listed(&scratch, number), "{rows}: {number}");
        }
    }
}

#[test]
fn digits_that_are_no_numbers_are_not_listed() {
    let scratch = empty();
    let rows = "Phone,Customer ID,Notes,Do Not Call\n2125550142,4155550123,asked on 2026-11-02 at 12:30,Y\n";
    import(&scratch, rows).exits(0);
    let said = scratch.run(&["dnc", "list", "internal"]).exits(0);
    said.says("1 number on internal");
}

#[test]
fn a_refusal_whose_number_is_lost_is_an_error() {
    let scratch = empty();
    let good = format!("4155550123,Dee,{CONSENT},\n");
    for number in ["2.13E+09", "see file", ""] {
        let rows = format!("{HEAD},Notes\n{number},Ana,{CONSENT},do not call\n{good}");
        let said = import(&scratch, &rows).exits(1).json();
        let warnings = said["warnings"].to_string();
        assert!(
            warnings.contains("line 2: may say that its number is not to be called"),
            "{number}: {said}"
        );
    }
    // A row that only lacks an answer says nothing, and is rejected as before.
    let rows = "Phone,Do Not Call\n2125550142,n/a\n3125550177,no\n";
    let said = import(&scratch, rows).exits(0).json();
    assert_eq!(
        (&said["rejected"], &said["not_to_be_called"]),
        (&Value::from(1), &Value::from(0))
    );
    assert!(!listed(&scratch, "+12125550142"));
}

#[test]
fn a_column_about_calls_that_is_kept_as_a_variable_still_refuses() {
    let scratch = empty();
    let list = scratch.text("calls.csv");
    fs::write(
        &list,
        "Phone,Disposition\n2125550142,DNC\n3125550177,LIT\n4155550123,NA\n",
    )
    .unwrap();
    let args = ["contacts", "import", "recall", &list];
    scratch
        .run(&args)
        .exits(1)
        .complains("--map \"Disposition=variable\"");
    let mapped = [&args[..], &["--map", "Disposition=variable"]].concat();
    scratch.run(&mapped).exits(0).says("3 taken");
    assert!(listed(&scratch, "+12125550142"));
    assert!(!listed(&scratch, "+13125550177"));
}
