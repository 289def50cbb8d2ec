//! Scripted callees: numbers that behave exactly as a test or a scenario file says.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use dialdeck_core::domain::CalleeType;
use dialdeck_core::domain::attempt::Speech;

/// What happens when a scripted number is called. Times are exact; ringing starts at the invite.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Callee {
    /// Picks up.
    Answers {
        /// How long it rings first; at the ringing timeout the carrier gives up instead.
        #[serde(deserialize_with = "seconds")]
        ring: Duration,
        /// How long the call lasts once answered, unless its maximum ends it.
        #[serde(deserialize_with = "seconds")]
        talk: Duration,
        /// Who or what picks up.
        #[serde(rename = "as")]
        who: CalleeType,
        /// The sounds after the answer; by default those that fit `as`.
        #[serde(default, deserialize_with = "sounds")]
        speech: Option<Vec<Speech>>,
        /// Whether the carrier's own detector tells what picked up; default true.
        #[serde(default = "yes")]
        detected: bool,
        /// Whether no agent joins when the request asks for one; default false.
        #[serde(default)]
        agent_absent: bool,
    },
    /// Fails with a final SIP response.
    Rejects {
        /// The SIP status, 300 to 699.
        code: u16,
        /// The carrier's text.
        #[serde(default)]
        reason: Option<String>,
        /// `Retry-After`.
        #[serde(default, deserialize_with = "maybe_seconds")]
        retry_after: Option<Duration>,
        /// How long after the invite; default at once.
        #[serde(default, deserialize_with = "seconds")]
        after: Duration,
        /// Whether it rings until then; default false.
        #[serde(default)]
        rings: bool,
    },
    /// Rings, and nobody picks up: the ringing timeout ends it.
    RingsForEver,
    /// The carrier says nothing after the request has left: it rings out unseen until a
    /// look-up finds it.
    Silent,
    /// The answer to the request is lost; the phone behaves like `then` all the same.
    AnswerLost {
        /// When the provider gives up waiting for the answer; default 5 s.
        #[serde(default = "five_seconds", deserialize_with = "seconds")]
        after: Duration,
        /// What the phone does meanwhile. What happens before `after` is never told.
        then: Box<Callee>,
        /// Whether what happens later is told; default false: not until a look-up finds it.
        #[serde(default)]
        told: bool,
    },
    /// The request never leaves, and the provider knows it.
    NotSent,
    /// Like `then`, with everything told a second time, two seconds later.
    Duplicates {
        /// What happens.
        then: Box<Callee>,
    },
    /// Like `then`, with everything after the send told late.
    Late {
        /// By how much.
        #[serde(deserialize_with = "seconds")]
        by: Duration,
        /// What happens.
        then: Box<Callee>,
    },
}

impl Callee {
    /// A person who picks up after `ring` and talks for `talk`, with an agent there.
    pub fn person(ring: Duration, talk: Duration) -> Self {
        Self::answers(CalleeType::Human, ring, talk)
    }

    /// Anything that picks up after `ring` and stays for `talk`.
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

    /// A final response at once, without text.
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

/// The behaviours of one number, call by call; the last one repeats for ever.
///
/// Calls are counted by their `invite` lines, so a restarted carrier goes on in the right place.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Script(Vec<Callee>);

impl Script {
    /// The same behaviour for ever.
    pub fn always(callee: Callee) -> Self {
        Self(vec![callee])
    }

    /// One behaviour per call.
    pub fn in_order(callees: impl IntoIterator<Item = Callee>) -> Self {
        Self(callees.into_iter().collect())
    }

    /// The behaviour of the call with this place, from 0; `None` when the script is empty.
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

/// Reads a duration written as seconds, whole or with a fraction.
pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    Duration::try_from_secs_f64(seconds).map_err(|_| {
        serde::de::Error::custom(format!("`{seconds}` is not a number of seconds from 0 up"))
    })
}

fn maybe_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    seconds(deserializer).map(Some)
}

/// Reads sounds as `[{ started = 0.4 }, { stopped = 1.2 }]`, in seconds since the answer.
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
