//! What only SQL can show: versions of the schema and the log's own guard.

use rusqlite::Connection;

use super::{SqliteStore, schema};
use crate::domain::event::{EventKind, NewEvent};
use crate::domain::{DeckId, Timestamp};
use crate::rules::Rules;
use crate::store::Store as _;

fn open(folder: &tempfile::TempDir) -> Result<SqliteStore, crate::store::StoreError> {
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
    assert_eq!(applied, 1);
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
    let event = NewEvent::new(Timestamp::MIN, EventKind::DeckOpened, "engine");
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
