//! When to claim next, and what to do with a call's events: a state machine without I/O.
//!
//! [`Dispatcher::on`] takes one event and the present instant, and returns effects in the order in which
//! they must be carried out. [`Dispatcher::next_wake`] returns when it needs an [`Event::Tick`] at the
//! latest. Early or repeated ticks do nothing.

mod block;
mod call;
mod call_alerts;
mod calls;
mod clock;
mod commands;
mod declines;
mod hold_alerts;
mod lane;
mod recovery;
mod registries;
mod trunks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dialdeck_core::domain::{AttemptId, CampaignId, CampaignState, Timestamp, TrunkName};
use dialdeck_core::policy::{Context, Scope, Until};
use dialdeck_core::rules::Rules;
use dialdeck_providers::ProviderEvent;
use dialdeck_store::{Candidate, Claimed, StoreError};

use super::{Effect, EngineSnapshot, Event, Job};
use block::Block;
use call::Calls;
use clock::ClockState;
use commands::Acknowledgement;
use lane::Lane;
use trunks::Trunk;

/// How often expired contacts are ended, at least, while other events arrive.
const EXPIRE_EVERY: Duration = Duration::from_hours(1);

/// The engine's state machine. A deck has one, and its engine owns it.
///
/// # Examples
/// On an empty deck the dispatcher has nothing to dial, and nothing happens by time alone:
///
/// ```
/// use dialdeck_core::domain::Timestamp;
/// use dialdeck_core::rules::Rules;
/// use dialdeck_engine::dispatcher::Dispatcher;
/// use dialdeck_engine::{EngineSnapshot, Event};
/// use dialdeck_store::StoreError;
///
/// let now: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// let mut dispatcher = Dispatcher::new(Rules::embedded());
/// dispatcher.on(Event::Snapshot(Box::new(EngineSnapshot::default())), now);
/// assert_eq!(dispatcher.calls_up(), 0);
/// assert!(dispatcher.at_rest());
///
/// dispatcher.on(Event::StoreFailed(StoreError::Busy("the disk is full".to_owned())), now);
/// assert!(matches!(dispatcher.unhealthy(), Some(StoreError::Busy(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent of each other: no two of them make a state"
)]
pub struct Dispatcher {
    rules: Arc<Rules>,
    lanes: BTreeMap<CampaignId, Lane>,
    trunks: BTreeMap<TrunkName, Trunk>,
    calls: Calls,
    wakes: BTreeSet<(Timestamp, AttemptId)>,
    /// Calls whose end their carrier has yet to confirm. Most of their attempts have ended.
    unclosed: BTreeMap<AttemptId, TrunkName>,
    /// Provider events that arrived before the first snapshot.
    early: Vec<(TrunkName, ProviderEvent)>,
    acknowledgements: Vec<Acknowledgement>,
    next_due: Option<Timestamp>,
    registries: registries::RegistryWatch,
    promoting: bool,
    expired_at: Option<Timestamp>,
    expiring: bool,
    draining: bool,
    displaced: Option<StoreError>,
    unhealthy: Option<StoreError>,
    clock_behind: Option<Timestamp>,
    clock: ClockState,
    /// The last hang-up request that was carried out.
    hung_up: u64,
    started: bool,
}

impl Dispatcher {
    /// Returns a dispatcher without any state. It waits for the first [`EngineSnapshot`] before it claims; the
    /// shell reads one at the start.
    pub fn new(rules: &Arc<Rules>) -> Self {
        Self {
            rules: Arc::clone(rules),
            lanes: BTreeMap::new(),
            trunks: BTreeMap::new(),
            calls: Calls::new(),
            wakes: BTreeSet::new(),
            unclosed: BTreeMap::new(),
            early: Vec::new(),
            acknowledgements: Vec::new(),
            next_due: None,
            registries: registries::RegistryWatch::default(),
            promoting: false,
            expired_at: None,
            expiring: false,
            draining: false,
            displaced: None,
            unhealthy: None,
            clock_behind: None,
            clock: ClockState::default(),
            hung_up: 0,
            started: false,
        }
    }

