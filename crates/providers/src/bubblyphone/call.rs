//! A call as the vendor's answers show it, and the meaning of the vendor's statuses.

use std::time::Duration;

use serde_json::Value;

use super::json::{self, Written};
use crate::remote::text::plain;
use dialdeck_core::domain::{CallEnd, CallReport, Timestamp};

/// The longest unknown status that is kept, in characters.
const LONGEST_WORD: usize = 40;

/// The state of a call according to the vendor. The vendor names only `no-answer` and `busy`
/// (agents.bubblyphone.com/glossary/outbound-calling); the other statuses are inferred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// Accepted; nothing was dialed yet.
    Queued,
    /// The call is being dialed.
    Dialing,
    /// The callee's phone rings.
    Ringing,
    /// The call was answered.
    Answered,
    /// The call has ended.
    Over(Word),
    /// An unknown status: the call counts as up.
    Unknown(String),
}

/// The vendor's name for an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// One side hung up after the answer.
    Completed,
    /// The line was busy.
    Busy,
    /// The callee did not answer.
    NoAnswer,
    /// The call failed; no given reason can be trusted.
    Failed,
    /// Hung up before the answer.
    Cancelled,
}

/// Returns the status for the vendor's text. Case and the separators `_`, `-` and space do not matter.
pub(super) fn status(word: &str) -> Status {
    let bare: String = word
        .chars()
        .filter(|sign| !matches!(sign, '_' | '-' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    match bare.as_str() {
        "queued" | "created" => Status::Queued,
        "initiated" | "dialing" => Status::Dialing,
        "ringing" => Status::Ringing,
        "answered" | "inprogress" | "active" => Status::Answered,
        "completed" => Status::Over(Word::Completed),
        "busy" => Status::Over(Word::Busy),
        "noanswer" => Status::Over(Word::NoAnswer),
        "failed" | "error" => Status::Over(Word::Failed),
        "canceled" | "cancelled" => Status::Over(Word::Cancelled),
        _ => Status::Unknown(plain(word).chars().take(LONGEST_WORD).collect()),
    }
}

/// Why the deck hung up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The engine requested it.
    Asked,
    /// The call rang for the whole ringing timeout.
    RangOut,
    /// The call lasted for its maximum.
    TooLong,
}

/// What earlier answers showed about a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// Whether it rang.
    pub(super) rang: bool,
    /// Whether it was answered.
    pub(super) answered: bool,
}

/// A call as one answer shows it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shown {
    /// The vendor's id of the call.
    pub(super) id: Option<String>,
    /// The status in this answer.
    pub(super) status: Status,
    /// Whether the answer names a status; otherwise it counts as queued.
    names_status: bool,
    /// How long it lasted, in seconds.
    pub(super) duration: Option<f64>,
    /// When the call was created.
    pub(super) created: Option<Written>,
    /// When the call was answered.
    pub(super) answered: Option<Written>,
    /// When the call ended.
    pub(super) ended: Option<Written>,
    /// The callee in the vendor's spelling.
    pub(super) to: Option<String>,
    /// The caller ID in the vendor's spelling.
    pub(super) from: Option<String>,
    /// Whether it is an inbound call.
    pub(super) inbound: bool,
    /// Why it failed, with numbers removed.
    pub(super) reason: Option<String>,
}

/// Returns the call in an answer, bare or wrapped in `data` or `call`. `None` if it is not an object.
pub(super) fn shown(value: &Value) -> Option<Shown> {
    let call = json::unwrapped(value, &["data", "call"]);
    call.is_object().then(|| {
        let word = json::text(call, &["status", "call_status", "state"]);
        let direction = json::text(call, &["direction"]).unwrap_or_default();
        let reason = ["failure_reason", "error_message", "error", "end_reason"];
        Shown {
            id: json::text(call, &["id", "call_id", "callId", "uuid"]),
            names_status: word.is_some(),
            status: status(word.as_deref().unwrap_or("queued")),
            duration: json::number(call, &["duration", "duration_seconds", "duration_secs"]),
            created: json::instant(
                call,
                &["created_at", "createdAt", "initiated_at", "started_at"],
            ),
            answered: json::instant(call, &["answered_at", "answeredAt"]),
            ended: json::instant(call, &["ended_at", "endedAt", "completed_at"]),
            to: json::text(call, &["to", "to_number", "destination"]),
            from: json::text(call, &["from", "from_number", "caller_id"]),
            inbound: direction.eq_ignore_ascii_case("inbound"),
            reason: json::text(call, &reason).map(|reason| plain(&reason)),
        }
    })
}

impl Shown {
    /// Returns whether the answer names a status; otherwise it counts as queued.
    pub(super) const fn names_status(&self) -> bool {
        self.names_status
    }

