//! The addresses given to Plum, and the tokens that prove requests to them.

use reqwest::Url;

use super::batch::Batch;
use super::fields::Fields;
use crate::remote::SetupError;
use crate::remote::secret::Reach;
use dialdeck_core::domain::AttemptId;

/// The longest `start_url` and `result_url` in characters (DEV field table). Fuse names no limit.
const LONGEST_URL: usize = 255;

/// The length of a token, in characters.
const TOKEN: usize = 32;

/// The attempts that a request, and each address in it, concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The attempt of a single request.
    One(AttemptId),
    /// The attempts of a bulk request.
    Batch(Batch),
}

impl Subject {
    /// Returns the `message_reference`, which Plum sends back.
    pub(super) fn reference(&self) -> String {
        match self {
            Self::One(attempt) => attempt.to_string(),
            Self::Batch(batch) => batch.to_string(),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::One(_) => "attempt",
            Self::Batch(_) => "batch",
        }
    }
}

/// The part of the address after the trunk's address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Plum fetches the VoiceXML here when the call is answered.
    Start,
    /// The VoiceXML document reports the callee type here.
    Callee,
    /// The user's document reports here that the callee opts out.
    OptOut,
    /// Plum reports the end of the call here.
    Result,
}

impl Place {
    /// Returns the place for a path after the trunk's address, or `None` if there is none.
    pub(super) fn of_path(path: &str) -> Option<Self> {
        match path {
            "start" => Some(Self::Start),
            "callee" => Some(Self::Callee),
            "opt-out" => Some(Self::OptOut),
            "result" => Some(Self::Result),
            _ => None,
        }
    }

    const fn path(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Callee => "callee",
            Self::OptOut => "opt-out",
            Self::Result => "result",
        }
    }
}

/// Creates addresses and verifies their tokens.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    reach: Reach,
}

impl Addresses {
    /// Creates the addresses under the listener's public address.
    ///
    /// # Errors
    ///
    /// Errors if the listener's address leaves no room for an attempt within Plum's 255 characters.
    pub(super) fn new(reach: Reach) -> Result<Self, SetupError> {
        let addresses = Self { reach };
        if addresses.longest_reference() < 64 {
            return Err(SetupError::AddressTooLong { limit: LONGEST_URL });
        }
        Ok(addresses)
    }

    /// Returns the key for the checks of numbers.
    pub(super) const fn key(&self) -> &crate::remote::secret::Secret {
        &self.reach.key
    }

    /// Returns the length of the longest `message_reference` whose addresses Plum still accepts.
    pub(super) fn longest_reference(&self) -> usize {
        let around = self.reach.url.len() + "/result?attempt=&token=".len() + TOKEN;
        LONGEST_URL.saturating_sub(around)
    }

    /// Returns the address of a place for a subject, with its token.
    pub(super) fn of(&self, place: Place, subject: &Subject) -> String {
        let (url, path, name) = (&self.reach.url, place.path(), subject.name());
        let (reference, token) = (subject.reference(), self.token(place, subject));
        format!("{url}/{path}?{name}={reference}&token={token}")
    }

    /// Returns the address to which a document reports about an answered call.
    pub(super) fn on_call(&self, place: Place, attempt: AttemptId, call_id: &str) -> String {
        let url = self.of(place, &Subject::One(attempt));
        Url::parse_with_params(&url, [("call_id", call_id)]).map_or(url, Into::into)
    }

    /// Returns the subject of a query, or `None` if its token does not prove it for this place.
    pub(super) fn proven(&self, place: Place, query: &Fields) -> Option<Subject> {
        let token = query.get(&["token"]).unwrap_or_default();
        let subject = match (query.get(&["attempt"]), query.get(&["batch"])) {
            (Some(attempt), _) => Subject::One(attempt.parse().ok()?),
            (None, batch) => Subject::Batch(Batch::parse(batch?)?),
        };
        let wanted = self.token(place, &subject);
        self.reach.is_token(&wanted, token).then_some(subject)
    }

    /// Returns the token of a place for a subject. The opt-out address has a separate token because the
    /// user's application receives it; that token proves nothing at the other places.
    fn token(&self, place: Place, subject: &Subject) -> String {
        match (subject, place) {
            (Subject::One(attempt), Place::OptOut) => {
                self.reach.token_of(&format!("plum opt-out {attempt}"))
            }
            (Subject::One(attempt), Place::Start | Place::Callee | Place::Result) => {
                self.reach.token(*attempt)
            }
            (Subject::Batch(batch), _) => self.reach.token_of(&format!("plum batch {batch}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::secret::Secret;
    use dialdeck_core::domain::{DeckId, PhoneNumber};

    const PLACES: [Place; 4] = [Place::Start, Place::Callee, Place::OptOut, Place::Result];

    fn addresses(url: &str) -> Result<Addresses, SetupError> {
        Addresses::new(Reach {
            url: url.to_owned(),
            key: Secret::new("k"),
        })
    }

    fn subjects() -> [Subject; 2] {
        let attempt = AttemptId {
            deck: DeckId(7),
            serial: 12,
        };
        let to = PhoneNumber::from_digits(12_125_550_101).expect("a number");
        let batch = Batch::new(attempt, to, &Secret::new("k"));
        [Subject::One(attempt), Subject::Batch(batch)]
    }

    fn query(url: &str) -> Fields {
        Fields::of_form(url.split_once('?').expect("a query").1)
    }

    #[test]
    fn an_address_proves_its_subject_and_no_other() {
        let addresses = addresses("https://x/plum").expect("short");
        for subject in subjects() {
            for place in PLACES {
                let url = addresses.of(place, &subject);
                let proven = addresses.proven(place, &query(&url));
                assert_eq!(proven.as_ref(), Some(&subject));
                let other = url.replace("00000007-12", "00000007-13");
                assert_eq!(addresses.proven(place, &query(&other)), None, "{other}");
                let without = url.split("&token").next().expect("a part");
                assert_eq!(addresses.proven(place, &query(without)), None);
            }
        }
        for text in ["", "attempt=x&token=y", "batch=&token=", "token=%ff"] {
            let read = Fields::of_form(text);
            assert_eq!(addresses.proven(Place::Start, &read), None, "{text}");
        }
    }

    #[test]
    fn what_proves_an_opt_out_proves_nothing_else() {
        let addresses = addresses("https://x/plum").expect("short");
        let [subject, _] = subjects();
        let opt_out = query(&addresses.of(Place::OptOut, &subject));
        let elsewhere = query(&addresses.of(Place::Result, &subject));
        for place in PLACES {
            let is_opt_out = place == Place::OptOut;
            assert_eq!(addresses.proven(place, &opt_out).is_some(), is_opt_out);
            assert_eq!(addresses.proven(place, &elsewhere).is_some(), !is_opt_out);
        }
    }

    #[test]
    fn the_longest_reference_makes_the_longest_address() {
        let addresses = addresses("https://dialer.example.com/plum").expect("short");
        let [subject, _] = subjects();
        let url = addresses.of(Place::Result, &subject);
        let left = LONGEST_URL - url.len();
        let reference = subject.reference().len();
        assert_eq!(addresses.longest_reference(), reference + left);
    }

    #[test]
    fn a_listener_too_far_away_is_refused() {
        assert!(addresses(&format!("https://{}", "x".repeat(140))).is_err());
    }
}
