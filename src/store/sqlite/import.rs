//! Rows of a contact list into their table, a batch at a time.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rusqlite::Connection;

use super::codec::{digits, millis};
use super::counters::Count;
use super::group::Group;
use super::{SqliteStore, Work, campaigns};
use crate::domain::{CampaignId, ClassId, ContactId, ContactState, Timestamp, WindowClass};
use crate::policy::Refusal;
use crate::store::{NewContact, RowFate, StoreError};

const INSERT: &str = "INSERT INTO contacts (campaign, number, name, state, reason, priority, due,
     class, consent_kind, consent_source, consent_at, expires_at, line, variables)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
     ON CONFLICT (number, campaign) DO NOTHING";
const LINE: &str = "SELECT line FROM contacts WHERE number = ?1 AND campaign = ?2";

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
    let conn = work.conn;
    let mut insert = conn.prepare_cached(INSERT)?;
    let mut known = conn.prepare_cached(LINE)?;
    let mut classes = Classes::default();
    let mut counts = Counts::default();
    let mut fates = Vec::with_capacity(rows.len());
    for row in rows {
        let (class, state, reason) = match &row.class {
            Ok(class) => (classes.id(work, class)?, ContactState::Ready, None),
            Err(why) => {
                let refusal = Refusal::Unfit(why.clone());
                (ClassId(0), refusal.contact_state(), Some(refusal.code()))
            }
        };
        let consent = row.consent.as_ref();
        let added = insert.execute(rusqlite::params![
            campaign.0,
            digits(row.number),
            row.name,
            state.code(),
            reason,
            row.priority,
            at.as_millis(),
            (class.0 != 0).then_some(class.0),
            consent.map(|given| given.kind.as_str()),
            consent.map(|given| given.source.as_str()),
            consent.map(|given| given.at.as_millis()),
            millis(row.expires_at),
            row.line.cast_signed(),
            row.variables,
        ])?;
        if added == 0 {
            let line: i64 = known.query_row((digits(row.number), campaign.0), |row| row.get(0))?;
            let of_line = line.cast_unsigned();
            fates.push(RowFate::Duplicate { of_line });
            continue;
        }
        counts.add(class, state, reason);
        fates.push(RowFate::Taken(ContactId(conn.last_insert_rowid())));
    }
    counts.tell(work, campaign);
    Ok(fates)
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
