//! The result of a queue request, read from Plum's answer.

use super::fields::Fields;
use super::redact::Redactor;
use super::result::{STATUS, word};
use crate::remote::http::Answer;
use dialdeck_core::domain::{CallEnd, CallReport};

/// The result of a queue request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The call is queued, with its call id if Plum gave one.
    Queued(Option<String>),
    /// The call is certainly not queued.
    Refused(CallReport),
    /// The call may be queued.
    Unclear,
}

impl Verdict {
    /// Returns the verdict for each call of a bulk request. The answer does not name the refused number, so
    /// no number is marked as bad.
    pub(super) fn of_all(mut self) -> Self {
        if let Self::Refused(report) = &mut self
            && matches!(report.end, CallEnd::BadNumber | CallEnd::CallerIdRefused)
        {
            report.end = CallEnd::ProviderFailed;
        }
        self
    }
}

/// Returns the result of a queue request, read from its answer.
///
/// A refusal needs an answer whose meaning is established and that holds no sign of a call. `is_fuse` says
/// which of Plum's two platforms answered.
///
/// | answer | source |
/// |---|---|
/// | a `status` that contains `failed`, with a 2xx or with a 4xx up to 451 except 408 and 425 | Plum's public sample tests DEV answers for `failed` |
/// | 400, 401, 403–405, 409 of Fuse | Plum's page on the Fuse queue: bad data, refused, not found, deleted |
/// | 401, 402, 403, 405 of DEV | RFC 9110, 15.5: not applied, refused, no such method |
/// | 429 | RFC 6585, 4: too many requests |
///
/// Any other answer is unclear, because it may follow after the call was queued: a 5xx (Fuse's 500 is a
/// "database error"), a redirect, a 408, an HTML page of a proxy, a broken body.
pub(super) fn verdict(answer: &Answer, redactor: &Redactor, is_fuse: bool) -> Verdict {
    let fields = Fields::of_body(&answer.body).filter(|_| !is_page(answer));
    let is_read = fields.is_some();
    let fields = fields.unwrap_or_default();
    let statuses = fields.all(&STATUS);
    let says = |known: &str| statuses.iter().any(|status| word(status) == known);
    let failed = statuses
        .iter()
        .any(|text| text.to_ascii_lowercase().contains("failed"));
    let call_id = fields
        .get(&["call_id"])
        .map(call_id)
        .filter(|id| !id.is_empty());
    let has_call = says("queued") || call_id.as_ref().is_some_and(|id| id != "0");
    if answer.is_success() && has_call && !failed {
        return Verdict::Queued(call_id);
    }
    let is_defined = match answer.status {
        401 | 403 | 405 | 429 => true,
        400 | 404 | 409 => is_fuse,
        402 => !is_fuse,
        _ => false,
    };
    let may_refuse = matches!(answer.status, 200..=299 | 400..=407 | 409..=424 | 426..=451);
    // The part that was cut off may have named the call.
    let starts = matches!(first(answer), Some(b'{' | b'[' | b'<'));
    let is_cut = !is_read && starts && !answer.content_type.starts_with("text/html");
    if has_call || is_cut || !(is_defined || may_refuse && failed) {
        return Verdict::Unclear;
    }
    let status = statuses.first().copied().unwrap_or_default();
    let why = fields.named_like(&["reason", "error", "cause", "description"]);
    let why = why.or((word(status) != "failed").then_some(status));
    let why = why.filter(|why| !why.is_empty());
    Verdict::Refused(CallReport {
        end: refusal(answer.status, why.unwrap_or_default()),
        reason: why.map(|why| redactor.clean(why)),
        retry_after: answer.retry_after,
        ..CallReport::default()
    })
}

/// Returns the first byte of the body that is not white space.
fn first(answer: &Answer) -> Option<u8> {
    answer.body.trim_ascii_start().first().copied()
}

