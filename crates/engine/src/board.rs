//! The immutable picture the screen and the reports show: a pure fold of a store snapshot and `now`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::next_claim::{self, NextClaim};
use super::reading::{Known, Reading, readings};
use super::{alerts, stuck, words};
use dialdeck_core::domain::campaign::Pacing;
use dialdeck_core::domain::{
    Attempt, AttemptState, CallerIdState, CampaignState, ContactState, Outcome, PhoneNumber,
    Timestamp, TrunkName, WaitReason, WindowClass,
};
use dialdeck_core::policy::window::WindowStatus;
use dialdeck_core::policy::{CallerIdUse, LiveCalls, Load, Scope, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Snapshot, Store, StoreError};

/// A deck at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    /// The instant it shows.
    pub now: Timestamp,
    /// Place of the last event it includes.
    pub head: i64,
    /// Campaigns, by id.
    pub campaigns: Vec<CampaignBoard>,
    /// Zone sets with their contacts, by campaign and zones.
    pub zones: Vec<ZoneBoard>,
    /// Caller IDs with their use.
    pub caller_ids: Vec<CallerIdBoard>,
    /// Trunks with their use.
    pub trunks: Vec<TrunkBoard>,
    /// Calls in flight, oldest first.
    pub calls: Vec<CallBoard>,
    /// The last alerts, newest first: the log lines as they are.
    pub alerts: Vec<serde_json::Value>,
}

/// A campaign's numbers. The ten states add up to `total` (D16).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CampaignBoard {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: CampaignState,
    /// The same as an operator sees it.
    pub phase: Phase,
    /// What its next claim gets: why no call leaves.
    pub next: NextClaim,
    /// What ends a hold that waits for an operator, or for calls of unknown fate.
    pub remedies: Vec<String>,
    /// Since when it is held, as far as an alert that is still open says so.
    pub held_since: Option<Timestamp>,
    /// Running, but every contact still to call waits for its window.
    pub waiting_for_window: bool,
    /// Why it is paused.
    pub note: Option<String>,
    /// Contacts.
    pub total: u64,
    /// Reached.
    pub done: u64,
    /// An attempt holds a slot.
    pub in_flight: u64,
    /// May be called now.
    pub ready: u64,
    /// Waiting, by what for.
    pub waiting: Waiting,
    /// On a list, opted out or without consent.
    pub suppressed: u64,
    /// Attempts used up.
    pub exhausted: u64,
    /// Out of time.
    pub expired: u64,
    /// Not dialable.
    pub invalid: u64,
    /// Fate of the last attempt unknown.
    pub unknown: u64,
    /// Attempts made.
    pub attempts: u64,
    /// Ended attempts by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Contacts finished without being reached, by reason.
    pub refusals: BTreeMap<String, u64>,
    /// Use of its caps.
    pub caps: Caps,
    /// Live pace and weight.
    pub pacing: Pacing,
    /// Abandoned calls and live answers as the law counts them: of the campaign while it is shorter
    /// than 30 days, else of the last 30.
    pub abandoned: [u64; 2],
    /// The same since the brake was last released.
    pub abandoned_since_release: [u64; 2],
}

/// A campaign's state as an operator sees it: one that runs may have to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Never started.
    Draft,
    /// Calls leave as its pace allows.
    Running,
    /// It runs, and no call leaves before an instant that comes by itself.
    Waiting,
    /// It runs, and no call leaves before an operator acts.
    Held,
    /// Held by an operator.
    Paused,
    /// Every contact has reached its end.
    Done,
    /// Ended for good.
    Stopped,
}

impl Phase {
    /// The name used in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Held => "HELD",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    fn of(state: CampaignState, next: &NextClaim, in_flight: u64) -> Self {
        match state {
            CampaignState::Draft => Self::Draft,
            CampaignState::Paused => Self::Paused,
            CampaignState::Done => Self::Done,
            CampaignState::Stopped => Self::Stopped,
            CampaignState::Running if next.needs_operator() => Self::Held,
            CampaignState::Running => match next.principal() {
                None => Self::Running,
                Some(reason) if reason.kind.only_paces() => Self::Running,
                // The last calls are up while the next contacts wait for their own time.
                Some(reason) if reason.kind.scope() <= Scope::Class && in_flight > 0 => {
                    Self::Running
                }
                Some(_) => Self::Waiting,
            },
        }
    }
}

/// What waiting contacts wait for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// For their window.
    pub window: u64,
    /// For their next attempt's time.
    pub retry: u64,
    /// For a rolling cap or gap.
    pub cap: u64,
}

/// Use of caps as `[now, cap]`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Caps {
    /// Calls in flight.
    pub concurrent: [u32; 2],
    /// Sends in the last 60 s.
    pub per_minute: [u32; 2],
}

