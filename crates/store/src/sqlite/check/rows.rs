//! Checks every row whose content follows from the log.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Row;

use super::super::codec::{self, attempt_columns, contact_columns};
use super::super::import::content;
use super::super::sql::col;
use super::super::{Work, campaigns, suppression};
use crate::StoreError;
use crate::crosscheck::{
    AttemptRow, CampaignRow, ContactRow, Differences, Fold, Held, Imported, ListRow,
};
use dialdeck_core::domain::{Suppression, SuppressionList};

const SUPPRESSIONS: &str = "SELECT number, kind, source, at, actor, note
     FROM suppressions JOIN lists ON lists.id = list";
const REVOCATIONS: &str = "SELECT number, at FROM revocations";
const LISTED: &str =
    "SELECT kind, count(number) AS n FROM lists LEFT JOIN suppressions ON list = lists.id
     GROUP BY lists.id";
const ATTEMPTS: &str = concat!(
    "SELECT ",
    attempt_columns!(),
    " FROM attempts ORDER BY serial"
);
const CONTACTS: &str = concat!(
    "SELECT ",
    contact_columns!(),
    ", line, variables FROM contacts ORDER BY id"
);

/// Compares every row with the fold of the log.
pub(super) fn hold(
    work: &mut Work<'_>,
    fold: &mut Fold,
    held: &mut Held,
    found: &mut Differences,
) -> Result<(), StoreError> {
    let names = hold_campaigns(work, fold, found)?;
    hold_suppressions(work, fold, held, found)?;
    let calls = hold_attempts(work, &names, fold, found)?;
    hold_contacts(work, (&names, calls), fold, held, found)
}

/// The campaigns' names by their ids.
type Names = BTreeMap<i64, String>;

/// By contact, how many of its attempts have ended and count, and whether one is in flight.
type Calls = HashMap<i64, (u32, bool)>;

fn hold_campaigns(
    work: &mut Work<'_>,
    fold: &mut Fold,
    found: &mut Differences,
) -> Result<Names, StoreError> {
    let mut names = Names::new();
    for campaign in campaigns::all(work)? {
        names.insert(campaign.id.0, campaign.name().to_owned());
        let row = CampaignRow {
            name: campaign.name().to_owned(),
            state: campaign.state,
            settings: campaign.settings.clone(),
        };
        fold.hold_campaign(&row, found);
    }
    Ok(names)
}

fn hold_suppressions(
    work: &mut Work<'_>,
    fold: &mut Fold,
    held: &mut Held,
    found: &mut Differences,
) -> Result<(), StoreError> {
    let mut statement = work.conn.prepare(SUPPRESSIONS)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        fold.hold_listed(&listed(row)?, held, found);
    }
    let mut statement = work.conn.prepare(REVOCATIONS)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        fold.hold_revoked(col(row, "number")?, col(row, "at")?, found);
    }
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    let mut statement = work.conn.prepare(LISTED)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        counted.insert(col(row, "kind")?, col(row, "n")?);
    }
    work.mem.cache.lists = None;
    for list in suppression::lists(work)?.iter() {
        let SuppressionList {
            kind, count, areas, ..
        } = list;
        let there = counted.get(&kind.to_string()).copied().unwrap_or(0);
        let row = ListRow {
            kind: kind.clone(),
            counts: (*count, there),
            areas: areas.clone(),
        };
        fold.hold_list(&row, held, found);
    }
    Ok(())
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        number: col(row, "number")?,
        list: col(row, "kind")?,
        source: col(row, "source")?,
        at: col(row, "at")?,
        actor: col(row, "actor")?,
        note: col(row, "note")?,
    })
}

fn hold_attempts(
    work: &Work<'_>,
    names: &Names,
    fold: &mut Fold,
    found: &mut Differences,
) -> Result<Calls, StoreError> {
    let mut calls = Calls::new();
    let mut statement = work.conn.prepare(ATTEMPTS)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let attempt = codec::attempt(row, &work.mem.ids)?;
        let of_contact = calls.entry(attempt.contact.0).or_default();
        let ended = attempt.outcome.is_some();
        of_contact.0 += u32::from(ended && attempt.counts);
        of_contact.1 |= !ended;
        let name = names.get(&attempt.campaign.0);
        let row = AttemptRow {
            id: attempt.id,
            campaign: name.cloned().unwrap_or_default(),
            contact: attempt.contact,
            number: attempt.number,
            n: attempt.n,
            trunk: attempt.trunk.0,
            caller_id: attempt.caller_id,
            state: attempt.state,
            outcome: attempt.outcome,
            cause: attempt.cause,
            callee_type: attempt.callee_type,
            counts: attempt.counts,
        };
        fold.hold_attempt(&row, found);
    }
    Ok(calls)
}

fn hold_contacts(
    work: &Work<'_>,
    (names, calls): (&Names, Calls),
    fold: &mut Fold,
    held: &mut Held,
    found: &mut Differences,
) -> Result<(), StoreError> {
    let kept = content::all(work.conn)?;
    let classes = content::classes(work.conn)?;
    for (id, name) in names {
        fold.hold_contents(name, kept.get(id), held);
    }
    let mut statement = work.conn.prepare(CONTACTS)?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let contact = codec::contact(row)?;
        let name = names.get(&contact.campaign.0);
        let imported = Imported {
            id: contact.id.0,
            number: contact.number.digits(),
            name: &contact.name,
            priority: contact.priority,
            class: classes.get(&contact.class).copied(),
            consent: contact.consent.as_ref(),
            expires_at: contact.expires_at,
            line: col(row, "line")?,
            variables: row
                .get_ref("variables")?
                .as_str()
                .map_err(rusqlite::Error::from)?,
        };
        let row = ContactRow {
            campaign: name.map_or("", String::as_str),
            contact: &contact,
            calls: calls.get(&contact.id.0).copied().unwrap_or_default(),
            imported,
        };
        fold.hold_contact(&row, held, found);
    }
    for (id, name) in names {
        fold.hold_content(name, kept.get(id), held, found);
    }
    Ok(())
}
