//! Finds requests not to be called in the text of a cell.
//!
//! Notes and statuses hold such requests in many wordings. A missed request is a call to a person who asked
//! for none, so doubt counts as a request. Notes about daily work do not count.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use super::letters;
use super::names::rows;
use super::vocabulary::unaccented;

/// The patterns. The first lines of the table explain them.
const TABLE: &str = include_str!("vocabulary/opt_out_text.csv");

/// Returns whether the text may ask for no calls.
pub(super) fn asks(text: &str) -> bool {
    asks_in(text, false)
}

/// Returns whether the text of a column of names may ask for no calls. Requests of one word that is a name too
/// do not count.
pub(super) fn asks_beside_names(text: &str) -> bool {
    asks_in(text, true)
}

fn asks_in(text: &str, names: bool) -> bool {
    let rules = &*RULES;
    let text = &*without_zeros(text);
    if !rules.may_begin(text) {
        return false;
    }
    let text = letters::plain(text);
    if text.contains(SIGNS) || (!names && spells_dnc(&text)) {
        return true;
    }
    let words = words(&text);
    (0..words.len()).any(|at| {
        let (rest, starts) = (&words[at..], at == 0 || words[at - 1] == END);
        if !names && is_dnc_code(&words[at]) {
            return true;
        }
        let counts = |rule: &&Rule| !(names && rule.is_name);
        let laid = |rule: &&Rule| (starts || !rule.at_start) && follows(rest, &rule.parts);
        let found = rules.beginning(&words[at]);
        let mut found = found.filter(counts).filter(laid).peekable();
        found.peek().is_some() && !found.any(|rule| rule.is_work)
    })
}

/// Returns a text with an `o` for each zero next to a letter: `D0 N0T CALL`.
fn without_zeros(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
    let stands_for_o =
        |at: usize| bytes[at] == b'0' && ((at > 0 && letter(at - 1)) || letter(at + 1));
    if !bytes.contains(&b'0') || !(0..bytes.len()).any(stands_for_o) {
        return Cow::Borrowed(text);
    }
    let signs = text.char_indices();
    Cow::Owned(
        signs
            .map(|(at, sign)| if stands_for_o(at) { 'o' } else { sign })
            .collect(),
    )
}

/// Returns whether a whole text is `DNC` or a code with it.
pub(super) fn is_code(text: &str) -> bool {
    let text = letters::plain(text.trim());
    is_dnc_code(&text.to_lowercase()) || spells_dnc(&text)
}

/// Signs that forbid: no entry, a telephone or a bell that is struck out, a stop sign.
const SIGNS: [char; 5] = [
    '\u{1f6ab}',
    '\u{26d4}',
    '\u{1f4f5}',
    '\u{1f515}',
    '\u{1f6d1}',
];

/// The letters of a code that dialers put around `DNC`, as in `DNCC`, `ADNC` and `INTDNC`.
const CODE: usize = 8;

