//! Commands and signals against an engine that runs in another process, judged by the carrier's own log:
//! what was acknowledged holds from that instant.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use dialdeck_audit as judge;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::process::Command;

use dialdeck_testkit::deck::engine::Engine;
use dialdeck_testkit::deck::partition::assert_partition;
use dialdeck_testkit::deck::{Deck, text};
use serde_json::Value;

/// Monday 10:30 in New York.
const MORNING: &str = "2026-12-07T15:30:00Z";

/// A Monday morning for decks whose campaigns are added by the machine's clock, which a simulated clock
/// never precedes. It is later than any day on which the test runs.
const LATER: &str = "2028-06-05T14:30:00Z";

/// Simulated seconds per second. An acknowledgement waits for 10 seconds at most.
const SPEED: u32 = 20;

/// The area codes of the contacts, all in New York's zone, a hundred fictional numbers each.
const AREAS: [u32; 4] = [212, 646, 718, 917];

/// Returns the judge's options for a deck whose commands came from another process.
fn commanded() -> judge::Options {
    judge::Options {
        unfinished: true,
        acknowledged_within: i64::from(SPEED) * 10_000,
        any_pace: true,
        ..judge::Options::default()
    }
}

fn number(place: u32) -> String {
    let area = AREAS[place as usize / 100];
    format!("+1{area}5550{}", 100 + place % 100)
}

/// Adds a campaign over the numbers `from..to`.
fn campaign(deck: &Deck, name: &str, from: u32, to: u32) {
    let mut contacts = "number,name\n".to_owned();
    for place in from..to {
        writeln!(contacts, "{},Ana Ruiz {place}", number(place)).unwrap();
    }
    deck.write(&format!("{name}.csv"), contacts);
    let settings = format!(
        r#"
name = "{name}"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "line"
contacts = "{name}.csv"
[schedule]
ramp = "0s"
[pacing]
calls_per_minute = 30
max_concurrent = 8
[consent]
required = "none"
[caller_id]
pool = "local"
"#
    );
    let file = deck.write(&format!("{name}.toml"), settings);
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);
}

/// Returns a deck with one trunk whose callees behave as in `profile`.
fn deck_with(profile: &str) -> Deck {
    let deck = Deck::new();
    let profile = deck.write("profile.toml", profile);
    std::fs::create_dir(deck.path()).unwrap();
    let settings = format!(
        r#"
[[trunk]]
name = "line"
kind = "simulator"
profile = "{}"
max_concurrent = 20
calls_per_minute = 60
ring_timeout = "2m"
max_call = "2h"
[[pool]]
name = "local"
trunk = "line"
numbers = ["+13325550190", "+13325550191", "+13325550192", "+13325550193"]
"#,
        profile.display()
    );
    std::fs::write(deck.path().join("dialdeck.toml"), settings).unwrap();
    deck
}

fn run(deck: &Deck, campaigns: &[&str], speed: &str) -> Command {
    let mut command = deck.command(&["run", "--speed", speed, "--start-at", LATER]);
    command.args(campaigns);
    command.arg("--carrier-log").arg(deck.carrier_log());
    command
}

fn demo(deck: &Deck, speed: &str) -> Command {
    let mut command = deck.command(&["demo", "--headless", "--seed", "3", "--speed", speed]);
    command.args(["--start-at", MORNING]);
    command.arg("--carrier-log").arg(deck.carrier_log());
    command
}

/// Returns the carrier's log lines after the first `from` bytes.
fn carried(deck: &Deck, from: usize) -> Vec<Value> {
    let log = deck.carrier();
    let whole = log.rfind('\n').map_or(0, |end| end + 1);
    log[from.min(whole)..whole]
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn invited(lines: &[Value]) -> Vec<&Value> {
    lines
        .iter()
        .filter(|line| line["event"] == "invite")
        .collect()
}

fn state_of(deck: &Deck, number: &str) -> String {
    let why: Value = serde_json::from_str(&deck.ok(&["why", number, "--json"])).unwrap();
    why["contacts"][0]["state"].as_str().unwrap().to_owned()
}

fn end(mut engine: Engine, deck: &Deck) {
    engine.signal("TERM");
    let (status, _) = engine.wait();
    assert_eq!(status.code(), Some(0));
    deck.ok(&["log", "verify"]);
    assert_partition(&deck.status());
}

#[test]
fn an_opt_out_holds_from_its_acknowledgement() {
    let deck = deck_with("inherits = \"instant\"");
    campaign(&deck, "recall", 0, 200);
    let mut engine = Engine::start(run(&deck, &["recall"], "20"));
    engine.count("attempt_sent", 5);
    let last = [199, 198, 60, 40, 30].map(number);
    let mut acknowledged = Vec::new();
    for number in &last {
        assert_eq!(state_of(&deck, number), "ready", "{number}");
        deck.ok(&["dnc", "add", number]);
        acknowledged.push((number, deck.carrier().len()));
        assert_eq!(state_of(&deck, number), "suppressed");
    }
    engine.count("attempt_sent", 40);
    end(engine, &deck);
    for (number, since) in acknowledged {
        let after = carried(&deck, since);
        assert!(invited(&after).iter().all(|line| line["to"] != **number));
        assert!(!invited(&after).is_empty(), "the engine did not go on");
    }
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &commanded());
}

