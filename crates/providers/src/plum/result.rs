//! What Plum reports about a call: its state and how it ended.

use super::fields::Fields;
use super::redact::Redactor;
use dialdeck_core::domain::{CallEnd, CallReport, CalleeType, Timestamp};

/// The names under which a result's status may be found (not documented). A result may have several, such as
/// `status=failed&result=busy`.
pub(super) const STATUS: [&str; 3] = ["status", "result", "call_status"];

/// The state of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Queued or being dialed.
    Open,
    /// A person or a machine is on the line.
    Connected,
    /// The call has ended.
    Over(Over),
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Over {
    /// The manner of the end.
    pub(super) report: CallReport,
    /// When it was answered, according to Plum.
    pub(super) answered_at: Option<Timestamp>,
    /// When it ended, according to Plum.
    pub(super) ended_at: Option<Timestamp>,
}

/// Returns the statuses as one text of lower-case letters and digits, for the event's id.
pub(super) fn status_word(fields: &Fields) -> String {
    word(&fields.all(&STATUS).concat())
}

/// Returns a text reduced to at most 40 letters and digits, in lower case.
pub(super) fn word(text: &str) -> String {
    let known = |letter: &char| letter.is_ascii_alphanumeric();
    let letters = text.chars().filter(known).take(40);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Returns the callee type for a value of `session.connection.callee_type`.
pub(super) fn callee_type(text: &str) -> CalleeType {
    match word(text).as_str() {
        "voice" => CalleeType::Human,
        "answeringmachine" => CalleeType::Voicemail,
        "fax" => CalleeType::Fax,
        // `processing`: the detector has not decided. `unknown`: it could not decide.
        _ => CalleeType::Unknown,
    }
}

/// Returns the state of a call from a result or a status, or `None` if no known status names one.
///
/// The statuses are those of Plum's pages on call states and of its post on callee types. A bare `failed`
/// says nothing about the number. All statuses are read. If they contradict each other, an answer has
/// priority, then that the call may still be dialed, then that it may have rung. Nothing was dialed only if
/// every status says so.
pub(super) fn standing(fields: &Fields, redactor: &Redactor) -> Option<Standing> {
    let statuses = fields.all(&STATUS);
    let said: Vec<Word> = statuses
        .iter()
        .map(|status| meaning(&word(status)))
        .collect();
    let says = |meaning: Word| said.contains(&meaning);
    let events = fields.events();
    let mut events = events.iter().map(|(event, _)| meaning(&word(event)));
    let was_on = says(Word::Connected) || events.any(|event| event == Word::Connected);
    let over = says(Word::Completed) || says(Word::Unsent) || says(Word::Failed);
    let why = fields.named_like(&["reason", "error", "cause"]);
    let words = format!("{} {}", statuses.join(" "), last_words(fields, why));
    let end = if says(Word::Completed) || was_on && over {
        CallEnd::Completed
    } else if says(Word::Connected) {
        return Some(Standing::Connected);
    } else if says(Word::Open) {
        return Some(Standing::Open);
    } else if !statuses.is_empty() && said.iter().all(|one| *one == Word::Unsent) {
        unsent(fields, &statuses, &words)
    } else if over {
        failure(&words)
    } else {
        return None;
    };
    Some(Standing::Over(self::over(fields, end, why, redactor)))
}

/// The meaning of one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// Queued or being dialed.
    Open,
    /// A person or a machine is on the line.
    Connected,
    /// A person or a machine was on the line.
    Completed,
    /// Expired or cancelled, perhaps before anything was dialed.
    Unsent,
    /// The call failed, with or without a reason.
    Failed,
    /// The status is not known.
    Unknown,
}

fn meaning(word: &str) -> Word {
    match word {
        "queued" | "pending" | "scheduled" | "dialing" | "ringing" => Word::Open,
        "connected" | "answered" | "inprogress" => Word::Connected,
        "completed" | "complete" | "voice" | "answeringmachine" | "fax" => Word::Completed,
        "expired" | "cancelled" | "canceled" => Word::Unsent,
        word if word.contains("fail") || failure(word) != CallEnd::Failed => Word::Failed,
        _ => Word::Unknown,
    }
}

/// Returns the end of a call that expired or was cancelled.
fn unsent(fields: &Fields, statuses: &[&str], words: &str) -> CallEnd {
    let expired = statuses.iter().any(|status| word(status) == "expired");
    match (expired, never_dialed(fields)) {
        (true, true) => CallEnd::Lapsed,
        // The queue was emptied before this call was dialed.
        (false, true) => CallEnd::NeverSent,
        (true, false) => failure(words),
        (false, false) => CallEnd::CancelledByUs,
    }
}

