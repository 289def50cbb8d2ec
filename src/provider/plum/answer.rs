//! What Plum makes of a queue request, read from its answer.

use super::fields::Fields;
use super::redact::Redactor;
use super::result::word;
use crate::domain::CallReport;
use crate::domain::attempt::CallEnd;
use crate::provider::remote::http::Answer;

/// What became of a queue request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is queued, under this call id where one was given.
    Queued(Option<String>),
    /// It certainly is not queued.
    Refused(CallReport),
    /// It may be queued.
    Unclear,
}

impl Verdict {
    /// The verdict on each call of a bulk request: which of its numbers a refusal means is not
    /// known, so none of them is marked.
    pub(super) fn of_all(mut self) -> Self {
        if let Self::Refused(report) = &mut self
            && matches!(report.end, CallEnd::BadNumber | CallEnd::CallerIdRefused)
        {
            report.end = CallEnd::ProviderFailed;
        }
        self
    }
}

/// Reads the answer to a queue request.
///
/// Only a plain refusal is one: a `status` that contains `failed`, as Plum's own sample tests it, or
/// a status of the 4xx. A 5xx, a page of a proxy and anything broken may come after the call was
/// queued, so they are unclear.
pub(super) fn verdict(answer: &Answer, redactor: &Redactor) -> Verdict {
    let fields = Fields::of_body(&answer.body).filter(|_| !is_page(answer));
    let fields = fields.unwrap_or_default();
    let status = fields.get(&["status"]).unwrap_or_default();
    let failed = status.to_ascii_lowercase().contains("failed");
    if failed || matches!(answer.status, 300..=407 | 409..=499) {
        let why = fields.named_like(&["reason", "error", "cause", "description"]);
        let why = why.or((word(status) != "failed").then_some(status));
        let why = why.filter(|why| !why.is_empty());
        return Verdict::Refused(CallReport {
            end: refusal(answer.status, why.unwrap_or_default()),
            reason: why.map(|why| redactor.clean(why)),
            retry_after: answer.retry_after,
            ..CallReport::default()
        });
    }
    let call_id = fields.get(&["call_id"]).map(call_id);
    if answer.is_success() && (call_id.is_some() || word(status) == "queued") {
        return Verdict::Queued(call_id.filter(|id| !id.is_empty()));
    }
    Verdict::Unclear
}

/// A call id, cut down to what may stand in an address.
pub(super) fn call_id(text: &str) -> String {
    let known = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
    text.chars().filter(known).take(64).collect()
}

/// Whether a page for people came instead of an answer.
fn is_page(answer: &Answer) -> bool {
    let start = answer.body.iter().take(200).copied().collect::<Vec<_>>();
    let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
    answer.content_type.starts_with("text/html") && start.contains("<html")
}

/// Words of a refusal that concerns the account.
const ACCOUNT: [&str; 5] = ["login", "authenti", "account", "inactive", "credit"];

