//! The behaviour of the simulated carrier and its callees: TOML in, a validated profile out.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use toml::{Table, Value};

use dialdeck_core::domain::{PhoneNumber, Timestamp};

use super::script::{Script, seconds};

const EVERYDAY: &str = include_str!("profiles/everyday.toml");

/// The embedded profiles by name. The first is the default and holds every key.
const EMBEDDED: [(&str, &str); 4] = [
    ("everyday", EVERYDAY),
    ("evening", include_str!("profiles/evening.toml")),
    ("flaky", include_str!("profiles/flaky.toml")),
    ("instant", include_str!("profiles/instant.toml")),
];

/// The behaviour of a carrier and its callees. [`Default`] is the embedded profile `everyday`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub(super) answers: Answers,
    pub(super) hours: Hours,
    pub(super) setup: Setup,
    pub(super) ring: Rings,
    pub(super) talk: Talks,
    pub(super) codes: Codes,
    pub(super) bridge: Bridge,
    /// The limits of each trunk.
    pub limits: Limits,
    pub(super) faults: Faults,
    #[serde(default)]
    pub(super) outages: Vec<Outage>,
    /// Numbers that behave as scripted instead of by chance.
    #[serde(default)]
    pub callees: BTreeMap<PhoneNumber, Script>,
}

/// Weights of the ends of a call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Answers {
    pub(super) human: f64,
    pub(super) voicemail: f64,
    pub(super) fax: f64,
    pub(super) silence: f64,
    pub(super) busy: f64,
    pub(super) no_answer: f64,
    pub(super) declined: f64,
    pub(super) bad_number: f64,
    pub(super) blocked: f64,
    pub(super) network_failure: f64,
}

/// Factors by hour of the day, UTC.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub(super) human: [f64; 24],
}

/// A triangular distribution, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Span {
    pub(super) min: f64,
    pub(super) mode: f64,
    pub(super) max: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Setup {
    pub(super) span: Span,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rings {
    pub(super) human: Span,
    pub(super) voicemail: Span,
    pub(super) fax: Span,
    pub(super) declined: Span,
    pub(super) no_answer: Span,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Talks {
    pub(super) human: Span,
    pub(super) voicemail: Span,
    pub(super) fax: Span,
    pub(super) silence: Span,
}

/// SIP statuses with their weights.
pub(super) type Weighted = Vec<(u16, f64)>;

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Codes {
    pub(super) busy: Weighted,
    pub(super) no_answer: Weighted,
    pub(super) declined: Weighted,
    pub(super) bad_number: Weighted,
    pub(super) blocked: Weighted,
    pub(super) network_failure: Weighted,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bridge {
    pub(super) agent_absent: f64,
    pub(super) detector: f64,
}

/// The limits of a trunk. Calls above them are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Calls up concurrently; 0 for no limit. Above it the answer is 503 with `Retry-After`.
    pub concurrent: u32,
    /// Accepted calls in any 60 seconds; 0 for no limit. Above it the answer is 429 with `Retry-After`.
    pub per_minute: u32,
    /// The `Retry-After` of both answers, in seconds in the file.
    #[serde(deserialize_with = "seconds")]
    pub retry_after: Duration,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Faults {
    pub(super) slow_answer: f64,
    pub(super) slow: Span,
    pub(super) lost_answer: f64,
    pub(super) lost: Span,
    pub(super) lost_tail: f64,
    pub(super) late: f64,
    pub(super) duplicate: f64,
    pub(super) lateness: Span,
}

/// A time of failure. Either once, `from` until `until`, or repeatedly, `lasts` seconds of every `every`
/// seconds, starting `offset` seconds after midnight UTC on 1 January 1970.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outage {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    every: Option<u32>,
    lasts: Option<u32>,
    #[serde(default)]
    offset: u32,
    pub(super) manner: Manner,
}

/// What an outage does to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Manner {
    /// The request is answered with 503.
    Unavailable,
    /// The request cannot leave, and the provider knows it. Look-ups return
    /// [`LookUp::CannotTell`](crate::LookUp::CannotTell).
    NeverSent,
}

/// Why a profile cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The text is not TOML, or a key does not exist or has the wrong type.
    #[error("the profile cannot be read: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    /// A value is out of its range.
    #[error("profile key `{key}`: {why}")]
    Value {
        /// The key, with its tables.
        key: String,
        /// The rule that the value breaks.
        why: String,
    },
    /// There is no embedded profile with this name.
    #[error("there is no profile `{name}`; known are {}", Profile::names().join(", "))]
    Unknown {
        /// The name that was requested.
        name: String,
    },
}