impl From<Load> for Caps {
    fn from(load: Load) -> Self {
        Self {
            concurrent: [load.in_flight, load.max_concurrent],
            per_minute: [load.sent_last_minute, load.calls_per_minute],
        }
    }
}

/// Contacts of one campaign that share a set of zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ZoneBoard {
    /// The campaign.
    pub campaign: String,
    /// The zones; empty when none is known.
    pub zones: Vec<String>,
    /// Contacts still to call.
    pub to_call: u64,
    /// Of these, contacts that may be called now.
    pub open: u64,
    /// When an open class closes or the first shut one opens; `None`: not by time alone.
    pub changes_at: Option<Timestamp>,
}

/// A caller ID.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallerIdBoard {
    /// The number.
    pub number: PhoneNumber,
    /// Its pool.
    pub pool: String,
    /// Its trunk.
    pub trunk: TrunkName,
    /// Whether it may be shown.
    pub state: CallerIdState,
    /// Whether its provider has said within 24 h that it is ours, where it can; else it is not shown.
    pub proven: bool,
    /// Sends in the last 60 minutes and the cap.
    pub per_hour: [u32; 2],
    /// When the next send is possible, when full or resting after a block.
    pub frees_at: Option<Timestamp>,
}

/// A trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrunkBoard {
    /// Its name.
    pub name: TrunkName,
    /// Use of its caps.
    pub caps: Caps,
    /// Attempts of its campaigns whose agent did not come or went away, and all of them.
    pub without_agent: [u64; 2],
}

/// A call in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallBoard {
    /// The attempt.
    pub attempt: dialdeck_core::domain::AttemptId,
    /// The campaign's name.
    pub campaign: String,
    /// The callee.
    pub number: PhoneNumber,
    /// The number shown.
    pub caller_id: PhoneNumber,
    /// Where it stands.
    pub state: AttemptState,
    /// When it was reserved.
    pub since: Timestamp,
}

