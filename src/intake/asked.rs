//! Finds requests not to be called in the text of a cell.
//!
//! Notes and statuses hold such requests in many wordings. A missed request is a call to a person who asked
//! for none, so doubt counts as a request. Notes about daily work do not count.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Patterns of requests. A pattern is a sequence of words within one sentence or item: `x~` matches a word
/// that begins with `x`, `a|b` matches either, `*` matches up to three words, `^` and `$` match the start and
/// the end of the item. A date may precede the end. `CALL` matches any word of [`CALL`].
const PATTERNS: &[&str] = &[
    // Do-not-call by name.
    "dnc|dncl|dncr|dncd|dnced|donotcall|donotcontact|donotphone|donotdial|dontcall|dontcontact",
    "d n c",
    "never call|contact|phone|ring|dial|telephone|solicit",
    "do not * CALL",
    "dont|donot * CALL",
    "don t * CALL",
    "not to * CALL",
    "not to be CALL",
    "not|no longer want~|wish~|like * CALL",
    "doesnt|didnt|wouldnt want~|wish~|like * CALL",
    "not want|wish|like * CALL",
    "should|must|may|can|to|shall not|never be|CALL",
    "should|must|may|can|shall not be CALL",
    "never to CALL",
    "not|isnt ok|okay|willing|allowed|permitted|authorized|happy * CALL",
    "call|calls|calling|contact not|unwanted|prohibited|forbidden allowed|permitted|ok|okay|wanted|welcome",
    "calls|calling unwanted|prohibited|forbidden",
    "not|no|isnt longer|taking|accepting|accept calls",
    "no longer accept~|tak~ calls",
    "hates|hate|dislikes CALL",
    "dont|not use this|number|phone",
    "cannot|cant|shouldnt|mustnt be CALL",
    "not be CALL",
    "never|not CALL~ again",
    "never again CALL",
    "never again $",
    "never ever CALL",
    "CALL * never",
    "^ never $",
    "no more|further|additional CALL",
    "no|zero CALL $",
    "no CALL please|ever|again|allowed|wanted|permitted|anymore|per|at|before|after|to|or|and|whatsoever",
    "^ no|non CALL",
    "wants|want|wanted|requested|requests|request|asked|asks|demanded|said no CALL",
    "not|non|un|in callable|contactable|dialable $",
    "uncallable|uncontactable|nocall|nocalls",
    "stop|quit|cease CALL",
    "stop|quit * calling|phoning|ringing|dialing|contacting|bothering|harassing",
    "stop bothering|harassing",
    // Words that revoke consent, 47 CFR 64.1200(a)(10).
    "^ stop|quit|end|cancel $",
    "stopall|endall|cancelall",
    "cancel all|CALL",
    "please|pls|plz stop $",
    "calls stop|stopped",
    "^ stop stop",
    "stop received",
    "^ cease $",
    "asked|asks|said|says|told|wants|want|wanted|demanded|demands|request|requested us|you|to|for stop $",
    "said|says|sent|replied|texted|responded stop",
    "to stop $",
    "stop all",
    "stop request~",
    "refus~|declin~|object~|reject~ * CALL",
    "refus~ to be CALL",
    "leave me|us|him|her|them alone",
    "lose my|this|the|our number",
    "do not|dont disturb|bother|solicit|disturb",
    "^ no solicit~",
    // Off the list.
    "remov~ me|us|him|her|them|my|our|his|their",
    "remov~ * from * list|lists|database|system|calls|calling|file|dialer|campaign",
    "remov~ this|the number|phone|contact",
    "^ remov~ $",
    "^ remov~ number|phone|contact|request~",
    "asked|asks|wants|want|wanted|requested|requests|request|demanded|please remov~ $",
    "asked|asks|wants|want|wanted|requested|requests|request|demanded * be|2|b remov~",
    "asked|requested|requests|demanded * remov~ $",
    "asked|asks|wants|want|wanted|requested|requests|demanded|demands|please off",
    "to be remov~",
    "remov~ request~",
    "removal request~|requested",
    "removal from * list|lists",
    "take|taken|get|keep me|us|him|her|them|number * off",
    "off list|lists $",
    "off|from your|our|the|this|all|calling|call|phone list|lists",
    "put|place|add~|on * dnc|do not call",
    "delete me|us|my",
    "^ exclude|excluded $",
    "^ suppress~ $",
    "suppression|suppress list|number|contact|calls",
    "^ blocked $",
    "blacklist~|blocklist~|robinson~|robinsonlist~",
    "black|block listed",
    "d n c",
    "tps|ctps registered|listed",
    "^ ctps|tps $",
    "dont cal|cll",
    "^ consent no|none|expired|lapsed|withdrawn|refused",
    "text|texts|txt|sms only",
    "CALL|by email|emails|mail|letter|post only",
    // German, Italian, Dutch.
    "nicht|keine anrufen|anruf|anrufe|telefonieren|kontaktieren",
    "non chiamare|contattare|telefonare",
    "niet bellen|opbellen|benaderen",
    "block my|this|me|our number|calls|calling",
    // Opting out, unsubscribing, revoking.
    "optout|optedout",
    "opt|opted|opting|opts out|outs $",
    "opt|opted|opting|opts out of|from all|any|every|everything|call~|phon~|telephon~|contact~|dial~|marketing|auto~|robo~|tcpa|further|future|voice|outbound",
    "opt|opted out all",
    "opt|opted|opting|opts out on|via|by|date|per|as|since|in|during|with|today|yesterday|request~|at|flag|list",
    "unsub|unsubscrib~ $",
    "unsub|unsubscrib~ all",
    "unsubscrib~ me|us|him|her|them|on|via|per|by|since|request~",
    "unsubscrib~ from all|any|call~|phon~|the|our|your|this|list|lists|everything",
    "revok~|revoc~|withdr~|rescind~|cancel~ his|her|their|my|our|the|all consent|permission|authorization|authorisation",
    "revok~|revoc~|withdr~|rescind~ * consent|permission|authorization|authorisation",
    "consent|permission|authorization|authorisation * revok~|withdr~|rescind~",
    "consent|permission|authorization|authorisation was|is|been|now cancel~",
    "consent|permission|authorization|authorisation cancel~ $",
    "no consent|permission|tcpa|authorization $",
    "^ revok~ $",
    "^ withdrawn $",
    "withdr~ consent",
    "without consent",
    "refus~|not|withheld|denied consent",
    "no consent given",
    "tcpa * no|revok~|opt|violat~|litig~|lawsuit|complain~|threat~",
    // Persons protected by law or a court, and numbers that no longer reach the person.
    "cease and desist",
    "cease desist",
    "c and d letter|$",
    "c d $|received|rcvd|sent|letter",
    "cease communication~|contact|all|collection|calling",
    "litigator|litigious|litigant",
    "will|to|of sue|litigate",
    "threat~ * lawsuit|sue|suit|attorney|lawyer|litigation",
    "lawsuit",
    "threat~ to report|complain|sue",
    "reported|reporting us|me|you to",
    "complain~ * fcc|ftc|ofcom|ico|dnc|calls|calling|harassment",
    "harassment complain~",
    "suing us|me|you|the|for|over",
    "attorney|lawyer|atty|counsel represented|letter|said|says|told|sent",
    "attorney|lawyer|atty rep|repd $",
    "represented by an|a|attorney|lawyer|counsel|law",
    "represented $",
    "has|have|retained|hired an|a attorney|lawyer",
    "has|retained|hired attorney|lawyer",
    "contact|call|refer~ his|her|their|my|our attorney|lawyer",
    "bankrupt~",
    "bk filed|chapter|ch",
    "deceased|decedent",
    "passed away",
    "has|he|she|is|customer|client|contact|debtor|husband|wife|spouse|owner passed $",
    "he|she|customer|client|contact|debtor|owner|person|is|has died|dead",
    "^ dead|died $",
    "wrong number|nbr|num|person|party|phone|contact|no",
    "^ wrong $",
    "bad|invalid|disconnected|reassigned number|phone $",
    "number|phone|line * disconnected|reassigned",
    "^ disconnected $",
    "not * right|correct person|party",
    "not * right|correct number $",
    // Spanish and French, as found in lists of the United States and Canada.
    "no * llam~",
    "stop llam~|appel~",
    "quit~|sac~|elimin~ * lista",
    "retir~|enlev~|supprim~ * liste",
    "arret~ * appel~|dappel~",
    "ne appel~|mappel~|rappel~|lappel~ plus|pas|jamais",
    "plus dappel~",
    "no contactar",
    "no molestar",
    "dar~|dado|dada|dio * de baja",
    "ne pas|plus * appel~|contact~|derang~|rappel~",
    "pas d appel~",
    "pas dappel~",
    "plus d appel~",
    "desabonn~",
];

