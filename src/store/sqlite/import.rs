//! Rows of a contact list into their table, a batch at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Statement, ToSql};

use super::codec::{digits, millis};
use super::counters::Count;
use super::group::Group;
use super::{SqliteStore, Work, campaigns};
use crate::domain::{CampaignId, ClassId, ContactId, ContactState, Timestamp, WindowClass};
use crate::policy::Refusal;
use crate::store::{NewContact, RowFate, StoreError};

/// What a row of an INSERT is given: the campaign and the instant, then what is its own.
const COLUMNS: &str = "campaign, due, number, name, state, reason, priority, class, consent_kind,
     consent_source, consent_at, expires_at, line, variables";
/// How many of the columns are a row's own.
const OWN: usize = 12;
const KNOWN: &str = "SELECT id, line FROM contacts WHERE number = ?1 AND campaign = ?2";

/// Rows of one INSERT when there are so many: SQLite then stays where the row before went in, and
/// finds the end of the table and of the indexes that grow at their end without a search.
const TOGETHER: usize = 200;

/// Batches from this many rows on are worth settings of their own.
const MANY: usize = 1_000;
/// Pages of the write-ahead log after which it is carried over into the deck's file: SQLite's
/// default, and 64 MiB while a long list comes in, since its batches touch the same pages again.
const CHECKPOINT: i64 = 1_000;
const CHECKPOINT_OF_MANY: i64 = 16_384;

impl SqliteStore {
    /// Adds contacts, all or none.
    pub(super) fn import(
        &mut self,
        campaign: CampaignId,
        rows: &[NewContact],
        at: Timestamp,
    ) -> Result<Vec<RowFate>, StoreError> {
        if rows.len() < MANY || !matches!(self.group, Group::None) {
            return self.write(|work| add(work, campaign, rows, at));
        }
        set_for_many(&self.conn, true)?;
        let fates = self.write(|work| add(work, campaign, rows, at));
        let restored = set_for_many(&self.conn, false);
        let fates = fates?;
        restored.map(|()| fates)
    }
}

/// Foreign keys are not looked up for every row of many: the campaign has been read and every class
/// stored by the very transaction that adds the rows.
fn set_for_many(conn: &Connection, many: bool) -> Result<(), StoreError> {
    let pages = if many { CHECKPOINT_OF_MANY } else { CHECKPOINT };
    conn.pragma_update_and_check(None, "wal_autocheckpoint", pages, |_| Ok(()))?;
    conn.pragma_update(None, "foreign_keys", !many)?;
    Ok(())
}

fn add(
    work: &mut Work<'_>,
    campaign: CampaignId,
    rows: &[NewContact],
    at: Timestamp,
) -> Result<Vec<RowFate>, StoreError> {
    campaigns::by_id(work, campaign)?;
    let mut batch = Batch {
        campaign,
        at,
        classes: Classes::default(),
        counts: Counts::default(),
        fates: Vec::with_capacity(rows.len()),
    };
    let (many, few) = rows.split_at(rows.len() - rows.len() % TOGETHER);
    batch.insert(work, many, TOGETHER)?;
    batch.insert(work, few, 1)?;
    batch.counts.tell(work, campaign);
    Ok(batch.fates)
}

/// A batch on its way into the table.
struct Batch {
    campaign: CampaignId,
    at: Timestamp,
    classes: Classes,
    counts: Counts,
    fates: Vec<RowFate>,
}

/// Where a contact begins: its class, its state, and the code of what makes it unfit.
type Start = (ClassId, ContactState, Option<String>);

impl Batch {
    /// Inserts rows, `together` of them at a time, of which their number is a multiple.
    fn insert(
        &mut self,
        work: &mut Work<'_>,
        rows: &[NewContact],
        together: usize,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let conn = work.conn;
        let mut insert = conn.prepare_cached(&insert_of(together))?;
        insert.raw_bind_parameter(1, self.campaign.0)?;
        insert.raw_bind_parameter(2, self.at.as_millis())?;
        let mut starts = Vec::with_capacity(together);
        for rows in rows.chunks_exact(together) {
            starts.clear();
            for (row, place) in rows.iter().zip((3..).step_by(OWN)) {
                let start = self.start(work, row)?;
                bind(&mut insert, place, row, &start)?;
                starts.push(start);
            }
            let added = insert.raw_execute()?;
            self.note(conn, rows, &mut starts, added)?;
        }
        Ok(())
    }

    fn start(&mut self, work: &mut Work<'_>, row: &NewContact) -> Result<Start, StoreError> {
        Ok(match &row.class {
            Ok(class) => (self.classes.id(work, class)?, ContactState::Ready, None),
            Err(why) => {
                let refusal = Refusal::Unfit(why.clone());
                (ClassId(0), refusal.contact_state(), Some(refusal.code()))
            }
        })
    }

