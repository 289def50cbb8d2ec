//! Reads the name of a column: the words of lists and of the exports of usual CRM programs.
//!
//! A name is read word by word. Case, spaces, slashes and underscores between words make no difference, so
//! that `Mailing State/Province`, `MailingState` and `mailing_state` are read alike.

mod vocabulary;

#[cfg(test)]
mod tests;

use super::asked;
use super::columns::Field;
use vocabulary::{
    ADDRESS, AGREED, ALLOWED, BEGINNING, BESIDE, BESIDES, BINDING, CHANNELS, CIRCUMSTANCE, CLOSED,
    CONSENTED, ENDING, NEVER, NUMBER, OTHER, PARTY, PERHAPS_NEVER, PLACES, SINCE, TELEPHONE,
    UNCERTAIN, WHOLE, WRONG,
};

/// The meaning of a column's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field, and how near it is to the callee among columns of that field: 0 is first.
    Field(Field, u8),
    /// A statement about not being called that cannot be read with certainty.
    Unclear,
    /// Whether another channel than the telephone may be used.
    OtherChannel,
    /// No meaning that is known.
    Other,
}

/// Returns whether a word is in a list separated by spaces.
fn among(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

/// Returns the words of a name, in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    // Salesforce ends the names of fields that its users add in `__c`.
    let name = name.strip_suffix("__c").unwrap_or(name);
    let mut words: Vec<String> = vec![String::new()];
    let mut before = None;
    let letters: Vec<char> = name
        .chars()
        .filter(|char| !matches!(char, '\'' | '\u{2019}'))
        .collect();
    for (at, char) in letters.iter().copied().enumerate() {
        let next_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        if starts_word(before, char, next_lower) {
            words.push(String::new());
        }
        before = Some(char);
        if char.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(char.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns whether a word begins at a letter, given the letters before and after it: `phoneNumber`,
/// `DNCFlag`, `Phone2`.
fn starts_word(before: Option<char>, char: char, next_lower: bool) -> bool {
    let Some(before) = before else {
        return false;
    };
    if !char.is_alphanumeric() || !before.is_alphanumeric() {
        return true;
    }
    let capital = char.is_uppercase();
    (capital && before.is_lowercase())
        || (capital && before.is_uppercase() && next_lower)
        || (char.is_ascii_digit() != before.is_ascii_digit())
}

/// Returns the words of a name joined by `_`: one spelling for all.
pub(super) fn plain(name: &str) -> String {
    words(name).join("_")
}

/// Returns the meaning of a column's name.
pub(super) fn meaning(name: &str) -> Meaning {
    let words = words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if ends_consent(&words) {
        return Meaning::Field(Field::ConsentExpiresAt, 0);
    }
    if let Some(wish) = wish(&words).or_else(|| closed(&words)) {
        return wish;
    }
    let found = whole(&words)
        .or_else(|| place(&words))
        .or_else(|| number(&words));
    match found {
        Some((field, rank)) => Meaning::Field(field, rank),
        None if perhaps_a_wish(&words) || asked::asks(&words.join(" ")) => Meaning::Unclear,
        None => Meaning::Other,
    }
}

/// Returns the field of place or date that an unknown column may hold, so that the import can warn the user.
pub(super) fn may_bind(name: &str) -> Option<Field> {
    let words = words(name);
    let has = |list: &str| words.iter().any(|word| among(list, word));
    if has("time") && has("zone") {
        return Some(Field::TimeZone);
    }
    let (field, _) = BINDING.iter().find(|(_, list)| has(list))?;
    let dated = *field != Field::ConsentAt || has("date time timestamp on at");
    dated.then_some(*field)
}

/// Returns whether a column says when consent ends: `Consent Expiration`, `opt_in_expires_at`,
/// `TCPA valid until`.
fn ends_consent(words: &[&str]) -> bool {
    let text = format!(" {} ", words.join(" "));
    let has = |list: &str| words.iter().any(|word| among(list, word));
    let never = NEVER.iter().any(|phrase| text.contains(phrase));
    let consent = has(CONSENTED) || text.contains(" opt in ") || text.contains(" opted in ");
    let ends = has(ENDING) || (words.len() == 2 && words.last() == Some(&"to"));
    consent && ends && !never && !has(BEGINNING)
}

/// Returns whether a column that is not understood may say who is not to be called.
fn perhaps_a_wish(words: &[&str]) -> bool {
    let text = format!(" {} ", words.join(" "));
    let agreed = words.iter().all(|word| among(AGREED, word))
        && words
            .iter()
            .any(|word| matches!(*word, "consent" | "consented" | "permission"));
    let first = words.first().copied().unwrap_or_default();
    let other = words
        .iter()
        .any(|word| among(CHANNELS, word) && !among(TELEPHONE, word));
    let perhaps = PERHAPS_NEVER.iter().any(|phrase| text.contains(phrase));
    agreed || (!other && (perhaps || matches!(first, "remove" | "removed" | "removal")))
}

/// Returns the names that a misspelled column may have meant, each in full with its field.
pub(super) fn known_names() -> impl Iterator<Item = (Field, &'static str)> {
    const NUMBERS: &str = "number phone phone_number telephone mobile mobile_phone cell_phone";
    let tables = WHOLE.iter().chain(&PLACES);
    tables
        .flat_map(|(field, names)| names.split(' ').map(|name| (*field, name)))
        .chain(NUMBERS.split(' ').map(|name| (Field::Number, name)))
}

/// Returns whether a name is one slip away from a name that asks not to be called.
pub(super) fn nearly_never(name: &str) -> bool {
    const NAMES: &str = "donotcall donotcontact donotphone optedout unsubscribed unsubscribe";
    let joined = words(name).concat();
    NAMES
        .split(' ')
        .any(|known| strsim::osa_distance(&joined, known) == 1)
}

fn whole(words: &[&str]) -> Option<(Field, u8)> {
    let lead = usize::from(
        words.len() > 2 && matches!(words[0], "contact" | "person" | "lead" | "customer"),
    );
    let (all, rest) = (words.join("_"), words[lead..].join("_"));
    let named = |(field, names): &(Field, &str)| {
        (among(names, &all) || among(names, &rest)).then_some((*field, 0))
    };
    WHOLE.iter().find_map(named)
}

fn place(words: &[&str]) -> Option<(Field, u8)> {
    let mut rank = 0;
    for start in 0..words.len() {
        let rest = words[start..].join("_");
        let found = PLACES.iter().find(|(_, names)| among(names, &rest));
        if let Some((field, _)) = found {
            return Some((*field, rank));
        }
        let of = ADDRESS
            .iter()
            .find(|(_, known)| among(known, words[start]))?;
        rank = rank.max(of.0);
    }
    None
}

fn number(words: &[&str]) -> Option<(Field, u8)> {
    if words == ["number"] {
        return Some((Field::Number, 0));
    }
    let mut rank = 1;
    for word in words {
        let beside = BESIDE.iter().find(|(_, known)| among(known, word));
        match beside {
            Some((nearness, _)) => rank = rank.max(*nearness),
            None if among(NUMBER, word) => {}
            None => return None,
        }
    }
    // `Customer Number` is an account. `Contact Number` is a telephone number if no other column is one.
    let telephone = words
        .iter()
        .any(|word| *word != "number" && among(NUMBER, word));
    let account = words.iter().any(|word| {
        matches!(
            *word,
            "customer" | "client" | "lead" | "person" | "full" | "value"
        )
    });
    let core = telephone || words.contains(&"number");
    if !telephone && account {
        return None;
    }
    if !telephone {
        rank = rank.max(5);
    }
    core.then_some((Field::Number, rank))
}

fn wish(words: &[&str]) -> Option<Meaning> {
    let text = format!(" {} ", words.join(" "));
    let has = |list: &str| words.iter().any(|word| among(list, word));
    let says = |list: &[&str]| list.iter().any(|phrase| text.contains(phrase));
    let never = says(&NEVER);
    if !never && !says(&ALLOWED) {
        return None;
    }
    if has(CHANNELS) && !has(TELEPHONE) {
        return Some(Meaning::OtherChannel);
    }
    let (uncertain, circumstance) = (has(UNCERTAIN), has(CIRCUMSTANCE));
    Some(match (never, circumstance) {
        _ if never && uncertain => Meaning::Unclear,
        (true, true) => Meaning::Field(Field::AskedNotToBeCalled, 0),
        (true, false) => Meaning::Field(Field::DoNotCall, 0),
        (false, true) => Meaning::Other,
        (false, false) => Meaning::Field(Field::CallsAllowed, 0),
    })
}

/// Returns the meaning of a column that states a circumstance in which the contact must not be called. A
/// column of a date or a reason counts if its cell is not empty. The column of a lawyer's name may mean the
/// company's own lawyer.
fn closed(words: &[&str]) -> Option<Meaning> {
    let text = format!(" {} ", words.join(" "));
    let has = |list: &str| words.iter().any(|word| among(list, word));
    let number = has(WRONG) && (has(NUMBER) || has(PARTY));
    let person = CLOSED.iter().any(|phrase| text.contains(phrase));
    if !(number || person) || text.contains(" power of attorney") {
        return None;
    }
    if has(CHANNELS) && !has(TELEPHONE) && !has(NUMBER) {
        return Some(Meaning::OtherChannel);
    }
    Some(match (has(UNCERTAIN), has(SINCE)) {
        (true, _) => Meaning::Unclear,
        (false, true) => Meaning::Field(Field::AskedNotToBeCalled, 0),
        (false, false) => Meaning::Field(Field::DoNotCall, 0),
    })
}

/// What a column of a do-not-call list holds, by its name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    /// Numbers. A value that is not a number is a reject.
    Numbers,
    /// Area codes, for the numbers of seven digits in another column.
    AreaCodes,
    /// A registry's `A` or `D`.
    Changes,
    /// The countries in which the row's numbers are read.
    Countries,
    /// A known meaning other than numbers.
    Other,
    /// Not known by the name: the cells decide.
    Unknown,
}

/// Returns what a column of a do-not-call list holds, by its name alone.
pub(super) fn listed(name: &str) -> Listed {
    let words = words(name);
    let has = |list: &str| words.iter().any(|word| among(list, word));
    let joined = words.join("_");
    if matches!(
        joined.as_str(),
        "area_code" | "areacode" | "npa" | "phone_area_code"
    ) {
        return Listed::AreaCodes;
    }
    if matches!(
        joined.as_str(),
        "change" | "action" | "a_d" | "add_delete" | "change_type" | "change_code"
    ) {
        return Listed::Changes;
    }
    if matches!(
        meaning(name),
        Meaning::Field(Field::Country | Field::CountryCode, _)
    ) {
        return Listed::Countries;
    }
    if has(OTHER) {
        return Listed::Other;
    }
    // A column about numbers, such as their type or a note, may still hold some: its cells decide.
    if has(BESIDES) {
        return Listed::Unknown;
    }
    if has(NUMBER) || has("numbers phones fax pager ani dnis nxx nxxxxxx") {
        return Listed::Numbers;
    }
    Listed::Unknown
}
