//! Groups: one durable commit over several verbs. A verb that fails is undone alone. An engine verb that
//! fails after it has written takes its group with it.

use rusqlite::Connection;

#[cfg(doc)]
use super::Mem;
use super::held::Held;
use super::{SqliteStore, Work, counters, incarnation, mark, meta, schema, timing};
use crate::{StoreError, Unusable};

/// Whether a group is open.
pub(super) enum Group {
    /// No group is open: every verb is its own.
    None,
    /// A group is open.
    Open,
    /// SQLite has given up the whole group, for this reason.
    Broken(String),
}

impl SqliteStore {
    /// Starts a group. Errors if one is open.
    pub(super) fn begin_group(&mut self) -> Result<(), StoreError> {
        if !matches!(self.group, Group::None) {
            return Err(Unusable::GroupOpen.into());
        }
        run(&self.conn, "BEGIN IMMEDIATE")?;
        self.group = Group::Open;
        self.mem.head = None;
        let looked = self.refresh().and_then(|()| self.look_at_place());
        let begun = looked.and_then(|()| {
            let broken = self.keeper.break_seal();
            Ok(broken.map_err(Unusable::Seal)?)
        });
        if let Err(error) = begun {
            self.give_up();
            return Err(error);
        }
        Ok(())
    }

    /// Errors if the deck's path leads to other files. An engine continues for the calls that are up, and
    /// begins nothing more.
    fn look_at_place(&mut self) -> Result<(), StoreError> {
        match self.place.check() {
            Err(StoreError::Displaced(displaced)) if self.mem.engine => {
                self.mem.displaced.get_or_insert(displaced);
                self.keeper.distrust();
                Ok(())
            }
            looked => looked,
        }
    }

    /// Makes the group durable, or undoes all of it.
    pub(super) fn commit_group(&mut self) -> Result<(), StoreError> {
        match &self.group {
            Group::None => return Err(Unusable::NoGroup.into()),
            Group::Broken(why) => {
                let error = Unusable::GroupFailed(why.clone()).into();
                self.give_up();
                return Err(error);
            }
            Group::Open => {}
        }
        let done = self
            .write_what_is_held()
            .and_then(|()| counters::flush(&mut self.work()))
            .and_then(|()| mark::before_commit(&mut self.work()))
            .and_then(|()| run(&self.conn, "COMMIT"));
        match done {
            Ok(()) => {
                self.group = Group::None;
                // A process that closed the deck during the group may have set a seal. It no longer matches.
                if let Err(error) = self.keeper.break_seal() {
                    tracing::error!(%error, "a seal that does not fit cannot be removed");
                }
                self.note_commit()
            }
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// Raises the mark to what was just committed.
    fn note_commit(&mut self) -> Result<(), StoreError> {
        let (head, serial) = (self.mem.head.take(), self.mem.last_serial.unwrap_or(0));
        // What is at the deck's path now may belong to another deck.
        let placed = self.mem.displaced.is_none();
        if let (Some(keeper), Some(head), true) = (&mut self.mem.mark, head, placed) {
            let reached = mark::Reached::of(&head, self.mem.ids.count(), serial);
            return keeper.note(self.mem.deck, &reached);
        }
        Ok(())
    }

    /// Runs a verb that writes: inside the open group, or as its own group. Returns its result. Errors if the
    /// deck's path leads to other files.
    pub(super) fn write<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.conclude(|work| {
            work.mem.may_begin()?;
            verb(work)
        })
    }

    /// Runs a verb that begins nothing. Unlike with [`SqliteStore::write`], an engine whose deck's path leads
    /// to other files can still record the calls that are up.
    pub(super) fn conclude<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.group {
            Group::Broken(why) => return Err(Unusable::GroupFailed(why.clone()).into()),
            Group::Open => return self.write_over_savepoint(verb),
            Group::None => self.begin_group()?,
        }
        self.write_alone(verb)
    }