/// Words for a call, as they occur in requests for none.
const CALL: &str = "call calls called calling callback callbacks phone phoned phones phoning telephone \
    telephoned telephoning ring ringing rung dial dialed dialled dialing dialling contact contacts contacted \
    contacting solicit solicited soliciting disturb disturbed bother bothered";

/// Patterns of notes about calls that were made or not made. A request pattern that begins at a word is
/// ignored where one of these begins at that word too.
const WORK: &[&str] = &[
    "no call|calls back|last|this|yet|made|today|since|notes|in|for|on",
    "no contact yet|made|person|name|info|information|on|today|found",
    "no phone number|on|listed|found|yet|in",
    "no phone $",
    "do|dont|not|never forget|hesitate|fail|mind|worry",
    "do|never not|to forget|hesitate|fail|mind|worry",
    "no contact lens~|info|details|number|email|address",
    "no call~ center|centre|card|number|waiting|forwarding|log|logs|record~",
];

/// Returns whether the text may ask for no calls.
pub(super) fn asks(text: &str) -> bool {
    let rules = &*RULES;
    if !rules.may_begin(text) {
        return false;
    }
    let words = words(text);
    (0..words.len()).any(|at| {
        let (rest, starts) = (&words[at..], at == 0 || words[at - 1] == END);
        let laid = |rule: &&Rule| (starts || !rule.at_start) && follows(rest, &rule.parts);
        let mut found = rules.beginning(&words[at]).filter(laid).peekable();
        found.peek().is_some() && !found.any(|rule| rule.is_work)
    })
}