/// Whose doing a refusal is, by its words and then by its HTTP status.
fn refusal(status: u16, why: &str) -> CallEnd {
    let plain = why.to_ascii_lowercase().replace(['_', '-'], " ");
    let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    let is_word = |word: &str| {
        let mut words = plain.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.any(|other| other == word)
    };
    let limit = says(&["denial of service", "too many", "rate limit", "bulk"]);
    if limit || is_word("dos") || is_word("ddos") || status == 429 {
        CallEnd::Throttled
    } else if is_word("ani") || says(&["caller id"]) {
        CallEnd::CallerIdRefused
    } else if matches!(status, 401 | 402) || is_word("pin") || says(&ACCOUNT) {
        CallEnd::AccountRefused
    } else if says(&["url"]) {
        CallEnd::ProviderFailed
    } else if says(&["phone number", "destination", "invalid number"]) {
        CallEnd::BadNumber
    } else if matches!(status, 300..=499) {
        CallEnd::Misconfigured
    } else {
        CallEnd::ProviderFailed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::remote::secret::Secret;

    fn read(status: u16, content_type: &str, body: &str) -> Verdict {
        let answer = Answer {
            status,
            retry_after: None,
            content_type: content_type.to_owned(),
            body: body.as_bytes().to_vec(),
        };
        verdict(&answer, &Redactor::new(&[&Secret::new("4711")]))
    }

    #[test]
    fn what_is_queued() {
        let table = [
            (
                r#"<queuecall status="queued" call_id="112850593"><login>deck</login><pin>4711</pin></queuecall>"#,
                Some("112850593"),
            ),
            (r#"<queuecalls status="queued"/>"#, None),
            (r"<x><y call_id='85'/></x>", Some("85")),
            (r#"{"call_id":"85"}"#, Some("85")),
            (r#"{"call_id":85}"#, Some("85")),
            ("call_id=85", Some("85")),
            ("<response><call_id>'85'</call_id></response>", Some("85")),
        ];
        for (body, call_id) in table {
            let wanted = Verdict::Queued(call_id.map(str::to_owned));
            assert_eq!(read(200, "text/xml", body), wanted, "{body}");
        }
    }

    #[test]
    fn what_is_refused() {
        use CallEnd::{
            AccountRefused, BadNumber, CallerIdRefused, Misconfigured, ProviderFailed, Throttled,
        };
        let failed = |why: &str| format!(r#"<queuecall status="failed" error="{why}"/>"#);
        let table = [
            (200, failed("denial of service suspected"), Throttled),
            (200, failed("looping queuecall is a DoS"), Throttled),
            (200, failed("start_url did not return 200"), ProviderFailed),
            (200, failed("invalid login or pin"), AccountRefused),
            (
                200,
                failed("ani is no number of the account"),
                CallerIdRefused,
            ),
            (200, failed("ani not owned"), CallerIdRefused),
            (200, failed("invalid phone_number"), BadNumber),
            (200, failed("database"), ProviderFailed),
            (500, failed("database"), ProviderFailed),
            (
                200,
                "<queuecall status=\"Queue failed\"/>".to_owned(),
                ProviderFailed,
            ),
            (429, String::new(), Throttled),
            (401, r#"{"error":"no"}"#.to_owned(), AccountRefused),
            (401, "<html>".to_owned(), AccountRefused),
            (
                403,
                r#"{"error":"no permission"}"#.to_owned(),
                Misconfigured,
            ),
            (404, "not found".to_owned(), Misconfigured),
            (
                409,
                r#"{"error":"deployment deleted"}"#.to_owned(),
                Misconfigured,
            ),
            (301, String::new(), Misconfigured),
            (
                400,
                r#"{"error":"phone_number is malformed"}"#.to_owned(),
                BadNumber,
            ),
            (
                400,
                r#"{"error":"end_timestamp"}"#.to_owned(),
                Misconfigured,
            ),
        ];
        for (status, body, end) in table {
            let read = read(status, "text/xml", &body);
            let Verdict::Refused(report) = &read else {
                panic!("{status} {body}: {read:?}");
            };
            assert_eq!(report.end, end, "{status} {body}");
            let Verdict::Refused(report) = read.of_all() else {
                panic!("{status} {body}");
            };
            let marks = matches!(report.end, BadNumber | CallerIdRefused);
            assert!(!marks, "{status} {body}");
        }
    }

    #[test]
    fn what_may_be_queued() {
        let page = "<html><body status=\"queued\">Bad gateway</body></html>";
        let table = [
            (500, "text/plain", ""),
            (500, "application/json", r#"{"error":"database error"}"#),
            (502, "text/html", page),
            (200, "text/html", page),
            (408, "text/plain", ""),
            (200, "text/xml", "<queuecall status=\"que"),
            (200, "text/xml", "<queuecall><queuecall/>"),
            (200, "text/plain", "OK"),
            (200, "text/plain", ""),
            (
                503,
                "text/xml",
                r#"<queuecall status="queued" call_id="1"/>"#,
            ),
        ];
        for (status, content_type, body) in table {
            assert_eq!(read(status, content_type, body), Verdict::Unclear, "{body}");
        }
    }

    #[test]
    fn a_refusal_is_kept_without_secrets() {
        let body = r#"<queuecall status="failed" reason="pin 4711 of +12125550142"/>"#;
        let Verdict::Refused(report) = read(200, "text/xml", body) else {
            panic!("{body}");
        };
        assert_eq!(report.reason.as_deref(), Some("pin … of …"));
    }
}
