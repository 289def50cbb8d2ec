//! A console on broken files opens, names them, and permits only what holds calls back.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::console::{ENTER, ESC, F9, TAB, signal};
use dialdeck_testkit::pty::Pty;

const DEFAULTS: &str = include_str!("../../../src/config/defaults.toml");

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
contacts = "people.csv"

[consent]
required = "none"

[caller_id]
pool = "local"
"#;

/// A file of the deck that a test breaks.
#[derive(Clone, Copy)]
enum File {
    Deck,
    Rules,
    Keys,
    /// A `themes/dark.toml` in the deck, which overrides the default theme.
    Theme,
}

/// Returns a deck with two running campaigns, `recall` and `survey`, and a draft, `later`.
fn deck() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let deck = folder.path().join("deck");
    fs::write(
        folder.path().join("people.csv"),
        "number,name\n2125550142,Ana\n2125550143,Ben\n",
    )
    .unwrap();
    for name in ["recall", "survey", "later"] {
        let file = folder.path().join(format!("{name}.toml"));
        fs::write(
            &file,
            CAMPAIGN.replace("\"recall\"", &format!("\"{name}\"")),
        )
        .unwrap();
        command(&deck, &["campaign", "add", file.to_str().unwrap()]);
    }
    command(&deck, &["campaign", "start", "recall", "survey"]);
    (folder, deck)
}

/// Runs a command on the deck and returns its output.
fn command(deck: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .arg("--deck")
        .arg(deck)
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn break_file(deck: &Path, file: File) {
    let write = |name: &str, text: &str| fs::write(deck.join(name), text).unwrap();
    match file {
        File::Deck => write("dialdeck.toml", "= = =\n"),
        File::Rules => {
            let named = DEFAULTS.replace("rules = []", "rules = [\"own.csv\"]");
            write("dialdeck.toml", &named);
            write("own.csv", "no columns of a rule file\n1,2\n");
        }
        File::Keys => write("keys.toml", "= =\n"),
        File::Theme => {
            fs::create_dir(deck.join("themes")).unwrap();
            write("themes/dark.toml", "= =\n");
        }
    }
}

/// Opens a console on a deck with these files broken, on a terminal with room for every fault.
fn console(files: &[File], faults: &[&str]) -> (TempDir, PathBuf, Pty) {
    let (folder, deck) = deck();
    for file in files {
        break_file(&deck, *file);
    }
    let pty = Pty::start(&["--deck", deck.to_str().unwrap()], (900, 50));
    pty.wait_for(&[&["BROKEN:"][..], faults].concat());
    (folder, deck, pty)
}

#[test]
fn a_console_over_broken_files_holds_back_and_starts_nothing() {
    for (files, faults) in [
        (&[File::Deck][..], &["dialdeck.toml:1"][..]),
        (&[File::Rules], &["own.csv"]),
        (
            &[File::Rules, File::Deck, File::Keys, File::Theme],
            &[
                "dialdeck.toml:1",
                "keys.toml:1",
                "standard keys hold",
                "dark.toml:1",
            ],
        ),
        (
            &[File::Rules, File::Keys, File::Theme],
            &["own.csv", "keys.toml:1", "dark.toml:1"],
        ),
    ] {
        let (_folder, deck, mut pty) = console(files, faults);
        pty.wait_for(&["NO ENGINE"]);
        holds_back(&mut pty, &deck);
        starts_nothing(&mut pty, &deck);
        signal(&pty, Signal::TERM);
        assert_eq!(pty.end().0, 0);
    }
}

#[test]
fn broken_keys_and_a_broken_theme_keep_no_engine_from_the_deck() {
    let faults = ["keys.toml:1", "standard keys hold", "dark.toml:1"];
    let (_folder, deck, mut pty) = console(&[File::Keys, File::Theme], &faults);
    holds_back(&mut pty, &deck);
    assert!(!pty.wait_for(&["BROKEN:"]).contains("NO ENGINE"));
    signal(&pty, Signal::TERM);
    assert_eq!(pty.end().0, 0);
}

fn holds_back(pty: &mut Pty, deck: &Path) {
    pty.press("p");
    pty.wait_for(&["PAUSED", "no call leaves"]);
    assert_eq!(store_state(deck, "recall"), "paused");
    assert_eq!(store_state(deck, "survey"), "running");
    pty.press(F9);
    pty.wait("everything paused", |screen| !screen.contains("RUNNING"));
    assert_eq!(store_state(deck, "survey"), "paused");
    pty.press("/");
    pty.press("zzzz");
    pty.press(ENTER);
    pty.press("d");
    pty.wait_for(&["[Cancel]"]);
    pty.paste("+12125550143");
    pty.wait_for(&["Opt out 1 number"]);
    for _ in 0..3 {
        pty.press(TAB);
    }
    pty.wait_for(&["[Opt out 1 number"]);
    pty.press(ENTER);
    pty.wait_for(&["1 opted out", "[Close]"]);
    pty.press(ESC);
    pty.wait("a closed dialog", |screen| !screen.contains("[Close]"));
    assert!(command(deck, &["dnc", "check", "+12125550143"]).contains("internal"));
}

fn starts_nothing(pty: &mut Pty, deck: &Path) {
    for key in ["r", "S", "+"] {
        pty.press(key);
        pty.wait_for(&["nothing is started or raised"]);
    }
    for (name, kept) in [
        ("recall", "paused"),
        ("survey", "paused"),
        ("later", "draft"),
    ] {
        assert_eq!(store_state(deck, name), kept);
    }
}

/// Returns the state of a campaign according to its log.
fn store_state(deck: &Path, campaign: &str) -> &'static str {
    let log = command(deck, &["log", "export", "--jsonl"]);
    let of_campaign = format!("\"campaign\":\"{campaign}\"");
    let mut last = "draft";
    for line in log.lines().filter(|line| line.contains(&of_campaign)) {
        for (kind, state) in [
            ("\"campaign_started\"", "running"),
            ("\"campaign_resumed\"", "running"),
            ("\"campaign_paused\"", "paused"),
            ("\"campaign_stopped\"", "stopped"),
        ] {
            if line.contains(kind) {
                last = state;
            }
        }
    }
    last
}
