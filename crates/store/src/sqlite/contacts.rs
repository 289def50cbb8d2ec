//! Contacts: the queue, expiry, and the one function that changes a contact's row.

use std::collections::BTreeSet;
use std::sync::Arc;

use rusqlite::{OptionalExtension as _, Params};

use super::codec::{contact as read_contact, contact_columns};
use super::counters::Count;
use super::sql::{col, put};
use super::{Work, campaigns, log};
use crate::{By, Candidate, StoreError, entries, moves};
use dialdeck_core::domain::event::RetryCause;
use dialdeck_core::domain::{
    CampaignId, CampaignState, ClassId, Contact, ContactId, ContactState, Outcome, PhoneNumber,
    Timestamp, WindowClass,
};

pub(super) const BY_ID: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE id = ?1"
);
pub(super) const BY_NUMBER: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM numbers JOIN contacts USING (number, campaign) WHERE contacts.id = contact
     AND number = ?1 ORDER BY campaign"
);
/// The rest of the contacts due at one instant. SQLite does not search by `(due, id) > (?, ?)`, because the
/// id is the row's own: it would pass over every contact of that instant, and an import gives all its
/// contacts one instant.
pub(super) const QUEUE_SAME: &str = "SELECT id, priority, due FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due = ?4 AND id > ?5
     ORDER BY id LIMIT ?6";
/// The rest of one priority's queue.
pub(super) const QUEUE_LATER: &str = "SELECT id, priority, due FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due > ?4
     ORDER BY due, id LIMIT ?5";
/// The queue below a priority.
pub(super) const QUEUE_BELOW: &str = "SELECT id, priority, due FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority < ?3
     ORDER BY priority DESC, due, id LIMIT ?4";
pub(super) const DUE: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE campaign = ?1 AND state IN (1, 2) AND due <= ?2 ORDER BY due, id LIMIT ?3"
);
pub(super) const NEVER_DUE: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE campaign = ?1 AND state IN (1, 2) AND due >= ?2 ORDER BY due, id"
);
pub(super) const NEXT_DUE: &str = "SELECT due FROM contacts
     WHERE campaign = ?1 AND state IN (1, 2) ORDER BY due LIMIT 1";
pub(super) const EXPIRING: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE expires_at IS NOT NULL AND state IN (0, 1, 2) AND expires_at <= ?1
     ORDER BY expires_at, id LIMIT ?2"
);
pub(super) const READY_OF: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE campaign = ?1 AND state = 0 ORDER BY class, priority DESC, due, id LIMIT ?2"
);
pub(super) const WAITING_OF: &str = concat!(
    "SELECT ",
    contact_columns!(),
    " FROM contacts WHERE campaign = ?1 AND state IN (1, 2) ORDER BY due, id LIMIT ?2"
);
pub(super) const MOVE: &str =
    "UPDATE contacts SET state = ?2, reason = ?3, due = ?4, attempts = ?5,
     last_outcome = ?6 WHERE id = ?1";

/// Returns the contact with that id. `None` if there is none.
pub(super) fn by_id(work: &Work<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    Ok(select(work, BY_ID, (put(id),))?.pop())
}

/// Returns a contact's further columns, as imported.
pub(super) fn variables(work: &Work<'_>, id: ContactId) -> Result<String, StoreError> {
    let mut statement = work
        .conn
        .prepare_cached("SELECT variables FROM contacts WHERE id = ?1")?;
    Ok(statement.query_row((put(id),), |row| row.get(0))?)
}

/// Returns the contacts with this number, over all campaigns.
pub(super) fn with(work: &Work<'_>, number: PhoneNumber) -> Result<Vec<Contact>, StoreError> {
    select(work, BY_NUMBER, (put(number),))
}

/// Returns the window class with that id. Class 0 has no zone and is never open.
pub(super) fn class(work: &mut Work<'_>, id: ClassId) -> Result<Arc<WindowClass>, StoreError> {
    if let Some(known) = work.mem.cache.classes.get(&id) {
        return Ok(Arc::clone(known));
    }
    let body: Option<String> = work
        .conn
        .prepare_cached("SELECT body FROM classes WHERE id = ?1")?
        .query_row((put(id),), |row| row.get(0))
        .optional()?;
    let class = match body {
        Some(body) => Arc::new(serde_json::from_str::<WindowClass>(&body)?),
        None => Arc::new(moves::no_class()),
    };
    work.mem.cache.classes.insert(id, Arc::clone(&class));
    Ok(class)
}

