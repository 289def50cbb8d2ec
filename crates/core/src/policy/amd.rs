//! Person, machine or fax: what picked up, judged from the sounds of the first four seconds.

use std::time::Duration;

use crate::domain::CalleeType;
use crate::domain::attempt::Speech;

/// The spans by which sounds are judged, all since the answer or of one utterance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// Nobody speaks for this long: a machine. Default 3.5 s.
    pub silence: Duration,
    /// An utterance this long is a recorded greeting; a person says "hello". Default 2 s.
    pub greeting: Duration,
    /// Silence after a short utterance: a person waits for an answer. Default 800 ms.
    pub after_greeting: Duration,
    /// Pauses up to this long do not end an utterance. Default 250 ms.
    pub pause: Duration,
    /// How long is listened at all. Default 4 s.
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

/// Where the judgement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmdStatus {
    /// Still listening.
    Processing,
    /// Decided, for good.
    Decided(CalleeType),
}

/// Judges one answered call from its sounds, in whatever order they are reported.
///
/// A fax tone is a fax and a beep a machine. Long silence and long greetings are machines; a short
/// utterance followed by silence is a person. Whichever of these comes first decides; if none has
/// when the listening ends, the callee is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detector {
    thresholds: Thresholds,
    sounds: Vec<Speech>,
}

/// Sounds kept for one call; four seconds of speech hold far fewer.
const MAX_SOUNDS: usize = 64;

impl Detector {
    /// A detector that has heard nothing yet.
    pub const fn new(thresholds: Thresholds) -> Self {
        Self {
            thresholds,
            sounds: Vec::new(),
        }
    }

    /// A sound.
    pub fn on(&mut self, sound: Speech) {
        if self.sounds.len() < MAX_SOUNDS {
            let place = self
                .sounds
                .partition_point(|other| time(*other) <= time(sound));
            self.sounds.insert(place, sound);
        }
    }

    /// The judgement when `elapsed` has passed since the answer.
    pub fn verdict(&self, elapsed: Duration) -> AmdStatus {
        let (at, callee) = self.decision();
        if at <= elapsed {
            AmdStatus::Decided(callee)
        } else {
            AmdStatus::Processing
        }
    }

    /// When, since the answer, the judgement falls if no further sound comes.
    pub fn decides_at(&self) -> Duration {
        self.decision().0
    }

    /// The earliest of everything that decides.
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

    /// Stretches of speech, short pauses bridged; an end of `None`: still speaking.
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
