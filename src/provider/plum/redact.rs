//! What a server said, without what must not be kept: credentials, addresses with tokens, numbers.

use crate::provider::remote::secret::Secret;

/// The most that is kept of a text, in characters.
const LONGEST: usize = 200;

/// From this many digits on, a run of digits may be somebody's number.
const NUMBER_DIGITS: usize = 7;

/// Strips texts of one account's secrets and of everybody's numbers.
#[derive(Clone, Debug)]
pub(super) struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// For an account with these credentials.
    pub(super) fn new(secrets: &[&Secret]) -> Self {
        let shown = |secret: &&&Secret| !secret.expose().is_empty();
        let mut secrets: Vec<Secret> = secrets.iter().filter(shown).copied().cloned().collect();
        // The longest first: one credential may stand within another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets }
    }

    /// The text without credentials, addresses and numbers, at most 200 characters long.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            text = text.replace(secret.expose(), "…");
        }
        let words = text.split_whitespace().map(|word| {
            let hidden = word.contains("://") || word.contains("token=");
            if hidden { "…" } else { word }
        });
        let text = words.collect::<Vec<_>>().join(" ");
        without_numbers(&text).chars().take(LONGEST).collect()
    }
}

/// Hides every run of digits, spaces and signs that may be a telephone number.
fn without_numbers(text: &str) -> String {
    let of_number = |letter: char| letter.is_ascii_digit() || "+-.() ".contains(letter);
    let mut clean = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|letter| !of_number(letter)).unwrap_or(rest.len());
        let (number, after) = rest.split_at(run);
        let digits = number.chars().filter(char::is_ascii_digit).count();
        if digits < NUMBER_DIGITS {
            clean.push_str(number);
        } else {
            let inner = number.trim();
            let start = number.len() - number.trim_start().len();
            clean.push_str(&number[..start]);
            clean.push('…');
            clean.push_str(&number[start + inner.len()..]);
        }
        let words = after.find(of_number).unwrap_or(after.len());
        clean.push_str(&after[..words]);
        rest = &after[words..];
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_left() {
        let (login, pin) = (Secret::new("deck@example.com"), Secret::new("4711"));
        let redactor = Redactor::new(&[&login, &pin, &Secret::new("")]);
        let table = [
            ("login deck@example.com failed", "login … failed"),
            ("pin=4711 is wrong", "pin=… is wrong"),
            ("+1 (212) 555-0142 is busy", "… is busy"),
            ("call to 12125550142 failed: 486", "call to … failed: 486"),
            ("'2125550142'", "'…'"),
            ("GET https://x/start?token=ab was 404", "GET … was 404"),
            ("busy", "busy"),
            ("", ""),
        ];
        for (said, kept) in table {
            assert_eq!(redactor.clean(said), kept, "{said}");
        }
        assert_eq!(redactor.clean(&"é".repeat(900)).chars().count(), LONGEST);
    }
}
