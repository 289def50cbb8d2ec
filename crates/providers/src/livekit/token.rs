//! LiveKit's access tokens: JWT with HS256, created for one request and verified on every webhook.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::remote::secret::Secret;
use dialdeck_core::domain::Timestamp;

/// How long the deck's tokens are valid: long enough for one request (inferred; the vendor's kits use six
/// hours).
const LIFE: Duration = Duration::from_mins(5);

/// How far two machines' clocks may differ (the server's own leeway, livekit/protocol `auth`).
const LEEWAY: Duration = Duration::from_mins(1);

/// The exact permission of a token (the vendor's table of grants).
#[derive(Clone, Copy, Debug)]
pub(super) enum Grant<'a> {
    /// Permits placing a SIP call.
    Call,
    /// Permits reading the SIP trunks.
    Trunks,
    /// Permits creating and deleting rooms.
    Rooms,
    /// Permits reading and removing the participants of this room only.
    Room(&'a str),
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distrust {
    /// It is not signed with this secret, or is not a token.
    Forged,
    /// It is signed with this secret, but has expired or is not valid yet.
    Stale,
}

/// An API key and its secret.
#[derive(Clone, Debug)]
pub(super) struct Signer {
    pub(super) key: Secret,
    pub(super) secret: Secret,
}

impl Signer {
    /// Returns a token for one request.
    pub(super) fn mint(&self, grant: Grant<'_>, now: Timestamp) -> String {
        self.mint_for(grant, now, now + LIFE)
    }

    /// Returns a token that is valid from one instant to another.
    pub(super) fn mint_for(&self, grant: Grant<'_>, from: Timestamp, until: Timestamp) -> String {
        let mut claims = json!({
            "iss": self.key.expose(),
            "nbf": from.as_millis() / 1000,
            "exp": until.as_millis() / 1000,
        });
        match grant {
            Grant::Call => claims["sip"] = json!({"call": true}),
            Grant::Trunks => claims["sip"] = json!({"admin": true}),
            Grant::Rooms => claims["video"] = json!({"roomCreate": true}),
            Grant::Room(room) => claims["video"] = json!({"roomAdmin": true, "room": room}),
        }
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
        let signed = format!("{header}.{payload}");
        let signature = URL_SAFE_NO_PAD.encode(self.secret.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Returns the claims of a token that was signed with this key's secret.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<Value, Distrust> {
        let forged = Distrust::Forged;
        let (signed, signature) = token.rsplit_once('.').ok_or(forged)?;
        let (header, payload) = signed.split_once('.').ok_or(forged)?;
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| forged);
        let read = |text: &str| {
            let bytes = bytes(text)?;
            serde_json::from_slice::<Value>(&bytes).map_err(|_| forged)
        };
        if !self.secret.proves(signed.as_bytes(), &bytes(signature)?) {
            return Err(forged);
        }
        let claims = read(payload)?;
        if read(header)?["alg"] != "HS256" || claims["iss"] != self.key.expose() {
            return Err(forged);
        }
        let instant = |name: &str| {
            let seconds = claims[name].as_f64()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what is out of range is clamped, and then out of time"
            )]
            Some(Timestamp::from_millis((seconds * 1000.0) as i64))
        };
        let ends = instant("exp").ok_or(forged)?;
        let begins = instant("nbf").unwrap_or(Timestamp::MIN);
        if now > ends + LEEWAY || now + LEEWAY < begins {
            return Err(Distrust::Stale);
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-12-07T15:30:00Z";

    fn signer() -> Signer {
        Signer {
            key: Secret::new("APIexample"),
            secret: Secret::new("a secret of thirty-two characters"),
        }
    }

    fn after(seconds: u64) -> Timestamp {
        NOW.parse::<Timestamp>().unwrap() + Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_is_the_one_that_other_makers_of_tokens_make() {
        // Created with Python's hmac, hashlib and base64 from identical header and claims.
        let known = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
                     eyJleHAiOjE3OTY2NTc3MDAsImlzcyI6IkFQSWV4YW1wbGUiLCJuYmYiOjE3OTY2NTc0MDAsInNpcCI6eyJjYWxsIjp0cnVlfX0.\
                     Q3og51gxGsKtMbtlnXfQ2_o36L3Yb_kibqoCJMfMdzM";
        assert_eq!(signer().mint(Grant::Call, after(0)), known);
    }

    #[test]
    fn a_token_permits_one_thing() {
        let table = [
            (Grant::Call, json!({"sip": {"call": true}})),
            (Grant::Trunks, json!({"sip": {"admin": true}})),
            (Grant::Rooms, json!({"video": {"roomCreate": true}})),
            (
                Grant::Room("dd-1"),
                json!({"video": {"roomAdmin": true, "room": "dd-1"}}),
            ),
        ];
        for (grant, wanted) in table {
            let token = signer().mint(grant, after(0));
            let mut claims = signer().check(&token, after(1)).unwrap();
            let claims = claims.as_object_mut().unwrap();
            for common in ["iss", "nbf", "exp"] {
                assert!(claims.remove(common).is_some(), "{common}");
            }
            assert_eq!(Value::Object(claims.clone()), wanted);
        }
    }

    #[test]
    fn a_token_is_good_in_its_time_only() {
        let token = signer().mint(Grant::Call, after(120));
        assert_eq!(signer().check(&token, after(0)), Err(Distrust::Stale));
        assert!(signer().check(&token, after(60)).is_ok());
        assert!(signer().check(&token, after(120 + 360)).is_ok());
        assert_eq!(signer().check(&token, after(481)), Err(Distrust::Stale));
    }

    #[test]
    fn nobody_elses_token_is_believed() {
        let good = signer().mint(Grant::Call, after(0));
        let (signed, _) = good.rsplit_once('.').unwrap();
        let unsigned = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let other_key = Signer {
            key: Secret::new("APIother"),
            ..signer()
        };
        let other_secret = Signer {
            secret: Secret::new("another secret"),
            ..signer()
        };
        let payload = signed.split_once('.').unwrap().1;
        let forged = [
            String::new(),
            ".".to_owned(),
            "a.b.c".to_owned(),
            format!("{signed}."),
            format!("{unsigned}.{payload}."),
            format!("{good}x"),
            other_key.mint(Grant::Call, after(0)),
            other_secret.mint(Grant::Call, after(0)),
        ];
        for token in forged {
            assert_eq!(
                signer().check(&token, after(1)),
                Err(Distrust::Forged),
                "{token}"
            );
        }
    }
}
