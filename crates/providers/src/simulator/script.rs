//! Scripted callees: numbers that behave exactly as a test or a scenario file prescribes.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use dialdeck_core::domain::CalleeType;
use dialdeck_core::domain::attempt::Speech;

/// What happens when a scripted number is called. Times are exact; ringing starts at the invite.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Callee {
    /// Answers after ringing.
    Answers {
        /// How long it rings before the answer. If that reaches the ringing timeout, the call rings out.
        #[serde(deserialize_with = "seconds")]
        ring: Duration,
        /// How long the call lasts after the answer, at most its maximum.
        #[serde(deserialize_with = "seconds")]
        talk: Duration,
        /// The type of callee that answers.
        #[serde(rename = "as")]
        who: CalleeType,
        /// The sounds after the answer; by default those that fit `as`.
        #[serde(default, deserialize_with = "sounds")]
        speech: Option<Vec<Speech>>,
        /// Whether the carrier's detector reports the callee type; default true.
        #[serde(default = "yes")]
        detected: bool,
        /// Whether no agent joins although the request asks for one; default false.
        #[serde(default)]
        agent_absent: bool,
    },
    /// Fails with a final SIP response.
    Rejects {
        /// The SIP status, 300 to 699.
        code: u16,
        /// The carrier's text; default none.
        #[serde(default)]
        reason: Option<String>,
        /// The `Retry-After` of the response; default none.
        #[serde(default, deserialize_with = "maybe_seconds")]
        retry_after: Option<Duration>,
        /// The delay of the response after the invite; default 0 s.
        #[serde(default, deserialize_with = "seconds")]
        after: Duration,
        /// Whether it rings until the response; default false.
        #[serde(default)]
        rings: bool,
    },
    /// Rings until the ringing timeout ends the call.
    RingsForEver,
    /// The carrier reports nothing after the request has left. The call rings until the ringing timeout, and
    /// only a look-up finds it.
    Silent,
    /// The answer to the request is lost. The phone behaves like `then` regardless.
    AnswerLost {
        /// When the provider stops waiting for the answer; default 5 s.
        #[serde(default = "five_seconds", deserialize_with = "seconds")]
        after: Duration,
        /// What the phone does. Events before `after` are never reported.
        then: Box<Callee>,
        /// Whether events from `after` on are reported. Default false: only a look-up finds them.
        #[serde(default)]
        reported: bool,
    },
    /// The request never leaves, and the provider knows it.
    NotSent,
    /// Like `then`, with every event reported a second time two seconds later.
    Duplicates {
        /// What the phone does.
        then: Box<Callee>,
    },
    /// Like `then`, with every event after the send reported late.
    Late {
        /// The delay of every report.
        #[serde(deserialize_with = "seconds")]
        by: Duration,
        /// What the phone does.
        then: Box<Callee>,
    },
}

impl Callee {
    /// Returns a person who answers after `ring` and talks for `talk`, with an agent present.
    pub fn person(ring: Duration, talk: Duration) -> Self {
        Self::answers(CalleeType::Human, ring, talk)
    }

    /// Returns a callee of type `who` that answers after `ring` and stays for `talk`.
    pub fn answers(who: CalleeType, ring: Duration, talk: Duration) -> Self {
        Self::Answers {
            ring,
            talk,
            who,
            speech: None,
            detected: true,
            agent_absent: false,
        }
    }

    /// Returns a callee that sends a final response immediately, without a text.
    pub fn rejects(code: u16) -> Self {
        Self::Rejects {
            code,
            reason: None,
            retry_after: None,
            after: Duration::ZERO,
            rings: false,
        }
    }
}

/// The behaviours of one number, call by call. The last one repeats without end.
///
/// Calls are counted by their `invite` lines, so a restarted carrier continues at the right entry.
///
/// # Examples
///
/// ```
/// use dialdeck_providers::simulator::{Callee, Script};
///
/// // Busy at the first call; later calls ring until the timeout.
/// let script = Script::in_order([Callee::rejects(486), Callee::RingsForEver]);
/// assert_ne!(script, Script::always(Callee::RingsForEver));
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Script(Vec<Callee>);

impl Script {
    /// Returns a script with one behaviour for every call.
    pub fn always(callee: Callee) -> Self {
        Self(vec![callee])
    }

    /// Returns a script with one behaviour per call; the last one repeats.
    pub fn in_order(callees: impl IntoIterator<Item = Callee>) -> Self {
        Self(callees.into_iter().collect())
    }

    /// Returns the behaviour of the call with index `nth`, from 0, or `None` if the script is empty.
    pub(super) fn at(&self, nth: u32) -> Option<&Callee> {
        let nth = usize::try_from(nth).unwrap_or(usize::MAX);
        self.0.get(nth).or(self.0.last())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn yes() -> bool {
    true
}

fn five_seconds() -> Duration {
    Duration::from_secs(5)
}

/// Reads a duration in seconds, whole or with a fraction. Errors if it is negative or not finite.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        serde::de::Error::custom(format!("`{seconds}` is not a number of seconds from 0 up"))
    })
}

fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    seconds(deserializer).map(Some)
}

/// Reads sounds such as `[{ started = 0.4 }, { stopped = 1.2 }]`, in seconds since the answer.
fn sounds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<Speech>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Sound {
        #[serde(deserialize_with = "seconds")]
        Started(Duration),
        #[serde(deserialize_with = "seconds")]
        Stopped(Duration),
        #[serde(deserialize_with = "seconds")]
        Beep(Duration),
        #[serde(deserialize_with = "seconds")]
        FaxTone(Duration),
    }
    let sounds = Vec::<Sound>::deserialize(deserializer)?;
    Ok(Some(
        sounds
            .into_iter()
            .map(|sound| match sound {
                Sound::Started(at) => Speech::Started(at),
                Sound::Stopped(at) => Speech::Stopped(at),
                Sound::Beep(at) => Speech::Beep(at),
                Sound::FaxTone(at) => Speech::FaxTone(at),
            })
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_behaviour_repeats() {
        let script = Script::in_order([Callee::rejects(486), Callee::RingsForEver]);
        assert_eq!(script.at(0), Some(&Callee::rejects(486)));
        assert_eq!(script.at(1), Some(&Callee::RingsForEver));
        assert_eq!(script.at(9), Some(&Callee::RingsForEver));
    }
}
