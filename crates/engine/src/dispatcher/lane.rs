//! One campaign as the dispatcher sees it: its window classes, its hopper and what blocks it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::Discriminant;

use super::block::Block;
use crate::Place;
use dialdeck_core::domain::campaign::Order;
use dialdeck_core::domain::{
    Campaign, CampaignState, ClassId, ContactId, ContactState, ListKind, Timestamp, WindowClass,
};
use dialdeck_core::policy::window::{self, WindowStatus};
use dialdeck_core::policy::{Hold, HoldKind, Scope, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Candidate};

/// Contacts read per open class in one refill. The number is large enough that refills are rare beside the
/// claims they feed, and small enough that outdated candidates are rare too.
const HOPPER_TARGET: usize = 256;

/// A class is refilled when it holds fewer contacts than this. The first refill reads this many, so that
/// reading a class from the start costs little.
const HOPPER_LOW: usize = 64;

/// Contacts that a class holds, at most.
const HOPPER_MOST: usize = 1024;

/// How far a campaign's pass advances per claim at weight 1 (stride scheduling).
const STRIDE: u64 = 1 << 20;

/// The dispatcher's state of one campaign.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) campaign: Campaign,
    pub(super) classes: BTreeMap<ClassId, ClassLane>,
    pub(super) blocked: Option<Block>,
    /// The contact whose claim is under way, if any.
    pub(super) claiming: Option<Candidate>,
    /// Calls in flight of the campaign.
    pub(super) calls: u32,
    /// Virtual time of weighted sharing: the lane with the lowest pass claims first.
    pub(super) pass: u64,
    pub(super) ramp_from: Option<Timestamp>,
    /// Whether something changed since the campaign was last checked for its end.
    pub(super) maybe_done: bool,
    /// When an alert reported that it has abandoned more calls than the law allows; `None` while it is
    /// within the limit.
    pub(super) above_law: Option<Timestamp>,
    /// Registries that contacts wait for. An alert has reported each of them once.
    pub(super) awaited: BTreeSet<ListKind>,
    /// The kind of hold that was last reported as waiting for an operator; `None` after a call.
    pub(super) alerted: Option<Discriminant<HoldKind>>,
    /// Whether the campaign's own time is over.
    expired: bool,
    ring_secs: u64,
}

/// The contacts of one window class.
#[derive(Debug)]
pub(super) struct ClassLane {
    zones: WindowClass,
    status: WindowStatus,
    /// Ready contacts in call order. Up to the place where the store has been read, it holds all of them
    /// except the one that is being claimed; behind that place it holds none.
    hopper: BTreeSet<Place>,
    read: Read,
    /// The place from which a read that is under way started.
    reading: Option<Read>,
    /// Whether an alert has reported that its contacts wait for an operator.
    alerted: bool,
}

/// How far the store's queue of a class has been read. This is a place, not a contact: a contact that was
/// there may have moved since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Nothing,
    To(Place),
    All,
}

impl ClassLane {
    fn new(zones: &WindowClass, status: WindowStatus) -> Self {
        Self {
            zones: zones.clone(),
            status,
            hopper: BTreeSet::new(),
            read: Read::All,
            reading: None,
            alerted: false,
        }
    }

    /// Returns why its contacts wait for an operator, the first time; `None` after that.
    fn newly_stuck(&mut self) -> Option<String> {
        let kind = match &self.status {
            WindowStatus::Shut {
                kind,
                until: Until::Operator,
            } if !self.alerted && self.has_work() => kind,
            WindowStatus::Shut { .. } => return None,
            WindowStatus::Open { .. } => {
                self.alerted = false;
                return None;
            }
        };
        let place = match self.zones.zones.as_slice() {
            [] => "contacts whose zone is not known".to_owned(),
            zones => format!(
                "contacts of {} in {}",
                self.zones.regions.join(" "),
                zones.join(" ")
            ),
        };
        let text = format!("{place} wait for an operator: {kind}");
        self.alerted = true;
        Some(text)
    }

