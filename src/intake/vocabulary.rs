//! The word tables of lists: names of columns, and what the cells of columns about calls say.
//!
//! The tables are CSV files beside this module. Each explains its kinds of words in its first lines.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IntoDeserializer as _;
use serde::de::value::{Error, StrDeserializer};

use super::letters;
use super::names::rows;

const COLUMN_NAMES: &str = include_str!("vocabulary/column_names.csv");
const CELL_VALUES: &str = include_str!("vocabulary/cell_values.csv");

/// What a word in the name of a column means. The table's first lines explain each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum NameWord {
    Field,
    Place,
    Address,
    Number,
    BesideNumber,
    AboutNumber,
    Never,
    Closed,
    PerhapsNever,
    Allowed,
    Agreed,
    Granted,
    Consent,
    Contact,
    Objection,
    Block,
    BesideBlock,
    Outcome,
    Scrub,
    Plain,
    Adverse,
    About,
    OtherChannel,
    Telephone,
    Circumstance,
    Uncertain,
    Wrong,
    Party,
    Since,
    Consented,
    Ending,
    Beginning,
    Binding,
    Country,
    NoCountry,
    NoNumbers,
}

/// What a cell, or a word in it, says about calls. The table's first lines explain each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CellWord {
    Yes,
    YesLetter,
    No,
    Blank,
    Nothing,
    Never,
    Allowed,
    Negation,
    Agreement,
    Refusal,
    Only,
    Phone,
    Channel,
    Clear,
    Outcome,
}

/// A row of the table of names: a name or a phrase.
pub(super) struct Name {
    /// The field, or how near an address or a number is; empty for other kinds.
    pub(super) of: &'static str,
    /// The name as written in the table.
    pub(super) text: &'static str,
    phrase: Phrase,
}

/// One or more words that follow each other.
struct Phrase(Vec<Part>);

/// One word of a phrase.
enum Part {
    /// This word: `call`.
    Exact(&'static str),
    /// A word that begins so: `call~`.
    Begins(&'static str),
    /// A word that contains this: `~call~`.
    Contains(&'static str),
}

impl Phrase {
    fn read(text: &'static str) -> Self {
        let part = |word: &'static str| match word.strip_suffix('~') {
            None => Part::Exact(word),
            Some(stem) => match stem.strip_prefix('~') {
                None => Part::Begins(stem),
                Some(part) => Part::Contains(part),
            },
        };
        Self(text.split(' ').map(part).collect())
    }

    fn is_in(&self, words: &[&str]) -> bool {
        self.places(words).next().is_some()
    }

    /// Returns the places in the words at which the phrase begins.
    fn places<'w>(&'w self, words: &'w [&'w str]) -> impl Iterator<Item = usize> + 'w {
        let fits = |(part, word): (&Part, &&str)| match part {
            Part::Exact(known) => word == known,
            Part::Begins(stem) => word.starts_with(stem),
            Part::Contains(part) => word.contains(part),
        };
        let places = words.windows(self.0.len()).enumerate();
        places
            .filter(move |(_, place)| self.0.iter().zip(*place).all(fits))
            .map(|(at, _)| at)
    }
}

/// Returns the kind of a row. `None` if there is no such kind, which a test rules out.
fn kind_of<'k, K: Deserialize<'k>>(text: &'k str) -> Option<K> {
    let text: StrDeserializer<'k, Error> = text.into_deserializer();
    K::deserialize(text).ok()
}

static NAMES: LazyLock<HashMap<NameWord, Vec<Name>>> = LazyLock::new(|| {
    let mut names: HashMap<NameWord, Vec<Name>> = HashMap::new();
    for [kind, of, text, _language] in rows(COLUMN_NAMES) {
        if let Some(kind) = kind_of(kind) {
            let phrase = Phrase::read(text);
            names
                .entry(kind)
                .or_default()
                .push(Name { of, text, phrase });
        }
    }
    names
});

struct Cells {
    whole: HashMap<&'static str, CellWord>,
    phrases: HashMap<CellWord, Vec<Phrase>>,
    /// Whole cells of columns of one kind.
    among: HashMap<CellWord, HashSet<&'static str>>,
}

static CELLS: LazyLock<Cells> = LazyLock::new(|| {
    let mut cells = Cells {
        whole: HashMap::new(),
        phrases: HashMap::new(),
        among: HashMap::new(),
    };
    for [kind, word, _language] in rows(CELL_VALUES) {
        let Some(kind) = kind_of(kind) else {
            continue;
        };
        match kind {
            CellWord::Yes
            | CellWord::YesLetter
            | CellWord::No
            | CellWord::Blank
            | CellWord::Nothing
            | CellWord::Never
            | CellWord::Allowed => {
                cells.whole.insert(word, kind);
            }
            CellWord::Clear | CellWord::Outcome => {
                cells.among.entry(kind).or_default().insert(word);
            }
            CellWord::Negation
            | CellWord::Agreement
            | CellWord::Refusal
            | CellWord::Only
            | CellWord::Phone
            | CellWord::Channel => {
                let phrases = cells.phrases.entry(kind).or_default();
                phrases.push(Phrase::read(word));
            }
        }
    }
    cells
});

