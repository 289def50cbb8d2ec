//! A campaign: its owner's settings and its state.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::contact::ConsentKind;
use super::ids::{CampaignId, TrunkName};
use super::outcome::Outcome;
use super::phone::PhoneNumber;
use super::suppression::ListKind;
use super::time::{MinuteOfDay, Timestamp, Weekdays};
use super::trunk::CallerId;

/// The state of a campaign: `draft → running ⇄ paused → done | stopped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Set up, never started.
    Draft,
    /// Allowed to dial.
    Running,
    /// Paused by an operator, or by the program for a stated cause.
    Paused,
    /// Every contact is in a final state.
    Done,
    /// Ended by an operator; never dials again.
    Stopped,
}

impl CampaignState {
    /// Every state, from draft to stopped.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Stopped,
    ];

    /// Returns the name used in reports, files and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    /// Returns whether the campaign may move to `next`.
    ///
    /// A `done` campaign runs again when contacts are added to it.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::CampaignState;
    ///
    /// assert!(CampaignState::Paused.may_become(CampaignState::Running));
    /// assert!(!CampaignState::Stopped.may_become(CampaignState::Running));
    /// ```
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Draft => matches!(next, Self::Running | Self::Stopped),
            Self::Running => matches!(next, Self::Paused | Self::Done | Self::Stopped),
            Self::Paused => matches!(next, Self::Running | Self::Stopped),
            Self::Done => matches!(next, Self::Running | Self::Stopped),
            Self::Stopped => false,
        }
    }
}

