//! Tests that no command prints a character that could disturb a terminal, from the deck, from files and
//! their names, or from the arguments.

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;

use rusqlite::Connection;
use serde_json::Value;

use super::scratch::{CAMPAIGN, Scratch};

/// An escape sequence, a C1 control, a bell, a tab, bidi controls, invisible characters, tags.
const HOSTILE: &str = "x\u{1b}[31m\u{1b}]0;t\u{7}\u{9b}2J\u{7f}\ty\u{202e}z\u{2066}\u{200f}\u{61c}\u{200b}\u{200d}\u{feff}\u{ad}\u{2028}\u{e0041}w";

/// The text of [`HOSTILE`] as a string in a TOML file.
const IN_TOML: &str = r"x\u001b[31m\u0007\u009b2J\u007f\ty\u202ez\u2066\u200f\u200b\ufeffw";

/// The bidi controls of UAX #9, and format characters and others without a width.
const INVISIBLE: [RangeInclusive<char>; 8] = [
    '\u{ad}'..='\u{ad}',
    '\u{61c}'..='\u{61c}',
    '\u{180e}'..='\u{180e}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Returns whether the text could disturb a terminal. Line ends are allowed.
fn disturbs(char: char) -> bool {
    match char {
        '\n' => false,
        _ if char.is_control() => true,
        _ => INVISIBLE.iter().any(|range| range.contains(&char)),
    }
}

/// Runs a command with and without `--json`. Returns what it printed.
fn walk(scratch: &Scratch, args: &[&str]) -> String {
    let mut printed = String::new();
    for json in [&[][..], &["--json"]] {
        let said = scratch.run(&[args, json].concat());
        for (stream, text) in [("out", &said.out), ("err", &said.err)] {
            let found = text.chars().find(|char| disturbs(*char));
            assert_eq!(found, None, "{args:?} {json:?} {stream}: {text:?}");
        }
        printed.push_str(&said.out);
        printed.push_str(&said.err);
    }
    printed
}

/// Every command, some in several ways. `HOSTILE` is a hostile argument, `@` begins a file's name.
const WALKS: &str = "\
check @recall.toml
check @broken.toml
campaign add @recall.toml
campaign add @broken.toml
campaign list
campaign show recall
campaign show HOSTILE
contacts import recall @contacts.csv
contacts import recall @LIST
contacts import recall HOSTILE
dnc add +12125550150 --reason HOSTILE
dnc add HOSTILE
dnc import @LIST
dnc import @LIST --accept-rejects
dnc check +12125550150
dnc list
dnc list internal
dnc export
dnc reverse +12125550150 --reason HOSTILE
campaign start recall
campaign pause recall --note HOSTILE
campaign resume recall
campaign set recall --pace 7
campaign release recall --reason HOSTILE
why +12125550142
why HOSTILE
window +12125550142
window HOSTILE
window --csv @LIST
trunk reset simulator
trunk reset HOSTILE
hang-up --all --reason HOSTILE
call +12125550142 --trunk HOSTILE
unknown
unknown reached +12125550142
unknown again HOSTILE
results list
results resend HOSTILE
numbers
status
doctor
config print --config @other.toml
config print
demo --headless
run HOSTILE
run --until-done --speed max --start-at 2028-12-04T15:30:00Z
campaign stop recall --note HOSTILE
clock
clock accept --reason HOSTILE
backup @backup
restore --from HOSTILE
restore --accept-rollback
log
log -n 1000
log export
log verify
log verify @exported.jsonl
log verify HOSTILE
log anchor
completions bash
man --dir @man
HOSTILE
status --theme HOSTILE
";

/// Creates a deck in which every text is hostile.
fn hostile_deck() -> Scratch {
    let scratch = Scratch::new();
    let campaign = CAMPAIGN.replace("Example Dental", &format!("Example {IN_TOML}"));
    fs::write(scratch.path("recall.toml"), campaign).unwrap();
    let contacts = format!(
        "number,name,notes,color {HOSTILE}\n212-555-0142,\"Ana {HOSTILE}\",\"n{HOSTILE}\",c\n\
         3125550177,=1+1{HOSTILE},,\nno{HOSTILE},Nobody{HOSTILE},,\n212-555-0142,Again,,\n"
    );
    fs::write(scratch.path("contacts.csv"), contacts).unwrap();
    let hostile_name = format!("list{HOSTILE}.csv");
    fs::write(
        scratch.path(&hostile_name),
        format!("number\n2125550143\nbad{HOSTILE}\n"),
    )
    .unwrap();
    fs::write(
        scratch.path("broken.toml"),
        format!("\"key{IN_TOML}\" = 1\nname = \"n{IN_TOML}\"\npurpose = \"p{IN_TOML}\"\n"),
    )
    .unwrap();
    scratch
}

#[test]
fn no_command_prints_what_could_disturb_a_terminal() {
    let scratch = hostile_deck();
    let pages = scratch.path("man");
    fs::write(scratch.path("other.toml"), format!("\"k{IN_TOML}\" = 1\n")).unwrap();
    let mut hostile = 0;
    let mut walked = BTreeSet::new();
    for line in WALKS.lines() {
        if line.contains("exported.jsonl") {
            let exported = scratch.run(&["log", "export"]).out;
            fs::write(scratch.path("exported.jsonl"), exported).unwrap();
        }
        let args: Vec<String> = line
            .split(' ')
            .map(|word| match word.strip_prefix('@') {
                Some("LIST") => scratch.text(&format!("list{HOSTILE}.csv")),
                Some(name) => scratch.text(name),
                None => word.replace("HOSTILE", HOSTILE),
            })
            .collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let printed = walk(&scratch, &args);
        let shown = ["x[31m", "\\u001b[31m", "\\u{1b}[31m"];
        hostile += usize::from(shown.iter().any(|text| printed.contains(text)));
        walked.extend([args[0].to_owned(), args[..args.len().min(2)].join("-")]);
    }
    // The texts did reach the output; otherwise this would prove nothing.
    assert!(hostile > 20, "{hostile}");
    for page in fs::read_dir(&pages).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        let command = name.trim_start_matches("dialdeck").trim_end_matches(".1");
        let command = command.trim_start_matches('-');
        let group = ["", "help", "console"].contains(&command) || command.ends_with("-help");
        assert!(
            group || walked.contains(command),
            "{command} was not walked"
        );
    }
}

