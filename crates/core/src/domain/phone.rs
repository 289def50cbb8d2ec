//! A telephone number in E.164 form. `rules::number` reads any other spelling.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An E.164 number held as its digits: country code and national number, 7 to 15 digits, no plus.
///
/// `Display` prints `+12125550142` in full, for the event log and for providers. `Debug` masks all but the
/// first four and the last two digits, because diagnostics end up in log files.
///
/// # Examples
///
/// ```
/// use dialdeck_core::domain::PhoneNumber;
///
/// let number: PhoneNumber = "+12125550142".parse()?;
/// assert_eq!(number.npa(), Some(212));
/// assert_eq!(number.spaced(), "+1 212-555-0142");
/// assert_eq!(format!("{number:?}"), "+1212•••••42");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(u64);

impl PhoneNumber {
    /// Returns the number with these digits. `None` unless there are 7 to 15 of them, the first not zero
    /// (ITU-T E.164 §6.2).
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_core::domain::PhoneNumber;
    ///
    /// assert!(PhoneNumber::from_digits(442_079_460_123).is_some());
    /// assert!(PhoneNumber::from_digits(911).is_none());
    /// ```
    pub const fn from_digits(digits: u64) -> Option<Self> {
        if digits >= 1_000_000 && digits <= 999_999_999_999_999 {
            Some(Self(digits))
        } else {
            None
        }
    }

    /// Returns the digits without the plus.
    pub const fn digits(self) -> u64 {
        self.0
    }

    /// Returns the North American area code. `None` outside country code 1 or if the number does not have
    /// eleven digits.
    pub const fn npa(self) -> Option<u16> {
        if self.0 / 10_000_000_000 == 1 {
            Some(((self.0 / 10_000_000) % 1000) as u16)
        } else {
            None
        }
    }

    /// Returns the number with its middle digits hidden: `+1212•••••42`.
    pub fn masked(self) -> String {
        let text = self.0.to_string();
        let (head, tail) = (text.len().min(4), text.len() - 2);
        format!(
            "+{}{}{}",
            &text[..head],
            "•".repeat(tail - head),
            &text[tail..]
        )
    }

    /// Returns the number spaced for people: `+1 212-555-0142`; other countries ungrouped.
    pub fn spaced(self) -> String {
        match self.npa() {
            Some(npa) => {
                let exchange = (self.0 / 10_000) % 1000;
                format!("+1 {npa}-{exchange:03}-{:04}", self.0 % 10_000)
            }
            None => self.to_string(),
        }
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl FromStr for PhoneNumber {
    type Err = String;

    /// Reads strict E.164 with its plus, as the event log writes it.
    ///
    /// # Errors
    ///
    /// Errors if the plus is missing, if a character is not a digit, or if [`PhoneNumber::from_digits`]
    /// refuses the digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.strip_prefix('+')
            .filter(|digits| !digits.starts_with('0'))
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .and_then(Self::from_digits)
            .ok_or_else(|| format!("`{text}` is not an E.164 number such as +12125550142"))
    }
}

impl Serialize for PhoneNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_subscriber() {
        let number: PhoneNumber = "+12125550142".parse().unwrap();
        assert_eq!(format!("{number:?}"), "+1212•••••42");
        assert_eq!(number.to_string(), "+12125550142");
        assert_eq!(number.spaced(), "+1 212-555-0142");
        assert_eq!(number.npa(), Some(212));
    }

    #[test]
    fn only_strict_e164_is_read() {
        for bad in [
            "12125550142",
            "+1 212 555 0142",
            "+0125550142",
            "+123",
            "",
            "+",
        ] {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }
}
