//! One campaign as the dispatcher sees it: its window classes, its hopper and what blocks it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::mem::Discriminant;

use crate::Place;
use dialdeck_core::domain::campaign::Order;
use dialdeck_core::domain::{
    Campaign, CampaignState, ClassId, ContactId, ContactState, ListKind, Timestamp, WindowClass,
};
use dialdeck_core::policy::window::{self, WindowStatus};
use dialdeck_core::policy::{Hold, HoldKind, Scope, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Candidate};

/// Contacts read per open class at a time. Large enough that a refill is rare beside the claims it
/// feeds, small enough that a stale hint is rare too.
const HOPPER_TARGET: usize = 256;

/// A class is refilled when it holds fewer than this. As many are read at first, so that looking at
/// a class again costs little.
const HOPPER_LOW: usize = 64;

/// A class never holds more than this.
const HOPPER_MOST: usize = 1024;

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
    /// When an alert said that it has abandoned more calls than the law allows.
    pub(super) above_law: Option<Timestamp>,
    /// Registries that contacts were found to wait for; of each it has been told once.
    pub(super) awaited: BTreeSet<ListKind>,
    /// The kind of hold last reported as waiting for an operator, since the last call.
    pub(super) told: Option<Discriminant<HoldKind>>,
    /// The campaign's own time is over.
    expired: bool,
    ring_secs: u64,
}

/// What keeps a lane from claiming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    until: Until,
    /// Whose calls' ends may end it sooner: the widest of what is full.
    full: Option<Scope>,
}

impl Block {
    /// What a hold keeps the lane from. All of its reasons count, not only the narrowest.
    pub(super) fn of(hold: &Hold) -> Self {
        let reasons = hold.reasons.iter();
        let full = reasons
            .filter(|reason| reason.until == Until::CallEnds)
            .map(|reason| reason.kind.scope());
        Self {
            until: hold.until,
            full: full.max(),
        }
    }
}

/// The contacts of one window class.
#[derive(Debug)]
pub(super) struct ClassLane {
    zones: WindowClass,
    status: WindowStatus,
    /// Ready contacts in call order. Up to where the store has been read it holds all of them but
    /// the one that is being claimed, and beyond that none.
    hopper: BTreeSet<Place>,
    read: Read,
    /// Where the read that is under way began.
    reading: Option<Read>,
    /// Whether an alert has reported that its contacts wait for an operator.
    told: bool,
}

/// How far into the queue of a class the store has been read. It is a place, not a contact: what
/// stood there may have moved on since.
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
            told: false,
        }
    }

    /// Returns why its contacts wait for an operator, the first time.
    fn newly_stuck(&mut self) -> Option<String> {
        let kind = match &self.status {
            WindowStatus::Shut {
                kind,
                until: Until::Operator,
            } if !self.told && self.has_work() => kind,
            WindowStatus::Shut { .. } => return None,
            WindowStatus::Open { .. } => {
                self.told = false;
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
        self.told = true;
        Some(text)
    }

    /// The store may hold ready contacts that nothing tells of, anywhere in the queue: it is read
    /// from the start.
    fn forget(&mut self) {
        self.hopper.clear();
        self.read = Read::Nothing;
    }

    /// Takes a contact that has become ready. Beyond what has been read the store has it: it is
    /// read in its turn.
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

    /// Takes what the store holds beyond where the read began.
    fn take_in(&mut self, found: &[Candidate], complete: bool, claiming: Option<ContactId>) {
        if self.reading.take() != Some(self.read) {
            // Read from somewhere else than where the hopper now ends.
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

    /// Which contact is next is not known: the store has to be read first.
    fn is_unread(&self) -> bool {
        self.hopper.is_empty() && self.read != Read::All
    }

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
            told: None,
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

    /// A class to refill, with the place after which to read, and how many contacts.
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
            lane.take_in(found, complete, claiming);
        }
        self.maybe_done = true;
    }

    /// Puts a contact that is ready again into its place; `false`: its class is not known here.
    pub(super) fn put_back(&mut self, candidate: &Candidate) -> bool {
        let Some(class) = self.classes.get_mut(&candidate.class) else {
            return false;
        };
        class.insert(place_of(candidate));
        true
    }

    /// Whether a claim could be made now. Not before it is known of every open class which contact
    /// comes first.
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

    /// Returns, for each class that waits for an operator, the reason, once.
    pub(super) fn newly_stuck(&mut self) -> Vec<String> {
        let classes = self.classes.values_mut();
        classes.filter_map(ClassLane::newly_stuck).collect()
    }

    /// The first instant from which a call to this class may not begin any more.
    pub(super) fn closes_at(&self, class: ClassId) -> Option<Timestamp> {
        match self.classes.get(&class)?.status {
            WindowStatus::Open { closes_at } => Some(closes_at),
            WindowStatus::Shut { .. } => None,
        }
    }

    /// Shuts a class that a claim found shut, until what concerns the class is over: what else the
    /// claim found holds the next claim, or has passed by then.
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

    /// A call has ended: one of this campaign, or else of this trunk, or else of the deck. Whoever
    /// waits for a slot may try again. So may a campaign that waits for an operator when a call of its
    /// own has ended: the share of abandoned calls has changed.
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

    /// Whether nothing is left to do but to wait for contacts that are not ready.
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
