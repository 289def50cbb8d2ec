//! Who may do what to a deck.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a person may do, each role everything that the ones before it may.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Looks numbers up and marks opt-outs.
    Support,
    /// Runs, holds, ends and paces campaigns.
    Operator,
    /// Everything: adds campaigns and lists, takes numbers off a list.
    #[default]
    Supervisor,
}

/// Something that not everybody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Put a number on the do-not-call list.
    OptOut,
    /// Run, hold, end or pace a campaign, call a contact again, see to an alert.
    Campaigns,
    /// Add campaigns, import lists, take a number off a list, set caller IDs.
    Lists,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 4] = [
        Self::Viewer,
        Self::Support,
        Self::Operator,
        Self::Supervisor,
    ];

    /// The name used in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Support => "support",
            Self::Viewer => "viewer",
        }
    }

    /// Whether the role has the right.
    pub const fn may(self, right: Right) -> bool {
        match self {
            Self::Supervisor => true,
            Self::Operator => !matches!(right, Right::Lists),
            Self::Support => matches!(right, Right::OptOut),
            Self::Viewer => false,
        }
    }
}

impl Right {
    /// What it is a right to, for a refusal: `you may not …`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "mark opt-outs",
            Self::Campaigns => "change campaigns",
            Self::Lists => "change lists",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| {
                format!("`{text}` is no role; use supervisor, operator, support or viewer")
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_before_may() {
        let rights = [Right::OptOut, Right::Campaigns, Right::Lists];
        let may = |role: Role| rights.map(|right| role.may(right));
        assert_eq!(may(Role::Supervisor), [true, true, true]);
        assert_eq!(may(Role::Operator), [true, true, false]);
        assert_eq!(may(Role::Support), [true, false, false]);
        assert_eq!(may(Role::Viewer), [false, false, false]);
        assert_eq!("viewer".parse(), Ok(Role::Viewer));
    }
}
