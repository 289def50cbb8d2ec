//! The filter line: `state:waiting out:busy zone:chicago 0142 ana`.

use std::collections::BTreeSet;

use crate::domain::{ContactState, Outcome, WaitReason};

/// The conditions for a contact to be listed. Without any, every contact is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// The filter as it was typed.
    pub typed: String,
    /// Only contacts in these states; `None` for every state.
    pub states: Option<BTreeSet<ContactState>>,
    /// Part of the name of a zone or city, in lower case; empty for every zone.
    pub zone: String,
    /// Only contacts whose last attempt has this outcome.
    pub outcome: Option<Outcome>,
    /// Digits of the number or letters of the name; empty for all.
    pub text: String,
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
    pub fn parse(typed: &str) -> Result<Self, String> {
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
                Some((key, _)) => {
                    return Err(format!("`{key}:` is no filter; use state:, zone: or out:"));
                }
                None => text.push(word),
            }
        }
        filter.text = text.join(" ");
        Ok(filter)
    }

    /// Returns whether every contact is listed.
    pub const fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }
}

fn states(names: &str) -> Result<BTreeSet<ContactState>, String> {
    let (names, without) = match names.strip_prefix('!') {
        Some(names) => (names, true),
        None => (names, false),
    };
    let mut states = BTreeSet::new();
    for name in names.split(',') {
        let found = STATES.iter().find(|(word, _)| *word == name);
        let (_, meant) = found.ok_or_else(|| {
            let words: Vec<&str> = STATES.iter().map(|(word, _)| *word).collect();
            format!("`{name}` is no state; use {}", words.join(", "))
        })?;
        states.extend(meant.iter().copied());
    }
    if without {
        let all = ContactState::ALL.into_iter();
        return Ok(all.filter(|state| !states.contains(state)).collect());
    }
    Ok(states)
}

fn outcome(name: &str) -> Result<Outcome, String> {
    name.parse().map_err(|_| {
        let words: Vec<&str> = Outcome::ALL
            .iter()
            .map(|outcome| outcome.as_str())
            .collect();
        format!("`{name}` is no outcome; use {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_narrow_and_the_rest_is_looked_for() {
        let filter = Filter::parse(" state:!ended,unknown zone:Chicago out:busy 0142 ana").unwrap();
        assert_eq!(filter.states.unwrap().len(), 4);
        assert_eq!(filter.zone, "chicago");
        assert_eq!(filter.outcome, Some(Outcome::Busy));
        assert_eq!(filter.text, "0142 ana");
        assert!(Filter::parse("  ").unwrap().is_empty());
    }

    #[test]
    fn a_word_that_means_nothing_is_named() {
        for (typed, part) in [
            ("state:asleep", "`asleep` is no state"),
            ("out:won", "`won` is no outcome"),
            ("colour:red", "`colour:` is no filter"),
        ] {
            let error = Filter::parse(typed).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
