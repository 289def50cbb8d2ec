//! Pages of the call list: streams of keys, each from an index that holds all it needs, merged until the page
//! is full. Only the rows of the merged keys are read from the table.

use std::collections::VecDeque;

use rusqlite::{OptionalExtension as _, Row, params_from_iter};

use super::{Work, contacts};
use crate::StoreError;
use crate::listing::{
    ContactPage, ContactQuery, Direction, Filling, ListKey, ListOrder, OVER, READY, WAITING,
    section,
};
use dialdeck_core::domain::{ClassId, ContactId, ContactState};

// Every stream returns priority, instant or number, tie and id of its rows. A bound in several columns that
// ends with the id is split, because SQLite does not search by `(due, id) > (?, ?)`. The parts are merged
// without sorting.

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
/// Over all campaigns: passing over the rows of other campaigns here would be an unbounded search.
pub(super) const NUMBERED_AFTER: &str = "SELECT 0, number, campaign, contact FROM numbers
     WHERE (number, campaign) > (?1, ?2) ORDER BY number, campaign";
pub(super) const NUMBERED_BEFORE: &str = "SELECT 0, number, campaign, contact FROM numbers
     WHERE (number, campaign) < (?1, ?2) ORDER BY number DESC, campaign DESC";

/// Keys that a stream reads first. Each further read doubles, up to [`MOST`].
const FEW: usize = 16;
const MOST: usize = 1_024;

/// One query of keys, read in parts. Streams of one query share its prepared statement, of which only one can
/// be open at a time, and preparing it again takes longer than reading a screen of rows.
struct Stream {
    sql: &'static str,
    /// The parameters that all its rows share.
    of: Vec<i64>,
    /// Returns the parameters for a row's position among them.
    place: fn(&ListKey) -> Vec<i64>,
    /// The last key read, or the start.
    from: ListKey,
    /// Keys read ahead and not used yet.
    ahead: VecDeque<Place>,
    /// How many keys to read next. 0 if there are no more.
    part: usize,
}

impl Stream {
    fn new(
        sql: &'static str,
        of: Vec<i64>,
        place: fn(&ListKey) -> Vec<i64>,
        start: &ListKey,
    ) -> Self {
        Self {
            sql,
            of,
            place,
            from: *start,
            ahead: VecDeque::new(),
            part: FEW,
        }
    }

    /// Returns the next key without removing it.
    fn head(&mut self, work: &Work<'_>) -> Result<Option<Place>, StoreError> {
        if self.ahead.is_empty() && self.part > 0 {
            self.read(work)?;
        }
        Ok(self.ahead.front().copied())
    }

    fn read(&mut self, work: &Work<'_>) -> Result<(), StoreError> {
        let mut params = self.of.clone();
        params.extend((self.place)(&self.from));
        let mut statement = work.conn.prepare_cached(self.sql)?;
        let mut rows = statement.query(params_from_iter(params))?;
        while self.ahead.len() < self.part {
            let Some(row) = rows.next()? else {
                self.part = 0;
                return Ok(());
            };
            let (key, id) = place(row, self.from.section)?;
            self.from = key;
            self.ahead.push_back((key, id));
        }
        self.part = (2 * self.part).min(MOST);
        Ok(())
    }
}

/// A key and the contact at that position.
type Place = (ListKey, ContactId);

/// Fills a page and returns it.
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
            merge(work, query, streams, direction, &mut filling)?;
        }
    }
    Ok(filling.done(direction))
}

/// Returns the streams to merge in a section, from `start` on.
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
        (ListOrder::Number, _) => {
            let sql = either(NUMBERED_AFTER, NUMBERED_BEFORE);
            let place = |key: &ListKey| vec![key.at, key.tie];
            Ok(vec![Stream::new(sql, Vec::new(), place, start)])
        }
        (ListOrder::Queue, READY) => {
            let sql = either(READY_AFTER, READY_BEFORE);
            let place = |key: &ListKey| vec![-key.rank, key.at, key.tie];
            let classes = ready_classes(work, query)?.into_iter();
            Ok(classes
                .map(|class| Stream::new(sql, vec![campaign, class.0], place, start))
                .collect())
        }
        (ListOrder::Queue, WAITING) => {
            let sql = either(WAITING_AFTER, WAITING_BEFORE);
            let place = |key: &ListKey| vec![key.at, key.tie];
            let one = query
                .wants_waiting()
                .then(|| Stream::new(sql, vec![campaign], place, start));
            Ok(one.into_iter().collect())
        }
        (order, here) => {
            let sql = either(LISTED_AFTER, LISTED_BEFORE);
            let place = |key: &ListKey| vec![key.tie];
            let states = ContactState::ALL.into_iter();
            Ok(states
                .filter(|state| order == ListOrder::List || section(*state) == here)
                .filter(|state| query.wants_state(*state))
                .map(|state| vec![campaign, i64::from(state.code())])
                .map(|of| Stream::new(sql, of, place, start))
                .collect())
        }
    }
}

/// Returns the wanted classes that have ready contacts. Empty if ready contacts are not wanted.
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

/// Passes the contacts of the streams to the page, in order, until the page wants no more.
fn merge(
    work: &Work<'_>,
    query: &ContactQuery,
    mut streams: Vec<Stream>,
    direction: Direction,
    filling: &mut Filling<'_>,
) -> Result<(), StoreError> {
    let mut heads = Vec::with_capacity(streams.len());
    for stream in &mut streams {
        heads.push(stream.head(work)?);
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
        streams[nth].ahead.pop_front();
        heads[nth] = streams[nth].head(work)?;
    }
    Ok(())
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
