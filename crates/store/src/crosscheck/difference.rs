//! What differs between the log and the tables.

use std::fmt;
use std::ops::RangeInclusive;

use dialdeck_core::domain::event::{EntryError, EventKind};
use dialdeck_core::domain::{
    AttemptId, CampaignState, ContactId, ContactState, ListKind, PhoneNumber,
};

/// The entry that a difference is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Its sequence number in the log.
    pub seq: i64,
    /// Its kind; `None` if the entry cannot be read.
    pub kind: Option<EventKind>,
}

/// A difference between the log and the tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The entry that the table contradicts. `None` if no entry is about it.
    pub entry: Option<Origin>,
    /// What differs.
    pub what: Mismatch,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.entry {
            Some(entry) => write!(f, "entry {}: {}", entry.seq, self.what),
            None => self.what.fmt(f),
        }
    }
}

/// What differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// SQLite reports damage.
    File(String),
    /// A row names another that is not there.
    Dangling {
        /// The row's table.
        table: String,
        /// The table of the row that it names.
        parent: String,
    },
    /// The chain of the log is broken.
    Chain(String),
    /// The log lacks the entry up to which it was checked.
    Unchecked,
    /// The columns of an entry's row differ from its line.
    Columns,
    /// The entry cannot be read.
    Entry(EntryError),
    /// The entry does not name what its kind is about, such as a campaign.
    Names(&'static str),
    /// The entry is about a campaign that no entry added.
    CampaignUnknown(String),
    /// The entry is about an attempt that no entry reserved.
    AttemptUnknown(AttemptId),
    /// The entry reserves an attempt a second time.
    AttemptRepeated(AttemptId),
    /// A row of a campaign, list entry, consent, attempt or contact.
    Row(RowMismatch),
    /// A list's row has another count than its numbers.
    ListCount {
        /// The list.
        list: ListKind,
        /// The count in its row.
        row: u64,
        /// The count of its numbers.
        numbers: u64,
    },
    /// An area of a registry has another date.
    AreaDate {
        /// The registry.
        list: ListKind,
        /// The area's code.
        area: String,
    },
    /// The table lacks a registry.
    RegistryMissing(ListKind),
    /// Another number of rows than imports have added.
    Imported {
        /// The rows, such as `spring contacts`.
        what: String,
        /// How many the log's imports may have added.
        log: RangeInclusive<u64>,
        /// How many there are.
        table: u64,
    },
    /// A count that is kept beside the rows differs from a recount.
    Count {
        /// What is counted, and its key.
        what: String,
        /// The count that is kept.
        kept: i64,
        /// The recount.
        counted: i64,
    },
    /// The numbers by which contacts are found are not those of the contacts.
    Numbers,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(said) => write!(f, "the store's file is damaged: {said}"),
            Self::Dangling { table, parent } => write!(
                f,
                "a row of the table {table} names none of {parent} that is there"
            ),
            Self::Chain(why) => write!(f, "the chain is broken: {why}"),
            Self::Unchecked => {
                f.write_str("the log does not have the entry up to which it was checked")
            }
            Self::Columns => f.write_str("its columns differ from its line"),
            Self::Entry(error) => error.fmt(f),
            Self::Names(what) => write!(f, "it names no {what}"),
            Self::CampaignUnknown(name) => write!(f, "campaign {name} was never added"),
            Self::AttemptUnknown(id) => write!(f, "attempt {id} was never reserved"),
            Self::AttemptRepeated(id) => write!(f, "attempt {id} was reserved before"),
            Self::ListCount { list, row, numbers } => write!(
                f,
                "{list} has {row} numbers by its row and {numbers} in the table"
            ),
            Self::AreaDate { list, area } => {
                write!(f, "{list} has another date in area {area} than the table")
            }
            Self::RegistryMissing(list) => {
                write!(f, "{list} was loaded, the table does not have it")
            }
            Self::Imported { what, log, table } => {
                let (least, most) = (log.start(), log.end());
                let wanted = if least == most {
                    least.to_string()
                } else {
                    format!("{least} to {most}")
                };
                write!(
                    f,
                    "{what}: {wanted} by the log's imports, {table} in the table"
                )
            }
            Self::Count {
                what,
                kept,
                counted,
            } => write!(f, "{what}: {kept} are kept, {counted} are there"),
            Self::Numbers => {
                f.write_str("the numbers by which contacts are found are not those of the contacts")
            }
            Self::Row(row) => row.fmt(f),
        }
    }
}

