//! L1: a contact that may be called is called, in call order, and no window class is stuck.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use dialdeck_audit as judge;
mod model;
mod pace;
mod world;

use std::path::Path;

use dialdeck_testkit::deck::partition::assert_partition;
use dialdeck_testkit::deck::{Deck, text};

/// Returns a deck for a case of `tests/cases`, with the case's deck file.
fn case(name: &str) -> Deck {
    let deck = Deck::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name);
    std::fs::create_dir_all(deck.path()).unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        let place = match file.file_name().unwrap().to_str().unwrap() {
            "dialdeck.toml" => deck.path().join("dialdeck.toml"),
            other => deck.beside(other),
        };
        std::fs::copy(&file, place).unwrap();
    }
    deck
}

/// One window class with more contacts than one refill reads, and a network failure early on: its retry is
/// due while most of the class is still unread.
#[test]
fn a_retry_does_not_hide_the_rest_of_its_class() {
    let deck = case("stalled-class");
    let campaign = deck.beside("c.toml");
    let mut text = std::fs::read_to_string(&campaign).unwrap();
    text.push_str(
        "[[rule_override]]\nplace = \"US\"\nwhat = \"consent\"\nreason = \"a made-up list: nobody is called\"\n",
    );
    std::fs::write(&campaign, text).unwrap();
    let ended = run_to_the_end(&deck);
    assert!(ended["attempts"].as_u64() >= Some(990), "{ended}");
}

/// The case unchanged: its list has no consent, which the law requires for automated calls. No contact is
/// called, every contact reaches its end, and the run ends.
#[test]
fn a_list_without_the_consent_that_the_law_asks_for_reaches_its_end() {
    let deck = case("stalled-class");
    let ended = run_to_the_end(&deck);
    assert_eq!(ended["attempts"], 0, "{ended}");
}

/// Runs the campaign of `c.toml`, and returns its figures after every contact has reached its end.
fn run_to_the_end(deck: &Deck) -> serde_json::Value {
    let campaign = deck.beside("c.toml");
    deck.ok(&["campaign", "add", campaign.to_str().unwrap()]);
    let mut command = deck.command(&[
        "run",
        "c",
        "--until-done",
        "--speed",
        "max",
        "--start-at",
        "2026-12-08T17:30:00Z",
        "--seed",
        "1",
    ]);
    let output = command
        .arg("--carrier-log")
        .arg(deck.carrier_log())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let status = deck.status();
    assert_partition(&status);
    let campaign = &status["campaigns"][0];
    assert_eq!(campaign["state"], "done", "{campaign}");
    assert_eq!(campaign["total"], 990, "{campaign}");
    for left in ["ready", "in_flight"] {
        assert_eq!(campaign[left], 0, "{campaign}");
    }
    let options = judge::Options {
        status: Some(status.to_string()),
        ..judge::Options::default()
    };
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &options);
    campaign.clone()
}
