//! What claims get, cached while only time passes: without a commit it changes only at known instants.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::next_claim::NextClaim;
use crate::reading::Reading;
use dialdeck_core::domain::{ContactId, Timestamp};
use dialdeck_core::policy::Until;
use dialdeck_core::policy::window::WindowStatus;

/// How long an answer is kept at most, because consents and contacts expire at instants that are not
/// tracked here.
const LONGEST: Duration = Duration::from_mins(1);

/// Answers that hold until the deck changes or until the end of `span`.
#[derive(Debug, Default)]
pub(super) struct ClaimCache {
    /// From when on the answers were collected, and until when they hold.
    span: Option<(Timestamp, Timestamp)>,
    pub(super) campaigns: Option<Vec<NextClaim>>,
    rows: BTreeMap<ContactId, NextClaim>,
}

impl ClaimCache {
    /// Drops answers that no longer hold at `now`.
    pub(super) fn turn_to(&mut self, now: Timestamp) {
        if self.span.is_none_or(|(_, until)| until <= now) {
            *self = Self::default();
            self.span = Some((now, now + LONGEST));
        }
    }

    /// Returns what a contact's claim gets, if it is cached.
    pub(super) fn row(&self, contact: ContactId) -> Option<&NextClaim> {
        self.rows.get(&contact)
    }

    /// Caches what a contact's claim gets.
    pub(super) fn keep_row(&mut self, contact: ContactId, claim: &NextClaim) {
        self.end_with(claim);
        self.rows.insert(contact, claim.clone());
    }

    /// Caches what the next claim of each campaign gets. The answers hold until a window, a schedule or a
    /// hold changes.
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

    /// Limits the span to the first reason of the hold that ends.
    fn end_with(&mut self, claim: &NextClaim) {
        if let NextClaim::Hold(hold) = claim {
            for reason in &hold.reasons {
                if let Until::At(at) = reason.until {
                    self.end_at(at);
                }
            }
        }
    }

    /// Limits the span to this instant, unless it has passed already.
    fn end_at(&mut self, at: Timestamp) {
        if let Some((from, until)) = &mut self.span
            && at > *from
        {
            *until = at.min(*until);
        }
    }
}
