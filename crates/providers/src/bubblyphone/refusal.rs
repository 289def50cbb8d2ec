//! The meaning of the answer to `POST /calls`: a call, a refusal that certainly dialed nothing, or unclear.

use std::collections::BTreeMap;

use serde_json::Value;

use super::call::{Shown, shown};
use super::json;
use crate::remote::http::Answer;
use dialdeck_core::domain::CallEnd;

/// The most bytes of a body that are read as text if it is not JSON.
const LONGEST_RAW: usize = 500;

/// The result of a request to place a call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Placed {
    /// The vendor created a call with this id.
    Call(String, Box<Shown>),
    /// Nothing was dialed: the end and the vendor's text.
    Refused(CallEnd, String),
    /// The answer does not show whether a call exists.
    Unclear,
}

/// Returns the meaning of the answer to `POST /calls`.
///
/// The vendor's pages define no error status, code or body, so the text of an error never proves that nothing
/// was dialed: a handler that fails after its telephony call also writes an error. The conclusion rests on
/// the meaning that HTTP gives a status; see [`refusal`]. Every other answer is unclear, until the vendor's
/// list of calls shows the call.
pub(super) fn placed(answer: &Answer) -> Placed {
    let body = answer.json();
    if answer.is_success() {
        let call = body.as_ref().and_then(shown);
        return match call.and_then(|call| Some((call.id.clone()?, call))) {
            Some((id, call)) => Placed::Call(id, Box::new(call)),
            None => Placed::Unclear,
        };
    }
    let error = match &body {
        // The answer names a call, even if something failed later.
        Some(body) if shows_a_call(body) => return Placed::Unclear,
        Some(body) => Said::of_json(body),
        // The part that was cut off may have named one.
        None if is_broken(answer) => return Placed::Unclear,
        None => Said::raw(&answer.body, &answer.content_type),
    };
    match refusal(answer.status, &error) {
        Some(end) => Placed::Refused(end, error.text),
        None => Placed::Unclear,
    }
}

/// Returns why nothing was dialed, or `None` if that is not established.
///
/// | status | source |
/// |---|---|
/// | 401 | RFC 9110, 15.5.2: "has not been applied" for lack of credentials; the vendor's page asks for a bearer token |
/// | 402 | RFC 9110, 15.5.3, and the vendor's page: calls are paid from a balance |
/// | 403 | RFC 9110, 15.5.4: "refuses to fulfill it" |
/// | 405, 413–415 | RFC 9110, 15.5.6, 15.5.14–16: the method, length or media type is refused |
/// | 429 | RFC 6585, 4: too many requests; the vendor's page: 30 calls per hour and number |
/// | 400, 422 | RFC 9110, 15.5.1 and 15.5.21: not processed, if the text names a field of the request, the balance or a limit |
/// | 404 | RFC 9110, 15.5.5, if the caller ID is what was not found |
///
/// With a status other than 401, 402 and 429, a text that concerns a call establishes nothing. A bare 404 may
/// also mean that a handler did not find the call that it had just made. A redirect may follow a completed
/// request (302, 303), so no redirect is taken as a refusal.
fn refusal(status: u16, said: &Said) -> Option<CallEnd> {
    match status {
        401 | 402 => Some(CallEnd::AccountRefused),
        429 => Some(CallEnd::Throttled),
        // The text concerns what follows the dialing.
        _ if said.of_a_call() => None,
        400 | 403 | 422 if said.of_money() => Some(CallEnd::AccountRefused),
        400 | 403 | 422 if said.of_a_limit() => Some(CallEnd::Throttled),
        400 | 403 | 404 | 422 if said.names("from", &FROM_TEXTS) => Some(CallEnd::CallerIdRefused),
        400 | 422 if said.names("to", &TO_TEXTS) && !said.of_permission() => {
            Some(CallEnd::BadNumber)
        }
        400 | 422 if said.names_a_field() => Some(CallEnd::Misconfigured),
        403 | 405 | 413..=415 => Some(CallEnd::Misconfigured),
        _ => None,
    }
}

/// Returns whether an error body holds a call or its id.
fn shows_a_call(body: &Value) -> bool {
    let has = |part: &Value, names: &[&str]| json::text(part, names).is_some();
    let own = ["id", "uuid"];
    let named = ["call_id", "callId", "call_sid", "callSid"];
    let null = Value::Null;
    let part = |name: &str| body.get(name).unwrap_or(&null);
    part("call").is_object()
        || [body, part("data")].iter().any(|one| has(one, &own))
        || [body, part("data"), part("error")]
            .iter()
            .any(|one| has(one, &named) || one.get("call").is_some_and(Value::is_object))
}

