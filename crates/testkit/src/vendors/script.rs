//! What the callees behind a double do, by number and by how often they were called.

use std::collections::BTreeMap;
use std::time::Duration;

use dialdeck_core::domain::Timestamp;

use super::faults::dice;

/// Who or what picks up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Human,
    Machine,
    Fax,
}

/// What becomes of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Picked up after the ringing, and hung up by the callee after this long.
    Answered(Who, Duration),
    /// Refused with a final SIP status after the ringing.
    Refused(u16, &'static str),
    /// Rings until one side ends the call.
    RingsOut,
}

/// A callee's part in one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// How long it rings before its fate.
    pub ring: Duration,
    pub fate: Fate,
}

/// What the network does to every call for a while, whatever the callee's part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spell {
    /// Nothing answers an INVITE, and nothing rings.
    Dead,
    /// The carrier suspects fraud: every call is declined (603) at once, without any ringing.
    Block,
}

/// Everybody's part.
#[derive(Clone, Debug, Default)]
pub struct Script {
    seed: u64,
    fixed: BTreeMap<String, Vec<Part>>,
    spells: Vec<(Timestamp, Timestamp, Spell)>,
}

impl Script {
    /// A population drawn by this seed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            ..Self::default()
        }
    }

    /// What the network does between these instants.
    #[must_use]
    pub fn during(mut self, from: Timestamp, to: Timestamp, spell: Spell) -> Self {
        self.spells.push((from, to, spell));
        self
    }

    /// What the network does to a call whose INVITE leaves now.
    pub fn spell(&self, now: Timestamp) -> Option<Spell> {
        let mut spells = self.spells.iter();
        let found = spells.find(|(from, to, _)| *from <= now && now < *to);
        found.map(|(_, _, spell)| *spell)
    }

    /// A number (E.164) with parts of its own: the last is repeated.
    #[must_use]
    pub fn with(mut self, number: &str, parts: &[Part]) -> Self {
        self.fixed.insert(number.to_owned(), parts.to_vec());
        self
    }

    /// The part of the number's `nth` call, from 0.
    pub fn part(&self, number: &str, nth: usize) -> Part {
        if let Some(parts) = self.fixed.get(number) {
            return parts[nth.min(parts.len() - 1)].clone();
        }
        let roll = dice(self.seed, &[number, "fate", &nth.to_string()]) % 100;
        let spread = dice(self.seed, &[number, "time", &nth.to_string()]);
        let talk = Duration::from_secs(5 + spread % 60);
        let fate = match roll {
            0..35 => Fate::Answered(Who::Human, talk),
            35..60 => Fate::Answered(Who::Machine, talk / 2),
            60..61 => Fate::Answered(Who::Fax, Duration::from_secs(8)),
            61..75 => Fate::Refused(486, "Busy Here"),
            75..90 => Fate::RingsOut,
            90..93 => Fate::Refused(480, "Temporarily Unavailable"),
            93..95 => Fate::Refused(603, "Decline"),
            95..97 => Fate::Refused(404, "Not Found"),
            97..98 => Fate::Refused(484, "Address Incomplete"),
            98..99 => Fate::Refused(500, "Server Internal Error"),
            _ => Fate::Refused(600, "Busy Everywhere"),
        };
        Part {
            ring: Duration::from_secs(1 + spread / 64 % 12),
            fate,
        }
    }
}
