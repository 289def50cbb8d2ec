//! The console as its users run it: the built program on a real terminal.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod broken_files;

use std::fs;
use std::path::Path;
use std::process::Command;

use dialdeck::clock::Stopwatch;
use dialdeck_testkit::pty::{PATIENCE, Pty};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use vt100::Color;

const WIDE: (u16, u16) = (200, 50);
const ESC: &str = "\x1b";
const ENTER: &str = "\r";
const TAB: &str = "\t";
const F9: &str = "\x1b[20~";

/// Starts the demo's console on a deck that is kept.
fn demo(deck: &Path, size: (u16, u16)) -> Pty {
    let pty = Pty::start(&["demo", "--deck", deck.to_str().unwrap()], size);
    pty.wait_for(&["appointment-reminders", "RUNNING"]);
    pty.wait("a selected contact", |screen| {
        let mut lines = screen.lines().map(|line| line.trim_start_matches('│'));
        lines.any(|line| line.starts_with('▸') && line.contains("555-0"))
    });
    pty
}

/// Returns the name of the user who runs the tests. The log records it for the acts of a person.
fn user() -> String {
    let said = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(said.stdout).unwrap().trim().to_owned()
}

fn run(deck: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .arg("--deck")
        .arg(deck)
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn status(deck: &Path) -> Value {
    serde_json::from_str(&run(deck, &["status", "--json"])).unwrap()
}

fn events(deck: &Path) -> Vec<Value> {
    run(deck, &["log", "export", "--jsonl"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn state(deck: &Path, campaign: &str) -> String {
    let status = status(deck);
    let campaigns = status["campaigns"].as_array().unwrap();
    let found = campaigns.iter().find(|found| found["name"] == campaign);
    found.unwrap()["state"].as_str().unwrap().to_owned()
}

/// Returns the first number of the sample list whose contact is ready but is not dialed now.
fn a_number_to_call(deck: &Path) -> String {
    let text = include_str!("../../sample-data/appointment-reminders.csv");
    let numbers = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next());
    for number in numbers {
        let why = run(deck, &["why", number, "--json"]);
        let why: Value = serde_json::from_str(&why).unwrap();
        let waits = |contact: &Value| contact["state"] == "ready" && contact["decision"] != "dial";
        if why["contacts"].as_array().unwrap().iter().any(waits) {
            return number.to_owned();
        }
    }
    panic!("every number has been called");
}

/// Pauses every campaign with F9 and ends the console with a SIGTERM. Returns its exit code and the screen it
/// leaves.
fn quit(mut pty: Pty) -> (u32, String) {
    pty.press(F9);
    pty.wait_for(&["PAUSED"]);
    signal(&pty, Signal::TERM);
    pty.end()
}

fn signal(pty: &Pty, signal: Signal) {
    let id = Pid::from_raw(i32::try_from(pty.id()).unwrap()).unwrap();
    kill_process(id, signal).unwrap();
}

#[test]
fn a_pause_holds_and_a_resume_is_confirmed() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    pty.press("p");
    pty.wait_for(&["PAUSED", "no call leaves"]);
    assert_eq!(state(folder.path(), "appointment-reminders"), "paused");
    pty.press("r");
    pty.wait_for(&["Resume appointment-reminders", "[Cancel]"]);
    pty.press(ENTER);
    pty.wait("a closed dialog", |screen| !screen.contains("[Cancel]"));
    assert_eq!(state(folder.path(), "appointment-reminders"), "paused");
    pty.press("r");
    pty.wait_for(&["[Cancel]"]);
    pty.press(TAB);
    pty.wait_for(&["[Resume]"]);
    pty.press(ENTER);
    pty.wait("a running campaign", |screen| !screen.contains("PAUSED"));
    assert_eq!(state(folder.path(), "appointment-reminders"), "running");
    quit(pty);
    let mut held = false;
    let mut pauses = 0;
    for event in events(folder.path()) {
        if event["campaign"] != "appointment-reminders" {
            continue;
        }
        match event["kind"].as_str().unwrap() {
            "campaign_paused" => {
                assert_eq!(event["actor"], user());
                (held, pauses) = (true, pauses + 1);
            }
            "campaign_resumed" => held = false,
            "attempt_reserved" => assert!(!held, "planned while paused: {event}"),
            _ => {}
        }
    }
    assert!(pauses >= 1);
}

#[test]
fn a_pasted_number_is_opted_out_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    let number = a_number_to_call(folder.path());
    pty.press("d");
    pty.wait_for(&["[Cancel]"]);
    pty.press("\x15");
    pty.paste(&format!("{number}\n+1 212 555 01"));
    pty.wait_for(&["not a possible number"]);
    pty.press(ESC);
    pty.wait("a closed dialog", |screen| !screen.contains("[Cancel]"));
    let listed = run(folder.path(), &["dnc", "check", &number, "--json"]);
    assert!(!listed.contains(&user()), "Esc wrote: {listed}");
    pty.press("/");
    pty.press("zzzz");
    pty.press(ENTER);
    pty.press("d");
    pty.wait_for(&["[Cancel]"]);
    pty.paste(&number);
    pty.wait_for(&["Opt out 1 number"]);
    for _ in 0..3 {
        pty.press(TAB);
    }
    let screen = pty.wait("the opt-out button", |screen| {
        screen.contains("[Opt out 1 number")
    });
    assert!(screen.contains("appointment-reminders"), "{screen}");
    pty.press(ENTER);
    pty.wait_for(&["1 opted out"]);
    let why: Value =
        serde_json::from_str(&run(folder.path(), &["why", &number, "--json"])).unwrap();
    for contact in why["contacts"].as_array().unwrap() {
        assert_eq!(contact["state"], "suppressed", "{contact}");
    }
    quit(pty);
}

#[test]
fn looking_around_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    pty.press("w");
    pty.wait_for(&["Why, or why not?", "campaign state"]);
    pty.press(ESC);
    pty.wait("a closed dialog", |screen| {
        !screen.contains("Why, or why not?")
    });
    pty.press("/");
    pty.press("state:invalid");
    pty.press(ENTER);
    pty.wait_for(&["filter: state:invalid"]);
    pty.press(ESC);
    pty.wait("no filter", |screen| !screen.contains("state:invalid"));
    pty.press(":");
    pty.press("pause all");
    pty.wait_for(&["Esc closes", "every campaign"]);
    pty.press(ESC);
    pty.wait("no palette", |screen| !screen.contains("Esc closes"));
    pty.press("?");
    pty.wait_for(&["Esc closes", "F9"]);
    pty.press(ESC);
    pty.wait("no help", |screen| !screen.contains("Esc closes"));
    pty.paste("pPX");
    pty.wait_for(&["never run as keys"]);
    assert_eq!(state(folder.path(), "appointment-reminders"), "running");
    quit(pty);
}

