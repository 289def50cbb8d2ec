//! Opening the file: SQLite's version and settings, the migrations and the version check.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::{StoreError, Unusable};
use dialdeck_core::domain::Timestamp;

mod embedded {
    refinery::embed_migrations!("src/sqlite/migrations");
}

/// The oldest accepted SQLite version. 3.51.3 fixed a fault of WAL resets.
const OLDEST_SQLITE: i32 = 3_051_003;
/// How long to wait for another process's commit.
const BUSY: Duration = Duration::from_secs(5);
/// Prepared statements kept. There are fewer distinct ones than this.
const STATEMENTS: usize = 128;

/// Opens or creates a deck file for reading and writing. Returns the connection.
pub(super) fn open_writable(path: &Path) -> Result<Connection, StoreError> {
    let conn = Connection::open(path)?;
    prepare(&conn)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    Ok(conn)
}

/// Opens an existing deck file of any schema for reading. Returns the connection.
pub(super) fn open_to_look(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(path, flags)?)
}

/// Opens an existing deck file for reading. Errors if its schema is not this program's.
pub(super) fn open_readable(path: &Path) -> Result<Connection, StoreError> {
    let conn = open_to_look(path)?;
    prepare(&conn)?;
    let [found, newest] = versions(&conn)?;
    refuse_newer(found, newest)?;
    if found == newest {
        return Ok(conn);
    }
    let (found, known) = (found.unwrap_or(0), newest.unwrap_or(0));
    Err(Unusable::OldSchema { found, known }.into())
}

/// Errors if a newer program made the deck, because the meaning of its rows is not known here.
fn refuse_newer(found: Option<i64>, newest: Option<i64>) -> Result<(), StoreError> {
    match (found, newest) {
        (Some(found), Some(known)) if found > known => Err(StoreError::Newer { found, known }),
        _ => Ok(()),
    }
}

/// Returns the steps from an empty file to the schema of this program.
pub(super) fn runner() -> refinery::Runner {
    embedded::migrations::runner()
}

/// Returns the version of a deck's schema and the one of this program.
fn versions(conn: &Connection) -> Result<[Option<i64>; 2], StoreError> {
    let newest = runner()
        .get_migrations()
        .iter()
        .map(|step| i64::from(step.version()))
        .max();
    let found = conn.query_row(
        "SELECT max(version) FROM refinery_schema_history",
        (),
        |row| row.get(0),
    )?;
    Ok([found, newest])
}

/// Returns whether there is a deck at `path` that opening will migrate.
pub(super) fn is_behind(path: &Path) -> bool {
    // If anything is wrong with the file, opening it reports so.
    open_to_look(path)
        .and_then(|conn| versions(&conn))
        .is_ok_and(|[found, newest]| found < newest)
}

/// Migrates the schema to this program's.
///
/// # Errors
/// Errors if a newer program made it, or a step fails.
pub(super) fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    // A new file has no history yet.
    if conn.table_exists(None, "refinery_schema_history")? {
        let [found, newest] = versions(conn)?;
        refuse_newer(found, newest)?;
        check_history(conn)?;
    }
    let migrated = runner().run(conn).map(drop);
    Ok(migrated.map_err(|error| Unusable::NotMigrated(error.into()))?)
}

/// Errors if a row of the schema's history is damaged. The runner would panic.
fn check_history(conn: &Connection) -> Result<(), StoreError> {
    let mut statement = conn.prepare("SELECT applied_on, checksum FROM refinery_schema_history")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (applied, checksum): (String, String) = (row.get(0)?, row.get(1)?);
        if !is_instant(&applied) || checksum.parse::<u64>().is_err() {
            return Err(Unusable::History { applied, checksum }.into());
        }
    }
    Ok(())
}

/// Returns whether a text is an instant of RFC 3339 in UTC, as the runner writes it.
fn is_instant(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00";
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    let (Some(start), Some(rest)) = (text.get(..SHAPE.len()), text.get(SHAPE.len()..)) else {
        return false;
    };
    let fraction = rest
        .strip_suffix('Z')
        .map(|rest| match rest.strip_prefix('.') {
            Some(digits) => !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
            None => rest.is_empty(),
        });
    start.bytes().zip(SHAPE).all(fits)
        && fraction == Some(true)
        && text.parse::<Timestamp>().is_ok()
}

/// Returns a number that changes whenever another connection has committed.
pub(super) fn data_version(conn: &Connection) -> Result<i64, StoreError> {
    Ok(conn
        .prepare_cached("PRAGMA data_version")?
        .query_row((), |row| row.get(0))?)
}

fn prepare(conn: &Connection) -> Result<(), StoreError> {
    let version = rusqlite::version_number();
    if version < OLDEST_SQLITE {
        return Err(Unusable::OldSqlite(rusqlite::version()).into());
    }
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans must not depend on bound values: SQLite would prepare such statements again for every value.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -65_536)?;
    Ok(())
}

/// Makes the page cache small enough for many small commits.
///
/// After a commit has split a page, SQLite searches its whole cache for pages beyond the end of the file.
/// Imports, whose commits are large, gain more from a large cache.
pub(super) fn prefer_small_commits(conn: &Connection) -> Result<(), StoreError> {
    Ok(conn.pragma_update(None, "cache_size", -16_384)?)
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Unusable::Unreadable(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::is_instant;

    #[test]
    fn an_instant_of_the_history_is_one_that_the_runner_reads() {
        for good in [
            "2026-11-30T18:33:02Z",
            "2026-11-30T18:33:02.1Z",
            "2026-11-30T18:33:02.123456789Z",
        ] {
            assert!(is_instant(good), "{good}");
        }
        for bad in [
            "",
            "2026-11-30",
            "2026-11-30T18:33:02",
            "2026-11-30t18:33:02Z",
            "2026-11-30T18:33:02,1Z",
            "2026-11-30T18:33:02.Z",
            "2026-13-30T18:33:02Z",
            "2026-11-30T18:33:02.12x4Z",
            "2026-11-30T18:33:02.1\u{e9}Z",
        ] {
            assert!(!is_instant(bad), "{bad}");
        }
    }
}
