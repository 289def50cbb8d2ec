//! Credentials in memory: never printed, and compared in constant time where they prove something.

use std::fmt;

use ring::hmac::{self, HMAC_SHA256};

use dialdeck_core::domain::AttemptId;
use dialdeck_core::domain::digest::{Hash, hex};

/// A credential. Its text is visible only through [`Secret::expose`].
///
/// # Examples
///
/// ```
/// use dialdeck_providers::remote::secret::Secret;
///
/// let key = Secret::new("Jefe");
/// assert_eq!(format!("{key:?}"), "Secret(…)");
///
/// // RFC 4231, test case 2.
/// let signature = key.sign(b"what do ya want for nothing?");
/// assert_eq!(signature[..4], [0x5b, 0xdc, 0xc1, 0x46]);
/// assert!(key.proves(b"what do ya want for nothing?", &signature));
/// assert!(!key.proves(b"another message", &signature));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Creates a secret from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text, for use in a request or a signature only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns the HMAC-SHA256 of `message` under this key (RFC 2104).
    pub fn sign(&self, message: &[u8]) -> Hash {
        let mut signature = Hash::default();
        signature.copy_from_slice(hmac::sign(&self.mac_key(), message).as_ref());
        signature
    }

    /// Returns whether `signature` is this key's signature of `message`, in constant time.
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

/// The address of this deck's listener for one trunk, and the key for its addresses and tokens.
///
/// # Examples
///
/// ```
/// use dialdeck_providers::remote::secret::{Reach, Secret};
///
/// let reach = Reach {
///     url: "https://dialer.example.com/my-trunk".to_owned(),
///     key: Secret::new("the deck's key"),
/// };
/// let (first, second) = ("7f3a9c21-1".parse()?, "7f3a9c21-2".parse()?);
/// let token = reach.token(first);
/// assert_eq!(token.len(), 32);
/// assert!(reach.proves(first, &token));
/// assert!(!reach.proves(second, &token));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// The trunk's public address, without a trailing slash: `https://dialer.example.com/my-trunk`.
    pub url: String,
    /// The secret key of the deck.
    pub key: Secret,
}

impl Reach {
    /// Returns a token of 32 hexadecimal digits. It proves that its bearer was given this attempt, and
    /// nothing more.
    pub fn token(&self, attempt: AttemptId) -> String {
        self.token_of(&format!("attempt {attempt}"))
    }

    /// Returns a token of 32 hexadecimal digits for any subject. It proves that its bearer was given `words`,
    /// and nothing more.
    pub fn token_of(&self, words: &str) -> String {
        hex(&self.key.sign(words.as_bytes())[..16])
    }

    /// Returns whether a token is the attempt's, in constant time.
    pub fn proves(&self, attempt: AttemptId, token: &str) -> bool {
        self.is_token(&self.token(attempt), token)
    }

    /// Returns whether a token equals the wanted one, in constant time.
    pub(crate) fn is_token(&self, wanted: &str, token: &str) -> bool {
        // Both tokens are signed with the key before the comparison, so its duration reveals nothing.
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
