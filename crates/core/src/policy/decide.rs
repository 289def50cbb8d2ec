//! The order of the gates and the one walk through them.
//!
//! Permanent gates come before temporary ones, and cheap ones before expensive ones. The first permanent gate
//! that fails ends the walk with a refusal. The temporary gates are all checked, so that a hold names
//! everything that prevents the call.

use super::findings::Findings;
use super::{
    Decision, DialOrder, Facts, Hold, HoldKind, Refusal, Until, abandonment, attempts, caller_id,
    caps, consent, fitness, pacing, recovery, standing, suppression, window,
};
use crate::domain::Timestamp;

/// One gate as `why` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name of the gate.
    pub gate: &'static str,
    /// The verdict of the gate.
    pub verdict: Verdict,
    /// The value that the gate read, as text for people.
    pub saw: String,
}

/// The verdict of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing prevents the call.
    Pass,
    /// The contact may not be dialed now.
    Hold,
    /// The contact may never be dialed.
    Refuse,
    /// An earlier gate refused.
    NotReached,
}

/// Returns whether the contact may be dialed at `now`, with the order to dial or the reasons against it.
///
/// # Examples
///
/// ```
/// # use std::time::Duration;
/// # use dialdeck_core::domain::campaign::{
/// #     Agent, AttemptRules, CallClass, CallerIdRules, CallerIdStrategy, Evidence, Pacing, Purpose, Schedule,
/// #     VoicemailAction,
/// # };
/// # use dialdeck_core::domain::{
/// #     CallerId, CallerIdState, Campaign, CampaignId, CampaignSettings, CampaignState, Capabilities,
/// #     ClassId, ConsentKind, Contact, ContactId, ContactState, TrunkName, TrunkSettings, WindowClass,
/// # };
/// # use dialdeck_core::policy::{Abandonment, CallerIdUse, Context, Load, Loads};
/// # use dialdeck_core::rules::Rules;
/// use dialdeck_core::domain::Timestamp;
/// use dialdeck_core::policy::{Decision, Facts, decide};
///
/// # let carrier = TrunkName("carrier".to_owned());
/// # let settings = CampaignSettings {
/// #     name: "spring-reminders".to_owned(),
/// #     seller: "Example Dental".to_owned(),
/// #     purpose: Purpose::Reminder,
/// #     call_class: CallClass::Live,
/// #     agent: Agent::Human,
/// #     trunk: carrier.clone(),
/// #     pci: false,
/// #     evidence: Evidence::All,
/// #     evidence_reason: None,
/// #     schedule: Schedule::default(),
/// #     pacing: Pacing::default(),
/// #     attempts: AttemptRules::default(),
/// #     voicemail: VoicemailAction::HangUp,
/// #     consent: ConsentKind::None,
/// #     caller_id: CallerIdRules {
/// #         pool: Some("main".to_owned()),
/// #         numbers: Vec::new(),
/// #         strategy: CallerIdStrategy::Local,
/// #         hourly_cap: 30,
/// #     },
/// #     required_lists: Vec::new(),
/// #     abandonment_limit_percent: 3,
/// #     results_url: None,
/// #     rule_overrides: Vec::new(),
/// # };
/// # let campaign = Campaign {
/// #     id: CampaignId(1),
/// #     state: CampaignState::Running,
/// #     settings,
/// #     ceiling: Pacing::default(),
/// #     running_since: None,
/// #     pause_note: None,
/// # };
/// # let contact = Contact {
/// #     id: ContactId(1),
/// #     campaign: CampaignId(1),
/// #     number: "+12125550142".parse()?,
/// #     name: "Ana Ruiz".to_owned(),
/// #     state: ContactState::Ready,
/// #     reason: None,
/// #     priority: 0,
/// #     due: Timestamp::MIN,
/// #     class: ClassId(1),
/// #     consent: None,
/// #     expires_at: None,
/// #     attempts: 0,
/// #     last_outcome: None,
/// # };
/// # let class = WindowClass {
/// #     zones: vec!["America/New_York".to_owned()],
/// #     regions: vec!["US-NY".to_owned()],
/// #     zone_source: "number".to_owned(),
/// # };
/// # let trunk = TrunkSettings {
/// #     name: carrier.clone(),
/// #     max_concurrent: 10,
/// #     calls_per_minute: 10,
/// #     ring_timeout: Duration::from_secs(30),
/// #     max_call: Duration::from_mins(30),
/// #     queue_wait: Duration::ZERO,
/// #     capabilities: Capabilities::default(),
/// # };
/// # let caller_id = CallerId {
/// #     number: "+16465550100".parse()?,
/// #     pool: "main".to_owned(),
/// #     trunk: carrier,
/// #     region: Some("US-NY".to_owned()),
/// #     attestation: None,
/// #     branded: false,
/// #     hourly_cap: 30,
/// #     state: CallerIdState::Active,
/// #     rests_until: None,
/// #     ownership: None,
/// # };
/// # let caller_ids =
/// #     [CallerIdUse { caller_id, sent_last_hour: 0, hour_frees_at: None, cap: 30, last_used: None }];
/// # let load = Load { max_concurrent: 10, calls_per_minute: 10, ..Load::default() };
/// # let facts = Facts {
/// #     rules: Rules::embedded(),
/// #     campaign: &campaign,
/// #     contact: &contact,
/// #     class: &class,
/// #     trunk: Some(&trunk),
/// #     suppressions: &[],
/// #     lists: &[],
/// #     every_registry_binds: false,
/// #     emergency_bans: &[],
/// #     consent_revoked_at: None,
/// #     history: &[],
/// #     number_in_flight: false,
/// #     load: Loads { deck: load, trunk: load, campaign: load },
/// #     caller_ids: &caller_ids,
/// #     deck_numbers: &[],
/// #     abandonment: Abandonment::default(),
/// #     recovery: None,
/// #     context: &Context::default(),
/// # };
/// // `facts` are those of a reminder to a contact in New York, with everything in order.
/// let morning: Timestamp = "2026-12-07T15:30:00Z".parse()?;
/// assert!(matches!(decide(&facts, morning), Decision::Dial(_)));
///
/// let night: Timestamp = "2026-12-07T05:30:00Z".parse()?;
/// let Decision::Hold(hold) = decide(&facts, night) else {
///     return Err("the window is shut at night".into());
/// };
/// assert_eq!(hold.to_string(), "window opens 08:00 in America/New_York");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decide(facts: &Facts<'_>, now: Timestamp) -> Decision {
    walk(facts, now, &mut Silent)
}

