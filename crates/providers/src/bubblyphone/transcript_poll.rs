//! Reads the transcript after a call. It may appear late, and opt-outs may come last.

use std::time::Duration;

use super::BubblyPhone;
use super::api::Trouble;
use super::pause::jittered;
use crate::remote::Line;
use dialdeck_core::domain::{AttemptId, CallReport, CalleeType, Timestamp};

/// How often a transcript is requested until it shows the callee type, and the pause between.
const FOR_THE_CALLEE: u32 = 3;
const PAUSE: Duration = Duration::from_secs(3);

/// Pauses before each further reading after the reported end, because no field shows whether the transcript
/// is complete.
const AFTERWARDS: [Duration; 3] = [
    Duration::from_secs(10),
    Duration::from_secs(20),
    Duration::from_mins(1),
];

/// Reads the transcript of a call that has ended.
pub(super) struct TranscriptPoll<'a> {
    pub(super) vendor: &'a BubblyPhone,
    pub(super) line: &'a Line,
    /// The vendor's id of the call.
    pub(super) id: &'a str,
}

impl TranscriptPoll<'_> {
    /// Adds to a call's end what its transcript shows by then.
    pub(super) async fn at_the_end(&self, report: &mut CallReport) {
        for n in 1..=FOR_THE_CALLEE {
            if let Ok(Some(recognized)) = self.vendor.recognized(self.id).await {
                recognized.add_to(report);
            }
            let known = report.callee_type.unwrap_or(CalleeType::Unknown);
            if known != CalleeType::Unknown || n == FOR_THE_CALLEE {
                return;
            }
            self.line.sleep(jittered(PAUSE, (self.id, n))).await;
        }
    }

    /// Reads the transcript again after the end. If an addition holds an opt-out, the end is reported once
    /// more, because only the opt-out of a late end takes effect.
    pub(super) async fn afterwards(&self, mut report: CallReport, at: Timestamp) {
        let mut trouble = None;
        for pause in AFTERWARDS {
            if report.opted_out {
                return;
            }
            self.line.sleep(pause).await;
            match self.vendor.recognized(self.id).await {
                Ok(Some(recognized)) if recognized.opted_out => {
                    recognized.add_to(&mut report);
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

/// The code of the warning that it is unknown whether a callee opted out.
pub(super) const UNREAD: &str = "transcript_unread";

/// Returns the text of that warning.
pub(super) fn unread(attempt: AttemptId, trouble: &Trouble) -> String {
    format!(
        "attempt {attempt}: its transcript cannot be read ({trouble}), so whether the callee asked not \
         to be called again is not known; look at the call at the vendor's"
    )
}
