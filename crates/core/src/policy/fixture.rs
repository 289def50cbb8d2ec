//! A world in which everything is in order, for tests to break one thing at a time.

use std::time::Duration;

use super::{
    Abandonment, CallerIdUse, Context, Decision, Facts, Hold, HoldKind, Load, Loads, PastAttempt,
    Refusal, decide,
};
use crate::domain::campaign::{
    Agent, AttemptRules, CallClass, CallerIdRules, CallerIdStrategy, Evidence, Pacing, Purpose,
    Schedule, VoicemailAction,
};
use crate::domain::{
    Area, Attestation, CallerId, CallerIdState, Campaign, CampaignId, CampaignSettings,
    CampaignState, Capabilities, ClassId, Consent, ConsentKind, Contact, ContactId, ContactState,
    ListKind, Outcome, PhoneNumber, Recovery, Suppression, SuppressionList, Timestamp, TrunkName,
    TrunkSettings, WindowClass,
};
use crate::rules::Rules;

/// Returns the instant of Monday 10:30 in New York.
pub(super) fn monday() -> Timestamp {
    at("2026-12-07T15:30:00Z")
}

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

pub(super) fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

pub(super) fn class(zones: &[&str], regions: &[&str]) -> WindowClass {
    let own = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    WindowClass {
        zones: own(zones),
        regions: own(regions),
        zone_source: "number".to_owned(),
    }
}

pub(super) fn caller_id(digits: &str, region: &str) -> CallerIdUse {
    CallerIdUse {
        caller_id: CallerId {
            number: number(digits),
            pool: "main".to_owned(),
            trunk: TrunkName("carrier".to_owned()),
            region: Some(region.to_owned()),
            attestation: Some(Attestation::A),
            branded: true,
            hourly_cap: 30,
            state: CallerIdState::Active,
            rests_until: None,
            ownership: None,
        },
        sent_last_hour: 0,
        hour_frees_at: None,
        cap: 30,
        last_used: None,
    }
}

/// Returns an ended attempt of the world's own campaign.
pub(super) fn past(at: Timestamp, outcome: Outcome, counts: bool) -> PastAttempt {
    PastAttempt {
        at,
        campaign: CampaignId(1),
        outcome: Some(outcome),
        counts,
        caller_id: number("+16465550100"),
        blocked: false,
    }
}

/// Everything that facts borrow.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) campaign: Campaign,
    pub(super) contact: Contact,
    pub(super) class: WindowClass,
    pub(super) trunk: Option<TrunkSettings>,
    pub(super) suppressions: Vec<Suppression>,
    pub(super) lists: Vec<SuppressionList>,
    pub(super) every_registry_binds: bool,
    pub(super) revoked: Option<Timestamp>,
    pub(super) history: Vec<PastAttempt>,
    pub(super) in_flight: bool,
    pub(super) load: Loads,
    pub(super) caller_ids: Vec<CallerIdUse>,
    pub(super) deck_numbers: Vec<CallerId>,
    pub(super) abandonment: Abandonment,
    pub(super) recovery: Option<Recovery>,
    pub(super) emergency_bans: Vec<String>,
    pub(super) context: Context,
}

impl World {
    /// Returns a contact in New York that may be dialed on [`monday`].
    pub(super) fn open() -> Self {
        let load = Load {
            max_concurrent: 10,
            calls_per_minute: 10,
            ..Load::default()
        };
        Self {
            campaign: campaign(),
            contact: contact(),
            class: class(&["America/New_York"], &["US-NY"]),
            trunk: Some(trunk()),
            suppressions: Vec::new(),
            lists: Vec::new(),
            every_registry_binds: false,
            revoked: None,
            history: Vec::new(),
            in_flight: false,
            load: Loads {
                deck: load,
                trunk: load,
                campaign: load,
            },
            caller_ids: vec![caller_id("+16465550100", "US-NY")],
            deck_numbers: Vec::new(),
            abandonment: Abandonment::default(),
            recovery: None,
            emergency_bans: Vec::new(),
            context: Context::default(),
        }
    }

