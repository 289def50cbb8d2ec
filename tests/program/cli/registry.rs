//! Tests of registries: dated and covered by area code, imported completely or not at all, binding the
//! campaigns that list them.

use std::fs;

use crate::cli::scratch::Scratch;

/// Small files that were once taken wrongly.
fn case(name: &str) -> String {
    format!("{}/tests/cases/lists/{name}", env!("CARGO_MANIFEST_DIR"))
}

const SALES: &str = r#"
name = "offers"
seller = "Example Dental"
purpose = "sales"
call_class = "live"
agent = "human"
trunk = "simulator"
contacts = "people.csv"

[consent]
required = "none"

[suppression]
lists = ["internal", "national:us"]

[caller_id]
pool = "local"
"#;

/// Creates a deck with a campaign that sells to numbers of New York, Florida and Illinois, and one that
/// reminds.
fn offers() -> Scratch {
    let scratch = Scratch::with_campaign();
    fs::write(scratch.path("offers.toml"), SALES).unwrap();
    let people = "number,name\n2125550142,Ana\n3055550142,Ben\n3125550177,Chi\n";
    fs::write(scratch.path("people.csv"), people).unwrap();
    scratch
        .run(&["campaign", "add", &scratch.text("offers.toml")])
        .exits(0)
        .says("law: US: national:us");
    scratch
}

fn lists(scratch: &Scratch) -> serde_json::Value {
    scratch.run(&["dnc", "list", "--json"]).exits(0).json()
}

fn import(scratch: &Scratch, file: &str, more: &[&str]) -> crate::cli::scratch::Said {
    let mut args = vec!["dnc", "import", file, "--list", "national:us"];
    args.extend(more);
    scratch.run(&args)
}

#[test]
fn a_registry_without_a_date_is_refused() {
    let scratch = offers();
    let before = lists(&scratch);
    import(&scratch, &case("registry-212-only.txt"), &[])
        .exits(2)
        .complains("the date of national:us is not known")
        .complains("--as-of");
    assert_eq!(lists(&scratch), before);
    import(
        &scratch,
        &case("registry-212-only.txt"),
        &["--as-of", "2126-01-01"],
    )
    .exits(2)
    .complains("in the future");
    assert_eq!(lists(&scratch), before);
    // A date in the file itself counts as well, and `--as-of` must not contradict it.
    let dated = scratch.text("dated.txt");
    fs::write(
        scratch.path("dated.txt"),
        "# As of 2026-11-20\n212,5550142\n",
    )
    .unwrap();
    import(&scratch, &dated, &["--as-of", "2026-11-21"])
        .exits(2)
        .complains("the file itself");
    let said = import(&scratch, &dated, &["--json"]).exits(0).json();
    assert_eq!(said["as_of"], "2026-11-20T00:00:00.000Z");
    assert_eq!(said["areas"], serde_json::json!(["212"]));
}

#[test]
fn an_area_that_was_not_loaded_holds_its_contacts() {
    let scratch = offers();
    let file = case("registry-212-only.txt");
    import(&scratch, &file, &["--as-of", "2026-11-20"])
        .exits(0)
        .says("national:us ends 1 contact: 1 of offers")
        .says("is of 2026-11-20T00:00:00Z in area code 212 and in force");
    let why = scratch.run(&["why", "3055550142", "--at", "2026-12-08T15:00:00Z"]);
    why.says("national:us, area code 305 not loaded");
    let more = scratch.text("more.txt");
    fs::write(scratch.path("more.txt"), "305,5550199\n").unwrap();
    import(&scratch, &more, &["--as-of", "2026-11-21"]).exits(0);
    let why = scratch.run(&["why", "3055550142", "--at", "2026-12-08T15:00:00Z"]);
    assert!(!why.out.contains("not loaded"), "{}", why.out);
    // The registry never bound the reminder to that number.
    let checked = scratch.run(&["why", "2125550142", "--json"]).json();
    let text = checked.to_string();
    assert!(text.contains("recall") && text.contains("offers"), "{text}");
    let shown = lists(&scratch);
    let us = &shown["lists"][1];
    assert_eq!(us["list"], "national:us");
    assert_eq!(us["areas"]["212"], "2026-11-20T00:00:00.000Z");
    assert_eq!(us["areas"]["305"], "2026-11-21T00:00:00.000Z");
}

