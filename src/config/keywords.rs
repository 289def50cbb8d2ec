//! The keywords of settings files, each with its value.

use crate::domain::campaign::{
    Agent, CallClass, CallerIdStrategy, Evidence, Order, OutcomeAction, Purpose, VoicemailAction,
};
use crate::domain::{Attestation, CallerIdState, ConsentKind, Role};

/// Returns whether a name can be part of an address, a file name and a command line: letters, digits, `-`,
/// `_` and `.`, but neither an option nor a folder.
pub(super) fn is_plain_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.bytes().all(plain) && !name.starts_with('-') && !matches!(name, "" | "." | "..")
}

pub(super) const PURPOSES: [(&str, Purpose); 5] = [
    ("sales", Purpose::Sales),
    ("reminder", Purpose::Reminder),
    ("survey", Purpose::Survey),
    ("debt", Purpose::Debt),
    ("information", Purpose::Information),
];
pub(super) const CALL_CLASSES: [(&str, Option<CallClass>); 2] = [
    ("live", Some(CallClass::Live)),
    ("automated", Some(CallClass::Automated)),
];
/// Older files write this beside `purpose = "debt"`; the agent decides the class.
pub(super) const OLD_CALL_CLASSES: [(&str, Option<CallClass>); 1] = [("debt", None)];
pub(super) const AGENTS: [(&str, Agent); 2] =
    [("human", Agent::Human), ("automated", Agent::Automated)];
pub(super) const EVIDENCE: [(&str, Option<Evidence>); 2] = [
    ("all", Some(Evidence::All)),
    ("address", Some(Evidence::Address)),
];
pub(super) const OLD_EVIDENCE: [(&str, Option<Evidence>); 2] = [
    // The older name of `all`, from before it became the default.
    ("strict", Some(Evidence::All)),
    // The default of older versions, in which one stated hint replaced the number's places.
    ("stated", None),
];
pub(super) const ORDERS: [(&str, Order); 2] = [
    ("fifo", Order::Fifo),
    ("closing_first", Order::ClosingFirst),
];
pub(super) const ACTIONS: [(&str, OutcomeAction); 3] = [
    ("retry", OutcomeAction::Retry),
    ("stop", OutcomeAction::Stop),
    ("do_not_call", OutcomeAction::DoNotCall),
];
pub(super) const VOICEMAIL: [(&str, VoicemailAction); 2] = [
    ("leave_message", VoicemailAction::LeaveMessage),
    ("hang_up", VoicemailAction::HangUp),
];
pub(super) const CONSENTS: [(&str, ConsentKind); 5] = [
    ("none", ConsentKind::None),
    ("inquiry", ConsentKind::Inquiry),
    ("ebr", ConsentKind::Ebr),
    ("express", ConsentKind::Express),
    ("express_written", ConsentKind::ExpressWritten),
];
pub(super) const STRATEGIES: [(&str, CallerIdStrategy); 3] = [
    ("local", CallerIdStrategy::Local),
    ("least_used", CallerIdStrategy::LeastUsed),
    ("round_robin", CallerIdStrategy::RoundRobin),
];

/// How much the diagnostics log contains. Each level includes the levels above it in this list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogLevel {
    /// What failed, and nothing more.
    Error,
    /// What seems wrong but did not fail.
    Warn,
    /// What happens, such as starts and ends.
    #[default]
    Info,
    /// How it happens, for finding faults.
    Debug,
    /// Every step of the program.
    Trace,
}

impl LogLevel {
    /// Returns the name used in the deck file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

pub(super) const LOG_LEVELS: [(&str, LogLevel); 5] = [
    ("error", LogLevel::Error),
    ("warn", LogLevel::Warn),
    ("info", LogLevel::Info),
    ("debug", LogLevel::Debug),
    ("trace", LogLevel::Trace),
];
pub(super) const ROLES: [(&str, Role); 4] = [
    ("supervisor", Role::Supervisor),
    ("operator", Role::Operator),
    ("support", Role::Support),
    ("viewer", Role::Viewer),
];
pub(super) const ATTESTATIONS: [(&str, Attestation); 3] = [
    ("A", Attestation::A),
    ("B", Attestation::B),
    ("C", Attestation::C),
];
pub(super) const STATES: [(&str, CallerIdState); 3] = [
    ("active", CallerIdState::Active),
    ("resting", CallerIdState::Resting),
    ("retired", CallerIdState::Retired),
];

/// Whether a loaded registry binds every campaign.
pub(super) const REGISTRY_BINDS: [(&str, bool); 2] =
    [("campaigns that list it", false), ("every campaign", true)];
