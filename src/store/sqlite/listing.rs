//! Pages of the call list: streams of keys, each from an index that holds all it needs, merged until
//! the page is full; only the rows that are looked at are read from the table.

use rusqlite::{OptionalExtension as _, Row, Rows, params_from_iter};

use super::{Work, contacts};
use crate::domain::{ClassId, ContactId, ContactState};
use crate::store::StoreError;
use crate::store::listing::{
    ContactPage, ContactQuery, Direction, Filling, ListKey, ListOrder, OVER, READY, WAITING,
    section,
};

// Every stream gives priority, instant or number, tie and id of its rows. A bound in several columns
// that ends with the id is split, since SQLite does not search by `(due, id) > (?, ?)`; the parts are
// merged without sorting.

pub(super) const LISTED_AFTER: &str = "SELECT 0, 0, id, id FROM contacts
     WHERE campaign = ?1 AND state = ?2 AND id > ?3 ORDER BY id";
pub(super) const LISTED_BEFORE: &str = "SELECT 0, 0, id, id FROM contacts
     WHERE campaign = ?1 AND state = ?2 AND id < ?3 ORDER BY id DESC";
pub(super) const READY_AFTER: &str = "SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due = ?4 AND id > ?5
     UNION ALL SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due > ?4
     UNION ALL SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority < ?3
     ORDER BY 1 DESC, 2, 3";
pub(super) const READY_BEFORE: &str = "SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due = ?4 AND id < ?5
     UNION ALL SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority = ?3 AND due < ?4
     UNION ALL SELECT priority, due, id, id FROM contacts
     WHERE campaign = ?1 AND class = ?2 AND state = 0 AND priority > ?3
     ORDER BY 1, 2 DESC, 3 DESC";
/// The next class with ready contacts.
pub(super) const READY_CLASS: &str = "SELECT class FROM contacts
     WHERE campaign = ?1 AND class > ?2 AND state = 0 ORDER BY class LIMIT 1";
pub(super) const WAITING_AFTER: &str = "SELECT 0, due, id, id FROM contacts
     WHERE campaign = ?1 AND state IN (1, 2) AND due = ?2 AND id > ?3
     UNION ALL SELECT 0, due, id, id FROM contacts
     WHERE campaign = ?1 AND state IN (1, 2) AND due > ?2
     ORDER BY 2, 3";
pub(super) const WAITING_BEFORE: &str = "SELECT 0, due, id, id FROM contacts
     WHERE campaign = ?1 AND state IN (1, 2) AND due = ?2 AND id < ?3
     UNION ALL SELECT 0, due, id, id FROM contacts
     WHERE campaign = ?1 AND state IN (1, 2) AND due < ?2
     ORDER BY 2 DESC, 3 DESC";
/// Over all campaigns: to pass over the others' here would be a search without a bound.
pub(super) const NUMBERED_AFTER: &str = "SELECT 0, number, campaign, id FROM contacts
     WHERE (number, campaign) > (?1, ?2) ORDER BY number, campaign";
pub(super) const NUMBERED_BEFORE: &str = "SELECT 0, number, campaign, id FROM contacts
     WHERE (number, campaign) < (?1, ?2) ORDER BY number DESC, campaign DESC";

/// One query of keys and its parameters.
struct Stream {
    sql: &'static str,
    params: Vec<i64>,
}

/// A key and the contact that stands there.
type Place = (ListKey, ContactId);

/// Fills a page.
pub(super) fn page(
    work: &Work<'_>,
    query: &ContactQuery,
    from: Option<&ListKey>,
    direction: Direction,
    mut filling: Filling<'_>,
) -> Result<ContactPage, StoreError> {
    let sections = match query.order {
        ListOrder::Queue => 0..=OVER,
        ListOrder::List | ListOrder::Number => 0..=0,
    };
    let mut sections: Vec<u8> = sections.collect();
    if direction == Direction::Back {
        sections.reverse();
    }
    for section in sections {
        let edge = ListKey::edge(section, direction);
        let start = match from {
            Some(from) if from.section == section => *from,
            Some(from) if !direction.beyond(&edge, from) => continue,
            Some(_) | None => edge,
        };
        if filling.wants_more() {
            let streams = streams(work, query, &start, direction)?;
            merge(work, query, &streams, (section, direction), &mut filling)?;
        }
    }
    Ok(filling.done(direction))
}

