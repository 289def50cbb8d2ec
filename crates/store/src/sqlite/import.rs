//! Import of contacts into their tables, one batch at a time.

pub(super) mod content;
mod numbers;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::{Connection, Statement, ToSql};

use super::codec::digits;
use super::counters::Count;
use super::group::Group;
use super::sql::put;
use super::{SqliteStore, Work, campaigns};
use crate::crosscheck::{Content, Imported};
use crate::{NewContact, RowFate, StoreError, Unusable};
use dialdeck_core::domain::digest::{Hash, sha256};
use dialdeck_core::domain::{CampaignId, ClassId, ContactId, ContactState, Timestamp, WindowClass};
use dialdeck_core::policy::Refusal;

/// The columns of an INSERT: the campaign and the instant, which all rows share, then the row's own.
const COLUMNS: &str = "campaign, due, number, name, state, reason, priority, class, consent_kind,
     consent_source, consent_at, expires_at, line, variables";
/// How many of the columns are a row's own.
const OWN: usize = 12;
const LAST: &str = "SELECT max(id) FROM contacts";
const LINE: &str = "SELECT line FROM contacts WHERE id = ?1";

/// Rows of one INSERT if there are enough. SQLite then keeps its position from row to row, and finds the end
/// of the table and of the indexes that grow at their end without a search.
const TOGETHER: usize = 200;

/// Batches from this many rows on use settings for bulk imports.
const MANY: usize = 1_000;
/// Pages of the write-ahead log after which it is moved into the deck's file: SQLite's default, and 64 MiB
/// while a long list is imported, because its batches change the same pages again.
const CHECKPOINT: i64 = 1_000;
const CHECKPOINT_OF_MANY: i64 = 16_384;

impl SqliteStore {
    /// Adds contacts, all or none, and returns what happened to each row.
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

/// Sets or resets the settings for bulk imports. Foreign keys are not checked for every row then, because the
/// transaction that adds the rows has itself read the campaign and stored every class.
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
    let last: Option<i64> = work
        .conn
        .prepare_cached(LAST)?
        .query_row((), |row| row.get(0))?;
    let last = last.unwrap_or(0);
    let first = last + 1;
    let digits = rows.iter().map(|row| digits(row.number));
    let ids = numbers::take(work.conn, campaign, digits, first)?;
    let free = rows.iter().zip(&ids).filter(|(_, id)| id.is_some());
    let fresh: Vec<&NewContact> = free.map(|(row, _)| row).collect();
    let mut batch = Batch {
        campaign,
        at,
        classes: Classes::default(),
        counts: Counts::default(),
        next: first,
        content: content::of(work.conn, campaign)?.unwrap_or(Content::after(last)),
    };
    let (many, few) = fresh.split_at(fresh.len() - fresh.len() % TOGETHER);
    batch.insert(work, many, TOGETHER)?;
    batch.insert(work, few, 1)?;
    batch.counts.tell(work, campaign);
    let last = ids.iter().flatten().last();
    if last.is_some_and(|last| last.0 != work.conn.last_insert_rowid()) {
        return Err(Unusable::OtherIds.into());
    }
    content::set(work.conn, campaign, &batch.content)?;
    fates(work, campaign, rows, &ids)
}

/// Returns what happened to each row.
fn fates(
    work: &Work<'_>,
    campaign: CampaignId,
    rows: &[NewContact],
    ids: &[Option<ContactId>],
) -> Result<Vec<RowFate>, StoreError> {
    let mut fates = Vec::with_capacity(rows.len());
    let mut owner = work.conn.prepare_cached(numbers::CONTACT)?;
    let mut line = work.conn.prepare_cached(LINE)?;
    for (row, id) in rows.iter().zip(ids) {
        if let Some(id) = id {
            fates.push(RowFate::Taken(*id));
            continue;
        }
        let key = (digits(row.number), campaign.0);
        let of: i64 = owner.query_row(key, |row| row.get(0))?;
        let of_line: i64 = line.query_row((of,), |row| row.get(0))?;
        fates.push(RowFate::Duplicate {
            of: ContactId(of),
            of_line: of_line.cast_unsigned(),
        });
    }
    Ok(fates)
}

/// A batch that is being inserted.
struct Batch {
    campaign: CampaignId,
    at: Timestamp,
    classes: Classes,
    counts: Counts,
    /// The next contact's id.
    next: i64,
    content: Content,
}

/// How a contact starts: its class, its state, and the code of what makes it unfit.
type Start = (ClassId, ContactState, Option<String>);

