//! The lines of a carrier's own log.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::DialRequest;
use dialdeck_core::domain::{AttemptId, CallReport, PhoneNumber, Timestamp, TrunkName};

/// The kind of event that a line records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LineKind {
    Invite,
    Ringing,
    Answer,
    End,
    Cancel,
}

/// One line of the log. The first five fields belong to the format; a restarted carrier needs the others to
/// continue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Line {
    pub(super) at: Timestamp,
    pub(super) event: LineKind,
    pub(super) attempt: AttemptId,
    pub(super) to: PhoneNumber,
    pub(super) from: PhoneNumber,
    pub(super) trunk: TrunkName,
    /// The final SIP status; set on `end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<u16>,
    /// The whole report; set on `end`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<CallReport>,
    /// The terms of the request; set on `invite`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) terms: Option<Terms>,
    /// Set when an attempt is placed a second time. Its phone rings already, so the second invite is refused
    /// with 482 (RFC 3261 §8.2.2.2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) merged: bool,
    /// Set on an `invite` that a limit or an outage refuses immediately.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) refused: bool,
}

impl Line {
    /// Returns the line of a request that leaves now.
    pub(super) fn invite(request: &DialRequest, now: Timestamp) -> Self {
        let terms = Terms::new(request.ring_timeout, request.max_call, request.human_agent);
        Self {
            at: now,
            event: LineKind::Invite,
            attempt: request.attempt,
            to: request.to,
            from: request.from,
            trunk: request.trunk.clone(),
            code: None,
            report: None,
            terms: Some(terms),
            merged: false,
            refused: false,
        }
    }

    /// Returns the `end` line of the call that this line concerns.
    pub(super) fn ended(&self, at: Timestamp, report: &CallReport) -> Self {
        Self {
            at,
            event: LineKind::End,
            code: report.sip_code,
            report: Some(report.clone()),
            terms: None,
            refused: false,
            ..self.clone()
        }
    }
}

/// The terms of a call that decide its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    ring_timeout_ms: u64,
    max_call_ms: u64,
    pub(super) human_agent: bool,
}

impl Terms {
    pub(super) fn new(ring_timeout: Duration, max_call: Duration, human_agent: bool) -> Self {
        let millis = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        Self {
            ring_timeout_ms: millis(ring_timeout),
            max_call_ms: millis(max_call),
            human_agent,
        }
    }

    pub(super) fn ring_timeout(self) -> Duration {
        Duration::from_millis(self.ring_timeout_ms)
    }

    pub(super) fn max_call(self) -> Duration {
        Duration::from_millis(self.max_call_ms)
    }
}