/// Returns whether the body begins like JSON; the caller has found that it is not valid JSON.
fn is_broken(answer: &Answer) -> bool {
    matches!(answer.body.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Returns whether a refusal concerns the balance.
pub(super) fn of_money(status: u16, text: &str) -> bool {
    let said = Said {
        text: text.to_owned(),
        ..Said::default()
    };
    status == 402 || said.of_money()
}

/// Texts that name the caller ID.
const FROM_TEXTS: [&str; 5] = [
    "caller id",
    "not owned",
    "do not own",
    "don't own",
    "not belong",
];

/// The fields of the request according to the vendor's tool page.
const FIELDS: [&str; 13] = [
    "from",
    "from_number",
    "to",
    "to_number",
    "mode",
    "webhook_url",
    "model",
    "system_prompt",
    "voice",
    "language",
    "transfer_number",
    "recording_enabled",
    "transcription_enabled",
];

/// Texts that name the callee's number.
const TO_TEXTS: [&str; 2] = ["destination number", "recipient number"];

/// The content of an error body.
#[derive(Clone, Debug, Default, PartialEq)]
struct Said {
    /// The error code, if the body has one.
    code: Option<String>,
    /// Every text in the body.
    text: String,
    /// The texts about single fields of the request.
    fields: BTreeMap<String, String>,
}

impl Said {
    /// Reads `message`, `error` (a text, or an object with `code`, `message`, `field`) and `errors` (by
    /// field, or a list).
    fn of_json(body: &Value) -> Self {
        let mut said = Self::default();
        let empty = Value::Null;
        let error = body.get("error").unwrap_or(&empty);
        for part in [body, error] {
            let texts = ["message", "detail", "title", "error_description"];
            for text in texts.iter().filter_map(|key| part.get(key)?.as_str()) {
                said.add(text);
            }
            said.note_field(part);
        }
        said.add(error.as_str().unwrap_or_default());
        let codes = [(error, "code"), (body, "code"), (body, "error_code")];
        said.code = codes
            .iter()
            .find_map(|(part, key)| part.get(key)?.as_str())
            .filter(|code| !code.is_empty())
            .map(str::to_owned);
        match body.get("errors").or_else(|| error.get("errors")) {
            Some(Value::Object(fields)) => {
                for (field, texts) in fields {
                    said.note(field, &joined(texts));
                }
            }
            Some(Value::Array(errors)) => {
                for error in errors {
                    said.add(&joined(error));
                    said.note_field(error);
                }
            }
            _ => {}
        }
        said
    }

    /// Reads the body of a server that is not the API; empty for an HTML page.
    fn raw(body: &[u8], content_type: &str) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(LONGEST_RAW)]);
        let is_page = content_type.contains("html") || text.trim_start().starts_with('<');
        Self {
            text: if is_page {
                String::new()
            } else {
                text.into_owned()
            },
            ..Self::default()
        }
    }

    fn add(&mut self, text: &str) {
        if !text.is_empty() && !self.text.contains(text) {
            if !self.text.is_empty() {
                self.text.push_str("; ");
            }
            self.text.push_str(text);
        }
    }

    fn note(&mut self, field: &str, text: &str) {
        self.fields.insert(field.to_lowercase(), text.to_owned());
        self.add(text);
    }

    fn note_field(&mut self, part: &Value) {
        if let Some(field) = json::text(part, &["field", "param", "parameter"]) {
            self.note(&field, &joined(part));
        }
    }

    /// Returns the words of its code and its texts, in lower case.
    fn words(&self) -> Vec<String> {
        let code = self.code.as_deref().unwrap_or_default();
        format!("{code} ; {}", self.text)
            .to_lowercase()
            .split(|sign: char| !sign.is_alphanumeric())
            .map(str::to_owned)
            .collect()
    }

    fn has_word(&self, known: &[&str]) -> bool {
        self.words().iter().any(|word| known.contains(&&**word))
    }

    /// Returns whether it concerns the balance.
    fn of_money(&self) -> bool {
        self.has_word(&["balance", "credit", "credits", "funds"])
    }

    /// Returns whether it concerns too many calls. A limit on another field, such as the length of a prompt,
    /// does not count.
    fn of_a_limit(&self) -> bool {
        let calls = |field: &String| matches!(field.as_str(), "from" | "to");
        (self.fields.is_empty() || self.fields.keys().any(calls))
            && (self.has_word(&["rate", "limit", "limits", "limited", "throttled"])
                || self.text.to_lowercase().contains("per hour"))
    }

    /// Returns whether it concerns a call that was made, or a failure behind the API.
    fn of_a_call(&self) -> bool {
        self.has_word(&[
            "answer",
            "answered",
            "busy",
            "carrier",
            "crash",
            "crashed",
            "dialed",
            "dialing",
            "exception",
            "initiated",
            "internal",
            "placed",
            "progress",
            "reachable",
            "ringing",
            "rang",
            "started",
            "timeout",
            "upstream",
        ])
    }

    /// Returns whether it names a field of the request.
    fn names_a_field(&self) -> bool {
        self.fields
            .keys()
            .any(|field| FIELDS.contains(&field.as_str()))
    }

    /// Returns whether the account may not call there, which says nothing about the number.
    fn of_permission(&self) -> bool {
        self.has_word(&[
            "country",
            "countries",
            "region",
            "permission",
            "permitted",
            "allowed",
            "enabled",
            "supported",
            "unsupported",
            "blocked",
            "restricted",
            "verified",
        ])
    }

    /// Returns whether it concerns this field of the request.
    fn names(&self, field: &str, texts: &[&str]) -> bool {
        if !self.fields.is_empty() {
            let number = format!("{field}_number");
            return self.fields.contains_key(field) || self.fields.contains_key(&number);
        }
        let text = self.text.to_lowercase();
        let quoted = ['\'', '"', '`']
            .iter()
            .any(|quote| text.contains(&format!("{quote}{field}{quote}")));
        let words = self.words();
        let beside = words.windows(2).any(|pair| {
            let (first, second) = (pair[0].as_str(), pair[1].as_str());
            let after = matches!(second, "field" | "number" | "parameter");
            first == field && after || first == "selected" && second == field
        });
        quoted || beside || texts.iter().any(|known| text.contains(known))
    }
}

/// Returns the texts in a value, joined.
fn joined(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(joined).collect::<Vec<_>>().join("; "),
        Value::Object(_) => json::text(value, &["message", "detail"]).unwrap_or_default(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
