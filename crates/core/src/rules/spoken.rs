//! The phrases with which people ask not to be called again.

use super::tables::{self, TableError};

const COLUMNS: [&str; 4] = ["phrase", "channel", "action", "source"];

/// The rows of `opt-out-words.csv` that are said on a call and put the number on the internal list.
#[derive(Clone, Debug)]
pub(super) struct SpokenTable {
    /// The phrases in the form that [`words`] returns.
    phrases: Vec<String>,
}

impl SpokenTable {
    /// Reads the table.
    ///
    /// # Errors
    ///
    /// Errors if a phrase is empty, or a channel or action is not known.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, TableError> {
        let mut phrases = Vec::new();
        for row in tables::read(file, text, &COLUMNS)? {
            let phrase = words(row.text("phrase"));
            if phrase.trim().is_empty() {
                return Err(row.error("phrase", "is empty"));
            }
            match (row.text("channel"), row.text("action")) {
                ("voice", "internal_dnc") => phrases.push(phrase),
                ("voice", "review_wrong_party") | ("text", "revoke") => {}
                ("voice" | "text", _) => {
                    return Err(row.error("action", "does not go with the channel"));
                }
                _ => return Err(row.error("channel", "must be voice or text")),
            }
        }
        Ok(Self { phrases })
    }

    /// Returns whether what was said contains one of the phrases.
    pub(super) fn has_one_in(&self, said: &str) -> bool {
        let said = words(said);
        self.phrases.iter().any(|phrase| said.contains(phrase))
    }
}

/// Returns a text's words in lower case, with a blank before and after each. Apostrophes are left out,
/// because transcripts do not agree on them, and `don't` becomes `do not`.
fn words(text: &str) -> String {
    let text = text.to_lowercase().replace(['\'', '’'], "");
    let words = text
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.fold(" ".to_owned(), |line, word| {
        line + if word == "dont" { "do not" } else { word } + " "
    })
}

#[cfg(test)]
mod tests {
    use super::SpokenTable;

    const HEAD: &str = "phrase,channel,action,source\n";

    #[test]
    fn people_ask_in_their_own_spelling() {
        let text = include_str!("../../data/opt-out-words.csv");
        let table = SpokenTable::read("opt-out-words.csv", text).unwrap();
        for said in [
            "Do NOT call me!",
            "Please — stop calling, will you?",
            "don’t call me again",
            "Dont call me again.",
            "don't call me anymore",
            "Don't ever call me again",
            "do not call this number",
            "never call me again",
            "remove me from your list",
            "just take me off the list",
            "Yes, put me on your\ndo-not-call list, please",
            "I want you to take me off your list",
        ] {
            assert!(table.has_one_in(said), "{said}");
        }
        for said in [
            "",
            "Please call me again",
            "I'll stop callings it that",
            "you have the wrong number",
            "cancel",
            "stop",
        ] {
            assert!(!table.has_one_in(said), "{said}");
        }
    }

    #[test]
    fn a_row_that_means_nothing_is_refused() {
        for (row, wrong) in [
            (" ,voice,internal_dnc,x", "t.csv:2: phrase: is empty"),
            ("?!,voice,internal_dnc,x", "t.csv:2: phrase: is empty"),
            (
                "stop,text,internal_dnc,x",
                "t.csv:2: action: does not go with the channel",
            ),
            (
                "stop,fax,revoke,x",
                "t.csv:2: channel: must be voice or text",
            ),
        ] {
            let error = SpokenTable::read("t.csv", &format!("{HEAD}{row}\n"));
            assert_eq!(error.unwrap_err().to_string(), wrong, "{row}");
        }
    }
}
