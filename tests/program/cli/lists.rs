//! Tests of numbers that are not called: added, reversed, imported, shown.

use std::fs;

use crate::cli::scratch::Scratch;

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

#[test]
fn a_list_with_a_slip_in_it_is_taken_without_that_line_once_that_is_accepted() {
    let scratch = Scratch::new();
    let list = scratch.path("stop.txt");
    fs::write(&list, "212-555-0142\nx212-555-0101\n# note\n212,5550143\n").unwrap();
    let (list, rejects) = (
        scratch.text("stop.txt"),
        scratch.path("stop.txt.rejects.csv"),
    );
    scratch
        .run(&["dnc", "import", &list, "--new"])
        .exits(1)
        .complains("1 of 3 rows cannot be read; nothing was changed");
    assert!(!scratch.path("deck").exists());
    scratch
        .run(&["dnc", "import", &list, "--new", "--accept-rejects"])
        .exits(1)
        .says("3 rows: 2 taken, 0 on the list already, 1 rejected")
        .says("line 2: `x212-555-0101`: ")
        .says("stop.txt.rejects.2.csv");
    scratch
        .run(&["dnc", "check", "+12125550143"])
        .exits(0)
        .says("internal");
    let written = fs::read_to_string(&rejects).unwrap();
    assert!(written.starts_with("number,"), "{written}");
    fs::write(&rejects, written.replace("x212", "212")).unwrap();
    let mended = scratch.text("stop.txt.rejects.csv");
    scratch
        .run(&[
            "dnc",
            "import",
            &mended,
            "--rejects",
            &scratch.text("again.csv"),
        ])
        .exits(0)
        .says("1 row: 1 taken");
    assert!(!scratch.path("again.csv").exists());
    // If most rows cannot be read, the file is of another kind: no row of it is taken.
    let other = scratch.path("other.txt");
    fs::write(&other, "Dear team\n212-555-0199\nsee you\n").unwrap();
    scratch
        .run(&["dnc", "import", &scratch.text("other.txt")])
        .exits(1)
        .complains("other.txt:1");
    let listed = scratch.run(&["dnc", "check", "+12125550199"]).exits(0);
    assert!(!listed.out.contains("internal"), "{}", listed.out);
}