/// Returns the decision of [`decide`] with the verdict of every gate, in order.
pub fn explain(facts: &Facts<'_>, now: Timestamp) -> (Decision, Vec<Check>) {
    let mut checks = Vec::with_capacity(PERMANENT.len() + TEMPORARY.len());
    let decision = walk(facts, now, &mut checks);
    (decision, checks)
}

/// Returns the earliest instant at which time alone lets the contact be dialed. `None` if that is never, or
/// not by time alone.
///
/// A call in flight at `now` is taken to be over after the longest call that the trunk allows.
pub fn next_possible(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    /// The maximum number of ends of holds that are followed; each is later than the one before.
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

/// A gate whose failure is final: the first one that fails refuses the contact.
struct Permanent {
    name: &'static str,
    judge: fn(&Facts<'_>, Timestamp) -> Result<(), Refusal>,
    saw: fn(&Facts<'_>, Timestamp) -> String,
}

/// A gate whose failure passes: it adds a reason to wait.
struct Temporary {
    name: &'static str,
    judge: for<'a> fn(&Facts<'a>, Timestamp, &mut Findings<'a>),
    saw: fn(&Facts<'_>, Timestamp) -> String,
}

/// The permanent gates, in the order of the walk.
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

/// The temporary gates, in the order of the walk.
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

/// A listener to the walk. The text is only made for a listener that uses it.
trait Trace {
    fn note(&mut self, gate: &'static str, verdict: Verdict, saw: impl FnOnce() -> String);
}

/// A listener that ignores the walk.
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
        // A caller-ID gate that neither holds nor chooses would be a fault of the program: nothing is sent.
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