impl fmt::Display for CampaignState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose voice the callee hears. The purpose of the call is a separate axis, [`Purpose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallClass {
    /// A person's voice. Decks from before the two axes hold `debt` here, next to the purpose `debt`.
    #[serde(alias = "debt")]
    Live,
    /// An artificial or prerecorded voice, AI voices included (FCC 24-17).
    Automated,
}

impl CallClass {
    /// Returns the name used in rule files and in the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Automated => "automated",
        }
    }
}

/// The purpose of a campaign's calls. `Sales` adds telemarketing caps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Selling, or leading up to it: telemarketing.
    Sales,
    /// Reminding a person of their own appointment.
    Reminder,
    /// Asking for an opinion.
    Survey,
    /// Collecting a debt.
    Debt,
    /// Any other notice.
    Information,
}

impl Purpose {
    /// Every purpose, in the order of the messages that list them.
    pub const ALL: [Self; 5] = [
        Self::Sales,
        Self::Reminder,
        Self::Survey,
        Self::Debt,
        Self::Information,
    ];

    /// Returns the name used in files and in the event log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Reminder => "reminder",
            Self::Survey => "survey",
            Self::Debt => "debt",
            Self::Information => "information",
        }
    }
}

impl FromStr for Purpose {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "`{text}` is not a purpose; use sales, reminder, survey, debt or information"
                )
            })
    }
}

/// What a call is to the law: the voice and the purpose. A rule binds by either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKind {
    /// Whose voice the callee hears.
    pub class: CallClass,
    /// What the call is for.
    pub purpose: Purpose,
}

impl CallKind {
    /// A person who neither sells nor collects.
    pub const LIVE: Self = Self::new(CallClass::Live, Purpose::Information);
    /// An artificial voice that neither sells nor collects.
    pub const AUTOMATED: Self = Self::new(CallClass::Automated, Purpose::Information);
    /// A person who collects a debt (12 CFR 1006).
    pub const DEBT: Self = Self::new(CallClass::Live, Purpose::Debt);

    /// Creates the kind of a call with this voice and this purpose.
    pub const fn new(class: CallClass, purpose: Purpose) -> Self {
        Self { class, purpose }
    }
}

/// The kind of agent that speaks to the callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// A person, who may not be free in time: abandonment is possible.
    Human,
    /// A machine, always available.
    Automated,
}

/// The evidence of a callee's place that binds a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Every place that the number, the stated region or zone, or the postal code allows. Decks of older
    /// programs hold `stated` or `strict` here.
    #[default]
    #[serde(alias = "stated", alias = "strict")]
    All,
    /// The places of a complete address instead of the number's. It needs a written reason.
    Address,
}

/// The order in which ready contacts are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// First in, first out within a priority.
    #[default]
    Fifo,
    /// The window class that closes first is called first, then as `fifo`.
    ClosingFirst,
}

/// When a campaign may call. It only ever narrows the legal calling window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// No call before this instant; `None` if calls may start with the campaign.
    pub start: Option<Timestamp>,
    /// No call at or after this instant; `None` if there is no end.
    pub expires: Option<Timestamp>,
    /// Days on which it calls, in the callee's local calendar; default all.
    pub days: Weekdays,
    /// The callee's local opening time, inclusive; default midnight (the law alone decides).
    pub open: MinuteOfDay,
    /// The callee's local closing time, exclusive; default 24:00 (the law alone decides).
    pub close: MinuteOfDay,
    /// How long the pace takes to rise to full after a window opens or the campaign resumes; default 2 min,
    /// zero for no ramp.
    pub ramp: Duration,
    /// The order of calling; default `fifo`.
    pub order: Order,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            start: None,
            expires: None,
            days: Weekdays::ALL,
            open: MinuteOfDay::MIDNIGHT,
            close: MinuteOfDay::END,
            ramp: Duration::from_mins(2),
            order: Order::Fifo,
        }
    }
}

/// How fast a campaign may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pacing {
    /// The maximum number of sends in any 60 seconds, at least 1; default 10.
    pub calls_per_minute: u32,
    /// The maximum number of calls in flight, at least 1; default 10.
    pub max_concurrent: u32,
    /// The campaign's share of a trunk that several campaigns use, at least 1; default 1.
    pub weight: u32,
}

impl Default for Pacing {
    fn default() -> Self {
        Self {
            calls_per_minute: 10,
            max_concurrent: 10,
            weight: 1,
        }
    }
}

/// What follows an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeAction {
    /// The contact is called again later.
    Retry,
    /// The contact is finished.
    Stop,
    /// The number is put on the internal do-not-call list, source `declined`.
    DoNotCall,
}

/// A campaign's rule for one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRule {
    /// What follows the outcome.
    pub action: OutcomeAction,
    /// How long to wait before the next attempt.
    pub after: Duration,
    /// The maximum number of attempts that may end with this outcome, in all. The contact is exhausted with
    /// the last of them.
    pub max: u32,
}

/// How often a contact may be called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRules {
    /// The maximum number of attempts per number in this campaign; default 3.
    pub max: u32,
    /// The minimum time between two attempts at one number, over all campaigns; default 30 min.
    pub min_gap: Duration,
    /// Rules by outcome. An outcome without a rule follows the default of `policy::retry`.
    pub per_outcome: BTreeMap<Outcome, OutcomeRule>,
}

impl Default for AttemptRules {
    fn default() -> Self {
        Self {
            max: 3,
            min_gap: Duration::from_mins(30),
            per_outcome: BTreeMap::new(),
        }
    }
}

/// What to do when a machine answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoicemailAction {
    /// Wait for the beep and speak. The contact is then reached.
    LeaveMessage,
    /// End the call. The attempt ends as voicemail and may be retried.
    #[default]
    HangUp,
}

/// How a caller ID is chosen among the free ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdStrategy {
    /// The caller ID nearest to the callee: area code, then state, then country. The least used wins a tie.
    #[default]
    Local,
    /// The caller ID with the fewest sends in the last hour.
    LeastUsed,
    /// The caller ID that has not been shown for longest.
    RoundRobin,
}

/// The numbers that a campaign may show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerIdRules {
    /// A pool of the deck file; `None` if `numbers` are given.
    pub pool: Option<String>,
    /// Single numbers of the deck's pools.
    pub numbers: Vec<PhoneNumber>,
    /// How a caller ID is chosen; default `local`.
    pub strategy: CallerIdStrategy,
    /// The maximum number of sends of one caller ID in any 60 minutes; default 30. The number's own cap also
    /// holds.
    pub hourly_cap: u32,
}

impl CallerIdRules {
    /// Returns whether these rules name the caller ID, by its pool or by its number.
    pub fn names(&self, id: &CallerId) -> bool {
        self.pool.as_ref().is_some_and(|pool| *pool == id.pool) || self.numbers.contains(&id.number)
    }
}

/// A written reason for going below the embedded law, kept in the event log with every start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOverride {
    /// The id of the calling-hours row that is set aside, such as `us-fl`; empty if none is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The precondition that is set aside; `None` if none is.
    #[serde(flatten)]
    pub precondition: Option<Waived>,
    /// The reason, in the words of the person who is responsible for it.
    pub reason: String,
}

/// A precondition that a campaign sets aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// The place whose law has the precondition, `US` or `US-CT`.
    pub place: String,
    /// What it requires: `consent`, or a registry such as `national:us`.
    pub what: String,
}

impl RuleOverride {
    /// Returns what is set aside, for people: `us-fl`, or `consent in US-CT`.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::campaign::{RuleOverride, Waived};
    ///
    /// let waived = RuleOverride {
    ///     rule: String::new(),
    ///     precondition: Some(Waived { place: "US-CT".to_owned(), what: "consent".to_owned() }),
    ///     reason: "counsel's memo of 2026-11-02".to_owned(),
    /// };
    /// assert_eq!(waived.what(), "consent in US-CT");
    /// ```
    pub fn what(&self) -> String {
        match &self.precondition {
            Some(waived) => format!("{} in {}", waived.what, waived.place),
            None => self.rule.clone(),
        }
    }
}

