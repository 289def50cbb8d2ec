//! The table of digests of imported content.

use std::collections::{BTreeMap, HashMap};

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::super::sql::{col, put};
use crate::StoreError;
use crate::crosscheck::Content;
use dialdeck_core::domain::digest::{Hash, sha256};
use dialdeck_core::domain::{CampaignId, ClassId};

const OF: &str = "SELECT after, through, digest FROM imported WHERE campaign = ?1";
const ALL: &str = "SELECT after, through, digest, campaign FROM imported";
const SET: &str = "INSERT INTO imported (campaign, after, through, digest) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO UPDATE SET through = excluded.through, digest = excluded.digest";
const CLASSES: &str = "SELECT id, body FROM classes";

/// Returns the digest of a campaign's contacts. `None` if none was imported with one.
pub(in crate::sqlite) fn of(
    conn: &Connection,
    campaign: CampaignId,
) -> Result<Option<Content>, StoreError> {
    let mut statement = conn.prepare_cached(OF)?;
    Ok(statement.query_row((put(campaign),), read).optional()?)
}

/// Returns the digests of all campaigns, by their ids.
pub(in crate::sqlite) fn all(conn: &Connection) -> Result<BTreeMap<i64, Content>, StoreError> {
    let mut statement = conn.prepare(ALL)?;
    let rows = statement.query_map((), |row| Ok((col(row, "campaign")?, read(row)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Stores the digest of a campaign's contacts.
pub(super) fn set(
    conn: &Connection,
    campaign: CampaignId,
    content: &Content,
) -> Result<(), StoreError> {
    let row = (
        put(campaign),
        content.after,
        content.through,
        content.digest,
    );
    conn.prepare_cached(SET)?.execute(row)?;
    Ok(())
}

/// Returns the digests of all window classes, by their ids.
pub(in crate::sqlite) fn classes(conn: &Connection) -> Result<HashMap<ClassId, Hash>, StoreError> {
    let mut statement = conn.prepare(CLASSES)?;
    let rows = statement.query_map((), |row| {
        let body = row.get_ref("body")?.as_bytes()?;
        Ok((col(row, "id")?, sha256(body)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Content> {
    Ok(Content {
        after: col(row, "after")?,
        through: col(row, "through")?,
        digest: col(row, "digest")?,
    })
}
