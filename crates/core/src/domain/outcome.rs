//! How an attempt ended, whose fault that was and what follows: the one classification function.

mod causes;
mod kinds;
mod report;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::causes::{AGENT_LOST, LAPSED, NEVER_SENT, NO_AGENT_READY, NOTHING_RANG};
pub use self::causes::{
    denies_a_call, final_answer, is_block, is_decline, is_unsent, is_without_agent,
};
pub use self::kinds::{CalleeType, Outcome};
pub use self::report::{CallEnd, CallReport};

/// Whose fault an outcome was. It keeps "the carrier is down" and "the list is bad" apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// No fault: the call ended as calls do.
    None,
    /// The callee's choice or absence.
    Callee,
    /// The contact list: the number is bad.
    List,
    /// The caller ID, which was blocked on the way or refused.
    CallerId,
    /// The trunk's or its account's configuration, credentials or limits.
    Trunk,
    /// A network beyond the trunk.
    Network,
    /// The deck itself, its agents or its operators.
    Us,
    /// The fault cannot be determined.
    Unknown,
}

impl Fault {
    /// Returns the name used in the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Callee => "callee",
            Self::List => "list",
            Self::CallerId => "caller_id",
            Self::Trunk => "trunk",
            Self::Network => "network",
            Self::Us => "us",
            Self::Unknown => "unknown",
        }
    }
}

/// What an ended attempt shows about the callee, in addition to its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalleeFinding {
    /// It shows nothing about the callee.
    None,
    /// Busy everywhere (600). The callee is assumed to be still busy a quarter of an hour later.
    BusyEverywhere,
    /// Probably a bad number. Some carriers answer 404 for "no route", so it is tried once more.
    MaybeInvalid,
    /// A bad number for good (410, 484, 604).
    Invalid,
    /// As [`Self::Invalid`], and the callee has another number (301), which a person has to find.
    Moved,
    /// Declined (603): the campaign's `declined` action decides.
    Declined,
    /// Flagged as unwanted by a person (607, RFC 8197): do-not-call, never again.
    Unwanted,
    /// The trunk may not call the number (403), or is not set up for calls at all. One refusal alone does not
    /// show which.
    Forbidden,
    /// As [`Self::Forbidden`], and an earlier call of the campaign to the number was refused too. The number
    /// is the cause.
    ForbiddenAgain,
}

/// What an ended attempt shows about the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrunkFinding {
    /// It shows nothing, or that the trunk works.
    Fine,
    /// One point for the trunk's circuit breaker.
    Faulty,
    /// As [`Self::Faulty`], and the route did not answer at all. Five in a row rest the trunk, however far
    /// apart they are.
    Dead,
    /// Nothing shows that the route answered: the call's fate is unknown, or it ended without a final answer
    /// of the network and no ringing was seen. Five in a row rest the trunk, however far apart they are; a
    /// single one is no fault.
    Silent,
    /// The trunk asked for a pause of this length.
    Throttled(Duration),
    /// A configuration fault. Three in a row on different numbers pause the trunk.
    Misconfigured,
    /// Credentials or credit: the first one pauses the trunk.
    Refused,
    /// The provider does not know the trunk: the first one pauses it.
    Unknown,
    /// No agent came for the call. Three in a row rest the trunk.
    AgentMissing,
    /// The call's agent left. Three in a row rest the trunk.
    AgentLost,
}

/// What an ended attempt shows about the caller ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerIdFinding {
    /// It shows nothing about the caller ID.
    Fine,
    /// A network or an intermediary blocked the call on its way. The number is not shown to this callee again
    /// for a day, and rests if it was blocked for several callees.
    Blocked,
    /// The provider reports that the number does not belong to the account: it rests.
    NotOwned,
}

