//! Finds the call of a request whose answer was lost among all calls of the account.
//!
//! The vendor has no key by which a client can name its calls (none was found in its documentation). So a
//! call is identified by the callee, the caller ID and the time. A call that may or may not be the right one
//! is never taken as absence, because that could let a phone ring twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::api::{Api, Trouble};
use super::call::{Shown, shown};
use super::calls::locked;
use super::json::Written;
use crate::Inquiry;
use dialdeck_core::domain::{PhoneNumber, Timestamp};

/// How much earlier than its planning a call may appear to be created, for clocks that differ.
const BEFORE: Duration = Duration::from_secs(10);

/// How much later than its planning a call may be created: the permit, and the time for an answer.
const AFTER: Duration = Duration::from_mins(2);

/// A call this close to that span may be the right one by a clock that differs more.
const NEAR: Duration = Duration::from_mins(3);

/// The largest offset of a zone from UTC. An instant without an offset, and the days of a listing, may be in
/// the account's zone.
const ZONES: Duration = Duration::from_hours(14);

/// Offsets of zones differ by multiples of this, in milliseconds.
const ZONE_STEP: i64 = 15 * 60 * 1000;

/// What a complete listing shows about an attempt.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// This is its call, with this id.
    One(String, Box<Shown>),
    /// No call matches the attempt.
    Nothing,
    /// Several calls match, or one that may or may not be the right one.
    Ambiguous,
}

/// A listing of all calls of the account.
#[derive(Debug)]
struct Listing {
    /// When its first page was requested.
    begun_at: Timestamp,
    /// Its first and last day, as `YYYY-MM-DD`.
    days: [String; 2],
    calls: Vec<Value>,
}

/// The account's listings. One listing answers every look-up that was requested before the listing began, so
/// that as few as possible are read.
#[derive(Debug, Default)]
pub(super) struct Listings {
    /// Kept only for look-ups that wait for it, because a day of the account may hold many thousand calls.
    last: tokio::sync::Mutex<Option<Listing>>,
    /// Held by every look-up that wants a listing.
    wanted: Arc<()>,
    /// The vendor's ids of the caller IDs.
    ids: Mutex<BTreeMap<PhoneNumber, String>>,
}

impl Listings {
    /// Records the vendor's id of a number of the account.
    pub(super) fn know(&self, number: PhoneNumber, id: String) {
        locked(&self.ids).insert(number, id);
    }

    /// Searches the calls of the attempt's day, and of the adjacent days because midnight differs by zone.
    /// First it reads the few calls that showed its caller ID. Only a listing of all calls can show that the
    /// call is missing. `is_anothers` returns whether a call's id is known to belong to another attempt.
    ///
    /// Errors if the listing of all calls cannot be read.
    pub(super) async fn search(
        &self,
        api: &Api,
        inquiry: &Inquiry,
        is_anothers: impl Fn(&str) -> bool,
    ) -> Result<Found, Trouble> {
        let asked_at = api.now();
        let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
        let days = [
            day(inquiry.reserved_at - BEFORE - ZONES),
            day(inquiry.reserved_at + AFTER + ZONES),
        ];
        let id = locked(&self.ids).get(&inquiry.from).cloned();
        if let Some(id) = id
            && let Ok(calls) = read(api, &days, Some(id)).await
        {
            let found = found(&calls, inquiry, &is_anothers);
            if found != Found::Nothing {
                return Ok(found);
            }
        }
        let wanted = Arc::clone(&self.wanted);
        let mut last = self.last.lock().await;
        let listing = match last.take() {
            Some(listing) if listing.begun_at > asked_at && listing.days == days => listing,
            Some(_) | None => Listing {
                begun_at: api.now(),
                calls: read(api, &days, None).await?,
                days,
            },
        };
        let found = found(&listing.calls, inquiry, &is_anothers);
        let by_us_alone = Arc::strong_count(&wanted) == 2;
        *last = (!by_us_alone).then_some(listing);
        Ok(found)
    }
}