/// Returns a call id reduced to letters, digits, `-` and `_`, at most 64 characters, so that it is safe in an
/// address.
pub(super) fn call_id(text: &str) -> String {
    let known = |letter: &char| letter.is_ascii_alphanumeric() || "-_".contains(*letter);
    text.chars().filter(known).take(64).collect()
}

/// Returns whether the answer is an HTML page.
fn is_page(answer: &Answer) -> bool {
    let start = answer.body.iter().take(200).copied().collect::<Vec<_>>();
    let start = String::from_utf8_lossy(&start).to_ascii_lowercase();
    answer.content_type.starts_with("text/html") && start.contains("<html")
}

/// Texts of a refusal that concerns the account.
const ACCOUNT: [&str; 5] = ["login", "authenti", "account", "inactive", "credit"];

/// Returns the end that a refusal means, by its text first and then by its HTTP status.
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
    } else if matches!(status, 400..=499) {
        CallEnd::Misconfigured
    } else {
        CallEnd::ProviderFailed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::secret::Secret;

    fn read(status: u16, content_type: &str, body: &str) -> Verdict {
        read_of(false, status, content_type, body)
    }

    fn read_of(is_fuse: bool, status: u16, content_type: &str, body: &str) -> Verdict {
        let answer = Answer {
            status,
            retry_after: None,
            content_type: content_type.to_owned(),
            body: body.as_bytes().to_vec(),
        };
        let redactor = Redactor::new(&[&Secret::new("4711")]);
        verdict(&answer, &redactor, is_fuse)
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
            (400, failed("database"), Misconfigured),
            (
                200,
                "<queuecall status=\"Queue failed\"/>".to_owned(),
                ProviderFailed,
            ),
            (429, String::new(), Throttled),
            (401, r#"{"error":"no"}"#.to_owned(), AccountRefused),
            (
                403,
                r#"{"error":"no permission"}"#.to_owned(),
                Misconfigured,
            ),
            (405, String::new(), Misconfigured),
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
    fn fuse_defines_more_statuses_than_dev_does() {
        use CallEnd::{BadNumber, Misconfigured};
        for (status, body, end) in [
            (400, r#"{"error":"phone_number is malformed"}"#, BadNumber),
            (400, r#"{"error":"end_timestamp"}"#, Misconfigured),
            (404, r#"{"error":"no such deployment"}"#, Misconfigured),
            (404, "not found", Misconfigured),
            (409, r#"{"error":"deployment deleted"}"#, Misconfigured),
        ] {
            let read = read_of(true, status, "application/json", body);
            let Verdict::Refused(report) = read else {
                panic!("{status} {body}: {read:?}");
            };
            assert_eq!(report.end, end, "{status} {body}");
            let of_dev = read_of(false, status, "application/json", body);
            assert_eq!(of_dev, Verdict::Unclear, "{status} {body}");
        }
    }

    #[test]
    fn what_is_not_established_is_unclear() {
        let failed = r#"<queuecall status="failed" error="database"/>"#;
        let bodies = ["", failed, r#"{"error":"database error"}"#, "bulk, please"];
        for status in (500..600).chain([100, 300, 301, 302, 303, 307, 308, 408, 425, 499]) {
            for body in bodies {
                for is_fuse in [false, true] {
                    let read = read_of(is_fuse, status, "text/xml", body);
                    assert_eq!(read, Verdict::Unclear, "{status} {body}");
                }
            }
        }
        // A refusal that names a call, or that was cut off.
        for body in [
            r#"<queuecall status="failed" call_id="85"/>"#,
            r#"{"status":"queued","result":"failed"}"#,
            r#"{"error":"too many","call_id":85}"#,
            r#"{"error":"too many","ca"#,
            r#"<queuecall status="failed" call_"#,
        ] {
            for status in [200, 400, 401, 403, 404, 409, 429] {
                for is_fuse in [false, true] {
                    let read = read_of(is_fuse, status, "text/xml", body);
                    let refused = matches!(read, Verdict::Refused(_));
                    assert!(!refused, "{status} {body}");
                }
            }
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
