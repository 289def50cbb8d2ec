//! SHA-256 (FIPS 180-4) and its hexadecimal form.

use std::fmt;

use ring::digest::{Context, Digest, SHA256, digest};

/// A SHA-256 digest, 32 bytes.
pub type Hash = [u8; 32];

/// Returns the SHA-256 digest of `bytes`.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::digest::{hex, sha256, unhex};
///
/// let digest = sha256(b"abc");
/// assert!(hex(&digest).starts_with("ba7816bf"));
/// assert_eq!(unhex(&hex(&digest)), Some(digest));
/// ```
pub fn sha256(bytes: &[u8]) -> Hash {
    hash(&digest(&SHA256, bytes))
}

/// Computes the digest of bytes that arrive in parts.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::digest::{Sha256, sha256};
///
/// let mut parts = Sha256::default();
/// parts.update(b"dial");
/// parts.update(b"deck");
/// assert_eq!(parts.finish(), sha256(b"dialdeck"));
/// ```
pub struct Sha256(Context);

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sha256(…)")
    }
}

impl Default for Sha256 {
    fn default() -> Self {
        Self(Context::new(&SHA256))
    }
}

impl Sha256 {
    /// Adds the next part.
    pub fn update(&mut self, part: &[u8]) {
        self.0.update(part);
    }

    /// Returns the digest of all parts.
    pub fn finish(self) -> Hash {
        hash(&self.0.finish())
    }
}

fn hash(digest: &Digest) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest.as_ref());
    hash
}

/// Returns `bytes` as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// Returns the digest that 64 hexadecimal digits of either case denote. `None` for any other text.
pub fn unhex(digits: &str) -> Option<Hash> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let bytes = digits.as_bytes();
    let mut hash = Hash::default();
    if bytes.len() != 2 * hash.len() {
        return None;
    }
    for (value, pair) in hash.iter_mut().zip(bytes.chunks_exact(2)) {
        *value = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        // The examples of FIPS 180-4.
        for (text, wanted) in [
            (
                "",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            assert_eq!(hex(&sha256(text.as_bytes())), wanted, "{text}");
        }
        let mut parts = Sha256::default();
        parts.update(b"a");
        parts.update(b"bc");
        assert_eq!(parts.finish(), sha256(b"abc"));
    }
}