/// The full classification of a [`CallReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// How the attempt ended.
    pub outcome: Outcome,
    /// Whose fault the end was.
    pub fault: Fault,
    /// A short machine-readable cause, stable over releases.
    pub cause: &'static str,
    /// Whether the attempt uses up one of the contact's attempts. Any attempt that may have rung does.
    pub counts: bool,
    /// What follows for the callee.
    pub callee: CalleeFinding,
    /// What follows for the trunk.
    pub trunk: TrunkFinding,
    /// What follows for the caller ID.
    pub caller_id: CallerIdFinding,
}

impl Classification {
    /// Returns the classification for a number at which an earlier call of the campaign ended with this
    /// cause.
    #[must_use]
    pub fn repeated(self) -> Self {
        if self.callee != CalleeFinding::Forbidden {
            return self;
        }
        Self {
            callee: CalleeFinding::ForbiddenAgain,
            counts: true,
            ..self
        }
    }
}

/// How long a trunk rests after a 503 or 429 without `Retry-After`.
pub const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(30);

/// Texts that name a limit in a 403 or 5xx, compared in lower case.
const LIMIT_TEXTS: [&str; 5] = [
    "cps limit exceeded",
    "concurrent call limit exceeded",
    "channel limit exceeded",
    "rate limit",
    "too many",
];

/// Texts and vendor codes that show that a network, not a person, blocked a call with a 603.
const BLOCK_TEXTS: [&str; 4] = ["blocked", "32203", "fraud", "network"];

/// Returns the classification of a call's end: outcome, fault, cause and what follows.
///
/// The row of the table gives the outcome. A phone that is known to have rung makes the attempt count in
/// every row, because it was one more call to the callee. After a final answer of the network an attempt
/// counts unless nothing is known to have rung, because a phone may ring before any of them.
///
/// Source: RFC 3261 §21, RFC 3398 §7.2.4.1, RFC 5393 (440), RFC 8197 (607), RFC 8688 (608).
///
/// A 603 is a person's decline only if the phone rang. A carrier's block, such as Twilio's 32203, also
/// arrives as a plain `603 Decline`, without any ringing or in a burst. In a burst no other decline counts as
/// a person's either, a 607 included. Nor does one if the wait for other declines was cut short.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::outcome::{CallEnd, CallReport};
/// use dialdeck_core::domain::outcome::{Fault, Outcome, classify};
///
/// let report = |sip_code, rang| CallReport {
///     end: CallEnd::Rejected,
///     sip_code: Some(sip_code),
///     rang,
///     ..CallReport::default()
/// };
/// let busy = classify(&report(486, Some(false)));
/// assert_eq!((busy.outcome, busy.fault), (Outcome::Busy, Fault::Callee));
/// // Nothing rang, so a network declined the call.
/// assert_eq!(classify(&report(603, Some(false))).cause, "declined_unrung");
/// // The phone may have rung before the server failed.
/// assert!(classify(&report(503, None)).counts);
/// assert!(!classify(&report(503, Some(false))).counts);
/// ```
pub fn classify(report: &CallReport) -> Classification {
    let read = by_end(report);
    let rang = report.rang == Some(true);
    let may_have_rung = report.end == CallEnd::Rejected && report.rang.is_none();
    Classification {
        counts: read.counts || rang || may_have_rung,
        // A route over which a phone rang works.
        trunk: if rang && read.trunk == TrunkFinding::Silent {
            TrunkFinding::Fine
        } else {
            read.trunk
        },
        ..read
    }
}

