//! The call list in pages: the query, the three orders, and how a page is filled.
//!
//! A page starts at a position, not at a row. If contacts change between two pages, the next page still
//! continues from where the last one ended. Nothing is counted and nothing is skipped, so a page costs as
//! much at the end of a list of millions as at its start.

use std::collections::BTreeSet;

use dialdeck_core::domain::{CampaignId, ClassId, Contact, ContactState, Outcome};

/// Which contacts of a campaign are wanted, and in which order.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeSet;
///
/// use dialdeck_core::domain::{CampaignId, ContactState};
/// use dialdeck_store::{ContactQuery, ListOrder};
///
/// let unknown = ContactQuery {
///     states: Some(BTreeSet::from([ContactState::Unknown])),
///     text: "ruiz 0142".to_owned(),
///     ..ContactQuery::all(CampaignId(1), ListOrder::Queue)
/// };
/// assert_eq!(unknown.outcome, None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactQuery {
    /// The campaign's id.
    pub campaign: CampaignId,
    /// The wanted states. `None` for any state.
    pub states: Option<BTreeSet<ContactState>>,
    /// The wanted window classes. `None` for any class.
    pub classes: Option<BTreeSet<ClassId>>,
    /// The wanted outcome of the last attempt. `None` for any outcome and for contacts never called.
    pub outcome: Option<Outcome>,
    /// Words to find, all of which must match. A word with a letter must be within the name, in either case.
    /// The digits of all others, joined, must be within the number. Empty for any.
    pub text: String,
    /// The order of the rows.
    pub order: ListOrder,
}

impl ContactQuery {
    /// Returns the query for all contacts of a campaign.
    pub const fn all(campaign: CampaignId, order: ListOrder) -> Self {
        Self {
            campaign,
            states: None,
            classes: None,
            outcome: None,
            text: String::new(),
            order,
        }
    }

    /// Returns whether contacts in this state are wanted.
    pub(super) fn wants_state(&self, state: ContactState) -> bool {
        let states = self.states.as_ref();
        states.is_none_or(|wanted| wanted.contains(&state))
    }

    /// Returns whether contacts of this window class are wanted.
    pub(super) fn wants_class(&self, class: ClassId) -> bool {
        let classes = self.classes.as_ref();
        classes.is_none_or(|wanted| wanted.contains(&class))
    }

    /// Returns whether a search for this query reads the contact, wanted or not. Such rows count as scanned.
    pub(super) fn looks_at(&self, contact: &Contact) -> bool {
        let ours = contact.campaign == self.campaign;
        match (self.order, contact.state) {
            // Numbers are ordered over all campaigns.
            (ListOrder::Number, _) => true,
            (ListOrder::Queue, ContactState::Ready) => {
                ours && self.wants_state(contact.state) && self.wants_class(contact.class)
            }
            // Both kinds of waiting contacts share one queue.
            (ListOrder::Queue, ContactState::Waiting(_)) => ours && self.wants_waiting(),
            (ListOrder::Queue | ListOrder::List, state) => ours && self.wants_state(state),
        }
    }

    /// Returns whether contacts that wait for anything are wanted.
    pub(super) fn wants_waiting(&self) -> bool {
        let waits = |state: &ContactState| matches!(state, ContactState::Waiting(_));
        let mut all = ContactState::ALL.into_iter().filter(waits);
        all.any(|state| self.wants_state(state))
    }
}

/// The order of the call list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ListOrder {
    /// In flight first, then ready in the order of calling (priority high to low, due, id), then waiting by
    /// due, then unknown, then all that are over. By id within a section, unless said otherwise.
    #[default]
    Queue,
    /// By id, which is the order of import.
    List,
    /// By the phone number's digits.
    Number,
}

impl ListOrder {
    /// Returns the position of a contact in its present state.
    pub fn key(self, contact: &Contact) -> ListKey {
        let by_id = ListKey {
            section: 0,
            rank: 0,
            at: 0,
            tie: contact.id.0,
        };
        match self {
            Self::List => by_id,
            Self::Number => ListKey {
                at: contact.number.digits().cast_signed(),
                tie: contact.campaign.0,
                ..by_id
            },
            Self::Queue => {
                let section = section(contact.state);
                match contact.state {
                    ContactState::Ready => ListKey {
                        section,
                        rank: -i64::from(contact.priority),
                        at: contact.due.as_millis(),
                        ..by_id
                    },
                    ContactState::Waiting(_) => ListKey {
                        section,
                        at: contact.due.as_millis(),
                        ..by_id
                    },
                    ContactState::InFlight
                    | ContactState::Done
                    | ContactState::Exhausted
                    | ContactState::Suppressed
                    | ContactState::Expired
                    | ContactState::Invalid
                    | ContactState::Unknown => ListKey { section, ..by_id },
                }
            }
        }
    }
}

/// The sections of the queue, in order. Lists in another order have only one, 0.
pub(super) const IN_FLIGHT: u8 = 0;
pub(super) const READY: u8 = 1;
pub(super) const WAITING: u8 = 2;
pub(super) const UNKNOWN: u8 = 3;
pub(super) const OVER: u8 = 4;

/// Returns the section of the queue that holds contacts in this state.
pub(super) const fn section(state: ContactState) -> u8 {
    match state {
        ContactState::InFlight => IN_FLIGHT,
        ContactState::Ready => READY,
        ContactState::Waiting(_) => WAITING,
        ContactState::Unknown => UNKNOWN,
        ContactState::Done
        | ContactState::Exhausted
        | ContactState::Suppressed
        | ContactState::Expired
        | ContactState::Invalid => OVER,
    }
}