    /// Returns whether a known status shows a call that is up or has ended. Unknown or missing statuses do
    /// not extend the call's slot.
    pub(super) const fn is_up_for_sure(&self) -> bool {
        match self.status {
            Status::Dialing | Status::Ringing | Status::Answered | Status::Over(_) => true,
            // An answer without a status counts as queued; no call stays queued past its maximum life.
            Status::Queued | Status::Unknown(_) => false,
        }
    }

    /// Returns whether the answer shows that the call was answered. `completed` with a duration of zero is
    /// not an answer (inferred).
    pub(super) fn was_answered(&self) -> bool {
        match self.status {
            Status::Answered => true,
            Status::Over(Word::Completed) => self.duration.is_none_or(|seconds| seconds > 0.0),
            Status::Over(_) => self.answered.is_some(),
            Status::Queued | Status::Dialing | Status::Ringing | Status::Unknown(_) => false,
        }
    }

    /// Returns when it was answered, as precisely as the vendor shows it, between these two instants.
    pub(super) fn answered_at(&self, earliest: Timestamp, now: Timestamp) -> Timestamp {
        let counted_back = || {
            let length = Duration::try_from_secs_f64(self.duration?).ok()?;
            let ended = self.ended.map_or(now, |written| written.at);
            matches!(self.status, Status::Over(_)).then(|| ended - length)
        };
        let at = self.answered.map(|written| written.at);
        within(at.or_else(counted_back), earliest, now)
    }

    /// Returns how and when it ended, or `None` while it is up. `before` is what earlier answers showed, and
    /// `hung_up` is why the deck hung up.
    ///
    /// `no-answer` is trusted unless the deck hung up: "the status goes back as no-answer or busy"
    /// (agents.bubblyphone.com/glossary/outbound-calling). Otherwise `RangOut` requires that ringing was
    /// observed; the absence of `ringing` proves nothing.
    pub(super) fn end(
        &self,
        before: Seen,
        hung_up: Option<Why>,
        earliest: Timestamp,
        now: Timestamp,
    ) -> Option<(CallReport, Timestamp)> {
        let Status::Over(word) = &self.status else {
            return None;
        };
        let unanswered = match hung_up {
            Some(Why::Asked) => CallEnd::CancelledByUs,
            None if *word == Word::NoAnswer => CallEnd::RangOut,
            Some(Why::RangOut | Why::TooLong) | None => CallEnd::RingUnseen,
        };
        let answered = before.answered || self.was_answered();
        let end = match word {
            _ if answered => CallEnd::Completed,
            Word::Completed | Word::NoAnswer => unanswered,
            Word::Cancelled if hung_up.is_some() => unanswered,
            // Hung up in the vendor's console.
            Word::Cancelled => CallEnd::CancelledByUs,
            Word::Busy => CallEnd::Busy,
            Word::Failed => CallEnd::Failed,
        };
        let report = CallReport {
            end,
            reason: self.reason.clone(),
            rang: (before.rang || answered).then_some(true),
            ..CallReport::default()
        };
        let at = within(self.ended.map(|written| written.at), earliest, now);
        Some((report, at))
    }
}

