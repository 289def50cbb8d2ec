//! Numbers that are not called: marked, taken back, imported, shown.

use std::fs;

use crate::scratch::Scratch;

#[test]
fn an_opt_out_is_judged_before_it_is_written() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["dnc", "add", "212-555-0142", "1-800-FLOWERS"])
        .exits(2)
        .complains("`1-800-FLOWERS` cannot be read")
        .complains("hint: ");
    scratch
        .run(&["dnc", "check", "212-555-0142"])
        .exits(0)
        .says("on no list");
    scratch
        .run(&[
            "dnc",
            "add",
            "(212) 555-0142",
            "--reason",
            "asked on the phone",
        ])
        .exits(0)
        .says("+12125550142 (US")
        .says("America/New_York")
        .says("campaign recall")
        .says("1 added");
    scratch
        .run(&["dnc", "add", "2125550142"])
        .exits(0)
        .says("0 added, 1 already");
    let said = scratch
        .run(&["dnc", "check", "+1 212 555 0142", "--json"])
        .exits(0)
        .json();
    assert_eq!(said["numbers"][0]["listed"], true);
    assert_eq!(said["numbers"][0]["lists"][0]["note"], "asked on the phone");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["suppressed"], 1);
}

#[test]
fn a_number_comes_off_an_own_list_only_with_a_reason() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
    scratch
        .run(&["dnc", "reverse", "212-555-0142", "--reason", "wrong person"])
        .exits(0)
        .says("is off internal");
    scratch
        .run(&["dnc", "reverse", "212-555-0142", "--reason", "again"])
        .exits(1)
        .complains("is not on internal");
    scratch
        .run(&[
            "dnc",
            "reverse",
            "212-555-0142",
            "--reason",
            "x",
            "--list",
            "national:us",
        ])
        .exits(3)
        .complains("error: ");
    scratch
        .run(&["dnc", "add", "212-555-0142", "--list", "national:us"])
        .exits(2)
        .complains("dnc import");
}

#[test]
fn lists_are_imported_shown_and_exported() {
    let scratch = Scratch::with_campaign();
    let file = scratch.text("registry.txt");
    fs::write(&file, "2125550142\n3125550177\n3125550177\n").unwrap();
    scratch
        .run(&[
            "dnc",
            "import",
            &file,
            "--list",
            "national:us",
            "--as-of",
            "2026-11-01",
        ])
        .exits(0)
        .says("2 taken");
    scratch
        .run(&["dnc", "list"])
        .exits(0)
        .says("national:us")
        .says("2026-11-01");
    scratch
        .run(&["dnc", "export", "--list", "national:us"])
        .exits(0)
        .says("number,")
        .says("+12125550142");
    scratch
        .run(&["dnc", "list", "national:us"])
        .exits(0)
        .says("2 numbers on national:us");
}