#[test]
fn a_pause_holds_from_its_acknowledgement_until_it_is_resumed() {
    let deck = deck_with("inherits = \"instant\"");
    campaign(&deck, "recall", 0, 150);
    campaign(&deck, "survey", 150, 350);
    let mut engine = Engine::start(run(&deck, &["recall", "survey"], "20"));
    let sent = |campaign: &'static str| {
        move |entry: &Value| entry["kind"] == "attempt_sent" && entry["campaign"] == campaign
    };
    engine.until(sent("recall"));
    engine.until(sent("survey"));
    deck.ok(&["campaign", "pause", "recall"]);
    let paused = deck.carrier().len();
    engine.until(|entry| entry["kind"] == "campaign_paused");
    for _ in 0..20 {
        engine.until(sent("survey"));
    }
    let resumed = deck.carrier().len();
    deck.ok(&["campaign", "resume", "recall"]);
    for _ in 0..5 {
        engine.until(sent("recall"));
    }
    end(engine, &deck);
    let of = campaigns_of_attempts(&deck);
    let meanwhile = carried(&deck, paused).len() - carried(&deck, resumed).len();
    let between = carried(&deck, paused);
    let between = invited(&between[..meanwhile]);
    assert!(between.len() >= 15, "the other campaign stood still too");
    for line in between {
        let attempt = line["attempt"].as_str().unwrap();
        assert_eq!(of[attempt], "survey", "sent while paused: {line}");
    }
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &commanded());
}

fn campaigns_of_attempts(deck: &Deck) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    deck.event_log()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| entry["kind"] == "attempt_reserved")
        .map(|entry| (text(&entry["attempt"]), text(&entry["campaign"])))
        .collect()
}

#[test]
fn an_opt_out_hangs_up_a_call_that_is_ringing() {
    let target = number(3);
    let deck = deck_with(&format!(
        "[[callees.\"{target}\"]]\nkind = \"rings_for_ever\"\n"
    ));
    campaign(&deck, "recall", 0, 60);
    // Two minutes of ringing are 12 seconds here.
    let mut engine = Engine::start(run(&deck, &["recall"], "10"));
    let ringing = engine.until_kind("call_ringing", &target);
    assert_eq!(state_of(&deck, &target), "in_flight");
    deck.ok(&["dnc", "add", &target, "--reason", "asked on the phone"]);
    let ended = engine.until_kind("call_ended", &target);
    assert_eq!(ended["attempt"], ringing["attempt"]);
    assert_eq!(ended["data"]["outcome"], "cancelled", "{ended}");
    let finished = engine.until_kind("contact_finished", &target);
    assert_eq!(finished["data"]["state"], "suppressed", "{finished}");
    assert_eq!(state_of(&deck, &target), "suppressed");
    engine.signal("TERM");
    assert_eq!(engine.wait().0.code(), Some(0));
    let lines = carried(&deck, 0);
    let events: Vec<&str> = lines
        .iter()
        .filter(|line| line["to"] == *target)
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert_eq!(events[..3], ["invite", "ringing", "cancel"], "{events:?}");
    assert!(!events.contains(&"answer"));
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &commanded());
}

#[test]
fn a_first_signal_ends_gracefully() {
    let deck = Deck::new();
    let mut engine = Engine::start(demo(&deck, "240"));
    engine.count("call_ended", 30);
    engine.signal("TERM");
    let (status, rest) = engine.wait();
    assert_eq!(status.code(), Some(0));
    assert_eq!(rest.last().unwrap()["kind"], "deck_closed");
    let log = deck.event_log();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!(last["kind"], "deck_closed");
    assert_partition(&deck.status());
    // The end waits for 30 seconds of the deck's clock. A call that is up after that is found at the next
    // start.
    let mut left = open_attempts(&log);
    let mut next = Engine::start(demo(&deck, "240"));
    while !left.is_empty() {
        let ended = next.until(|entry| entry["kind"] == "call_ended");
        left.remove(ended["attempt"].as_str().unwrap());
    }
    end(next, &deck);
    let log = deck.event_log();
    judge::assert_clean(&log, &deck.carrier(), &commanded());
}

