//! Tests of campaigns: added, started, paced, paused, stopped, and their contacts imported.

use std::fs;

use crate::cli::scratch::{CAMPAIGN, Scratch};

#[test]
fn a_start_at_the_top_of_an_hour_is_advised_against() {
    let scratch = Scratch::new();
    for (start, warned) in [
        ("2096-12-07T15:00:00Z", true),
        ("2096-12-10T15:15:00Z", false),
    ] {
        let name = format!("at-{warned}");
        let text = CAMPAIGN.replace("\"recall\"", &format!("\"{name}\""));
        let file = format!("{name}.toml");
        let text = format!("{text}\n[schedule]\nstart = {start}\n");
        fs::write(scratch.path(&file), text).unwrap();
        scratch
            .run(&["campaign", "add", &scratch.text(&file)])
            .exits(0);
        let said = scratch.run(&["campaign", "start", &name]).exits(0);
        let crowded = said.out.contains("2096-12-07T15:15:00Z");
        assert_eq!(crowded, warned, "{}", said.out);
    }
}

#[test]
fn a_campaign_goes_its_way_by_commands() {
    let scratch = Scratch::new();
    let file = scratch.text("recall.toml");
    scratch
        .run(&["campaign", "add", &file])
        .exits(0)
        .says("recall")
        .says("3 taken");
    scratch
        .run(&["campaign", "add", &file])
        .exits(1)
        .complains("a campaign `recall` is already in this deck");
    scratch.run(&["campaign", "list"]).exits(0).says("draft");
    scratch
        .run(&["campaign", "resume", "recall"])
        .exits(3)
        .complains("campaign start");
    scratch
        .run(&["campaign", "start", "recall"])
        .exits(0)
        .says("recall is running")
        .says("dialdeck run");
    scratch
        .run(&["campaign", "pause", "recall", "--note", "lunch"])
        .exits(0)
        .says("recall is paused");
    scratch
        .run(&["campaign", "show", "recall"])
        .exits(0)
        .says("lunch")
        .says("Example Dental");
    scratch
        .run(&["campaign", "start", "recall"])
        .exits(3)
        .complains("campaign resume");
    scratch.run(&["campaign", "resume", "recall"]).exits(0);
    scratch
        .run(&["campaign", "release", "recall", "--reason", "more agents"])
        .exits(3)
        .complains("not held by its abandonment brake");
    scratch
        .run(&["campaign", "release", "recall"])
        .exits(2)
        .complains("--reason");
    scratch
        .run(&["trunk", "reset", "simulator"])
        .exits(0)
        .says("trunk simulator may try again");
    scratch
        .run(&["trunk", "reset", "nobody"])
        .exits(1)
        .complains("there is no trunk `nobody`");
    scratch
        .run(&["campaign", "pause", "--all"])
        .exits(0)
        .says("recall is paused");
    scratch
        .run(&["campaign", "stop", "recall"])
        .exits(0)
        .says("recall is stopped");
    scratch
        .run(&["campaign", "start", "recall"])
        .exits(3)
        .complains("cannot become running");
    scratch
        .run(&["campaign", "pause", "nobody"])
        .exits(2)
        .complains("there is no campaign `nobody`");
}

#[test]
fn the_pace_changes_up_to_the_ceiling_of_the_file() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["campaign", "set", "recall", "--pace", "5", "--weight", "1"])
        .exits(0)
        .says("5 a minute (was 20)");
    scratch
        .run(&["campaign", "set", "recall", "--concurrent", "6"])
        .exits(3)
        .complains("error: ");
    let said = scratch
        .run(&["campaign", "show", "recall", "--json"])
        .exits(0);
    assert_eq!(said.json()["settings"]["pacing"]["calls_per_minute"], 5);
    assert_eq!(said.json()["ceiling"]["calls_per_minute"], 20);
}