#[test]
fn one_key_stops_everything_even_in_a_text_field() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    pty.press("/");
    pty.press("pp");
    pty.press(F9);
    pty.wait_for(&["PAUSED"]);
    pty.wait("every campaign paused", |screen| {
        !screen.contains("RUNNING")
    });
    for name in ["appointment-reminders", "past-due", "spring-sale"] {
        assert_eq!(state(folder.path(), name), "paused");
    }
    quit(pty);
}

#[test]
fn every_size_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let pty = demo(folder.path(), WIDE);
    for (columns, rows, shows) in [
        (80, 24, "Call list"),
        (40, 10, "60"),
        (120, 36, "Calling windows"),
        (200, 50, "Calling windows"),
    ] {
        pty.resize(columns, rows);
        pty.wait_for(&[shows]);
    }
    quit(pty);
}

#[test]
fn a_key_that_comes_with_a_resize_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    for size in [(120, 36), WIDE, (80, 24), (160, 40)]
        .into_iter()
        .cycle()
        .take(24)
    {
        pty.resize(size.0, size.1);
        pty.press("?");
        pty.wait_for(&["Esc closes"]);
        pty.press(ESC);
        pty.wait("no help", |screen| !screen.contains("Esc closes"));
    }
    quit(pty);
}

/// As on a slow line: Esc closes what is open, and the key that stops everything is not lost.
#[test]
fn a_key_in_one_read_with_esc_is_that_key() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    pty.press("?");
    pty.wait_for(&["Esc closes"]);
    pty.press(&format!("{ESC}{F9}"));
    pty.wait_for(&["PAUSED"]);
    pty.wait("no help", |screen| !screen.contains("Esc closes"));
    // A paste in one read with an Esc: as keys, its letters would open the help again.
    pty.press("?");
    pty.wait_for(&["Esc closes"]);
    pty.press(&format!("{ESC}\x1b[200~?\r?\x1b[201~"));
    pty.wait("a paste that is no key", |screen| {
        screen.contains("never run as keys") && !screen.contains("Esc closes")
    });
    signal(&pty, Signal::TERM);
    pty.end();
}

#[test]
fn a_second_console_attaches_acts_and_outlives_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().to_str().unwrap();
    let first = demo(folder.path(), WIDE);
    let mut second = Pty::start(&["--deck", deck], WIDE);
    second.wait_for(&["engine elsewhere", "RUNNING"]);
    let mut viewer = Pty::start(&["--deck", deck, "--read-only"], WIDE);
    viewer.wait_for(&["RUNNING"]);
    viewer.press("p");
    viewer.wait_for(&["may not"]);
    second.press("p");
    second.wait_for(&["PAUSED"]);
    first.wait_for(&["PAUSED"]);
    viewer.wait_for(&["PAUSED"]);
    signal(&first, Signal::KILL);
    second.wait_for(&["NO ENGINE"]);
    let number = a_number_to_call(folder.path());
    let opt_out = ["dnc", "add", &number, "--json"];
    assert!(run(folder.path(), &opt_out).contains("\"acknowledged\":true"));
    second.press("q");
    let (code, _) = second.end();
    assert_eq!(code, 0);
    viewer.press("q");
    assert_eq!(viewer.end().0, 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for name in [Signal::TERM, Signal::HUP, Signal::INT] {
        let folder = tempfile::tempdir().unwrap();
        let pty = demo(folder.path(), (120, 36));
        signal(&pty, name);
        let (code, screen) = pty.end();
        assert_eq!(code, 0, "{screen}");
        run(folder.path(), &["log", "verify"]);
    }
}

