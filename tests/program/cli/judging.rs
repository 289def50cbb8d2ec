//! Tests of what may be called when, and why not: `window`, `why`, `check`, and the deck's own rule files for
//! all of them.

use std::fs;

use dialdeck::domain::DeckId;
use dialdeck::domain::event::{DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck::rules::Rules;
use dialdeck::store::Acts as _;
use dialdeck::store::sqlite::SqliteStore;

use crate::cli::scratch::{CAMPAIGN, Scratch};

const RULE_COLUMNS: &str = "id,country,subdivision,call_class,days,open,close,closed,holiday_rule,\
zone_basis,effective_from,effective_to,force,citation,source,exemptions_and_notes,confidence,basis";

const DECK_WITH_RULES: &str = "rules = [\"own.csv\"]\n[[trunk]]\nname = \"simulator\"\n\
kind = \"simulator\"\n[[pool]]\nname = \"local\"\ntrunk = \"simulator\"\n\
numbers = [\"+12125550100\"]\n";

#[test]
fn own_rule_files_bind_every_command_that_judges() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("deck")).unwrap();
    fs::write(scratch.path("deck/dialdeck.toml"), DECK_WITH_RULES).unwrap();
    let own = scratch.path("deck/own.csv");
    let row = "firm-ny,US,NY,any,Mon-Sun,11:00,17:00,no,none,callee,,,,,,,,";
    fs::write(&own, format!("{RULE_COLUMNS}\n{row}\n")).unwrap();
    let number = "+12125550142";
    let ten = ["--at", "2026-12-07T15:30:00Z"];
    let noon = ["--at", "2026-12-07T17:30:00Z"];
    scratch
        .run(&["window", number, ten[0], ten[1]])
        .exits(0)
        .says("deny: before_open");
    scratch
        .run(&["window", number, noon[0], noon[1]])
        .exits(0)
        .says("allow");
    let file = scratch.text("recall.toml");
    scratch.run(&["campaign", "add", &file]).exits(0);
    scratch
        .run(&["why", number, ten[0], ten[1]])
        .exits(0)
        .says("11:00");
    scratch.run(&["doctor"]).says("digest");
    let wish = "[[rule_override]]\nrule = \"firm-ny\"\nreason = \"in a hurry\"\n";
    fs::write(scratch.path("wish.toml"), format!("{CAMPAIGN}{wish}")).unwrap();
    scratch
        .run(&["check", &scratch.text("wish.toml")])
        .exits(1)
        .complains(
            "rule_override[1].rule: `firm-ny` is a rule of a country or of an own rule file",
        );

    fs::write(
        &own,
        format!("{RULE_COLUMNS}\n{}\n", row.replace("17:00", "1700")),
    )
    .unwrap();
    for args in [
        &["window", number][..],
        &["check", &file],
        &["run", "recall"],
    ] {
        scratch.run(args).exits(1).complains("own.csv:2: close: ");
    }
    scratch.run(&["doctor"]).exits(1).says("own.csv:2: close: ");
    scratch.run(&["dnc", "add", number]).exits(0);
    fs::remove_file(&own).unwrap();
    scratch
        .run(&["run", "recall"])
        .exits(2)
        .complains("own.csv");
}

#[test]
fn why_gives_the_answer_and_every_gate() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["why", "212-555-0142", "--at", "2026-12-07T15:30:00Z"])
        .exits(0)
        .says("ANSWER: ")
        .says("not started")
        .says("gate");
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    let night = scratch
        .run(&[
            "why",
            "212-555-0142",
            "--at",
            "2026-12-08T05:00:00Z",
            "--json",
        ])
        .exits(0)
        .json();
    assert_eq!(night["contacts"][0]["decision"], "hold");
    assert!(night["contacts"][0]["next_possible"].is_string(), "{night}");
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
    let never = scratch
        .run(&["why", "212-555-0142", "--campaign", "recall", "--json"])
        .exits(0)
        .json();
    assert_eq!(never["contacts"][0]["decision"], "refuse");
    scratch
        .run(&["why", "646-555-0101"])
        .exits(0)
        .says("no campaign holds it");
    scratch
        .run(&["why", "letters"])
        .exits(2)
        .complains("`letters` cannot be read");
    scratch
        .run(&["why", "212-555-0142", "--campaign", "nobody"])
        .exits(2)
        .complains("there is no campaign `nobody`");
}

#[test]
fn check_names_line_and_key_or_says_what_would_happen() {
    let scratch = Scratch::new();
    let file = scratch.text("recall.toml");
    let said = scratch
        .run(&["check", &file, "--at", "2026-12-07T15:30:00Z", "--json"])
        .exits(0)
        .json();
    assert_eq!(said["ok"], true, "{said}");
    assert_eq!(said["contacts"]["taken"], 3, "{said}");
    let bad = scratch.text("bad.toml");
    fs::write(&bad, CAMPAIGN.replace("purpose", "porpoise")).unwrap();
    scratch
        .run(&["check", &bad])
        .exits(1)
        .complains("bad.toml:4")
        .complains("porpoise");
    scratch
        .run(&["check", "absent.toml"])
        .exits(2)
        .complains("absent.toml");
    assert!(!scratch.path("deck").exists());
}

/// Sets the clock as it is after the machine's time was set back, or after a rehearsal on a simulated clock.
#[test]
fn a_clock_behind_the_log_holds_everything() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    let later = "2096-12-07T15:30:00Z".parse().unwrap();
    let path = scratch.path("deck/deck.sqlite");
    let mut store =
        SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), later).unwrap();
    let ending = DeckEnding::AtRest;
    let closed = EventData::DeckClosed(DeckClosed { ending });
    store
        .append(&NewEvent::new(later, "engine", closed))
        .unwrap();
    let said = scratch
        .run(&["why", "212-555-0142", "--json"])
        .exits(0)
        .json();
    let contact = &said["contacts"][0];
    assert_eq!(contact["decision"], "hold", "{said}");
    let answer = contact["answer"].as_str().unwrap();
    assert!(answer.contains("behind the log"), "{said}");
    // A question about another time does not depend on the clock.
    let supposed = ["why", "212-555-0142", "--at", "2026-12-07T15:30:00Z"];
    let said = scratch.run(&supposed).exits(0);
    assert!(!said.out.contains("behind the log"), "{}", said.out);
    scratch
        .run(&["doctor"])
        .says("nothing is dialed until then");
}
