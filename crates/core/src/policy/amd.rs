//! Person, machine or fax: classifies the callee from the sounds of the first four seconds.

use std::time::Duration;

use crate::domain::CalleeType;
use crate::domain::attempt::Speech;

/// The spans by which sounds are judged, all since the answer or of one utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// No speech for this long means a machine; default 3.5 s.
    pub silence: Duration,
    /// An utterance of this length is a recorded greeting, because a person says "hello"; default 2 s.
    pub greeting: Duration,
    /// Silence of this length after a short utterance means a person who waits for an answer; default 800 ms.
    pub after_greeting: Duration,
    /// Pauses up to this length do not end an utterance; default 250 ms.
    pub pause: Duration,
    /// How long the detector listens at all; default 4 s.
    pub listen: Duration,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            silence: Duration::from_millis(3500),
            greeting: Duration::from_secs(2),
            after_greeting: Duration::from_millis(800),
            pause: Duration::from_millis(250),
            listen: Duration::from_secs(4),
        }
    }
}

/// The state of the detection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmdStatus {
    /// The detector still listens.
    Processing,
    /// The detector has decided, for good.
    Decided(CalleeType),
}

/// Classifies one answered call from its sounds, in any order of their reports.
///
/// A fax tone is a fax and a beep a machine. Long silence and long greetings are machines, and a short
/// utterance followed by silence is a person. The first of these decides. If there is none before the
/// detector stops listening, the callee is unknown.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use dialdeck_core::domain::CalleeType;
/// use dialdeck_core::domain::attempt::Speech;
/// use dialdeck_core::policy::amd::{AmdStatus, Detector, Thresholds};
///
/// let mut detector = Detector::new(Thresholds::default());
/// detector.on(Speech::Started(Duration::from_millis(300)));
/// detector.on(Speech::Stopped(Duration::from_millis(900)));
/// let verdict = detector.verdict(Duration::from_millis(1700));
/// assert_eq!(verdict, AmdStatus::Decided(CalleeType::Human));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detector {
    thresholds: Thresholds,
    sounds: Vec<Speech>,
}

/// The maximum number of sounds kept for one call; four seconds of speech hold far fewer.
const MAX_SOUNDS: usize = 64;

impl Detector {
    /// Creates a detector without any sound.
    pub const fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            sounds: Vec::new(),
        }
    }

    /// Adds a sound; at most 64 are kept.
    pub fn on(&mut self, sound: Speech) {
        if self.sounds.len() < MAX_SOUNDS {
            let place = self
                .sounds
                .partition_point(|other| time(*other) <= time(sound));
            self.sounds.insert(place, sound);
        }
    }

    /// Returns the state when `elapsed` has passed since the answer.
    pub fn verdict(&self, elapsed: Duration) -> AmdStatus {
        let (at, callee) = self.decision();
        if at <= elapsed {
            AmdStatus::Decided(callee)
        } else {
            AmdStatus::Processing
        }
    }

    /// Returns the time since the answer at which the detector decides if no further sound is reported.
    pub fn decides_at(&self) -> Duration {
        self.decision().0
    }

    /// Returns the earliest of everything that decides.
    fn decision(&self) -> (Duration, CalleeType) {
        let mut first = (self.thresholds.listen, CalleeType::Unknown);
        let mut offer = |at: Duration, callee: CalleeType| {
            if at < first.0 {
                first = (at, callee);
            }
        };
        for sound in &self.sounds {
            match *sound {
                Speech::FaxTone(at) => offer(at, CalleeType::Fax),
                Speech::Beep(at) => offer(at, CalleeType::Voicemail),
                Speech::Started(_) | Speech::Stopped(_) => {}
            }
        }
        let utterances = self.utterances();
        if utterances
            .first()
            .is_none_or(|(start, _)| *start > self.thresholds.silence)
        {
            offer(self.thresholds.silence, CalleeType::Voicemail);
        }
        for (place, (start, stop)) in utterances.iter().enumerate() {
            let long = *start + self.thresholds.greeting;
            let Some(stop) = stop.filter(|stop| *stop < long) else {
                offer(long, CalleeType::Voicemail);
                continue;
            };
            let waited = stop + self.thresholds.after_greeting;
            let spoke_again = utterances
                .get(place + 1)
                .is_some_and(|(next, _)| *next < waited);
            if !spoke_again {
                offer(waited, CalleeType::Human);
            }
        }
        first
    }

    /// Returns the stretches of speech, short pauses bridged. An end of `None` means that speech continues.
    fn utterances(&self) -> Vec<(Duration, Option<Duration>)> {
        let mut all: Vec<(Duration, Option<Duration>)> = Vec::new();
        for sound in &self.sounds {
            match (*sound, all.last_mut()) {
                (Speech::Started(at), Some((_, stop @ Some(_))))
                    if stop.is_some_and(|stopped| at <= stopped + self.thresholds.pause) =>
                {
                    *stop = None;
                }
                (Speech::Started(_), Some((_, None))) => {}
                (Speech::Started(at), _) => all.push((at, None)),
                (Speech::Stopped(at), Some((_, stop @ None))) => *stop = Some(at),
                (Speech::Stopped(_) | Speech::Beep(_) | Speech::FaxTone(_), _) => {}
            }
        }
        all
    }
}

