//! Figures and reasons that follow from a board. They are here, so that no screen computes its own.

use super::{EngineOwner, NextClaim};
use crate::board::{CallerIdBoard, CampaignBoard, Caps, Phase};
use crate::messages::hold_word;
use dialdeck_core::domain::{CallerIdState, Timestamp};
use dialdeck_core::policy::{HoldKind, LiveCalls, Scope};

/// The use of a campaign's caller IDs in the last hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallerIdSummary {
    /// Caller IDs of the campaign.
    pub all: u64,
    /// Of these, caller IDs that may be shown now.
    pub usable: u64,
    /// Calls that may still show them this hour.
    pub calls_left: u64,
    /// The hourly cap that all of them have; `None` if they differ or if there are none.
    pub per_hour: Option<u32>,
    /// When the first one that is full or rests is free again; `None` if none is.
    pub frees_at: Option<Timestamp>,
    /// Whether the provider has not confirmed some of them.
    pub some_unproven: bool,
}

impl CallerIdSummary {
    /// Returns the summary of these caller IDs.
    pub fn of(ids: &[CallerIdBoard]) -> Self {
        let caps = ids.iter().map(|id| id.per_hour[1]);
        let per_hour = caps.clone().min().filter(|low| caps.max() == Some(*low));
        Self {
            all: ids.len() as u64,
            usable: ids.iter().filter(|id| left(id) > 0).count() as u64,
            calls_left: ids.iter().map(|id| u64::from(left(id))).sum(),
            per_hour,
            frees_at: ids.iter().filter_map(|id| id.frees_at).min(),
            some_unproven: ids.iter().any(|id| !id.proven),
        }
    }
}

/// Returns the number of calls that a caller ID may still make this hour; 0 if it is not active or not
/// proven.
fn left(id: &CallerIdBoard) -> u32 {
    match id.state {
        CallerIdState::Active if id.proven => id.per_hour[1].saturating_sub(id.per_hour[0]),
        CallerIdState::Active | CallerIdState::Resting | CallerIdState::Retired => 0,
    }
}

/// What a start or a resumption of a campaign would do at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OnStart {
    /// No contact would be called before an operator acts, for this reason.
    Nobody(NextClaim),
    /// No contact may be called now.
    NoneReady,
    /// So many contacts would be called, as the pace allows.
    Calls(u64),
    /// So many contacts are ready, and none would be called yet, for this reason.
    Later(u64, NextClaim),
}

/// Why the next call of a campaign does not leave now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// No process runs the engine.
    NoEngine,
    /// The campaign was never started.
    NotStarted,
    /// An operator paused the campaign.
    Paused,
    /// The campaign is done or stopped.
    Over,
    /// An operator has to act: see the next claim and the remedies.
    Held,
    /// The contacts wait for their own time: see how many wait for what.
    Contacts,
    /// A cap or the trunk binds: see the next claim.
    Claim,
    /// No contact is left, and the last calls are up.
    LastCalls,
    /// Only the pace: see the next claim.
    Pace,
}

impl CampaignBoard {
    /// Returns why the next call does not leave now.
    pub fn binding(&self, engine: EngineOwner) -> Binding {
        if engine == EngineOwner::Nobody {
            return Binding::NoEngine;
        }
        let waits = if self.waits_for_contacts() {
            Binding::Contacts
        } else {
            Binding::Claim
        };
        match (self.phase, &self.next) {
            (Phase::Draft, _) => Binding::NotStarted,
            (Phase::Paused, _) => Binding::Paused,
            (Phase::Done | Phase::Stopped, _) => Binding::Over,
            (Phase::Held, _) => Binding::Held,
            (Phase::Waiting, _) => waits,
            (Phase::Running, NextClaim::NothingLeft) if self.in_flight > 0 => Binding::LastCalls,
            (Phase::Running, NextClaim::Hold(hold)) => match hold.principal() {
                Some(reason) if reason.kind != HoldKind::Spacing => waits,
                Some(_) | None => Binding::Pace,
            },
            (Phase::Running, NextClaim::NothingLeft | NextClaim::Dial | NextClaim::Refuse(_)) => {
                Binding::Pace
            }
        }
    }

