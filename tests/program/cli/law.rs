//! Tests of the law at the command line: what is required before a campaign may dial, how a file goes below
//! it, and the warnings about registries and holidays that grow old.

use std::fs;

use serde_json::{Value, json};

use crate::cli::scratch::{CAMPAIGN, Scratch};

const DEFAULTS: &str = include_str!("../../../src/config/defaults.toml");

/// The kinds of consent, from the least to the most.
const KINDS: [&str; 5] = ["none", "inquiry", "ebr", "express", "express_written"];

fn campaign(name: &str, calls: (&str, &str, &str), consent: &str, lists: &str) -> String {
    let (purpose, class, agent) = calls;
    CAMPAIGN
        .replace("\"recall\"", &format!("\"{name}\""))
        .replace("\"reminder\"", &format!("\"{purpose}\""))
        .replace("\"live\"", &format!("\"{class}\""))
        .replace("\"human\"", &format!("\"{agent}\""))
        .replace("required = \"none\"", &format!("required = \"{consent}\""))
        .replace("contacts = \"contacts.csv\"\n", "")
        + lists
}

/// Returns whether the law of the whole United States allows such a campaign, by the statutes alone. An
/// artificial voice needs prior express consent, and prior express written consent to sell (47 CFR
/// 64.1200(a)(2) and (3); an automated agent has one, FCC 24-17). A seller needs the registry, unless written
/// consent or a relationship is on record (64.1200(c)(2), (f)(5)).
fn lawful(calls: (&str, &str, &str), consent: &str, listed: bool) -> bool {
    let (purpose, class, agent) = calls;
    let artificial = class == "automated" || agent == "automated";
    let sells = purpose == "sales";
    let least = match (artificial, sells) {
        (false, _) => "none",
        (true, false) => "express",
        (true, true) => "express_written",
    };
    let rank = |kind: &str| KINDS.iter().position(|known| *known == kind).unwrap();
    let instead = ["inquiry", "ebr", "express_written"].contains(&consent);
    rank(consent) >= rank(least) && (!sells || listed || instead)
}

#[test]
fn check_judges_every_purpose_class_agent_and_consent_as_the_law_does() {
    let scratch = Scratch::new();
    let registry = "\n[suppression]\nlists = [\"internal\", \"national:us\"]\n";
    let mut forbidden = 0;
    for purpose in ["sales", "reminder", "survey", "information", "debt"] {
        for (class, agent) in [
            ("live", "human"),
            ("automated", "human"),
            ("live", "automated"),
        ] {
            for consent in KINDS {
                for lists in ["", registry] {
                    let calls = (purpose, class, agent);
                    if !lists.is_empty() && purpose != "sales" {
                        continue;
                    }
                    let text = campaign("one", calls, consent, lists);
                    fs::write(scratch.path("one.toml"), text).unwrap();
                    let said = scratch.run(&["check", &scratch.text("one.toml")]);
                    let lawful = lawful(calls, consent, !lists.is_empty());
                    let what = format!("{calls:?} {consent} {lists}: {}{}", said.out, said.err);
                    assert_eq!(said.code, i32::from(!lawful), "{what}");
                    assert_eq!(
                        said.err.contains("the law asks for more"),
                        !lawful,
                        "{what}"
                    );
                    forbidden += usize::from(!lawful);
                }
            }
        }
    }
    // Machines: 2 x (4 purposes x 3 kinds, sales 2 x 4 kinds); sales by people without the registry: 2.
    assert_eq!(forbidden, 2 * (4 * 3 + 2 * 4) + 2);
}

#[test]
fn an_override_goes_from_the_file_to_the_log() {
    let scratch = Scratch::new();
    let wishes = r#"
[[rule_override]]
rule = "us-fl"
reason = "established business relationship, counsel's letter of 3 March"

[[rule_override]]
place = "us"
what = "National:US"
reason = "members of the club only; counsel, 3 November"
"#;
    let text = campaign("club", ("sales", "live", "human"), "none", wishes);
    fs::write(scratch.path("club.toml"), text).unwrap();
    let file = scratch.text("club.toml");
    scratch
        .run(&["check", &file])
        .exits(0)
        .says("set aside: members of the club only");
    scratch.run(&["campaign", "add", &file]).exits(0);
    let starts = |scratch: &Scratch| -> Vec<Value> {
        let log = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
        let events = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        events
            .filter(|event| event["kind"] == "campaign_started")
            .collect()
    };
    assert!(starts(&scratch).is_empty());
    scratch.run(&["campaign", "start", "club"]).exits(0);
    let overrides = json!([
        {"rule": "us-fl", "reason": "established business relationship, counsel's letter of 3 March"},
        {"place": "US", "what": "national:us", "reason": "members of the club only; counsel, 3 November"},
    ]);
    assert_eq!(starts(&scratch)[0]["data"]["overrides"], overrides);
}

/// Sets the deck's clock to an instant.
fn ahead(scratch: &Scratch, at: &str) {
    let run = ["run", "--until-done", "--speed", "max", "--start-at", at];
    scratch.run(&run).exits(0);
}