impl Board {
    /// A deck of which nothing is known yet.
    pub const fn empty(now: Timestamp) -> Self {
        Self {
            now,
            head: 0,
            campaigns: Vec::new(),
            zones: Vec::new(),
            caller_ids: Vec::new(),
            trunks: Vec::new(),
            calls: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// Folds a snapshot: whether a ready contact waits for its window follows from its class and `now`,
    /// why no call leaves from the facts of the next contacts, for which the store is asked.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn fold<S: Store>(
        store: &mut S,
        snapshot: &Snapshot,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let readings = readings(snapshot, rules, now, &mut Known::new());
        let next = next_claim::of_campaigns(store, snapshot, &readings, now)?;
        Ok(Self::of(snapshot, &readings, next, now))
    }

    /// Folds a snapshot whose windows have been read at `now`; `next`: what each campaign's next claim
    /// gets.
    pub fn of(
        snapshot: &Snapshot,
        readings: &[Reading<'_>],
        next: Vec<NextClaim>,
        now: Timestamp,
    ) -> Self {
        let mut zones = BTreeMap::new();
        let mut campaigns: Vec<CampaignBoard> = readings
            .iter()
            .zip(next)
            .map(|(reading, next)| {
                fold_zones(reading, snapshot, &mut zones);
                let mut board = fold_campaign(reading, next);
                stuck::explain(&mut board, &reading.counts.campaign, snapshot);
                board
            })
            .collect();
        let alerts = alerts::open(snapshot, &mut campaigns, now);
        Self {
            now,
            head: snapshot.head,
            campaigns,
            zones: zones.into_values().collect(),
            caller_ids: snapshot
                .caller_ids
                .iter()
                .map(|usage| CallerIdBoard::of(usage, snapshot, now))
                .collect(),
            trunks: snapshot
                .trunks
                .iter()
                .map(|(trunk, load)| TrunkBoard {
                    name: trunk.name.clone(),
                    caps: (*load).into(),
                    without_agent: without_agent(&trunk.name, snapshot),
                })
                .collect(),
            calls: snapshot
                .in_flight
                .iter()
                .map(|attempt| call(attempt, snapshot))
                .collect(),
            alerts,
        }
    }
}

fn without_agent(trunk: &TrunkName, snapshot: &Snapshot) -> [u64; 2] {
    let mine = snapshot
        .campaigns
        .iter()
        .filter(|counts| counts.campaign.settings.trunk == *trunk);
    mine.fold([0, 0], |[without, all], counts| {
        [without + counts.without_agent, all + counts.attempts]
    })
}

fn fold_campaign(reading: &Reading<'_>, next: NextClaim) -> CampaignBoard {
    let counts = reading.counts;
    let campaign = &counts.campaign;
    let mut board = CampaignBoard {
        name: campaign.name().to_owned(),
        state: campaign.state,
        phase: Phase::of(campaign.state, &next, in_flight(counts)),
        remedies: match &next {
            NextClaim::Hold(hold) => words::remedies(hold, &campaign.settings),
            NextClaim::NothingLeft | NextClaim::Dial | NextClaim::Refuse(_) => Vec::new(),
        },
        next,
        held_since: None,
        waiting_for_window: false,
        note: campaign.pause_note.clone(),
        total: 0,
        done: 0,
        in_flight: 0,
        ready: 0,
        waiting: Waiting::default(),
        suppressed: 0,
        exhausted: 0,
        expired: 0,
        invalid: 0,
        unknown: 0,
        attempts: counts.attempts,
        outcomes: counts.outcomes.clone(),
        refusals: counts.refusals.clone(),
        caps: counts.load.into(),
        pacing: campaign.settings.pacing,
        abandoned: of_live(counts.abandonment.law),
        abandoned_since_release: of_live(counts.abandonment.brake),
    };
    for ((class, state), count) in &counts.contacts {
        board.total += count;
        *match state {
            ContactState::Ready if reading.is_open(*class) => &mut board.ready,
            ContactState::Ready => &mut board.waiting.window,
            ContactState::Waiting(WaitReason::Retry) => &mut board.waiting.retry,
            ContactState::Waiting(WaitReason::Cap) => &mut board.waiting.cap,
            ContactState::InFlight => &mut board.in_flight,
            ContactState::Done => &mut board.done,
            ContactState::Exhausted => &mut board.exhausted,
            ContactState::Suppressed => &mut board.suppressed,
            ContactState::Expired => &mut board.expired,
            ContactState::Invalid => &mut board.invalid,
            ContactState::Unknown => &mut board.unknown,
        } += count;
    }
    let waiting = board.waiting;
    board.waiting_for_window = campaign.state == CampaignState::Running
        && board.ready + board.in_flight + waiting.retry + waiting.cap == 0
        && waiting.window > 0;
    board
}

/// Abandoned calls and live answers.
const fn of_live(calls: LiveCalls) -> [u64; 2] {
    [calls.abandoned, calls.answered]
}

/// Contacts that are being called.
fn in_flight(counts: &CampaignCounts) -> u64 {
    let contacts = counts.contacts.iter();
    contacts
        .filter(|((_, state), _)| *state == ContactState::InFlight)
        .map(|(_, count)| count)
        .sum()
}

fn fold_zones(
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    into: &mut BTreeMap<(i64, Vec<String>), ZoneBoard>,
) {
    let counts = reading.counts;
    for ((class, state), count) in &counts.contacts {
        if state.is_final() || *count == 0 {
            continue;
        }
        let Some(WindowClass { zones, .. }) = snapshot.classes.get(class) else {
            continue;
        };
        let entry = into
            .entry((counts.campaign.id.0, zones.clone()))
            .or_insert_with(|| ZoneBoard {
                campaign: counts.campaign.name().to_owned(),
                zones: zones.clone(),
                to_call: 0,
                open: 0,
                changes_at: None,
            });
        entry.to_call += count;
        if reading.is_open(*class) {
            entry.open += count;
        }
        let change = match reading.windows.get(class) {
            Some(WindowStatus::Open { closes_at }) => Some(*closes_at),
            Some(WindowStatus::Shut {
                until: Until::At(at),
                ..
            }) => Some(*at),
            Some(WindowStatus::Shut {
                until: Until::CallEnds | Until::Operator,
                ..
            })
            | None => None,
        };
        entry.changes_at = match (entry.changes_at, change) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

impl CallerIdBoard {
    /// A caller ID with its use at `now`; one that rests after a block shows as resting.
    pub fn of(usage: &CallerIdUse, snapshot: &Snapshot, now: Timestamp) -> Self {
        let rests = usage.caller_id.rests(now);
        let state = match usage.caller_id.state {
            CallerIdState::Active if rests.is_some() => CallerIdState::Resting,
            state @ (CallerIdState::Active | CallerIdState::Resting | CallerIdState::Retired) => {
                state
            }
        };
        Self {
            number: usage.caller_id.number,
            pool: usage.caller_id.pool.clone(),
            trunk: usage.caller_id.trunk.clone(),
            state,
            proven: snapshot.is_proven(&usage.caller_id, now),
            per_hour: [usage.sent_last_hour, usage.cap],
            frees_at: usage.hour_frees_at.max(rests),
        }
    }
}

fn call(attempt: &Attempt, snapshot: &Snapshot) -> CallBoard {
    let campaign = snapshot
        .campaigns
        .iter()
        .find(|counts| counts.campaign.id == attempt.campaign);
    CallBoard {
        attempt: attempt.id,
        campaign: campaign.map_or_else(String::new, |counts| counts.campaign.name().to_owned()),
        number: attempt.number,
        caller_id: attempt.caller_id,
        state: attempt.state,
        since: attempt.reserved_at,
    }
}
