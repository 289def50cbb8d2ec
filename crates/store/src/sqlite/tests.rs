//! What only SQL can show: versions of the schema and the log's own guard.

mod upgrade;

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

use super::{SqliteStore, schema};
use crate::verbs::{ActVerbs as _, ReadVerbs as _};
use dialdeck_core::domain::digest::{hex, sha256};
use dialdeck_core::domain::event::{AlertRaised, DeckClosed, DeckEnding, EventData, NewEvent};
use dialdeck_core::domain::{DeckId, PhoneNumber, Timestamp};
use dialdeck_core::rules::Rules;

fn open(folder: &tempfile::TempDir) -> Result<SqliteStore, crate::StoreError> {
    let path = folder.path().join("deck.sqlite");
    SqliteStore::create_or_open(&path, DeckId(7), Rules::embedded(), Timestamp::MIN)
}

fn raw(folder: &tempfile::TempDir) -> Connection {
    schema::open_writable(&folder.path().join("deck.sqlite")).unwrap()
}

#[test]
fn a_schema_is_applied_once_and_a_newer_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).unwrap();
    open(&folder).unwrap();
    let conn = raw(&folder);
    let count = "SELECT count(*) FROM refinery_schema_history";
    let applied: i64 = conn.query_row(count, (), |row| row.get(0)).unwrap();
    assert_eq!(applied, i64::try_from(MIGRATIONS.len()).unwrap());
    conn.execute(
        "INSERT INTO refinery_schema_history VALUES (999, 'later', '2027-01-01T00:00:00Z', '0')",
        (),
    )
    .unwrap();
    assert!(open(&folder).is_err());
    let path = folder.path().join("deck.sqlite");
    assert!(SqliteStore::open_read_only(&path, Rules::embedded()).is_err());
}

#[test]
fn the_file_is_durable_by_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder).unwrap();
    let conn = raw(&folder);
    let mode: String = conn
        .pragma_query_value(None, "journal_mode", |row| row.get(0))
        .unwrap();
    let synchronous: i64 = conn
        .pragma_query_value(None, "synchronous", |row| row.get(0))
        .unwrap();
    assert_eq!((mode.as_str(), synchronous), ("wal", 2));
}

#[test]
fn the_log_can_be_neither_changed_nor_cut() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder).unwrap();
    let ending = DeckEnding::AtRest;
    let closed = EventData::DeckClosed(DeckClosed { ending });
    let event = NewEvent::new(Timestamp::MIN, "engine", closed);
    store.append(&event).unwrap();
    let conn = raw(&folder);
    assert!(conn.execute("UPDATE events SET line = ''", ()).is_err());
    assert!(conn.execute("DELETE FROM events", ()).is_err());
    assert_eq!(store.tail(0, 9).unwrap().len(), 1);
}

#[test]
fn a_damaged_file_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("deck.sqlite"), [7; 8192]).unwrap();
    assert!(open(&folder).is_err());
}

/// Makes the database refuse the log's entry `seq`, or its row among the alerts.
fn refuse(store: &SqliteStore, table: &str, seq: i64) {
    let trigger = format!(
        "CREATE TEMP TRIGGER planted BEFORE INSERT ON main.{table} WHEN NEW.seq = {seq}
         BEGIN SELECT RAISE(ABORT, 'planted'); END"
    );
    store.conn.execute_batch(&trigger).unwrap();
}

#[test]
fn an_engine_verb_that_fails_before_it_wrote_harms_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder).unwrap();
    refuse(&store, "events", 2);
    let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
    let alert = NewEvent::new(Timestamp::MIN, "engine", alert);
    store.begin().unwrap();
    store.append(&alert).unwrap();
    assert!(store.append(&alert).is_err());
    store.commit().unwrap();
    assert_eq!(store.tail(0, 9).unwrap().len(), 1);
}

#[test]
fn an_engine_verb_that_fails_half_way_takes_its_group_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = open(&folder).unwrap();
    refuse(&store, "alerts", 2);
    let alert = EventData::AlertRaised(AlertRaised::program_failed("why"));
    let alert = NewEvent::new(Timestamp::MIN, "engine", alert);
    store.begin().unwrap();
    store.append(&alert).unwrap();
    assert!(store.append(&alert).is_err());
    assert!(store.append(&alert).is_err());
    assert!(store.commit().is_err());
    assert!(store.tail(0, 9).unwrap().is_empty());
    store.conn.execute_batch("DROP TRIGGER planted").unwrap();
    store.append(&alert).unwrap();
    assert_eq!(store.tail(0, 9).unwrap().len(), 1);
}