/// Returns a deck whose clock is at this instant.
fn at(instant: &str) -> Scratch {
    let scratch = Scratch::new();
    let text = campaign("idle", ("reminder", "live", "human"), "none", "");
    fs::write(scratch.path("idle.toml"), text).unwrap();
    scratch
        .run(&["campaign", "add", &scratch.text("idle.toml")])
        .exits(0);
    ahead(&scratch, instant);
    scratch
}

#[test]
fn a_registry_that_grows_old_is_warned_of_six_days_ahead() {
    let listed = "\n[suppression]\nlists = [\"internal\", \"national:us\"]\n";
    let sells = ("sales", "live", "human");
    let reminds = ("reminder", "live", "human");
    // 31 days are the most (16 CFR 310.4(b)(3)(iv)), and a warning six days ahead is at 25. A call of the run
    // may last minutes, so the younger date is younger by an hour.
    for (as_of, calls, lists, warned) in [
        ("2028-01-10T17:00:00Z", sells, listed, true),
        ("2028-01-10T18:00:00Z", sells, listed, false),
        // The law requires it even if the campaign does not list it.
        ("2028-01-10T17:00:00Z", sells, "", true),
        // No campaign needs this list.
        ("2028-01-10T17:00:00Z", reminds, "", false),
    ] {
        let scratch = at("2028-01-11T17:00:00Z");
        fs::write(scratch.path("one.txt"), "212,5550142\n").unwrap();
        let list = scratch.text("one.txt");
        let registry = ["--list", "national:us", "--as-of", as_of];
        scratch
            .run(&[&["dnc", "import", &list][..], &registry].concat())
            .exits(0);
        // One attempt only: a second would be hours later, when every registry here is 25 days old.
        let text = campaign("one", calls, "none", lists) + "\n[attempts]\nmax = 1\n";
        fs::write(scratch.path("one.toml"), text).unwrap();
        scratch
            .run(&["campaign", "add", &scratch.text("one.toml")])
            .exits(0);
        fs::write(scratch.path("one.csv"), "number\n2125550177\n").unwrap();
        scratch
            .run(&["contacts", "import", "one", &scratch.text("one.csv")])
            .exits(0);
        scratch.run(&["campaign", "start", "one"]).exits(0);
        ahead(&scratch, "2028-02-04T17:00:00Z");
        let log = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
        let what = format!("{as_of} {calls:?} {lists}");
        let alerts = log
            .lines()
            .filter(|line| line.contains("\"registry_ages\""))
            .count();
        assert_eq!(alerts, usize::from(warned), "{what}: {log}");
        if warned {
            assert!(
                log.contains("national:us is 25 days old in area code 212"),
                "{log}"
            );
            scratch
                .run(&["doctor"])
                .says("close to 31 days old: load newer data");
        }
    }
}

#[test]
fn the_end_of_the_holidays_that_are_known_is_warned_of_a_year_ahead() {
    let todo = "from the next day on nothing is dialed there";
    let last = "known to 2028-12-31";
    let said = at("2027-12-30T12:00:00Z").run(&["doctor"]).says(last);
    assert!(!said.out.contains(todo), "{}", said.out);
    let said = at("2028-01-03T12:00:00Z").run(&["doctor"]);
    said.says(last).says(todo);
}

#[test]
fn a_registry_binds_every_campaign_where_the_deck_file_says_so() {
    for (text, ends, waits) in [
        (DEFAULTS.to_owned(), "ends no contact", false),
        (
            format!("{DEFAULTS}\n[suppression]\nregistry_binds = \"every campaign\"\n"),
            "national:us ends 1 contact: 1 of recall",
            true,
        ),
    ] {
        let scratch = Scratch::new();
        fs::create_dir(scratch.path("deck")).unwrap();
        fs::write(scratch.path("deck/dialdeck.toml"), text).unwrap();
        scratch
            .run(&["campaign", "add", &scratch.text("recall.toml")])
            .exits(0);
        fs::write(scratch.path("one.txt"), "212,5550142\n").unwrap();
        let list = scratch.text("one.txt");
        let registry = ["--list", "national:us", "--as-of", "2026-11-01"];
        let said = scratch
            .run(&[&["dnc", "import", &list][..], &registry].concat())
            .exits(0);
        assert_eq!(
            said.out.contains("1 of recall"),
            waits,
            "{ends}: {}",
            said.out
        );
        let why = scratch
            .run(&["why", "3125550177", "--at", "2026-11-10T17:00:00Z"])
            .exits(0);
        let uncovered = why.out.contains("national:us, area code 312 not loaded");
        assert_eq!(uncovered, waits, "{}", why.out);
    }
}

#[test]
fn a_pause_of_ones_own_raises_no_alert() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    scratch.run(&["campaign", "pause", "recall"]).exits(0);
    // An engine that finds the campaign paused gives no advice either.
    let run = [
        "run",
        "--until-done",
        "--speed",
        "max",
        "--start-at",
        "2028-02-04T17:00:00Z",
    ];
    scratch.run(&run);
    let log = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
    assert!(log.contains("\"campaign_paused\""), "{log}");
    assert!(!log.contains("alert_raised"), "{log}");
}