#[test]
fn a_second_signal_ends_at_once_and_the_next_start_finds_the_calls() {
    let everyone = (0..20)
        .map(|place| {
            format!(
                "[[callees.\"{}\"]]\nkind = \"answers\"\nring = 1\ntalk = 3600\nas = \"human\"\n",
                number(place)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let deck = deck_with(&everyone);
    campaign(&deck, "recall", 0, 20);
    let mut engine = Engine::start(run(&deck, &["recall"], "20"));
    engine.count("call_answered", 3);
    engine.signal("TERM");
    assert!(
        engine
            .error_line()
            .contains("waiting for calls that are up")
    );
    engine.signal("TERM");
    let said = engine.error_line();
    let (status, _) = engine.wait();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("ended at once"), "{said}");
    assert!(!open_attempts(&deck.event_log()).is_empty());

    let mut next = run(&deck, &["recall"], "max");
    let output = next.arg("--until-done").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = deck.event_log();
    assert_eq!(open_attempts(&log), BTreeSet::new());
    assert_partition(&deck.status());
    judge::assert_clean(&log, &deck.carrier(), &commanded());
}

#[test]
fn every_call_is_hung_up_from_another_process() {
    let everyone = (0..20)
        .map(|place| {
            format!(
                "[[callees.\"{}\"]]\nkind = \"answers\"\nring = 1\ntalk = 3600\nas = \"human\"\n",
                number(place)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    let deck = deck_with(&everyone);
    campaign(&deck, "recall", 0, 20);
    let mut engine = Engine::start(run(&deck, &["recall"], "20"));
    engine.count("call_answered", 3);
    deck.ok(&["campaign", "pause", "recall"]);
    let mut up = open_attempts(&deck.event_log());
    assert!(up.len() >= 3, "{up:?}");
    let said = deck.ok(&["hang-up", "--all", "--reason", "the agents leave"]);
    assert!(said.starts_with("hanging up "), "{said}");
    while !up.is_empty() {
        let ended = engine.until(|entry| entry["kind"] == "call_ended");
        let talked = ended["data"]["talk_ms"].as_u64().unwrap_or(0);
        assert!(talked < 3_000_000, "it ended by itself: {ended}");
        up.remove(ended["attempt"].as_str().unwrap());
    }
    let again = deck.ok(&["hang-up", "--all", "--reason", "to be sure"]);
    assert_eq!(again, "no call was up\n");
    end(engine, &deck);
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &commanded());
}

/// Returns the attempts that were reserved and have not ended.
fn open_attempts(log: &str) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let attempt = entry["attempt"].as_str().unwrap_or_default();
        match entry["kind"].as_str().unwrap() {
            "attempt_reserved" => drop(open.insert(attempt.to_owned())),
            "call_ended" => drop(open.remove(attempt)),
            _ => {}
        }
    }
    open
}

#[test]
fn a_deck_has_one_engine_and_many_readers() {
    let deck = Deck::new();
    let mut engine = Engine::start(demo(&deck, "60"));
    engine.count("attempt_sent", 3);
    for mut second in [run(&deck, &[], "20"), demo(&deck, "60")] {
        let output = second.output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{said}");
        assert!(said.contains("another engine already owns"), "{said}");
        assert!(said.contains("hint: "), "{said}");
    }
    for command in [
        &["status"][..],
        &["numbers"],
        &["campaign", "list"],
        &["log"],
        &["log", "verify"],
        &["dnc", "list"],
        &["why", "212-555-0142"],
        &["doctor"],
    ] {
        let out = deck.ok(&[command, &["--read-only"]].concat());
        assert!(!out.is_empty(), "{command:?}");
    }
    let refused = deck.run(&["campaign", "pause", "past-due", "--read-only"]);
    let (code, said) = (refused.status.code(), text(&refused.stderr));
    assert!(code == Some(2) || code == Some(3), "{code:?} {said}");
    assert!(said.contains("read-only"), "{said}");
    engine.count("attempt_sent", 3);
    end(engine, &deck);
    judge::assert_clean(&deck.event_log(), &deck.carrier(), &commanded());
}

#[test]
fn the_figures_add_up_at_every_moment() {
    let deck = Deck::new();
    let mut engine = Engine::start(demo(&deck, "120"));
    let mut before = 0;
    let mut moments = BTreeSet::new();
    for _ in 0..25 {
        engine.until(|entry| entry["kind"] == "attempt_reserved");
        let status = deck.status();
        assert_eq!(status["deck"]["engine"], "running");
        let attempts = assert_partition(&status);
        assert!(attempts >= before, "attempts went back");
        before = attempts;
        moments.insert(status["deck"]["now"].as_str().unwrap().to_owned());
    }
    assert!(moments.len() >= 20, "only {} moments", moments.len());
    assert!(before > 20, "only {before} attempts");
    end(engine, &deck);
    assert_eq!(deck.status()["deck"]["engine"], "none");
}