/// Returns whether a column with this name and this value asks not to be called, though the name alone may
/// mean something different: `Exclude` with yes, `Calls` with no.
pub(super) fn asks_under(name: &[String], value: bool) -> bool {
    let all = |list: &str| {
        let beside = "flag status ok okay to me us this the y n yes no can may we allowed";
        let (mut named, mut other) = (false, false);
        for word in name {
            let word = word.as_str();
            named |= list.split(' ').any(|known| known == word);
            other |= !list
                .split(' ')
                .chain(beside.split(' '))
                .any(|known| known == word);
        }
        named && !other
    };
    if value {
        all("exclude excluded exclusion block blocked barred hold skip ignore stop remove")
    } else {
        all(
            "call calls calling callable phone telephone telemarketing tcpa contact contactable dial",
        )
    }
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
    let mut rules = Rules {
        all: Vec::new(),
        by_word: HashMap::new(),
        by_stem: Vec::new(),
    };
    for (patterns, is_work) in [(PATTERNS, false), (WORK, true)] {
        for pattern in patterns {
            rules.add(pattern, is_work);
        }
    }
    rules
});

impl Rules {
    fn add(&mut self, pattern: &'static str, is_work: bool) {
        let (at_start, pattern) = match pattern.strip_prefix("^ ") {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        let parts: Vec<Part> = pattern.split(' ').map(part).collect();
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
            is_work,
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
            !word.is_empty() && (self.by_word.contains_key(word) || self.by_stem.iter().any(stem))
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

fn part(text: &'static str) -> Part {
    if text == "*" {
        return Part::Gap;
    }
    let choices = text.split('|').flat_map(|choice| {
        let words = match choice {
            "CALL" | "CALL~" => CALL,
            other => other,
        };
        words.split(' ').map(|word| match word.strip_suffix('~') {
            _ if word == "$" => Choice::End,
            Some(stem) => Choice::Stem(stem),
            None => Choice::Word(word),
        })
    });
    Part::Of(choices.collect())
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
        let letter = folded(letter);
        if letter.is_alphanumeric() {
            word.extend(letter.to_lowercase());
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

/// Returns a letter without its accent, for the letters that the patterns need.
fn folded(letter: char) -> char {
    match letter {
        'é' | 'è' | 'ê' | 'É' | 'È' | 'Ê' => 'e',
        'á' | 'à' | 'Á' | 'À' => 'a',
        'ó' | 'Ó' => 'o',
        'í' | 'Í' => 'i',
        'ú' | 'Ú' => 'u',
        'ñ' | 'Ñ' => 'n',
        other => other,
    }
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
    fn notes_of_the_days_work_are_no_wishes() {
        let table = include_str!("../../tests/cases/lists/cells-that-do-not-ask.txt");
        assert!(cells(table).count() >= 150);
        let taken: Vec<&str> = cells(table).filter(|cell| asks(cell)).collect();
        assert!(taken.is_empty(), "{taken:#?}");
    }
}
