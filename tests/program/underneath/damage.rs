//! Damage: rows that are lost, changed or inserted, wrong figures, flipped bits. An engine does not dial on
//! such a deck.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::Parser as _;
use dialdeck::cli::args::Cli;
use dialdeck::cli::{CliError, Env};
use dialdeck::rules::Rules;
use dialdeck::store::sqlite::SqliteStore;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use rusqlite::Connection;
use rusqlite::types::Value;

use dialdeck_testkit::deck::engine::Engine;
use dialdeck_testkit::deck::{Deck, text};

/// A Monday noon in New York, later than any day on which the test is run.
const START: &str = "2028-06-05T16:00:00Z";

/// Bits that are flipped, of every kind of deck file.
const FLIPS: usize = 300;

fn settings(name: &str) -> String {
    format!(
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
calls_per_minute = 60
max_concurrent = 8
[attempts]
max = 2
[consent]
required = "none"
[caller_id]
pool = "local"
"#
    )
}

/// Creates a deck on which an engine has run: contacts reached, exhausted, suppressed and invalid, opt-outs
/// and a reversed one, a registry, and a paused campaign whose contacts are ready.
pub(super) fn used() -> Deck {
    let deck = Deck::new();
    fs::create_dir(deck.path()).unwrap();
    let trunk = "\
[[trunk]]
name = \"line\"
kind = \"simulator\"
max_concurrent = 20
calls_per_minute = 60
[[pool]]
name = \"local\"
trunk = \"line\"
numbers = [\"+16465550190\", \"+16465550191\"]
";
    fs::write(deck.path().join("dialdeck.toml"), trunk).unwrap();
    for (name, area) in [("recall", 212), ("survey", 646)] {
        let mut contacts =
            "number,name,visit,consent,consent_source,consent_at,expires_at\n".to_owned();
        for place in 0..30 {
            writeln!(
                contacts,
                "+1{area}55501{place:02},Ana Ruiz {place},room {place},express,form {place},2026-05-02,2029-01-01"
            )
            .unwrap();
        }
        contacts.push_str("+19005550100,Premium,,,,,\n");
        deck.write(&format!("{name}.csv"), contacts);
        let file = deck.write(&format!("{name}.toml"), settings(name));
        deck.ok(&["campaign", "add", file.to_str().unwrap()]);
    }
    let registry = deck.write(
        "registry.txt",
        "# as of 2028-06-01\n2125550129\n7185550101\n",
    );
    let run = ["run", "--speed", "max", "--start-at", START, "--until-done"];
    deck.run(&run);
    deck.ok(&[
        "dnc",
        "import",
        registry.to_str().unwrap(),
        "--list",
        "national:us",
    ]);
    deck.ok(&["dnc", "add", "+12125550101", "--note", "on the phone"]);
    deck.ok(&["dnc", "add", "+12125550199", "--note", "typed wrongly"]);
    deck.ok(&[
        "dnc",
        "reverse",
        "+12125550199",
        "--reason",
        "typed wrongly",
    ]);
    deck.ok(&["campaign", "start", "survey"]);
    deck.ok(&["campaign", "pause", "survey", "--note", "lunch"]);
    deck.run(&[&run[..], &["recall"], &["--seed", "3"]].concat());
    deck
}

pub(super) fn store(deck: &Deck) -> std::path::PathBuf {
    deck.path().join("deck.sqlite")
}

/// Runs the checks of `dialdeck run` before it dials.
pub(super) fn start(deck: &Deck) -> Result<(), CliError> {
    let folder = deck.path();
    let args = ["dialdeck", "--deck", folder.to_str().unwrap()];
    let env = Env::new(&Cli::parse_from(args).global)?;
    dialdeck::cli::Deck::open_to_write(&env)?.check_whole()
}

/// Returns every row of every table.
pub(super) fn dump(path: &Path) -> Result<BTreeMap<String, Vec<Vec<Value>>>, rusqlite::Error> {
    let conn = Connection::open(path)?;
    let mut names = conn.prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
    let names = names.query_map((), |row| row.get::<_, String>(0))?;
    let mut tables = BTreeMap::new();
    for name in names {
        let name = name?;
        let mut statement = conn.prepare(&format!("SELECT * FROM \"{name}\""))?;
        let columns = statement.column_count();
        let rows = statement.query_map((), |row| {
            (0..columns).map(|column| row.get(column)).collect()
        })?;
        tables.insert(name, rows.collect::<Result<_, _>>()?);
    }
    Ok(tables)
}

/// Changes made outside the program, and how they are reported.
const CHANGES: &[(&str, &str)] = &[
    (
        "DELETE FROM suppressions WHERE number = 12125550101; UPDATE lists SET count = count - 1 WHERE kind = 'internal'",
        "+12125550101 is on internal, the table does not have it",
    ),
    (
        "UPDATE suppressions SET number = 12125550198 WHERE number = 12125550101",
        "+12125550101 is on internal, the table does not have it (and 1 more)",
    ),
    (
        "UPDATE suppressions SET source = 'import' WHERE number = 12125550101",
        "+12125550101 is on internal for another reason in the table",
    ),
    (
        "UPDATE suppressions SET at = at + 86400000 WHERE number = 12125550101",
        "+12125550101 was put on internal at another time than the table says",
    ),
    (
        "INSERT INTO suppressions SELECT 12125550199, list, source, at, actor, note FROM suppressions WHERE number = 12125550101",
        "+12125550199 was taken off internal, the table has it (and 1 more)",
    ),
    (
        "DELETE FROM suppressions WHERE number = 7185550101 + 10000000000",
        "national:us has 2 numbers by its row and 1 in the table (and 1 more)",
    ),
    (
        "UPDATE lists SET count = 7 WHERE kind = 'internal'",
        "internal has 7 numbers by its row and ",
    ),
    (
        "UPDATE registry_areas SET as_of = as_of + 86400000 WHERE area = 212",
        "national:us has another date in area 212 than the table",
    ),
    (
        "DELETE FROM registry_areas WHERE area = 718",
        "national:us has another date in area 718 than the table",
    ),
    (
        "DELETE FROM revocations WHERE number = 12125550101",
        "the consent of +12125550101 is revoked, the table does not have it",
    ),
    (
        "UPDATE attempts SET number = 12125550199 WHERE serial = 1",
        "attempt 1 was planned otherwise than the table says",
    ),
    (
        "UPDATE attempts SET counts = 1 - counts WHERE serial = 2",
        "attempt 2 stands otherwise than the table says (and 1 more)",
    ),
    (
        "UPDATE attempts SET state = 1, outcome = NULL WHERE serial = 3",
        "attempt 3 stands otherwise than the table says",
    ),
    (
        "DELETE FROM inbox; DELETE FROM caller_id_blocks; DELETE FROM attempts WHERE serial = (SELECT max(serial) FROM attempts)",
        "was made, the table does not have it",
    ),
    (
        "UPDATE contacts SET state = 0, reason = NULL WHERE id = (SELECT min(id) FROM contacts WHERE state = 4)",
        "is done, the table has ready",
    ),
    (
        "UPDATE contacts SET state = 4 WHERE id = (SELECT min(id) FROM contacts WHERE campaign = 2)",
        "no entry ended contact",
    ),
    (
        "UPDATE contacts SET attempts = attempts + 1 WHERE id = 1",
        "contact 1 stands otherwise than its attempts' rows",
    ),
    (
        "DELETE FROM numbers WHERE contact = 40; DELETE FROM contacts WHERE id = 40",
        "survey contacts are not as they were imported (and ",
    ),
    (
        "UPDATE numbers SET contact = 41 WHERE contact = 40",
        "the numbers by which contacts are found are not those of the contacts",
    ),
    (
        "UPDATE counters SET n = n + 1 WHERE campaign = 2 AND state = 0",
        "31 are kept, 30 are there",
    ),
    (
        "UPDATE tallies SET n = n + 1 WHERE what = 'attempts'",
        "tally of campaign 1, attempts",
    ),
    (
        "UPDATE live_answers SET live = live - 1",
        "live answers of campaign 1, day",
    ),
    (
        "UPDATE campaigns SET state = 'paused' WHERE name = 'survey'",
        "campaign survey is running, the table has paused",
    ),
    (
        "UPDATE campaigns SET settings = replace(settings, '\"calls_per_minute\":60', '\"calls_per_minute\":70') WHERE name = 'recall'",
        "campaign recall has other settings than the table",
    ),
    (
        "DROP TRIGGER events_are_never_changed; UPDATE events SET at = at + 1 WHERE seq = 2",
        "entry 2: its columns differ from its line",
    ),
    (
        "DROP TRIGGER events_are_never_changed; UPDATE events SET line = replace(line, 'recall', 'recoll') WHERE seq = 2",
        "entry 2: the chain is broken: entry 2 was changed after it was written",
    ),
    (
        "DROP TRIGGER events_are_never_deleted; DELETE FROM alerts WHERE seq = 3; DELETE FROM events WHERE seq = 3",
        "the chain is broken: expected entry 3, found 4",
    ),
    (
        "UPDATE meta SET value = value || ' ' WHERE key = 'settings'",
        "the deck's file was changed while no dialdeck had it open",
    ),
    (
        "UPDATE contacts SET due = due + 1 WHERE id = 40",
        "the deck's file was changed while no dialdeck had it open",
    ),
    (
        "UPDATE contacts SET name = 'Eve' WHERE id = 1",
        "recall contacts are not as they were imported",
    ),
    (
        "UPDATE contacts SET consent_kind = 'express_written', consent_source = 'x', consent_at = 0 WHERE id = 40",
        "survey contacts are not as they were imported",
    ),
    (
        "UPDATE imported SET digest = zeroblob(32) WHERE campaign = 2",
        "survey contacts are not as their digest says",
    ),
    (
        "DELETE FROM imported",
        "recall contacts are not as their digest says (and 1 more)",
    ),
];

/// Runs `run` to the list's end. Returns its exit code and error message, without sequence numbers.
pub(super) fn run(deck: &Deck, campaigns: &[&str]) -> (Option<i32>, String) {
    let mut command = deck.command(&["run", "--speed", "max", "--until-done"]);
    command
        .args(campaigns)
        .arg("--carrier-log")
        .arg(deck.carrier_log());
    let output = command.output().unwrap();
    let said = text(&output.stderr);
    let error = said.lines().find_map(|line| line.strip_prefix("error: "));
    (output.status.code(), error.unwrap_or_default().to_owned())
}

pub(super) fn invites(deck: &Deck) -> usize {
    deck.carrier().matches("\"invite\"").count()
}

#[test]
fn a_change_behind_the_programs_back_is_named_and_nothing_is_dialed() {
    let deck = used();
    deck.ok(&["campaign", "resume", "survey"]);
    let path = store(&deck);
    let good = fs::read(&path).unwrap();
    let mut unlike = String::new();
    for (sql, wanted) in CHANGES {
        let conn = Connection::open(&path).unwrap();
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch(sql).unwrap();
        drop(conn);
        let (code, said) = run(&deck, &[]);
        let named = said.contains(wanted) && said.contains("nothing is dialed: ");
        if code != Some(4) || !named {
            writeln!(unlike, "{sql}\n  {wanted}\n  {code:?} {said}").unwrap();
        }
        assert_eq!(invites(&deck), 0, "{sql}");
        fs::write(&path, &good).unwrap();
    }
    assert!(unlike.is_empty(), "{unlike}");
    // Restoring the earlier file is the way out.
    assert_eq!(run(&deck, &[]), (Some(0), String::new()));
    assert!(invites(&deck) > 0);
}

#[test]
fn every_flipped_bit_is_harmless_or_noticed() {
    let deck = used();
    start(&deck).unwrap();
    let whole = dump(&store(&deck)).unwrap();
    let files: Vec<_> = fs::read_dir(deck.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !path.ends_with("dialdeck.toml"))
        .collect();
    assert!(
        files.iter().any(|path| path.ends_with("deck.seal")),
        "{files:?}"
    );
    let good: Vec<Vec<u8>> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let (mut noticed, mut harmless) = (0, 0);
    for flip in 0..2 * FLIPS {
        // Most flips hit the store, which is most of the deck. Some hit each of the other files.
        let place = if flip % 8 == 0 {
            usize::try_from(random.next_u32()).unwrap() % files.len()
        } else {
            files.iter().position(|path| *path == store(&deck)).unwrap()
        };
        let mut bytes = good[place].clone();
        if bytes.is_empty() {
            continue;
        }
        let at = usize::try_from(random.next_u64() % bytes.len() as u64).unwrap();
        bytes[at] ^= 1 << (random.next_u32() % 8);
        fs::write(&files[place], bytes).unwrap();
        if start(&deck).is_err() {
            noticed += 1;
        } else {
            assert_eq!(
                dump(&store(&deck)).unwrap(),
                whole,
                "{} byte {at}",
                files[place].display()
            );
            harmless += 1;
        }
        for (path, good) in files.iter().zip(&good) {
            fs::write(path, good).unwrap();
        }
        for log in ["deck.sqlite-wal", "deck.sqlite-shm"] {
            fs::remove_file(deck.path().join(log)).ok();
        }
    }
    assert!(
        noticed >= 2 * FLIPS * 3 / 4,
        "{noticed} noticed, {harmless} harmless"
    );
}

#[test]
fn a_run_refuses_a_deck_that_is_not_whole_and_says_the_way_out() {
    let deck = used();
    let path = store(&deck);
    let good = fs::read(&path).unwrap();
    Connection::open(&path)
        .unwrap()
        .execute("DELETE FROM suppressions WHERE number = 12125550101", ())
        .unwrap();
    let calls = deck.event_log().matches("attempt_reserved").count();
    let run = deck.run(&["run", "--speed", "max", "--until-done"]);
    let said = text(&run.stderr);
    assert_eq!(run.status.code(), Some(4), "{said}");
    assert!(
        said.contains("error: the deck is not whole, nothing is dialed: entry "),
        "{said}"
    );
    assert!(said.contains("dialdeck restore --from BACKUP"), "{said}");
    let doctor = deck.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    let doctor = text(&doctor.stdout);
    assert!(
        doctor.contains("+12125550101 is on internal, the table does not have it"),
        "{doctor}"
    );
    let verify = deck.run(&["log", "verify"]);
    assert_eq!(verify.status.code(), Some(1));
    assert!(text(&verify.stderr).contains("the deck is not whole: 2 differences\n"));
    assert_eq!(deck.event_log().matches("attempt_reserved").count(), calls);
    fs::write(&path, &good).unwrap();
    deck.ok(&["log", "verify"]);
    deck.ok(&["doctor"]);
    // A command that only holds back is still carried out.
    let damage = Connection::open(&path).unwrap();
    damage
        .execute("DELETE FROM suppressions WHERE number = 12125550101", ())
        .unwrap();
    drop(damage);
    deck.ok(&["dnc", "add", "+12125550104"]);
}

#[test]
fn a_killed_engines_deck_is_checked_in_full_and_dialed_on() {
    let deck = used();
    let path = store(&deck);
    deck.ok(&["campaign", "resume", "survey"]);
    let mut command = deck.command(&["run", "--speed", "max"]);
    command.arg("--carrier-log").arg(deck.carrier_log());
    let mut engine = Engine::start(command);
    engine.count("attempt_sent", 3);
    drop(engine);
    assert!(!deck.path().join("deck.seal").exists());
    start(&deck).unwrap();
    let mut opened = SqliteStore::open_read_only(&path, Rules::embedded()).unwrap();
    assert_eq!(opened.cross_check().unwrap().first, []);
    drop(opened);
    deck.ok(&["run", "--speed", "max", "--until-done", "survey"]);
    assert!(deck.path().join("deck.seal").exists());
}
