//! A deck made of a few lists, around the real dispatcher. It carries out the dispatcher's jobs in the
//! order in which they were given, but with any delay, while other processes write.
//!
//! Its gates are plain: windows, spacing, slots, gaps of single contacts. Two rules are checked. Every
//! claim is for the first of the contacts that the dispatcher knows, and when nothing is under way, no
//! contact is left that might be called.

mod lists;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use dialdeck::domain::{
    Attempt, AttemptId, CallEnd, CallEvent, CallEventKind, CallReport, Campaign, CampaignId,
    CampaignState, ClassId, ContactState, DeckId, Timestamp, TrunkSettings, WindowClass,
};
use dialdeck::engine::dispatcher::Dispatcher;
use dialdeck::engine::{Effect, Event, Job};
use dialdeck::policy::window::{self, WindowStatus};
use dialdeck::policy::{HoldKind, HoldReason, Scope, Until};
use dialdeck::provider::{LookUp, ProviderEvent, Request};
use dialdeck::rules::Rules;
use dialdeck::store::Candidate;

/// A contact's place in the queue of its class.
type Place = (Reverse<i32>, Timestamp, i64);

type Queues = BTreeMap<(CampaignId, ClassId), BTreeSet<Place>>;

/// What happens to a contact, call by call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fate {
    /// The waits after calls that reach no person; after the last of them the contact is reached.
    pub(crate) retries: VecDeque<Duration>,
    /// The contact is ready, but may not be called before this instant.
    pub(crate) gap: Option<Timestamp>,
    /// The contact ends with its first claim.
    pub(crate) refused: bool,
}

struct Row {
    campaign: CampaignId,
    class: ClassId,
    priority: i32,
    due: Timestamp,
    state: ContactState,
    fate: Fate,
}

/// One campaign and the facts that its gates read.
struct Course {
    campaign: Campaign,
    last: Option<Timestamp>,
    in_flight: u32,
}

pub(crate) struct World {
    pub(crate) now: Timestamp,
    dispatcher: Dispatcher,
    trunk: TrunkSettings,
    deck_slots: u32,
    courses: BTreeMap<CampaignId, Course>,
    classes: BTreeMap<ClassId, WindowClass>,
    windows: BTreeMap<ClassId, WindowStatus>,
    rows: BTreeMap<i64, Row>,
    waiting: BTreeSet<(Timestamp, i64)>,
    ready: Queues,
    /// Of these, those that the dispatcher knows or can read.
    known: Queues,
    /// What the snapshots show that were read and not delivered yet.
    snapshots: VecDeque<Queues>,
    attempts: BTreeMap<i64, i64>,
    in_flight: BTreeMap<i64, Attempt>,
    /// Calls that are up, by the instant of their end.
    up: BTreeSet<(Timestamp, i64)>,
    jobs: VecDeque<(Job, Timestamp)>,
    /// Jobs that are carried out together.
    group: usize,
    pub(crate) dialed: usize,
}

pub(crate) fn campaign_id(nth: usize) -> CampaignId {
    CampaignId(i64::try_from(nth).unwrap() + 1)
}

pub(crate) fn class_id(nth: usize) -> ClassId {
    ClassId(i64::try_from(nth).unwrap() + 1)
}

fn rang_out() -> CallReport {
    CallReport {
        end: CallEnd::RangOut,
        ..CallReport::default()
    }
}

impl World {
    pub(crate) fn new(
        now: Timestamp,
        trunk: TrunkSettings,
        campaigns: Vec<Campaign>,
        classes: Vec<WindowClass>,
        deck_slots: u32,
        group: usize,
    ) -> Self {
        let courses = campaigns.into_iter().map(|campaign| {
            let course = Course {
                campaign,
                last: None,
                in_flight: 0,
            };
            (course.campaign.id, course)
        });
        Self {
            now,
            dispatcher: Dispatcher::new(Rules::embedded()),
            trunk,
            deck_slots,
            courses: courses.collect(),
            classes: (0..).map(class_id).zip(classes).collect(),
            windows: BTreeMap::new(),
            rows: BTreeMap::new(),
            waiting: BTreeSet::new(),
            ready: BTreeMap::new(),
            known: BTreeMap::new(),
            snapshots: VecDeque::new(),
            attempts: BTreeMap::new(),
            in_flight: BTreeMap::new(),
            up: BTreeSet::new(),
            jobs: VecDeque::new(),
            group: group.max(1),
            dialed: 0,
        }
    }

    // ---- what other processes do