/// Returns all pages of a listing, of one caller ID or of all.
async fn read(
    api: &Api,
    [first, last]: &[String; 2],
    number: Option<String>,
) -> Result<Vec<Value>, Trouble> {
    let mut query = vec![
        ("direction", "outbound".to_owned()),
        ("date_from", first.clone()),
        ("date_to", last.clone()),
        ("per_page", "100".to_owned()),
    ];
    query.extend(number.map(|id| ("phone_number_id", id)));
    api.list(&["calls"], &query, &["calls"]).await
}

fn found(calls: &[Value], inquiry: &Inquiry, is_anothers: &impl Fn(&str) -> bool) -> Found {
    let mut one = None;
    for call in calls {
        let Some(call) = shown(call) else {
            return Found::Ambiguous;
        };
        let likeness = likeness(&call, inquiry);
        if call.inbound || likeness == Likeness::Other {
            continue;
        }
        if call.id.as_deref().is_some_and(&is_anothers) {
            continue;
        }
        // A listing whose pages shift while it is read shows a call twice, the later time as it is later.
        let again = |one: &Shown| one.id.is_some() && one.id == call.id;
        if !one.as_ref().is_none_or(again) || likeness == Likeness::Unclear {
            return Found::Ambiguous;
        }
        one = Some(call);
    }
    match one.map(|call| (call.id.clone(), call)) {
        None => Found::Nothing,
        Some((Some(id), call)) => Found::One(id, Box::new(call)),
        Some((None, _)) => Found::Ambiguous,
    }
}

/// How well a field matches the attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Likeness {
    Same,
    Unclear,
    Other,
}

fn likeness(call: &Shown, inquiry: &Inquiry) -> Likeness {
    let to = of_number(call.to.as_deref(), inquiry.to);
    let from = of_number(call.from.as_deref(), inquiry.from);
    let when = of_instant(call.created, inquiry.reserved_at);
    to.max(from).max(when)
}

/// A number in another spelling, shortened or masked may be the right one.
fn of_number(written: Option<&str>, number: PhoneNumber) -> Likeness {
    let digits = |text: &str| {
        text.chars()
            .filter(char::is_ascii_digit)
            .collect::<String>()
    };
    let wanted = number.digits().to_string();
    let Some(written) = written else {
        return Likeness::Unclear;
    };
    let plain = |sign: char| sign.is_ascii_digit() || " +-().".contains(sign);
    let found = digits(written);
    if !written.chars().all(plain) || found.len() < 7 {
        return Likeness::Unclear;
    }
    if found == wanted {
        Likeness::Same
    } else if found.ends_with(&wanted) || wanted.ends_with(&found) {
        Likeness::Unclear
    } else {
        Likeness::Other
    }
}

