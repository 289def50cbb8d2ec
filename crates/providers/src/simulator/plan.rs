//! The course of one call, planned in full at its invite: what happens and what is reported of it.

use std::collections::VecDeque;
use std::time::Duration;

use dialdeck_core::domain::attempt::Speech;
use dialdeck_core::domain::{AttemptId, CallEnd, CallEventKind, CallReport, CalleeType, Timestamp};

use super::behavior::{Behavior, by_chance, scripted};
use super::draws::Draws;
use super::ledger::UpCall;
use super::line::Terms;
use super::profile::Profile;
use super::reporting::Reporting;

/// The planned steps of a call, in order of time.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: VecDeque<Step>,
    /// When the provider considers the answer to the request lost, counted from the invite.
    pub(super) lost: Option<Duration>,
}

/// One step of a call. `reports` holds the delays of its reports: none, one or more.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) at: Timestamp,
    pub(super) kind: CallEventKind,
    pub(super) reports: Vec<Duration>,
}

/// Plans a call. The result depends only on the arguments.
pub(super) fn plan(profile: &Profile, seed: u64, attempt: AttemptId, call: &UpCall) -> Plan {
    let mut draws = Draws::of(seed, attempt, call.to);
    let script = profile.callees.get(&call.to);
    let (behavior, reporting) = match script.and_then(|script| script.at(call.nth)) {
        Some(callee) => (scripted(callee, &mut draws), Reporting::scripted(callee)),
        None => (
            by_chance(profile, call, &mut draws),
            Reporting::by_chance(&profile.faults, &mut draws),
        ),
    };
    let mut course = course(behavior, call.terms);
    course.sort_by_key(|(after, _)| *after);
    let steps = course
        .into_iter()
        .map(|(after, kind)| Step {
            at: call.invited + after,
            reports: reporting.of(after, &kind, &mut draws),
            kind,
        })
        .collect();
    Plan {
        steps,
        lost: reporting.lost,
    }
}

/// Returns the report with `rang` set.
fn told_of_ringing(report: CallReport, rang: bool) -> CallReport {
    CallReport {
        rang: Some(rang),
        ..report
    }
}

/// The time within which an agent has to be on the line after the greeting (47 CFR 64.1200(a)(7)).
const AGENT_DELAY: Duration = Duration::from_secs(2);

/// How long after the answer the carrier's detector decides.
const DETECTOR_DELAY: Duration = Duration::from_millis(1_500);

/// Returns the steps with their times after the invite. The ringing timeout counts from the first ring, the
/// longest call from the answer.
fn course(behavior: Behavior, terms: Terms) -> Vec<(Duration, CallEventKind)> {
    let mut course = vec![(Duration::ZERO, CallEventKind::Sent)];
    match behavior {
        Behavior::Rejects {
            setup,
            ring,
            report,
        } => match ring {
            Some(ring) if ring >= terms.ring_timeout() => rings_out(&mut course, setup, terms),
            Some(ring) => {
                course.push((setup, CallEventKind::Ringing));
                let end = CallEventKind::Ended(told_of_ringing(report, true));
                course.push((setup + ring, end));
            }
            None => {
                let end = CallEventKind::Ended(told_of_ringing(report, false));
                course.push((setup, end));
            }
        },
        Behavior::Answers { setup, ring, .. } if ring >= terms.ring_timeout() => {
            rings_out(&mut course, setup, terms);
        }
        Behavior::Answers {
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