    /// Makes the campaign sell, with the registry that the law requires loaded for the contact's area, and
    /// never too old.
    pub(super) fn sells(&mut self) {
        self.campaign.settings.purpose = Purpose::Sales;
        self.lists.push(SuppressionList {
            kind: ListKind::National("us".to_owned()),
            as_of: Timestamp::MAX,
            count: 0,
            areas: [(Area::of(self.contact.number), Timestamp::MAX)].into(),
        });
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            rules: Rules::embedded(),
            campaign: &self.campaign,
            contact: &self.contact,
            class: &self.class,
            trunk: self.trunk.as_ref(),
            suppressions: &self.suppressions,
            lists: &self.lists,
            every_registry_binds: self.every_registry_binds,
            emergency_bans: &self.emergency_bans,
            consent_revoked_at: self.revoked,
            history: &self.history,
            number_in_flight: self.in_flight,
            load: self.load,
            caller_ids: &self.caller_ids,
            deck_numbers: &self.deck_numbers,
            abandonment: self.abandonment,
            recovery: self.recovery.as_ref(),
            context: &self.context,
        }
    }

    pub(super) fn decide(&self, now: Timestamp) -> Decision {
        decide(&self.facts(), now)
    }

    pub(super) fn hold(&self, now: Timestamp) -> Hold {
        match self.decide(now) {
            Decision::Hold(hold) => hold,
            other @ (Decision::Dial(_) | Decision::Refuse(_)) => panic!("no hold: {other:?}"),
        }
    }

    /// Returns the kinds of a hold; empty if the contact is dialed.
    pub(super) fn kinds(&self, now: Timestamp) -> Vec<HoldKind> {
        match self.decide(now) {
            Decision::Dial(_) => Vec::new(),
            Decision::Hold(hold) => hold.reasons.into_iter().map(|reason| reason.kind).collect(),
            Decision::Refuse(refusal) => panic!("refused: {refusal}"),
        }
    }

    pub(super) fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        match self.decide(now) {
            Decision::Refuse(refusal) => Some(refusal),
            Decision::Dial(_) | Decision::Hold(_) => None,
        }
    }
}

fn campaign() -> Campaign {
    let pacing = Pacing::default();
    Campaign {
        id: CampaignId(1),
        state: CampaignState::Running,
        settings: CampaignSettings {
            name: "spring-reminders".to_owned(),
            seller: "Example Dental".to_owned(),
            purpose: Purpose::Reminder,
            call_class: CallClass::Live,
            agent: Agent::Human,
            trunk: TrunkName("carrier".to_owned()),
            pci: false,
            evidence: Evidence::All,
            evidence_reason: None,
            schedule: Schedule::default(),
            pacing,
            attempts: AttemptRules::default(),
            voicemail: VoicemailAction::HangUp,
            consent: ConsentKind::Express,
            caller_id: CallerIdRules {
                pool: Some("main".to_owned()),
                numbers: Vec::new(),
                strategy: CallerIdStrategy::Local,
                hourly_cap: 30,
            },
            required_lists: Vec::new(),
            abandonment_limit_percent: 3,
            results_url: None,
            rule_overrides: Vec::new(),
        },
        ceiling: pacing,
        running_since: None,
        pause_note: None,
    }
}

fn contact() -> Contact {
    Contact {
        id: ContactId(1),
        campaign: CampaignId(1),
        number: number("+12125550142"),
        name: "Ana Ruiz".to_owned(),
        state: ContactState::Ready,
        reason: None,
        priority: 0,
        due: Timestamp::MIN,
        class: ClassId(1),
        consent: Some(Consent {
            kind: ConsentKind::Express,
            source: "form 17".to_owned(),
            at: at("2026-11-01T12:00:00Z"),
        }),
        expires_at: None,
        attempts: 0,
        last_outcome: None,
    }
}

fn trunk() -> TrunkSettings {
    TrunkSettings {
        name: TrunkName("carrier".to_owned()),
        max_concurrent: 10,
        calls_per_minute: 10,
        ring_timeout: Duration::from_secs(30),
        max_call: minutes(30),
        queue_wait: Duration::ZERO,
        capabilities: Capabilities::default(),
    }
}
