//! What a console and its desk say to each other.

use std::path::PathBuf;

use super::acts::ActError;
use super::why::WhyReport;
use super::{
    Act, ActSummary, AttemptRow, EventLine, ImportError, ImportSummary, JudgedNumber, ListPage,
    ListQuery, View,
};
use crate::messages;
use dialdeck_core::domain::{CampaignId, ContactId};
use dialdeck_core::rules::NumberError;
use dialdeck_store::ListKey;

/// Messages that may wait for a console. A terminal that stops reading gets no further views.
pub const MESSAGE_QUEUE: usize = 64;

/// The id of an act, unique in one console.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActId(pub u64);

/// What a console asks its desk for.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// A page of a list.
    Page(PageRequest),
    /// Why a number, as typed, is not being dialed.
    Why(String),
    /// All attempts of a contact.
    Attempts(ContactId),
    /// What an opt-out of these numbers would touch.
    Judge(String),
    /// Carry out the act, and acknowledge it under this id.
    Act(ActId, Act),
    /// Import the list at this path into a campaign.
    Import(CampaignId, PathBuf),
    /// Part of the program has failed, as described: pause every campaign and raise an alert.
    Broken(String),
}

/// A page of a list that a console wants to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The answer has the same number.
    pub serial: u64,
    /// Which contacts the list has.
    pub query: ListQuery,
    /// The place around which to read.
    pub centre: Centre,
    /// Rows in front of that place.
    pub before: usize,
    /// Rows behind that place.
    pub after: usize,
}

/// The place of a list around which to read a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The start of the list.
    Start,
    /// The end of the list.
    End,
    /// Around the row with this key.
    At(ListKey),
    /// Behind this place, where a search was cut.
    After(ListKey),
}

/// What a desk sends to its console.
#[derive(Clone, Debug)]
pub enum Message {
    /// The deck has changed, or time has passed.
    View(Box<View>),
    /// New log entries, oldest first, and how many were skipped.
    Log(Vec<EventLine>, u64),
    /// The page with this serial.
    Page(u64, ListPage),
    /// The answer to [`Request::Why`].
    Why(Result<Box<WhyReport>, UnreadNumber>),
    /// A contact's attempts, oldest first.
    Attempts(ContactId, Vec<AttemptRow>),
    /// The numbers of this text, judged.
    Judged(String, Vec<JudgedNumber>),
    /// The act with this id holds, or why it does not.
    ActDone(ActId, Result<ActSummary, ActError>),
    /// Rows that the import has processed so far.
    ImportProgress(u64),
    /// An import has ended, with this result.
    ImportDone(Result<ImportSummary, ImportError>),
    /// The store cannot be read, for this reason; what is shown is old.
    Failed(String),
}

/// Text that is not a number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{typed}` cannot be read: {}; {}", messages::number_error(*.error).0, messages::number_error(*.error).1)]
pub struct UnreadNumber {
    /// The text as typed.
    pub typed: String,
    /// What is wrong with it.
    pub error: NumberError,
}
