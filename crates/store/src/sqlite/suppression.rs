//! Lists, the numbers on them and revoked consent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _};

use super::codec::digits;
use super::sql::{col, put};
use super::{Work, attempts, campaigns, contacts, incarnation, log, meta, restore};
use crate::{
    By, ImportFigures, Restored, Reversal, StoreError, Suppressed, Unusable, entries, moves,
};
use dialdeck_core::domain::suppression::SuppressionSource;
use dialdeck_core::domain::{
    Area, Attempt, CampaignId, Contact, ContactId, ContactState, ImportTarget, ListKind,
    PhoneNumber, Suppression, SuppressionList, Timestamp,
};
use dialdeck_core::policy::Subject;

pub(super) const OF_NUMBER: &str =
    "SELECT number, list, source, at, actor, note FROM suppressions WHERE number = ?1";
pub(super) const PAGE: &str = "SELECT number, list, source, at, actor, note FROM suppressions
     WHERE number > ?1 AND list = ?2 ORDER BY number LIMIT ?3";
pub(super) const REVOKED: &str = "SELECT at FROM revocations WHERE number = ?1";
const INSERT: &str = "INSERT INTO suppressions (number, list, source, at, actor, note)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";

/// Puts numbers on lists, with one log entry each. Returns what that changed.
pub(super) fn add(
    work: &mut Work<'_>,
    suppressions: &[Suppression],
) -> Result<Suppressed, StoreError> {
    // A settlement calls this too, in the middle of a group, and the open attempts are read below.
    work.mem.held.write(work.conn)?;
    work.mem.mark_at_once();
    let mut sum = Suppressed::default();
    for entry in suppressions {
        let by = By {
            actor: entry.actor.clone(),
            at: entry.at,
        };
        let list = list_id(work, &entry.list, Some(entry.at))?;
        if insert(work, list, entry)? {
            grow(work, list, 1)?;
            log::append(work, &entries::suppression_added(entry))?;
            sum.added += 1;
        } else {
            if entry.source.is_permanent() && make_permanent(work, list, entry)? {
                log::append(work, &entries::suppression_added(entry))?;
            }
            sum.already += 1;
        }
        if entry.source == SuppressionSource::OptOut {
            revoke(work, entry)?;
        }
        finish_contacts(work, entry.number, &entry.list, &by, &mut sum)?;
        if let Some(open) = attempts::open_to(work, entry.number)? {
            note_live(work, &entry.list, &open, by.at, &mut sum)?;
        }
    }
    Ok(sum)
}

/// Adds a batch of an imported list. Returns what that changed. Logs each new number, unless the list is a
/// registry.
pub(super) fn import(
    work: &mut Work<'_>,
    list: &ListKind,
    numbers: &[PhoneNumber],
    by: &By,
) -> Result<Suppressed, StoreError> {
    work.mem.mark_at_once();
    let written = (!list.is_registry()).then_some(by.at);
    let id = list_id(work, list, written)?;
    let open: BTreeMap<PhoneNumber, Attempt> = attempts::open(work)?
        .into_iter()
        .map(|attempt| (attempt.number, attempt))
        .collect();
    let mut sum = Suppressed::default();
    for number in numbers {
        let entry = moves::imported(*number, list, by);
        if insert(work, id, &entry)? {
            sum.added += 1;
            if !list.is_registry() {
                log::append(work, &entries::suppression_added(&entry))?;
            }
        } else {
            sum.already += 1;
        }
        finish_contacts(work, *number, list, by, &mut sum)?;
        if let Some(attempt) = open.get(number) {
            note_live(work, list, attempt, by.at, &mut sum)?;
        }
    }
    grow(work, id, sum.added.cast_signed())?;
    Ok(sum)
}