/// Returns whether a word is such a code.
fn is_dnc_code(word: &str) -> bool {
    word.len() <= CODE
        && word.contains("dnc")
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns whether a text is the three letters with signs between them: `D/N/C`.
fn spells_dnc(text: &str) -> bool {
    let letters = text.chars().filter(|letter| letter.is_alphanumeric());
    text.len() <= CODE && letters.flat_map(char::to_lowercase).eq("dnc".chars())
}

/// The mark between sentences and items in the list of words.
const END: &str = ".";

/// The parsed patterns, indexed by their first word.
struct Rules {
    all: Vec<Rule>,
    by_word: HashMap<&'static str, Vec<usize>>,
    by_stem: Vec<(&'static str, usize)>,
}

/// A parsed pattern.
struct Rule {
    at_start: bool,
    is_work: bool,
    /// Whether the request is a name too.
    is_name: bool,
    parts: Vec<Part>,
}

enum Part {
    /// Up to [`GAP`] words.
    Gap,
    /// One word of these choices, or the end of the item.
    Of(Vec<Choice>),
}

#[derive(Clone, Copy)]
enum Choice {
    End,
    Word(&'static str),
    Stem(&'static str),
}

/// The most words that a gap may match.
const GAP: usize = 3;

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let table: Vec<Row> = rows(TABLE)
        .map(|[kind, pattern, _language, _source]| Row { kind, pattern })
        .collect();
    let of_kind = |kind: &'static str| table.iter().filter(move |row| row.kind == kind);
    let calls: Vec<&'static str> = of_kind("call").map(|row| row.pattern).collect();
    let mut rules = Rules {
        all: Vec::new(),
        by_word: HashMap::new(),
        by_stem: Vec::new(),
    };
    let kinds = ["request", "name", "work"];
    for row in kinds.into_iter().flat_map(of_kind) {
        rules.add(row, &calls);
    }
    rules
});

/// A row of the table.
struct Row {
    kind: &'static str,
    pattern: &'static str,
}

impl Rules {
    fn add(&mut self, row: &Row, calls: &[&'static str]) {
        let (at_start, pattern) = match row.pattern.strip_prefix("^ ") {
            Some(rest) => (true, rest),
            None => (false, row.pattern),
        };
        let parts: Vec<Part> = pattern.split(' ').map(|text| part(text, calls)).collect();
        let number = self.all.len();
        if let Some(Part::Of(choices)) = parts.first() {
            for choice in choices {
                match choice {
                    Choice::Word(word) => self.by_word.entry(word).or_default().push(number),
                    Choice::Stem(stem) => self.by_stem.push((stem, number)),
                    Choice::End => {}
                }
            }
        }
        self.all.push(Rule {
            at_start,
            is_work: row.kind == "work",
            is_name: row.kind == "name",
            parts,
        });
    }

    /// Returns the patterns that begin with a word.
    fn beginning(&self, word: &str) -> impl Iterator<Item = &Rule> {
        let exact = self.by_word.get(word).into_iter().flatten().copied();
        let stems = self.by_stem.iter();
        let stems = stems.filter(move |(stem, _)| word.starts_with(stem));
        exact
            .chain(stems.map(|(_, number)| *number))
            .map(|number| &self.all[number])
    }

    /// Returns whether any word of the text begins a pattern. A fast check before the full one.
    fn may_begin(&self, text: &str) -> bool {
        let mut word = [0_u8; LONGEST];
        let mut length = 0;
        let begins = |word: &[u8]| {
            let word = std::str::from_utf8(word).unwrap_or_default();
            let stem = |(stem, _): &(&str, usize)| word.starts_with(stem);
            let begins = self.by_word.contains_key(word) || self.by_stem.iter().any(stem);
            !word.is_empty() && (begins || word.contains("dnc"))
        };
        for byte in text.bytes() {
            if !byte.is_ascii() {
                return true;
            }
            if byte.is_ascii_alphanumeric() {
                if length < LONGEST {
                    word[length] = byte.to_ascii_lowercase();
                    length += 1;
                }
            } else if byte != b'\'' && byte != b'`' {
                if begins(&word[..length]) {
                    return true;
                }
                length = 0;
            }
        }
        begins(&word[..length])
    }
}

/// The longest word that the fast check reads, in bytes. No word of a pattern is longer.
const LONGEST: usize = 24;

fn part(text: &'static str, calls: &[&'static str]) -> Part {
    if text == "*" {
        return Part::Gap;
    }
    let mut choices = Vec::new();
    for choice in text.split('|') {
        match choice.strip_suffix('~') {
            _ if choice == "$" => choices.push(Choice::End),
            _ if matches!(choice, "CALL" | "CALL~") => {
                choices.extend(calls.iter().copied().map(Choice::Word));
            }
            Some(stem) => choices.push(Choice::Stem(stem)),
            None => choices.push(Choice::Word(choice)),
        }
    }
    Part::Of(choices)
}

/// Returns the words in lower case without apostrophes, with [`END`] where a sentence or an item ends.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut letters = text.chars().peekable();
    let finish = |word: &mut String, words: &mut Vec<String>| {
        if !word.is_empty() {
            words.push(std::mem::take(word));
        }
    };
    while let Some(letter) = letters.next() {
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase().map(unaccented));
            continue;
        }
        if matches!(letter, '\'' | '\u{2019}' | '\u{2018}' | '`') {
            continue;
        }
        finish(&mut word, &mut words);
        let ends = match letter {
            ',' | ';' | '|' | ':' | '/' | '\n' | '!' | '?' | '(' | ')' | '[' | ']' | '"' | '*'
            | '>' => true,
            '.' | '-' | '\u{2013}' | '\u{2014}' => {
                letters.peek().is_none_or(|next| next.is_whitespace())
            }
            _ => false,
        };
        if ends && words.last().is_some_and(|last| last != END) {
            words.push(END.to_owned());
        }
    }
    finish(&mut word, &mut words);
    words
}

