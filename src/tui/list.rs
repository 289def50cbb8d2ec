//! The window of the call list: the rows that are loaded, the selected one and the marked ones.

use std::collections::BTreeMap;

use super::filter::Filter;
use crate::domain::{CampaignId, ContactId, PhoneNumber};
use crate::engine::desk::{
    Centre, ContactRow, ListOrder, ListPage, ListQuery, PageRequest, Request, Size,
};

/// The loaded window of the call list.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the window"
)]
pub(crate) struct List {
    /// The rows in order: those on the screen and about a page on each side.
    pub(crate) rows: Vec<ContactRow>,
    /// Whether the list has rows before these.
    pub(crate) before: bool,
    /// Whether the list has rows after these.
    pub(crate) after: bool,
    /// How many contacts the list has; `None` before the first page.
    pub(crate) size: Option<Size>,
    /// Whether a search still continues.
    pub(crate) searching: bool,
    /// The first row shown, as an index into `rows`.
    pub(crate) top: usize,
    /// The selected contact. The selection follows the contact, not its row.
    pub(crate) selected: Option<ContactId>,
    /// The last known place of the selected contact, as an index into `rows`.
    at: usize,
    /// The marked contacts with their numbers.
    pub(crate) marked: BTreeMap<ContactId, PhoneNumber>,
    /// The filter of the list.
    pub(crate) filter: Filter,
    /// The order of the list.
    pub(crate) order: ListOrder,
    /// Whether the user has moved. Until then the start of the list is shown, and the selection stays in
    /// sight.
    moved: bool,
    /// Rows that fit on the screen.
    height: usize,
    campaign: Option<CampaignId>,
    serial: u64,
    /// The next question. No question is asked while an answer is awaited.
    wanted: Option<Centre>,
    awaited: bool,
    /// Whether the selection goes to the end of the list after the answer.
    to_end: bool,
    /// Whether the user has asked for the row that the next page selects.
    lands: bool,
    /// Whether the selection has changed by itself since the user last moved it or was warned.
    slipped: bool,
}

/// A motion of the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Motion {
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// One page down.
    PageDown,
    /// One page up.
    PageUp,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

impl Motion {
    /// Returns the place after this motion from `place`, in a list whose last place is `last`.
    pub(crate) const fn from(self, place: usize, last: usize, page: usize) -> usize {
        let to = match self {
            Self::Down => place + 1,
            Self::Up => place.saturating_sub(1),
            Self::PageDown => place + page,
            Self::PageUp => place.saturating_sub(page),
            Self::Top => 0,
            Self::Bottom => last,
        };
        if to < last { to } else { last }
    }
}

impl List {
    /// Returns the selected row; `None` if it is not loaded.
    pub(crate) fn current(&self) -> Option<&ContactRow> {
        self.rows.get(self.place()?)
    }

    /// Returns the index of the selected row in `rows`; `None` if it is not loaded.
    pub(crate) fn place(&self) -> Option<usize> {
        let id = self.selected?;
        self.rows.iter().position(|row| row.contact == id)
    }

    /// Returns whether the selection has changed by itself: to another contact than the user chose, or to
    /// none. Resets the flag.
    pub(crate) fn has_slipped(&mut self) -> bool {
        std::mem::take(&mut self.slipped)
    }

    /// Sets the flag, as if the selection had changed by itself.
    #[cfg(test)]
    pub(super) const fn slip(&mut self) {
        self.slipped = true;
    }

    /// Switches to another campaign's list, from its start. Returns the question to the desk; `None` if the
    /// campaign does not change.
    pub(crate) fn turn_to(&mut self, campaign: Option<CampaignId>) -> Option<Request> {
        if self.campaign == campaign {
            return None;
        }
        self.campaign = campaign;
        self.marked.clear();
        self.restart()
    }

    /// Switches to the list of the campaign that the screen shows now, as [`turn_to`](Self::turn_to). After the
    /// first one, the user has not asked for it, and its first row is not their choice.
    pub(crate) fn follow(&mut self, campaign: Option<CampaignId>) -> Option<Request> {
        let by_itself = self.serial > 0 && self.campaign != campaign;
        let ask = self.turn_to(campaign);
        self.lands &= !by_itself;
        ask
    }

    /// Empties the list and loads it from its start, for another filter or order. Returns the question to the
    /// desk, if one may be asked now.
    pub(crate) fn restart(&mut self) -> Option<Request> {
        self.rows.clear();
        self.size = None;
        self.selected = None;
        self.moved = false;
        self.slipped = false;
        self.lands = true;
        (self.top, self.at) = (0, 0);
        self.awaited = false;
        self.ask(Centre::Start)
    }

