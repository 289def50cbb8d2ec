//! The order of the gates and the one walk through them.
//!
//! Permanent gates come before temporary ones, cheap ones before dear ones. The first permanent gate
//! that fails ends the walk with a refusal; the temporary ones are all asked, so that a hold names
//! everything that stands in the way.

use super::{
    Decision, DialOrder, Facts, Hold, HoldKind, HoldReason, Refusal, Until, abandonment, attempts,
    caller_id, caps, consent, fitness, pacing, recovery, standing, suppression, window,
};
use crate::domain::Timestamp;

/// One gate as `why` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The gate's name.
    pub gate: &'static str,
    /// What it said.
    pub verdict: Verdict,
    /// The value it saw, in words.
    pub saw: String,
}

/// What a gate said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against dialing.
    Pass,
    /// Not now.
    Hold,
    /// Never.
    Refuse,
    /// An earlier gate refused.
    NotReached,
}

/// Decides whether the contact may be dialed at `now`.
pub fn decide(facts: &Facts<'_>, now: Timestamp) -> Decision {
    walk(facts, now, &mut Silent)
}

/// As [`decide`], with every gate in order.
pub fn explain(facts: &Facts<'_>, now: Timestamp) -> (Decision, Vec<Check>) {
    let mut checks = Vec::with_capacity(PERMANENT.len() + TEMPORARY.len());
    let decision = walk(facts, now, &mut checks);
    (decision, checks)
}

/// The earliest instant at which time alone lets the contact be dialed; `None`: never, or not by
/// time alone.
///
/// What is in flight at `now` is taken to be over once the longest call the trunk allows has passed.
pub fn next_possible(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    /// Ends of holds followed one after another; each is later than the one before.
    const MAX_STEPS: usize = 200;
    let calls_over = facts
        .trunk
        .map(|trunk| now + trunk.ring_timeout + trunk.max_call);
    let mut at = now;
    for _ in 0..MAX_STEPS {
        let hold = match decide(facts, at) {
            Decision::Dial(_) => return Some(at),
            Decision::Refuse(_) => return None,
            Decision::Hold(hold) => hold,
        };
        let mut ends = None;
        for reason in &hold.reasons {
            match reason.until {
                Until::Operator => return None,
                Until::At(end) => ends = ends.max(Some(end)),
                Until::CallEnds => {}
            }
        }
        match ends {
            Some(end) if end > at => at = end,
            Some(_) => return None,
            None => return calls_over.filter(|over| at >= *over).map(|_| at),
        }
    }
    None
}

/// The temporary gates' findings on the way.
#[derive(Debug, Default)]
pub(super) struct Findings<'a> {
    /// Every reason to wait, in the order of the gates.
    pub(super) reasons: Vec<HoldReason>,
    /// The caller ID that would be shown.
    pub(super) caller_id: Option<&'a super::CallerIdUse>,
}

impl Findings<'_> {
    /// Notes a reason to wait.
    pub(super) fn hold(&mut self, kind: HoldKind, until: Until) {
        self.reasons.push(HoldReason { kind, until });
    }
}