/// Returns whether an item ends here, or has no more than a date.
fn ends(words: &[String]) -> bool {
    let mut words = words.iter().map(String::as_str);
    let before_dates = |word: &&str| BEFORE_DATES.contains(word);
    let first = words.next().filter(|word| *word != END);
    match first {
        None => true,
        Some(word) if before_dates(&word) => words
            .find(|word| !before_dates(word))
            .is_some_and(is_of_a_date),
        Some(word) => is_of_a_date(word),
    }
}

/// Words that may precede the date of a request.
const BEFORE_DATES: [&str; 9] = [
    "on",
    "in",
    "since",
    "as",
    "of",
    "dated",
    "date",
    "effective",
    "eff",
];

/// The names of days and months, each with its usual short form, and of days near today.
const DATES: &str = "january jan february feb march mar april apr may june jun july jul august aug \
    september sept sep october oct november nov december dec monday mon tuesday tues tue wednesday wed \
    thursday thurs thur thu friday fri saturday sat sunday sun today yesterday";

/// Returns whether a date may begin with the word.
fn is_of_a_date(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        || DATES.split(' ').any(|known| known == word)
}

/// Returns whether the words begin with the parts of a pattern.
fn follows(words: &[String], parts: &[Part]) -> bool {
    let Some((part, rest)) = parts.split_first() else {
        return true;
    };
    let choices = match part {
        Part::Gap => {
            let within = words.iter().take_while(|word| *word != END).count();
            return (0..=within.min(GAP)).any(|skip| follows(&words[skip..], rest));
        }
        Part::Of(choices) => choices,
    };
    let first = words
        .first()
        .map(String::as_str)
        .filter(|word| *word != END);
    let fits = |choice: &Choice| match (choice, first) {
        (Choice::End, _) => ends(words),
        (Choice::Word(known), Some(word)) => *known == word,
        (Choice::Stem(stem), Some(word)) => word.starts_with(stem),
        (Choice::Word(_) | Choice::Stem(_), None) => false,
    };
    choices.iter().any(fits) && follows(words.get(1..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &str) -> impl Iterator<Item = &str> {
        table.lines().filter(|line| !line.is_empty())
    }

    #[test]
    fn wishes_in_every_wording_are_seen() {
        let table = include_str!("../../tests/cases/lists/cells-that-ask.txt");
        assert!(cells(table).count() >= 150);
        let missed: Vec<&str> = cells(table).filter(|cell| !asks(cell)).collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn codes_of_dialers_and_signs_are_wishes() {
        for text in [
            "D0 N0T CALL",
            "d0 not call",
            "DNCC",
            "ADNC",
            "XDNC",
            "DNC2",
            "INTDNC",
            "DNC_CAMP",
            "D/N/C",
            "d.n.c",
            "\u{26d4}",
        ] {
            assert!(asks(text), "{text}");
        }
        for text in ["Duncan", "0033k00002DnCxxAAI", "\u{1f4de}"] {
            assert!(!asks(text), "{text}");
        }
    }

    #[test]
    fn names_are_no_wishes() {
        for text in [
            "Stop",
            "Robinson",
            "Cease",
            "C D",
            "D. N. C. Smith",
            "Mary Nix Robinson",
            "C & D Plumbing",
        ] {
            assert!(!asks_beside_names(text), "{text}");
        }
        for text in [
            "DO NOT CALL - Ana",
            "DNC",
            "asked not to be called",
            "Ana (deceased)",
            "do not call Stop",
        ] {
            assert!(asks_beside_names(text), "{text}");
        }
    }

    #[test]
    fn notes_of_the_days_work_are_no_wishes() {
        let table = include_str!("../../tests/cases/lists/cells-that-do-not-ask.txt");
        assert!(cells(table).count() >= 150);
        let taken: Vec<&str> = cells(table).filter(|cell| asks(cell)).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }
}
