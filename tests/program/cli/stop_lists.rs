//! Tests of real do-not-call lists: every number is taken, and no row is left out silently.

use std::fs;

use serde_json::Value;

use crate::cli::list_cases::{case, empty, table};

#[test]
fn every_column_of_numbers_is_suppressed() {
    let scratch = empty();
    let said = scratch
        .run(&[
            "dnc",
            "import",
            &case("opt-outs-several-columns.csv"),
            "--json",
        ])
        .exits(0)
        .json();
    assert_eq!(
        (&said["import"]["rows"], &said["import"]["taken"]),
        (&Value::from(2), &Value::from(4))
    );
    assert_eq!(
        table(&said),
        [
            "Date: ignored, 0",
            "Name: ignored, 0",
            "Home Phone: number, 2",
            "Mobile Phone: number, 1",
            "Alt Phone: number, 1",
        ]
    );
    for number in [
        "+12125550142",
        "+12125550143",
        "+12125550144",
        "+13125550145",
    ] {
        scratch
            .run(&["dnc", "check", number])
            .exits(0)
            .says("internal");
    }
    // By content where the header says nothing. Dates and accounts are no numbers.
    let list = scratch.text("kontakte.csv");
    let rows = "Kontakt;Privat;Seit;Kunde Id\nAna;(212) 555-0151;2026-11-02;2125550160\nBen;212-555-0152 / 212-555-0153;20261103;3125550161\n";
    fs::write(&list, rows).unwrap();
    let said = scratch
        .run(&["dnc", "import", &list, "--json"])
        .exits(0)
        .json();
    assert_eq!(said["import"]["taken"], 3, "{said}");
    scratch
        .run(&["dnc", "check", "+12125550160"])
        .exits(0)
        .says("on no list");
}

#[test]
fn lines_of_a_registry_may_have_a_header() {
    let scratch = empty();
    let (list, as_of) = (case("registry-with-header.csv"), "2026-11-01");
    let args = [
        "dnc",
        "import",
        &list,
        "--list",
        "national:us",
        "--as-of",
        as_of,
        "--json",
    ];
    let said = scratch.run(&args).exits(0).json();
    assert_eq!(said["import"]["taken"], 2);
    assert_eq!(
        table(&said),
        ["Area Code: area_code, 2", "Phone Number: number, 2"]
    );
    scratch
        .run(&["dnc", "check", "+13055550142"])
        .exits(0)
        .says("national:us");
}

#[test]
fn a_rejected_row_keeps_a_list_out_until_it_is_accepted() {
    let scratch = empty();
    let list = scratch.text("stop.csv");
    fs::write(
        &list,
        "Phone,Mobile\n212-555-0142,n/a\n2125550143,\n2125550144,\n",
    )
    .unwrap();
    let rejects = scratch.text("stop.csv.rejects.csv");
    scratch
        .run(&["dnc", "import", &list])
        .exits(1)
        .says("line 2: Mobile: ")
        .says(&rejects)
        .complains("1 of 3 rows cannot be read; nothing was changed")
        .complains("--accept-rejects");
    scratch
        .run(&["dnc", "check", "+12125550143"])
        .exits(0)
        .says("on no list");
    scratch
        .run(&["dnc", "import", &list, "--accept-rejects"])
        .exits(1)
        .says("3 taken");
    scratch
        .run(&["dnc", "check", "+12125550142"])
        .exits(0)
        .says("internal");
    // A file of another kind is refused even if rejects are accepted.
    fs::write(&list, "Phone\nsee\nnotes\n2125550199\n").unwrap();
    scratch
        .run(&["dnc", "import", &list, "--accept-rejects"])
        .exits(1)
        .complains("stop.csv:2");
    scratch
        .run(&["dnc", "check", "+12125550199"])
        .exits(0)
        .says("on no list");
}

#[test]
fn a_list_without_a_header_loses_no_number() {
    let scratch = empty();
    let list = scratch.text("plain.csv");
    let rows = "Ana,2125550142,2026-11-02\n212-555-0143 / 212-555-0144\n#7,Ben,(312) 555-0145 x12\n# note\n";
    fs::write(&list, rows).unwrap();
    let said = scratch
        .run(&["dnc", "import", &list, "--json"])
        .exits(0)
        .json();
    assert_eq!(
        (&said["import"]["taken"], &said["comments"]),
        (&Value::from(4), &Value::from(1))
    );
    // A digit of a number is missing, or a formula has failed: neither is left out silently.
    let rows = "2125550151,312555014\n2125550152\n#N/A\n2125550153\n2125550154\n";
    fs::write(&list, rows).unwrap();
    scratch
        .run(&["dnc", "import", &list])
        .exits(1)
        .says("line 1: `312555014`")
        .says("line 3: a formula")
        .complains("2 of 5 rows");
    fs::write(&list, "2125550151\n").unwrap();
    scratch
        .run(&["dnc", "import", &list, "--map", "Phone=number"])
        .exits(1)
        .complains("the list has no header");
}

#[test]
fn what_could_be_numbers_is_shown() {
    let scratch = empty();
    let list = scratch.text("accounts.csv");
    let rows =
        "Account No,Phone,Notes\n2125550161,2125550162,\n2125550163,2125550164,212-555-0165\n";
    fs::write(&list, rows).unwrap();
    let said = scratch
        .run(&["dnc", "import", &list, "--json"])
        .exits(0)
        .json();
    assert_eq!(
        table(&said),
        [
            "Account No: ignored, 0",
            "Phone: number, 2",
            "Notes: number, 1"
        ]
    );
    let note = said["columns"][0]["note"].as_str().unwrap();
    assert!(note.contains("2 of its cells could be numbers"), "{note}");
    let map = [
        "dnc",
        "import",
        &list,
        "--map",
        "Account No=number",
        "--json",
    ];
    let said = scratch.run(&map).exits(0).json();
    assert_eq!(said["import"]["taken"], 2, "{said}");
}
