//! The alerts with their texts: what happened, and what to do. Every alert of the program is made here.

use super::{Alert, AlertRaised};
use crate::domain::ids::{AttemptId, TrunkName};
use crate::domain::phone::PhoneNumber;
use crate::domain::suppression::{Area, ListKind};
use crate::domain::time::{ClockHeld, Timestamp};
use crate::domain::trunk::CallerIdState;

impl AlertRaised {
    /// Returns the alert that a campaign's claims are held for `why`, which ends with what to do. `reasons` are
    /// its codes.
    pub fn campaign_waits(campaign: &str, reasons: Vec<String>, why: &str) -> Self {
        Self {
            alert: Alert::CampaignWaits { reasons },
            text: format!("campaign {campaign} waits for an operator: {why}"),
        }
    }

    /// Returns the alert that contacts of a campaign wait for a registry; as [`Self::campaign_waits`].
    pub fn registry_missing(campaign: &str, reasons: Vec<String>, why: &str) -> Self {
        Self {
            alert: Alert::RegistryMissing { reasons },
            text: format!("campaign {campaign} has contacts that wait for a registry: {why}"),
        }
    }

    /// Returns the alert that some of a campaign's contacts wait for an operator.
    pub fn class_waits(campaign: &str, what: &str) -> Self {
        Self {
            alert: Alert::ClassWaits,
            text: format!("campaign {campaign}: {what}"),
        }
    }

    /// Returns the alert that a trunk rests for `why`, after a call that ended with `cause`. Without `until` an
    /// operator has to reset it.
    pub fn trunk_rests(
        trunk: &TrunkName,
        until: Option<Timestamp>,
        why: &str,
        cause: &str,
    ) -> Self {
        let until = until.map_or_else(
            || format!("until `dialdeck trunk reset {trunk}`"),
            |until| format!("until {until}"),
        );
        Self {
            text: format!("trunk {trunk} takes no calls {until}: {why}, last cause {cause}"),
            alert: Alert::TrunkRests {
                trunk: trunk.clone(),
            },
        }
    }

    /// Returns the alert that an operator let a trunk try again.
    pub fn trunk_reset(trunk: &TrunkName) -> Self {
        Self {
            text: format!("trunk {trunk} may try again"),
            alert: Alert::TrunkReset {
                trunk: trunk.clone(),
            },
        }
    }

    /// Returns the alert that a network declines a trunk's calls with this cause.
    pub fn calls_blocked(trunk: &TrunkName, cause: &str) -> Self {
        let cause = cause.replace('_', " ");
        Self {
            alert: Alert::CallsBlocked,
            text: format!(
                "trunk {trunk}: a network blocks calls ({cause}), no person declined them: no number \
                 goes on the do-not-call list for it; ask the carrier, and look at the caller IDs' \
                 reputation"
            ),
        }
    }

    /// Returns the alert that calls of unknown fate fill a trunk's slots; `what` says how many.
    pub fn calls_unknown(trunk: &TrunkName, what: &str) -> Self {
        Self {
            alert: Alert::CallsUnknown,
            text: format!("trunk {trunk}: {what}"),
        }
    }

    /// Returns the alert that the outcome of an attempt is not known.
    pub fn fate_unknown(trunk: &TrunkName, attempt: AttemptId) -> Self {
        Self {
            alert: Alert::FateUnknown,
            text: format!(
                "trunk {trunk}: the outcome of attempt {attempt} is not known. It counts, its slot is \
                 free, its contact is not called again until a person has looked: `dialdeck unknown`"
            ),
        }
    }

    /// Returns the alert that a campaign abandoned so many of its live answers, more than this percentage.
    pub fn abandonment_above_law(
        campaign: &str,
        abandoned: u64,
        answered: u64,
        percent: u64,
    ) -> Self {
        Self {
            alert: Alert::AbandonmentAboveLaw,
            text: format!(
                "campaign {campaign}: {abandoned} of {answered} live answers abandoned, the law allows \
                 {percent} % (47 CFR 64.1200(a)(7)): have more agents there, or lower the pace"
            ),
        }
    }

    /// Returns the alert that a provider could not list the numbers of its account.
    pub fn numbers_unknown(trunk: &TrunkName, why: &str) -> Self {
        Self {
            alert: Alert::NumbersUnknown,
            text: format!("trunk {trunk}: {why}"),
        }
    }

