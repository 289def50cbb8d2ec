//! Tests of the command line end to end: every subcommand, every exit code, bad input with its error text.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its files fails"
)]

mod campaigns;
mod faults;
mod files;
mod held;
mod judging;
mod kept;
mod law;
mod list_cases;
mod lists;
mod narrower;
mod output;
mod ranges;
mod registry;
mod reports;
mod roles;
mod safety;
mod scratch;
mod stop_lists;
mod typed;

use std::fs;
use std::path::Path;

use serde_json::Value;

use scratch::Scratch;

const SUBCOMMANDS: [&str; 17] = [
    "demo",
    "run",
    "campaign",
    "trunk",
    "contacts",
    "dnc",
    "why",
    "window",
    "check",
    "log",
    "status",
    "numbers",
    "doctor",
    "completions",
    "man",
    "config",
    "hang-up",
];

#[test]
fn help_completions_and_manual_list_every_subcommand() {
    let scratch = Scratch::new();
    let help = scratch.run(&["--help"]).exits(0).says("Exit codes");
    for name in SUBCOMMANDS {
        assert!(help.out.contains(&format!("  {name} ")), "{name}");
    }
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let said = scratch.run(&["completions", shell]).exits(0);
        for name in SUBCOMMANDS {
            assert!(said.out.contains(name), "{shell}: {name}");
        }
    }
    let manual = scratch.run(&["man"]).exits(0).says("EXIT STATUS");
    for name in SUBCOMMANDS {
        // The format of manual pages escapes a hyphen in this way.
        let name = name.replace('-', "\\-");
        assert!(manual.out.contains(&format!("dialdeck {name}")), "{name}");
    }
    let manual = manual
        .says("dialdeck dnc reverse")
        .says("dialdeck log verify");
    drop(manual);
    let pages = scratch.text("man");
    scratch.run(&["man", "--dir", &pages]).exits(0);
    assert!(Path::new(&pages).join("dialdeck-dnc-add.1").exists());
    scratch.run(&["--version"]).exits(0).says("dialdeck 0.");
}

#[test]
fn wrong_arguments_exit_with_2_and_say_what_is_right() {
    let scratch = Scratch::new();
    for (args, text) in [
        (&["frob"][..], "unrecognized subcommand 'frob'"),
        (&["campaign"], "campaign"),
        (&["campaign", "start"], "NAME"),
        (&["campaign", "set", "recall"], "--pace"),
        (
            &["campaign", "set", "recall", "--pace", "0"],
            "0 is not in 1..",
        ),
        (
            &["run", "--speed", "fast"],
            "whole number from 1 to 86400, or max",
        ),
        (
            &["demo", "--speed", "0"],
            "whole number from 1 to 86400, or max",
        ),
        (&["demo", "--start-at", "noon"], "2026-12-07T15:30:00Z"),
        (&["dnc", "add"], "NUMBER"),
        (&["dnc", "reverse", "+12125550142"], "--reason"),
        (
            &["dnc", "reverse", "+12125550142", "--reason", ""],
            "--reason",
        ),
        (
            &["dnc", "import", "x.csv", "--list", "red"],
            "is not a list",
        ),
        (&["dnc", "import", "x.csv", "--as-of", "soon"], "2026-12-01"),
        (
            &["why", "+12125550142", "--at", "now"],
            "2026-12-07T15:30:00Z",
        ),
        (
            &["contacts", "import", "recall", "x.csv", "--country", "USA"],
            "two letters",
        ),
        (&["completions", "tcsh"], "tcsh"),
    ] {
        scratch.run(args).exits(2).complains(text);
    }
    let said = scratch.run(&["--json", "frob"]).exits(2);
    let error: Value = serde_json::from_str(&said.err).unwrap();
    assert_eq!(error["errors"][0]["code"], 2);
}

#[test]
fn without_a_deck_commands_exit_with_4_and_dialdeck_alone_says_what_to_do() {
    let scratch = Scratch::new();
    for args in [
        &["status"][..],
        &["numbers"],
        &["campaign", "list"],
        &["campaign", "start", "recall"],
        &["dnc", "check", "+12125550142"],
        &["dnc", "list"],
        &["log"],
        &["log", "export"],
        &["log", "verify"],
    ] {
        scratch
            .run(args)
            .exits(4)
            .complains("error: there is no deck at")
            .complains("hint: ");
    }
    scratch.run(&[]).exits(0).says("dialdeck campaign add FILE");
    scratch.run(&["doctor"]).exits(0).says("there is no deck");
    assert!(!scratch.path("deck").exists());
}