/// Returns the open contacts that these numbers on the list would end.
pub(super) fn would_end(
    work: &mut Work<'_>,
    list: &ListKind,
    numbers: &[PhoneNumber],
    at: Timestamp,
) -> Result<Vec<(CampaignId, ContactId)>, StoreError> {
    let mut ended = Vec::new();
    for number in numbers {
        for contact in contacts::with(work, *number)? {
            if moves::is_open(contact.state) && is_bound(work, list, &contact, at)? {
                ended.push((contact.campaign, contact.id));
            }
        }
    }
    Ok(ended)
}

/// Sets a list's date, for a registry in the areas that were covered, and wakes the contacts that waited for
/// them. An older list removes nothing, so an area keeps the newer of its dates.
pub(super) fn finish(
    work: &mut Work<'_>,
    list: &ListKind,
    (as_of, areas): (Timestamp, &BTreeSet<Area>),
    figures: &ImportFigures,
    by: &By,
) -> Result<(), StoreError> {
    let id = list_id(work, list, (!list.is_registry()).then_some(as_of))?;
    if list.is_registry() {
        for area in areas {
            work.conn
                .prepare_cached(
                    "INSERT INTO registry_areas (list, area, as_of) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET as_of = max(as_of, excluded.as_of)",
                )?
                .execute((id, area.code(), put(as_of)))?;
        }
        wake(work, (list, Some(areas)), by.at)?;
    }
    work.mem.mark_at_once();
    incarnation::imported(work, list, as_of)?;
    meta::end_import(work, &ImportTarget::List(list.clone()), figures)?;
    let event = entries::registry_loaded(list, (as_of, areas), figures, by);
    log::append(work, &event)
}

/// Makes contacts due that wait until a registry is loaded. The claim then decides whether they may be
/// called.
pub(super) fn wake(
    work: &mut Work<'_>,
    loaded: (&ListKind, Option<&BTreeSet<Area>>),
    at: Timestamp,
) -> Result<(), StoreError> {
    for campaign in campaigns::all(work)? {
        for before in contacts::never_due(work, campaign.id)? {
            if let Some(after) = moves::woken(&before, loaded, at) {
                contacts::save(work, &before, &after)?;
            }
        }
    }
    Ok(())
}

/// Takes a number off a reversible list. Returns what was restored, `None` if the number was not on it.
pub(super) fn reverse(
    work: &mut Work<'_>,
    number: PhoneNumber,
    list: &ListKind,
    how: Reversal<'_>,
    by: &By,
) -> Result<Option<Restored>, StoreError> {
    moves::reversible(list)?;
    work.mem.held.forget_about();
    let Some(id) = known_list(work, list)? else {
        return Ok(None);
    };
    let known: Option<(SuppressionSource, i64)> = work
        .conn
        .prepare_cached("SELECT source, at FROM suppressions WHERE number = ?1 AND list = ?2")?
        .query_row((put(number), id), |row| {
            Ok((col(row, "source")?, col(row, "at")?))
        })
        .optional()?;
    let Some((source, at)) = known else {
        return if how.restore {
            restore::later(work, (number, list), how, by)
        } else {
            Ok(None)
        };
    };
    moves::may_be_taken_back(number, list, source)?;
    work.conn
        .prepare_cached("DELETE FROM suppressions WHERE number = ?1 AND list = ?2")?
        .execute((put(number), id))?;
    list_id(work, list, Some(by.at))?;
    grow(work, id, -1)?;
    // If a number opted out more than once, the last opt-out counts, which may be another entry's.
    let consent = how.restore
        && source == SuppressionSource::OptOut
        && work
            .conn
            .prepare_cached("DELETE FROM revocations WHERE number = ?1 AND at = ?2")?
            .execute((put(number), at))?
            > 0;
    let event = entries::suppression_reversed(number, list, (how.reason, consent), by);
    log::append(work, &event)?;
    let mut back = Restored {
        consent,
        ..Restored::default()
    };
    if how.restore {
        restore::contacts(work, (number, list), by, &mut back)?;
    }
    Ok(Some(back))
}

