//! A campaign as a user brings it: five spellings of numbers, duplicates, faults, do-not-call files of both
//! forms, from `campaign add` to `log verify`, judged by the two logs.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use dialdeck_audit as judge;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use dialdeck_testkit::deck::partition::assert_partition;
use dialdeck_testkit::deck::{Deck, read, text};
use serde_json::Value;

/// A Monday morning, later than any day on which the test runs.
const START: &str = "2028-06-05T13:30:00Z";

const DAY_BEFORE: &str = "2028-06-04T13:30:00Z";

const HEADER: [&str; 5] = ["number", "name", "consent", "consent_source", "consent_at"];

/// Area codes from the Atlantic to the Pacific, each with a hundred fictional numbers.
const AREAS: [u32; 5] = [212, 312, 303, 602, 213];

/// Rows whose numbers can be dialed, each number once.
const GOOD: u32 = 440;

/// Rows that repeat the number of a good row in another spelling.
const REPEATED: u32 = 30;

/// Rows whose numbers are valid but never dialed: premium and toll-free.
const UNDIALABLE: [&str; 10] = [
    "900-555-0100",
    "900-555-0101",
    "900-555-0102",
    "900-555-0103",
    "900-555-0104",
    "800-555-0100",
    "(888) 555-0101",
    "+1 877 555 0102",
    "866.555.0103",
    "8555550104",
];

/// Rows that are rejected: number, consent, its date.
const FAULTY: [(&str, &str, &str); 20] = [
    ("", "express", "2026-05-04"),
    ("none", "express", "2026-05-04"),
    ("n/a", "express", "2026-05-04"),
    ("555-0142", "express", "2026-05-04"),
    ("212-555-014", "express", "2026-05-04"),
    ("212-555-01422", "express", "2026-05-04"),
    ("(212 555-01", "express", "2026-05-04"),
    ("1-800-FLOWERS", "express", "2026-05-04"),
    ("212-555-0142 ext 9", "express", "2026-05-04"),
    ("212-555-0142 / 212-555-0143", "express", "2026-05-04"),
    ("+999 212 555 0142", "express", "2026-05-04"),
    ("2.1255501E+09", "express", "2026-05-04"),
    ("-", "express", "2026-05-04"),
    ("#REF!", "express", "2026-05-04"),
    ("12", "express", "2026-05-04"),
    ("011 555 0142", "express", "2026-05-04"),
    ("213-555-0180", "perhaps", "2026-05-04"),
    ("213-555-0181", "yes!", "2026-05-04"),
    ("213-555-0182", "express", "04.05."),
    ("213-555-0183", "express", "last spring"),
];

fn digits(place: u32) -> String {
    let area = AREAS[place as usize / 100];
    format!("{area}5550{}", 100 + place % 100)
}

/// Returns the number at this place in one of five spellings.
fn spelled(place: u32, how: u32) -> String {
    let digits = digits(place);
    let (area, line) = (&digits[..3], &digits[6..]);
    match how % 5 {
        0 => format!("+1 {area}-555-{line}"),
        1 => format!("({area}) 555-{line}"),
        2 => format!("{area}.555.{line}"),
        3 => format!("1-{area}-555-{line}"),
        _ => digits,
    }
}

/// Returns the rows that a user brings, in one list.
fn rows() -> Vec<[String; 5]> {
    let row = |number: &str, consent: &str, at: &str| {
        [number, "Ruiz, Ana", consent, "form \"7\"", at].map(str::to_owned)
    };
    let sound = |number: &str| row(number, "express", "2026-05-04");
    let good = (0..GOOD).map(|place| sound(&spelled(place, place)));
    let repeated = (0..REPEATED).map(|nth| sound(&spelled(nth * 14, nth * 14 + 1 + nth % 4)));
    let undialable = UNDIALABLE.map(sound);
    let faulty = FAULTY.map(|(number, consent, at)| row(number, consent, at));
    good.chain(repeated)
        .chain(undialable)
        .chain(faulty)
        .collect()
}

