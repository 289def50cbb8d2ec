//! What Plum says about a call: where it stands, and how it ended.

use super::fields::Fields;
use super::redact::Redactor;
use crate::domain::attempt::CallEnd;
use crate::domain::{CallReport, CalleeType, Timestamp};

/// Names under which a result's status may stand (not documented; providers.md §3.1).
const STATUS: [&str; 3] = ["status", "result", "call_status"];

/// Where a call stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Queued or being dialed.
    Open,
    /// Somebody or something is on the line.
    Connected,
    /// Over.
    Over(Over),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// The manner.
    pub(super) report: CallReport,
    /// When it was picked up, by Plum's word.
    pub(super) answered_at: Option<Timestamp>,
    /// When it ended, by Plum's word.
    pub(super) ended_at: Option<Timestamp>,
}

/// The status as it stands, for the event's id: letters and digits alone.
pub(super) fn status_word(fields: &Fields) -> String {
    word(fields.get(&STATUS).unwrap_or_default())
}

/// A text as one lower-case word of at most 40 letters and digits.
pub(super) fn word(text: &str) -> String {
    let known = |letter: &char| letter.is_ascii_alphanumeric();
    let letters = text.chars().filter(known).take(40);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What picked up, by the word of `session.connection.callee_type`.
pub(super) fn callee_type(text: &str) -> CalleeType {
    match word(text).as_str() {
        "voice" => CalleeType::Human,
        "answeringmachine" => CalleeType::Voicemail,
        "fax" => CalleeType::Fax,
        // `processing`: the detector has not decided; `unknown`: it could not.
        _ => CalleeType::Unknown,
    }
}

/// Where a call stands by a result or a status; `None` when that is not said in words we know.
///
/// The words are those of providers.md §3.5 and of Plum's post on callee types; a `failed` alone
/// says nothing about the number.
pub(super) fn standing(fields: &Fields, redactor: &Redactor) -> Option<Standing> {
    let status = fields.get(&STATUS)?;
    let why = fields.named_like(&["reason", "error", "cause"]);
    let end = match word(status).as_str() {
        "queued" | "pending" | "scheduled" | "dialing" | "ringing" => return Some(Standing::Open),
        "connected" | "answered" | "inprogress" => return Some(Standing::Connected),
        "completed" | "complete" | "voice" | "answeringmachine" | "fax" => CallEnd::Completed,
        "expired" if never_dialed(fields) => CallEnd::Lapsed,
        // The queue was emptied before it was this call's turn.
        "cancelled" | "canceled" if never_dialed(fields) => CallEnd::NeverSent,
        "cancelled" | "canceled" => CallEnd::CancelledByUs,
        "expired" => failure(&last_words(fields, why)),
        _ => {
            let words = format!("{status} {}", last_words(fields, why));
            let failed = words.to_ascii_lowercase().contains("fail");
            let end = failure(&words);
            if end == CallEnd::Failed && !failed {
                return None;
            }
            end
        }
    };
    Some(Standing::Over(over(fields, end, why, redactor)))
}

/// Why it failed: the reason and the names of what happened.
fn last_words(fields: &Fields, why: Option<&str>) -> String {
    let events = fields.events().into_iter().map(|(event, _)| event);
    let events = events.collect::<Vec<_>>().join(" ");
    format!("{} {events}", why.unwrap_or_default())
}

/// A failure by its words.
fn failure(words: &str) -> CallEnd {
    let plain = words.to_ascii_lowercase().replace(['_', '-'], " ");
    let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    if says(&["busy"]) {
        CallEnd::Busy
    } else if says(&["no answer", "noanswer", "not answered", "ring timeout"]) {
        CallEnd::RangOut
    } else if says(&["intercept", "invalid number", "not in service"]) {
        CallEnd::BadNumber
    } else {
        CallEnd::Failed
    }
}

/// Whether it is certain that no phone rang. Without a word on attempts it is not: an expiry also
/// ends a call whose only attempt failed (the seed, "Unsuccessful Calls").
fn never_dialed(fields: &Fields) -> bool {
    let events = fields.events();
    let dialed = |event: &str| !matches!(event, "queued" | "expired" | "cancelled" | "canceled");
    if events.iter().any(|(event, _)| dialed(event)) {
        return false;
    }
    match fields.number(&["attempts"]) {
        Some(attempts) => attempts == 0,
        None => !events.is_empty(),
    }
}

fn over(fields: &Fields, end: CallEnd, why: Option<&str>, redactor: &Redactor) -> Over {
    let events = fields.events();
    let happened = |name: &str| {
        let (_, at) = events.iter().rev().find(|(event, _)| event == name)?;
        at.and_then(seconds)
    };
    let completed = end == CallEnd::Completed;
    let ended_at = fields.number(&["end_timestamp"]).and_then(seconds);
    let started_at = fields.number(&["start_timestamp"]).and_then(seconds);
    let status = fields.get(&STATUS).unwrap_or_default();
    let callee = fields.get(&["callee_type", "calleetype"]).or(Some(status));
    let callee = callee.map(callee_type);
    Over {
        report: CallReport {
            end,
            reason: why.map(|why| redactor.clean(why)),
            callee_type: callee.filter(|callee| completed && *callee != CalleeType::Unknown),
            ..CallReport::default()
        },
        answered_at: happened("connected").or(started_at).filter(|_| completed),
        ended_at: happened("disconnected").or(ended_at),
    }
}

/// An instant from Unix seconds; `None` for Plum's 0, "never".
fn seconds(seconds: u64) -> Option<Timestamp> {
    let millis = i64::try_from(seconds.checked_mul(1000)?).ok()?;
    (millis > 0).then(|| Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(body: &str) -> Option<Over> {
        let fields = Fields::of_body(body.as_bytes()).expect(body);
        match standing(&fields, &Redactor::new(&[]))? {
            Standing::Over(over) => Some(over),
            Standing::Open | Standing::Connected => None,
        }
    }

    #[test]
    fn every_result_has_its_end() {
        use CallEnd::{
            BadNumber, Busy, CancelledByUs, Completed, Failed, Lapsed, NeverSent, RangOut,
        };
        let table = [
            ("status=completed", Completed),
            ("result=Completed", Completed),
            ("CALL_STATUS=COMPLETED", Completed),
            ("result=answeringmachine", Completed),
            ("status=failed", Failed),
            ("status=failed&reason=internal", Failed),
            ("status=failed&reason=line+busy", Busy),
            ("status=busy", Busy),
            ("status=failed&failure_reason=no_answer", RangOut),
            ("result=no+answer", RangOut),
            ("status=failed&reason=operator+intercept", BadNumber),
            ("status=expired&attempts=0", Lapsed),
            ("status=expired&attempts='0'", Lapsed),
            ("status=expired&attempts=1", Failed),
            ("status=expired", Failed),
            ("status=expired&reason=busy", Busy),
            ("status=cancelled&attempts=0", NeverSent),
            ("status=canceled", CancelledByUs),
            (
                r#"{"status":"expired","events":[{"event":"queued"}]}"#,
                Lapsed,
            ),
            (
                r#"{"status":"expired","events":[{"event":"queued"},{"event":"dialing"}]}"#,
                Failed,
            ),
            (
                r#"{"status":"failed","events":[{"event":"queued"},{"event":"busy"}]}"#,
                Busy,
            ),
        ];
        for (body, end) in table {
            let over = ended(body).expect(body);
            assert_eq!(over.report.end, end, "{body}");
        }
    }

    #[test]
    fn what_is_no_end_is_none() {
        for body in [
            "status=queued",
            "status=dialing",
            "status=connected",
            "status=purple",
            "outcome=completed",
            "{}",
        ] {
            assert_eq!(ended(body), None, "{body}");
        }
    }

    #[test]
    fn the_documented_sample_is_read() {
        let body = r#"{"call_details":{"status":"completed","attempts":"1","max_attempts":"1",
            "queued_timestamp":"1790000000","start_timestamp":"1790000010",
            "end_timestamp":"1790000040","duration":"30","phone_number":"'2125550101'",
            "events":[{"event":"queued","timestamp":"1790000000"},
                {"event":"dialing","timestamp":"1790000005"},
                {"event":"connected","timestamp":"1790000010"},
                {"event":"disconnected","timestamp":"1790000040"}]}}"#;
        let over = ended(body).expect("an end");
        let at = |seconds: i64| Some(Timestamp::from_millis(seconds * 1000));
        assert_eq!(over.answered_at, at(1_790_000_010));
        assert_eq!(over.ended_at, at(1_790_000_040));
    }

    #[test]
    fn a_reason_is_kept_without_numbers() {
        let over = ended("status=failed&reason=%2B12125550142+is+busy").expect("an end");
        assert_eq!(over.report.reason.as_deref(), Some("… is busy"));
    }

    #[test]
    fn callee_types_are_plums_words() {
        for (word, callee) in [
            ("voice", CalleeType::Human),
            ("answeringmachine", CalleeType::Voicemail),
            ("fax", CalleeType::Fax),
            ("unknown", CalleeType::Unknown),
            ("processing", CalleeType::Unknown),
            ("", CalleeType::Unknown),
        ] {
            assert_eq!(callee_type(word), callee, "{word}");
        }
    }
}
