//! One campaign as the dispatcher sees it: its window classes, its hopper and what blocks it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::domain::campaign::Order;
use crate::domain::{Campaign, CampaignState, ClassId, ContactState, Timestamp, WindowClass};
use crate::engine::Place;
use crate::policy::window::{self, WindowStatus};
use crate::policy::{Scope, Until};
use crate::rules::Rules;
use crate::store::{CampaignCounts, Candidate};

/// Contacts prefetched per open class. Large enough that a refill is rare beside the claims it
/// feeds, small enough that a stale hint is rare too.
pub(super) const HOPPER_TARGET: usize = 256;

/// A class is refilled when it holds fewer than this.
const HOPPER_LOW: usize = 64;

/// What a campaign's pass advances by per claim at weight 1 (stride scheduling).
const STRIDE: u64 = 1 << 20;

/// One campaign's lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) campaign: Campaign,
    pub(super) classes: BTreeMap<ClassId, ClassLane>,
    pub(super) blocked: Option<Block>,
    /// The contact whose claim is under way.
    pub(super) claiming: Option<Candidate>,
    /// Calls in flight.
    pub(super) calls: u32,
    /// Virtual time of weighted sharing: the lane with the least goes first.
    pub(super) pass: u64,
    pub(super) ramp_from: Option<Timestamp>,
    /// Something moved since the campaign was last found not done.
    pub(super) maybe_done: bool,
    /// That it waits for an operator has been told since its last call.
    pub(super) told: bool,
    /// The campaign's own time is over.
    expired: bool,
    ring_secs: u64,
}

/// What keeps a lane from claiming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) until: Until,
    pub(super) scope: Scope,
}

/// The contacts of one window class.
#[derive(Debug)]
pub(super) struct ClassLane {
    zones: WindowClass,
    status: WindowStatus,
    hopper: BTreeSet<Place>,
    /// Every ready contact of the class is in the hopper or being claimed.
    complete: bool,
    refilling: bool,
}

impl ClassLane {
    fn is_open(&self) -> bool {
        matches!(self.status, WindowStatus::Open { .. })
    }

    /// When the status can change by time alone.
    fn changes_at(&self) -> Option<Timestamp> {
        match self.status {
            WindowStatus::Open { closes_at } => Some(closes_at),
            WindowStatus::Shut {
                until: Until::At(at),
                ..
            } => Some(at),
            WindowStatus::Shut {
                until: Until::CallEnds | Until::Operator,
                ..
            } => None,
        }
    }

    fn has_work(&self) -> bool {
        !self.hopper.is_empty() || !self.complete
    }
}

impl Lane {
    pub(super) fn new(counts: &CampaignCounts, ring_secs: u64, pass: u64) -> Self {
        Self {
            campaign: counts.campaign.clone(),
            classes: BTreeMap::new(),
            blocked: None,
            claiming: None,
            calls: 0,
            pass,
            ramp_from: counts.campaign.running_since,
            maybe_done: true,
            told: false,
            expired: false,
            ring_secs,
        }
    }

    /// Takes over what a picture says: state, pace, classes that have ready contacts.
    pub(super) fn update(
        &mut self,
        counts: &CampaignCounts,
        classes: &BTreeMap<ClassId, WindowClass>,
        rules: &Rules,
        now: Timestamp,
    ) {
        if counts.campaign.running_since != self.campaign.running_since {
            self.ramp_from = counts.campaign.running_since;
        }
        self.campaign = counts.campaign.clone();
        self.blocked = None;
        self.maybe_done = true;
        for ((class, state), count) in &counts.contacts {
            if state.is_final() || *count == 0 {
                continue;
            }
            let Some(zones) = classes.get(class) else {
                continue;
            };
            let status = window::status(rules, &self.campaign, zones, self.ring_secs, now);
            let lane = self.classes.entry(*class).or_insert_with(|| ClassLane {
                zones: zones.clone(),
                status: status.clone(),
                hopper: BTreeSet::new(),
                complete: true,
                refilling: false,
            });
            lane.status = status;
            if *state == ContactState::Ready {
                lane.complete = false;
            }
        }
    }

    pub(super) fn runs(&self) -> bool {
        self.campaign.state == CampaignState::Running
    }

    /// Brings every class up to `now`. When the first class opens after all were shut, the ramp starts anew.
    pub(super) fn tick(&mut self, rules: &Rules, now: Timestamp) {
        if let Some(Block {
            until: Until::At(at),
            ..
        }) = self.blocked
            && at <= now
        {
            self.blocked = None;
        }
        if !self.runs() {
            return;
        }
        let expires = self.campaign.settings.schedule.expires;
        self.expired = expires.is_some_and(|at| at <= now);
        if self.expired {
            // Nothing may be claimed any more; the contacts are ended by the sweep.
            self.classes.clear();
            self.blocked = None;
            return;
        }
        let was_open = self.classes.values().any(ClassLane::is_open);
        let mut opened = false;
        for class in self.classes.values_mut() {
            if class.changes_at().is_some_and(|at| at <= now) {
                class.status =
                    window::status(rules, &self.campaign, &class.zones, self.ring_secs, now);
                opened |= class.is_open();
            }
        }
        if opened && !was_open {
            self.ramp_from = Some(now);
        }
    }

