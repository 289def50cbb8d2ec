//! What the screen and the reports show: an immutable value folded from a store snapshot and `now`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::alerts::OpenAlert;
pub use super::campaign_board::{CampaignBoard, Caps, Phase, Waiting};
use super::next_claim::{self, NextClaim};
use super::reading::{Reading, WindowCache, readings};
use super::{alerts, messages, stuck};
use dialdeck_core::domain::{
    Attempt, AttemptState, CallerIdState, CampaignState, ContactState, PhoneNumber, Timestamp,
    TrunkName, WaitReason, WindowClass,
};
use dialdeck_core::policy::window::WindowStatus;
use dialdeck_core::policy::{CallerIdUse, LiveCalls, Until};
use dialdeck_core::rules::Rules;
use dialdeck_store::{CampaignCounts, Reads, Snapshot, StoreError};

/// A deck at one instant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Board {
    /// The instant that the board shows.
    pub now: Timestamp,
    /// Sequence number of the last log entry that it includes.
    pub head: i64,
    /// The campaigns, in order of their ids.
    pub campaigns: Vec<CampaignBoard>,
    /// Zone sets with their contacts, in order of campaign and zones.
    pub zones: Vec<ZoneBoard>,
    /// Caller IDs with their use in the last hour.
    pub caller_ids: Vec<CallerIdBoard>,
    /// Trunks with the use of their caps.
    pub trunks: Vec<TrunkBoard>,
    /// Calls in flight, oldest first.
    pub calls: Vec<CallBoard>,
    /// Open alerts, newest first.
    pub alerts: Vec<OpenAlert>,
}

/// Contacts of one campaign that share a set of zones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ZoneBoard {
    /// The campaign's name, as in its file.
    pub campaign: String,
    /// Zone names; empty if no zone is known.
    pub zones: Vec<String>,
    /// Contacts that have not reached their end.
    pub to_call: u64,
    /// Of these, contacts whose window is open.
    pub open: u64,
    /// When an open class closes or the first shut class opens; `None` if time alone changes nothing.
    pub changes_at: Option<Timestamp>,
}

/// A caller ID with its use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallerIdBoard {
    /// The number that callees see.
    pub number: PhoneNumber,
    /// The pool that the number belongs to.
    pub pool: String,
    /// The trunk that may show the number.
    pub trunk: TrunkName,
    /// Whether it is active, resting or retired.
    pub state: CallerIdState,
    /// Whether its provider confirmed within 24 h that the account owns the number. A trunk whose provider
    /// cannot list numbers needs no proof. An unproven number is not shown to callees.
    pub proven: bool,
    /// Sends in the last 60 minutes, and the cap.
    pub per_hour: [u32; 2],
    /// When the next send is possible; `None` unless it is at its cap or rests after a block.
    pub frees_at: Option<Timestamp>,
}

/// A trunk with its use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrunkBoard {
    /// The name in the deck file.
    pub name: TrunkName,
    /// Use of the trunk's caps.
    pub caps: Caps,
    /// Attempts of its campaigns whose agent did not come or left, and all attempts of its campaigns.
    pub without_agent: [u64; 2],
}

/// A call in flight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallBoard {
    /// The id of the attempt.
    pub attempt: dialdeck_core::domain::AttemptId,
    /// The campaign's name, as in its file.
    pub campaign: String,
    /// The callee's number, in E.164 form.
    pub number: PhoneNumber,
    /// The number shown to the callee.
    pub caller_id: PhoneNumber,
    /// How far the attempt has come.
    pub state: AttemptState,
    /// When the attempt was reserved, UTC.
    pub since: Timestamp,
}

impl Board {
    /// Returns the board of a deck that has not been read yet.
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

    /// Returns the board of a snapshot at `now`.
    ///
    /// Whether a ready contact waits for its window follows from its class and `now`. Why no call leaves
    /// follows from the facts of the next contacts, which are read from the store.
    ///
    /// # Errors
    /// Errors if the store cannot be read.
    pub fn fold<S: Reads>(
        store: &mut S,
        snapshot: &Snapshot,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let readings = readings(snapshot, rules, now, &mut WindowCache::new());
        let next = next_claim::of_campaigns(store, snapshot, &readings, now)?;
        Ok(Self::of(snapshot, &readings, next, now))
    }

    /// Returns the board of a snapshot whose windows were read at `now`. `next` holds what the next claim
    /// of each campaign gets, in the order of `readings`.
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
            NextClaim::Hold(hold) => messages::remedies(hold, &campaign.settings),
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

/// Returns abandoned calls and live answers.
const fn of_live(calls: LiveCalls) -> [u64; 2] {
    [calls.abandoned, calls.answered]
}

/// Returns the number of contacts with an attempt in flight.
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
    /// Returns a caller ID with its use at `now`. An active caller ID that rests after a block is shown as
    /// resting.
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