fn by_end(report: &CallReport) -> Classification {
    match report.end {
        CallEnd::Completed => completed(report),
        CallEnd::Abandoned => simple(Outcome::Abandoned, Fault::Us, "no_agent"),
        CallEnd::CancelledByUs => simple(Outcome::Cancelled, Fault::Us, "cancelled"),
        CallEnd::RangOut => rang_out(),
        // The request never left. Five in a row are an outage, which would use up every contact.
        CallEnd::Lapsed => failure(Outcome::Expired, Fault::Us, LAPSED, TrunkFinding::Dead),
        CallEnd::Unresolved => silent(Outcome::Unknown, Fault::Unknown, "unresolved"),
        CallEnd::NeverSent => failure(
            Outcome::Cancelled,
            Fault::Us,
            NEVER_SENT,
            TrunkFinding::Dead,
        ),
        CallEnd::Rejected => rejected(report),
        CallEnd::Busy => simple(Outcome::Busy, Fault::Callee, "busy"),
        CallEnd::Failed => failed(report),
        CallEnd::RingUnseen if report.rang == Some(true) => rang_out(),
        CallEnd::RingUnseen => silent(Outcome::NetworkFailure, Fault::Unknown, "ring_unseen"),
        CallEnd::BadNumber => bad_number(CalleeFinding::Invalid, "refused_number"),
        CallEnd::CallerIdRefused => Classification {
            counts: false,
            caller_id: CallerIdFinding::NotOwned,
            ..blocked("caller_id_not_owned")
        },
        CallEnd::ProviderFailed => not_dialed("provider_failed", TrunkFinding::Faulty),
        CallEnd::Misconfigured => not_dialed("misconfigured", TrunkFinding::Misconfigured),
        CallEnd::AccountRefused => not_dialed("refused", TrunkFinding::Refused),
        CallEnd::NobodyRang => failure(
            Outcome::NetworkFailure,
            Fault::Trunk,
            NOTHING_RANG,
            TrunkFinding::Dead,
        ),
        CallEnd::TrunkUnknown => not_dialed("trunk_unknown", TrunkFinding::Unknown),
        CallEnd::CredentialsRefused => {
            not_dialed("trunk_credentials_refused", TrunkFinding::Refused)
        }
        CallEnd::NoAgent => not_dialed(NO_AGENT_READY, TrunkFinding::AgentMissing),
        CallEnd::AgentLost => Classification {
            counts: report.rang != Some(false),
            trunk: TrunkFinding::AgentLost,
            ..simple(Outcome::Cancelled, Fault::Us, AGENT_LOST)
        },
        CallEnd::LeftAlone => Classification {
            trunk: TrunkFinding::AgentLost,
            ..simple(Outcome::Abandoned, Fault::Us, AGENT_LOST)
        },
        CallEnd::Throttled => throttled(report),
    }
}

/// Returns the provider's own failure, before anything could ring.
fn not_dialed(cause: &'static str, trunk: TrunkFinding) -> Classification {
    failure(Outcome::ProviderError, Fault::Trunk, cause, trunk)
}

fn completed(report: &CallReport) -> Classification {
    let callee = report.callee_type.unwrap_or(CalleeType::Unknown);
    simple(Outcome::Answered(callee), Fault::None, "completed")
}

fn rang_out() -> Classification {
    simple(Outcome::NoAnswer, Fault::Callee, "ring_timeout")
}

/// Returns a failure after which the phone may have rung. A pause that the trunk asked for is kept.
fn failed(report: &CallReport) -> Classification {
    let read = silent(Outcome::NetworkFailure, Fault::Network, "failed");
    Classification {
        trunk: report
            .retry_after
            .map_or(read.trunk, TrunkFinding::Throttled),
        ..read
    }
}

/// Returns an end that counts, because it may have rung, but does not show that the route works.
fn silent(outcome: Outcome, fault: Fault, cause: &'static str) -> Classification {
    Classification {
        trunk: TrunkFinding::Silent,
        ..simple(outcome, fault, cause)
    }
}

fn simple(outcome: Outcome, fault: Fault, cause: &'static str) -> Classification {
    Classification {
        outcome,
        fault,
        cause,
        counts: true,
        callee: CalleeFinding::None,
        trunk: TrunkFinding::Fine,
        caller_id: CallerIdFinding::Fine,
    }
}