/// A position in a list of one order. Keys compare in that order. A position is valid whether or not a
/// contact is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListKey {
    /// The section of the queue.
    pub(super) section: u8,
    /// The negated priority.
    pub(super) rank: i64,
    /// When due, or the number.
    pub(super) at: i64,
    /// The contact's id, or among equal numbers the campaign's.
    pub(super) tie: i64,
}

impl ListKey {
    /// Returns the position before or after everything in a section, so that a search in this direction finds
    /// all of it.
    pub(super) const fn edge(section: u8, direction: Direction) -> Self {
        let (rank, at, tie) = match direction {
            Direction::Forward => (-i64::MAX, i64::MIN, i64::MIN),
            Direction::Back => (i64::MAX, i64::MAX, i64::MAX),
        };
        Self {
            section,
            rank,
            at,
            tie,
        }
    }
}

/// Which way a page is filled from its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Down the list.
    #[default]
    Forward,
    /// Up the list.
    Back,
}

impl Direction {
    /// Returns whether `key` is beyond `from` in this direction.
    pub(super) fn beyond(self, key: &ListKey, from: &ListKey) -> bool {
        match self {
            Self::Forward => key > from,
            Self::Back => key < from,
        }
    }
}

/// A page of contacts with where its search stopped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactPage {
    /// The contacts in the list's order, in either direction.
    pub rows: Vec<Contact>,
    /// Rows read for the page.
    pub scanned: u64,
    /// Whether the row budget ended the search before the page was full. Ask again from `resume`.
    pub cut: bool,
    /// Where the search stopped, to continue from in this direction. `None` if nothing was read and there was
    /// no start.
    pub resume: Option<ListKey>,
    /// Whether the search reached the end of the list in its direction before the page was full.
    pub end: bool,
}

/// A page that is being filled.
pub(super) struct Filling<'q> {
    query: &'q ContactQuery,
    /// Words to find in the name, in lower case.
    words: Vec<String>,
    /// Digits to find in the number.
    digits: String,
    limit: usize,
    budget: u64,
    page: ContactPage,
}

impl<'q> Filling<'q> {
    /// Returns an empty page of at most `limit` rows. At most `budget` rows, but at least one, may be read
    /// for it.
    pub(super) fn new(
        query: &'q ContactQuery,
        from: Option<&ListKey>,
        limit: usize,
        budget: u64,
    ) -> Self {
        let text = query.text.to_lowercase();
        let (words, others): (Vec<&str>, Vec<&str>) = text
            .split_whitespace()
            .partition(|word| word.chars().any(char::is_alphabetic));
        Self {
            query,
            words: words.into_iter().map(str::to_owned).collect(),
            digits: others
                .concat()
                .chars()
                .filter(char::is_ascii_digit)
                .collect(),
            limit,
            budget: budget.max(1),
            page: ContactPage {
                resume: from.copied(),
                ..ContactPage::default()
            },
        }
    }

    /// Returns whether the search continues.
    pub(super) fn wants_more(&self) -> bool {
        self.page.rows.len() < self.limit && self.page.scanned < self.budget
    }

    /// Takes the contact at `key` if it matches. `None` if the position belongs to another campaign.
    pub(super) fn look(&mut self, key: ListKey, contact: Option<Contact>) {
        self.page.scanned += 1;
        self.page.resume = Some(key);
        let found = contact.filter(|contact| self.admits(contact));
        self.page.rows.extend(found);
    }

    /// Returns the page. Call it when the search wants no more or there is no more.
    pub(super) fn done(mut self, direction: Direction) -> ContactPage {
        let full = self.page.rows.len() >= self.limit;
        self.page.end = self.wants_more();
        self.page.cut = !full && !self.page.end;
        if direction == Direction::Back {
            self.page.rows.reverse();
        }
        self.page
    }

    fn admits(&self, contact: &Contact) -> bool {
        let query = self.query;
        contact.campaign == query.campaign
            && query.wants_state(contact.state)
            && query.wants_class(contact.class)
            && query
                .outcome
                .is_none_or(|outcome| contact.last_outcome == Some(outcome))
            && self.finds_number(contact)
            && self.finds_name(contact)
    }

    fn finds_number(&self, contact: &Contact) -> bool {
        let digits = &self.digits;
        digits.is_empty() || contact.number.digits().to_string().contains(digits)
    }

    fn finds_name(&self, contact: &Contact) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let name = contact.name.to_lowercase();
        self.words.iter().all(|word| name.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::{ContactId, PhoneNumber, Timestamp};

    fn finds(text: &str) -> bool {
        let contact = Contact {
            id: ContactId(1),
            campaign: CampaignId(1),
            number: PhoneNumber::from_digits(12_125_550_142).unwrap(),
            name: "Žofie O'Neil-Ruiz".to_owned(),
            state: ContactState::Ready,
            reason: None,
            priority: 0,
            due: Timestamp::MIN,
            class: ClassId(1),
            consent: None,
            expires_at: None,
            attempts: 0,
            last_outcome: None,
        };
        let query = ContactQuery {
            text: text.to_owned(),
            ..ContactQuery::all(CampaignId(1), ListOrder::Queue)
        };
        Filling::new(&query, None, 1, 1).admits(&contact)
    }

    #[test]
    fn letters_are_looked_for_in_the_name_and_digits_in_the_number() {
        for text in [
            "",
            " ",
            "ŽOFIE",
            "o'neil",
            "ruiz žof",
            "+1 (212) 555-0142",
            "0142",
            "5501 42",
            "ruiz 0142",
            "-",
        ] {
            assert!(finds(text), "{text}");
        }
        for text in ["ana", "0143", "ruiz 0143", "ana 0142", "žofie ana"] {
            assert!(!finds(text), "{text}");
        }
    }
}
