//! What is reported of a call: all or nothing, immediately or late, once or twice.

use std::time::Duration;

use dialdeck_core::domain::CallEventKind;

use super::draws::Draws;
use super::profile::Faults;
use super::script::Callee;

/// Longer than any ringing timeout.
pub(super) const FOR_EVER: Duration = Duration::from_hours(366 * 24);

/// The delay of a scripted duplicate report.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// How completely and how soon a call is reported.
#[derive(Default)]
pub(super) struct Reporting<'a> {
    /// Delays every report after the send.
    slow: Duration,
    /// When the provider considers the answer lost, counted from the invite.
    pub(super) lost: Option<Duration>,
    /// Events before this time after the invite are never reported, except for the send.
    reported_from: Duration,
    /// If set, every event is reported once more, this much later.
    again: Option<Duration>,
    /// Probabilities of faults of each single event.
    faults: Option<&'a Faults>,
}

impl<'a> Reporting<'a> {
    /// Draws how a call is reported.
    pub(super) fn by_chance(faults: &'a Faults, draws: &mut Draws) -> Self {
        let (slow, lost, tail) = (
            draws.chance(faults.slow_answer),
            draws.chance(faults.lost_answer),
            draws.chance(faults.lost_tail),
        );
        let (slow_by, lost_after) = (draws.span(&faults.slow), draws.span(&faults.lost));
        let reported_from = if tail { FOR_EVER } else { lost_after };
        Self {
            slow: if slow { slow_by } else { Duration::ZERO },
            lost: lost.then_some(lost_after),
            reported_from: if lost { reported_from } else { Duration::ZERO },
            again: None,
            faults: Some(faults),
        }
    }

    /// Returns how a script prescribes that its call is reported.
    pub(super) fn scripted(callee: &Callee) -> Self {
        match callee {
            Callee::Answers { .. }
            | Callee::Rejects { .. }
            | Callee::RingsForEver
            | Callee::NotSent => Self::default(),
            Callee::Silent => Self {
                reported_from: FOR_EVER,
                ..Self::default()
            },
            Callee::AnswerLost {
                after,
                then,
                reported,
            } => Self {
                lost: Some(*after),
                reported_from: if *reported { *after } else { FOR_EVER },
                ..Self::scripted(then)
            },
            Callee::Duplicates { then } => Self {
                again: Some(AGAIN_AFTER),
                ..Self::scripted(then)
            },
            Callee::Late { by, then } => Self {
                slow: *by,
                ..Self::scripted(then)
            },
        }
    }

    /// Returns the delays with which an event is reported, one per report; empty if it never is.
    pub(super) fn of(
        &self,
        after: Duration,
        kind: &CallEventKind,
        draws: &mut Draws,
    ) -> Vec<Duration> {
        let sent = matches!(kind, CallEventKind::Sent);
        if after < self.reported_from && !sent {
            return Vec::new();
        }
        let mut first = if sent { Duration::ZERO } else { self.slow };
        let mut again = self.again;
        if let Some(faults) = self.faults {
            let (late, twice) = (draws.chance(faults.late), draws.chance(faults.duplicate));
            if late && !sent {
                first += draws.span(&faults.lateness);
            }
            if twice {
                again = Some(draws.span(&faults.lateness));
            }
        }
        let mut delays = vec![first];
        delays.extend(again.map(|again| first + again));
        delays
    }
}
