//! The behaviour of the callee in one call, by chance or as scripted.

use std::time::Duration;

use dialdeck_core::domain::attempt::Speech;
use dialdeck_core::domain::{CallReport, CalleeType};

use super::draws::Draws;
use super::ledger::UpCall;
use super::profile::{Kind, Profile, Span, Weighted};
use super::reporting::FOR_EVER;
use super::script::Callee;

/// What the callee does, on its own schedule.
pub(super) enum Behavior {
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
pub(super) fn by_chance(profile: &Profile, call: &UpCall, draws: &mut Draws) -> Behavior {
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
    let setup = draws.span(&profile.setup.span);
    let (ring, talk, codes) = (&profile.ring, &profile.talk, &profile.codes);
    // If only `human` has a weight and its factor for this hour is zero, no choice remains.
    match draws.pick(&weights).unwrap_or(Kind::NoAnswer) {
        Kind::Human => {
            let times = (setup, draws.span(&ring.human), draws.span(&talk.human));
            answers(profile, draws, CalleeType::Human, times)
        }
        Kind::Voicemail => {
            let times = (
                setup,
                draws.span(&ring.voicemail),
                draws.span(&talk.voicemail),
            );
            answers(profile, draws, CalleeType::Voicemail, times)
        }
        Kind::Fax => {
            let times = (setup, draws.span(&ring.fax), draws.span(&talk.fax));
            answers(profile, draws, CalleeType::Fax, times)
        }
        Kind::Silence => {
            let times = (setup, draws.span(&ring.human), draws.span(&talk.silence));
            answers(profile, draws, CalleeType::Unknown, times)
        }
        Kind::Busy => rejects(draws, setup, None, &codes.busy),
        Kind::NoAnswer => rejects(draws, setup, Some(&ring.no_answer), &codes.no_answer),
        Kind::Declined => rejects(draws, setup, Some(&ring.declined), &codes.declined),
        Kind::BadNumber => rejects(draws, setup, None, &codes.bad_number),
        Kind::Blocked => rejects(draws, setup, None, &codes.blocked),
        Kind::NetworkFailure => rejects(draws, setup, None, &codes.network_failure),
    }
}

fn answers(
    profile: &Profile,
    draws: &mut Draws,
    who: CalleeType,
    (setup, ring, talk): (Duration, Duration, Duration),
) -> Behavior {
    Behavior::Answers {
        setup,
        ring,
        talk,
        who,
        speech: sounds_of(who, draws),
        detected: draws.chance(profile.bridge.detector),
        agent_absent: draws.chance(profile.bridge.agent_absent),
    }
}

fn rejects(draws: &mut Draws, setup: Duration, ring: Option<&Span>, codes: &Weighted) -> Behavior {
    Behavior::Rejects {
        setup,
        ring: ring.map(|span| draws.span(span)),
        report: CallReport {
            sip_code: draws.pick(codes),
            ..CallReport::default()
        },
    }
}

/// Returns the sounds that fit the callee type: a short greeting of a person, a long one of a machine with
/// its beep, a fax tone, or none.
fn sounds_of(who: CalleeType, draws: &mut Draws) -> Vec<Speech> {
    let mut between = |min: f64, max: f64| {
        draws.span(&Span {
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
pub(super) fn scripted(callee: &Callee, draws: &mut Draws) -> Behavior {
    match callee {
        Callee::Answers {
            ring,
            talk,
            who,
            speech,
            detected,
            agent_absent,
        } => Behavior::Answers {
            setup: Duration::ZERO,
            ring: *ring,
            talk: *talk,
            who: *who,
            speech: speech.clone().unwrap_or_else(|| sounds_of(*who, draws)),
            detected: *detected,
            agent_absent: *agent_absent,
        },
        Callee::Rejects {
            code,
            reason,
            retry_after,
            after,
            rings,
        } => Behavior::Rejects {
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
        | Callee::Late { then, .. } => scripted(then, draws),
    }
}

fn rings_for_ever() -> Behavior {
    Behavior::Rejects {
        setup: Duration::ZERO,
        ring: Some(FOR_EVER),
        report: CallReport {
            sip_code: Some(480),
            ..CallReport::default()
        },
    }
}
