//! What is heard of a call once it is over: its transcript may be a while behind, and opt-outs come last.

use std::time::Duration;

use super::BubblyPhone;
use super::api::Trouble;
use super::follow::jittered;
use crate::remote::Line;
use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

/// How often a transcript is asked for until it tells who picked up, and the pause between.
const FOR_THE_CALLEE: u32 = 3;
const PAUSE: Duration = Duration::from_secs(3);

/// Pauses before it is read again once the end was told: nothing tells when it is whole.
const AFTERWARDS: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_mins(1),
];

/// Listens to one call that is over.
pub(super) struct Hearing<'a> {
    pub(super) vendor: &'a BubblyPhone,
    pub(super) line: &'a Line,
    /// The vendor's id.
    pub(super) id: &'a str,
}

impl Hearing<'_> {
    /// Adds to a call's end what its transcript tells by then.
    pub(super) async fn at_the_end(&self, report: &mut CallReport) {
        for n in 1..=FOR_THE_CALLEE {
            if let Ok(Some(heard)) = self.vendor.heard(self.id).await {
                heard.add_to(report);
            }
            let known = report.callee_type.unwrap_or(CalleeType::Unknown);
            if known != CalleeType::Unknown || n == FOR_THE_CALLEE {
                return;
            }
            self.line.sleep(jittered(PAUSE, (self.id, n))).await;
        }
    }

    /// Reads on after the end. When the callee opts out in what was added, the end is told once more:
    /// of a late end, that alone counts.
    pub(super) async fn afterwards(&self, mut report: CallReport, at: Timestamp) {
        let mut trouble = None;
        for pause in AFTERWARDS {
            if report.opted_out {
                return;
            }
            self.line.sleep(pause).await;
            match self.vendor.heard(self.id).await {
                Ok(Some(heard)) if heard.opted_out => {
                    heard.add_to(&mut report);
                    return self.line.ended(report, at);
                }
                Ok(_) => trouble = None,
                Err(other) => trouble = Some(other),
            }
        }
        if let Some(trouble) = trouble {
            self.line
                .warn(UNREAD, unread(self.line.attempt(), &trouble));
        }
    }
}

/// The word of the warning that nobody could hear whether a callee opted out.
pub(super) const UNREAD: &str = "transcript_unread";

/// Its text.
pub(super) fn unread(attempt: AttemptId, trouble: &Trouble) -> String {
    format!(
        "attempt {attempt}: its transcript cannot be read ({trouble}), so whether the callee asked not \
         to be called again is not known; look at the call at the vendor's"
    )
}
