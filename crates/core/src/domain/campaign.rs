//! A campaign: what its owner decided, and where it stands.

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

/// Where a campaign stands. `draft → running ⇄ paused → done | stopped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Set up, never started.
    Draft,
    /// May dial.
    Running,
    /// Held by an operator, or by the product for a stated cause.
    Paused,
    /// Every contact has reached an end.
    Done,
    /// Ended by an operator; never dials again.
    Stopped,
}

impl CampaignState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Running,
        Self::Paused,
        Self::Done,
        Self::Stopped,
    ];

    /// The name used in reports, files and stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the move is legal. A `done` campaign runs again when contacts are added to it.
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

/// Whose voice the callee hears. What the call is for is another axis, [`Purpose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallClass {
    /// A person's. Decks from before the two axes hold `debt` here, beside the purpose `debt`.
    #[serde(alias = "debt")]
    Live,
    /// An artificial or prerecorded one, AI voices included (FCC 24-17).
    Automated,
}

impl CallClass {
    /// The name used in rule files and in the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Automated => "automated",
        }
    }
}

/// What the calls are for; `Sales` brings telemarketing caps with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Selling, or leading up to it: telemarketing.
    Sales,
    /// Reminding somebody of their own appointment.
    Reminder,
    /// Asking for an opinion.
    Survey,
    /// Collecting a debt.
    Debt,
    /// Any other notice.
    Information,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 5] = [
        Self::Sales,
        Self::Reminder,
        Self::Survey,
        Self::Debt,
        Self::Information,
    ];

    /// The name used in files and in the log.
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

/// What a call is to the law: whose voice speaks, and what for. Rules bind by either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallKind {
    /// Whose voice speaks.
    pub class: CallClass,
    /// What for.
    pub purpose: Purpose,
}

impl CallKind {
    /// A person who neither sells nor collects.
    pub const LIVE: Self = Self::new(CallClass::Live, Purpose::Information);
    /// An artificial voice that neither sells nor collects.
    pub const AUTOMATED: Self = Self::new(CallClass::Automated, Purpose::Information);
    /// A person who collects a debt (12 CFR 1006).
    pub const DEBT: Self = Self::new(CallClass::Live, Purpose::Debt);

    /// This voice, for this purpose.
    pub const fn new(class: CallClass, purpose: Purpose) -> Self {
        Self { class, purpose }
    }
}

/// Who speaks to the callee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agent {
    /// A person, who may not be free in time: abandonment is possible.
    Human,
    /// A machine, always there.
    Automated,
}

/// Which places of a callee bind a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Every place that the number, the stated region or zone, or the postal code allows. Decks of older
    /// programs hold `stated` or `strict` here.
    #[default]
    #[serde(alias = "stated", alias = "strict")]
    All,
    /// Those of a complete address, in place of the number's; for a reason in writing.
    Address,
}

/// In which order ready contacts are called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// First in, first out within a priority.
    #[default]
    Fifo,
    /// The window class that closes first goes first, then as `fifo`.
    ClosingFirst,
}

/// When a campaign may call; only ever narrower than the law.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// No call before this instant; `None`: from its start on.
    pub start: Option<Timestamp>,
    /// No call from this instant on; `None`: no end.
    pub expires: Option<Timestamp>,
    /// Days on which it calls, in the callee's own calendar; default all.
    pub days: Weekdays,
    /// Callee's local opening, inclusive; default midnight (the law alone decides).
    pub open: MinuteOfDay,
    /// Callee's local close, exclusive; default 24:00 (the law alone decides).
    pub close: MinuteOfDay,
    /// Over how long the pace rises to full after a window opens or a resume; default 2 min, zero: none.
    pub ramp: Duration,
    /// Order of calling; default `fifo`.
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
    /// Sends in any 60 seconds at most, at least 1; default 10.
    pub calls_per_minute: u32,
    /// Calls in flight at most, at least 1; default 10.
    pub max_concurrent: u32,
    /// Its share of a trunk that several campaigns want, at least 1; default 1.
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
    /// Call again later.
    Retry,
    /// The contact is finished.
    Stop,
    /// The number goes on the internal do-not-call list, source `declined`.
    DoNotCall,
}

/// A campaign's rule for one outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeRule {
    /// What follows.
    pub action: OutcomeAction,
    /// How long to wait before the next attempt.
    pub after: Duration,
    /// Attempts at most that may end this way, in all; the contact is exhausted with the last.
    pub max: u32,
}