impl Batch {
    /// Inserts rows, `together` per statement. The number of rows must be a multiple of `together`.
    fn insert(
        &mut self,
        work: &mut Work<'_>,
        rows: &[&NewContact],
        together: usize,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut insert = work.conn.prepare_cached(&insert_of(together))?;
        insert.raw_bind_parameter(1, put(self.campaign))?;
        insert.raw_bind_parameter(2, put(self.at))?;
        for rows in rows.chunks_exact(together) {
            for (row, place) in rows.iter().zip((3..).step_by(OWN)) {
                let start = self.start(work, row)?;
                self.digest(row);
                bind(&mut insert, place, row, &start)?;
                self.counts.add(start);
            }
            insert.raw_execute()?;
        }
        Ok(())
    }

    /// Continues the digest of the campaign's contacts.
    fn digest(&mut self, row: &NewContact) {
        let class = row.class.as_ref().ok();
        self.content.add(&Imported {
            id: self.next,
            number: row.number.digits(),
            name: &row.name,
            priority: row.priority,
            class: class.and_then(|class| self.classes.digest(class)),
            consent: row.consent.as_ref(),
            expires_at: row.expires_at,
            line: row.line,
            variables: &row.variables,
        });
        self.next += 1;
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
}

/// Returns an INSERT of so many rows. If it fails, it leaves what it has done so far; otherwise SQLite would
/// keep a copy of every page it changes. The verb around it undoes everything.
fn insert_of(rows: usize) -> String {
    let values = values("?1, ?2", 3, OWN, rows);
    format!("INSERT OR FAIL INTO contacts ({COLUMNS}) VALUES {values}")
}

/// Returns the VALUES of an INSERT of so many rows: for each row the `share` of all, then `own` parameters,
/// the first row's from number `first` on.
fn values(share: &str, first: usize, own: usize, rows: usize) -> String {
    let row = |row: usize| {
        let first = first + row * own;
        let own: Vec<String> = (first..first + own).map(|at| format!("?{at}")).collect();
        format!("({share}, {})", own.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Binds a row's own columns to an INSERT, from the parameter at `place` on.
fn bind(
    insert: &mut Statement<'_>,
    place: usize,
    row: &NewContact,
    (class, state, reason): &Start,
) -> Result<(), StoreError> {
    let consent = row.consent.as_ref();
    let own: [&dyn ToSql; OWN] = [
        &put(row.number),
        &row.name,
        &put(state),
        reason,
        &row.priority,
        &(class.0 != 0).then_some(class.0),
        &consent.map(|given| put(given.kind)),
        &consent.map(|given| given.source.as_str()),
        &consent.map(|given| put(given.at)),
        &put(row.expires_at),
        &row.line.cast_signed(),
        &row.variables,
    ];
    for (at, value) in own.into_iter().enumerate() {
        insert.raw_bind_parameter(place + at, value)?;
    }
    Ok(())
}

/// The ids and digests of the batch's classes, by their addresses in memory: rows of one class share it.
#[derive(Default)]
struct Classes(HashMap<*const WindowClass, (ClassId, Hash)>);

impl Classes {
    fn id(&mut self, work: &mut Work<'_>, class: &Arc<WindowClass>) -> Result<ClassId, StoreError> {
        let place = Arc::as_ptr(class);
        if let Some((id, _)) = self.0.get(&place) {
            return Ok(*id);
        }
        let body = serde_json::to_string(class.as_ref())?;
        let id = intern(work, class, &body)?;
        self.0.insert(place, (id, sha256(body.as_bytes())));
        Ok(id)
    }

    /// Returns the digest of a class that has an id.
    fn digest(&self, class: &Arc<WindowClass>) -> Option<Hash> {
        self.0.get(&Arc::as_ptr(class)).map(|(_, digest)| *digest)
    }
}

/// What a batch adds to the counters, added once at its end.
#[derive(Default)]
struct Counts {
    contacts: BTreeMap<(ClassId, ContactState), i64>,
    refusals: BTreeMap<String, i64>,
}

impl Counts {
    fn add(&mut self, (class, state, reason): Start) {
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

fn intern(
    work: &mut Work<'_>,
    class: &Arc<WindowClass>,
    body: &str,
) -> Result<ClassId, StoreError> {
    if let Some(id) = work.mem.cache.class_ids.get(class) {
        return Ok(*id);
    }
    work.conn
        .prepare_cached("INSERT INTO classes (body) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute((body,))?;
    let id = work
        .conn
        .prepare_cached("SELECT id FROM classes WHERE body = ?1")?
        .query_row((body,), |row| row.get(0))
        .map(ClassId)?;
    work.mem.cache.class_ids.insert(Arc::clone(class), id);
    work.mem.cache.classes.insert(id, Arc::clone(class));
    Ok(id)
}
