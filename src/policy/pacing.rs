//! Calls in flight and sends in sliding windows, exactly.
use std::time::Duration;

use super::Load;
use crate::domain::{AttemptId, CampaignId, PhoneNumber, Timestamp, TrunkName};

/// What the ledger must know of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its campaign.
    pub campaign: CampaignId,
    /// Its trunk.
    pub trunk: TrunkName,
    /// The number shown.
    pub caller_id: PhoneNumber,
    /// The callee.
    pub number: PhoneNumber,
}

/// Exact counts of calls in flight and of sends per deck, trunk, campaign and caller ID.
///
/// Rebuilt from the attempts at start. An attempt that is reserved and not known to be sent counts
/// as sent *now* until it is marked sent or released.
#[derive(Clone, Debug, Default)]
pub struct Ledger {}

impl Ledger {
    /// Takes a slot; the send counts as now from here on.
    pub fn reserve(&mut self, _entry: Entry) {
        unimplemented!()
    }
    /// The request left at `at`.
    pub fn sent(&mut self, _attempt: AttemptId, _at: Timestamp) {
        unimplemented!()
    }
    /// Over: the slot is free, the send stays counted. An attempt never marked sent counts from `at`.
    pub fn ended(&mut self, _attempt: AttemptId, _at: Timestamp) {
        unimplemented!()
    }
    /// Certainly never sent: slot and send are given back.
    pub fn never_sent(&mut self, _attempt: AttemptId) {
        unimplemented!()
    }
    /// A past send of an ended attempt, for rebuilding.
    pub fn past_send(&mut self, _entry: &Entry, _at: Timestamp) {
        unimplemented!()
    }
    /// Load of the deck; `per_minute` 0 means no cap.
    pub fn deck(&self, _max_concurrent: u32, _now: Timestamp) -> Load {
        unimplemented!()
    }
    /// Load of a trunk.
    pub fn trunk(
        &self,
        _trunk: &TrunkName,
        _max_concurrent: u32,
        _per_minute: u32,
        _now: Timestamp,
    ) -> Load {
        unimplemented!()
    }
    /// Load of a campaign.
    pub fn campaign(
        &self,
        _id: CampaignId,
        _max_concurrent: u32,
        _per_minute: u32,
        _now: Timestamp,
    ) -> Load {
        unimplemented!()
    }
    /// Sends of a caller ID in the last 60 minutes, when the next is possible under `cap` (`None`: now), last use.
    pub fn caller_id(
        &self,
        _number: PhoneNumber,
        _cap: u32,
        _now: Timestamp,
    ) -> (u32, Option<Timestamp>, Option<Timestamp>) {
        unimplemented!()
    }
    /// Whether a call to the number is in flight.
    pub fn in_flight_to(&self, _number: PhoneNumber) -> Option<AttemptId> {
        unimplemented!()
    }
    /// Attempts reserved and not known to be sent, of a campaign or to a number.
    pub fn unsent(&self) -> impl Iterator<Item = &Entry> {
        std::iter::empty()
    }
    /// Forgets sends older than an hour.
    pub fn forget_before(&mut self, _now: Timestamp) {
        unimplemented!()
    }
}

/// The window of the per-minute caps.
pub const MINUTE: Duration = Duration::from_secs(60);
/// The window of the caller-ID caps.
pub const HOUR: Duration = Duration::from_secs(3600);