    /// Runs a verb of the engine, without the cost of a savepoint. Returns its result.
    ///
    /// Such a verb begins nothing, or calls [`Mem::may_begin`]. It refuses before it writes. If it fails
    /// later, SQLite or the file is at fault, and the whole group is given up.
    pub(super) fn write_plainly<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.group {
            Group::Broken(why) => return Err(Unusable::GroupFailed(why.clone()).into()),
            Group::Open => {}
            Group::None => {
                self.begin_group()?;
                return self.write_alone(verb);
            }
        }
        self.mem.counts.start_verb();
        let before = (self.conn.total_changes(), self.mem.held.changes());
        let done = verb(&mut self.work());
        if let Err(error) = &done {
            self.forget_verb();
            let after = (self.conn.total_changes(), self.mem.held.changes());
            if self.conn.is_autocommit() || before != after {
                self.group = Group::Broken(error.to_string());
            }
        }
        done
    }

    fn write_alone<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match verb(&mut self.work()) {
            Ok(value) => self.commit_group().map(|()| value),
            Err(error) => {
                self.give_up();
                Err(error)
            }
        }
    }

    /// Runs a verb that only reads, over one consistent state. Returns its result.
    pub(super) fn read<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match &self.group {
            Group::Broken(why) => return Err(Unusable::GroupFailed(why.clone()).into()),
            Group::Open => {
                self.write_what_is_held()?;
                return verb(&mut self.work());
            }
            Group::None => run(&self.conn, "BEGIN")?,
        }
        let value = self.refresh().and_then(|()| verb(&mut self.work()));
        if !self.conn.is_autocommit() {
            run(&self.conn, "COMMIT")?;
        }
        value
    }

    /// Returns whether another connection has committed since the last call. Errors if the deck's path leads
    /// to other files, where a commit would go unnoticed.
    pub(super) fn changed(&mut self) -> Result<bool, StoreError> {
        self.place.check()?;
        let version = schema::data_version(&self.conn)?;
        let changed = version != self.seen;
        self.seen = version;
        Ok(changed)
    }

    fn write_over_savepoint<T>(
        &mut self,
        verb: impl FnOnce(&mut Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.write_what_is_held()?;
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

    fn forget_verb(&mut self) {
        self.mem.forget();
        self.mem.ledger = None;
        self.mem.counts.undo_verb();
    }

    fn undo_verb(&mut self, error: &StoreError) {
        self.forget_verb();
        let undone = !self.conn.is_autocommit()
            && run(&self.conn, "ROLLBACK TO verb").is_ok()
            && run(&self.conn, "RELEASE verb").is_ok();
        if !undone {
            self.group = Group::Broken(error.to_string());
        }
    }

    /// Brings the rows of attempts up to date. If that fails, the group cannot be committed.
    fn write_what_is_held(&mut self) -> Result<(), StoreError> {
        let written = self.mem.held.write(&self.conn);
        if let Err(error) = &written {
            self.group = Group::Broken(error.to_string());
        }
        written
    }

    /// Undoes the whole group.
    fn give_up(&mut self) {
        self.mem.held = Held::default();
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
            // The start of another engine is a commit, so the epoch is read only after one.
            if let Some(own) = self.mem.epoch
                && meta::epoch(&self.conn)? != own
            {
                return Err(StoreError::Superseded);
            }
            self.mem.version = version;
            self.mem.forget();
            let ids = incarnation::all(&self.conn)?;
            if ids.count() != self.mem.ids.count() {
                // Another process has accepted a loss or given the deck its own identity.
                self.mem.deck = meta::known_identity(&self.conn)?;
                if let Some(keeper) = &mut self.mem.mark {
                    keeper.follow(self.mem.deck);
                }
            }
            self.mem.ids = ids;
            let accepted = timing::accepted(&self.conn)?;
            if !self.mem.engine || accepted != self.mem.clock_accepted {
                self.mem.ledger = None;
            }
            self.mem.clock_accepted = accepted;
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
