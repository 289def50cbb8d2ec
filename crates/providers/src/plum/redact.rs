//! Texts of the server without what must not be stored: credentials, addresses with tokens, numbers.

use crate::remote::secret::Secret;
use crate::remote::text::plain;

/// Removes the secrets of one account and all telephone numbers from texts.
#[derive(Clone, Debug)]
pub(super) struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// Creates a redactor for an account with these credentials.
    pub(super) fn new(secrets: &[&Secret]) -> Self {
        let shown = |secret: &&&Secret| !secret.expose().is_empty();
        let mut secrets: Vec<Secret> = secrets.iter().filter(shown).copied().cloned().collect();
        // The longest first, because one credential may contain another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets }
    }

    /// Returns the text without credentials, addresses and numbers, at most 200 characters long.
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
        plain(&text)
    }
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
        assert_eq!(redactor.clean(&"é".repeat(900)).chars().count(), 200);
    }
}
