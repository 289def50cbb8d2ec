//! Proves and reads the vendor's webhooks. A webhook proves that there is a call and is a reason to poll.
//!
//! The vendor documents neither their bodies nor a signature. So the address that the deck gives for an
//! attempt carries a token of that attempt.

use std::time::Duration;

use serde_json::Value;

use super::call::{Shown, Status, shown, status};
use super::json;
use crate::inbound::{Arrived, Inbound, News, Reader, Reading, Refused, Reply};
use crate::remote::secret::Reach;
use dialdeck_core::domain::digest::{Sha256, hex};
use dialdeck_core::domain::{AttemptId, Incarnations};

/// The path under the trunk's address.
const PATH: &str = "event";

/// The greatest age of an event that is accepted.
const STALE: Duration = Duration::from_hours(24);

/// Reads the webhooks of one trunk.
#[derive(Debug)]
pub(super) struct Webhooks {
    pub(super) ids: Incarnations,
    /// With `None` no address was ever given to the vendor, so every request is refused.
    pub(super) reach: Option<Reach>,
}

/// Returns the address to which the vendor reports about an attempt's call.
pub(super) fn address(reach: &Reach, attempt: AttemptId) -> String {
    let (url, token) = (&reach.url, reach.token(attempt));
    format!("{url}/{PATH}?attempt={attempt}&token={token}")
}

impl Reader for Webhooks {
    fn read(&self, arrived: &Arrived<'_>) -> Reading {
        match self.proven(arrived) {
            Ok(attempt) if !arrived.is_post => {
                // A GET only checks whether the address exists.
                tracing::debug!(%attempt, "a probe of a webhook's address");
                Reading::Answer(Reply::ok())
            }
            Ok(attempt) => read(attempt, arrived),
            Err(why) => Reading::Refuse(why),
        }
    }
}