/// Waits until the log has gained this many entries. Only the engine writes them.
fn wait_for_entries(deck: &Path, count: usize) {
    let before = events(deck).len();
    let started = Stopwatch::start();
    while events(deck).len() < before + count {
        assert!(started.elapsed() < PATIENCE, "the engine stands still");
    }
}

#[test]
fn a_theme_is_reloaded_when_it_is_saved() {
    let folder = tempfile::tempdir().unwrap();
    let theme = folder.path().join("themes/mine.toml");
    fs::create_dir(theme.parent().unwrap()).unwrap();
    fs::write(&theme, "text = \"#010203\"").unwrap();
    let deck = folder.path().to_str().unwrap();
    let args = ["demo", "--deck", deck, "--theme", "mine", "--color", "true"];
    let pty = Pty::start(&args, (120, 36));
    let (first, second) = (Color::Rgb(1, 2, 3), Color::Rgb(4, 5, 6));
    pty.wait_for_colour(first, second);
    fs::write(&theme, "text = \"#040506\"").unwrap();
    pty.wait_for_colour(second, first);
    quit(pty);
}

#[test]
fn a_broken_theme_does_not_keep_the_console_from_opening() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().to_str().unwrap();
    let first = demo(folder.path(), WIDE);
    let theme = folder.path().join("themes/dark.toml");
    fs::create_dir(theme.parent().unwrap()).unwrap();
    let ways: [fn(&Path); 5] = [
        |theme| fs::write(theme, "= =").unwrap(),
        |theme| fs::write(theme, "inherits = \"nowhere\"").unwrap(),
        |theme| fs::create_dir(theme).unwrap(),
        |theme| std::os::unix::fs::symlink("nowhere.toml", theme).unwrap(),
        |theme| {
            let made = Command::new("mkfifo").arg(theme).status();
            assert!(made.unwrap().success());
        },
    ];
    for way in ways {
        way(&theme);
        let mut second = Pty::start(&["--deck", deck], WIDE);
        second.wait_for(&["BROKEN:", "appointment-reminders", "RUNNING"]);
        second.press("q");
        assert_eq!(second.end().0, 0);
        if theme.is_dir() {
            fs::remove_dir(&theme).unwrap();
        } else {
            fs::remove_file(&theme).unwrap();
        }
    }
    quit(first);
}

#[test]
fn a_terminal_that_stops_reading_blocks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut pty = demo(folder.path(), WIDE);
    pty.stop_reading();
    // The resize draws every cell again, so that the output exceeds what the terminal buffers.
    pty.resize(190, 48);
    pty.press("?");
    wait_for_entries(folder.path(), 40);
    pty.read_on();
    pty.wait_for(&["Esc closes"]);
    quit(pty);
}

#[test]
fn a_terminal_that_stops_reading_does_not_delay_the_end() {
    for name in [Signal::TERM, Signal::HUP] {
        let folder = tempfile::tempdir().unwrap();
        let pty = demo(folder.path(), WIDE);
        pty.stop_reading();
        pty.resize(190, 48);
        wait_for_entries(folder.path(), 10);
        signal(&pty, name);
        assert_eq!(pty.end_unread(), 0);
        run(folder.path(), &["log", "verify"]);
        let events = events(folder.path());
        assert_eq!(events.last().unwrap()["kind"], "deck_closed");
    }
}

#[test]
fn without_a_terminal_there_is_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .args(["demo", "--deck", folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("terminal") && text.contains("--headless"),
        "{text}"
    );
    assert!(!folder.path().join("deck.sqlite").exists());
}

#[test]
fn support_may_opt_out_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().to_str().unwrap();
    let first = demo(folder.path(), WIDE);
    let mut support = Pty::start(&["--deck", deck, "--role", "support"], WIDE);
    support.wait_for(&["(support)", "RUNNING"]);
    support.press("p");
    support.wait_for(&["the role support may not"]);
    support.press("d");
    support.wait_for(&["[Cancel]"]);
    support.press(ESC);
    support.wait("a closed dialog", |screen| !screen.contains("[Cancel]"));
    support.press("q");
    assert_eq!(support.end().0, 0);
    assert_eq!(state(folder.path(), "appointment-reminders"), "running");
    quit(first);
}
