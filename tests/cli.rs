//! The command line end to end: every subcommand, every exit code, bad input with its error text.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its files fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a campaign file, its contacts, and a deck that is not there yet.
struct Scratch(TempDir);

/// What one run of the program said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Said {
    #[track_caller]
    fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "out: {}\nerr: {}", self.out, self.err);
        self
    }

    #[track_caller]
    fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` not in: {}", self.out);
        self
    }

    #[track_caller]
    fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` not in: {}", self.err);
        self
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Example Dental"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "simulator"
contacts = "contacts.csv"

[pacing]
calls_per_minute = 20
max_concurrent = 5
weight = 1

[consent]
required = "none"

[caller_id]
pool = "local"
"#;

const CONTACTS: &str = "\
number,name,time_zone,region
212-555-0142,Ana Ruiz,,
(312) 555-0177,Ben Osei,,
+1 212 555 0142,Ana again,,
not a number,Nobody,,
+44 20 7946 0123,Carol,,
";

impl Scratch {
    fn new() -> Self {
        let scratch = Self(TempDir::new().unwrap());
        fs::write(scratch.path("recall.toml"), CAMPAIGN).unwrap();
        fs::write(scratch.path("contacts.csv"), CONTACTS).unwrap();
        scratch
    }

    /// With the campaign `recall` and its contacts in the deck.
    fn with_campaign() -> Self {
        let scratch = Self::new();
        let file = scratch.text("recall.toml");
        scratch.run(&["campaign", "add", &file]).exits(0);
        scratch
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn run(&self, args: &[&str]) -> Said {
        self.feed(args, "")
    }

    fn feed(&self, args: &[&str], input: &str) -> Said {
        let output = Command::cargo_bin("dialdeck")
            .unwrap()
            .env_remove("DIALDECK_DECK")
            .env("USER", "maria")
            .arg("--deck")
            .arg(self.path("deck"))
            .args(args)
            .write_stdin(input)
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

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
        // The manual's format writes a hyphen so.
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
    assert_eq!(error["error"]["code"], 2);
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
    let rejects = fs::read_to_string(scratch.path("contacts.csv.rejects.csv")).unwrap();
    assert!(rejects.contains("not a number"), "{rejects}");
    let again = scratch
        .run(&["contacts", "import", "recall", &list])
        .exits(0);
    again.says("0 taken").says("4 duplicates");

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
fn an_opt_out_is_judged_before_it_is_written() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["dnc", "add", "212-555-0142", "1-800-FLOWERS"])
        .exits(2)
        .complains("`1-800-FLOWERS` cannot be read")
        .complains("hint: ");
    scratch
        .run(&["dnc", "check", "212-555-0142"])
        .exits(0)
        .says("on no list");
    scratch
        .run(&[
            "dnc",
            "add",
            "(212) 555-0142",
            "--reason",
            "asked on the phone",
        ])
        .exits(0)
        .says("+12125550142 (US")
        .says("America/New_York")
        .says("campaign recall")
        .says("1 added");
    scratch
        .run(&["dnc", "add", "2125550142"])
        .exits(0)
        .says("0 added, 1 already");
    let said = scratch
        .run(&["dnc", "check", "+1 212 555 0142", "--json"])
        .exits(0)
        .json();
    assert_eq!(said["numbers"][0]["listed"], true);
    assert_eq!(said["numbers"][0]["lists"][0]["note"], "asked on the phone");
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["campaigns"][0]["suppressed"], 1);
}

#[test]
fn a_number_comes_off_an_own_list_only_with_a_reason() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
    scratch
        .run(&["dnc", "reverse", "212-555-0142", "--reason", "wrong person"])
        .exits(0)
        .says("is off internal");
    scratch
        .run(&["dnc", "reverse", "212-555-0142", "--reason", "again"])
        .exits(1)
        .complains("is not on internal");
    scratch
        .run(&[
            "dnc",
            "reverse",
            "212-555-0142",
            "--reason",
            "x",
            "--list",
            "national:us",
        ])
        .exits(3)
        .complains("error: ");
    scratch
        .run(&["dnc", "add", "212-555-0142", "--list", "national:us"])
        .exits(2)
        .complains("dnc import");
}

#[test]
fn lists_are_imported_shown_and_exported() {
    let scratch = Scratch::with_campaign();
    let file = scratch.text("registry.txt");
    fs::write(&file, "2125550142\n3125550177\n3125550177\n").unwrap();
    scratch
        .run(&[
            "dnc",
            "import",
            &file,
            "--list",
            "national:us",
            "--as-of",
            "2026-11-01",
        ])
        .exits(0)
        .says("2 taken");
    scratch
        .run(&["dnc", "list"])
        .exits(0)
        .says("national:us")
        .says("2026-11-01");
    scratch
        .run(&["dnc", "export", "--list", "national:us"])
        .exits(0)
        .says("number,")
        .says("+12125550142");
    scratch
        .run(&["dnc", "list", "national:us"])
        .exits(0)
        .says("2 numbers on national:us");
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

#[test]
fn the_log_is_exported_and_its_chain_verified() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["log"])
        .exits(0)
        .says("campaign_added")
        .says("maria");
    let export = scratch.run(&["log", "export", "--jsonl"]).exits(0).out;
    for (index, line) in export.lines().enumerate() {
        let entry: Value = serde_json::from_str(line).unwrap();
        assert_eq!(entry["seq"], index + 1);
    }
    scratch
        .run(&["log", "verify"])
        .exits(0)
        .says("The chain holds");
    scratch
        .feed(&["log", "verify", "-"], &export)
        .exits(0)
        .says("The chain holds");
    let changed = scratch.text("changed.jsonl");
    fs::write(&changed, export.replace("maria", "mario")).unwrap();
    scratch
        .run(&["log", "verify", &changed])
        .exits(1)
        .complains("changed.jsonl:1: the chain is broken");
}

