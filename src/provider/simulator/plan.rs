//! The course of one call, laid out in full at its invite: what happens, and what we are told of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::attempt::{CallEnd, Speech};
use crate::domain::{AttemptId, CallEventKind, CallReport, CalleeType, Timestamp};

use super::carrier_log::Terms;
use super::dice::Dice;
use super::ledger::UpCall;
use super::profile::{Faults, Kind, Profile, Span, Weighted};
use super::script::Callee;

/// What happens to a call, in order of time.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: VecDeque<Step>,
    /// When, after the invite, the provider gives the answer to the request up for lost.
    pub(super) lost: Option<Duration>,
}

/// One thing that happens, and how long after it we are told: never, once or more often.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) kind: CallEventKind,
    pub(super) told: Vec<Duration>,
}

/// Lays out a call. Depends on nothing but its arguments.
pub(super) fn plan(profile: &Profile, seed: u64, attempt: AttemptId, call: &UpCall) -> Plan {
    let mut dice = Dice::of(seed, attempt, call.to);
    let script = profile.callees.get(&call.to);
    let (fate, telling) = match script.and_then(|script| script.at(call.nth)) {
        Some(callee) => scripted(callee, &mut dice),
        None => (
            by_chance(profile, call, &mut dice),
            Telling::by_chance(&profile.faults, &mut dice),
        ),
    };
    let mut course = course(fate, call.terms);
    course.sort_by_key(|(after, _)| *after);
    let steps = course
        .into_iter()
        .map(|(after, kind)| Step {
            at: call.invited + after,
            told: telling.of(after, &kind, &mut dice),
            kind,
        })
        .collect();
    Plan {
        steps,
        lost: telling.lost,
    }
}