/// Changes a contact from `before` to `after`. Its row changes only here.
pub(super) fn save(
    work: &mut Work<'_>,
    before: &Contact,
    after: &Contact,
) -> Result<(), StoreError> {
    work.conn.prepare_cached(MOVE)?.execute((
        put(after.id),
        put(after.state),
        &after.reason,
        put(after.due),
        after.attempts,
        after.last_outcome.map(Outcome::as_str),
    ))?;
    if before.state != after.state {
        count(work, after.campaign, after.class, before.state, -1);
        count(work, after.campaign, after.class, after.state, 1);
    }
    Ok(())
}

/// Lets contacts be called again. Returns how many changed.
pub(super) fn requeue(
    work: &mut Work<'_>,
    contacts: &[ContactId],
    by: &By,
) -> Result<u64, StoreError> {
    let mut count = 0;
    let mut done = BTreeSet::new();
    for id in contacts.iter().copied().collect::<BTreeSet<_>>() {
        let before = by_id(work, id)?.ok_or_else(|| moves::no_contact(id))?;
        let campaign = campaigns::by_id(work, before.campaign)?;
        let Some(after) = moves::requeue(&campaign, &before, by)? else {
            continue;
        };
        reopen(work, &before, &after)?;
        log::append(
            work,
            &entries::requeued(&campaign, &after, RetryCause::Requeued, by),
        )?;
        if campaign.state == CampaignState::Done {
            done.insert(campaign.id);
        }
        count += 1;
    }
    for campaign in done {
        let to = CampaignState::Running;
        campaigns::move_to(work, campaign, to, moves::CALLED_AGAIN, by)?;
    }
    Ok(count)
}

/// Moves a contact that may have reached its end back into the queue.
pub(super) fn reopen(
    work: &mut Work<'_>,
    before: &Contact,
    after: &Contact,
) -> Result<(), StoreError> {
    if let Some(code) = before.reason.as_ref().filter(|_| before.state.is_final()) {
        let what = Count::Tally(before.campaign, format!("refusal:{code}"));
        work.mem.counts.add(what, -1);
    }
    save(work, before, after)
}

/// Returns the waiting contacts of a campaign that do not become ready by time alone.
pub(super) fn never_due(work: &Work<'_>, campaign: CampaignId) -> Result<Vec<Contact>, StoreError> {
    select(work, NEVER_DUE, (put(campaign), put(Timestamp::MAX)))
}

/// Ends contacts of unknown fate that a person reported as reached. Returns how many.
pub(super) fn note_reached(
    work: &mut Work<'_>,
    contacts: &[ContactId],
    by: &By,
) -> Result<u64, StoreError> {
    let ids: BTreeSet<ContactId> = contacts.iter().copied().collect();
    for id in &ids {
        let before = by_id(work, *id)?.ok_or_else(|| moves::no_contact(*id))?;
        let campaign = campaigns::by_id(work, before.campaign)?;
        moves::may_be_judged(&campaign, &before)?;
        if let Some(code) = &before.reason {
            let what = Count::Tally(before.campaign, format!("refusal:{code}"));
            work.mem.counts.add(what, -1);
        }
        let end = (ContactState::Done, moves::REACHED.to_owned());
        finish(work, &before, &mut before.clone(), end, (&by.actor, by.at))?;
    }
    Ok(ids.len() as u64)
}

/// Ends a contact, counts why and logs it.
pub(super) fn finish(
    work: &mut Work<'_>,
    before: &Contact,
    after: &mut Contact,
    end: (ContactState, String),
    by: (&str, Timestamp),
) -> Result<(), StoreError> {
    let campaign = campaigns::by_id(work, after.campaign)?;
    let (state, code) = end;
    if state != ContactState::Done {
        refused(work, after.campaign, &code);
    }
    after.state = state;
    after.reason = Some(code);
    save(work, before, after)?;
    log::append(
        work,
        &entries::contact_finished(&campaign, after, by.0, by.1),
    )
}

/// Returns ready contacts of one class in queue order, after `after`, at most `limit`.
pub(super) fn refill(
    work: &Work<'_>,
    campaign: CampaignId,
    class: ClassId,
    after: Option<Candidate>,
    limit: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let mut queue = Vec::new();
    let mut below = i64::from(i32::MAX) + 1;
    if let Some(last) = after {
        below = i64::from(last.priority);
        let (priority, due) = (last.priority, put(last.due));
        let same = (
            put(campaign),
            put(class),
            priority,
            due,
            put(last.contact),
            bound(limit),
        );
        candidates(work, QUEUE_SAME, same, (campaign, class), &mut queue)?;
        let room = limit.saturating_sub(queue.len());
        let later = (put(campaign), put(class), priority, due, bound(room));
        candidates(work, QUEUE_LATER, later, (campaign, class), &mut queue)?;
    }
    let room = limit.saturating_sub(queue.len());
    if room > 0 {
        let further = (put(campaign), put(class), below, bound(room));
        candidates(work, QUEUE_BELOW, further, (campaign, class), &mut queue)?;
    }
    Ok(queue)
}