/// The settings of a campaign, as its owner decided them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSettings {
    /// The name, unique within the deck: letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// The seller on whose behalf the calls are made.
    pub seller: String,
    /// What the calls are for.
    pub purpose: Purpose,
    /// Whose voice the callee hears, as stated; see [`CampaignSettings::call_kind`].
    pub call_class: CallClass,
    /// The kind of agent that speaks.
    pub agent: Agent,
    /// The trunk that carries the calls.
    pub trunk: TrunkName,
    /// Whether calls carry card data; only on trunks that offer it.
    pub pci: bool,
    /// The evidence of a callee's place that binds a call.
    pub evidence: Evidence,
    /// Why an address may replace the number's places; only with [`Evidence::Address`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_reason: Option<String>,
    /// When the campaign may call.
    pub schedule: Schedule,
    /// How fast the campaign may call.
    pub pacing: Pacing,
    /// How often a contact may be called.
    pub attempts: AttemptRules,
    /// What to do when a machine answers.
    pub voicemail: VoicemailAction,
    /// The consent that must be on record; default `express`.
    pub consent: ConsentKind,
    /// The numbers that the campaign may show.
    pub caller_id: CallerIdRules,
    /// Lists that must be loaded and fresh, in addition to those that every campaign needs.
    pub required_lists: Vec<ListKind>,
    /// The maximum share of abandoned calls, in percent of calls answered live; default 3 (47 CFR
    /// 64.1200(a)(7)).
    pub abandonment_limit_percent: u32,
    /// The URL that final results are posted to; `None` if they are not posted.
    pub results_url: Option<String>,
    /// The embedded rules that are set aside, each with its reason.
    pub rule_overrides: Vec<RuleOverride>,
}

impl CampaignSettings {
    /// Returns what the campaign's calls are to the law.
    ///
    /// An automated agent has an artificial voice even if `call_class` states a person's (FCC 24-17).
    pub const fn call_kind(&self) -> CallKind {
        let class = match self.agent {
            Agent::Automated => CallClass::Automated,
            Agent::Human => self.call_class,
        };
        CallKind::new(class, self.purpose)
    }
}

/// A campaign as the store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The campaign's id, unique within its deck.
    pub id: CampaignId,
    /// The state of the campaign.
    pub state: CampaignState,
    /// The settings of the campaign.
    pub settings: CampaignSettings,
    /// The ceiling that the campaign's file set. Live changes of pace never exceed it.
    pub ceiling: Pacing,
    /// When the campaign was last started or resumed; `None` if it never was.
    pub running_since: Option<Timestamp>,
    /// Why the campaign is paused, for people.
    pub pause_note: Option<String>,
}

impl Campaign {
    /// Returns the campaign's name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }
}
