//! The call list's window: the rows that are loaded, the one that is selected, the ones marked.

use std::collections::BTreeMap;

use super::filter::Filter;
use crate::domain::{CampaignId, ContactId, PhoneNumber};
use crate::engine::desk::{Ask, Centre, ContactRow, ListOrder, ListPage, ListQuery};

/// The window of the list that is loaded.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the window"
)]
pub struct List {
    /// Rows in order: what is seen and about a page on each side.
    pub rows: Vec<ContactRow>,
    /// The list has rows before these.
    pub before: bool,
    /// The list has rows after these.
    pub after: bool,
    /// A search still goes on.
    pub searching: bool,
    /// The first row shown, as a place in `rows`.
    pub top: usize,
    /// The selected contact; selection follows it, not its row.
    pub selected: Option<ContactId>,
    /// Where the selected contact was last seen, as a place in `rows`.
    at: usize,
    /// Marked contacts with their numbers.
    pub marked: BTreeMap<ContactId, PhoneNumber>,
    /// What is shown of the list.
    pub filter: Filter,
    /// The order.
    pub order: ListOrder,
    /// Somebody has moved: until then the list's start is shown, and what is selected is in sight.
    moved: bool,
    /// Rows that fit on the screen.
    height: usize,
    campaign: Option<CampaignId>,
    serial: u64,
    /// Nothing is asked while an answer is awaited; this is asked next.
    wanted: Option<Centre>,
    awaited: bool,
    /// After the answer the selection goes to the list's end.
    to_end: bool,
    /// The contact that was selected went elsewhere in the list, and another one is selected now.
    slipped: bool,
}

/// Which way the selection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// To the first row.
    Top,
    /// To the last row.
    Bottom,
}

impl Motion {
    /// Where it goes from a place in a list that ends at `last`.
    pub const fn from(self, place: usize, last: usize, page: usize) -> usize {
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

    /// The same way in a list that is counted from its end.
    #[must_use]
    pub const fn reversed(self) -> Self {
        match self {
            Self::Down => Self::Up,
            Self::Up => Self::Down,
            Self::PageDown => Self::PageUp,
            Self::PageUp => Self::PageDown,
            Self::Top => Self::Bottom,
            Self::Bottom => Self::Top,
        }
    }
}

impl List {
    /// The selected row.
    pub fn current(&self) -> Option<&ContactRow> {
        self.rows.get(self.place()?)
    }

    /// The selected row's place in `rows`.
    pub fn place(&self) -> Option<usize> {
        let id = self.selected?;
        self.rows.iter().position(|row| row.contact == id)
    }

    /// Whether another contact than the one last chosen is selected, as that one went elsewhere in the
    /// list; says so once.
    pub fn has_slipped(&mut self) -> bool {
        std::mem::take(&mut self.slipped)
    }

    /// Looks at another campaign's list, from its start.
    pub fn turn_to(&mut self, campaign: Option<CampaignId>) -> Option<Ask> {
        if self.campaign == campaign {
            return None;
        }
        self.campaign = campaign;
        self.marked.clear();
        self.restart()
    }

    /// Shows the list anew from its start: another filter or order.
    pub fn restart(&mut self) -> Option<Ask> {
        self.rows.clear();
        self.selected = None;
        self.moved = false;
        self.slipped = false;
        (self.top, self.at) = (0, 0);
        self.awaited = false;
        self.ask(Centre::Start)
    }

    /// Asks again for what is shown: something may have changed.
    pub fn refresh(&mut self) -> Option<Ask> {
        let centre = self.rows.get(self.top).map(|row| row.key);
        if self.top == 0 && !self.before {
            return self.ask(Centre::Start);
        }
        self.ask(centre.map_or(Centre::Start, Centre::At))
    }

    /// The number of rows that fit.
    pub fn resize(&mut self, height: usize) -> Option<Ask> {
        let grown = height > self.height;
        self.height = height;
        self.keep_in_sight();
        if grown { self.refresh() } else { None }
    }

    /// Moves the selection; asks for more rows when it comes near the edge of what is loaded.
    pub fn go(&mut self, motion: Motion) -> Option<Ask> {
        let last = self.rows.len().saturating_sub(1);
        let page = self.height.max(1);
        let place = self.place().unwrap_or(self.at).min(last);
        self.slipped = false;
        self.moved = motion != Motion::Top;
        match motion {
            Motion::Top if self.before => {
                self.selected = None;
                (self.top, self.at) = (0, 0);
                return self.ask(Centre::Start);
            }
            Motion::Bottom if self.after => {
                self.selected = None;
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

    /// Selects the first row if nothing is selected, and keeps what is selected in sight.
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

    /// Marks the selected row, or takes its mark away, and goes one down.
    pub fn mark(&mut self) -> Option<Ask> {
        let current = self.current().map(|row| (row.contact, row.number));
        if let Some((id, number)) = current
            && self.marked.remove(&id).is_none()
        {
            self.marked.insert(id, number);
        }
        self.go(Motion::Down)
    }

    /// Takes a page. `None` when it answers an older question, or nothing more is wanted.
    pub fn take(&mut self, serial: u64, page: ListPage) -> Option<Ask> {
        if serial != self.serial {
            return None;
        }
        self.awaited = false;
        if let Some(centre) = self.wanted.take() {
            return self.ask(centre);
        }
        let first = self.rows.get(self.top).map(|row| row.contact);
        let first = first.filter(|_| self.moved);
        if self.searching {
            self.rows.extend(page.rows);
        } else {
            self.rows = page.rows;
            self.before = page.before;
        }
        self.after = page.after;
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
            let place = self.place();
            self.slipped |= self.selected.is_some() && place.is_none();
            self.select(place.unwrap_or(self.at.min(last)));
        }
        self.searching = page.resume.is_some() && self.rows.len() < 2 * self.height.max(1);
        if self.searching {
            return page.resume.and_then(|key| self.ask(Centre::After(key)));
        }
        None
    }

    fn ask(&mut self, centre: Centre) -> Option<Ask> {
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
        Some(Ask::Page(self.serial, query, centre, page, 2 * page))
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

    /// Brings the rows that the desk has now.
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

    #[test]
    fn a_selection_that_went_elsewhere_is_told_once() {
        let mut list = List::default();
        list.resize(10);
        list.turn_to(Some(CampaignId(1)));
        bring(&mut list, &[1, 2, 3, 4]);
        list.go(Motion::Down);
        bring(&mut list, &[4, 1, 2, 3]);
        assert_eq!(list.selected, Some(ContactId(2)), "it is followed");
        assert!(!list.has_slipped());
        bring(&mut list, &[4, 1, 3]);
        assert_ne!(list.selected, Some(ContactId(2)));
        assert!(list.has_slipped() && !list.has_slipped(), "told once");
        bring(&mut list, &[4, 1]);
        list.go(Motion::Up);
        assert!(!list.has_slipped(), "another was chosen since");
    }
}