/// Returns the instant, or `now` if it is missing or out of range, because another machine's clock is never
/// trusted beyond the deck's own clock.
fn within(at: Option<Timestamp>, earliest: Timestamp, now: Timestamp) -> Timestamp {
    at.filter(|at| (earliest..=now).contains(at)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_has_its_meaning_in_every_spelling() {
        let table = [
            ("queued", Status::Queued),
            ("Created", Status::Queued),
            ("INITIATED", Status::Dialing),
            ("ringing", Status::Ringing),
            ("in-progress", Status::Answered),
            ("in_progress", Status::Answered),
            ("In Progress", Status::Answered),
            ("ANSWERED", Status::Answered),
            ("active", Status::Answered),
            ("completed", Status::Over(Word::Completed)),
            ("Busy", Status::Over(Word::Busy)),
            ("no-answer", Status::Over(Word::NoAnswer)),
            ("no_answer", Status::Over(Word::NoAnswer)),
            ("noAnswer", Status::Over(Word::NoAnswer)),
            ("failed", Status::Over(Word::Failed)),
            ("error", Status::Over(Word::Failed)),
            ("canceled", Status::Over(Word::Cancelled)),
            ("cancelled", Status::Over(Word::Cancelled)),
            ("bridging", Status::Unknown("bridging".to_owned())),
            ("at +12125550142", Status::Unknown("at …".to_owned())),
            ("", Status::Unknown(String::new())),
        ];
        for (word, wanted) in table {
            assert_eq!(status(word), wanted, "{word}");
        }
    }

    #[test]
    fn both_shapes_show_the_same_call() {
        let bare = json!({"id": 42, "status": "ringing", "from": "+16465550100"});
        let wanted = shown(&bare).unwrap();
        assert_eq!(wanted.id.as_deref(), Some("42"));
        assert_eq!(wanted.status, Status::Ringing);
        for wrapped in [
            json!({"data": bare}),
            json!({"call": bare, "success": true}),
            json!({"data": {"call": bare}}),
            json!({"data": {"call_id": "42", "status": "Ringing", "from": "+16465550100"}}),
        ] {
            assert_eq!(shown(&wrapped).as_ref(), Some(&wanted), "{wrapped}");
        }
        for none in [json!(null), json!("id"), json!([bare]), json!(7)] {
            assert_eq!(shown(&none), None);
        }
        assert_eq!(shown(&json!({})).unwrap().id, None);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table")]
    fn every_end_is_reported_as_what_it_was() {
        let ended = |call: Value, answered, hung_up| {
            let (start, now) = (Timestamp::from_millis(0), Timestamp::from_millis(100_000));
            let rang = false;
            let before = Seen { rang, answered };
            let (report, _) = shown(&call).unwrap().end(before, hung_up, start, now)?;
            Some(report.end)
        };
        let table = [
            (json!({"status": "ringing"}), false, None, None),
            (json!({"status": "wrapping-up"}), true, None, None),
            (
                json!({"status": "completed", "duration": 12}),
                false,
                None,
                Some(CallEnd::Completed),
            ),
            (
                json!({"status": "completed", "duration": "12"}),
                false,
                None,
                Some(CallEnd::Completed),
            ),
            (
                json!({"status": "completed"}),
                false,
                None,
                Some(CallEnd::Completed),
            ),
            (
                json!({"status": "completed", "duration": 0}),
                false,
                None,
                Some(CallEnd::RingUnseen),
            ),
            (
                json!({"status": "completed", "duration": 0}),
                true,
                None,
                Some(CallEnd::Completed),
            ),
            (
                json!({"status": "completed", "duration": 0}),
                false,
                Some(Why::Asked),
                Some(CallEnd::CancelledByUs),
            ),
            (json!({"status": "busy"}), false, None, Some(CallEnd::Busy)),
            (
                json!({"status": "no-answer"}),
                false,
                None,
                Some(CallEnd::RangOut),
            ),
            (
                json!({"status": "failed"}),
                false,
                None,
                Some(CallEnd::Failed),
            ),
            (
                json!({"status": "failed"}),
                false,
                Some(Why::Asked),
                Some(CallEnd::Failed),
            ),
            (
                json!({"status": "canceled"}),
                false,
                Some(Why::Asked),
                Some(CallEnd::CancelledByUs),
            ),
            (
                json!({"status": "canceled"}),
                false,
                Some(Why::RangOut),
                Some(CallEnd::RingUnseen),
            ),
            (
                json!({"status": "no-answer"}),
                false,
                Some(Why::RangOut),
                Some(CallEnd::RingUnseen),
            ),
            (
                json!({"status": "no-answer"}),
                false,
                Some(Why::Asked),
                Some(CallEnd::CancelledByUs),
            ),
            (
                json!({"status": "canceled"}),
                true,
                Some(Why::Asked),
                Some(CallEnd::Completed),
            ),
            (
                json!({"status": "canceled"}),
                false,
                None,
                Some(CallEnd::CancelledByUs),
            ),
        ];
        for (call, answered, hung_up, wanted) in table {
            assert_eq!(ended(call.clone(), answered, hung_up), wanted, "{call}");
        }
    }

    #[test]
    fn ringing_that_was_seen_stands_in_the_report() {
        let rang = |before, call: Value| {
            let (start, now) = (Timestamp::from_millis(0), Timestamp::from_millis(100_000));
            let ended = shown(&call).unwrap().end(before, None, start, now);
            ended.unwrap().0.rang
        };
        let (none, seen) = (Seen::default(), |rang, answered| Seen { rang, answered });
        // The absence of `ringing` proves nothing.
        assert_eq!(rang(none, json!({"status": "failed"})), None);
        assert_eq!(
            rang(seen(true, false), json!({"status": "failed"})),
            Some(true)
        );
        assert_eq!(
            rang(seen(false, true), json!({"status": "failed"})),
            Some(true)
        );
        let answered = json!({"status": "failed", "answered_at": "2026-12-07T15:30:00Z"});
        assert_eq!(rang(none, answered), Some(true));
    }

    #[test]
    fn another_machines_clock_is_not_believed_beyond_ours() {
        let (start, now) = (Timestamp::from_millis(1_000), Timestamp::from_millis(9_000));
        for at in [None, Some(Timestamp::MIN), Some(Timestamp::MAX)] {
            assert_eq!(within(at, start, now), now);
        }
        let inside = Timestamp::from_millis(5_000);
        assert_eq!(within(Some(inside), start, now), inside);
    }

    #[test]
    fn only_a_known_word_shows_for_sure_that_a_call_is_up() {
        for (status, is_up) in [
            ("ringing", true),
            ("in-progress", true),
            ("queued", false),
            ("wrapping-up", false),
        ] {
            let call = shown(&json!({"id": "1", "status": status})).unwrap();
            assert_eq!(call.is_up_for_sure(), is_up, "{status}");
        }
    }
}
