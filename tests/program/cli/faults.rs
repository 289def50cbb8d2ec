//! Errors for programs: one object for each fault, with its place and what to do; nothing else on standard error.

use serde_json::Value;

use dialdeck_testkit::deck::{Deck, text};

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
[consent]
required = "none"
[caller_id]
pool = "local"
"#;

/// Returns a deck with a campaign.
fn deck() -> Deck {
    let deck = Deck::new();
    deck.write("recall.toml", CAMPAIGN);
    let file = deck.beside("recall.toml");
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);
    deck
}

/// The arguments; of each fault the file or argument, a part of its message and a part of its hint.
type Case<'a> = (&'a [&'a str], &'a [(&'a str, &'a str, &'a str)]);

/// Returns the error objects of a command that fails.
fn errors(deck: &Deck, args: &[&str]) -> Vec<Value> {
    let args = [args, &["--json"]].concat();
    let output = deck.run(&args);
    assert!(!output.status.success(), "{args:?}");
    let said = text(&output.stderr);
    let object: Value = serde_json::from_str(&said).unwrap();
    object["errors"].as_array().unwrap().clone()
}

#[track_caller]
fn check(deck: &Deck, &(args, expected): &Case<'_>) {
    let found = errors(deck, args);
    assert_eq!(found.len(), expected.len(), "{args:?}: {found:?}");
    for (error, (place, message, hint)) in found.iter().zip(expected) {
        let at = &error["place"];
        let at = at["file"].as_str().or(at["argument"].as_str());
        assert_eq!(at, Some(*place), "{args:?}: {error}");
        for (key, part) in [("message", message), ("hint", hint)] {
            let said = error[key].as_str().unwrap();
            assert!(said.contains(part), "{args:?}: {part}: {error}");
            assert!(!said.contains("os error"), "{args:?}: {error}");
        }
    }
}

#[test]
fn each_fault_is_an_object_with_its_place_and_what_to_do() {
    let deck = deck();
    deck.write("plain.csv", "number\n2125550142\n");
    deck.write("rejected.csv", "number\nblue\n2125550142\n");
    let path = |name: &str| deck.beside(name).to_str().unwrap().to_owned();
    let (plain, rejected, none) = (path("plain.csv"), path("rejected.csv"), path("none"));
    let cases: [Case<'_>; 8] = [
        (
            &["dnc", "add", "12", "212 blue"],
            &[
                ("<NUMBER>", "`12` cannot be read", "with its area code"),
                ("<NUMBER>", "`212 blue` cannot be read", "digits"),
            ],
        ),
        (
            &["run", "--start-at", "soon"],
            &[(
                "--start-at <INSTANT>",
                "`soon` is not an instant",
                "write it as 2026-",
            )],
        ),
        (
            &["log", "--last", "many"],
            &[(
                "--last <N>",
                "`many` is not a value of --last <N>",
                "write a whole number",
            )],
        ),
        (
            &["window", "212-555-0142", "--zone", "Mars/Base"],
            &[(
                "--zone <ZONE>",
                "`Mars/Base` is not a time zone",
                "America/New_York",
            )],
        ),
        (
            &["dnc", "import", &rejected],
            &[(
                "rejected.csv",
                "1 of 2 rows cannot be read",
                "--accept-rejects",
            )],
        ),
        (
            &["restore", "--from", &none],
            &[(
                &none,
                "there is no backup",
                "the folder that `dialdeck backup` made",
            )],
        ),
        (
            &["restore", "--from", &plain],
            &[(
                &plain,
                "it is no backup",
                "the folder that `dialdeck backup` made",
            )],
        ),
        (
            &["campaign", "add", &none],
            &[(&none, "there is no such file", "none like it")],
        ),
    ];
    for case in &cases {
        check(&deck, case);
    }
}

#[test]
fn a_folder_without_a_deck_is_said_to_have_none() {
    let deck = Deck::new();
    let nowhere = deck.beside("nowhere");
    let folder = nowhere.to_str().unwrap();
    for args in [
        &["restore", folder, "--accept-rollback"][..],
        &["restore", folder, "--lists-complete", "none is missing"],
    ] {
        let found = errors(&deck, args);
        let message = found[0]["message"].as_str().unwrap();
        assert!(message.starts_with("there is no deck at "), "{found:?}");
        assert!(found[0]["hint"].as_str().unwrap().contains("--from BACKUP"));
    }
    assert!(!nowhere.exists());
}

#[test]
fn a_run_for_programs_writes_objects_alone() {
    let deck = deck();
    // A warning of the deck file, and what the law asks for.
    deck.write(
        "deck/dialdeck.toml",
        "[roles]\nmaria = \"support\"\n[[trunk]]\nname = \"simulator\"\nkind = \"simulator\"\n\
         [[pool]]\nname = \"local\"\ntrunk = \"simulator\"\nnumbers = [\"+12125550100\"]\n",
    );
    let output = deck.run(&["run", "recall", "--speed", "max", "--until-done", "--json"]);
    let said = text(&output.stderr);
    assert!(
        said.contains("users who are not named are supervisors"),
        "{said}"
    );
    for line in said.lines() {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        assert!(object.is_object(), "{line}");
    }
}

#[test]
fn the_doctor_has_every_fault_of_the_deck_file_and_both_bans() {
    let deck = deck();
    let file = "[[trunk]]\nname = \"simulator\"\nkind = \"simulator\"\n";
    deck.write(
        "deck/dialdeck.toml",
        format!("max_concurrent = 0\nlog_level = \"loud\"\n{file}"),
    );
    let found = |check: &str| {
        let output = deck.run(&["doctor", "--json"]);
        let report: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        let checks = report["checks"].as_array().unwrap().iter();
        let of_check = checks.filter(|one| one["check"] == check);
        of_check
            .map(|one| one["found"].as_str().unwrap().to_owned())
            .collect::<Vec<String>>()
    };
    let faults = found("deck file");
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("max_concurrent") && faults[1].contains("log_level"));
    deck.write(
        "deck/dialdeck.toml",
        format!("emergency_bans = [\"US-LA\"]\n{file}"),
    );
    assert_eq!(
        found("bans"),
        ["emergency ban in force from the next start: US-LA; contacts there wait"]
    );
}
