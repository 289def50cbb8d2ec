//! Attempts in flight as the engine's handle holds them: read once, and written once per group no matter how
//! often they change in it.
//!
//! Only one process makes and moves attempts, so no other process changes these rows. What is not written yet
//! is written before anything reads the table, and before the commit.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::attempts::UPDATE;
use super::sql::put;
use crate::{StoreError, Unusable, facts, moves};
use dialdeck_core::domain::{
    Attempt, AttemptState, CalleeType, Contact, Outcome, PhoneNumber, Suppression, Timestamp,
};
use dialdeck_core::policy::PastAttempt;

/// Attempts in flight, by serial.
#[derive(Default)]
pub(super) struct Held {
    calls: BTreeMap<i64, Call>,
    unwritten: BTreeSet<i64>,
    changes: u64,
}

struct Call {
    attempt: Attempt,
    counts_from: Option<Timestamp>,
    about: Option<About>,
}

/// What the claim read about a contact and its number.
pub(super) struct About {
    /// The contact as the claim left it.
    pub(super) contact: Contact,
    /// The number's entries on lists that may bind the campaign.
    pub(super) suppressions: Vec<Suppression>,
    /// When consent was revoked.
    pub(super) consent_revoked_at: Option<Timestamp>,
    /// The number's attempts of the last 61 days, newest first.
    pub(super) history: Vec<PastAttempt>,
    /// When the oldest and the newest of these were reserved.
    pub(super) reserved: Option<(Timestamp, Timestamp)>,
}

impl About {
    /// Returns this after the contact's attempt has ended. `None` if the history has to be read again,
    /// because an attempt has left it or the order is not known.
    pub(super) fn after(mut self, attempt: &Attempt, now: Timestamp) -> Option<Self> {
        let (oldest, newest) = self.reserved.unwrap_or((Timestamp::MAX, Timestamp::MIN));
        let since = now - moves::HISTORY;
        if oldest.min(attempt.reserved_at) < since || newest > attempt.reserved_at {
            return None;
        }
        self.history.insert(0, facts::past(attempt, now));
        Some(self)
    }
}

impl Held {
    /// Returns the attempt, if it is held.
    pub(super) fn get(&self, serial: i64) -> Option<&Attempt> {
        self.calls.get(&serial).map(|call| &call.attempt)
    }

    /// Holds an attempt as its row has it.
    pub(super) fn take_in(&mut self, attempt: Attempt, counts_from: Option<Timestamp>) {
        let call = Call {
            counts_from,
            about: None,
            attempt,
        };
        self.calls.insert(call.attempt.id.serial, call);
    }

    /// Keeps what the claim read about an attempt's contact.
    pub(super) fn remember(&mut self, serial: i64, about: About) {
        if let Some(call) = self.calls.get_mut(&serial) {
            call.about = Some(about);
        }
    }

    /// Returns what the claim read, unless it may have become untrue.
    pub(super) fn recall(&mut self, serial: i64) -> Option<About> {
        self.calls.get_mut(&serial)?.about.take()
    }

    /// Changes a held attempt. Its row follows with [`Held::write`].
    pub(super) fn change(&mut self, attempt: &Attempt, now: Timestamp) -> Result<(), StoreError> {
        let serial = attempt.id.serial;
        let call = self.calls.get_mut(&serial);
        let call = call.ok_or_else(|| not_held(serial))?;
        let noted = call.counts_from.take();
        if !moves::never_sent(attempt) {
            call.counts_from = noted.or_else(|| moves::counts_from(attempt, None, now));
        }
        call.attempt.clone_from(attempt);
        self.unwritten.insert(serial);
        self.changes += 1;
        Ok(())
    }

    /// Returns a number that rises with every change.
    pub(super) const fn changes(&self) -> u64 {
        self.changes
    }

    /// Returns whether a row about this number is behind.
    pub(super) fn is_behind(&self, number: PhoneNumber) -> bool {
        let mut calls = self.unwritten.iter().filter_map(|serial| self.get(*serial));
        calls.any(|attempt| attempt.number == number)
    }

    /// Brings the rows up to date.
    pub(super) fn write(&mut self, conn: &Connection) -> Result<(), StoreError> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        let mut update = conn.prepare_cached(UPDATE)?;
        // A change is removed from the list only once it is written, so that a failure loses none.
        while let Some(serial) = self.unwritten.first().copied() {
            let call = self.calls.get(&serial).ok_or_else(|| not_held(serial))?;
            let attempt = &call.attempt;
            update.execute((
                serial,
                put(attempt.state),
                put(attempt.sent_at),
                put(attempt.ringing_at),
                put(attempt.answered_at),
                put(attempt.ended_at),
                attempt.callee_type.map(CalleeType::as_str),
                attempt.outcome.map(Outcome::as_str),
                attempt.counts,
                put(call.counts_from),
                &attempt.cause,
            ))?;
            if attempt.state == AttemptState::Ended {
                self.calls.remove(&serial);
            }
            self.unwritten.remove(&serial);
        }
        Ok(())
    }

    /// Drops what was read about contacts and numbers, because lists have changed.
    pub(super) fn forget_about(&mut self) {
        for call in self.calls.values_mut() {
            call.about = None;
        }
    }

    /// Drops everything that is written to the table.
    pub(super) fn forget_written(&mut self) {
        let unwritten = &self.unwritten;
        self.calls.retain(|serial, _| unwritten.contains(serial));
        self.forget_about();
    }
}

fn not_held(serial: i64) -> StoreError {
    Unusable::NotHeld(serial).into()
}