    /// Forgets the hopper. The store may hold ready contacts anywhere in the queue that no event reported,
    /// so it is read from the start.
    fn forget(&mut self) {
        self.hopper.clear();
        self.read = Read::Nothing;
    }

    /// Adds a contact that has become ready. A contact behind the place that has been read is left to a
    /// later refill.
    fn insert(&mut self, place: Place) {
        let known = match self.read {
            Read::Nothing => false,
            Read::To(last) => place <= last,
            Read::All => true,
        };
        if !known {
            return;
        }
        self.hopper.insert(place);
        if self.hopper.len() > HOPPER_MOST {
            self.hopper.pop_last();
            self.read = self
                .hopper
                .last()
                .map_or(Read::Nothing, |last| Read::To(*last));
        }
    }

    /// Adds the contacts that a refill found behind the place where it started.
    fn add_refill(&mut self, found: &[Candidate], complete: bool, claiming: Option<ContactId>) {
        if self.reading.take() != Some(self.read) {
            // The read started at another place than where the hopper now ends.
            return;
        }
        let others = found.iter().filter(|found| Some(found.contact) != claiming);
        self.hopper.extend(others.map(place_of));
        self.read = match found.last() {
            _ if complete => Read::All,
            Some(last) => Read::To(place_of(last)),
            None => self.read,
        };
    }

    /// Returns whether the store has to be read before the next contact is known.
    fn is_unread(&self) -> bool {
        self.hopper.is_empty() && self.read != Read::All
    }

    fn is_open(&self) -> bool {
        matches!(self.status, WindowStatus::Open { .. })
    }

