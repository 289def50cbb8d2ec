//! Roles, rights, and the authority of a person over a deck.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A person's role. Each role has every right of the roles before it.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything, changes nothing.
    Viewer,
    /// Looks numbers up and marks opt-outs.
    Support,
    /// Runs, pauses, ends and paces campaigns.
    Operator,
    /// Has every right: adds campaigns and lists, takes numbers off a list.
    #[default]
    Supervisor,
}

/// A right that not every role has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Put a number on the do-not-call list.
    OptOut,
    /// Pause, end or slow a campaign, hang up calls. These can only keep calls from leaving.
    HoldBack,
    /// Run or speed up a campaign, call a contact again, resolve an alert.
    Campaigns,
    /// Add campaigns, import lists, take a number off a list, set caller IDs.
    Lists,
}

impl Role {
    /// Every role, weakest first.
    pub const ALL: [Self; 4] = [
        Self::Viewer,
        Self::Support,
        Self::Operator,
        Self::Supervisor,
    ];

    /// Returns the name used in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Supervisor => "supervisor",
            Self::Operator => "operator",
            Self::Support => "support",
            Self::Viewer => "viewer",
        }
    }

    /// Returns whether the role has the right.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::{Right, Role};
    ///
    /// assert!(Role::Support.may(Right::OptOut));
    /// assert!(!Role::Operator.may(Right::Lists));
    /// ```
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
    /// Returns the name of the right for a refusal: `you may not …`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OptOut => "mark opt-outs",
            Self::HoldBack | Self::Campaigns => "change campaigns",
            Self::Lists => "change lists",
        }
    }
}

/// What a person may do to a deck: the rights of their role, and what the state of the deck file adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authority {
    /// The person's role.
    pub role: Role,
    /// Whether the person may hold campaigns back in any role. No role is known while the deck file cannot be
    /// read, and a pause must not wait for it.
    pub holds_back: bool,
}

impl Authority {
    /// What every person may do while the deck file cannot be read: mark opt-outs and hold campaigns back.
    pub const UNREADABLE: Self = Self {
        role: Role::Support,
        holds_back: true,
    };

    /// Returns whether the person has the right.
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::HoldBack => self.holds_back || self.role.may(right),
            Right::OptOut | Right::Campaigns | Right::Lists => self.role.may(right),
        }
    }

    /// Returns the authority that both allow.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            role: self.role.min(other.role),
            holds_back: self.may(Right::HoldBack) && other.may(Right::HoldBack),
        }
    }
}

impl From<Role> for Authority {
    fn from(role: Role) -> Self {
        Self {
            role,
            holds_back: false,
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
        let rights = [
            Right::OptOut,
            Right::HoldBack,
            Right::Campaigns,
            Right::Lists,
        ];
        let may = |role: Role| rights.map(|right| role.may(right));
        assert_eq!(may(Role::Supervisor), [true, true, true, true]);
        assert_eq!(may(Role::Operator), [true, true, true, false]);
        assert_eq!(may(Role::Support), [true, false, false, false]);
        assert_eq!(may(Role::Viewer), [false; 4]);
        assert_eq!("viewer".parse(), Ok(Role::Viewer));
    }

    #[test]
    fn an_unreadable_deck_file_lets_everybody_hold_back_and_nobody_more() {
        let may = |authority: Authority| {
            [
                Right::OptOut,
                Right::HoldBack,
                Right::Campaigns,
                Right::Lists,
            ]
            .map(|right| authority.may(right))
        };
        let unreadable = Authority::UNREADABLE;
        assert_eq!(may(unreadable), [true, true, false, false]);
        // The authority that both allow: another file never adds a right.
        let and = |role: Role| may(Authority::from(role).and(unreadable));
        assert_eq!(and(Role::Supervisor), [true, true, false, false]);
        assert_eq!(and(Role::Operator), [true, true, false, false]);
        assert_eq!(and(Role::Support), [true, false, false, false]);
        assert_eq!(and(Role::Viewer), [false; 4]);
        let both = Authority::from(Role::Operator).and(Role::Supervisor.into());
        assert_eq!(may(both), may(Role::Operator.into()));
    }
}