/// Returns the texts that explain a failure: the reason and the names of the events.
fn last_words(fields: &Fields, why: Option<&str>) -> String {
    let events = fields.events().into_iter().map(|(event, _)| event);
    let events = events.collect::<Vec<_>>().join(" ");
    format!("{} {events}", why.unwrap_or_default())
}

/// Returns the end that the texts of a failure mean.
fn failure(words: &str) -> CallEnd {
    let plain = words.to_ascii_lowercase().replace(['_', '-'], " ");
    let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    if says(&["busy"]) {
        CallEnd::Busy
    } else if says(&[
        "no answer",
        "noanswer",
        "not answered",
        "notanswered",
        "ring timeout",
    ]) {
        CallEnd::RangOut
    } else if says(&[
        "intercept",
        "invalid number",
        "invalidnumber",
        "not in service",
    ]) {
        CallEnd::BadNumber
    } else {
        CallEnd::Failed
    }
}

/// Returns whether it is certain that no phone rang. Without a statement that there was no attempt it is not,
/// because an expiry also ends a call whose only attempt failed (Plum's best practices for outbound calling,
/// "Unsuccessful Calls"), and a list of events may lag behind the call.
fn never_dialed(fields: &Fields) -> bool {
    let events = fields.events();
    let dialed = |event: &str| !matches!(event, "queued" | "expired" | "cancelled" | "canceled");
    if events.iter().any(|(event, _)| dialed(event)) {
        return false;
    }
    fields.number(&["attempts"]) == Some(0)
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
    let mut callees = fields.all(&["callee_type", "calleetype"]);
    callees.extend(fields.all(&STATUS));
    let mut callees = callees.into_iter().map(callee_type);
    let callee = callees.find(|callee| *callee != CalleeType::Unknown);
    Over {
        report: CallReport {
            end,
            reason: why.map(|why| redactor.clean(why)),
            callee_type: callee.filter(|_| completed),
            ..CallReport::default()
        },
        answered_at: happened("connected").or(started_at).filter(|_| completed),
        ended_at: happened("disconnected").or(ended_at),
    }
}

/// Returns the instant for Unix seconds, or `None` for 0, which Plum uses for "never".
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
            // That an event is missing proves nothing.
            (
                r#"{"status":"expired","events":[{"event":"queued"}]}"#,
                Failed,
            ),
            (
                r#"{"status":"expired","attempts":0,"events":[{"event":"queued"}]}"#,
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
    fn the_words_of_all_statuses_are_read() {
        use CallEnd::{BadNumber, Busy, Completed, Failed, Lapsed, NeverSent, RangOut};
        let never = r#","attempts":0,"events":[{"event":"queued"}]}"#;
        let table = [
            ("status=failed&result=busy".to_owned(), Busy),
            ("result=busy&status=failed".to_owned(), Busy),
            ("call_status=failed&result=no+answer".to_owned(), RangOut),
            ("status=failed&result=intercept".to_owned(), BadNumber),
            ("status=purple&call_status=busy".to_owned(), Busy),
            // An answer has priority over everything.
            ("status=failed&result=answered".to_owned(), Completed),
            (
                "status=expired&result=voice&attempts=0".to_owned(),
                Completed,
            ),
            (
                "status=cancelled&call_status=connected&attempts=0".to_owned(),
                Completed,
            ),
            ("status=completed&result=busy".to_owned(), Completed),
            (
                "status=failed&events[0][event]=connected".to_owned(),
                Completed,
            ),
            ("status=queued&result=completed".to_owned(), Completed),
            // Nothing was dialed only if every status says so.
            (
                format!(r#"{{"status":"expired","result":"expired"{never}"#),
                Lapsed,
            ),
            (
                format!(r#"{{"status":"expired","result":"failed"{never}"#),
                Failed,
            ),
            (
                format!(r#"{{"status":"expired","result":"busy"{never}"#),
                Busy,
            ),
            (
                format!(r#"{{"status":"cancelled","result":"purple"{never}"#),
                Failed,
            ),
            (
                format!(r#"{{"status":"cancelled","result":"cancelled"{never}"#),
                NeverSent,
            ),
        ];
        for (body, end) in table {
            let over = ended(&body).expect(&body);
            assert_eq!(over.report.end, end, "{body}");
        }
        // It may still be dialed.
        for body in [
            "status=queued&result=failed",
            "result=expired&status=dialing",
        ] {
            let fields = Fields::of_body(body.as_bytes()).expect(body);
            let standing = standing(&fields, &Redactor::new(&[]));
            assert_eq!(standing, Some(Standing::Open), "{body}");
        }
        let words = |body: &str| status_word(&Fields::of_form(body));
        assert_ne!(words("status=failed&result=busy"), words("status=failed"));
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
