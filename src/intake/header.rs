//! Reads the name of a column: the words of lists and of the exports of usual CRM programs.
//!
//! A name is read word by word. Case, spaces, slashes and underscores between words make no difference, so
//! that `Mailing State/Province`, `MailingState` and `mailing_state` are read alike.

#[cfg(test)]
mod tests;

use super::columns::Field;
use super::letters;
use super::opt_out_text;
use super::topic::Topic;
use super::vocabulary::{self, NameWord, all_are, exactly, folded, has, is, names};

/// The meaning of a column's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A field, and how near it is to the callee among columns of that field: 0 is first.
    Field(Field, u8),
    /// A statement about not being called that cannot be read with certainty.
    Unclear,
    /// Whether another channel than the telephone may be used.
    OtherChannel,
    /// No field. The cells show whether the column is about calls.
    About(Topic),
    /// No meaning that is known.
    Other,
}

/// Returns the words of a name, in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    // Salesforce ends the names of fields that its users add in `__c`.
    let name = letters::plain(name.strip_suffix("__c").unwrap_or(name));
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

/// Returns the words of a name, in lower case and without accents, as the tables are written.
pub(super) fn folded_words(name: &str) -> Vec<String> {
    let words = words(name);
    words.iter().map(|word| folded(word)).collect()
}

/// Returns the meaning of a column's name.
pub(super) fn meaning(name: &str) -> Meaning {
    let words = folded_words(name);
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
    if let Some((field, rank)) = found {
        return Meaning::Field(field, rank);
    }
    if perhaps_a_wish(&words) {
        return Meaning::Unclear;
    }
    if opt_out_text::asks(&words.join(" ")) {
        return Meaning::About(Topic::OBJECTION);
    }
    Topic::of(name, &words).map_or(Meaning::Other, Meaning::About)
}