#[test]
fn json_keeps_the_text_in_escapes_and_the_exported_log_verifies() {
    let scratch = hostile_deck();
    scratch
        .run(&["campaign", "add", &scratch.text("recall.toml")])
        .exits(0);
    scratch
        .run(&["dnc", "add", "+12125550150", "--reason", HOSTILE])
        .exits(0);
    let said = scratch
        .run(&["--json", "dnc", "check", "+12125550150"])
        .exits(0);
    assert!(
        said.out.contains("\\u202e") && said.out.contains("\\u001b"),
        "{}",
        said.out
    );
    let export = scratch.run(&["log", "export"]).exits(0).out;
    let mut notes = export.lines().filter_map(|line| {
        let entry: Value = serde_json::from_str(line).unwrap();
        entry["data"]["note"].as_str().map(str::to_owned)
    });
    assert!(notes.any(|note| note == HOSTILE));
    let file = scratch.text("log.jsonl");
    fs::write(&file, export).unwrap();
    scratch.run(&["log", "verify", &file]).exits(0);
    scratch.run(&["log", "verify"]).exits(0);
}

#[test]
fn csv_files_hold_no_formulas() {
    let scratch = Scratch::new();
    let list = "number,name\n+1 (212) 555-0142,fine\nnone,=HYPERLINK(1)\nnone,@SUM(1)\nnone,-1+2\n";
    fs::write(scratch.path("contacts.csv"), list).unwrap();
    scratch
        .run(&["campaign", "add", &scratch.text("recall.toml")])
        .exits(0);
    let rejects = fs::read_to_string(scratch.path("contacts.csv.rejects.csv")).unwrap();
    for cell in ["'=HYPERLINK(1)", "'@SUM(1)", "'-1+2"] {
        assert!(rejects.contains(&format!(",{cell},")), "{rejects}");
    }
    // After the file is corrected and imported again, the name is unchanged.
    let again = scratch.text("again.csv");
    fs::write(&again, rejects.replacen("none", "212-555-0143", 1)).unwrap();
    scratch
        .run(&["contacts", "import", "recall", &again])
        .exits(0);
    let store = Connection::open(scratch.path("deck").join("deck.sqlite")).unwrap();
    let name = "SELECT name FROM contacts WHERE number = 12125550143";
    let name: String = store.query_row(name, (), |row| row.get(0)).unwrap();
    assert_eq!(name, "=HYPERLINK(1)");
    scratch
        .run(&[
            "dnc",
            "add",
            "+12125550150",
            "--reason",
            "=cmd|' /C calc'!A0",
        ])
        .exits(0);
    let export = scratch.run(&["dnc", "export"]).exits(0).out;
    assert!(
        export.contains("+12125550150,") && export.contains("'=cmd|"),
        "{export}"
    );
}
