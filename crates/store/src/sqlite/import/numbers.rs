//! The table of numbers: a batch's numbers are inserted in order of size, so that neighbours are found
//! together.

use rusqlite::Connection;

use super::super::sql::put;
use super::{TOGETHER, values};
use crate::StoreError;
use dialdeck_core::domain::{CampaignId, ContactId};

/// The columns of an INSERT: the campaign, which all rows share, then the row's own.
const COLUMNS: &str = "campaign, number, contact";
const OWN: usize = 2;
pub(super) const CONTACT: &str = "SELECT contact FROM numbers WHERE number = ?1 AND campaign = ?2";
const GIVE: &str = "UPDATE numbers SET contact = ?3 WHERE number = ?1 AND campaign = ?2";

/// Gives the numbers that the campaign does not have to new contacts, whose ids follow each other from
/// `first` on in the order of the list. Returns for each number the contact, or `None` if the number was
/// taken.
pub(super) fn take(
    conn: &Connection,
    campaign: CampaignId,
    numbers: impl Iterator<Item = i64>,
    first: i64,
) -> Result<Vec<Option<ContactId>>, StoreError> {
    let mut taking: Vec<(i64, i64)> = numbers.zip(first..).collect();
    // Of two equal numbers, the first in the list comes first.
    taking.sort_unstable();
    let (many, few) = taking.split_at(taking.len() - taking.len() % TOGETHER);
    let mut taken = insert(conn, campaign, many, TOGETHER)?;
    taken.extend(insert(conn, campaign, few, 1)?);
    taken.sort_unstable();
    close_gaps(conn, campaign, &taking, &taken)?;
    let mut contacts = first..;
    let ids = (first..).take(taking.len());
    Ok(ids
        .map(|id| match taken.binary_search(&id) {
            Ok(_) => None,
            Err(_) => contacts.next().map(ContactId),
        })
        .collect())
}

/// Inserts numbers, `together` per statement, of which their number must be a multiple. Returns the ids whose
/// number the campaign had already.
fn insert(
    conn: &Connection,
    campaign: CampaignId,
    taking: &[(i64, i64)],
    together: usize,
) -> Result<Vec<i64>, StoreError> {
    let mut taken = Vec::new();
    if taking.is_empty() {
        return Ok(taken);
    }
    let values = values("?1", 2, OWN, together);
    let mut insert = conn.prepare_cached(&format!(
        "INSERT OR FAIL INTO numbers ({COLUMNS}) VALUES {values}
         ON CONFLICT (number, campaign) DO NOTHING"
    ))?;
    let mut owner = conn.prepare_cached(CONTACT)?;
    insert.raw_bind_parameter(1, put(campaign))?;
    for taking in taking.chunks_exact(together) {
        for ((number, id), at) in taking.iter().zip((2..).step_by(OWN)) {
            insert.raw_bind_parameter(at, number)?;
            insert.raw_bind_parameter(at + 1, id)?;
        }
        if insert.raw_execute()? == together {
            continue;
        }
        for (number, id) in taking {
            let has: i64 = owner.query_row((number, put(campaign)), |row| row.get(0))?;
            if has != *id {
                taken.push(*id);
            }
        }
    }
    Ok(taken)
}

/// Renumbers the new contacts so that their ids follow each other, although the contacts in `missing`
/// (sorted) are not added.
fn close_gaps(
    conn: &Connection,
    campaign: CampaignId,
    taking: &[(i64, i64)],
    missing: &[i64],
) -> Result<(), StoreError> {
    let mut give = conn.prepare_cached(GIVE)?;
    for (number, id) in taking {
        if let Err(gaps @ 1..) = missing.binary_search(id) {
            give.execute((number, put(campaign), id - gaps.cast_signed() as i64))?;
        }
    }
    Ok(())
}