/// Returns the names of this kind, in the order of the table.
pub(super) fn names(kind: NameWord) -> &'static [Name] {
    NAMES.get(&kind).map_or(&[], Vec::as_slice)
}

/// Returns whether the words of a name have a word or a phrase of this kind.
pub(super) fn has(words: &[&str], kind: NameWord) -> bool {
    names(kind).iter().any(|name| name.phrase.is_in(words))
}

/// Returns whether each word of a name is of one of these kinds, alone or in a phrase.
pub(super) fn all_are(words: &[&str], kinds: &[NameWord]) -> bool {
    let mut known = vec![false; words.len()];
    for name in kinds.iter().flat_map(|kind| names(*kind)) {
        for at in name.phrase.places(words) {
            known[at..at + name.phrase.0.len()].fill(true);
        }
    }
    !known.contains(&false)
}

/// Returns whether a word alone is of this kind.
pub(super) fn is(word: &str, kind: NameWord) -> bool {
    has(&[word], kind)
}

/// Returns the first name of this kind that is exactly this text.
pub(super) fn exactly(text: &str, kind: NameWord) -> Option<&'static Name> {
    names(kind).iter().find(|name| name.text == text)
}

/// Returns what a whole cell says, in lower case and without accents.
pub(super) fn whole_cell(text: &str) -> Option<CellWord> {
    CELLS.whole.get(text).copied()
}

/// Returns whether a whole cell, in lower case and without accents, is of this kind in columns that have such
/// cells.
pub(super) fn is_among(text: &str, kind: CellWord) -> bool {
    let known = CELLS.among.get(&kind);
    known.is_some_and(|known| known.contains(text))
}

/// Returns whether the words of a cell have a word or a phrase of this kind.
pub(super) fn cell_has(words: &[&str], kind: CellWord) -> bool {
    let phrases = CELLS.phrases.get(&kind);
    phrases.is_some_and(|phrases| phrases.iter().any(|phrase| phrase.is_in(words)))
}

/// Returns the text in lower case, without accents and in plain letters, as the tables are written.
pub(super) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in letters::plain(text).chars().flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'œ' => folded.push_str("oe"),
            'æ' => folded.push_str("ae"),
            // A mark that is written as a character of its own, behind its letter.
            '\u{300}'..='\u{36f}' => {}
            letter => folded.push(unaccented(letter)),
        }
    }
    folded
}

/// Returns a lower-case letter without its accent.
pub(super) const fn unaccented(letter: char) -> char {
    match letter {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ą' | 'ă' | 'ā' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'ı' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ø' | 'ő' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' | 'ū' => 'u',
        'ý' | 'ÿ' => 'y',
        'ç' | 'ć' | 'č' => 'c',
        'ñ' | 'ń' | 'ň' => 'n',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ź' | 'ż' | 'ž' => 'z',
        'ł' => 'l',
        'ğ' => 'g',
        'ř' => 'r',
        'ť' | 'ț' | 'ţ' => 't',
        'ď' | 'đ' => 'd',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_tables_is_read() {
        let written = |table: &str| {
            let lines = table.lines().filter(|line| !line.starts_with('#'));
            lines.count() - 1
        };
        let names: usize = NAMES.values().map(Vec::len).sum();
        assert_eq!(names, written(COLUMN_NAMES));
        let phrases: usize = CELLS.phrases.values().map(Vec::len).sum();
        let among: usize = CELLS.among.values().map(HashSet::len).sum();
        let read = CELLS.whole.len() + phrases + among;
        assert_eq!(read, written(CELL_VALUES));
    }

    #[test]
    fn the_tables_are_written_without_capitals_and_accents() {
        for name in NAMES.values().flatten() {
            assert_eq!(name.text, folded(name.text));
        }
        for word in CELLS.whole.keys() {
            assert_eq!(*word, folded(word));
        }
    }

    #[test]
    fn a_phrase_stands_anywhere_in_a_name() {
        let has = |name: &[&str]| has(name, NameWord::Never);
        assert!(has(&["please", "do", "not", "call", "me"]));
        assert!(has(&["do", "not", "calls"]));
        assert!(!has(&["do", "call"]));
        assert!(is("zentralsperre", NameWord::Objection));
    }

    #[test]
    fn accents_in_either_form_are_taken_off() {
        assert_eq!(folded("Décédé"), "decede");
        assert_eq!(folded("Nao\u{303} LIGAR"), "nao ligar");
        assert_eq!(folded("Straße"), "strasse");
    }
}