#[test]
fn an_import_accounts_for_every_row() {
    let scratch = Scratch::new();
    let file = scratch.text("recall.toml");
    scratch
        .run(&["campaign", "add", &file, "--no-contacts"])
        .exits(0);
    let list = scratch.text("contacts.csv");
    let dry = scratch
        .run(&["contacts", "import", "recall", &list, "--dry-run", "--json"])
        .exits(0)
        .json();
    assert_eq!(dry["dry_run"], true);
    assert!(!scratch.path("contacts.csv.rejects.csv").exists());
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["total"], 0);

    let said = scratch
        .run(&["contacts", "import", "recall", &list, "--json"])
        .exits(0)
        .json();
    for (key, count) in [
        ("rows", 5),
        ("taken", 3),
        ("duplicates", 1),
        ("rejected", 1),
    ] {
        assert_eq!(said[key], count, "{key}: {said}");
        assert_eq!(dry[key], count, "dry {key}: {dry}");
    }
    assert_eq!(said["first_duplicates"][0], serde_json::json!([4, 2]));
    let rejects = fs::read_to_string(scratch.path("contacts.csv.rejects.csv")).unwrap();
    assert!(rejects.contains("not a number"), "{rejects}");
    let again = scratch
        .run(&["contacts", "import", "recall", &list])
        .exits(0);
    again
        .says("0 taken")
        .says("4 duplicates")
        .says("line 2: the campaign has this number already");

    scratch
        .run(&["contacts", "import", "nobody", &list])
        .exits(2)
        .complains("there is no campaign `nobody`");
    scratch
        .run(&["contacts", "import", "recall", "absent.csv"])
        .exits(2)
        .complains("absent.csv");
}

#[test]
fn what_the_deck_file_keeps_from_being_dialed_is_told_wherever_somebody_looks() {
    const OTHER_TRUNK: &str = "[[trunk]]\nname = \"line\"\nkind = \"simulator\"\n\
        [[pool]]\nname = \"local\"\ntrunk = \"line\"\nnumbers = [\"+12125550100\"]\n";
    const OTHER_POOL: &str = "[[trunk]]\nname = \"simulator\"\nkind = \"simulator\"\n\
        [[pool]]\nname = \"other\"\ntrunk = \"simulator\"\nnumbers = [\"+12125550100\"]\n";
    const RUN: [&str; 6] = [
        "run",
        "--speed",
        "max",
        "--until-done",
        "--start-at",
        "2096-12-10T15:15:00Z",
    ];
    for (settings, odds, waits) in [
        (
            OTHER_TRUNK,
            "recall: its trunk `simulator` is not in the deck file",
            "the trunk is not in the deck file",
        ),
        (
            OTHER_POOL,
            "recall: the deck file has none of its caller IDs on trunk `simulator`",
            "no caller id is owned and active at the trunk",
        ),
    ] {
        let scratch = Scratch::with_campaign();
        fs::write(scratch.path("deck/dialdeck.toml"), settings).unwrap();
        let warning = format!("warning: {odds}");
        scratch
            .run(&["campaign", "start", "recall"])
            .exits(0)
            .says(&warning);
        scratch.run(&["doctor"]).says(odds);
        scratch
            .run(&RUN)
            .exits(3)
            .complains("the engine runs: recall (")
            .complains(&warning)
            .complains("alert: campaign recall waits for an operator: ")
            .complains(waits);
    }
}

#[test]
fn an_import_says_how_many_lack_the_consent() {
    let scratch = Scratch::new();
    let text = CAMPAIGN.replace("required = \"none\"", "required = \"express\"");
    fs::write(scratch.path("recall.toml"), text).unwrap();
    let list = "number,consent,consent_source,consent_at\n\
        212-555-0142,express,form 17,2026-03-01\n\
        212-555-0143,inquiry,call,2026-03-01\n\
        212-555-0144,,,\n";
    fs::write(scratch.path("contacts.csv"), list).unwrap();
    scratch
        .run(&["campaign", "add", &scratch.text("recall.toml")])
        .exits(0)
        .says("3 taken")
        .says("2 of those taken cannot be dialed: they lack the consent");
}

#[test]
fn a_test_call_may_be_asked_for_again_within_the_second() {
    let scratch = Scratch::new();
    let number = "+12125550142";
    scratch.run(&["dnc", "add", number, "--new"]).exits(0);
    for _ in 0..4 {
        scratch
            .run(&["call", number, "--trunk", "simulator"])
            .exits(3)
            .complains("not called");
    }
}

#[test]
fn a_campaign_whose_time_is_over_is_neither_sound_nor_added() {
    let scratch = Scratch::new();
    let text = CAMPAIGN;
    let over = format!("{text}\n[schedule]\nexpires = 2020-06-30T00:00:00Z\n");
    fs::write(scratch.path("over.toml"), over).unwrap();
    let file = scratch.text("over.toml");
    for verb in [&["check"][..], &["campaign", "add"]] {
        scratch
            .run(&[verb, &[&file]].concat())
            .exits(1)
            .complains("ended at 2020-06-30T00:00:00Z")
            .complains("`expires`");
    }
    // By then the store was sound.
    scratch
        .run(&["check", &file, "--at", "2020-06-01T15:00:00Z"])
        .exits(0);
}

#[test]
fn without_an_engine_status_says_that_nothing_is_dialed() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    scratch
        .run(&["status"])
        .exits(0)
        .says("no engine runs: nothing is dialed until `dialdeck run` starts one");
}