impl Default for Profile {
    fn default() -> Self {
        Self::parse("").expect("the embedded default profile is sound; a unit test reads it")
    }
}

impl Profile {
    /// Returns the names of the embedded profiles, the default first.
    pub fn names() -> Vec<&'static str> {
        EMBEDDED.iter().map(|(name, _)| *name).collect()
    }

    /// Returns an embedded profile.
    ///
    /// # Errors
    /// Errors with [`ProfileError::Unknown`] if there is no embedded profile with this name. The message
    /// lists the known names.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_providers::simulator::Profile;
    ///
    /// assert_eq!(Profile::named("everyday")?, Profile::default());
    /// assert!(Profile::named("sunday").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn named(name: &str) -> Result<Self, ProfileError> {
        let (_, text) = EMBEDDED
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| ProfileError::Unknown {
                name: name.to_owned(),
            })?;
        Self::parse(text)
    }

    /// Parses a profile. It starts from the embedded profile that its key `inherits` names, by default
    /// `everyday`, and overrides single keys. A table `answers` is replaced as a whole, because weights have
    /// a meaning only together.
    ///
    /// # Errors
    /// Errors if the text is not TOML, has an unknown key or has a value out of its range.
    ///
    /// # Examples
    ///
    /// ```
    /// use dialdeck_providers::simulator::Profile;
    ///
    /// let profile = Profile::parse("inherits = 'flaky'\n[limits]\nconcurrent = 3")?;
    /// assert_eq!(profile.limits.concurrent, 3);
    ///
    /// let error = Profile::parse("[faults]\nlate = 1.5").unwrap_err();
    /// assert_eq!(error.to_string(), "profile key `faults.late`: a share is 0 to 1");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let mut table: Table = toml::from_str(text).map_err(Box::new)?;
        if let Some(base) = table.remove("inherits") {
            let name = base.as_str().unwrap_or_default();
            let (_, inherited) = EMBEDDED
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| ProfileError::Unknown {
                    name: name.to_owned(),
                })?;
            let inherited: Table = toml::from_str(inherited).map_err(Box::new)?;
            table = overlay(inherited, table);
        }
        let everyday: Table = toml::from_str(EVERYDAY).map_err(Box::new)?;
        let profile: Self = Value::Table(overlay(everyday, table))
            .try_into()
            .map_err(Box::new)?;
        profile.check()?;
        Ok(profile)
    }

    /// Returns this profile with a scripted number added.
    #[must_use]
    pub fn with_callee(mut self, number: PhoneNumber, script: Script) -> Self {
        self.callees.insert(number, script);
        self
    }

    /// Returns the kind of outage at `now`, or `None`.
    pub(super) fn outage(&self, now: Timestamp) -> Option<Manner> {
        self.outages
            .iter()
            .find(|outage| outage.covers(now))
            .map(|outage| outage.manner)
    }
}

/// The end of a call, before its details are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Human,
    Voicemail,
    Fax,
    Silence,
    Busy,
    NoAnswer,
    Declined,
    BadNumber,
    Blocked,
    NetworkFailure,
}

impl Answers {
    pub(super) fn weights(&self) -> [(Kind, f64); 10] {
        [
            (Kind::Human, self.human),
            (Kind::Voicemail, self.voicemail),
            (Kind::Fax, self.fax),
            (Kind::Silence, self.silence),
            (Kind::Busy, self.busy),
            (Kind::NoAnswer, self.no_answer),
            (Kind::Declined, self.declined),
            (Kind::BadNumber, self.bad_number),
            (Kind::Blocked, self.blocked),
            (Kind::NetworkFailure, self.network_failure),
        ]
    }
}