/// Makes waiting contacts that are due ready and returns them, earliest first, at most `limit`.
pub(super) fn promote(
    work: &mut Work<'_>,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Candidate>, StoreError> {
    let mut due = Vec::new();
    for campaign in campaigns::all(work)? {
        due.extend(select(
            work,
            DUE,
            (put(campaign.id), put(now), bound(limit)),
        )?);
    }
    due.sort_by_key(|contact| (contact.due, contact.id));
    due.truncate(limit);
    let mut promoted = Vec::with_capacity(due.len());
    for before in due {
        let after = Contact {
            state: ContactState::Ready,
            reason: None,
            ..before.clone()
        };
        save(work, &before, &after)?;
        promoted.push(moves::candidate(&after));
    }
    Ok(promoted)
}

/// Returns when the first waiting contact of all campaigns becomes ready.
pub(super) fn first_due(work: &mut Work<'_>) -> Result<Option<Timestamp>, StoreError> {
    let mut first = None;
    for campaign in campaigns::all(work)? {
        first = [first, next_due(work, campaign.id)?]
            .into_iter()
            .flatten()
            .min();
    }
    Ok(first)
}

/// Returns when the first waiting contact of a campaign becomes ready.
pub(super) fn next_due(
    work: &Work<'_>,
    campaign: CampaignId,
) -> Result<Option<Timestamp>, StoreError> {
    Ok(work
        .conn
        .prepare_cached(NEXT_DUE)?
        .query_row((put(campaign),), |row| row.get(0))
        .optional()?
        .map(Timestamp::from_millis)
        .and_then(moves::by_time))
}

/// Ends contacts whose own time or whose campaign's time is over. Returns how many, at most `limit`.
pub(super) fn expire(work: &mut Work<'_>, now: Timestamp, limit: usize) -> Result<u64, StoreError> {
    let own = select(work, EXPIRING, (put(now), bound(limit)))?;
    let mut room = limit.saturating_sub(own.len());
    let mut ended = own.len();
    end_all(work, own, now)?;
    for campaign in campaigns::all(work)? {
        if moves::campaign_expiry(&campaign, now).is_none() {
            continue;
        }
        for sql in [READY_OF, WAITING_OF] {
            let contacts = select(work, sql, (put(campaign.id), bound(room)))?;
            room -= contacts.len();
            ended += contacts.len();
            end_all(work, contacts, now)?;
        }
    }
    Ok(ended as u64)
}

fn end_all(work: &mut Work<'_>, contacts: Vec<Contact>, now: Timestamp) -> Result<(), StoreError> {
    for before in contacts {
        let campaign = campaigns::by_id(work, before.campaign)?;
        let Some(refusal) = moves::expiry(&campaign, &before, now) else {
            continue;
        };
        let mut after = before.clone();
        let end = (refusal.contact_state(), refusal.code());
        finish(work, &before, &mut after, end, (entries::ENGINE, now))?;
    }
    Ok(())
}

fn select(work: &Work<'_>, sql: &str, params: impl Params) -> Result<Vec<Contact>, StoreError> {
    let mut statement = work.conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut contacts = Vec::new();
    while let Some(row) = rows.next()? {
        contacts.push(read_contact(row)?);
    }
    Ok(contacts)
}

fn candidates(
    work: &Work<'_>,
    sql: &str,
    params: impl Params,
    (campaign, class): (CampaignId, ClassId),
    into: &mut Vec<Candidate>,
) -> Result<(), StoreError> {
    let mut statement = work.conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    while let Some(row) = rows.next()? {
        into.push(Candidate {
            contact: col(row, "id")?,
            campaign,
            class,
            priority: col(row, "priority")?,
            due: col(row, "due")?,
        });
    }
    Ok(())
}

fn count(work: &mut Work<'_>, campaign: CampaignId, class: ClassId, state: ContactState, by: i64) {
    let what = Count::Contacts(campaign, class, state);
    work.mem.counts.add(what, by);
}

fn refused(work: &mut Work<'_>, campaign: CampaignId, code: &str) {
    let what = Count::Tally(campaign, format!("refusal:{code}"));
    work.mem.counts.add(what, 1);
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
