//! What needs a person's attention: each alert with what it is about.

use serde::{Deserialize, Serialize};

use crate::domain::ids::TrunkName;
use crate::domain::phone::PhoneNumber;
use crate::domain::time::Timestamp;

/// The cause of an alert, with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// A campaign's claims are held until an operator acts.
    CampaignWaits {
        /// The codes of the reasons.
        reasons: Vec<String>,
    },
    /// Some contacts of a campaign wait for a registry of their area.
    RegistryMissing {
        /// The codes of the reasons.
        reasons: Vec<String>,
    },
    /// Some classes of a campaign's contacts wait for an operator.
    ClassWaits,
    /// A trunk takes no calls.
    TrunkRests {
        /// The trunk.
        trunk: TrunkName,
    },
    /// An operator let a trunk try again.
    TrunkReset {
        /// The trunk.
        trunk: TrunkName,
    },
    /// A network declines a trunk's calls.
    CallsBlocked,
    /// Calls of unknown fate fill a trunk's slots.
    CallsUnknown,
    /// The outcome of an attempt is not known.
    FateUnknown,
    /// A campaign abandoned more calls than the law allows.
    AbandonmentAboveLaw,
    /// A provider could not list the numbers of its account.
    NumbersUnknown,
    /// A registry's data will soon be too old.
    RegistryAges,
    /// The clock is behind the log.
    ClockBehind,
    /// The clock jumped.
    ClockJumped,
    /// The deck's path leads to another file.
    DeckDisplaced,
    /// The deck file has changed since the engine started.
    DeckFileChanged,
    /// Another process keeps the store busy, or did until then.
    StoreBusy {
        /// When the store was free again; `None` while it is not.
        until: Option<Timestamp>,
    },
    /// A part of the program failed, and every campaign was paused.
    ProgramFailed,
    /// An operator asked for every call to be hung up.
    HangUpAll {
        /// The operator's reason.
        reason: String,
    },
    /// A caller ID is set aside.
    CallerIdRested {
        /// The number.
        caller_id: PhoneNumber,
        /// When it may be shown again; `None` if an operator has to say so.
        until: Option<Timestamp>,
    },
    /// A provider does not list a caller ID.
    CallerIdNotOwned {
        /// The number.
        caller_id: PhoneNumber,
    },
    /// An operator put a caller ID in use again.
    CallerIdActive {
        /// The number.
        caller_id: PhoneNumber,
    },
    /// An operator retired a caller ID.
    CallerIdRetired {
        /// The number.
        caller_id: PhoneNumber,
    },
    /// A provider's warning, by its code. An alert of another version of the program is one as well.
    Provider {
        /// The code.
        code: String,
    },
}

impl Alert {
    /// Returns the code used in the log.
    pub fn code(&self) -> &str {
        match self {
            Self::CampaignWaits { .. } => "campaign_waits",
            Self::RegistryMissing { .. } => "registry_missing",
            Self::ClassWaits => "class_waits",
            Self::TrunkRests { .. } => "trunk_rests",
            Self::TrunkReset { .. } => "trunk_reset",
            Self::CallsBlocked => "calls_blocked",
            Self::CallsUnknown => "calls_unknown",
            Self::FateUnknown => "fate_unknown",
            Self::AbandonmentAboveLaw => "abandonment_above_law",
            Self::NumbersUnknown => "numbers_unknown",
            Self::RegistryAges => "registry_ages",
            Self::ClockBehind => "clock_behind",
            Self::ClockJumped => "clock_jumped",
            Self::DeckDisplaced => "deck_displaced",
            Self::DeckFileChanged => "deck_file_changed",
            Self::StoreBusy { .. } => "store_busy",
            Self::ProgramFailed => "program_failed",
            Self::HangUpAll { .. } => "hang_up_all",
            Self::CallerIdRested { .. } => "caller_id_rested",
            Self::CallerIdNotOwned { .. } => "caller_id_not_owned",
            Self::CallerIdActive { .. } => "caller_id_active",
            Self::CallerIdRetired { .. } => "caller_id_retired",
            Self::Provider { code } => code,
        }
    }
}

/// The data of `alert_raised`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Members", into = "Members")]
pub struct AlertRaised {
    /// The cause.
    pub alert: Alert,
    /// What people read: what happened, and what to do.
    pub text: String,
}

/// The members of the entry. Which of them an alert has depends on its code.
#[derive(Serialize, Deserialize)]
struct Members {
    alert: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    trunk: Option<TrunkName>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caller_id: Option<PhoneNumber>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    #[serde(default)]
    text: String,
}