/// Returns whether a title or a name may say that people are not to be called, by the telephone or at all.
pub(super) fn says_never(name: &str) -> bool {
    let words = folded_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let blocks = |word: &&str| BLOCKED.split_whitespace().any(|known| known == *word);
    let beside = |word: &&str| {
        blocks(word)
            || is(word, NameWord::BesideBlock)
            || is(word, NameWord::Number)
            || matches!(*word, "numbers" | "phones")
            || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let asks = has(&words, NameWord::Never)
        || opt_out_text::asks(&words.join(" "))
        || words
            .iter()
            .any(|word| OBJECTIONS.iter().any(|part| word.contains(part)))
        || (words.iter().any(blocks) && words.iter().all(beside));
    asks && !is_other_channel(&words)
}

/// Words for people who are left out, in a title that has no others.
const BLOCKED: &str = "exclude excluded excludes exclusion exclusions block blocked blocks barred banned skip skipped \
    remove removed removal removals stop stops ausschluss ausgeschlossen gesperrt bloque bloques bloccati bloqueados \
    geblokkeerd baja bajas";

/// Parts of words for a block or an objection.
const OBJECTIONS: [&str; 8] = [
    "sperrliste",
    "sperrdatei",
    "sperrnummer",
    "widerspruch",
    "widerspruche",
    "opposition",
    "robinsonlist",
    "zwartelijst",
];

/// Returns whether the name of a column is about calls, contacts or consent, or may be.
pub(super) fn is_about_calls(name: &str) -> bool {
    match meaning(name) {
        Meaning::Unclear => true,
        Meaning::About(topic) => !topic.is_unknown(),
        Meaning::Field(..) | Meaning::OtherChannel | Meaning::Other => false,
    }
}

/// Returns whether the cells of a column are names, of people, companies or places. A word such as `Stop` or
/// `Robinson` is a name there.
pub(super) fn holds_names(name: &str) -> bool {
    const NAMES: &str = "name names surname surnames forename firstname lastname fullname company companies business \
        employer organization organisation firm brand store shop street address addr city town suburb nachname \
        vorname firma ort strasse stadt nom prenom societe ville rue nome cognome azienda citta via nombre \
        apellido apellidos empresa ciudad calle sobrenome cidade rua naam achternaam voornaam bedrijf plaats straat";
    let words = folded_words(name);
    let mut words = words.iter();
    words.any(|word| NAMES.split_whitespace().any(|known| known == word))
}

/// Returns the field of place or date that an unknown column may hold, so that the import can warn the user.
pub(super) fn may_bind(name: &str) -> Option<Field> {
    let words = folded_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if words.contains(&"time") && words.contains(&"zone") {
        return Some(Field::TimeZone);
    }
    let binding = names(NameWord::Binding);
    let found = binding.iter().find(|known| words.contains(&known.text))?;
    let field = Field::named(found.of)?;
    let date = ["date", "time", "timestamp", "on", "at"];
    let dated = field != Field::ConsentAt || words.iter().any(|word| date.contains(word));
    dated.then_some(field)
}

/// Returns whether a column says when consent ends: `Consent Expiration`, `opt_in_expires_at`,
/// `TCPA valid until`.
fn ends_consent(words: &[&str]) -> bool {
    let opted_in = words
        .windows(2)
        .any(|pair| matches!(pair, ["opt" | "opted", "in"]));
    let consent = has(words, NameWord::Consented) || opted_in;
    let ends = has(words, NameWord::Ending) || (words.len() == 2 && words.last() == Some(&"to"));
    consent && ends && !has(words, NameWord::Never) && !has(words, NameWord::Beginning)
}

/// Returns whether a column is about another channel than the telephone, and not about both.
fn is_other_channel(words: &[&str]) -> bool {
    has(words, NameWord::OtherChannel) && !has(words, NameWord::Telephone)
}

/// Returns whether a column that is not understood may say who is not to be called.
fn perhaps_a_wish(words: &[&str]) -> bool {
    let agreed = words.iter().all(|word| is(word, NameWord::Agreed))
        && words
            .iter()
            .any(|word| matches!(*word, "consent" | "consented" | "permission"));
    let first = words.first().copied().unwrap_or_default();
    let perhaps =
        has(words, NameWord::PerhapsNever) || matches!(first, "remove" | "removed" | "removal");
    agreed || (perhaps && !is_other_channel(words))
}

/// Returns the names that a misspelled column may have meant, each in full with its field.
pub(super) fn known_names() -> impl Iterator<Item = (Field, &'static str)> {
    const NUMBERS: &str = "number phone phone_number telephone mobile mobile_phone cell_phone";
    let tables = names(NameWord::Field).iter().chain(names(NameWord::Place));
    tables
        .filter_map(|name| Some((Field::named(name.of)?, name.text)))
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
    let found = exactly(&all, NameWord::Field).or_else(|| exactly(&rest, NameWord::Field))?;
    Some((Field::named(found.of)?, 0))
}

fn place(words: &[&str]) -> Option<(Field, u8)> {
    let mut rank = 0;
    for start in 0..words.len() {
        let rest = words[start..].join("_");
        if let Some(found) = exactly(&rest, NameWord::Place) {
            return Some((Field::named(found.of)?, rank));
        }
        let of = exactly(words[start], NameWord::Address)?;
        rank = rank.max(nearness(of));
    }
    None
}

/// Returns how near an address or a number is, 0 for the nearest.
fn nearness(name: &vocabulary::Name) -> u8 {
    name.of.parse().unwrap_or(u8::MAX)
}

fn number(words: &[&str]) -> Option<(Field, u8)> {
    if words == ["number"] {
        return Some((Field::Number, 0));
    }
    let mut rank = 1;
    for word in words {
        match exactly(word, NameWord::BesideNumber) {
            Some(beside) => rank = rank.max(nearness(beside)),
            None if is(word, NameWord::Number) => {}
            None => return None,
        }
    }
    // `Customer Number` is an account. `Contact Number` is a telephone number if no other column is one.
    let telephone = words
        .iter()
        .any(|word| *word != "number" && is(word, NameWord::Number));
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
    let never = has(words, NameWord::Never);
    if !never && !has(words, NameWord::Allowed) {
        return None;
    }
    if is_other_channel(words) {
        return Some(Meaning::OtherChannel);
    }
    let circumstance = has(words, NameWord::Circumstance);
    Some(match (never, circumstance) {
        _ if never && has(words, NameWord::Uncertain) => Meaning::Unclear,
        (true, true) => Meaning::Field(Field::AskedNotToBeCalled, 0),
        (true, false) => Meaning::Field(Field::DoNotCall, 0),
        (false, true) => Meaning::Other,
        // Any further word may deny it or say that it ended: `Kein Opt-in`, `Opt-in revoked`, `Non-contactable`.
        (false, false) if !all_are(words, &PERMISSION) => Meaning::Unclear,
        (false, false) => Meaning::Field(Field::CallsAllowed, 0),
    })
}

/// The kinds of words in the name of a column that grants calls.
const PERMISSION: [NameWord; 4] = [
    NameWord::Allowed,
    NameWord::Agreed,
    NameWord::Telephone,
    NameWord::Granted,
];

/// Returns the meaning of a column that states a circumstance in which the contact must not be called. A
/// column of a date or a reason counts if its cell is not empty. The column of a lawyer's name may mean the
/// company's own lawyer.
fn closed(words: &[&str]) -> Option<Meaning> {
    let has = |kind| has(words, kind);
    let number = has(NameWord::Wrong) && (has(NameWord::Number) || has(NameWord::Party));
    let power = words
        .windows(3)
        .any(|three| three == ["power", "of", "attorney"]);
    if !(number || has(NameWord::Closed)) || power {
        return None;
    }
    if is_other_channel(words) && !has(NameWord::Number) {
        return Some(Meaning::OtherChannel);
    }
    Some(match (has(NameWord::Uncertain), has(NameWord::Since)) {
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
    let words = folded_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
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
    if has(&words, NameWord::NoNumbers) {
        return Listed::Other;
    }
    // A column about numbers, such as their type or a note, may still hold some: its cells decide.
    if has(&words, NameWord::AboutNumber) {
        return Listed::Unknown;
    }
    let others = [
        "numbers", "phones", "fax", "pager", "ani", "dnis", "nxx", "nxxxxxx",
    ];
    if has(&words, NameWord::Number) || words.iter().any(|word| others.contains(word)) {
        return Listed::Numbers;
    }
    Listed::Unknown
}
