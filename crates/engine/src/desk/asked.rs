//! What claims get, kept while only time passes: it changes by itself at known instants alone.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::next_claim::NextClaim;
use crate::reading::Reading;
use dialdeck_core::domain::{ContactId, Timestamp};
use dialdeck_core::policy::Until;
use dialdeck_core::policy::window::WindowStatus;

/// An answer is asked for anew after this long, for what ends a contact's or a consent's time.
const LONGEST: Duration = Duration::from_mins(1);

/// Answers that hold until the deck changes or this instant comes.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// From when on they were asked for, and until when they hold.
    span: Option<(Timestamp, Timestamp)>,
    pub(super) campaigns: Option<Vec<NextClaim>>,
    rows: BTreeMap<ContactId, NextClaim>,
}

impl Asked {
    /// Forgets what does not hold any more at `now`.
    pub(super) fn turn_to(&mut self, now: Timestamp) {
        if self.span.is_none_or(|(_, until)| until <= now) {
            *self = Self::default();
            self.span = Some((now, now + LONGEST));
        }
    }

    /// What a contact's claim gets, if it is known.
    pub(super) fn row(&self, contact: ContactId) -> Option<&NextClaim> {
        self.rows.get(&contact)
    }

    /// Keeps what a contact's claim gets.
    pub(super) fn keep_row(&mut self, contact: ContactId, claim: &NextClaim) {
        self.end_with(claim);
        self.rows.insert(contact, claim.clone());
    }

    /// Keeps what the next claim of each campaign gets.
    pub(super) fn keep_campaigns(&mut self, claims: &[NextClaim], readings: &[Reading<'_>]) {
        for claim in claims {
            self.end_with(claim);
        }
        let statuses = readings.iter().flat_map(|reading| reading.windows.values());
        for status in statuses {
            match status {
                WindowStatus::Open { closes_at: at }
                | WindowStatus::Shut {
                    until: Until::At(at),
                    ..
                } => self.end_at(*at),
                WindowStatus::Shut {
                    until: Until::CallEnds | Until::Operator,
                    ..
                } => {}
            }
        }
        let schedules = readings
            .iter()
            .map(|reading| &reading.counts.campaign.settings.schedule);
        let edges = schedules.flat_map(|schedule| [schedule.start, schedule.expires]);
        for at in edges.flatten() {
            self.end_at(at);
        }
        self.campaigns = Some(claims.to_vec());
    }

    /// A hold changes with the first of its reasons that ends.
    fn end_with(&mut self, claim: &NextClaim) {
        if let NextClaim::Hold(hold) = claim {
            for reason in &hold.reasons {
                if let Until::At(at) = reason.until {
                    self.end_at(at);
                }
            }
        }
    }

    /// An instant that has passed already changes nothing.
    fn end_at(&mut self, at: Timestamp) {
        if let Some((from, until)) = &mut self.span
            && at > *from
        {
            *until = at.min(*until);
        }
    }
}
