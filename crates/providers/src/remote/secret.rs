//! Credentials in memory: never printed, compared in constant time where they prove something.

use std::fmt;

use ring::hmac::{self, HMAC_SHA256};

use dialdeck_core::domain::AttemptId;
use dialdeck_core::domain::digest::{Hash, hex};

/// A credential. Its text shows only where it is put into a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a credential.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for a request or a signature and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// HMAC-SHA256 of `message` under this key (RFC 2104).
    pub fn sign(&self, message: &[u8]) -> Hash {
        let mut signature = Hash::default();
        signature.copy_from_slice(hmac::sign(&self.mac_key(), message).as_ref());
        signature
    }

    /// Whether `signature` is this key's for `message`, in constant time.
    pub fn proves(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.mac_key(), message, signature).is_ok()
    }

    fn mac_key(&self) -> hmac::Key {
        hmac::Key::new(HMAC_SHA256, self.0.as_bytes())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where the world reaches this deck's listener for one trunk, and the key that its addresses and
/// tokens are made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The trunk's address as the world sees it, without a slash at its end:
    /// `https://dialer.example.com/my-trunk`.
    pub url: String,
    /// The deck's own key.
    pub key: Secret,
}

impl Reach {
    /// A token that proves that its bearer was given this attempt, and nothing else.
    pub fn token(&self, attempt: AttemptId) -> String {
        self.token_of(&format!("attempt {attempt}"))
    }

    /// A token that proves that its bearer was given what these words name, and nothing else.
    pub fn token_of(&self, words: &str) -> String {
        hex(&self.key.sign(words.as_bytes())[..16])
    }

    /// Whether a token is the attempt's, in constant time.
    pub fn proves(&self, attempt: AttemptId, token: &str) -> bool {
        self.is_token(&self.token(attempt), token)
    }

    /// Whether a token is the one that is wanted, in constant time.
    pub fn is_token(&self, wanted: &str, token: &str) -> bool {
        // Both sides are hashed under the key once more, so the comparison tells nothing by its time.
        self.key
            .proves(token.as_bytes(), &self.key.sign(wanted.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    #[test]
    fn a_secret_never_shows() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let reach = Reach {
            url: "https://x".to_owned(),
            key: secret,
        };
        assert!(!format!("{reach:?}").contains("hunter2"));
    }

    #[test]
    fn the_signature_is_the_one_of_rfc_4231() {
        let key = Secret::new("Jefe");
        let signed = key.sign(b"what do ya want for nothing?");
        assert_eq!(
            hex(&signed),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert!(key.proves(b"what do ya want for nothing?", &signed));
        assert!(!key.proves(b"what do ya want for something?", &signed));
    }

    #[test]
    fn a_token_is_one_attempts() {
        let reach = Reach {
            url: "https://x".to_owned(),
            key: Secret::new("k"),
        };
        let attempt = |serial| AttemptId {
            deck: DeckId(7),
            serial,
        };
        let token = reach.token(attempt(1));
        assert_eq!(token.len(), 32);
        assert!(reach.proves(attempt(1), &token));
        assert!(!reach.proves(attempt(2), &token));
        assert!(!reach.proves(attempt(1), ""));
    }
}