    /// Returns the number of contacts that have reached their end.
    pub const fn ended(&self) -> u64 {
        self.done + self.suppressed + self.exhausted + self.expired + self.invalid + self.unknown
    }

    /// Returns the number of attempts that have ended.
    pub fn ended_attempts(&self) -> u64 {
        self.outcomes.values().sum()
    }

    /// Returns whether more of the live answers were abandoned, as the law counts them, than this percentage.
    pub const fn abandoned_above(&self, percent: u32) -> bool {
        let [abandoned, answered] = self.abandoned;
        let calls = LiveCalls {
            answered,
            abandoned,
        };
        calls.is_above(percent as u64)
    }

    /// Returns whether the next claim waits for the contacts' own time, not for a cap or an operator.
    fn waits_for_contacts(&self) -> bool {
        let reason = self.next.principal();
        reason.is_some_and(|reason| reason.kind.scope() <= Scope::Class)
    }

    /// Returns what limits the campaign in one or two words. Reasons of one kind have one text, so that their
    /// shares can be added.
    pub fn limit(&self, engine: EngineOwner) -> &'static str {
        if engine == EngineOwner::Nobody {
            return "no engine";
        }
        match (self.phase, &self.next) {
            (Phase::Draft, _) => "not started",
            (Phase::Paused, _) => "paused",
            (Phase::Done, _) => "done",
            (Phase::Stopped, _) => "stopped",
            (Phase::Running | Phase::Waiting | Phase::Held, NextClaim::NothingLeft) => {
                "nothing left"
            }
            (Phase::Running | Phase::Waiting | Phase::Held, NextClaim::Dial) => "calls leave",
            (Phase::Running | Phase::Waiting | Phase::Held, NextClaim::Refuse(_)) => "refusals",
            (Phase::Running | Phase::Waiting | Phase::Held, NextClaim::Hold(hold)) => hold
                .principal()
                .map_or("nothing", |reason| hold_word(&reason.kind)),
        }
    }

    /// Returns what a start or a resumption would do at once.
    pub fn on_start(&self) -> OnStart {
        let next = self.next.once_running();
        if next.needs_operator() {
            return OnStart::Nobody(next);
        }
        if self.ready == 0 {
            return OnStart::NoneReady;
        }
        let only_paced = match next.principal() {
            None => next == NextClaim::Dial,
            Some(reason) => reason.kind.only_paces(),
        };
        if only_paced {
            OnStart::Calls(self.ready)
        } else {
            OnStart::Later(self.ready, next)
        }
    }
}

impl Caps {
    /// Returns whether no further call has room among those at once.
    pub const fn is_full_at_once(self) -> bool {
        let [now, cap] = self.concurrent;
        now >= cap
    }

