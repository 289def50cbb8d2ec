//! Columns whose names are about calls, contacts or consent, and are no field: which of their cells say that a
//! person may not be called cannot be known, but the shape of the cells shows that a decision is needed.

use super::answer::Answer;
use super::header::{self, Meaning};
use super::vocabulary::{CellWord, NameWord, folded, has, is, is_among};

/// The subject of a column that is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Topic {
    subject: Subject,
    /// Whether the column is about something beside the subject, such as its type or a count.
    aside: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// An objection or a block: any value but a no counts.
    Objection,
    /// Consent or privacy: any value of a short list counts.
    Consent,
    /// Contacts, calls or marketing: a yes, a no and a refusal count.
    Contact,
    /// A word such as `exclude` or `minor` and nothing else: a yes counts.
    Block,
    /// A further number: a refusal counts, and a yes and a no if no number is there.
    Number,
    /// A name in letters that the tables do not know: a yes and a no count.
    Unknown,
    /// How a call or a contact ended, in codes: a code that is not known counts.
    Outcome,
    /// The result of a comparison with registers: any value but one that is clear counts.
    Scrub,
    /// A name that is not known, or that blocks something: a yes counts.
    Flag,
}

/// The most different values of a column that holds one of a few, such as a status.
const FEW: usize = 12;
/// The most different codes.
const FEW_CODES: usize = 6;
/// The longest code of a dialer, in letters.
const LONGEST_CODE: usize = 8;
/// The most other values beside a yes and a no, as in `yes`, `no`, `ask`.
const ODD: usize = 1;

/// The cells of one column, by what they say. Each different value counts once.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    yes: usize,
    no: usize,
    /// Cells `1` and `0`, which may be counts.
    digits: usize,
    refusals: usize,
    channels: usize,
    codes: usize,
    words: usize,
    others: usize,
    /// Cells `1`, which are counted as digits too.
    ones: usize,
    /// Values that are clear in a comparison with registers, counted as others too.
    clear: usize,
    /// Codes that are no known outcome of a call, counted as others too.
    strange: usize,
}

impl Tally {
    /// Counts a value that has not been counted before.
    pub(super) fn add(&mut self, answer: Answer, cell: &str) {
        if answer == Answer::Blank {
            return;
        }
        let said = folded(cell);
        self.ones += usize::from(answer == Answer::One);
        self.clear += usize::from(is_among(&said, CellWord::Clear));
        self.strange += usize::from(is_code(cell) && !is_among(&said, CellWord::Outcome));
        let count = match answer {
            Answer::Blank => return,
            Answer::Yes => &mut self.yes,
            Answer::No => &mut self.no,
            Answer::One | Answer::Zero => &mut self.digits,
            Answer::Refusal => &mut self.refusals,
            Answer::OtherChannel => &mut self.channels,
            Answer::Code => &mut self.codes,
            Answer::Phone | Answer::Words => &mut self.words,
            Answer::Other => &mut self.others,
        };
        *count += 1;
    }

    const fn distinct(&self) -> usize {
        self.yes
            + self.no
            + self.digits
            + self.refusals
            + self.channels
            + self.codes
            + self.words
            + self.others
    }

    /// Returns whether a yes or a no is among the values. `1` and `0` count if no other digits are there.
    const fn has_flag(&self) -> bool {
        self.yes + self.no > 0 || (self.digits > 0 && self.distinct() == self.digits)
    }

    /// Returns whether the values are a yes, perhaps a no, and little else. Digits may be counts: only a `1` alone
    /// or beside `0` says yes. A column of nothing but no, as `IsDeleted`, forbids nobody.
    const fn is_flag(&self) -> bool {
        let flags = self.yes + self.no + self.digits;
        let says = self.yes > 0 || (self.ones > 0 && self.distinct() == flags);
        says && self.distinct() - flags <= ODD
    }

    /// Returns whether all values are a few codes, such as `P`, `M` and `E`.
    const fn is_codes(&self) -> bool {
        let distinct = self.distinct();
        self.codes > 0
            && distinct == self.codes + self.yes + self.no + self.digits
            && distinct <= FEW_CODES
    }
}

impl Topic {
    /// The topic of a column whose name asks for no calls.
    pub(super) const OBJECTION: Self = Self {
        subject: Subject::Objection,
        aside: false,
    };
    /// The topic of a further column of numbers.
    pub(super) const NUMBER: Self = Self {
        subject: Subject::Number,
        aside: false,
    };