/// What has to be merged to read on in a section from `start`.
fn streams(
    work: &Work<'_>,
    query: &ContactQuery,
    start: &ListKey,
    direction: Direction,
) -> Result<Vec<Stream>, StoreError> {
    let either = |after, before| match direction {
        Direction::Forward => after,
        Direction::Back => before,
    };
    let campaign = query.campaign.0;
    match (query.order, start.section) {
        (ListOrder::Number, _) => Ok(vec![Stream {
            sql: either(NUMBERED_AFTER, NUMBERED_BEFORE),
            params: vec![start.at, start.tie],
        }]),
        (ListOrder::Queue, READY) => {
            let sql = either(READY_AFTER, READY_BEFORE);
            let classes = ready_classes(work, query)?.into_iter();
            Ok(classes
                .map(|class| Stream {
                    sql,
                    params: vec![campaign, class.0, -start.rank, start.at, start.tie],
                })
                .collect())
        }
        (ListOrder::Queue, WAITING) => {
            let sql = either(WAITING_AFTER, WAITING_BEFORE);
            let params = vec![campaign, start.at, start.tie];
            let one = query.wants_waiting().then_some(Stream { sql, params });
            Ok(one.into_iter().collect())
        }
        (order, here) => {
            let sql = either(LISTED_AFTER, LISTED_BEFORE);
            let states = ContactState::ALL.into_iter();
            Ok(states
                .filter(|state| order == ListOrder::List || section(*state) == here)
                .filter(|state| query.wants_state(*state))
                .map(|state| Stream {
                    sql,
                    params: vec![campaign, i64::from(state.code()), start.tie],
                })
                .collect())
        }
    }
}

/// The wanted classes that have ready contacts; none when those are not wanted.
fn ready_classes(work: &Work<'_>, query: &ContactQuery) -> Result<Vec<ClassId>, StoreError> {
    let mut classes = Vec::new();
    if !query.wants_state(ContactState::Ready) {
        return Ok(classes);
    }
    let mut next = work.conn.prepare_cached(READY_CLASS)?;
    let mut last = 0;
    while let Some(class) = next
        .query_row((query.campaign.0, last), |row| row.get(0))
        .optional()?
    {
        last = class;
        let class = ClassId(class);
        if query.wants_class(class) {
            classes.push(class);
        }
    }
    Ok(classes)
}

/// Looks at what the streams give, in order, until the page wants no more.
fn merge(
    work: &Work<'_>,
    query: &ContactQuery,
    streams: &[Stream],
    (section, direction): (u8, Direction),
    filling: &mut Filling<'_>,
) -> Result<(), StoreError> {
    let mut statements = Vec::with_capacity(streams.len());
    for stream in streams {
        statements.push(work.conn.prepare_cached(stream.sql)?);
    }
    let mut open = Vec::with_capacity(streams.len());
    let mut heads = Vec::with_capacity(streams.len());
    for (statement, stream) in statements.iter_mut().zip(streams) {
        let mut rows = statement.query(params_from_iter(&stream.params))?;
        heads.push(head(&mut rows, section)?);
        open.push(rows);
    }
    while filling.wants_more() {
        let left = heads.iter().enumerate();
        let left = left.filter_map(|(nth, head)| head.map(|place| (place, nth)));
        let first = match direction {
            Direction::Forward => left.min(),
            Direction::Back => left.max(),
        };
        let Some(((key, id), nth)) = first else {
            break;
        };
        let foreign = query.order == ListOrder::Number && key.tie != query.campaign.0;
        let contact = if foreign {
            None
        } else {
            contacts::by_id(work, id)?
        };
        filling.look(key, contact);
        heads[nth] = head(&mut open[nth], section)?;
    }
    Ok(())
}

fn head(rows: &mut Rows<'_>, section: u8) -> Result<Option<Place>, StoreError> {
    rows.next()?.map(|row| place(row, section)).transpose()
}

fn place(row: &Row<'_>, section: u8) -> Result<Place, StoreError> {
    let priority: i64 = row.get(0)?;
    let key = ListKey {
        section,
        rank: -priority,
        at: row.get(1)?,
        tie: row.get(2)?,
    };
    Ok((key, ContactId(row.get(3)?)))
}
