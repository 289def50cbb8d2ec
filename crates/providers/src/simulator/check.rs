//! Validation of profiles. An invalid profile is refused with the key at fault.

use super::profile::{Profile, ProfileError};

impl Profile {
    /// Errors if a value is out of its range.
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        self.check_weights()?;
        self.check_spans()?;
        let shares = [
            ("bridge.agent_absent", self.bridge.agent_absent),
            ("bridge.detector", self.bridge.detector),
            ("faults.slow_answer", self.faults.slow_answer),
            ("faults.lost_answer", self.faults.lost_answer),
            ("faults.lost_tail", self.faults.lost_tail),
            ("faults.late", self.faults.late),
            ("faults.duplicate", self.faults.duplicate),
        ];
        for (key, share) in shares {
            sound(key, (0.0..=1.0).contains(&share), "a share is 0 to 1")?;
        }
        for outage in &self.outages {
            sound(
                "outages",
                outage.is_sound(),
                "name `from` and `until`, or `every` and `lasts` with `lasts` below `every`",
            )?;
        }
        for (number, script) in &self.callees {
            let key = format!("callees.\"{number}\"");
            sound(&key, !script.is_empty(), "name at least one behaviour")?;
        }
        Ok(())
    }

    fn check_weights(&self) -> Result<(), ProfileError> {
        let codes = &self.codes;
        let lists = [
            ("codes.busy", &codes.busy),
            ("codes.no_answer", &codes.no_answer),
            ("codes.declined", &codes.declined),
            ("codes.bad_number", &codes.bad_number),
            ("codes.blocked", &codes.blocked),
            ("codes.network_failure", &codes.network_failure),
        ];
        for (key, list) in lists {
            let weights: Vec<f64> = list.iter().map(|(_, weight)| *weight).collect();
            sound(key, are_weights(&weights), WEIGHTS)?;
            let statuses = list.iter().all(|(code, _)| (300..700).contains(code));
            sound(key, statuses, "a failing SIP status is 300 to 699")?;
        }
        let answers: Vec<f64> = self.answers.weights().map(|(_, weight)| weight).to_vec();
        sound("answers", are_weights(&answers), WEIGHTS)?;
        sound("hours.human", are_weights(&self.hours.human), WEIGHTS)
    }

    fn check_spans(&self) -> Result<(), ProfileError> {
        let spans = [
            ("setup.span", self.setup.span),
            ("ring.human", self.ring.human),
            ("ring.voicemail", self.ring.voicemail),
            ("ring.fax", self.ring.fax),
            ("ring.declined", self.ring.declined),
            ("ring.no_answer", self.ring.no_answer),
            ("talk.human", self.talk.human),
            ("talk.voicemail", self.talk.voicemail),
            ("talk.fax", self.talk.fax),
            ("talk.silence", self.talk.silence),
            ("faults.slow", self.faults.slow),
            ("faults.lost", self.faults.lost),
            ("faults.lateness", self.faults.lateness),
        ];
        for (key, span) in spans {
            let ordered = 0.0 <= span.min
                && span.min <= span.mode
                && span.mode <= span.max
                && span.max <= LONGEST_SPAN;
            sound(key, ordered, "0 ≤ min ≤ mode ≤ max ≤ 86400 seconds")?;
        }
        Ok(())
    }
}

/// The longest ring or call, in seconds: one day.
const LONGEST_SPAN: f64 = 86_400.0;

const WEIGHTS: &str = "weights are numbers from 0 up, at least one of them above 0";

fn are_weights(weights: &[f64]) -> bool {
    weights
        .iter()
        .all(|weight| weight.is_finite() && *weight >= 0.0)
        && weights.iter().any(|weight| *weight > 0.0)
}

fn sound(key: &str, holds: bool, why: &str) -> Result<(), ProfileError> {
    if holds {
        return Ok(());
    }
    Err(ProfileError::Value {
        key: key.to_owned(),
        why: why.to_owned(),
    })
}