    /// Loads the shown rows again, because they may have changed. Returns the question to the desk, if one
    /// may be asked now.
    pub(crate) fn refresh(&mut self) -> Option<Request> {
        let centre = self.rows.get(self.top).map(|row| row.key);
        if self.top == 0 && !self.before {
            return self.ask(Centre::Start);
        }
        self.ask(centre.map_or(Centre::Start, Centre::At))
    }

    /// Sets the number of rows that fit. Returns the question for more rows if it has grown.
    pub(crate) fn resize(&mut self, height: usize) -> Option<Request> {
        let grown = height > self.height;
        self.height = height;
        self.keep_in_sight();
        if grown { self.refresh() } else { None }
    }

    /// Moves the selection. Returns the question for more rows if it is near the edge of what is loaded.
    pub(crate) fn go(&mut self, motion: Motion) -> Option<Request> {
        let last = self.rows.len().saturating_sub(1);
        let page = self.height.max(1);
        let place = self.place().unwrap_or(self.at).min(last);
        self.slipped = false;
        self.moved = motion != Motion::Top;
        match motion {
            Motion::Top if self.before => {
                self.selected = None;
                self.lands = true;
                (self.top, self.at) = (0, 0);
                return self.ask(Centre::Start);
            }
            Motion::Bottom if self.after => {
                self.selected = None;
                self.lands = true;
                self.to_end = true;
                return self.ask(Centre::End);
            }
            Motion::Down
            | Motion::Up
            | Motion::PageDown
            | Motion::PageUp
            | Motion::Top
            | Motion::Bottom => {}
        }
        self.select(motion.from(place, last, page));
        let near_start = self.before && self.top < page / 2 + 1;
        let near_end = self.after && self.top + 2 * page > self.rows.len();
        if near_start || near_end {
            return self.refresh();
        }
        None
    }

    /// Selects the row at `place`, nothing if there is no such row, and scrolls it into sight.
    fn select(&mut self, place: usize) {
        self.selected = self.rows.get(place).map(|row| row.contact);
        self.at = place;
        self.keep_in_sight();
    }