/// What the far end does, by its own time.
enum Fate {
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

/// An agent has to be there within this time after the greeting (47 CFR 64.1200(a)(7)).
const AGENT_DELAY: Duration = Duration::from_secs(2);

/// How long the carrier's own detector listens.
const DETECTOR_DELAY: Duration = Duration::from_millis(1_500);

/// How much later a scripted duplicate comes.
const AGAIN_AFTER: Duration = Duration::from_secs(2);

/// Longer than any ringing timeout.
const FOR_EVER: Duration = Duration::from_secs(366 * 86_400);

fn by_chance(profile: &Profile, call: &UpCall, dice: &mut Dice) -> Fate {
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
    // Weights of people alone at an hour when nobody picks up leave nothing to choose.
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

/// The sounds that fit what picked up: a person's short greeting, a machine's long one and its
/// beep, a fax tone, or nothing.
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

fn scripted(callee: &Callee, dice: &mut Dice) -> (Fate, Telling<'static>) {
    let plain = Telling::default();
    match callee {
        Callee::Answers {
            ring,
            talk,
            who,
            speech,
            detected,
            agent_absent,
        } => {
            let fate = Fate::Answers {
                setup: Duration::ZERO,
                ring: *ring,
                talk: *talk,
                who: *who,
                speech: speech.clone().unwrap_or_else(|| sounds_of(*who, dice)),
                detected: *detected,
                agent_absent: *agent_absent,
            };
            (fate, plain)
        }
        Callee::Rejects {
            code,
            reason,
            retry_after,
            after,
            rings,
        } => {
            let report = CallReport {
                sip_code: Some(*code),
                reason: reason.clone(),
                retry_after: *retry_after,
                ..CallReport::default()
            };
            let (setup, ring) = if *rings {
                (Duration::ZERO, Some(*after))
            } else {
                (*after, None)
            };
            let fate = Fate::Rejects {
                setup,
                ring,
                report,
            };
            (fate, plain)
        }
        // A request that never leaves has no course; the machine does not ask for one.
        Callee::RingsForEver | Callee::NotSent => (rings_for_ever(), plain),
        Callee::Silent => {
            let telling = Telling {
                told_from: FOR_EVER,
                ..plain
            };
            (rings_for_ever(), telling)
        }
        Callee::AnswerLost { after, then, told } => {
            let (fate, telling) = scripted(then, dice);
            let telling = Telling {
                lost: Some(*after),
                told_from: if *told { *after } else { FOR_EVER },
                ..telling
            };
            (fate, telling)
        }
        Callee::Duplicates { then } => {
            let (fate, telling) = scripted(then, dice);
            let again = Some(AGAIN_AFTER);
            (fate, Telling { again, ..telling })
        }
        Callee::Late { by, then } => {
            let (fate, telling) = scripted(then, dice);
            (
                fate,
                Telling {
                    slow: *by,
                    ..telling
                },
            )
        }
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

/// What happens, with its time after the invite. The ringing timeout counts from the first ring,
/// the maximum of a call from its answer.
fn course(fate: Fate, terms: Terms) -> Vec<(Duration, CallEventKind)> {
    let mut course = vec![(Duration::ZERO, CallEventKind::Sent)];
    match fate {
        Fate::Rejects {
            setup,
            ring,
            report,
        } => match ring {
            Some(ring) if ring >= terms.ring_timeout() => rings_out(&mut course, setup, terms),
            Some(ring) => {
                course.push((setup, CallEventKind::Ringing));
                course.push((setup + ring, CallEventKind::Ended(report)));
            }
            None => course.push((setup, CallEventKind::Ended(report))),
        },
        Fate::Answers { setup, ring, .. } if ring >= terms.ring_timeout() => {
            rings_out(&mut course, setup, terms);
        }
        Fate::Answers {
            setup,
            ring,
            talk,
            who,
            speech,
            detected,
            agent_absent,
        } => {
            course.push((setup, CallEventKind::Ringing));
            let answer = setup + ring;
            course.push((answer, CallEventKind::Answered));
            let abandoned = agent_absent && terms.human_agent && who == CalleeType::Human;
            let patience = if abandoned {
                greeting_end(&speech) + AGENT_DELAY
            } else {
                talk
            };
            let talk = patience.min(talk).min(terms.max_call());
            for sound in speech
                .into_iter()
                .filter(|sound| since_answer(*sound) < talk)
            {
                course.push((answer + since_answer(sound), CallEventKind::Speech(sound)));
            }
            let told_who = (detected || abandoned).then_some(who);
            if detected {
                let after = answer + DETECTOR_DELAY.min(talk);
                course.push((after, CallEventKind::CalleeDetected(who)));
            }
            let end = if abandoned {
                CallEnd::Abandoned
            } else {
                CallEnd::Completed
            };
            course.push((
                answer + talk,
                CallEventKind::Ended(CallReport {
                    end,
                    sip_code: Some(200),
                    callee_type: told_who,
                    ..CallReport::default()
                }),
            ));
        }
    }
    course
}

fn rings_out(course: &mut Vec<(Duration, CallEventKind)>, setup: Duration, terms: Terms) {
    course.push((setup, CallEventKind::Ringing));
    let report = CallReport {
        end: CallEnd::RangOut,
        sip_code: Some(408),
        ..CallReport::default()
    };
    course.push((setup + terms.ring_timeout(), CallEventKind::Ended(report)));
}

fn since_answer(sound: Speech) -> Duration {
    match sound {
        Speech::Started(at) | Speech::Stopped(at) | Speech::Beep(at) | Speech::FaxTone(at) => at,
    }
}

fn greeting_end(speech: &[Speech]) -> Duration {
    speech
        .iter()
        .copied()
        .map(since_answer)
        .max()
        .unwrap_or_default()
}

/// How truthfully and how soon we are told.
#[derive(Default)]
struct Telling<'a> {
    /// Everything after the send is told this much late.
    slow: Duration,
    /// When the answer is given up for lost.
    lost: Option<Duration>,
    /// What happens before this time after the invite is never told, the send excepted.
    told_from: Duration,
    /// Everything is told once more, this much later.
    again: Option<Duration>,
    /// Chances for each single event.
    faults: Option<&'a Faults>,
}

impl<'a> Telling<'a> {
    fn by_chance(faults: &'a Faults, dice: &mut Dice) -> Self {
        let (slow, lost, tail) = (
            dice.chance(faults.slow_answer),
            dice.chance(faults.lost_answer),
            dice.chance(faults.lost_tail),
        );
        let (slow_by, lost_after) = (dice.span(&faults.slow), dice.span(&faults.lost));
        let told_from = if tail { FOR_EVER } else { lost_after };
        Self {
            slow: if slow { slow_by } else { Duration::ZERO },
            lost: lost.then_some(lost_after),
            told_from: if lost { told_from } else { Duration::ZERO },
            again: None,
            faults: Some(faults),
        }
    }

    /// The delays with which an event is told.
    fn of(&self, after: Duration, kind: &CallEventKind, dice: &mut Dice) -> Vec<Duration> {
        let sent = matches!(kind, CallEventKind::Sent);
        if after < self.told_from && !sent {
            return Vec::new();
        }
        let mut first = if sent { Duration::ZERO } else { self.slow };
        let mut again = self.again;
        if let Some(faults) = self.faults {
            let (late, twice) = (dice.chance(faults.late), dice.chance(faults.duplicate));
            if late && !sent {
                first += dice.span(&faults.lateness);
            }
            if twice {
                again = Some(dice.span(&faults.lateness));
            }
        }
        let mut told = vec![first];
        told.extend(again.map(|again| first + again));
        told
    }
}