/// Every migration with the SHA-256 of its file. Lines are only ever added.
const MIGRATIONS: [(&str, &str); 10] = [
    (
        "V1__deck.sql",
        "f71d62512966918f17e3dd7c7e23929383a2f9b124121ddbda3c76c80f3221b4",
    ),
    (
        "V2__carriers.sql",
        "dfeed43f318f20cc369e337399d4aa67929a3ee6b295ff2f8866e6c0541261db",
    ),
    (
        "V3__causes.sql",
        "47fe48d317d6e7d42ab6d5381fda0f271c92f192530e77299de47213a35c41f9",
    ),
    (
        "V4__numbers.sql",
        "4f6bcfefd683bb8e303954c7ee380faf2c9ffb1ccf1d45fbd2db786a0506f5c9",
    ),
    (
        "V5__brake.sql",
        "74168b1f7afd05b896328925a6d83548579b10a5447305b39f12dbba9b29ccfe",
    ),
    (
        "V6__registry_areas.sql",
        "a25014504500333b2d7c499a82054a494064f3291679dc5c220d7f11f40d5584",
    ),
    (
        "V7__incarnations.sql",
        "c423fcea4febe5838612e81053ae914f9869df8bf7e5157356e44117ea42ff6d",
    ),
    (
        "V8__fewer_places.sql",
        "269442094699fc82bf15cdeebcdf7e1a7e66714d5ed5e5b65268db5757f22430",
    ),
    (
        "V9__runs.sql",
        "d2f4ad43d051c02a336ae2a45cdbc904755a8d72d1fdf1ed54567b003f779fdf",
    ),
    (
        "V10__imported.sql",
        "aaf177cf22c4039f91e1bc13fc50bc1288379cebece672d218b8832764b987cb",
    ),
];

#[test]
fn a_migration_is_never_edited_once_decks_have_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sqlite/migrations");
    let mut unpinned: BTreeMap<String, String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let hash = sha256(&std::fs::read(&path).unwrap());
            (name, hex(&hash))
        })
        .collect();
    for (name, pinned) in MIGRATIONS {
        let found = unpinned.remove(name);
        assert!(
            found.is_some(),
            "{name} is gone; decks that applied it would no longer open"
        );
        assert_eq!(
            found.as_deref(),
            Some(pinned),
            "{name} was edited. Decks that applied it would no longer open: undo the edit and make \
             the change in a migration of its own, with the next version number"
        );
    }
    assert!(
        unpinned.is_empty(),
        "pin each new migration in MIGRATIONS, by the hash given here: {unpinned:?}"
    );
}

#[test]
fn contacts_of_an_older_deck_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let mut conn = raw(&folder);
    let version_3 = refinery::Target::Version(3);
    schema::runner()
        .set_target(version_3)
        .run(&mut conn)
        .unwrap();
    conn.execute_batch(
        "INSERT INTO campaigns (id, name, state, settings, ceiling)
             VALUES (1, 'a', 'draft', '', ''), (2, 'b', 'draft', '', '');
         INSERT INTO contacts (id, campaign, number, name, state, priority, due, line, variables)
             VALUES (1, 2, 12125550142, 'Ana', 0, 0, 0, 2, ''), (2, 1, 12125550142, 'Ana', 0, 0, 0, 2, ''),
                    (3, 1, 12125550101, 'Ben', 0, 0, 0, 3, '');",
    )
    .unwrap();
    drop(conn);
    let path = folder.path().join("deck.sqlite");
    assert!(SqliteStore::is_behind(&path));
    let mut store = open(&folder).unwrap();
    assert!(!SqliteStore::is_behind(&path));
    let number = PhoneNumber::from_digits(12_125_550_142).unwrap();
    let found = store.contacts_with(number).unwrap();
    let ids: Vec<i64> = found.iter().map(|contact| contact.id.0).collect();
    assert_eq!(ids, [2, 1]);
}

#[test]
fn versions_of_migrations_are_unique_and_without_gaps() {
    let mut versions: Vec<usize> = MIGRATIONS
        .iter()
        .map(|(name, _)| {
            let (version, _) = name.split_once("__").unwrap();
            version.strip_prefix('V').unwrap().parse().unwrap()
        })
        .collect();
    versions.sort_unstable();
    let wanted: Vec<usize> = (1..=MIGRATIONS.len()).collect();
    assert_eq!(
        versions, wanted,
        "two migrations share a version, or one is left out"
    );
}