    /// Returns the alert that a registry's data are so many days old in an area, and in `more` others.
    pub fn registry_ages(list: &ListKind, days: u64, area: Area, more: usize) -> Self {
        let more = match more {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        Self {
            alert: Alert::RegistryAges,
            text: format!(
                "{list} is {days} days old in {area}{more}: load newer data before contacts there are \
                 held"
            ),
        }
    }

    /// Returns the alert that the clock is behind the log's last entry.
    pub fn clock_behind(now: Timestamp, last: Timestamp) -> Self {
        let (now, last) = (now.to_the_second(), last.to_the_second());
        Self {
            alert: Alert::ClockBehind,
            text: format!(
                "the clock says {now}, the log's last entry is of {last}: nothing is dialed until then. \
                 The clock was set back, or the deck ran on a simulated one: that takes --speed; if the \
                 machine's clock is right, `dialdeck clock accept`"
            ),
        }
    }

    /// Returns the alert that the clock jumped.
    pub fn clock_jumped(held: ClockHeld) -> Self {
        Self {
            alert: Alert::ClockJumped,
            text: format!(
                "the machine's clock jumped {held}: nothing is dialed until `dialdeck clock accept`"
            ),
        }
    }

    /// Returns the alert that the deck's path leads to another file.
    pub fn deck_displaced(why: &str) -> Self {
        Self {
            alert: Alert::DeckDisplaced,
            text: format!("{why}: nothing more is dialed"),
        }
    }

    /// Returns the alert that the deck file has changed; `what` says what holds at once and what does not.
    pub fn deck_file_changed(what: &str) -> Self {
        Self {
            alert: Alert::DeckFileChanged,
            text: what.to_owned(),
        }
    }

    /// Returns the alert that another process has kept the store busy for so many seconds.
    pub fn store_is_busy(seconds: u64) -> Self {
        Self {
            alert: Alert::StoreBusy { until: None },
            text: format!(
                "another process holds the write lock of the deck's store for more than {seconds} s: \
                 nothing is dialed and nothing recorded until it is free; end that process (`fuser` \
                 names it)"
            ),
        }
    }

    /// Returns the alert that another process kept the store busy for so many seconds, until then.
    pub fn store_was_busy(seconds: u64, until: Timestamp) -> Self {
        Self {
            alert: Alert::StoreBusy { until: Some(until) },
            text: format!(
                "another process held the write lock of the deck's store for {seconds} s: nothing was \
                 dialed meanwhile"
            ),
        }
    }

    /// Returns the alert that a part of the program failed.
    pub fn program_failed(what: &str) -> Self {
        Self {
            alert: Alert::ProgramFailed,
            text: what.to_owned(),
        }
    }

    /// Returns the alert that an operator asked for every call to be hung up.
    pub fn hang_up_all(actor: &str, reason: &str) -> Self {
        Self {
            text: format!("{actor} asked for every call to be hung up: {reason}"),
            alert: Alert::HangUpAll {
                reason: reason.to_owned(),
            },
        }
    }

    /// Returns the alert that a caller ID rests, because calls that showed it were blocked, or else because
    /// the account does not own it.
    pub fn caller_id_rests(caller_id: PhoneNumber, until: Timestamp, is_blocked: bool) -> Self {
        let (why, what) = if is_blocked {
            (
                "calls to several callees were blocked",
                "look at its reputation",
            )
        } else {
            (
                "its provider says that it is not ours",
                "look at the account",
            )
        };
        Self {
            text: format!(
                "caller ID {caller_id} rests, {why}: until {}; {what}",
                until.to_the_second()
            ),
            alert: Alert::CallerIdRested {
                caller_id,
                until: Some(until),
            },
        }
    }

    /// Returns the alert that a trunk's provider does not list a caller ID.
    pub fn caller_id_not_owned(trunk: &TrunkName, caller_id: PhoneNumber) -> Self {
        Self {
            alert: Alert::CallerIdNotOwned { caller_id },
            text: format!(
                "trunk {trunk} says that caller ID {caller_id} is not ours: it is not shown until the \
                 provider lists it"
            ),
        }
    }

    /// Returns the alert that an operator set the state of a caller ID.
    pub fn caller_id_set(caller_id: PhoneNumber, state: CallerIdState) -> Self {
        let until = None;
        let (alert, word) = match state {
            CallerIdState::Active => (Alert::CallerIdActive { caller_id }, "is in use again"),
            CallerIdState::Resting => (Alert::CallerIdRested { caller_id, until }, "rests"),
            CallerIdState::Retired => (Alert::CallerIdRetired { caller_id }, "is retired"),
        };
        Self {
            alert,
            text: format!("caller ID {caller_id} {word}"),
        }
    }

    /// Returns what is shown in the place of an alert whose entry cannot be read. It is never written.
    pub fn unreadable(seq: i64, why: &str) -> Self {
        Self {
            alert: Alert::Provider {
                code: "unreadable".to_owned(),
            },
            text: format!("entry {seq} of the log: {why}"),
        }
    }

    /// Returns a provider's warning about its trunk.
    pub fn provider(trunk: &TrunkName, code: &str, text: &str) -> Self {
        Self {
            alert: Alert::Provider {
                code: code.to_owned(),
            },
            text: format!("trunk {trunk}: {text}"),
        }
    }
}