impl Outage {
    fn covers(&self, now: Timestamp) -> bool {
        if let (Some(from), Some(until)) = (self.from, self.until) {
            return from <= now && now < until;
        }
        let (Some(every), Some(lasts)) = (self.every, self.lasts) else {
            return false;
        };
        let millis = |seconds: u32| i64::from(seconds) * 1_000;
        (now.as_millis() - millis(self.offset)).rem_euclid(millis(every)) < millis(lasts)
    }

    pub(super) fn is_sound(&self) -> bool {
        match (self.from, self.until, self.every, self.lasts) {
            (Some(from), Some(until), None, None) => from < until,
            (None, None, Some(every), Some(lasts)) => lasts < every,
            _ => false,
        }
    }
}

fn overlay(mut base: Table, over: Table) -> Table {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if key != "answers" => {
                below.extend(above);
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
    base
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_reads() {
        for name in Profile::names() {
            Profile::named(name).unwrap();
        }
        assert_eq!(Profile::default(), Profile::named("everyday").unwrap());
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = Profile::named("sunday").unwrap_err().to_string();
        assert!(
            error.contains("everyday, evening, flaky, instant"),
            "{error}"
        );
    }

    #[test]
    fn what_a_profile_does_not_name_is_inherited() {
        let profile = Profile::parse("inherits = 'flaky'\n[limits]\nconcurrent = 3").unwrap();
        assert_eq!(profile.limits.concurrent, 3);
        assert_eq!(profile.limits.per_minute, 240);
        assert_eq!(profile.outages.len(), 2);
        assert_eq!(profile.ring, Profile::default().ring);
    }

    #[test]
    fn weights_are_replaced_as_a_whole() {
        let profile = Profile::parse("[answers]\nbusy = 1").unwrap();
        assert!(profile.answers.human.abs() < f64::EPSILON);
    }

    #[test]
    fn bad_profiles_are_refused_with_their_key() {
        let cases = [
            ("[answers]\nhumans = 1", "humans"),
            ("colour = 1", "colour"),
            ("[answers]\nhuman = 0", "answers"),
            ("[answers]\nhuman = -1\nbusy = 2", "answers"),
            (
                "[ring]\nhuman = { min = 5, mode = 4, max = 6 }",
                "ring.human",
            ),
            ("[codes]\nbusy = [[200, 1]]", "codes.busy"),
            ("[faults]\nlate = 1.5", "faults.late"),
            ("[limits]\nretry_after = -1", "retry_after"),
            (
                "[[outages]]\nevery = 5\nlasts = 9\nmanner = 'unavailable'",
                "outages",
            ),
            ("inherits = 'x'", "everyday"),
            ("[callees]\n'+12125550142' = []", "+12125550142"),
        ];
        for (text, names) in cases {
            let error = Profile::parse(text).unwrap_err().to_string();
            assert!(error.contains(names), "{text}: {error}");
        }
    }

    #[test]
    fn callees_can_be_scripted_in_a_file() {
        let text = r#"
            [[callees."+12125550142"]]
            kind = "rejects"
            code = 486
            [[callees."+12125550142"]]
            kind = "answer_lost"
            then = { kind = "answers", ring = 4, talk = 20.5, as = "human", speech = [{ started = 0.3 }] }
        "#;
        let profile = Profile::parse(text).unwrap();
        assert_eq!(profile.callees.len(), 1);
    }

    #[test]
    fn outages_come_once_or_again_and_again() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let profile = Profile::parse(
            "[[outages]]\nfrom = '2026-12-07T15:00:00Z'\nuntil = '2026-12-07T15:01:00Z'\nmanner = 'unavailable'\n\
             [[outages]]\nevery = 3600\noffset = 1800\nlasts = 60\nmanner = 'never_sent'",
        )
        .unwrap();
        assert_eq!(
            profile.outage(at("2026-12-07T15:00:59Z")),
            Some(Manner::Unavailable)
        );
        assert_eq!(profile.outage(at("2026-12-07T15:01:00Z")), None);
        assert_eq!(
            profile.outage(at("2026-12-08T03:30:59Z")),
            Some(Manner::NeverSent)
        );
        assert_eq!(profile.outage(at("2026-12-08T03:31:00Z")), None);
    }
}