    /// Returns the topic of a column, given its name and the words of it; `None` if it is about something
    /// else.
    pub(super) fn of(name: &str, words: &[&str]) -> Option<Self> {
        let has = |kind| has(words, kind);
        if has(NameWord::OtherChannel) && !has(NameWord::Telephone) {
            return None;
        }
        let blocks = words.iter().any(|word| is(word, NameWord::Block))
            && words
                .iter()
                .all(|word| is(word, NameWord::Block) || is(word, NameWord::BesideBlock));
        let latin =
            |letter: char| letter.is_ascii_alphabetic() || ('\u{c0}'..'\u{250}').contains(&letter);
        let subject = if has(NameWord::Objection) || is_block_since(words) {
            Subject::Objection
        } else if has(NameWord::Consent) {
            Subject::Consent
        } else if has(NameWord::Outcome) {
            Subject::Outcome
        } else if has(NameWord::Scrub) {
            Subject::Scrub
        } else if has(NameWord::Contact) {
            Subject::Contact
        } else if blocks {
            Subject::Block
        } else if name.chars().any(char::is_alphabetic) && !name.chars().any(latin) {
            Subject::Unknown
        } else if !has(NameWord::Plain)
            || has(NameWord::Adverse)
            || words.iter().any(|word| is(word, NameWord::Block))
        {
            Subject::Flag
        } else {
            return None;
        };
        // The outcome of a call or a contact is about it; other outcomes are not.
        let aside = if subject == Subject::Outcome {
            !has(NameWord::Contact)
        } else {
            has(NameWord::About)
        };
        Some(Self { subject, aside })
    }

    /// Returns whether the name says nothing by itself.
    pub(super) fn is_unknown(self) -> bool {
        self.subject == Subject::Flag
    }

    /// Returns whether no further value can make the column open, so that the values need no more counting.
    pub(super) fn is_settled(self, values: &Tally) -> bool {
        let flags = values.yes + values.no + values.digits;
        self.subject == Subject::Flag && values.distinct() - flags > ODD
    }

    /// Returns whether the user has to decide what a column with these values says.
    pub(super) const fn is_open(self, values: &Tally) -> bool {
        let flag = values.has_flag();
        let refusal = values.refusals > 0;
        match (self.subject, self.aside) {
            (Subject::Objection, _) => values.distinct() > values.no,
            (Subject::Consent, false) => {
                let listed = values.distinct() - values.others;
                flag || refusal || (listed > 0 && values.distinct() <= FEW)
            }
            (Subject::Consent, true) => values.yes + values.no > 0 || refusal,
            (Subject::Contact, false) => {
                flag || refusal || values.channels > 0 || values.is_codes()
            }
            (Subject::Contact, true) => refusal,
            (Subject::Number, _) => refusal || (flag && values.others == 0),
            (Subject::Block, _) => {
                let ones = values.digits > 0 && values.distinct() == values.digits;
                values.yes > 0 || refusal || ones
            }
            (Subject::Unknown, _) => flag,
            (Subject::Flag, _) => values.is_flag(),
            (Subject::Outcome, aside) => values.strange > 0 || (refusal && !aside),
            (Subject::Scrub, _) => values.distinct() - values.others > values.no + values.clear,
        }
    }

    /// Returns whether a value of such a column may say that the person is not to be called.
    const fn may_refuse(self, answer: Answer) -> bool {
        let refuses = match self.subject {
            Subject::Objection | Subject::Block => matches!(answer, Answer::Yes | Answer::One),
            Subject::Consent => matches!(answer, Answer::No | Answer::Zero | Answer::Refusal),
            Subject::Contact => matches!(answer, Answer::No | Answer::Refusal),
            Subject::Number
            | Subject::Unknown
            | Subject::Flag
            | Subject::Outcome
            | Subject::Scrub => false,
        };
        refuses && !self.aside
    }
}

/// Returns whether a name says when or why a contact was blocked: `Blocked On`, `Exclusion Reason`.
fn is_block_since(words: &[&str]) -> bool {
    const SINCE: &str =
        "date on since reason by datum seit am grund fecha motivo raison depuis data sinds reden";
    let since = |word: &&str| SINCE.split(' ').any(|known| known == *word);
    let block = |word: &&str| is(word, NameWord::Block);
    words.iter().any(since)
        && words.iter().any(block)
        && words
            .iter()
            .all(|word| since(word) || block(word) || is(word, NameWord::BesideBlock))
}

/// Returns whether a cell is a code of a dialer or a vendor: a few capitals, digits and signs.
fn is_code(cell: &str) -> bool {
    let cell = cell.trim();
    let of_code =
        |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_-&/".contains(&byte);
    cell.len() <= LONGEST_CODE
        && cell.bytes().all(of_code)
        && cell.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The most words before a colon that are read as a name.
const NAME_WORDS: usize = 4;

/// Returns whether a part of a cell is a name and a value of which the value may refuse calls: `consent: no`,
/// `marketing calls = n`.
pub(super) fn pair_refuses(text: &str) -> bool {
    let parts = text.split([';', ',', '|', '\n', '/']);
    parts
        .filter_map(|part| {
            part.split_once([':', '='])
                .or_else(|| part.split_once(" - "))
        })
        .any(|(name, value)| {
            let answer = Answer::of(value);
            let plain = matches!(
                answer,
                Answer::Yes | Answer::No | Answer::One | Answer::Zero | Answer::Refusal
            );
            plain && name_refuses(name, answer)
        })
}

fn name_refuses(name: &str, answer: Answer) -> bool {
    let words = header::folded_words(name);
    if words.is_empty() || words.len() > NAME_WORDS {
        return false;
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match header::meaning(name) {
        Meaning::OtherChannel => false,
        Meaning::Field(..) | Meaning::Unclear | Meaning::About(_) | Meaning::Other => {
            Topic::of(name, &words).is_some_and(|topic| topic.may_refuse(answer))
        }
    }
}