    /// The earliest instant at which the lane has something to do by time alone.
    pub(super) fn next_wake(&self) -> Option<Timestamp> {
        if !self.runs() {
            return None;
        }
        let until = self.blocked.map(|block| block.until);
        let unblocks = match until {
            Some(Until::At(at)) => Some(at),
            Some(Until::CallEnds | Until::Operator) | None => None,
        };
        // A window that opens helps nobody while somebody has to act first.
        let changes = self
            .classes
            .values()
            .filter(|class| class.has_work() && until != Some(Until::Operator))
            .filter_map(ClassLane::changes_at)
            .min();
        let expires = self
            .campaign
            .settings
            .schedule
            .expires
            .filter(|_| !self.expired);
        [unblocks, changes, expires].into_iter().flatten().min()
    }

    /// A class to refill, with the contact after which to read.
    pub(super) fn wants_refill(&mut self) -> Option<(ClassId, Option<Candidate>)> {
        if !self.runs() {
            return None;
        }
        let campaign = self.campaign.id;
        let (id, class) = self.classes.iter_mut().find(|(_, class)| {
            class.is_open()
                && !class.complete
                && !class.refilling
                && class.hopper.len() < HOPPER_LOW
        })?;
        class.refilling = true;
        let after = class
            .hopper
            .last()
            .map(|place| candidate(campaign, *id, *place));
        Some((*id, after))
    }

    pub(super) fn refilled(&mut self, class: ClassId, found: &[Candidate], complete: bool) {
        let claiming = self.claiming.map(|candidate| candidate.contact);
        if let Some(lane) = self.classes.get_mut(&class) {
            lane.refilling = false;
            lane.complete = complete;
            lane.hopper.extend(
                found
                    .iter()
                    .filter(|found| Some(found.contact) != claiming)
                    .map(place_of),
            );
        }
        self.maybe_done = true;
    }

    /// Puts a contact that is ready again into its place; `false`: its class is not known here.
    pub(super) fn put_back(&mut self, candidate: &Candidate) -> bool {
        let Some(class) = self.classes.get_mut(&candidate.class) else {
            return false;
        };
        class.hopper.insert(place_of(candidate));
        true
    }

    /// Whether a claim could be made now.
    pub(super) fn wants_claim(&self) -> bool {
        self.runs()
            && self.blocked.is_none()
            && self.claiming.is_none()
            && self.calls < self.campaign.settings.pacing.max_concurrent
            && self
                .classes
                .values()
                .any(|class| class.is_open() && !class.hopper.is_empty())
    }

    /// Takes the next contact out of the hopper and charges the lane for it.
    pub(super) fn take(&mut self) -> Option<Candidate> {
        let closing_first = self.campaign.settings.schedule.order == Order::ClosingFirst;
        let (id, _) = self
            .classes
            .iter()
            .filter(|(_, class)| class.is_open())
            .filter_map(|(id, class)| {
                let first = *class.hopper.first()?;
                let closes = class.changes_at().filter(|_| closing_first);
                Some((*id, (closes.unwrap_or(Timestamp::MAX), first)))
            })
            .min_by_key(|(_, key)| *key)?;
        let place = self.classes.get_mut(&id)?.hopper.pop_first()?;
        let taken = candidate(self.campaign.id, id, place);
        self.claiming = Some(taken);
        self.pass += STRIDE / u64::from(self.campaign.settings.pacing.weight.max(1));
        Some(taken)
    }

    /// The first instant from which a call to this class may not begin any more.
    pub(super) fn closes_at(&self, class: ClassId) -> Option<Timestamp> {
        match self.classes.get(&class)?.status {
            WindowStatus::Open { closes_at } => Some(closes_at),
            WindowStatus::Shut { .. } => None,
        }
    }

    /// Shuts a class that a claim found shut.
    pub(super) fn shut(&mut self, class: ClassId, until: Until, kind: crate::policy::HoldKind) {
        if let Some(class) = self.classes.get_mut(&class) {
            class.status = WindowStatus::Shut { kind, until };
        }
    }

    /// Whether nothing is left to do but to wait for contacts that are not ready.
    pub(super) fn idle(&self) -> bool {
        self.claiming.is_none()
            && self.calls == 0
            && self
                .classes
                .values()
                .all(|class| !class.has_work() && !class.refilling)
    }
}

fn place_of(candidate: &Candidate) -> Place {
    (
        Reverse(candidate.priority),
        candidate.due,
        candidate.contact,
    )
}

fn candidate(campaign: crate::domain::CampaignId, class: ClassId, place: Place) -> Candidate {
    let (Reverse(priority), due, contact) = place;
    Candidate {
        contact,
        campaign,
        class,
        priority,
        due,
    }
}
