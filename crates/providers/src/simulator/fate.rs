//! The behaviour of the callee in one call, by chance or as scripted.

use std::time::Duration;

use dialdeck_core::domain::attempt::Speech;
use dialdeck_core::domain::{CallReport, CalleeType};

use super::dice::Dice;
use super::ledger::UpCall;
use super::profile::{Kind, Profile, Span, Weighted};
use super::script::Callee;
use super::telling::FOR_EVER;

/// What the callee does, on its own schedule.
pub(super) enum Fate {
    Answers {
        setup: Duration,
        ring: Duration,
        talk: Duration,
        who: CalleeType,
        speech: Vec<Speech>,
        detected: bool,
        agent_absent: bool,
    },
    Rejects {
        setup: Duration,
        ring: Option<Duration>,
        report: CallReport,
    },
}

/// Draws the behaviour of the callee of a call.
pub(super) fn by_chance(profile: &Profile, call: &UpCall, dice: &mut Dice) -> Fate {
    let hour = (call.invited.as_millis() / 3_600_000).rem_euclid(24);
    let factor = usize::try_from(hour).map_or(1.0, |hour| profile.hours.human[hour]);
    let weights = profile.answers.weights().map(|(kind, weight)| match kind {
        Kind::Human => (kind, weight * factor),
        Kind::Voicemail
        | Kind::Fax
        | Kind::Silence
        | Kind::Busy
        | Kind::NoAnswer
        | Kind::Declined
        | Kind::BadNumber
        | Kind::Blocked
        | Kind::NetworkFailure => (kind, weight),
    });
    let setup = dice.span(&profile.setup.span);
    let (ring, talk, codes) = (&profile.ring, &profile.talk, &profile.codes);
    // If only `human` has a weight and its factor for this hour is zero, no choice remains.
    match dice.pick(&weights).unwrap_or(Kind::NoAnswer) {
        Kind::Human => {
            let times = (setup, dice.span(&ring.human), dice.span(&talk.human));
            answers(profile, dice, CalleeType::Human, times)
        }
        Kind::Voicemail => {
            let times = (
                setup,
                dice.span(&ring.voicemail),
                dice.span(&talk.voicemail),
            );
            answers(profile, dice, CalleeType::Voicemail, times)
        }
        Kind::Fax => {
            let times = (setup, dice.span(&ring.fax), dice.span(&talk.fax));
            answers(profile, dice, CalleeType::Fax, times)
        }
        Kind::Silence => {
            let times = (setup, dice.span(&ring.human), dice.span(&talk.silence));
            answers(profile, dice, CalleeType::Unknown, times)
        }
        Kind::Busy => rejects(dice, setup, None, &codes.busy),
        Kind::NoAnswer => rejects(dice, setup, Some(&ring.no_answer), &codes.no_answer),
        Kind::Declined => rejects(dice, setup, Some(&ring.declined), &codes.declined),
        Kind::BadNumber => rejects(dice, setup, None, &codes.bad_number),
        Kind::Blocked => rejects(dice, setup, None, &codes.blocked),
        Kind::NetworkFailure => rejects(dice, setup, None, &codes.network_failure),
    }
}

fn answers(
    profile: &Profile,
    dice: &mut Dice,
    who: CalleeType,
    (setup, ring, talk): (Duration, Duration, Duration),
) -> Fate {
    Fate::Answers {
        setup,
        ring,
        talk,
        who,
        speech: sounds_of(who, dice),
        detected: dice.chance(profile.bridge.detector),
        agent_absent: dice.chance(profile.bridge.agent_absent),
    }
}

fn rejects(dice: &mut Dice, setup: Duration, ring: Option<&Span>, codes: &Weighted) -> Fate {
    Fate::Rejects {
        setup,
        ring: ring.map(|span| dice.span(span)),
        report: CallReport {
            sip_code: dice.pick(codes),
            ..CallReport::default()
        },
    }
}

/// Returns the sounds that fit the callee type: a short greeting of a person, a long one of a machine with
/// its beep, a fax tone, or none.
fn sounds_of(who: CalleeType, dice: &mut Dice) -> Vec<Speech> {
    let mut between = |min: f64, max: f64| {
        dice.span(&Span {
            min,
            mode: f64::midpoint(min, max),
            max,
        })
    };
    match who {
        CalleeType::Human => {
            let start = between(0.2, 1.0);
            let stop = start + between(0.4, 1.4);
            vec![Speech::Started(start), Speech::Stopped(stop)]
        }
        CalleeType::Voicemail => {
            let start = between(0.2, 0.9);
            let stop = start + between(3.5, 11.0);
            let beep = stop + between(0.3, 1.2);
            vec![
                Speech::Started(start),
                Speech::Stopped(stop),
                Speech::Beep(beep),
            ]
        }
        CalleeType::Fax => vec![Speech::FaxTone(between(0.4, 2.0))],
        CalleeType::Unknown => Vec::new(),
    }
}

/// Returns the behaviour that a script prescribes.
pub(super) fn scripted(callee: &Callee, dice: &mut Dice) -> Fate {
    match callee {
        Callee::Answers {
            ring,
            talk,
            who,
            speech,
            detected,
            agent_absent,
        } => Fate::Answers {
            setup: Duration::ZERO,
            ring: *ring,
            talk: *talk,
            who: *who,
            speech: speech.clone().unwrap_or_else(|| sounds_of(*who, dice)),
            detected: *detected,
            agent_absent: *agent_absent,
        },
        Callee::Rejects {
            code,
            reason,
            retry_after,
            after,
            rings,
        } => Fate::Rejects {
            setup: if *rings { Duration::ZERO } else { *after },
            ring: rings.then_some(*after),
            report: CallReport {
                sip_code: Some(*code),
                reason: reason.clone(),
                retry_after: *retry_after,
                ..CallReport::default()
            },
        },
        // A request that is never sent has no course, and the simulator does not ask for one.
        Callee::RingsForEver | Callee::Silent | Callee::NotSent => rings_for_ever(),
        Callee::AnswerLost { then, .. }
        | Callee::Duplicates { then }
        | Callee::Late { then, .. } => scripted(then, dice),
    }
}

fn rings_for_ever() -> Fate {
    Fate::Rejects {
        setup: Duration::ZERO,
        ring: Some(FOR_EVER),
        report: CallReport {
            sip_code: Some(480),
            ..CallReport::default()
        },
    }
}