/// A profile that is not there is said before an engine starts.
#[test]
fn a_missing_profile_is_said_by_doctor_and_check() {
    let scratch = Scratch::with_campaign();
    let defaults = dialdeck::config::DEFAULTS;
    let named = defaults.replacen("\"everyday\"", "\"./quiett\"", 1);
    assert_ne!(named, defaults);
    fs::write(scratch.path("deck/dialdeck.toml"), named).unwrap();
    let says = "no engine starts: ";
    scratch.run(&["doctor"]).exits(1).says(says).says("quiett");
    let file = scratch.path("recall.toml");
    let file = file.to_str().unwrap();
    scratch
        .run(&["check", file])
        .exits(0)
        .says(says)
        .says("quiett");
    scratch.run(&["run", "--until-done"]).complains("quiett");
}

#[test]
fn the_settings_in_force_are_printed() {
    let scratch = Scratch::new();
    scratch.run(&["config", "print"]).exits(0).says("simulator");
    scratch
        .run(&["config", "print", "--config", "absent.toml"])
        .exits(2)
        .complains("absent.toml");
}

/// Runs the program with its output going into a file, as a shell has it; what it says on standard error.
fn redirected(scratch: &Scratch, args: &[&str], to: &str, append: bool) -> (Option<i32>, String) {
    let to = fs::OpenOptions::new()
        .create(true)
        .write(true)
        .append(append)
        .truncate(!append)
        .open(scratch.path(to))
        .unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_dialdeck"))
        .env_remove("DIALDECK_DECK")
        .arg("--deck")
        .arg(scratch.path("deck"))
        .args(args)
        .stdout(to)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

#[test]
fn the_settings_are_printed_into_the_deck_file_itself() {
    const DEFAULTS: &str = include_str!("../../../src/config/defaults.toml");
    let done = (Some(0), String::new());
    let print = &["config", "print"][..];
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("deck")).unwrap();
    let file = scratch.path("deck/dialdeck.toml");
    assert_eq!(
        redirected(&scratch, print, "deck/dialdeck.toml", false),
        done
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), DEFAULTS);
    // The deck has had a file from here on.
    let campaign = scratch.text("recall.toml");
    scratch.run(&["campaign", "add", &campaign]).exits(0);
    assert_eq!(
        redirected(&scratch, print, "deck/dialdeck.toml", false),
        done
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), DEFAULTS);
    for begun in ["# ours\n", "= =\n"] {
        fs::write(&file, begun).unwrap();
        assert_eq!(
            redirected(&scratch, print, "deck/dialdeck.toml", true),
            done
        );
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text, format!("{begun}{DEFAULTS}"));
    }
    let other = scratch.text("other.toml");
    let named = ["config", "print", "--config", &other];
    assert_eq!(redirected(&scratch, &named, "other.toml", false), done);
    assert_eq!(fs::read_to_string(&other).unwrap(), DEFAULTS);
    // Into any other file a broken one is an error.
    let (code, said) = redirected(&scratch, print, "elsewhere.toml", false);
    assert!(
        code == Some(1) && said.contains("dialdeck.toml:1:1"),
        "{said}"
    );
}

#[test]
fn an_empty_deck_file_counts_as_none() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("deck")).unwrap();
    let file = scratch.path("deck/dialdeck.toml");
    fs::write(&file, "").unwrap();
    let call = ["call", "+12125550142", "--trunk", "simulator"];
    scratch.run(&call).exits(4).complains("there is no deck at");
    let campaign = scratch.text("recall.toml");
    scratch.run(&["campaign", "add", &campaign]).exits(0);
    scratch.run(&["doctor"]).says("the embedded defaults hold");
    scratch.run(&["status"]).exits(0);
    // Once a deck has had a file, an empty one is as little meant as one that is gone.
    fs::write(
        &file,
        "default_country = \"GB\"\n[[trunk]]\nname = \"simulator\"\nkind = \"simulator\"\n",
    )
    .unwrap();
    scratch.run(&["campaign", "list"]).exits(0);
    fs::write(&file, "").unwrap();
    scratch
        .run(&["campaign", "start", "recall"])
        .exits(1)
        .complains("the deck's file is empty");
    scratch.run(&["campaign", "stop", "recall"]).exits(0);
}