    /// Adds a contact. The dispatcher learns of it with its next snapshot.
    pub(crate) fn import(
        &mut self,
        campaign: CampaignId,
        class: ClassId,
        priority: i32,
        fate: Fate,
    ) {
        let id = i64::try_from(self.rows.len()).unwrap() + 1;
        let row = Row {
            campaign,
            class,
            priority,
            due: self.now,
            state: ContactState::Ready,
            fate,
        };
        self.rows.insert(id, row);
        self.now_ready(id);
        let course = self.courses.get_mut(&campaign).unwrap();
        if course.campaign.state == CampaignState::Done {
            course.campaign.state = CampaignState::Running;
        }
    }

    /// Makes the contacts that have waited longest ready.
    pub(crate) fn requeue(&mut self, most: usize) {
        let last: Vec<_> = self.waiting.iter().rev().take(most).copied().collect();
        for (due, id) in last {
            self.waiting.remove(&(due, id));
            let row = self.rows.get_mut(&id).unwrap();
            (row.state, row.due) = (ContactState::Ready, self.now);
            self.now_ready(id);
        }
    }

    pub(crate) fn turn(&mut self, campaign: CampaignId, to: CampaignState) {
        let course = self.courses.get_mut(&campaign).unwrap();
        if course.campaign.state.may_become(to) {
            course.campaign.state = to;
        }
    }

    pub(crate) fn resume_all(&mut self) {
        for id in self.courses.keys().copied().collect::<Vec<_>>() {
            if self.courses[&id].campaign.state == CampaignState::Paused {
                self.turn(id, CampaignState::Running);
            }
        }
    }

    /// The engine's process dies and another starts.
    pub(crate) fn restart(&mut self) {
        self.dispatcher = Dispatcher::new(Rules::embedded());
        self.jobs.clear();
        self.known.clear();
    }

    /// The engine sees that another process has committed.
    pub(crate) fn look(&mut self) {
        self.jobs.push_back((Job::Refresh, self.now));
    }

    // ---- the run

    /// Carries out jobs until none is under way.
    pub(crate) fn settle(&mut self) {
        self.feed(Event::Tick);
        while !self.jobs.is_empty() {
            let room = self.group.min(self.jobs.len());
            let group: Vec<_> = self.jobs.drain(..room).collect();
            let answers: Vec<_> = group
                .into_iter()
                .filter_map(|(job, at)| self.perform(job, at))
                .collect();
            for answer in answers {
                self.feed(answer);
            }
        }
        self.nobody_stands();
    }