impl Webhooks {
    /// Returns the attempt whose token the address carries.
    fn proven(&self, arrived: &Arrived<'_>) -> Result<AttemptId, Refused> {
        if arrived.path != PATH {
            return Err(Refused::NoSuchPath);
        }
        let part = |name: &str| {
            let mut parts = arrived.query.split('&');
            parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let attempt: AttemptId = part("attempt")
            .and_then(|text| text.parse().ok())
            .ok_or(Refused::Forged)?;
        // Tokens of another deck are made with another key and cannot be verified here. The answer only has
        // to stop the sender.
        if !self.ids.own(attempt) {
            return Err(Refused::OtherDeck);
        }
        let token = part("token").unwrap_or_default();
        let reach = self.reach.as_ref().ok_or(Refused::Forged)?;
        if reach.proves(attempt, token) {
            Ok(attempt)
        } else {
            Err(Refused::Forged)
        }
    }
}

fn read(attempt: AttemptId, arrived: &Arrived<'_>) -> Reading {
    let Ok(body @ Value::Object(_)) = serde_json::from_slice(arrived.body) else {
        return Reading::Refuse(Refused::Malformed);
    };
    let written = json::instant(&body, &["timestamp", "occurred_at", "sent_at"]);
    let at = written.map_or(arrived.at, |written| written.at.min(arrived.at));
    if arrived.at.since(at) > STALE {
        return Reading::Refuse(Refused::Stale);
    }
    let inbound = Inbound {
        event: event_id(attempt, &body, arrived.body),
        attempt,
        at,
        news: news(&body),
    };
    let reply = Reply {
        status: 200,
        content_type: "application/json",
        body: "{}".to_owned(),
    };
    Reading::Take(inbound, reply)
}

/// Returns what an event reports. Its address proves that the call exists; the status comes from the body or
/// the event's name, such as `call.ringing`.
fn news(body: &Value) -> News {
    let named = json::text(body, &["event", "type", "event_type"]).unwrap_or_default();
    let named = named.rsplit('.').next().unwrap_or_default();
    let Some(shown) = shown(body).filter(Shown::names_status) else {
        return match status(named) {
            Status::Ringing => News::Ringing,
            Status::Answered => News::Answered,
            Status::Queued | Status::Dialing | Status::Over(_) => News::Placed,
            Status::Unknown(_) => News::Changed,
        };
    };
    match shown.status {
        _ if shown.was_answered() => News::Answered,
        Status::Ringing => News::Ringing,
        Status::Queued
        | Status::Dialing
        | Status::Answered
        | Status::Over(_)
        | Status::Unknown(_) => News::Placed,
    }
}

/// Returns a hash of the event's id or, if it has none, of its body, so that nothing the sender wrote is
/// stored. A plain `id` is not used, because it may be the call's id and equal in all its events.
fn event_id(attempt: AttemptId, body: &Value, raw: &[u8]) -> String {
    let keys = ["event_id", "eventId", "webhook_id", "delivery_id"];
    let nested = body.get("event").unwrap_or(&Value::Null);
    let own = json::text(body, &keys).or_else(|| json::text(nested, &["id", "event_id"]));
    let mut hash = Sha256::default();
    hash.update(attempt.to_string().as_bytes());
    if let Some(id) = &own {
        hash.update(b" id ");
        hash.update(id.as_bytes());
    } else {
        hash.update(b" body ");
        hash.update(raw);
    }
    hex(&hash.finish()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::secret::Secret;
    use dialdeck_core::domain::{DeckId, Timestamp};

    fn attempt(deck: u64) -> AttemptId {
        AttemptId {
            deck: DeckId(deck),
            serial: 5,
        }
    }

    fn webhooks(key: &str) -> Webhooks {
        Webhooks {
            ids: DeckId(1).into(),
            reach: Some(Reach {
                url: "https://x.example/trunk".to_owned(),
                key: Secret::new(key),
            }),
        }
    }

    fn query(webhooks: &Webhooks, attempt: AttemptId) -> String {
        let address = address(webhooks.reach.as_ref().unwrap(), attempt);
        address.split_once('?').unwrap().1.to_owned()
    }

    fn arrived<'a>(query: &'a str, body: &'a str) -> Arrived<'a> {
        Arrived {
            path: "event",
            is_post: true,
            query,
            authorization: "",
            content_type: "application/json",
            body: body.as_bytes(),
            at: "2026-12-07T15:30:00Z".parse().unwrap(),
        }
    }

    fn taken(reading: Reading) -> Inbound {
        match reading {
            Reading::Take(inbound, reply) => {
                assert_eq!((reply.status, &*reply.body), (200, "{}"));
                inbound
            }
            other @ (Reading::Answer(_) | Reading::Refuse(_)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_the_attempts_own_token_opens() {
        let ours = webhooks("key");
        let good = query(&ours, attempt(1));
        taken(ours.read(&arrived(&good, "{}")));
        let refused = |query: &str, wanted| {
            let reading = ours.read(&arrived(query, "{}"));
            assert_eq!(reading, Reading::Refuse(wanted), "{query}");
        };
        refused(&query(&webhooks("other"), attempt(1)), Refused::Forged);
        refused(&good.replace("-5", "-6"), Refused::Forged);
        refused("attempt=00000001-5", Refused::Forged);
        refused("attempt=00000001-5&token=", Refused::Forged);
        refused("attempt=%00&token=1", Refused::Forged);
        refused("", Refused::Forged);
        refused(&query(&ours, attempt(2)), Refused::OtherDeck);
        let closed = Webhooks {
            ids: DeckId(1).into(),
            reach: None,
        };
        let reading = closed.read(&arrived(&good, "{}"));
        assert_eq!(reading, Reading::Refuse(Refused::Forged));
        let mut elsewhere = arrived(&good, "{}");
        elsewhere.path = "events";
        let reading = ours.read(&elsewhere);
        assert_eq!(reading, Reading::Refuse(Refused::NoSuchPath));
        let mut probe = arrived(&good, "");
        probe.is_post = false;
        assert_eq!(ours.read(&probe), Reading::Answer(Reply::ok()));
    }

    #[test]
    fn what_cannot_be_read_or_is_a_day_old_is_refused() {
        let ours = webhooks("key");
        let good = query(&ours, attempt(1));
        let table = [
            ("", Refused::Malformed),
            ("{\"event\":", Refused::Malformed),
            ("[]", Refused::Malformed),
            ("\u{0}", Refused::Malformed),
            ("{\"timestamp\":\"2026-12-06T15:29:59Z\"}", Refused::Stale),
        ];
        for (body, wanted) in table {
            let reading = ours.read(&arrived(&good, body));
            assert_eq!(reading, Reading::Refuse(wanted), "{body}");
        }
    }

    #[test]
    fn a_repetition_has_the_same_id_and_nothing_of_the_body_is_kept() {
        let ours = webhooks("key");
        let good = query(&ours, attempt(1));
        let event = |body: &str| taken(ours.read(&arrived(&good, body))).event;
        let call = r#""id":"c1","to":"+12125550142""#;
        let ringing = format!("{{{call},\"status\":\"ringing\"}}");
        let answered = format!("{{{call},\"status\":\"answered\"}}");
        assert_eq!(event(&ringing), event(&ringing));
        assert_ne!(event(&ringing), event(&answered));
        assert_eq!(
            event(r#"{"event_id":"e1","n":1}"#),
            event(r#"{"event_id":"e1","n":2}"#)
        );
        assert_ne!(event(r#"{"event_id":"e1"}"#), event(r#"{"event_id":"e2"}"#));
        assert_eq!(event(r#"{"event_id":"+12125550142"}"#).len(), 32);
    }

    #[test]
    fn an_event_shows_where_its_call_stands() {
        let ours = webhooks("key");
        let good = query(&ours, attempt(1));
        let news = |body: &str| taken(ours.read(&arrived(&good, body))).news;
        for (body, wanted) in [
            (r#"{"call":{"status":"ringing"}}"#, News::Ringing),
            (
                r#"{"event":"call.ringing","data":{"id":"c1"}}"#,
                News::Ringing,
            ),
            (r#"{"event":"call.in-progress","data":{}}"#, News::Answered),
            (r#"{"data":{"status":"in-progress"}}"#, News::Answered),
            (r#"{"status":"completed","duration":12}"#, News::Answered),
            (r#"{"status":"completed","duration":0}"#, News::Placed),
            (r#"{"status":"initiated"}"#, News::Placed),
            (r#"{"status":"failed"}"#, News::Placed),
            (r#"{"status":"purple"}"#, News::Placed),
            (r#"{"event":"call.updated"}"#, News::Changed),
            ("{}", News::Changed),
        ] {
            assert_eq!(news(body), wanted, "{body}");
        }
    }

    #[test]
    fn an_event_is_never_of_the_future() {
        let ours = webhooks("key");
        let good = query(&ours, attempt(1));
        let at = |body: &str| taken(ours.read(&arrived(&good, body))).at;
        let now: Timestamp = "2026-12-07T15:30:00Z".parse().unwrap();
        assert_eq!(at("{}"), now);
        assert_eq!(at(r#"{"timestamp":"2027-01-01T00:00:00Z"}"#), now);
        assert!(at(r#"{"timestamp":"2026-12-07T15:29:00Z"}"#) < now);
    }
}
