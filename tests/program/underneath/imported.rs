//! Damage to what an import wrote, on a deck whose engine was killed: it has no seal, and the log repeats none
//! of these columns.

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore as _, SeedableRng as _};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::damage::{dump, invites, run, start, store, used};
use dialdeck_testkit::deck::Deck;
use dialdeck_testkit::deck::engine::Engine;

/// Bits that are flipped.
const FLIPS: usize = 300;

/// One bit, or one word, of each column that an import writes. No entry of the log repeats them.
const IMPORTED: &[&str] = &[
    "UPDATE contacts SET name = 'Ana Ruit 9' WHERE id = 40",
    "UPDATE contacts SET priority = priority + 1 WHERE id = 40",
    "UPDATE contacts SET consent_kind = 'express_written' WHERE id = 40",
    "UPDATE contacts SET consent_kind = NULL WHERE id = 40",
    "UPDATE contacts SET consent_source = 'form 9' WHERE id = 40",
    "UPDATE contacts SET consent_at = consent_at + 4398046511104 WHERE id = 40",
    "UPDATE contacts SET expires_at = expires_at + 4398046511104 WHERE id = 40",
    "UPDATE contacts SET expires_at = NULL WHERE id = 40",
    "UPDATE contacts SET line = line + 1 WHERE id = 40",
    "UPDATE contacts SET variables = replace(variables, 'room', 'roon') WHERE id = 40",
    "UPDATE contacts SET number = 16465550198 WHERE id = 40; UPDATE numbers SET number = 16465550198 WHERE contact = 40",
    "UPDATE classes SET body = replace(body, 'America/New_York', 'America/Los_Angeles')",
];

/// Returns a deck whose engine was killed while contacts were left, so that it has no seal, and its store's file.
fn killed() -> (Deck, Vec<u8>) {
    let deck = used();
    deck.ok(&["campaign", "resume", "survey"]);
    let mut command = deck.command(&["run", "--speed", "max"]);
    command.arg("--carrier-log").arg(deck.carrier_log());
    let mut engine = Engine::start(command);
    engine.count("attempt_sent", 3);
    drop(engine);
    // Moves the write-ahead log into the file.
    dump(&store(&deck)).unwrap();
    assert!(!deck.path().join("deck.seal").exists());
    let good = fs::read(store(&deck)).unwrap();
    (deck, good)
}

#[test]
fn after_a_kill_a_change_of_what_was_imported_is_named_and_nothing_is_dialed() {
    let (deck, good) = killed();
    let path = store(&deck);
    let before = invites(&deck);
    for sql in IMPORTED {
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch(sql).unwrap();
        drop(conn);
        let (code, said) = run(&deck, &[]);
        assert_eq!(code, Some(4), "{sql}: {said}");
        let named = said.contains("contacts are not as they were imported");
        assert!(
            named && said.contains("nothing is dialed: "),
            "{sql}: {said}"
        );
        assert_eq!(invites(&deck), before, "{sql}");
        fs::write(&path, &good).unwrap();
        fs::remove_file(deck.path().join("deck.seal")).ok();
    }
    assert_eq!(run(&deck, &[]), (Some(0), String::new()));
}

/// What an import writes, and the classes that it names.
fn imported(path: &Path) -> Result<[Vec<Vec<Value>>; 2], rusqlite::Error> {
    let conn = Connection::open(path)?;
    let rows = |sql: &str| -> Result<Vec<Vec<Value>>, rusqlite::Error> {
        let mut statement = conn.prepare(sql)?;
        let columns = statement.column_count();
        let rows = statement.query_map((), |row| {
            (0..columns).map(|column| row.get(column)).collect()
        })?;
        rows.collect()
    };
    Ok([
        rows(
            "SELECT id, campaign, number, name, priority, class, consent_kind, consent_source, consent_at, expires_at, line, variables FROM contacts ORDER BY id",
        )?,
        rows("SELECT id, body FROM classes")?,
    ])
}

#[test]
fn after_a_kill_every_flipped_bit_of_what_was_imported_is_harmless_or_noticed() {
    let (deck, good) = killed();
    let path = store(&deck);
    let whole = imported(&path).unwrap();
    // The columns of a contact are around its name.
    let name = b"Ana Ruiz";
    let names: Vec<usize> = (0..good.len())
        .filter(|at| good[*at..].starts_with(name))
        .collect();
    assert!(names.len() >= 60, "{}", names.len());
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let mut noticed = 0;
    for _ in 0..FLIPS {
        let near = names[usize::try_from(random.next_u32()).unwrap() % names.len()];
        let at = near - 24 + usize::try_from(random.next_u32() % 120).unwrap();
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (random.next_u32() % 8);
        fs::write(&path, bytes).unwrap();
        if start(&deck).is_err() {
            noticed += 1;
        } else {
            assert_eq!(imported(&path).unwrap(), whole, "byte {at}");
        }
        fs::write(&path, &good).unwrap();
        for file in ["deck.sqlite-wal", "deck.sqlite-shm", "deck.seal"] {
            fs::remove_file(deck.path().join(file)).ok();
        }
    }
    // The others hit what a name leaves behind on its page, or columns that change with calls.
    assert!(noticed >= FLIPS / 3, "{noticed} noticed");
}
