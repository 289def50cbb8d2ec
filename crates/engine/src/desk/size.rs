//! How many contacts the call list has, so that a search shows its hits.

use std::time::Duration;

use super::{Desk, ListPage, ListQuery, Size};
use dialdeck_clock::Stopwatch;
use dialdeck_store::{Acts, Direction, ListOrder, StoreError};

/// Hits that are counted one by one, at most.
const HITS: usize = 1_000;

/// Contacts read to count the hits of a search, at most.
const BUDGET: u64 = 10_000;

/// How long a count is shown while the deck changes, so that a search leaves the engine beside it its time.
const KEPT: Duration = Duration::from_secs(2);

/// The size of the list of one query, for as long as the deck does not change or for [`KEPT`].
#[derive(Debug)]
pub(super) struct Sized {
    query: ListQuery,
    head: i64,
    size: Size,
    since: Stopwatch,
}

impl<S: Acts> Desk<S> {
    /// Returns how many contacts the list of a query has, of which `page` is a part. A list that follows from
    /// the counters is counted exactly; a search is counted as far as the budget goes.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub(super) fn size(&mut self, query: &ListQuery, page: &ListPage) -> Result<Size, StoreError> {
        if let Some(count) = query.counted(&self.snapshot) {
            return Ok(Size::Exactly(count));
        }
        if !page.before && !page.after && page.resume.is_none() {
            return Ok(Size::Exactly(page.rows.len() as u64));
        }
        let query = ListQuery {
            order: ListOrder::List,
            ..query.clone()
        };
        let head = self.snapshot.head;
        if let Some(known) = &self.sized
            && known.query == query
            && (known.head == head || known.since.elapsed() < KEPT)
        {
            return Ok(known.size);
        }
        let asked = query.to_store(&self.snapshot.classes);
        let store = &mut self.settings.store;
        let hits = store.page(&asked, None, Direction::Forward, HITS, BUDGET)?;
        let count = hits.rows.len() as u64;
        let size = if hits.end {
            Size::Exactly(count)
        } else {
            Size::AtLeast(count)
        };
        self.sized = Some(Sized {
            query,
            head,
            size,
            since: Stopwatch::start(),
        });
        Ok(size)
    }
}