    /// Returns when the status can change by time alone; `None` if it cannot.
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
        !self.hopper.is_empty() || self.read != Read::All
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
            above_law: None,
            awaited: BTreeSet::new(),
            alerted: None,
            expired: false,
            ring_secs,
        }
    }

    /// Applies a snapshot: the campaign's state, its pace, and its classes with contacts to call.
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
            let lane = self
                .classes
                .entry(*class)
                .or_insert_with(|| ClassLane::new(zones, status.clone()));
            lane.status = status;
            if *state == ContactState::Ready {
                lane.forget();
            }
        }
    }

    pub(super) fn runs(&self) -> bool {
        self.campaign.state == CampaignState::Running
    }

    /// Updates every class to `now`. The ramp restarts when a class opens after all were shut.
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
            // Nothing may be claimed any more; the sweep ends the contacts.
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

    /// Returns the earliest instant at which the lane has something to do by time alone.
    pub(super) fn next_wake(&self) -> Option<Timestamp> {
        if !self.runs() {
            return None;
        }
        let until = self.blocked.map(|block| block.until);
        let unblocks = match until {
            Some(Until::At(at)) => Some(at),
            Some(Until::CallEnds | Until::Operator) | None => None,
        };
        // A window that opens changes nothing while an operator has to act first.
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

    /// Returns a class to refill, the candidate behind which to read, and how many contacts to read.
    pub(super) fn wants_refill(&mut self) -> Option<(ClassId, Option<Candidate>, usize)> {
        if !self.runs() {
            return None;
        }
        let campaign = self.campaign.id;
        let (id, class) = self.classes.iter_mut().find(|(_, class)| {
            class.is_open()
                && class.read != Read::All
                && class.reading.is_none()
                && class.hopper.len() < HOPPER_LOW
        })?;
        class.reading = Some(class.read);
        match class.read {
            Read::To(last) => Some((*id, Some(candidate(campaign, *id, last)), HOPPER_TARGET)),
            Read::Nothing | Read::All => Some((*id, None, HOPPER_LOW)),
        }
    }

    pub(super) fn refilled(&mut self, class: ClassId, found: &[Candidate], complete: bool) {
        let claiming = self.claiming.map(|candidate| candidate.contact);
        if let Some(lane) = self.classes.get_mut(&class) {
            lane.add_refill(found, complete, claiming);
        }
        self.maybe_done = true;
    }

    /// Puts a contact that is ready again into its place. Returns `false` if the lane does not know its
    /// class.
    pub(super) fn put_back(&mut self, candidate: &Candidate) -> bool {
        let Some(class) = self.classes.get_mut(&candidate.class) else {
            return false;
        };
        class.insert(place_of(candidate));
        true
    }

    /// Returns whether a claim can be made now. The first contact of every open class has to be known.
    pub(super) fn wants_claim(&self) -> bool {
        if !self.runs()
            || self.blocked.is_some()
            || self.claiming.is_some()
            || self.calls >= self.campaign.settings.pacing.max_concurrent
        {
            return false;
        }
        let mut open = self.classes.values().filter(|class| class.is_open());
        let mut any = false;
        open.all(|class| {
            any |= !class.hopper.is_empty();
            !class.is_unread()
        }) && any
    }

    /// Takes the next contact out of the hopper and advances the lane's pass.
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

    /// Returns why each class waits for an operator, once per class.
    pub(super) fn newly_stuck(&mut self) -> Vec<String> {
        let classes = self.classes.values_mut();
        classes.filter_map(ClassLane::newly_stuck).collect()
    }

    /// Returns the first instant at which a call to this class may not begin any more; `None` if the class
    /// is shut.
    pub(super) fn closes_at(&self, class: ClassId) -> Option<Timestamp> {
        match self.classes.get(&class)?.status {
            WindowStatus::Open { closes_at } => Some(closes_at),
            WindowStatus::Shut { .. } => None,
        }
    }

    /// Shuts a class that a claim found shut, until the last of the reasons that concern the class ends.
    /// The claim's other reasons hold the next claim, or have ended by then.
    pub(super) fn shut(&mut self, class: ClassId, hold: &Hold) {
        let reasons = hold.reasons.iter();
        let of_class = reasons.filter(|reason| reason.kind.scope() == Scope::Class);
        if let Some(class) = self.classes.get_mut(&class)
            && let Some(last) = of_class.max_by_key(|reason| reason.until)
        {
            class.status = WindowStatus::Shut {
                kind: last.kind.clone(),
                until: last.until,
            };
        }
    }

    /// Unblocks the lane if the end of a call frees a slot that it waits for. `own`: the call was of this
    /// campaign; `same_trunk`: it was on this campaign's trunk. A campaign that waits for an operator is
    /// also unblocked when one of its calls ends, because its share of abandoned calls has changed.
    pub(super) fn on_call_end(&mut self, own: bool, same_trunk: bool) {
        let Some(block) = self.blocked else { return };
        let slot = match block.full {
            Some(Scope::Deck) => true,
            Some(Scope::Trunk) => same_trunk || own,
            Some(Scope::Campaign | Scope::Class | Scope::Contact) => own,
            None => false,
        };
        if slot || own && block.until == Until::Operator {
            self.blocked = None;
        }
    }

    /// Returns whether nothing is left to do except to wait for contacts that are not ready.
    pub(super) fn idle(&self) -> bool {
        self.claiming.is_none()
            && self.calls == 0
            && self
                .classes
                .values()
                .all(|class| !class.has_work() && class.reading.is_none())
    }
}

fn place_of(candidate: &Candidate) -> Place {
    (
        Reverse(candidate.priority),
        candidate.due,
        candidate.contact,
    )
}

fn candidate(
    campaign: dialdeck_core::domain::CampaignId,
    class: ClassId,
    place: Place,
) -> Candidate {
    let (Reverse(priority), due, contact) = place;
    Candidate {
        contact,
        campaign,
        class,
        priority,
        due,
    }
}

/// Returns whether a running campaign has expired while contacts are still open.
pub(super) fn is_overdue(counts: &CampaignCounts, now: Timestamp) -> bool {
    let campaign = &counts.campaign;
    let over = campaign
        .settings
        .schedule
        .expires
        .is_some_and(|at| at <= now);
    let open =
        |state: &ContactState| matches!(state, ContactState::Ready | ContactState::Waiting(_));
    let mut contacts = counts.contacts.iter();
    over && campaign.state == CampaignState::Running
        && contacts.any(|((_, state), count)| *count > 0 && open(state))
}
