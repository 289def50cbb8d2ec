//! Groups: one durable commit over several verbs, each of them undone alone when it fails.

use rusqlite::Connection;

use super::{SqliteStore, Work, counters, schema};
use crate::store::StoreError;

/// Whether a group is open.
pub(super) enum Group {
    /// None: every verb is its own.
    None,
    /// Open.
    Open,
    /// SQLite has given the whole group up; why.
    Broken(String),
}

impl SqliteStore {
    /// Starts a group.
    pub(super) fn begin_group(&mut self) -> Result<(), StoreError> {
        if !matches!(self.group, Group::None) {
            return Err(StoreError::Unusable("a group is already open".to_owned()));
        }
        run(&self.conn, "BEGIN IMMEDIATE")?;
        self.group = Group::Open;
        self.mem.head = None;
        if let Err(error) = self.refresh() {
            self.give_up();
            return Err(error);
        }
        Ok(())
    }

    /// Makes the group durable, or undoes all of it.
    pub(super) fn commit_group(&mut self) -> Result<(), StoreError> {
        match &self.group {
            Group::None => return Err(StoreError::Unusable("no group is open".to_owned())),
            Group::Broken(why) => {
                let error = StoreError::Unusable(why.clone());
                self.give_up();
                return Err(error);
            }
            Group::Open => {}
        }
        let done = counters::flush(&mut self.work()).and_then(|()| run(&self.conn, "COMMIT"));
        match done {
            Ok(()) => {
                self.group = Group::None;
                self.mem.head = None;
                Ok(())
            }
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// Runs a verb that writes: inside the open group, or as a group of its own.
    pub(super) fn write<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.group {
            Group::Broken(why) => return Err(StoreError::Unusable(why.clone())),
            Group::Open => return self.write_in_group(verb),
            Group::None => self.begin_group()?,
        }
        match verb(&mut self.work()) {
            Ok(value) => self.commit_group().map(|()| value),
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// Runs a verb that only reads, over one consistent picture.
    pub(super) fn read<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.group {
            Group::Broken(why) => return Err(StoreError::Unusable(why.clone())),
            Group::Open => return verb(&mut self.work()),
            Group::None => run(&self.conn, "BEGIN")?,
        }
        let value = self.refresh().and_then(|()| verb(&mut self.work()));
        if !self.conn.is_autocommit() {
            run(&self.conn, "COMMIT")?;
        }
        value
    }

    /// Whether another connection has committed since the last question.
    pub(super) fn changed(&mut self) -> Result<bool, StoreError> {
        let version = schema::data_version(&self.conn)?;
        let changed = version != self.seen;
        self.seen = version;
        Ok(changed)
    }

    fn write_in_group<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        run(&self.conn, "SAVEPOINT verb")?;
        self.mem.counts.start_verb();
        match verb(&mut self.work()) {
            Ok(value) => {
                run(&self.conn, "RELEASE verb")?;
                Ok(value)
            }
            Err(error) => {
                self.undo_verb(&error);
                Err(error)
            }
        }
    }

    fn undo_verb(&mut self, error: &StoreError) {
        self.mem.forget();
        self.mem.ledger = None;
        self.mem.counts.undo_verb();
        let undone = !self.conn.is_autocommit()
            && run(&self.conn, "ROLLBACK TO verb").is_ok()
            && run(&self.conn, "RELEASE verb").is_ok();
        if !undone {
            self.group = Group::Broken(error.to_string());
        }
    }

    /// Undoes the whole group.
    fn give_up(&mut self) {
        self.mem.forget();
        self.mem.ledger = None;
        self.mem.counts = counters::Pending::default();
        self.group = Group::None;
        if !self.conn.is_autocommit()
            && let Err(error) = run(&self.conn, "ROLLBACK")
        {
            // Without a rollback the next BEGIN fails, so nothing can be acted upon.
            tracing::error!(%error, "a failed group cannot be rolled back");
        }
    }

    /// Drops what another process's commit may have made untrue. Runs inside a transaction.
    fn refresh(&mut self) -> Result<(), StoreError> {
        let version = schema::data_version(&self.conn)?;
        if version != self.mem.version {
            self.mem.version = version;
            self.mem.forget();
            if !self.mem.engine {
                self.mem.ledger = None;
            }
        }
        Ok(())
    }

    fn work(&mut self) -> Work<'_> {
        Work {
            conn: &self.conn,
            mem: &mut self.mem,
        }
    }
}

fn run(conn: &Connection, sql: &str) -> Result<(), StoreError> {
    conn.prepare_cached(sql)?.execute(())?;
    Ok(())
}
