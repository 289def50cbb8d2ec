//! Reads ahead: rows are judged on a separate thread while the rows before them are stored.

use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;

use crate::domain::NewContact;
use crate::intake::{ContactReader, FileError, NotToBeCalled, Reject, Row};

/// Rows passed between the threads at a time.
const ROWS: usize = 1_000;
/// The most portions that may wait to be stored. This bounds the memory used by reading ahead.
const PORTIONS: usize = 8;

/// Some rows of the file, in order.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) contacts: Vec<NewContact>,
    pub(super) rejects: Vec<Reject>,
    /// Rows of both kinds whose numbers are not to be called.
    pub(super) flagged: Vec<NotToBeCalled>,
    /// The lines of contacts that say that there is no consent.
    pub(super) denied: Vec<u64>,
    /// The number of comments so far.
    pub(super) comments: u64,
    /// Rows so far that say when or where consent was given, but not its kind.
    pub(super) consent_unused: u64,
    /// By column, rows so far that were not rejected and have a value there.
    pub(super) used: Vec<u64>,
    /// The error that ends the reading after these rows.
    pub(super) error: Option<FileError>,
}

/// Reads rows on another thread while `take` receives them. Returns the result of `take`.
pub(super) fn ahead<T>(rows: ContactReader<'_>, take: impl FnOnce(Receiver<Rows>) -> T) -> T {
    let (send, receive) = mpsc::sync_channel(PORTIONS);
    thread::scope(|scope| {
        scope.spawn(move || read(rows, &send));
        take(receive)
    })
}

fn read(mut rows: ContactReader<'_>, send: &SyncSender<Rows>) {
    loop {
        let (portion, last) = portion(&mut rows);
        // The receiver is gone once storing has failed.
        if send.send(portion).is_err() || last {
            return;
        }
    }
}

/// Returns the next rows, and whether they are the last.
fn portion(rows: &mut ContactReader<'_>) -> (Rows, bool) {
    let mut portion = Rows {
        contacts: Vec::with_capacity(ROWS),
        ..Rows::default()
    };
    for row in rows.by_ref().take(ROWS) {
        match row {
            Ok(Row::Contact(contact)) => portion.contacts.push(*contact),
            Ok(Row::Reject(reject)) => portion.rejects.push(*reject),
            Err(error) => portion.error = Some(error),
        }
    }
    portion.flagged = rows.not_to_be_called();
    portion.denied = rows.without_consent();
    portion.comments = rows.comments();
    portion.consent_unused = rows.consent_unused();
    rows.used().clone_into(&mut portion.used);
    let read = portion.contacts.len() + portion.rejects.len();
    let last = portion.error.is_some() || read < ROWS;
    (portion, last)
}
