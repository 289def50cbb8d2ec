//! Columns that say whether a person may be called.

/// What a column says of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Whether the person is not to be called.
    DoNotCall,
    /// When or why the person asked not to be called.
    Asked,
    /// Whether the person may be called.
    Allowed,
}

/// Words for yes and no, and words that say by themselves what is meant.
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
const ALLOWED: [&str; 7] = [
    "allow",
    "allowed",
    "ok",
    "subscribed",
    "opted in",
    "opt in",
    "may call",
];

/// Whether the value of such a column asks not to be called; an error when it says neither.
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
        // A box that was never ticked is exported as nothing.
        Wish::DoNotCall if no || empty => Ok(false),
        // A date, a reason, a form: that somebody asked.
        Wish::Asked => Ok(!no && !empty),
        Wish::Allowed if yes || no => Ok(no),
        Wish::DoNotCall | Wish::Allowed => Err(()),
    }
}

/// Beginnings of which a cell has at least one that asks not to be called.
const TRACES: [&str; 13] = [
    "call", "dnc", "contact", "phone", "opt", "unsub", "dece", "wrong", "bankr", "litig", "cease",
    "repres", "disconn",
];
/// Wishes that a cell of any column may hold among other words.
const PHRASES: [&str; 12] = [
    " do not call ",
    " dont call ",
    " donotcall ",
    " do not contact ",
    " dont contact ",
    " do not phone ",
    " dont phone ",
    " do not telephone ",
    " never call ",
    " stop calling ",
    " no more calls ",
    " no calls ",
];
/// Wishes that are such as a whole cell, or as one of its items.
const ITEMS: [&str; 22] = [
    "dnc",
    "dncl",
    "dncc",
    "opted out",
    "opt out",
    "optout",
    "opt out of calls",
    "unsubscribed",
    "deceased",
    "decedent",
    "wrong number",
    "wrong party",
    "wrong person",
    "bankrupt",
    "bankruptcy",
    "litigator",
    "cease and desist",
    "attorney represented",
    "represented by attorney",
    "represented by counsel",
    "represented by an attorney",
    "disconnected number",
];

/// Whether a cell of a column about anything asks not to be called: a status `DNC`, a note
/// `please do not call`.
pub(super) fn may_ask(text: &str) -> bool {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        let first = bytes[at].to_ascii_lowercase();
        let mut traces = TRACES.iter().map(|trace| trace.as_bytes());
        traces.any(|trace| {
            let there = || bytes.get(at..at + trace.len());
            trace[0] == first && there().is_some_and(|there| there.eq_ignore_ascii_case(trace))
        })
    };
    if !(0..bytes.len()).any(begins) {
        return false;
    }
    let plain = |text: &str| {
        let text = text.to_lowercase().replace(['\'', '\u{2019}'], "");
        let words = text.split(|char: char| !char.is_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join(" ")
    };
    let whole = format!(" {} ", plain(text));
    let items = text.split([',', ';', '|', ':', '/', '\n']);
    PHRASES.iter().any(|phrase| whole.contains(phrase))
        || items.map(plain).any(|item| ITEMS.contains(&item.as_str()))
}

/// What is wrong with a row of which a cell asks that, and what to do.
pub(super) fn told(column: &str, value: &str) -> (String, String) {
    let shown: String = value.chars().take(40).collect();
    let reason = format!("`{shown}` may say that the person is not to be called");
    let hint = format!(
        "if so, leave the row out and say `dialdeck dnc add NUMBER`; else say --map \"{column}=variable\""
    );
    (reason, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_in_any_cell_is_seen() {
        for text in [
            "DNC",
            "vip;dnc",
            "Do Not Call",
            "DO-NOT-CALL",
            "DoNotCall",
            "asked: don't call again",
            "Opted out",
            "* myContacts ::: Do Not Contact",
            "please stop calling",
            "Deceased",
            "Wrong number",
            "Cease and Desist",
            "Bankruptcy / Chapter 7",
        ] {
            assert!(may_ask(text), "{text}");
        }
        for text in [
            "",
            "DNC Parks & Resorts",
            "called twice",
            "does not call back",
            "opted in",
            "option 2",
            "Phone",
            "opted out of the raffle",
            "Attorney",
            "wrong size, exchanged",
            "represents three vendors",
        ] {
            assert!(!may_ask(text), "{text}");
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