/// What differs in a row that follows from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowMismatch {
    /// No entry added a campaign of the table.
    CampaignExtra(String),
    /// A campaign is in another state.
    CampaignState {
        /// The campaign.
        campaign: String,
        /// The state by the log.
        log: CampaignState,
        /// The state by the table.
        table: CampaignState,
    },
    /// A campaign has other settings.
    CampaignSettings(String),
    /// A number is on a list of the table, and no entry put it there.
    ListedExtra(PhoneNumber, ListKind),
    /// A number is on a list of the table, and an entry took it off.
    ListedStill(PhoneNumber, ListKind),
    /// A number is on a list for another reason.
    ListedOtherwise(PhoneNumber, ListKind),
    /// A number is on a list since another time.
    ListedAt(PhoneNumber, ListKind),
    /// A number is missing from a list of the table.
    ListedMissing(PhoneNumber, ListKind),
    /// The table has a consent as revoked that no entry revoked.
    RevokedExtra(PhoneNumber),
    /// The table has a consent as revoked that an entry restored.
    RevokedStill(PhoneNumber),
    /// A consent was revoked before the time in the table.
    RevokedEarlier(PhoneNumber),
    /// The table lacks a revoked consent.
    RevokedMissing(PhoneNumber),
    /// No entry reserved an attempt of the table; its serial.
    AttemptExtra(i64),
    /// An attempt was planned in another way; its serial.
    AttemptPlanned(i64),
    /// An attempt is in another state, or ended in another way; its serial.
    AttemptState(i64),
    /// The table lacks an attempt; its serial.
    AttemptMissing(i64),
    /// A contact does not fit the rows of its attempts.
    ContactAttempts(ContactId),
    /// A contact has ended in the table, and no entry ended it.
    ContactEnded {
        /// The contact.
        contact: ContactId,
        /// The state by the table.
        table: ContactState,
    },
    /// A contact has ended in the table, and an entry let it be called again.
    ContactCallable {
        /// The contact.
        contact: ContactId,
        /// The state by the table.
        table: ContactState,
    },
    /// A contact ended in another way.
    ContactState {
        /// The contact.
        contact: ContactId,
        /// The state by the log.
        log: ContactState,
        /// The state by the table.
        table: ContactState,
    },
    /// The table lacks a contact.
    ContactMissing(ContactId),
    /// A campaign's contacts differ from the log's digest of what was imported.
    ContentLogged(String),
    /// A campaign's contacts differ from the digest that is kept beside them.
    ContentKept(String),
}

impl From<RowMismatch> for Mismatch {
    fn from(row: RowMismatch) -> Self {
        Self::Row(row)
    }
}

impl fmt::Display for RowMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (has_it, lacks_it) = ("the table has it", "the table does not have it");
        match self {
            Self::CampaignExtra(name) => write!(f, "no entry added campaign {name}"),
            Self::CampaignState {
                campaign,
                log,
                table,
            } => write!(f, "campaign {campaign} is {log}, the table has {table}"),
            Self::CampaignSettings(name) => {
                write!(f, "campaign {name} has other settings than the table")
            }
            Self::ListedExtra(number, list) => {
                write!(f, "no entry put {number} on {list}, {has_it}")
            }
            Self::ListedStill(number, list) => {
                write!(f, "{number} was taken off {list}, {has_it}")
            }
            Self::ListedOtherwise(number, list) => {
                write!(f, "{number} is on {list} for another reason in the table")
            }
            Self::ListedAt(number, list) => {
                write!(
                    f,
                    "{number} was put on {list} at another time than the table says"
                )
            }
            Self::ListedMissing(number, list) => write!(f, "{number} is on {list}, {lacks_it}"),
            Self::RevokedExtra(number) => write!(f, "no entry revoked the consent of {number}"),
            Self::RevokedStill(number) => {
                write!(f, "the consent of {number} was restored, {has_it} revoked")
            }
            Self::RevokedEarlier(number) => write!(
                f,
                "the consent of {number} was revoked before the table's time"
            ),
            Self::RevokedMissing(number) => {
                write!(f, "the consent of {number} is revoked, {lacks_it}")
            }
            Self::AttemptExtra(serial) => write!(f, "no entry reserved attempt {serial}"),
            Self::AttemptPlanned(serial) => write!(
                f,
                "attempt {serial} was planned otherwise than the table says"
            ),
            Self::AttemptState(serial) => {
                write!(f, "attempt {serial} stands otherwise than the table says")
            }
            Self::AttemptMissing(serial) => write!(f, "attempt {serial} was made, {lacks_it}"),
            Self::ContactAttempts(id) => {
                write!(f, "contact {id} stands otherwise than its attempts' rows")
            }
            Self::ContactEnded { contact, table } => {
                write!(f, "no entry ended contact {contact}, the table has {table}")
            }
            Self::ContactCallable { contact, table } => write!(
                f,
                "contact {contact} may be called again, the table has {table}"
            ),
            Self::ContactState {
                contact,
                log,
                table,
            } => write!(f, "contact {contact} is {log}, the table has {table}"),
            Self::ContactMissing(id) => write!(f, "the table has no contact {id}"),
            Self::ContentLogged(campaign) => {
                write!(f, "{campaign} contacts are not as they were imported")
            }
            Self::ContentKept(campaign) => {
                write!(f, "{campaign} contacts are not as their digest says")
            }
        }
    }
}

/// The result of a check: the first differences, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The first 20 differences.
    pub first: Vec<Difference>,
    /// The number of all differences.
    pub count: u64,
}

impl Differences {
    /// Differences that are kept, at most.
    const KEPT: usize = 20;

    /// Returns whether nothing differs.
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds a difference that no entry is about.
    pub(crate) fn note(&mut self, what: impl Into<Mismatch>) {
        self.add(None, what.into());
    }

    /// Adds a difference from an entry.
    pub(crate) fn note_at(&mut self, entry: Origin, what: impl Into<Mismatch>) {
        self.add(Some(entry), what.into());
    }

    fn add(&mut self, entry: Option<Origin>, what: Mismatch) {
        self.count += 1;
        if self.first.len() < Self::KEPT {
            self.first.push(Difference { entry, what });
        }
    }
}