    /// Returns whether no further call has room in the last minute.
    pub const fn is_full_per_minute(self) -> bool {
        let [now, cap] = self.per_minute;
        now >= cap
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::board::Waiting;
    use dialdeck_core::domain::campaign::Pacing;
    use dialdeck_core::domain::{CampaignState, PhoneNumber, TrunkName};
    use dialdeck_core::policy::{Hold, Until};

    fn id(state: CallerIdState, proven: bool, per_hour: [u32; 2]) -> CallerIdBoard {
        CallerIdBoard {
            number: PhoneNumber::from_digits(16_465_550_100).unwrap(),
            pool: "main".to_owned(),
            trunk: TrunkName("sim".to_owned()),
            state,
            proven,
            per_hour,
            frees_at: None,
        }
    }

    #[test]
    fn a_caller_id_counts_as_usable_while_it_may_be_shown() {
        use CallerIdState::{Active, Resting, Retired};
        let ids = [
            id(Active, true, [12, 30]),
            id(Active, true, [30, 30]),
            id(Active, false, [0, 30]),
            id(Resting, true, [0, 30]),
            id(Retired, true, [0, 30]),
        ];
        let summary = CallerIdSummary::of(&ids);
        assert_eq!((summary.usable, summary.all), (1, 5));
        assert_eq!((summary.calls_left, summary.per_hour), (18, Some(30)));
        assert!(summary.some_unproven);
        let mixed = [id(Active, true, [0, 30]), id(Active, true, [0, 20])];
        assert_eq!(CallerIdSummary::of(&mixed).per_hour, None);
        assert_eq!(CallerIdSummary::of(&[]), CallerIdSummary::default());
    }

    fn board(phase: Phase, next: NextClaim) -> CampaignBoard {
        CampaignBoard {
            name: String::new(),
            state: CampaignState::Running,
            phase,
            next,
            remedies: Vec::new(),
            held_since: None,
            waiting_for_window: false,
            note: None,
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
            attempts: 0,
            outcomes: BTreeMap::new(),
            refusals: BTreeMap::new(),
            caps: Caps::default(),
            pacing: Pacing {
                calls_per_minute: 10,
                max_concurrent: 20,
                weight: 1,
            },
            abandoned: [0, 0],
            abandoned_since_release: [0, 0],
        }
    }

    #[test]
    fn the_reason_that_binds_follows_from_phase_and_claim() {
        let hold = |kind| NextClaim::Hold(Hold::single(kind, Until::CallEnds));
        let retry = || hold(HoldKind::RetryDue);
        let full = || hold(HoldKind::CampaignConcurrent(20, 20));
        let spaced = hold(HoldKind::Spacing);
        for (phase, next, binding, limit) in [
            (Phase::Draft, retry(), Binding::NotStarted, "not started"),
            (Phase::Paused, retry(), Binding::Paused, "paused"),
            (Phase::Done, NextClaim::NothingLeft, Binding::Over, "done"),
            (Phase::Waiting, retry(), Binding::Contacts, "retry times"),
            (Phase::Waiting, full(), Binding::Claim, "concurrent cap"),
            (Phase::Running, full(), Binding::Claim, "concurrent cap"),
            (Phase::Running, spaced, Binding::Pace, "spacing"),
            (
                Phase::Running,
                NextClaim::Dial,
                Binding::Pace,
                "calls leave",
            ),
        ] {
            let board = board(phase, next);
            let found = (
                board.binding(EngineOwner::Inside),
                board.limit(EngineOwner::Inside),
            );
            assert_eq!(found, (binding, limit), "{phase:?}");
            assert_eq!(board.binding(EngineOwner::Nobody), Binding::NoEngine);
            assert_eq!(board.limit(EngineOwner::Nobody), "no engine");
        }
        let mut last = board(Phase::Running, NextClaim::NothingLeft);
        assert_eq!(last.binding(EngineOwner::Inside), Binding::Pace);
        last.in_flight = 1;
        assert_eq!(last.binding(EngineOwner::Inside), Binding::LastCalls);
    }

    #[test]
    fn a_start_calls_who_is_ready_and_is_not_held() {
        let hold = |kind, until| NextClaim::Hold(Hold::single(kind, until));
        let mut draft = board(Phase::Draft, hold(HoldKind::CampaignDraft, Until::Operator));
        assert_eq!(draft.on_start(), OnStart::NoneReady);
        draft.ready = 3;
        assert_eq!(draft.on_start(), OnStart::Calls(3));
        draft.next = hold(HoldKind::Spacing, Until::CallEnds);
        assert_eq!(draft.on_start(), OnStart::Calls(3));
        draft.next = hold(HoldKind::CallerIdsFull, Until::CallEnds);
        let later = OnStart::Later(3, draft.next.clone());
        assert_eq!(draft.on_start(), later);
        draft.next = hold(HoldKind::NoZone, Until::Operator);
        assert_eq!(draft.on_start(), OnStart::Nobody(draft.next.clone()));
    }

    #[test]
    fn figures_are_sums_and_limits_of_the_board() {
        let mut board = board(Phase::Running, NextClaim::Dial);
        (board.done, board.exhausted, board.unknown, board.ready) = (4, 3, 1, 50);
        assert_eq!(board.ended(), 8);
        for (abandoned, above) in [([3, 100], false), ([4, 100], true), ([0, 0], false)] {
            board.abandoned = abandoned;
            assert_eq!(board.abandoned_above(3), above, "{abandoned:?}");
        }
        board.caps.concurrent = [19, 20];
        board.caps.per_minute = [20, 20];
        assert!(!board.caps.is_full_at_once());
        assert!(board.caps.is_full_per_minute());
    }
}