fn write_csv(path: &Path, rows: &[[String; 5]]) {
    let mut writer = csv::Writer::from_path(path).unwrap();
    writer.write_record(HEADER).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    writer.flush().unwrap();
}

/// Returns the places in the list of opt-outs.
fn opted_out() -> impl Iterator<Item = u32> {
    (0..20).map(|nth| nth * 21)
}

fn registered() -> impl Iterator<Item = u32> {
    (0..25).map(|nth| nth * 17 + 5)
}

/// Returns one number a line, in any spelling. One of them is not in the list of contacts.
fn opt_out_file() -> String {
    let mut lines = "# asked not to be called\n\n+1 646-555-0199 # wrote a letter\n".to_owned();
    for place in opted_out() {
        writeln!(lines, "{}", spelled(place, place + 2)).unwrap();
    }
    lines
}

/// Returns lines in the form of the national registry's files: area code, comma, the other seven digits.
fn registry_file() -> String {
    let mut lines = String::new();
    for place in registered() {
        let digits = digits(place);
        writeln!(lines, "{},{}", &digits[..3], &digits[3..]).unwrap();
    }
    lines
}

const TRUNK: &str = r#"
max_concurrent = 30
[[trunk]]
name = "line"
kind = "simulator"
profile = "everyday"
seed = 5
max_concurrent = 20
calls_per_minute = 40
[[pool]]
name = "ours"
trunk = "line"
numbers = [
  "+16465550190", "+17735550191", "+17205550192", "+14805550193", "+13235550194",
  "+16465550195", "+17735550196", "+17205550197", "+14805550198", "+13235550199",
]
"#;

const CAMPAIGN: &str = r#"
name = "recall"
seller = "Harbor Health Group"
purpose = "reminder"
call_class = "live"
agent = "human"
trunk = "line"
[schedule]
days = "Mon-Fri"
open = "09:15"
close = "18:45"
[pacing]
calls_per_minute = 20
max_concurrent = 12
[attempts]
max = 3
min_gap = "2h"
[consent]
required = "express"
[suppression]
lists = ["internal", "national:us"]
[caller_id]
pool = "ours"
"#;

fn import(deck: &Deck, list: &Path) -> Value {
    let list = list.to_str().unwrap();
    deck.ok(&["contacts", "import", "recall", list, "--json"])
        .parse()
        .unwrap()
}

#[track_caller]
fn assert_figures(said: &Value, figures: [u32; 5]) {
    let keys = ["rows", "taken", "duplicates", "rejected", "undialable"];
    assert_eq!(keys.map(|key| &said[key]), figures.each_ref(), "{said}");
}

/// Corrects the rows in the file of rejects. Returns them with numbers that are still free.
fn mend(rejects: &Path) -> Vec<[String; 5]> {
    let mut reader = csv::Reader::from_path(rejects).unwrap();
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(header[..5], HEADER);
    assert_eq!(header[5..], ["reject_reason"]);
    let mut mended = Vec::new();
    for (record, place) in reader.records().zip(GOOD..) {
        let record = record.unwrap();
        assert!(!record[5].is_empty(), "{record:?}");
        assert_eq!(&record[1], "Ruiz, Ana");
        assert_eq!(&record[3], "form \"7\"");
        let number = spelled(place, place);
        let row = [
            number.as_str(),
            &record[1],
            "express",
            &record[3],
            "2026-05-04",
        ];
        mended.push(row.map(str::to_owned));
    }
    mended
}

