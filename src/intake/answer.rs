//! What a cell says in a column about calls, contacts or consent, by the shape of the cell.

use super::dates;
use super::header;
use super::vocabulary::{CellWord, NameWord, cell_has, folded, has, whole_cell};

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing: it is empty or says that nothing is known.
    Blank,
    /// Yes, in a word or a mark.
    Yes,
    /// No, in a word.
    No,
    /// `1`, which may be a yes.
    One,
    /// `0`, which may be a no.
    Zero,
    /// A refusal: `refused`, `not allowed`, `mail only`.
    Refusal,
    /// Channels, none of them the telephone.
    OtherChannel,
    /// Channels, the telephone among them.
    Phone,
    /// One letter or digit, or two or three without small letters: `Ana` is a name.
    Code,
    /// A few words.
    Words,
    /// A date, a number, an address or a longer text.
    Other,
}

/// The longest code, in letters.
const CODE: usize = 3;
/// The longest text, in letters, that may be one of a short list of values.
const SHORT: usize = 60;

impl Answer {
    /// Returns what a cell says.
    pub(super) fn of(text: &str) -> Self {
        let said = folded(text.trim());
        let bare = said.trim_matches(|char: char| {
            char.is_whitespace()
                || matches!(char, '"' | '\'' | '[' | ']' | '(' | ')' | '.' | '!' | '*')
        });
        if said.is_empty() {
            return Self::Blank;
        }
        if let Some(whole) = whole_cell(&said).or_else(|| whole_cell(bare)) {
            return match (whole, bare) {
                (CellWord::Yes, "1" | "-1" | "1.0") => Self::One,
                (CellWord::No, "0" | "0.0") => Self::Zero,
                (CellWord::Yes | CellWord::YesLetter, _) => Self::Yes,
                (CellWord::No, _) => Self::No,
                (CellWord::Blank | CellWord::Nothing, _) => Self::Blank,
                (CellWord::Never | CellWord::Refusal | CellWord::Negation, _) => Self::Refusal,
                (
                    CellWord::Allowed
                    | CellWord::Agreement
                    | CellWord::Only
                    | CellWord::Phone
                    | CellWord::Channel
                    | CellWord::Clear
                    | CellWord::Outcome,
                    _,
                ) => Self::Words,
            };
        }
        Self::in_words(text, &said)
    }

    fn in_words(text: &str, said: &str) -> Self {
        let words = header::folded_words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let has_kind = |kind| cell_has(&words, kind);
        let denies = has_kind(CellWord::Negation)
            && (words.len() == 1
                || has_kind(CellWord::Agreement)
                || has_kind(CellWord::Phone)
                || has(&words, NameWord::Contact)
                || has(&words, NameWord::Consent));
        let only = has_kind(CellWord::Only) && !has_kind(CellWord::Phone);
        if denies || only || has_kind(CellWord::Refusal) {
            return Self::Refusal;
        }
        let digits = said.bytes().filter(u8::is_ascii_digit).count();
        let number = digits > 1 && !said.bytes().any(|byte| byte.is_ascii_alphabetic());
        if said.chars().count() > SHORT
            || number
            || said.contains('@')
            || said.contains("//")
            || dates::looks_like_one(said)
        {
            return Self::Other;
        }
        let channels = [CellWord::Channel, CellWord::Phone, CellWord::Only];
        let is_channel = |word: &&str| channels.iter().any(|kind| cell_has(&[word], *kind));
        if !words.is_empty() && words.iter().all(is_channel) {
            return if has_kind(CellWord::Phone) {
                Self::Phone
            } else {
                Self::OtherChannel
            };
        }
        let letters = text.trim().chars().count();
        let small = text.chars().any(char::is_lowercase);
        if letters <= CODE && said.chars().all(char::is_alphanumeric) && (letters == 1 || !small) {
            return Self::Code;
        }
        Self::Words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_of_a_cell_says_what_it_is() {
        for (text, answer) in [
            ("", Answer::Blank),
            ("N/A", Answer::Blank),
            ("JA", Answer::Yes),
            ("Sì", Answer::Yes),
            ("[x]", Answer::Yes),
            ("No.", Answer::No),
            ("não", Answer::No),
            ("1", Answer::One),
            ("0", Answer::Zero),
            ("OptOut", Answer::Refusal),
            ("no_consent", Answer::Refusal),
            ("Non-marketing contact", Answer::Refusal),
            ("Do Not Send", Answer::Refusal),
            ("Mail only", Answer::Refusal),
            ("nur schriftlich", Answer::Refusal),
            ("refusé", Answer::Refusal),
            ("No answer", Answer::Words),
            ("Phone only", Answer::Phone),
            ("Any", Answer::Phone),
            ("Email; Direct Mail", Answer::OtherChannel),
            ("P", Answer::Code),
            ("EM", Answer::Code),
            ("Ana", Answer::Words),
            ("Maria No", Answer::Words),
            ("2026-03-01", Answer::Other),
            ("212-555-0142", Answer::Other),
            ("ana@example.com", Answer::Other),
        ] {
            assert_eq!(Answer::of(text), answer, "{text}");
        }
    }
}