fn rejected(report: &CallReport) -> Classification {
    let text = report
        .reason
        .as_deref()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let names = |texts: &[&str]| texts.iter().any(|known| text.contains(known));
    let Some(code) = report.sip_code else {
        return not_dialed("no_sip_code", TrunkFinding::Faulty);
    };
    if (code == 403 || (500..600).contains(&code)) && names(&LIMIT_TEXTS) || code == 429 {
        return throttled(report);
    }
    match code {
        301 => bad_number(CalleeFinding::Moved, "number_changed"),
        410 => bad_number(CalleeFinding::Invalid, "gone"),
        484 | 485 => bad_number(CalleeFinding::Invalid, "incomplete"),
        604 => bad_number(CalleeFinding::Invalid, "no_such_number"),
        404 => bad_number(CalleeFinding::MaybeInvalid, "no_such_number"),
        408 => simple(Outcome::NoAnswer, Fault::Callee, "timeout"),
        480 => simple(Outcome::NoAnswer, Fault::Callee, "unreachable"),
        487 => simple(Outcome::NoAnswer, Fault::Callee, "terminated"),
        486 => simple(Outcome::Busy, Fault::Callee, "busy"),
        600 => Classification {
            callee: CalleeFinding::BusyEverywhere,
            ..simple(Outcome::Busy, Fault::Callee, "busy_everywhere")
        },
        603 if names(&BLOCK_TEXTS) => blocked("network_block"),
        _ if report.in_burst && is_decline(code) => networks_word("declined_in_burst"),
        603 if report.rang == Some(false) => networks_word("declined_unrung"),
        603 if report.rang.is_none() => unproven(),
        _ if report.cut_short && is_decline(code) => unproven(),
        603 => Classification {
            callee: CalleeFinding::Declined,
            ..simple(Outcome::Declined, Fault::Callee, "declined")
        },
        607 => Classification {
            callee: CalleeFinding::Unwanted,
            ..simple(Outcome::Declined, Fault::Callee, "unwanted")
        },
        608 => blocked("analytics_block"),
        401 | 402 | 407 | 440 => not_dialed("refused", TrunkFinding::Refused),
        403 => Classification {
            callee: CalleeFinding::Forbidden,
            ..not_dialed("forbidden", TrunkFinding::Misconfigured)
        },
        481..=483 | 491 => failure(
            Outcome::NetworkFailure,
            Fault::Network,
            "routing",
            TrunkFinding::Faulty,
        ),
        503 if report.retry_after.is_some() => throttled(report),
        500..=599 => failure(
            Outcome::NetworkFailure,
            Fault::Network,
            "server_failure",
            TrunkFinding::Faulty,
        ),
        605 | 601 | 602 | 609..=699 => simple(Outcome::Declined, Fault::Callee, "refused_globally"),
        _ => not_dialed("not_acceptable", TrunkFinding::Misconfigured),
    }
}

/// Returns a decline that may or may not be a person's. The callee is neither called again nor suppressed.
fn unproven() -> Classification {
    simple(Outcome::Declined, Fault::Unknown, "declined_unproven")
}

fn throttled(report: &CallReport) -> Classification {
    let pause = report.retry_after.unwrap_or(DEFAULT_RETRY_AFTER);
    failure(
        Outcome::Throttled,
        Fault::Trunk,
        "limit",
        TrunkFinding::Throttled(pause),
    )
}

fn failure(
    outcome: Outcome,
    fault: Fault,
    cause: &'static str,
    trunk: TrunkFinding,
) -> Classification {
    Classification {
        counts: false,
        trunk,
        ..simple(outcome, fault, cause)
    }
}

fn blocked(cause: &'static str) -> Classification {
    Classification {
        caller_id: CallerIdFinding::Blocked,
        ..simple(Outcome::ProviderError, Fault::CallerId, cause)
    }
}

/// Returns a decline that no person made. It is a block, and a point against the trunk, because every call of
/// the trunk may end this way.
fn networks_word(cause: &'static str) -> Classification {
    Classification {
        trunk: TrunkFinding::Faulty,
        ..blocked(cause)
    }
}

fn bad_number(callee: CalleeFinding, cause: &'static str) -> Classification {
    Classification {
        callee,
        ..simple(Outcome::InvalidNumber, Fault::List, cause)
    }
}