#[test]
fn removals_and_changes_make_no_area_fresh() {
    let scratch = offers();
    let september = scratch.text("september.txt");
    fs::write(scratch.path("september.txt"), "646,5550142\n646,5550143\n").unwrap();
    import(&scratch, &september, &["--as-of", "2026-09-01"]).exits(0);
    let before = lists(&scratch);
    for more in [&["--as-of", "2026-11-20"][..], &[]] {
        import(&scratch, &case("registry-one-removal.txt"), more)
            .exits(1)
            .complains("nothing can be taken")
            .complains("1 removal");
        assert_eq!(lists(&scratch), before);
    }
    let changes = scratch.text("changes.txt");
    fs::write(
        scratch.path("changes.txt"),
        "646,5550144,2026-11-20,A\n646,5550142,2026-11-20,D\n",
    )
    .unwrap();
    import(&scratch, &changes, &[])
        .exits(0)
        .says("1 taken")
        .says("is no fresher by them");
    let after = lists(&scratch);
    assert_eq!(after["lists"][1]["numbers"], 3);
    assert_eq!(after["lists"][1]["areas"], before["lists"][1]["areas"]);
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let scratch = offers();
    let before = lists(&scratch);
    let nothing = scratch.text("nothing.txt");
    fs::write(scratch.path("nothing.txt"), "number\nnobody\nnothing\n").unwrap();
    import(
        &scratch,
        &nothing,
        &["--as-of", "2026-11-20", "--accept-rejects"],
    )
    .exits(1)
    .complains("nothing");
    assert_eq!(lists(&scratch), before);
    let partly = scratch.text("partly.txt");
    fs::write(
        scratch.path("partly.txt"),
        "305,5550142\n305,55501\n305,5550143\n",
    )
    .unwrap();
    import(&scratch, &partly, &["--as-of", "2026-11-20"])
        .exits(1)
        .says("line 2")
        .complains("--accept-rejects");
    assert_eq!(lists(&scratch), before);
    import(
        &scratch,
        &partly,
        &["--as-of", "2026-11-20", "--accept-rejects"],
    )
    .exits(1)
    .says("2 taken");
    assert_eq!(lists(&scratch)["lists"][1]["numbers"], 2);
}

#[test]
fn a_dry_run_says_what_would_end_and_writes_nothing() {
    let scratch = offers();
    let before = lists(&scratch);
    let file = case("registry-212-only.txt");
    let said = import(
        &scratch,
        &file,
        &["--as-of", "2026-11-20", "--dry-run", "--json"],
    )
    .exits(0)
    .json();
    assert_eq!(said["would_end"], serde_json::json!({"offers": 1}));
    assert_eq!(said["areas"], serde_json::json!(["212"]));
    import(&scratch, &file, &["--as-of", "2026-11-20", "--dry-run"])
        .exits(0)
        .says("national:us ends 1 contact: 1 of offers")
        .says("nothing is written");
    assert_eq!(lists(&scratch), before);
    // The refused import creates no deck either.
    let none = Scratch::new();
    none.run(&["dnc", "import", &file, "--dry-run"]).exits(0);
    none.run(&["dnc", "list"]).exits(4);
}

#[test]
fn a_registry_in_two_columns_is_taken() {
    let scratch = offers();
    import(
        &scratch,
        &case("registry-with-header.csv"),
        &["--as-of", "2026-11-20"],
    )
    .exits(0)
    .says("2 taken")
    .says("area code 305");
}

#[test]
fn a_reversed_opt_out_brings_back_what_it_ended() {
    let scratch = Scratch::with_campaign();
    let total = |scratch: &Scratch| {
        let status = scratch.run(&["status", "--json"]).exits(0).json();
        let campaign = &status["campaigns"][0];
        (
            campaign["ready"].as_u64().unwrap() + campaign["waiting"]["window"].as_u64().unwrap(),
            campaign["suppressed"].as_u64().unwrap(),
        )
    };
    let (ready, _) = total(&scratch);
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
    assert_eq!(total(&scratch), (ready - 1, 1));
    scratch
        .run(&[
            "dnc",
            "reverse",
            "212-555-0142",
            "--reason",
            "another person",
            "--restore-contacts",
            "--role",
            "operator",
        ])
        .exits(3);
    scratch
        .run(&[
            "dnc",
            "reverse",
            "212-555-0142",
            "--reason",
            "another person",
            "--restore-contacts",
        ])
        .exits(0)
        .says("campaign recall: contact 1 may be called again")
        .says("consent that the opt-out had revoked holds again");
    assert_eq!(total(&scratch), (ready, 0));
    let log = scratch.run(&["log", "export"]).exits(0);
    assert!(log.out.contains("\"consent_restored\":true"), "{}", log.out);
    assert!(log.out.contains("\"outcome\":\"restored\""), "{}", log.out);
}