/// Returns the entries of a number on all lists, in the order of the lists.
pub(super) fn of_number(
    work: &mut Work<'_>,
    number: PhoneNumber,
) -> Result<Vec<Suppression>, StoreError> {
    let mut found = select(work, OF_NUMBER, (put(number),))?;
    found.sort_by(|left, right| left.list.cmp(&right.list));
    Ok(found)
}

/// Returns the entries of a number on lists that may bind the campaign.
pub(super) fn concerning(
    work: &mut Work<'_>,
    number: PhoneNumber,
    campaign: &str,
) -> Result<Vec<Suppression>, StoreError> {
    let mut found = of_number(work, number)?;
    found.retain(|entry| moves::may_bind(&entry.list, campaign));
    Ok(found)
}

/// Returns when consent for a number was last revoked.
pub(super) fn revoked_at(
    work: &Work<'_>,
    number: PhoneNumber,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(work
        .conn
        .prepare_cached(REVOKED)?
        .query_row((put(number),), |row| col(row, "at"))
        .optional()?)
}

/// Returns the loaded lists, in order.
pub(super) fn lists(work: &mut Work<'_>) -> Result<Arc<Vec<SuppressionList>>, StoreError> {
    if let Some(known) = &work.mem.cache.lists {
        return Ok(Arc::clone(known));
    }
    let mut statement = work
        .conn
        .prepare_cached("SELECT id, kind, as_of, count FROM lists")?;
    let mut rows = statement.query(())?;
    let mut lists = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, kind): (i64, ListKind) = (col(row, "id")?, col(row, "kind")?);
        work.mem.cache.list_ids.insert(id, kind.clone());
        let areas = areas(work.conn, id)?;
        lists.push(SuppressionList {
            as_of: if kind.is_registry() {
                SuppressionList::oldest(&areas)
            } else {
                col(row, "as_of")?
            },
            kind,
            count: col(row, "count")?,
            areas,
        });
    }
    lists.sort_by(|left, right| left.kind.cmp(&right.kind));
    let lists = Arc::new(lists);
    work.mem.cache.lists = Some(Arc::clone(&lists));
    Ok(lists)
}

