//! The id of a bulk request, which records the attempt for each number.
//!
//! Plum gives the whole batch one reference and one pair of addresses; a result names the batch and a
//! telephone number. The id holds each attempt and a keyed check of its number. So a result finds its attempt
//! after a restart too, and nothing about a number has to be stored.

use std::fmt;

use crate::remote::secret::Secret;
use dialdeck_core::domain::{AttemptId, PhoneNumber};

/// Digits of a check: 36⁴ values. No two checks in a batch are equal.
const CHECK: usize = 4;

/// Attempts of one deck in one bulk request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Batch {
    first: AttemptId,
    /// For each attempt, its distance in serial numbers from the first attempt and the check of its number.
    members: Vec<(u64, String)>,
}

impl Batch {
    /// Creates a batch of one attempt.
    pub(super) fn new(attempt: AttemptId, to: PhoneNumber, key: &Secret) -> Self {
        Self {
            first: attempt,
            members: vec![(0, check(key, to.digits()))],
        }
    }

    /// Adds an attempt and returns `true`. Returns `false` and adds nothing if the attempt belongs to another
    /// deck, precedes the first one, cannot be distinguished from the others or makes the id longer than
    /// `longest`.
    pub(super) fn add(
        &mut self,
        attempt: AttemptId,
        to: PhoneNumber,
        key: &Secret,
        longest: usize,
    ) -> bool {
        let after = attempt.serial.checked_sub(self.first.serial);
        let Some(after) = after.and_then(|after| u64::try_from(after).ok()) else {
            return false;
        };
        let check = check(key, to.digits());
        let known = |(serial, other): &(u64, String)| *serial == after || *other == check;
        if attempt.deck != self.first.deck || self.members.iter().any(known) {
            return false;
        }
        self.members.push((after, check));
        let fits = self.to_string().len() <= longest;
        if !fits {
            self.members.pop();
        }
        fits
    }

    /// Parses an id. Returns `None` if `text` is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let first = parts.next()?.parse().ok()?;
        let members = parts.map(|part| {
            let split = part.len().checked_sub(CHECK)?;
            let (after, check) = part.split_at_checked(split)?;
            let after = if after.is_empty() { "0" } else { after };
            Some((u64::from_str_radix(after, 36).ok()?, check.to_owned()))
        });
        let members: Vec<_> = members.collect::<Option<_>>()?;
        let batch = Self { first, members };
        // An id has exactly one spelling; any other text is not an id of a deck.
        (!batch.members.is_empty() && batch.to_string() == text).then_some(batch)
    }

    /// Returns the attempt for a number in Plum's spelling: with or without `tel:`, a plus sign, a leading 1,
    /// and anything after a semicolon.
    pub(super) fn attempt_for(&self, number: &str, key: &Secret) -> Option<AttemptId> {
        let number = number.trim().trim_start_matches("tel:");
        let number = number.split(';').next()?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let written: u64 = digits.parse().ok()?;
        let with_country = (digits.len() == 10).then(|| 10_000_000_000 + written);
        [Some(written), with_country]
            .into_iter()
            .flatten()
            .find_map(|digits| {
                let wanted = check(key, digits);
                let (after, _) = self.members.iter().find(|(_, check)| *check == wanted)?;
                let serial = self.first.serial.checked_add_unsigned(*after)?;
                let deck = self.first.deck;
                Some(AttemptId { deck, serial })
            })
    }
}

impl fmt::Display for Batch {
    /// `7f3a9c21-123.k3x9.1p07d.4zz10`: the first attempt, then each attempt's distance and check.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.first)?;
        for (after, check) in &self.members {
            let after = if *after == 0 {
                String::new()
            } else {
                base36(*after)
            };
            write!(f, ".{after}{check}")?;
        }
        Ok(())
    }
}

/// Returns the check of a number under the deck's key.
fn check(key: &Secret, digits: u64) -> String {
    let signed = key.sign(format!("plum number {digits}").as_bytes());
    let first = signed.iter().take(8);
    let value = first.fold(0, |sum: u64, byte| sum << 8 | u64::from(*byte));
    let text = base36(value);
    let padded = format!("{text:0>CHECK$}");
    padded[padded.len() - CHECK..].to_owned()
}

fn base36(mut value: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(value % 36).unwrap_or_default();
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        value /= 36;
        if value == 0 {
            break;
        }
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dialdeck_core::domain::DeckId;

    fn attempt(serial: i64) -> AttemptId {
        let deck = DeckId(0x7f3a_9c21);
        AttemptId { deck, serial }
    }

    fn number(last: u64) -> PhoneNumber {
        PhoneNumber::from_digits(12_125_550_100 + last).expect("a number")
    }

    fn batch(key: &Secret) -> Batch {
        let mut batch = Batch::new(attempt(123), number(1), key);
        assert!(batch.add(attempt(124), number(2), key, 200));
        assert!(batch.add(attempt(2_000), number(3), key, 200));
        batch
    }

    #[test]
    fn an_id_finds_its_attempts_by_number() {
        let key = Secret::new("k");
        let read = Batch::parse(&batch(&key).to_string()).expect("an id");
        assert_eq!(read, batch(&key));
        for spelling in [
            "12125550103",
            "+12125550103",
            "2125550103",
            "tel:+12125550103;ani=6465550100",
            "tel:2125550103",
            " +1 212-555-0103 ",
        ] {
            assert_eq!(
                read.attempt_for(spelling, &key),
                Some(attempt(2_000)),
                "{spelling}"
            );
        }
        for other in ["12125550104", "", "tel:", ";", "99999999999999999999999"] {
            assert_eq!(read.attempt_for(other, &key), None, "{other}");
        }
        let elsewhere = Secret::new("another");
        assert_eq!(read.attempt_for("12125550103", &elsewhere), None);
    }

    #[test]
    fn what_could_not_be_told_apart_is_not_added() {
        let key = Secret::new("k");
        let mut full = batch(&key);
        assert!(!full.add(attempt(125), number(2), &key, 200), "same number");
        assert!(
            !full.add(attempt(124), number(9), &key, 200),
            "same attempt"
        );
        assert!(!full.add(attempt(1), number(9), &key, 200), "earlier");
        let long = full.to_string().len();
        assert!(!full.add(attempt(126), number(9), &key, long), "too long");
        assert_eq!(full, batch(&key));
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in [
            "",
            "7f3a9c21-123",
            "7f3a9c21-123.",
            "7f3a9c21-123.abc",
            "x.abcd",
            "7f3a9c21-1.%%abcd",
            "7f3a9c21-1.+1abcd",
            "7f3a9c21-1.0abcd",
            "7f3a9c21-1.zzzzzzzzzzzzzzzzzzzzabcd",
        ] {
            assert_eq!(Batch::parse(text), None, "{text}");
        }
    }
}
