//! The errors of a store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dialdeck_core::domain::{CampaignState, ContactId, Right, Role};

/// An error of a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The deck cannot be used: wrong version, damaged, no space. No call is dialed any more.
    #[error("the deck's store is not usable: {0}")]
    Unusable(#[source] Unusable),
    /// A newer program made the deck.
    #[error(
        "the deck was made by a newer dialdeck: its schema is version {found}, this program's is {known}"
    )]
    Newer {
        /// The deck's schema version.
        found: i64,
        /// The newest schema version that this program knows.
        known: i64,
    },
    /// The deck's path leads to other files: a process that opens it now does not read what is written here.
    /// No call is begun any more.
    #[error("{0}")]
    Displaced(Displaced),
    /// Another engine has started on the deck. Only that one dials now.
    #[error("another engine has taken the deck over: this one sends nothing more")]
    Superseded,
    /// Another process has held the write lock for too long.
    #[error("the deck's store is busy: {0}")]
    Busy(String),
    /// There is no such campaign.
    #[error("there is no campaign `{0}` in this deck")]
    NoCampaign(String),
    /// A campaign of that name exists.
    #[error("a campaign `{0}` is already in this deck")]
    CampaignExists(String),
    /// The state machine does not allow the move.
    #[error("campaign `{campaign}` is {from} and cannot become {to}")]
    IllegalMove {
        /// The campaign's name.
        campaign: String,
        /// The state it is in.
        from: CampaignState,
        /// The state it was to move to.
        to: CampaignState,
    },
    /// A pacing above the ceiling of the campaign's file.
    #[error("{0}")]
    AboveCeiling(String),
    /// The role that the store was opened with lacks the right.
    #[error("as {role} you may not {}", .right.as_str())]
    NotPermitted {
        /// The role of the caller.
        role: Role,
        /// The right that the verb needs.
        right: Right,
    },
    /// A suppression that cannot be reversed.
    #[error("{0}")]
    NotReversible(String),
    /// A contact that may not be called again.
    #[error("{0}")]
    NotRequeueable(String),
}

impl From<Unusable> for StoreError {
    fn from(why: Unusable) -> Self {
        Self::Unusable(why)
    }
}

/// Why a deck's store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// The database fails: its file is damaged, it may not be written, or there is no space.
    #[error(transparent)]
    Database(Box<dyn std::error::Error + Send + Sync>),
    /// A file of the deck cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file's path.
        path: PathBuf,
        /// Why it cannot be read or written.
        source: io::Error,
    },
    /// The seal cannot be removed before a write.
    #[error("its seal cannot be removed: {0}")]
    Seal(#[source] io::Error),
    /// The mark cannot be raised.
    #[error(transparent)]
    Mark(MarkFault),
    /// SQLite's own check finds damage.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// A copy ended neither complete nor busy.
    #[error("copying it ended with {0}")]
    NotCopied(String),
    /// SQLite is too old.
    #[error("SQLite {0} is too old, 3.51.3 is needed")]
    OldSqlite(&'static str),
    /// The deck's schema is an older one, and the deck was opened for reading.
    #[error(
        "its schema is version {found}, this program's is {known}; open it once with `dialdeck status`"
    )]
    OldSchema {
        /// The deck's schema version.
        found: i64,
        /// The newest schema version that this program knows.
        known: i64,
    },
    /// A row of the schema's history is damaged.
    #[error("its schema's history has `{applied}` and `{checksum}`")]
    History {
        /// When the migration was applied.
        applied: String,
        /// Its checksum.
        checksum: String,
    },
    /// The schema cannot be migrated.
    #[error("its schema cannot be brought up to date: {0}")]
    NotMigrated(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value has no meaning.
    #[error("`{value}` is stored as {what}")]
    Odd {
        /// What the value should be, with its article.
        what: &'static str,
        /// The value as text.
        value: String,
    },
    /// A stored word has no meaning.
    #[error("{0}")]
    Word(String),
    /// A stored JSON value cannot be read.
    #[error("a stored value cannot be read: {0}")]
    Unreadable(#[source] serde_json::Error),
    /// The stored clock cannot be read.
    #[error("its clock is broken: {0}")]
    Clock(#[source] serde_json::Error),
    /// The deck has no such contact.
    #[error("there is no contact {0}")]
    NoContact(ContactId),
    /// The deck has no list with this id, which a number names.
    #[error("there is no list {0}")]
    NoList(i64),
    /// The deck has no tag for its attempt ids.
    #[error("it has no incarnation")]
    NoIncarnation,
    /// The ledger of sends is missing although it was rebuilt.
    #[error("no ledger")]
    NoLedger,
    /// An attempt with this serial is changed that was not read before.
    #[error("attempt {0} was changed without being read")]
    NotHeld(i64),
    /// The database gave imported contacts other ids than expected.
    #[error("contacts were given other ids than their numbers name")]
    OtherIds,
    /// The store went back in time, and nobody has decided about that.
    #[error("it is not as the last run left it")]
    NotAsLeft,
    /// A group is begun while one is open.
    #[error("a group is already open")]
    GroupOpen,
    /// A group is ended while none is open.
    #[error("no group is open")]
    NoGroup,
    /// The group failed before, for this reason.
    #[error("{0}")]
    GroupFailed(String),
    /// The thread that writes to the store has panicked.
    #[error("its writer has panicked")]
    WriterPanicked,
    /// A thread that works on the store cannot be started.
    #[error("{0}")]
    NoThread(#[source] io::Error),
}

/// What is wrong with a copy of the mark.
#[derive(Clone, Debug, thiserror::Error)]
pub enum MarkFault {
    /// It is gone, and the other one is there.
    #[error("the mark {} is not there: the next log entry writes it again, unless it cannot be written", .0.display())]
    Missing(PathBuf),
    /// Another process holds it.
    #[error("another process holds {} ({}): {source}", name(.path), .path.display())]
    Held {
        /// The copy's path.
        path: PathBuf,
        /// What to do about it.
        source: Arc<io::Error>,
    },
    /// It cannot be read or written, or is damaged.
    #[error("the mark {} cannot be used: {source}", .path.display())]
    NotUsable {
        /// The copy's path.
        path: PathBuf,
        /// Why it cannot be used.
        source: Arc<io::Error>,
    },
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// Two faults are equal if they say the same.
impl PartialEq for MarkFault {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for MarkFault {}

impl From<MarkFault> for StoreError {
    fn from(fault: MarkFault) -> Self {
        Unusable::Mark(fault).into()
    }
}

/// A deck whose path leads to other files than those that this process has open.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the deck at {} is no longer the one this process opened: {found}", .folder.display())]
pub struct Displaced {
    /// The deck's folder, as an absolute path.
    pub folder: PathBuf,
    /// What is found at the path.
    pub found: String,
}