fn of_instant(written: Option<Written>, reserved_at: Timestamp) -> Likeness {
    let Some(written) = written else {
        return Likeness::Unclear;
    };
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let late = written.at.as_millis() - reserved_at.as_millis();
    let span = -millis(BEFORE)..=millis(AFTER);
    let near = *span.start() - millis(NEAR)..=*span.end() + millis(NEAR);
    if span.contains(&late) {
        return Likeness::Same;
    }
    // An identical time of day in another zone.
    let zoned = (late - span.start()).rem_euclid(ZONE_STEP) <= span.end() - span.start();
    let in_reach = late.abs() <= millis(ZONES + AFTER);
    if near.contains(&late) || !written.certain && zoned && in_reach {
        Likeness::Unclear
    } else {
        Likeness::Other
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use dialdeck_core::domain::{AttemptId, DeckId};

    fn inquiry() -> Inquiry {
        Inquiry {
            attempt: AttemptId {
                deck: DeckId(1),
                serial: 1,
            },
            to: "+12125550142".parse().unwrap(),
            from: "+16465550100".parse().unwrap(),
            reserved_at: "2026-12-07T15:30:00Z".parse().unwrap(),
        }
    }

    /// Returns a call as in the listing, with these keys changed.
    fn call(changes: &Value) -> Value {
        let mut call = json!({"id": "c1", "to": "+12125550142", "from": "+16465550100",
            "created_at": "2026-12-07T15:30:02Z", "status": "ringing", "direction": "outbound"});
        for (key, value) in changes.as_object().unwrap() {
            call[key] = value.clone();
        }
        call
    }

    fn like(changes: &Value) -> Likeness {
        likeness(&shown(&call(changes)).unwrap(), &inquiry())
    }

    #[test]
    fn a_call_is_told_by_numbers_and_time() {
        use Likeness::{Other, Same, Unclear};
        let table = [
            (json!({}), Same),
            (json!({"to": "1 (212) 555-0142"}), Same),
            (json!({"to": "2125550142"}), Unclear),
            (json!({"to": "01112125550142"}), Unclear),
            (json!({"to": "+1212*****42"}), Unclear),
            (json!({"to": null}), Unclear),
            (json!({"to": "+12125550143"}), Other),
            (json!({"from": "+16465550101"}), Other),
            (json!({"from": "+16465550101", "created_at": null}), Other),
            (json!({"created_at": "2026-12-07T15:29:50Z"}), Same),
            (json!({"created_at": "2026-12-07T15:32:00Z"}), Same),
            (json!({"created_at": "2026-12-07T15:29:00Z"}), Unclear),
            (json!({"created_at": "2026-12-07T15:34:00Z"}), Unclear),
            (json!({"created_at": "2026-12-07T15:40:00Z"}), Other),
            (json!({"created_at": "2026-12-07T15:20:00Z"}), Other),
            (json!({"created_at": null}), Unclear),
            (json!({"created_at": "2026-12-07 15:30:02"}), Same),
            (json!({"created_at": "2026-12-07 10:30:02"}), Unclear),
            (json!({"created_at": "2026-12-07 21:00:02"}), Unclear),
            (json!({"created_at": "2026-12-07 10:37:02"}), Other),
            (json!({"created_at": "2026-12-06 10:30:02"}), Other),
            (json!({"created_at": "2026-12-07T10:30:02-05:00"}), Same),
            (json!({"created_at": "2026-12-07T10:30:02Z"}), Other),
        ];
        for (changes, wanted) in table {
            assert_eq!(like(&changes), wanted, "{changes}");
        }
    }

    #[test]
    fn only_one_certain_call_is_taken_and_only_a_certain_absence_believed() {
        let search = |calls: &[Value]| found(calls, &inquiry(), &|id| id == "taken");
        let (same, other) = (call(&json!({})), call(&json!({"to": "+12125550199"})));
        let unclear = call(&json!({"created_at": null}));
        assert!(matches!(search(&[other.clone(), same.clone()]), Found::One(id, _) if id == "c1"));
        assert_eq!(search(&[]), Found::Nothing);
        assert_eq!(search(std::slice::from_ref(&other)), Found::Nothing);
        assert_eq!(search(&[call(&json!({"id": "taken"}))]), Found::Nothing);
        assert_eq!(
            search(&[call(&json!({"direction": "inbound"}))]),
            Found::Nothing
        );
        let over = call(&json!({"status": "completed"}));
        assert!(
            matches!(search(&[same.clone(), other.clone(), over]), Found::One(id, shown)
                if id == "c1" && !matches!(shown.status, crate::bubblyphone::Status::Ringing)),
            "one call, listed twice"
        );
        for calls in [
            vec![same.clone(), call(&json!({"id": "c2"}))],
            vec![same.clone(), unclear.clone()],
            vec![unclear],
            vec![call(&json!({"id": null}))],
            vec![json!("c1")],
        ] {
            assert_eq!(search(&calls), Found::Ambiguous);
        }
    }
}
