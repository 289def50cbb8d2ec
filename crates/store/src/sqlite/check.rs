//! Checks whether the deck is whole: SQLite's own check, the log's chain, and the log against the tables.

mod counts;
mod rows;

use rusqlite::{Connection, OptionalExtension as _};

use super::sql::col;
use super::{SqliteStore, Work, meta};
use crate::StoreError;
use crate::crosscheck::{Differences, Fold, Held, Mismatch, Origin};
use dialdeck_core::domain::Timestamp;
use dialdeck_core::domain::digest::{Hash, hex};
use dialdeck_core::domain::event::{Anchor, ChainCheck};

const EVENTS: &str = "SELECT seq, at, line, hash FROM events WHERE seq > ?1 ORDER BY seq";

impl SqliteStore {
    /// Checks the whole deck: SQLite's structure with every index, the chain of the log, the log against the
    /// tables, and the counters against a recount. Returns the differences. Reads every row, which takes
    /// seconds with a million contacts and entries.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{DeckId, Timestamp};
    /// use dialdeck_core::rules::Rules;
    /// use dialdeck_store::sqlite::SqliteStore;
    /// use dialdeck_store::{Acts as _, By, opt_out};
    ///
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("deck.sqlite");
    /// let now: Timestamp = "2026-12-08T15:00:00Z".parse()?;
    /// let mut store = SqliteStore::create_or_open(&path, DeckId(1), Rules::embedded(), now)?;
    /// let by = By { actor: "maria".to_owned(), at: now };
    /// store.suppress(&[opt_out("+12125550142".parse()?, None, &by)])?;
    /// assert!(store.cross_check()?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cross_check(&mut self) -> Result<Differences, StoreError> {
        self.read(check)
    }

    /// Checks only the chain of the log, and only the entries after an end up to which the deck was checked.
    /// Returns the differences.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn check_behind(&mut self, checked: &Anchor) -> Result<Differences, StoreError> {
        self.read(|work| {
            let mut found = Differences::default();
            let known = work
                .conn
                .prepare_cached("SELECT hash FROM events WHERE seq = ?1")?
                .query_row((checked.seq,), |row| row.get::<_, Hash>(0))
                .optional()?;
            if checked.seq > 0 && known != Some(checked.hash) {
                let (seq, kind) = (checked.seq, None);
                found.note_at(Origin { seq, kind }, Mismatch::Unchecked);
                return Ok(found);
            }
            let behind = ChainCheck::behind(checked);
            chain(work.conn, behind, None, &mut found)?;
            Ok(found)
        })
    }
}

fn check(work: &mut Work<'_>) -> Result<Differences, StoreError> {
    let mut found = Differences::default();
    structure(work.conn, &mut found)?;
    // If SQLite itself reports damage, further checks have no meaning.
    if !found.is_empty() {
        return Ok(found);
    }
    let mut fold = Fold::default();
    if !chain(
        work.conn,
        ChainCheck::default(),
        Some(&mut fold),
        &mut found,
    )? {
        return Ok(found);
    }
    let mut held = Held::new(meta::imports_are_logged(work.conn)?);
    rows::hold(work, &mut fold, &mut held, &mut found)?;
    fold.hold_missing(&held, &mut found);
    counts::hold(work, &mut found)?;
    // A difference with an entry says more than two figures that differ.
    found
        .first
        .sort_by_key(|one| (one.entry.is_none(), one.entry));
    Ok(found)
}

/// Adds what SQLite reports about the file.
fn structure(conn: &Connection, found: &mut Differences) -> Result<(), StoreError> {
    let mut statement = conn.prepare("PRAGMA integrity_check(20)")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let said: String = row.get(0)?;
        if said != "ok" {
            found.note(Mismatch::File(said));
        }
    }
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (table, parent) = (col(row, "table")?, col(row, "parent")?);
        found.note(Mismatch::Dangling { table, parent });
    }
    Ok(())
}

/// Checks every entry after those that were accepted before, and that its columns match its line, and adds it
/// to the fold. Returns `false` if the chain is broken.
fn chain(
    conn: &Connection,
    mut chain: ChainCheck,
    mut fold: Option<&mut Fold>,
    found: &mut Differences,
) -> Result<bool, StoreError> {
    let mut statement = conn.prepare(EVENTS)?;
    let mut rows = statement.query((chain.entries(),))?;
    while let Some(row) = rows.next()? {
        let (seq, at): (i64, Timestamp) = (col(row, "seq")?, col(row, "at")?);
        let line = row
            .get_ref("line")?
            .as_str()
            .map_err(rusqlite::Error::from)?;
        let hash: Hash = col(row, "hash")?;
        if let Err(why) = chain.push(line) {
            found.note_at(Origin { seq, kind: None }, Mismatch::Chain(why));
            return Ok(false);
        }
        let start = format!(r#""seq":{seq},"at":"{at}","#);
        if !first_members(line).starts_with(&start) || chain.head() != hex(&hash) {
            found.note_at(Origin { seq, kind: None }, Mismatch::Columns);
        }
        let taken = fold.as_mut().map_or(Ok(()), |fold| {
            let taken = fold.take(line);
            fold.passed(at);
            taken
        });
        if let Err((kind, what)) = taken {
            found.note_at(Origin { seq, kind }, what);
        }
    }
    Ok(true)
}

/// Returns a line from its first member behind the version, which older lines do not have.
fn first_members(line: &str) -> &str {
    let versioned = line.strip_prefix(r#"{"v":1,"#);
    versioned
        .or_else(|| line.strip_prefix('{'))
        .unwrap_or_default()
}
