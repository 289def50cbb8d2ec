//! The filter line: `state:waiting out:busy zone:chicago 0142 ana`.

use std::collections::BTreeSet;

use crossterm::event::{Event, KeyEvent};
use tui_input::backend::crossterm::EventHandler as _;
use tui_input::{Input, InputRequest};

use crate::domain::{ContactState, Outcome, WaitReason};

/// Why a typed filter has no meaning.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    /// There is no filter with this key.
    #[error("`{0}:` is not a filter; use state:, zone: or out:")]
    Key(String),
    /// There is no state with this name.
    #[error("`{0}` is not a state; use {names}", names = state_names())]
    State(String),
    /// There is no outcome with this name.
    #[error("`{0}` is not an outcome; use {names}", names = outcome_names())]
    Outcome(String),
}

fn state_names() -> String {
    STATES.map(|(name, _)| name).join(", ")
}

fn outcome_names() -> String {
    Outcome::ALL.map(Outcome::as_str).join(", ")
}

/// The filter line while it is typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilterLine {
    input: Input,
    /// Why the text of the line is no filter; `None` before Enter and after each change of the text.
    fault: Option<FilterError>,
}

impl FilterLine {
    /// Creates the line with a text, the cursor behind it.
    pub(crate) fn new(typed: &str) -> Self {
        Self {
            input: Input::new(typed.to_owned()),
            fault: None,
        }
    }

    /// Returns the text and its cursor.
    pub(crate) const fn input(&self) -> &Input {
        &self.input
    }

    /// Returns why the text is no filter, after it was entered.
    pub(crate) const fn fault(&self) -> Option<&FilterError> {
        self.fault.as_ref()
    }

    /// Handles a key of the text.
    pub(crate) fn key(&mut self, key: KeyEvent) {
        let change = self.input.handle_event(&Event::Key(key));
        if change.is_some_and(|change| change.value) {
            self.fault = None;
        }
    }

    /// Inserts pasted text at the cursor, without control characters.
    pub(crate) fn paste(&mut self, text: &str) {
        for letter in text.chars().filter(|letter| !letter.is_control()) {
            self.input.handle(InputRequest::InsertChar(letter));
        }
        self.fault = None;
    }

    /// Returns the filter that the text means; `None` if it means none. The line then shows why.
    pub(crate) fn enter(&mut self) -> Option<Filter> {
        let parsed = Filter::parse(self.input.value());
        self.fault = parsed.as_ref().err().cloned();
        parsed.ok()
    }
}

/// The conditions for a contact to be listed. Without any, every contact is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// The filter as it was typed.
    pub(crate) typed: String,
    /// Only contacts in these states; `None` for every state.
    pub(crate) states: Option<BTreeSet<ContactState>>,
    /// Part of the name of a zone or city, in lower case; empty for every zone.
    pub(crate) zone: String,
    /// Only contacts whose last attempt has this outcome.
    pub(crate) outcome: Option<Outcome>,
    /// Digits of the number or letters of the name; empty for all.
    pub(crate) text: String,
}

/// The values of `state:`, each with the states it means.
const STATES: [(&str, &[ContactState]); 13] = [
    ("ready", &[ContactState::Ready]),
    (
        "waiting",
        &[
            ContactState::Waiting(WaitReason::Retry),
            ContactState::Waiting(WaitReason::Cap),
        ],
    ),
    ("retry", &[ContactState::Waiting(WaitReason::Retry)]),
    ("cap", &[ContactState::Waiting(WaitReason::Cap)]),
    ("in_flight", &[ContactState::InFlight]),
    ("done", &[ContactState::Done]),
    ("exhausted", &[ContactState::Exhausted]),
    ("suppressed", &[ContactState::Suppressed]),
    ("blocked", &[ContactState::Suppressed]),
    ("expired", &[ContactState::Expired]),
    ("invalid", &[ContactState::Invalid]),
    ("unknown", &[ContactState::Unknown]),
    (
        "ended",
        &[
            ContactState::Done,
            ContactState::Exhausted,
            ContactState::Suppressed,
            ContactState::Expired,
            ContactState::Invalid,
        ],
    ),
];

impl Filter {
    /// Parses a filter. `state:a,b` keeps states and `state:!a` leaves them out. `zone:` and `out:` narrow
    /// the list. The rest is searched in numbers and names.
    ///
    /// # Errors
    /// Errors if a part has no meaning. The message names that part and the valid values.
    pub(crate) fn parse(typed: &str) -> Result<Self, FilterError> {
        let mut filter = Self {
            typed: typed.trim().to_owned(),
            ..Self::default()
        };
        let mut text = Vec::new();
        for word in typed.split_whitespace() {
            match word.split_once(':') {
                Some(("state", names)) => filter.states = Some(states(names)?),
                Some(("zone", name)) => filter.zone = name.to_lowercase(),
                Some(("out", name)) => filter.outcome = Some(outcome(name)?),
                Some((key, _)) => return Err(FilterError::Key(key.to_owned())),
                None => text.push(word),
            }
        }
        filter.text = text.join(" ");
        Ok(filter)
    }

    /// Returns whether every contact is listed.
    pub(crate) const fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }
}

fn states(names: &str) -> Result<BTreeSet<ContactState>, FilterError> {
    let (names, without) = match names.strip_prefix('!') {
        Some(names) => (names, true),
        None => (names, false),
    };
    let mut states = BTreeSet::new();
    for name in names.split(',') {
        let found = STATES.iter().find(|(word, _)| *word == name);
        let (_, meant) = found.ok_or_else(|| FilterError::State(name.to_owned()))?;
        states.extend(meant.iter().copied());
    }
    if without {
        let all = ContactState::ALL.into_iter();
        return Ok(all.filter(|state| !states.contains(state)).collect());
    }
    Ok(states)
}

fn outcome(name: &str) -> Result<Outcome, FilterError> {
    name.parse()
        .map_err(|_| FilterError::Outcome(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_narrow_and_the_rest_is_searched() {
        let filter = Filter::parse(" state:!ended,unknown zone:Chicago out:busy 0142 ana").unwrap();
        assert_eq!(filter.states.unwrap().len(), 4);
        assert_eq!(filter.zone, "chicago");
        assert_eq!(filter.outcome, Some(Outcome::Busy));
        assert_eq!(filter.text, "0142 ana");
        assert!(Filter::parse("  ").unwrap().is_empty());
    }

    #[test]
    fn a_part_without_a_meaning_is_named() {
        for (typed, error, text) in [
            (
                "state:asleep",
                FilterError::State("asleep".to_owned()),
                "`asleep` is not a state; use ready, waiting, ",
            ),
            (
                "out:won",
                FilterError::Outcome("won".to_owned()),
                "`won` is not an outcome; use ",
            ),
            (
                "colour:red",
                FilterError::Key("colour".to_owned()),
                "`colour:` is not a filter; use state:, zone: or out:",
            ),
        ] {
            assert_eq!(Filter::parse(typed), Err(error.clone()));
            assert!(error.to_string().starts_with(text), "{error}");
        }
    }
}