    fn keep_in_sight(&mut self) {
        let height = self.height.max(1);
        if self.at < self.top {
            self.top = self.at;
        }
        if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    /// Marks the selected row, or removes its mark, and moves one row down.
    pub(crate) fn mark(&mut self) -> Option<Request> {
        let current = self.current().map(|row| (row.contact, row.number));
        if let Some((id, number)) = current
            && self.marked.remove(&id).is_none()
        {
            self.marked.insert(id, number);
        }
        self.go(Motion::Down)
    }

    /// Takes a page, and returns the next question. A page that answers an older question is ignored. Returns
    /// `None` if no further rows are needed.
    pub(crate) fn take(&mut self, serial: u64, page: ListPage) -> Option<Request> {
        if serial != self.serial {
            return None;
        }
        self.awaited = false;
        if let Some(centre) = self.wanted.take() {
            return self.ask(centre);
        }
        let chosen = self.selected;
        let first = self.rows.get(self.top).map(|row| row.contact);
        let first = first.filter(|_| self.moved);
        if self.searching {
            self.rows.extend(page.rows);
        } else {
            self.rows = page.rows;
            self.before = page.before;
        }
        self.after = page.after;
        self.size = Some(page.size);
        if let Some(first) = first.and_then(|id| self.rows.iter().position(|row| row.contact == id))
        {
            self.top = first;
        }
        let last = self.rows.len().saturating_sub(1);
        if std::mem::take(&mut self.to_end) {
            self.select(last);
        } else if !self.moved {
            self.top = 0;
            let seen = self.place().filter(|place| *place < self.height);
            self.select(seen.unwrap_or(0));
        } else {
            self.select(self.place().unwrap_or(self.at.min(last)));
        }
        self.slipped |= !self.lands && self.selected != chosen;
        self.searching = page.resume.is_some() && self.rows.len() < 2 * self.height.max(1);
        self.lands &= self.searching && self.selected.is_none();
        if self.searching {
            return page.resume.and_then(|key| self.ask(Centre::After(key)));
        }
        None
    }

    fn ask(&mut self, centre: Centre) -> Option<Request> {
        let campaign = self.campaign?;
        if self.awaited {
            self.wanted = Some(centre);
            return None;
        }
        if !matches!(centre, Centre::After(_)) {
            self.searching = false;
        }
        self.awaited = true;
        self.serial += 1;
        let query = ListQuery {
            states: self.filter.states.clone(),
            zone: self.filter.zone.clone(),
            outcome: self.filter.outcome,
            text: self.filter.text.clone(),
            order: self.order,
            ..ListQuery::all(campaign)
        };
        let page = self.height.max(10);
        Some(Request::Page(PageRequest {
            serial: self.serial,
            query,
            centre,
            before: page,
            after: 2 * page,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::dialog::fixture;

    fn row(contact: i64) -> ContactRow {
        ContactRow {
            contact: ContactId(contact),
            ..fixture::row()
        }
    }

    /// Delivers the rows that the desk has now.
    fn bring(list: &mut List, contacts: &[i64]) {
        if !list.awaited {
            list.refresh();
        }
        let rows = contacts.iter().map(|contact| row(*contact)).collect();
        let page = ListPage {
            rows,
            ..ListPage::default()
        };
        list.take(list.serial, page);
    }

    /// Returns a list of ten rows on the screen, with the first of these contacts selected.
    fn listed(contacts: &[i64]) -> List {
        let mut list = List::default();
        list.resize(10);
        list.turn_to(Some(CampaignId(1)));
        bring(&mut list, contacts);
        list
    }

    #[test]
    fn a_selection_that_has_moved_is_reported_once() {
        let mut list = listed(&[1, 2, 3, 4]);
        list.go(Motion::Down);
        bring(&mut list, &[4, 1, 2, 3]);
        assert_eq!(list.selected, Some(ContactId(2)), "it is followed");
        assert!(!list.has_slipped());
        bring(&mut list, &[4, 1, 3]);
        assert_ne!(list.selected, Some(ContactId(2)));
        assert!(list.has_slipped() && !list.has_slipped(), "reported once");
        bring(&mut list, &[4, 1]);
        list.go(Motion::Up);
        assert!(!list.has_slipped(), "another was chosen since");
    }

    #[test]
    fn the_first_row_is_a_choice_like_any_other() {
        let mut list = listed(&[1, 2, 3]);
        assert!(!list.has_slipped(), "the first row shown");
        list.go(Motion::Top);
        bring(&mut list, &[2, 1, 3]);
        assert_eq!(list.selected, Some(ContactId(1)), "it is followed");
        assert!(!list.has_slipped());
        bring(&mut list, &[2, 3]);
        assert_eq!(list.selected, Some(ContactId(2)));
        assert!(list.has_slipped(), "its contact has left the list");
        let below: Vec<i64> = (3..20).chain([2]).collect();
        bring(&mut list, &below);
        assert_eq!(list.selected, Some(ContactId(3)));
        assert!(list.has_slipped(), "its contact has left the screen");
    }

    #[test]
    fn a_selection_that_goes_or_comes_by_itself_is_reported() {
        let mut list = listed(&[1]);
        bring(&mut list, &[]);
        assert_eq!(list.selected, None);
        assert!(list.has_slipped(), "gone");
        bring(&mut list, &[2]);
        assert_eq!(list.selected, Some(ContactId(2)));
        assert!(list.has_slipped(), "come");
        list.restart();
        bring(&mut list, &[3]);
        assert!(!list.has_slipped(), "asked for");
    }

    #[test]
    fn a_row_that_the_user_jumps_to_is_their_choice() {
        for (motion, to) in [(Motion::Top, 1), (Motion::Bottom, 4)] {
            let mut list = listed(&[2, 3]);
            (list.before, list.after) = (true, true);
            assert!(list.go(motion).is_some());
            assert_eq!(list.selected, None);
            bring(&mut list, &[1, 2, 3, 4]);
            assert_eq!(list.selected, Some(ContactId(to)));
            assert!(!list.has_slipped());
        }
    }

    #[test]
    fn a_campaign_that_changes_by_itself_is_no_choice() {
        let mut list = List::default();
        list.follow(Some(CampaignId(1)));
        bring(&mut list, &[1]);
        assert!(!list.has_slipped(), "the first campaign");
        list.follow(Some(CampaignId(2)));
        bring(&mut list, &[2]);
        assert!(list.has_slipped());
        list.turn_to(Some(CampaignId(1)));
        bring(&mut list, &[1]);
        assert!(!list.has_slipped(), "the user has turned to it");
    }
}