    /// Takes an event at `now`. Returns what to do, in order.
    pub fn on(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Snapshot(snapshot) => self.on_snapshot(*snapshot, now, &mut effects),
            Event::Refilled {
                campaign,
                class,
                candidates,
                complete,
            } => {
                if let Some(lane) = self.lanes.get_mut(&campaign) {
                    lane.refilled(class, &candidates, complete);
                }
            }
            Event::Promoted {
                candidates,
                next_due,
            } => {
                self.promoting = false;
                self.wait_until(next_due);
                self.on_promoted(&candidates, &mut effects);
            }
            Event::Claimed { candidate, result } => {
                self.on_claimed(candidate, result, now, &mut effects);
            }
            Event::Settled { attempt, settled } => {
                self.on_settled(attempt, settled, now, &mut effects);
            }
            Event::DoneChecked { campaign, done } => {
                if done && let Some(lane) = self.lanes.get_mut(&campaign) {
                    lane.campaign.state = CampaignState::Done;
                }
            }
            Event::Expired { more } => {
                self.expiring = false;
                self.expired_at = (!more).then_some(now);
                self.mark_maybe_done();
            }
            Event::Commanded { id, result } => self.on_commanded(id, result, &mut effects),
            Event::Provider(trunk, event) => self.on_provider(trunk, event, now, &mut effects),
            Event::Command(id, command) => {
                effects.push(Effect::Store(Job::Command(id, command)));
            }
            Event::Drain => self.drain(&mut effects),
            Event::Displaced(why) => self.on_displaced(why, now, &mut effects),
            Event::StoreFailed(why) => self.on_store_failed(why),
            Event::ClockJumped(seconds) => self.on_clock_jump(seconds, now, &mut effects),
            Event::ClockHeld => self.on_clock_held(),
            Event::ClockRestarted(set_by) => self.on_clock_restarted(set_by, &mut effects),
            Event::Tick => {}
        }
        self.check_calls(now, &mut effects);
        self.dispatch(now, &mut effects);
        self.acknowledge(&mut effects);
        effects
    }

    /// Returns the latest instant for the next tick; `None` if nothing happens by time alone.
    pub fn next_wake(&self) -> Option<Timestamp> {
        let call = self.wakes.first().map(|(at, _)| *at);
        if self.draining || self.unhealthy.is_some() || self.clock.held.is_some() {
            return call;
        }
        if let Some(last) = self.clock_behind {
            return [call, Some(last)].into_iter().flatten().min();
        }
        let lane = self.lanes.values().filter_map(Lane::next_wake).min();
        let runs = self.lanes.values().any(Lane::runs);
        let due = self.next_due.filter(|_| runs);
        [call, lane, due].into_iter().flatten().min()
    }

    /// Returns the number of calls in flight.
    pub fn calls_up(&self) -> usize {
        self.calls.len()
    }

    /// Returns whether nothing is in flight and no campaign can do anything more by time alone.
    pub fn at_rest(&self) -> bool {
        self.calls.is_empty()
            && self.lanes.values().all(|lane| lane.claiming.is_none())
            && self.next_wake().is_none()
    }

    /// Returns why no call is started any more if the deck's path leads to another file; `None` otherwise.
    pub const fn displaced(&self) -> Option<&StoreError> {
        self.displaced.as_ref()
    }

    /// Returns why nothing may be sent after the store failed; `None` if it did not.
    pub const fn unhealthy(&self) -> Option<&StoreError> {
        self.unhealthy.as_ref()
    }

    fn on_snapshot(&mut self, snapshot: EngineSnapshot, now: Timestamp, effects: &mut Vec<Effect>) {
        let EngineSnapshot {
            snapshot,
            suppressed,
            banned,
        } = snapshot;
        self.update_trunks(&snapshot, now, effects);
        let pass = self.lanes.values().map(|lane| lane.pass).min().unwrap_or(0);
        for counts in &snapshot.campaigns {
            let trunk = self.trunks.get(&counts.campaign.settings.trunk);
            let ring = trunk.map_or(0, |trunk| trunk.settings.ring_timeout.as_secs());
            self.lanes
                .entry(counts.campaign.id)
                .or_insert_with(|| Lane::new(counts, ring, pass))
                .update(counts, &snapshot.classes, &self.rules, now);
        }
        self.next_due = snapshot
            .campaigns
            .iter()
            .filter_map(|counts| counts.next_due)
            .min();
        self.registries.update(&snapshot.lists);
        if snapshot
            .campaigns
            .iter()
            .any(|counts| lane::is_overdue(counts, now))
        {
            // Contacts were added to a campaign whose time was over before.
            self.expired_at = None;
        }
        self.update_clock(&snapshot, now, effects);
        self.take_over(&snapshot.in_flight, &snapshot.pending_ends, now, effects);
        if !std::mem::replace(&mut self.started, true) {
            self.begin(snapshot.unclosed, now, effects);
        }
        for attempt in suppressed {
            self.hang_up_unless_connected(attempt, effects);
        }
        self.take_back(&banned, effects);
        self.take_back_unsent(effects);
        let wishes = snapshot.hang_ups;
        if wishes.is_open() && self.hung_up < wishes.requested {
            self.hung_up = wishes.requested;
            self.hang_up_all(effects);
            effects.push(Effect::Store(Job::HungUp(wishes.requested)));
        }
    }

    /// Keeps the first failure of the store, and that another engine has taken the deck over: that is the
    /// reason for whatever fails with it.
    fn on_store_failed(&mut self, error: StoreError) {
        if self.unhealthy.is_none() || matches!(error, StoreError::Superseded) {
            self.unhealthy = Some(error);
        }
    }

    fn on_promoted(&mut self, candidates: &[Candidate], effects: &mut Vec<Effect>) {
        let mut known = true;
        for candidate in candidates {
            if let Some(lane) = self.lanes.get_mut(&candidate.campaign) {
                known &= lane.put_back(candidate);
            }
        }
        if !known {
            effects.push(Effect::Store(Job::Refresh));
        }
    }

    fn on_claimed(
        &mut self,
        candidate: Candidate,
        result: Claimed,
        now: Timestamp,
        effects: &mut Vec<Effect>,
    ) {
        let Some(lane) = self.lanes.get_mut(&candidate.campaign) else {
            return;
        };
        lane.claiming = None;
        lane.maybe_done = true;
        match result {
            Claimed::Dial(attempt, order, briefing) => {
                lane.alerted = None;
                let order_and_briefing = (&*order, *briefing);
                self.place(&attempt, order_and_briefing, candidate.class, now, effects);
            }
            Claimed::Stale | Claimed::Refused(_) => {}
            Claimed::Held { hold, due } => match hold.scope {
                Scope::Contact => {
                    effects.extend(registries::registry_alert(lane, &hold, now));
                    self.wait_until(due);
                }
                Scope::Class => {
                    lane.put_back(&candidate);
                    lane.shut(candidate.class, &hold);
                }
                Scope::Campaign | Scope::Trunk | Scope::Deck => {
                    lane.put_back(&candidate);
                    // A slot may have come free between the claim and its answer, and a wait that is over
                    // does not block.
                    let over = matches!(hold.until, Until::At(at) if at <= now);
                    effects.extend(hold_alerts::hold_alert(lane, &hold, now));
                    lane.blocked = (!over).then(|| Block::of(&hold, now));
                }
            },
        }
    }

    /// Records that some contact becomes ready at `due`.
    fn wait_until(&mut self, due: Option<Timestamp>) {
        self.next_due = [self.next_due, due].into_iter().flatten().min();
    }

    /// Claims, refills, promotes and expires as far as nothing prevents it.
    fn dispatch(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if !self.started || self.draining || self.unhealthy.is_some() {
            return;
        }
        if self.clock_behind.is_some_and(|last| now < last) {
            return;
        }
        self.clock_behind = None;
        if self.clock.held.is_some() {
            // While the clock is not accepted, no window opens and no contact expires.
            return;
        }
        for lane in self.lanes.values_mut() {
            lane.tick(&self.rules, now);
        }
        self.alert_shut_classes(now, effects);
        self.sweep(now, effects);
        self.ask_for_numbers(now, effects);
        self.watch_registries(now, effects);
        for lane in self.lanes.values_mut() {
            while let Some((class, after, limit)) = lane.wants_refill() {
                let refill = Job::Refill(lane.campaign.id, class, after, limit);
                effects.push(Effect::Store(refill));
            }
        }
        self.claim(now, effects);
        for lane in self.lanes.values_mut() {
            if lane.runs() && lane.maybe_done && lane.idle() {
                lane.maybe_done = false;
                effects.push(Effect::Store(Job::CheckDone(lane.campaign.id)));
            }
        }
    }

    /// Makes one claim at a time per campaign. The campaign that has had the least of its share claims
    /// first.
    fn claim(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        let least = self
            .lanes
            .values()
            .filter(|lane| lane.wants_claim())
            .map(|lane| lane.pass);
        let Some(least) = least.min() else { return };
        for lane in self.lanes.values_mut() {
            // A lane without work must not save up its turns and crowd out the others later.
            lane.pass = lane.pass.max(least);
        }
        let mut turns: Vec<(u64, CampaignId)> = self
            .lanes
            .values()
            .filter(|lane| lane.wants_claim())
            .map(|lane| (lane.pass, lane.campaign.id))
            .collect();
        turns.sort_unstable();
        let mut busy: BTreeSet<TrunkName> = self
            .lanes
            .values()
            .filter(|lane| lane.claiming.is_some())
            .map(|lane| lane.campaign.settings.trunk.clone())
            .collect();
        for (_, campaign) in turns {
            let context = self.context(campaign, now);
            let Some(lane) = self.lanes.get_mut(&campaign) else {
                continue;
            };
            let name = &lane.campaign.settings.trunk;
            let probed = |trunk: &Trunk| trunk.breaker.awaits_probe(now);
            if !busy.insert(name.clone()) && self.trunks.get(name).is_some_and(probed) {
                // One campaign makes the probe of a resting trunk.
                continue;
            }
            if let Some(candidate) = lane.take() {
                effects.push(Effect::Store(Job::Claim(candidate, Box::new(context))));
            }
        }
    }

    fn context(&self, campaign: CampaignId, now: Timestamp) -> Context {
        let lane = self.lanes.get(&campaign);
        let trunk = lane.and_then(|lane| self.trunks.get(&lane.campaign.settings.trunk));
        Context {
            unhealthy: self.unhealthy.as_ref().map(StoreError::to_string),
            clock_behind: self.clock_behind,
            clock_held: self.clock.held,
            trunk_rests: trunk.and_then(|trunk| trunk.breaker.rest(now)),
            slow_until: trunk.and_then(|trunk| trunk.breaker.slow_until(now)),
            ramp_from: lane.and_then(|lane| lane.ramp_from),
        }
    }

    fn sweep(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        if !self.promoting && self.next_due.is_some_and(|due| due <= now) {
            self.promoting = true;
            self.next_due = None;
            effects.push(Effect::Store(Job::Promote));
        }
        let campaign_expired = self.lanes.values().any(|lane| {
            let expires = lane.campaign.settings.schedule.expires;
            lane.runs()
                && expires
                    .is_some_and(|at| at <= now && self.expired_at.is_none_or(|done| done < at))
        });
        let hour_over = self
            .expired_at
            .is_none_or(|done| now.since(done) >= EXPIRE_EVERY);
        if !self.expiring && (campaign_expired || hour_over) {
            self.expiring = true;
            effects.push(Effect::Store(Job::Expire));
        }
    }

    fn mark_maybe_done(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.maybe_done = true;
        }
    }
}