/// Sets up the deck with its campaign, contacts and lists, and checks that every row is accounted for.
fn set_up(deck: &Deck) {
    std::fs::create_dir(deck.path()).unwrap();
    std::fs::write(deck.path().join("dialdeck.toml"), TRUNK).unwrap();
    let file = deck.write("recall.toml", CAMPAIGN);
    deck.ok(&["campaign", "add", file.to_str().unwrap()]);

    let list = deck.beside("people.csv");
    let brought = rows();
    assert_eq!(brought.len(), 500);
    write_csv(&list, &brought);
    assert_figures(&import(deck, &list), [500, 450, 30, 20, 10]);
    let rejects = deck.beside("people.csv.rejects.csv");
    let mended = mend(&rejects);
    assert_eq!(mended.len(), FAULTY.len());
    let again = deck.beside("mended.csv");
    write_csv(&again, &mended);
    assert_figures(&import(deck, &again), [20, 20, 0, 0, 0]);
    assert!(!deck.beside("mended.csv.rejects.csv").exists());
    // Importing the whole list a second time adds nothing and gives the previous rejects.
    assert_figures(&import(deck, &list), [500, 0, 480, 20, 0]);

    // The deck's clock is moved to the day before, so that the registry's date fits.
    let ahead = [
        "run",
        "--until-done",
        "--speed",
        "max",
        "--start-at",
        DAY_BEFORE,
    ];
    deck.ok(&ahead);
    let lists = [
        ("internal", deck.write("opted-out.txt", opt_out_file()), 21),
        (
            "national:us",
            deck.write("registry.txt", registry_file()),
            25,
        ),
    ];
    for (list, file, taken) in lists {
        let file = file.to_str().unwrap();
        // A list of the deck has no date; the option does no harm.
        let as_of = ["--as-of", DAY_BEFORE];
        let said = deck.ok(&[
            "dnc", "import", file, "--list", list, as_of[0], as_of[1], "--json",
        ]);
        let said: Value = said.parse().unwrap();
        assert_eq!(said["import"]["taken"], taken, "{said}");
        assert_eq!(said["import"]["rejected"], 0, "{said}");
    }
}

fn listed() -> BTreeSet<String> {
    let places = opted_out().chain(registered());
    places.map(|place| format!("+1{}", digits(place))).collect()
}

#[test]
fn a_users_list_is_dialed_to_its_end() {
    let deck = Deck::new();
    set_up(&deck);
    deck.ok(&["campaign", "start", "recall"]);
    let mut run = deck.command(&["run", "--until-done", "--speed", "max"]);
    run.args(["--start-at", START, "--carrier-log"]);
    let output = run.arg(deck.carrier_log()).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));

    let status = deck.status();
    let attempts = assert_partition(&status);
    let campaign = &status["campaigns"][0];
    assert_eq!(campaign["state"], "done");
    assert_eq!(campaign["total"], 470);
    for (state, at_least) in [
        ("done", 100),
        ("suppressed", listed().len()),
        ("invalid", 10),
    ] {
        let contacts = campaign[state].as_u64().unwrap();
        assert!(contacts >= at_least as u64, "{state} {campaign}");
    }
    assert!(attempts > 500, "only {attempts} attempts");

    assert!(deck.ok(&["log", "verify"]).contains("The chain holds"));
    let log = deck.event_log();
    let exported = deck.write("log.jsonl", &log);
    deck.ok(&["log", "verify", exported.to_str().unwrap()]);
    let options = judge::Options {
        located_by_number: true,
        registries: vec![("national:us".to_owned(), registry_file())],
        status: Some(status.to_string()),
        ..judge::Options::default()
    };
    judge::assert_clean(&log, &deck.carrier(), &options);
    assert_invited(&deck);
}

/// Checks that every number that may be dialed was dialed, and no other.
fn assert_invited(deck: &Deck) {
    let invited: BTreeSet<String> = read(&deck.carrier_log())
        .lines()
        .map(|line| line.parse::<Value>().unwrap())
        .filter(|line| line["event"] == "invite")
        .map(|line| line["to"].as_str().unwrap().to_owned())
        .collect();
    let mut expected: BTreeSet<String> = (0..GOOD + 20)
        .map(|place| format!("+1{}", digits(place)))
        .collect();
    expected.retain(|number| !listed().contains(number));
    assert_eq!(invited, expected);
}
