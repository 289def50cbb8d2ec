//! Exit codes: wrong arguments 2, refused 3, no deck or a busy or damaged one 4, failed 1, for every
//! subcommand that can end with them.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::fs::{self, OpenOptions};
use std::process::Output;

use clap::CommandFactory as _;
use dialdeck::cli::args::Cli;
use dialdeck::store::sqlite::lock::EngineLock;
use dialdeck_testkit::deck::{Deck, text};

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
[pacing]
calls_per_minute = 20
max_concurrent = 5
[consent]
required = "none"
[caller_id]
pool = "local"
"#;

/// Returns a folder with files beside a deck that does not exist yet.
fn files() -> Deck {
    let deck = Deck::new();
    deck.write("recall.toml", CAMPAIGN);
    deck.write("broken.toml", CAMPAIGN.replace("purpose", "porpoise"));
    deck.write("people.csv", "number\n212-555-0142\n");
    deck.write("nobody.csv", "number\nnone\nneither\n");
    deck.write("colours.csv", "colour,shade\nred,light\n");
    deck.write("list.txt", "2125550142\n");
    deck.write("broken.txt", "2125550142\nblue\ngreen\n");
    deck.write("log.jsonl", "{\"seq\":7}\n");
    deck
}

/// Returns such a folder with a deck and the campaign `recall` in draft.
fn with_campaign() -> Deck {
    let deck = files();
    let file = path(&deck, "recall.toml");
    deck.ok(&["campaign", "add", &file]);
    deck
}

fn path(deck: &Deck, name: &str) -> String {
    deck.beside(name).to_str().unwrap().to_owned()
}

/// Returns the arguments. `@name` becomes the path of a file beside the deck.
fn arguments(deck: &Deck, line: &str) -> Vec<String> {
    line.split(' ')
        .map(|word| match word.strip_prefix('@') {
            Some(name) => path(deck, name),
            None => word.to_owned(),
        })
        .collect()
}