struct Permanent {
    name: &'static str,
    judge: fn(&Facts<'_>, Timestamp) -> Result<(), Refusal>,
    saw: fn(&Facts<'_>, Timestamp) -> String,
}

struct Temporary {
    name: &'static str,
    judge: for<'a> fn(&Facts<'a>, Timestamp, &mut Findings<'a>),
    saw: fn(&Facts<'_>, Timestamp) -> String,
}

const PERMANENT: [Permanent; 6] = [
    Permanent {
        name: "campaign",
        judge: standing::campaign_over,
        saw: standing::saw_campaign,
    },
    Permanent {
        name: "contact",
        judge: standing::contact_over,
        saw: standing::saw_contact,
    },
    Permanent {
        name: "number",
        judge: fitness::judge,
        saw: fitness::saw,
    },
    Permanent {
        name: "suppression",
        judge: suppression::judge,
        saw: suppression::saw,
    },
    Permanent {
        name: "consent",
        judge: consent::judge,
        saw: consent::saw,
    },
    Permanent {
        name: "attempts",
        judge: attempts::used_up,
        saw: attempts::saw_used,
    },
];

const TEMPORARY: [Temporary; 16] = [
    Temporary {
        name: "health",
        judge: standing::health,
        saw: standing::saw_health,
    },
    Temporary {
        name: "recovery",
        judge: recovery::judge,
        saw: recovery::saw,
    },
    Temporary {
        name: "campaign state",
        judge: standing::campaign_waits,
        saw: standing::saw_campaign,
    },
    Temporary {
        name: "lists",
        judge: suppression::lists,
        saw: suppression::saw_lists,
    },
    Temporary {
        name: "in flight",
        judge: attempts::in_flight,
        saw: attempts::saw_in_flight,
    },
    Temporary {
        name: "gap",
        judge: attempts::gap,
        saw: attempts::saw_gap,
    },
    Temporary {
        name: "retry",
        judge: attempts::due,
        saw: attempts::saw_due,
    },
    Temporary {
        name: "rolling caps",
        judge: caps::judge,
        saw: caps::saw,
    },
    Temporary {
        name: "emergency ban",
        judge: window::banned,
        saw: window::saw_banned,
    },
    Temporary {
        name: "window",
        judge: window::judge,
        saw: window::saw,
    },
    Temporary {
        name: "trunk",
        judge: standing::trunk,
        saw: standing::saw_trunk,
    },
    Temporary {
        name: "abandonment",
        judge: abandonment::judge,
        saw: abandonment::saw,
    },
    Temporary {
        name: "caller id",
        judge: caller_id::judge,
        saw: caller_id::saw,
    },
    Temporary {
        name: "concurrency",
        judge: pacing::concurrency,
        saw: pacing::saw_concurrency,
    },
    Temporary {
        name: "per minute",
        judge: pacing::per_minute,
        saw: pacing::saw_per_minute,
    },
    Temporary {
        name: "spacing",
        judge: pacing::spacing,
        saw: pacing::saw_spacing,
    },
];

/// What listens to the walk. The words are only made for one that wants them.
trait Trace {
    fn note(&mut self, gate: &'static str, verdict: Verdict, saw: impl FnOnce() -> String);
}

struct Silent;

impl Trace for Silent {
    fn note(&mut self, _gate: &'static str, _verdict: Verdict, _saw: impl FnOnce() -> String) {}
}

impl Trace for Vec<Check> {
    fn note(&mut self, gate: &'static str, verdict: Verdict, saw: impl FnOnce() -> String) {
        self.push(Check {
            gate,
            verdict,
            saw: saw(),
        });
    }
}

fn walk<'a>(facts: &Facts<'a>, now: Timestamp, trace: &mut impl Trace) -> Decision {
    let mut refusal = None;
    for gate in &PERMANENT {
        if refusal.is_some() {
            trace.note(gate.name, Verdict::NotReached, String::new);
            continue;
        }
        let verdict = match (gate.judge)(facts, now) {
            Ok(()) => Verdict::Pass,
            Err(why) => {
                refusal = Some(why);
                Verdict::Refuse
            }
        };
        trace.note(gate.name, verdict, || (gate.saw)(facts, now));
    }
    if let Some(refusal) = refusal {
        for gate in &TEMPORARY {
            trace.note(gate.name, Verdict::NotReached, String::new);
        }
        return Decision::Refuse(refusal);
    }
    let mut findings: Findings<'a> = Findings::default();
    for gate in &TEMPORARY {
        let before = findings.reasons.len();
        (gate.judge)(facts, now, &mut findings);
        let verdict = if findings.reasons.len() == before {
            Verdict::Pass
        } else {
            Verdict::Hold
        };
        trace.note(gate.name, verdict, || (gate.saw)(facts, now));
    }
    conclude(facts, now, findings)
}

fn conclude(facts: &Facts<'_>, now: Timestamp, findings: Findings<'_>) -> Decision {
    match (findings.caller_id, Hold::of(findings.reasons)) {
        (_, Some(hold)) => Decision::Hold(hold),
        (Some(shown), None) => Decision::Dial(Box::new(order(facts, shown, now))),
        // A caller-ID gate that neither holds nor chooses would be a fault of ours: nothing is sent.
        (None, None) => Decision::Hold(Hold::single(HoldKind::NoCallerId, Until::Operator)),
    }
}

fn order(facts: &Facts<'_>, shown: &super::CallerIdUse, now: Timestamp) -> DialOrder {
    let settings = &facts.campaign.settings;
    DialOrder {
        n: facts.contact.attempts + 1,
        number: facts.contact.number,
        trunk: settings.trunk.clone(),
        caller_id: shown.caller_id.number,
        attestation: shown.caller_id.attestation,
        branded: shown.caller_id.branded,
        local_times: window::local_times(facts, now),
        regions: facts.class.regions.clone(),
        consent: consent::relied_on(facts),
        registries: suppression::registries(facts, now),
        load: facts.load,
        not_before: pacing::not_before(facts, now),
    }
}