const fn time(sound: Speech) -> Duration {
    match sound {
        Speech::Started(at) | Speech::Stopped(at) | Speech::Beep(at) | Speech::FaxTone(at) => at,
    }
}

#[cfg(test)]
mod tests {
    use CalleeType::{Fax, Human, Unknown, Voicemail};
    use Speech::{Beep, FaxTone, Started, Stopped};

    use super::*;

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn detector(sounds: &[Speech]) -> Detector {
        let mut detector = Detector::new(Thresholds::default());
        for sound in sounds {
            detector.on(*sound);
        }
        detector
    }

    #[test]
    fn each_pattern_is_told_at_its_instant() {
        let hello = [Started(ms(300)), Stopped(ms(900))];
        for (sounds, at, callee) in [
            (&[][..], 3500, Voicemail),
            (&hello[..], 1700, Human),
            (&[Started(ms(400))], 2400, Voicemail),
            (&[Started(ms(400)), Stopped(ms(2399))], 3199, Human),
            (&[Started(ms(400)), Stopped(ms(2400))], 2400, Voicemail),
            // A pause between words does not end the greeting.
            (
                &[Started(ms(400)), Stopped(ms(1400)), Started(ms(1650))],
                2400,
                Voicemail,
            ),
            // Two short utterances: the wait begins again with the second.
            (
                &[
                    Started(ms(300)),
                    Stopped(ms(600)),
                    Started(ms(1300)),
                    Stopped(ms(1600)),
                ],
                2400,
                Human,
            ),
            (
                &[Started(ms(300)), Stopped(ms(700)), Beep(ms(900))],
                900,
                Voicemail,
            ),
            (&[FaxTone(ms(1100))], 1100, Fax),
            (&[Started(ms(3400))], 4000, Unknown),
            (&[Started(ms(3600))], 3500, Voicemail),
        ] {
            let detector = detector(sounds);
            assert_eq!(detector.decides_at(), ms(at), "{sounds:?}");
            assert_eq!(detector.verdict(ms(at - 1)), AmdStatus::Processing);
            assert_eq!(
                detector.verdict(ms(at)),
                AmdStatus::Decided(callee),
                "{sounds:?}"
            );
        }
    }

    #[test]
    fn the_order_of_reports_does_not_matter() {
        let sounds = [
            Started(ms(300)),
            Stopped(ms(700)),
            Started(ms(1000)),
            Beep(ms(3000)),
        ];
        let mut backwards = sounds;
        backwards.reverse();
        assert_eq!(detector(&sounds), detector(&backwards));
    }

    #[test]
    fn what_comes_after_the_decision_changes_nothing() {
        let mut detector = detector(&[Started(ms(300)), Stopped(ms(900))]);
        assert_eq!(detector.verdict(ms(1700)), AmdStatus::Decided(Human));
        detector.on(Beep(ms(2500)));
        detector.on(Started(ms(1700)));
        assert_eq!(detector.verdict(ms(4000)), AmdStatus::Decided(Human));
    }
}