/// How often a contact may be tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRules {
    /// Attempts at most per number in this campaign; default 3.
    pub max: u32,
    /// Least time between two attempts at one number, over all campaigns; default 30 min.
    pub min_gap: Duration,
    /// Rules by outcome; an outcome without one follows `policy::retry`'s default.
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
    /// Wait for the beep and speak; the contact is then reached.
    LeaveMessage,
    /// End the call; the attempt ends as voicemail and may be retried.
    #[default]
    HangUp,
}

/// How a caller ID is chosen from those that are free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdStrategy {
    /// Nearest to the callee: area code, then state, then country; ties to the least used.
    #[default]
    Local,
    /// Fewest sends in the last hour.
    LeastUsed,
    /// The one not shown for longest.
    RoundRobin,
}

/// Which numbers a campaign may show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallerIdRules {
    /// A pool of the deck file; `None` when `numbers` are given.
    pub pool: Option<String>,
    /// Numbers of the deck's pools, by themselves.
    pub numbers: Vec<PhoneNumber>,
    /// How one is chosen; default `local`.
    pub strategy: CallerIdStrategy,
    /// Sends of one caller ID in any 60 minutes at most; the number's own cap also holds. Default 30.
    pub hourly_cap: u32,
}

impl CallerIdRules {
    /// Whether they name this caller ID, by its pool or by itself.
    pub fn names(&self, id: &CallerId) -> bool {
        self.pool.as_ref().is_some_and(|pool| *pool == id.pool) || self.numbers.contains(&id.number)
    }
}

/// A written reason for going below the embedded law, kept in the log with every start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOverride {
    /// The id of the row of the calling hours that is set aside, such as `us-fl`; empty: none is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The precondition that is set aside; `None`: none is.
    #[serde(flatten)]
    pub precondition: Option<Waived>,
    /// Why, in the words of whoever answers for it.
    pub reason: String,
}

/// A precondition that a campaign sets aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waived {
    /// The place that asks for it, `US` or `US-CT`.
    pub place: String,
    /// What it asks for: `consent`, or a registry such as `national:us`.
    pub what: String,
}

impl RuleOverride {
    /// What it sets aside, for people: `us-fl`, or `consent in US-CT`.
    pub fn what(&self) -> String {
        match &self.precondition {
            Some(waived) => format!("{} in {}", waived.what, waived.place),
            None => self.rule.clone(),
        }
    }
}

/// Everything the owner of a campaign decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CampaignSettings {
    /// Unique within the deck; letters, digits, `-`, `_` and `.`.
    pub name: String,
    /// On whose behalf the calls are made.
    pub seller: String,
    /// What for.
    pub purpose: Purpose,
    /// Whose voice speaks, as stated; see [`CampaignSettings::call_kind`].
    pub call_class: CallClass,
    /// Who speaks.
    pub agent: Agent,
    /// The route.
    pub trunk: TrunkName,
    /// Whether calls carry card data; only on trunks that offer it.
    pub pci: bool,
    /// Which places bind a call.
    pub evidence: Evidence,
    /// Why an address may replace the number's places; there with [`Evidence::Address`] alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence_reason: Option<String>,
    /// When.
    pub schedule: Schedule,
    /// How fast.
    pub pacing: Pacing,
    /// How often.
    pub attempts: AttemptRules,
    /// What to do at a machine.
    pub voicemail: VoicemailAction,
    /// Consent that must be on record; default `express`.
    pub consent: ConsentKind,
    /// Which numbers to show.
    pub caller_id: CallerIdRules,
    /// Lists that must be loaded and fresh, beyond those that are loaded anyway.
    pub required_lists: Vec<ListKind>,
    /// Abandoned calls at most, in percent of calls answered live; default 3 (47 CFR 64.1200(a)(7)).
    pub abandonment_limit_percent: u32,
    /// Where final results are posted.
    pub results_url: Option<String>,
    /// Embedded rules set aside, each with its reason.
    pub rule_overrides: Vec<RuleOverride>,
}

impl CampaignSettings {
    /// What its calls are to the law. An automated agent has an artificial voice, whatever
    /// `call_class` says (FCC 24-17).
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
    /// Its id.
    pub id: CampaignId,
    /// Where it stands.
    pub state: CampaignState,
    /// What its owner decided.
    pub settings: CampaignSettings,
    /// The ceiling its file set; live changes of pace never go above it.
    pub ceiling: Pacing,
    /// When it last began to run: started or resumed.
    pub running_since: Option<Timestamp>,
    /// Why it is paused, for people.
    pub pause_note: Option<String>,
}

impl Campaign {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.settings.name
    }
}