    /// Returns when something happens by itself.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        let ends = self.up.first().map(|(at, _)| *at);
        [self.dispatcher.next_wake(), ends]
            .into_iter()
            .flatten()
            .min()
    }

    /// Lets time pass until `at`, and ends calls that are due.
    pub(crate) fn advance(&mut self, at: Timestamp) {
        self.now = self.now.max(at);
        while let Some((end, serial)) = self.up.first().copied().filter(|(end, _)| *end <= self.now)
        {
            self.up.remove(&(end, serial));
            self.tell(serial, end, CallEventKind::Ringing);
            self.tell(serial, end, CallEventKind::Ended(rang_out()));
        }
    }

    /// Returns the number of contacts that have not ended.
    pub(crate) fn left(&self) -> usize {
        let open = |row: &&Row| !row.state.is_final();
        self.rows.values().filter(open).count()
    }

    pub(crate) fn all_done(&self) -> bool {
        let mut all = self.courses.values();
        all.all(|course| course.campaign.state == CampaignState::Done)
    }

    fn feed(&mut self, event: Event) {
        // Everything before it has been carried out, so the dispatcher knows it from now on.
        if matches!(event, Event::Snapshot(_) | Event::Promoted { .. }) {
            self.note_known(&event);
        }
        for effect in self.dispatcher.on(event, self.now) {
            match effect {
                Effect::Store(job) => {
                    if let Job::Claim(candidate, _) = &job {
                        self.comes_first(candidate);
                    }
                    self.jobs.push_back((job, self.now));
                }
                Effect::Provider(_, Request::Place(request)) => {
                    self.tell(request.attempt.serial, self.now, CallEventKind::Sent);
                }
                Effect::Provider(trunk, Request::LookUp(inquiry)) => {
                    let attempt = inquiry.attempt;
                    let is_up = self.up.iter().any(|(_, up)| *up == attempt.serial);
                    let found = if is_up {
                        LookUp::InProgress
                    } else {
                        LookUp::Ended(rang_out(), self.now)
                    };
                    let found = ProviderEvent::LookedUp(attempt, found);
                    self.feed(Event::Provider(trunk, found));
                }
                Effect::Provider(..) | Effect::Acknowledge(..) => {}
            }
        }
    }

    fn tell(&mut self, serial: i64, at: Timestamp, kind: CallEventKind) {
        let attempt = AttemptId {
            deck: DeckId(1),
            serial,
        };
        let event = ProviderEvent::Call(CallEvent { attempt, at, kind });
        self.feed(Event::Provider(self.trunk.name.clone(), event));
    }

    // ---- what is checked

    fn note_known(&mut self, event: &Event) {
        if let Event::Snapshot(_) = event {
            self.known = self.snapshots.pop_front().unwrap();
            for (of, places) in &mut self.known {
                let still = &self.ready[of];
                places.retain(|place| still.contains(place));
            }
        }
        let Event::Promoted { candidates, .. } = event else {
            return;
        };
        for one in candidates {
            let place = (Reverse(one.priority), one.due, one.contact.0);
            let of = (one.campaign, one.class);
            if self.ready.get(&of).is_some_and(|all| all.contains(&place)) {
                self.known.entry(of).or_default().insert(place);
            }
        }
    }

    fn comes_first(&mut self, candidate: &Candidate) {
        let taken = (
            Reverse(candidate.priority),
            candidate.due,
            candidate.contact.0,
        );
        for class in self.classes.keys().copied().collect::<Vec<_>>() {
            let first = self.known.get(&(candidate.campaign, class));
            let Some(first) = first.and_then(BTreeSet::first).copied() else {
                continue;
            };
            assert!(
                !self.is_open(class) || taken <= first,
                "at {}: {taken:?} of {} is called before {first:?} of {class}",
                self.now,
                candidate.class
            );
        }
    }

    fn nobody_stands(&mut self) {
        let all: Vec<_> = self
            .ready
            .iter()
            .filter_map(|(of, places)| Some((*of, *places.first()?)))
            .collect();
        for ((campaign, class), first) in all {
            let mut reasons = self.reasons(campaign, class, first.2);
            reasons.retain(|reason| reason.kind.scope() > Scope::Contact);
            assert!(
                !reasons.is_empty(),
                "at {}: {first:?} of {class} in {campaign} may be called, and nothing calls it",
                self.now
            );
        }
    }

    fn is_open(&mut self, class: ClassId) -> bool {
        matches!(self.window(class), WindowStatus::Open { .. })
    }

    fn window(&mut self, class: ClassId) -> WindowStatus {
        let now = self.now;
        let holds = |status: &WindowStatus| match status {
            WindowStatus::Open { closes_at } => now < *closes_at,
            WindowStatus::Shut { until, .. } => matches!(until, Until::At(at) if now < *at),
        };
        if let Some(status) = self.windows.get(&class).filter(|status| holds(status)) {
            return status.clone();
        }
        let course = self.courses.values().next().unwrap();
        let ring = self.trunk.ring_timeout.as_secs();
        let zones = &self.classes[&class];
        let status = window::status(Rules::embedded(), &course.campaign, zones, ring, now);
        self.windows.insert(class, status.clone());
        status
    }

    /// Returns everything that prevents a call now.
    fn reasons(&mut self, campaign: CampaignId, class: ClassId, contact: i64) -> Vec<HoldReason> {
        let mut reasons = Vec::new();
        let mut hold = |kind, until| reasons.push(HoldReason { kind, until });
        let window = self.window(class);
        let course = &self.courses[&campaign];
        if let Some(gap) = self.rows[&contact].fate.gap.filter(|gap| self.now < *gap) {
            hold(HoldKind::MinGap(Duration::from_secs(1)), Until::At(gap));
        }
        if course.campaign.state != CampaignState::Running {
            hold(HoldKind::CampaignPaused, Until::Operator);
        }
        if let WindowStatus::Shut { kind, until } = window {
            hold(kind, until);
        }
        let used: u32 = self.courses.values().map(|course| course.in_flight).sum();
        if used >= self.deck_slots {
            hold(
                HoldKind::DeckConcurrent(used, self.deck_slots),
                Until::CallEnds,
            );
        }
        if used >= self.trunk.max_concurrent {
            let slots = self.trunk.max_concurrent;
            hold(HoldKind::TrunkConcurrent(used, slots), Until::CallEnds);
        }
        let pacing = &course.campaign.settings.pacing;
        if course.in_flight >= pacing.max_concurrent {
            let kind = HoldKind::CampaignConcurrent(course.in_flight, pacing.max_concurrent);
            hold(kind, Until::CallEnds);
        }
        let spacing = Duration::from_mins(1) / pacing.calls_per_minute;
        if let Some(next) = course.last.map(|last| last + spacing)
            && self.now < next
        {
            hold(HoldKind::Spacing, Until::At(next));
        }
        reasons
    }
}