/// 16 CFR 310.8: an area is covered by its full list alone.
#[test]
fn what_may_be_a_list_of_changes_covers_nothing() {
    let scratch = offers();
    let before = lists(&scratch);
    for text in [
        "6465550199,2026-11-20,D\n",
        "Phone,Change\n6465550199,REMOVE\n",
        "646,5550199,2026-11-20,A\n646,5550197\n",
        "# removals\n646,5550199\n",
        "Phone,Date Removed\n6465550199,2026-11-20\n",
    ] {
        fs::write(scratch.path("doubt.txt"), text).unwrap();
        let file = scratch.text("doubt.txt");
        import(
            &scratch,
            &file,
            &["--as-of", "2026-11-20", "--accept-rejects"],
        )
        .exits(1);
        assert_eq!(lists(&scratch), before, "{text}");
    }
    fs::write(scratch.path("doubt.txt"), "646,5550199\n").unwrap();
    scratch
        .run(&[
            "dnc",
            "import",
            &scratch.text("doubt.txt"),
            "--list",
            "state:tx",
        ])
        .exits(2)
        .complains("there is no registry `state:tx`")
        .complains("use state:us-tx");
}

#[test]
fn an_older_list_does_not_age_an_area_and_one_too_old_is_named() {
    let scratch = offers();
    for (name, text) in [
        ("newer.txt", "212,5550142\n"),
        ("old.txt", "212,5550143\n646,5550144\n"),
    ] {
        fs::write(scratch.path(name), text).unwrap();
    }
    import(
        &scratch,
        &scratch.text("newer.txt"),
        &["--as-of", "2026-11-20"],
    )
    .exits(0);
    import(
        &scratch,
        &scratch.text("old.txt"),
        &["--as-of", "2026-11-10"],
    )
    .exits(0)
    .says("keeps its newer date in area code 212")
    .says("is of 2026-11-10T00:00:00Z in area code 646");
    let us = &lists(&scratch)["lists"][1];
    assert_eq!(us["areas"]["212"], "2026-11-20T00:00:00.000Z");
    assert_eq!(us["areas"]["646"], "2026-11-10T00:00:00.000Z");
    fs::write(scratch.path("ancient.txt"), "305,5550143\n").unwrap();
    let said = import(
        &scratch,
        &scratch.text("ancient.txt"),
        &["--as-of", "1970-01-01"],
    )
    .exits(0);
    let said = said.says("too old for calls that need it");
    assert!(!said.out.contains("in force"), "{}", said.out);
}

#[test]
fn contacts_of_a_reversed_opt_out_can_come_back_later() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
    let reverse = [
        "dnc",
        "reverse",
        "212-555-0142",
        "--reason",
        "another person",
    ];
    scratch
        .run(&reverse)
        .exits(0)
        .says("the same command with --restore-contacts");
    let mut again = reverse.to_vec();
    again.push("--restore-contacts");
    scratch
        .run(&again)
        .exits(0)
        .says("campaign recall: contact 1 may be called again");
    scratch.run(&again).exits(1).complains("is not on internal");
}

/// There is law on debt calls for the United States, Quebec, Ontario, India and Australia alone.
#[test]
fn debts_where_there_is_no_law_about_them_are_not_called() {
    let scratch = Scratch::new();
    let text = crate::cli::scratch::CAMPAIGN.replace("\"reminder\"", "\"debt\"");
    fs::write(scratch.path("recall.toml"), text).unwrap();
    let people = "number,name\n+442079460123,Ana\n+16045550142,Ben\n2125550142,Chi\n";
    fs::write(scratch.path("contacts.csv"), people).unwrap();
    let file = scratch.text("recall.toml");
    scratch.run(&["check", &file]).exits(0).says("no_rules");
    scratch
        .run(&["campaign", "add", &file])
        .exits(0)
        .says("2 of those taken can never be dialed");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["invalid"], 2);
}