    /// Notes the fates of rows of which so many were `added`: nobody else writes meanwhile, so their
    /// ids follow each other, up to the last one given.
    fn note(
        &mut self,
        conn: &Connection,
        rows: &[NewContact],
        starts: &mut Vec<Start>,
        added: usize,
    ) -> Result<(), StoreError> {
        let last = conn.last_insert_rowid();
        let mut fresh = (last + 1 - added.cast_signed() as i64..=last).peekable();
        let mut known = conn.prepare_cached(KNOWN)?;
        for (row, (class, state, reason)) in rows.iter().zip(starts.drain(..)) {
            if added < rows.len() {
                let key = (digits(row.number), self.campaign.0);
                let (id, line): (i64, i64) =
                    known.query_row(key, |row| Ok((row.get(0)?, row.get(1)?)))?;
                if fresh.peek() != Some(&id) {
                    self.fates.push(RowFate::Duplicate {
                        of: ContactId(id),
                        of_line: line.cast_unsigned(),
                    });
                    continue;
                }
            }
            self.counts.add(class, state, reason);
            let id = fresh.next().ok_or_else(|| {
                StoreError::Unusable("fewer contacts were added than were not there".to_owned())
            })?;
            self.fates.push(RowFate::Taken(ContactId(id)));
        }
        Ok(())
    }
}

/// An INSERT of so many rows. One that fails leaves what it has done so far, without which SQLite
/// would keep a copy of every page it changes: the verb around it undoes it all.
fn insert_of(rows: usize) -> String {
    let values: Vec<String> = (0..rows)
        .map(|row| {
            let first = 3 + row * OWN;
            let own: Vec<String> = (first..first + OWN).map(|at| format!("?{at}")).collect();
            format!("(?1, ?2, {})", own.join(", "))
        })
        .collect();
    let values = values.join(", ");
    format!(
        "INSERT OR FAIL INTO contacts ({COLUMNS}) VALUES {values}
         ON CONFLICT (number, campaign) DO NOTHING"
    )
}

/// Gives a row's own columns to an INSERT, from the parameter at `place` on.
fn bind(
    insert: &mut Statement<'_>,
    place: usize,
    row: &NewContact,
    (class, state, reason): &Start,
) -> Result<(), StoreError> {
    let consent = row.consent.as_ref();
    let own: [&dyn ToSql; OWN] = [
        &digits(row.number),
        &row.name,
        &state.code(),
        reason,
        &row.priority,
        &(class.0 != 0).then_some(class.0),
        &consent.map(|given| given.kind.as_str()),
        &consent.map(|given| given.source.as_str()),
        &consent.map(|given| given.at.as_millis()),
        &millis(row.expires_at),
        &row.line.cast_signed(),
        &row.variables,
    ];
    for (at, value) in own.into_iter().enumerate() {
        insert.raw_bind_parameter(place + at, value)?;
    }
    Ok(())
}

/// The ids of the batch's classes, by the place of each in memory: rows of one class share it.
#[derive(Default)]
struct Classes(HashMap<*const WindowClass, ClassId>);

impl Classes {
    fn id(&mut self, work: &mut Work<'_>, class: &Arc<WindowClass>) -> Result<ClassId, StoreError> {
        let place = Arc::as_ptr(class);
        if let Some(id) = self.0.get(&place) {
            return Ok(*id);
        }
        let id = intern(work, class)?;
        self.0.insert(place, id);
        Ok(id)
    }
}

/// What a batch adds to the counters, told once at its end.
#[derive(Default)]
struct Counts {
    contacts: BTreeMap<(ClassId, ContactState), i64>,
    refusals: BTreeMap<String, i64>,
}

impl Counts {
    fn add(&mut self, class: ClassId, state: ContactState, reason: Option<String>) {
        *self.contacts.entry((class, state)).or_default() += 1;
        if let Some(code) = reason {
            *self.refusals.entry(code).or_default() += 1;
        }
    }

    fn tell(self, work: &mut Work<'_>, campaign: CampaignId) {
        let counts = &mut work.mem.counts;
        for ((class, state), by) in self.contacts {
            counts.add(Count::Contacts(campaign, class, state), by);
        }
        for (code, by) in self.refusals {
            counts.add(Count::Tally(campaign, format!("refusal:{code}")), by);
        }
    }
}

fn intern(work: &mut Work<'_>, class: &Arc<WindowClass>) -> Result<ClassId, StoreError> {
    if let Some(id) = work.mem.cache.class_ids.get(class) {
        return Ok(*id);
    }
    let body = serde_json::to_string(class.as_ref())?;
    work.conn
        .prepare_cached("INSERT INTO classes (body) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute((&body,))?;
    let id = work
        .conn
        .prepare_cached("SELECT id FROM classes WHERE body = ?1")?
        .query_row((&body,), |row| row.get(0))
        .map(ClassId)?;
    work.mem.cache.class_ids.insert(Arc::clone(class), id);
    work.mem.cache.classes.insert(id, Arc::clone(class));
    Ok(id)
}