impl From<AlertRaised> for Members {
    fn from(AlertRaised { alert, text }: AlertRaised) -> Self {
        let mut members = Self {
            alert: alert.code().to_owned(),
            reasons: None,
            trunk: None,
            reason: None,
            caller_id: None,
            until: None,
            text,
        };
        match alert {
            Alert::CampaignWaits { reasons } | Alert::RegistryMissing { reasons } => {
                members.reasons = Some(reasons);
            }
            Alert::TrunkRests { trunk } | Alert::TrunkReset { trunk } => {
                members.trunk = Some(trunk);
            }
            Alert::StoreBusy { until } => members.until = until,
            Alert::HangUpAll { reason } => members.reason = Some(reason),
            Alert::CallerIdRested { caller_id, until } => {
                members.caller_id = Some(caller_id);
                members.until = until;
            }
            Alert::CallerIdNotOwned { caller_id }
            | Alert::CallerIdActive { caller_id }
            | Alert::CallerIdRetired { caller_id } => members.caller_id = Some(caller_id),
            Alert::ClassWaits
            | Alert::CallsBlocked
            | Alert::CallsUnknown
            | Alert::FateUnknown
            | Alert::AbandonmentAboveLaw
            | Alert::NumbersUnknown
            | Alert::RegistryAges
            | Alert::ClockBehind
            | Alert::ClockJumped
            | Alert::DeckDisplaced
            | Alert::DeckFileChanged
            | Alert::ProgramFailed
            | Alert::Provider { .. } => {}
        }
        members
    }
}

impl From<Members> for AlertRaised {
    /// Returns the alert. One whose members do not fit its code is kept under the code alone: an alert too
    /// many is better than one too few.
    fn from(members: Members) -> Self {
        let text = members.text.clone();
        let code = members.alert.clone();
        let alert = typed(members).unwrap_or(Alert::Provider { code });
        Self { alert, text }
    }
}

/// Returns the alert with this code; `None` if the code is not known, or a member is missing.
fn typed(members: Members) -> Option<Alert> {
    let reasons = members.reasons.unwrap_or_default();
    let (trunk, caller_id, until) = (members.trunk, members.caller_id, members.until);
    Some(match members.alert.as_str() {
        "campaign_waits" => Alert::CampaignWaits { reasons },
        "registry_missing" => Alert::RegistryMissing { reasons },
        "class_waits" => Alert::ClassWaits,
        "trunk_rests" => Alert::TrunkRests { trunk: trunk? },
        "trunk_reset" => Alert::TrunkReset { trunk: trunk? },
        "calls_blocked" => Alert::CallsBlocked,
        "calls_unknown" => Alert::CallsUnknown,
        "fate_unknown" => Alert::FateUnknown,
        "abandonment_above_law" => Alert::AbandonmentAboveLaw,
        "numbers_unknown" => Alert::NumbersUnknown,
        "registry_ages" => Alert::RegistryAges,
        "clock_behind" => Alert::ClockBehind,
        "clock_jumped" => Alert::ClockJumped,
        "deck_displaced" => Alert::DeckDisplaced,
        "deck_file_changed" => Alert::DeckFileChanged,
        "store_busy" => Alert::StoreBusy { until },
        "program_failed" => Alert::ProgramFailed,
        "hang_up_all" => Alert::HangUpAll {
            reason: members.reason?,
        },
        "caller_id_rested" => Alert::CallerIdRested {
            caller_id: caller_id?,
            until,
        },
        "caller_id_not_owned" => Alert::CallerIdNotOwned {
            caller_id: caller_id?,
        },
        "caller_id_active" => Alert::CallerIdActive {
            caller_id: caller_id?,
        },
        "caller_id_retired" => Alert::CallerIdRetired {
            caller_id: caller_id?,
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::trunk::CallerIdState;

    #[test]
    fn an_alert_reads_back_with_what_it_is_about() {
        let trunk = TrunkName("main".to_owned());
        let number: PhoneNumber = "+16465550100".parse().unwrap();
        let until = Timestamp::MIN;
        let alerts = [
            AlertRaised::campaign_waits("spring", vec!["abandonment_brake".to_owned()], "why"),
            AlertRaised::trunk_rests(&trunk, None, "busy", "503"),
            AlertRaised::store_was_busy(5, until),
            AlertRaised::store_is_busy(5),
            AlertRaised::hang_up_all("maria", "fire"),
            AlertRaised::caller_id_rests(number, until, true),
            AlertRaised::caller_id_set(number, CallerIdState::Resting),
            AlertRaised::caller_id_set(number, CallerIdState::Retired),
            AlertRaised::provider(&trunk, "balance_low", "3 dollars left"),
        ];
        for alert in alerts {
            let text = serde_json::to_string(&alert).unwrap();
            let read: AlertRaised = serde_json::from_str(&text).unwrap();
            assert_eq!(read, alert, "{text}");
        }
    }

    #[test]
    fn an_alert_without_what_it_is_about_is_kept() {
        let text = r#"{"alert":"trunk_rests","text":"it rests"}"#;
        let read: AlertRaised = serde_json::from_str(text).unwrap();
        assert_eq!(
            (read.alert.code(), read.text.as_str()),
            ("trunk_rests", "it rests")
        );
    }
}