fn areas(conn: &Connection, list: i64) -> Result<BTreeMap<Area, Timestamp>, StoreError> {
    let mut statement =
        conn.prepare_cached("SELECT area, as_of FROM registry_areas WHERE list = ?1")?;
    let rows = statement.query_map((list,), |row| {
        let area = Area::from_code(row.get("area")?);
        Ok((area, col(row, "as_of")?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the numbers of a list in order, after `after`, at most `limit`.
pub(super) fn page(
    work: &mut Work<'_>,
    list: &ListKind,
    after: Option<PhoneNumber>,
    limit: usize,
) -> Result<Vec<Suppression>, StoreError> {
    let Some(id) = known_list(work, list)? else {
        return Ok(Vec::new());
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    select(work, PAGE, (after.map_or(0, digits), id, limit))
}

fn select(
    work: &mut Work<'_>,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<Suppression>, StoreError> {
    let mut statement = work.conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let list: i64 = col(row, "list")?;
        if !work.mem.cache.list_ids.contains_key(&list) {
            work.mem.cache.lists = None;
            lists(work)?;
        }
        let kind = work.mem.cache.list_ids.get(&list).cloned();
        found.push(Suppression {
            number: col(row, "number")?,
            list: kind.ok_or(Unusable::NoList(list))?,
            source: col(row, "source")?,
            at: col(row, "at")?,
            actor: col(row, "actor")?,
            note: col(row, "note")?,
        });
    }
    Ok(found)
}

fn insert(work: &mut Work<'_>, list: i64, entry: &Suppression) -> Result<bool, StoreError> {
    work.mem.held.forget_about();
    let added = work.conn.prepare_cached(INSERT)?.execute((
        put(entry.number),
        list,
        put(entry.source),
        put(entry.at),
        &entry.actor,
        &entry.note,
    ))?;
    Ok(added > 0)
}

/// Gives an entry a permanent source and keeps its date. Returns `false` if it had that source.
fn make_permanent(work: &Work<'_>, list: i64, entry: &Suppression) -> Result<bool, StoreError> {
    let source = put(entry.source);
    let changed = work
        .conn
        .prepare_cached(
            "UPDATE suppressions SET source = ?3, note = ?4
             WHERE number = ?1 AND list = ?2 AND source <> ?3",
        )?
        .execute((put(entry.number), list, source, &entry.note))?;
    Ok(changed > 0)
}

fn grow(work: &mut Work<'_>, list: i64, by: i64) -> Result<(), StoreError> {
    work.conn
        .prepare_cached("UPDATE lists SET count = count + ?2 WHERE id = ?1")?
        .execute((list, by))?;
    work.mem.cache.lists = None;
    Ok(())
}

/// Returns the row id of a list, creating the row if the list is new. `written` becomes its date. A registry
/// that is being imported for the first time gets no date that could pass for fresh.
fn list_id(
    work: &mut Work<'_>,
    list: &ListKind,
    written: Option<Timestamp>,
) -> Result<i64, StoreError> {
    work.mem.cache.lists = None;
    Ok(work
        .conn
        .prepare_cached(
            "INSERT INTO lists (kind, as_of, count) VALUES (?1, coalesce(?2, 0), 0)
             ON CONFLICT DO UPDATE SET as_of = coalesce(?2, as_of) RETURNING id",
        )?
        .query_row((put(list), written.map(put)), |row| row.get(0))?)
}

fn known_list(work: &Work<'_>, list: &ListKind) -> Result<Option<i64>, StoreError> {
    Ok(work
        .conn
        .prepare_cached("SELECT id FROM lists WHERE kind = ?1")?
        .query_row((put(list),), |row| row.get(0))
        .optional()?)
}

fn revoke(work: &mut Work<'_>, entry: &Suppression) -> Result<(), StoreError> {
    work.mem.held.forget_about();
    work.conn
        .prepare_cached(
            "INSERT INTO revocations (number, at) VALUES (?1, ?2)
             ON CONFLICT DO UPDATE SET at = max(at, excluded.at)",
        )?
        .execute((put(entry.number), put(entry.at)))?;
    log::append(work, &entries::consent_revoked(entry))
}

/// Ends the number's ready and waiting contacts in the campaigns the list binds.
fn finish_contacts(
    work: &mut Work<'_>,
    number: PhoneNumber,
    list: &ListKind,
    by: &By,
    sum: &mut Suppressed,
) -> Result<(), StoreError> {
    for before in contacts::with(work, number)? {
        if !moves::is_open(before.state) || !is_bound(work, list, &before, by.at)? {
            continue;
        }
        let mut after = before.clone();
        let end = (ContactState::Suppressed, format!("suppressed:{list}"));
        contacts::finish(work, &before, &mut after, end, (&by.actor, by.at))?;
        sum.finished.push((before.campaign, before.id));
    }
    Ok(())
}

fn note_live(
    work: &mut Work<'_>,
    list: &ListKind,
    attempt: &Attempt,
    at: Timestamp,
    sum: &mut Suppressed,
) -> Result<(), StoreError> {
    let contact = contacts::by_id(work, attempt.contact)?;
    if let Some(contact) = contact
        && is_bound(work, list, &contact, at)?
    {
        sum.live.push(attempt.id);
    }
    Ok(())
}

/// Returns whether an entry on the list binds the contact.
pub(super) fn is_bound(
    work: &mut Work<'_>,
    list: &ListKind,
    contact: &Contact,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let campaign = campaigns::by_id(work, contact.campaign)?;
    let class = contacts::class(work, contact.class)?;
    let settings = campaigns::settings(work)?;
    let subject = Subject {
        rules: &work.mem.rules,
        campaign: &campaign.settings,
        contact,
        class: &class,
        consent_revoked_at: revoked_at(work, contact.number)?,
        every_registry_binds: settings.is_some_and(|known| known.every_registry_binds),
    };
    Ok(subject.is_bound_by(list, at))
}