fn run(deck: &Deck, line: &str) -> Output {
    let arguments = arguments(deck, line);
    deck.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Runs the program and expects this code. Errors are expected on standard error: as text with what to do,
/// and as JSON with the code.
#[track_caller]
fn expect(deck: &Deck, line: &str, code: i32, complaint: &str) {
    let output = run(deck, line);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{line}: {said}");
    let mut lines = said.lines();
    assert!(
        lines.any(|said| said.starts_with("error: ")),
        "{line}: {said}"
    );
    assert!(
        said.contains(complaint),
        "{line}: `{complaint}` not in {said}"
    );
    let json = run(deck, &format!("--json {line}"));
    assert_eq!(json.status.code(), Some(code), "--json {line}");
    let errors = text(&json.stderr);
    let last = errors.lines().last().unwrap_or_default();
    let error: serde_json::Value = last.parse().unwrap();
    assert_eq!(error["errors"][0]["code"], code, "{line}: {errors}");
}

/// Returns every subcommand without subcommands, as it is typed.
fn leaves() -> Vec<String> {
    fn visit(command: &clap::Command, path: &str, leaves: &mut Vec<String>) {
        let name = match path {
            "" => command.get_name().to_owned(),
            _ => format!("{path} {}", command.get_name()),
        };
        if !command.is_subcommand_required_set() {
            leaves.push(name.clone());
        }
        for sub in command.get_subcommands() {
            visit(sub, &name, leaves);
        }
    }
    let mut leaves = Vec::new();
    for sub in Cli::command().get_subcommands() {
        visit(sub, "", &mut leaves);
    }
    assert!(leaves.len() >= 26, "{leaves:?}");
    leaves
}

#[test]
fn an_option_that_is_not_there_exits_with_2_everywhere() {
    let deck = files();
    for leaf in leaves() {
        expect(&deck, &format!("{leaf} --frob"), 2, "--frob");
        let help = run(&deck, &format!("{leaf} --help"));
        assert_eq!(help.status.code(), Some(0), "{leaf} --help");
        assert!(text(&help.stdout).contains("Usage: dialdeck"), "{leaf}");
    }
    assert!(!deck.path().exists());
}

const WRONG_ARGUMENTS: &[(&str, &str)] = &[
    ("demo --speed 0", "whole number from 1 to 86400, or max"),
    ("demo --seed x", "--seed"),
    ("demo --start-at noon", "2026-12-07T15:30:00Z"),
    ("run --speed 1.5", "whole number from 1 to 86400, or max"),
    (
        "run --start-at 2028-06-05T13:30:00Z",
        "needs a simulated clock",
    ),
    ("run nobody --speed max", "there is no campaign `nobody`"),
    ("run --config @absent.toml", "absent.toml"),
    ("campaign add", "FILE"),
    ("campaign add @absent.toml", "absent.toml"),
    ("campaign list surplus", "surplus"),
    ("campaign show", "NAME"),
    ("campaign show nobody", "there is no campaign `nobody`"),
    ("campaign start nobody", "there is no campaign `nobody`"),
    ("campaign pause", "NAME"),
    ("campaign pause --all recall", "--all"),
    ("campaign resume nobody", "there is no campaign `nobody`"),
    ("campaign stop nobody", "there is no campaign `nobody`"),
    ("campaign set recall --pace many", "many"),
    (
        "campaign set nobody --pace 5",
        "there is no campaign `nobody`",
    ),
    ("contacts import recall", "FILE"),
    ("contacts import recall @absent.csv", "absent.csv"),
    (
        "contacts import nobody @people.csv",
        "there is no campaign `nobody`",
    ),
    ("dnc add none", "cannot be read"),
    ("dnc add 212-555-0142 --list national:us", "dnc import"),
    (
        "dnc add 212-555-0142 --list campaign:nobody",
        "there is no campaign `nobody`",
    ),
    ("dnc import @absent.txt", "absent.txt"),
    ("dnc import @list.txt --as-of 2199-01-01", "in the future"),
    (
        "dnc import @list.txt --list campaign:nobody",
        "there is no campaign `nobody`",
    ),
    ("dnc check none", "cannot be read"),
    ("dnc reverse none --reason x", "cannot be read"),
    ("dnc list red", "is not a list"),
    ("dnc export --list red", "is not a list"),
    ("why", "NUMBER"),
    ("why none", "cannot be read"),
    ("window", "NUMBER"),
    ("window 212-555-0142 --class robot", "robot"),
    ("window 212-555-0142 --zone Mars/Olympus", "Mars/Olympus"),
    ("window --csv @absent.csv", "absent.csv"),
    ("check @absent.toml", "absent.toml"),
    ("log --last many", "many"),
    ("log export --after many", "many"),
    ("log verify @absent.jsonl", "absent.jsonl"),
    ("status surplus", "surplus"),
    ("numbers surplus", "surplus"),
    ("doctor surplus", "surplus"),
    ("completions tcsh", "tcsh"),
    ("man surplus", "surplus"),
    ("config", "config"),
    ("config print --config @absent.toml", "absent.toml"),
];

#[test]
fn wrong_arguments_exit_with_2() {
    let deck = with_campaign();
    for (line, complaint) in WRONG_ARGUMENTS {
        let output = run(&deck, line);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        assert!(
            said.contains(complaint),
            "{line}: `{complaint}` not in {said}"
        );
    }
}

#[test]
fn what_is_refused_exits_with_3() {
    let deck = with_campaign();
    for (line, complaint) in [
        ("campaign resume recall", "campaign start"),
        ("campaign set recall --pace 21", "ceiling"),
        (
            "dnc reverse 212-555-0142 --reason x --list national:us",
            "regist",
        ),
    ] {
        expect(&deck, line, 3, complaint);
    }
    deck.ok(&["campaign", "start", "recall"]);
    deck.ok(&["campaign", "pause", "recall"]);
    expect(&deck, "campaign start recall", 3, "campaign resume");
    expect(&deck, "run recall --speed max", 3, "is paused");
    expect(&deck, "run --speed max --until-done", 3, "recall (paused)");
    deck.ok(&["campaign", "stop", "recall"]);
    expect(&deck, "campaign pause recall", 3, "cannot become paused");
    expect(&deck, "run recall --speed max", 3, "is stopped");
}

#[test]
fn read_only_refuses_every_subcommand_that_writes() {
    let deck = with_campaign();
    let before = deck.event_log();
    for line in [
        "demo --headless --until-done --speed max",
        "run --speed max",
        "campaign add @recall.toml",
        "campaign start recall",
        "campaign pause recall",
        "campaign resume recall",
        "campaign stop recall",
        "campaign set recall --pace 5",
        "contacts import recall @people.csv",
        "dnc add 212-555-0142",
        "dnc import @list.txt",
        "dnc reverse 212-555-0142 --reason x",
    ] {
        expect(&deck, &format!("--read-only {line}"), 3, "--read-only");
    }
    assert_eq!(deck.event_log(), before);
    let untouched = files();
    expect(&untouched, "--read-only demo --headless", 3, "--read-only");
    assert!(!untouched.path().exists(), "refused, but a deck was made");
}

const NEED_A_DECK: [&str; 22] = [
    "run",
    "run recall --speed max --until-done",
    "campaign list",
    "campaign show recall",
    "campaign start recall",
    "campaign pause --all",
    "campaign resume recall",
    "campaign stop recall",
    "campaign set recall --pace 5",
    "contacts import recall @people.csv",
    "dnc add 212-555-0142",
    "dnc import @list.txt",
    "dnc check 212-555-0142",
    "dnc reverse 212-555-0142 --reason x",
    "dnc list",
    "dnc export",
    "why 212-555-0142 --campaign recall",
    "log",
    "log export",
    "log verify",
    "status",
    "numbers",
];

#[test]
fn without_a_deck_every_subcommand_that_needs_one_exits_with_4() {
    let deck = files();
    for line in NEED_A_DECK {
        expect(&deck, line, 4, "there is no deck at");
    }
    assert!(!deck.path().exists());
}

#[test]
fn a_damaged_deck_exits_with_4() {
    let deck = files();
    fs::create_dir(deck.path()).unwrap();
    let store = deck.path().join("deck.sqlite");
    let damaged = "this was a store once\n".repeat(500);
    fs::write(&store, &damaged).unwrap();
    let makers = [
        "demo --headless --until-done --speed max",
        "campaign add @recall.toml",
        "dnc add --new 212-555-0142",
        "dnc import @list.txt --new",
        "why 212-555-0142",
    ];
    for line in NEED_A_DECK.iter().chain(&makers) {
        expect(&deck, line, 4, "not usable");
    }
    assert_eq!(fs::read_to_string(&store).unwrap(), damaged);
}

#[test]
fn a_deck_that_another_engine_owns_exits_with_4() {
    let deck = with_campaign();
    let demo = files();
    demo.ok(&["dnc", "add", "212-555-0142", "--new"]);
    let locks = [&deck, &demo].map(|deck| EngineLock::try_acquire(&deck.path()).unwrap().unwrap());
    for line in ["run", "run recall --speed max --until-done"] {
        expect(&deck, line, 4, "another engine already owns");
    }
    let line = "demo --headless --until-done --speed max";
    expect(&demo, line, 4, "another engine already owns");
    drop(locks);
    assert_eq!(deck.status()["campaigns"][0]["state"], "draft");
    assert_eq!(demo.status()["campaigns"], serde_json::json!([]));
}

#[test]
fn a_refused_engine_leaves_the_deck_as_it_was() {
    let deck = with_campaign();
    deck.write("other.toml", CAMPAIGN.replace("recall", "other"));
    deck.ok(&["campaign", "add", &path(&deck, "other.toml")]);
    deck.ok(&["campaign", "start", "other"]);
    deck.ok(&["campaign", "pause", "other"]);
    let log = deck.event_log();
    for (line, code, complaint) in [
        (
            "demo --headless --until-done --speed max",
            3,
            "`recall`, which is not the demo's",
        ),
        ("run recall other --speed max", 3, "`other` is paused"),
        (
            "run recall nobody --speed max",
            2,
            "there is no campaign `nobody`",
        ),
    ] {
        expect(&deck, line, code, complaint);
    }
    assert_eq!(deck.event_log(), log);
    let status = deck.status();
    assert_eq!(status["campaigns"][0]["state"], "draft");
    let names = status["campaigns"].as_array().unwrap().len();
    assert_eq!(names, 2, "{status}");
}

#[test]
fn what_fails_exits_with_1() {
    let deck = with_campaign();
    for (line, complaint) in [
        ("campaign add @recall.toml", "already in this deck"),
        ("campaign add @broken.toml", "porpoise"),
        ("check @broken.toml", "porpoise"),
        ("contacts import recall @colours.csv", "colours.csv"),
        ("dnc import @broken.txt", "broken.txt:2"),
        ("dnc import @colours.csv", "colours.csv"),
        ("dnc reverse 212-555-0142 --reason x", "is not on internal"),
        ("log verify @log.jsonl", "log.jsonl:1"),
        ("man --dir @list.txt", "list.txt"),
    ] {
        expect(&deck, line, 1, complaint);
    }
    let demo = "demo --headless --until-done --speed max --carrier-log @deck";
    expect(&files(), demo, 1, "it is not a file");
    fs::write(deck.path().join("dialdeck.toml"), "max_concurrent = 0\n").unwrap();
    for line in [
        "run --speed max",
        "campaign add @recall.toml",
        "check @recall.toml",
        "config print",
    ] {
        expect(&deck, line, 1, "dialdeck.toml:1");
    }
    fs::remove_file(deck.path().join("dialdeck.toml")).unwrap();
    // No row of the file was accepted. This is reported on standard output, because the import was carried
    // out.
    let output = run(&deck, "contacts import recall @nobody.csv --country US");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("0 taken"));
}

