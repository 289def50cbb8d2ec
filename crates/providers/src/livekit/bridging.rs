//! Whether a person who answered was left without an agent.

use std::time::Duration;

use dialdeck_core::domain::{CalleeType, Timestamp};

/// How long after the callee's greeting an agent may take: 47 CFR 64.1200(a)(7).
const AGENT_DUE: Duration = Duration::from_secs(2);

/// What was reported about one answered call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bridging {
    /// The type of the callee, by the latest report.
    pub(super) callee: Option<CalleeType>,
    /// When the callee's greeting ended. With `None` the instant of the answer is used instead.
    pub(super) greeting_ended: Option<Timestamp>,
    /// When the callee was first connected to an agent.
    pub(super) bridged: Option<Timestamp>,
}

impl Bridging {
    /// Returns whether a person waited for an agent for more than two seconds.
    pub(super) fn is_abandoned(&self, answered: Timestamp, ended: Timestamp) -> bool {
        let due = self.greeting_ended.unwrap_or(answered).max(answered) + AGENT_DUE;
        self.callee == Some(CalleeType::Human) && self.bridged.unwrap_or(ended) > due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000 + millis)
    }

    #[test]
    fn two_seconds_after_the_greeting_an_agent_is_there() {
        use CalleeType::{Human, Unknown, Voicemail};
        // Callee type, greeting end, bridged, end of the call; the answer is at 0.
        let table = [
            (Some(Human), Some(3000), Some(5000), 60_000, false),
            (Some(Human), Some(3000), Some(5001), 60_000, true),
            (Some(Human), Some(3000), None, 60_000, true),
            (Some(Human), None, Some(2000), 60_000, false),
            (Some(Human), None, Some(2001), 60_000, true),
            (Some(Human), None, None, 60_000, true),
            // Hung up before the two seconds were over, so the callee was not kept waiting.
            (Some(Human), Some(3000), None, 5000, false),
            (Some(Human), None, None, 1500, false),
            // By a clock that is behind, the greeting ended before the answer.
            (Some(Human), Some(-4000), Some(1900), 60_000, false),
            (Some(Voicemail), Some(3000), None, 60_000, false),
            (Some(Unknown), None, None, 60_000, false),
            (None, None, None, 60_000, false),
        ];
        for (callee, greeting, bridged, ended, abandoned) in table {
            let reported = Bridging {
                callee,
                greeting_ended: greeting.map(at),
                bridged: bridged.map(at),
            };
            assert_eq!(
                reported.is_abandoned(at(0), at(ended)),
                abandoned,
                "{reported:?}"
            );
        }
    }
}