#[test]
fn status_adds_up() {
    let scratch = Scratch::with_campaign();
    let status = scratch.run(&["status", "--json"]).exits(0).json();
    assert_eq!(status["deck"]["engine"], "none");
    let campaign = &status["campaigns"][0];
    let sum: u64 = [
        "done",
        "in_flight",
        "ready",
        "suppressed",
        "exhausted",
        "expired",
        "invalid",
        "unknown",
    ]
    .iter()
    .map(|key| campaign[*key].as_u64().unwrap())
    .chain(
        ["window", "retry", "cap"]
            .iter()
            .map(|key| campaign["waiting"][*key].as_u64().unwrap()),
    )
    .sum();
    assert_eq!(campaign["total"], sum);
    assert_eq!(campaign["total"], 3);
    for key in ["zones", "caller_ids", "alerts"] {
        assert!(status[key].is_array(), "{key}");
    }
    scratch.run(&["status"]).exits(0).says("recall");
    scratch.run(&[]).exits(2).complains("terminal");
    scratch.run(&["--json"]).exits(0).says("recall");
    scratch.run(&["numbers"]).exits(0);
    scratch.run(&["doctor"]).exits(0).says("store");
}

#[test]
fn a_role_bounds_what_its_holder_may_do() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    scratch
        .run(&["--role", "support", "campaign", "pause", "recall"])
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "support", "dnc", "add", "212-555-0142"])
        .exits(0);
    scratch
        .run(&["--role", "support", "hang-up", "--all", "--reason", "alarm"])
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "viewer", "campaign", "pause", "recall"])
        .exits(3)
        .complains("as viewer you may not change campaigns");
    scratch
        .run(&["--role", "viewer", "dnc", "add", "312-555-0177"])
        .exits(3)
        .complains("as viewer you may not mark opt-outs");
    scratch
        .run(&["--role", "operator", "campaign", "pause", "recall"])
        .exits(0);
    let reverse = [
        "--role",
        "operator",
        "dnc",
        "reverse",
        "212-555-0142",
        "--reason",
        "asked",
    ];
    scratch
        .run(&reverse)
        .exits(3)
        .complains("as operator you may not change lists");
    scratch.run(&["--role", "viewer", "status"]).exits(0);
}

#[test]
fn nobody_raises_her_own_role() {
    let scratch = Scratch::with_campaign();
    scratch.run(&["campaign", "start", "recall"]).exits(0);
    let roles = include_str!("../src/config/defaults.toml")
        .replace("[roles]\n", "[roles]\nmaria = \"support\"\n");
    fs::write(scratch.path("deck").join("dialdeck.toml"), roles).unwrap();
    let pause = ["campaign", "pause", "recall"];
    scratch
        .run(&pause)
        .exits(3)
        .complains("as support you may not change campaigns");
    scratch
        .run(&["--role", "supervisor", "campaign", "pause", "recall"])
        .exits(3)
        .complains("the deck file gives maria the role support, not supervisor");
    scratch
        .run(&["--role", "viewer", "dnc", "add", "212-555-0142"])
        .exits(3)
        .complains("as viewer you may not mark opt-outs");
    scratch.run(&["dnc", "add", "212-555-0142"]).exits(0);
}

#[test]
fn hanging_up_is_kept_for_the_next_engine_and_needs_a_reason() {
    let scratch = Scratch::with_campaign();
    scratch
        .run(&["hang-up", "--all"])
        .exits(2)
        .complains("--reason");
    scratch
        .run(&["hang-up", "--reason", "alarm"])
        .exits(2)
        .complains("--all");
    scratch
        .run(&["hang-up", "--all", "--reason", "alarm"])
        .exits(0)
        .says("no call was up");
    let status = scratch.run(&["--json", "status"]).exits(0).json();
    let alert = &status["alerts"][0]["data"];
    assert_eq!(alert["text"], "maria has every call hung up: alarm");
}

#[test]
fn read_only_refuses_what_would_write() {
    let scratch = Scratch::with_campaign();
    for args in [
        &["--read-only", "dnc", "add", "212-555-0142"][..],
        &["--read-only", "campaign", "start", "recall"],
        &["--read-only", "campaign", "stop", "recall"],
    ] {
        scratch.run(args).exits(3).complains("--read-only");
    }
    scratch
        .run(&["--read-only", "status"])
        .exits(0)
        .says("draft");
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