#[test]
fn output_that_cannot_be_written_exits_with_1() {
    let deck = with_campaign();
    for line in [
        "--json",
        "--help",
        "campaign list",
        "campaign show recall",
        "dnc list",
        "dnc export",
        "why 212-555-0142",
        "window 212-555-0142",
        "check @recall.toml",
        "log",
        "log export",
        "log verify",
        "status",
        "numbers",
        "doctor",
        "completions bash",
        "man",
        "config print",
    ] {
        let arguments = arguments(&deck, line);
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = deck.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
        let output = command.stdout(full).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains("writing the output"), "{line}: {said}");
    }
}

#[test]
fn a_broken_deck_file_keeps_no_opt_out_away() {
    let deck = with_campaign();
    deck.write("typo.toml", "max_concurent = 3\n");
    let file = path(&deck, "typo.toml");
    let add = |number: &str| run(&deck, &format!("--config {file} dnc add {number}"));
    let taken = add("+12125550142");
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken.stderr));
    assert!(text(&taken.stdout).contains("1 added"));
    assert!(text(&taken.stderr).contains("typo.toml:1"));
    // The deck remembers the country that its file gave to numbers without one.
    let taken = add("2125550143");
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken.stderr));
    assert!(text(&taken.stdout).contains("US assumed"));
    // Where no file ever gave a country, a number may be another one.
    let fresh = files();
    fs::create_dir(fresh.path()).unwrap();
    fs::write(fresh.path().join("dialdeck.toml"), "max_concurent = 3\n").unwrap();
    let unread = run(&fresh, "dnc add --new 2125550143");
    assert_eq!(unread.status.code(), Some(1));
    let said = text(&unread.stderr);
    assert!(said.contains("did you mean `max_concurrent`?"), "{said}");
    assert!(!fresh.path().join("deck.sqlite").exists());
    let listed = run(&deck, "dnc check +12125550142");
    assert!(text(&listed.stdout).contains("internal"));
}
