//! Columns that say whether a person may be called.

use super::{asked, header};

/// What the values of a column say about calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Whether the person is not to be called.
    DoNotCall,
    /// When or why the person asked not to be called.
    Asked,
    /// Whether the person may be called.
    Allowed,
}

/// Words for yes, in any language of the lists.
const YES: [&str; 19] = [
    "true",
    "t",
    "yes",
    "y",
    "1",
    "1.0",
    "-1",
    "x",
    "on",
    "checked",
    "✓",
    "✔",
    "☑",
    "wahr",
    "vrai",
    "verdadero",
    "vero",
    "ja",
    "oui",
];
/// Words for no, in any language of the lists.
const NO: [&str; 14] = [
    "false",
    "f",
    "no",
    "n",
    "0",
    "0.0",
    "off",
    "unchecked",
    "☐",
    "falsch",
    "faux",
    "falso",
    "nein",
    "non",
];
/// Values that say by themselves that the person is not to be called.
const NEVER: [&str; 28] = [
    "do not call",
    "donotcall",
    "don't call",
    "dnc",
    "opted out",
    "opt out",
    "opt-out",
    "opted-out",
    "optout",
    "unsubscribed",
    "do not contact",
    "not allowed",
    "do not allow",
    "donotallow",
    "blocked",
    "never",
    "deceased",
    "dead",
    "wrong number",
    "wrong person",
    "wrong party",
    "disconnected",
    "bankrupt",
    "bankruptcy",
    "represented",
    "attorney represented",
    "litigator",
    "cease and desist",
];
/// Values that say by themselves that the person may be called.
const ALLOWED: [&str; 7] = [
    "allow",
    "allowed",
    "ok",
    "subscribed",
    "opted in",
    "opt in",
    "may call",
];

/// Returns whether the value of such a column asks not to be called. Errors if the value is unclear.
pub(super) fn asks_not_to_be_called(wish: Wish, text: &str) -> Result<bool, ()> {
    let said = text.trim().to_lowercase();
    let says = |words: &[&str]| words.contains(&said.as_str());
    if says(&NEVER) {
        return Ok(true);
    }
    if says(&ALLOWED) {
        return Ok(false);
    }
    let (yes, no, empty) = (says(&YES), says(&NO), said.is_empty());
    match wish {
        Wish::DoNotCall if yes => Ok(true),
        // A box that was never ticked is exported as an empty cell.
        Wish::DoNotCall if no || empty => Ok(false),
        // A date, a reason or a form means that the person asked.
        Wish::Asked => Ok(!no && !empty),
        Wish::Allowed if yes || no => Ok(no),
        Wish::DoNotCall | Wish::Allowed => Err(()),
    }
}

/// Returns whether a cell of any column asks not to be called: a status `DNC`, a note `please do not call`, a
/// `no` under `Calls`.
pub(super) fn may_ask(column: &str, text: &str) -> bool {
    if asked::asks(text) {
        return true;
    }
    yes_or_no(text).is_some_and(|value| asked::asks_under(&header::words(column), value))
}

/// The length of the longest word of [`YES`] and [`NO`] and two more, in bytes.
const WORD_MAX: usize = 11;

fn yes_or_no(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.is_empty() || text.len() > WORD_MAX {
        return None;
    }
    let said = text.to_lowercase();
    let says = |words: &[&str]| words.contains(&said.as_str());
    match (says(&YES), says(&NO)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        (false, false) => None,
    }
}

/// Returns the reason and the hint for a row in which a cell asks not to be called. Without a `column` that
/// may be kept as a variable, only the cell can be corrected.
pub(super) fn rejection(value: &str, column: Option<&str>) -> (String, String) {
    let shown: String = value.chars().take(40).collect();
    let reason = format!("`{shown}` may say that the person is not to be called");
    let otherwise = column.map_or_else(
        || "correct the cell".to_owned(),
        |column| format!("say --map \"{column}=variable\""),
    );
    let hint =
        format!("if so, leave the row out and say `dialdeck dnc add NUMBER`; else {otherwise}");
    (reason, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_or_no_may_ask_under_its_column() {
        for (column, text) in [
            ("Exclude", "yes"),
            ("Block", "TRUE"),
            ("Call?", "No"),
            ("Calls", "off"),
            ("TCPA", "no"),
            ("OK to phone", "n"),
            ("Notes", "asked not to be called"),
        ] {
            assert!(may_ask(column, text), "{column}: {text}");
        }
        for (column, text) in [
            ("Exclude", "no"),
            ("Block", "12"),
            ("Calls", "3"),
            ("Call?", "yes"),
            ("Phone type", "no"),
            ("Member", "no"),
            ("VIP", "yes"),
            ("Exclude", "yes, said the owner of the house"),
        ] {
            assert!(!may_ask(column, text), "{column}: {text}");
        }
    }

    #[test]
    fn what_is_neither_true_nor_false_is_an_error() {
        let read = asks_not_to_be_called;
        for text in [
            "true",
            "TRUE",
            "Yes",
            "1",
            "x",
            "DNC",
            "Opted Out",
            "Do Not Allow",
            "WAHR",
        ] {
            assert_eq!(read(Wish::DoNotCall, text), Ok(true), "{text}");
        }
        for text in ["", "false", "No", "0", "0.0", "Allow", "Subscribed"] {
            assert_eq!(read(Wish::DoNotCall, text), Ok(false), "{text}");
        }
        for text in ["maybe", "n/a", "null", "2", "2026-05-04", "-", "?"] {
            assert_eq!(read(Wish::DoNotCall, text), Err(()), "{text}");
        }
        assert_eq!(read(Wish::Asked, "2026-05-04"), Ok(true));
        assert_eq!(read(Wish::Asked, ""), Ok(false));
        assert_eq!(read(Wish::Allowed, "no"), Ok(true));
        assert_eq!(read(Wish::Allowed, "yes"), Ok(false));
        assert_eq!(read(Wish::Allowed, ""), Err(()));
    }
}
